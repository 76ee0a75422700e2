/* outoffold.h - members fitted on every split of a fold plan, and what they predict for rows they have not seen: what
 * stacking, selection and their kin are made from. ens_folds_fit() is the same for whole tables and models. */
#ifndef ENS_LEARN_OUTOFFOLD_H
#define ENS_LEARN_OUTOFFOLD_H

#include <data/folds.h>
#include <learn/learner.h>

typedef struct ens__oof_args {
    const ens_fit_args *a;       /* rows, counts, weights, targets, exec; its learner and seed are not looked at */
    const ens_folds *folds;      /* of a->rows.n rows, in their order: a row's count goes with it */
    const ens_learner *const *member; /* [n_members] with the transforms that they need */
    const uint64_t *seed;        /* [n_members] of all fits of each */
    size_t n_members;
    bool keep;                   /* keep what is fitted */
    bool drop_failed;            /* a member that fails in any split is left out, else all fails */
    const char *phase;           /* of progress, which counts fits */
} ens__oof_args;

typedef struct ens__oof {
    size_t n, k, n_members, n_splits;
    double *pred;       /* [n_members][n][k] mean over repeats; NaN of rows that are never tested and of members left
                           out */
    ens_fitted *fitted; /* [n_members][n_splits], or NULL */
    ens_error *error;   /* [n_members] of members left out; code 0 of others */
    double *seconds;    /* [n_members] of all its fits */
} ens__oof;

/* Members and splits in parallel, and inside where few are left. Errors name member and split; whatever the number of
 * threads they are of the first member that fails, and its first split.  ENS_EDATA if a split leaves rows of one class
 * to a member that cannot take that; the error of the last member if all are left out. */
ens_status ens__oof_fit(ens__oof *out, const ens__oof_args *args, ens_error *err);
void ens__oof_clear(ens__oof *oof);
/* The members of `from`, over the same plan, come after those of *to, which may be all zero; *from is then empty. Both
 * keep what was fitted, or neither does. */
ens_status ens__oof_append(ens__oof *to, ens__oof *from, ens_error *err);
/* The predictions of member m. */
static inline double *ens__oof_of(const ens__oof *oof, size_t m)
{
    return oof->pred + m * oof->n * oof->k;
}

/* Outputs a row of the models of any part of this table. */
size_t ens__folds_k(const ens_learner *learner, const ens_dataset *data);
/* ens_folds_fit() with the predictions of each repeat apart: pred[n_repeats][n][k], or NULL. */
ens_status ens__folds_fit_each(double *pred, ens_model **models, const ens_learner *learner, const ens_dataset *data,
                               const ens_folds *folds, uint64_t seed, const ens_exec *exec, ens_error *err);

/* Of pred[n_repeats][size]: the mean over the repeats that tested a row, in the place of the first. */
void ens__folds_average(double *pred, size_t size, size_t n_repeats);

/* Fit i of many; exec says how it may be parallel inside. */
typedef ens_status (*ens__fits_fn)(void *ctx, size_t i, const ens_exec *exec, ens_error *err);
/* Fits 0 .. n - 1, each on a thread, but one after the other and parallel inside where less than one a thread is left.
 * Errors as of ens__par_for(). */
ens_status ens__fits_run(size_t n, const ens_exec *exec, const char *phase, ens__fits_fn fn, void *ctx,
                         ens_error *err);

#endif
