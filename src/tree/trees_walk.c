/* trees_walk.c - from rows to the sum of an ensemble's leaves, in the runtime form.
 *
 * The codes of a row lie side by side, so that a step is two loads, an addition and a shift.  Walkers go down
 * together: of one tree for a group of rows, or of all trees for a single row.  Each pass moves every walker by one
 * node, without a branch on what it finds, so that the loads of many overlap however long each takes, and asks for
 * the nodes of the next pass.  The first passes move all walkers, the later ones those that have not arrived.
 *
 * A tree of a deep forest fills a good part of the second level of the cache: a block of rows is long, so that its
 * lines, once there, serve many rows. */
#include <config.h>

#include <string.h>
#include <tree/loops.h>
#include <tree/trees_bits.h>

/* Walkers at a time: of rows, whose codes are to fit the first level of the cache, and of trees. */
#define ROWS  256
#define TREES 512
/* Walkers whose steps are written out in a row. */
#define GROUP 8
/* Codes of a row, as most tables of numbers have it, that is a line of the cache. */
#define LINE 32
/* Passes before it pays to tell who has arrived, and then between two looks. */
#define BLIND 12
#define APART 3
/* Fewer rows walk all trees at once, row by row. */
#define FEW_ROWS 32

/* ---- Codes ---------------------------------------------------------------------------------------------------- */

void ens__trees_code(const ens__trees *trees, size_t u, const ens_rows *rows,
                     uint16_t *code, size_t stride)
{
    const ens__trees_feature *f = &trees->used[u];
    const ens_feature *from = &rows->feature[f->feature];

    if (!f->category) {
        ens__cuts_codes(&f->cuts, from->x, rows->row, rows->n, code, stride);
        return;
    }
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t level =
            (uint32_t)from->code[rows->row[i]]; /* -1, missing, is the largest */

        code[i * stride] = (uint16_t)(level < f->n_levels ? level : f->n_levels);
    }
}

static bool has_missing(const uint16_t *code, size_t n)
{
    unsigned found = 0;

    for (size_t i = 0; i < n; i++)
        found |= code[i] == ENS__CUTS_MISSING;
    return found != 0;
}

/* Add to each row the columns in which a missing value goes left. */
static void widen(const ens__trees *trees, uint16_t *code, size_t n)
{
    size_t from = trees->stride, to = from + trees->wide;

    for (size_t i = n; i-- > 0;) {
        uint16_t *row = code + i * to;

        memmove(row, code + i * from, from * sizeof *row);
        for (size_t c = 0; c < trees->n_used; c++)
            row[trees->wide + c] = row[c] == ENS__CUTS_MISSING ? 0 : row[c];
    }
}

ens__coded ens__trees_codes(const ens__trees *trees, const ens_rows *rows, uint16_t *code)
{
    size_t n = rows->n, stride = trees->stride;
    ens__coded out = {code, n, stride, (uint32_t)trees->wide - 1};

    memset(code, 0, n * stride * sizeof *code);
    for (size_t u = 0; u < trees->n_used; u++)
        ens__trees_code(trees, u, rows, code + u, stride);
    if (has_missing(code, n * stride)) {
        widen(trees, code, n);
        out.stride += trees->wide;
        out.mask += (uint32_t)trees->wide;
    }
    return out;
}

/* ---- Walking ---------------------------------------------------------------------------------------------------- */

/* Walkers, each of one tree and one row. */
typedef struct walk {
    const uint64_t *node; /* of the tree, or of all */
    const uint32_t *set;
    const ens__trees_tree *tree; /* where that of walker i begins, if each has its own */
    ens__coded rows;             /* of walker i row i, or one for all */
    size_t depth;                /* steps that some walker takes, at most */
} walk;

/* The node after node `at`, of a leaf itself, for the row that begins `ahead` of code. */
static ENS__INLINE uint32_t next(const uint64_t *node, const uint32_t *set,
                                 const uint16_t *code, size_t ahead, uint32_t mask,
                                 uint32_t at, bool sets)
{
    uint64_t word = node[at];
    uint32_t x = (code + ((uint32_t)word & mask))[ahead];
    uint32_t by_number = (uint32_t)((word + ((uint64_t)x << 16)) >> 32);

    if (!sets)
        return by_number;

    uint32_t by = 0 - (uint32_t)(word / ENS__TREES_SET & 1); /* all ones for a set */
    const uint32_t *s = set + (by & (uint32_t)(word >> 32));
    uint32_t bits = s[by & (1 + x / 32)];

    return (by & (s[0] + (bits >> x % 32 & 1))) | (~by & by_number);
}

/* The next node of walker i + j. Where j is a constant, so is, often, the way from the codes of i to its. */
static ENS__INLINE uint32_t step(const walk *w, size_t i, size_t j, uint32_t at,
                                 bool sets, bool trees)
{
    const uint64_t *node = trees ? w->node + w->tree[i + j].node : w->node;
    const uint32_t *set = trees && sets ? w->set + w->tree[i + j].set : w->set;
    const uint16_t *code = w->rows.code + (trees ? 0 : i * w->rows.stride);

    at = next(node, set, code, trees ? 0 : j * w->rows.stride, w->rows.mask, at, sets);
    ENS__PREFETCH(node + at);
    return at;
}

/* Ask for the words of the set that walker i looks at, if it does. */
static ENS__INLINE void ask(const walk *w, size_t i, uint32_t at, bool trees)
{
    const uint64_t *node = trees ? w->node + w->tree[i].node : w->node;
    const uint32_t *set = trees ? w->set + w->tree[i].set : w->set;
    const uint16_t *code = w->rows.code + (trees ? 0 : i * w->rows.stride);
    uint64_t word = node[at];
    uint32_t by = 0 - (uint32_t)(word / ENS__TREES_SET & 1);
    const uint32_t *s = set + (by & (uint32_t)(word >> 32));

    ENS__PREFETCH(s);
    ENS__PREFETCH(s + (by & (1 + code[word & w->rows.mask] / 32)));
}

/* Move all n walkers. */
static ENS__INLINE void pass(const walk *w, uint32_t *restrict at, size_t n, bool sets,
                             bool trees)
{
    for (size_t i = 0; i < n && sets; i++)
        ask(w, i, at[i], trees);
    size_t i = 0;

    for (; i + GROUP <= n; i += GROUP) {
        ENS__UNROLL
        for (size_t j = 0; j < GROUP; j++)
            at[i + j] = step(w, i, j, at[i + j], sets, trees);
    }
    for (; i < n; i++)
        at[i] = step(w, i, 0, at[i], sets, trees);
}

/* Move the walkers who[n]. */
static ENS__INLINE void pass_some(const walk *w, uint32_t *restrict at,
                                  const uint16_t *restrict who, size_t n, bool sets,
                                  bool trees)
{
    for (size_t a = 0; a < n && sets; a++)
        ask(w, who[a], at[who[a]], trees);
    ENS__UNROLL
    for (size_t a = 0; a < n; a++)
        at[who[a]] = step(w, who[a], 0, at[who[a]], sets, trees);
}

/* Move the walkers who[n], and keep those that had not arrived; returns how many. */
static ENS__INLINE size_t pass_on(const walk *w, uint32_t *restrict at,
                                  uint16_t *restrict who, size_t n, bool sets, bool trees)
{
    size_t kept = 0;

    for (size_t a = 0; a < n && sets; a++)
        ask(w, who[a], at[who[a]], trees);
    ENS__UNROLL
    for (size_t a = 0; a < n; a++) {
        uint16_t i = who[a];
        uint32_t here = at[i];

        at[i] = step(w, i, 0, here, sets, trees);
        who[kept] = i;
        kept += at[i] != here;
    }
    return kept;
}

/* at[i]: the node at which walker i = who[a], a < n, ends, having made BLIND steps. */
static ENS__INLINE void walk_on(const walk *w, uint32_t *restrict at,
                                uint16_t *restrict who, size_t n, bool sets, bool trees)
{
    while (n > 0) {
        for (size_t d = 1; d < APART; d++)
            pass_some(w, at, who, n, sets, trees);
        n = pass_on(w, at, who, n, sets, trees);
    }
}

/* at[i]: the leaf that walker i < n comes to, from the root; who has room for n. stride: if it is known, else 0. */
static ENS__INLINE void walk_body(const walk *from, uint32_t *restrict at,
                                  uint16_t *restrict who, size_t n, size_t stride,
                                  bool sets, bool trees)
{
    walk w = *from; /* which no store changes */

    if (stride > 0)
        w.rows.stride = stride;
    for (size_t i = 0; i < n; i++)
        at[i] = step(&w, i, 0, 0, sets, trees);
    for (size_t d = 1; d < w.depth && d < BLIND; d++)
        pass(&w, at, n, sets, trees);
    if (w.depth <= BLIND)
        return;
    for (size_t i = 0; i < n; i++)
        who[i] = (uint16_t)i;
    walk_on(&w, at, who, n, sets, trees);
}

/* The same for walkers i = who[a], a < n. */
static ENS__INLINE void walk_some(const walk *from, uint32_t *restrict at,
                                  uint16_t *restrict who, size_t n, bool sets)
{
    const walk w = *from;

    for (size_t a = 0; a < n; a++)
        at[who[a]] = 0;
    for (size_t d = 0; d < w.depth && d < BLIND; d++)
        pass_some(&w, at, who, n, sets, false);
    if (w.depth > BLIND)
        walk_on(&w, at, who, n, sets, false);
}

static void rows_by_numbers(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_body(w, at, who, n, 0, false, false);
}

static void lines_by_numbers(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_body(w, at, who, n, LINE, false, false);
}

static void rows_by_sets(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_body(w, at, who, n, 0, true, false);
}

static void some_by_numbers(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_some(w, at, who, n, false);
}

static void some_by_sets(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_some(w, at, who, n, true);
}

static void trees_by_numbers(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_body(w, at, who, n, 0, false, true);
}

static void trees_by_sets(const walk *w, uint32_t *at, uint16_t *who, size_t n)
{
    walk_body(w, at, who, n, 0, true, true);
}

/* Walkers of one tree, for rows from row `begin` on. */
static walk walk_of(const ens__trees *trees, size_t t, const ens__coded *rows,
                    size_t begin)
{
    const ens__trees_tree *tree = &trees->tree[t];
    walk w = {trees->node + tree->node, trees->set + tree->set, NULL, *rows, tree->depth};

    w.rows.code += begin * rows->stride;
    return w;
}

/* As ens__trees_find(), for at most ROWS rows. */
static void find_part(const ens__trees *trees, size_t t, const ens__coded *rows,
                      size_t begin, size_t n, uint32_t *leaf)
{
    walk w = walk_of(trees, t, rows, begin);
    uint16_t who[ROWS];

    if (trees->sets)
        rows_by_sets(&w, leaf, who, n);
    else if (rows->stride == LINE)
        lines_by_numbers(&w, leaf, who, n);
    else
        rows_by_numbers(&w, leaf, who, n);
}

void ens__trees_find(const ens__trees *trees, size_t t, const ens__coded *rows,
                     uint32_t *leaf)
{
    for (size_t i = 0; i < rows->n; i += ROWS)
        find_part(trees, t, rows, i, rows->n - i < ROWS ? rows->n - i : ROWS, leaf + i);
}

void ens__trees_find_some(const ens__trees *trees, size_t t, const ens__coded *rows,
                          const uint32_t *which, size_t n, uint32_t *leaf)
{
    walk w = walk_of(trees, t, rows, 0);
    uint16_t who[ROWS];

    for (size_t begin = 0; begin < n; begin += ROWS) {
        size_t some = n - begin < ROWS ? n - begin : ROWS;

        for (size_t a = 0; a < some; a++)
            who[a] = (uint16_t)which[begin + a];
        if (trees->sets)
            some_by_sets(&w, leaf, who, some);
        else
            some_by_numbers(&w, leaf, who, some);
    }
}

/* The values of a leaf of a tree. */
static ENS__INLINE const double *value_of(const ens__trees *trees,
                                          const ens__trees_tree *tree, uint32_t leaf,
                                          size_t k)
{
    uint64_t word = trees->node[tree->node + leaf];

    return trees->value +
           (trees->base[tree->base + leaf / ENS__TREES_SPAN] + (word >> 16 & 0xffff)) * k;
}

const double *ens__trees_value(const ens__trees *trees, size_t t, uint32_t leaf)
{
    return value_of(trees, &trees->tree[t], leaf, trees->k);
}

/* ---- Sums ------------------------------------------------------------------------------------------------------- */

/* out[i] += the values of leaf[i] of one tree */
static void add_leaves(const ens__trees *trees, size_t t, const uint32_t *leaf, size_t n,
                       double *restrict out)
{
    const ens__trees_tree *tree = &trees->tree[t];
    size_t k = trees->k;

    if (k == 1)
        for (size_t i = 0; i < n; i++)
            out[i] += *value_of(trees, tree, leaf[i], 1);
    else if (k == 2)
        for (size_t i = 0; i < n; i++) {
            const double *v = value_of(trees, tree, leaf[i], 2);

            out[2 * i] += v[0];
            out[2 * i + 1] += v[1];
        }
    else
        for (size_t i = 0; i < n; i++) {
            const double *v = value_of(trees, tree, leaf[i], k);

            for (size_t c = 0; c < k; c++)
                out[i * k + c] += v[c];
        }
}

/* out += the values of leaf[i] of tree t + i, in their order: of one row */
static void add_trees(const ens__trees *trees, size_t t, const uint32_t *leaf, size_t n,
                      double *restrict out)
{
    const ens__trees_tree *tree = &trees->tree[t];
    size_t k = trees->k;

    if (k == 2) {
        double a = out[0], b = out[1];

        for (size_t i = 0; i < n; i++) {
            const double *v = value_of(trees, &tree[i], leaf[i], 2);

            a += v[0];
            b += v[1];
        }
        out[0] = a;
        out[1] = b;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const double *v = value_of(trees, &tree[i], leaf[i], k);

        for (size_t c = 0; c < k; c++)
            out[c] += v[c];
    }
}

/* One tree after the other, all rows of a block through each. */
static void sum_rows(const ens__trees *trees, const ens__coded *rows, double *out)
{
    uint32_t leaf[ROWS];

    for (size_t t = 0; t < trees->n; t++)
        for (size_t i = 0; i < rows->n; i += ROWS) {
            size_t n = rows->n - i < ROWS ? rows->n - i : ROWS;

            find_part(trees, t, rows, i, n, leaf);
            add_leaves(trees, t, leaf, n, out + i * trees->k);
        }
}

/* All trees at once, row by row. */
static void sum_trees(const ens__trees *trees, const ens__coded *rows, double *out)
{
    walk w = {trees->node, trees->set, NULL, *rows, trees->depth};
    uint16_t who[TREES];
    uint32_t leaf[TREES];

    for (size_t i = 0; i < rows->n; i++, w.rows.code += rows->stride)
        for (size_t t = 0; t < trees->n; t += TREES) {
            size_t n = trees->n - t < TREES ? trees->n - t : TREES;

            w.tree = &trees->tree[t];
            if (trees->sets)
                trees_by_sets(&w, leaf, who, n);
            else
                trees_by_numbers(&w, leaf, who, n);
            add_trees(trees, t, leaf, n, out + i * trees->k);
        }
}

size_t ens__trees_scratch(const ens__trees *trees)
{
    return trees->block * (trees->stride + trees->wide) * sizeof(uint16_t);
}

void ens__trees_predict(const ens__trees *trees, const ens_rows *rows, double *out,
                        void *scratch)
{
    size_t k = trees->k;

    if (rows->n >= FEW_ROWS && ens__bits_predict(trees, rows, out, scratch))
        return;
    memset(out, 0, rows->n * k * sizeof *out);
    for (size_t begin = 0; begin < rows->n; begin += trees->block) {
        size_t n = rows->n - begin < trees->block ? rows->n - begin : trees->block;
        ens_rows part = {rows->feature, rows->p, rows->row + begin, n};
        ens__coded coded = ens__trees_codes(trees, &part, scratch);

        if (n >= FEW_ROWS)
            sum_rows(trees, &coded, out + begin * k);
        else if (!ens__bits_sum(trees, &coded, out + begin * k))
            sum_trees(trees, &coded, out + begin * k);
    }
}
