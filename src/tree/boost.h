/* boost.h - trees for gradient boosting: grown one after the other on the same rows, by gradients and hessians.
 *
 * What all trees of a fit share, the rows' codes, is made once.  Growing sums gradients in fixed point, so a tree is
 * the same bytes whatever the threads or the CPU. */
#ifndef ENS_TREE_BOOST_H
#define ENS_TREE_BOOST_H

#include <tree/tree.h>

/* All amounts resolved. */
typedef struct ens__boost_options {
    size_t max_leaves;      /* SIZE_MAX: no limit */
    size_t max_depth;       /* SIZE_MAX: no limit */
    bool by_depth;          /* all nodes of a depth are split before deeper ones; else the best first */
    size_t min_leaf;        /* rows of a leaf, at least 1 */
    double min_hessian;     /* sum of hessians of a leaf, at least */
    double alpha, lambda;   /* L1 and L2 penalty of leaf values */
    double min_gain;        /* that a split needs */
    double rate;            /* leaf values are multiplied by it */
    double tree_share, depth_share, node_share; /* of the features, drawn by tree, depth and node; in (0, 1] */
    double cat_smooth, cat_lambda; /* added to a level's hessian where levels are ordered; L2 of splits by sets */
    size_t cat_most;        /* levels on the smaller side of a set, at most */
    size_t min_level;       /* rows of a level below which it goes with the missing ones */
    const int8_t *monotonic; /* [p of the fit] as ens__tree_options has it; NULL: all free */
    const uint64_t *together; /* [p] bits of the groups that a feature is in: all features on the way to a leaf are of
                               * one group; NULL: any may be */
    bool unit;              /* all hessians are 1 */
} ens__boost_options;

/* Rows of a table as codes, for all trees of a fit. */
typedef struct ens__boost_rows ens__boost_rows;

ens_status ens__boost_rows_make(ens__boost_rows **out, const ens_fit_args *a, unsigned max_bins, ens_error *err);
void ens__boost_rows_free(ens__boost_rows *rows);

/* Grows one tree at a time; several may work on the same rows. */
typedef struct ens__booster ens__booster;

/* exec: its threads work on one tree. options, rows and a are borrowed. */
ens_status ens__booster_make(ens__booster **out, const ens__boost_options *options, const ens__boost_rows *rows,
                             const ens_fit_args *a, const ens_exec *exec, ens_error *err);
void ens__booster_free(ens__booster *b);

/* What a tree is to fit: by row of the fit. */
typedef struct ens__boost_target {
    const float *g;       /* [n] gradients, of a row drawn once */
    const float *h;       /* [n] hessians, not negative; NULL if they are all 1 */
    double g_most, h_most; /* none is greater, in size; 0: unknown */
    const uint32_t *part; /* [n_part] rows to grow on, ascending; NULL: all */
    size_t n_part;
    uint64_t tree;        /* its number in the fit: names its random streams */
} ens__boost_target;

/* A tree of k = 1 whose leaves lower sum(g v + h v^2 / 2), and *gain, how much its splits lowered it. */
ens_status ens__booster_grow(ens__tree **out, double *gain, ens__booster *b, const ens__boost_target *t,
                             ens_error *err);
/* score[i] += the value of the last tree at row i, for all rows of the fit. */
ens_status ens__booster_add(ens__booster *b, float *score, ens_error *err);

/* Leaves of the last tree, in any order: their rows, and their values, which may be changed before the tree is added.
 * The array is the booster's. */
typedef struct ens__boost_leaf {
    const uint32_t *row; /* [n] ascending, of those the tree was grown on */
    size_t n;
    uint32_t node;       /* of the tree */
    double value;
} ens__boost_leaf;

ens__boost_leaf *ens__booster_leaves(ens__booster *b, size_t *n);
/* Put changed values into the tree. */
void ens__booster_renew(ens__booster *b, ens__tree *tree);

#endif
