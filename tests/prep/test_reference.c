/* test_reference.c - what transforms make of a table with gaps is what scikit-learn makes of it, to 1e-10. */
#include <config.h>

#include "run.h"
#include <data/dataset.h>
#include <data/folds.h>
#include <ensemble.h>
#include <learn/pipeline.h>
#include <math.h>

#include "prep/reference.inc"

enum { N = 12 };

static ens_error err;

/* Three numbers with gaps, the one category, three numbers above 0, and these with gaps. */
typedef enum kind { NUMBERS, LEVELS, FULL, SOME } kind;

/* The target is two classes. */
static bool of_classes;

static ens_dataset *table_for(kind of, ens_task task)
{
    bool category = of == LEVELS;

    static const char *const levels[] = {"a", "b", "c", "d"};
    static double y[N];

    static double x[3][N];
    static int32_t code[N];
    ens_column c[4] = {{.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *data;

    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++)
            x[j][i] = of == SOME ? data_some[i][j] : of == FULL ? data_full[i][j] : data_x[i][j];
        y[i] = task == ENS_TASK_CLASSIFICATION ? data_y[i][0] > 1 : data_y[i][0];
        code[i] = isnan(data_level[i][0]) ? -1 : (int32_t)data_level[i][0];
    }
    for (size_t j = 0; j < 3; j++)
        c[1 + j] = (ens_column){.name = (const char *const[]){"u", "v", "t"}[j], .x = x[j]};
    if (category)
        c[1] = (ens_column){.name = "u", .code = code, .levels = levels, .n_levels = 4};
    ck_ok(ens_dataset_from_columns(&data, c, category ? 2 : 4, N, task, &err));
    return data;
}

static ens_dataset *table_of(kind of)
{
    return table_for(of, of_classes ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION);
}

static ens_fit_args fit_of(const ens_dataset *data, const double *w)
{
    const ens__table *table = data->table;

    return (ens_fit_args){.rows = {table->feature, table->p, data->row, N},
                          .w = w,
                          .task = table->task,
                          .k = table->label != NULL ? 2 : 1,
                          .label = table->label,
                          .y = table->y,
                          .n_table = N};
}

/* The columns that the transform before a dummy makes are expect[N][p]. */
static void makes(const char *recipe, kind of, const double *w, const double *expect, size_t p)
{
    ens_dataset *data = table_of(of);
    ens_fitted step;
    ens__derived d;
    ens_learner *l;
    ens_fit_args a = fit_of(data, w);

    ck_ok(ens_learner_parse(&l, recipe, &err));
    a.learner = l->member[0];
    ck_ok(ens_fitted_fit(&step, l->member[0], &a, &err));
    ck_ok(ens__derive(&d, &step, &a.rows, NULL, NULL, &err));
    ck_assert_msg(d.rows.p == p, "%s: %zu columns, expected %zu", recipe, d.rows.p, p);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < N; i++) {
            double got = d.table->column[j].x[i], want = expect[i * p + j];

            ck_assert_msg(isnan(want) ? isnan(got) : fabs(got - want) <= 1e-10 * fmax(1, fabs(want)),
                          "%s: column %zu, row %zu: %.17g, expected %.17g", recipe, j, i, got, want);
        }
    ens__derived_clear(&d);
    ens_fitted_clear(&step);
    ens_learner_free(l);
    ens_dataset_free(data);
}

#define MAKES(recipe, name) makes(recipe " | dummy", NUMBERS, NULL, &name[0][0], sizeof name[0] / sizeof name[0][0])
#define MAKES_OF_LEVELS(recipe, name)                                                                           \
    makes(recipe " | dummy", LEVELS, NULL, &name[0][0], sizeof name[0] / sizeof name[0][0])

#define MAKES_OF_FULL(recipe, name)                                                                             \
    makes(recipe " | dummy", FULL, NULL, &name[0][0], sizeof name[0] / sizeof name[0][0])

START_TEST(impute_is_simple_imputer)
{
    MAKES("impute", impute_mean);
    MAKES("impute(strategy=median)", impute_median);
    MAKES("impute(strategy=most_frequent)", impute_most_frequent);
    MAKES("impute(strategy=constant, fill_value=-3.5)", impute_constant);
    MAKES("impute(add_indicator=true)", impute_indicator);
}
END_TEST

START_TEST(impute_is_knn_imputer)
{
    makes("impute(strategy=knn, n_neighbors=3) | dummy", SOME, NULL, &impute_knn[0][0], 3);
    makes("impute(strategy=knn, n_neighbors=4, weights=distance) | dummy", SOME, NULL, &impute_knn_distance[0][0], 3);
}
END_TEST

START_TEST(standardize_is_standard_scaler)
{
    MAKES("standardize", standardize);
    MAKES("standardize(with_std=false)", standardize_mean);
    MAKES("standardize(with_mean=false)", standardize_std);
    makes("standardize | dummy", NUMBERS, &data_w[0][0], &standardize_weighted[0][0], 3);
}
END_TEST

START_TEST(minmax_is_min_max_scaler)
{
    MAKES("minmax", minmax);
    MAKES("minmax(feature_range=[-2, 5])", minmax_range);
}
END_TEST

START_TEST(onehot_is_one_hot_encoder)
{
    MAKES_OF_LEVELS("onehot", onehot);
    MAKES_OF_LEVELS("onehot(min_frequency=3)", onehot_rare);
    MAKES_OF_LEVELS("onehot(min_frequency=0.2)", onehot_share);
    MAKES_OF_LEVELS("onehot(drop=first)", onehot_first);
}
END_TEST

START_TEST(robust_is_robust_scaler)
{
    MAKES("robust", robust);
    MAKES("robust(quantile_range=[10, 95])", robust_range);
    MAKES("robust(with_scaling=false)", robust_centred);
}
END_TEST

START_TEST(maxabs_is_max_abs_scaler)
{
    MAKES("maxabs", maxabs);
}
END_TEST

START_TEST(normalize_is_normalizer)
{
    MAKES("normalize(norm=l1)", normalize_l1);
    MAKES("normalize", normalize_l2);
    MAKES("normalize(norm=max)", normalize_max);
}
END_TEST

START_TEST(ordinal_is_ordinal_encoder)
{
    MAKES_OF_LEVELS("ordinal", ordinal);
}
END_TEST

START_TEST(quantile_is_quantile_transformer)
{
    MAKES("quantile", quantile_uniform);
    MAKES("quantile(output_distribution=normal)", quantile_normal);
    MAKES("quantile(n_quantiles=5)", quantile_few);
}
END_TEST

START_TEST(power_is_power_transformer)
{
    MAKES("power", power);
    MAKES("power(standardize=false)", power_plain);
    MAKES_OF_FULL("power(method=box_cox)", power_box_cox);
}
END_TEST

START_TEST(polynomial_is_polynomial_features)
{
    MAKES_OF_FULL("polynomial", polynomial);
    MAKES_OF_FULL("polynomial(degree=3, include_bias=true)", polynomial_three);
    MAKES_OF_FULL("polynomial(degree=3, interaction_only=true)", polynomial_apart);
}
END_TEST

START_TEST(pca_is_pca)
{
    MAKES_OF_FULL("pca", pca);
    MAKES_OF_FULL("pca(n_components=2, whiten=true)", pca_two);
    MAKES_OF_FULL("pca(n_components=0.7)", pca_share);
}
END_TEST

/* Scores, of describe(), to the digits that it prints. */
static void scores(const char *recipe, ens_task task, const double *expect)
{
    ens_dataset *data = table_for(FULL, task);
    ens_learner *l;
    ens_model *m;
    char *text, *at;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, data, NULL, 1, NULL, &err));
    ck_ok(ens_model_describe(&text, m, &err));
    at = text;
    for (size_t j = 0; j < 3; j++) {
        at = strstr(at, "score ");
        ck_assert_ptr_nonnull(at);
        at += 6;
        ck_assert_double_eq_tol(strtod(at, NULL), expect[j], 1e-10 * fmax(1, fabs(expect[j])));
    }
    ens_string_free(text);
    ens_model_free(m);
    ens_learner_free(l);
    ens_dataset_free(data);
}

START_TEST(select_scores_as_scikit_learn)
{
    scores("select | dummy", ENS_TASK_REGRESSION, &select_f_numbers[0][0]);
    scores("select(k=1) | dummy", ENS_TASK_CLASSIFICATION, &select_f_classes[0][0]);
    scores("select(score_func=mutual_info, n_bins=2) | dummy", ENS_TASK_CLASSIFICATION, &select_information[0][0]);
}
END_TEST

START_TEST(target_encode_is_target_encoder)
{
    MAKES_OF_LEVELS("target_encode", target_auto);
    MAKES_OF_LEVELS("target_encode(smooth=2)", target_smooth);
    of_classes = true;
    MAKES_OF_LEVELS("target_encode", target_classes);
}
END_TEST

/* Naively: of the rows in other folds, without smoothing. */
static double code_without(const uint32_t *fold, size_t i, double mean)
{
    double sum = 0, n = 0;

    for (size_t r = 0; r < N; r++) {
        bool same = isnan(data_level[i][0]) ? isnan(data_level[r][0]) : data_level[i][0] == data_level[r][0];

        if (fold[r] == fold[i] || !same)
            continue;
        sum += data_y[r][0];
        n++;
    }
    return n > 0 ? sum / n : mean;
}

/* The rows of a fit get codes that their own targets had no part in. */
START_TEST(rows_of_the_fit_are_coded_by_other_folds)
{
    ens_dataset *data = table_of(LEVELS);
    ens_learner *l;
    ens_fit_args a = fit_of(data, NULL);
    const ens__dealing how = {.n_folds = 3, .shuffle = true};
    ens__split_rows rows = ens__split_rows_of_fit(&a);
    uint32_t fold[N];
    ens_fitted step;
    ens__derived d;

    ck_ok(ens_learner_parse(&l, "target_encode(smooth=0, cv=3) | dummy", &err));
    a.learner = l->member[0];
    ck_ok(ens__split_deal(fold, &rows, false, &how, &err));
    ck_ok(ens_fitted_fit(&step, l->member[0], &a, &err));
    ck_ok(ens__derive(&d, &step, &a.rows, &a, NULL, &err));
    ck_assert_str_eq(d.table->column[0].name, "u[target]");
    for (size_t i = 0; i < N; i++) {
        double mean = 0, n = 0;

        for (size_t r = 0; r < N; r++)
            if (fold[r] != fold[i]) {
                mean += data_y[r][0];
                n++;
            }
        ck_assert_double_eq_tol(d.table->column[0].x[i], code_without(fold, i, mean / n), 1e-12);
    }
    ens__derived_clear(&d);
    ens_fitted_clear(&step);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, select_scores_as_scikit_learn);
    tcase_add_test(tc, target_encode_is_target_encoder);
    tcase_add_test(tc, rows_of_the_fit_are_coded_by_other_folds);
    tcase_add_test(tc, quantile_is_quantile_transformer);
    tcase_add_test(tc, power_is_power_transformer);
    tcase_add_test(tc, polynomial_is_polynomial_features);
    tcase_add_test(tc, pca_is_pca);
    tcase_add_test(tc, impute_is_simple_imputer);
    tcase_add_test(tc, impute_is_knn_imputer);
    tcase_add_test(tc, standardize_is_standard_scaler);
    tcase_add_test(tc, minmax_is_min_max_scaler);
    tcase_add_test(tc, onehot_is_one_hot_encoder);
    tcase_add_test(tc, robust_is_robust_scaler);
    tcase_add_test(tc, maxabs_is_max_abs_scaler);
    tcase_add_test(tc, normalize_is_normalizer);
    tcase_add_test(tc, ordinal_is_ordinal_encoder);
}

Suite *reference_suite(void);
Suite *reference_suite(void)
{
    return suite_of("reference", add);
}
