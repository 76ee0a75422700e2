/* paired.h - tests of two or more treatments of the same cases: which of their differences may be chance. */
#ifndef ENS_NUM_PAIRED_H
#define ENS_NUM_PAIRED_H

#include <ensemble/base.h>

/* A statistic, the probability of one as far from what chance gives, or farther, and a confidence interval. */
typedef struct ens__verdict {
    double statistic, p;
    double low, high; /* of the difference; NaN where a test has none */
} ens__verdict;

/* Mean of d[n], differences of scores over n splits of one table, whose training rows overlap: Student's t with
 * the variance times 1/n + ratio, ratio being tested over training rows (Nadeau and Bengio 2003, equation 9).
 * NaN for fewer than two splits. */
ens__verdict ens__paired_resampled(const double *d, size_t n, double ratio, double level);
/* d[5][2], differences over five repeats of two folds: F with 10 and 5 degrees of freedom (Alpaydin 1999). */
ens__verdict ens__paired_five_by_two(const double d[10]);
/* Cases that a alone, and that b alone, has right: the exact test of McNemar (1947), p = 1/2 each. */
ens__verdict ens__paired_mcnemar(size_t a_alone, size_t b_alone);
/* Areas under the ROC curve of two scores a[n], b[n] of the same cases, of which positive[i] says 1 or 0
 * (DeLong, DeLong and Clarke-Pearson 1988, by the ranks of Sun and Xu 2014). The statistic is a standard normal
 * one. NaN if a class is absent. O(n log n). */
ens_status ens__paired_delong(ens__verdict *out, const double *a, const double *b, const unsigned char *positive,
                              size_t n, double level, ens_error *err);
/* Signed ranks of d[n] (Wilcoxon 1945); zeros are left out, ties share their ranks. Exact for up to 50 differences,
 * else normal, corrected for ties. The statistic is the sum of the ranks of positive differences. */
ens_status ens__paired_wilcoxon(ens__verdict *out, const double *d, size_t n, ens_error *err);
/* score[n][k] of k treatments on n sets, more is better: rank[k] the mean rank of each, 1 for the best, ties shared;
 * the statistic is that of Friedman (1937), corrected for ties, chi-square with k - 1 degrees of freedom. */
ens_status ens__paired_friedman(ens__verdict *out, double *rank, const double *score, size_t n, size_t k,
                                ens_error *err);
/* Probability that the mean ranks of some two of k equal treatments on n sets are as far apart as `apart`
 * (Nemenyi 1963; Demsar 2006, 3.2.2). */
double ens__paired_nemenyi(double apart, size_t n, size_t k);
/* p[n] adjusted for their number, in place (Holm 1979). NaN stay and do not count. */
ens_status ens__paired_holm(double *p, size_t n, ens_error *err);

#endif
