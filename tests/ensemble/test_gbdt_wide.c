/* test_gbdt_wide.c - gbdt on tables of many features, whose nodes are shared by groups of them: one model, whoever grew
 * it. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble.h>
#include <math.h>
#include <num/rng.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

enum { P = 400, FEW = 20 };

/* Numbers, every fifth feature with gaps, the first FEW of three values. */
static ens_dataset *many_features(size_t n, size_t k)
{
    double *x = calloc(n * P, sizeof *x), *y = calloc(n, sizeof *y);
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, n);
    for (size_t i = 0; i < n; i++) {
        double *row = x + i * P;

        for (size_t j = 0; j < P; j++) {
            row[j] = j < FEW ? ens__stream_below(&s, 3) : ens__stream_uniform(&s);
            if (j % 5 == 0 && ens__stream_below(&s, 8) == 0)
                row[j] = NAN;
        }
        y[i] = (isnan(row[50]) ? 0.7 : row[50]) + row[61] * row[72] + 0.3 * row[3] +
               0.2 * ens__stream_uniform(&s);
        if (k > 1)
            y[i] = floor(fmin(y[i] / 0.7, (double)k - 1));
    }
    ck_ok(ens_dataset_from_matrix(&d, x, n, P, y,
                                  k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                                  &err));
    free(x);
    free(y);
    return d;
}

/* From cells of one number to wide ones and back: nodes of more rows than one number has room for, and of fewer. */
START_TEST(many_features_give_one_model)
{
    static const char *const recipe[] = {
        "gbdt(n_estimators=2, min_samples_leaf=1)",
        "gbdt(n_estimators=2, max_leaf_nodes=none, max_depth=5, colsample_bynode=0.5)",
        "gbdt(n_estimators=2, max_leaf_nodes=12, min_split_gain=0.01, subsample=0.9)",
    };
    static const unsigned threads[] = {2, 3, 7};
    ens_dataset *d = many_features(_i == 0 ? 9000 : 1500, 1 + (size_t)_i % 3);
    ens_model *one = fit_with(recipe[_i % 3], d, 1, &(ens_exec){.threads = 1}), *other;

    for (size_t t = 0; t < 3; t++) {
        other = fit_with(recipe[_i % 3], d, 1, &(ens_exec){.threads = threads[t]});
        must_be_same_file(one, other);
        ens_model_free(other);
    }
    for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
        ens__cpu_cap(level);
        other = fit_with(recipe[_i % 3], d, 1, &(ens_exec){.threads = 2});
        ens__cpu_cap(ENS__CPU_V4);
        must_be_same_file(one, other);
        ens_model_free(other);
    }
    ens_model_free(one);
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, many_features_give_one_model, 0, 4);
}

Suite *gbdt_wide_suite(void);

Suite *gbdt_wide_suite(void)
{
    return suite_of("gbdt_wide", add);
}
