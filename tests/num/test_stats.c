/* test_stats.c - sums, moments, quantiles. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <num/rng.h>
#include <num/stats.h>

START_TEST(sum_is_near_the_exact_one)
{
    static const size_t size[] = {0, 1, 7, 8, 127, 128, 129, 1000, 100003};
    double *x = malloc(100003 * sizeof *x);
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        long double exact = 0, absolute = 0;

        for (size_t i = 0; i < size[k]; i++) {
            x[i] = ens__stream_gaussian(&s) * pow(2, ens__stream_below(&s, 20));
            exact += x[i];
            absolute += fabs(x[i]);
        }
        /* (log2(n / 128) + 16 + 3) roundings, each of half an ulp of what was summed so far. */
        ck_assert(fabsl(ens__sum(x, size[k]) - exact) <= 36 * 0x1p-53L * absolute);
    }
    free(x);
}
END_TEST

START_TEST(sum_loses_nothing_that_counts)
{
    size_t n = 1000000;
    double *x = malloc(n * sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = 0.1;
    /* One after the other gives 100000.00000133288. */
    ck_assert_double_eq_tol(ens__sum(x, n), 1e5, 1e-9);
    free(x);
}
END_TEST

START_TEST(mean_and_variance_by_hand)
{
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9}, w[] = {1, 3, 0, 0, 2, 0, 1, 1};

    ck_assert(ens__mean(x, NULL, 8) == 5);
    ck_assert(ens__variance(x, NULL, 8, 5) == 4);
    ck_assert(ens__mean(x, w, 8) == 5); /* the same table, with counts */
    ck_assert(ens__variance(x, w, 8, 5) == 4);
    ck_assert(isnan(ens__mean(x, NULL, 0)));
    ck_assert(isnan(ens__mean(x, w + 2, 2)));
}
END_TEST

START_TEST(variance_stands_far_from_zero)
{
    double x[1000];

    for (int i = 0; i < 1000; i++)
        x[i] = 1e9 + (i % 2);
    ck_assert(ens__mean(x, NULL, 1000) == 1e9 + 0.5);
    ck_assert(ens__variance(x, NULL, 1000, 1e9 + 0.5) == 0.25);
}
END_TEST

/* R: quantile(c(1, 3, 4, 8, 15, 16, 23, 42), c(0, .1, .25, .5, .6, .75, .9, 1), type = 7) */
START_TEST(quantile_is_type_7)
{
    const double x[] = {1, 3, 4, 8, 15, 16, 23, 42};
    const double q[] = {0, .1, .25, .5, .6, .75, .9, 1};
    const double r[] = {1, 2.4, 3.75, 11.5, 15.2, 17.75, 28.7, 42};

    for (int i = 0; i < 8; i++)
        ck_assert_double_eq_tol(ens__quantile_sorted(x, 8, q[i]), r[i], 1e-13);
    ck_assert(ens__quantile_sorted(x, 1, 0.7) == 1);
}
END_TEST

START_TEST(weighted_median_is_the_usual_one)
{
    const double odd[] = {5, 1, 3}, even[] = {8, 1, 3, 4};
    double out;
    ens_error err;

    ck_ok(ens__quantile_weighted(&out, odd, NULL, 3, 0.5, &err));
    ck_assert(out == 3);
    ck_ok(ens__quantile_weighted(&out, even, NULL, 4, 0.5, &err));
    ck_assert(out == 3.5);
}
END_TEST

START_TEST(weighted_quantiles_by_hand)
{
    /* Sorted: 1 (weight 2), 2 (0), 4 (1), 6 (5); cumulative 2, 2, 3, 8. */
    const double x[] = {6, 4, 1, 2}, w[] = {5, 1, 2, 0};
    static const struct {
        double q, answer;
    } known[] = {{0, 1},     {0.2, 1},   {0.25, 2.5}, {0.3, 4},
                 {0.375, 5}, {0.376, 6}, {0.9, 6},    {1, 6}};
    double out;
    ens_error err;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ck_ok(ens__quantile_weighted(&out, x, w, 4, known[i].q, &err));
        ck_assert_msg(out == known[i].answer, "q %g: %g", known[i].q, out);
    }
}
END_TEST

START_TEST(weights_are_as_repeats)
{
    enum { N = 60 };
    double x[N], w[N], repeated[N * 4], a, b;
    ens__stream s;
    ens_error err;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (int round = 0; round < 50; round++) {
        size_t n = 0;

        for (int i = 0; i < N; i++) {
            x[i] = ens__stream_below(&s, 20);
            w[i] = ens__stream_below(&s, 5);
            for (int k = 0; k < w[i]; k++)
                repeated[n++] = x[i];
        }
        for (int k = 0; k <= 8; k++) {
            ck_ok(ens__quantile_weighted(&a, x, w, N, k / 8.0, &err));
            ck_ok(ens__quantile_weighted(&b, repeated, NULL, n, k / 8.0, &err));
            ck_assert(a == b);
        }
        ck_assert_double_eq_tol(ens__mean(x, w, N), ens__mean(repeated, NULL, n), 1e-12);
    }
}
END_TEST

START_TEST(quantile_of_no_weight_is_an_error)
{
    const double x[] = {1, 2}, w[] = {0, 0};
    double out = 9;
    ens_error err;

    ck_fails(ens__quantile_weighted(&out, x, w, 2, 0.5, &err), ENS_EDATA,
             "weights sum to 0");
    ck_fails(ens__quantile_weighted(&out, x, NULL, 0, 0.5, &err), ENS_EDATA,
             "quantile of 0 values");
    ens__mem_fail_at(0);
    ens_status st = ens__quantile_weighted(&out, x, NULL, 2, 0.5, &err);
    ens__mem_fail_at(-1);
    ck_assert_int_eq(st, ENS_ENOMEM);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, sum_is_near_the_exact_one);
    tcase_add_test(tc, sum_loses_nothing_that_counts);
    tcase_add_test(tc, mean_and_variance_by_hand);
    tcase_add_test(tc, variance_stands_far_from_zero);
    tcase_add_test(tc, quantile_is_type_7);
    tcase_add_test(tc, weighted_median_is_the_usual_one);
    tcase_add_test(tc, weighted_quantiles_by_hand);
    tcase_add_test(tc, weights_are_as_repeats);
    tcase_add_test(tc, quantile_of_no_weight_is_an_error);
}

Suite *stats_suite(void);

Suite *stats_suite(void)
{
    return suite_of("stats", add);
}
