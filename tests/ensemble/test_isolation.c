/* test_isolation.c - the isolation forest: paths worked out by hand, thresholds, targets that only score. */
#include <config.h>

#include "run.h"
#include <ensemble.h>
#include <math.h>
#include <tree/tree.h>

static ens_error err;

static ens_learner *parse(const char *recipe)
{
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    return l;
}

static ens_model *fit(const char *recipe, const ens_dataset *d, uint64_t seed)
{
    ens_learner *l = parse(recipe);
    ens_model *m;

    ck_ok(ens_fit(&m, l, d, NULL, seed, NULL, &err));
    ens_learner_free(l);
    return m;
}

static void fit_fails(const char *recipe, const ens_dataset *d, ens_status st,
                      const char *text)
{
    ens_learner *l = parse(recipe);
    ens_model *m = (ens_model *)&err;

    ck_fails(ens_fit(&m, l, d, NULL, 0, NULL, &err), st, text);
    ck_assert_ptr_null(m);
    ens_learner_free(l);
}

static ens_dataset *matrix(const double *x, size_t n, size_t p, const double *y,
                           ens_task task)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x, n, p, y, task, &err));
    return d;
}

static ens_dataset *categories(const int32_t *code, size_t n)
{
    static const char *const level[] = {"a", "b", "c"};
    ens_column c = {.name = "x", .code = code, .levels = level, .n_levels = 3};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, &c, 1, n, ENS_TASK_AUTO, &err));
    return d;
}

/* Mean lengths of the paths to the rows of a table: the score solved for them. */
static void paths(double *out, const ens_model *m, const ens_dataset *d, double psi)
{
    size_t n = ens_dataset_n(d);

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < n; i++)
        out[i] = -log2(out[i]) * ens__isolation_path(psi);
}

/* Gaussian rows, and a last one far away. */
enum { N = 400, P = 3 };

static void cloud(double *x)
{
    ens_dataset *d;

    ck_ok(ens_generate(&d, "hastie_10_2(n=400)", 3, &err));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = ens_dataset_get(d, i, j);
    for (size_t j = 0; j < P; j++)
        x[(N - 1) * P + j] = 9;
    ens_dataset_free(d);
}

/* ---- Paths ------------------------------------------------------------------------------------------- */

/* The values that scikit-learn's own test has for _average_path_length. */
START_TEST(expected_paths_are_those_of_the_paper)
{
    ck_assert_double_eq(ens__isolation_path(1), 0);
    ck_assert_double_eq(ens__isolation_path(2), 1);
    ck_assert_double_eq_tol(ens__isolation_path(5),
                            2 * (log(4) + 0.57721566490153286) - 1.6, 1e-15);
    ck_assert_double_eq_tol(ens__isolation_path(999),
                            2 * (log(998) + 0.57721566490153286) - 1.997997997997998,
                            1e-12);
}
END_TEST

/* Rows 0, 1, 10, depth 2. The first threshold is below 1 with probability 1/10, and parts 0 from the others; else it
 * parts 10. So the paths are 1.9, 2 and 1.1 on average, of variance 0.09 at most: over 20,000 trees four
 * deviations are 0.0085. */
START_TEST(three_rows_have_the_paths_worked_out_by_hand)
{
    const double x[] = {0, 1, 10};
    ens_dataset *d = matrix(x, 3, 1, NULL, ENS_TASK_AUTO);
    ens_model *m = fit("isolation(n_estimators=20000)", d, 1);
    double h[3];

    paths(h, m, d, 3);
    ck_assert_double_eq_tol(h[0], 1.9, 0.0085);
    ck_assert_double_eq_tol(h[1], 2, 1e-9);
    ck_assert_double_eq_tol(h[2], 1.1, 0.0085);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* A gap goes with the one row with probability 1/3, to depth 1, else with the two, to depth 2: 5/3. Its variance is
 * 2/9, four deviations over 20,000 trees are 0.0134. */
START_TEST(gaps_go_with_a_side_in_proportion)
{
    const double x[] = {0, 1, 10}, gap[] = {NAN};
    ens_dataset *d = matrix(x, 3, 1, NULL, ENS_TASK_AUTO),
                *other = matrix(gap, 1, 1, NULL, ENS_TASK_AUTO);
    ens_model *m = fit("isolation(n_estimators=20000)", d, 2);
    double h[1];

    paths(h, m, other, 3);
    ck_assert_double_eq_tol(h[0], 5.0 / 3, 0.0134);
    ens_model_free(m);
    ens_dataset_free(other);
    ens_dataset_free(d);
}
END_TEST

/* Levels a, a, b: the only split parts b; the rows of a cannot be told apart and are c(2) = 1 deeper. Level c, which
 * no row has, goes with the fewer; a gap as above: 1/3 to depth 1, 2/3 to 2. */
START_TEST(levels_are_parted_and_absent_ones_go_with_the_fewer)
{
    const int32_t code[] = {0, 0, 1}, asked[] = {0, 1, 2, -1};
    ens_dataset *d = categories(code, 3), *other = categories(asked, 4);
    ens_model *m = fit("isolation(n_estimators=20000)", d, 3);
    double h[4];

    paths(h, m, other, 3);
    ck_assert_double_eq_tol(h[0], 2, 1e-9);
    ck_assert_double_eq_tol(h[1], 1, 1e-9);
    ck_assert_double_eq_tol(h[2], 1, 1e-9);
    ck_assert_double_eq_tol(h[3], 5.0 / 3, 0.0134);
    ens_model_free(m);
    ens_dataset_free(other);
    ens_dataset_free(d);
}
END_TEST

/* Nothing tells them apart: c(n) deep, and so the score is 1/2. */
START_TEST(rows_that_are_alike_score_half)
{
    const double x[] = {7, 7, 7, 7, 7};
    double out[5];

    for (size_t n = 1; n <= 5; n++) {
        ens_dataset *d = matrix(x, n, 1, NULL, ENS_TASK_AUTO);
        ens_model *m = fit("isolation(n_estimators=3)", d, 4);

        ck_ok(ens_model_predict(m, d, out, NULL, &err));
        for (size_t i = 0; i < n; i++)
            ck_assert_double_eq_tol(out[i], 0.5, 1e-15);
        ens_model_free(m);
        ens_dataset_free(d);
    }
}
END_TEST

START_TEST(a_row_far_away_scores_highest)
{
    double x[N * P], out[N];
    ens_dataset *d;
    ens_model *m;

    cloud(x);
    d = matrix(x, N, P, NULL, ENS_TASK_AUTO);
    m = fit("isolation", d, 5);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert_double_gt(out[N - 1], 0.7);
    for (size_t i = 0; i + 1 < N; i++)
        ck_assert_double_lt(out[i], out[N - 1]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Thresholds -------------------------------------------------------------------------------------- */

static size_t flagged(double *threshold, const char *recipe, const ens_dataset *d)
{
    ens_model *m = fit(recipe, d, 6);
    double out[N];
    size_t n = 0;

    ck_ok(ens_model_threshold(threshold, m, &err));
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < N; i++)
        n += out[i] > *threshold;
    ens_model_free(m);
    return n;
}

START_TEST(contamination_is_the_share_above_the_threshold)
{
    double x[N * P], threshold, same;
    ens_dataset *d;

    cloud(x);
    d = matrix(x, N, P, NULL, ENS_TASK_AUTO);
    ck_assert_uint_eq(flagged(&threshold, "isolation(contamination=0.05)", d), 20);
    ck_assert_uint_eq(flagged(&same, "isolation(contamination=20)", d), 20);
    ck_assert_double_eq(threshold, same);
    flagged(&threshold, "isolation", d);
    ck_assert_double_eq(threshold, 0.5);
    flagged(&threshold, "bagging(isolation(contamination=0.05), n_estimators=3)", d);
    ck_assert_double_gt(threshold, 0.51); /* the mean of the members' */
    ens_dataset_free(d);
}
END_TEST

START_TEST(other_tasks_have_no_threshold)
{
    ens_dataset *d;
    ens_model *m;
    double threshold;

    ck_ok(ens_generate(&d, "moons(n=50)", 1, &err));
    m = fit("tree", d, 0);
    ck_fails(ens_model_threshold(&threshold, m, &err), ENS_ESUPPORT,
             "tree is no model of anomalies");
    ck_assert_ptr_null(ens_model_anomaly(m));
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Targets ----------------------------------------------------------------------------------------- */

static ens_dataset *with_target(const double *x, size_t anomalies, double other,
                                ens_task task)
{
    double y[N];

    for (size_t i = 0; i < N; i++)
        y[i] = i < N - anomalies ? 1 - other : other;
    return matrix(x, N, P, y, task);
}

START_TEST(the_rarer_class_is_the_anomaly)
{
    double x[N * P];

    cloud(x);
    for (double other = 0; other <= 1; other++) {
        ens_dataset *d = with_target(x, 1, other, ENS_TASK_CLASSIFICATION);
        ens_model *m = fit("isolation", d, 7);
        int32_t label[N];
        ens_score *score;
        size_t n;

        ck_assert_int_eq(ens_model_task(m), ENS_TASK_ANOMALY);
        ck_assert_str_eq(ens_model_anomaly(m), other > 0 ? "1" : "0");
        ck_ok(ens_model_targets(m, d, label, NULL, &err));
        ck_assert_int_eq(label[0], 0);
        ck_assert_int_eq(label[N - 1], 1);
        ck_ok(ens_model_evaluate(&score, &n, m, d, NULL, NULL, &err));
        ck_assert_uint_eq(n, 2);
        ck_assert_str_eq(score[0].name, "roc_auc");
        ck_assert_double_eq(score[0].value, 1); /* the row far away is first */
        ck_assert_str_eq(score[1].name, "average_precision");
        ck_assert_double_eq(score[1].value, 1);
        ens_scores_free(score, n);
        ck_fails(ens_model_evaluate(&score, &n, m, d, "accuracy", NULL, &err), ENS_EINVAL,
                 "metric accuracy is for classification");
        ens_model_free(m);
        ens_dataset_free(d);
    }
}
END_TEST

START_TEST(a_table_can_bring_the_target_that_the_model_lacks)
{
    double x[N * P];
    ens_dataset *plain, *d, *numbers;
    ens_model *m;
    ens_score *score;
    size_t n;

    cloud(x);
    plain = matrix(x, N, P, NULL, ENS_TASK_AUTO);
    d = with_target(x, 1, 1, ENS_TASK_CLASSIFICATION);
    numbers = with_target(x, 1, 1, ENS_TASK_REGRESSION);
    m = fit("isolation", plain, 8);
    ck_assert_ptr_null(ens_model_target(m));
    ck_assert_ptr_null(ens_model_anomaly(m));
    ck_ok(ens_model_evaluate(&score, &n, m, d, "roc_auc", NULL, &err));
    ck_assert_double_eq(score[0].value, 1);
    ens_scores_free(score, n);
    ck_fails(ens_model_evaluate(&score, &n, m, plain, NULL, NULL, &err), ENS_ESHAPE,
             "neither model nor table has a target");
    ck_fails(ens_model_evaluate(&score, &n, m, numbers, NULL, NULL, &err), ENS_EDATA,
             "target `y` has not two classes");
    ens_model_free(m);
    ens_dataset_free(numbers);
    ens_dataset_free(d);
    ens_dataset_free(plain);
}
END_TEST

/* ---- Refusals ---------------------------------------------------------------------------------------- */

START_TEST(bad_requests_are_refused)
{
    double x[N * P];
    ens_dataset *d;
    ens_learner *l = NULL;

    cloud(x);
    d = matrix(x, N, P, NULL, ENS_TASK_AUTO);
    fit_fails("forest", d, ENS_EDATA, "the table has no target");
    fit_fails("bagging(tree)", d, ENS_EDATA, "the table has no target");
    fit_fails("isolation(contamination=201)", d, ENS_ERANGE,
              "isolation.contamination = 201 is above half of the 400 rows");
    fit_fails("isolation(max_samples=500)", d, ENS_ERANGE,
              "isolation.max_samples = 500 is above the 400 rows");
    fit_fails("isolation(max_features=4)", d, ENS_ERANGE,
              "isolation.max_features = 4 is above the 3 features");
    ck_fails(ens_learner_parse(&l, "isolation(contamination=0.6)", &err), ENS_ERANGE,
             "isolation.contamination = 0.6 is above 0.5");
    ck_assert_ptr_null(l);
    ck_assert_int_eq(ens_learner_parse(&l, "isolation(contamination=-0.1)", &err),
                     ENS_ERANGE);
    ck_assert_ptr_null(l);
    ens_dataset_free(d);
    ck_fails(ens_dataset_from_matrix(&d, x, N, P, NULL, ENS_TASK_ANOMALY, &err),
             ENS_EINVAL, "a target is for classification or regression");
}
END_TEST

START_TEST(learners_say_what_they_suit)
{
    static const struct {
        const char *recipe;
        int classes, numbers, anomalies;
    } known[] = {{"forest", 1, 1, 0},
                 {"naive_bayes", 1, 0, 0},
                 {"isolation", 0, 0, 1},
                 {"bagging(isolation)", 0, 0, 1},
                 {"bagging(tree)", 1, 1, 0}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ens_learner *l = parse(known[i].recipe);

        ck_assert_int_eq(ens_learner_suits(l, ENS_TASK_CLASSIFICATION), known[i].classes);
        ck_assert_int_eq(ens_learner_suits(l, ENS_TASK_REGRESSION), known[i].numbers);
        ck_assert_int_eq(ens_learner_suits(l, ENS_TASK_ANOMALY), known[i].anomalies);
        ck_assert_int_eq(ens_learner_suits(l, ENS_TASK_AUTO), 0);
        ens_learner_free(l);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, expected_paths_are_those_of_the_paper);
    tcase_add_test(tc, three_rows_have_the_paths_worked_out_by_hand);
    tcase_add_test(tc, gaps_go_with_a_side_in_proportion);
    tcase_add_test(tc, levels_are_parted_and_absent_ones_go_with_the_fewer);
    tcase_add_test(tc, rows_that_are_alike_score_half);
    tcase_add_test(tc, a_row_far_away_scores_highest);
    tcase_add_test(tc, contamination_is_the_share_above_the_threshold);
    tcase_add_test(tc, other_tasks_have_no_threshold);
    tcase_add_test(tc, the_rarer_class_is_the_anomaly);
    tcase_add_test(tc, a_table_can_bring_the_target_that_the_model_lacks);
    tcase_add_test(tc, bad_requests_are_refused);
    tcase_add_test(tc, learners_say_what_they_suit);
}

Suite *isolation_suite(void);

Suite *isolation_suite(void)
{
    return suite_of("isolation", add);
}
