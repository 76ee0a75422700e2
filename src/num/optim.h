/* optim.h - minimising a function of many numbers, knowing nothing of learners.
 *
 * Two families: steps along a gradient, which may be of a sample of the rows, with state of their own and a rate that
 * follows a schedule; and L-BFGS, which calls the function itself.  Formulas and names of parameters are PyTorch's. */
#ifndef ENS_NUM_OPTIM_H
#define ENS_NUM_OPTIM_H

#include <ensemble/base.h>
#include <stdbool.h>

/* ---- Steps along a gradient ------------------------------------------------------------- */

typedef enum ens__optim_kind {
    ENS__SGD,      /* x -= rate g: gradient descent, if g is of all rows */
    ENS__MOMENTUM, /* Polyak (1964): v = momentum v + g; x -= rate v */
    ENS__NESTEROV, /* Nesterov (1983): x -= rate (g + momentum v) */
    ENS__ADAGRAD,  /* Duchi et al. (2011) */
    ENS__RMSPROP,  /* Tieleman and Hinton (2012) */
    ENS__ADAM,     /* Kingma and Ba (2015) */
    ENS__ADAMW,    /* Loshchilov and Hutter (2019) */
    ENS__NADAM     /* Dozat (2016) */
} ens__optim_kind;

typedef struct ens__optim_params {
    ens__optim_kind kind;
    double momentum;     /* momentum, nesterov: 0.9 */
    double beta1, beta2; /* adam and its kin: 0.9, 0.999; rmsprop has beta2 for alpha */
    double epsilon;      /* added to roots: 1e-8; adagrad 1e-10 */
    double weight_decay; /* added to the gradient as weight_decay x; adamw: x *= 1 - rate weight_decay instead */
    double clip_norm;    /* gradients are shortened to this length; 0: not */
} ens__optim_params;

typedef struct ens__optim {
    ens__optim_params params;
    size_t n;
    uint64_t steps;
    double schedule;     /* nadam: the product of its momenta so far */
    double *first;       /* [n] velocity, or mean of gradients */
    double *second;      /* [n] sum or mean of their squares */
} ens__optim;

/* What PyTorch has by default, of a kind. */
ens__optim_params ens__optim_defaults(ens__optim_kind kind);
ens_status ens__optim_init(ens__optim *o, const ens__optim_params *params, size_t n, ens_error *err);
void ens__optim_clear(ens__optim *o);
/* One step: x[n] by the gradient g[n], which is overwritten. O(n). */
void ens__optim_step(ens__optim *o, double *x, double *g, double rate);

/* ---- Rates ------------------------------------------------------------------------------ */

typedef enum ens__schedule_kind {
    ENS__CONSTANT,
    ENS__INVERSE, /* rate / (t + 1)^power */
    ENS__STEPS,   /* rate * factor^floor(t / every) */
    ENS__COSINE,  /* linear over the first `warm_up` steps, then half a cosine to 0 at `total` */
    ENS__PLATEAU  /* times factor once `patience` losses in a row were no better than the best by tol */
} ens__schedule_kind;

typedef struct ens__schedule {
    ens__schedule_kind kind;
    double rate, power, factor, tol;
    uint64_t every, warm_up, total, patience;
    /* Of plateau, from zeros on: */
    double best;
    uint64_t losses, waited, cuts;
} ens__schedule;

/* The rate of step t, from 0. */
double ens__schedule_rate(const ens__schedule *s, uint64_t t);
/* Plateau: what the loss is now. Others do not listen. */
void ens__schedule_loss(ens__schedule *s, double loss);

/* ---- L-BFGS ----------------------------------------------------------------------------- */

typedef struct ens__lbfgs {
    /* The value at x[n], and its gradient. */
    ens_status (*value)(double *out, double *g, const double *x, void *ctx, ens_error *err);
    /* v = inverse(H0) v for an estimate H0 of the hessian; NULL: scaled from the last step. Not with l1. */
    void (*precondition)(void *ctx, double *v);
    void *ctx;
    const double *l1; /* [n] weights of |x_i|, added to the value: OWL-QN (Andrew and Gao 2007); NULL: none */
    size_t memory;    /* steps that are remembered: 10 */
    size_t max_iter;
    double tol;       /* the predicted decrease that ends it */
    size_t steps;     /* out: taken */
    int ended;        /* out: 1 unless max_iter was too few */
} ens__lbfgs;

/* Minimise from x[n] on (Liu and Nocedal 1989), steps halved until the value falls enough. */
ens_status ens__lbfgs_run(double *x, size_t n, ens__lbfgs *how, ens_error *err);

#endif
