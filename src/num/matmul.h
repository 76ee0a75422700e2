/* matmul.h - products of small matrices, with the same bits at every CPU level.
 *
 * Each sum runs over its products in their order, one multiplication and one addition each, never fused: how it is cut
 * into tiles, rows or threads does not show.  Rows of b and c lie apart by a multiple of ENS__REAL_LANES and begin at
 * 64 bytes. */
#ifndef ENS_NUM_MATMUL_H
#define ENS_NUM_MATMUL_H

#include <num/real.h>
#include <stddef.h>

typedef struct ens__matmul_args {
    ens__real *c;           /* [m][c_row] of which n are set, a multiple of ENS__REAL_LANES */
    const ens__real *a;     /* element (i, l) is a[i * a_row + l * a_step], so that it may be a transpose */
    const ens__real *b;     /* [depth][b_row] */
    const ens__real *start; /* [n] added to the first product of each column; NULL: 0 */
    size_t m, n, depth;
    size_t c_row, a_row, a_step, b_row;
} ens__matmul_args;

/* c_ij = start_j + sum_l a_il b_lj */
void ens__matmul(const ens__matmul_args *args);
/* out[j] = sum_i x[i * stride + j] for j < n, a multiple of ENS__REAL_LANES */
void ens__column_sums(ens__real *out, const ens__real *x, size_t m, size_t n, size_t stride);
/* out[j * out_row + i] = x[i * x_row + j] for i < m, j < n */
void ens__transpose(ens__real *out, size_t out_row, const ens__real *x, size_t x_row, size_t m, size_t n);

#endif
