/* test_reference.c - what transforms make of a table with gaps is what scikit-learn makes of it, to 1e-10. */
#include <config.h>

#include "run.h"
#include <data/dataset.h>
#include <ensemble.h>
#include <learn/pipeline.h>
#include <math.h>

#include "prep/reference.inc"

enum { N = 12 };

static ens_error err;

/* Either the three numbers or the one category of the reference. */
static ens_dataset *table_of(bool category)
{
    static const char *const levels[] = {"a", "b", "c", "d"};
    static const double y[N];
    static double x[3][N];
    static int32_t code[N];
    ens_column c[4] = {{.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *data;

    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++)
            x[j][i] = data_x[i][j];
        code[i] = isnan(data_level[i][0]) ? -1 : (int32_t)data_level[i][0];
    }
    for (size_t j = 0; j < 3; j++)
        c[1 + j] = (ens_column){.name = (const char *const[]){"u", "v", "t"}[j], .x = x[j]};
    if (category)
        c[1] = (ens_column){.name = "u", .code = code, .levels = levels, .n_levels = 4};
    ck_ok(ens_dataset_from_columns(&data, c, category ? 2 : 4, N, ENS_TASK_REGRESSION, &err));
    return data;
}

/* The columns that the transform before a dummy makes are expect[N][p]. */
static void makes(const char *recipe, bool category, const double *w, const double *expect, size_t p)
{
    ens_dataset *data = table_of(category);
    ens_fitted step;
    ens__derived d;
    ens_learner *l;
    ens_fit_args a = {.rows = {data->table->feature, data->table->p, data->row, N},
                      .w = w,
                      .task = ENS_TASK_REGRESSION,
                      .k = 1,
                      .y = data->table->y,
                      .n_table = N};

    ck_ok(ens_learner_parse(&l, recipe, &err));
    a.learner = l->member[0];
    ck_ok(ens_fitted_fit(&step, l->member[0], &a, &err));
    ck_ok(ens__derive(&d, &step, &a.rows, NULL, &err));
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

#define MAKES(recipe, name) makes(recipe " | dummy", false, NULL, &name[0][0], sizeof name[0] / sizeof name[0][0])
#define MAKES_OF_LEVELS(recipe, name)                                                                           \
    makes(recipe " | dummy", true, NULL, &name[0][0], sizeof name[0] / sizeof name[0][0])

START_TEST(impute_is_simple_imputer)
{
    MAKES("impute", impute_mean);
    MAKES("impute(strategy=median)", impute_median);
    MAKES("impute(strategy=most_frequent)", impute_most_frequent);
    MAKES("impute(strategy=constant, fill_value=-3.5)", impute_constant);
    MAKES("impute(add_indicator=true)", impute_indicator);
}
END_TEST

START_TEST(standardize_is_standard_scaler)
{
    MAKES("standardize", standardize);
    MAKES("standardize(with_std=false)", standardize_mean);
    MAKES("standardize(with_mean=false)", standardize_std);
    makes("standardize | dummy", false, &data_w[0][0], &standardize_weighted[0][0], 3);
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

static void add(TCase *tc)
{
    tcase_add_test(tc, impute_is_simple_imputer);
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
