/* test_leaf.c - what leaves get, what is found anew in each round, links; cases worked by hand. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>
#include <num/rng.h>

static ens__loss *new_loss(const char *line)
{
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, line, ENS_TASK_REGRESSION, 0, &err));
    return loss;
}

static double leaf(const char *line, size_t c, double adapted, const float *r,
                   const float *w, size_t n)
{
    float values[16], weights[16];
    ens__loss *loss = new_loss(line);
    double out;

    memcpy(values, r, n * sizeof *r);
    if (w != NULL)
        memcpy(weights, w, n * sizeof *w);
    out =
        loss->type->leaf(loss->params, c, adapted, values, w != NULL ? weights : NULL, n);
    ens__loss_free(loss);
    return out;
}

START_TEST(leaves_by_hand)
{
    const float r[] = {5, -1, 2, 100, 0}, w[] = {1, 1, 1, 1, 7};

    ck_assert(leaf("absolute", 0, 0, r, NULL, 5) == 2);
    ck_assert(leaf("absolute", 0, 0, r, w, 5) == 0);
    ck_assert(leaf("quantile(levels=[0.1, 0.9])", 0, 0, r, NULL, 5) == -1);
    ck_assert(leaf("quantile(levels=[0.1, 0.9])", 1, 0, r, NULL, 5) == 100);
    /* median 2, then the mean of 3, -3, 0, 4, -2 */
    ck_assert(fabs(leaf("huber", 0, 4, r, NULL, 5) - 2.4) < 1e-12);
    ck_assert(fabs(leaf("huber(delta=4)", 0, 9, r, NULL, 5) - 2.4) < 1e-12);
    /* median 0, then the weighted mean of 4, -1, 2, 4, 0 */
    ck_assert(fabs(leaf("huber", 0, 4, r, w, 5) - 9.0 / 11) < 1e-12);
}
END_TEST

/* A leaf's value is of least loss among others. */
START_TEST(leaves_are_least)
{
    const loss_case *c = &loss_cases[_i];
    ens_error err;
    sample s;

    sample_make(&s, c, 101, 1);
    for (size_t o = 0; o < s.rows.k && s.loss->type->leaf != NULL; o++) {
        double best, value, by;

        for (size_t i = 0; i < 101; i++)
            s.g[i] = s.y[i];
        memcpy(s.h, s.w, 101 * sizeof *s.w);
        by = s.loss->type->leaf(s.loss->params, o, c->adapted, s.g, s.h, 101);
        for (size_t i = 0; i < 101 * s.rows.k; i++)
            s.score[i] = (float)by;
        ck_ok(ens__loss_value(&best, s.loss, &s.rows, NULL, &err));
        if (c->adapted > 0) /* one step of huber's, not the end of them */
            continue;
        for (int sign = -1; sign <= 1; sign += 2) {
            for (size_t i = 0; i < 101; i++)
                s.score[o * 101 + i] = (float)(by + sign * 0.5);
            ck_ok(ens__loss_value(&value, s.loss, &s.rows, NULL, &err));
            ck_assert_msg(value > best, "%s, score %zu", c->line, o);
        }
    }
    sample_clear(&s);
}
END_TEST

START_TEST(huber_finds_its_delta)
{
    const float y[10] = {0}, s[] = {1, -2, 3, -4, 5, -6, 7, -8, 9, -10};
    const float w[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, few[10] = {0, 2, -3};
    ens_loss_rows rows = {.n = 10, .k = 1, .y = y, .score = s, .stride = 10};
    ens__loss *loss = new_loss("huber(alpha=0.75)"), *given = new_loss("huber(delta=3)");
    ens_error err;
    double delta;

    ck_ok(loss->type->adapt(loss->params, &rows, &delta, NULL, &err));
    ck_assert(delta == 8);
    rows.w = w;
    ck_ok(loss->type->adapt(loss->params, &rows, &delta, NULL, &err));
    ck_assert(delta == 10);
    ck_ok(given->type->adapt(given->params, &rows, &delta, NULL, &err));
    ck_assert(delta == 0); /* not looked at */
    rows.w = NULL;
    rows.score = few;
    ck_ok(loss->type->adapt(loss->params, &rows, &delta, NULL, &err));
    ck_assert(delta == 3);
    rows.score = y;
    ck_ok(loss->type->adapt(loss->params, &rows, &delta, NULL, &err));
    ck_assert(delta == 0);
    ens__loss_free(loss);
    ens__loss_free(given);
}
END_TEST

/* Of many rows it is found in parallel. */
START_TEST(threads_find_the_same_delta)
{
    enum { MANY = 300001 };
    float *y = calloc(MANY, sizeof *y), *s = calloc(MANY, sizeof *s),
          *w = calloc(MANY, sizeof *w);
    ens_loss_rows rows = {.n = MANY, .k = 1, .y = y, .score = s, .stride = MANY};
    ens__loss *loss = new_loss("huber(alpha=0.75)");
    ens_error err;
    ens__stream stream;

    ens__stream_init(&stream, 3, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < MANY; i++) {
        y[i] = (float)ens__stream_gaussian(&stream);
        w[i] = (float)ens__stream_uniform(&stream);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
        double delta, same;

        rows.w = weighted ? w : NULL;
        ck_ok(loss->type->adapt(loss->params, &rows, &delta, &(ens_exec){.threads = 1},
                                &err));
        ck_assert_double_eq_tol(delta, 1.1503, 0.02); /* of |normal|, 3e-3 its error */
        for (unsigned t = 2; t < 5; t++) {
            ck_ok(loss->type->adapt(loss->params, &rows, &same, &(ens_exec){.threads = t},
                                    &err));
            ck_assert(same == delta);
        }
    }
    free(y);
    free(s);
    free(w);
    ens__loss_free(loss);
}
END_TEST

/* The majorizing curvature, tanh(z) / z; 3e-7 is a few roundings of floats. */
START_TEST(log_cosh_curves_by_its_parabola)
{
    ens__loss *loss = new_loss("log_cosh(scale=2)");
    const float y = 0;

    for (double at = 1e-6; at < 1e6; at *= 1.01) {
        float s = (float)at, g, h;
        double z = s / 2.0;
        ens_loss_rows rows = {.n = 1, .k = 1, .y = &y, .score = &s, .stride = 1};

        loss->type->gradient(loss->params, &rows, &g, &h);
        ck_assert_msg(fabs(h - tanh(z) / z) < 3e-7 * (tanh(z) / z), "%g: %g", at, h);
        ck_assert_msg(fabs(g - 2 * tanh(z)) < 3e-7 * 2 * tanh(z), "%g: %g", at, g);
    }
    ens__loss_free(loss);
}
END_TEST

START_TEST(quantiles_never_cross)
{
    const double score[] = {3, 1, 2, -1, 0, 5};
    double out[6];
    ens__loss *loss = new_loss("quantile(levels=[0.1, 0.5, 0.9])");

    ck_assert_uint_eq(loss->k, 3);
    ck_assert_uint_eq(loss->n_outputs, 3);
    ens__loss_link(loss, 10, score, 2, out);
    ck_assert(out[0] == 11 && out[1] == 12 && out[2] == 13);
    ck_assert(out[3] == 9 && out[4] == 10 && out[5] == 15);
    ens__loss_free(loss);
}
END_TEST

START_TEST(values_by_hand)
{
    const struct {
        const char *line;
        float y, s;
        double value;
    } want[] = {
        {"squared", 1, 4, 4.5},
        {"absolute", 1, -2, 3},
        {"huber(delta=2)", 1, 2, 0.5},
        {"huber(delta=2)", 1, 4, 4},
        {"quantile(levels=[0.25])", 1, 5, 3},
        {"quantile(levels=[0.25, 0.75])", 5, 1, 4}, /* 1 + 3 */
        {"poisson", 1, 0, 0},
        {"poisson", 0, 0, 1},
        {"gamma", 2, 0, 1 - 0.6931471805599453},
        {"tweedie", 0, 0, 2},
        {"tweedie", 1, 0, 0},
        {"cross_entropy", 0.5F, 0, 0.6931471805599453},
    };

    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const float s[2] = {want[i].s, want[i].s};
        ens__loss *loss = new_loss(want[i].line);
        ens_loss_rows rows = {
            .n = 1, .k = loss->k, .y = &want[i].y, .score = s, .stride = 1};
        ens_error err;
        double value;

        ck_ok(ens__loss_value(&value, loss, &rows, NULL, &err));
        ck_assert_msg(fabs(value - want[i].value) < 1e-14, "%s: %.17g", want[i].line,
                      value);
        ens__loss_free(loss);
    }
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, leaves_by_hand);
    tcase_add_loop_test(tc, leaves_are_least, 0, (int)n_loss_cases);
    tcase_add_test(tc, huber_finds_its_delta);
    tcase_add_test(tc, threads_find_the_same_delta);
    tcase_add_test(tc, log_cosh_curves_by_its_parabola);
    tcase_add_test(tc, quantiles_never_cross);
    tcase_add_test(tc, values_by_hand);
}

Suite *leaf_suite(void);
Suite *leaf_suite(void)
{
    return suite_of("leaf", add_cases);
}
