/* mix.h - weights, none of them negative, that make one prediction of many. */
#ifndef ENS_NUM_MIX_H
#define ENS_NUM_MIX_H

#include <ensemble/base.h>

/* What is mixed: column m of p is what member m says of each row. */
typedef struct ens__mix {
    const double *p; /* [m][n] */
    const double *y; /* [n] for squares: the truth */
    const double *w; /* [n] weights of the rows, positive; NULL: 1 */
    size_t n, m;
    const ens_exec *exec;
} ens__mix;

/* x[q] >= 0 that minimises x'Ax / 2 - b'x, for a[q][q] in full, symmetric and not negative. Columns that depend on
 * those that are in use get 0. */
ens_status ens__mix_nonnegative(double *x, const double *a, const double *b, size_t q, ens_error *err);

/* x[m] >= 0 with the sum 1 that minimises -sum_i w_i log(sum_m x_m p_mi), p positive. O(n m^2) a step, of which a few
 * are enough; rows in parallel, the same bits for any number of threads. */
ens_status ens__mix_likelihood(double *x, const ens__mix *mix, ens_error *err);
/* x[m] >= 0 that minimises sum_i w_i (y_i - sum_m x_m p_mi)^2. */
ens_status ens__mix_squares(double *x, const ens__mix *mix, ens_error *err);

#endif
