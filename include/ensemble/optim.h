/* optim.h - minimising a function of many numbers: what the learners of the library use, for those of your own.
 *
 * Two families: steps along a gradient, which may be of a sample of the rows, with a state of their own and a rate that
 * follows a schedule; and L-BFGS, which calls the function itself.  Formulas and names of parameters are PyTorch's.
 * Results do not depend on threads or processor.  examples/optimisers.c uses all of them.
 *
 * Promise: that of ensemble/ext.h. */
#ifndef ENSEMBLE_OPTIM_H
#define ENSEMBLE_OPTIM_H

#include <ensemble/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Steps along a gradient ------------------------------------------------------------- */

typedef enum ens_optim_kind {
    ENS_OPTIM_SGD,      /**< x -= rate g: gradient descent, if g is of all rows */
    ENS_OPTIM_MOMENTUM, /**< Polyak (1964): v = momentum v + g; x -= rate v */
    ENS_OPTIM_NESTEROV, /**< Nesterov (1983): x -= rate (g + momentum v) */
    ENS_OPTIM_ADAGRAD,  /**< Duchi et al. (2011) */
    ENS_OPTIM_RMSPROP,  /**< Tieleman and Hinton (2012) */
    ENS_OPTIM_ADAM,     /**< Kingma and Ba (2015) */
    ENS_OPTIM_ADAMW,    /**< Loshchilov and Hutter (2019) */
    ENS_OPTIM_NADAM     /**< Dozat (2016) */
} ens_optim_kind;

typedef struct ens_optim_params {
    ens_optim_kind kind;
    double momentum;     /**< momentum, nesterov: 0.9; in [0, 1) */
    double beta1, beta2; /**< adam and its kin: 0.9, 0.999; rmsprop has beta2 for alpha; in [0, 1) */
    double epsilon;      /**< added to roots: 1e-8; adagrad 1e-10 */
    double weight_decay; /**< added to the gradient as weight_decay x; adamw: x *= 1 - rate weight_decay instead */
    double clip_norm;    /**< gradients are shortened to this length; 0: not */
} ens_optim_params;

/** What is kept from step to step. Make it by ens_optim_init(); its fields are for reading. */
typedef struct ens_optim {
    ens_optim_params params;
    size_t n;
    uint64_t steps;  /**< taken */
    double schedule; /**< nadam: the product of its momenta so far */
    double *first;   /**< [n] velocity, or mean of gradients */
    double *second;  /**< [n] sum or mean of their squares */
} ens_optim;

/** What PyTorch has by default, of a kind; no weight decay but for adamw, no clipping. */
ENS_API ens_optim_params ens_optim_defaults(ens_optim_kind kind);
/**
 * Begin: for @p n numbers.
 * @return ENS_OK; ENS_ERANGE if a parameter is outside its limits, naming it; ENS_ENOMEM
 */
ENS_API ens_status ens_optim_init(ens_optim *o, const ens_optim_params *params, size_t n, ens_error *err);
/** Release what ens_optim_init() allocated; twice does no harm. */
ENS_API void ens_optim_clear(ens_optim *o);
/** One step: x[n] by the gradient g[n], which is overwritten, times @p rate. O(n), allocates nothing. */
ENS_API void ens_optim_step(ens_optim *o, double *x, double *g, double rate);

/* ---- Rates ------------------------------------------------------------------------------ */

typedef enum ens_schedule_kind {
    ENS_SCHEDULE_CONSTANT,
    ENS_SCHEDULE_INVERSE, /**< rate / (t + 1)^power */
    ENS_SCHEDULE_STEPS,   /**< rate * factor^floor(t / every) */
    ENS_SCHEDULE_COSINE,  /**< linear over the first `warm_up` steps, then half a cosine to 0 at `total` */
    ENS_SCHEDULE_PLATEAU  /**< times factor once `patience` losses in a row were no better than the best by tol */
} ens_schedule_kind;

/** Yours to fill in; those that the kind does not name are not looked at. `every` is at least 1. */
typedef struct ens_schedule {
    ens_schedule_kind kind;
    double rate, power, factor, tol;
    uint64_t every, warm_up, total, patience;
    /* Of plateau, from zeros on: */
    double best;
    uint64_t losses, waited, cuts;
} ens_schedule;

/** The rate of step @p t, from 0. */
ENS_API double ens_schedule_rate(const ens_schedule *s, uint64_t t);
/** Plateau: what the loss is now. Others do not listen. */
ENS_API void ens_schedule_loss(ens_schedule *s, double loss);

/* ---- L-BFGS ----------------------------------------------------------------------------- */

typedef struct ens_lbfgs {
    /** The value at x[n], and its gradient. What it fails with is what ens_lbfgs_run() returns. */
    ens_status (*value)(double *out, double *g, const double *x, void *ctx, ens_error *err);
    /** v = inverse(H0) v for a good estimate H0 of the hessian; NULL: scaled from the last step. Not with l1. */
    void (*precondition)(void *ctx, double *v);
    void *ctx;
    const double *l1; /**< [n] weights of |x_i|, added to the value: OWL-QN (Andrew and Gao 2007); NULL: none */
    size_t memory;    /**< steps that are remembered; 0: 10 */
    size_t max_iter;
    double tol;       /**< the predicted decrease that ends it */
    size_t steps;     /**< out: taken */
    int ended;        /**< out: 1 unless max_iter was too few */
} ens_lbfgs;

/**
 * Minimise from x[n] on (Liu and Nocedal 1989), steps halved until the value falls enough.
 * x is the best place that was found, also if max_iter was too few.
 * @return ENS_OK; ENS_EINVAL without value(), or with both precondition() and l1; ENS_ENOMEM; what value() returns
 */
ENS_API ens_status ens_lbfgs_run(double *x, size_t n, ens_lbfgs *how, ens_error *err);

#ifdef __cplusplus
}
#endif
#endif
