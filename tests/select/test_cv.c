/* test_cv.c - cross-validation: scores of scikit-learn's on the same folds, and what happens at the edges. */
#include <config.h>

#include "run.h"
#include "select/tables.h"
#include <core/mem.h>
#include <ensemble.h>

static ens_error err;

/* ens_cv_fit() by texts. */
static ens_status cross_validate(ens_cv **out, const char *recipe, const ens_dataset *data,
                                 const char *plan, const char *metrics, unsigned threads)
{
    ens_exec exec = {.threads = threads};
    ens_learner *learner;
    ens_folds *folds;
    ens_status st;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_folds_make(&folds, data, plan, 1, &err));
    st = ens_cv_fit(out, learner, data, folds, metrics, 1, &exec, &err);
    ens_folds_free(folds);
    ens_learner_free(learner);
    return st;
}

START_TEST(scores_are_scikit_learns)
{
    /* tests/select/make_reference.py */
    const double r2[] = {0.4295561538258378, 0.5225993866099365, 0.48268054134528215, 0.4264977611104015,
                         0.5502483366517519};
    const double accuracy[] = {28.0 / 30, 29.0 / 30, 28.0 / 30, 28.0 / 30, 1};
    ens_dataset *diabetes = read_table("diabetes.csv", "progression"), *iris = read_table("iris.csv", "species");
    ens_cv *cv;

    ck_ok(cross_validate(&cv, "linear", diabetes, "kfold(5, shuffle=false)", "r2", 2));
    ck_assert_uint_eq(cv->n_splits, 5);
    for (size_t s = 0; s < 5; s++)
        ck_assert_double_eq_tol(cv->score[s], r2[s], 1e-9);
    ck_assert_double_eq_tol(cv->pooled[0], 0.4953224221682183, 1e-9);
    ens_cv_free(cv);
    ck_ok(cross_validate(&cv, "naive_bayes", iris, "stratified(5, shuffle=false)", "accuracy", 2));
    for (size_t s = 0; s < 5; s++)
        ck_assert_double_eq_tol(cv->score[s], accuracy[s], 1e-12);
    ck_assert_double_eq_tol(cv->pooled[0], 143.0 / 150, 1e-12);
    ens_cv_free(cv);
    ens_dataset_free(diabetes);
    ens_dataset_free(iris);
}
END_TEST

START_TEST(interval_by_hand)
{
    ens_dataset *data = read_table("diabetes.csv", "progression");
    double mean, low, high, m = 0, v = 0;
    ens_cv *cv;

    ck_ok(cross_validate(&cv, "linear", data, "kfold(5, shuffle=false)", "r2, rmse", 1));
    ck_assert_str_eq(cv->metric[1], "rmse");
    for (size_t s = 0; s < 5; s++)
        m += cv->score[2 * s + 1] / 5;
    for (size_t s = 0; s < 5; s++)
        v += (cv->score[2 * s + 1] - m) * (cv->score[2 * s + 1] - m) / 4;
    ck_ok(ens_cv_mean(&mean, &low, &high, cv, 1, 0.95, &err));
    ck_assert_double_eq_tol(mean, m, 1e-12);
    /* 442 rows: two folds of 89, three of 88. qt(0.975, 4) = 2.776445105198 */
    ck_assert_double_eq_tol(cv->ratio, (2 * 89.0 / 353 + 3 * 88.0 / 354) / 5, 1e-15);
    ck_assert_double_eq_tol(high - m, 2.776445105198 * sqrt(v * (0.2 + cv->ratio)), 1e-9);
    ck_assert_double_eq_tol(m - low, high - m, 1e-9);
    ck_fails(ens_cv_mean(&mean, &low, &high, cv, 2, 0.95, &err), ENS_EINVAL, "metric 2 of 2");
    ck_fails(ens_cv_mean(&mean, &low, &high, cv, 0, 1, &err), ENS_ERANGE, "level = 1");
    ens_cv_free(cv);
    ens_dataset_free(data);
}
END_TEST

START_TEST(repeats_are_scored_each)
{
    ens_dataset *data = read_table("iris.csv", "species");
    ens_cv *cv;
    double sum = 0;

    ck_ok(cross_validate(&cv, "tree(max_depth=3)", data, "stratified(3, repeats=4)", "accuracy", 2));
    ck_assert_uint_eq(cv->n_splits, 12);
    ck_assert_uint_eq(cv->n_repeats, 4);
    for (size_t s = 0; s < 12; s++)
        sum += cv->score[s];
    /* Folds of 51, 51 and 48 rows, or the like: pooled is near the plain mean, and of a repeat of its own. */
    ck_assert_double_eq_tol(cv->pooled[0], sum / 12, 0.01);
    ck_assert_double_eq_tol(cv->pooled[0] * 600, round(cv->pooled[0] * 600), 1e-9);
    ens_cv_free(cv);
    ens_dataset_free(data);
}
END_TEST

START_TEST(threads_change_nothing)
{
    ens_dataset *data = read_table("breast_cancer.csv", "diagnosis");
    ens_cv *cv[3];
    const unsigned threads[] = {1, 2, 7};

    for (size_t t = 0; t < 3; t++)
        ck_ok(cross_validate(&cv[t], "forest(n_estimators=10)", data, "5", NULL, threads[t]));
    for (size_t t = 1; t < 3; t++) {
        ck_assert_uint_eq(cv[t]->n_metrics, cv[0]->n_metrics);
        ck_assert_mem_eq(cv[t]->score, cv[0]->score, 5 * cv[0]->n_metrics * sizeof *cv[0]->score);
        ck_assert_mem_eq(cv[t]->pred, cv[0]->pred, cv[0]->n * 2 * sizeof *cv[0]->pred);
    }
    for (size_t t = 0; t < 3; t++)
        ens_cv_free(cv[t]);
    ens_dataset_free(data);
}
END_TEST

/* A plan of time tests no row of the first part. */
START_TEST(rows_never_tested_count_nowhere)
{
    ens_dataset *data = read_table("diabetes.csv", "progression");
    ens_cv *cv;
    size_t missing = 0;

    ck_ok(cross_validate(&cv, "linear", data, "time(3)", "mae", 2));
    for (size_t i = 0; i < cv->n; i++)
        missing += isnan(cv->pred[i]);
    ck_assert_uint_eq(missing, 442 - 3 * (442 / 4));
    ck_assert(isfinite(cv->pooled[0]));
    ens_cv_free(cv);
    ens_dataset_free(data);
}
END_TEST

START_TEST(metrics_that_rows_do_not_define)
{
    const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1, 0, 1, 0, 1};
    ens_dataset *data;
    double mean, low, high;
    ens_cv *cv;

    /* In folds of one row the area is undefined; pooled it is not. */
    ck_ok(ens_dataset_from_matrix(&data, x, 6, 1, y, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(cross_validate(&cv, "naive_bayes", data, "leave_one_out", "roc_auc", 1));
    ck_assert(isnan(cv->score[0]) && isfinite(cv->pooled[0]));
    ck_ok(ens_cv_mean(&mean, &low, &high, cv, 0, 0.9, &err));
    ck_assert(isnan(mean));
    ens_cv_free(cv);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_input_is_told_of)
{
    ens_dataset *data = read_table("iris.csv", "species"), *other = read_table("wine.csv", "cultivar");
    ens_learner *forest;
    ens_folds *folds;
    ens_cv *cv;

    ck_fails(cross_validate(&cv, "linear", data, "3", NULL, 1), ENS_ESUPPORT, "`linear`");
    ck_assert_ptr_null(cv);
    ck_fails(cross_validate(&cv, "isolation", data, "3", NULL, 1), ENS_ESUPPORT, "`isolation`");
    ck_fails(cross_validate(&cv, "tree", data, "3", "accurcy", 1), ENS_ENAME, "did you mean `accuracy`");
    ck_fails(cross_validate(&cv, "tree", data, "3", "", 1), ENS_EINVAL, "metrics is empty");
    ck_fails(cross_validate(&cv, "tree", data, "3", "rmse", 1), ENS_EINVAL, "rmse");
    ck_ok(ens_learner_parse(&forest, "forest", &err));
    ck_ok(ens_folds_make(&folds, data, "3", 1, &err));
    ck_fails(ens_cv_fit(&cv, forest, other, folds, NULL, 1, NULL, &err), ENS_EINVAL, "150 rows for a table of 178");
    ck_fails(ens_cv_fit(&cv, NULL, other, folds, NULL, 1, NULL, &err), ENS_EINVAL, "learner is NULL");
    ens_folds_free(folds);
    ens_learner_free(forest);
    ens_dataset_free(data);
    ens_dataset_free(other);
}
END_TEST

START_TEST(no_leak_when_memory_fails)
{
    ens_dataset *data = read_table("iris.csv", "species");
    ens_learner *learner;
    ens_folds *folds;
    ens_cv *cv = NULL;
    ens_exec exec = {.threads = 1};
    ens_status st = ENS_ENOMEM;
    long k = 0;

    ck_ok(ens_learner_parse(&learner, "naive_bayes", &err));
    ck_ok(ens_folds_make(&folds, data, "3", 1, &err));
    ck_ok(ens_cv_fit(&cv, learner, data, folds, NULL, 1, &exec, &err)); /* what is made once is made */
    ens_cv_free(cv);
    for (; st == ENS_ENOMEM && k < 2000; k++) {
        ens__mem_fail_at(k);
        st = ens_cv_fit(&cv, learner, data, folds, NULL, 1, &exec, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || cv == NULL);
    }
    ck_ok(st);
    ck_assert_int_gt(k, 30);
    ens_cv_free(cv);
    ens_folds_free(folds);
    ens_learner_free(learner);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, scores_are_scikit_learns);
    tcase_add_test(tc, interval_by_hand);
    tcase_add_test(tc, repeats_are_scored_each);
    tcase_add_test(tc, threads_change_nothing);
    tcase_add_test(tc, rows_never_tested_count_nowhere);
    tcase_add_test(tc, metrics_that_rows_do_not_define);
    tcase_add_test(tc, bad_input_is_told_of);
    tcase_add_test(tc, no_leak_when_memory_fails);
}

Suite *cv_suite(void);

Suite *cv_suite(void)
{
    return suite_of("cv", add);
}
