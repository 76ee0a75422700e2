/* activate.h - what the units of a neural network make of their sums, and its slope. */
#ifndef ENS_NUM_ACTIVATE_H
#define ENS_NUM_ACTIVATE_H

#include <num/real.h>
#include <stddef.h>

typedef enum ens__activation {
    ENS__RELU,       /* max(z, 0) */
    ENS__LEAKY_RELU, /* max(z, 0.01 z) */
    ENS__TANH,
    ENS__LOGISTIC,   /* 1 / (1 + e^-z) */
    ENS__GELU,       /* z P(normal < z): Hendrycks and Gimpel (2016), their approximation by tanh */
    ENS__SELU        /* Klambauer et al. (2017) */
} ens__activation;

/* Sums are cut to this size first, so that whatever comes of finite weights is finite. */
#define ENS__MOST_SUM 1e15F

/* z[n] becomes f(z), slope[n] f'(z) unless it is NULL; n is a multiple of ENS__REAL_LANES, and both are aligned.
 * The same bits at every CPU level; NaN stays NaN. */
void ens__activate(ens__real *z, ens__real *slope, size_t n, ens__activation kind);
/* x[i] *= y[i] */
void ens__multiply(ens__real *x, const ens__real *y, size_t n);

#endif
