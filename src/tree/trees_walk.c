/* trees_walk.c - from rows to the sum of an ensemble's leaves, in the runtime form.
 *
 * The codes of a block of rows lie side by side, so that a step is two loads.  Walkers go down together: of one
 * tree for all rows of a block, or of all trees for a single row.  Each pass moves every walker by one node and
 * keeps those that have not arrived, without a branch on what it finds, and asks for the node that each looks at in
 * the next pass, so that the loads of all overlap. A tree of a deep forest fills a good part of the second level of
 * the cache: a block is long enough that its lines, once there, serve many rows, and is walked in parts whose codes
 * fit the first level. */
#include <config.h>

#include <core/cpu.h>
#include <math.h>
#include <string.h>
#include <tree/trees.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* Walkers at a time, and in one register. */
#define WALKERS 256
#define LANES   16
/* Fewer rows walk all trees at once, row by row. */
#define FEW_ROWS 32
/* Words of a tree for each row, at most, that are fetched before the rows begin. */
#define FETCH_WORDS 32
/* Words of all trees that are more than the second level of a cache holds. */
#define LARGE ((size_t)1 << 18)
/* Codes that are looked for at a time. */
#define SEARCHES 8

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

/* ---- Codes ---------------------------------------------------------------------------------------------------- */

/* column[i * stride]: how many of the cuts are below x[row[i]], for n rows; 0xffff for NaN. Halving takes the same
 * steps for every value, so the searches run side by side. */
static inline __attribute__((always_inline)) void search(const ens__trees_feature *f,
                                                         const double *restrict x,
                                                         const uint32_t *restrict row,
                                                         size_t n, size_t stride,
                                                         uint16_t *restrict column)
{
    const double *restrict cut = f->cut;
    double value[SEARCHES];
    size_t base[SEARCHES];

    for (size_t i = 0; i < n; i++) {
        value[i] = x[row[i]];
        base[i] = 0;
    }
    for (size_t half, left = f->n_cuts; left > 1; left -= half) {
        half = left / 2;
        for (size_t i = 0; i < n; i++)
            base[i] += half & -(size_t)(cut[base[i] + half - 1] < value[i]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t below = base[i] + (cut[base[i]] < value[i]);

        column[i * stride] = isnan(value[i]) ? 0xffff : (uint16_t)below;
    }
}

/* The codes of n rows, a row's side by side. */
static void make_codes(const ens__trees *trees, const ens_rows *rows, size_t begin,
                       size_t n, uint16_t *restrict code)
{
    size_t stride = trees->n_used;
    const uint32_t *row = rows->row + begin;

    for (size_t u = 0; u < trees->n_used; u++) {
        const ens__trees_feature *f = &trees->used[u];
        const ens_feature *from = &rows->feature[f->feature];
        uint16_t *column = code + u;

        if (!f->category) {
            size_t i = 0;

            for (; i + SEARCHES <= n; i += SEARCHES)
                search(f, from->x, row + i, SEARCHES, stride, column + i * stride);
            for (; i < n; i++)
                search(f, from->x, row + i, 1, stride, column + i * stride);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            uint32_t level =
                (uint32_t)from->code[row[i]]; /* -1, missing, is the largest */

            column[i * stride] = (uint16_t)(level < f->n_levels ? level : f->n_levels);
        }
    }
}

/* ---- Walking ---------------------------------------------------------------------------------------------------- */

/* Walker i < n begins at word[begin[i]], or at word[0] if begin is NULL, and sees code[i * stride]; leaf[i] becomes
 * the leaf that it comes to. As walkers arrive, others set out, so that few are on their way only at the end. */
#define WALK_ARGS                                                                        \
    const uint32_t *restrict word, const uint32_t *restrict begin,                       \
        const uint16_t *restrict code, size_t stride, uint32_t *restrict leaf, size_t n
#define WALK_NAMES word, begin, code, stride, leaf, n

static inline __attribute__((always_inline)) void walk_body(WALK_ARGS, bool sets)
{
    uint16_t who[WALKERS];
    uint32_t at[WALKERS];
    size_t begun = 0, walking = 0;

    for (;;) {
        size_t kept = 0;

        for (; walking < WALKERS && begun < n; walking++, begun++) {
            who[walking] = (uint16_t)begun;
            at[walking] = begin != NULL ? begin[begun] : 0;
        }
        if (walking == 0)
            break;
        for (size_t a = 0; a < walking; a++) {
            uint32_t i = who[a], here = at[a];
            uint32_t node = word[here], far = word[here + 1];
            uint32_t split = (node >> 31) - 1; /* all ones, or 0 for a leaf */
            uint32_t x = code[i * stride + (node >> 16 & split)];
            uint32_t limit = node & 0xffff, near = 2;
            uint32_t follows = (uint16_t)(x + (far >> 30 & 1)) <= limit;

            follows ^= far >> 29 & 1;

            if (sets) {
                uint32_t set = -(far >> 31) & split;
                uint32_t bits = word[here + (set & (2 + x / 32))];

                follows = (set & bits >> x % 32 & 1) | (~set & follows);
                near += limit & set;
            }
            leaf[i] = node;
            who[kept] = (uint16_t)i;
            here += (near & -follows) | (far & ENS__TREES_FAR & (follows - 1));
            at[kept] = here;
            PREFETCH(word + here);
            kept += split & 1;
        }
        walking = kept;
    }
}

typedef void walk_fn(WALK_ARGS);

static void walk_numbers(WALK_ARGS)
{
    walk_body(WALK_NAMES, false);
}

static void walk_sets(WALK_ARGS)
{
    walk_body(WALK_NAMES, true);
}

#if ENS_HAVE_LEVELS

/* The lanes of `on` that begin at p, others 0. */
#define LOAD(on, p) _mm512_maskz_loadu_epi32(on, p)
/* p[i] of 32 bits for the lanes of `on`, others 0, at p + i * scale. The explicit zero spares a wait for what the
 * register held before. */
#define GATHER(on, i, p, scale)                                                          \
    _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), on, i, p, scale)

/* Sixteen walkers at a time. */
ENS_TARGET_V4 static inline __attribute__((always_inline)) void lanes_body(WALK_ARGS,
                                                                           bool sets)
{
    const __m512i low = _mm512_set1_epi32(0xffff), two = _mm512_set1_epi32(2);
    const __m512i one = _mm512_set1_epi32(1), right = _mm512_set1_epi32(ENS__TREES_RIGHT);
    const __m512i wide = _mm512_set1_epi32((int)stride);
    uint32_t who[WALKERS + LANES], at[WALKERS + LANES];
    size_t begun = 0, walking = 0;

    for (;;) {
        size_t kept = 0;

        for (; walking < WALKERS && begun < n; walking++, begun++) {
            who[walking] = (uint32_t)begun;
            at[walking] = begin != NULL ? begin[begun] : 0;
        }
        if (walking == 0)
            break;
        for (size_t a = 0; a < walking; a += 16) {
            __mmask16 on =
                walking - a >= 16 ? 0xffff : (__mmask16)((1u << (walking - a)) - 1);
            __m512i i = LOAD(on, who + a), here = LOAD(on, at + a);
            __m512i node = GATHER(on, here, word, 4), far = GATHER(on, here, word + 1, 4);
            __mmask16 split = on & (__mmask16)~_mm512_movepi32_mask(node);
            __m512i column = _mm512_add_epi32(_mm512_mullo_epi32(i, wide),
                                              _mm512_srli_epi32(node, 16));
            __m512i x = _mm512_and_si512(GATHER(split, column, code, 2), low);
            __m512i limit = _mm512_and_si512(node, low), near = two;
            __m512i missing = _mm512_and_si512(_mm512_srli_epi32(far, 30), one);
            __m512i y = _mm512_and_si512(_mm512_add_epi32(x, missing), low);
            __mmask16 follows = _mm512_cmple_epu32_mask(y, limit), set;

            follows ^= _mm512_test_epi32_mask(far, right);

            if (sets && (set = split & _mm512_movepi32_mask(far)) != 0) {
                __m512i place = _mm512_add_epi32(here, _mm512_srli_epi32(x, 5));
                __m512i bits = GATHER(set, place, word + 2, 4);
                __m512i bit = _mm512_and_si512(x, _mm512_set1_epi32(31));

                bits = _mm512_srlv_epi32(bits, bit);
                follows = (follows & (__mmask16)~set) |
                          _mm512_mask_test_epi32_mask(set, bits, _mm512_set1_epi32(1));
                near = _mm512_mask_add_epi32(near, set, near, limit);
            }
            far = _mm512_and_si512(far, _mm512_set1_epi32(ENS__TREES_FAR));
            here = _mm512_add_epi32(here, _mm512_mask_mov_epi32(far, follows, near));
            if (split != on)
                _mm512_mask_i32scatter_epi32(leaf, on & (__mmask16)~split, i, node, 4);
            _mm512_storeu_si512(who + kept, _mm512_maskz_compress_epi32(split, i));
            _mm512_storeu_si512(at + kept, _mm512_maskz_compress_epi32(split, here));
            kept += (size_t)__builtin_popcount(split);
        }
        walking = kept;
    }
}

ENS_TARGET_V4 static void walk_numbers_v4(WALK_ARGS)
{
    lanes_body(WALK_NAMES, false);
}

ENS_TARGET_V4 static void walk_sets_v4(WALK_ARGS)
{
    lanes_body(WALK_NAMES, true);
}
#endif

/* Lanes cannot ask for nodes ahead of their use: where walkers share no lines of the cache, as those of one row in
 * large trees do, they are slower than the plain kernel. */
static walk_fn *walk_here(const ens__trees *trees, bool lanes)
{
#if ENS_HAVE_LEVELS
    if (lanes && ens__cpu_level() >= ENS__CPU_V4)
        return trees->sets ? walk_sets_v4 : walk_numbers_v4;
#endif
    (void)lanes;
    return trees->sets ? walk_sets : walk_numbers;
}

/* ---- Sums ------------------------------------------------------------------------------------------------------- */

/* out[i] += the value of leaf[i] */
static void add_leaves(const ens__trees *trees, const uint32_t *leaf, size_t n,
                       double *out)
{
    const double *value = trees->value;
    size_t k = trees->k;

    if (k == 1)
        for (size_t i = 0; i < n; i++)
            out[i] += value[leaf[i] & ~ENS__TREES_LEAF];
    else if (k == 2)
        for (size_t i = 0; i < n; i++) {
            const double *v = value + (size_t)(leaf[i] & ~ENS__TREES_LEAF) * 2;

            out[2 * i] += v[0];
            out[2 * i + 1] += v[1];
        }
    else
        for (size_t i = 0; i < n; i++) {
            const double *v = value + (leaf[i] & ~ENS__TREES_LEAF) * k;

            for (size_t c = 0; c < k; c++)
                out[i * k + c] += v[c];
        }
}

/* out += the values of all of leaf[n], in their order: of one row */
static void add_trees(const ens__trees *trees, const uint32_t *leaf, size_t n,
                      double *out)
{
    const double *value = trees->value;
    size_t k = trees->k;

    if (k == 2) {
        double a = out[0], b = out[1];

        for (size_t i = 0; i < n; i++) {
            const double *v = value + (size_t)(leaf[i] & ~ENS__TREES_LEAF) * 2;

            a += v[0];
            b += v[1];
        }
        out[0] = a;
        out[1] = b;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const double *v = value + (leaf[i] & ~ENS__TREES_LEAF) * k;

        for (size_t c = 0; c < k; c++)
            out[c] += v[c];
    }
}

/* Ask for all of a tree, where the walks will need most of it: line by line is faster than as they come to it. */
static void fetch(const uint32_t *word, size_t n_words, size_t n_rows)
{
    if (n_words > FETCH_WORDS * n_rows)
        return;
    for (size_t w = 0; w < n_words; w += 16)
        PREFETCH(word + w);
}

/* One tree after the other, all rows of a block through each. */
static void sum_rows(const ens__trees *trees, const uint16_t *code, size_t n, double *out)
{
    walk_fn *walk = walk_here(trees, true);
    size_t stride = trees->n_used;
    uint32_t leaf[ENS_LONG_BLOCK];

    for (size_t t = 0; t < trees->n; t++) {
        fetch(trees->word + trees->root[t], trees->root[t + 1] - trees->root[t], n);
        walk(trees->word + trees->root[t], NULL, code, stride, leaf, n);
        add_leaves(trees, leaf, n, out);
    }
}

/* All trees at once, for one row. */
static void sum_trees(const ens__trees *trees, const uint16_t *code, double *out)
{
    walk_fn *walk = walk_here(trees, trees->n_words < LARGE);
    uint32_t root[ENS_LONG_BLOCK], leaf[ENS_LONG_BLOCK];

    for (size_t t = 0; t < trees->n; t += ENS_LONG_BLOCK) {
        size_t m = trees->n - t < ENS_LONG_BLOCK ? trees->n - t : ENS_LONG_BLOCK;

        for (size_t i = 0; i < m; i++)
            root[i] = (uint32_t)trees->root[t + i];
        walk(trees->word, root, code, 0, leaf, m);
        add_trees(trees, leaf, m, out);
    }
}

size_t ens__trees_scratch(const ens__trees *trees)
{
    return (trees->block * trees->n_used + 2) * sizeof(uint16_t);
}

void ens__trees_predict(const ens__trees *trees, const ens_rows *rows, double *out,
                        void *scratch)
{
    bool far_apart = trees->n_words > UINT32_MAX; /* a walker's place has 32 bits */
    size_t k = trees->k, stride = trees->n_used;
    uint16_t *code = scratch;

    memset(out, 0, rows->n * k * sizeof *out);
    for (size_t begin = 0; begin < rows->n; begin += trees->block) {
        size_t n = rows->n - begin < trees->block ? rows->n - begin : trees->block;

        make_codes(trees, rows, begin, n, code);
        if (n >= FEW_ROWS || far_apart)
            sum_rows(trees, code, n, out + begin * k);
        else
            for (size_t i = 0; i < n; i++)
                sum_trees(trees, code + i * stride, out + (begin + i) * k);
    }
}
