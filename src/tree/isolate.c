/* isolate.c - growing an isolation tree: random features, random thresholds, until a row is alone.
 *
 * Liu, Ting and Zhou (2008), "Isolation forest", ICDM; (2012), TKDD 6(1), algorithm 2.  A node draws one of the
 * features whose present values differ among its rows, and a threshold between the least and the greatest of them.
 * The value of a leaf is its depth, and for n rows that were not told apart c(n), the depth that they would have
 * come to on average.
 *
 * Beyond the paper: of a category, each level that a node has goes left or right by the toss of a coin, and levels that
 * it lacks go with the fewer rows, as a number beyond the range does; missing values go with one side, drawn in
 * proportion to its rows, so that a gap by itself is no sign of an anomaly.
 *
 * Values are looked at where they lie: a tree has few rows and looks at few of its features. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <num/rng.h>
#include <string.h>
#include <tree/tree.h>

/* Nodes whose rows wait: one a level, and depth is at most log2 of 2^32 rows, rounded up. */
#define MOST_OPEN 64

#define LEVEL_LEFT 0x80000000u

typedef struct open_node {
    uint32_t node, depth;
    size_t begin, end; /* of its rows */
    size_t live; /* features that may differ among them: the first so many of order */
} open_node;

typedef struct growth {
    ens__tree *tree;
    const ens_feature *feature;
    uint32_t *row;   /* [n] sorted into nodes */
    uint32_t *order; /* [p] features */
    uint32_t *seen;  /* [most levels] rows of a node by level, zero between splits */
    uint32_t *level; /* [n_levels, at most n] those that it has */
    size_t n_levels;
    ens__stream stream;
} growth;

/* c(n) = 2 H(n - 1) - 2 (n - 1) / n, equation 1: the depth at which a search in a random tree of n rows ends. */
double ens__isolation_path(double n)
{
    const double euler = 0.57721566490153286;

    if (n <= 1)
        return 0;
    return n == 2 ? 1 : 2 * (log(n - 1) + euler) - 2 * (n - 1) / n;
}

/* ---- Splits ------------------------------------------------------------------------------------------ */

/* A threshold at least the least present value and below the greatest; false if they are equal. */
static bool draw_threshold(double *out, growth *g, const ens_feature *f,
                           const open_node *o)
{
    double low = INFINITY, high = -INFINITY, u;

    for (size_t i = o->begin; i < o->end; i++) {
        double x = f->x[g->row[i]];

        low = x < low ? x : low; /* false for NaN */
        high = x > high ? x : high;
    }
    if (!(low < high))
        return false;
    u = ens__stream_uniform(&g->stream);
    *out = (1 - u) * low + u * high; /* high - low may be infinite */
    if (!(*out >= low && *out < high))
        *out = low; /* rounding */
    return true;
}

/* The levels that the node's rows have, counted in seen; returns how many rows have one. */
static size_t list_levels(growth *g, const ens_feature *f, const open_node *o)
{
    size_t present = 0;

    g->n_levels = 0;
    for (size_t i = o->begin; i < o->end; i++) {
        int32_t level = f->code[g->row[i]];

        if (level < 0)
            continue;
        if (g->seen[level]++ == 0)
            g->level[g->n_levels++] = (uint32_t)level;
        present++;
    }
    return present;
}

/* Toss for each level of the list, at least two, until both sides have one: bit 31 says left. Returns the rows
 * that go left. */
static size_t toss_levels(growth *g, size_t present)
{
    size_t left;

    do {
        left = 0;
        for (size_t a = 0; a < g->n_levels; a++) {
            uint32_t level = g->level[a] & ~LEVEL_LEFT;
            bool goes_left = (ens__stream_u32(&g->stream) & 1) != 0;

            g->level[a] = goes_left ? level | LEVEL_LEFT : level;
            left += goes_left ? g->seen[level] : 0;
        }
    } while (left == 0 || left == present);
    return left;
}

/* Levels that the node lacks go with the fewer rows. */
static void fill_set(uint32_t *set, const growth *g, size_t n_levels, bool fewer_left)
{
    size_t words = (n_levels + 31) / 32;

    memset(set, fewer_left ? 0xff : 0, words * sizeof *set);
    if (fewer_left && n_levels % 32 != 0)
        set[words - 1] >>= 32 - n_levels % 32;
    for (size_t a = 0; a < g->n_levels; a++) {
        uint32_t level = g->level[a] & ~LEVEL_LEFT;

        if ((g->level[a] & LEVEL_LEFT) != 0)
            set[level / 32] |= 1u << level % 32;
        else
            set[level / 32] &= ~(1u << level % 32);
    }
}

/* A random set of levels, put behind the tree's other sets; not drawn if the rows have one level only. */
static ens_status draw_set(bool *drawn, growth *g, const ens_feature *f,
                           const open_node *o, ens_error *err)
{
    ens__tree *t = g->tree;
    size_t words = ((size_t)f->n_levels + 31) / 32;
    size_t present = list_levels(g, f, o), left;
    uint32_t *more;
    ens_status st = ENS_OK;

    if ((*drawn = g->n_levels > 1)) {
        left = toss_levels(g, present);
        if ((more = ens__resize(t->set, t->n_words + words, sizeof *more)) == NULL) {
            st = ens__nomem(err);
        } else {
            t->set = more;
            fill_set(t->set + t->n_words, g, f->n_levels, left < present - left);
        }
    }
    for (size_t a = 0; a < g->n_levels; a++)
        g->seen[g->level[a] & ~LEVEL_LEFT] = 0;
    return st;
}

/* Draw features until one can split the node; false if none can. Those that cannot are not live below it either. */
static ens_status draw_split(bool *drawn, growth *g, open_node *o, ens__node *node,
                             ens_error *err)
{
    ens_status st = ENS_OK;

    for (*drawn = false; o->live > 0;) {
        size_t at = ens__stream_below(&g->stream, (uint32_t)o->live);
        uint32_t j = g->order[at];
        const ens_feature *f = &g->feature[j];

        if (f->x != NULL)
            *drawn = draw_threshold(&node->threshold, g, f, o);
        else if ((st = draw_set(drawn, g, f, o, err)) != ENS_OK)
            return st;
        if (*drawn) {
            node->feature = j;
            if (f->x == NULL) {
                node->feature |= ENS__BY_SET;
                node->set = g->tree->n_words;
                g->tree->n_words += ((size_t)f->n_levels + 31) / 32;
            }
            return ENS_OK;
        }
        g->order[at] = g->order[--o->live];
        g->order[o->live] = j;
    }
    return ENS_OK;
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

enum { RIGHT, LEFT, MISSING };

static int side_of(const ens__tree *t, const ens__node *node, const ens_feature *f,
                   uint32_t row)
{
    if ((node->feature & ENS__BY_SET) != 0) {
        int32_t level = f->code[row];

        return level < 0 ? MISSING
                         : (int)(t->set[node->set + (uint32_t)level / 32] >>
                                     (uint32_t)level % 32 &
                                 1);
    }
    return isnan(f->x[row]) ? MISSING : f->x[row] <= node->threshold;
}

/* Rows of the node that go left come first, those that are missing there last; then these choose a side. Returns
 * where the right side begins. */
static size_t part_rows(growth *g, const open_node *o, ens__node *node)
{
    const ens_feature *f = &g->feature[node->feature & ENS__FEATURE];
    size_t left = o->begin, i = o->begin, end = o->end, present;

    while (i < end) {
        uint32_t row = g->row[i];
        int side = side_of(g->tree, node, f, row);

        if (side == MISSING) {
            g->row[i] = g->row[--end];
            g->row[end] = row;
            continue;
        }
        if (side == LEFT) {
            g->row[i] = g->row[left];
            g->row[left++] = row;
        }
        i++;
    }
    present = end - o->begin;
    if (ens__stream_below(&g->stream, (uint32_t)present) < left - o->begin) {
        node->feature |= ENS__MISSING_LEFT;
        for (; end < o->end; end++) { /* the first right row changes places with it */
            uint32_t row = g->row[end];

            g->row[end] = g->row[left];
            g->row[left++] = row;
        }
    }
    return left;
}

/* ---- Growing ----------------------------------------------------------------------------------------- */

/* Depth first; what waits are right sides. */
static ens_status grow(growth *g, size_t n, size_t p, size_t max_depth, ens_error *err)
{
    open_node stack[MOST_OPEN] = {{0, 0, 0, n, p}};
    size_t n_open = 1;
    ens__tree *t = g->tree;

    t->n_nodes = 1;
    while (n_open > 0) {
        open_node o = stack[--n_open];
        ens__node *node = &t->node[o.node];
        bool split = false;
        size_t middle;
        ens_status st;

        *node = (ens__node){.feature = ENS__LEAF};
        t->depth = o.depth > t->depth ? o.depth : t->depth;
        if (o.end - o.begin > 1 && o.depth < max_depth &&
            (st = draw_split(&split, g, &o, node, err)) != ENS_OK)
            return st;
        if (!split) {
            node->value = o.depth + ens__isolation_path((double)(o.end - o.begin));
            continue;
        }
        middle = part_rows(g, &o, node);
        node->left = (uint32_t)t->n_nodes;
        t->n_nodes += 2;
        stack[n_open++] = (open_node){node->left + 1, o.depth + 1, middle, o.end, o.live};
        stack[n_open++] = (open_node){node->left, o.depth + 1, o.begin, middle, o.live};
    }
    return ENS_OK;
}

static size_t most_levels(const ens_rows *rows)
{
    size_t most = 0;

    for (size_t j = 0; j < rows->p; j++)
        most = rows->feature[j].n_levels > most ? rows->feature[j].n_levels : most;
    return most;
}

/* Give back what the arrays have too much. */
static void trim(ens__tree *t)
{
    ens__node *less = ens__resize(t->node, t->n_nodes, sizeof *less);

    if (less != NULL)
        t->node = less;
}

ens_status ens__tree_isolate(ens__tree **out, const ens_fit_args *a, ens_error *err)
{
    size_t n = a->rows.n, max_depth = 0;
    growth g = {.feature = a->rows.feature, .tree = ens__zeros(1, sizeof *g.tree)};
    ens_status st;

    g.row = ens__array(n, sizeof *g.row);
    g.order = ens__array(a->rows.p, sizeof *g.order);
    g.seen = ens__zeros(most_levels(&a->rows), sizeof *g.seen);
    g.level = ens__array(n, sizeof *g.level);
    if (g.tree == NULL || g.row == NULL || g.order == NULL || g.seen == NULL ||
        g.level == NULL ||
        (g.tree->node = ens__array(2 * n - 1, sizeof *g.tree->node)) == NULL ||
        (g.tree->set = ens__array(0, sizeof *g.tree->set)) == NULL ||
        (g.tree->used = ens__array(0, sizeof *g.tree->used)) == NULL ||
        (g.tree->share = ens__array(0, sizeof *g.tree->share)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    g.tree->k = 1;
    memcpy(g.row, a->rows.row, n * sizeof *g.row);
    for (size_t j = 0; j < a->rows.p; j++)
        g.order[j] = (uint32_t)j;
    while (((size_t)1 << max_depth) < n) /* ceil(log2 n) */
        max_depth++;
    ens__stream_init(&g.stream, a->seed, ENS__FOR_NODE, 0);
    if ((st = grow(&g, n, a->rows.p, max_depth, err)) != ENS_OK)
        goto done;
    trim(g.tree);
    *out = g.tree;
    g.tree = NULL;
done:
    ens__tree_free(g.tree);
    ens__free(g.row);
    ens__free(g.order);
    ens__free(g.seen);
    ens__free(g.level);
    return st;
}
