/* quantile.c - quantile forests (Meinshausen 2006, "Quantile regression forests", JMLR 7).
 *
 * A row x falls into one leaf of each tree.  Every row of the fit that was drawn into that leaf gets the weight
 * count / (rows of the leaf * trees), equations 4 and 5 there with the bootstrap's counts and the rows' weights, so
 * that the weighted mean of the targets is what the forest predicts.  The quantile a of the response is the
 * smallest target y with F(y | x) >= a, where F adds the weights of the targets up to y (equation 6).
 *
 * Leaves keep places in the sorted targets, 4 bytes a drawn row and tree.  For a row the weights are added up by place
 * and by block of places, so that finding a quantile passes over blocks and then over one of them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/quantile.h>
#include <num/stats.h>
#include <string.h>
#include <tree/tree.h>

/* Places whose weights are also kept as one sum. */
#define BLOCK 256
/* Leaves that are found before their rows are looked at: a few rows of a large forest, many of a small one. */
#define MOST_LEAVES 16384
/* A sum of weights that is short of the quantile by less than this reaches it: they are floating-point sums. */
#define ROUNDING 1e-12

static const ens__tree *tree_of(const ens__bag *bag, size_t t)
{
    return bag->fit[t].state;
}

void ens__quantiles_free(ens__quantiles *s)
{
    if (s == NULL)
        return;
    for (size_t t = 0; s->tree != NULL && t < s->n_trees; t++) {
        ens__free(s->tree[t].start);
        ens__free(s->tree[t].row);
    }
    ens__free(s->tree);
    ens__free(s->y);
    ens__free(s->w);
    ens__free(s);
}

size_t ens__quantiles_bytes(const ens__quantiles *s, const ens__bag *bag)
{
    size_t bytes = sizeof *s + s->n * (sizeof *s->y + (s->w != NULL ? sizeof *s->w : 0));

    for (size_t t = 0; t < s->n_trees; t++) {
        size_t nodes = tree_of(bag, t)->n_nodes;

        bytes +=
            sizeof *s->tree + (nodes + 1 + s->tree[t].start[nodes]) * sizeof(uint32_t);
    }
    return bytes;
}

/* With arrays for n rows; w only if weighted. */
static ens__quantiles *make(size_t n, bool weighted, size_t n_trees)
{
    ens__quantiles *s = ens__zeros(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->n = n;
    s->n_trees = n_trees;
    if ((s->y = ens__array(n, sizeof *s->y)) == NULL ||
        (weighted && (s->w = ens__array(n, sizeof *s->w)) == NULL) ||
        (s->tree = ens__zeros(n_trees, sizeof *s->tree)) == NULL) {
        ens__quantiles_free(s);
        return NULL;
    }
    return s;
}

/* ---- Keeping ------------------------------------------------------------------------------------- */

typedef struct keeping {
    ens__quantiles *to;
    const ens__bag *bag;
    const ens__bag_spec *spec;
    const ens_fit_args *a;
    const uint32_t *order; /* [n] rows of the fit by ascending target */
} keeping;

/* One tree's arrays while they are filled. */
typedef struct filling {
    uint32_t *count; /* [n] how often each row of the fit was drawn */
    uint32_t *row;   /* [n] the drawn ones by ascending target: rows of the table */
    uint32_t *place; /* [n] their places */
    uint32_t *leaf;  /* [n] the nodes that they end in */
    size_t n;
} filling;

static ens_status filling_make(filling *f, size_t n, ens_error *err)
{
    *f = (filling){ens__array(n, sizeof *f->count), ens__array(n, sizeof *f->row),
                   ens__array(n, sizeof *f->place), ens__array(n, sizeof *f->leaf), 0};
    return f->count != NULL && f->row != NULL && f->place != NULL && f->leaf != NULL
               ? ENS_OK
               : ens__nomem(err);
}

static void filling_clear(filling *f)
{
    ens__free(f->count);
    ens__free(f->row);
    ens__free(f->place);
    ens__free(f->leaf);
}

/* The drawn rows and their leaves. */
static ens_status find_leaves(filling *f, const keeping *k, size_t t, ens_error *err)
{
    ens_rows rows = k->a->rows;
    ens__tree *own;
    ens_status st;

    for (size_t s = 0; s < k->to->n; s++) {
        uint32_t i = k->order[s];

        if (f->count[i] == 0)
            continue;
        f->row[f->n] = rows.row[i];
        f->place[f->n++] = (uint32_t)s;
    }
    rows.row = f->row;
    rows.n = f->n;
    if ((st = ens__tree_unpack(&own, tree_of(k->bag, t), err)) != ENS_OK)
        return st;
    ens__tree_find(own != NULL ? own : tree_of(k->bag, t), &rows, f->leaf);
    ens__tree_free(own);
    return ENS_OK;
}

/* A counting sort by leaf, which keeps the order of the targets. start[i] is where the rows of node i begin, and
 * for a moment where the next one goes. */
static ens_status sort_by_leaf(ens__leaf_rows *to, const filling *f, const keeping *k,
                               size_t n_nodes, ens_error *err)
{
    uint64_t total = 0;

    if ((to->start = ens__zeros(n_nodes + 1, sizeof *to->start)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < f->n; i++) {
        uint32_t count = f->count[k->order[f->place[i]]];

        total += count;
        to->start[f->leaf[i] + 1] += count;
    }
    if (total > UINT32_MAX)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s.quantiles: trees that draw %llu rows, the limit is %u",
                         ens_learner_name(k->a->learner), (unsigned long long)total,
                         (unsigned)UINT32_MAX);
    if ((to->row = ens__array((size_t)total, sizeof *to->row)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n_nodes; i++)
        to->start[i + 1] += to->start[i];
    for (size_t i = 0; i < f->n; i++)
        for (uint32_t c = f->count[k->order[f->place[i]]]; c > 0; c--)
            to->row[to->start[f->leaf[i]]++] = f->place[i];
    memmove(to->start + 1, to->start, n_nodes * sizeof *to->start);
    to->start[0] = 0;
    return ENS_OK;
}

static ens_status keep_tree(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const keeping *k = ctx;
    filling f;
    ens_status st = filling_make(&f, k->to->n, err);

    (void)worker;
    if (st == ENS_OK &&
        (st = ens__bag_redraw(f.count, k->spec, k->a, t, err)) == ENS_OK &&
        (st = find_leaves(&f, k, t, err)) == ENS_OK)
        st = sort_by_leaf(&k->to->tree[t], &f, k, tree_of(k->bag, t)->n_nodes, err);
    filling_clear(&f);
    return st;
}

/* Targets and weights in order. */
static ens_status sort_targets(ens__quantiles *s, uint32_t *order, const ens_fit_args *a,
                               ens_error *err)
{
    double *y = ens__array(s->n, sizeof *y);

    if (y == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < s->n; i++)
        y[i] = a->y[a->rows.row[i]];
    ens__sort_index(order, y, s->n);
    for (size_t i = 0; i < s->n; i++) {
        s->y[i] = y[order[i]];
        if (s->w != NULL)
            s->w[i] = a->w[a->rows.row[order[i]]];
    }
    ens__free(y);
    return ENS_OK;
}

ens_status ens__quantiles_make(ens__quantiles **out, const ens__bag *bag,
                               const ens__bag_spec *spec, const ens_fit_args *a,
                               ens_error *err)
{
    ens__quantiles *s = make(a->rows.n, a->w != NULL, bag->n);
    uint32_t *order = ens__array(a->rows.n, sizeof *order);
    keeping k = {s, bag, spec, a, order};
    ens_status st;

    if (s == NULL || order == NULL)
        st = ens__nomem(err);
    else if ((st = sort_targets(s, order, a, err)) == ENS_OK)
        st = ens__par_for(bag->n, a->exec, "keeping the rows of leaves", keep_tree, &k,
                          NULL, err);
    if (st == ENS_OK) {
        *out = s;
        s = NULL;
    }
    ens__free(order);
    ens__quantiles_free(s);
    return st;
}

/* ---- Predicting ---------------------------------------------------------------------------------- */

/* A worker's scratch: all weights are zero between rows. */
typedef struct scratch {
    double *weight; /* [n] of each place */
    double *block;  /* [n / BLOCK + 1] of each block of places */
    uint32_t *leaf; /* [rows at a time][trees], each tree's together */
    uint16_t *code; /* of the rows, for the runtime form */
} scratch;

static size_t rows_at_a_time(const ens__quantiles *s)
{
    size_t n = MOST_LEAVES / s->n_trees;

    return n < 1 ? 1 : n > ENS_BLOCK ? ENS_BLOCK : n;
}

static size_t lay(scratch *to, char *base, const ens__bag *bag)
{
    const ens__quantiles *s = bag->quantiles;
    const ens__trees *form = bag->trees;
    size_t at = 0;

    to->weight = (double *)(base + at);
    at += ens__bag_round(s->n * sizeof *to->weight);
    to->block = (double *)(base + at);
    at += ens__bag_round((s->n / BLOCK + 1) * sizeof *to->block);
    to->leaf = (uint32_t *)(base + at);
    at += ens__bag_round(rows_at_a_time(s) * s->n_trees * sizeof *to->leaf);
    to->code = (uint16_t *)(base + at);
    if (form != NULL)
        at += ens__bag_round(rows_at_a_time(s) * (form->stride + form->wide) *
                             sizeof *to->code);
    return at;
}

size_t ens__bag_quantiles_scratch(const void *state)
{
    const ens__bag *bag = state;
    scratch unused;

    return lay(&unused, NULL, bag);
}

/* weight[place] += w / (sum of w in the leaf * trees) */
static void add_leaf(const scratch *to, const ens__quantiles *s,
                     const ens__leaf_rows *tree, uint32_t leaf)
{
    const uint32_t *row = tree->row + tree->start[leaf];
    size_t n = tree->start[leaf + 1] - tree->start[leaf];
    double sum = 0, part;

    for (size_t i = 0; i < n && s->w != NULL; i++)
        sum += s->w[row[i]];
    part = 1 / ((s->w != NULL ? sum : (double)n) * (double)s->n_trees);
    for (size_t i = 0; i < n; i++) {
        double v = s->w != NULL ? part * s->w[row[i]] : part;

        to->weight[row[i]] += v;
        to->block[row[i] / BLOCK] += v;
    }
}

static void clear_leaf(const scratch *to, const ens__leaf_rows *tree, uint32_t leaf)
{
    for (size_t i = tree->start[leaf]; i < tree->start[leaf + 1]; i++) {
        to->weight[tree->row[i]] = 0;
        to->block[tree->row[i] / BLOCK] = 0;
    }
}

/* The quantiles of one row, ascending: one pass over blocks and those places where one of them lies. */
static void find_quantiles(const scratch *from, const ens__quantiles *s,
                           const ens_list *q, double *out)
{
    double before = 0, last = s->y[s->n - 1];
    size_t c = 0;

    for (size_t b = 0; b * BLOCK < s->n && c < q->n; b++) {
        size_t end = (b + 1) * BLOCK < s->n ? (b + 1) * BLOCK : s->n;
        double sum = before;

        if (from->block[b] == 0)
            continue;
        before += from->block[b];
        if (before < q->v[c] - ROUNDING)
            continue;
        for (size_t i = b * BLOCK; i < end && c < q->n; i++) {
            if (from->weight[i] == 0)
                continue;
            last = s->y[i];
            for (sum += from->weight[i]; c < q->n && sum >= q->v[c] - ROUNDING; c++)
                out[c] = last;
        }
        for (; c < q->n && before >= q->v[c] - ROUNDING; c++) /* two ways to round */
            out[c] = last;
    }
    for (; c < q->n; c++)
        out[c] = last;
}

/* The leaf of each row in each tree. */
static void find_all(const ens__bag *bag, const ens_rows *rows, const scratch *s,
                     size_t step)
{
    ens__coded coded;

    if (bag->trees != NULL)
        coded = ens__trees_codes(bag->trees, rows, s->code);
    for (size_t t = 0; t < bag->n; t++)
        if (bag->trees != NULL)
            ens__trees_find(bag->trees, t, &coded, s->leaf + t * step);
        else
            ens__tree_find(tree_of(bag, t), rows, s->leaf + t * step);
}

void ens__bag_quantiles(const void *state, const ens_rows *rows, const double *no_offset,
                        const ens_list *q, double *out, void *memory)
{
    const ens__bag *bag = state;
    const ens__quantiles *s = bag->quantiles;
    size_t step = rows_at_a_time(s);
    scratch own;

    (void)no_offset;
    lay(&own, memory, bag);
    memset(own.weight, 0, s->n * sizeof *own.weight);
    memset(own.block, 0, (s->n / BLOCK + 1) * sizeof *own.block);
    for (size_t begin = 0; begin < rows->n; begin += step) {
        ens_rows some = *rows;

        some.row = rows->row + begin;
        some.n = rows->n - begin < step ? rows->n - begin : step;
        find_all(bag, &some, &own, step);
        for (size_t i = 0; i < some.n; i++) {
            for (size_t t = 0; t < s->n_trees; t++)
                add_leaf(&own, s, &s->tree[t], own.leaf[t * step + i]);
            find_quantiles(&own, s, q, out + (begin + i) * q->n);
            for (size_t t = 0; t < s->n_trees; t++)
                clear_leaf(&own, &s->tree[t], own.leaf[t * step + i]);
        }
    }
}
