/* model.h - models: fit, predict, evaluate, save, load, inspect.
 *
 * A model is immutable and self-contained: it remembers the schema (names, types, levels), the
 * classes, the recipe, the seed and its scores, and needs nothing of the table it came from. Any
 * number of threads may use one without a lock. */
#ifndef ENSEMBLE_MODEL_H
#define ENSEMBLE_MODEL_H

#include <ensemble/dataset.h>
#include <ensemble/learner.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ens_model ens_model;

/**
 * Fit @p learner on every row of @p train.
 *
 * Transforms that @p learner cannot do without on these rows are put in front of it: `impute` for missing numbers,
 * `standardize` for learners that want numbers of like scale, `onehot` for categories.  The model's recipe,
 * ens_model_learner(), has them.
 *
 * A column of offsets (ENS_OFFSET) is added to each row's score before the loss's link makes a prediction of it, as the
 * logarithm of exposures is for `gbdt(loss=poisson)`.  gbdt and boosting take one, also behind transforms.  Tables that
 * are predicted or scored then need the column.
 *
 * A learner of anomalies (`isolation`) needs no target. If there is one it is kept out of the features, and if it
 * has two classes, the model remembers it for scores: the rarer class, the second of equals, is the anomaly.
 *
 * @param valid scored after the fit (scores of kind "valid"), and watched by learners that stop
 *              early; NULL: none
 * @return ENS_OK; ENS_EDATA for a table without target (unless the learner is one of anomalies) or rows, a
 *         target of one class (`dummy` alone takes that), all weights zero, a transform that leaves no column or
 *         row; ENS_ESUPPORT if the learner cannot
 *         take task, columns or offset; ENS_ERANGE if a parameter does not suit the table; ENS_ESHAPE if @p valid
 *         does not fit @p train; ENS_ECANCELED; ENS_ENOMEM
 *
 * The same recipe, table and seed give the same model, byte for byte, for any exec.
 */
ENS_API ens_status ens_fit(ens_model **out, const ens_learner *learner, const ens_dataset *train,
                           const ens_dataset *valid, uint64_t seed, const ens_exec *exec,
                           ens_error *err);

/**
 * Add members to @p model: the same bytes as a fit of @p learner on @p train with the model's seed gives, but only
 * what is new is fitted.  @p model stays as it is and may be freed at any time.
 *
 * @param learner the recipe of @p model with a larger n_estimators
 * @param train   the rows that @p model was fitted on
 * @return as ens_fit(); and ENS_ESUPPORT if the learner cannot be added to; ENS_EINVAL if another parameter
 *         differs; ENS_ERANGE if n_estimators is not above what the model has; ENS_ESHAPE if @p train differs
 *         from the model's table in task, target, classes, features, levels or values
 */
ENS_API ens_status ens_fit_more(ens_model **out, const ens_model *model, const ens_learner *learner,
                                const ens_dataset *train, const ens_dataset *valid,
                                const ens_exec *exec, ens_error *err);

ENS_API void ens_model_free(ens_model *model);

/* ---- Predicting ------------------------------------------------------------------------- */

/** What prediction does with a level that training never saw. */
typedef enum ens_unseen { ENS_UNSEEN_MISSING = 0, ENS_UNSEEN_ERROR } ens_unseen;
/** What prediction does with a table that lacks a feature. */
typedef enum ens_absent { ENS_ABSENT_ERROR = 0, ENS_ABSENT_MISSING } ens_absent;

typedef struct ens_predict_options {
    ens_unseen unseen;
    ens_absent absent;
    size_t rounds; /**< of models that grew in rounds (ens_model_rounds()): the first so many alone; 0: all.
                        ENS_ESUPPORT of others */
} ens_predict_options;

/**
 * Predict every row of @p data, whose columns are matched by name, in any order.
 *
 * @param[out] out [n][k] row major, caller-owned; k is ens_model_k(): class probabilities in the order
 *                 of ens_model_class(), or the mean response in the target's unit, or the anomaly score
 * @return ENS_OK; ENS_ESHAPE if a feature is absent or of another type; ENS_EDATA for an unseen level
 *         under ENS_UNSEEN_ERROR; ENS_ECANCELED; ENS_ENOMEM
 *
 * O(n * cost of a row), blocks of rows in parallel.
 */
ENS_API ens_status ens_model_predict(const ens_model *model, const ens_dataset *data, double *out,
                                     const ens_exec *exec, ens_error *err);
ENS_API ens_status ens_model_predict_with(const ens_model *model, const ens_dataset *data,
                                          const ens_predict_options *options, double *out,
                                          const ens_exec *exec, ens_error *err);

/** The quantiles that the model was asked to keep, by `forest(quantiles=[0.05, 0.5, 0.95])` or gbdt of the same: [*n],
 *  ascending, owned by the model; NULL and 0 if none. */
ENS_API const double *ens_model_quantiles(const ens_model *model, size_t *n);

/** Which quantiles, and how to treat the table. */
typedef struct ens_quantile_options {
    const double *q; /**< [n] ascending, in (0, 1); NULL: those of ens_model_quantiles() */
    size_t n;
    ens_predict_options predict;
} ens_quantile_options;

/**
 * Predict quantiles of the response of every row of @p data, by a model that was asked to keep some: the smallest
 * target of the fit at which the distribution that the forest gives the row (Meinshausen 2006, equation 6) reaches q.
 * The mean remains what ens_model_predict() gives.  A gbdt gives those that it was fitted for, in ascending order, and
 * ens_model_predict() the one nearest to the median.
 *
 * @param options may be NULL: the quantiles that the model was fitted with
 * @param[out] out [n rows][n quantiles] row major, caller-owned
 * @return as ens_model_predict_with(); and ENS_ESUPPORT if the model keeps none, or not these; ENS_ERANGE if one is not
 *         in (0, 1) or not above the one before
 *
 * O(n * trees * (depth + rows in a leaf)); memory for 8 bytes a training row and thread.
 */
ENS_API ens_status ens_model_predict_quantiles(const ens_model *model, const ens_dataset *data,
                                               const ens_quantile_options *options, double *out,
                                               const ens_exec *exec, ens_error *err);

/**
 * Predict one row, without a lock or an allocation: for services that answer one question at a time.
 *
 * @param x       [ens_model_p()] in the order of ens_model_feature(): numbers, and for a category the place
 *                of its level, as ens_model_feature_level() counts them; NaN is missing, also for a level
 *                that training never saw. Behind them the offset, of a model that was fitted with one
 * @param[out] out [ens_model_k()] as in ens_model_predict(), bit for bit
 * @param scratch ens_model_row_scratch() bytes, of any alignment; what is in them before and after means
 *                nothing. Threads need one each.
 * @return ENS_OK; ENS_EINVAL for NULL or what is no level; ENS_ESUPPORT for a missing value that the learner
 *         cannot take
 *
 * O(p + cost of a row). Any learner; a forest walks all its trees at once.
 */
ENS_API ens_status ens_model_predict_row(const ens_model *model, const double *x, double *out,
                                         void *scratch, ens_error *err);
/** Bytes that ens_model_predict_row() works in. */
ENS_API size_t ens_model_row_scratch(const ens_model *model);

/** Outputs a row: the number of classes, or 1. */
ENS_API size_t ens_model_k(const ens_model *model);
ENS_API ens_task ens_model_task(const ens_model *model);
/** Name of class @p c, or NULL. A model of anomalies has the two that its target had, or none. */
ENS_API const char *ens_model_class(const ens_model *model, size_t c);
/** Name of the class that counts as the anomaly; NULL unless the task is ENS_TASK_ANOMALY and the training table
 *  had a target of two classes. */
ENS_API const char *ens_model_anomaly(const ens_model *model);
/** The score above which a row is an anomaly. @return ENS_OK; ENS_ESUPPORT for other tasks */
ENS_API ens_status ens_model_threshold(double *out, const ens_model *model, ens_error *err);
/** The most probable class of one row's [k] outputs; the first of equals. */
ENS_API size_t ens_argmax(const double *out, size_t k);

/* ---- Scores -------------------------------------------------------------------------------- */

typedef struct ens_score {
    const char *kind; /**< "oob", "valid", or what ens_model_evaluate() was asked for */
    const char *name; /**< scikit-learn's: accuracy, roc_auc, log_loss, rmse, ... */
    double value;
} ens_score;

/** Scores that came with the fit: score @p i, or NULL past the last. Owned by the model. */
ENS_API const ens_score *ens_model_score(const ens_model *model, size_t i);

/**
 * Score @p data, which must have the target.
 * @param metrics comma-separated metric names; NULL: the task's usual ones
 * @param[out] out a new array, the strings in it too; ens_scores_free()
 */
ENS_API ens_status ens_model_evaluate(ens_score **out, size_t *n_out, const ens_model *model,
                                      const ens_dataset *data, const char *metrics,
                                      const ens_exec *exec, ens_error *err);
ENS_API void ens_scores_free(ens_score *scores, size_t n);

/**
 * The targets of @p data as the model numbers them, for use with ens_metric functions.
 * @param[out] label [n] for classification: class number, -1 for a class the model does not know. For
 *                   anomalies: 1 for one, 0 for the other class, -1 for what is neither. Where the model has no
 *                   target it is that of @p data, which must have two classes: the rarer is the anomaly.
 * @param[out] y     [n] for regression. The one that does not apply may be NULL.
 */
ENS_API ens_status ens_model_targets(const ens_model *model, const ens_dataset *data,
                                     int32_t *label, double *y, ens_error *err);

/** Out-of-bag predictions [n][k] of the rows that were fitted, NaN for rows never out of bag;
 *  NULL unless the fit was asked for them (oob_score=true). Kept in memory, not in files;
 *  ens_model_oob_predict() makes them again. */
ENS_API const double *ens_model_oob(const ens_model *model, size_t *n);

/* ---- Looking inside -------------------------------------------------------------------------- */

ENS_API const ens_learner *ens_model_learner(const ens_model *model);
ENS_API uint64_t ens_model_seed(const ens_model *model);
/** Name of the target; NULL for a model of anomalies without one. */
ENS_API const char *ens_model_target(const ens_model *model);
/** Name of the offset's column; NULL: it was fitted without. */
ENS_API const char *ens_model_offset(const ens_model *model);
/** Rounds that it grew in: those of boosting, adaboost and gbdt, also behind transforms; 0: it has none.
 *  ens_predict_options.rounds predicts by the first of them. */
ENS_API size_t ens_model_rounds(const ens_model *model);
/** Rows it was fitted on. */
ENS_API size_t ens_model_n_train(const ens_model *model);
ENS_API size_t ens_model_p(const ens_model *model);
ENS_API ens_status ens_model_feature(ens_column_info *out, const ens_model *model, size_t j,
                                     ens_error *err);
ENS_API const char *ens_model_feature_level(const ens_model *model, size_t j, size_t level);

/**
 * Impurity importance: the share of the training criterion's decrease that each feature brought,
 * averaged over members, summing to 1 (Breiman 2001; biased towards features of many values).
 * @param[out] out [p]
 * @return ENS_OK; ENS_ESUPPORT if the learner has none
 */
ENS_API ens_status ens_model_importance(const ens_model *model, double *out, ens_error *err);

/** A readable account of the fitted parts (members, depths, leaves, ...); ens_string_free(). */
ENS_API ens_status ens_model_describe(char **out, const ens_model *model, ens_error *err);

/** CSV types that make a file's columns those of the model: [p + 1], ended by a NULL column; owned by
 *  the model. */
ENS_API const ens_csv_type *ens_model_csv_types(const ens_model *model);

/* ---- Files ---------------------------------------------------------------------------------- */

/** Save as a safetensors file (doc/model-format.md): to a temporary file, synced, then renamed, so
 *  @p path is either the old file or all of the new one. */
ENS_API ens_status ens_model_save(const ens_model *model, const char *path, ens_error *err);

/** Load a model. @return ENS_OK; ENS_EIO; ENS_EFORMAT; ENS_EVERSION; ENS_ENAME for a learner type that is
 *  not registered; ENS_ENOMEM. Trusts nothing in the file. */
ENS_API ens_status ens_model_load(ens_model **out, const char *path, ens_error *err);
/** The same from and to memory; @p *bytes is a new array for ens_bytes_free(). */
ENS_API ens_status ens_model_load_bytes(ens_model **out, const void *bytes, size_t size,
                                        ens_error *err);
ENS_API ens_status ens_model_save_bytes(void **bytes, size_t *size, const ens_model *model,
                                        ens_error *err);
ENS_API void ens_bytes_free(void *bytes);

#ifdef __cplusplus
}
#endif
#endif
