/* test_determinism.c - the same recipe, table and seed give the same bytes, however the work is spread.
 *
 * Models are compared as the files they save to; predictions and out-of-bag predictions bit by bit. */
#include <config.h>

#include "run.h"
#include <core/cpu.h>
#include <ensemble.h>

static const char *const recipes[] = {
    "tree",
    "tree(max_leaf_nodes=20, max_features=0.5)",
    "dummy",
    "knn(weights=distance)",
    "bagging(knn(p=1, algorithm=brute), n_estimators=2)",
    "forest(n_estimators=12, oob_score=true)",
    "forest(n_estimators=9, max_features=1.0, bootstrap=false, min_samples_leaf=5)",
    "bagging(tree(max_depth=4), n_estimators=7, max_samples=0.5, max_features=0.5, oob_score=true)",
    "bagging(bagging(tree(max_depth=3), n_estimators=3), n_estimators=3)",
    "bagging(tree, n_estimators=6, max_samples=0.6, max_features=0.8, bootstrap_features=true)",
    "bagging(dummy, n_estimators=5)",
    "extra_trees(n_estimators=9, oob_score=true, bootstrap=true)",
    "isolation(n_estimators=11, contamination=0.05)",
    "adaboost(tree(max_depth=2), n_estimators=5, algorithm=samme)",
    "adaboost(n_estimators=5, resample=true)",
    "boosting(n_estimators=4, subsample=0.7)",
    "boosting(bagging(tree(max_depth=3), n_estimators=2), n_estimators=3, n_iter_no_change=2)",
    "isolation(n_estimators=5, max_samples=0.5, max_features=0.5, bootstrap=true)",
    "gbdt(n_estimators=8)",
    "selection(forest(n_estimators=3), tree(max_depth=4), dummy, cv=3, bags=3)",
    "auto(time_limit=none, max_models=1, cv=2)",
    "voting(forest(n_estimators=3), tree(max_depth=4), dummy)",
    "stacking(forest(n_estimators=3), tree(max_depth=4), dummy, cv=3)",
    "stacking(gbdt(n_estimators=3), dummy, cv=2, refit=false, final_estimator=tree(max_depth=3), passthrough=true)",
    "gbdt(n_estimators=6, subsample=0.6, colsample_bytree=0.7, colsample_bynode=0.7, grow_policy=depthwise)",
    "gbdt(n_estimators=6, data_sample_strategy=goss, n_iter_no_change=3)",
    "gbdt(n_estimators=6, boosting=dart, skip_drop=0.2, drop_rate=0.4)",
    "bagging(gbdt(n_estimators=3), n_estimators=3)",
    ("impute(add_indicator=true) | standardize | onehot(min_frequency=3) | bagging(minmax | tree(max_depth=4), "
     "n_estimators=4)"), /* one recipe */
    "impute | quantile | polynomial | target_encode(cv=4) | select(k=0.5) | pca(n_components=2) | tree(max_depth=4)",
    "power | select(score_func=mutual_info, k=3) | bagging(target_encode | tree(max_depth=4), n_estimators=2)",
    "impute(strategy=knn, weights=distance) | tree(max_depth=4)",
    "mlp(max_iter=3, batch_size=300, hidden_layer_sizes=[20, 7])",
    "mlp(max_iter=3, batch_norm=true, dropout=0.3, activation=gelu, categories=embedding, early_stopping=true)",
    "bagging(mlp(max_iter=2, batch_size=260), n_estimators=3)",
    "robust | ordinal | maxabs | normalize | bagging(tree(max_depth=4), n_estimators=3)",
};

/* Categories, missing values, a number to predict, more than two classes; the last ones, of no file,
 * have deep trees and several blocks of rows to predict. */
static const struct table {
    const char *file, *target;
} tables[] = {
    {TEST_DATA "/titanic.csv", "survived"},
    {TEST_DATA "/cars.csv", "price"},
    {TEST_DATA "/wine.csv", "cultivar"},
    {NULL, "classes"},
    {NULL, "numbers"},
};

enum { TITANIC, CARS, WINE, BIG_CLASSES, BIG_NUMBERS, N_BIG = 2000, P_BIG = 5 };

/* What suits some tables only. */
static const struct particular {
    const char *recipe;
    size_t table;
} particular[] = {
    {"forest(n_estimators=5, criterion=entropy, class_weight=balanced, oob_score=true)", TITANIC},
    {"drop_missing | onehot | bagging(tree(max_depth=3), n_estimators=3)", TITANIC},
    {"forest(n_estimators=5, class_weight=balanced_subsample, max_samples=0.4)", WINE},
    {"calibrated(forest(n_estimators=3), cv=3, method=isotonic)", WINE},
    {"conformal(forest(n_estimators=3), cv=3)", BIG_NUMBERS},
    {"bagging(logistic(solver=adam, epochs=5), n_estimators=3)", WINE},
    {"linear(solver=momentum, epochs=5, early_stopping=true)", BIG_NUMBERS},
    {"forest(n_estimators=5, max_leaf_nodes=30, min_impurity_decrease=0.0001)", BIG_CLASSES},
    {"forest(n_estimators=4, ccp_alpha=0.001, min_samples_split=9)", BIG_CLASSES},
    {"forest(n_estimators=4, max_bins=1000, min_weight_fraction_leaf=0.01)", BIG_CLASSES},
    {"extra_trees(n_estimators=5, criterion=entropy, class_weight=balanced)", TITANIC},
    {"forest(n_estimators=4, criterion=absolute_error, min_samples_level=1)", CARS},
    {"extra_trees(n_estimators=4, criterion=absolute_error, max_depth=6)", CARS},
    {"forest(n_estimators=5, monotonic_cst=[1, 0, 0, 0, -1])", BIG_NUMBERS},
    {"extra_trees(n_estimators=5, monotonic_cst=[1, 0, 0, 0, 1], max_features=0.6)", BIG_NUMBERS},
    {"forest(n_estimators=5, quantiles=[0.1, 0.5])", BIG_NUMBERS},
};

static const unsigned threads[] = {1, 2, 3, 7};

enum {
    N_RECIPES = sizeof recipes / sizeof *recipes,
    N_TABLES = sizeof tables / sizeof *tables,
    N_PARTICULAR = sizeof particular / sizeof *particular,
    N_THREADS = sizeof threads / sizeof *threads
};

/* All that one fit comes to. */
typedef struct outcome {
    void *file;
    size_t file_size;
    double *pred, *oob;
    size_t n_pred, n_oob;
} outcome;

static void outcome_clear(outcome *o)
{
    ens_bytes_free(o->file);
    free(o->pred);
    free(o->oob);
}

static outcome outcome_of(const char *recipe, const ens_dataset *data, uint64_t seed, unsigned n_threads)
{
    ens_exec exec = {.threads = n_threads};
    ens_learner *learner = NULL;
    ens_model *model = NULL;
    const double *oob;
    outcome o = {0};
    ens_error err;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_fit(&model, learner, data, NULL, seed, &exec, &err));
    ck_ok(ens_model_save_bytes(&o.file, &o.file_size, model, &err));
    o.n_pred = ens_dataset_n(data) * ens_model_k(model);
    o.pred = calloc(o.n_pred, sizeof *o.pred);
    ck_assert_ptr_nonnull(o.pred);
    ck_ok(ens_model_predict(model, data, o.pred, &exec, &err));
    if ((oob = ens_model_oob(model, &o.n_oob)) != NULL) {
        o.n_oob *= ens_model_k(model);
        o.oob = calloc(o.n_oob, sizeof *o.oob);
        ck_assert_ptr_nonnull(o.oob);
        memcpy(o.oob, oob, o.n_oob * sizeof *o.oob);
    }
    ens_model_free(model);
    ens_learner_free(learner);
    return o;
}

static void must_be_same(const outcome *a, const outcome *b, const char *recipe, const char *what)
{
    ck_assert_msg(a->file_size == b->file_size && memcmp(a->file, b->file, a->file_size) == 0,
                  "%s: another model file with %s", recipe, what);
    ck_assert_msg(memcmp(a->pred, b->pred, a->n_pred * sizeof *a->pred) == 0,
                  "%s: other predictions with %s", recipe, what);
    ck_assert_msg((a->oob != NULL) == (b->oob != NULL) && a->n_oob == b->n_oob,
                  "%s: another shape out of bag with %s", recipe, what);
    ck_assert_msg(a->oob == NULL || memcmp(a->oob, b->oob, a->n_oob * sizeof *a->oob) == 0,
                  "%s: other predictions out of bag with %s", recipe, what);
}

/* Numbers that are spread evenly (a Weyl sequence a column), and a target that depends on them. */
static ens_dataset *table_with(size_t n, ens_task task)
{
    static const double step[P_BIG] = {0.6180339887498949, 0.7548776662466927, 0.8191725133961645,
                                       0.8566748838545029, 0.8812714616335696};
    double *x = calloc(n * P_BIG, sizeof *x), *y = calloc(n, sizeof *y);
    ens_dataset *data = NULL;
    ens_error err;

    ck_assert(x != NULL && y != NULL);
    for (size_t i = 0; i < n; i++) {
        double *row = x + i * P_BIG;

        for (size_t j = 0; j < P_BIG; j++)
            row[j] = fmod((double)(i + 1) * step[j], 1.0);
        y[i] = row[0] + row[1] * row[2] + 0.2 * row[4];
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = y[i] < 0.6 ? 0 : y[i] < 1 ? 1 : 2;
    }
    ck_ok(ens_dataset_from_matrix(&data, x, n, P_BIG, y, task, &err));
    free(x);
    free(y);
    return data;
}

static ens_dataset *table_of(size_t i)
{
    const ens_csv_options options = {.target = tables[i].target};
    ens_dataset *data = NULL;
    ens_error err;

    if (tables[i].file == NULL)
        return table_with(N_BIG, i == BIG_CLASSES ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION);
    ck_ok(ens_csv_read(&data, tables[i].file, &options, &err));
    return data;
}

static void try_threads_on(const char *recipe, const ens_dataset *data)
{
    outcome one = outcome_of(recipe, data, 5, 1);

    for (size_t i = 1; i < N_THREADS; i++) {
        outcome many = outcome_of(recipe, data, 5, threads[i]);
        char what[40];

        snprintf(what, sizeof what, "%u threads", threads[i]);
        must_be_same(&one, &many, recipe, what);
        outcome_clear(&many);
    }
    outcome_clear(&one);
}

static void try_threads(const char *recipe, size_t table)
{
    ens_dataset *data = table_of(table);

    try_threads_on(recipe, data);
    ens_dataset_free(data);
}

static void try_kernels(const char *recipe, size_t table)
{
    ens_dataset *data = table_of(table);
    outcome fast = outcome_of(recipe, data, 5, 2), plain;

    /* This process is a child of Check's: others keep their CPU. */
    ens__cpu_cap(ENS__CPU_BASE);
    plain = outcome_of(recipe, data, 5, 2);
    must_be_same(&fast, &plain, recipe, "plain kernels");
    outcome_clear(&fast);
    outcome_clear(&plain);
    ens_dataset_free(data);
}

START_TEST(any_number_of_threads_gives_the_same_bytes)
{
    for (size_t t = 0; t < N_TABLES; t++)
        try_threads(recipes[_i], t);
}
END_TEST

START_TEST(plain_kernels_give_the_same_bytes)
{
    try_kernels(recipes[_i], BIG_CLASSES);
}
END_TEST

START_TEST(no_option_makes_a_difference_to_that)
{
    try_threads(particular[_i].recipe, particular[_i].table);
    try_kernels(particular[_i].recipe, particular[_i].table);
}
END_TEST

/* Three trees by two threads, and by seven: those that are left over are shared. */
START_TEST(threads_that_share_the_last_members_change_no_byte)
{
    static const char *const recipe[] = {"forest(n_estimators=3, max_depth=7)",
                                         "extra_trees(n_estimators=3, max_depth=7)",
                                         "forest(n_estimators=3, max_depth=7)"};
    ens_dataset *data = table_with(150000, _i < 2 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION);

    try_threads_on(recipe[_i], data);
    ens_dataset_free(data);
}
END_TEST

static ens_go count_reports(const ens_progress *p, void *ctx)
{
    size_t *last = ctx;

    if (strcmp(p->phase, "fitting members") != 0)
        return ENS_GO;
    ck_assert_uint_eq(p->total, 3);
    ck_assert_uint_gt(p->done, *last);
    *last = p->done;
    return ENS_GO;
}

/* The progress of a fit is one, though its last member is fitted otherwise. */
START_TEST(members_that_are_shared_are_reported_as_others)
{
    ens_dataset *data = table_with(140000, ENS_TASK_REGRESSION);
    size_t last = 0;
    ens_exec exec = {.threads = 2, .progress = count_reports, .progress_ctx = &last};
    ens_learner *l = NULL;
    ens_model *m = NULL;
    ens_error err;

    ck_ok(ens_learner_parse(&l, "forest(n_estimators=3, max_depth=4)", &err));
    ck_ok(ens_fit(&m, l, data, NULL, 1, &exec, &err));
    ck_assert_uint_eq(last, 3);
    ens_model_free(m);
    ens_learner_free(l);
    ens_dataset_free(data);
}
END_TEST

START_TEST(another_seed_gives_another_forest)
{
    /* Else the tests above would pass without any randomness at all. */
    ens_dataset *data = table_of(TITANIC);
    outcome a = outcome_of("forest(n_estimators=3)", data, 1, 1);
    outcome b = outcome_of("forest(n_estimators=3)", data, 2, 1);

    ck_assert(memcmp(a.pred, b.pred, a.n_pred * sizeof *a.pred) != 0);
    outcome_clear(&a);
    outcome_clear(&b);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_forest_begins_with_the_trees_of_a_smaller_one)
{
    /* Tree i draws from a stream named by i, so more trees change none of the first ones. Out of 5
     * trees of a forest and 10 of another: 10 * mean10 - 5 * mean5 is a sum of 5 trees' probabilities,
     * which are within [0, 5], for every row. */
    ens_dataset *data = table_of(TITANIC);
    outcome five = outcome_of("forest(n_estimators=5)", data, 3, 2);
    outcome ten = outcome_of("forest(n_estimators=10)", data, 3, 2);

    for (size_t i = 0; i < five.n_pred; i++) {
        double rest = 10 * ten.pred[i] - 5 * five.pred[i];

        ck_assert_msg(rest > -1e-9 && rest < 5 + 1e-9, "row %zu: the other five add up to %g", i / 2, rest);
    }
    outcome_clear(&five);
    outcome_clear(&ten);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, any_number_of_threads_gives_the_same_bytes, 0, N_RECIPES);
    tcase_add_loop_test(tc, plain_kernels_give_the_same_bytes, 0, N_RECIPES);
    tcase_add_loop_test(tc, no_option_makes_a_difference_to_that, 0, N_PARTICULAR);
    tcase_add_loop_test(tc, threads_that_share_the_last_members_change_no_byte, 0, 3);
    tcase_add_test(tc, members_that_are_shared_are_reported_as_others);
    tcase_add_test(tc, another_seed_gives_another_forest);
    tcase_add_test(tc, a_forest_begins_with_the_trees_of_a_smaller_one);
}

Suite *determinism_suite(void);

Suite *determinism_suite(void)
{
    return suite_of("determinism", add);
}
