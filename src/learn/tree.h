/* tree.h - the parameters of a tree, which `tree` and `forest` share. */
#ifndef ENS_LEARN_TREE_H
#define ENS_LEARN_TREE_H

#include <ensemble/ext.h>

typedef struct ens__tree_params {
    int criterion; /* ENS__CRITERION_AUTO, or one more than an ens__criterion */
    int64_t max_depth;
    ens_amount min_samples_split, min_samples_leaf;
    double min_weight_fraction_leaf, min_impurity_decrease;
    ens_amount max_features;
    int64_t max_leaf_nodes;
    double ccp_alpha;
    ens_list class_weight;
    int64_t max_bins;
    int64_t min_samples_level;
    int splitter;
    int keep_drawing;
    ens_list monotonic_cst;
    const char *owner; /* no parameter: whose parameters messages should call these; NULL: the learner's */
} ens__tree_params;

enum { ENS__CRITERION_AUTO };
enum { ENS__FEATURES_ALL, ENS__FEATURES_SQRT, ENS__FEATURES_LOG2, ENS__FEATURES_AUTO };
enum { ENS__SPLITTER_BEST, ENS__SPLITTER_RANDOM };
enum { ENS__WEIGHT_NONE, ENS__WEIGHT_BALANCED, ENS__WEIGHT_BALANCED_SUBSAMPLE };

#define ENS__TREE_ROW(name, kind, type, ...)                                                       \
    {                                                                                              \
        #name, "", kind, offsetof(type, tree.name), __VA_ARGS__                                    \
    }
#define ENS__TREE_ALIASED(name, aliases, kind, type, ...)                                          \
    {                                                                                              \
        #name, aliases, kind, offsetof(type, tree.name), __VA_ARGS__                               \
    }

/* Rows for a parameter struct that has an `ens__tree_params tree`. features, cuts and
 * draws are the defaults of max_features, splitter and keep_drawing. */
#define ENS__TREE_ROWS(type, features, cuts, draws)                                                             \
    ENS__TREE_ROW(criterion, ENS_PARAM_WORD, type, "auto", 0, 0,                                   \
                  "auto,gini,entropy,squared_error,absolute_error",                                \
                  "what splits decrease; auto: gini for classes, squared_error for numbers"),      \
        ENS__TREE_ROW(max_depth, ENS_PARAM_INT, type, "none", 1, 1e6, "none",                      \
                      "splits on the way to a leaf, at most"),                                     \
        ENS__TREE_ROW(min_samples_split, ENS_PARAM_AMOUNT, type, "2", 2, 1e9, "",                  \
                      "rows a node needs to be split: a count, or a fraction of all"),             \
        ENS__TREE_ALIASED(min_samples_leaf,                                                        \
                          "min_child_samples,min_data_in_leaf,min_data,min_node_size,nodesize",    \
                          ENS_PARAM_AMOUNT, type, "1", 1, 1e9, "",                                 \
                          "rows a leaf keeps at least: a count, or a fraction of all"),            \
        ENS__TREE_ROW(min_weight_fraction_leaf, ENS_PARAM_REAL, type, "0", 0, 0.5, "",             \
                      "part of all weight that a leaf keeps at least"),                            \
        ENS__TREE_ALIASED(min_impurity_decrease, "min_split_gain,min_gain_to_split,gamma",         \
                          ENS_PARAM_REAL, type, "0", 0, 1e300, "",                                 \
                          "decrease of the criterion, times the node's share of all weight, that " \
                          "a split needs"),                                                        \
        ENS__TREE_ALIASED(max_features, "mtry,feature_fraction_bynode,colsample_bynode",           \
                          ENS_PARAM_AMOUNT, type, features, 1, 1e9, "all,sqrt,log2,auto",          \
                          "features drawn as candidates for each split: a count, a fraction, or "  \
                          "a word; auto: sqrt for classes, all for numbers"),                      \
        ENS__TREE_ALIASED(max_leaf_nodes, "num_leaves,max_leaves", ENS_PARAM_INT, type, "none", 2, \
                          1e9, "none", "leaves at most; growth is then best first"),               \
        ENS__TREE_ROW(ccp_alpha, ENS_PARAM_REAL, type, "0", 0, 1e300, "",                          \
                      "cost of a leaf in cost-complexity pruning; 0: no pruning"),                 \
        ENS__TREE_ROW(class_weight, ENS_PARAM_LIST, type, "none", 0, 1e12,                         \
                      "none,balanced,balanced_subsample",                                          \
                      "weights of the classes in their order; balanced: as if all had the same "   \
                      "number of rows; balanced_subsample: in each tree's own rows"),              \
        ENS__TREE_ALIASED(max_bins, "max_bin", ENS_PARAM_INT, type, "auto", 2, 65535, "auto",      \
                          "bins of a number's values; columns of fewer distinct values lose "      \
                          "nothing; auto: 65535 under squared error without weights or random "    \
                          "cuts, else 255"),                                                              \
        ENS__TREE_ROW(min_samples_level, ENS_PARAM_INT, type, "5", 1, 1e9, "",                     \
                      "rows of a node that a level needs; others go where missing values go"),              \
        ENS__TREE_ROW(splitter, ENS_PARAM_WORD, type, cuts, 0, 0, "best,random",               \
                      "boundary that a candidate is tried at: the best, or one drawn at random"),  \
        ENS__TREE_ROW(keep_drawing, ENS_PARAM_BOOL, type, draws, 0, 0, "",                       \
                      "where none of max_features splits a node: draw on until one does, as "      \
                      "scikit-learn; else it is a leaf, as in ranger"),                            \
        ENS__TREE_ALIASED(monotonic_cst, "monotone_constraints,monotonic_constraints",             \
                          ENS_PARAM_LIST, type, "none", -1, 1, "none",                             \
                          "of each feature: 1 if the prediction must not fall as it grows, -1 if " \
                          "it must not rise, 0 if either")

/* Limits that involve several parameters. */
ens_status ens__tree_check(const ens__tree_params *params, const char *owner, ens_error *err);

/* Weights of the classes by the parameter class_weight and the rows of a: a new array [a->k], or NULL for all 1.
 * ENS_ERANGE if it does not suit the target. */
ens_status ens__tree_class_weights(double **out, const ens_list *list, const ens_fit_args *a,
                                   ens_error *err);

/* tree_file.c: fitted trees as tensors. */
ens_status ens__tree_write(const void *tree, ens_writer *w, ens_error *err);
ens_status ens__tree_read(void **out, const ens_read_args *a, ens_error *err);
ens_status ens__tree_write_many(const void *const *trees, size_t n, ens_writer *w, ens_error *err);
ens_status ens__tree_read_many(void **out, size_t n, const ens_read_args *a, ens_error *err);

/* tree.c: what any tree tells of itself, and what it takes. */
ens_status ens__tree_describe(const void *tree, ens_status (*add)(void *ctx, const char *line), void *ctx,
                              ens_error *err);
size_t ens__tree_bytes(const void *tree);

#endif
