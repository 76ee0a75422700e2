/* trees.c - making the runtime form of an ensemble's trees.
 *
 * Three steps: what there is is counted; the distinct thresholds of each feature are found by hashing, and sorted;
 * then each tree is written, and may go as soon as it is: two forms of all would be the peak of a fit's memory. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <num/distinct.h>
#include <stdatomic.h>
#include <string.h>
#include <tree/trees_bits.h>

#define MOST_FEATURES 16383
#define MOST_LEVELS   65535 /* missing among them */

/* Codes of a block; half of the second level of the cache. */
#define BLOCK_BYTES ((size_t)1 << 20)
#define LEAST_ROWS  64

/* Nodes given up after which the system gets their memory back: 128 MB. */
#define TRIM_NODES ((size_t)8 << 20)

typedef struct maker {
    const ens__trees_source *src;
    ens__trees *trees;
    size_t *count;   /* [p] splits by each feature */
    uint32_t *place; /* [p] its number among those used */
    ens__distinct *set; /* [n_sets][n_used] thresholds that a worker has met */
    unsigned n_sets;
    atomic_size_t written; /* nodes */
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

/* The features in splits. */
static ens_status collect(maker *m, const ens_exec *exec, ens_error *err)
{
    ens__trees *trees = m->trees;
    size_t u = 0;

    m->n_sets = ens__par_workers(trees->n, exec);
    if ((trees->used = ens__zeros(trees->n_used, sizeof *trees->used)) == NULL ||
        (m->set = ens__zeros(m->n_sets * trees->n_used, sizeof *m->set)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < m->src->p; j++) {
        const ens_feature *f = &m->src->feature[j];

        if (m->count[j] == 0)
            continue;
        trees->used[u] = (ens__trees_feature){
            .feature = (uint32_t)j, .n_levels = f->n_levels, .category = f->code != NULL};
        trees->sets |= f->code != NULL;
        m->place[j] = (uint32_t)u++;
    }
    return ENS_OK;
}

/* The thresholds of a tree; of a feature that has too many by now, no more. */
static ens_status meet_thresholds(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const maker *m = ctx;
    const ens__tree *tree = m->src->tree[t];
    ens__distinct *set = m->set + worker * m->trees->n_used;
    ens_status st = ENS_OK;

    for (size_t i = 0; i < tree->n_nodes && st == ENS_OK; i++) {
        const ens__node *node = &tree->node[i];
        ens__distinct *of;

        if (node->feature == ENS__LEAF || (node->feature & ENS__BY_SET) != 0)
            continue;
        of = &set[m->place[feature_of(m, t, node)]];
        if (of->n <= ENS__MOST_CUTS)
            st = ens__distinct_add(of, node->threshold, err);
    }
    return st;
}

/* The distinct thresholds of used feature u; none if they are too many. */
static ens_status sort_cuts(void *ctx, size_t u, unsigned worker, ens_error *err)
{
    const maker *m = ctx;
    ens__trees_feature *f = &m->trees->used[u];
    ens__distinct *all = &m->set[u];
    ens_status st = ENS_OK;
    double *x;

    (void)worker;
    if (f->category)
        return ENS_OK;
    for (unsigned i = 1; i < m->n_sets; i++) {
        ens__distinct *more = &m->set[i * m->trees->n_used + u];

        for (size_t s = 0; more->slot != NULL && s <= more->mask && st == ENS_OK; s++)
            if (!isnan(more->slot[s]) && all->n <= ENS__MOST_CUTS)
                st = ens__distinct_add(all, more->slot[s], err);
        ens__distinct_clear(more);
    }
    if (st != ENS_OK || all->n > ENS__MOST_CUTS)
        return st;
    if ((x = ens__array(all->n, sizeof *x)) == NULL)
        return ens__nomem(err);
    ens__distinct_list(all, x);
    st = ens__cuts_make(&f->cuts, x, all->n, err);
    ens__distinct_clear(all);
    ens__free(x);
    return st;
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

/* The tree gives up its nodes, if it may, and now and then the system gets back what was given up. */
static void release(maker *m, size_t t)
{
    size_t n = m->src->tree[t]->n_nodes, before;

    if (m->src->own == NULL || m->src->own[t] == NULL)
        return;
    ens__trees_pack(m->trees, t, m->src->own[t]);
    before = atomic_fetch_add(&m->written, n);
    if (before / TRIM_NODES != (before + n) / TRIM_NODES)
        ens__mem_trim();
}

static ens_status put_tree(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    maker *m = ctx;
    ens_status st = ENS_OK;
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
    if (trees->sets)
        st = put_sets(m, t, word, err);
    if (st == ENS_OK)
        release(m, t);
    return st;
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static void maker_clear(maker *m)
{
    ens__free(m->count);
    ens__free(m->place);
    for (size_t i = 0; m->set != NULL && i < m->n_sets * m->trees->n_used; i++)
        ens__distinct_clear(&m->set[i]);
    ens__free(m->set);
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
    if ((st = collect(m, exec, err)) != ENS_OK ||
        (st = ens__par_for(trees->n, exec, NULL, meet_thresholds, m, NULL, err)) !=
            ENS_OK ||
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
    maker_clear(&m);
    if (st == ENS_OK && fits)
        *out = m.trees;
    else
        ens__trees_free(m.trees);
    return st;
}
