/* test_gbdt_parts.c - parts of a fit of gbdt: predictions of its first rounds, checkpoints and what is made of them. */
#include <config.h>

#include <ensemble.h>
#include <stdbool.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

static ens_dataset *wine(void)
{
    ens_dataset *d;

    ck_ok(ens_csv_read(&d, TEST_DATA "/wine.csv",
                       &(ens_csv_options){.target = "cultivar"}, &err));
    return d;
}

/* Three classes, and numbers. */
static ens_dataset *in_rounds_table(bool numbers)
{
    ens_dataset *d;

    if (!numbers)
        return wine();
    ck_ok(ens_generate(&d, "friedman1(n=900)", 3, &err));
    return d;
}

typedef struct staged {
    const char *recipe;
    bool numbers;
} staged;

static const staged in_rounds[] = {
    {"gbdt(n_estimators=%zu, min_samples_leaf=5)", false},
    {"gbdt(n_estimators=%zu, quantiles=[0.1, 0.5])", true},
    {"boosting(n_estimators=%zu, subsample=0.7)", false},
    {"boosting(n_estimators=%zu, loss=huber)", true},
    {"boosting(linear, n_estimators=%zu)", true},
    {"adaboost(n_estimators=%zu)", false},
    {"adaboost(tree(max_depth=2), algorithm=samme, n_estimators=%zu)", false},
    {"adaboost(naive_bayes, n_estimators=%zu)", false},
    {"adaboost(n_estimators=%zu)", true},
    {"standardize | adaboost(naive_bayes, n_estimators=%zu)", false},
    {"standardize | gbdt(n_estimators=%zu)", true},
};

/* Staged predictions are those of shorter fits, bit for bit. */
START_TEST(first_rounds_predict_as_a_shorter_fit)
{
    const staged *s = &in_rounds[_i];
    ens_dataset *d = in_rounds_table(s->numbers);
    char recipe[96];
    size_t n = ens_dataset_n(d), cells = n * (s->numbers ? 1 : 3);
    double *part = calloc(cells, sizeof *part), *all = calloc(cells, sizeof *all);
    ens_model *m;

    snprintf(recipe, sizeof recipe, s->recipe, (size_t)12);
    m = fit_with(recipe, d, 3, NULL);
    ck_assert_uint_eq(ens_model_rounds(m), 12);
    for (size_t r = 1; r <= 13; r += 4) {
        ens_predict_options first = {.rounds = r};
        ens_model *few;

        snprintf(recipe, sizeof recipe, s->recipe, r < 12 ? r : 12);
        few = fit_with(recipe, d, 3, NULL);
        ck_ok(ens_model_predict_with(m, d, &first, part, NULL, &err));
        ck_ok(ens_model_predict(few, d, all, NULL, &err));
        ck_assert_int_eq(memcmp(part, all, cells * sizeof *part), 0);
        ens_model_free(few);
    }
    free(part);
    free(all);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(others_have_no_rounds)
{
    static const char *const recipe[] = {"forest(n_estimators=3)",
                                         "standardize | forest(n_estimators=3)"};
    ens_dataset *d = wine();
    double *part = calloc(ens_dataset_n(d) * 3, sizeof *part);

    for (size_t i = 0; i < 2; i++) {
        ens_model *m = fit_with(recipe[i], d, 3, NULL);

        ck_assert_uint_eq(ens_model_rounds(m), 0);
        ck_fails(ens_model_predict_with(m, d, &(ens_predict_options){.rounds = 2}, part,
                                        NULL, &err),
                 ENS_ESUPPORT, "a model of forest does not grow in rounds");
        ens_model_free(m);
    }
    free(part);
    ens_dataset_free(d);
}
END_TEST

/* The last checkpoint, and how many there were. */
typedef struct kept {
    void *bytes;
    size_t size, calls, fail_at;
} kept;

static ens_status keep(const ens_model *so_far, void *ctx, ens_error *e)
{
    kept *k = ctx;
    ens_dataset *d;
    double *out;

    if (++k->calls == k->fail_at) {
        *e = (ens_error){.code = ENS_EIO, .message = "the disk is full"};
        return ENS_EIO;
    }
    ens_bytes_free(k->bytes);
    d = wine(); /* it predicts as any model */
    out = calloc(ens_dataset_n(d) * 3, sizeof *out);
    ck_ok(ens_model_predict(so_far, d, out, NULL, &err));
    free(out);
    ens_dataset_free(d);
    return ens_model_save_bytes(&k->bytes, &k->size, so_far, e);
}

/* A checkpoint that is added to gives the bytes of the fit that was not interrupted; also where it stops early. */
START_TEST(a_checkpoint_is_resumed_to_the_same_bytes)
{
    static const char *const recipe[] = {
        "gbdt(n_estimators=11, min_samples_leaf=5)",
        "gbdt(n_estimators=40, min_samples_leaf=5, n_iter_no_change=2, learning_rate=1)",
        "gbdt(n_estimators=11, min_samples_leaf=5, boosting=dart, subsample=0.7)",
    };
    kept k = {.bytes = NULL};
    ens_exec exec = {
        .threads = 2, .checkpoint_every = 3, .checkpoint = keep, .checkpoint_ctx = &k};
    ens_dataset *d = wine();
    ens_model *all = fit_with(recipe[_i], d, 3, &exec), *part, *resumed;
    void *x, *y;
    size_t n, m;
    ens_learner *l;

    ck_assert_uint_ge(k.calls, _i == 1 ? 1 : 3);
    ck_ok(ens_model_load_bytes(&part, k.bytes, k.size, &err));
    ck_ok(ens_learner_parse(&l, recipe[_i], &err));
    ck_ok(ens_fit_more(&resumed, part, l, d, NULL, NULL, &err));
    ck_ok(ens_model_save_bytes(&x, &n, all, &err));
    ck_ok(ens_model_save_bytes(&y, &m, resumed, &err));
    ck_assert_uint_eq(n, m);
    ck_assert_int_eq(memcmp(x, y, n), 0);
    ens_learner_free(l);
    ens_bytes_free(x);
    ens_bytes_free(y);
    ens_bytes_free(k.bytes);
    ens_model_free(all);
    ens_model_free(part);
    ens_model_free(resumed);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_checkpoint_that_fails_ends_the_fit)
{
    kept k = {.fail_at = 2};
    ens_exec exec = {.checkpoint_every = 1, .checkpoint = keep, .checkpoint_ctx = &k};
    ens_dataset *d = wine();
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, "gbdt(n_estimators=9)", &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, &exec, &err), ENS_EIO, "the disk is full");
    ck_assert_uint_eq(k.calls, 2);
    ens_learner_free(l);
    ck_ok(ens_learner_parse(&l, "forest(n_estimators=9)", &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, &exec, &err), ENS_ESUPPORT,
             "a fit of forest has no checkpoints");
    ens_learner_free(l);
    ens_bytes_free(k.bytes);
    /* those of members are not the ensemble's */
    ck_ok(ens_learner_parse(&l, "bagging(gbdt(n_estimators=4), n_estimators=2)", &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, &exec, &err), ENS_ESUPPORT,
             "bagging has no checkpoints");
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

/* Levels are those of the training table, whatever the validation table has: one of its own is as a missing value. */
START_TEST(a_validation_table_has_its_own_levels)
{
    static const char train[] = "c,x,y\na,1,1\nb,2,0\nc,3,1\na,4,1\nb,5,0\nc,6,1\n";
    static const char valid[] = "y,x,c\n0,5,z\n1,1,c\n0,3,b\n1,3,a\n";
    const ens_csv_options o = {.target = "y", .task = ENS_TASK_CLASSIFICATION};
    ens_dataset *d, *v;
    ens_score *score;
    ens_learner *l;
    ens_model *m;
    size_t n;

    ck_ok(ens_csv_parse(&d, train, sizeof train - 1, "train", &o, &err));
    ck_ok(ens_csv_parse(&v, valid, sizeof valid - 1, "valid", &o, &err));
    ck_ok(
        ens_learner_parse(&l,
                          "gbdt(n_estimators=3, min_samples_leaf=1, min_samples_level=1, "
                          "n_iter_no_change=9)",
                          &err));
    ck_ok(ens_fit(&m, l, d, v, 1, NULL, &err));
    ck_ok(ens_model_evaluate(&score, &n, m, v, "log_loss", NULL, &err));
    ck_assert_double_eq_tol(ens_model_score(m, 2)->value, score[0].value, 1e-12);
    ens_scores_free(score, n);
    ens_model_free(m);
    ens_dataset_free(v);
    ck_ok(ens_csv_parse(&v, "y,x,c\n2,5,z\n1,1,c\n", 18, "valid", &o, &err));
    ck_fails(ens_fit(&m, l, d, v, 1, NULL, &err), ENS_EDATA,
             "the class of validation row 1 is not among those of training");
    ens_learner_free(l);
    ens_dataset_free(v);
    ens_dataset_free(d);
}
END_TEST

static ens_go hear(const ens_progress *p, void *ctx)
{
    if (strncmp(p->phase, "boosting rounds", 15) == 0)
        snprintf(ctx, 80, "%s", p->phase);
    return ENS_GO;
}

START_TEST(progress_tells_the_metric)
{
    char told[80] = "";
    ens_exec exec = {.threads = 1, .progress = hear, .progress_ctx = told};
    ens_dataset *d = wine();

    ens_model_free(fit_with("gbdt(n_estimators=2)", d, 3, &exec));
    ck_assert_str_eq(told, "boosting rounds");
    ens_model_free(fit_with("gbdt(n_estimators=2, n_iter_no_change=9)", d, 3, &exec));
    ck_assert_int_eq(strncmp(told, "boosting rounds, loss 0.", 24), 0);
    ens_model_free(fit_with("gbdt(n_estimators=2, n_iter_no_change=9, scoring=accuracy)",
                            d, 3, &exec));
    ck_assert_int_eq(strncmp(told, "boosting rounds, accuracy ", 26), 0);
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, first_rounds_predict_as_a_shorter_fit, 0,
                        (int)(sizeof in_rounds / sizeof *in_rounds));
    tcase_add_test(tc, others_have_no_rounds);
    tcase_add_loop_test(tc, a_checkpoint_is_resumed_to_the_same_bytes, 0, 3);
    tcase_add_test(tc, a_checkpoint_that_fails_ends_the_fit);
    tcase_add_test(tc, a_validation_table_has_its_own_levels);
    tcase_add_test(tc, progress_tells_the_metric);
}

Suite *gbdt_parts_suite(void);

Suite *gbdt_parts_suite(void)
{
    return suite_of("gbdt_parts", add);
}
