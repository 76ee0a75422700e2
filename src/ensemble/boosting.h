/* boosting.h - members fitted to what is left of the loss: gradient boosting over any regressor.
 *
 * Friedman (2001), "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29; (2002),
 * "Stochastic gradient boosting". */
#ifndef ENS_ENSEMBLE_BOOSTING_H
#define ENS_ENSEMBLE_BOOSTING_H

#include <ensemble/chain.h>
#include <loss/loss.h>
#include <tree/trees.h>

typedef struct ens__boosting_params {
    int64_t n_estimators;
    double learning_rate;
    char *loss; /* its line, or NULL: auto */
    ens_amount subsample;
    int64_t n_iter_no_change; /* below 0: no early stopping */
    double validation_fraction;
    double tol;
} ens__boosting_params;

typedef struct ens__boosting {
    ens__chain *chain; /* member t * k + c adds to score c in round t */
    ens__loss *loss;
    size_t k;          /* scores a row */
    double origin;     /* of targets */
    double *start;     /* [k] scores before the first round */
    double *step;      /* [n] what a member's outputs are multiplied by */
    double *curve;     /* [n_curve] mean loss of the rows held out, of the start and after each round that was played */
    size_t n_curve;    /* 0: none were */
    ens__trees *trees; /* the runtime form of members that are trees, leaves multiplied; or NULL */
} ens__boosting;

/* Without members. k: outputs of the model. ENS_ERANGE for a loss that does not suit them. */
ens_status ens__boosting_new(ens__boosting **out, const ens__boosting_params *p, ens_task task, size_t k,
                             ens_error *err);
void ens__boosting_free(void *fit);
/* Once the members are there: the runtime form. */
ens_status ens__boosting_finish(ens__boosting *m, const ens_feature *feature, const ens_exec *exec, ens_error *err);
/* The recipe of the members. */
ens_status ens__boosting_recipe(ens__chain_recipe *out, const ens_learner *learner, ens_error *err);

/* boosting_fit.c: from: a model of the same recipe with fewer members, to add to, or NULL. */
ens_status ens__boosting_fit(void **out, const void *from, const void *params, const ens_fit_args *a,
                             ens_error *err);

/* boosting_rows.c: row[rows.n] and, if there are counts, count[rows.n]: the rows of a with those held out, as the
 * parameters ask, behind the first *n_fit, both in their order. ENS_ERANGE if that leaves none on a side. */
ens_status ens__boosting_order(uint32_t *row, uint32_t *count, size_t *n_fit, const ens__boosting_params *p,
                               const ens_fit_args *a, ens_error *err);

/* boosting_predict.c */
void ens__boosting_predict(const void *fit, const ens_rows *rows, double *out, void *scratch);
void ens__boosting_predict_first(const void *fit, size_t n, const ens_rows *rows, const double *offset, double *out,
                                 void *scratch);
size_t ens__boosting_scratch(const void *fit);

/* boosting_step.c: how far to go along a member. */
typedef struct ens__boosting_step {
    const ens__loss *loss;
    ens_loss_rows rows;     /* the rows that are learned from, scores before the round */
    const float *g, *h;     /* [k][rows.stride] gradients there */
    const uint32_t *drawn;  /* [rows.n] rows whose entry is 0 were not drawn; NULL: all were */
    size_t c;               /* the score that moves */
    const ens_exec *exec;
} ens__boosting_step;

/* Give the leaves of a tree, which rows end in by leaf[rows.n], the values of least loss, or one Newton step's. */
ens_status ens__boosting_renew(ens__tree *tree, const uint32_t *leaf, const ens__boosting_step *s, ens_error *err);
/* *out: the multiple of pred[rows.n] by which the loss falls most, not below 0. */
ens_status ens__boosting_search(double *out, const double *pred, const ens__boosting_step *s, ens_error *err);

extern const ens_learner_type ens__boosting_type;

#endif
