/* test_paired.c - tests of pairs, against R 4.2.2, pROC 1.18, SciPy 1.10 and cases worked by hand. */
#include <config.h>

#include "run.h"
#include <num/paired.h>
#include <num/rng.h>
#include <num/stats.h>

/* Published decimals of the references, or printed ones: 1e-12 unless a test says otherwise. */
#define NEAR 1e-12

static ens_error err;

START_TEST(resampled_t_by_hand)
{
    const double d[] = {0.1, 0.3, 0.2, 0.2}; /* mean 0.2, variance 0.02 / 3 */
    ens__verdict v = ens__paired_resampled(d, 4, 1.0 / 3, 0.95);
    double deviation = sqrt(0.02 / 3 * (0.25 + 1.0 / 3));

    ck_assert_double_eq_tol(v.statistic, 0.2 / deviation, NEAR);
    ck_assert_double_eq_tol(v.p, ens__t_tails(0.2 / deviation, 3), NEAR);
    ck_assert_double_eq_tol(v.low + v.high, 0.4, NEAR);
    /* qt(0.975, 3) */
    ck_assert_double_eq_tol(v.high - 0.2, 3.182446305284264 * deviation, 1e-10);
    v = ens__paired_resampled(d, 4, 0, 0.95); /* the plain paired t */
    ck_assert_double_eq_tol(v.statistic, 0.2 / sqrt(0.02 / 12), NEAR);
    ck_assert(isnan(ens__paired_resampled(d, 1, 0, 0.95).p));
}
END_TEST

START_TEST(resampled_t_of_what_never_differs)
{
    const double none[3] = {0, 0, 0}, same[3] = {0.5, 0.5, 0.5};

    ck_assert(ens__paired_resampled(none, 3, 0.5, 0.9).p == 1);
    ck_assert(ens__paired_resampled(same, 3, 0.5, 0.9).p == 0);
    ck_assert(ens__paired_resampled(same, 3, 0.5, 0.9).low == 0.5);
}
END_TEST

START_TEST(five_by_two_by_hand)
{
    /* Differences 1 and 3 in each repeat: variance 2, squares 10; F = 50 / 20. */
    const double d[10] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3}, none[10] = {0};
    ens__verdict v = ens__paired_five_by_two(d);

    ck_assert_double_eq_tol(v.statistic, 2.5, NEAR);
    ck_assert_double_eq_tol(v.p, 0.16183474152195765, NEAR); /* pf(2.5, 10, 5, lower = FALSE) */
    ck_assert(ens__paired_five_by_two(none).p == 1);
}
END_TEST

START_TEST(mcnemar_is_binomial)
{
    ck_assert_double_eq_tol(ens__paired_mcnemar(3, 12).p, 0.03515625, NEAR); /* binom.test(3, 15) */
    ck_assert_double_eq_tol(ens__paired_mcnemar(12, 3).p, 0.03515625, NEAR);
    ck_assert(ens__paired_mcnemar(12, 3).statistic == 9);
    ck_assert(ens__paired_mcnemar(5, 5).p == 1);
    ck_assert(ens__paired_mcnemar(0, 0).p == 1);
    ck_assert_double_gt(ens__paired_mcnemar(100000, 100400).p, 0.3);
    ck_assert_double_lt(ens__paired_mcnemar(100000, 102000).p, 1e-4);
}
END_TEST

START_TEST(delong_is_that_of_proc)
{
    const unsigned char y[] = {1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0};
    const double a[] = {.9, .2, .7, .4, .4, .3, .8, .6, .55, .1, .95, .35};
    const double b[] = {.6, .5, .7, .2, .45, .3, .5, .6, .65, .4, .3, .7};
    ens__verdict v;

    ck_ok(ens__paired_delong(&v, a, b, y, 12, 0.95, &err));
    ck_assert_double_eq_tol(v.statistic, 2.19344770045819, NEAR);
    ck_assert_double_eq_tol(v.p, 0.0282751387779986, NEAR);
    ck_assert_double_eq_tol(v.low, 0.0428740800271459, NEAR);
    ck_assert_double_eq_tol(v.high, 0.7626814755284095, NEAR);
    ck_ok(ens__paired_delong(&v, a, a, y, 12, 0.95, &err));
    ck_assert(v.p == 1);
    ck_ok(ens__paired_delong(&v, a, b, y, 2, 0.95, &err));
    ck_assert(isnan(v.p));
}
END_TEST

START_TEST(wilcoxon_exact_and_normal)
{
    const double d[] = {0.3, -0.1, 0.5, 0.2, 0.9, -0.4, 0.7, 0.05, 0.6, 1.1};
    double e[60];
    ens__verdict v;

    ck_ok(ens__paired_wilcoxon(&v, d, 10, &err));
    ck_assert(v.statistic == 48); /* of 55; those below 0 have 2 and 5 */
    ck_assert_double_eq_tol(v.p, 0.037109375, NEAR); /* scipy, exact */
    for (size_t i = 0; i < 60; i++)
        e[i] = round((sin((double)i * 1.7) + 0.2) * 10) / 10; /* two zeros and many ties */
    ck_ok(ens__paired_wilcoxon(&v, e, 60, &err));
    ck_assert_double_eq_tol(v.p, 0.027981145489945597, NEAR); /* scipy, normal without continuity */
    ck_ok(ens__paired_wilcoxon(&v, d, 0, &err));
    ck_assert(v.p == 1);
}
END_TEST

/* All 2^n signs, one after the other. */
static double naive_signed_ranks(const double *rank, size_t n, double plus)
{
    double total = 0, extreme = 0, middle;

    for (size_t i = 0; i < n; i++)
        total += rank[i];
    middle = total / 2;
    for (unsigned long s = 0; s < 1ul << n; s++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += (s >> i & 1) != 0 ? rank[i] : 0;
        extreme += fabs(sum - middle) >= fabs(plus - middle);
    }
    return extreme / (double)(1ul << n);
}

START_TEST(wilcoxon_counts_ties_exactly)
{
    const double d[] = {1, -1, 2, 2, 2, -3, 4, 4, -5, 6}, rank[] = {1.5, 1.5, 4, 4, 4, 6, 7.5, 7.5, 9, 10};
    ens__verdict v;

    ck_ok(ens__paired_wilcoxon(&v, d, 10, &err));
    ck_assert(v.statistic == 38.5);
    ck_assert_double_eq_tol(v.p, naive_signed_ranks(rank, 10, 38.5), NEAR);
}
END_TEST

START_TEST(friedman_is_that_of_r)
{
    const double score[] = {.9, .8, .7, .8, .8, .6, .7, .75, .6, .95, .9, .9, .6, .5, .55};
    double rank[3];
    ens__verdict v;

    ck_ok(ens__paired_friedman(&v, rank, score, 5, 3, &err));
    ck_assert_double_eq_tol(v.statistic, 5.444444444444451, NEAR);
    ck_assert_double_eq_tol(v.p, 0.06572852861653028, NEAR);
    ck_assert_double_eq_tol(rank[0], 1.3, NEAR);
    ck_assert_double_eq_tol(rank[1], 2.0, NEAR);
    ck_assert_double_eq_tol(rank[2], 2.7, NEAR);
    memset(rank, 0, sizeof rank);
    ck_ok(ens__paired_friedman(&v, rank, (double[6]){0}, 2, 3, &err));
    ck_assert(v.p == 1 && rank[1] == 2);
}
END_TEST

START_TEST(nemenyi_is_the_range_of_normals)
{
    /* ptukey(2 sqrt(2), 3, Inf), ptukey(1.5 sqrt(2), 5, Inf): mean ranks apart by 2 and 1.5 standard errors */
    ck_assert_double_eq_tol(ens__paired_nemenyi(2 * sqrt(3 * 4 / (6.0 * 10)), 10, 3), 0.112183114278097, 1e-9);
    ck_assert_double_eq_tol(ens__paired_nemenyi(1.5 * sqrt(5 * 6 / (6.0 * 7)), 7, 5), 0.562449437917816, 1e-9);
    /* Demsar (2006), table 5: four classifiers, 14 sets, q = 2.569, critical difference 1.25 at 0.05 */
    ck_assert_double_gt(ens__paired_nemenyi(1.25, 14, 4), 0.05);
    ck_assert_double_lt(ens__paired_nemenyi(1.26, 14, 4), 0.05);
    ck_assert(ens__paired_nemenyi(0, 5, 3) == 1);
}
END_TEST

START_TEST(holm_is_that_of_r)
{
    double p[] = {.01, .04, NAN, .03, .005, .5};
    const double adjusted[] = {.04, .09, NAN, .09, .025, .5};

    ck_ok(ens__paired_holm(p, 6, &err));
    for (size_t i = 0; i < 6; i++)
        ck_assert(i == 2 ? isnan(p[i]) : fabs(p[i] - adjusted[i]) < NEAR);
}
END_TEST


START_TEST(tests_of_rows_keep_their_level)
{
    size_t delong = 0, wilcoxon = 0, n_tables = 1000;

    for (size_t t = 0; t < n_tables; t++) {
        enum { N = 60 };
        double a[N], b[N], d[N];
        unsigned char y[N];
        ens__verdict v;
        ens__stream s;

        ens__stream_init(&s, 12, ENS__FOR_TEST, t);
        for (size_t i = 0; i < N; i++) {
            y[i] = i % 2;
            a[i] = y[i] + ens__stream_gaussian(&s);
            b[i] = y[i] + ens__stream_gaussian(&s);
            d[i] = a[i] - b[i];
        }
        ck_ok(ens__paired_delong(&v, a, b, y, N, 0.95, &err));
        delong += v.p < 0.05;
        ck_ok(ens__paired_wilcoxon(&v, d, N, &err));
        wilcoxon += v.p < 0.05;
    }
    /* Binomial, 1000 of 0.05: four standard deviations are 28. */
    ck_assert_msg(delong > 22 && delong < 78, "DeLong: %zu of 1000", delong);
    ck_assert_msg(wilcoxon > 22 && wilcoxon < 78, "Wilcoxon: %zu of 1000", wilcoxon);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, resampled_t_by_hand);
    tcase_add_test(tc, resampled_t_of_what_never_differs);
    tcase_add_test(tc, five_by_two_by_hand);
    tcase_add_test(tc, mcnemar_is_binomial);
    tcase_add_test(tc, delong_is_that_of_proc);
    tcase_add_test(tc, wilcoxon_exact_and_normal);
    tcase_add_test(tc, wilcoxon_counts_ties_exactly);
    tcase_add_test(tc, friedman_is_that_of_r);
    tcase_add_test(tc, nemenyi_is_the_range_of_normals);
    tcase_add_test(tc, holm_is_that_of_r);
    tcase_add_test(tc, tests_of_rows_keep_their_level);
}

Suite *paired_suite(void);

Suite *paired_suite(void)
{
    return suite_of("paired", add);
}
