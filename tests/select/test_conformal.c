/* test_conformal.c - intervals: by hand, and how often they hold what they are to hold. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble.h>
#include <num/rng.h>

static ens_error err;

static ens_model *fit(const char *recipe, const ens_dataset *data)
{
    ens_learner *learner;
    ens_model *model;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_fit(&model, learner, data, NULL, 1, NULL, &err));
    ens_learner_free(learner);
    return model;
}

static void fit_fails(const char *recipe, const ens_dataset *data, ens_status status, const char *text)
{
    ens_learner *learner;
    ens_model *model;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_fails(ens_fit(&model, learner, data, NULL, 1, NULL, &err), status, text);
    ck_assert_ptr_null(model);
    ens_learner_free(learner);
}

/* n rows of a bent line with noise that grows with x. */
static ens_dataset *bent(size_t n, uint64_t index)
{
    double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
    ens_dataset *data;
    ens__stream s;

    ens__stream_init(&s, 21, ENS__FOR_TEST, index);
    for (size_t i = 0; i < n; i++) {
        x[i] = ens__stream_uniform(&s);
        y[i] = sin(6 * x[i]) + (0.2 + x[i]) * ens__stream_gaussian(&s);
    }
    ck_ok(ens_dataset_from_matrix(&data, x, n, 1, y, ENS_TASK_REGRESSION, &err));
    free(x);
    free(y);
    return data;
}

START_TEST(quantiles_by_hand)
{
    /* Two folds of three rows. The mean of the others is predicted: 5 for the first, 2 for the second, so residuals
     * are -4, -3, -2 of the fit that says 5, and 2, 3, 4 of the fit that says 2; atoms 1, 2, 3, 4, 5, 6. */
    const double x[] = {0, 0, 0, 0, 0, 0}, y[] = {1, 2, 3, 4, 5, 6};
    ens_dataset *data;
    ens_model *m;
    double q[6 * 4], out[6];

    ck_ok(ens_dataset_from_matrix(&data, x, 6, 1, y, ENS_TASK_REGRESSION, &err));
    m = fit("conformal(dummy, cv=kfold(2, shuffle=false), quantiles=[0.2, 0.45, 0.55, 0.85])", data);
    ck_ok(ens_model_predict(m, data, out, NULL, &err));
    ck_assert_double_eq(out[0], 3.5);
    ck_ok(ens_model_predict_quantiles(m, data, NULL, q, NULL, &err));
    ck_assert_double_eq(q[0], 1); /* floor(0.2 * 7) */
    ck_assert_double_eq(q[1], 3); /* floor(0.45 * 7) */
    ck_assert_double_eq(q[2], 4); /* ceil(0.55 * 7) */
    ck_assert_double_eq(q[3], 6); /* ceil(0.85 * 7) */
    ens_model_free(m);
    fit_fails("conformal(dummy, cv=2, quantiles=[0.1, 0.9])", data, ENS_EDATA,
              "0.1 takes at least 9 rows, there are 6");
    ens_dataset_free(data);
}
END_TEST

/* Every atom, sorted. */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The same from the models of the folds, one by one. */
START_TEST(quantiles_are_those_of_all_atoms)
{
    enum { N = 60, FOLDS = 4 };
    ens_dataset *data = bent(N, 0);
    ens_model *m = fit("conformal(tree(max_depth=3), cv=kfold(4, shuffle=false), quantiles=[0.1, 0.5, 0.9])", data);
    ens_model *of_fold[FOLDS];
    ens_learner *tree;
    ens_folds *folds;
    double each[FOLDS][N], q[N * 3];

    ck_ok(ens_learner_parse(&tree, "tree(max_depth=3)", &err));
    ck_ok(ens_folds_make(&folds, data, "kfold(4, shuffle=false)", 1, &err));
    ck_ok(ens_folds_fit(NULL, of_fold, tree, data, folds, 1, NULL, &err));
    for (size_t f = 0; f < FOLDS; f++) {
        ck_ok(ens_model_predict(of_fold[f], data, each[f], NULL, &err));
        ens_model_free(of_fold[f]);
    }
    ck_ok(ens_model_predict_quantiles(m, data, NULL, q, NULL, &err));
    for (size_t i = 0; i < N; i++) {
        double atom[N];

        for (size_t j = 0; j < N; j++)
            atom[j] = each[j / 15][i] + (ens_dataset_y(data, j) - each[j / 15][j]);
        qsort(atom, N, sizeof *atom, by_value);
        ck_assert_double_eq_tol(q[3 * i], atom[5], 1e-12);      /* floor(6.1) */
        ck_assert_double_eq_tol(q[3 * i + 1], atom[30], 1e-12); /* ceil(30.5) */
        ck_assert_double_eq_tol(q[3 * i + 2], atom[54], 1e-12); /* ceil(54.9) */
    }
    ens_folds_free(folds);
    ens_learner_free(tree);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(intervals_cover)
{
    static const char *const recipe[] = {
        "conformal(linear, cv=leave_one_out)", "conformal(tree, cv=5)",
        "conformal(forest(n_estimators=10), cv=holdout(0.5))"};
    enum { TABLES = 40, FIT = 100, NEW = 100 };

    for (size_t r = 0; r < 3; r++) {
        size_t held = 0;

        for (uint64_t t = 0; t < TABLES; t++) {
            ens_dataset *data = bent(FIT, 2 * t + 1), *rest = bent(NEW, 2 * t + 2);
            ens_model *m = fit(recipe[r], data);
            double q[NEW * 2];

            ck_ok(ens_model_predict_quantiles(m, rest, NULL, q, NULL, &err));
            for (size_t i = 0; i < NEW; i++)
                held += q[2 * i] <= ens_dataset_y(rest, i) && ens_dataset_y(rest, i) <= q[2 * i + 1];
            ens_model_free(m);
            ens_dataset_free(data);
            ens_dataset_free(rest);
        }
        /* 0.9 of 4000 is 3600. Tables differ by 0.03 each (beta distribution of the rank), so 40 of them by 19; rows
         * by 19: three deviations are 81. The intervals of folds tend to hold a little more. */
        ck_assert_msg(held > 3519 && held < 3800, "%s: %zu of 4000", recipe[r], held);
    }
}
END_TEST

START_TEST(files_give_the_same_intervals)
{
    ens_dataset *data = bent(80, 0);
    ens_model *m = fit("conformal(tree(max_depth=3), cv=7)", data), *back;
    double q[2][160];
    size_t size, n;
    void *bytes;

    ck_assert_double_eq(ens_model_quantiles(m, &n)[0], 0.05);
    ck_ok(ens_model_save_bytes(&bytes, &size, m, &err));
    ck_ok(ens_model_load_bytes(&back, bytes, size, &err));
    ck_ok(ens_model_predict_quantiles(m, data, NULL, q[0], NULL, &err));
    ck_ok(ens_model_predict_quantiles(back, data, NULL, q[1], NULL, &err));
    ck_assert_mem_eq(q[0], q[1], sizeof q[0]);
    ens_bytes_free(bytes);
    ens_model_free(back);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_recipes_and_tables)
{
    ens_dataset *data = bent(30, 0);
    ens_learner *learner;

    fit_fails("conformal(linear, cv=kfold(3, repeats=2))", data, ENS_EINVAL, "repeats");
    fit_fails("conformal(linear, quantiles=[0.01, 0.9])", data, ENS_EDATA, "0.01 takes at least 99 rows, there are 30");
    ck_fails(ens_learner_parse(&learner, "conformal(linear, quantiles=[0.9, 0.1])", &err), ENS_ERANGE,
             "conformal.quantiles");
    ck_fails(ens_learner_parse(&learner, "conformal(linear, cv=kfold(1))", &err), ENS_ERANGE, "conformal.cv");
    ck_fails(ens_learner_parse(&learner, "conformal", &err), ENS_EPARSE, "needs 1 member");
    ens_dataset_free(data);
}
END_TEST

START_TEST(no_leak_when_memory_fails)
{
    const ens_exec exec = {.threads = 1};
    ens_dataset *data = bent(30, 0);
    ens_model *m = fit("conformal(linear, cv=2)", data);
    ens_status st = ENS_ENOMEM;
    ens_learner *learner;
    long k = 0;

    ens_model_free(m);
    ck_ok(ens_learner_parse(&learner, "conformal(linear, cv=2)", &err));
    for (; st == ENS_ENOMEM && k < 5000; k++) {
        ens__mem_fail_at(k);
        st = ens_fit(&m, learner, data, NULL, 1, &exec, &err);
        ens__mem_fail_at(-1);
    }
    ck_ok(st);
    ck_assert_int_gt(k, 30);
    ens_model_free(m);
    ens_learner_free(learner);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, quantiles_by_hand);
    tcase_add_test(tc, quantiles_are_those_of_all_atoms);
    tcase_add_test(tc, intervals_cover);
    tcase_add_test(tc, files_give_the_same_intervals);
    tcase_add_test(tc, bad_recipes_and_tables);
    tcase_add_test(tc, no_leak_when_memory_fails);
}

Suite *conformal_suite(void);

Suite *conformal_suite(void)
{
    return suite_of("conformal", add);
}
