/* test_sample.c - bootstrap, subsets, orders and weighted draws. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <math.h>
#include <num/sample.h>

#include "chi.h"

START_TEST(bootstrap_is_as_many_draws_below_n)
{
    static const size_t n[] = {1, 2, 3, 1000, 70000},
                        m[] = {0, 1, 5, 255, 256, 257, 5000};
    uint32_t *count = malloc(70000 * sizeof *count),
             *naive = malloc(70000 * sizeof *naive);

    for (size_t a = 0; a < sizeof n / sizeof *n; a++)
        for (size_t b = 0; b < sizeof m / sizeof *m; b++) {
            ens__stream s, t;

            ens__stream_init(&s, 1, ENS__FOR_TEST, a * 10 + b);
            for (size_t i = 0; i < b; i++) /* begin inside a block too */
                ens__stream_u32(&s);
            t = s;
            ens__sample_bootstrap(count, n[a], m[b], &s);
            memset(naive, 0, n[a] * sizeof *naive);
            for (size_t i = 0; i < m[b]; i++)
                naive[ens__stream_below(&t, (uint32_t)n[a])]++;
            ck_assert_mem_eq(count, naive, n[a] * sizeof *count);
            ck_assert_uint_eq(ens__stream_u32(&s),
                              ens__stream_u32(&t)); /* where the stream stands */
        }
    free(count);
    free(naive);
}
END_TEST

START_TEST(bootstrap_counts_are_multinomial)
{
    enum { N = 50, ROUNDS = 500 };
    double seen[N] = {0}, expected[N], ones[3] = {0}, p = 1.0;
    uint32_t count[N];
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (int r = 0; r < ROUNDS; r++) {
        size_t total = 0;

        ens__sample_bootstrap(count, N, N, &s);
        for (int i = 0; i < N; i++) {
            total += count[i];
            seen[i] += count[i];
            ones[count[i] < 2 ? count[i] : 2]++;
        }
        ck_assert_uint_eq(total, N);
    }
    for (int i = 0; i < N; i++)
        expected[i] = ROUNDS;
    ck_chi_square(seen, expected, N);
    for (int i = 0; i < N; i++)
        p *= 1 - 1.0 / N; /* (1 - 1/n)^n: never drawn; once: the same times n / (n - 1) */
    double share[3] = {p, p * N / (N - 1), 1 - p - p * N / (N - 1)};
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(ones[i] / (N * ROUNDS), share[i],
                                0.01); /* 3.4 sd of 25000 */
}
END_TEST

static void check_choice(const uint32_t *v, size_t m, size_t n)
{
    for (size_t i = 0; i < m; i++) {
        ck_assert_uint_lt(v[i], n);
        ck_assert(i == 0 || v[i] > v[i - 1]);
    }
}

START_TEST(choose_is_ascending_and_distinct)
{
    static const size_t size[][2] = {{0, 5},    {1, 1},    {5, 5},     {3, 1000},
                                     {64, 512}, {65, 520}, {999, 1000}};
    uint32_t v[1000];
    ens__stream s;

    ens__stream_init(&s, 4, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++)
        for (int r = 0; r < 20; r++) {
            ens__sample_choose(v, size[k][0], size[k][1], &s);
            check_choice(v, size[k][0], size[k][1]);
        }
}
END_TEST

/* All pairs out of n come equally often: of 6 by algorithm S, of 16 by drawing again. */
START_TEST(choose_gives_every_subset_alike)
{
    size_t n = _i == 0 ? 6 : 16, cells = 0;
    double seen[256] = {0}, pairs[120] = {0}, expected[120];
    uint32_t v[2];
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, 0);
    for (int r = 0; r < 30000; r++) {
        ens__sample_choose(v, 2, n, &s);
        seen[v[0] * n + v[1]]++;
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            pairs[cells++] = seen[a * n + b];
    for (size_t i = 0; i < cells; i++)
        expected[i] = 30000.0 / (double)cells;
    ck_chi_square(pairs, expected, cells);
}
END_TEST

START_TEST(shuffle_gives_every_order_alike)
{
    double seen[64] = {0}, orders[6], expected[6];
    static const int code[6] = {0 * 16 + 1 * 4 + 2, 0 * 16 + 2 * 4 + 1,
                                1 * 16 + 0 * 4 + 2, 1 * 16 + 2 * 4 + 0,
                                2 * 16 + 0 * 4 + 1, 2 * 16 + 1 * 4 + 0};
    ens__stream s;

    ens__stream_init(&s, 6, ENS__FOR_TEST, 0);
    for (int r = 0; r < 30000; r++) {
        uint32_t v[3] = {0, 1, 2};

        ens__sample_shuffle(v, 3, &s);
        seen[v[0] * 16 + v[1] * 4 + v[2]]++;
    }
    for (int i = 0; i < 6; i++) {
        orders[i] = seen[code[i]];
        expected[i] = 5000;
    }
    ck_chi_square(orders, expected, 6);
    ens__sample_shuffle(NULL, 0, &s);
}
END_TEST

START_TEST(weighted_draws_in_proportion)
{
    const double w[] = {0, 1, 2, 0, 0, 3, 4, 0};
    uint32_t count[8];
    double seen[4], expected[4] = {1000, 2000, 3000, 4000};
    ens__stream s;
    ens_error err;

    ens__stream_init(&s, 7, ENS__FOR_TEST, 0);
    ck_ok(ens__sample_weighted(count, w, 8, 10000, &s, &err));
    ck_assert_uint_eq(count[0] + count[3] + count[4] + count[7], 0);
    seen[0] = count[1], seen[1] = count[2], seen[2] = count[5], seen[3] = count[6];
    ck_chi_square(seen, expected, 4);
}
END_TEST

/* Each draw is the first place whose running sum is above the number drawn, however uneven the weights are. */
START_TEST(weighted_draws_are_places_in_running_sums)
{
    enum { N = 300, M = 1000 };
    double w[N], sum[N];
    uint32_t count[N], naive[N];
    ens_error err;

    for (uint64_t round = 0; round < 40; round++) {
        ens__stream s, t;
        double total = 0;

        ens__stream_init(&s, 9, ENS__FOR_TEST, round);
        for (size_t i = 0; i < N; i++) {
            double u = ens__stream_uniform(&s);

            w[i] = u < 0.2 ? 0 : exp(round % 4 * 15.0 * u);
            sum[i] = total += w[i];
        }
        t = s;
        ck_ok(ens__sample_weighted(count, w, N, M, &s, &err));
        memset(naive, 0, sizeof naive);
        for (size_t m = 0; m < M; m++) {
            double u = ens__stream_uniform(&t) * total;
            size_t i = 0;

            while (!(sum[i] > u))
                i++;
            naive[i]++;
        }
        ck_assert_mem_eq(count, naive, sizeof naive);
    }
}
END_TEST

START_TEST(weighted_refuses_nothing_to_draw)
{
    const double w[] = {0, 0};
    uint32_t count[2];
    ens__stream s;
    ens_error err;

    ens__stream_init(&s, 8, ENS__FOR_TEST, 0);
    ck_fails(ens__sample_weighted(count, w, 2, 5, &s, &err), ENS_EDATA, "sum is 0");
    ck_fails(ens__sample_weighted(count, w, 0, 5, &s, &err), ENS_EDATA, "sum is 0");
    ens__mem_fail_at(0);
    ens_status st = ens__sample_weighted(count, w, 2, 5, &s, &err);
    ens__mem_fail_at(-1);
    ck_assert_int_eq(st, ENS_ENOMEM);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, bootstrap_is_as_many_draws_below_n);
    tcase_add_test(tc, bootstrap_counts_are_multinomial);
    tcase_add_test(tc, choose_is_ascending_and_distinct);
    tcase_add_loop_test(tc, choose_gives_every_subset_alike, 0, 2);
    tcase_add_test(tc, shuffle_gives_every_order_alike);
    tcase_add_test(tc, weighted_draws_in_proportion);
    tcase_add_test(tc, weighted_draws_are_places_in_running_sums);
    tcase_add_test(tc, weighted_refuses_nothing_to_draw);
}

Suite *sample_suite(void);

Suite *sample_suite(void)
{
    return suite_of("sample", add);
}
