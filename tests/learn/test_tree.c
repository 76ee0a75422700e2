/* test_tree.c - the learner `tree`: what its parameters mean, what it refuses, what it tells of itself. The engine
 * has tests of its own in tests/tree, files of trees in tests/io. */
#include <config.h>

#include <ensemble/model.h>

#include "run.h"

static ens_error err;

static ens_dataset *matrix(const double *x, size_t n, size_t p, const double *y,
                           ens_task task)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x, n, p, y, task, &err));
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
    ens_model *m = NULL;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, NULL, &err), st, text);
    ck_assert_ptr_null(m);
    ens_learner_free(l);
}

static void parse_fails(const char *recipe, ens_status st, const char *text)
{
    ens_learner *l = NULL;

    ck_fails(ens_learner_parse(&l, recipe, &err), st, text);
    ck_assert_ptr_null(l);
}

/* The number after "KEY: " in the model's account. */
static unsigned long told(const ens_model *m, const char *key)
{
    char *text, *at;
    unsigned long value;

    ck_ok(ens_model_describe(&text, m, &err));
    ck_assert_msg((at = strstr(text, key)) != NULL, "no %s in: %s", key, text);
    value = strtoul(at + strlen(key) + 2, NULL, 10);
    ens_string_free(text);
    return value;
}

/* Leaves of the tree that a recipe makes of a table. */
static unsigned long leaves(const char *recipe, const ens_dataset *d)
{
    ens_model *m = fit(recipe, d);
    unsigned long n = told(m, "leaves");

    ens_model_free(m);
    return n;
}

/* Both recipes predict the same of the table's rows. */
static void same_predictions(const char *a, const ens_dataset *da, const char *b,
                             const ens_dataset *db, const ens_dataset *rows)
{
    ens_model *m = fit(a, da), *n = fit(b, db);
    size_t size = ens_dataset_n(rows) * ens_model_k(m);
    double *p = calloc(size, sizeof *p), *q = calloc(size, sizeof *q);

    ck_ok(ens_model_predict(m, rows, p, NULL, &err));
    ck_ok(ens_model_predict(n, rows, q, NULL, &err));
    for (size_t i = 0; i < size; i++)
        ck_assert_msg(fabs(p[i] - q[i]) <= 1e-12, "%s and %s: %g and %g", a, b, p[i],
                      q[i]); /* two scales of fixed point */
    free(p);
    free(q);
    ens_model_free(m);
    ens_model_free(n);
}

/* y = 10 x0 + 2 x1 on the corners of a square. */
static const double square[] = {0, 0, 0, 1, 1, 0, 1, 1};
static const double square_y[] = {0, 2, 10, 12};
/* One feature, ten rows; three of class 1. */
static const double line[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const double line_class[] = {0, 0, 0, 0, 1, 0, 0, 0, 1, 1};
static const double line_y[] = {0, 0, 0, 0, 4, 4, 4, 4, 4, 9};

/* ---- What it learns and tells ------------------------------------------------------------------------------ */

START_TEST(a_square_by_hand)
{
    ens_dataset *d = matrix(square, 4, 2, square_y, ENS_TASK_REGRESSION);
    ens_model *m = fit("tree", d);
    double out[4], share[2];

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert_mem_eq(out, square_y, sizeof out);
    ck_assert_uint_eq(told(m, "leaves"), 4);
    ck_assert_uint_eq(told(m, "depth"), 2);
    /* squared error 104 at the root; x0 takes 100 of it, x1 2 on either side */
    ck_ok(ens_model_importance(m, share, &err));
    ck_assert_double_eq_tol(share[0], 100.0 / 104, 1e-12);
    ck_assert_double_eq_tol(share[1], 4.0 / 104, 1e-12);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_threshold_is_the_midpoint)
{
    const double x[] = {1, 2, 10, 11}, y[] = {0, 0, 1, 1}, at[] = {6, 6.0000001};
    ens_dataset *d = matrix(x, 4, 1, y, ENS_TASK_CLASSIFICATION),
                *q = matrix(at, 2, 1, NULL, ENS_TASK_AUTO);
    ens_model *m = fit("tree", d);
    double out[4];

    ck_ok(ens_model_predict(m, q, out, NULL, &err));
    ck_assert(out[0] == 1 && out[1] == 0 && out[2] == 0 && out[3] == 1);
    ens_model_free(m);
    ens_dataset_free(q);
    ens_dataset_free(d);
}
END_TEST

/* x <= 2 has six rows of eight: what is missing was never seen, and goes with them. */
START_TEST(missing_that_was_never_seen_goes_with_most)
{
    const double x[] = {0, 1, 2, 0, 1, 2, 5, 6}, y[] = {0, 0, 0, 0, 0, 0, 1, 1};
    const double gap[] = {NAN};
    ens_dataset *d = matrix(x, 8, 1, y, ENS_TASK_CLASSIFICATION),
                *q = matrix(gap, 1, 1, NULL, ENS_TASK_AUTO);
    ens_model *m = fit("tree", d);
    double out[2];

    ck_ok(ens_model_predict(m, q, out, NULL, &err));
    ck_assert(out[0] == 1 && out[1] == 0);
    ens_model_free(m);
    ens_dataset_free(q);
    ens_dataset_free(d);
}
END_TEST

START_TEST(missing_values_learn_their_side)
{
    const double x[] = {0, 1, 2, 3, 4, NAN, NAN, 5, 6}, y[] = {0, 0, 0, 0, 0, 1, 1, 1, 1};
    ens_dataset *d = matrix(x, 9, 1, y, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit("tree", d);
    double out[18];

    ck_assert_uint_eq(told(m, "leaves"), 2);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    for (size_t i = 0; i < 9; i++)
        ck_assert_double_eq(out[2 * i + 1], y[i]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Levels a, c against b, d: one split by a set, which no threshold on codes can do. */
START_TEST(categories_split_as_sets)
{
    const int32_t code[] = {0, 1, 2, 3, 0, 1, 2, 3};
    const double y[] = {1, 5, 1, 5, 1, 5, 1, 5};
    const char *levels[] = {"a", "b", "c", "d"};
    ens_column c[] = {{.name = "c", .code = code, .levels = levels, .n_levels = 4},
                      {.name = "y", .role = ENS_TARGET, .x = y}};
    double out[8];
    ens_dataset *d;
    ens_model *m;

    ck_ok(ens_dataset_from_columns(&d, c, 2, 8, ENS_TASK_REGRESSION, &err));
    m = fit("tree(min_samples_level=1)", d);
    ck_assert_uint_eq(told(m, "leaves"), 2);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert_mem_eq(out, y, sizeof out);
    ens_model_free(m);
    ck_assert_uint_eq(leaves("tree(min_samples_level=3)", d), 1); /* no level has three */
    ens_dataset_free(d);
}
END_TEST

/* ---- Parameters ---------------------------------------------------------------------------------------------- */

START_TEST(limits_stop_the_growth)
{
    ens_dataset *d = matrix(line, 10, 1, line_class, ENS_TASK_CLASSIFICATION);

    /* 0000 | 1 | 000 | 11 */
    ck_assert_uint_eq(leaves("tree", d), 4);
    ck_assert_uint_eq(leaves("tree(max_depth=1)", d), 2);
    ck_assert_uint_eq(leaves("tree(max_leaf_nodes=3)", d), 3);
    ck_assert_uint_eq(leaves("tree(min_samples_split=9)", d), 2);
    ck_assert_uint_eq(leaves("tree(min_samples_split=11)", d), 1);
    ck_assert_uint_eq(leaves("tree(min_samples_leaf=5)", d), 2);
    ck_assert_uint_eq(leaves("tree(min_samples_leaf=6)", d), 1);
    ck_assert_uint_eq(leaves("tree(min_samples_leaf=0.5)", d), 2);
    ck_assert_uint_eq(leaves("tree(min_samples_leaf=0.51)", d), 1); /* rounded up: 6 */
    ck_assert_uint_eq(leaves("tree(min_weight_fraction_leaf=0.5)", d), 2);
    ck_assert_uint_eq(leaves("tree(max_bins=2)", d), 2);
    ens_dataset_free(d);
}
END_TEST

/* By default numbers under squared error have a bin for each of their values, others 255. */
START_TEST(numbers_have_many_bins)
{
    enum { N = 1000 };
    double x[N], y[N];
    ens_dataset *numbers, *classes;

    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i * 0.25;
        y[i] = (double)(i * 389 % N);
    }
    numbers = matrix(x, N, 1, y, ENS_TASK_REGRESSION);
    for (size_t i = 0; i < N; i++)
        y[i] = (double)(i % 2);
    classes = matrix(x, N, 1, y, ENS_TASK_CLASSIFICATION);
    ck_assert_uint_eq(leaves("tree", numbers), N);
    ck_assert_uint_eq(leaves("tree(max_bins=auto)", numbers), N);
    ck_assert_uint_eq(leaves("tree(max_bins=255)", numbers), 255);
    ck_assert_uint_eq(leaves("tree(criterion=absolute_error, splitter=best)", numbers), 255);
    ck_assert_uint_eq(leaves("tree(splitter=random, keep_drawing=true)", numbers), 255);
    ck_assert_uint_le(leaves("tree", classes), 255);
    ck_assert_uint_eq(leaves("tree(max_bins=1000)", classes), N);
    ens_dataset_free(numbers);
    ens_dataset_free(classes);
}
END_TEST

/* gini of the root: 1 - 0.7^2 - 0.3^2 = 0.42; 8 rows with one of class 1 and the last two: 0.8 (1 - 50/64) = 0.175.
 * The best first split brings 0.245 of all, no split below it more than 0.175. */
START_TEST(decreases_are_those_of_scikit_learn)
{
    ens_dataset *d = matrix(line, 10, 1, line_class, ENS_TASK_CLASSIFICATION);

    ck_assert_uint_eq(leaves("tree(min_impurity_decrease=0.2449)", d), 2);
    ck_assert_uint_eq(leaves("tree(min_impurity_decrease=0.2451)", d), 1);
    ck_assert_uint_eq(leaves("tree(ccp_alpha=0.2449)", d), 2);
    ck_assert_uint_eq(leaves("tree(ccp_alpha=0.2451)", d), 1);
    ens_dataset_free(d);
}
END_TEST

START_TEST(criteria_differ_where_they_should)
{
    ens_dataset *d = matrix(line, 10, 1, line_y, ENS_TASK_REGRESSION);
    ens_model *m = fit("tree(max_depth=1, criterion=absolute_error)", d);
    double out[10];

    /* medians 0 and 4, where means would be 0 and 29 / 6 */
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert(out[0] == 0 && out[9] == 4);
    ens_model_free(m);
    m = fit("tree(max_depth=1)", d);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    ck_assert_double_eq(out[0], 0);
    ck_assert_double_eq_tol(out[9], 29.0 / 6, 1e-12);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(class_weights_are_weights)
{
    double w[10], balanced[10];
    ens_column c[] = {{.name = "x0", .x = line},
                      {.name = "w", .role = ENS_WEIGHT, .x = w},
                      {.name = "y", .role = ENS_TARGET, .x = line_class}};
    ens_dataset *plain = matrix(line, 10, 1, line_class, ENS_TASK_CLASSIFICATION),
                *listed, *even;

    for (size_t i = 0; i < 10; i++) {
        w[i] = line_class[i] > 0 ? 2.5 : 0.75;
        balanced[i] = line_class[i] > 0 ? 10.0 / 6 : 10.0 / 14;
    }
    ck_ok(ens_dataset_from_columns(&listed, c, 3, 10, ENS_TASK_CLASSIFICATION, &err));
    c[1].x = balanced;
    ck_ok(ens_dataset_from_columns(&even, c, 3, 10, ENS_TASK_CLASSIFICATION, &err));
    same_predictions("tree(max_depth=1, class_weight=[0.75, 2.5])", plain,
                     "tree(max_depth=1)", listed, plain);
    same_predictions("tree(max_depth=1, class_weight=balanced)", plain,
                     "tree(max_depth=1)", even, plain);
    ens_dataset_free(even);
    ens_dataset_free(listed);
    ens_dataset_free(plain);
}
END_TEST

START_TEST(the_order_of_rows_changes_nothing)
{
    const size_t order[] = {7, 3, 9, 0, 5, 1, 8, 2, 6, 4};
    ens_dataset *d = matrix(line, 10, 1, line_y, ENS_TASK_REGRESSION), *view;

    ck_ok(ens_dataset_subset(&view, d, order, 10, &err));
    same_predictions("tree(max_leaf_nodes=3)", d, "tree(max_leaf_nodes=3)", view, d);
    same_predictions("tree(criterion=absolute_error, max_depth=1)", d,
                     "tree(criterion=absolute_error, max_depth=1)", view, d);
    ens_dataset_free(view);
    ens_dataset_free(d);
}
END_TEST

START_TEST(other_libraries_names_are_known)
{
    static const char *const alias[][2] = {{"num_leaves=5", "max_leaf_nodes=5"},
                                           {"max_leaves=5", "max_leaf_nodes=5"},
                                           {"min_child_samples=5", "min_samples_leaf=5"},
                                           {"min_data_in_leaf=5", "min_samples_leaf=5"},
                                           {"gamma=0.5", "min_impurity_decrease=0.5"},
                                           {"mtry=1", "max_features=1"},
                                           {"max_bin=63", "max_bins=63"}};

    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++) {
        char line_in[64], want[64], *text;
        ens_learner *l;

        snprintf(line_in, sizeof line_in, "tree(%s)", alias[i][0]);
        snprintf(want, sizeof want, "tree(%s)", alias[i][1]);
        ck_ok(ens_learner_parse(&l, line_in, &err));
        ck_ok(ens_learner_print(&text, l, ENS_PRINT_SHORT, &err));
        ck_assert_str_eq(text, want);
        ens_string_free(text);
        ens_learner_free(l);
    }
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    ens_dataset *c = matrix(square, 4, 2, square_y, ENS_TASK_CLASSIFICATION),
                *r = matrix(square, 4, 2, square_y, ENS_TASK_REGRESSION);

    parse_fails("tree(max_depth=0)", ENS_ERANGE, "tree.max_depth = 0");
    parse_fails("tree(min_samples_split=1)", ENS_ERANGE, "tree.min_samples_split = 1");
    parse_fails("tree(max_leaf_nodes=1)", ENS_ERANGE, "tree.max_leaf_nodes = 1");
    parse_fails("tree(max_bins=65536)", ENS_ERANGE, "tree.max_bins = 65536");
    parse_fails("tree(ccp_alpha=-1)", ENS_ERANGE, "tree.ccp_alpha = -1");
    parse_fails("tree(criterion=log_loss)", ENS_EPARSE, "entropy");
    parse_fails("tree(class_weight=[0, 0, 0, 0])", ENS_ERANGE,
                "tree.class_weight is zero for every class");
    fit_fails("tree(class_weight=[1, 2, 3])", c, ENS_ERANGE,
              "tree.class_weight has 3 values for 4 classes");
    fit_fails("tree(class_weight=balanced)", r, ENS_ERANGE,
              "tree.class_weight is for classification");
    fit_fails("tree(criterion=gini)", r, ENS_ERANGE, "tree.criterion is for");
    fit_fails("tree(criterion=squared_error)", c, ENS_ERANGE, "tree.criterion is for");
    fit_fails("tree(max_features=3)", r, ENS_ERANGE,
              "tree.max_features = 3 is above the 2 features");
    parse_fails("tree(monotonic_cst=[2, 0])", ENS_ERANGE, "tree.monotonic_cst");
    parse_fails("tree(monotonic_cst=[0.5, 0])", ENS_ERANGE,
                "tree.monotonic_cst has 0.5, expected -1, 0 or 1");
    fit_fails("tree(monotonic_cst=[1])", r, ENS_ERANGE,
              "tree.monotonic_cst has 1 values for 2 features");
    fit_fails("tree(monotonic_cst=[1, 0])", c, ENS_ESUPPORT,
              "tree.monotonic_cst is for numbers and two classes, the target has 4");
    fit_fails("tree(monotonic_cst=[1, 0], criterion=absolute_error)", r, ENS_ESUPPORT,
              "criterion=absolute_error");
    ens_dataset_free(r);
    ens_dataset_free(c);
}
END_TEST

START_TEST(a_category_has_no_order_to_keep)
{
    static const char *const level[] = {"a", "b"};
    int32_t code[] = {0, 1, 0, 1};
    double y[] = {1, 2, 3, 4};
    ens_column column[] = {
        {.name = "colour", .code = code, .levels = level, .n_levels = 2},
        {.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, column, 2, 4, ENS_TASK_REGRESSION, &err));
    fit_fails("tree(monotonic_cst=[1])", d, ENS_ERANGE, "feature `colour` is a category");
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_square_by_hand);
    tcase_add_test(tc, a_threshold_is_the_midpoint);
    tcase_add_test(tc, missing_that_was_never_seen_goes_with_most);
    tcase_add_test(tc, missing_values_learn_their_side);
    tcase_add_test(tc, categories_split_as_sets);
    tcase_add_test(tc, limits_stop_the_growth);
    tcase_add_test(tc, numbers_have_many_bins);
    tcase_add_test(tc, decreases_are_those_of_scikit_learn);
    tcase_add_test(tc, criteria_differ_where_they_should);
    tcase_add_test(tc, class_weights_are_weights);
    tcase_add_test(tc, the_order_of_rows_changes_nothing);
    tcase_add_test(tc, other_libraries_names_are_known);
    tcase_add_test(tc, what_makes_no_sense_is_refused);
    tcase_add_test(tc, a_category_has_no_order_to_keep);
}

Suite *tree_suite(void);

Suite *tree_suite(void)
{
    return suite_of("tree", add);
}
