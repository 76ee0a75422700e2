/* test_oob.c - out-of-bag predictions after the fit: those of the fit, to the bit, and of no other table. */
#include <config.h>

#include "explain/table.h"
#include <core/hash.h>
#include <learn/model.h>

static ens_error err;

/* Bags with and without replacement, of all features and of some, of other learners, of bags. */
static const char *const recipes[] = {
    "forest(n_estimators=12, oob_score=true)",
    "bagging(tree(max_depth=4), n_estimators=9, bootstrap=false, max_samples=0.6, oob_score=true)",
    "bagging(naive_bayes, n_estimators=7, max_samples=40, oob_score=true)",
    "bagging(tree, n_estimators=7, max_features=0.5, oob_score=true)",
    "bagging(bagging(dummy, n_estimators=2), n_estimators=5, oob_score=true)",
};

enum { N_RECIPES = sizeof recipes / sizeof *recipes };

/* A view's rows in plan order: ascending, so that row i is the i-th of the fit. */
static void must_be_those_of_the_fit(const ens_model *model, const ens_model *asked, const ens_dataset *data)
{
    size_t n = ens_dataset_n(data), k = ens_model_k(model), n_fit;
    const double *want = ens_model_oob(model, &n_fit);
    double *got = calloc(n * k, sizeof *got);

    ck_assert(got != NULL && want != NULL && n_fit == n);
    ck_ok(ens_model_oob_predict(asked, data, got, NULL, &err));
    for (size_t i = 0; i < n * k; i++)
        ck_assert_msg(memcmp(&got[i], &want[i], sizeof *got) == 0 || (isnan(got[i]) && isnan(want[i])),
                      "cell %zu: %.17g, the fit had %.17g", i, got[i], want[i]);
    free(got);
}

START_TEST(they_are_those_of_the_fit)
{
    /* Categories and missing values for the recipes that take them, numbers else. */
    ens_dataset *titanic = table_read("titanic.csv", "survived");
    ens_dataset *made = table_make(700, 4, ENS_TASK_CLASSIFICATION, 3);
    ens_dataset *table[] = {titanic, made};

    for (size_t i = 0; i < 2; i++) {
        ens_model *model = model_fit(recipes[_i], table[i], 11, 2), *loaded = NULL;
        void *bytes;
        size_t size;

        must_be_those_of_the_fit(model, model, table[i]);
        ck_ok(ens_model_save_bytes(&bytes, &size, model, &err));
        ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
        must_be_those_of_the_fit(model, loaded, table[i]);
        ens_bytes_free(bytes);
        ens_model_free(loaded);
        ens_model_free(model);
        ens_dataset_free(table[i]);
    }
}
END_TEST

START_TEST(oob_score_is_not_needed_for_them)
{
    ens_dataset *data = table_make(300, 4, ENS_TASK_REGRESSION, 4);
    ens_model *with = model_fit("forest(n_estimators=5, oob_score=true)", data, 2, 1);
    ens_model *without = model_fit("forest(n_estimators=5)", data, 2, 1);

    must_be_those_of_the_fit(with, without, data);
    ens_model_free(with);
    ens_model_free(without);
    ens_dataset_free(data);
}
END_TEST

START_TEST(each_row_of_a_view_gets_its_own)
{
    /* Rows 3 (twice), 0, 1, ...: the view's order, whatever the order of the fit. */
    ens_dataset *all = table_make(200, 3, ENS_TASK_REGRESSION, 5), *view = NULL;
    size_t row[151];
    double got[151];
    ens_model *model;
    const double *fit;

    row[0] = 199;
    for (size_t i = 1; i < 151; i++)
        row[i] = 150 - i;
    row[1] = 199;
    ck_ok(ens_dataset_subset(&view, all, row, 151, &err));
    model = model_fit("forest(n_estimators=8, oob_score=true)", view, 6, 1);
    fit = ens_model_oob(model, NULL); /* rows 0 .. 148, 199 */
    ck_ok(ens_model_oob_predict(model, view, got, NULL, &err));
    for (size_t i = 0; i < 151; i++) {
        double want = fit[row[i] == 199 ? 149 : row[i]];

        ck_assert_msg(got[i] == want || (isnan(got[i]) && isnan(want)), "row %zu", i);
    }
    ens_model_free(model);
    ens_dataset_free(view);
    ens_dataset_free(all);
}
END_TEST

/* A small table of every kind of column, one cell changed by `change` (0: none). */
static ens_dataset *varied(int change)
{
    enum { N = 30 };
    static const char *const colours[] = {"blue", "green", "red"}, *const more[] = {"amber", "blue", "red"};
    double size[N], weight[N], y[N];
    int32_t colour[N];
    ens_dataset *data = NULL;

    for (int i = 0; i < N; i++) {
        size[i] = i * 7 % 11;
        weight[i] = 1 + i % 3;
        colour[i] = i % 4 - 1;
        y[i] = i % 5;
    }
    size[3] = change == 1 ? NAN : size[3];
    colour[4] = change == 2 ? -1 : 1;
    y[5] += change == 3;
    weight[6] += change == 4;
    weight[7] = change == 5 ? 0 : weight[7];
    if (change == 6) {
        double first = size[0];

        size[0] = size[1];
        size[1] = first;
    }
    ens_column column[] = {
        {.name = "size", .x = size},
        {.name = "colour", .code = colour, .levels = change == 7 ? more : colours, .n_levels = 3},
        {.name = "y", .role = ENS_TARGET, .x = y},
        {.name = "w", .role = ENS_WEIGHT, .x = weight},
        {.name = "extra", .x = y},
    };
    if (change == 8) { /* another order of columns, and one more that the model does not know */
        ens_column first = column[0];

        column[0] = column[1];
        column[1] = first;
    }
    ck_ok(ens_dataset_from_columns(&data, column, change == 8 ? 5 : 4, N, ENS_TASK_REGRESSION, &err));
    return data;
}

START_TEST(another_table_is_told_from_that_of_the_fit)
{
    ens_dataset *data = varied(0);
    ens_model *model = model_fit("forest(n_estimators=4, min_samples_level=1)", data, 1, 1);
    double out[40];

    for (int change = 1; change <= 7; change++) {
        ens_dataset *other = varied(change);
        ens_status st;

        err.message[0] = 0;
        st = ens_model_oob_predict(model, other, out, NULL, &err);
        ck_assert_msg(st == ENS_EDATA && strstr(err.message, "not the table of the fit") != NULL,
                      "change %d: status %d, %s", change, (int)st, err.message);
        ens_dataset_free(other);
    }
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

/* The fingerprint by the words of doc/model-format.md: little-endian 64-bit values, a hash a column. */
START_TEST(the_fingerprint_is_as_documented)
{
    enum { N = 30, COLUMNS = 5 };
    ens_dataset *data = varied(1);
    ens_model *model = model_fit("forest(n_estimators=2)", data, 1, 1);
    unsigned char hashes[8 * COLUMNS];
    ens__hash all;

    for (size_t c = 0; c < COLUMNS; c++) {
        ens__hash h;
        uint64_t v;

        ens__hash_init(&h);
        for (size_t i = 0; i < N; i++) {
            double x = c == 0   ? ens_dataset_get(data, i, 0)
                       : c == 1 ? ens_dataset_get(data, i, 1)
                       : c == 2 ? ens_dataset_y(data, i)
                                : ens_dataset_weight(data, i);
            unsigned char bytes[8];

            if (c == 0 && isnan(x))
                v = 0x7ff8000000000000u;
            else if (c == 1)
                v = isnan(x) ? UINT64_MAX : (uint64_t)x;
            else
                memcpy(&v, &x, sizeof v);
            v = c == 4 ? 1 : v;
            for (int b = 0; b < 8; b++)
                bytes[b] = (unsigned char)(v >> 8 * b);
            ens__hash_add(&h, bytes, 8);
        }
        v = ens__hash_value(&h);
        for (int b = 0; b < 8; b++)
            hashes[8 * c + (size_t)b] = (unsigned char)(v >> 8 * b);
    }
    ens__hash_init(&all);
    ens__hash_add(&all, hashes, sizeof hashes);
    ck_assert_uint_eq(model->fingerprint, ens__hash_value(&all));

    /* Without one, nothing can be told. */
    model->fingerprint = 0;
    ck_fails(ens_model_oob_predict(model, data, (double[N]){0}, NULL, &err), ENS_ESUPPORT,
             "does not say on which rows it was fitted");
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(columns_may_stand_elsewhere)
{
    ens_dataset *data = varied(0), *moved = varied(8);
    ens_model *model = model_fit("forest(n_estimators=4, oob_score=true)", data, 1, 1);

    must_be_those_of_the_fit(model, model, moved);
    ens_model_free(model);
    ens_dataset_free(data);
    ens_dataset_free(moved);
}
END_TEST

START_TEST(rows_of_no_weight_have_none)
{
    ens_dataset *data = varied(5);
    ens_model *model = model_fit("forest(n_estimators=50)", data, 1, 1);
    double out[30];

    ck_ok(ens_model_oob_predict(model, data, out, NULL, &err));
    for (size_t i = 0; i < 30; i++)
        ck_assert_msg(isnan(out[i]) == (i == 7), "row %zu: %g", i, out[i]);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(what_has_no_bags_is_refused)
{
    ens_dataset *data = table_make(60, 3, ENS_TASK_CLASSIFICATION, 6), *part = NULL;
    ens_model *tree = model_fit("tree", data, 1, 1), *full = model_fit("forest(bootstrap=false)", data, 1, 1);
    ens_model *forest = model_fit("forest(n_estimators=3)", data, 1, 1);
    size_t row[20];
    double out[60 * 3];

    ck_fails(ens_model_oob_predict(tree, data, out, NULL, &err), ENS_ESUPPORT, "tree draws no bags of rows");
    ck_fails(ens_model_oob_predict(full, data, out, NULL, &err), ENS_EDATA, "is in every bag of forest");
    for (size_t i = 0; i < 20; i++)
        row[i] = i;
    ck_ok(ens_dataset_subset(&part, data, row, 20, &err));
    ck_fails(ens_model_oob_predict(forest, part, out, NULL, &err), ENS_EDATA,
             "it has 20 rows, the model was fitted on 60");
    ens_model_free(tree);
    ens_model_free(full);
    ens_model_free(forest);
    ens_dataset_free(part);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, they_are_those_of_the_fit, 0, N_RECIPES);
    tcase_add_test(tc, oob_score_is_not_needed_for_them);
    tcase_add_test(tc, each_row_of_a_view_gets_its_own);
    tcase_add_test(tc, another_table_is_told_from_that_of_the_fit);
    tcase_add_test(tc, the_fingerprint_is_as_documented);
    tcase_add_test(tc, columns_may_stand_elsewhere);
    tcase_add_test(tc, rows_of_no_weight_have_none);
    tcase_add_test(tc, what_has_no_bags_is_refused);
}

Suite *oob_suite(void);

Suite *oob_suite(void)
{
    return suite_of("out of bag", add);
}
