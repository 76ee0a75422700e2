/* svd.h - singular values of a square matrix. */
#ifndef ENS_NUM_SVD_H
#define ENS_NUM_SVD_H

#include <stddef.h>

/* The singular values s[q] of a[q][q], the largest first, and its right singular vectors v[q][q], a row each. One-sided
 * Jacobi rotations of columns (Hestenes 1958), which also find small values to almost all their digits (Demmel and
 * Veselic 1992). Overwrites a. */
void ens__svd(double *a, size_t q, double *s, double *v);

#endif
