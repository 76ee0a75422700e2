/* select.h - how good learners are on rows they have not seen, and which of their differences may be chance. */
#ifndef ENSEMBLE_SELECT_H
#define ENSEMBLE_SELECT_H

#include <ensemble/folds.h>
#include <ensemble/metric.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Cross-validation -------------------------------------------------------------------------------- */

/** Predictions of rows not seen, beside the truth, and their scores. All in it is its own. */
typedef struct ens_cv {
    ens_task task;
    size_t n, k;              /**< rows; classes, or 1 */
    size_t n_splits, n_repeats; /**< of the plan; 0 for a model on a table */
    double ratio;             /**< tested over training rows, the mean over splits */
    size_t n_metrics;
    char **metric;            /**< [n_metrics] names */
    double *score;            /**< [n_splits][n_metrics]; NaN where the rows of a split do not define it */
    double *pooled;           /**< [n_metrics] of all tested rows together, the mean over repeats */
    double *pred;             /**< [n][k] as of ens_folds_fit(): NaN for rows that no split tests */
    int32_t *label;           /**< [n] classification; else NULL */
    double *y;                /**< [n] regression; else NULL */
    double *w;                /**< [n] weights; NULL: all 1 */
    uint32_t *group;          /**< [n] or NULL */
} ens_cv;

/**
 * Cross-validate: fit @p learner on the training rows of each split of a plan and score the rows that it tests.
 * Whatever the recipe does to rows, imputing, scaling, choosing, it does within each split.
 *
 * @param metrics comma-separated as in ens_metric(); NULL: the task's usual ones
 * @param[out] out for ens_cv_free()
 * @return as ens_folds_fit() and ens_metric(); a usual metric that no split defines is left out, another is ENS_EDATA;
 *         ENS_ESUPPORT for learners of anomalies
 *
 * The same for any exec. Safe to call from many threads.
 */
ENS_API ens_status ens_cv_fit(ens_cv **out, const ens_learner *learner, const ens_dataset *data, const ens_folds *folds,
                              const char *metrics, uint64_t seed, const ens_exec *exec, ens_error *err);

/** The same of a model on a table that it has not seen: only `pooled` has scores. As ens_model_evaluate(). */
ENS_API ens_status ens_cv_of_model(ens_cv **out, const ens_model *model, const ens_dataset *data, const char *metrics,
                                   const ens_exec *exec, ens_error *err);

ENS_API void ens_cv_free(ens_cv *cv);

/**
 * Mean of metric @p m over the splits that define it, and Student's interval of it, which allows for training rows
 * that the splits share (Nadeau and Bengio 2003): what another fit on so many rows may score.
 * @param level such as 0.95, in (0, 1)
 * @return ENS_OK; ENS_ERANGE; ENS_EINVAL if there is no such metric. All NaN without splits, an interval of NaN for one
 */
ENS_API ens_status ens_cv_mean(double *mean, double *low, double *high, const ens_cv *cv, size_t m, double level,
                               ens_error *err);

/* ---- Learning curves ------------------------------------------------------------------------------------- */

/** What a learning curve is over. */
typedef enum ens_curve_over {
    ENS_CURVE_ROWS = 0, /**< rows of the fits */
    ENS_CURVE_MEMBERS   /**< the recipe's n_estimators */
} ens_curve_over;

typedef struct ens_curve_options {
    ens_curve_over over;
    size_t n_points;    /**< each has twice as much as the one before, the last has all; at least 2 */
    const char *metric; /**< one metric; NULL: the first of the task's usual ones */
    double level;       /**< confidence of the intervals, in (0, 1); 0: 0.95 */
    uint64_t seed;
} ens_curve_options;

/** One point of a learning curve. */
typedef struct ens_curve_point {
    size_t n;                    /**< training rows (the mean over splits, rounded), or members */
    double mean, low, high;      /**< of the score over the splits, as of ens_cv_mean() */
    double gain;                 /**< of the score, over the point before; NaN of the first */
    double gain_low, gain_high;  /**< its interval */
    double p;                    /**< of a gain as far from 0, or farther, were there none */
} ens_curve_point;

/**
 * Scores over the splits of a plan as the rows of the fits, or the members, double: whether more of them would help.
 *
 * Rows are drawn at random from the training rows of each split, those of a point among those of the next.  A score
 * that a split does not define, or a fit that its few rows do not allow, is left out of the mean.
 *
 * @param[out] out [options->n_points]
 * @return as ens_cv_fit(); ENS_ERANGE if the first point has no row, or no member, or there are fewer than 2 points;
 *         ENS_ENAME if the recipe has no n_estimators; ENS_EDATA if a point has no score at all
 *
 * The same for any exec.  Costs about twice a cross-validation.
 */
ENS_API ens_status ens_curve(ens_curve_point *out, const ens_learner *learner, const ens_dataset *data,
                             const ens_folds *folds, const ens_curve_options *options, const ens_exec *exec,
                             ens_error *err);

/* ---- Comparison ---------------------------------------------------------------------------------------- */

typedef enum ens_test {
    ENS_TEST_RESAMPLED_T, /**< scores of splits: corrected resampled t (Nadeau and Bengio 2003) */
    ENS_TEST_5X2CV_F,     /**< five repeats of two folds: combined F (Alpaydin 1999) */
    ENS_TEST_MCNEMAR,     /**< rows that one alone has right: exact (McNemar 1947) */
    ENS_TEST_DELONG,      /**< areas under the ROC curve (DeLong et al. 1988) */
    ENS_TEST_WILCOXON,    /**< signed ranks (Wilcoxon 1945): of the rows' absolute errors, or of scores on tables */
    ENS_TEST_FRIEDMAN,    /**< ranks on tables, all at once (Friedman 1937) */
    ENS_TEST_NEMENYI      /**< mean ranks on tables, two of all (Nemenyi 1963; Demsar 2006) */
} ens_test;

/** One test of two. */
typedef struct ens_comparison {
    ens_test test;
    size_t a, b;       /**< which two, a < b; both 0 for ENS_TEST_FRIEDMAN */
    double difference; /**< what is tested, of a less that of b: scores, shares of rows right, areas, absolute errors,
                            mean ranks; NaN for ENS_TEST_FRIEDMAN */
    double low, high;  /**< interval of the difference; NaN for tests that have none */
    double statistic;
    double p;          /**< of a difference as large, or larger, were there none */
    double p_adjusted; /**< for all pairs that this test looked at (Holm 1979; Nemenyi's own) */
} ens_comparison;

/** A test's name, such as "corrected resampled t". Static. */
ENS_API const char *ens_test_name(ens_test test);

/**
 * Compare all pairs of @p cv, which are of the same table and plan, by every test that applies: for plans of two or
 * more splits the corrected resampled t of metric @p m, for five repeats of two folds the 5x2cv F instead; and of the
 * rows' predictions, for classes McNemar's test and, for two, DeLong's, for numbers Wilcoxon's.  The tests of rows take
 * each row for one case and do not look at weights; they are left out where rows have groups.
 *
 * @param cv [n_cv] at least two
 * @param[out] out a new array for ens_comparisons_free()
 * @return ENS_OK; ENS_EINVAL if they are not of the same rows, splits and metrics; ENS_ERANGE for level; ENS_ENOMEM
 */
ENS_API ens_status ens_compare(ens_comparison **out, size_t *n_out, const ens_cv *const *cv, size_t n_cv, size_t m,
                               double level, ens_error *err);

/**
 * Compare @p k learners by their scores on @p n_sets tables: two by Wilcoxon's test, more by Friedman's and, each pair,
 * by Nemenyi's.
 * @param score [n_sets][k]
 * @param more_is_better as of ens_metric_more_is_better()
 * @param[out] rank [k] mean ranks, 1 for the best; or NULL
 * @return ENS_OK; ENS_EINVAL for fewer than two learners or tables; ENS_EDATA for a score that is not finite;
 *         ENS_ENOMEM
 */
ENS_API ens_status ens_compare_tables(ens_comparison **out, size_t *n_out, double *rank, const double *score,
                                      size_t n_sets, size_t k, int more_is_better, ens_error *err);
ENS_API void ens_comparisons_free(ens_comparison *comparisons);

#ifdef __cplusplus
}
#endif
#endif
