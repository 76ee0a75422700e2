/* test_optim.c - ten steps of each optimiser as its formula has them, schedules, minima of known functions; kernels and
 * solvers beside naive ones. */
#include <config.h>

#include <core/cpu.h>
#include <core/mem.h>
#include <ensemble/optim.h>
#include <num/gram.h>
#include <num/rng.h>
#include <num/solve.h>

#include "run.h"

static ens_error err;

static const struct reference {
    ens_optim_kind kind;
    double decay, clip, x[3];
} references[] = {
#include "num/optim_reference.inc"
};

START_TEST(ten_steps_are_those_of_the_formula)
{
    static const double a[] = {1, 3, 0.5}, b[] = {1, -2, 0.25};
    const struct reference *r = &references[_i];
    ens_optim_params params = ens_optim_defaults(r->kind);
    double x[] = {2, -1, 0.5}, g[3];
    ens_optim o;

    params.weight_decay = r->decay;
    params.clip_norm = r->clip;
    ck_ok(ens_optim_init(&o, &params, 3, &err));
    for (int t = 0; t < 10; t++) {
        for (size_t i = 0; i < 3; i++)
            g[i] = a[i] * x[i] + x[i] * x[i] * x[i] - b[i];
        ens_optim_step(&o, x, g, 0.05);
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(fabs(x[i] - r->x[i]) <= 1e-12, "case %d: x%zu is %.17g, not %.17g",
                      _i, i, x[i], r->x[i]);
    ens_optim_clear(&o);
}
END_TEST

START_TEST(rates_follow_their_schedule)
{
    ens_schedule s = {.kind = ENS_SCHEDULE_INVERSE, .rate = 2, .power = 0.5};

    ck_assert_double_eq_tol(ens_schedule_rate(&s, 3), 1, 1e-15);
    s = (ens_schedule){.kind = ENS_SCHEDULE_STEPS, .rate = 8, .factor = 0.5, .every = 10};
    ck_assert_double_eq(ens_schedule_rate(&s, 9), 8);
    ck_assert_double_eq(ens_schedule_rate(&s, 20), 2);
    s = (ens_schedule){.kind = ENS_SCHEDULE_COSINE, .rate = 4, .warm_up = 4, .total = 12};
    ck_assert_double_eq(ens_schedule_rate(&s, 0), 1);
    ck_assert_double_eq(ens_schedule_rate(&s, 4), 4);
    ck_assert_double_eq_tol(ens_schedule_rate(&s, 8), 2, 1e-14);
    ck_assert_double_eq(ens_schedule_rate(&s, 12), 0);
    s = (ens_schedule){.kind = ENS_SCHEDULE_PLATEAU,
                       .rate = 1,
                       .factor = 0.1,
                       .tol = 0.01,
                       .patience = 2};
    for (int i = 0; i < 3; i++)
        ens_schedule_loss(&s, 5);
    ck_assert_double_eq_tol(ens_schedule_rate(&s, 0), 0.1, 1e-16);
    ens_schedule_loss(&s, 4);
    ens_schedule_loss(&s, 3.995);
    ck_assert_double_eq_tol(ens_schedule_rate(&s, 0), 0.1, 1e-16);
}
END_TEST

/* Rosenbrock's valley, whose minimum is at (1, 1). */
static ens_status valley(double *out, double *g, const double *x, void *ctx, ens_error *e)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];

    (void)ctx, (void)e;
    *out = a * a + 100 * b * b;
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return ENS_OK;
}

START_TEST(lbfgs_goes_through_the_valley)
{
    ens_lbfgs how = {.value = valley, .memory = 5, .max_iter = 200, .tol = 1e-20};
    double x[] = {-1.2, 1};

    ck_ok(ens_lbfgs_run(x, 2, &how, &err));
    ck_assert_int_eq(how.ended, 1);
    ck_assert_double_eq_tol(x[0], 1, 1e-8);
    ck_assert_double_eq_tol(x[1], 1, 1e-8);
}
END_TEST

START_TEST(what_no_optimiser_can_use_is_refused)
{
    ens_optim_params params = ens_optim_defaults(ENS_OPTIM_ADAM);
    ens_lbfgs how = {.max_iter = 9};
    double x[2] = {0};
    ens_optim o;

    params.beta2 = 1;
    ck_fails(ens_optim_init(&o, &params, 3, &err), ENS_ERANGE,
             "optimiser: beta2 = 1 is outside [0, 1)");
    params.beta2 = 0.9;
    params.clip_norm = NAN;
    ck_fails(ens_optim_init(&o, &params, 3, &err), ENS_ERANGE,
             "optimiser: clip_norm = nan is outside [0, inf)");
    params.kind = (ens_optim_kind)8;
    ck_fails(ens_optim_init(&o, &params, 3, &err), ENS_ERANGE, "optimiser 8 is unknown");
    ck_fails(ens_lbfgs_run(x, 2, &how, &err), ENS_EINVAL, "ens_lbfgs_run: value is NULL");
}
END_TEST

enum { Q = 6 };

/* A positive definite matrix and a vector. */
static void quadratic(double *a, double *b, uint64_t seed)
{
    double v[Q][2 * Q];
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < Q; i++) {
        for (size_t k = 0; k < 2 * Q; k++)
            v[i][k] = ens__stream_gaussian(&s);
        b[i] = 5 * ens__stream_gaussian(&s);
    }
    for (size_t i = 0; i < Q; i++)
        for (size_t j = 0; j < Q; j++) {
            a[i * Q + j] = 0;
            for (size_t k = 0; k < 2 * Q; k++)
                a[i * Q + j] += v[i][k] * v[j][k];
        }
}

typedef struct problem {
    double a[Q * Q], b[Q];
} problem;

static ens_status bowl(double *out, double *g, const double *x, void *ctx, ens_error *e)
{
    const problem *p = ctx;

    (void)e;
    *out = 0;
    for (size_t i = 0; i < Q; i++) {
        g[i] = -p->b[i];
        for (size_t j = 0; j < Q; j++)
            g[i] += p->a[i * Q + j] * x[j];
        *out += x[i] * (g[i] - p->b[i]) / 2;
    }
    return ENS_OK;
}

/* Two ways to the same minimum; at it, the slope is within l1 where a number is 0 and opposes it elsewhere. */
START_TEST(owl_qn_and_coordinate_descent_meet)
{
    double l1[] = {0, 4, 4, 4, 8, 8}, x[Q] = {0}, c[Q] = {0}, g[Q], value;
    problem p;
    ens_lbfgs how = {
        .value = bowl, .ctx = &p, .l1 = l1, .memory = 8, .max_iter = 1000, .tol = 1e-24};

    quadratic(p.a, p.b, (uint64_t)_i);
    ck_ok(ens_lbfgs_run(x, Q, &how, &err));
    ens__descend(c, p.a, p.b, l1, Q, 1e-14, 100000, g);
    ck_ok(bowl(&value, g, c, &p, &err));
    for (size_t i = 0; i < Q; i++) {
        ck_assert_double_eq_tol(x[i], c[i], 1e-8);
        if (c[i] == 0)
            ck_assert(fabs(g[i]) <= l1[i] + 1e-10);
        else
            ck_assert_double_eq_tol(g[i], c[i] > 0 ? -l1[i] : l1[i], 1e-10);
    }
}
END_TEST

static void by_diagonal(void *ctx, double *v)
{
    const problem *p = ctx;

    for (size_t i = 0; i < Q; i++)
        v[i] /= p->a[i * Q + i];
}

/* With the diagonal of the hessian, and not with l1. */
START_TEST(lbfgs_takes_an_estimate_of_the_hessian)
{
    const double l1[Q] = {0};
    problem p;
    double x[Q] = {0}, c[Q] = {0}, g[Q];
    ens_lbfgs how = {.value = bowl,
                     .precondition = by_diagonal,
                     .ctx = &p,
                     .max_iter = 100,
                     .tol = 1e-12};

    quadratic(p.a, p.b, 7);
    ck_ok(ens_lbfgs_run(x, Q, &how, &err));
    ck_assert_msg(how.ended && how.steps < 40, "%zu steps", how.steps);
    ens__descend(c, p.a, p.b, l1, Q, 1e-14, 100000, g);
    for (size_t i = 0; i < Q; i++)
        ck_assert_double_eq_tol(x[i], c[i], 1e-5); /* the root of tol, and more */
    how.l1 = l1;
    ck_fails(ens_lbfgs_run(x, Q, &how, &err), ENS_EINVAL,
             "ens_lbfgs_run: precondition is not with l1");
}
END_TEST

START_TEST(cholesky_solves_and_passes_over_what_depends)
{
    problem p;
    double l[Q * Q], x[Q], r;
    bool aliased[Q] = {false};

    quadratic(p.a, p.b, 3);
    for (size_t i = 0; i < Q; i++) { /* number 4 is number 1 plus number 2 */
        p.a[i * Q + 4] = p.a[i * Q + 1] + p.a[i * Q + 2];
    }
    for (size_t j = 0; j < Q; j++)
        p.a[4 * Q + j] = p.a[Q + j] + p.a[2 * Q + j];
    memcpy(l, p.a, sizeof l);
    memcpy(x, p.b, sizeof x);
    ens__chol_factor(l, Q, 1e-12, aliased);
    ens__chol_solve(l, Q, aliased, x);
    for (size_t i = 0; i < Q; i++) {
        ck_assert_int_eq(aliased[i], i == 4);
        r = -p.b[i];
        for (size_t j = 0; j < Q; j++)
            r += p.a[i * Q + j] * x[j];
        ck_assert(i == 4 || fabs(r) < 1e-10);
    }
    ck_assert(x[4] == 0);
}
END_TEST

/* Naive sums, and the same bits at every level. */
START_TEST(kernels_add_products)
{
    enum { N = ENS__GRAM_ROWS, COLUMNS = 7 };
    double *z = ens__aligned(COLUMNS, N * sizeof *z),
           *left = ens__aligned(COLUMNS, N * sizeof *z);
    double w[N], h[3][COLUMNS * COLUMNS] = {{0}}, r[3][COLUMNS * COLUMNS] = {{0}};
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, 1);
    for (size_t i = 0; i < COLUMNS * N; i++)
        z[i] = ens__stream_gaussian(&s);
    for (size_t i = 0; i < N; i++)
        w[i] = ens__stream_uniform(&s);
    for (int level = ENS__CPU_V4; level >= 0; level--) {
        ens__cpu_cap((ens__cpu)level);
        ens__gram_weigh(left, z, w, COLUMNS);
        ens__gram_add(h[level], left, z, COLUMNS);
        ens__qr_add(r[level], left, COLUMNS);
        ck_assert(memcmp(h[level], h[ENS__CPU_V4], sizeof *h) == 0);
        ck_assert(memcmp(r[level], r[ENS__CPU_V4], sizeof *r) == 0);
    }
    for (size_t a = 0; a < COLUMNS; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0, squares = 0, rr = 0;

            for (size_t i = 0; i < N; i++) {
                sum += w[i] * z[a * N + i] * z[b * N + i];
                squares += w[i] * z[a * N + i] * w[i] * z[b * N + i];
            }
            for (size_t k = 0; k <= b; k++)
                rr += r[0][k * COLUMNS + a] * r[0][k * COLUMNS + b];
            ck_assert_double_eq_tol(h[0][a * COLUMNS + b], sum, 1e-11);
            ck_assert_double_eq_tol(rr, squares, 1e-11); /* R'R = Z'Z */
        }
    ens__free(z);
    ens__free(left);
}
END_TEST

START_TEST(an_allocation_may_fail)
{
    ens_lbfgs how = {.value = valley, .memory = 5, .max_iter = 9};
    ens_optim_params params = ens_optim_defaults(ENS_OPTIM_ADAM);
    ens_optim o;
    double x[2] = {0};

    for (long k = 0; k < 2; k++) {
        ens__mem_fail_at(k);
        ck_assert_int_eq(ens_optim_init(&o, &params, 3, &err), ENS_ENOMEM);
        ens__mem_fail_at(k);
        ck_assert_int_eq(ens_lbfgs_run(x, 2, &how, &err), ENS_ENOMEM);
        ens__mem_fail_at(-1);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, ten_steps_are_those_of_the_formula, 0,
                        sizeof references / sizeof *references);
    tcase_add_test(tc, rates_follow_their_schedule);
    tcase_add_test(tc, lbfgs_goes_through_the_valley);
    tcase_add_loop_test(tc, owl_qn_and_coordinate_descent_meet, 0, 20);
    tcase_add_test(tc, lbfgs_takes_an_estimate_of_the_hessian);
    tcase_add_test(tc, what_no_optimiser_can_use_is_refused);
    tcase_add_test(tc, cholesky_solves_and_passes_over_what_depends);
    tcase_add_test(tc, kernels_add_products);
    tcase_add_test(tc, an_allocation_may_fail);
}

Suite *optim_suite(void);
Suite *optim_suite(void)
{
    return suite_of("optim", add);
}
