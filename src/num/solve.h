/* solve.h - small dense systems: Cholesky that passes over dependent columns, coordinate descent. */
#ifndef ENS_NUM_SOLVE_H
#define ENS_NUM_SOLVE_H

#include <stdbool.h>
#include <stddef.h>

/* a[q][q], symmetric, its lower triangle given, becomes L with LL' = a in that triangle.  A column whose pivot is
 * below tol times its diagonal depends on those before: it is passed over, its row and column are zero and
 * aliased[j] is set. Columns that are aliased already stay so. */
void ens__chol_factor(double *a, size_t q, double tol, bool *aliased);
/* x = inverse(L) x, and the solution of LL' x = x; 0 where aliased. */
void ens__chol_forward(const double *l, size_t q, const bool *aliased, double *x);
void ens__chol_solve(const double *l, size_t q, const bool *aliased, double *x);

/* Least squares from the triangle of a QR decomposition, r[q + 1][q + 1] of columns z and then the response.
 * Columns whose part that is new is below tol of their norm are aliased.  l[q][q] gets a lower triangle with LL' =
 * Z'Z, theta[q] the solution, *rss the sum of squares that is left.  Overwrites r. */
void ens__qr_solve(double *r, size_t q, double tol, double *l, bool *aliased, double *theta,
                   double *rss);

/* Minimise theta'A theta / 2 - b'theta + sum_j l1_j |theta_j| from theta[q] on by cyclic coordinate descent (Friedman,
 * Hastie and Tibshirani 2010), a[q][q] in full; g[q] is scratch.  Ends when no step changes the objective by more than
 * tol^2, or after max_sweeps. @return the sweeps taken */
size_t ens__descend(double *theta, const double *a, const double *b, const double *l1, size_t q,
                    double tol, size_t max_sweeps, double *g);

#endif
