/* sorted.h - the numbers of a feature in their order, and their quantiles. */
#ifndef ENS_PREP_SORTED_H
#define ENS_PREP_SORTED_H

#include <ensemble/ext.h>

/* Values that are there, in their order, each with the weight of those up to it. */
typedef struct ens__sorted {
    double *x, *upto; /* [n] */
    size_t n;
} ens__sorted;

/* Of the rows of a fit. Weights that add up to less than the rows are taken for shares of these. */
ens_status ens__sort_feature(ens__sorted *out, const ens_fit_args *a, size_t j, ens_error *err);
void ens__sorted_clear(ens__sorted *s);
/* As numpy's percentile, of values that each stand there as often as they weigh. There is one at least. */
double ens__sorted_quantile(const ens__sorted *s, double q);

#endif
