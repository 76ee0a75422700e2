/* test_near.c - the nearest points are those that a plain search finds, at every CPU level, with and without a tree. */
#include <config.h>

#include "run.h"
#include <core/cpu.h>
#include <core/mem.h>
#include <num/near.h>
#include <num/rng.h>

enum { K = 7, MOST_P = 40, QUERIES = 70 };

static ens_error err;

typedef struct found {
    size_t n_queries;
    ens__near_point at[QUERIES][K];
} found;

static void keep(void *ctx, size_t q, const ens__near_point *at)
{
    found *f = ctx;

    memcpy(f->at[q], at, sizeof f->at[q]);
    f->n_queries++;
}

static void search(found *f, const double *x, size_t n, size_t p, const double *query, const ens__near_options *options)
{
    double *q = malloc(QUERIES * p * sizeof *q), *back = malloc(n * p * sizeof *back);
    ens__near *t;
    void *scratch;

    f->n_queries = 0;
    memcpy(q, query, QUERIES * p * sizeof *q);
    ck_ok(ens__near_new(&t, x, n, p, options, &err));
    scratch = ens__aligned(1, ens__near_scratch(t, K));
    ens__near_search(t, q, QUERIES, K, scratch, keep, f);
    ck_assert_uint_eq(f->n_queries, QUERIES);
    ens__near_points(back, t);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            ck_assert(back[i * p + j] == x[j * n + i]);
    ens__near_free(t);
    ens__free(scratch);
    free(q);
    free(back);
}

/* The K least of all distances, equal ones in the order of the points. */
static void plain(found *f, const double *x, size_t n, size_t p, const double *q, double power)
{
    for (size_t i = 0; i < QUERIES; i++) {
        size_t held = 0;

        for (size_t r = 0; r < n; r++) {
            double d = 0;
            size_t at;

            for (size_t j = 0; j < p; j++) {
                double by = fabs(q[i * p + j] - x[j * n + r]);

                d += power == 2 ? by * by : power == 1 ? by : pow(by, power);
            }
            for (at = held; at > 0 && d < f->at[i][at - 1].d; at--)
                if (at < K)
                    f->at[i][at] = f->at[i][at - 1];
            if (at < K)
                f->at[i][at] = (ens__near_point){d, (uint32_t)r};
            held += held < K;
        }
    }
}

/* Points at random, or with few values, so that many are equally far. */
static void agree(size_t n, size_t p, double power, uint32_t values, uint64_t seed)
{
    static found expect, got;
    double *x = malloc(n * p * sizeof *x), *q = malloc(QUERIES * p * sizeof *q);
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < n * p; i++)
        x[i] = values > 0 ? ens__stream_below(&s, values) : ens__stream_gaussian(&s);
    for (size_t i = 0; i < QUERIES * p; i++)
        q[i] = values > 0 ? ens__stream_below(&s, values) : ens__stream_gaussian(&s);
    plain(&expect, x, n, p, q, power);
    for (int tree = 0; tree < 2; tree++)
        for (int level = ENS__CPU_BASE; level <= ENS__CPU_V4; level++) {
            const ens__near_options options = {power, tree == 1, 40};

            ens__cpu_cap((ens__cpu)level);
            search(&got, x, n, p, q, &options);
            for (size_t i = 0; i < QUERIES; i++)
                for (size_t h = 0; h < K; h++)
                    ck_assert_msg(got.at[i][h].i == expect.at[i][h].i && got.at[i][h].d == expect.at[i][h].d,
                                  "%zu x %zu, power %g, tree %d, level %d: query %zu, neighbour %zu", n, p, power, tree,
                                  level, i, h);
        }
    ens__cpu_cap(ENS__CPU_V4);
    free(x);
    free(q);
}

START_TEST(the_nearest_are_found)
{
    static const double powers[] = {2, 1, 3.5};
    static const size_t rows[] = {K, 31, 32, 33, 700}, features[] = {1, 3, 17, MOST_P};

    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 4; j++)
            agree(rows[i], features[j], powers[_i], 0, 5 * i + j);
}
END_TEST

START_TEST(of_equal_ones_the_first_are_taken)
{
    agree(900, 1, 2, 3, 1);
    agree(900, 3, 2, 3, 2);
    agree(300, 4, 1, 2, 3);
    agree(300, 2, 3, 1, 4);
}
END_TEST

START_TEST(huge_and_infinite_values_are_somewhere)
{
    static double x[3 * 64], q[3 * QUERIES];
    static found f;
    const ens__near_options options = {2, true, 32};

    for (size_t i = 0; i < 3 * 64; i++)
        x[i] = (i % 2 == 0 ? 1 : -1) * 1.7e308;
    for (size_t i = 0; i < 3 * QUERIES; i++)
        q[i] = i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : 0;
    search(&f, x, 64, 3, q, &options);
    for (size_t h = 0; h < K; h++)
        ck_assert_uint_eq(f.at[0][h].i, h); /* all are infinitely far */
}
END_TEST

/* In an order that makes a median of three the least: still found, and in time. */
START_TEST(sorted_and_constant_columns_are_no_trouble)
{
    enum { N = 20000 };
    double *x = malloc(2 * N * sizeof *x);
    static double q[2 * QUERIES];
    static found f;
    const ens__near_options options = {2, true, 32};

    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i % 2 == 0 ? i : N - i);
        x[N + i] = 7;
    }
    for (size_t i = 0; i < QUERIES; i++)
        q[2 * i] = (double)(100 * i) + 0.25;
    search(&f, x, N, 2, q, &options);
    for (size_t i = 0; i < QUERIES; i++)
        ck_assert(x[f.at[i][0].i] == (double)(100 * i));
    free(x);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_nearest_are_found, 0, 3);
    tcase_add_test(tc, of_equal_ones_the_first_are_taken);
    tcase_add_test(tc, huge_and_infinite_values_are_somewhere);
    tcase_add_test(tc, sorted_and_constant_columns_are_no_trouble);
}

Suite *near_suite(void);

Suite *near_suite(void)
{
    return suite_of("near", add);
}
