/* sample.h - random rows and features. */
#ifndef ENS_NUM_SAMPLE_H
#define ENS_NUM_SAMPLE_H

#include <ensemble/base.h>
#include <num/rng.h>

/* m draws with replacement out of n: count[n] is set to how often each came. Multinomial. */
void ens__sample_bootstrap(uint32_t *count, size_t n, size_t m, ens__stream *s);
/* m of n without replacement, ascending. O(m^2) for few of many, else O(n). */
void ens__sample_choose(uint32_t *out, size_t m, size_t n, ens__stream *s);
/* A random order of v[n]: gsl_ran_shuffle. */
void ens__sample_shuffle(uint32_t *v, size_t n, ens__stream *s);
/* m draws with replacement with probabilities in proportion to w[n], not negative: ENS_EDATA if all are zero.
 * O(n + m). */
ens_status ens__sample_weighted(uint32_t *count, const double *w, size_t n, size_t m, ens__stream *s, ens_error *err);

#endif
