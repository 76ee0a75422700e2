/* adaboost.h - members that vote by how well they did on the rows that those before them got wrong.
 *
 * Freund and Schapire (1997); SAMME and SAMME.R of Zhu, Zou, Rosset and Hastie (2009) for classes; AdaBoost.R2 of
 * Drucker (1997) for numbers. */
#ifndef ENS_ENSEMBLE_ADABOOST_H
#define ENS_ENSEMBLE_ADABOOST_H

#include <ensemble/chain.h>
#include <tree/trees.h>

typedef enum ens__adaboost_kind { ENS__SAMME, ENS__SAMME_R, ENS__R2 } ens__adaboost_kind;

enum { ENS__LOSS_LINEAR, ENS__LOSS_SQUARE, ENS__LOSS_EXPONENTIAL };
enum { ENS__RESAMPLE_AUTO, ENS__RESAMPLE_TRUE, ENS__RESAMPLE_FALSE };

typedef struct ens__adaboost_params {
    int64_t n_estimators;
    double learning_rate;
    int algorithm; /* ENS__SAMME or ENS__SAMME_R */
    int loss;
    int resample;
} ens__adaboost_params;

typedef struct ens__adaboost {
    ens__adaboost_kind kind;
    size_t k;
    ens__chain *chain;
    double *weight;    /* [n] of the members' votes */
    double *error;     /* [n] of each on the weighted rows of its round */
    double total;      /* of the weights */
    ens__trees *trees; /* classes: the runtime form of members that are trees, whose leaves are votes; or NULL */
} ens__adaboost;

ens__adaboost *ens__adaboost_new(ens__adaboost_kind kind, size_t k); /* NULL: no memory */
void ens__adaboost_free(void *fit);
ens__adaboost_kind ens__adaboost_kind_of(const ens__adaboost_params *p, ens_task task);

/* Once the members are there: the sum of weights, the runtime form. */
ens_status ens__adaboost_finish(ens__adaboost *m, const ens_feature *feature, const ens_exec *exec, ens_error *err);

/* The recipe of the members. */
ens_status ens__adaboost_recipe(ens__chain_recipe *out, const ens_learner *learner, ens_task task, ens_error *err);

/* adaboost_fit.c: from: a model of the same recipe with fewer members, to add to, or NULL. */
ens_status ens__adaboost_fit(void **out, const void *from, const void *params, const ens_fit_args *a,
                             ens_error *err);

/* adaboost_predict.c */
void ens__adaboost_predict(const void *fit, const ens_rows *rows, double *out, void *scratch);
void ens__adaboost_predict_first(const void *fit, size_t n, const ens_rows *rows, const double *offset, double *out,
                                 void *scratch);
size_t ens__adaboost_scratch(const void *fit);
/* out[k] += what member t votes for on a row for which it gives p[k]. */
void ens__adaboost_vote(double *out, const ens__adaboost *m, size_t t, const double *p);
/* The least v of v[n], which is put in another order together with w, below or at which half of the weight lies. */
double ens__weighted_median(double *v, double *w, size_t n);

extern const ens_learner_type ens__adaboost_type;

#endif
