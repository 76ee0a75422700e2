/* test_gram.c - sums of products over a block of rows, beside their definitions and at each CPU level. */
#include <config.h>

#include "run.h"

#include <core/cpu.h>
#include <num/gram.h>
#include <num/rng.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS, MOST_Q = 11, MOST_K = 9 };

typedef struct results {
    double gram[MOST_Q * MOST_Q], times[MOST_K * MOST_Q], scores[MOST_K * N];
    double low, high;
} results;

static _Alignas(64) double z[MOST_Q * N], r[MOST_K * N], theta[MOST_K * MOST_Q];

static void fill(double *x, size_t n, ens__stream *s)
{
    for (size_t i = 0; i < n; i++)
        x[i] = ens__stream_uniform(s) * 4 - 2;
}

static void compute(results *out, size_t q, size_t k)
{
    static _Alignas(64) double left[MOST_Q * N], scores[MOST_K * N];

    memset(out, 0, sizeof *out);
    ens__gram_weigh(left, z, r, q);
    ens__gram_add(out->gram, left, z, q);
    ens__gram_times(out->times, z, r, q, k);
    ens__gram_scores(scores, z, theta, q, k);
    memcpy(out->scores, scores, sizeof scores);
    out->low = out->high = z[0];
    ens__gram_extent(&out->low, &out->high, z, q * N - 3);
}

/* Errors are of some rounding of 256 terms below 8, or of 11. */
static void compare(const results *is, size_t q, size_t k)
{
    const double tolerance = 1e-12;
    double low = z[0], high = z[0];

    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) {
            double sum = 0;

            for (size_t i = 0; i < N && b <= a; i++)
                sum += r[i] * z[a * N + i] * z[b * N + i];
            ck_assert_double_eq_tol(is->gram[a * q + b], sum, tolerance);
        }
    for (size_t c = 0; c < k; c++) {
        for (size_t j = 0; j < q; j++) {
            double sum = 0;

            for (size_t i = 0; i < N; i++)
                sum += r[c * N + i] * z[j * N + i];
            ck_assert_double_eq_tol(is->times[c * q + j], sum, tolerance);
        }
        for (size_t i = 0; i < N; i++) {
            double sum = 0;

            for (size_t j = 0; j < q; j++)
                sum += theta[c * q + j] * z[j * N + i];
            ck_assert_double_eq_tol(is->scores[c * N + i], sum, tolerance);
        }
    }
    for (size_t i = 0; i < q * N - 3; i++) {
        low = fmin(low, z[i]);
        high = fmax(high, z[i]);
    }
    ck_assert(is->low == low && is->high == high);
}

START_TEST(sums_are_as_defined_at_every_level)
{
    static results is[3];
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (size_t q = 1; q <= MOST_Q; q++)
        for (size_t k = 1; k <= MOST_K; k++) {
            fill(z, q * N, &s);
            fill(r, k * N, &s);
            fill(theta, k * q, &s);
            for (int level = ENS__CPU_V4; level >= ENS__CPU_BASE; level--) {
                ens__cpu_cap((ens__cpu)level);
                compute(&is[level], q, k);
                ck_assert(memcmp(&is[level], &is[ENS__CPU_V4], sizeof *is) == 0);
            }
            ens__cpu_cap(ENS__CPU_V4);
            compare(&is[0], q, k);
        }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, sums_are_as_defined_at_every_level);
}

Suite *gram_suite(void);
Suite *gram_suite(void)
{
    return suite_of("gram", add);
}
