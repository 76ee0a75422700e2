/* real.h - the numbers of a neural network: float.
 *
 * A test compiles the files that use ens__real once more with ENS__DOUBLE, to compare gradients with differences that
 * floats are too coarse for; their functions have other names there. */
#ifndef ENS_NUM_REAL_H
#define ENS_NUM_REAL_H

#include <num/elementary.h>

#ifdef ENS__DOUBLE
typedef double ens__real;
#define ens__real_exp ens__exp
#define ens__matmul ens__matmul_double
#define ens__column_sums ens__column_sums_double
#define ens__transpose ens__transpose_double
#define ens__activate ens__activate_double
#define ens__multiply ens__multiply_double
#define ens__net_forward ens__net_forward_double
#define ens__net_backward ens__net_backward_double
#define ens__net_transpose ens__net_transpose_double
#define ens__net_start ens__net_start_double
#define ens__net_fold ens__net_fold_double
#define ens__net_run ens__net_run_double
#define ens__net_init ens__net_init_double
#define ens__net_clear ens__net_clear_double
#define ens__net_work_init ens__net_work_init_double
#define ens__net_work_clear ens__net_work_clear_double
#define ens__net_run_size ens__net_run_size_double
#else
typedef float ens__real;
#define ens__real_exp ens__expf
#endif

/* Columns of a matrix are filled up with zeros to a multiple of these. */
#define ENS__REAL_LANES 16
#define ENS__REAL_PAD(n) (((n) + ENS__REAL_LANES - 1) / ENS__REAL_LANES * ENS__REAL_LANES)

#endif
