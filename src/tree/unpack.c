/* unpack.c - trees that have their nodes in the runtime form alone.
 *
 * The form has each node at its place, so that what it was can be told from its word; a threshold is the cut that its
 * limit numbers.  Sets lie in the order of their splits' children, in which the engine made them: a tree of the
 * engine's comes back as it was. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/trees.h>

/* ---- One node ------------------------------------------------------------------------------------------------ */

static uint64_t word_of(const ens__trees *trees, size_t t, uint32_t i)
{
    return trees->node[trees->tree[t].node + i];
}

/* The feature of a split's word. */
static const ens__trees_feature *feature_of(const ens__trees *trees, uint64_t word)
{
    return &trees->used[word & (trees->wide - 1)];
}

/* Does a word belong to a leaf? */
static bool is_leaf(const ens__trees *trees, uint64_t word)
{
    return (word & 0xffff) == trees->n_used;
}

/* The number by which tree t knows a feature; the first, if it drew it twice. */
static uint32_t number_of(const ens__trees *trees, size_t t, uint32_t feature)
{
    const uint32_t *map = trees->map + t * trees->p_tree;
    size_t low = 0, high = trees->p_tree;

    if (trees->map == NULL)
        return feature;
    while (low < high) { /* numbers ascend */
        size_t middle = low + (high - low) / 2;

        if (map[middle] < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static double threshold_of(const ens__trees *trees, uint64_t word)
{
    return feature_of(trees, word)->cuts.cut[0xffff - (word >> 16 & 0xffff)];
}

static ens__node leaf_of(const ens__trees *trees, size_t t, uint32_t i)
{
    const double *value = ens__trees_value(trees, t, i);
    const double *first = trees->value + trees->tree[t].value * trees->k;
    ens__node node = {.feature = ENS__LEAF};

    if (trees->k == 1)
        node.value = *value;
    else
        node.left = (uint32_t)((size_t)(value - first) / trees->k);
    return node;
}

ens__node ens__trees_node(const ens__trees *trees, size_t t, uint32_t i)
{
    uint64_t word = word_of(trees, t, i);
    ens__node node = {.left = (uint32_t)(word >> 32)};
    const ens__trees_feature *f;
    bool missing_left = (word & trees->wide) != 0;

    if (is_leaf(trees, word))
        return leaf_of(trees, t, i);
    f = feature_of(trees, word);
    node.feature = number_of(trees, t, f->feature);
    if ((word & ENS__TREES_SET) != 0) {
        const uint32_t *set = trees->set + trees->tree[t].set + node.left;

        missing_left = (set[1 + f->n_levels / 32] >> f->n_levels % 32 & 1) == 0;
        node.feature |= ENS__BY_SET;
        node.set = trees->tree[t].set + node.left + 1;
        node.left = *set;
    } else {
        node.threshold = threshold_of(trees, word);
    }
    node.feature |= missing_left ? ENS__MISSING_LEFT : 0;
    return node;
}

uint32_t ens__trees_child(const ens__trees *trees, size_t t, uint32_t i,
                          const ens_feature *feature, uint32_t row)
{
    uint64_t word = word_of(trees, t, i);
    const ens__trees_feature *f;
    const ens_feature *from;
    uint32_t left = (uint32_t)(word >> 32);
    double x;

    if (is_leaf(trees, word))
        return i;
    f = feature_of(trees, word);
    from = &feature[number_of(trees, t, f->feature)];
    if ((word & ENS__TREES_SET) != 0) {
        const uint32_t *set = trees->set + trees->tree[t].set + left;
        uint32_t level = (uint32_t)from->code[row]; /* -1, missing, is the largest */

        level = level < f->n_levels ? level : f->n_levels;
        return *set + (set[1 + level / 32] >> level % 32 & 1);
    }
    x = from->x[row];
    if (isnan(x))
        return left + ((word & trees->wide) == 0);
    return left + !(x <= threshold_of(trees, word));
}

/* ---- A tree -------------------------------------------------------------------------------------------------- */

static size_t set_words(const ens__trees *trees, uint64_t word)
{
    return (feature_of(trees, word)->n_levels + 31) / 32;
}

void ens__trees_pack(const ens__trees *trees, size_t t, ens__tree *tree)
{
    tree->packed = trees;
    tree->place = t;
    tree->n_values = trees->k > 1 ? trees->tree[t + 1].value - trees->tree[t].value : 0;
    tree->n_words = 0;
    for (uint32_t i = 0; i < tree->n_nodes && trees->sets; i++)
        if ((word_of(trees, t, i) & ENS__TREES_SET) != 0)
            tree->n_words += set_words(trees, word_of(trees, t, i));
    ens__free(tree->node);
    ens__free(tree->value);
    ens__free(tree->set);
    tree->node = NULL;
    tree->value = NULL;
    tree->set = NULL;
}

/* The bits of a split's set at `to`, which are of levels that go left; the bits behind them tell, as the engine has
 * it, where missing values go. */
static void copy_set(const ens__trees *trees, const ens__node *node, uint32_t n_levels,
                     uint32_t *to)
{
    uint32_t levels = ((uint32_t)1 << n_levels % 32) - 1;
    bool missing_left = (node->feature & ENS__MISSING_LEFT) != 0;

    for (size_t w = 0; w < (n_levels + 31) / 32; w++)
        to[w] = ~trees->set[node->set + w];
    if (n_levels % 32 > 0)
        to[n_levels / 32] = (to[n_levels / 32] & levels) | (missing_left ? ~levels : 0);
}

/* Splits by sets, whose `set` is a place in the form's, get sets of their own. */
static ens_status copy_sets(ens__tree *to, const ens__tree *tree, ens_error *err)
{
    const ens__trees *trees = tree->packed;
    uint32_t *parent = ens__array(to->n_nodes / 2, sizeof *parent);
    size_t at = 0;

    if (parent == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < to->n_nodes; i++)
        if (to->node[i].feature != ENS__LEAF)
            parent[(to->node[i].left - 1) / 2] = (uint32_t)i;
    for (size_t pair = 0; pair < to->n_nodes / 2; pair++) {
        ens__node *node = &to->node[parent[pair]];
        uint64_t word = word_of(trees, tree->place, parent[pair]);

        if ((node->feature & ENS__BY_SET) == 0)
            continue;
        copy_set(trees, node, feature_of(trees, word)->n_levels, to->set + at);
        node->set = at;
        at += set_words(trees, word);
    }
    ens__free(parent);
    return ENS_OK;
}

ens_status ens__tree_unpack(ens__tree **out, const ens__tree *tree, ens_error *err)
{
    const ens__trees *trees = tree->packed;
    size_t used = tree->n_used, cells = tree->n_values * tree->k;
    ens_status st = ENS_OK;
    ens__tree *t;

    *out = NULL;
    if (trees == NULL)
        return ENS_OK;
    if ((t = ens__zeros(1, sizeof *t)) == NULL)
        return ens__nomem(err);
    *t = *tree;
    t->packed = NULL;
    t->node = ens__array(t->n_nodes, sizeof *t->node);
    t->value = ens__array(cells, sizeof *t->value);
    t->set = ens__array(t->n_words, sizeof *t->set);
    t->used = ens__array(used, sizeof *t->used);
    t->share = ens__array(used, sizeof *t->share);
    if (t->node == NULL || t->value == NULL || t->set == NULL || t->used == NULL ||
        t->share == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (uint32_t i = 0; i < t->n_nodes; i++)
        t->node[i] = ens__trees_node(trees, tree->place, i);
    memcpy(t->value, trees->value + trees->tree[tree->place].value * t->k,
           cells * sizeof *t->value);
    memcpy(t->used, tree->used, used * sizeof *t->used);
    memcpy(t->share, tree->share, used * sizeof *t->share);
    if (trees->sets)
        st = copy_sets(t, tree, err);
    if (st == ENS_OK) {
        *out = t;
        t = NULL;
    }
done:
    ens__tree_free(t);
    return st;
}

ens__node ens__tree_node(const ens__tree *tree, uint32_t node)
{
    return tree->packed != NULL ? ens__trees_node(tree->packed, tree->place, node)
                                : tree->node[node];
}

bool ens__tree_is_leaf(const ens__tree *tree, uint32_t node)
{
    return tree->packed != NULL
               ? is_leaf(tree->packed, word_of(tree->packed, tree->place, node))
               : tree->node[node].feature == ENS__LEAF;
}
