/* test_gbdt_quantile.c - gbdt(quantiles=[...]): coverage, order, what is predicted, files, bad input. */
#include <config.h>

#include <core/mem.h>
#include <ensemble.h>
#include <num/rng.h>

#include "run.h"

#define ROWS   2000
#define RECIPE "gbdt(quantiles=[0.1, 0.5, 0.9], n_estimators=60, max_leaf_nodes=8)"

static ens_error err;

/* y is uniform around 5 x0, more widely where x1 is large. */
static ens_dataset *fan(uint64_t seed)
{
    static double x[ROWS][2], y[ROWS];
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < ROWS; i++) {
        x[i][0] = ens__stream_uniform(&s);
        x[i][1] = ens__stream_uniform(&s);
        y[i] = 5 * x[i][0] + (1 + 4 * x[i][1]) * (ens__stream_uniform(&s) - 0.5);
    }
    ck_ok(ens_dataset_from_matrix(&d, x[0], ROWS, 2, y, ENS_TASK_REGRESSION, &err));
    return d;
}

static ens_model *fit(const char *recipe, const ens_dataset *d, unsigned threads)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, 1, &(ens_exec){.threads = threads}, &err));
    ens_learner_free(l);
    return m;
}

/* Shares of new rows below each quantile; 0.03 is three standard errors of a share of 2000 rows, and 0.02 more for what
 * 2000 rows leave to learn. */
START_TEST(quantiles_cover_new_rows)
{
    static double q[ROWS][3], pred[ROWS];
    const double level[] = {0.1, 0.5, 0.9};
    ens_dataset *d = fan(1), *other = fan(2);
    ens_model *m = fit(RECIPE, d, 2);
    double below[3] = {0}, wide = 0, narrow = 0;

    ck_ok(ens_model_predict_quantiles(m, other, NULL, q[0], NULL, &err));
    ck_ok(ens_model_predict(m, other, pred, NULL, &err));
    for (size_t i = 0; i < ROWS; i++) {
        ck_assert(q[i][0] <= q[i][1] && q[i][1] <= q[i][2]);
        ck_assert(pred[i] == q[i][1]);
        for (size_t c = 0; c < 3; c++)
            below[c] += (ens_dataset_y(other, i) < q[i][c]) / (double)ROWS;
        *(ens_dataset_get(other, i, 1) > 0.5 ? &wide : &narrow) += q[i][2] - q[i][0];
    }
    for (size_t c = 0; c < 3; c++)
        ck_assert_msg(fabs(below[c] - level[c]) < 0.05, "%g of the rows are below %g",
                      below[c], level[c]);
    ck_assert(wide > 1.5 * narrow);
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(other);
}
END_TEST

START_TEST(some_of_them_can_be_asked_for)
{
    static double all[ROWS][3], two[ROWS][2];
    const double some[] = {0.1, 0.9}, others[] = {0.1, 0.2};
    ens_quantile_options o = {.q = some, .n = 2};
    ens_dataset *d = fan(3);
    ens_model *m = fit(RECIPE, d, 2);
    size_t n;

    ck_assert(ens_model_quantiles(m, &n)[2] == 0.9 && n == 3);
    ck_ok(ens_model_predict_quantiles(m, d, NULL, all[0], NULL, &err));
    ck_ok(ens_model_predict_quantiles(m, d, &o, two[0], NULL, &err));
    for (size_t i = 0; i < ROWS; i++)
        ck_assert(two[i][0] == all[i][0] && two[i][1] == all[i][2]);
    o.q = others;
    ck_fails(ens_model_predict_quantiles(m, d, &o, two[0], NULL, &err), ENS_ESUPPORT,
             "the model was not fitted for quantile 0.2");
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(files_and_threads_keep_them)
{
    static double before[ROWS][3], after[ROWS][3];
    ens_dataset *d = fan(4);
    ens_model *m = fit(RECIPE, d, 1), *other = fit(RECIPE, d, 3), *loaded;
    void *a, *b;
    size_t n, k;

    ck_ok(ens_model_save_bytes(&a, &n, m, &err));
    ck_ok(ens_model_save_bytes(&b, &k, other, &err));
    ck_assert(n == k && memcmp(a, b, n) == 0);
    ck_ok(ens_model_load_bytes(&loaded, a, n, &err));
    ck_ok(ens_model_predict_quantiles(m, d, NULL, before[0], NULL, &err));
    ck_ok(ens_model_predict_quantiles(loaded, d, NULL, after[0], NULL, &err));
    ck_assert(memcmp(before, after, sizeof before) == 0);
    ens_bytes_free(a);
    ens_bytes_free(b);
    ens_model_free(m);
    ens_model_free(other);
    ens_model_free(loaded);
    ens_dataset_free(d);
}
END_TEST

/* Without the median in it the nearest is the prediction; a metric that tells when to stop sees that. */
START_TEST(the_prediction_is_the_nearest_to_the_median)
{
    static double q[ROWS][2], pred[ROWS];
    ens_dataset *d = fan(5);
    ens_model *m = fit("gbdt(quantiles=[0.2, 0.6], n_estimators=30, n_iter_no_change=5, "
                       "scoring=mae)",
                       d, 2);

    ck_ok(ens_model_predict_quantiles(m, d, NULL, q[0], NULL, &err));
    ck_ok(ens_model_predict(m, d, pred, NULL, &err));
    for (size_t i = 0; i < ROWS; i++)
        ck_assert(pred[i] == q[i][1]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static void refused(const char *recipe, const ens_dataset *d, ens_status want,
                    const char *text)
{
    ens_learner *l;
    ens_model *m;
    ens_status st = ens_learner_parse(&l, recipe, &err);

    if (st == ENS_OK)
        st = ens_fit(&m, l, d, NULL, 1, NULL, &err);
    ck_assert_int_eq(st, want);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
    ens_learner_free(l);
}

START_TEST(bad_quantiles_are_refused)
{
    const double x[] = {0, 1, 2, 3}, y[] = {0, 1, 0, 1};
    ens_dataset *d = fan(6), *classes;

    ck_ok(ens_dataset_from_matrix(&classes, x, 4, 1, y, ENS_TASK_CLASSIFICATION, &err));
    refused("gbdt(quantiles=[0.5, 0.1])", d, ENS_ERANGE, "not above the one before");
    refused("gbdt(quantiles=[0, 0.1])", d, ENS_ERANGE, "outside (0, 1)");
    refused("gbdt(quantiles=[0.5], loss=absolute)", d, ENS_ERANGE,
            "gbdt.quantiles does not go with loss=absolute");
    refused("gbdt(quantiles=[0.5])", classes, ENS_ESUPPORT,
            "gbdt.quantiles is for regression, but the target has classes");
    refused("gbdt(loss=quantile(levels=[0.1, 0.9]))", d, ENS_ESUPPORT,
            "predicts 2 numbers a row; gbdt.quantiles has several quantiles");
    ens_dataset_free(d);
    ens_dataset_free(classes);
}
END_TEST

START_TEST(memory_may_run_out)
{
    static double q[ROWS][3];
    ens_dataset *d = fan(7);
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st == ENS_ENOMEM; k += 1 + k / 6) {
        ens_learner *l;
        ens_model *m = NULL;

        ck_ok(ens_learner_parse(&l, "gbdt(quantiles=[0.1, 0.5, 0.9], n_estimators=2)",
                                &err));
        ens__mem_fail_at(k);
        st = ens_fit(&m, l, d, NULL, 1, &(ens_exec){.threads = 1}, &err);
        if (st == ENS_OK)
            st = ens_model_predict_quantiles(m, d, NULL, q[0], &(ens_exec){.threads = 1},
                                             &err);
        ens__mem_fail_at(-1);
        ens_model_free(m);
        ens_learner_free(l);
        ck_assert(st == ENS_ENOMEM || (st == ENS_OK && k > 20));
    }
    ens_dataset_free(d);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, quantiles_cover_new_rows);
    tcase_add_test(tc, some_of_them_can_be_asked_for);
    tcase_add_test(tc, files_and_threads_keep_them);
    tcase_add_test(tc, the_prediction_is_the_nearest_to_the_median);
    tcase_add_test(tc, bad_quantiles_are_refused);
    tcase_add_test(tc, memory_may_run_out);
}

Suite *gbdt_quantile_suite(void);
Suite *gbdt_quantile_suite(void)
{
    return suite_of("gbdt_quantile", add_cases);
}
