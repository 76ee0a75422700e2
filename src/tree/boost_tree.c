/* boost_tree.c - the tree that was grown as it is kept, and what it adds to the rows' scores. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <tree/boost_work.h>

/* -T(G) / (H + lambda) between the bounds, times the rate */
static double leaf_value(const ens__booster *b, const ens__boost_node *v)
{
    double value =
        ens__boost_value((double)v->sum.g, (double)v->sum.h, b->alpha, b->lambda);

    value = value < v->low ? v->low : value > v->high ? v->high : value;
    return value * (b->fixed.h_scale / b->fixed.g_scale) * b->o->rate;
}

/* ---- The tree that is kept ------------------------------------------------------------------------------------ */

typedef struct maker {
    const ens__booster *b;
    ens__tree *tree;
    uint32_t *from; /* [n_nodes] of the booster's nodes, by number in the tree */
    double *gain;   /* [p of the fit] */
} maker;

/* Parents before children, siblings side by side. */
static void number_nodes(maker *m)
{
    const ens__booster *b = m->b;
    size_t n = 1;

    m->from[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const ens__boost_node *v = &b->node[m->from[i]];

        if (!v->is_split)
            continue;
        m->tree->node[i].left = (uint32_t)n;
        m->from[n++] = v->child;
        m->from[n++] = v->child + 1;
    }
}

static size_t level_words(const ens__booster *b, uint32_t member)
{
    const ens__boost_feature *f = &b->rows->member[member];

    return (b->a->rows.feature[f->feature].n_levels + 31) / 32;
}

static void fill_split(maker *m, ens__node *node, const ens__boost_split *s)
{
    const ens__boost_feature *f = &m->b->rows->member[s->member];
    ens__tree *tree = m->tree;

    node->feature = f->feature | (s->missing_left ? ENS__MISSING_LEFT : 0);
    m->gain[f->feature] += s->gain;
    if (!s->by_set) {
        node->threshold = s->code + 1 < f->bins->n_bins ? f->bins->cut[s->code] : DBL_MAX;
        return;
    }
    node->feature |= ENS__BY_SET;
    node->set = tree->n_words;
    memcpy(tree->set + tree->n_words, s->set,
           level_words(m->b, s->member) * sizeof *tree->set);
    tree->n_words += level_words(m->b, s->member);
}

/* Which features were used, and their share of the gain, which is returned. */
static ens_status fill_used(double *gain, maker *m, ens_error *err)
{
    ens__tree *tree = m->tree;
    size_t p = m->b->a->rows.p;

    *gain = 0;
    for (size_t j = 0; j < p; j++) {
        tree->n_used += m->gain[j] > 0;
        *gain += m->gain[j];
    }
    tree->used = ens__array(tree->n_used, sizeof *tree->used);
    tree->share = ens__array(tree->n_used, sizeof *tree->share);
    if (tree->used == NULL || tree->share == NULL)
        return ens__nomem(err);
    tree->n_used = 0;
    for (size_t j = 0; j < p; j++)
        if (m->gain[j] > 0) {
            tree->used[tree->n_used] = (uint32_t)j;
            tree->share[tree->n_used++] = m->gain[j] / *gain;
        }
    *gain *= m->b->fixed.h_scale / m->b->fixed.g_scale / m->b->fixed.g_scale;
    return ens__tree_measure(tree, err);
}

static ens_status make_tree(maker *m, ens_error *err)
{
    const ens__booster *b = m->b;
    ens__tree *tree = m->tree;
    size_t words = 0;

    for (size_t i = 0; i < b->n_nodes; i++)
        if (b->node[i].is_split && b->node[i].best.by_set)
            words += level_words(b, b->node[i].best.member);
    tree->k = 1;
    tree->n_nodes = 2 * b->n_leaves - 1;
    if ((tree->node = ens__zeros(tree->n_nodes, sizeof *tree->node)) == NULL ||
        (tree->value = ens__array(0, sizeof *tree->value)) == NULL ||
        (tree->set = ens__array(words, sizeof *tree->set)) == NULL ||
        (m->from = ens__array(tree->n_nodes, sizeof *m->from)) == NULL ||
        (m->gain = ens__zeros(b->a->rows.p, sizeof *m->gain)) == NULL)
        return ens__nomem(err);
    number_nodes(m);
    return ENS_OK;
}

static ens_status fill_nodes(maker *m, ens__booster *b, ens_error *err)
{
    ens__tree *tree = m->tree;
    size_t n = 0;

    if (b->n_leaves > b->cap_leaves) {
        ens__boost_leaf *leaf = ens__resize(b->leaf, b->n_leaves, sizeof *leaf);

        if (leaf == NULL)
            return ens__nomem(err);
        b->leaf = leaf;
        b->cap_leaves = b->n_leaves;
    }
    for (size_t i = 0; i < tree->n_nodes; i++) {
        ens__boost_node *v = &b->node[m->from[i]];

        if (v->is_split) {
            fill_split(m, &tree->node[i], &v->best);
            continue;
        }
        v->leaf = (uint32_t)n;
        b->leaf[n] =
            (ens__boost_leaf){b->list + v->begin, v->n, (uint32_t)i, leaf_value(b, v)};
        tree->node[i] = (ens__node){.feature = ENS__LEAF, .value = b->leaf[n++].value};
    }
    return ENS_OK;
}

ens_status ens__boost_finish(ens__tree **out, double *gain, ens__booster *b,
                             ens_error *err)
{
    maker m = {.b = b, .tree = ens__zeros(1, sizeof *m.tree)};
    ens_status st = m.tree != NULL ? make_tree(&m, err) : ens__nomem(err);

    if (st == ENS_OK)
        st = fill_nodes(&m, b, err);
    if (st == ENS_OK && (st = fill_used(gain, &m, err)) == ENS_OK) {
        *out = m.tree;
        m.tree = NULL;
    }
    ens__free(m.from);
    ens__free(m.gain);
    ens__tree_free(m.tree);
    return st;
}

/* ---- Scores ------------------------------------------------------------------------------------------------- */

ens__boost_leaf *ens__booster_leaves(ens__booster *b, size_t *n)
{
    *n = b->n_leaves;
    return b->leaf;
}

void ens__booster_renew(ens__booster *b, ens__tree *tree)
{
    for (size_t l = 0; l < b->n_leaves; l++)
        tree->node[b->leaf[l].node].value = b->leaf[l].value;
}

typedef struct adding {
    const ens__booster *b;
    float *score;
    size_t *
        piece; /* [n_leaves + 1] the first of each leaf's pieces, of no more than ENS__BOOST_TASK rows */
} adding;

static size_t leaf_of_piece(const adding *a, size_t piece)
{
    size_t low = 0, n = a->b->n_leaves;

    while (n > 1) {
        size_t half = n / 2;

        if (a->piece[low + half] <= piece) {
            low += half;
            n -= half;
        } else {
            n = half;
        }
    }
    return low;
}

static ens_status add_piece(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const adding *a = ctx;
    size_t l = leaf_of_piece(a, i), begin = (i - a->piece[l]) * ENS__BOOST_TASK;
    const ens__boost_leaf *leaf = &a->b->leaf[l];
    size_t n = leaf->n - begin < ENS__BOOST_TASK ? leaf->n - begin : ENS__BOOST_TASK;
    const uint32_t *row = leaf->row + begin;
    float value = (float)leaf->value;

    (void)worker;
    (void)err;
    for (size_t r = 0; r < n; r++)
        a->score[row[r]] += value;
    return ENS_OK;
}

/* The leaf of a row that was not among those of the tree. */
static const ens__boost_leaf *find_leaf(const ens__booster *b, size_t row)
{
    const ens__boost_rows *r = b->rows;
    const ens__boost_node *v = &b->node[0];

    while (v->is_split) {
        const ens__boost_split *s = &v->best;
        const ens__bins *bins = r->member[s->member].bins;
        unsigned code = ens__bins_code(bins, r->a->rows.row[row]);
        bool left = s->by_set              ? s->set[code / 32] >> code % 32 & 1
                    : code == bins->n_bins ? s->missing_left
                                           : code <= s->code;

        v = &b->node[v->child + !left];
    }
    return &b->leaf[v->leaf];
}

/* Where row or the next above it stands in the rows of the tree. */
static size_t lower_bound(const uint32_t *part, size_t n, size_t row)
{
    size_t low = 0;

    while (n > 0) {
        size_t half = n / 2;

        if (part[low + half] < row) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static ens_status add_others(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const adding *a = ctx;
    const ens__booster *b = a->b;
    const ens__boost_target *t = b->t;
    size_t begin = block * ENS__BOOST_BLOCK, end = begin + ENS__BOOST_BLOCK;
    size_t at = lower_bound(t->part, t->n_part, begin);

    (void)worker;
    (void)err;
    end = end < b->rows->n ? end : b->rows->n;
    for (size_t i = begin; i < end; i++) {
        if (at < t->n_part && t->part[at] == i)
            at++;
        else
            a->score[i] += (float)find_leaf(b, i)->value;
    }
    return ENS_OK;
}

ens_status ens__booster_add(ens__booster *b, float *score, ens_error *err)
{
    adding a = {.b = b, .score = score};
    size_t blocks = (b->rows->n + ENS__BOOST_BLOCK - 1) / ENS__BOOST_BLOCK;
    ens_status st;

    if ((a.piece = ens__array(b->n_leaves + 1, sizeof *a.piece)) == NULL)
        return ens__nomem(err);
    a.piece[0] = 0;
    for (size_t l = 0; l < b->n_leaves; l++)
        a.piece[l + 1] =
            a.piece[l] + (b->leaf[l].n + ENS__BOOST_TASK - 1) / ENS__BOOST_TASK;
    st = ens__par_for(a.piece[b->n_leaves], &b->exec, NULL, add_piece, &a, NULL, err);
    ens__free(a.piece);
    if (st == ENS_OK && b->t->part != NULL)
        st = ens__par_for(blocks, &b->exec, NULL, add_others, &a, NULL, err);
    return st;
}
