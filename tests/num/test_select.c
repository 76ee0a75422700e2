/* test_select.c - weighted quantiles by selection, beside those by sorting. */
#include <config.h>

#include "run.h"

#include <num/rng.h>
#include <num/stats.h>
#include <stdbool.h>

#define MOST 2000

/* Weights are quarters, so sums in any order are exact. */
static void compare(size_t n, uint32_t values, bool weighted, double q, ens__stream *s)
{
    static float x[MOST], w[MOST];
    static double x64[MOST], w64[MOST];
    double want;
    ens_error err;

    for (size_t i = 0; i < n; i++) {
        x64[i] = x[i] = (float)ens__stream_below(s, values) - 7;
        w64[i] = w[i] = (float)(1 + ens__stream_below(s, 9)) / 4;
    }
    ck_ok(ens__quantile_weighted(&want, x64, weighted ? w64 : NULL, n, q, &err));
    ck_assert_msg(ens__select_weighted(x, weighted ? w : NULL, n, q) == want,
                  "n %zu, %u values, q %g", n, values, q);
}

START_TEST(selection_is_sorting)
{
    const double q[] = {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99};
    const uint32_t values[] = {1, 2, 5, 1000000};
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t n = 1; n <= MOST; n += 1 + n / 3)
        for (size_t v = 0; v < 4; v++)
            for (size_t i = 0; i < 7; i++) {
                compare(n, values[v], false, q[i], &s);
                compare(n, values[v], true, q[i], &s);
            }
}
END_TEST

START_TEST(of_nothing_it_is_nan)
{
    ck_assert(isnan(ens__select_weighted(NULL, NULL, 0, 0.5)));
}
END_TEST

START_TEST(halves_meet_midway)
{
    float x[] = {4, 1, 3, 2}, w[] = {1, 2, 1, 4}, same[] = {5, 5, 5};

    ck_assert(ens__select_weighted(x, NULL, 4, 0.5) == 2.5);
    ck_assert(ens__select_weighted(x, w, 4, 0.5) != 2.5);
    ck_assert(ens__select_weighted(same, NULL, 3, 0.5) == 5);
}
END_TEST

/* A large array's is that of the same numbers selected at once: sums of quarters are exact in any order. */
START_TEST(threads_select_the_same)
{
    enum { MANY = 200003 };
    const double q[] = {0.001, 0.1, 0.5, 0.9, 1};
    const uint32_t values[] = {2, 9, 4000000};
    float *x = calloc(MANY, sizeof *x), *w = calloc(MANY, sizeof *w);
    float *a = calloc(MANY, sizeof *a), *b = calloc(MANY, sizeof *b);
    ens__stream s;
    ens_error err;

    ens__stream_init(&s, 2, ENS__FOR_TEST, 0);
    for (size_t v = 0; v < 3; v++)
        for (size_t i = 0; i < 5; i++) {
            double want, got;

            for (size_t r = 0; r < MANY; r++) {
                x[r] = ((float)ens__stream_below(&s, values[v]) - 3) / 8;
                w[r] = v < 2 ? (float)(1 + ens__stream_below(&s, 9)) / 4 : 1;
            }
            memcpy(a, x, MANY * sizeof *x);
            memcpy(b, w, MANY * sizeof *x);
            want = ens__select_weighted(a, v == 1 ? NULL : b, MANY, q[i]);
            for (unsigned t = 1; t < 4; t++) {
                memcpy(a, x, MANY * sizeof *x);
                memcpy(b, w, MANY * sizeof *x);
                ck_ok(ens__select_shared(&got, a, v == 1 ? NULL : b, MANY, q[i],
                                         &(ens_exec){.threads = t}, &err));
                ck_assert_msg(got == want, "q %g of %u values, %u threads: %g, not %g",
                              q[i], values[v], t, got, want);
            }
        }
    free(x);
    free(w);
    free(a);
    free(b);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, selection_is_sorting);
    tcase_add_test(tc, of_nothing_it_is_nan);
    tcase_add_test(tc, halves_meet_midway);
    tcase_add_test(tc, threads_select_the_same);
}

Suite *select_suite(void);
Suite *select_suite(void)
{
    return suite_of("select", add_cases);
}
