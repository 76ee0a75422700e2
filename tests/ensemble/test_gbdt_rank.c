/* test_gbdt_rank.c - gbdt with losses of groups, and with those that are found anew in each round. */
#include <config.h>

#include <core/mem.h>
#include <ensemble.h>
#include <num/rng.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

#define GROUPS 60
#define SIZE   12
#define ROWS   (GROUPS * SIZE)

static ens_error err;

/* Within a group a tells the order; targets are 0 to 3 by it, but groups differ in how many of them are large, and b
 * tells that: what predicts targets is little help in a group. */
static ens_dataset *queries(uint64_t seed, const double *group)
{
    static double x[3][ROWS], y[ROWS], g[ROWS];
    const ens_column columns[] = {{.name = "a", .x = x[0]},
                                  {.name = "b", .x = x[1]},
                                  {.name = "c", .x = x[2]},
                                  {.name = "q", .x = g, .role = ENS_GROUP},
                                  {.name = "y", .x = y, .role = ENS_TARGET}};
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < ROWS; i++) {
        double level = 0.5 + 0.4 * (double)(i / SIZE % 5);

        x[0][i] = ens__stream_uniform(&s);
        x[1][i] = level + 0.1 * ens__stream_gaussian(&s);
        x[2][i] = ens__stream_gaussian(&s);
        y[i] =
            fmin(3, floor(level * (3 * x[0][i] + 0.3 * ens__stream_gaussian(&s) + 0.3)));
        y[i] = fmax(y[i], 0);
        g[i] = group != NULL ? group[i] : 1000 - (double)(i / SIZE);
    }
    ck_ok(ens_dataset_from_columns(&d, columns, 5, ROWS, ENS_TASK_REGRESSION, &err));
    return d;
}

static ens_status try_fit(ens_model **m, const char *recipe, const ens_dataset *d,
                          const ens_dataset *valid, unsigned threads)
{
    ens_exec exec = {.threads = threads};
    ens_learner *l;
    ens_status st;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    st = ens_fit(m, l, d, valid, 1, &exec, &err);
    ens_learner_free(l);
    return st;
}

static double score(const ens_model *m, const ens_dataset *d, const char *metric)
{
    ens_score *s;
    size_t n;
    double out;

    ck_ok(ens_model_evaluate(&s, &n, m, d, metric, NULL, &err));
    out = s->value;
    ens_scores_free(s, n);
    return out;
}

/* ---- Ranking ------------------------------------------------------------------------------------------------ */

START_TEST(order_within_groups_is_learned)
{
    ens_dataset *d = queries(1, NULL), *other = queries(2, NULL);
    static const char *const recipe[] = {
        "gbdt(loss=lambdarank, n_estimators=40)",
        "boosting(loss=lambdarank, n_estimators=40)",
        "boosting(linear, loss=lambdarank, n_estimators=40)"};
    ens_model *m, *none;

    ck_ok(try_fit(&none, "dummy", d, NULL, 1));
    ck_assert_double_lt(score(none, other, "ndcg@5"), 0.75);
    for (size_t r = 0; r < 3; r++) {
        ck_ok(try_fit(&m, recipe[r], d, NULL, 2));
        ck_assert_double_gt(score(m, other, "ndcg@5"), 0.9);
        ens_model_free(m);
    }
    ens_model_free(none);
    ens_dataset_free(d);
    ens_dataset_free(other);
}
END_TEST

static const char *const ranked[] = {
    "gbdt(loss=lambdarank, n_estimators=6)",
    "gbdt(loss=lambdarank(truncation=4, norm=false), n_estimators=6, subsample=0.5)",
    "gbdt(loss=lambdarank, n_estimators=6, data_sample_strategy=goss)",
    "gbdt(loss=lambdarank, n_estimators=9, n_iter_no_change=3, scoring=\"ndcg@3\")",
    "gbdt(loss=lambdarank, n_estimators=6, boosting=dart)",
    "boosting(loss=lambdarank, n_estimators=6, subsample=0.5)",
    "boosting(linear, loss=lambdarank, n_estimators=9, n_iter_no_change=3)",
};

START_TEST(threads_give_the_same_file)
{
    ens_dataset *d = queries(3, NULL), *other = queries(4, NULL);
    ens_model *one, *m;

    for (unsigned valid = 0; valid < 2; valid++) {
        ck_ok(try_fit(&one, ranked[_i], d, valid ? other : NULL, 1));
        for (unsigned t = 2; t < 5; t++) {
            ck_ok(try_fit(&m, ranked[_i], d, valid ? other : NULL, t));
            must_be_same_file(one, m);
            ens_model_free(m);
        }
        ens_model_free(one);
    }
    ens_dataset_free(d);
    ens_dataset_free(other);
}
END_TEST

START_TEST(rounds_are_added_to_a_ranking)
{
    static const char *const recipe[][2] = {
        {"gbdt(loss=lambdarank, n_estimators=4)",
         "gbdt(loss=lambdarank, n_estimators=9)"},
        {"boosting(loss=lambdarank, n_estimators=4)",
         "boosting(loss=lambdarank, n_estimators=9)"}};
    ens_dataset *d = queries(5, NULL);
    ens_model *few, *more, *once;
    ens_learner *l;

    ck_ok(try_fit(&few, recipe[_i][0], d, NULL, 2));
    ck_ok(try_fit(&once, recipe[_i][1], d, NULL, 2));
    ck_ok(ens_learner_parse(&l, recipe[_i][1], &err));
    ck_ok(ens_fit_more(&more, few, l, d, NULL, NULL, &err));
    must_be_same_file(more, once);
    ens_learner_free(l);
    ens_model_free(few);
    ens_model_free(more);
    ens_model_free(once);
    ens_dataset_free(d);
}
END_TEST

static void refused(const char *recipe, const ens_dataset *d, const ens_dataset *valid,
                    ens_status st, const char *text)
{
    ens_model *m;

    ck_fails(try_fit(&m, recipe, d, valid, 1), st, text);
}

START_TEST(bad_groups_are_refused)
{
    static double apart[ROWS], one[ROWS], x[4], y[] = {0, 1, 0, 1};
    ens_dataset *d = queries(6, NULL), *mixed, *whole, *bare;
    const char *recipe = "gbdt(loss=lambdarank, n_estimators=2, min_samples_leaf=1)";

    for (size_t i = 0; i < ROWS; i++)
        apart[i] = (double)(i / SIZE % 50);
    mixed = queries(6, apart);
    whole = queries(6, one);
    ck_ok(ens_dataset_from_matrix(&bare, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    refused(recipe, bare, NULL, ENS_EDATA,
            "loss lambdarank compares rows within groups: no group column is named");
    refused(recipe, mixed, NULL, ENS_EDATA,
            "row 601 is of the group of row 1, but others lie between them");
    refused(recipe, d, mixed, ENS_EDATA,
            "validation table: row 601 is of the group of row 1");
    refused("bagging(gbdt(loss=lambdarank), n_estimators=2)", d, NULL, ENS_ESUPPORT,
            "needs whole groups, not rows that were drawn");
    refused("bagging(boosting(loss=lambdarank), n_estimators=2)", d, NULL, ENS_ESUPPORT,
            "boosting: loss lambdarank needs whole groups, not rows that were drawn");
    refused("boosting(loss=lambdarank)", bare, NULL, ENS_EDATA,
            "boosting: loss lambdarank compares rows within groups");
    refused("boosting(loss=lambdarank)", mixed, NULL, ENS_EDATA,
            "row 601 is of the group of row 1, but others lie between them");
    refused("boosting(loss=lambdarank, n_iter_no_change=2)", whole, NULL, ENS_ERANGE,
            "boosting.validation_fraction = 0.1 holds out 0 of 720 rows");
    refused("gbdt(loss=lambdarank, n_iter_no_change=2)", whole, NULL, ENS_ERANGE,
            "holds out 0 of 720 rows");
    refused("gbdt(loss=logistic)", d, NULL, ENS_ESUPPORT, "loss logistic is for");
    ens_dataset_free(d);
    ens_dataset_free(mixed);
    ens_dataset_free(whole);
    ens_dataset_free(bare);
}
END_TEST

START_TEST(memory_may_run_out)
{
    const char *recipe = ranked[_i == 0 ? 3 : 6];
    ens_dataset *d = queries(7, NULL), *other = queries(8, NULL);
    ens_status st = ENS_ENOMEM;
    ens_model *m;

    for (long k = 0; st == ENS_ENOMEM; k += 1 + k / 8) {
        ens_learner *l;

        ck_ok(ens_learner_parse(&l, recipe, &err));
        ens__mem_fail_at(k);
        st = ens_fit(&m, l, d, k % 2 ? other : NULL, 1, &(ens_exec){.threads = 1}, &err);
        ens__mem_fail_at(-1);
        ens_learner_free(l);
        ck_assert(st == ENS_ENOMEM || (st == ENS_OK && k > 20));
    }
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(other);
}
END_TEST

/* ---- Losses of numbers --------------------------------------------------------------------------------------- */

/* y = 4 a + noise, and every tenth row is far off. */
static ens_dataset *with_outliers(uint64_t seed)
{
    static double x[1000], y[1000];
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 1);
    for (size_t i = 0; i < 1000; i++) {
        x[i] = ens__stream_uniform(&s);
        y[i] = 4 * x[i] + 0.1 * ens__stream_gaussian(&s) + (i % 10 == 0 ? 50 : 0);
    }
    ck_ok(ens_dataset_from_matrix(&d, x, 1000, 1, y, ENS_TASK_REGRESSION, &err));
    return d;
}

/* What is robust finds the line beside the outliers; the mean is 5 above it. */
START_TEST(robust_losses_pass_outliers_by)
{
    static const char *const robust[] = {"absolute", "huber(alpha=0.8)",
                                         "huber(delta=0.2)", "quantile",
                                         "log_cosh(scale=0.2)"};
    ens_dataset *d = with_outliers(1);
    ens_model *m;
    char recipe[96];
    double *out = calloc(1000, sizeof *out), off;

    for (size_t l = 0; l < 5; l++) {
        snprintf(recipe, sizeof recipe, "gbdt(loss=%s, n_estimators=60)", robust[l]);
        ck_ok(try_fit(&m, recipe, d, NULL, 2));
        ck_ok(ens_model_predict(m, d, out, NULL, &err));
        off = 0;
        for (size_t i = 0; i < 1000; i++)
            off += fabs(out[i] - 4 * ens_dataset_get(d, i, 0)) / 1000;
        ck_assert_msg(off < 0.3, "%s is off by %g", robust[l], off);
        ens_model_free(m);
    }
    free(out);
    ens_dataset_free(d);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, order_within_groups_is_learned);
    tcase_add_loop_test(tc, threads_give_the_same_file, 0,
                        (int)(sizeof ranked / sizeof *ranked));
    tcase_add_loop_test(tc, rounds_are_added_to_a_ranking, 0, 2);
    tcase_add_test(tc, bad_groups_are_refused);
    tcase_add_loop_test(tc, memory_may_run_out, 0, 2);
    tcase_add_test(tc, robust_losses_pass_outliers_by);
}

Suite *gbdt_rank_suite(void);
Suite *gbdt_rank_suite(void)
{
    return suite_of("gbdt_rank", add_cases);
}
