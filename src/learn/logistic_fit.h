/* logistic_fit.h - fits of `logistic`: the penalised mean loss and its minimum. */
#ifndef ENS_LEARN_LOGISTIC_FIT_H
#define ENS_LEARN_LOGISTIC_FIT_H

#include <learn/first_order.h>
#include <learn/linear_state.h>

typedef enum ens__logistic_solver {
    ENS__LOGISTIC_AUTO,
    ENS__LOGISTIC_NEWTON,
    ENS__LOGISTIC_LBFGS,
    ENS__LOGISTIC_STEPS /* the first of ENS__STEPS_SOLVERS */
} ens__logistic_solver;

typedef struct ens__logistic_penalty {
    double l1, l2; /* sum w loss + l1 |b|_1 + l2 |b|^2 / 2 */
    bool intercept;
    size_t max_iter;
    double tol;                 /* decrease of the mean loss that ends the fit */
    int solver; /* of ens__logistic_solver, or beyond its last */
    const ens__steps_params *steps;
    const double *class_weight; /* [k] or NULL */
} ens__logistic_penalty;

/* m has one output for two classes, else one for each class. */
ens_status ens__logistic_fit(ens__linear *m, const ens__logistic_penalty *penalty, const ens_fit_args *a,
                             ens_error *err);

/* Of one block of rows and two classes, score[N] and target[N] (0 or 1): w (p - target) in r, w p (1 - p) in h. Returns
 * the sum of w times the loss. */
double ens__logistic_rows(double *r, double *h, const double *score, const double *target, const double *w);
/* Of k classes: score[k][N] becomes the probabilities; loss[N] log sum exp(score). */
void ens__softmax_rows(double *score, double *loss, size_t k);

#endif
