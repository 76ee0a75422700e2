/* near_kernels.h - distances from a point to those of a tile. */
#ifndef ENS_NUM_NEAR_KERNELS_H
#define ENS_NUM_NEAR_KERNELS_H

#include <num/near.h>

/* d[i] = sum_j |q_j - tile[j * ENS__NEAR_TILE + i]|^power, and the bits of those that are at most `bound`. May return 0
 * before the sums are complete, once all are above it. */
uint32_t ens__near_tile(double *d, const double *q, const double *tile, size_t p, double power,
                        double bound);

#endif
