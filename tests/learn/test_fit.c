/* test_fit.c - ens_fit(), ens_model_predict(), ens_model_evaluate(): the checks that all learners share, and how
 * tables meet models. */
#include <config.h>

#include <core/mem.h>
#include <ensemble/ext.h>
#include <ensemble/metric.h>

#include "learn/toy.h"
#include "run.h"

static ens_error err;

static const double x4[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const double y_class[] = {0, 1, 1, 1};
static const double y_number[] = {1, 2, 3, 6};
static const double y_same[] = {5, 5, 5, 5};

static ens_dataset *matrix(const double *y, ens_task task)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x4, 4, 2, y, task, &err));
    return d;
}

static ens_dataset *columns(const ens_column *c, size_t n_columns, size_t n)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, c, n_columns, n, ENS_TASK_AUTO, &err));
    return d;
}

static ens_model *fit(const char *recipe, const ens_dataset *d)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, 1, NULL, &err));
    ens_learner_free(l);
    return m;
}

static void fit_fails(const char *recipe, const ens_dataset *d, ens_status st,
                      const char *text)
{
    ens_learner *l;
    ens_model *m = (ens_model *)&err;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, NULL, &err), st, text);
    ck_assert_ptr_null(m);
    ens_learner_free(l);
}

START_TEST(a_model_remembers_its_schema)
{
    ens_dataset *d = matrix(y_class, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("pair(toy, toy)", d);
    ens_column_info info;
    double out[8];

    ck_assert_uint_eq(ens_model_k(m), 2);
    ck_assert_uint_eq(ens_model_p(m), 2);
    ck_assert_uint_eq(ens_model_n_train(m), 4);
    ck_assert_str_eq(ens_model_class(m, 1), "1");
    ck_assert_ptr_null(ens_model_class(m, 2));
    ck_assert_str_eq(ens_model_target(m), "y");
    ck_ok(ens_model_feature(&info, m, 1, &err));
    ck_assert_str_eq(info.name, "x1");
    ck_fails(ens_model_feature(&info, m, 2, &err), ENS_EINVAL, "feature 2 of 2");
    ck_assert_str_eq(ens_model_csv_types(m)[0].column, "x0");
    ck_assert_ptr_null(ens_model_csv_types(m)[2].column);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert(out[0] == 0.25 && out[7] == 0.75);
    ens_dataset_free(d);
    ens_model_free(m);
}
END_TEST

START_TEST(unfit_tables_are_refused)
{
    ens_dataset *d = matrix(NULL, ENS_TASK_AUTO), *none, *other;
    double nan_x[] = {1, NAN};
    double weight[] = {0, 0}, target[] = {1, 2};
    int32_t code[] = {0, 1};
    const char *levels[] = {"a", "b"};
    ens_column gap[] = {{.name = "g", .x = nan_x},
                        {.name = "y", .role = ENS_TARGET, .x = target}};
    ens_column cat[] = {{.name = "c", .code = code, .levels = levels, .n_levels = 2},
                        {.name = "y", .role = ENS_TARGET, .x = target}};
    ens_column zero[] = {{.name = "x", .x = target},
                         {.name = "w", .role = ENS_WEIGHT, .x = weight},
                         {.name = "y", .role = ENS_TARGET, .x = target}};

    fit_fails("toy", d, ENS_EDATA, "no target");
    ens_dataset_free(d);
    d = matrix(y_same, ENS_TASK_CLASSIFICATION);
    fit_fails("toy", d, ENS_EDATA, "target `y` has one class only, `5`");
    ck_ok(ens_dataset_subset(&none, d, NULL, 0, &err));
    fit_fails("toy", none, ENS_EDATA, "no rows");
    ens_dataset_free(none);
    ens_dataset_free(d);
    ens_model_free(fit("toy", d = columns(gap, 2, 2))); /* they get a transform in front */
    ens_dataset_free(d);
    ens_model_free(fit("toy", d = columns(cat, 2, 2)));
    ens_dataset_free(d);
    fit_fails("toy", d = columns(zero, 3, 2), ENS_ESUPPORT,
              "no sample weights (column `w`)");
    fit_fails("tree", d, ENS_EDATA, "all weights are zero");
    ens_dataset_free(d);
    fit_fails("toy", other = columns(gap + 1, 1, 2), ENS_EDATA, "no feature columns");
    ens_dataset_free(other);
}
END_TEST

START_TEST(repeated_rows_of_a_view_count_as_often)
{
    ens_dataset *d = matrix(y_number, ENS_TASK_REGRESSION), *view;
    ens_model *m;
    double out[4];

    ck_ok(ens_dataset_subset(&view, d, (size_t[]){3, 0, 3, 3}, 4, &err));
    m = fit("toy", view);
    ck_assert_uint_eq(toy_rows, 4);
    ck_assert_uint_eq(toy_distinct, 2);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert(out[0] == (1.0 + 3 * 6.0) / 4);
    ens_model_free(m);
    ens_dataset_free(view);
    ens_dataset_free(d);
}
END_TEST

/* A table whose columns are those of training in another order, with other level numbers. */
START_TEST(columns_and_levels_are_matched_by_name)
{
    double x[] = {1, 2, 3, 4, 5, 6}, y[] = {10, 10, 20, 20, 30, 30};
    int32_t code[] = {0, 0, 1, 1, 2, 2}, other_code[] = {2, 1, 0};
    const char *levels[] = {"a", "b", "c"}, *other_levels[] = {"c", "z", "a"};
    double other_x[] = {1, 1, 1}, out[3];
    ens_column train[] = {{.name = "x", .x = x},
                          {.name = "c", .code = code, .levels = levels, .n_levels = 3},
                          {.name = "y", .role = ENS_TARGET, .x = y}};
    ens_column new[] = {
        {.name = "c", .code = other_code, .levels = other_levels, .n_levels = 3},
        {.name = "extra", .x = other_x},
        {.name = "x", .x = other_x}};
    ens_dataset *d = columns(train, 3, 6), *n = columns(new, 3, 3);
    ens_predict_options strict = {.unseen = ENS_UNSEEN_ERROR},
                        absent = {.absent = ENS_ABSENT_MISSING};
    ens_model *m = fit("tree(max_depth=1)", d), *by_c;
    ens_dataset *only_c;

    ck_ok(ens_model_predict(m, n, out, NULL, &err));
    ck_fails(ens_model_predict_with(m, n, &strict, out, NULL, &err), ENS_EDATA,
             "column `c`, row 2: level `z` was not seen in training");
    ens_dataset_free(n);
    ck_fails(ens_model_predict(m, only_c = columns(new, 1, 3), out, NULL, &err),
             ENS_ESHAPE, "lacks column `x`");
    ck_ok(ens_model_predict_with(m, only_c, &absent, out, NULL, &err));
    ens_dataset_free(only_c);
    train[0].role = ENS_IGNORE;
    ens_dataset_free(d);
    d = columns(train, 3, 6);
    by_c = fit("tree(min_samples_level=1)", d);
    n = columns(new, 3, 3);
    ck_ok(ens_model_predict(by_c, n, out, NULL, &err));
    ck_assert(out[0] == 10 && out[2] == 30);
    new[2] = (ens_column){
        .name = "x", .code = other_code, .levels = other_levels, .n_levels = 3};
    ens_dataset_free(n);
    ck_fails(ens_model_predict(m, n = columns(new, 3, 3), out, NULL, &err), ENS_ESHAPE,
             "column `x` holds text, the model expects numbers");
    ens_dataset_free(n);
    ens_dataset_free(d);
    ens_model_free(m);
    ens_model_free(by_c);
}
END_TEST

START_TEST(levels_that_read_as_numbers_are_matched_too)
{
    double y[] = {10, 20}, numbers[] = {7, 5, 9}, out[3];
    int32_t code[] = {0, 1};
    const char *levels[] = {"5", "7"};
    ens_column train[] = {{.name = "c", .code = code, .levels = levels, .n_levels = 2},
                          {.name = "y", .role = ENS_TARGET, .x = y}};
    ens_column new[] = {{.name = "c", .x = numbers}};
    ens_dataset *d = columns(train, 2, 2), *n = columns(new, 1, 3);
    ens_model *m = fit("tree(min_samples_level=1)", d);

    ck_ok(ens_model_predict(m, n, out, NULL, &err));
    ck_assert(out[0] == 20 && out[1] == 10);
    ens_dataset_free(d);
    ens_dataset_free(n);
    ens_model_free(m);
}
END_TEST

START_TEST(an_unknown_class_counts_as_wrong)
{
    double x[] = {1, 2, 3, 4}, y[] = {0, 0, 1, 7};
    ens_column known[] = {{.name = "x", .x = x},
                          {.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *all, *train;
    ens_model *m;
    ens_score *score;
    size_t n;
    int32_t label[4];

    ck_ok(ens_dataset_from_columns(&train, known, 2, 3, ENS_TASK_CLASSIFICATION, &err));
    ck_ok(ens_dataset_from_columns(&all, known, 2, 4, ENS_TASK_CLASSIFICATION, &err));
    m = fit("tree", train);
    ck_ok(ens_model_targets(m, all, label, NULL, &err));
    ck_assert(label[0] == 0 && label[2] == 1 && label[3] == -1);
    ck_ok(ens_model_evaluate(&score, &n, m, all, "accuracy,fbeta(beta=2, average=macro)",
                             NULL, &err));
    ck_assert_uint_eq(n, 2);
    ck_assert(score[0].value == 0.75);
    ck_assert_str_eq(score[1].name, "fbeta(beta=2, average=macro)");
    ens_scores_free(score, n);
    ck_fails(ens_model_evaluate(&score, &n, m, all, "acuracy", NULL, &err), ENS_ENAME,
             "accuracy");
    ck_fails(ens_model_evaluate(&score, &n, m, all, "rmse", NULL, &err), ENS_EINVAL, "");
    ens_dataset_free(train);
    ens_dataset_free(all);
    ens_model_free(m);
}
END_TEST

START_TEST(a_validation_table_is_scored)
{
    ens_dataset *d = matrix(y_number, ENS_TASK_REGRESSION),
                *bad = matrix(NULL, ENS_TASK_AUTO);
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, "toy", &err));
    ck_ok(ens_fit(&m, l, d, d, 1, NULL, &err));
    ck_assert_str_eq(ens_model_score(m, 0)->kind, "valid");
    ck_assert_str_eq(ens_model_score(m, 0)->name, "rmse");
    ck_assert_double_eq_tol(ens_model_score(m, 0)->value, sqrt(3.5),
                            1e-15); /* variance of y */
    ens_model_free(m);
    ck_fails(ens_fit(&m, l, d, bad, 1, NULL, &err), ENS_ESHAPE,
             "validation table: the table lacks the target column `y`");
    ck_fails(ens_fit(&m, NULL, d, NULL, 1, NULL, &err), ENS_EINVAL, "learner is NULL");
    ck_fails(ens_fit(&m, l, NULL, NULL, 1, NULL, &err), ENS_EINVAL, "train is NULL");
    ens_dataset_free(d);
    ens_dataset_free(bad);
    ens_learner_free(l);
}
END_TEST

START_TEST(the_first_of_equal_probabilities_wins)
{
    ck_assert_uint_eq(ens_argmax((double[]){0.2, 0.4, 0.4}, 3), 1);
    ck_assert_uint_eq(ens_argmax((double[]){1}, 1), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, toy_register, NULL);
    tcase_add_test(tc, a_model_remembers_its_schema);
    tcase_add_test(tc, unfit_tables_are_refused);
    tcase_add_test(tc, repeated_rows_of_a_view_count_as_often);
    tcase_add_test(tc, columns_and_levels_are_matched_by_name);
    tcase_add_test(tc, levels_that_read_as_numbers_are_matched_too);
    tcase_add_test(tc, an_unknown_class_counts_as_wrong);
    tcase_add_test(tc, a_validation_table_is_scored);
    tcase_add_test(tc, the_first_of_equal_probabilities_wins);
}

Suite *fit_suite(void);

Suite *fit_suite(void)
{
    return suite_of("fit", add);
}
