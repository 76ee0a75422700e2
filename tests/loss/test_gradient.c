/* test_gradient.c - gradients and hessians beside differences of the values. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <float.h>

#define ROWS 500
/* Of differences: adding it to a score is exact, and the error of the formulas, STEP^4 / 30 of a fifth derivative, is
 * that of the floats that they are compared with. */
#define STEP (1.0F / 64)
/* Floats of a few roundings, of numbers up to 1; plus the above for derivatives of about 100. */
#define TOLERANCE 2e-6

static void values_at(const sample *s, size_t c, float by, double *out)
{
    float *score = s->score + c * s->rows.stride;

    for (size_t i = 0; i < s->rows.n; i++)
        score[i] += by;
    s->loss->type->value(s->loss->params, &s->rows, out);
    for (size_t i = 0; i < s->rows.n; i++)
        score[i] -= by;
}

static void close_to(double got, double want, const char *what, const loss_case *c,
                     const sample *s, size_t i)
{
    double size = fmax(1, fabs(want));

    ck_assert_msg(fabs(got - want) <= TOLERANCE * size,
                  "%s: %s of row %zu (y %g, score %g) is %.9g, differences give %.9g",
                  c->line, what, i, s->y[i], s->score[i], got, want);
}

/* Row i, score `at`. */
static bool near_kink(const loss_case *c, const sample *s, size_t i, size_t at)
{
    return !isnan(c->kink) && fabs(fabs(s->score[at] - s->y[i]) - c->kink) < 3 * STEP;
}

/* v[-2..2] at v[2 + d]: fourth-order differences. */
static void compare(const loss_case *c, sample *s, size_t output)
{
    static double v[5][ROWS];
    size_t at = output * s->rows.stride;

    for (int d = -2; d <= 2; d++)
        values_at(s, output, STEP * (float)d, v[d + 2]);
    for (size_t i = 0; i < ROWS; i++) {
        double first = (8 * (v[3][i] - v[1][i]) - (v[4][i] - v[0][i])) / (12 * STEP);
        double second = (16 * (v[3][i] + v[1][i]) - 30 * v[2][i] - (v[4][i] + v[0][i])) /
                        (12 * STEP * STEP);

        if (near_kink(c, s, i, at + i))
            continue;
        close_to(s->g[at + i], s->w[i] * first, "gradient", c, s, i);
        if (c->curve == 0)
            ck_assert(s->h[at + i] == s->w[i]);
        else if (!isnan(c->curve))
            close_to(s->h[at + i], s->w[i] * second * c->curve, "hessian", c, s, i);
        else
            ck_assert(s->h[at + i] >= 0);
    }
}

START_TEST(gradients_are_differences_of_values)
{
    const loss_case *c = &loss_cases[_i];
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 1);
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    for (size_t output = 0; output < s.rows.k && s.rows.group == NULL; output++)
        compare(c, &s, output);
    sample_clear(&s);
}
END_TEST

static bool above(double bound, float v, float w)
{
    return bound > 0 && fabs(v) > w * bound * (1 + 4 * FLT_EPSILON);
}

START_TEST(bounds_hold)
{
    const loss_case *c = &loss_cases[_i];
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 2);
    for (size_t i = 0; i < ROWS * s.rows.k; i++)
        s.score[i] *= i % 7 == 0 ? 0.0F : i % 3 == 0 ? 100.0F : 1.0F;
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    for (size_t i = 0; i < ROWS * s.rows.k; i++) {
        ck_assert(!above(s.loss->type->max_gradient, s.g[i], s.w[i % ROWS]));
        ck_assert(!above(s.loss->type->max_hessian, s.h[i], s.w[i % ROWS]));
        ck_assert(s.h[i] >= 0);
    }
    sample_clear(&s);
}
END_TEST

/* No weights are weights of 1, and a hessian that is the weight need not be asked for. */
START_TEST(weights_multiply)
{
    const loss_case *c = &loss_cases[_i];
    static float g[5 * ROWS];
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 3);
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    if ((s.loss->type->caps & ENS_LOSS_UNIT_HESSIAN) != 0) {
        ck_ok(ens__loss_gradient(g, NULL, s.loss, &s.rows, NULL, &err));
        ck_assert(memcmp(g, s.g, ROWS * s.rows.k * sizeof *g) == 0);
    }
    memcpy(g, s.g, ROWS * s.rows.k * sizeof *g);
    s.rows.w = NULL;
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    for (size_t i = 0; i < ROWS * s.rows.k; i++)
        ck_assert(fabsf(s.w[i % ROWS] * s.g[i] - g[i]) <= FLT_EPSILON * fabsf(g[i]));
    sample_clear(&s);
}
END_TEST

static void check_extremes(const loss_case *c, sample *s, size_t n)
{
    size_t k = s->rows.k;
    ens_error err;
    double value;

    ck_ok(ens__loss_gradient(s->g, s->h, s->loss, &s->rows, NULL, &err));
    ck_ok(ens__loss_value(&value, s->loss, &s->rows, NULL, &err));
    ck_assert_msg(!isnan(value), "%s: the value is NaN", c->line);
    for (size_t i = 0; i < n * k; i++) {
        bool finite = isfinite(s->score[i]);

        ck_assert_msg(!isnan(s->g[i]) && !isnan(s->h[i]) && s->h[i] >= 0,
                      "%s: score %g, y %g: gradient %g, hessian %g", c->line, s->score[i],
                      s->y[i % n], s->g[i], s->h[i]);
        ck_assert_msg(!finite || (isfinite(s->g[i]) && isfinite(s->h[i])),
                      "%s: score %g, y %g: gradient %g, hessian %g", c->line, s->score[i],
                      s->y[i % n], s->g[i], s->h[i]);
    }
}

START_TEST(extreme_scores_give_no_nan)
{
    const loss_case *c = &loss_cases[_i];
    const float at[] = {0,     -0.0F,  1e4F,     -1e4F,     1e30F, -1e30F,
                        3e38F, -3e38F, INFINITY, -INFINITY, 80,    -80};
    enum { N = sizeof at / sizeof *at, ALL = 60 };
    sample s;

    sample_make(&s, c, ALL, 4);
    s.rows.w = NULL;
    for (size_t i = 0; i < ALL; i++)
        for (size_t o = 0; o < s.rows.k; o++)
            s.score[o * ALL + i] = at[(i * (o + 1) + i / N) % N];
    check_extremes(c, &s, ALL);
    for (size_t i = 0; i < ALL * s.rows.k; i++)
        s.score[i] = INFINITY;
    check_extremes(c, &s, ALL);
    sample_clear(&s);
}
END_TEST

static void add_cases(TCase *tc)
{
    int n = (int)n_loss_cases;

    tcase_add_loop_test(tc, gradients_are_differences_of_values, 0, n);
    tcase_add_loop_test(tc, bounds_hold, 0, n);
    tcase_add_loop_test(tc, weights_multiply, 0, n);
    tcase_add_loop_test(tc, extreme_scores_give_no_nan, 0, n);
}

Suite *gradient_suite(void);
Suite *gradient_suite(void)
{
    return suite_of("gradient", add_cases);
}
