/* test_offset.c - offsets: starts worked by hand, R's generalised linear models, sameness, refusals. */
#include <config.h>

#include <core/mem.h>
#include <ensemble.h>
#include <num/rng.h>
#include <stdbool.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

/* ---- Tables ------------------------------------------------------------------------------------------- */

typedef struct sheet {
    const double *x, *y, *offset; /* [n]; offset may be NULL */
    size_t n;
    ens_task task;
} sheet;

static ens_dataset *table(sheet s)
{
    const ens_column columns[] = {{.name = "x", .x = s.x},
                                  {.name = "y", .x = s.y, .role = ENS_TARGET},
                                  {.name = "o", .x = s.offset, .role = ENS_OFFSET}};
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, columns, s.offset != NULL ? 3 : 2, s.n, s.task,
                                   &err));
    return d;
}

#define N 400

/* Counts whose mean is the exposure times 1, or times 3 where x is above 0. */
static ens_dataset *counts(uint64_t seed, bool with)
{
    static double x[N], y[N], o[N];
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        double exposure = 1 + 9 * ens__stream_uniform(&s);

        x[i] = ens__stream_gaussian(&s);
        y[i] = floor(exposure * (x[i] > 0 ? 3 : 1) + ens__stream_uniform(&s));
        o[i] = log(exposure);
    }
    return table((sheet){x, y, with ? o : NULL, N, ENS_TASK_REGRESSION});
}

/* A step and a slope, of which the slope is known. With `less` it has been subtracted, and is no offset. */
static ens_dataset *slope(bool less)
{
    static double x[N], y[N], o[N];
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        x[i] = ens__stream_gaussian(&s);
        o[i] = 1000 + 8 * rint(16 * x[i]); /* so that differences are exact */
        y[i] =
            (x[i] > 0.3 ? 7 : 2) + rint(8 * ens__stream_gaussian(&s)) + (less ? 0 : o[i]);
    }
    return table((sheet){x, y, less ? NULL : o, N, ENS_TASK_REGRESSION});
}

/* ---- What they come to -------------------------------------------------------------------------------- */

/* Without a split the prediction is exposure times sum of counts over sum of exposures. */
START_TEST(a_constant_is_the_rate)
{
    static const char *const recipe[] = {
        "gbdt(loss=poisson, n_estimators=3, min_samples_leaf=4)",
        "boosting(loss=poisson, n_estimators=3)"};
    static const double x[] = {1, 1, 1, 1}, y[] = {1, 0, 7, 4}, e[] = {1, 0.5, 4, 2.5};
    double o[4];

    for (size_t i = 0; i < 4; i++)
        o[i] = log(e[i]);
    for (size_t r = 0; r < 2; r++) {
        ens_dataset *d = table((sheet){x, y, o, 4, ENS_TASK_REGRESSION});
        ens_model *m = fit(recipe[r], d);
        double *out = predict(m, d);

        for (size_t i = 0; i < 4; i++) /* scores are floats */
            ck_assert_double_eq_tol(out[i], e[i] * 12 / 8, 1e-6);
        ck_assert_str_eq(ens_model_offset(m), "o");
        free(out);
        ens_model_free(m);
        ens_dataset_free(d);
    }
}
END_TEST

/* At exposure 1 the rates come out, which counts alone do not tell. */
START_TEST(rates_are_learned_from_counts)
{
    static const char *const recipe[] = {"gbdt(loss=poisson, n_estimators=100)",
                                         "boosting(loss=poisson)"};
    static const double x[] = {-1, 1}, y[] = {0, 0}, o[] = {0, 0};
    ens_dataset *d = counts(1, true), *bare = counts(1, false);
    ens_dataset *one = table((sheet){x, y, o, 2, ENS_TASK_REGRESSION});

    for (size_t r = 0; r < 2; r++) {
        ens_model *m = fit(recipe[r], d), *none = fit(recipe[r], bare);
        double *out = predict(m, one), *without = predict(none, one);

        ck_assert_double_eq_tol(out[0], 1, 0.15);
        ck_assert_double_eq_tol(out[1], 3, 0.3);
        ck_assert_double_gt(without[0], 3);
        free(out);
        free(without);
        ens_model_free(m);
        ens_model_free(none);
    }
    ens_dataset_free(one);
    ens_dataset_free(bare);
    ens_dataset_free(d);
}
END_TEST

/* Boosting of linear models ends at the one of most likelihood: R 4.2's glm(y ~ x + offset(o)). */
START_TEST(linear_members_end_at_the_glm)
{
    static const double x[] = {0.5, 1.2, 2.0, 0.1, 1.7, 0.9, 2.4, 1.1};
    static const double e[] = {1, 2, 4, 3, 1, 5, 2, 6};
    static const double y[] = {1, 5, 14, 2, 4, 9, 10, 13};
    static const double b[] = {0, 0, 1, 0, 1, 1, 1, 0};
    static const double p[] = {.3, -.5, .2, .9, -.1, .4, 0, -1};
    static const double poisson[] = {1.29729231824,  4.31030129024, 15.39815930540,
                                     2.91201433820,  3.09695306062, 8.66908862821,
                                     10.28974008810, 12.02645097099};
    static const double binomial[] = {0.0857791699118, 0.4302572004346, 0.9762678350347,
                                      0.0318253388734, 0.8984632814372, 0.3503634101379,
                                      0.9943236787775, 0.2327200853928};
    double o[8], *out;
    ens_dataset *d;
    ens_model *m;

    for (size_t i = 0; i < 8; i++)
        o[i] = log(e[i]);
    d = table((sheet){x, y, o, 8, ENS_TASK_REGRESSION});
    m = fit("boosting(linear, loss=poisson, n_estimators=400, learning_rate=1)", d);
    out = predict(m, d);
    for (size_t i = 0; i < 8; i++) /* steps are exact to 1e-3, scores are floats */
        ck_assert_double_eq_tol(out[i] / poisson[i], 1, 1e-4);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
    d = table((sheet){x, b, p, 8, ENS_TASK_CLASSIFICATION});
    m = fit("boosting(linear, n_estimators=4000, learning_rate=1)", d);
    out = predict(m, d);
    for (size_t i = 0; i < 8; i++)
        ck_assert_double_eq_tol(out[2 * i + 1], binomial[i], 1e-4);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static const char *const shifting[] = {
    "gbdt(n_estimators=7)",
    "gbdt(loss=absolute, n_estimators=7)",
    "gbdt(loss=huber, n_estimators=7, n_iter_no_change=3)",
    "gbdt(quantiles=[0.1, 0.5, 0.9], n_estimators=7)",
    "boosting(n_estimators=7)",
    "boosting(linear, loss=log_cosh, n_estimators=7)",
    "boosting(loss=absolute, n_estimators=7, subsample=0.5)",
    "standardize | gbdt(n_estimators=7)",
};

/* Where the loss depends on y - score alone, an offset is what is subtracted from y and added to the prediction. */
START_TEST(of_a_loss_that_shifts_it_is_a_difference)
{
    ens_dataset *d = slope(false), *less = slope(true);
    ens_model *m = fit(shifting[_i], d), *plain = fit(shifting[_i], less);
    double *out = predict(m, d), *rest = predict(plain, less);

    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq(out[i], rest[i] + ens_dataset_offset(d, i));
    free(out);
    free(rest);
    ens_model_free(m);
    ens_model_free(plain);
    ens_dataset_free(d);
    ens_dataset_free(less);
}
END_TEST

START_TEST(quantiles_have_it_too)
{
    ens_dataset *d = slope(false);
    ens_model *m = fit(shifting[3], d);
    double *out = predict(m, d), q[3 * N];

    ck_ok(ens_model_predict_quantiles(m, d, NULL, q, NULL, &err));
    for (size_t i = 0; i < N; i++) {
        ck_assert_double_eq(out[i], q[3 * i + 1]);
        ck_assert(q[3 * i] <= q[3 * i + 1] && q[3 * i + 1] <= q[3 * i + 2]);
    }
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- All that a model is used for ------------------------------------------------------------------------ */

static const char *const used[] = {
    "gbdt(loss=poisson, n_estimators=%d, subsample=0.7)",
    "boosting(loss=poisson, n_estimators=%d, subsample=0.7)",
    "gbdt(loss=poisson, n_estimators=%d, boosting=dart)",
    "gbdt(loss=tweedie, n_estimators=%d, n_iter_no_change=50, scoring=rmse)",
};

static ens_model *fit_rounds(size_t i, int rounds, const ens_dataset *d, unsigned threads)
{
    char recipe[96];

    snprintf(recipe, sizeof recipe, used[i], rounds);
    return fit_with(recipe, d, 3, &(ens_exec){.threads = threads});
}

START_TEST(rounds_threads_files_and_rows_agree)
{
    ens_dataset *d = counts(2, true);
    ens_model *few = fit_rounds((size_t)_i, 4, d, 1),
              *all = fit_rounds((size_t)_i, 9, d, 1);
    ens_model *more, *loaded;
    double *out = predict(all, d), *again, one;
    void *bytes, *scratch = malloc(ens_model_row_scratch(all));
    size_t size;

    more = fit_rounds((size_t)_i, 9, d, 3);
    must_be_same_file(all, more);
    ens_model_free(more);
    ck_ok(ens_fit_more(&more, few, ens_model_learner(all), d, NULL, NULL, &err));
    must_be_same_file(all, more);
    ck_ok(ens_model_save_bytes(&bytes, &size, all, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
    ck_assert_str_eq(ens_model_offset(loaded), "o");
    again = predict(loaded, d);
    ck_assert_mem_eq(out, again, N * sizeof *out);
    for (size_t i = 0; i < N; i += 37) {
        double x[] = {ens_dataset_get(d, i, 0), ens_dataset_offset(d, i)};

        ck_ok(ens_model_predict_row(all, x, &one, scratch, &err));
        ck_assert_double_eq(one, out[i]);
        x[1] = NAN;
        ck_fails(ens_model_predict_row(all, x, &one, scratch, &err), ENS_EINVAL,
                 "offset `o` is not finite");
    }
    free(out);
    free(again);
    free(scratch);
    ens_bytes_free(bytes);
    ens_model_free(few);
    ens_model_free(all);
    ens_model_free(more);
    ens_model_free(loaded);
    ens_dataset_free(d);
}
END_TEST

START_TEST(first_rounds_have_it)
{
    ens_dataset *d = counts(2, true);
    ens_model *few = fit_rounds((size_t)_i, 4, d, 1),
              *all = fit_rounds((size_t)_i, 9, d, 1);
    double *out = predict(few, d), part[N];
    ens_predict_options first = {.rounds = 4};

    ck_ok(ens_model_predict_with(all, d, &first, part, NULL, &err));
    ck_assert_mem_eq(out, part, N * sizeof *out);
    free(out);
    ens_model_free(few);
    ens_model_free(all);
    ens_dataset_free(d);
}
END_TEST

static ens_status fit_valid(ens_model **m, const char *recipe, const ens_dataset *d,
                            const ens_dataset *valid)
{
    ens_learner *l;
    ens_status st;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    st = ens_fit(m, l, d, valid, 1, NULL, &err);
    ens_learner_free(l);
    return st;
}

/* The progress tells the metric of the validation rows, which is that of the model's predictions of them. */
static ens_go last_score(const ens_progress *p, void *ctx)
{
    const char *told = strstr(p->phase, "rmse ");

    if (told != NULL)
        *(double *)ctx = strtod(told + 5, NULL);
    return ENS_GO;
}

START_TEST(validation_rows_have_it)
{
    static const char *const loss[] = {"poisson", "squared"};

    for (size_t l = 0; l < 2; l++) {
        ens_dataset *d = counts(3, true), *valid = counts(4, true),
                    *bare = counts(4, false);
        double told = NAN;
        ens_exec exec = {.progress = last_score, .progress_ctx = &told};
        char recipe[96];
        ens_learner *learner;
        ens_model *m;

        snprintf(recipe, sizeof recipe, "gbdt(loss=%s, n_estimators=9, scoring=rmse)",
                 loss[l]);
        ck_ok(ens_learner_parse(&learner, recipe, &err));
        ck_ok(ens_fit(&m, learner, d, valid, 1, &exec, &err));
        ck_assert_str_eq(ens_model_score(m, 0)->name, "rmse");
        ck_assert_double_eq_tol(told, ens_model_score(m, 0)->value,
                                1e-4 * told); /* 5 digits */
        ens_model_free(m);
        ck_fails(
            fit_valid(&m, recipe, d, bare), ENS_ESHAPE,
            "validation table: the table lacks column `o`, the offset that the model was "
            "fitted with");
        ens_learner_free(learner);
        ens_dataset_free(d);
        ens_dataset_free(valid);
        ens_dataset_free(bare);
    }
}
END_TEST

START_TEST(permutation_importance_has_it)
{
    ens_dataset *d = counts(5, true);
    ens_model *m = fit("gbdt(loss=poisson, n_estimators=30)", d);
    ens_importance importance;
    ens_importance_options o = {.metric = "r2", .repeats = 3};
    ens_score *score;
    size_t n;

    ck_ok(ens_importance_permutation(&importance, m, d, &o, NULL, &err));
    ck_ok(ens_model_evaluate(&score, &n, m, d, "r2", NULL, &err));
    ck_assert_double_gt(score->value, 0.9);
    ck_assert(importance.value > 0.2 && importance.value < 2);
    ens_scores_free(score, n);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Refusals -------------------------------------------------------------------------------------------------- */

START_TEST(tables_without_it_are_refused)
{
    static const double x[] = {1, 2}, bad[] = {0, NAN};
    const ens_column columns[] = {{.name = "x", .x = x}, {.name = "o", .x = bad}};
    const int32_t code[] = {0, 0};
    const char *const level[] = {"a"};
    const ens_column text[] = {
        {.name = "x", .x = x},
        {.name = "o", .code = code, .levels = level, .n_levels = 1}};
    ens_dataset *d = counts(6, true), *bare = counts(6, false), *gap, *words;
    ens_model *m = fit("gbdt(loss=poisson, n_estimators=2)", d), *plain, *more;
    double out[N];

    ck_ok(ens_dataset_from_columns(&gap, columns, 2, 2, ENS_TASK_AUTO, &err));
    ck_ok(ens_dataset_from_columns(&words, text, 2, 2, ENS_TASK_AUTO, &err));
    ck_fails(ens_model_predict(m, bare, out, NULL, &err), ENS_ESHAPE,
             "the table lacks column `o`, the offset that the model was fitted with");
    ck_fails(ens_model_predict(m, gap, out, NULL, &err), ENS_EDATA,
             "offset `o` is missing in row 2");
    ck_fails(ens_model_predict(m, words, out, NULL, &err), ENS_ESHAPE,
             "offset `o` holds text");
    ck_fails(ens_fit_more(&more, m, ens_model_learner(m), bare, NULL, NULL, &err),
             ENS_ESHAPE, "the model has an offset, the table has none");
    plain = fit("gbdt(loss=poisson, n_estimators=2)", bare);
    ck_ok(ens_model_predict(plain, d, out, NULL, &err)); /* one too many does no harm */
    ck_assert_ptr_null(ens_model_offset(plain));
    ens_model_free(plain);
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(bare);
    ens_dataset_free(gap);
    ens_dataset_free(words);
}
END_TEST

START_TEST(learners_that_take_none_refuse)
{
    static const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1, 2, 0, 1, 2}, o[6];
    ens_dataset *d = counts(7, true);
    ens_dataset *classes = table((sheet){x, y, o, 6, ENS_TASK_CLASSIFICATION});

    fit_fails("forest", d, ENS_ESUPPORT, "forest takes no offset (column `o`)");
    fit_fails("bagging(gbdt)", d, ENS_ESUPPORT, "bagging takes no offset");
    fit_fails("adaboost", d, ENS_ESUPPORT, "adaboost takes no offset");
    fit_fails("standardize | adaboost", d, ENS_ESUPPORT, "adaboost takes no offset");
    fit_fails(
        "gbdt(min_samples_leaf=1)", classes, ENS_ESUPPORT,
        "loss softmax has 3 scores a row: one offset for all of them changes nothing");
    fit_fails("boosting", classes, ENS_ESUPPORT, "loss softmax has 3 scores a row");
    ens_dataset_free(d);
    ens_dataset_free(classes);
}
END_TEST

START_TEST(columns_of_offsets_are_checked)
{
    static const double x[] = {1, 2}, bad[] = {0, NAN};
    ens_column c[] = {{.name = "y", .x = x, .role = ENS_TARGET},
                      {.name = "o", .x = bad, .role = ENS_OFFSET},
                      {.name = "p", .x = x, .role = ENS_OFFSET},
                      {.name = "x", .x = x}};
    const ens_csv_options csv = {.target = "y", .offset = "o"};
    static const char good[] = "x,y,o\n1,2,.5\n3,4,1\n", word[] = "x,y,o\n1,2,a\n3,4,b\n";
    ens_dataset *d;

    ck_fails(ens_dataset_from_columns(&d, c, 4, 2, ENS_TASK_REGRESSION, &err), ENS_EINVAL,
             "two offset columns, `o` and `p`");
    c[2].role = ENS_FEATURE;
    ck_fails(ens_dataset_from_columns(&d, c, 4, 2, ENS_TASK_REGRESSION, &err), ENS_EDATA,
             "offset column `o`, row 2: the offset is missing");
    ck_fails(ens_csv_parse(&d, word, sizeof word - 1, "w", &csv, &err), ENS_EPARSE, "o");
    ck_ok(ens_csv_parse(&d, good, sizeof good - 1, "g", &csv, &err));
    ck_assert_double_eq(ens_dataset_offset(d, 1), 1);
    ck_assert_uint_eq(ens_dataset_p(d), 1);
    ens_dataset_free(d);
}
END_TEST

START_TEST(memory_may_run_out)
{
    ens_dataset *d = counts(8, true), *valid = counts(9, true);
    ens_status st = ENS_ENOMEM;
    ens_model *m;

    for (long k = 0; st == ENS_ENOMEM; k += 1 + k / 8) {
        ens_learner *l;
        double out[N];

        ck_ok(ens_learner_parse(&l, "standardize | gbdt(loss=poisson, n_estimators=2)",
                                &err));
        ens__mem_fail_at(k);
        st = ens_fit(&m, l, d, valid, 1, &(ens_exec){.threads = 1}, &err);
        if (st == ENS_OK && (st = ens_model_predict(m, d, out, NULL, &err)) != ENS_OK)
            ens_model_free(m);
        ens__mem_fail_at(-1);
        ens_learner_free(l);
        ck_assert(st == ENS_ENOMEM || (st == ENS_OK && k > 20));
    }
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(valid);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, a_constant_is_the_rate);
    tcase_add_test(tc, rates_are_learned_from_counts);
    tcase_add_test(tc, linear_members_end_at_the_glm);
    tcase_add_loop_test(tc, of_a_loss_that_shifts_it_is_a_difference, 0,
                        (int)(sizeof shifting / sizeof *shifting));
    tcase_add_test(tc, quantiles_have_it_too);
    tcase_add_loop_test(tc, rounds_threads_files_and_rows_agree, 0, 4);
    tcase_add_loop_test(tc, first_rounds_have_it, 0, 2);
    tcase_add_test(tc, validation_rows_have_it);
    tcase_add_test(tc, permutation_importance_has_it);
    tcase_add_test(tc, tables_without_it_are_refused);
    tcase_add_test(tc, learners_that_take_none_refuse);
    tcase_add_test(tc, columns_of_offsets_are_checked);
    tcase_add_test(tc, memory_may_run_out);
}

Suite *offset_suite(void);
Suite *offset_suite(void)
{
    return suite_of("offset", add_cases);
}
