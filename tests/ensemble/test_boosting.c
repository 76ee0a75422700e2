/* test_boosting.c - boosting: rounds worked by hand and by a naive loop, scikit-learn's figures, line search, early
 * stopping, draws. */
#include <config.h>

#include <ensemble.h>
#include <ensemble/boosting.h>
#include <learn/model.h>

#include "ensemble/fits.h"
#include "learn/toy.h"
#include "run.h"

static ens_error err;

static const ens__boosting *inside(const ens_model *m)
{
    ck_assert_ptr_eq(m->root.type, &ens__boosting_type);
    return m->root.state;
}

/* One feature, 0 .. n - 1, and these targets. */
static ens_dataset *line(const double *y, size_t n, ens_task task)
{
    ens_dataset *d;
    double x[16];

    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    ck_ok(ens_dataset_from_matrix(&d, x, n, 1, y, task, &err));
    return d;
}

static ens_dataset *generate(const char *spec)
{
    ens_dataset *d;

    ck_ok(ens_generate(&d, spec, 7, &err));
    return d;
}

/* ---- By hand ----------------------------------------------------------------------------------------- */

/* From the mean, 3: residuals -3 -3 1 5, stump -3 -3 | 3 3; half of it leaves -1.5 -1.5 -0.5 3.5, stump
 * -7/6 -7/6 -7/6 | 3.5. */
START_TEST(two_rounds_of_squared_loss)
{
    static const double y[] = {0, 0, 4, 8};
    static const double want[] = {1.5 - 7.0 / 12, 1.5 - 7.0 / 12, 4.5 - 7.0 / 12, 6.25};
    ens_dataset *d = line(y, 4, ENS_TASK_REGRESSION);
    ens_model *m =
        fit("boosting(tree(max_depth=1), n_estimators=2, learning_rate=0.5)", d);
    double *out = predict(m, d);

    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[i], want[i], 1e-14);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* From the log odds of 1 to 1, 0: residuals -1/2 -1/2 1/2 1/2, a perfect stump, leaves -1 / (2/4) = -2 and 2. */
START_TEST(one_round_of_logistic_loss)
{
    static const double y[] = {0, 0, 1, 1};
    ens_dataset *d = line(y, 4, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("boosting(tree(max_depth=1), n_estimators=1)", d);
    double *out = predict(m, d);

    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[2 * i + 1], 1 / (1 + exp(y[i] > 0 ? -0.2 : 0.2)),
                                1e-7); /* gradients are floats */
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* From the median, 15: the signs of the residuals are parted in the middle, and the leaves are medians of -15 -14 -5
 * and 5 6 85. */
START_TEST(one_round_of_absolute_loss)
{
    static const double y[] = {0, 1, 10, 20, 21, 100};
    ens_dataset *d = line(y, 6, ENS_TASK_REGRESSION);
    ens_model *m = fit(
        "boosting(tree(max_depth=1), n_estimators=1, learning_rate=1, loss=absolute)", d);
    double *out = predict(m, d);

    for (size_t i = 0; i < 6; i++)
        ck_assert_double_eq_tol(out[i], i < 3 ? 1 : 21, 1e-12);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Beside others -------------------------------------------------------------------------------------- */

/* On the rows of the fit, by scikit-learn 1.2.1, GradientBoosting*(criterion="squared_error", max_depth=...,
 * n_estimators=10): the same for any random_state. */
static const struct {
    const char *recipe, *target, *ignore, *metric;
    double value;
} known[] = {
    {"boosting(tree(max_depth=1), n_estimators=10)", "cultivar", NULL, "log_loss",
     0.38758226942185225},
    {"boosting(tree(max_depth=2), n_estimators=10)", "proline", "cultivar", "rmse",
     195.65516988724565},
};

START_TEST(scikit_learn_has_the_same_scores)
{
    const char *ignore[] = {known[_i].ignore, NULL};
    const ens_csv_options options = {.target = known[_i].target, .ignore = ignore};
    ens_dataset *d;
    ens_model *m;
    ens_score *score;
    size_t n;

    ck_ok(ens_csv_read(&d, TEST_DATA "/wine.csv", &options, &err));
    m = fit(known[_i].recipe, d);
    ck_ok(ens_model_evaluate(&score, &n, m, d, known[_i].metric, NULL, &err));
    /* gradients are floats, of 24 bits */
    ck_assert_double_eq_tol(score[0].value, known[_i].value, 1e-6 * known[_i].value);
    ens_scores_free(score, n);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* The rounds again, by fits of the member to tables of residuals. */
START_TEST(squared_rounds_are_those_of_a_naive_loop)
{
    enum { N = 200, P = 5 };
    ens_dataset *d = generate("friedman1(n=200, p=5)");
    ens_model *m =
        fit("boosting(tree(max_depth=2), n_estimators=6, learning_rate=0.3)", d);
    double *out = predict(m, d), x[N * P], y[N], f[N], mean = 0;

    for (size_t i = 0; i < N; i++)
        mean += ens_dataset_y(d, i) / N;
    for (size_t i = 0; i < N; i++) {
        f[i] = mean;
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = ens_dataset_get(d, i, j);
    }
    for (size_t t = 0; t < 6; t++) {
        ens_dataset *rest;
        ens_model *one;
        double *step;

        for (size_t i = 0; i < N; i++)
            y[i] = ens_dataset_y(d, i) - f[i];
        ck_ok(ens_dataset_from_matrix(&rest, x, N, P, y, ENS_TASK_REGRESSION, &err));
        one = fit("tree(max_depth=2)", rest);
        step = predict(one, rest);
        for (size_t i = 0; i < N; i++)
            f[i] += 0.3 * step[i];
        free(step);
        ens_model_free(one);
        ens_dataset_free(rest);
    }
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(out[i], f[i], 1e-12); /* rounding */
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Line search ------------------------------------------------------------------------------------------- */

/* A bag of one tree is no tree: it gets one step, from which the loss grows on both sides. Classes of two and three,
 * whose second member is asked. */
START_TEST(a_line_search_ends_at_the_least_loss)
{
    static const char *const spec[] = {"moons(n=300)",
                                       "classification(n=300, classes=3)"};
    ens_dataset *d = generate(spec[_i]);
    ens_model *m =
        fit("boosting(bagging(tree(max_depth=2), bootstrap=false, n_estimators=1), "
            "n_estimators=1, learning_rate=1)",
            d);
    ens__boosting *b = m->root.state;
    size_t at = _i == 0 ? 0 : 1;
    double step = b->step[at], loss[3];

    ck_assert_double_gt(step, 1); /* 1 to 2.5: what leaves of probabilities lack */
    for (size_t c = 0; c < b->k; c++)
        b->step[c] = c == at ? step : 0; /* others were at 0 when it was found */
    for (int i = 0; i < 3; i++) {
        ens_score *score;
        size_t n;

        b->step[at] = step * (1 + 0.02 * (i - 1));
        ck_ok(ens_model_evaluate(&score, &n, m, d, "log_loss", NULL, &err));
        loss[i] = score[0].value;
        ens_scores_free(score, n);
    }
    ck_assert_double_lt(loss[1], loss[0]);
    ck_assert_double_lt(loss[1], loss[2]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Rounds -------------------------------------------------------------------------------------------------- */

START_TEST(early_stopping_keeps_the_best_round)
{
    ens_dataset *d = generate("friedman1(n=300, noise=3)");
    ens_model *m =
        fit("boosting(n_estimators=300, learning_rate=0.3, n_iter_no_change=5, "
            "validation_fraction=0.3, tol=0)",
            d);
    const ens__boosting *b = inside(m);
    size_t best = 1;
    char *text;

    for (size_t t = 2; t < b->n_curve; t++)
        best = b->curve[t] < b->curve[best] ? t : best;
    ck_assert_uint_lt(b->n_curve, 300);
    ck_assert_uint_eq(b->chain->n, best);
    ck_assert_uint_eq(b->n_curve,
                      best + 5 + 1); /* five rounds later it gave up; and the start */
    ck_assert_double_lt(b->curve[best], b->curve[0]);
    for (size_t t = 1; t <= 5; t++)
        ck_assert_double_ge(b->curve[best + t], b->curve[best]);
    ck_ok(ens_model_describe(&text, m, &err));
    ck_assert_ptr_nonnull(strstr(text, "loss of rows held out:"));
    ens_string_free(text);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static ens_go stop_at_three(const ens_progress *p, void *ctx)
{
    (void)ctx;
    return p->done >= 3 ? ENS_STOP : ENS_GO;
}

START_TEST(stopping_keeps_the_rounds_so_far)
{
    const ens_exec exec = {.progress = stop_at_three};
    ens_dataset *d = generate("classification(n=200, classes=3)");
    ens_model *m = fit_with("boosting(n_estimators=9)", d, 1, &exec);
    ens_model *three = fit("boosting(n_estimators=3)", d);
    double *a = predict(m, d), *b = predict(three, d);

    ck_assert_uint_eq(inside(m)->chain->n, 9); /* of three classes */
    ck_assert_mem_eq(a, b, 200 * 3 * sizeof *a);
    free(a);
    free(b);
    ens_model_free(m);
    ens_model_free(three);
    ens_dataset_free(d);
}
END_TEST

START_TEST(each_round_draws_its_subsample)
{
    ens_dataset *d = generate("friedman1(n=200)");
    ens_model *m = fit("boosting(toy, n_estimators=2, subsample=0.25)", d);

    ck_assert(toy_rows == 50 && toy_distinct == 50);
    ens_model_free(m);
    m = fit("boosting(toy, n_estimators=2, subsample=17)", d);
    ck_assert(toy_rows == 17 && toy_distinct == 17);
    ens_model_free(m);
    m = fit("boosting(toy, n_estimators=1, n_iter_no_change=3, validation_fraction=0.1)",
            d);
    ck_assert(toy_rows == 180);
    ens_model_free(m);
    fit_fails("boosting(toy, subsample=201)", d, ENS_ERANGE,
              "boosting.subsample = 201 is above the 200 rows");
    ens_dataset_free(d);
}
END_TEST

/* Members that are trees are walked in the runtime form, which gives the bits of the members one by one. */
START_TEST(the_runtime_form_has_the_same_bits)
{
    static const char *const spec[] = {"friedman1(n=700)", "moons(n=700)",
                                       "classification(n=700, classes=3)"};
    ens_dataset *d = generate(spec[_i]);
    ens_model *m = fit("boosting(n_estimators=9)", d);
    ens__boosting *b = m->root.state;
    ens__trees *trees = b->trees;
    size_t k = ens_model_k(m);
    double *fast = predict(m, d), *slow;

    ck_assert_ptr_nonnull(trees);
    b->trees = NULL;
    m->scratch = ens__boosting_scratch(b);
    slow = predict(m, d);
    ck_assert_mem_eq(fast, slow, 700 * k * sizeof *fast);
    b->trees = trees;
    free(fast);
    free(slow);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Errors --------------------------------------------------------------------------------------------------- */

START_TEST(bad_recipes_are_refused)
{
    static const struct {
        const char *recipe, *text;
        ens_status st;
    } bad[] = {
        {"boosting(naive_bayes)",
         "members of boosting predict numbers, naive_bayes does not", ENS_EPARSE},
        {"boosting(loss=squard)", "boosting.loss: no loss is called `squard`", ENS_ENAME},
        {"boosting(learning_rate=0)", "boosting.learning_rate = 0 is outside",
         ENS_ERANGE},
        {"boosting(subsample=0.0)", "boosting.subsample", ENS_ERANGE},
        {"boosting(tree, tree)", "at most 1 member", ENS_EPARSE},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ens_learner *l;

        ck_fails(ens_learner_parse(&l, bad[i].recipe, &err), bad[i].st, bad[i].text);
    }
}
END_TEST

START_TEST(losses_that_do_not_suit_are_refused)
{
    static const struct {
        const char *spec, *recipe, *text;
        ens_status st;
    } bad[] = {
        {"friedman1(n=50)", "boosting(loss=logistic)",
         "boosting.loss: loss logistic is for classification", ENS_ERANGE},
        {"moons(n=50)", "boosting(loss=squared)",
         "boosting.loss: loss squared is for regression", ENS_ERANGE},
        {"friedman1(n=50)", "boosting(loss=lambdarank)",
         "boosting: loss lambdarank compares rows within groups: no group column is named",
         ENS_EDATA},
        {"friedman1(n=50)", "boosting(loss=\"quantile(levels=[0.1, 0.9])\")",
         "gives 2 predictions a row, expected 1", ENS_ERANGE},
        {"friedman1(n=3)", "boosting(n_iter_no_change=2)",
         "boosting.validation_fraction = 0.1 holds out 0 of 3 rows", ENS_ERANGE},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ens_dataset *d = generate(bad[i].spec);

        fit_fails(bad[i].recipe, d, bad[i].st, bad[i].text);
        ens_dataset_free(d);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, toy_register, NULL);
    tcase_add_test(tc, two_rounds_of_squared_loss);
    tcase_add_test(tc, one_round_of_logistic_loss);
    tcase_add_test(tc, one_round_of_absolute_loss);
    tcase_add_loop_test(tc, scikit_learn_has_the_same_scores, 0,
                        (int)(sizeof known / sizeof *known));
    tcase_add_test(tc, squared_rounds_are_those_of_a_naive_loop);
    tcase_add_loop_test(tc, a_line_search_ends_at_the_least_loss, 0, 2);
    tcase_add_test(tc, early_stopping_keeps_the_best_round);
    tcase_add_test(tc, stopping_keeps_the_rounds_so_far);
    tcase_add_test(tc, each_round_draws_its_subsample);
    tcase_add_loop_test(tc, the_runtime_form_has_the_same_bits, 0, 3);
    tcase_add_test(tc, bad_recipes_are_refused);
    tcase_add_test(tc, losses_that_do_not_suit_are_refused);
}

Suite *boosting_suite(void);

Suite *boosting_suite(void)
{
    return suite_of("boosting", add);
}
