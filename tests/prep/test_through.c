/* test_through.c - what a pipeline passes on of the learner at its end: members that are added, checkpoints, quantiles,
 * importance. */
#include <config.h>

#include "run.h"

#include <core/mem.h>
#include <ensemble.h>

static ens_error err;

static ens_dataset *read(const char *path, const char *target)
{
    const ens_csv_options options = {.target = target};
    ens_dataset *data;

    ck_ok(ens_csv_read(&data, path, &options, &err));
    return data;
}

static ens_learner *parse(const char *recipe)
{
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    return l;
}

static ens_model *fit(const char *recipe, const ens_dataset *data)
{
    ens_learner *l = parse(recipe);
    ens_model *m;

    ck_ok(ens_fit(&m, l, data, NULL, 1, NULL, &err));
    ens_learner_free(l);
    return m;
}

static ens_status add(ens_model **out, const ens_model *from, const char *recipe,
                      const ens_dataset *data)
{
    ens_learner *l = parse(recipe);
    ens_status st = ens_fit_more(out, from, l, data, NULL, NULL, &err);

    ens_learner_free(l);
    return st;
}

static void same_file(const ens_model *a, const ens_model *b)
{
    void *x, *y;
    size_t n, m;

    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert(n == m && memcmp(x, y, n) == 0);
    ens_bytes_free(x);
    ens_bytes_free(y);
}

START_TEST(members_are_added_to_the_learner)
{
    static const char *const recipe[][2] = {
        {"impute | standardize | bagging(tree, n_estimators=3)",
         "impute | standardize | bagging(tree, n_estimators=5)"},
        {"drop_missing | onehot | forest(n_estimators=2, max_depth=4)",
         "drop_missing | onehot | forest(n_estimators=5, max_depth=4)"},
        {"impute | onehot | gbdt(n_estimators=3)",
         "impute | onehot | gbdt(n_estimators=8)"}};
    ens_dataset *data = read(TEST_DATA "/titanic.csv", "survived");
    ens_model *few = fit(recipe[_i][0], data), *whole = fit(recipe[_i][1], data), *more;

    ck_ok(add(&more, few, recipe[_i][1], data));
    ens_model_free(few); /* nothing of it is needed */
    same_file(more, whole);
    ens_model_free(whole);
    ens_model_free(more);
    ens_dataset_free(data);
}
END_TEST

START_TEST(what_cannot_be_added_to_is_refused)
{
    ens_dataset *data = read(TEST_DATA "/titanic.csv", "survived");
    ens_model *m = fit("impute | gbdt(n_estimators=2)", data), *more = NULL;

    ck_fails(add(&more, m, "impute(strategy=median) | gbdt(n_estimators=3)", data),
             ENS_EINVAL, "impute.strategy = median, but the model was fitted with mean");
    ck_fails(add(&more, m, "impute | gbdt(n_estimators=3, learning_rate=0.2)", data),
             ENS_EINVAL, "gbdt.learning_rate = 0.2");
    ck_fails(add(&more, m, "impute | onehot | gbdt(n_estimators=3)", data), ENS_EINVAL,
             "pipeline has 3 members");
    ens_model_free(m);
    m = fit("impute | onehot | logistic(max_iter=5)", data);
    ck_fails(add(&more, m, "impute | onehot | logistic(max_iter=6)", data), ENS_ESUPPORT,
             "a model of logistic cannot be added to");
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

typedef struct kept {
    void *bytes[8];
    size_t size[8], n;
} kept;

static ens_status keep(const ens_model *so_far, void *ctx, ens_error *e)
{
    kept *k = ctx;
    ens_status st = ens_model_save_bytes(&k->bytes[k->n], &k->size[k->n], so_far, e);

    k->n++;
    return st;
}

/* Each is a model, from which a fit goes on to the bytes of one that was not ended. */
START_TEST(checkpoints_go_on_to_the_same_model)
{
    static const char recipe[] = "impute | onehot | gbdt(n_estimators=10)";
    ens_dataset *data = read(TEST_DATA "/titanic.csv", "survived");
    ens_model *whole = fit(recipe, data), *m;
    ens_learner *l = parse(recipe);
    kept k = {.n = 0};
    ens_exec exec = {.checkpoint = keep, .checkpoint_ctx = &k, .checkpoint_every = 4};

    ck_ok(ens_fit(&m, l, data, NULL, 1, &exec, &err));
    same_file(m, whole);
    ens_model_free(m);
    ck_assert_uint_eq(k.n, 2);
    for (size_t i = 0; i < k.n; i++) {
        ens_model *part, *more;

        ck_ok(ens_model_load_bytes(&part, k.bytes[i], k.size[i], &err));
        ck_ok(add(&more, part, recipe, data));
        same_file(more, whole);
        ens_model_free(part);
        ens_model_free(more);
        ens_bytes_free(k.bytes[i]);
    }
    ens_learner_free(l);
    l = parse("impute | onehot | logistic");
    ck_fails(ens_fit(&m, l, data, NULL, 1, &exec, &err), ENS_ESUPPORT,
             "a fit of logistic has no checkpoints");
    ens_learner_free(l);
    ens_model_free(whole);
    ens_dataset_free(data);
}
END_TEST

/* On a table without gaps impute changes nothing, so that what comes through must be the same. */
START_TEST(quantiles_and_importance_come_through)
{
    static const char *const learner[] = {"forest(n_estimators=9, quantiles=[0.1, 0.9])",
                                          "gbdt(n_estimators=9, quantiles=[0.1, 0.9])"};
    ens_dataset *data = read(TEST_DATA "/diabetes.csv", "progression");
    size_t n = ens_dataset_n(data), p = ens_dataset_p(data), bytes;
    char recipe[128];
    double *out = malloc(4 * n * sizeof *out), worth[2][16];
    ens_model *m[3];
    void *file;

    snprintf(recipe, sizeof recipe, "impute | impute | %s", learner[_i]);
    m[0] = fit(learner[_i], data);
    m[1] = fit(recipe, data);
    ck_ok(ens_model_save_bytes(&file, &bytes, m[1], &err));
    ck_ok(ens_model_load_bytes(&m[2], file, bytes, &err));
    ck_assert(ens_model_quantiles(m[1], &bytes) != NULL && bytes == 2);
    for (size_t i = 0; i < 3; i++) {
        ck_ok(ens_model_predict_quantiles(m[i], data, NULL, out + (i > 0) * 2 * n, NULL,
                                          &err));
        ck_assert(i == 0 || memcmp(out, out + 2 * n, 2 * n * sizeof *out) == 0);
        ck_ok(ens_model_importance(m[i], worth[i > 0], &err));
        ck_assert(i == 0 || memcmp(worth[0], worth[1], p * sizeof **worth) == 0);
    }
    if (_i == 1)
        ck_fails(ens_model_predict_quantiles(
                     m[1], data, &(ens_quantile_options){.q = (double[]){0.3}, .n = 1},
                     out, NULL, &err),
                 ENS_ESUPPORT, "was not fitted for quantile 0.3");
    for (size_t i = 0; i < 3; i++)
        ens_model_free(m[i]);
    ens_bytes_free(file);
    ens_dataset_free(data);
    free(out);
}
END_TEST

/* The columns of a category are worth what they are together, and it has their sum. */
START_TEST(importance_is_that_of_the_features_before)
{
    ens_dataset *data = read(TEST_DATA "/titanic.csv", "survived");
    ens_model *m =
        fit("impute(add_indicator=true) | onehot | forest(n_estimators=9)", data);
    double worth[3], sum = 0;
    ens_column_info column;

    ck_ok(ens_model_importance(m, worth, &err));
    for (size_t j = 0; j < 3; j++) {
        ck_assert(worth[j] > 0);
        sum += worth[j];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_ok(ens_model_feature(&column, m, 1, &err));
    ck_assert_str_eq(column.name, "sex");
    ck_assert(worth[1] > worth[0] && worth[1] > worth[2]);
    ens_model_free(m);
    m = fit("impute | onehot | logistic", data);
    ck_fails(ens_model_importance(m, worth, &err), ENS_ESUPPORT,
             "logistic has no impurity importance");
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(quantiles_of_a_member_go_nowhere)
{
    ens_learner *l = NULL;

    ck_fails(ens_learner_parse(
                 &l, "bagging(impute | forest(quantiles=[0.5]), n_estimators=2)", &err),
             ENS_ERANGE, "forest.quantiles: a member of bagging predicts its mean only");
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    ens_dataset *data = read(TEST_DATA "/titanic.csv", "survived");
    ens_model *few = fit("impute | onehot | forest(n_estimators=1, max_depth=2)", data);
    ens_learner *l = parse("impute | onehot | forest(n_estimators=2, max_depth=2)");
    ens_status st = ENS_ENOMEM;
    double worth[3];

    for (long k = 0; st != ENS_OK && k < 10000; k++) {
        ens_model *more = NULL;

        ens__mem_fail_at(k);
        st = ens_fit_more(&more, few, l, data, NULL, NULL, &err);
        if (st == ENS_OK)
            st = ens_model_importance(more, worth, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
        ens_model_free(more);
    }
    ck_assert_int_eq(st, ENS_OK);
    ens_learner_free(l);
    ens_model_free(few);
    ens_dataset_free(data);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, members_are_added_to_the_learner, 0, 3);
    tcase_add_test(tc, what_cannot_be_added_to_is_refused);
    tcase_add_test(tc, checkpoints_go_on_to_the_same_model);
    tcase_add_loop_test(tc, quantiles_and_importance_come_through, 0, 2);
    tcase_add_test(tc, importance_is_that_of_the_features_before);
    tcase_add_test(tc, quantiles_of_a_member_go_nowhere);
    tcase_add_test(tc, every_allocation_may_fail);
}

Suite *through_suite(void);
Suite *through_suite(void)
{
    return suite_of("through", add_tests);
}
