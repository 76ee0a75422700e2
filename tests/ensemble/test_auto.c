/* test_auto.c - auto: what it keeps is a recipe that gives the same again; time, models, and a caller bound it. */
#include <config.h>

#include "ensemble/fits.h"
#include "run.h"
#include <core/par.h>
#include <ensemble/stack.h>
#include <learn/model.h>
#include <num/rng.h>
#include <stdio.h>

static ens_error err;

enum { N = 150 };

/* Two numbers with gaps, a category, a target that depends on all. */
static ens_dataset *table(ens_task task, bool weights)
{
    static const char *const level[] = {"a", "b", "c"};
    double x[2][N], y[N], w[N];
    int32_t code[N];
    ens_column column[5] = {{.name = "u", .x = x[0]},
                            {.name = "v", .x = x[1]},
                            {.name = "c", .code = code, .levels = level, .n_levels = 3},
                            {.name = "y", .role = ENS_TARGET, .x = y},
                            {.name = "w", .role = ENS_WEIGHT, .x = w}};
    ens_dataset *data;
    ens__stream s;

    ens__stream_init(&s, 2, ENS__FOR_TEST, 1);
    for (size_t i = 0; i < N; i++) {
        x[0][i] = ens__stream_uniform(&s);
        x[1][i] = ens__stream_uniform(&s);
        code[i] = (int32_t)(i % 4) - 1;
        y[i] = x[0][i] + (code[i] == 1) + 0.3 * ens__stream_gaussian(&s);
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = y[i] > 0.7;
        if (i % 9 == 0)
            x[1][i] = NAN;
        w[i] = 1 + (double)(i % 2);
    }
    ck_ok(ens_dataset_from_columns(&data, column, weights ? 5 : 4, N, task, &err));
    return data;
}

/* The recipe that a model says would give the same; free it. */
static char *recipe_of(const ens_model *m)
{
    static const char says[] = "the same without a clock: ";
    char *text = NULL, *recipe, *at;

    ck_ok(ens_model_describe(&text, m, &err));
    at = strstr(text, says);
    ck_assert_ptr_nonnull(at);
    at += sizeof says - 1;
    at[strcspn(at, "\n")] = 0;
    recipe = strdup(at);
    ens_string_free(text);
    return recipe;
}

START_TEST(what_it_keeps_gives_the_same_by_itself)
{
    ens_dataset *data = table(_i % 2 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION, _i > 1);
    ens_model *m = fit("auto(time_limit=none, max_models=3, cv=3)", data), *again;
    char *recipe = recipe_of(m);
    double *a = predict(m, data), *b;

    ck_assert_msg(strncmp(recipe, "selection(dummy, gbdt(", 22) == 0, "%s", recipe);
    again = fit(recipe, data);
    b = predict(again, data);
    ck_assert_mem_eq(a, b, N * ens_model_k(m) * sizeof *a);
    free(a);
    free(b);
    free(recipe);
    ens_model_free(m);
    ens_model_free(again);
    ens_dataset_free(data);
}
END_TEST

START_TEST(it_is_no_worse_than_what_is_in_it)
{
    ens_dataset *data = table(_i ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION, false);
    ens_model *m = fit("auto(time_limit=none, max_models=5, refit=false)", data);
    char *text = NULL;
    double all = -1, one, best = INFINITY;

    ck_ok(ens_model_describe(&text, m, &err));
    for (char *line = text, *end; *line != 0; line = end + 1) {
        const char *at;

        end = line + strcspn(line, "\n");
        *end = 0;
        at = strstr(line, _i ? "squared error " : "log loss ");

        if (at != NULL && strncmp(line, "member", 6) == 0) {
            ck_assert_int_eq(sscanf(at, _i ? "squared error %lf" : "log loss %lf", &one), 1);
            best = one < best ? one : best;
        } else if (at != NULL && strncmp(line, "all", 3) == 0) {
            ck_assert_int_eq(sscanf(at, _i ? "squared error %lf" : "log loss %lf", &all), 1);
        }
    }
    ck_assert_msg(all > 0 && all <= best * (1 + 1e-5), "%g, the best member %g", all, best); /* printed digits */
    ens_string_free(text);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(no_time_leaves_a_constant)
{
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION, false);
    double begin = ens__clock();
    ens_model *m = fit("auto(time_limit=0.001)", data);
    char *recipe = recipe_of(m);

    ck_assert_str_eq(recipe, "selection(dummy)");
    ck_assert_double_lt(ens__clock() - begin, 5);
    free(recipe);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

typedef struct asked {
    ens_go answer;
    size_t after, calls;
} asked;

static ens_go answer(const ens_progress *p, void *ctx)
{
    asked *a = ctx;

    (void)p;
    return ++a->calls > a->after ? a->answer : ENS_GO;
}

START_TEST(a_caller_may_stop_it_and_keep_what_there_is)
{
    ens_dataset *data = table(ENS_TASK_CLASSIFICATION, false);
    asked a = {.answer = ENS_STOP, .after = 8}; /* in the second candidate of five folds */
    ens_exec exec = {.threads = 1, .progress = answer, .progress_ctx = &a};
    ens_model *m = fit_with("auto(time_limit=none)", data, 1, &exec), *nothing;
    char *recipe = recipe_of(m);
    ens_learner *l;

    ck_assert_msg(strncmp(recipe, "selection(dummy", 15) == 0 && strstr(recipe, "forest") == NULL, "%s", recipe);
    free(recipe);
    ens_model_free(m);
    a = (asked){.answer = ENS_CANCEL, .after = 8};
    ck_ok(ens_learner_parse(&l, "auto(time_limit=none)", &err));
    ck_fails(ens_fit(&nothing, l, data, NULL, 1, &exec, &err), ENS_ECANCELED, "canceled");
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_recipes_are_refused)
{
    ens_learner *l;

    ck_fails(ens_learner_parse(&l, "auto(time_limit=0)", &err), ENS_ERANGE, "auto.time_limit = 0");
    ck_fails(ens_learner_parse(&l, "auto(max_models=0)", &err), ENS_ERANGE, "auto.max_models = 0");
    ck_fails(ens_learner_parse(&l, "auto(cv=1)", &err), ENS_ERANGE, "auto.cv: folds.n_splits = 1");
    ck_fails(ens_learner_parse(&l, "auto(scoring=auc)", &err), ENS_ENAME, "scoring: no metric is called `auc`");
    ck_fails(ens_learner_parse(&l, "auto(tree)", &err), ENS_EPARSE, "auto takes no members");
}
END_TEST

/* ---- The clock in loops ---------------------------------------------------------------------------------------- */

static ens_status sleep_a_little(void *ctx, size_t i, unsigned worker, ens_error *e)
{
    double begin = ens__clock();

    (void)worker;
    (void)e;
    ((char *)ctx)[i] = 1;
    while (ens__clock() < begin + 0.01) {
    }
    return ENS_OK;
}

static ens_status outer_task(void *ctx, size_t i, unsigned worker, ens_error *e)
{
    (void)worker;
    return ens__par_for(100, NULL, NULL, sleep_a_little, (char *)ctx + 100 * i, NULL, e);
}

START_TEST(loops_end_when_their_time_is_over)
{
    char ran[200] = {0};
    size_t n = 0;
    double was = ens__par_limit(ens__clock() + 0.05);

    ck_fails(ens__par_for(2, &(ens_exec){.threads = 2}, NULL, outer_task, ran, NULL, &err), ENS_ECANCELED,
             "out of time");
    ck_assert_double_gt(ens__par_limit(was), 0);
    for (size_t i = 0; i < 200; i++)
        n += ran[i] != 0;
    ck_assert_uint_gt(n, 0);
    ck_assert_uint_lt(n, 100);
    ck_ok(ens__par_for(3, NULL, NULL, sleep_a_little, ran, NULL, &err));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, what_it_keeps_gives_the_same_by_itself, 0, 4);
    tcase_add_loop_test(tc, it_is_no_worse_than_what_is_in_it, 0, 2);
    tcase_add_test(tc, no_time_leaves_a_constant);
    tcase_add_test(tc, a_caller_may_stop_it_and_keep_what_there_is);
    tcase_add_test(tc, bad_recipes_are_refused);
    tcase_add_test(tc, loops_end_when_their_time_is_over);
}

Suite *auto_suite(void);

Suite *auto_suite(void)
{
    return suite_of("auto", add);
}
