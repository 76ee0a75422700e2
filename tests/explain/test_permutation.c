/* test_permutation.c - permutation importance of any model: against a naive one and scikit-learn. */
#include <config.h>

#include "explain/table.h"
#include <num/sample.h>

static ens_error err;

/* Mean and interval of the change of the score, feature by feature. */
static void must_be_naive(const char *recipe, ens_task task, const char *metric)
{
    enum { N = 150, P = 4, REPEATS = 3 };
    ens_dataset *data = table_make(N, P, task, 9);
    ens_model *model = model_fit(recipe, data, 1, 1);
    ens_importance_options options = {.seed = 5, .repeats = REPEATS, .metric = metric, .level = 0.9};
    ens_importance got[P];
    double base = score_of(model, data, metric);

    ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
    for (size_t j = 0; j < P; j++) {
        double v[REPEATS], mean = 0, square = 0, error;

        for (size_t r = 0; r < REPEATS; r++) {
            ens_dataset *other = table_permuted(data, j, 5, r);

            v[r] = base - score_of(model, other, metric);
            v[r] = ens_metric_more_is_better(metric) ? v[r] : -v[r];
            mean += v[r] / REPEATS;
            ens_dataset_free(other);
        }
        for (size_t r = 0; r < REPEATS; r++)
            square += (v[r] - mean) * (v[r] - mean);
        error = sqrt(square / (REPEATS - 1) / REPEATS);
        /* Sums of a few numbers in another order. */
        ck_assert_double_eq_tol(got[j].value, mean, 1e-12 * (1 + fabs(mean)));
        ck_assert_double_eq_tol(got[j].error, error, 1e-10 * (1 + error));
        /* 2.919986: quantile 0.95 of Student's t with 2 degrees of freedom, from tables. */
        ck_assert_double_eq_tol(got[j].high - got[j].value, 2.919986 * got[j].error, 1e-6 * (1 + error));
        ck_assert_double_eq_tol(got[j].value - got[j].low, 2.919986 * got[j].error, 1e-6 * (1 + error));
    }
    ens_model_free(model);
    ens_dataset_free(data);
}

START_TEST(permuting_is_what_a_naive_copy_gives)
{
    must_be_naive("forest(n_estimators=5)", ENS_TASK_REGRESSION, "r2");
    must_be_naive("tree(max_depth=4)", ENS_TASK_REGRESSION, "mae");
    must_be_naive("forest(n_estimators=5)", ENS_TASK_CLASSIFICATION, "accuracy");
    must_be_naive("naive_bayes", ENS_TASK_CLASSIFICATION, "log_loss");
    must_be_naive("bagging(naive_bayes, max_features=0.5)", ENS_TASK_CLASSIFICATION, "roc_auc");
}
END_TEST

/* The table of titanic.csv with one feature's values in the order of the stream; SIZE_MAX: as it is. */
static ens_dataset *titanic_permuted(const ens_dataset *data, size_t j, uint64_t seed)
{
    enum { N = 1309, P = 3 };
    static double x[P + 1][N];
    static int32_t code[P + 1][N];
    static const char *levels[P + 1][8];
    ens_column column[P + 1];
    ens_dataset *out = NULL;
    uint32_t order[N];
    ens__stream s;

    ck_assert(ens_dataset_n(data) == N && ens_dataset_p(data) == P);
    for (size_t i = 0; i < N; i++)
        order[i] = (uint32_t)i;
    ens__stream_init(&s, seed, ENS__FOR_PERMUTE, (uint64_t)j << 32);
    ens__sample_shuffle(order, N, &s);
    for (size_t c = 0; c <= P; c++) {
        ens_column_info info;

        ck_ok(ens_dataset_column(&info, data, c, &err));
        column[c] = (ens_column){.name = info.name, .role = info.role};
        for (size_t l = 0; l < info.n_levels; l++)
            levels[c][l] = ens_dataset_level(data, c, l);
        for (size_t i = 0; i < N; i++) {
            size_t from = c == j ? order[i] : i;

            x[c][i] = c < P ? ens_dataset_get(data, from, c) : ens_dataset_y(data, from);
            code[c][i] = isnan(x[c][i]) ? -1 : (int32_t)x[c][i];
        }
        column[c].n_levels = info.n_levels;
        if (info.n_levels > 0)
            column[c].code = code[c], column[c].levels = levels[c];
        else
            column[c].x = x[c];
    }
    ck_ok(ens_dataset_from_columns(&out, column, P + 1, N, ENS_TASK_CLASSIFICATION, &err));
    return out;
}

START_TEST(categories_and_gaps_move_as_they_are)
{
    ens_dataset *data = table_read("titanic.csv", "survived");
    ens_model *model = model_fit("forest(n_estimators=7)", data, 1, 1);
    ens_importance_options options = {.seed = 31, .repeats = 1, .metric = "log_loss"};
    ens_importance got[3];

    ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
    for (size_t j = 0; j < 3; j++) {
        ens_dataset *other = titanic_permuted(data, j, 31);

        ck_assert_double_eq_tol(got[j].value, score_of(model, other, "log_loss") - score_of(model, data, "log_loss"),
                                1e-12); /* one difference */
        ens_dataset_free(other);
    }
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(scikit_learn_has_the_same)
{
    /* make_reference.py: means of 2000 permutations and their standard errors. */
    static const struct reference {
        const char *metric;
        double value[4], error[4];
    } references[] = {
        {"r2", {1.18278, 0.176492, 0.449537, 0}, {0.00281, 0.000775, 0.00144, 0}},
        {"rmse", {25.8402, 6.3914, 13.2259, 0}, {0.0402, 0.0232, 0.0312, 0}},
        {"accuracy", {0.323058, 0.102054, 0.127696, 0}, {0.00081, 0.000571, 0.000595, 0}},
        {"log_loss", {10.4284, 0.195171, 2.73612, 0}, {0.0262, 0.00106, 0.0131, 0}},
    };
    enum { N = 120 };
    ens_importance_options options = {.seed = 1, .repeats = 500};
    double x[N * 4], y[N], high[N];
    ens_dataset *number = NULL, *class = NULL;

    for (size_t i = 0; i < N; i++) {
        double row[] = {i * 7 % 31, i * 11 % 29, i * 5 % 23, i * 3 % 19};

        memcpy(x + i * 4, row, sizeof row);
        y[i] = 3 * row[0] + 2 * row[1] * (row[2] > 11);
        high[i] = y[i] > 60;
    }
    ck_ok(ens_dataset_from_matrix(&number, x, N, 4, y, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_from_matrix(&class, x, N, 4, high, ENS_TASK_CLASSIFICATION, &err));
    for (size_t m = 0; m < 4; m++) {
        const struct reference *want = &references[m];
        const ens_dataset *data = m < 2 ? number : class;
        ens_model *model = model_fit("tree(max_depth=3)", data, 1, 1);
        ens_importance got[4];

        options.metric = want->metric;
        ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
        for (size_t j = 0; j < 4; j++)
            /* Five standard errors of the difference of two independent means. */
            ck_assert_msg(fabs(got[j].value - want->value[j]) <= 5 * hypot(got[j].error, want->error[j]),
                          "%s of x%zu: %g +- %g, scikit-learn has %g +- %g", want->metric, j, got[j].value,
                          got[j].error, want->value[j], want->error[j]);
        ens_model_free(model);
    }
    ens_dataset_free(number);
    ens_dataset_free(class);
}
END_TEST

START_TEST(what_a_model_does_not_look_at_has_none)
{
    /* y is x0, a stump splits at it, and x1 cannot matter. */
    enum { N = 8 };
    double x[N * 2], y[N];
    ens_importance_options options = {.repeats = 4000, .seed = 2};
    ens_dataset *data = NULL;
    ens_importance got[2];
    ens_model *model;

    for (size_t i = 0; i < N; i++) {
        y[i] = x[2 * i] = i < N / 2;
        x[2 * i + 1] = (double)(i * 3 % N);
    }
    ck_ok(ens_dataset_from_matrix(&data, x, N, 2, y, ENS_TASK_CLASSIFICATION, &err));
    model = model_fit("tree(max_depth=1)", data, 1, 1);
    ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
    /* Each row gets each row's value equally often, so half of the time one of the other class. */
    ck_assert_double_eq_tol(got[0].value, 0.5, 5 * got[0].error);
    ck_assert_double_lt(got[0].error, 0.01);
    ck_assert_double_eq(got[1].value, 0);
    ck_assert_double_eq(got[1].error, 0);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(repeated_rows_are_weights)
{
    /* A view with each row twice is the table with weights of 2. */
    ens_dataset *data = table_make(40, 3, ENS_TASK_CLASSIFICATION, 8), *twice = NULL;
    ens_model *model = model_fit("forest(n_estimators=5, max_depth=3)", data, 1, 1);
    ens_importance a[3], b[3];
    size_t row[80];

    for (size_t i = 0; i < 80; i++)
        row[i] = i / 2;
    ck_ok(ens_dataset_subset(&twice, data, row, 80, &err));
    ck_ok(ens_importance_permutation(a, model, data, NULL, NULL, &err));
    ck_ok(ens_importance_permutation(b, model, twice, NULL, NULL, &err));
    for (size_t j = 0; j < 3; j++)
        ck_assert_double_eq_tol(a[j].value, b[j].value, 1e-12);
    ens_model_free(model);
    ens_dataset_free(twice);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    ens_dataset *data = table_make(40, 3, ENS_TASK_REGRESSION, 8), *bare = NULL;
    ens_model *model = model_fit("forest(n_estimators=2)", data, 1, 1);
    ens_importance out[3];
    double x[3] = {0};

#define GIVEN(...) &(ens_importance_options){__VA_ARGS__}
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.level = 1), NULL, &err), ENS_ERANGE,
             "level = 1 is outside (0, 1)");
    ck_fails(ens_importance_oob(out, model, data, GIVEN(.level = -1), NULL, &err), ENS_ERANGE, "level = -1");
    ck_fails(ens_importance_corrected(out, model, data, GIVEN(.level = 2), NULL, &err), ENS_ERANGE, "level = 2");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.repeats = 10001), NULL, &err), ENS_ERANGE,
             "repeats = 10001 is outside [1, 10000]");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.metric = "r22"), NULL, &err), ENS_ENAME,
             "did you mean `r2`");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.metric = "accuracy"), NULL, &err), ENS_EINVAL,
             "accuracy");
    ck_ok(ens_dataset_from_matrix(&bare, x, 1, 3, NULL, ENS_TASK_REGRESSION, &err));
    ck_fails(ens_importance_permutation(out, model, bare, NULL, NULL, &err), ENS_ESHAPE,
             "lacks the target column `y`");
    ens_dataset_free(bare);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, permuting_is_what_a_naive_copy_gives);
    tcase_add_test(tc, categories_and_gaps_move_as_they_are);
    tcase_add_test(tc, scikit_learn_has_the_same);
    tcase_add_test(tc, what_a_model_does_not_look_at_has_none);
    tcase_add_test(tc, repeated_rows_are_weights);
    tcase_add_test(tc, bad_options_are_refused);
}

Suite *permutation_suite(void);

Suite *permutation_suite(void)
{
    return suite_of("permutation", add);
}
