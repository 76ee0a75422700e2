/* test_dataset.c - tables from memory: what is taken, what is refused, views. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <data/dataset.h>

static ens_error err;

static void free_data(ens_dataset **data)
{
    ens_dataset_free(*data);
    *data = NULL;
}

/* ---- From a matrix ---------------------------------------------------------------------------------- */

START_TEST(matrix_is_row_major_with_a_target_of_classes)
{
    const double x[] = {1, 2, 3, 4, NAN, 6}, y[] = {10, -1.5, 10};
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x, 3, 2, y, ENS_TASK_CLASSIFICATION, &err));
    ck_assert_uint_eq(ens_dataset_n(d), 3);
    ck_assert_uint_eq(ens_dataset_p(d), 2);
    ck_assert_uint_eq(ens_dataset_n_columns(d), 3);
    ck_assert_double_eq(ens_dataset_get(d, 1, 0), 3);
    ck_assert_double_eq(ens_dataset_get(d, 1, 1), 4);
    ck_assert(isnan(ens_dataset_get(d, 2, 0)));
    ck_assert_uint_eq(ens_dataset_n_classes(d), 2);
    ck_assert_str_eq(ens_dataset_class(d, 0), "-1.5");
    ck_assert_str_eq(ens_dataset_class(d, 1), "10");
    ck_assert_ptr_null(ens_dataset_class(d, 2));
    ck_assert_double_eq(ens_dataset_y(d, 0), 1);
    ck_assert_double_eq(ens_dataset_y(d, 1), 0);
    ck_assert_str_eq(ens_dataset_target(d), "y");
    ck_assert_double_eq(ens_dataset_weight(d, 0), 1);
    ck_assert_ptr_null(ens_dataset_note(d, 0));
    free_data(&d);
}
END_TEST

START_TEST(matrix_without_a_target_has_no_task)
{
    const double x[] = {1, 2};
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x, 2, 1, NULL, ENS_TASK_AUTO, &err));
    ck_assert_int_eq(ens_dataset_task(d), ENS_TASK_AUTO);
    ck_assert_ptr_null(ens_dataset_target(d));
    ck_assert(isnan(ens_dataset_y(d, 0)));
    ck_assert_uint_eq(ens_dataset_n_classes(d), 0);
    free_data(&d);
}
END_TEST

START_TEST(many_distinct_numbers_can_be_classes)
{
    enum { N = 1000 };
    double y[N];
    ens_dataset *d;

    for (int i = 0; i < N; i++)
        y[i] = (i * 37) % 500 - 250;
    ck_ok(ens_dataset_from_matrix(&d, y, N, 1, y, ENS_TASK_CLASSIFICATION, &err));
    ck_assert_uint_eq(ens_dataset_n_classes(d), 500);
    ck_assert_str_eq(ens_dataset_class(d, 0), "-250");
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq(ens_dataset_y(d, i), y[i] + 250);
    free_data(&d);
}
END_TEST

/* ---- From columns ----------------------------------------------------------------------------------- */

START_TEST(columns_take_strides_floats_and_codes)
{
    const double interleaved[] = {1, 10, 2, 20, 3, 30}, w[] = {1, 0, 2.5};
    const float x32[] = {0.5f, NAN, -4};
    const int32_t code[] = {2, -1, 0};
    const char *const levels[] = {"red", "green", "blue"};
    const ens_column columns[] = {
        {.name = "a", .x = interleaved, .stride = 2},
        {.x = interleaved + 5, .stride = -2},
        {.name = "f", .x32 = x32},
        {.name = "colour", .code = code, .levels = levels, .n_levels = 3},
        {.name = "w", .role = ENS_WEIGHT, .x = w},
        {.name = "t", .role = ENS_TARGET, .x = interleaved, .stride = 1}};
    ens_column_info info;
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, columns, 6, 3, ENS_TASK_AUTO, &err));
    ck_assert_uint_eq(ens_dataset_p(d), 4);
    ck_assert_int_eq(ens_dataset_task(d), ENS_TASK_REGRESSION);
    ck_assert_double_eq(ens_dataset_get(d, 2, 0), 3);
    ck_assert_double_eq(ens_dataset_get(d, 0, 1), 30);
    ck_assert_double_eq(ens_dataset_get(d, 2, 1), 10);
    ck_assert_double_eq(ens_dataset_get(d, 0, 2), 0.5);
    ck_assert(isnan(ens_dataset_get(d, 1, 2)));
    /* Levels are sorted: blue, green, red. */
    ck_assert_double_eq(ens_dataset_get(d, 0, 3), 0);
    ck_assert(isnan(ens_dataset_get(d, 1, 3)));
    ck_assert_double_eq(ens_dataset_get(d, 2, 3), 2);
    ck_assert_str_eq(ens_dataset_level(d, 3, 0), "blue");
    ck_assert_ptr_null(ens_dataset_level(d, 3, 3));
    ck_assert_ptr_null(ens_dataset_level(d, 9, 0));
    ck_assert_double_eq(ens_dataset_weight(d, 1), 0);
    ck_assert_double_eq(ens_dataset_weight(d, 2), 2.5);
    ck_assert_double_eq(ens_dataset_y(d, 1), 10);
    ck_ok(ens_dataset_column(&info, d, 1, &err));
    ck_assert_str_eq(info.name, "x1");
    ck_ok(ens_dataset_column(&info, d, 3, &err));
    ck_assert_int_eq(info.type, ENS_CATEGORICAL);
    ck_assert_uint_eq(info.n_levels, 3);
    ck_assert_uint_eq(info.n_missing, 1);
    ck_fails(ens_dataset_column(&info, d, 6, &err), ENS_EINVAL, "column 6 of 6");
    free_data(&d);
}
END_TEST

START_TEST(levels_that_are_all_numbers_sort_as_numbers)
{
    const int32_t code[] = {0, 1, 2};
    const char *const levels[] = {"10", "9", "-1"};
    const ens_column column = {
        .role = ENS_TARGET, .code = code, .levels = levels, .n_levels = 3};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, &column, 1, 3, ENS_TASK_AUTO, &err));
    ck_assert_int_eq(ens_dataset_task(d), ENS_TASK_CLASSIFICATION);
    ck_assert_str_eq(ens_dataset_class(d, 0), "-1");
    ck_assert_str_eq(ens_dataset_class(d, 1), "9");
    ck_assert_str_eq(ens_dataset_class(d, 2), "10");
    ck_assert_double_eq(ens_dataset_y(d, 0), 2);
    free_data(&d);
}
END_TEST

/* One column of three rows of which something is wrong. */
static void refuses(ens_column column, ens_task task, ens_status status, const char *text)
{
    const double fine[] = {1, 2, 3};
    const ens_column columns[] = {{.name = "fine", .x = fine}, column};
    ens_dataset *d = (ens_dataset *)&column;

    ck_fails(ens_dataset_from_columns(&d, columns, 2, 3, task, &err), status, text);
    ck_assert_ptr_null(d);
    ck_assert_int_eq(err.code, status);
    ck_assert_uint_eq(err.line, 0);
}

START_TEST(bad_columns_are_refused)
{
    const double x[] = {1, 2, INFINITY}, gap[] = {1, NAN, 3}, negative[] = {0, -2, 1};
    const int32_t high[] = {0, 1, 2}, low[] = {0, -2, 1};
    const char *const levels[] = {"a", "b"}, *const same[] = {"a", "a"},
                      *const none[] = {"a", NULL};
    const ens_task any = ENS_TASK_AUTO;

    refuses((ens_column){.name = "fine", .x = gap}, any, ENS_EINVAL,
            "two columns are called `fine`");
    refuses((ens_column){.name = "e"}, any, ENS_EINVAL,
            "column `e` needs exactly one of x, x32 and code");
    refuses((ens_column){.name = "e", .x = gap, .code = low}, any, ENS_EINVAL,
            "exactly one");
    refuses((ens_column){.name = "c", .code = high, .levels = levels, .n_levels = 2}, any,
            ENS_EDATA, "column `c`, row 3: code 2 is outside [-1, 2)");
    refuses((ens_column){.name = "c", .code = low, .levels = levels, .n_levels = 2}, any,
            ENS_EDATA, "row 2: code -2 is outside");
    refuses((ens_column){.name = "c", .code = high, .levels = same, .n_levels = 2}, any,
            ENS_EDATA, "code 2");
    refuses((ens_column){.name = "c", .code = high, .levels = none, .n_levels = 2}, any,
            ENS_EINVAL, "column `c`: level 1 of 2 has no name");
    refuses((ens_column){.name = "c", .code = high, .n_levels = 3}, any, ENS_EINVAL,
            "level 0 of 3");
    refuses((ens_column){.name = "i", .x = x}, any, ENS_EDATA,
            "column `i`, row 3: the value is infinite");
    refuses((ens_column){.name = "y", .x = x, .role = ENS_TARGET}, any, ENS_EDATA,
            "`y`, row 3");
    refuses((ens_column){.name = "y", .x = gap, .role = ENS_TARGET}, any, ENS_EDATA,
            "target `y` is missing in row 2");
    refuses((ens_column){.name = "w", .x = gap, .role = ENS_WEIGHT}, any, ENS_EDATA,
            "weight column `w`, row 2: the weight is missing");
    refuses((ens_column){.name = "w", .x = negative, .role = ENS_WEIGHT}, any, ENS_EDATA,
            "row 2: the weight is negative");
    refuses((ens_column){.name = "w", .x = x, .role = ENS_WEIGHT}, any, ENS_EDATA,
            "row 3: the value is infinite");
}
END_TEST

START_TEST(bad_codes_of_roles_are_refused)
{
    const int32_t code[] = {0, 1, 0}, gap[] = {0, -1, 0};
    const double x[] = {1, 2, 3};
    const char *const levels[] = {"a", "b"}, *const same[] = {"a", "a"};
    const ens_column two[] = {{.name = "s", .role = ENS_TARGET, .x = x},
                              {.name = "t", .role = ENS_TARGET, .x = x}};
    ens_dataset *d;

    refuses((ens_column){.name = "c", .code = code, .levels = same, .n_levels = 2},
            ENS_TASK_AUTO, ENS_EINVAL, "column `c`: two levels have the same name");
    refuses((ens_column){.name = "y",
                         .code = gap,
                         .levels = levels,
                         .n_levels = 2,
                         .role = ENS_TARGET},
            ENS_TASK_AUTO, ENS_EDATA, "target `y` is missing in row 2");
    refuses((ens_column){.name = "y",
                         .code = code,
                         .levels = levels,
                         .n_levels = 2,
                         .role = ENS_TARGET},
            ENS_TASK_REGRESSION, ENS_EDATA,
            "target `y` holds text, regression needs numbers");
    refuses((ens_column){.name = "w",
                         .code = code,
                         .levels = levels,
                         .n_levels = 2,
                         .role = ENS_WEIGHT},
            ENS_TASK_AUTO, ENS_EDATA, "weight column `w` holds text");
    ck_fails(ens_dataset_from_columns(&d, two, 2, 3, ENS_TASK_AUTO, &err), ENS_EINVAL,
             "two target columns, `s` and `t`");
}
END_TEST

START_TEST(ignored_columns_may_hold_anything)
{
    const double x[] = {1, INFINITY, NAN};
    const ens_column columns[] = {{.x = x, .role = ENS_IGNORE},
                                  {.x = x, .stride = 0, .role = ENS_IGNORE}};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, columns, 2, 3, ENS_TASK_AUTO, &err));
    ck_assert_uint_eq(ens_dataset_p(d), 0);
    free_data(&d);
}
END_TEST

/* ---- Views ------------------------------------------------------------------------------------------ */

START_TEST(a_view_shows_rows_in_its_order_and_outlives_its_origin)
{
    const double x[] = {0, 1, 2, 3}, y[] = {5, 6, 7, 8};
    const size_t rows[] = {3, 1, 1}, of_those[] = {2, 0}, beyond[] = {0, 3};
    ens_dataset *d, *view, *nested, *bad = NULL;

    ck_ok(ens_dataset_from_matrix(&d, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_subset(&view, d, rows, 3, &err));
    free_data(&d);
    ck_ok(ens_dataset_subset(&nested, view, of_those, 2, &err));
    ck_fails(ens_dataset_subset(&bad, view, beyond, 2, &err), ENS_EINVAL,
             "row 3 of a table of 3");
    ck_assert_ptr_null(bad);
    free_data(&view);
    ck_assert_uint_eq(ens_dataset_n(nested), 2);
    ck_assert_double_eq(ens_dataset_get(nested, 0, 0), 1);
    ck_assert_double_eq(ens_dataset_get(nested, 1, 0), 3);
    ck_assert_double_eq(ens_dataset_y(nested, 1), 8);
    free_data(&nested);
}
END_TEST

START_TEST(a_view_of_no_rows_is_a_table)
{
    const double x[] = {0};
    ens_dataset *d, *view;

    ck_ok(ens_dataset_from_matrix(&d, x, 1, 1, NULL, ENS_TASK_AUTO, &err));
    ck_ok(ens_dataset_subset(&view, d, NULL, 0, &err));
    ck_assert_uint_eq(ens_dataset_n(view), 0);
    free_data(&view);
    free_data(&d);
    ens_dataset_free(NULL);
}
END_TEST

/* ---- Memory ----------------------------------------------------------------------------------------- */

START_TEST(every_allocation_may_fail)
{
    const double x[] = {1, 2, 3}, y[] = {0, 1, 0};
    const int32_t code[] = {0, 1, 1};
    const char *const levels[] = {"b", "a"};
    const ens_column columns[] = {{.x = x},
                                  {.code = code, .levels = levels, .n_levels = 2},
                                  {.name = "t", .role = ENS_TARGET, .x = y}};
    const size_t rows[] = {2, 0};
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens_dataset *d = NULL, *view = NULL;

        ck_assert_int_lt(k, 200);
        ens__mem_fail_at(k);
        st = ens_dataset_from_columns(&d, columns, 3, 3, ENS_TASK_CLASSIFICATION, &err);
        if (st == ENS_OK)
            st = ens_dataset_subset(&view, d, rows, 2, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
        ck_assert((view != NULL) == (st == ENS_OK));
        ens_dataset_free(view);
        ens_dataset_free(d);
    }
}
END_TEST

/* ---- Levels ----------------------------------------------------------------------------------------- */

static void make(ens__levels *levels, const char *const *names, size_t n, int32_t *code)
{
    char **copies = ens__array(n, sizeof *copies);

    for (size_t i = 0; i < n; i++)
        copies[i] = ens__strdup(names[i]);
    ck_ok(ens__levels_make(levels, copies, n, code, n, &err));
    ens__free(copies);
}

START_TEST(levels_drop_doubles_and_are_found)
{
    const char *const names[] = {"pear", "apple", "pear", "fig"};
    int32_t code[] = {0, 1, 2, 3};
    ens__levels levels, copy;

    make(&levels, names, 4, code);
    ck_assert(!levels.numeric);
    ck_assert_uint_eq(levels.n, 3);
    ck_assert_int_eq(code[0], 2);
    ck_assert_int_eq(code[1], 0);
    ck_assert_int_eq(code[2], 2);
    ck_assert_int_eq(code[3], 1);
    ck_ok(ens__levels_copy(&copy, &levels, &err));
    ens__levels_clear(&levels);
    ck_assert_int_eq(ens__levels_find(&copy, "fig"), 1);
    ck_assert_int_eq(ens__levels_find(&copy, "figs"), -1);
    ck_assert_int_eq(ens__levels_find(&copy, ""), -1);
    ens__levels_clear(&copy);
}
END_TEST

START_TEST(numbers_spelled_apart_are_levels_apart)
{
    const char *const names[] = {"1.0", "01", "2", "1"};
    int32_t code[] = {0, 1, 2, 3};
    ens__levels levels;

    make(&levels, names, 4, code);
    ck_assert(levels.numeric);
    ck_assert_uint_eq(levels.n, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(ens__levels_find(&levels, names[i]), code[i]);
    ck_assert_int_eq(ens__levels_find(&levels, "1.00"), -1);
    ck_assert_int_eq(ens__levels_find(&levels, "x"), -1);
    ens__levels_clear(&levels);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, matrix_is_row_major_with_a_target_of_classes);
    tcase_add_test(tc, matrix_without_a_target_has_no_task);
    tcase_add_test(tc, many_distinct_numbers_can_be_classes);
    tcase_add_test(tc, columns_take_strides_floats_and_codes);
    tcase_add_test(tc, levels_that_are_all_numbers_sort_as_numbers);
    tcase_add_test(tc, bad_columns_are_refused);
    tcase_add_test(tc, bad_codes_of_roles_are_refused);
    tcase_add_test(tc, ignored_columns_may_hold_anything);
    tcase_add_test(tc, a_view_shows_rows_in_its_order_and_outlives_its_origin);
    tcase_add_test(tc, a_view_of_no_rows_is_a_table);
    tcase_add_test(tc, every_allocation_may_fail);
    tcase_add_test(tc, levels_drop_doubles_and_are_found);
    tcase_add_test(tc, numbers_spelled_apart_are_levels_apart);
}

Suite *dataset_suite(void);

Suite *dataset_suite(void)
{
    return suite_of("dataset", add);
}
