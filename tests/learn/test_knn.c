/* test_knn.c - nearest neighbours predict what scikit-learn's do, however they are searched for. */
#include <config.h>

#include "run.h"
#include <core/hash.h>
#include <ensemble.h>

#include "learn/knn_reference.inc"

enum { N = 40, M = 12, CASES = sizeof knn_recipe / sizeof *knn_recipe };

static ens_error err;

/* Rows from .. from + n - 1 of the reference; those past N have any target. */
static ens_dataset *table_of(size_t from, size_t n, ens_task task, const double *w)
{
    static double x[3][N + M], y[N + M];
    ens_column c[5] = {{.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *data;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 3; j++)
            x[j][i] = knn_x[from + i][j];
        y[i] = from + i >= N ? 0 : task == ENS_TASK_REGRESSION ? knn_y[0][from + i] : knn_label[0][from + i];
    }
    for (size_t j = 0; j < 3; j++)
        c[1 + j] = (ens_column){.name = (const char *const[]){"u", "v", "t"}[j], .x = x[j]};
    c[4] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = w};
    ck_ok(ens_dataset_from_columns(&data, c, w != NULL ? 5 : 4, n, task, &err));
    return data;
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

static void predict(double *out, const char *recipe, ens_task task, const double *w)
{
    ens_dataset *train = table_of(0, N, task, w), *later = table_of(N, M, task, NULL);
    ens_model *m = model_of(recipe, train);

    ck_ok(ens_model_predict(m, later, out, NULL, &err));
    ens_model_free(m);
    ens_dataset_free(train);
    ens_dataset_free(later);
}

/* To rounding: scikit-learn adds in another order. */
START_TEST(predictions_are_those_of_scikit_learn)
{
    double mean[M], proba[3 * M];

    predict(mean, knn_recipe[_i], ENS_TASK_REGRESSION, NULL);
    predict(proba, knn_recipe[_i], ENS_TASK_CLASSIFICATION, NULL);
    for (size_t i = 0; i < M; i++)
        ck_assert_double_eq_tol(mean[i], knn_mean[_i][i], 1e-10);
    for (size_t i = 0; i < 3 * M; i++)
        ck_assert_double_eq_tol(proba[i], knn_proba[_i][i], 1e-10);
}
END_TEST

START_TEST(the_search_changes_nothing)
{
    double a[M], b[M];

    predict(a, "knn(algorithm=kd_tree)", ENS_TASK_REGRESSION, NULL);
    predict(b, "knn(algorithm=brute)", ENS_TASK_REGRESSION, NULL);
    ck_assert(memcmp(a, b, sizeof a) == 0);
}
END_TEST

/* Answers 1 and 3 of weights 3 and 1: 1.5; with distances 1 and 3 beside: (3 * 1 + 1 / 3 * 3) / (3 + 1 / 3). */
START_TEST(weights_are_factors_of_votes)
{
    static const double x[] = {0, 4}, y[] = {1, 3}, w[] = {3, 1}, at[] = {1};
    const ens_column c[] = {{.name = "y", .role = ENS_TARGET, .x = y},
                            {.name = "w", .role = ENS_WEIGHT, .x = w},
                            {.name = "x", .x = x}};
    const ens_column q[] = {{.name = "y", .role = ENS_TARGET, .x = y}, {.name = "x", .x = at}};
    ens_dataset *train, *later;
    ens_model *m;
    double out;

    ck_ok(ens_dataset_from_columns(&train, c, 3, 2, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_from_columns(&later, q, 2, 1, ENS_TASK_REGRESSION, &err));
    m = model_of("knn(n_neighbors=2)", train);
    ck_ok(ens_model_predict(m, later, &out, NULL, &err));
    ck_assert_double_eq_tol(out, 1.5, 1e-15);
    ens_model_free(m);
    m = model_of("knn(n_neighbors=2, weights=distance)", train);
    ck_ok(ens_model_predict(m, later, &out, NULL, &err));
    ck_assert_double_eq_tol(out, 4 / (3 + 1.0 / 3), 1e-14);
    ens_model_free(m);
    ens_dataset_free(train);
    ens_dataset_free(later);
}
END_TEST

START_TEST(more_neighbours_than_rows_are_refused)
{
    ens_dataset *data = table_of(0, N, ENS_TASK_REGRESSION, NULL);
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, "knn(n_neighbors=41)", &err));
    ck_fails(ens_fit(&m, l, data, NULL, 1, NULL, &err), ENS_EDATA, "knn.n_neighbors = 41, of 40 rows to fit");
    ens_learner_free(l);
    ck_fails(ens_learner_parse(&l, "knn(p=0.5)", &err), ENS_ERANGE, "knn.p = 0.5");
    ck_fails(ens_learner_parse(&l, "knn(n_neighbors=0)", &err), ENS_ERANGE, "knn.n_neighbors = 0");
    ens_dataset_free(data);
}
END_TEST

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

/* Each byte changed, the checksum made right again: refused, or predictions that are finite. */
START_TEST(damaged_models_are_refused_or_harmless)
{
    static double w[N];
    ens_task task = _i == 0 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION;
    size_t n, refused = 0, taken = 0;
    void *made;
    ens_dataset *data;
    ens_model *m, *loaded;

    for (size_t i = 0; i < N; i++)
        w[i] = 1 + (double)(i % 3);
    data = table_of(0, N, task, w);
    m = model_of("knn(weights=distance)", data);
    ck_ok(ens_model_save_bytes(&made, &n, m, &err));
    for (size_t at = 8; at + 8 < n; at++) {
        unsigned char *byte = (unsigned char *)made + at, was = *byte;
        double out[3 * N];

        *byte ^= (unsigned char)(1U << at % 8);
        seal(made, n);
        if (ens_model_load_bytes(&loaded, made, n, &err) == ENS_OK) {
            taken++;
            if (ens_model_predict(loaded, data, out, NULL, &err) == ENS_OK)
                for (size_t i = 0; i < N * (task == ENS_TASK_REGRESSION ? 1 : 3); i++)
                    ck_assert(isfinite(out[i]));
            ens_model_free(loaded);
        } else {
            refused++;
        }
        *byte = was;
    }
    ck_assert(refused > 100 && taken > 100);
    ens_bytes_free(made);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, predictions_are_those_of_scikit_learn, 0, CASES);
    tcase_add_test(tc, the_search_changes_nothing);
    tcase_add_test(tc, weights_are_factors_of_votes);
    tcase_add_test(tc, more_neighbours_than_rows_are_refused);
    tcase_add_loop_test(tc, damaged_models_are_refused_or_harmless, 0, 2);
}

Suite *knn_suite(void);
Suite *knn_suite(void)
{
    return suite_of("knn", add);
}
