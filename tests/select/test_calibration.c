/* test_calibration.c - maps of probabilities, against tests/select/make_calibration_reference.py. */
#include <config.h>

#include "run.h"
#include "select/tables.h"
#include <core/mem.h>
#include <ensemble.h>

enum { N = 40 };

static ens_error err;

/* The table of the reference: a column of probabilities (or three), classes and weights. */
static ens_dataset *table(size_t k)
{
    static const char *const level[] = {"a", "b", "c"};
    double x[3][N], w[N];
    int32_t y[N];
    ens_column column[5];
    ens_dataset *data;
    size_t p = k == 2 ? 1 : 3;

    for (size_t i = 0; i < N; i++) {
        double a = (double)i, v = round(((sin(a * 2.7) + 1) / 2 * 0.98 + 0.01) * 100) / 100;
        int one = v + 0.4 * sin(a * 1.3) > 0.5;

        x[0][i] = v;
        x[1][i] = (1 - v) * 0.7;
        x[2][i] = (1 - v) * 0.3;
        y[i] = k == 2 ? one : one ? 0 : (int32_t)(1 + i % 2);
        w[i] = 1.0 + (double)(i % 3);
    }
    for (size_t j = 0; j < p; j++)
        column[j] = (ens_column){.x = x[j]};
    column[p] = (ens_column){.name = "y", .role = ENS_TARGET, .code = y, .levels = level, .n_levels = k};
    column[p + 1] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = w};
    ck_ok(ens_dataset_from_columns(&data, column, p + 2, N, ENS_TASK_AUTO, &err));
    return data;
}

static ens_model *fit(const char *recipe, const ens_dataset *data)
{
    ens_learner *learner;
    ens_model *model;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_fit(&model, learner, data, NULL, 1, NULL, &err));
    ens_learner_free(learner);
    return model;
}

/* The probability of the second of two classes. */
static double at(const ens_model *model, double p)
{
    double out[2], scratch[64];

    ck_assert_uint_le(ens_model_row_scratch(model), sizeof scratch);
    ck_ok(ens_model_predict_row(model, &p, out, scratch, &err));
    ck_assert_double_eq_tol(out[0] + out[1], 1, 1e-15);
    return out[1];
}

START_TEST(maps_of_two_classes_are_the_references)
{
    const double where[] = {0.0, 0.05, 0.3, 0.5, 0.77, 1.0};
    const double sigmoid[] = {0.1016316432327053, 0.12761007015221087, 0.3458306641073634,
                              0.5963922673783226, 0.855459943612179,   0.9507403441770573};
    const double isotonic[] = {0, 0, 0.5, 0.5, 1, 1};
    const double beta[] = {0.08597291661369864, 0.3713232066251531, 0.5870865423954329, 0.8574543924160094};
    ens_dataset *data = table(2);
    ens_model *s = fit("calibration", data), *t = fit("calibration(method=isotonic)", data);
    ens_model *b = fit("calibration(method=beta)", data);

    for (size_t i = 0; i < 6; i++) {
        ck_assert_double_eq_tol(at(s, where[i]), sigmoid[i], 1e-5); /* scikit-learn's minimiser stops at 1e-5 */
        ck_assert_double_eq_tol(at(t, where[i]), isotonic[i], 1e-12);
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(at(b, where[i + 1]), beta[i], 1e-5); /* SciPy's */
    ens_model_free(s);
    ens_model_free(t);
    ens_model_free(b);
    ens_dataset_free(data);
}
END_TEST

START_TEST(temperature_is_the_reference)
{
    ens_dataset *data = table(3);
    ens_model *m = fit("calibration(method=temperature)", data);
    double x[] = {0.6, 0.3, 0.1}, out[3], scratch[64], sum = 0;

    ck_ok(ens_model_predict_row(m, x, out, scratch, &err));
    for (size_t c = 0; c < 3; c++)
        sum += pow(x[c], 0.9875563039841551);
    for (size_t c = 0; c < 3; c++)
        ck_assert_double_eq_tol(out[c], pow(x[c], 0.9875563039841551) / sum, 1e-7);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

/* Whatever the data, what comes out never falls as p rises. */
START_TEST(maps_never_fall)
{
    static const char *const method[] = {"isotonic", "beta", "temperature"};

    for (size_t i = 0; i < 3; i++) {
        double x[N], y[N], before = 0;
        char recipe[64];
        ens_dataset *data;
        ens_model *m;

        for (size_t r = 0; r < N; r++) {
            x[r] = (double)r / (N - 1);
            y[r] = (r * 7) % 5 < 2; /* nothing to do with x; a plain fit would fall */
        }
        ck_ok(ens_dataset_from_matrix(&data, x, N, 1, y, ENS_TASK_CLASSIFICATION, &err));
        snprintf(recipe, sizeof recipe, "calibration(method=%s)", method[i]);
        m = fit(recipe, data);
        for (size_t r = 0; r <= 100; r++) {
            double p = at(m, (double)r / 100);

            ck_assert_double_ge(p, before);
            ck_assert(p >= 0 && p <= 1);
            before = p;
        }
        ens_model_free(m);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(files_give_the_same_predictions)
{
    static const char *const recipe[] = {"calibration", "calibration(method=isotonic)", "calibration(method=beta)",
                                         "calibration(method=temperature)"};

    for (size_t i = 0; i < 8; i++) {
        ens_dataset *data = table(i < 4 ? 2 : 3);
        ens_model *m = fit(recipe[i % 4], data), *back;
        double out[2][N * 3];
        size_t size;
        void *bytes;

        ck_ok(ens_model_save_bytes(&bytes, &size, m, &err));
        ck_ok(ens_model_load_bytes(&back, bytes, size, &err));
        ck_ok(ens_model_predict(m, data, out[0], NULL, &err));
        ck_ok(ens_model_predict(back, data, out[1], NULL, &err));
        ck_assert_mem_eq(out[0], out[1], N * ens_model_k(m) * sizeof(double));
        ens_bytes_free(bytes);
        ens_model_free(back);
        ens_model_free(m);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(what_is_no_probability_is_refused)
{
    const double x[] = {0.1, 0.5, 2, 0.3}, two[] = {0.1, 0.9, 0.5, 0.5, 0.2, 0.8, 0.3, 0.7}, y[] = {0, 1, 1, 0};
    ens_learner *learner;
    ens_dataset *data;
    ens_model *model;

    ck_ok(ens_learner_parse(&learner, "calibration", &err));
    ck_ok(ens_dataset_from_matrix(&data, x, 4, 1, y, ENS_TASK_CLASSIFICATION, &err));
    ck_fails(ens_fit(&model, learner, data, NULL, 1, NULL, &err), ENS_EDATA, "2 is no probability (column 1)");
    ens_dataset_free(data);
    ck_ok(ens_dataset_from_matrix(&data, two, 4, 2, y, ENS_TASK_CLASSIFICATION, &err));
    ck_fails(ens_fit(&model, learner, data, NULL, 1, NULL, &err), ENS_EINVAL, "takes 1 columns");
    ens_dataset_free(data);
    ens_learner_free(learner);
    ck_fails(ens_learner_parse(&learner, "calibrated", &err), ENS_EPARSE, "needs 1 member");
    ck_fails(ens_learner_parse(&learner, "calibrated(tree, method=platt)", &err), ENS_EPARSE, "`platt`");
    ck_fails(ens_learner_parse(&learner, "calibrated(tree, cv=kfold(1))", &err), ENS_ERANGE, "calibrated.cv");
}
END_TEST

START_TEST(calibrated_lowers_the_loss_of_naive_bayes)
{
    static const char *const recipe[] = {"naive_bayes", "calibrated(naive_bayes)",
                                         "calibrated(naive_bayes, method=isotonic)",
                                         "calibrated(naive_bayes, method=beta, refit=false)",
                                         "calibrated(naive_bayes, method=temperature)"};
    ens_dataset *data = read_table("pima.csv", "type");
    ens_folds *folds;
    double loss[5];

    ck_ok(ens_folds_make(&folds, data, "10", 1, &err));
    for (size_t i = 0; i < 5; i++) {
        ens_learner *learner;
        ens_cv *cv;

        ck_ok(ens_learner_parse(&learner, recipe[i], &err));
        ck_ok(ens_cv_fit(&cv, learner, data, folds, "brier", 1, NULL, &err));
        loss[i] = cv->pooled[0];
        ens_cv_free(cv);
        ens_learner_free(learner);
        ck_assert_msg(i == 0 || loss[i] < loss[0], "%s: %g, alone %g", recipe[i], loss[i], loss[0]);
    }
    ens_folds_free(folds);
    ens_dataset_free(data);
}
END_TEST

START_TEST(no_leak_when_memory_fails)
{
    static const char *const recipe[] = {"calibrated(naive_bayes, cv=2)",
                                         "calibrated(naive_bayes, method=isotonic, cv=2)",
                                         "calibrated(naive_bayes, method=temperature, cv=2)"};
    const ens_exec exec = {.threads = 1};

    for (size_t i = 0; i < 3; i++) {
        ens_dataset *data = table(2);
        ens_learner *learner;
        ens_model *m = fit(recipe[i], data);
        ens_status st = ENS_ENOMEM;
        long k = 0;

        ens_model_free(m);
        ck_ok(ens_learner_parse(&learner, recipe[i], &err));
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
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, maps_of_two_classes_are_the_references);
    tcase_add_test(tc, temperature_is_the_reference);
    tcase_add_test(tc, maps_never_fall);
    tcase_add_test(tc, files_give_the_same_predictions);
    tcase_add_test(tc, what_is_no_probability_is_refused);
    tcase_add_test(tc, calibrated_lowers_the_loss_of_naive_bayes);
    tcase_add_test(tc, no_leak_when_memory_fails);
}

Suite *calibration_suite(void);

Suite *calibration_suite(void)
{
    return suite_of("calibration", add);
}
