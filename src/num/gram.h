/* gram.h - sums of products over blocks of rows: Z'WZ, Z'r and Z theta.
 *
 * A block is ENS__GRAM_ROWS rows of q columns, z[j * ENS__GRAM_ROWS + i], to 64 bytes aligned; rows that are not
 * there are zero.  Each sum is eight sums of every eighth row, added in a fixed order, so that it is a loop of
 * vectors and has the same bits at every CPU level. */
#ifndef ENS_NUM_GRAM_H
#define ENS_NUM_GRAM_H

#include <stddef.h>

#define ENS__GRAM_ROWS 256

/* h[a * q + b] += sum_i left_ia z_ib for b <= a: the lower triangle, if left is z times weights. */
void ens__gram_add(double *h, const double *left, const double *z, size_t q);
/* out[c * q + j] += sum_i z_ij r_ci for k columns r, of a block each */
void ens__gram_times(double *out, const double *z, const double *r, size_t q, size_t k);
/* out_ci = sum_j z_ij theta[c * q + j], k blocks */
void ens__gram_scores(double *out, const double *z, const double *theta, size_t q, size_t k);
/* out_ij = w_i z_ij */
void ens__gram_weigh(double *out, const double *z, const double *w, size_t q);
/* *low and *high are moved to the least and the most of x[n], not NaN, and what they are. */
void ens__gram_extent(double *low, double *high, const double *x, size_t n);
/* out[i] = x[i] * scale - mean */
void ens__gram_standardise(double *out, const double *x, size_t n, double scale, double mean);
/* sum_i a_i b_i of one block; any alignment. */
double ens__dot(const double *a, const double *b, size_t n);

/* Add the rows of a block, of q columns, to the triangle of a QR decomposition: r[q][q], of which the upper
 * triangle is used, becomes that of the stacked matrix by Householder reflections.  The block is overwritten. */
void ens__qr_add(double *r, double *z, size_t q);
/* Add the rows of another such triangle. scratch[q][ENS__GRAM_ROWS], to 64 bytes aligned. */
void ens__qr_merge(double *r, const double *from, size_t q, double *scratch);

#endif
