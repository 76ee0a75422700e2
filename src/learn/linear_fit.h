/* linear_fit.h - fits of `linear`. */
#ifndef ENS_LEARN_LINEAR_FIT_H
#define ENS_LEARN_LINEAR_FIT_H

#include <learn/first_order.h>
#include <learn/linear_state.h>

typedef struct ens__linear_params {
    int penalty;
    double alpha, l1_ratio;
    int fit_intercept;
    int64_t max_iter;
    double tol;
    int loss;
    double epsilon;
    int solver; /* 0: auto, then ENS__STEPS_SOLVERS */
    ens__steps_params steps;
} ens__linear_params;

typedef struct ens__linear_penalty {
    double l1, l2; /* in scikit-learn's objectives */
    bool intercept;
    size_t max_iter;
    double tol;
    double epsilon; /* huber: deviations from which on errors count by their size */
    int solver;     /* steps: of ENS__STEPS_SOLVERS */
    const ens__steps_params *steps;
} ens__linear_penalty;

/* Least squares by QR, with standard errors unless there is a penalty, of which l1 is not looked at. */
ens_status ens__linear_squares(ens__linear *m, const ens__linear_penalty *penalty, const ens_fit_args *a,
                               ens_error *err);
/* Least squares and ridge by gradient steps, in the module of the same name. */
ens_status ens__linear_steps(ens__linear *m, const ens__linear_penalty *penalty, const ens_fit_args *a,
                             ens_error *err);
/* Coordinate descent. */
ens_status ens__linear_descend(ens__linear *m, const ens__linear_penalty *penalty, const ens_fit_args *a,
                               ens_error *err);
/* Huber's loss with the scale of the errors, sum w (s + h(e / s) s) + l2 |b|^2 (Owen 2007; scikit-learn's
 * HuberRegressor). */
ens_status ens__linear_huber(ens__linear *m, const ens__linear_penalty *penalty, const ens_fit_args *a,
                             ens_error *err);

#endif
