/* test_pipeline.c - steps with bars between them: fitted on the rows of a fit alone, put in front where needed,
 * printed, saved, and refused where they make no sense. */
#include <config.h>

#include "run.h"
#include <core/hash.h>
#include <core/mem.h>
#include <ensemble.h>
#include <ensemble/ext.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static ens_error err;

/* A learner that takes numbers alone, without gaps, of like scale; what it was fitted on. */
static double seen_mean[8], seen_square[8];
static size_t seen_p, seen_n;
static bool seen_gap;

static const ens_param plain_table[] = {ENS_PARAM_LAST};

static ens_status plain_fit(void **out, const void *params, const ens_fit_args *a, ens_error *e)
{
    (void)params;
    (void)e;
    seen_p = a->rows.p;
    seen_n = a->rows.n;
    seen_gap = false;
    for (size_t j = 0; j < a->rows.p && j < 8; j++) {
        const double *x = a->rows.feature[j].x;

        seen_mean[j] = seen_square[j] = 0;
        for (size_t i = 0; i < a->rows.n; i++) {
            seen_gap = seen_gap || isnan(x[a->rows.row[i]]);
            seen_mean[j] += x[a->rows.row[i]] / (double)a->rows.n;
            seen_square[j] += x[a->rows.row[i]] * x[a->rows.row[i]] / (double)a->rows.n;
        }
    }
    *out = ens__zeros(1, sizeof(double));
    return *out != NULL ? ENS_OK : ENS_ENOMEM;
}

/* The sum of its columns. */
static void plain_predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    (void)fit;
    (void)scratch;
    for (size_t i = 0; i < rows->n; i++) {
        out[i] = 0;
        for (size_t j = 0; j < rows->p; j++)
            out[i] += rows->feature[j].x[rows->row[i]];
    }
}

static ens_status plain_write(const void *fit, ens_writer *w, ens_error *e)
{
    static const size_t one = 1;

    return ens_writer_array(w, "unused", ENS_F64, 1, &one, fit, e);
}

static ens_status plain_read(void **out, const ens_read_args *a, ens_error *e)
{
    const void *data;
    size_t n;
    ens_status st = ens_reader_array(&data, &n, a->reader, "unused", ENS_F64, 1, e);

    if (st == ENS_OK && (*out = ens__zeros(1, sizeof(double))) == NULL)
        st = ENS_ENOMEM;
    return st;
}

static const ens_learner_type plain_type = {
    .abi = ENS_EXT_ABI,
    .name = "plain",
    .help = "the sum of its columns",
    .caps = ENS_REGRESSES | ENS_TAKES_NUMBERS | ENS_WANTS_SCALED | ENS_TAKES_WEIGHTS,
    .params = plain_table,
    .params_size = 1,
    .fit = plain_fit,
    .predict = plain_predict,
    .write = plain_write,
    .read = plain_read,
    .free = ens__free,
};

static void begin(void)
{
    ck_ok(ens_learner_type_register(&plain_type, &err));
}

static const char text[] = "size,colour,weight,y\n1,red,0.5,1\n2,blue,,2\n3,red,1.5,3\n4,,2.5,4\n"
                           "5,green,0.25,5\n6,blue,3.5,6\n7,red,1,7\n8,green,2,8\n";

static ens_dataset *table_for(const char *csv, ens_task task)
{
    const ens_csv_options options = {.target = "y", .task = task, .keep_identifiers = 1};
    ens_dataset *data;

    ck_ok(ens_csv_parse(&data, csv, strlen(csv), "t.csv", &options, &err));
    return data;
}

static ens_dataset *table_of(const char *csv)
{
    return table_for(csv, ENS_TASK_REGRESSION);
}

static ens_model *model_of(const char *recipe, const ens_dataset *data)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, data, NULL, 1, NULL, &err));
    ens_learner_free(l);
    return m;
}

static void learner_is(const ens_model *m, const char *expect)
{
    char *line;

    ck_ok(ens_learner_print(&line, ens_model_learner(m), ENS_PRINT_SHORT, &err));
    ck_assert_str_eq(line, expect);
    ens_string_free(line);
}

START_TEST(what_a_learner_lacks_is_put_in_front)
{
    static const struct {
        const char *csv, *recipe, *expect;
    } cases[] = {
        {text, "plain", "impute | standardize | onehot | plain"},
        {text, "bagging(plain, n_estimators=2)", "impute | standardize | onehot | bagging(plain, n_estimators=2)"},
        {text, "standardize | plain", "impute | onehot | standardize | plain"},
        {text, "impute | onehot | plain", "standardize | impute | onehot | plain"},
        {text, "bagging(minmax | plain, n_estimators=2)",
         "impute | onehot | bagging(minmax | plain, n_estimators=2)"},
        {text, "impute | minmax | onehot | plain", "impute | minmax | onehot | plain"},
        {text, "tree", "tree"},
        {text, "standardize | tree", "standardize | tree"},
        {"a,y\n1,1\n2,2\n3,1\n", "plain", "standardize | plain"},
        {"a,y\nu,1\nv,2\nu,1\n", "plain", "onehot | plain"},
        {"a,b,y\n1,u,1\n2,,2\n3,v,1\n", "plain", "standardize | onehot | plain"},
        {text, "drop_missing | plain", "drop_missing | standardize | onehot | plain"},
        {text, "bagging(drop_missing | plain, n_estimators=2)",
         "impute | standardize | onehot | bagging(drop_missing | plain, n_estimators=2)"},
        {"a,b,y\n1,u,1\n2,,2\n3,v,1\n", "ordinal | plain", "impute | standardize | ordinal | plain"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_dataset *data = table_of(cases[i].csv);
        ens_model *m = model_of(cases[i].recipe, data);

        learner_is(m, cases[i].expect);
        ens_model_free(m);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(what_is_put_in_front_is_as_if_written)
{
    ens_dataset *data = table_of(text);
    ens_model *a = model_of("plain", data), *b = model_of("impute | standardize | onehot | plain", data);
    void *x, *y;
    size_t n, m;

    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert(n == m && memcmp(x, y, n) == 0);
    ck_assert_uint_eq(seen_p, 5);
    ck_assert(!seen_gap);
    ens_bytes_free(x);
    ens_bytes_free(y);
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(data);
}
END_TEST

/* Rows 0, 2, 4, 6 alone: their mean is 0 after a fit on them, their variance 1; the others do not matter. */
START_TEST(transforms_see_the_rows_of_the_fit_alone)
{
    static const size_t some[] = {0, 2, 4, 6};
    ens_dataset *data = table_of(text), *part;
    ens_model *m;

    ck_ok(ens_dataset_subset(&part, data, some, 4, &err));
    m = model_of("standardize | onehot | plain", part);
    ck_assert_uint_eq(seen_n, 4);
    ck_assert(fabs(seen_mean[0]) < 1e-15 && fabs(seen_square[0] - 1) < 1e-15);
    ck_assert_uint_eq(seen_p, 4); /* of the colours red and green alone */
    ens_model_free(m);
    ens_dataset_free(part);
    ens_dataset_free(data);
}
END_TEST

/* 1, 2, ..., 8 have the mean 4.5 and the variance 5.25. */
START_TEST(predictions_go_through_the_steps)
{
    ens_dataset *data = table_of(text);
    ens_model *m = model_of("impute | standardize | minmax(feature_range=[0, 7]) | onehot | plain", data);
    double out[8];

    ck_ok(ens_model_predict(m, data, out, NULL, &err));
    /* size and weight in [0, 7], one colour: row 0 is 0 + 7 (0.5 - 0.25) / 3.25 + 1 */
    ck_assert(fabs(out[0] - (7 * 0.25 / 3.25 + 1)) < 1e-12);
    ck_assert(fabs(out[5] - (5 + 7 + 1)) < 1e-12);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

/* In no column of those that the levels of training have: the sum of the columns is the number alone. */
START_TEST(onehot_takes_levels_that_are_new)
{
    static const char seen[] = "a,b,y\n1,u,1\n2,v,2\n3,v,1\n", other[] = "a,b,y\n1,u,1\n2,w,2\n3,,1\n";
    static const char gap[] = "a,b,y\n1,u,1\n,w,2\n3,,1\n";
    static const double expect[] = {2, 2, 3};
    ens_dataset *data = table_of(seen), *later = table_of(other);
    ens_model *m = model_of("minmax(feature_range=[1, 3]) | onehot | plain", data);
    double out[3];

    ck_ok(ens_model_predict(m, later, out, NULL, &err));
    ck_assert(memcmp(out, expect, sizeof out) == 0);
    ens_dataset_free(later);
    later = table_of(gap);
    ck_fails(ens_model_predict(m, later, out, NULL, &err), ENS_ESUPPORT, "missing values (column `a`, row 2)");
    ens_model_free(m);
    ens_dataset_free(later);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_loaded_pipeline_predicts_the_same)
{
    static const char *const recipes[] = {
        "impute(add_indicator=true) | onehot | standardize | bagging(minmax | plain, n_estimators=3)",
        "onehot(min_frequency=2, drop=if_binary) | bagging(standardize | tree, n_estimators=3, max_features=0.5)",
    };
    ens_dataset *data = table_of(text);

    for (size_t i = 0; i < 2; i++) {
        ens_model *m = model_of(recipes[i], data), *loaded;
        double a[8], b[8];
        void *bytes;
        size_t n;

        ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
        ck_ok(ens_model_load_bytes(&loaded, bytes, n, &err));
        ck_ok(ens_model_predict(m, data, a, NULL, &err));
        ck_ok(ens_model_predict(loaded, data, b, NULL, &err));
        ck_assert(memcmp(a, b, sizeof a) == 0);
        learner_is(loaded, recipes[i]);
        ens_bytes_free(bytes);
        ens_model_free(loaded);
        ens_model_free(m);
    }
    ens_dataset_free(data);
}
END_TEST

/* Of the rows without gaps alone, with their targets; in a fit, while predictions of gaps are refused. */
START_TEST(drop_missing_fits_the_rows_without_gaps)
{
    static const size_t whole[] = {0, 2, 4, 5, 6, 7};
    static const char weighted[] = "drop_missing | bagging(linear, n_estimators=3, oob_score=true)";
    ens_dataset *data = table_of(text), *part;
    ens_model *a = model_of("drop_missing | linear(penalty=l2)", data), *b;
    double x[8], y[8];
    size_t n;

    ck_ok(ens_dataset_subset(&part, data, whole, 6, &err));
    b = model_of("linear(penalty=l2)", part);
    learner_is(a, "drop_missing | onehot | linear(penalty=l2)");
    ck_ok(ens_model_predict(a, part, x, NULL, &err));
    ck_ok(ens_model_predict(b, part, y, NULL, &err));
    ck_assert(memcmp(x, y, 6 * sizeof *x) == 0);
    ck_fails(ens_model_predict(a, data, x, NULL, &err), ENS_ESUPPORT, "cannot take missing values");
    ens_model_free(a);
    ens_model_free(b);
    a = model_of(weighted, data);
    ck_assert_ptr_null(ens_model_oob(a, &n));
    ens_model_free(a);
    ens_dataset_free(part);
    ens_dataset_free(data);
}
END_TEST

static void fit_fails(const char *recipe, ens_dataset *data, const char *message)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_fails(ens_fit(&m, l, data, NULL, 1, NULL, &err), ENS_EDATA, message);
    ens_learner_free(l);
    ens_dataset_free(data);
}

START_TEST(what_drop_missing_leaves_must_do)
{
    fit_fails("drop_missing | tree", table_of("a,b,y\n1,,1\n,2,2\n"), "drop_missing leaves no row of 2");
    fit_fails("drop_missing | naive_bayes", table_for("a,y\n1,u\n2,u\n,v\n", ENS_TASK_CLASSIFICATION),
              "drop_missing leaves rows of one class only");
}
END_TEST

/* Coefficients stand beside the names of the columns that the steps made, also those of a loaded model. */
static void fit_fails_by(const char *recipe, const char *csv, ens_status st, const char *message)
{
    ens_dataset *data = table_of(csv);
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_fails(ens_fit(&m, l, data, NULL, 1, NULL, &err), st, message);
    ens_learner_free(l);
    ens_dataset_free(data);
}

START_TEST(transforms_say_what_they_cannot_do)
{
    static const char numbers[] = "a,b,y\n1,2,1\n-2,5,2\n3,1,3\n", words[] = "a,y\nu,1\nv,2\nu,1\n";

    fit_fails_by("power(method=box_cox) | plain", numbers, ENS_EDATA,
                 "power.method = box_cox: column `a` has the value -2; yeo_johnson takes any");
    fit_fails_by("pca(n_components=3) | plain", numbers, ENS_EDATA, "pca.n_components = 3, of 2 that");
    fit_fails_by("pca | ordinal | plain", words, ENS_EDATA, "pca: there is no number among 1 columns");
    fit_fails_by("select(score_func=variance, threshold=100) | plain", numbers, ENS_EDATA,
                 "select leaves no column of 2");
    fit_fails_by("polynomial(degree=16) | plain", "a,b,c,d,e,f,g,h,i,j,k,y\n1,2,3,4,5,6,7,8,9,10,11,1\n"
                                                  "2,3,4,5,6,7,8,9,10,11,12,2\n",
                 ENS_ESUPPORT, "polynomial.degree = 16 of 11 numbers makes more than 100000 columns");
}
END_TEST

START_TEST(columns_of_several_features_have_names)
{
    ens_dataset *data = table_of("a,b,c,y\n1,2,u,1\n-2,5,v,2\n3,1,u,3\n4,0,v,1\n");
    ens_model *m = model_of("polynomial(degree=3) | target_encode | linear(penalty=l2)", data), *loaded;
    void *bytes;
    size_t n;
    char *a, *b;

    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, n, &err));
    ck_ok(ens_model_describe(&a, m, &err));
    ck_ok(ens_model_describe(&b, loaded, &err));
    ck_assert_str_eq(a, b);
    ck_assert_ptr_nonnull(strstr(a, "\na*b^2: "));
    ck_assert_ptr_nonnull(strstr(a, "\na^3: "));
    ck_assert_ptr_nonnull(strstr(a, "\nc[target]: "));
    ens_string_free(a);
    ens_string_free(b);
    ens_bytes_free(bytes);
    ens_model_free(loaded);
    ens_model_free(m);
    m = model_of("pca(n_components=1) | ordinal | linear(penalty=l2)", data);
    ck_ok(ens_model_describe(&a, m, &err));
    ck_assert_ptr_nonnull(strstr(a, "\npca1: "));
    ens_string_free(a);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(columns_have_names_of_levels)
{
    ens_dataset *data = table_of(text);
    ens_model *m = model_of("impute(add_indicator=true) | onehot(drop=first) | linear(penalty=l2)", data), *loaded;
    void *bytes;
    size_t n;
    char *a, *b;

    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, n, &err));
    ck_ok(ens_model_describe(&a, m, &err));
    ck_ok(ens_model_describe(&b, loaded, &err));
    ck_assert_str_eq(a, b);
    ck_assert_ptr_nonnull(strstr(a, "\ncolour[green]: "));
    ck_assert_ptr_nonnull(strstr(a, "\ncolour[red]: "));
    ck_assert_ptr_nonnull(strstr(a, "\nweight[missing]: "));
    ck_assert_ptr_null(strstr(a, "colour[blue]"));
    ens_string_free(a);
    ens_string_free(b);
    ens_bytes_free(bytes);
    ens_model_free(loaded);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(parameters_are_found_through_bars)
{
    ens_learner *l;
    char *line;

    ck_ok(ens_learner_parse(&l, "bagging(impute|standardize|tree)", &err));
    ck_ok(ens_learner_set(l, "tree.max_depth", "3", &err));
    ck_ok(ens_learner_set(l, "0.impute.strategy", "median", &err));
    ck_ok(ens_learner_print(&line, l, ENS_PRINT_SHORT, &err));
    ck_assert_str_eq(line, "bagging(impute(strategy=median) | standardize | tree(max_depth=3))");
    ens_string_free(line);
    ens_learner_free(l);
}
END_TEST

START_TEST(steps_in_the_wrong_place_are_refused)
{
    static const struct {
        const char *recipe;
        ens_status st;
        const char *message;
    } cases[] = {
        {"standardize", ENS_EPARSE, "standardize is a transform: a learner must follow, as in `standardize | tree`"},
        {"bagging(onehot)", ENS_EPARSE, "onehot is a transform: a learner must follow"},
        {"impute | standardize", ENS_EPARSE, "standardize is a transform: a learner must follow"},
        {"tree | impute", ENS_ENAME, "no transform is called `tree`"},
        {"impute |", ENS_EPARSE, "expected the name of a learner"},
        {"impute(tree) | tree", ENS_EPARSE, "impute takes no members"},
        {"pipeline(impute, tree)", ENS_ENAME, "no learner is called `pipeline`"},
        {"minmax(feature_range=[1, 0]) | tree", ENS_ERANGE, "minmax.feature_range = [1, 0] does not ascend"},
        {"minmax(feature_range=[1]) | tree", ENS_ERANGE, "minmax.feature_range has 1 values, expected 2"},
        {"robust(quantile_range=[75, 25]) | tree", ENS_ERANGE, "robust.quantile_range = [75, 25] does not ascend"},
        {"robust(quantile_range=[75]) | tree", ENS_ERANGE, "robust.quantile_range has 1 values, expected 2"},
        {"select(k=3, score_func=variance) | tree", ENS_EINVAL, "select.k is of score_func=f and mutual_info"},
        {"select(threshold=3) | tree", ENS_EINVAL, "select.threshold = 3 is of score_func=variance alone"},
        {"select(n_bins=3) | tree", ENS_EINVAL, "select.n_bins = 3 is of score_func=mutual_info alone"},
        {"impute(n_neighbors=3) | tree", ENS_EINVAL, "impute.n_neighbors and weights are of strategy=knn alone"},
        {"pca(n_components=0) | tree", ENS_ERANGE, "pca.n_components = 0"},
        {"polynomial(degree=17) | tree", ENS_ERANGE, "polynomial.degree = 17"},
        {"quantile(n_quantiles=1) | tree", ENS_ERANGE, "quantile.n_quantiles = 1"},
        {"target_encode(cv=1) | tree", ENS_ERANGE, "target_encode.cv = 1"},
        {"imputed | tree", ENS_ENAME, "did you mean `impute`?"},
        {"impute(strategy=modal) | tree", ENS_EPARSE, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_learner *l;

        ck_fails(ens_learner_parse(&l, cases[i].recipe, &err), cases[i].st, cases[i].message);
        ck_assert_ptr_null(l);
    }
}
END_TEST

START_TEST(a_transform_that_leaves_no_column_is_an_error)
{
    ens_dataset *data = table_of("a,y\nu,1\nu,2\nu,1\n");
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, "onehot(drop=first) | plain", &err));
    ck_fails(ens_fit(&m, l, data, NULL, 1, NULL, &err), ENS_EDATA, "onehot leaves no column of 1");
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

/* Make the checksum of a model file right. */
static void seal(unsigned char *file, size_t n)
{
    ens__hash h;
    uint64_t value;

    ens__hash_init(&h);
    ens__hash_add(&h, file, n - 8);
    value = ens__hash_value(&h);
    for (size_t i = 0; i < 8; i++)
        file[n - 8 + i] = (unsigned char)(value >> 8 * i);
}

static const char *const damaged[] = {
    "impute(add_indicator=true) | onehot | minmax | plain",
    "impute | quantile | polynomial | target_encode | pca | plain",
    "power | select(k=2) | select(score_func=variance, threshold=0.001) | impute | onehot | plain",
    "impute(strategy=knn, n_neighbors=2, weights=distance) | onehot | plain",
    "drop_missing | impute | robust | normalize | ordinal | maxabs | plain",
};

/* Each byte of a model file changed, its checksum made right again: loads are refused or predict finite numbers. */
START_TEST(damaged_states_are_refused_or_harmless)
{
    ens_dataset *data = table_of(text);
    ens_model *m = model_of(damaged[_i], data), *loaded;
    unsigned char *bytes;
    void *made;
    size_t n, refused = 0, taken = 0;
    double out[8];

    ck_ok(ens_model_save_bytes(&made, &n, m, &err));
    bytes = made;
    for (size_t at = 8; at + 8 < n; at++)
        for (unsigned flip = 1; flip < 256; flip *= 4) {
            bytes[at] ^= (unsigned char)flip;
            seal(bytes, n);
            if (ens_model_load_bytes(&loaded, bytes, n, &err) != ENS_OK) {
                refused++;
            } else {
                taken++;
                if (ens_model_predict(loaded, data, out, NULL, &err) == ENS_OK)
                    for (size_t i = 0; i < 8; i++)
                        ck_assert(isfinite(out[i]));
                ens_model_free(loaded);
            }
            bytes[at] ^= (unsigned char)flip;
        }
    ck_assert(refused > 100 && taken > 100);
    ens_bytes_free(made);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, begin, NULL);
    tcase_add_test(tc, what_a_learner_lacks_is_put_in_front);
    tcase_add_test(tc, what_is_put_in_front_is_as_if_written);
    tcase_add_test(tc, transforms_see_the_rows_of_the_fit_alone);
    tcase_add_test(tc, predictions_go_through_the_steps);
    tcase_add_test(tc, onehot_takes_levels_that_are_new);
    tcase_add_test(tc, a_loaded_pipeline_predicts_the_same);
    tcase_add_test(tc, drop_missing_fits_the_rows_without_gaps);
    tcase_add_test(tc, what_drop_missing_leaves_must_do);
    tcase_add_test(tc, transforms_say_what_they_cannot_do);
    tcase_add_test(tc, columns_of_several_features_have_names);
    tcase_add_test(tc, columns_have_names_of_levels);
    tcase_add_test(tc, parameters_are_found_through_bars);
    tcase_add_test(tc, steps_in_the_wrong_place_are_refused);
    tcase_add_test(tc, a_transform_that_leaves_no_column_is_an_error);
    tcase_add_loop_test(tc, damaged_states_are_refused_or_harmless, 0, sizeof damaged / sizeof *damaged);
}

Suite *pipeline_suite(void);
Suite *pipeline_suite(void)
{
    return suite_of("pipeline", add);
}
