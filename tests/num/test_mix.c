/* test_mix.c - weights of mixtures: by hand, beside naive solvers, and the conditions of a minimum. */
#include <config.h>

#include "run.h"
#include <num/mix.h>
#include <num/rng.h>

enum { N = 5000, M = 6 };

static ens_error err;
static double p[M * N], y[N], w[N];

/* Members that know something of the truth, and something of each other. */
static void fill(size_t m, size_t n, unsigned index)
{
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, index);
    for (size_t i = 0; i < n; i++) {
        double shared = ens__stream_uniform(&s);

        y[i] = 3 * ens__stream_uniform(&s);
        w[i] = 0.1 + ens__stream_uniform(&s);
        for (size_t c = 0; c < m; c++)
            p[c * n + i] = 0.02 + 0.4 * shared + 0.5 * ens__stream_uniform(&s) * (double)(c + 1) / (double)m;
    }
}

static double loss(const double *x, const ens__mix *mix)
{
    double sum = 0, total = 0;

    for (size_t i = 0; i < mix->n; i++) {
        double f = 0, weight = mix->w != NULL ? mix->w[i] : 1;

        for (size_t c = 0; c < mix->m; c++)
            f += x[c] * mix->p[c * mix->n + i];
        sum += mix->y != NULL ? weight * (mix->y[i] - f) * (mix->y[i] - f) : -weight * log(f);
        total += weight;
    }
    return sum / total;
}

START_TEST(by_hand)
{
    /* Two rows, two members, each right on one row with 0.8: by symmetry 1/2 each. Three rows of which two are the
     * first's: with x for it, 2 log(0.2 + 0.6 x) + log(0.8 - 0.6 x) is largest where 2 / (1/3 + x) = 1 / (4/3 - x),
     * x = 7/9. */
    double two[] = {0.8, 0.2, 0.2, 0.8}, three[] = {0.8, 0.8, 0.2, 0.2, 0.2, 0.8}, x[2];
    ens__mix mix = {.p = two, .n = 2, .m = 2};

    ck_ok(ens__mix_likelihood(x, &mix, &err));
    ck_assert_double_eq_tol(x[0], 0.5, 1e-9);
    mix = (ens__mix){.p = three, .n = 3, .m = 2};
    ck_ok(ens__mix_likelihood(x, &mix, &err));
    ck_assert_double_eq_tol(x[0], 7.0 / 9, 1e-7); /* the gradient ends below 1e-9 */
    ck_assert_double_eq_tol(x[0] + x[1], 1, 1e-15);
}
END_TEST

START_TEST(squares_without_a_bound_in_the_way_are_least_squares)
{
    /* y = 2 p_0 + 0.5 p_1 exactly; and with -0.5 the second gets none, the first sum p y / sum p^2. */
    double col[] = {1, 2, 3, 4, 1, -1, 2, 0}, truth[4], x[2], top = 0, bottom = 0;
    ens__mix mix = {.p = col, .y = truth, .n = 4, .m = 2};

    for (size_t i = 0; i < 4; i++)
        truth[i] = 2 * col[i] + 0.5 * col[4 + i];
    ck_ok(ens__mix_squares(x, &mix, &err));
    ck_assert_double_eq_tol(x[0], 2, 1e-13);
    ck_assert_double_eq_tol(x[1], 0.5, 1e-13);
    for (size_t i = 0; i < 4; i++) {
        truth[i] = 2 * col[i] - 0.5 * col[4 + i];
        top += truth[i] * col[i];
        bottom += col[i] * col[i];
    }
    ck_ok(ens__mix_squares(x, &mix, &err));
    ck_assert_double_eq_tol(x[0], top / bottom, 1e-13);
    ck_assert_double_eq(x[1], 0);
}
END_TEST

/* EM, which goes uphill in every step: Dempster, Laird and Rubin (1977). */
static void naive_likelihood(double *x, const ens__mix *mix)
{
    for (size_t c = 0; c < mix->m; c++)
        x[c] = 1 / (double)mix->m;
    for (int step = 0; step < 3000; step++) {
        double share[M] = {0}, total = 0;

        for (size_t i = 0; i < mix->n; i++) {
            double f = 0, weight = mix->w != NULL ? mix->w[i] : 1;

            for (size_t c = 0; c < mix->m; c++)
                f += x[c] * mix->p[c * mix->n + i];
            for (size_t c = 0; c < mix->m; c++)
                share[c] += weight * x[c] * mix->p[c * mix->n + i] / f;
            total += weight;
        }
        for (size_t c = 0; c < mix->m; c++)
            x[c] = share[c] / total;
    }
}

START_TEST(likelihood_is_no_lower_than_by_many_small_steps)
{
    size_t m = 2 + (size_t)_i % 5, n = 300;
    double x[M], naive[M], sum = 0;
    ens__mix mix = {.p = p, .w = _i % 2 ? w : NULL, .n = n, .m = m};

    fill(m, n, (unsigned)_i);
    ck_ok(ens__mix_likelihood(x, &mix, &err));
    naive_likelihood(naive, &mix);
    for (size_t c = 0; c < m; c++) {
        ck_assert_double_ge(x[c], 0);
        sum += x[c];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-14);
    ck_assert_msg(loss(x, &mix) <= loss(naive, &mix) + 1e-9, "%.12g, naive %.12g", loss(x, &mix), loss(naive, &mix));
}
END_TEST

/* Projected gradient descent. */
static void naive_squares(double *x, const ens__mix *mix)
{
    for (size_t c = 0; c < mix->m; c++)
        x[c] = 0;
    for (int step = 0; step < 20000; step++) {
        double g[M] = {0};

        for (size_t i = 0; i < mix->n; i++) {
            double f = 0;

            for (size_t c = 0; c < mix->m; c++)
                f += x[c] * mix->p[c * mix->n + i];
            for (size_t c = 0; c < mix->m; c++)
                g[c] += w[i] * (f - y[i]) * mix->p[c * mix->n + i];
        }
        for (size_t c = 0; c < mix->m; c++)
            x[c] = fmax(0, x[c] - g[c] * 0.5 / (double)mix->n);
    }
}

START_TEST(squares_are_no_larger_than_by_many_small_steps)
{
    size_t m = 2 + (size_t)_i % 5, n = 100;
    double x[M], naive[M];
    ens__mix mix = {.p = p, .y = y, .w = w, .n = n, .m = m};

    fill(m, n, 50 + (unsigned)_i);
    ck_ok(ens__mix_squares(x, &mix, &err));
    naive_squares(naive, &mix);
    for (size_t c = 0; c < m; c++)
        ck_assert_double_ge(x[c], 0);
    ck_assert_msg(loss(x, &mix) <= loss(naive, &mix) + 1e-9, "%.12g, naive %.12g", loss(x, &mix), loss(naive, &mix));
}
END_TEST

START_TEST(equal_members_share_what_one_would_get)
{
    double x[3];
    ens__mix mix = {.p = p, .n = 500, .m = 3};

    fill(3, 500, 99);
    memcpy(p + 500, p, 500 * sizeof *p);
    ck_ok(ens__mix_likelihood(x, &mix, &err));
    ck_assert(isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2]));
    mix.y = y;
    ck_ok(ens__mix_squares(x, &mix, &err));
    ck_assert(isfinite(x[0]) && (x[0] == 0 || x[1] == 0));
}
END_TEST

START_TEST(threads_change_no_bit)
{
    double one[M], many[M];
    ens_exec exec = {.threads = 1};
    ens__mix mix = {.p = p, .w = w, .n = N, .m = M, .exec = &exec};

    fill(M, N, 7);
    ck_ok(ens__mix_likelihood(one, &mix, &err));
    exec.threads = 3;
    ck_ok(ens__mix_likelihood(many, &mix, &err));
    ck_assert_mem_eq(one, many, sizeof one);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, by_hand);
    tcase_add_test(tc, squares_without_a_bound_in_the_way_are_least_squares);
    tcase_add_loop_test(tc, likelihood_is_no_lower_than_by_many_small_steps, 0, 10);
    tcase_add_loop_test(tc, squares_are_no_larger_than_by_many_small_steps, 0, 10);
    tcase_add_test(tc, equal_members_share_what_one_would_get);
    tcase_add_test(tc, threads_change_no_bit);
}

Suite *mix_suite(void);

Suite *mix_suite(void)
{
    return suite_of("mix", add);
}
