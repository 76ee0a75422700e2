/* test_trees.c - the runtime form of forests, and the prediction of single rows.
 *
 * Both must give, bit by bit, what the readable form gives: the sum over the trees, in their order, of what each
 * finds by its raw thresholds, divided by their number.  Once it is there, the runtime form has the nodes alone: the
 * trees are unpacked to be asked. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble.h>
#include <ensemble/bag.h>
#include <float.h>
#include <learn/model.h>

static const char *const recipes[] = {
    "forest(n_estimators=12)",
    "forest(n_estimators=150, max_depth=3)",
    "forest(n_estimators=5, max_leaf_nodes=9, max_bins=1000)",
    "bagging(tree(min_samples_level=1), n_estimators=7)",
    "bagging(tree, n_estimators=6, max_features=0.5)",
    "bagging(tree, n_estimators=6, max_features=0.8, bootstrap_features=true)",
    "bagging(dummy, n_estimators=5)",
    "bagging(bagging(tree(max_depth=3), n_estimators=3), n_estimators=3)",
    "tree",
    "dummy",
};

/* Categories and missing values; three classes; a number to predict. */
static const struct table {
    const char *file, *target;
} tables[] = {
    {TEST_DATA "/titanic.csv", "survived"},
    {TEST_DATA "/wine.csv", "cultivar"},
    {TEST_DATA "/cars.csv", "price"},
    {TEST_DATA "/solder.csv", "skips"},
};

enum {
    N_RECIPES = sizeof recipes / sizeof *recipes,
    N_FORESTS = 6,
    N_TABLES = sizeof tables / sizeof *tables
};

static ens_dataset *read_table(size_t t)
{
    const ens_csv_options options = {.target = tables[t].target};
    ens_dataset *data = NULL;
    ens_error err;

    ck_ok(ens_csv_read(&data, tables[t].file, &options, &err));
    return data;
}

static ens_model *fit(const char *recipe, const ens_dataset *data)
{
    ens_learner *learner = NULL;
    ens_model *model = NULL;
    ens_error err;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_fit(&model, learner, data, NULL, 7, NULL, &err));
    ens_learner_free(learner);
    return model;
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    ck_assert_ptr_nonnull(p);
    return p;
}

/* ---- The runtime form ---------------------------------------------------------------------------------------- */

/* out = the sum of the trees' outputs, each by its own walk. Trees that are packed must give the same. */
static void sum_readable(const ens__bag *bag, const ens_rows *rows, double *out)
{
    ens_feature *buf = room(bag->p_member, sizeof *buf);
    double *one = room(rows->n * bag->k, sizeof *one), *packed = room(rows->n * bag->k, sizeof *one);
    ens_error err;

    memset(out, 0, rows->n * bag->k * sizeof *out);
    for (size_t t = 0; t < bag->n; t++) {
        ens_rows seen = *rows;

        ens__tree *tree = NULL;

        ck_ok(ens__tree_unpack(&tree, bag->fit[t].state, &err));
        ck_assert_ptr_nonnull(tree);
        seen.feature = ens__bag_features(bag, t, rows->feature, buf);
        ens__tree_predict(tree, &seen, one);
        ens__tree_predict(bag->fit[t].state, &seen, packed);
        ck_assert_mem_eq(one, packed, rows->n * bag->k * sizeof *one);
        ens__tree_free(tree);
        for (size_t i = 0; i < rows->n * bag->k; i++)
            out[i] += one[i];
    }
    free(packed);
    free(one);
    free(buf);
}

/* The first n rows. */
static void must_agree(const ens__bag *bag, const ens_feature *feature, size_t n, const char *what)
{
    size_t cells = n * bag->k;
    uint32_t *row = room(n, sizeof *row);
    double *expected = room(cells, sizeof *expected), *got = room(cells, sizeof *got);
    void *scratch = ens__aligned(1, ens__trees_scratch(bag->trees));
    ens_rows rows = {feature, bag->p, row, n};

    ck_assert_ptr_nonnull(scratch);
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)i;
    sum_readable(bag, &rows, expected);
    memset(got, 0xff, cells * sizeof *got);
    ens__trees_predict(bag->trees, &rows, got, scratch);
    for (size_t i = 0; i < cells; i++)
        ck_assert_msg(memcmp(&got[i], &expected[i], sizeof *got) == 0,
                      "%s, row %zu of %zu: %.17g, expected %.17g", what, i / bag->k, n, got[i],
                      expected[i]);
    ens__free(scratch);
    free(got);
    free(expected);
    free(row);
}

/* Any row of the features' first n, drawn so that each feature moves on its own. */
static size_t shuffled(size_t i, size_t j, size_t n)
{
    return (i * (2 * j + 1) * 7919 + j * 104729) % n;
}

/* Values on which a comparison of codes could go wrong: each threshold, its neighbours, and what is no usual
 * number; every level and a missing one. */
static void fill_hard(const ens_feature *f, size_t j, const ens__bag *bag, size_t n, void *values)
{
    double special[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, DBL_MAX, -DBL_MAX, DBL_MIN, 0x1p-1074};
    enum { N_SPECIAL = sizeof special / sizeof *special };
    const ens__trees_feature *used = NULL;

    for (size_t u = 0; u < bag->trees->n_used; u++)
        if (bag->trees->used[u].feature == j)
            used = &bag->trees->used[u];
    for (size_t i = 0; i < n; i++) {
        size_t draw = shuffled(i, j, n);

        if (f->code != NULL) {
            ((int32_t *)values)[i] = (int32_t)(draw % (f->n_levels + 1)) - 1;
            continue;
        }
        double *x = values;
        size_t cuts = used != NULL ? used->cuts.n : 0, pick = draw % (N_SPECIAL + 3 * cuts);

        if (pick < N_SPECIAL) {
            x[i] = special[pick];
            continue;
        }
        x[i] = used->cuts.cut[(pick - N_SPECIAL) / 3];
        if ((pick - N_SPECIAL) % 3 == 1)
            x[i] = nextafter(x[i], INFINITY);
        else if ((pick - N_SPECIAL) % 3 == 2)
            x[i] = nextafter(x[i], -INFINITY);
    }
}

/* As many features as the bag's, of n hard values each. */
static ens_feature *hard_features(const ens__bag *bag, const ens_dataset *data, size_t n)
{
    ens_feature *feature = room(bag->p, sizeof *feature);

    for (size_t j = 0; j < bag->p; j++) {
        const ens_feature *like = &data->table->feature[j];
        void *values = room(n, sizeof(double));

        feature[j] = *like;
        fill_hard(like, j, bag, n, values);
        feature[j].x = like->x != NULL ? values : NULL;
        feature[j].code = like->code != NULL ? values : NULL;
    }
    return feature;
}

static void free_features(ens_feature *feature, size_t p)
{
    for (size_t j = 0; j < p; j++) {
        free((void *)(uintptr_t)feature[j].x);
        free((void *)(uintptr_t)feature[j].code);
    }
    free(feature);
}

START_TEST(the_runtime_form_gives_the_bits_of_the_readable_one)
{
    static const size_t sizes[] = {1, 3, 31, 32, 257, 4500};

    for (size_t t = 0; t < N_TABLES; t++) {
        ens_dataset *data = read_table(t);
        ens_model *model = fit(recipes[_i], data);
        const ens__bag *bag = model->root.state;
        ens_feature *hard = hard_features(bag, data, 4500);

        ck_assert_ptr_nonnull(bag->trees);
        must_agree(bag, data->table->feature, ens_dataset_n(data), recipes[_i]);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            must_agree(bag, hard, sizes[s], recipes[_i]);
        free_features(hard, bag->p);
        ens_model_free(model);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(a_forest_takes_at_most_sixteen_bytes_a_node)
{
    enum { N = 3000, P = 5 };
    double *x = room((size_t)N * P, sizeof *x), *y = room(N, sizeof *y);
    ens_dataset *data = NULL;
    ens_error err;

    for (size_t i = 0; i < (size_t)N * P; i++)
        x[i] = (double)(i * 7919 % 10007);
    for (size_t i = 0; i < N; i++)
        y[i] = fmod(x[i * P] + x[i * P + 1], 97) > 48;
    ck_ok(ens_dataset_from_matrix(&data, x, N, P, y, ENS_TASK_CLASSIFICATION, &err));
    ens_model *model = fit("forest(n_estimators=16)", data);
    const ens__bag *bag = model->root.state;
    size_t nodes = 0, bytes = model->root.type->bytes(bag);

    for (size_t t = 0; t < bag->n; t++) {
        const ens__tree *tree = bag->fit[t].state;

        ck_assert_ptr_null(tree->node);
        nodes += tree->n_nodes;
    }
    ck_assert_uint_gt(nodes, 5000);
    ck_assert_msg(bytes <= 16 * nodes, "%zu bytes for %zu nodes", bytes, nodes);
    ens_model_free(model);
    ens_dataset_free(data);
    free(x);
    free(y);
}
END_TEST

START_TEST(a_loaded_forest_predicts_the_same_bits)
{
    for (size_t t = 0; t < N_TABLES; t++) {
        ens_dataset *data = read_table(t);
        ens_model *model = fit(recipes[_i], data), *loaded = NULL;
        size_t size, cells = ens_dataset_n(data) * ens_model_k(model);
        double *a = room(cells, sizeof *a), *b = room(cells, sizeof *b);
        void *bytes = NULL, *again = NULL;
        size_t size_again;
        ens_error err;

        ck_ok(ens_model_save_bytes(&bytes, &size, model, &err));
        ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
        ck_assert_ptr_nonnull(((const ens__bag *)loaded->root.state)->trees);
        ck_ok(ens_model_save_bytes(&again, &size_again, loaded, &err));
        ck_assert(size == size_again && memcmp(bytes, again, size) == 0);
        ck_ok(ens_model_predict(model, data, a, NULL, &err));
        ck_ok(ens_model_predict(loaded, data, b, NULL, &err));
        ck_assert_mem_eq(a, b, cells * sizeof *a);
        free(a);
        free(b);
        ens_bytes_free(bytes);
        ens_bytes_free(again);
        ens_model_free(model);
        ens_model_free(loaded);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(more_features_than_sixteen_bits_number_come_back)
{
    enum { N = 8, P = 17000 };
    double *x = room((size_t)N * P, sizeof *x), y[N], a[2 * N], b[2 * N];
    ens_dataset *data = NULL;
    ens_model *model, *loaded = NULL;
    void *bytes = NULL, *again = NULL;
    size_t size, size_again;
    ens_error err;

    for (size_t i = 0; i < N; i++)
        y[i] = x[i * P + P - 1] = (double)(i % 2); /* the last feature alone tells */
    ck_ok(ens_dataset_from_matrix(&data, x, N, P, y, ENS_TASK_CLASSIFICATION, &err));
    model = fit("forest(n_estimators=2, max_features=1.0)", data);
    ck_ok(ens_model_save_bytes(&bytes, &size, model, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
    ck_ok(ens_model_save_bytes(&again, &size_again, loaded, &err));
    ck_assert(size == size_again && memcmp(bytes, again, size) == 0);
    ck_ok(ens_model_predict(model, data, a, NULL, &err));
    ck_ok(ens_model_predict(loaded, data, b, NULL, &err));
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert(a[1] < 0.5 && a[3] > 0.5); /* it did learn from that feature */
    ens_bytes_free(bytes);
    ens_bytes_free(again);
    ens_model_free(model);
    ens_model_free(loaded);
    ens_dataset_free(data);
    free(x);
}
END_TEST

/* ---- One row --------------------------------------------------------------------------------------------------- */

START_TEST(one_row_gives_the_bits_of_the_table_without_an_allocation)
{
    for (size_t t = 0; t < N_TABLES; t++) {
        ens_dataset *data = read_table(t);
        ens_model *model = fit(recipes[_i], data);
        size_t n = ens_dataset_n(data), k = ens_model_k(model), p = ens_model_p(model);
        double *all = room(n * k, sizeof *all), *one = room(k, sizeof *one), *x = room(p, sizeof *x);
        char *scratch = room(ens_model_row_scratch(model) + 1, 1);
        ens_error err;

        ck_ok(ens_model_predict(model, data, all, NULL, &err));
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < p; j++)
                x[j] = ens_dataset_get(data, i, j);
            ens__mem_fail_at(0);
            ens_status st = ens_model_predict_row(model, x, one, scratch + i % 2, &err);
            long allocations = ens__mem_count();
            ens__mem_fail_at(-1);

            ck_assert_msg(st == ENS_OK && allocations == 0, "row %zu: %d, %ld allocations", i, (int)st,
                          allocations);
            ck_assert_msg(memcmp(one, all + i * k, k * sizeof *one) == 0, "%s: row %zu of %s differs",
                          recipes[_i], i, tables[t].file);
        }
        free(scratch);
        free(x);
        free(one);
        free(all);
        ens_model_free(model);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(one_row_of_bad_arguments_is_refused)
{
    ens_dataset *data = read_table(0);
    ens_model *model = fit("forest(n_estimators=3)", data);
    double *x = room(ens_model_p(model), sizeof *x), out[2];
    void *scratch = room(ens_model_row_scratch(model), 1);
    size_t sex = 0;
    ens_column_info info;
    ens_error err;

    for (size_t j = 0; j < ens_model_p(model); j++) {
        x[j] = NAN;
        ck_ok(ens_model_feature(&info, model, j, &err));
        if (info.type == ENS_CATEGORICAL && info.n_levels == 2)
            sex = j;
    }
    ck_ok(ens_model_predict_row(model, x, out, scratch, NULL));
    ck_fails(ens_model_predict_row(NULL, x, out, scratch, &err), ENS_EINVAL, "model is NULL");
    ck_fails(ens_model_predict_row(model, NULL, out, scratch, &err), ENS_EINVAL, "x is NULL");
    ck_fails(ens_model_predict_row(model, x, NULL, scratch, &err), ENS_EINVAL, "out is NULL");
    ck_fails(ens_model_predict_row(model, x, out, NULL, &err), ENS_EINVAL, "scratch is NULL");
    x[sex] = 2;
    ck_fails(ens_model_predict_row(model, x, out, scratch, &err), ENS_EINVAL,
             "2 is not the place of one of its 2 levels");
    x[sex] = 0.5;
    ck_fails(ens_model_predict_row(model, x, out, scratch, &err), ENS_EINVAL, "0.5 is not");
    x[sex] = -1;
    ck_fails(ens_model_predict_row(model, x, out, scratch, &err), ENS_EINVAL, "-1 is not");
    x[sex] = INFINITY;
    ck_fails(ens_model_predict_row(model, x, out, scratch, &err), ENS_EINVAL, "inf is not");
    free(scratch);
    free(x);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_runtime_form_gives_the_bits_of_the_readable_one, 0, N_FORESTS);
    tcase_add_test(tc, more_features_than_sixteen_bits_number_come_back);
    tcase_add_test(tc, a_forest_takes_at_most_sixteen_bytes_a_node);
    tcase_add_loop_test(tc, a_loaded_forest_predicts_the_same_bits, 0, N_FORESTS);
    tcase_add_loop_test(tc, one_row_gives_the_bits_of_the_table_without_an_allocation, 0, N_RECIPES);
    tcase_add_test(tc, one_row_of_bad_arguments_is_refused);
}

Suite *trees_suite(void);

Suite *trees_suite(void)
{
    return suite_of("trees", add);
}
