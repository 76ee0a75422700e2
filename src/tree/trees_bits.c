/* trees_bits.c - small trees without a walk: every split is compared, and which leaves are left is a word of bits.
 *
 * A row begins with all leaves of a tree; a split that sends it right takes those of its left side away; the first one
 * left is the row's (Lucchese et al. 2015, "QuickScorer").  Of 64 leaves at most, eight rows are a register of eight
 * words, and a split is one comparison and one masked "and" for them, whatever the rows: no branch, no address that
 * depends on data.  A single row is compared with 32 splits at a time. */
#include <config.h>

#include <core/cpu.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <string.h>
#include <tree/loops.h>
#include <tree/trees_bits.h>
#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define MOST_LEAVES  64
#define FEW_LEAVES   16 /* two registers hold their values */
#define MOST_COLUMNS 1023
/* Rows whose codes fit the first level of the cache, and those that go through a tree at once. */
#define ROWS 256
#define LANE 8
#define TURN (8 * LANE)
/* Splits of a tree that a single row is compared with at once, and columns that two registers hold. */
#define LINE 32
/* Words of a set that two registers hold. */
#define MOST_WORDS 32

/* A split by a set: a row of a level whose bit is set has no leaf of its left side. */
typedef struct split {
    uint64_t keep;    /* the other leaves; the first is the highest bit */
    uint32_t set;     /* of ens__trees.set */
    uint16_t n_words; /* of the set */
    uint16_t column;
} split;

/* Where the parts of a tree begin: splits by numbers, by sets, and its values, FEW_LEAVES or MOST_LEAVES. */
typedef struct tree {
    size_t number, set, value;
    uint32_t n_numbers, n_sets;
} tree;

struct ens__bits {
    tree *tree; /* [n] */
    uint16_t *column,
        *limit; /* [n_numbers] a row of a code above the limit has no leaf of the split's left side; */
    uint64_t *
        keep; /* [n_numbers] these are the others.  Up to LINE more are there to be read */
    split *split;  /* [n_sets] */
    double *value; /* [n_values] from the left leaf to the right */
    size_t n, n_numbers, n_sets, n_values;
};

/* ---- Making ----------------------------------------------------------------------------------------------------- */

static bool is_leaf(const ens__trees *trees, uint64_t word)
{
    return (word & 0xffff) == trees->n_used;
}

/* The left child of a split. */
static uint32_t left_of(const ens__trees *trees, size_t t, uint64_t word)
{
    uint32_t left = (uint32_t)(word >> 32);

    return (word & ENS__TREES_SET) != 0 ? trees->set[trees->tree[t].set + left] : left;
}

/* Leaves first .. first + n - 1, the first of all being the highest bit. */
static uint64_t bits_of(unsigned first, unsigned n)
{
    uint64_t all = n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;

    return all << (64 - first - n);
}

/* A split, behind those of its kind that are there. */
static void put_split(ens__bits *b, tree *to, const ens__trees *trees, size_t t,
                      uint64_t word, uint64_t keep)
{
    uint32_t column = (uint32_t)(word & 0xffff);
    size_t at = to->number + to->n_numbers;

    if ((column & ENS__TREES_SET) != 0) {
        column &= (uint32_t)trees->wide - 1;
        b->split[to->set + to->n_sets++] =
            (split){.keep = keep,
                    .set = (uint32_t)(trees->tree[t].set + (word >> 32) + 1),
                    .n_words = (uint16_t)(trees->used[column].n_levels / 32 + 1),
                    .column = (uint16_t)column};
        return;
    }
    b->column[at] = (uint16_t)column;
    b->limit[at] = (uint16_t)(0xffff - (word >> 16 & 0xffff));
    b->keep[at] = keep;
    to->n_numbers++;
}

/* The splits and leaves of tree t, whose nodes lie behind their parents. */
static void fill_tree(ens__bits *b, const ens__trees *trees, size_t t)
{
    size_t n = trees->tree[t + 1].node - trees->tree[t].node;
    const uint64_t *word = trees->node + trees->tree[t].node;
    unsigned leaves[2 * MOST_LEAVES], first[2 * MOST_LEAVES] = {0};
    tree *to = &b->tree[t];

    to->n_numbers = to->n_sets = 0; /* counted anew */
    for (size_t i = n; i-- > 0;) {
        uint32_t left = is_leaf(trees, word[i]) ? 0 : left_of(trees, t, word[i]);

        leaves[i] = left == 0 ? 1 : leaves[left] + leaves[left + 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t left;

        if (is_leaf(trees, word[i])) {
            b->value[to->value + first[i]] = *ens__trees_value(trees, t, i);
            continue;
        }
        left = left_of(trees, t, word[i]);
        first[left] = first[i];
        first[left + 1] = first[i] + leaves[left];
        put_split(b, to, trees, t, word[i], ~bits_of(first[left], leaves[left]));
    }
}

static bool has_few(const tree *t)
{
    return t->n_numbers + t->n_sets < FEW_LEAVES;
}

/* Count the splits of a tree; false: it is too large, or not in that order. */
static bool measure(ens__bits *b, const ens__trees *trees, size_t t)
{
    size_t n = trees->tree[t + 1].node - trees->tree[t].node;
    const uint64_t *word = trees->node + trees->tree[t].node;
    tree *to = &b->tree[t];

    *to = (tree){.number = b->n_numbers, .set = b->n_sets, .value = b->n_values};
    if (n >= 2 * MOST_LEAVES)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (is_leaf(trees, word[i]))
            continue;
        if (left_of(trees, t, word[i]) <= i)
            return false;
        if ((word[i] & ENS__TREES_SET) != 0)
            to->n_sets++;
        else
            to->n_numbers++;
    }
    b->n_numbers += to->n_numbers;
    b->n_sets += to->n_sets;
    b->n_values += has_few(to) ? FEW_LEAVES : MOST_LEAVES;
    return true;
}

static bool suits(const ens__trees *trees)
{
    return ens__cpu_level() >= ENS__CPU_V4 && trees->k == 1 &&
           trees->n_used <= MOST_COLUMNS && trees->tree[trees->n].set < UINT32_MAX &&
           trees->depth < MOST_LEAVES;
}

ens_status ens__bits_make(ens__bits **out, const ens__trees *trees, ens_error *err)
{
    ens__bits *b = NULL;
    ens_status st = ENS_OK;

    *out = NULL;
    if (!suits(trees))
        return ENS_OK;
    if ((b = ens__zeros(1, sizeof *b)) == NULL ||
        (b->tree = ens__array(trees->n, sizeof *b->tree)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    b->n = trees->n;
    for (size_t t = 0; t < trees->n; t++)
        if (!measure(b, trees, t))
            goto done;
    if ((b->column = ens__zeros(b->n_numbers + LINE, sizeof *b->column)) == NULL ||
        (b->limit = ens__zeros(b->n_numbers + LINE, sizeof *b->limit)) == NULL ||
        (b->keep = ens__zeros(b->n_numbers + LINE, sizeof *b->keep)) == NULL ||
        (b->split = ens__array(b->n_sets, sizeof *b->split)) == NULL ||
        (b->value = ens__zeros(b->n_values, sizeof *b->value)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t t = 0; t < trees->n; t++)
        fill_tree(b, trees, t);
    *out = b;
    b = NULL;
done:
    ens__bits_free(b);
    return st;
}

void ens__bits_free(ens__bits *b)
{
    if (b == NULL)
        return;
    ens__free(b->tree);
    ens__free(b->column);
    ens__free(b->limit);
    ens__free(b->keep);
    ens__free(b->split);
    ens__free(b->value);
    ens__free(b);
}

size_t ens__bits_bytes(const ens__bits *b)
{
    if (b == NULL)
        return 0;
    return sizeof *b + b->n * sizeof *b->tree + b->n_sets * sizeof *b->split +
           b->n_values * sizeof *b->value +
           (b->n_numbers + LINE) *
               (sizeof *b->column + sizeof *b->limit + sizeof *b->keep);
}

/* ---- Predicting ------------------------------------------------------------------------------------------------- */

#if ENS_HAVE_LEVELS
/* Eight rows at a time out of TURN: the leaves that they have left. */
#define EACH_LANE                                                                        \
    ENS__UNROLL                                                                          \
    for (size_t l = 0; l < TURN / LANE; l++)

ENS_TARGET_V4 static inline void by_number(__m512i *left, const ens__bits *b, size_t at,
                                           const uint16_t *code)
{
    const __m128i limit = _mm_set1_epi16((short)b->limit[at]);
    const __m512i keep = _mm512_set1_epi64((long long)b->keep[at]);

    EACH_LANE
    {
        __m128i x = _mm_loadu_si128((const void *)(code + l * LANE));

        left[l] =
            _mm512_mask_and_epi64(left[l], _mm_cmpgt_epu16_mask(x, limit), left[l], keep);
    }
}

/* The words of a set of levels: of each the one that its bit is in. */
ENS_TARGET_V4 static inline __m512i words_at(__m512i at, const uint32_t *set, unsigned n)
{
    if (n > MOST_WORDS)
        return _mm512_i32gather_epi32(at, set, 4);
    return _mm512_permutex2var_epi32(
        _mm512_maskz_loadu_epi32((__mmask16)(n < 16 ? (1u << n) - 1 : 0xffff), set), at,
        _mm512_maskz_loadu_epi32((__mmask16)(n > 16 ? (1ull << (n - 16)) - 1 : 0),
                                 n > 16 ? set + 16 : set));
}

ENS_TARGET_V4 static inline void by_set(__m512i *left, const split *s,
                                        const uint32_t *sets, const uint16_t *code)
{
    const __m512i keep = _mm512_set1_epi64((long long)s->keep);

    ENS__UNROLL
    for (size_t l = 0; l < TURN / LANE; l += 2) {
        __m512i x =
            _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)(code + l * LANE)));
        __m512i word = words_at(_mm512_srli_epi32(x, 5), sets + s->set, s->n_words);
        __mmask16 right = _mm512_test_epi32_mask(
            _mm512_srlv_epi32(word, _mm512_and_si512(x, _mm512_set1_epi32(31))),
            _mm512_set1_epi32(1));

        left[l] = _mm512_mask_and_epi64(left[l], (__mmask8)right, left[l], keep);
        left[l + 1] =
            _mm512_mask_and_epi64(left[l + 1], (__mmask8)(right >> 8), left[l + 1], keep);
    }
}

/* Of value[FEW_LEAVES], by a leaf's number modulo it. */
ENS_TARGET_V4 static inline __m512d few_at(const double *value, __m512i leaf)
{
    return _mm512_permutex2var_pd(_mm512_loadu_pd(value), leaf,
                                  _mm512_loadu_pd(value + LANE));
}

/* Of a tree's values those of the first leaves that are left. */
ENS_TARGET_V4 static inline __m512d value_of(const double *value, __m512i left, bool few)
{
    __m512i leaf = _mm512_lzcnt_epi64(left);
    __mmask8 high, odd;

    if (few)
        return few_at(value, leaf);
    high = _mm512_test_epi64_mask(leaf, _mm512_set1_epi64(2 * FEW_LEAVES));
    odd = _mm512_test_epi64_mask(leaf, _mm512_set1_epi64(FEW_LEAVES));
    return _mm512_mask_blend_pd(
        high,
        _mm512_mask_blend_pd(odd, few_at(value, leaf), few_at(value + FEW_LEAVES, leaf)),
        _mm512_mask_blend_pd(odd, few_at(value + 2 * FEW_LEAVES, leaf),
                             few_at(value + 3 * FEW_LEAVES, leaf)));
}

/* sum[TURN] += the values of one tree for rows of these codes, ROWS from one column to the next. */
ENS_TARGET_V4 static void add_tree(double *sum, const ens__trees *trees, size_t t,
                                   const uint16_t *code, uint32_t mask)
{
    const ens__bits *b = trees->bits;
    const tree *from = &b->tree[t];
    const double *value = b->value + from->value;
    const bool few = has_few(from);
    __m512i left[TURN / LANE];

    EACH_LANE
    left[l] = _mm512_set1_epi64(-1);
    for (size_t i = from->number; i < from->number + from->n_numbers; i++)
        by_number(left, b, i, code + (b->column[i] & mask) * ROWS);
    for (const split *s = b->split + from->set, *end = s + from->n_sets; s < end; s++)
        by_set(left, s, trees->set, code + s->column * ROWS);
    EACH_LANE
    _mm512_storeu_pd(sum + l * LANE, _mm512_add_pd(_mm512_loadu_pd(sum + l * LANE),
                                                   value_of(value, left[l], few)));
}

/* Codes column by column; *mask is that of a split's column, which tells whether a missing value was found. */
static void fill_columns(uint16_t *code, uint32_t *mask, const ens__trees *trees,
                         const ens_rows *rows)
{
    size_t n = rows->n, all = (n + TURN - 1) / TURN * TURN;
    bool missing = false;

    for (size_t u = 0; u < trees->n_used; u++) {
        uint16_t *to = code + u * ROWS;

        ens__trees_code(trees, u, rows, to, 1);
        memset(to + n, 0, (all - n) * sizeof *to);
        for (size_t i = 0; i < n; i++)
            missing |= to[i] == ENS__CUTS_MISSING;
    }
    *mask = (uint32_t)trees->wide - 1;
    if (!missing)
        return;
    *mask += (uint32_t)trees->wide;
    for (size_t u = 0; u < trees->n_used; u++)
        for (size_t i = 0; i < all; i++) {
            uint16_t x = code[u * ROWS + i];

            code[(trees->wide + u) * ROWS + i] = x == ENS__CUTS_MISSING ? 0 : x;
        }
}

bool ens__bits_predict(const ens__trees *trees, const ens_rows *rows, double *out,
                       void *scratch)
{
    uint16_t *code = scratch;
    uint32_t mask;

    if (trees->bits == NULL || ens__cpu_level() < ENS__CPU_V4)
        return false;
    for (size_t begin = 0; begin < rows->n; begin += ROWS) {
        size_t n = rows->n - begin < ROWS ? rows->n - begin : ROWS;
        double sum[ROWS] = {0};

        fill_columns(code, &mask, trees,
                     &(ens_rows){rows->feature, rows->p, rows->row + begin, n});
        for (size_t t = 0; t < trees->n; t++)
            for (size_t i = 0; i < n; i += TURN)
                add_tree(sum + i, trees, t, code + i, mask);
        memcpy(out + begin, sum, n * sizeof *sum);
    }
    return true;
}
/* The leaves that a row has left after the splits by numbers of a tree, whose columns it has in two registers. */
ENS_TARGET_V4 static inline uint64_t left_of_row(const ens__bits *b, const tree *from,
                                                 __m512i low, __m512i high, uint32_t mask)
{
    __m512i left = _mm512_set1_epi64(-1);

    for (size_t i = from->number, end = i + from->n_numbers; i < end; i += LINE) {
        __mmask32 here = end - i < LINE ? ((uint32_t)1 << (end - i)) - 1 : UINT32_MAX;
        __m512i column = _mm512_and_si512(_mm512_loadu_si512(b->column + i),
                                          _mm512_set1_epi16((short)mask));
        __mmask32 right = _mm512_mask_cmpgt_epu16_mask(
            here, _mm512_permutex2var_epi16(low, column, high),
            _mm512_loadu_si512(b->limit + i));

        ENS__UNROLL
        for (size_t l = 0; l < LINE; l += LANE)
            left = _mm512_mask_and_epi64(left, (__mmask8)(right >> l), left,
                                         _mm512_loadu_si512(b->keep + i + l));
    }
    return (uint64_t)_mm512_reduce_and_epi64(left);
}

ENS_TARGET_V4 static double sum_row(const ens__trees *trees, const uint16_t *code,
                                    uint32_t mask)
{
    const ens__bits *b = trees->bits;
    __m512i low = _mm512_maskz_loadu_epi16(
        mask < LINE - 1 ? ((uint32_t)1 << (mask + 1)) - 1 : UINT32_MAX, code);
    __m512i high = mask < LINE ? low : _mm512_loadu_si512(code + LINE);
    double sum = 0;

    for (size_t t = 0; t < b->n; t++) {
        const tree *from = &b->tree[t];
        uint64_t left = left_of_row(b, from, low, high, mask);

        for (const split *s = b->split + from->set, *end = s + from->n_sets; s < end;
             s++) {
            uint32_t x = code[s->column];

            if ((trees->set[s->set + x / 32] >> x % 32 & 1) != 0)
                left &= s->keep;
        }
        sum += b->value[from->value + (unsigned)__builtin_clzll(left)];
    }
    return sum;
}

bool ens__bits_sum(const ens__trees *trees, const ens__coded *rows, double *out)
{
    if (trees->bits == NULL || ens__cpu_level() < ENS__CPU_V4 || rows->mask >= 2 * LINE)
        return false;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = sum_row(trees, rows->code + i * rows->stride, rows->mask);
    return true;
}
#else
bool ens__bits_predict(const ens__trees *trees, const ens_rows *rows, double *out,
                       void *scratch)
{
    (void)trees;
    (void)rows;
    (void)out;
    (void)scratch;
    return false;
}

bool ens__bits_sum(const ens__trees *trees, const ens__coded *rows, double *out)
{
    (void)trees;
    (void)rows;
    (void)out;
    return false;
}
#endif
