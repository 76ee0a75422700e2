/* test_curve.c - learning curves: the points are what fits on so many rows, or members, score. */
#include <config.h>

#include "run.h"
#include "select/tables.h"
#include <core/mem.h>
#include <ensemble.h>

static ens_error err;

static ens_status curve(ens_curve_point *out, const char *recipe, const ens_dataset *data, const char *plan,
                        const ens_curve_options *options, unsigned threads)
{
    const ens_exec exec = {.threads = threads};
    ens_learner *learner;
    ens_folds *folds;
    ens_status st;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_folds_make(&folds, data, plan, 1, &err));
    st = ens_curve(out, learner, data, folds, options, &exec, &err);
    ens_folds_free(folds);
    ens_learner_free(learner);
    return st;
}

/* The mean over splits of a cross-validation, and its interval. */
static void cross_validate(double *mean, double *low, const char *recipe, const ens_dataset *data, const char *metric)
{
    ens_learner *learner;
    ens_folds *folds;
    ens_cv *cv;
    double high;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_folds_make(&folds, data, "5", 1, &err));
    ck_ok(ens_cv_fit(&cv, learner, data, folds, metric, 1, NULL, &err));
    ck_ok(ens_cv_mean(mean, low, &high, cv, 0, 0.95, &err));
    ens_cv_free(cv);
    ens_folds_free(folds);
    ens_learner_free(learner);
}

START_TEST(the_last_point_is_a_cross_validation)
{
    const ens_curve_options rows = {.n_points = 3, .metric = "rmse", .seed = 1};
    const ens_curve_options members = {.over = ENS_CURVE_MEMBERS, .n_points = 3, .metric = "rmse", .seed = 1};
    ens_dataset *data = read_table("diabetes.csv", "progression");
    ens_curve_point p[3], q[3];
    double mean, low;

    cross_validate(&mean, &low, "forest(n_estimators=20)", data, "rmse");
    ck_ok(curve(p, "forest(n_estimators=20)", data, "5", &rows, 2));
    ck_ok(curve(q, "forest(n_estimators=20)", data, "5", &members, 2));
    ck_assert_double_eq_tol(p[2].mean, mean, 1e-12);
    ck_assert_double_eq_tol(p[2].low, low, 1e-9);
    ck_assert_double_eq_tol(q[2].mean, mean, 1e-12);
    cross_validate(&mean, &low, "forest(n_estimators=5)", data, "rmse");
    ck_assert_double_eq_tol(q[0].mean, mean, 1e-12);
    /* 442 rows: folds train on 353 or 354 rows, of which half and a quarter, rounded up. */
    ck_assert_uint_eq(p[2].n, 354);
    ck_assert_uint_eq(p[1].n, 177);
    ck_assert_uint_eq(p[0].n, 89);
    ck_assert(q[0].n == 5 && q[1].n == 10 && q[2].n == 20);
    ck_assert(isnan(p[0].gain) && isnan(p[0].p));
    ck_assert_double_eq_tol(p[1].gain, p[1].mean - p[0].mean, 1e-9);
    ck_assert_double_lt(p[2].mean, p[0].mean); /* more rows, less error */
    ens_dataset_free(data);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const ens_curve_options options = {.n_points = 4, .seed = 3};
    ens_dataset *data = read_table("iris.csv", "species");
    ens_curve_point p[3][4];
    const unsigned threads[] = {1, 2, 7};

    for (size_t t = 0; t < 3; t++)
        ck_ok(curve(p[t], "forest(n_estimators=5)", data, "3", &options, threads[t]));
    for (size_t t = 1; t < 3; t++)
        for (size_t i = 0; i < 4; i++) {
            ck_assert_double_eq(p[t][i].mean, p[0][i].mean);
            ck_assert(p[t][i].p == p[0][i].p || (isnan(p[t][i].p) && isnan(p[0][i].p)));
        }
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_input_is_told_of)
{
    ens_curve_options options = {.n_points = 8, .seed = 1};
    ens_dataset *data = read_table("iris.csv", "species");
    ens_curve_point p[30];

    options.n_points = 1;
    ck_fails(curve(p, "tree", data, "3", &options, 1), ENS_ERANGE, "1 points are outside [2, 30]");
    options.n_points = 20;
    ck_fails(curve(p, "tree", data, "3", &options, 1), ENS_ERANGE, "20 points leave 1 rows");
    options.n_points = 5;
    ck_fails(curve(p, "linear", data, "3", &options, 1), ENS_ESUPPORT, "`linear`");
    options.metric = "accurcy";
    ck_fails(curve(p, "tree", data, "3", &options, 1), ENS_ENAME, "did you mean `accuracy`");
    options = (ens_curve_options){.over = ENS_CURVE_MEMBERS, .n_points = 5};
    ck_fails(curve(p, "forest(n_estimators=10)", data, "3", &options, 1), ENS_ERANGE, "5 points of 10 members");
    ck_fails(curve(p, "naive_bayes", data, "3", &options, 1), ENS_ENAME, "n_estimators");
    options = (ens_curve_options){.n_points = 2, .level = 1};
    ck_fails(curve(p, "tree", data, "3", &options, 1), ENS_ERANGE, "level = 1");
    ens_dataset_free(data);
}
END_TEST

START_TEST(no_leak_when_memory_fails)
{
    const ens_curve_options options = {.n_points = 2, .seed = 3};
    const ens_exec exec = {.threads = 1};
    ens_dataset *data = read_table("iris.csv", "species");
    ens_status st = ENS_ENOMEM;
    ens_learner *learner;
    ens_folds *folds;
    ens_curve_point p[2];
    long k = 0;

    ck_ok(ens_learner_parse(&learner, "naive_bayes", &err));
    ck_ok(ens_folds_make(&folds, data, "2", 1, &err));
    ck_ok(ens_curve(p, learner, data, folds, &options, &exec, &err));
    for (; st == ENS_ENOMEM && k < 2000; k++) {
        ens__mem_fail_at(k);
        st = ens_curve(p, learner, data, folds, &options, &exec, &err);
        ens__mem_fail_at(-1);
    }
    ck_ok(st);
    ck_assert_int_gt(k, 30);
    ens_folds_free(folds);
    ens_learner_free(learner);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, the_last_point_is_a_cross_validation);
    tcase_add_test(tc, threads_change_nothing);
    tcase_add_test(tc, bad_input_is_told_of);
    tcase_add_test(tc, no_leak_when_memory_fails);
}

Suite *curve_suite(void);

Suite *curve_suite(void)
{
    return suite_of("curve", add);
}
