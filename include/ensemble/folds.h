/* folds.h - one plan of folds, made once and shared; and fits over it, which give predictions of rows not seen.
 *
 * A plan says which rows train and which test in each of its splits.  It is one short text, `5`, `stratified(5)`,
 * `time(5, gap=10)`, the same in recipes (`stacking(..., cv=5)`), on the command line (`--cv`) and here.  Sizes and,
 * with shuffle=false, the folds themselves are scikit-learn's; what is shuffled is by the seed alone. */
#ifndef ENSEMBLE_FOLDS_H
#define ENSEMBLE_FOLDS_H

#include <ensemble/dataset.h>
#include <ensemble/learner.h>
#include <ensemble/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Immutable: any number of threads may use one. It needs nothing of the table it was made for. */
typedef struct ens_folds ens_folds;

/**
 * Plan folds for the rows of @p data.
 *
 * @param cv one of
 *   - `5` or `folds(5)`: what suits the table: stratified for classification, by group where it has a group column,
 *     both where it is both, else kfold
 *   - `kfold(5)`: runs of rows, of sizes that differ by at most one
 *   - `stratified(5)`: every class, and all rows, within one row of an even share
 *   - `group(5)`: groups stay whole; the largest first, each to the fold that has fewest rows
 *   - `stratified_group(5)`: groups stay whole, each to the fold where it makes the classes most alike over the folds
 *   - `time(5, gap=0, test_size=auto, max_train_size=none)`: rows are in the order of time; each split tests the next
 *     test_size rows, by default n / (n_splits + 1), and trains on what comes before them and the gap
 *   - `leave_one_out`: each row is a fold
 *   - `predefined(column)`: rows with equal values of that column are a fold; -1 or missing: never tested.  Give it
 *     the role ENS_IGNORE, or it is a feature too
 *   - `holdout(0.2)`: one split that tests this part of the rows, as ens_dataset_holdout()
 *
 *   The first parameter may have its name, `n_splits=5`.  All but time, leave_one_out and predefined take `repeats`
 *   (1): so many plans, one after the other, each with other random draws; kfold, stratified, group, stratified_group
 *   and folds take `shuffle` (true): without it rows are taken in their order.
 * @param seed for what is random
 * @return ENS_OK; ENS_EPARSE, ENS_ENAME or ENS_ERANGE for a bad text; ENS_EINVAL if there are more folds than rows,
 *         than groups, or than rows of every class; or a plan for classes or groups where there are none, or repeats
 *         without shuffle; ENS_EDATA if a group spans folds of time(), or all rows that a split trains on or tests
 *         have weight zero; ENS_ENOMEM
 *
 * Where only some classes have fewer rows than there are folds, some folds test none of them: ens_folds_note() says so.
 * Rows that a view has twice are two rows.  O(n); stratified_group O(groups * folds * classes).
 */
ENS_API ens_status ens_folds_make(ens_folds **out, const ens_dataset *data, const char *cv, uint64_t seed,
                                  ens_error *err);
ENS_API void ens_folds_free(ens_folds *folds);

/** Rows that it is for. */
ENS_API size_t ens_folds_n(const ens_folds *folds);
/** Splits, those of all repeats counted: split s is of repeat s / (n_splits / n_repeats). */
ENS_API size_t ens_folds_n_splits(const ens_folds *folds);
ENS_API size_t ens_folds_n_repeats(const ens_folds *folds);
/** The rows that split @p s trains on, or tests, ascending. @param rows room for them, or NULL. @return how many */
ENS_API size_t ens_folds_train(size_t *rows, const ens_folds *folds, size_t s);
ENS_API size_t ens_folds_test(size_t *rows, const ens_folds *folds, size_t s);
/** A remark ("class `x` has 3 rows, ..."), or NULL. Owned by the plan. */
ENS_API const char *ens_folds_note(const ens_folds *folds);

/**
 * Fit @p learner on the training rows of every split, and predict the rows that each tests: predictions that no row
 * has had a part in, for scores, stacking, calibration and thresholds.
 *
 * Split s is what ens_fit() gives on its rows with this seed, so the whole is as good as so many calls of it, but
 * splits are fitted in parallel (when there are fewer left than threads, each is parallel inside), and numbers are
 * binned once for all.
 *
 * @param data   the table that the plan was made for
 * @param[out] pred [n][k] as of ens_model_predict(), k that of a model of the whole table; the mean over the repeats;
 *               NaN for rows that no split tests. May be NULL
 * @param[out] models [ens_folds_n_splits()] the model of each split, for ens_model_free(); NULL: they are not kept.
 *               All NULL after a failure
 * @return as ens_fit() and ens_model_predict(), the message naming the split; ENS_EINVAL if @p folds is for another
 *         number of rows, or both results are NULL
 *
 * The same for any exec.  Progress counts splits.
 */
ENS_API ens_status ens_folds_fit(double *pred, ens_model **models, const ens_learner *learner,
                                 const ens_dataset *data, const ens_folds *folds, uint64_t seed,
                                 const ens_exec *exec, ens_error *err);

#ifdef __cplusplus
}
#endif
#endif
