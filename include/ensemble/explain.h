/* explain.h - what a model relies on, and which rows it takes for alike.
 *
 * A model keeps neither its rows nor who drew them.  Bags are random streams named by the seed, so with the
 * table of the fit at hand they are drawn again; functions that need that table say so, and tell another
 * one from it by a fingerprint in the model (ENS_EDATA).  Columns are found by name, as in ens_model_predict();
 * what the table adds is ignored.  Results are the same for any number of threads. */
#ifndef ENSEMBLE_EXPLAIN_H
#define ENSEMBLE_EXPLAIN_H

#include <ensemble/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Out of bag ------------------------------------------------------------------------------ */

/**
 * Predict every row of the table of the fit by the members that did not draw it (Breiman 1996).
 *
 * The same as ens_model_oob(), but for any model of bagging or forest, loaded or not, whatever its
 * oob_score, and a row of @p data each.
 *
 * @param data the table, or the view of it, that was fitted
 * @param[out] out [n][k] as of ens_model_predict(); NaN for rows that every member drew, and of weight 0
 * @return ENS_OK; ENS_ESUPPORT if the learner draws no bags; ENS_EDATA if @p data is not the table of the
 *         fit, or every row is in every bag; ENS_ESHAPE; ENS_ECANCELED; ENS_ENOMEM
 */
ENS_API ens_status ens_model_oob_predict(const ens_model *model, const ens_dataset *data, double *out,
                                         const ens_exec *exec, ens_error *err);

/* ---- Importance of features ------------------------------------------------------------------- */

/** One feature's importance: a mean over members or repeats, and how sure that mean is. */
typedef struct ens_importance {
    double value;
    double error;     /**< standard error of the mean; NaN if there is one member or repeat only */
    double low, high; /**< Student's interval of the mean; NaN likewise */
} ens_importance;

/** All zeros and NULLs give the defaults, and so does a NULL pointer. */
typedef struct ens_importance_options {
    double level;       /**< confidence of the intervals, in (0, 1); 0: 0.95 */
    uint64_t seed;      /**< of the permutations */
    size_t repeats;     /**< permutations of each feature, at most 10000; 0: 5. ens_importance_permutation() only */
    const char *metric; /**< as in ens_metric(); NULL: accuracy, or r2 for a number. Likewise */
} ens_importance_options;

/**
 * Permutation importance of any model on any labelled table: how much worse the score gets when one feature's
 * values are permuted among the rows (Breiman 2001; scikit-learn's permutation_importance).
 *
 * Positive is worse, also for metrics of which less is better.  A feature that others can stand in for gets
 * little.  On the table of the fit it tells what the model relies on, on new rows what helps it there.  The
 * intervals are of the permutations alone: they say nothing of what other rows, or another fit, would give.
 *
 * @param[out] out [p], in the order of the model's features
 * @return ENS_OK; ENS_ERANGE for options outside their limits; errors of ens_metric() and
 *         ens_model_predict(); ENS_ESHAPE without the target
 *
 * O(p * repeats * cost of a prediction of all rows), in parallel; memory for one column, one order and one set
 * of predictions a thread.  Rows that stand in a view more than once count as often and move as one.
 */
ENS_API ens_status ens_importance_permutation(ens_importance *out, const ens_model *model,
                                              const ens_dataset *data,
                                              const ens_importance_options *options,
                                              const ens_exec *exec, ens_error *err);

/**
 * Permutation importance out of bag (Breiman 2001, as ranger's and randomForest's, unscaled): in each member the
 * rows it did not draw are predicted as they are and with one feature's values permuted among them; the mean
 * over members of the accuracy lost, or of the squared error gained.
 *
 * The intervals are of the mean over members, which are independent given the table: they say how far another
 * seed or more members could move the value.  They do not say what other rows would give, for which they are
 * too narrow (Ishwaran and Lu 2019).
 *
 * @param data the table, or the view of it, that was fitted
 * @return as ens_model_oob_predict(), and ENS_ERANGE
 *
 * O(members * features they use * cost of a member's prediction of its rows out of bag); memory for members * p
 * numbers.
 */
ENS_API ens_status ens_importance_oob(ens_importance *out, const ens_model *model, const ens_dataset *data,
                                      const ens_importance_options *options, const ens_exec *exec,
                                      ens_error *err);

/**
 * Impurity importance without the bias towards features of many values (Zhou and Hooker 2021): the decrease
 * that a tree's splits bring, measured with the means of the rows that it did not draw.
 *
 * A split from node t into children c adds sum w_c m'_c (m_c - m_t): w and m are the share and the mean of the
 * rows drawn, m' the mean of the others; for classes, summed over 0/1 responses.  With m for m' that is plain
 * impurity importance, in the unit of the gini index or of the squared error; as it is, its mean is 0 for a
 * feature that has nothing to do with the target, so values may be negative.  A split of which a child got
 * no row out of bag adds nothing, so deep trees are seen down to where such rows run out.  Whatever the criterion
 * and the class weights of the trees, it is measured in gini or squared error, by sample weights alone.
 *
 * Intervals are those of ens_importance_oob().
 *
 * @param data the table, or the view of it, that was fitted
 * @return as ens_importance_oob(), and ENS_ESUPPORT if the members are no trees
 *
 * O(members * n * depth), much quicker than permuting; memory for members * p numbers.
 */
ENS_API ens_status ens_importance_corrected(ens_importance *out, const ens_model *model,
                                            const ens_dataset *data,
                                            const ens_importance_options *options,
                                            const ens_exec *exec, ens_error *err);

/* ---- Leaves and proximities ------------------------------------------------------------------- */

/** Trees of the model, members of members included; 0 if something in it is no tree. */
ENS_API size_t ens_model_n_trees(const ens_model *model);

/**
 * The leaf in which each row ends, in each tree: scikit-learn's apply().
 *
 * @param[out] out [n][ens_model_n_trees()]. Rows of one number share the leaf; nothing else is promised of it
 * @return ENS_OK; ENS_ESUPPORT if something in the model is no tree; ENS_ESHAPE; ENS_ECANCELED; ENS_ENOMEM
 */
ENS_API ens_status ens_model_leaves(const ens_model *model, const ens_dataset *data, uint32_t *out,
                                    const ens_exec *exec, ens_error *err);

/** Which trees count for a pair of rows. */
typedef enum ens_proximity {
    ENS_PROXIMITY_ALL = 0, /**< all; any table */
    ENS_PROXIMITY_OOB      /**< those that drew neither; the table of the fit */
} ens_proximity;

/**
 * Proximities (Breiman 2001): the share of trees in which two rows end in the same leaf.
 *
 * @param[out] out [n][n], symmetric, 1 on the diagonal; under ENS_PROXIMITY_OOB NaN for a pair that no tree left
 *                 out, also of a row with itself
 * @return as ens_model_leaves(), under ENS_PROXIMITY_OOB also as ens_model_oob_predict()
 *
 * O(n * (n + trees * rows in a leaf)); memory for 8 bytes a row and tree beside the result.  For tables too large
 * for that there is ens_model_neighbors().
 */
ENS_API ens_status ens_model_proximities(const ens_model *model, const ens_dataset *data,
                                         ens_proximity which, double *out, const ens_exec *exec,
                                         ens_error *err);

/** Rows nearest to a row. */
typedef struct ens_neighbor {
    size_t row;       /**< SIZE_MAX where there is none: fewer rows share a leaf with it */
    double proximity; /**< above 0; 0 where there is none */
} ens_neighbor;

/**
 * The @p m nearest other rows of each row by proximity, nearest first, of equals the first.
 *
 * @param[out] out [n][m]
 * @return as ens_model_proximities(); ENS_EINVAL if @p m is 0
 *
 * O(n * trees * rows in a leaf); memory for 8 bytes a row and tree.
 */
ENS_API ens_status ens_model_neighbors(const ens_model *model, const ens_dataset *data,
                                       ens_proximity which, size_t m, ens_neighbor *out,
                                       const ens_exec *exec, ens_error *err);

/**
 * Breiman's outlier measure: n over the sum of a row's squared proximities to the rows of its class (itself
 * included, as in R's randomForest; to all rows for regression), less the class's median and over its mean
 * absolute deviation from the median.  Above 10 is suspect.
 *
 * @param data has the target
 * @param[out] out [n]; 0 for a class whose rows are all alike
 * @return as ens_model_proximities()
 */
ENS_API ens_status ens_model_outliers(const ens_model *model, const ens_dataset *data,
                                      ens_proximity which, double *out, const ens_exec *exec,
                                      ens_error *err);

#ifdef __cplusplus
}
#endif
#endif
