/* test_compare.c - which tests apply to what, and that they are given the right numbers. */
#include <config.h>

#include "run.h"
#include "select/tables.h"
#include <core/mem.h>
#include <ensemble.h>
#include <num/paired.h>

static ens_error err;

static ens_cv *cross_validate(const char *recipe, const ens_dataset *data, const char *plan, const char *metrics)
{
    ens_learner *learner;
    ens_folds *folds;
    ens_cv *cv;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_folds_make(&folds, data, plan, 1, &err));
    ck_ok(ens_cv_fit(&cv, learner, data, folds, metrics, 1, NULL, &err));
    ens_folds_free(folds);
    ens_learner_free(learner);
    return cv;
}

/* The comparison of a and b by a test, which is there. */
static ens_comparison find(const ens_comparison *c, size_t n, ens_test test, size_t a, size_t b)
{
    for (size_t i = 0; i < n; i++)
        if (c[i].test == test && c[i].a == a && c[i].b == b)
            return c[i];
    ck_abort_msg("no %s of %zu and %zu", ens_test_name(test), a, b);
    return *c;
}

START_TEST(classes_get_t_mcnemar_and_delong)
{
    ens_dataset *data = read_table("breast_cancer.csv", "diagnosis");
    ens_cv *cv[3] = {cross_validate("forest(n_estimators=20)", data, "5", "roc_auc"),
                     cross_validate("tree(max_depth=1)", data, "5", "roc_auc"),
                     cross_validate("forest(n_estimators=20)", data, "5", "roc_auc")};
    ens_comparison *c, t, rows, area;
    size_t n, alone[2] = {0, 0};
    double d[5], p[3];

    ck_ok(ens_compare(&c, &n, (const ens_cv *const *)cv, 3, 0, 0.95, &err));
    ck_assert_uint_eq(n, 9); /* three tests of three pairs */
    t = find(c, n, ENS_TEST_RESAMPLED_T, 0, 1);
    for (size_t s = 0; s < 5; s++)
        d[s] = cv[0]->score[s] - cv[1]->score[s];
    ck_assert_double_eq(t.p, ens__paired_resampled(d, 5, cv[0]->ratio, 0.95).p);
    ck_assert(t.difference > 0 && t.low < t.difference && t.high > t.difference);
    rows = find(c, n, ENS_TEST_MCNEMAR, 0, 1);
    for (size_t i = 0; i < cv[0]->n; i++) {
        size_t a = cv[0]->pred[2 * i + 1] > 0.5, b = cv[1]->pred[2 * i + 1] > 0.5, y = (size_t)cv[0]->label[i];

        if (cv[0]->pred[2 * i + 1] == 0.5 || cv[1]->pred[2 * i + 1] == 0.5) {
            a = ens_argmax(cv[0]->pred + 2 * i, 2);
            b = ens_argmax(cv[1]->pred + 2 * i, 2);
        }
        alone[0] += a == y && b != y;
        alone[1] += b == y && a != y;
    }
    ck_assert_double_eq(rows.p, ens__paired_mcnemar(alone[0], alone[1]).p);
    ck_assert_double_lt(rows.p, 0.05);
    area = find(c, n, ENS_TEST_DELONG, 0, 1);
    ck_assert_double_eq_tol(area.difference, cv[0]->pooled[0] - cv[1]->pooled[0], 1e-12);
    ck_assert_double_lt(area.p, 0.05);
    /* 0 and 2 are the same. */
    ck_assert(find(c, n, ENS_TEST_RESAMPLED_T, 0, 2).p == 1);
    ck_assert(find(c, n, ENS_TEST_MCNEMAR, 0, 2).p == 1);
    ck_assert(find(c, n, ENS_TEST_DELONG, 0, 2).p == 1);
    /* Holm: three p values, two of them equal, one 1. */
    for (size_t i = 0; i < 3; i++)
        p[i] = c[i].p;
    ck_ok(ens__paired_holm(p, 3, &err));
    for (size_t i = 0; i < 3; i++)
        ck_assert_double_eq(c[i].p_adjusted, p[i]);
    ck_assert_double_gt(find(c, n, ENS_TEST_MCNEMAR, 0, 1).p_adjusted, rows.p);
    ens_comparisons_free(c);
    for (size_t i = 0; i < 3; i++)
        ens_cv_free(cv[i]);
    ens_dataset_free(data);
}
END_TEST

START_TEST(numbers_get_t_and_wilcoxon)
{
    ens_dataset *data = read_table("diabetes.csv", "progression");
    ens_cv *cv[2] = {cross_validate("linear", data, "10", "rmse"), cross_validate("dummy", data, "10", "rmse")};
    ens_comparison *c;
    size_t n;

    ck_ok(ens_compare(&c, &n, (const ens_cv *const *)cv, 2, 0, 0.95, &err));
    ck_assert_uint_eq(n, 2);
    ck_assert_double_lt(find(c, n, ENS_TEST_RESAMPLED_T, 0, 1).high, 0); /* less error */
    ck_assert_double_lt(find(c, n, ENS_TEST_WILCOXON, 0, 1).p, 1e-10);
    ck_assert_double_lt(find(c, n, ENS_TEST_WILCOXON, 0, 1).difference, 0);
    ens_comparisons_free(c);
    ens_cv_free(cv[0]);
    ens_cv_free(cv[1]);
    ens_dataset_free(data);
}
END_TEST

START_TEST(five_repeats_of_two_folds_get_f)
{
    ens_dataset *data = read_table("iris.csv", "species");
    ens_cv *cv[2] = {cross_validate("naive_bayes", data, "stratified(2, repeats=5)", "accuracy"),
                     cross_validate("tree(max_depth=1)", data, "stratified(2, repeats=5)", "accuracy")};
    ens_comparison *c, f;
    double d[10];
    size_t n;

    ck_ok(ens_compare(&c, &n, (const ens_cv *const *)cv, 2, 0, 0.95, &err));
    f = find(c, n, ENS_TEST_5X2CV_F, 0, 1);
    for (size_t s = 0; s < 10; s++)
        d[s] = cv[0]->score[s] - cv[1]->score[s];
    ck_assert_double_eq(f.p, ens__paired_five_by_two(d).p);
    ck_assert_double_lt(f.p, 0.01);
    ck_assert(isnan(f.low));
    ck_assert_uint_eq(n, 2); /* and McNemar; three classes have no area of their own */
    ens_comparisons_free(c);
    ens_cv_free(cv[0]);
    ens_cv_free(cv[1]);
    ens_dataset_free(data);
}
END_TEST

START_TEST(models_are_compared_on_new_rows)
{
    ens_dataset *data = read_table("breast_cancer.csv", "diagnosis"), *fit, *rest;
    const char *const recipe[] = {"forest(n_estimators=20)", "dummy"};
    ens_comparison *c;
    ens_cv *cv[2];
    size_t n;

    ck_ok(ens_dataset_holdout(&fit, &rest, data, 0.5, 1, &err));
    for (size_t i = 0; i < 2; i++) {
        ens_learner *learner;
        ens_model *model;

        ck_ok(ens_learner_parse(&learner, recipe[i], &err));
        ck_ok(ens_fit(&model, learner, fit, NULL, 1, NULL, &err));
        ck_ok(ens_cv_of_model(&cv[i], model, rest, "accuracy,roc_auc", NULL, &err));
        ck_assert_uint_eq(cv[i]->n_splits, 0);
        ens_model_free(model);
        ens_learner_free(learner);
    }
    ck_ok(ens_compare(&c, &n, (const ens_cv *const *)cv, 2, 0, 0.95, &err));
    ck_assert_uint_eq(n, 2); /* no splits, no t */
    ck_assert_double_eq_tol(find(c, n, ENS_TEST_MCNEMAR, 0, 1).difference, cv[0]->pooled[0] - cv[1]->pooled[0], 1e-12);
    ck_assert_double_eq_tol(find(c, n, ENS_TEST_DELONG, 0, 1).difference, cv[0]->pooled[1] - 0.5, 1e-12);
    ens_comparisons_free(c);
    ens_cv_free(cv[0]);
    ens_cv_free(cv[1]);
    ens_dataset_free(fit);
    ens_dataset_free(rest);
    ens_dataset_free(data);
}
END_TEST

START_TEST(tables_get_wilcoxon_or_friedman_and_nemenyi)
{
    const double two[] = {.9, .8, .8, .75, .7, .72, .95, .9, .6, .5, .81, .8};
    const double three[] = {.9, .8, .7, .8, .8, .6, .7, .75, .6, .95, .9, .9, .6, .5, .55};
    ens_comparison *c, f;
    double rank[3], same[6] = {1, 1, 1, 1, 1, NAN};
    size_t n;

    ck_ok(ens_compare_tables(&c, &n, rank, two, 6, 2, 1, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(c[0].test, ENS_TEST_WILCOXON);
    ck_assert_double_eq(c[0].p, 0.09375); /* only rank 2 below 0: twice 3 of 64 ways */
    ck_assert_double_eq_tol(rank[0], 7.0 / 6, 1e-12);
    ens_comparisons_free(c);
    ck_ok(ens_compare_tables(&c, &n, rank, three, 5, 3, 1, &err));
    ck_assert_uint_eq(n, 4);
    f = find(c, n, ENS_TEST_FRIEDMAN, 0, 0);
    ck_assert_double_eq_tol(f.p, 0.06572852861653028, 1e-12);
    ck_assert_double_eq_tol(find(c, n, ENS_TEST_NEMENYI, 0, 2).difference, -1.4, 1e-12);
    ck_assert_double_eq_tol(find(c, n, ENS_TEST_NEMENYI, 0, 2).p, ens__paired_nemenyi(1.4, 5, 3), 1e-12);
    ens_comparisons_free(c);
    ck_ok(ens_compare_tables(&c, &n, rank, three, 5, 3, 0, &err)); /* less is better */
    ck_assert_double_eq_tol(rank[0], 2.7, 1e-12);
    ens_comparisons_free(c);
    ck_fails(ens_compare_tables(&c, &n, NULL, three, 1, 3, 1, &err), ENS_EINVAL, "3 learners on 1 tables");
    ck_assert_ptr_null(c);
    ck_fails(ens_compare_tables(&c, &n, NULL, same, 3, 2, 1, &err), ENS_EDATA, "learner 1 on table 2 is nan");
}
END_TEST

START_TEST(unlike_ones_are_refused)
{
    ens_dataset *data = read_table("iris.csv", "species"), *wine = read_table("wine.csv", "cultivar");
    ens_cv *a = cross_validate("naive_bayes", data, "3", "accuracy");
    ens_cv *b = cross_validate("dummy", data, "4", "accuracy");
    ens_cv *c = cross_validate("dummy", data, "3", "log_loss"), *d = cross_validate("dummy", wine, "3", "accuracy");
    const ens_cv *pair[2] = {a, b};
    ens_comparison *out;
    size_t n;

    ck_fails(ens_compare(&out, &n, pair, 2, 0, 0.95, &err), ENS_EINVAL, "differ in their plan");
    pair[1] = c;
    ck_fails(ens_compare(&out, &n, pair, 2, 0, 0.95, &err), ENS_EINVAL, "differ in their metric");
    pair[1] = d;
    ck_fails(ens_compare(&out, &n, pair, 2, 0, 0.95, &err), ENS_EINVAL, "differ in their number of rows");
    pair[1] = a;
    ck_fails(ens_compare(&out, &n, pair, 1, 0, 0.95, &err), ENS_EINVAL, "the least is 2");
    ck_fails(ens_compare(&out, &n, pair, 2, 0, 0, &err), ENS_ERANGE, "level = 0");
    ck_fails(ens_compare(&out, &n, pair, 2, 1, 0.5, &err), ENS_EINVAL, "metric");
    ck_assert_ptr_null(ens_test_name((ens_test)99));
    for (long k = 0;; k++) { /* every allocation fails */
        ens_status st;

        ens__mem_fail_at(k);
        st = ens_compare(&out, &n, pair, 2, 0, 0.95, &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK)
            break;
        ck_assert_int_eq(st, ENS_ENOMEM);
        ck_assert_ptr_null(out);
    }
    ens_comparisons_free(out);
    ens_cv_free(a);
    ens_cv_free(b);
    ens_cv_free(c);
    ens_cv_free(d);
    ens_dataset_free(data);
    ens_dataset_free(wine);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, classes_get_t_mcnemar_and_delong);
    tcase_add_test(tc, numbers_get_t_and_wilcoxon);
    tcase_add_test(tc, five_repeats_of_two_folds_get_f);
    tcase_add_test(tc, models_are_compared_on_new_rows);
    tcase_add_test(tc, tables_get_wilcoxon_or_friedman_and_nemenyi);
    tcase_add_test(tc, unlike_ones_are_refused);
}

Suite *compare_suite(void);

Suite *compare_suite(void)
{
    return suite_of("compare", add);
}
