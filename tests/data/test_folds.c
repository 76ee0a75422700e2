/* test_folds.c - fold plans: scikit-learn's folds, what is random, what is refused. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <data/folds.h>
#include <ensemble/folds.h>
#include <stdio.h>

struct same {
    const char *cv;
    size_t n;
    const char *fold; /* a digit a row */
};

struct in_time {
    const char *cv;
    size_t n, split, train, n_train, test, n_test; /* runs of rows */
};

#include "folds_reference.inc"

enum { MOST = 200, N_SAME = sizeof same / sizeof *same, N_TIMES = sizeof in_time / sizeof *in_time };

static ens_error err;

/* ---- Tables -------------------------------------------------------------------------------------------- */

enum { PLAIN = 0, CLASSES = 1, GROUPS = 2, WEIGHTS = 4, MARKS = 8 };

/* By the formulas of make_folds_reference.py. Column `mark` is ignored. */
static ens_dataset *table(size_t n, unsigned what)
{
    double x[MOST], y[MOST], g[MOST], w[MOST], mark[MOST];
    ens_column column[5] = {{.name = "x", .x = x}, {.name = "y", .role = ENS_TARGET, .x = y}};
    size_t m = 2;
    ens_dataset *data;

    for (size_t i = 0; i < n; i++) {
        x[i] = (double)i;
        y[i] = (double)((i * 7 + i * i / 5) % 11 / 4);
        g[i] = (double)((i * i / 3 + i) % 13);
        w[i] = i < n / 2 ? 1 : 0;
        mark[i] = i % 4 == 3 ? -1 : (double)(i % 4) * 10;
    }
    mark[0] = what & MARKS ? NAN : 0;
    if (what & GROUPS)
        column[m++] = (ens_column){.name = "g", .role = ENS_GROUP, .x = g};
    if (what & WEIGHTS)
        column[m++] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = w};
    column[m++] = (ens_column){.name = "mark", .role = ENS_IGNORE, .x = mark};
    ck_ok(ens_dataset_from_columns(&data, column, m, n,
                                   what & CLASSES ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION, &err));
    return data;
}

static ens_folds *plan(const ens_dataset *data, const char *cv, uint64_t seed)
{
    ens_folds *f;

    ck_ok(ens_folds_make(&f, data, cv, seed, &err));
    return f;
}

/* Every row is in one part, or in none where time or a predefined column leaves it out. */
static void check_parts(const ens_folds *f, bool all)
{
    size_t n = ens_folds_n(f), train[MOST], test[MOST];

    for (size_t s = 0; s < ens_folds_n_splits(f); s++) {
        size_t a = ens_folds_train(train, f, s), b = ens_folds_test(test, f, s), i = 0, j = 0;

        ck_assert_uint_eq(a, ens_folds_train(NULL, f, s));
        ck_assert_uint_gt(a, 0);
        ck_assert_uint_gt(b, 0);
        ck_assert(!all || a + b == n);
        for (size_t r = 0; r < n; r++) {
            bool is_train = i < a && train[i] == r, is_test = j < b && test[j] == r;

            ck_assert(!(is_train && is_test));
            i += is_train;
            j += is_test;
        }
        ck_assert(i == a && j == b);
    }
}

/* ---- scikit-learn's ------------------------------------------------------------------------------------ */

START_TEST(without_shuffle_they_are_those_of_scikit_learn)
{
    const struct same *want = &same[_i];
    ens_dataset *data = table(want->n, CLASSES | GROUPS);
    ens_folds *f = plan(data, want->cv, 3);
    size_t rows[MOST];

    check_parts(f, true);
    for (size_t s = 0; s < ens_folds_n_splits(f); s++) {
        size_t m = ens_folds_test(rows, f, s), expected = 0;

        for (size_t i = 0; i < want->n; i++)
            expected += want->fold[i] == (char)('0' + s);
        ck_assert_msg(m == expected, "%s: fold %zu has %zu rows, not %zu", want->cv, s, m, expected);
        for (size_t i = 0; i < m; i++)
            ck_assert_msg(want->fold[rows[i]] == (char)('0' + s), "%s: row %zu is not in fold %zu", want->cv,
                          rows[i], s);
    }
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(time_goes_forward_as_in_scikit_learn)
{
    const struct in_time *want = &in_time[_i];
    ens_dataset *data = table(want->n, PLAIN);
    ens_folds *f = plan(data, want->cv, 0);
    size_t rows[MOST];

    check_parts(f, false);
    ck_assert_uint_eq(ens_folds_train(rows, f, want->split), want->n_train);
    ck_assert_uint_eq(rows[0], want->train);
    ck_assert_uint_eq(rows[want->n_train - 1], want->train + want->n_train - 1);
    ck_assert_uint_eq(ens_folds_test(rows, f, want->split), want->n_test);
    ck_assert_uint_eq(rows[0], want->test);
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

/* ---- Kinds --------------------------------------------------------------------------------------------- */

static bool same_folds(const ens_folds *a, const ens_folds *b)
{
    return a->n == b->n && a->n_splits == b->n_splits && a->n_repeats == b->n_repeats &&
           memcmp(a->fold, b->fold, a->n * a->n_repeats * sizeof *a->fold) == 0;
}

START_TEST(a_number_is_the_plan_that_suits_the_table)
{
    static const struct {
        unsigned what;
        const char *cv;
    } cases[] = {{PLAIN, "kfold(4)"},
                 {CLASSES, "stratified(4)"},
                 {GROUPS, "group(n_splits=4)"},
                 {CLASSES | GROUPS, "stratified_group(4)"}};
    ens_dataset *data = table(60, cases[_i].what);
    ens_folds *a = plan(data, "4", 9), *b = plan(data, cases[_i].cv, 9), *c = plan(data, "folds(k=4)", 9);
    ens_folds *d = plan(data, "4", 10);

    ck_assert(same_folds(a, b));
    ck_assert(same_folds(a, c));
    ck_assert(!same_folds(a, d));
    check_parts(a, true);
    ens_folds_free(a);
    ens_folds_free(b);
    ens_folds_free(c);
    ens_folds_free(d);
    ens_dataset_free(data);
}
END_TEST

START_TEST(repeats_are_plans_of_their_own)
{
    ens_dataset *data = table(60, CLASSES);
    ens_folds *one = plan(data, "stratified(3)", 5), *f = plan(data, "stratified(3, repeats=4)", 5);

    ck_assert_uint_eq(ens_folds_n_splits(f), 12);
    ck_assert_uint_eq(ens_folds_n_repeats(f), 4);
    check_parts(f, true);
    ck_assert_mem_eq(f->fold, one->fold, 60 * sizeof *f->fold);
    for (size_t r = 1; r < 4; r++)
        ck_assert(memcmp(f->fold, f->fold + r * 60, 60 * sizeof *f->fold) != 0);
    ens_folds_free(one);
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(groups_stay_whole)
{
    static const char *const cv[] = {"5", "group(5)", "stratified_group(5)", "holdout(0.3)",
                                     "group(3, repeats=3)"};
    ens_dataset *data = table(130, CLASSES | GROUPS);
    ens_folds *f = plan(data, cv[_i], 1);

    check_parts(f, true);
    for (size_t s = 0; s < ens_folds_n_splits(f); s++)
        for (size_t i = 0; i < 130; i++)
            for (size_t j = 0; j < i; j++)
                if (ens_dataset_group(data, i) == ens_dataset_group(data, j))
                    ck_assert(ens__folds_tests(f, s, i) == ens__folds_tests(f, s, j));
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(each_row_may_be_a_fold)
{
    ens_dataset *data = table(17, CLASSES);
    ens_folds *f = plan(data, "leave_one_out", 1);
    size_t row;

    ck_assert_uint_eq(ens_folds_n_splits(f), 17);
    check_parts(f, true);
    for (size_t s = 0; s < 17; s++) {
        ck_assert_uint_eq(ens_folds_test(&row, f, s), 1);
        ck_assert_uint_eq(row, s);
    }
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_column_may_tell_the_folds)
{
    /* 0, 10 and 20 by i % 4; -1 where it is 3, and row 0 is missing: both train always. */
    ens_dataset *data = table(40, PLAIN | MARKS);
    ens_folds *f = plan(data, "predefined(mark)", 1);

    ck_assert_uint_eq(ens_folds_n_splits(f), 3);
    check_parts(f, true);
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < 40; i++)
            ck_assert(ens__folds_tests(f, s, i) == (i % 4 == s && i > 0));
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_holdout_is_that_of_datasets)
{
    ens_dataset *data = table(60, CLASSES), *first, *second;
    ens_folds *f = plan(data, "holdout(0.25, repeats=2)", 8);
    size_t rows[MOST];

    ck_ok(ens_dataset_holdout(&first, &second, data, 0.25, 8, &err));
    check_parts(f, true);
    ck_assert_uint_eq(ens_folds_n_splits(f), 2);
    ck_assert_uint_eq(ens_folds_test(rows, f, 0), ens_dataset_n(second));
    for (size_t i = 0; i < ens_dataset_n(second); i++)
        ck_assert_double_eq(ens_dataset_get(second, i, 0), (double)rows[i]);
    ens_folds_free(f);
    ens_dataset_free(first);
    ens_dataset_free(second);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_plan_of_a_view_numbers_the_rows_of_the_view)
{
    ens_dataset *data = table(60, CLASSES | GROUPS), *view;
    size_t rows[MOST];
    ens_folds *f;

    for (size_t i = 0; i < 30; i++)
        rows[i] = 59 - 2 * i;
    ck_ok(ens_dataset_subset(&view, data, rows, 30, &err));
    f = plan(view, "3", 1);
    ck_assert_uint_eq(ens_folds_n(f), 30);
    check_parts(f, true);
    ens_folds_free(f);
    ens_dataset_free(view);
    ens_dataset_free(data);
}
END_TEST

/* ---- Bad input ----------------------------------------------------------------------------------------- */

START_TEST(bad_plans_are_refused)
{
    static const struct {
        const char *cv;
        unsigned what;
        ens_status st;
        const char *text;
    } bad[] = {
        {"", PLAIN, ENS_EPARSE, "the name of a fold plan"},
        {"kfol(5)", PLAIN, ENS_ENAME, "did you mean `kfold`"},
        {"1", PLAIN, ENS_ERANGE, "n_splits = 1 is outside"},
        {"5 5", PLAIN, ENS_EPARSE, "the name of a fold plan"},
        {"kfold(5, 6)", PLAIN, ENS_EPARSE, "a parameter name"},
        {"kfold(5, n_splits=6)", PLAIN, ENS_EPARSE, "given twice"},
        {"time(5, shuffle=true)", PLAIN, ENS_ENAME, "no parameter `shuffle`"},
        {"leave_one_out(3)", PLAIN, ENS_EPARSE, "a parameter name"},
        {"kfold(2, repeats=2, shuffle=false)", PLAIN, ENS_EINVAL, "without shuffle"},
        {"61", PLAIN, ENS_EINVAL, "n_splits = 61 is above the 60 rows"},
        {"30", CLASSES, ENS_EINVAL, "n_splits = 30 is above the 24 rows of the largest class"},
        {"stratified(5)", PLAIN, ENS_EINVAL, "the target has no classes"},
        {"group(5)", PLAIN, ENS_EINVAL, "no group column"},
        {"group(30)", GROUPS, ENS_EINVAL, "the table's groups"},
        {"stratified_group(20)", CLASSES | GROUPS, ENS_EINVAL, "the table's groups"},
        {"time(60)", PLAIN, ENS_EINVAL, "60 rows are too few for 60 tests of 1"},
        {"time(5, gap=10)", PLAIN, ENS_EINVAL, "a gap of 10"},
        {"time(3)", GROUPS, ENS_EDATA, "are of one group, but in different folds"},
        {"predefined", PLAIN, ENS_EINVAL, "which column"},
        {"predefined(marks)", PLAIN, ENS_ENAME, "there is no column `marks`"},
        {"holdout(1.5)", PLAIN, ENS_ERANGE, "holdout.fraction = 1.5"},
        {"kfold(2, shuffle=false)", WEIGHTS, ENS_EDATA, "fold 1 has no row of positive weight to train on"},
        {"kfold(3, shuffle=false)", WEIGHTS, ENS_EDATA, "fold 3 has no row of positive weight to test"},
        {"time(3, test_size=20)", PLAIN, ENS_EINVAL, "too few"},
    };
    ens_folds *f = (ens_folds *)&err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ens_dataset *data = table(60, bad[i].what);

        ck_fails(ens_folds_make(&f, data, bad[i].cv, 1, &err), bad[i].st, bad[i].text);
        ck_assert_ptr_null(f);
        ens_dataset_free(data);
    }
    ck_fails(ens__folds_check("3x", "stacking.cv", &err), ENS_ENAME, "stacking.cv: no fold plan");
    ck_fails(ens_folds_make(NULL, NULL, "5", 1, &err), ENS_EINVAL, "out is NULL");
    ck_fails(ens_folds_make(&f, NULL, "5", 1, &err), ENS_EINVAL, "data is NULL");
}
END_TEST

START_TEST(a_rare_class_is_noted)
{
    ens_dataset *data = table(60, CLASSES);
    ens_folds *f = plan(data, "stratified(20)", 1);

    ck_assert_ptr_nonnull(ens_folds_note(f));
    ck_assert_msg(strstr(ens_folds_note(f), "fewer than the 20 folds") != NULL, "%s", ens_folds_note(f));
    ens_folds_free(f);
    f = plan(data, "stratified(3)", 1);
    ck_assert_ptr_null(ens_folds_note(f));
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

START_TEST(without_memory_there_is_an_error_and_no_leak)
{
    static const char *const cv[] = {"3",          "stratified(12)",   "group(3)", "stratified_group(3)",
                                     "time(3)", "predefined(mark)", "leave_one_out", "holdout(0.2)"};
    bool groups = strstr(cv[_i], "group") != NULL;
    ens_dataset *data = table(60, groups ? CLASSES | GROUPS : CLASSES);
    ens_folds *f = NULL;
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_folds_make(&f, data, cv[_i], 1, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
        ck_assert((f != NULL) == (st == ENS_OK));
        ck_assert(k > 0 || st == ENS_ENOMEM);
    }
    ens_folds_free(f);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, without_shuffle_they_are_those_of_scikit_learn, 0, N_SAME);
    tcase_add_loop_test(tc, time_goes_forward_as_in_scikit_learn, 0, N_TIMES);
    tcase_add_loop_test(tc, a_number_is_the_plan_that_suits_the_table, 0, 4);
    tcase_add_test(tc, repeats_are_plans_of_their_own);
    tcase_add_loop_test(tc, groups_stay_whole, 0, 5);
    tcase_add_test(tc, each_row_may_be_a_fold);
    tcase_add_test(tc, a_column_may_tell_the_folds);
    tcase_add_test(tc, a_holdout_is_that_of_datasets);
    tcase_add_test(tc, a_plan_of_a_view_numbers_the_rows_of_the_view);
    tcase_add_test(tc, bad_plans_are_refused);
    tcase_add_test(tc, a_rare_class_is_noted);
    tcase_add_loop_test(tc, without_memory_there_is_an_error_and_no_leak, 0, 8);
}

Suite *folds_suite(void);

Suite *folds_suite(void)
{
    return suite_of("folds", add);
}
