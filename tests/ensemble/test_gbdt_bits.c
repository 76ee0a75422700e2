/* test_gbdt_bits.c - trees of few leaves as words of bits: what a walk gives, for any number of rows. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble.h>
#include <math.h>
#include <num/rng.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

enum { N = 1200, NUMBERS = 4, MOST_LEVELS = 1500 };

/* Numbers, some of which are missing, and categories of few levels, of as many as registers hold, and of more. */
static ens_dataset *mixed(void)
{
    static const size_t n_levels[] = {3, 40, 700, MOST_LEVELS};
    static char text[MOST_LEVELS][8];
    const char *names[MOST_LEVELS];
    double *x = calloc((NUMBERS + 1) * N, sizeof *x), *y = x + NUMBERS * N;
    int32_t *code = calloc(4 * N, sizeof *code);
    ens_column c[NUMBERS + 5] = {0};
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, 9, ENS__FOR_TEST, 0);
    for (size_t l = 0; l < MOST_LEVELS; l++) {
        snprintf(text[l], sizeof text[l], "l%zu", l);
        names[l] = text[l];
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < NUMBERS; j++) {
            x[j * N + i] = ens__stream_uniform(&s);
            y[i] += (double)j * x[j * N + i] * x[i];
            if (j % 2 == 1 && ens__stream_below(&s, 5) == 0)
                x[j * N + i] = NAN;
        }
        for (size_t j = 0; j < 4; j++) {
            uint32_t level = ens__stream_below(&s, (uint32_t)n_levels[j]);

            /* The first levels are frequent, so that they are split. */
            level = ens__stream_below(&s, 3) > 0 ? level % 30 : level;
            level = j == 0 ? level % 3 : level;
            code[j * N + i] = ens__stream_below(&s, 9) == 0 ? -1 : (int32_t)level;
            y[i] += 0.3 * (level % 5) * (double)j;
        }
    }
    for (size_t j = 0; j < NUMBERS; j++)
        c[j].x = x + j * N;
    for (size_t j = 0; j < 4; j++)
        c[NUMBERS + j] = (ens_column){
            .code = code + j * N, .levels = names, .n_levels = n_levels[j]};
    c[NUMBERS + 4] = (ens_column){.name = "y", .role = ENS_TARGET, .x = y};
    ck_ok(ens_dataset_from_columns(&d, c, NUMBERS + 5, N, ENS_TASK_REGRESSION, &err));
    free(x);
    free(code);
    return d;
}

static double *predict_at(ens__cpu level, const ens_model *m, const ens_dataset *d)
{
    double *out;

    ens__cpu_cap(level);
    out = predict(m, d);
    ens__cpu_cap(ENS__CPU_V4);
    return out;
}

/* The last recipe has trees that are too large for bits. */
START_TEST(bits_give_what_a_walk_gives)
{
    static const char *const recipe[] = {
        "gbdt(n_estimators=20, max_leaf_nodes=64, min_samples_leaf=1, min_samples_level=1)",
        "gbdt(n_estimators=20, max_leaf_nodes=16, min_samples_level=2)",
        "gbdt(n_estimators=20, max_leaf_nodes=17, learning_rate=0.3)",
        "gbdt(n_estimators=9, max_leaf_nodes=2, min_samples_level=1)",
        "forest(n_estimators=9, max_leaf_nodes=60)",
        "gbdt(n_estimators=5, max_leaf_nodes=65, min_samples_leaf=1)",
    };
    static const size_t sizes[] = {1, 31, 32, 63, 64, 65, 256, 257, 700, N};
    ens_dataset *d = mixed();
    ens_model *m = fit(recipe[_i], d);

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        size_t *row = calloc(n, sizeof *row);
        double *bits, *walk;
        ens_dataset *part;

        for (size_t i = 0; i < n; i++)
            row[i] = (i * 7 + s) % N;
        ck_ok(ens_dataset_subset(&part, d, row, n, &err));
        bits = predict_at(ENS__CPU_V4, m, part);
        walk = predict_at(ENS__CPU_BASE, m, part);
        ck_assert_int_eq(memcmp(bits, walk, n * sizeof *bits), 0);
        free(bits);
        free(walk);
        free(row);
        ens_dataset_free(part);
    }
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* One row has its codes in one register, in two, or in none. */
START_TEST(a_row_of_more_columns_is_the_same)
{
    static const size_t columns[] = {31, 32, 40, 63, 64};
    size_t n = 500, p = columns[_i % 5];
    double *x = calloc(n * p, sizeof *x), *y = calloc(n, sizeof *y), *one, *all;
    ens_dataset *d, *row;
    ens__stream s;
    ens_model *m;

    ens__stream_init(&s, 10, ENS__FOR_TEST, p);
    for (size_t i = 0; i < n * p; i++) {
        x[i] = ens__stream_uniform(&s);
        y[i / p] += x[i] * (double)(1 + i % p % 3);
        if (_i >= 5 && ens__stream_below(&s, 9) == 0)
            x[i] = NAN;
    }
    ck_ok(ens_dataset_from_matrix(&d, x, n, p, y, ENS_TASK_REGRESSION, &err));
    m = fit("gbdt(n_estimators=60, max_leaf_nodes=40, min_samples_leaf=1)", d);
    all = predict_at(ENS__CPU_BASE, m, d);
    for (size_t i = 0; i < n; i += 7) {
        ck_ok(ens_dataset_subset(&row, d, &i, 1, &err));
        one = predict_at(ENS__CPU_V4, m, row);
        ck_assert_int_eq(memcmp(one, all + i, sizeof *one), 0);
        free(one);
        ens_dataset_free(row);
    }
    free(all);
    free(x);
    free(y);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Rounds but one are predicted by the readable form. */
START_TEST(bits_give_what_the_readable_form_gives)
{
    ens_dataset *d = mixed();
    ens_model *m = fit("gbdt(n_estimators=13, max_leaf_nodes=50)", d);
    ens_model *few = fit("gbdt(n_estimators=12, max_leaf_nodes=50)", d);
    double *bits = predict(few, d), *readable = calloc(N, sizeof *readable);

    ck_ok(ens_model_predict_with(m, d, &(ens_predict_options){.rounds = 12}, readable,
                                 NULL, &err));
    ck_assert_int_eq(memcmp(bits, readable, N * sizeof *bits), 0);
    free(bits);
    free(readable);
    ens_model_free(m);
    ens_model_free(few);
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, bits_give_what_a_walk_gives, 0, 6);
    tcase_add_loop_test(tc, a_row_of_more_columns_is_the_same, 0, 10);
    tcase_add_test(tc, bits_give_what_the_readable_form_gives);
}

Suite *gbdt_bits_suite(void);

Suite *gbdt_bits_suite(void)
{
    return suite_of("gbdt_bits", add);
}
