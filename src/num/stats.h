/* stats.h - moments and quantiles, weighted; GSL behind them. w may be NULL: all 1. NaN-free input. */
#ifndef ENS_NUM_STATS_H
#define ENS_NUM_STATS_H

#include <ensemble/base.h>

/* Of no rows, or of weights that sum to zero: NaN. */
double ens__mean(const double *x, const double *w, size_t n);
/* Population variance: sum w (x - mean)^2 / sum w. */
double ens__variance(const double *x, const double *w, size_t n, double mean);
/* Quantile q in [0, 1] of sorted x[n], interpolated (gsl_stats_quantile_from_sorted_data; R type 7). */
double ens__quantile_sorted(const double *x, size_t n, double q);
/* The smallest x with cumulative weight at least q of the total (inverse distribution function; ties of exactly
 * q average with the next, so that q = 0.5 and equal weights give the usual median). ENS_EDATA if no weight is
 * positive. */
ens_status ens__quantile_weighted(double *out, const double *x, const double *w, size_t n, double q, ens_error *err);
/* The same quantile of floats by selection, O(n), with w NULL for 1; x and w change their order. NaN if n is 0. */
double ens__select_weighted(float *x, float *w, size_t n, double q);
/* The same, of large arrays in parallel. Any number of threads gives the same bits. */
ens_status ens__select_shared(double *out, float *x, float *w, size_t n, double q, const ens_exec *exec,
                              ens_error *err);
/* Sums over fixed blocks in a fixed order (pairwise): the same for any caller. */
double ens__sum(const double *x, size_t n);

/* Quantile p in (0, 1) of Student's t with df > 0 degrees of freedom. */
double ens__t_quantile(double p, double df);
/* Probability of what is as far from 0 as t, or farther, on either side. */
double ens__t_tails(double t, double df);
double ens__normal_tails(double z);
/* Quantile p in (0, 1) of the standard normal. */
double ens__normal_quantile(double p);

/* Ascending order of x by index, stable. */
void ens__sort_index(uint32_t *order, const double *x, size_t n);
void ens__sort_doubles(double *x, size_t n);
/* The number that sorting would put at place k < n; puts them in another order. */
double ens__kth(double *x, size_t n, size_t k);
/* Only the first and the last `ends` get to where sorting would put them; the others lie between them in any order. */
void ens__sort_ends(double *x, size_t n, size_t ends);

#endif
