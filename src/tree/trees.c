/* trees.c - making the runtime form of an ensemble's trees.
 *
 * Three steps: what there is is counted; the distinct thresholds of each feature are sorted, features in parallel;
 * then each tree is written, trees in parallel. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <num/stats.h>
#include <string.h>
#include <tree/trees_bits.h>

#define MOST_FEATURES 16383
#define MOST_LEVELS   65535 /* missing among them */

/* Codes of a block; half of the second level of the cache. */
#define BLOCK_BYTES ((size_t)1 << 20)
#define LEAST_ROWS  64

typedef struct maker {
    const ens__trees_source *src;
    ens__trees *trees;
    size_t *count;   /* [p] splits by each feature */
    uint32_t *place; /* [p] its number among those used */
    double *pile;    /* [splits] thresholds, by feature */
    size_t *begin;   /* [n_used] where those of a feature begin in pile, later end */
} maker;

static uint32_t feature_of(const maker *m, size_t t, const ens__node *node)
{
    uint32_t j = node->feature & ENS__FEATURE;

    return m->src->map != NULL ? m->src->map[t * m->src->p_tree + j] : j;
}

/* The left child's number, a bit for each level, and one for missing. */
static size_t set_words(uint32_t n_levels)
{
    return 1 + n_levels / 32 + 1;
}

/* Does the form have the tree's own table of values, or a row for each leaf? */
static bool has_table(const ens__tree *tree)
{
    return tree->k > 1 && tree->n_values <= ENS__TREES_SPAN;
}

/* ---- Counting ------------------------------------------------------------------------------------------------ */

/* Count the splits of each feature, and find where the parts of each tree begin. */
static void measure(maker *m)
{
    ens__trees *trees = m->trees;
    ens__trees_tree at = {0};

    for (size_t t = 0; t < trees->n; t++) {
        const ens__tree *tree = m->src->tree[t];

        at.depth = (uint32_t)tree->depth;
        trees->depth = tree->depth > trees->depth ? tree->depth : trees->depth;
        trees->tree[t] = at;
        for (size_t i = 0; i < tree->n_nodes; i++) {
            const ens__node *node = &tree->node[i];

            if (node->feature == ENS__LEAF)
                continue;
            m->count[feature_of(m, t, node)]++;
            if ((node->feature & ENS__BY_SET) != 0)
                at.set += set_words(m->src->feature[feature_of(m, t, node)].n_levels);
        }
        at.node += tree->n_nodes;
        at.base += (tree->n_nodes + ENS__TREES_SPAN - 1) / ENS__TREES_SPAN;
        at.value += has_table(tree) ? tree->n_values : ens__tree_leaves(tree);
    }
    trees->tree[trees->n] = at;
    for (size_t j = 0; j < m->src->p; j++)
        trees->n_used += m->count[j] > 0;
}

/* ---- Thresholds --------------------------------------------------------------------------------------------- */

/* The features in splits, and all thresholds of each side by side. */
static ens_status collect(maker *m, ens_error *err)
{
    ens__trees *trees = m->trees;
    size_t splits = 0, u = 0;

    if ((trees->used = ens__zeros(trees->n_used, sizeof *trees->used)) == NULL ||
        (m->begin = ens__array(trees->n_used, sizeof *m->begin)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < m->src->p; j++) {
        const ens_feature *f = &m->src->feature[j];

        if (m->count[j] == 0)
            continue;
        trees->used[u] = (ens__trees_feature){
            .feature = (uint32_t)j, .n_levels = f->n_levels, .category = f->code != NULL};
        trees->sets |= f->code != NULL;
        m->begin[u] = splits;
        m->place[j] = (uint32_t)u++;
        splits += f->code != NULL ? 0 : m->count[j];
    }
    if ((m->pile = ens__array(splits, sizeof *m->pile)) == NULL)
        return ens__nomem(err);
    for (size_t t = 0; t < trees->n; t++)
        for (size_t i = 0; i < m->src->tree[t]->n_nodes; i++) {
            const ens__node *node = &m->src->tree[t]->node[i];

            if (node->feature != ENS__LEAF && (node->feature & ENS__BY_SET) == 0)
                m->pile[m->begin[m->place[feature_of(m, t, node)]]++] =
                    node->threshold + 0.0; /* -0 is 0 */
        }
    return ENS_OK;
}

/* The distinct thresholds of used feature u; none if they are too many. */
static ens_status sort_cuts(void *ctx, size_t u, unsigned worker, ens_error *err)
{
    const maker *m = ctx;
    ens__trees_feature *f = &m->trees->used[u];
    size_t n = m->count[f->feature], kept = 0;
    double *x = m->pile + m->begin[u] - n;

    (void)worker;
    if (f->category)
        return ENS_OK;
    ens__sort_doubles(x, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || x[i] != x[kept - 1])
            x[kept++] = x[i];
    return kept <= ENS__MOST_CUTS ? ens__cuts_make(&f->cuts, x, kept, err) : ENS_OK;
}

static bool has_room(const ens__trees *trees)
{
    for (size_t u = 0; u < trees->n_used; u++) {
        const ens__trees_feature *f = &trees->used[u];

        if (f->category ? f->n_levels >= MOST_LEVELS : f->cuts.n == 0)
            return false;
    }
    return trees->n_used <= MOST_FEATURES;
}

/* A row's codes are to share as few lines of the cache with others as can be. */
static void lay_columns(ens__trees *trees)
{
    size_t line = 32, columns = trees->n_used + 1;

    trees->wide = 1;
    while (trees->wide < columns)
        trees->wide *= 2;
    trees->stride = columns < line ? trees->wide : (columns + line - 1) / line * line;
}

/* ---- Nodes ----------------------------------------------------------------------------------------------------- */

/* The word of a split by used feature u, a number. */
static uint64_t number_word(const ens__trees *trees, uint32_t u, const ens__node *node)
{
    bool missing_left = (node->feature & ENS__MISSING_LEFT) != 0;
    uint64_t limit = ens__cuts_below(&trees->used[u].cuts, node->threshold);

    return (uint64_t)node->left << 32 | (0xffff - limit) << 16 |
           (u + (missing_left ? trees->wide : 0));
}

/* Write the set of a split as words. */
static void put_set(const ens__tree *tree, const ens__node *node, uint32_t n_levels,
                    uint32_t *word)
{
    uint32_t *set = word + 1;
    size_t words = set_words(n_levels) - 1;

    word[0] = node->left;
    set[words - 1] =
        0; /* a multiple of 32 levels leaves the last word to missing values */
    if (n_levels > 0)
        memcpy(set, tree->set + node->set, (n_levels + 31) / 32 * sizeof *set);
    set[words - 1] &= ((uint32_t)1 << n_levels % 32) - 1;
    if ((node->feature & ENS__MISSING_LEFT) != 0)
        set[n_levels / 32] |= (uint32_t)1 << n_levels % 32;
    for (size_t i = 0; i < words; i++)
        set[i] = ~set[i];
}

/* The splits by sets, in the order of their children, in which the engine made them. */
static ens_status put_sets(const maker *m, size_t t, uint64_t *word, ens_error *err)
{
    const ens__tree *tree = m->src->tree[t];
    uint32_t *set = m->trees->set + m->trees->tree[t].set;
    uint32_t *parent = ens__array(tree->n_nodes / 2, sizeof *parent);
    size_t at = 0;

    if (parent == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < tree->n_nodes; i++)
        if (tree->node[i].feature != ENS__LEAF)
            parent[(tree->node[i].left - 1) / 2] = (uint32_t)i;
    for (size_t pair = 0; pair < tree->n_nodes / 2; pair++) {
        const ens__node *node = &tree->node[parent[pair]];
        uint32_t u, n_levels;

        if ((node->feature & ENS__BY_SET) == 0)
            continue;
        u = m->place[feature_of(m, t, node)];
        n_levels = m->trees->used[u].n_levels;
        put_set(tree, node, n_levels, set + at);
        word[parent[pair]] = (uint64_t)at << 32 | ENS__TREES_SET | u;
        at += set_words(n_levels);
    }
    ens__free(parent);
    return ENS_OK;
}

static void put_values(const maker *m, size_t t)
{
    const ens__tree *tree = m->src->tree[t];
    size_t k = tree->k;
    double *to = m->trees->value + m->trees->tree[t].value * k;

    if (has_table(tree)) {
        memcpy(to, tree->value, tree->n_values * k * sizeof *to);
        return;
    }
    for (size_t i = 0; i < tree->n_nodes; i++)
        if (tree->node[i].feature == ENS__LEAF) {
            if (k == 1)
                *to = tree->node[i].value;
            else
                memcpy(to, tree->value + tree->node[i].left * k, k * sizeof *to);
            to += k;
        }
}

static ens_status put_tree(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const maker *m = ctx;
    const ens__trees *trees = m->trees;
    const ens__tree *tree = m->src->tree[t];
    uint64_t *word = trees->node + trees->tree[t].node;
    size_t *base = trees->base + trees->tree[t].base, leaves = 0;

    (void)worker;
    put_values(m, t);
    for (size_t i = 0; i < tree->n_nodes; i++) {
        const ens__node *node = &tree->node[i];
        size_t span = i / ENS__TREES_SPAN, value;

        if (i % ENS__TREES_SPAN == 0)
            base[span] = trees->tree[t].value + (has_table(tree) ? 0 : leaves);
        if (node->feature == ENS__LEAF) {
            value = trees->tree[t].value + (has_table(tree) ? node->left : leaves);
            word[i] =
                (uint64_t)i << 32 | (uint64_t)(value - base[span]) << 16 | trees->n_used;
            leaves++;
        } else if ((node->feature & ENS__BY_SET) == 0) {
            word[i] = number_word(trees, m->place[feature_of(m, t, node)], node);
        }
    }
    return trees->sets ? put_sets(m, t, word, err) : ENS_OK;
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static void maker_clear(maker *m)
{
    ens__free(m->count);
    ens__free(m->place);
    ens__free(m->pile);
    ens__free(m->begin);
}

void ens__trees_free(ens__trees *trees)
{
    if (trees == NULL)
        return;
    for (size_t u = 0; trees->used != NULL && u < trees->n_used; u++)
        ens__cuts_clear(&trees->used[u].cuts);
    ens__bits_free(trees->bits);
    ens__free(trees->used);
    ens__free(trees->tree);
    ens__free(trees->node);
    ens__free(trees->base);
    ens__free(trees->value);
    ens__free(trees->set);
    ens__free(trees);
}

size_t ens__trees_bytes(const ens__trees *trees)
{
    const ens__trees_tree *end;
    size_t bytes = 0;

    if (trees == NULL)
        return 0;
    for (size_t u = 0; u < trees->n_used; u++)
        bytes += sizeof *trees->used + ens__cuts_bytes(&trees->used[u].cuts);
    end = &trees->tree[trees->n];
    return bytes + ens__bits_bytes(trees->bits) + sizeof *trees +
           (trees->n + 1) * sizeof *trees->tree + end->node * sizeof *trees->node +
           end->base * sizeof *trees->base + end->set * sizeof *trees->set +
           end->value * trees->k * sizeof *trees->value;
}

static size_t block_of(const ens__trees *trees)
{
    size_t rows = BLOCK_BYTES / (sizeof(uint16_t) * trees->stride);

    return rows > ENS_LONG_BLOCK ? ENS_LONG_BLOCK : rows < LEAST_ROWS ? LEAST_ROWS : rows;
}

/* The arrays for the trees, by the sizes that are known. */
static ens_status take_memory(ens__trees *trees, ens_error *err)
{
    const ens__trees_tree *end = &trees->tree[trees->n];

    if ((trees->node = ens__aligned(end->node, sizeof *trees->node)) == NULL ||
        (trees->base = ens__array(end->base, sizeof *trees->base)) == NULL ||
        (trees->value = ens__array(end->value, trees->k * sizeof *trees->value)) ==
            NULL ||
        (trees->set = ens__zeros(end->set + 1, sizeof *trees->set)) == NULL)
        return ens__nomem(err);
    return ENS_OK;
}

/* The form of m->trees, which is there; *fits tells whether there was room. */
static ens_status fill(maker *m, bool *fits, const ens_exec *exec, ens_error *err)
{
    ens__trees *trees = m->trees;
    ens_status st;

    *fits = false;
    measure(m);
    if ((st = collect(m, err)) != ENS_OK ||
        (st = ens__par_for(trees->n_used, exec, NULL, sort_cuts, m, NULL, err)) != ENS_OK)
        return st;
    if (!has_room(trees))
        return ENS_OK;
    lay_columns(trees);
    if ((st = take_memory(trees, err)) != ENS_OK)
        return st;
    trees->block = block_of(trees);
    *fits = true;
    if ((st = ens__par_for(trees->n, exec, NULL, put_tree, m, NULL, err)) != ENS_OK)
        return st;
    return ens__bits_make(&trees->bits, trees, err);
}

ens_status ens__trees_make(ens__trees **out, const ens__trees_source *source,
                           const ens_exec *exec, ens_error *err)
{
    maker m = {.src = source};
    bool fits = false;
    ens_status st;

    *out = NULL;
    if ((m.trees = ens__zeros(1, sizeof *m.trees)) == NULL)
        return ens__nomem(err);
    m.trees->n = source->n;
    m.trees->k = source->tree[0]->k;
    m.trees->map = source->map;
    m.trees->p_tree = source->p_tree;
    if ((m.trees->tree = ens__array(source->n + 1, sizeof *m.trees->tree)) == NULL ||
        (m.count = ens__zeros(source->p, sizeof *m.count)) == NULL ||
        (m.place = ens__array(source->p, sizeof *m.place)) == NULL)
        st = ens__nomem(err);
    else
        st = fill(&m, &fits, exec, err);
    if (st == ENS_OK && fits)
        *out = m.trees;
    else
        ens__trees_free(m.trees);
    maker_clear(&m);
    return st;
}
