/* chi.h - the chi-square test of counts. */
#ifndef TESTS_NUM_CHI_H
#define TESTS_NUM_CHI_H

#include <gsl/gsl_cdf.h>

/* Upper tail of the chi-square statistic of cells against what each is expected to be. */
static inline double chi_square_p(const double *seen, const double *expected,
                                  size_t cells)
{
    double chi = 0;

    for (size_t i = 0; i < cells; i++)
        chi += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
    return gsl_cdf_chisq_Q(chi, (double)(cells - 1));
}

/* The counts may come from these expectations. The seeds are fixed, so this passes or fails for ever; a wrong
 * sampler gives probabilities far below the limits, and one that is too even is wrong too. */
#define ck_chi_square(seen, expected, cells)                                             \
    do {                                                                                 \
        double ck_p_ = chi_square_p((seen), (expected), (cells));                        \
        ck_assert_msg(ck_p_ > 1e-3 && ck_p_ < 1 - 1e-3, "chi-square probability %g",     \
                      ck_p_);                                                            \
    } while (0)

#endif
