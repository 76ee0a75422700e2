/* tree.h - decision trees: how to grow one, what it is, how to walk it.
 *
 * Growing works on binned codes and integer statistics, so a tree is the same bytes whatever the threads or the
 * CPU; what is kept are raw thresholds, so walking needs no bins. */
#ifndef ENS_TREE_TREE_H
#define ENS_TREE_TREE_H

#include <ensemble/ext.h>
#include <stdbool.h>

/* ---- The fitted form ------------------------------------------------------------------------------- */

#define ENS__LEAF UINT32_MAX
#define ENS__MISSING_LEFT 0x80000000u /* flags in ens__node.feature */
#define ENS__BY_SET 0x40000000u
#define ENS__FEATURE 0x3fffffffu /* mask of the feature's number */

/* 16 bytes. A row goes left if its value is <= threshold, or its level is in the set. */
typedef struct ens__node {
    uint32_t feature; /* number and flags, or ENS__LEAF */
    uint32_t left;    /* left child, right is left + 1; of a leaf with k > 1: row of values */
    union {
        double threshold; /* number */
        double value;     /* leaf with k = 1 */
        uint64_t set;     /* category: first word of its bits in sets */
    };
} ens__node;

typedef struct ens__tree {
    ens__node *node; /* [n_nodes] parents before children; 0 is the root */
    size_t n_nodes;
    double *value; /* [n_values][k] distinct class probabilities; NULL if k is 1 */
    size_t n_values, k;
    uint32_t *set; /* [n_words] bit l of a set: level l goes left */
    size_t n_words;
    uint32_t *used; /* [n_used] features in splits, ascending */
    double *share;  /* [n_used] of the decrease of the criterion that they brought; sums to 1 */
    size_t n_used;
    size_t depth; /* of the deepest leaf; 0 for a single one */
    /* Of a packed tree, whose node, value and set are NULL: where they are, as its number `place`; see trees.h. */
    const struct ens__trees *packed;
    size_t place;
} ens__tree;

void ens__tree_free(ens__tree *tree);
size_t ens__tree_leaves(const ens__tree *tree);
/* A new copy of a packed tree that is not packed; *out is NULL for a tree that is not. */
ens_status ens__tree_unpack(ens__tree **out, const ens__tree *tree, ens_error *err);
/* Fill in depth. */
ens_status ens__tree_measure(ens__tree *tree, ens_error *err);

/* A node; of a packed tree's splits by sets, the set is elsewhere. */
ens__node ens__tree_node(const ens__tree *tree, uint32_t node);
bool ens__tree_is_leaf(const ens__tree *tree, uint32_t node);

/* Walking takes packed trees as well, slower: ens__trees_find() is for them.
 * leaf[i]: the node that row i of them ends in. */
void ens__tree_find(const ens__tree *tree, const ens_rows *rows, uint32_t *leaf);
/* The child of a node, which is no leaf, that a table row goes to. */
uint32_t ens__tree_child(const ens__tree *tree, uint32_t node, const ens_feature *feature, uint32_t row);

/* out[i * k + c] for the rows: class probabilities or the response. */
void ens__tree_predict(const ens__tree *tree, const ens_rows *rows, double *out);

/* ---- Growing ----------------------------------------------------------------------------------------- */

typedef enum ens__criterion {
    ENS__GINI,
    ENS__ENTROPY,
    ENS__SQUARED_ERROR,
    ENS__ABSOLUTE_ERROR
} ens__criterion;

/* All amounts resolved. Rows count as often as they were drawn. */
typedef struct ens__tree_options {
    ens__criterion criterion;
    size_t max_depth;           /* SIZE_MAX: no limit */
    size_t min_split;           /* rows a node needs to be split */
    size_t min_leaf;            /* rows a leaf keeps at least */
    double min_weight_fraction; /* of the total weight that a leaf keeps at least */
    double min_decrease;        /* of the criterion, weighted by the node's share of all weight */
    size_t max_features;        /* candidates a split, 1 .. p */
    size_t max_leaves;          /* SIZE_MAX: no limit, depth first; else best first */
    double ccp_alpha;           /* 0: no pruning */
    size_t min_category;        /* rows of a level below which it is treated as missing */
    unsigned max_bins;
    const double *class_weight; /* [k] or NULL */
    bool keep_drawing;          /* until a feature splits the node, not only max_features */
    bool random_cuts;           /* one boundary of each candidate is drawn, instead of the best */
    const int8_t *monotonic;    /* [p] 1: the response, or the share of class 1, must not fall as the feature grows;
                                 * -1: not rise; 0: free. NULL: all free. Not for absolute error or categories */
} ens__tree_options;

ens_status ens__tree_grow(ens__tree **out, const ens__tree_options *options, const ens_fit_args *a,
                          ens_error *err);

/* A tree of random splits of all of a's rows, of depth ceil(log2 n) at most; a leaf's value is the length of the path
 * to it.  Takes no counts. */
ens_status ens__tree_isolate(ens__tree **out, const ens_fit_args *a, ens_error *err);
/* The length of the path to a row among n that were not told apart. */
double ens__isolation_path(double n);

#endif
