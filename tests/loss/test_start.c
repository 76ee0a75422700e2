/* test_start.c - starting scores beside a search among others; links. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>

#define ROWS 400

/* The mean loss with by[k] added to the given scores, or to 0. */
static double loss_at(const sample *s, const float *given, const double *by)
{
    size_t n = s->rows.n, k = s->rows.k;
    float *score = ens__array(n * k, sizeof *score);
    ens_loss_rows rows = s->rows;
    ens_error err;
    double out;

    for (size_t i = 0; i < n * k; i++)
        score[i] = (float)((given != NULL ? given[i] : 0.0) + by[i / n]);
    rows.score = score;
    ck_ok(ens__loss_value(&out, s->loss, &rows, NULL, &err));
    ens__free(score);
    return out;
}

/* Losses are convex in each score: if neither a little more nor a little less is better, nothing is. The slack is what
 * rounding scores to floats does to values. */
static void check_least(const loss_case *c, const sample *s, const float *given,
                        double *start)
{
    double least = loss_at(s, given, start);

    for (size_t o = 0; o < s->rows.k; o++)
        for (double by = 1e-3; by < 10; by *= 10)
            for (int sign = -1; sign <= 1; sign += 2) {
                double kept = start[o], value;

                start[o] += sign * by;
                value = loss_at(s, given, start);
                start[o] = kept;
                ck_assert_msg(value >= least - 1e-9 * fmax(1, least),
                              "%s: score %zu starts at %g with %.12g, %+g gives %.12g",
                              c->line, o, kept, least, sign * by, value);
            }
}

START_TEST(starts_are_least)
{
    const loss_case *c = &loss_cases[_i];
    double start[8];
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 1);
    s.rows.score = NULL;
    ck_ok(ens__loss_start(start, s.loss, &s.rows, &err));
    check_least(c, &s, NULL, start);
    s.rows.w = NULL;
    ck_ok(ens__loss_start(start, s.loss, &s.rows, &err));
    check_least(c, &s, NULL, start);
    sample_clear(&s);
}
END_TEST

START_TEST(starts_over_given_scores_are_least)
{
    const loss_case *c = &loss_cases[_i];
    double start[8];
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 2);
    ck_ok(ens__loss_start(start, s.loss, &s.rows, &err));
    check_least(c, &s, s.score, start);
    sample_clear(&s);
}
END_TEST

START_TEST(newton_finds_the_closed_form)
{
    const loss_case *c = &loss_cases[_i];
    double start[8], newton[8], off;
    ens_loss_type open;
    ens_error err;
    sample s;

    sample_make(&s, c, ROWS, 3);
    s.rows.score = NULL;
    ck_ok(ens__loss_start(start, s.loss, &s.rows, &err));
    open = *s.loss->type;
    open.start = NULL;
    s.loss->type = &open;
    ck_ok(ens__loss_start(newton, s.loss, &s.rows, &err));
    for (size_t o = 0; o < s.rows.k && c->curve > 0; o++) {
        off = (newton[o] - newton[0]) - (start[o] - start[0]);
        if (s.rows.k == 1) /* of several scores only differences matter */
            off = newton[o] - start[o];
        ck_assert_msg(fabs(off) < 1e-5, "%s: %g, by Newton's method %g", c->line,
                      start[o], newton[o]);
    }
    sample_clear(&s);
}
END_TEST

START_TEST(links_of_classes_are_probabilities)
{
    const loss_case *c = &loss_cases[_i];
    const double at[] = {0, 1, -1, 700, -700, 1e4, -1e4, 1e308, -1e308};
    double score[8], out[8], sum = 0;
    sample s;

    sample_make(&s, c, 2, 4);
    for (size_t i = 0; i < 9 && c->n_classes > 0; i++) {
        for (size_t o = 0; o < s.loss->k; o++)
            score[o] = at[(i * (o + 1)) % 9];
        ens__loss_link(s.loss, 0, score, 1, out);
        sum = 0;
        for (size_t o = 0; o < c->n_classes; o++) {
            ck_assert(out[o] >= 0 && out[o] <= 1);
            sum += out[o];
        }
        ck_assert(fabs(sum - 1) < 1e-15 * (double)c->n_classes);
    }
    sample_clear(&s);
}
END_TEST

START_TEST(logistic_by_hand)
{
    const double score[] = {0, 1.0986122886681098}; /* log 3 */
    double out[4];
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, "logistic", ENS_TASK_CLASSIFICATION, 2, &err));
    ens__loss_link(loss, 0, score, 2, out);
    ck_assert(out[0] == 0.5 && out[1] == 0.5);
    ck_assert(fabs(out[2] - 0.25) < 1e-15 && fabs(out[3] - 0.75) < 1e-15);
    ens__loss_free(loss);
}
END_TEST

START_TEST(absent_classes_start_low)
{
    const float y[] = {0, 2, 2, 0};
    double start[3];
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, "softmax", ENS_TASK_CLASSIFICATION, 3, &err));
    ck_ok(ens__loss_start(start, loss,
                          &(ens_loss_rows){.n = 4, .k = 3, .y = y, .stride = 4}, &err));
    ck_assert(start[0] == start[2] && fabs(start[0] - log(0.5)) < 1e-15);
    ck_assert(isfinite(start[1]) && start[1] < -30);
    ens__loss_free(loss);
}
END_TEST

static void add_cases(TCase *tc)
{
    int n = (int)n_loss_cases;

    tcase_add_loop_test(tc, starts_are_least, 0, n);
    tcase_add_loop_test(tc, starts_over_given_scores_are_least, 0, n);
    tcase_add_loop_test(tc, newton_finds_the_closed_form, 0, n);
    tcase_add_loop_test(tc, links_of_classes_are_probabilities, 0, n);
    tcase_add_test(tc, logistic_by_hand);
    tcase_add_test(tc, absent_classes_start_low);
}

Suite *start_suite(void);
Suite *start_suite(void)
{
    return suite_of("start", add_cases);
}
