/* metric.h - scores of predictions against the truth, weighted, with bootstrap intervals.
 *
 * Names and conventions are scikit-learn's; values agree with it to 1e-12. */
#ifndef ENSEMBLE_METRIC_H
#define ENSEMBLE_METRIC_H

#include <ensemble/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Predictions beside the truth. Borrowed. */
typedef struct ens_eval {
    ens_task task;
    size_t n;
    size_t k;             /**< classes, or 1 */
    const int32_t *label; /**< [n] classification: 0 .. k - 1; anomalies: 1 for one, else 0.
                               -1 is a class unknown to the model, counted as wrong, of probability 0 */
    const double *y;      /**< [n] regression */
    const double *pred;   /**< [n][k] class probabilities, or [n] responses or anomaly scores */
    const double *w;      /**< [n] weights, not negative; NULL: all 1 */
    const uint32_t *group; /**< [n] number of each row's group, for ndcg and map; NULL: there are none */
} ens_eval;

/**
 * One score.
 *
 * @param metric a name, with parameters where it has some: accuracy, balanced_accuracy, precision, recall, f1,
 *        fbeta(beta=2), roc_auc, average_precision, log_loss, brier, mcc, kappa; rmse, mse, mae, median_ae, r2,
 *        explained_variance, mape, pinball(alpha=0.9); ndcg, map. precision, recall, f1 and fbeta take
 *        average=binary|macro|micro|weighted; the default is binary (class 1) for two classes, else macro.
 *        roc_auc and average_precision: one against rest, average=macro|weighted, for more than two; they alone
 *        suit anomaly scores. ndcg@5 and map@5 count the first five rows of each group; ndcg(gain=linear, empty=0) is
 *        scikit-learn's, ndcg(ties=order) LightGBM's.
 * macro and weighted averages run over the classes that occur in truth or predictions, as in scikit-learn; a class
 * unknown to the model is one more of them, which is never predicted.
 *
 * @return ENS_OK; ENS_ENAME; ENS_EPARSE; ENS_ERANGE; ENS_EINVAL if it does not suit the task or there are no
 *         rows or groups; ENS_EDATA if it is undefined on these rows (roc_auc of one class), or a weight is negative
 *
 * O(n k), ranking metrics O(k n log n).
 */
ENS_API ens_status ens_metric(double *out, const char *metric, const ens_eval *eval, ens_error *err);

/**
 * Percentile bootstrap interval (Efron and Tibshirani 1993, 13) of a score over the rows, or over the groups where
 * the metric looks at those.
 * @param level  such as 0.95, in (0, 1)
 * @param n_boot resamples, at least 10; those in which the metric is undefined are left out
 */
ENS_API ens_status ens_metric_interval(double *low, double *high, const char *metric,
                                       const ens_eval *eval, double level, size_t n_boot,
                                       uint64_t seed, const ens_exec *exec, ens_error *err);

/** Weighted counts [k][k]: rows are the truth, columns the most probable class. */
ENS_API ens_status ens_confusion_matrix(double *out, const ens_eval *eval, ens_error *err);

/** The comma-separated metrics that suit a task by default. Static. */
ENS_API const char *ens_metric_defaults(ens_task task, size_t k);

/** Name and one-line help of metric @p i; NULL past the last. */
ENS_API const char *ens_metric_name(size_t i);
ENS_API const char *ens_metric_help(size_t i);
/** 1 if more is better, 0 if less is; -1 for an unknown name. */
ENS_API int ens_metric_more_is_better(const char *metric);

#ifdef __cplusplus
}
#endif
#endif
