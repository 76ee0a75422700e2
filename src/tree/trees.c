/* trees.c - making the runtime form of an ensemble's trees.
 *
 * Three steps: the distinct thresholds of each feature are sorted, features in parallel; equal leaves of all trees
 * become one; then each tree is written depth first, trees in parallel. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <num/stats.h>
#include <string.h>
#include <tree/trees.h>
#include <tree/values.h>

#define MOST_FEATURES 32767
#define MOST_CUTS     65534
#define MOST_LEVELS   65535 /* missing among them */

/* Codes of a block are to stay in the second level of the cache. */
#define BLOCK_BYTES ((size_t)256 << 10)

typedef struct maker {
    const ens__trees_source *src;
    ens__trees *trees;
    size_t *count;   /* [p] splits by each feature */
    uint32_t *place; /* [p] its number among those used */
    double *pile;    /* [splits] thresholds, by feature */
    size_t *begin;   /* [n_used] where those of a feature begin in pile, later end */
    uint32_t **
        leaf; /* [n] by leaf value of the tree, or k = 1 by node: row of the shared values */
    ens__values values; /* until the form has them */
} maker;

static uint32_t feature_of(const maker *m, size_t t, const ens__node *node)
{
    uint32_t j = node->feature & ENS__FEATURE;

    return m->src->map != NULL ? m->src->map[t * m->src->p_tree + j] : j;
}

static size_t set_words(uint32_t n_levels)
{
    return n_levels / 32 + 1; /* a bit each, and one for missing */
}

/* ---- Thresholds --------------------------------------------------------------------------------------------- */

/* Count the splits of each feature and the words of each tree; false if there is no room for one. */
static bool measure(maker *m)
{
    ens__trees *trees = m->trees;

    for (size_t t = 0; t < trees->n; t++) {
        const ens__tree *tree = m->src->tree[t];
        size_t words = 0;

        for (size_t i = 0; i < tree->n_nodes; i++) {
            const ens__node *node = &tree->node[i];

            words += node->feature == ENS__LEAF ? 1 : 2;
            if (node->feature == ENS__LEAF)
                continue;
            m->count[feature_of(m, t, node)]++;
            if ((node->feature & ENS__BY_SET) != 0)
                words += set_words(m->src->feature[feature_of(m, t, node)].n_levels);
        }
        if (words > ENS__TREES_FAR)
            return false;
        trees->root[t] = trees->n_words;
        trees->n_words += words;
    }
    trees->root[trees->n] = trees->n_words;
    for (size_t j = 0; j < m->src->p; j++)
        trees->n_used += m->count[j] > 0;
    return trees->n_used <= MOST_FEATURES;
}

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

/* The distinct thresholds of used feature u. */
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
    if ((f->cut = ens__array(kept, sizeof *f->cut)) == NULL)
        return ens__nomem(err);
    memcpy(f->cut, x, kept * sizeof *x);
    f->n_cuts = kept;
    return ENS_OK;
}

static bool has_room(const ens__trees *trees)
{
    for (size_t u = 0; u < trees->n_used; u++)
        if (trees->used[u].n_cuts > MOST_CUTS || trees->used[u].n_levels >= MOST_LEVELS)
            return false;
    return true;
}

/* ---- Leaf values ---------------------------------------------------------------------------------------------- */

static ens_status share_leaves(maker *m, size_t t, ens_error *err)
{
    const ens__tree *tree = m->src->tree[t];
    size_t k = tree->k;
    ens_status st = ENS_OK;

    m->leaf[t] = ens__array(k > 1 ? tree->n_values : tree->n_nodes, sizeof **m->leaf);
    if (m->leaf[t] == NULL)
        return ens__nomem(err);
    if (k > 1)
        for (size_t v = 0; v < tree->n_values && st == ENS_OK; v++)
            st = ens__values_add(&m->leaf[t][v], &m->values, tree->value + v * k, err);
    else
        for (size_t i = 0; i < tree->n_nodes && st == ENS_OK; i++)
            if (tree->node[i].feature == ENS__LEAF)
                st = ens__values_add(&m->leaf[t][i], &m->values, &tree->node[i].value,
                                     err);
    return st;
}

/* ---- Nodes ----------------------------------------------------------------------------------------------------- */

/* Of cut[n] ascending, how many are below x: for a threshold, its place. */
static size_t place_of(const double *cut, size_t n, double x)
{
    const double *base = cut;

    for (size_t half; n > 1; n -= half) {
        half = n / 2;
        base += half & -(size_t)(base[half - 1] < x);
    }
    return (size_t)(base - cut) + (n == 1 && *base < x);
}

/* Write the set of a split behind word; the child of its levels follows unless swapped. Returns its words. */
static size_t put_set(const ens__tree *tree, const ens__node *node, uint32_t n_levels,
                      bool swap, uint32_t *word)
{
    size_t words = set_words(n_levels);
    uint32_t *set = word + 2;

    set[words - 1] = 0; /* missing may be the only one in it */
    if (n_levels > 0)
        memcpy(set, tree->set + node->set, (n_levels + 31) / 32 * sizeof *set);
    if ((node->feature & ENS__MISSING_LEFT) != 0)
        set[n_levels / 32] |= (uint32_t)1 << n_levels % 32;
    for (size_t i = 0; swap && i < words; i++)
        set[i] = ~set[i];
    return words;
}

/* Write a split at word, with its right child behind it if swap; returns its words. Where the other child is
 * is not known yet. */
static size_t put_split(const maker *m, size_t t, const ens__node *node, bool swap,
                        uint32_t *word)
{
    uint32_t u = m->place[feature_of(m, t, node)], limit;
    const ens__trees_feature *f = &m->trees->used[u];
    size_t extra = 0;

    if (f->category) {
        limit =
            (uint32_t)(extra = put_set(m->src->tree[t], node, f->n_levels, swap, word));
        word[1] = ENS__TREES_SET;
    } else {
        bool missing = (node->feature & ENS__MISSING_LEFT) != 0;

        limit = (uint32_t)place_of(f->cut, f->n_cuts, node->threshold) + missing;
        word[1] = (missing ? ENS__TREES_MISSING : 0) | (swap ? ENS__TREES_RIGHT : 0);
    }
    word[0] = u << 16 | limit;
    return 2 + extra;
}

/* size[i]: leaves below node i. Children lie behind their parents. */
static void measure_subtrees(const ens__tree *tree, uint32_t *size)
{
    for (size_t i = tree->n_nodes; i-- > 0;) {
        const ens__node *node = &tree->node[i];

        size[i] =
            node->feature == ENS__LEAF ? 1 : size[node->left] + size[node->left + 1];
    }
}

/* A child that is still to be written. */
typedef struct pending {
    uint32_t node;
    uint32_t parent; /* where its parent is, in words from the root */
} pending;

static ens_status put_tree(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const maker *m = ctx;
    const ens__tree *tree = m->src->tree[t];
    uint32_t *word = m->trees->word + m->trees->root[t], node = 0;
    pending *todo = ens__array(tree->depth + 1, sizeof *todo);
    uint32_t *size = ens__array(tree->n_nodes, sizeof *size);
    size_t n = 0, at = 0;
    ens_status st = ENS_OK;

    (void)worker;
    if (todo == NULL || size == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    measure_subtrees(tree, size);
    for (;;) {
        const ens__node *from = &tree->node[node];

        if (from->feature != ENS__LEAF) {
            bool swap = size[from->left] > size[from->left + 1];
            size_t words = put_split(m, t, from, swap, word + at);

            todo[n++] = (pending){from->left + !swap, (uint32_t)at};
            node = from->left + swap;
            at += words;
            continue;
        }
        word[at++] = ENS__TREES_LEAF | m->leaf[t][tree->k > 1 ? from->left : node];
        if (n == 0)
            break;
        node = todo[--n].node;
        word[todo[n].parent + 1] |= (uint32_t)(at - todo[n].parent);
    }
done:
    ens__free(todo);
    ens__free(size);
    return st;
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static void maker_clear(maker *m)
{
    for (size_t t = 0; m->leaf != NULL && t < m->src->n; t++)
        ens__free(m->leaf[t]);
    ens__free(m->leaf);
    ens__free(m->count);
    ens__free(m->place);
    ens__free(m->pile);
    ens__free(m->begin);
    ens__values_clear(&m->values);
}

void ens__trees_free(ens__trees *trees)
{
    if (trees == NULL)
        return;
    for (size_t u = 0; trees->used != NULL && u < trees->n_used; u++)
        ens__free(trees->used[u].cut);
    ens__free(trees->used);
    ens__free(trees->word);
    ens__free(trees->root);
    ens__free(trees->value);
    ens__free(trees);
}

size_t ens__trees_bytes(const ens__trees *trees)
{
    size_t bytes = 0;

    if (trees == NULL)
        return 0;
    for (size_t u = 0; u < trees->n_used; u++)
        bytes += sizeof *trees->used + trees->used[u].n_cuts * sizeof(double);
    return bytes + sizeof *trees + (trees->n_words + 2) * sizeof *trees->word +
           (trees->n + 1) * sizeof *trees->root +
           trees->n_values * trees->k * sizeof *trees->value;
}

static size_t block_of(const ens__trees *trees)
{
    size_t rows = BLOCK_BYTES / (2 * (trees->n_used + 1));

    return rows > ENS_LONG_BLOCK ? ENS_LONG_BLOCK : rows < 16 ? 16 : rows;
}

/* The form of m->trees, which is there; *fits tells whether there was room. */
static ens_status fill(maker *m, bool *fits, const ens_exec *exec, ens_error *err)
{
    ens__trees *trees = m->trees;
    ens_status st;

    *fits = false;
    if (!measure(m))
        return ENS_OK;
    if ((st = collect(m, err)) != ENS_OK ||
        (st = ens__par_for(trees->n_used, exec, NULL, sort_cuts, m, NULL, err)) != ENS_OK)
        return st;
    if (!has_room(trees))
        return ENS_OK;
    for (size_t t = 0; t < trees->n; t++)
        if ((st = share_leaves(m, t, err)) != ENS_OK)
            return st;
    trees->value = m->values.value;
    trees->n_values = m->values.n;
    m->values.value = NULL; /* it is the form's now */
    if (trees->n_values > ~ENS__TREES_LEAF)
        return ENS_OK;
    if ((trees->word = ens__array(trees->n_words + 2, sizeof *trees->word)) == NULL)
        return ens__nomem(err);
    trees->word[trees->n_words] = trees->word[trees->n_words + 1] = 0;
    trees->block = block_of(trees);
    *fits = true;
    return ens__par_for(trees->n, exec, NULL, put_tree, m, NULL, err);
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
    m.trees->k = m.values.k = source->tree[0]->k;
    if ((m.trees->root = ens__array(source->n + 1, sizeof *m.trees->root)) == NULL ||
        (m.count = ens__zeros(source->p, sizeof *m.count)) == NULL ||
        (m.place = ens__array(source->p, sizeof *m.place)) == NULL ||
        (m.leaf = ens__zeros(source->n, sizeof *m.leaf)) == NULL)
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
