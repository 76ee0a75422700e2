/* test_oom.c - every allocation of a whole program fails in turn: ENS_ENOMEM, no result, no leak.
 *
 * Each step (read, parse, fit, predict, evaluate, save, load) is run again and again; the k-th time its
 * k-th allocation and all after it fail, until it gets through. That nothing leaks is seen by whoever
 * watches: valgrind and AddressSanitizer run this program too. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble.h>
#include <stdio.h>
#include <unistd.h>

static const char table_text[] = "size,colour,weight,class\n"
                                 "1,red,0.5,yes\n"
                                 "2,blue,,yes\n"
                                 "3,red,1.5,yes\n"
                                 "4,,2.5,no\n"
                                 "5,green,0.25,no\n"
                                 "6,blue,3.5,no\n"
                                 "7,red,1,yes\n"
                                 "8,green,2,no\n";

static const char *const recipes[] = {
    "tree",
    "tree(max_leaf_nodes=3, ccp_alpha=0.01)",
    "naive_bayes",
    "dummy",
    "knn(n_neighbors=2, weights=distance)",
    "bagging(impute | standardize | onehot | knn(n_neighbors=3, algorithm=brute), n_estimators=2)",
    "forest(n_estimators=3)",
    "isolation(n_estimators=2, contamination=0.3)",
    "isolation(n_estimators=2, max_features=2, bootstrap=true)",
    "bagging(tree(max_depth=2), n_estimators=2, max_samples=0.7, oob_score=true)",
    "forest(n_estimators=2, class_weight=balanced)",
    "bagging(tree, n_estimators=2, bootstrap_features=true, max_features=2)",
    "forest(n_estimators=2, quantiles=[0.1, 0.9])",
    "extra_trees(n_estimators=2, bootstrap=true, monotonic_cst=[-1, 0, 0])",
    "bagging(bagging(naive_bayes, n_estimators=2), n_estimators=2, oob_score=true)",
    "adaboost(n_estimators=2)",
    "boosting(n_estimators=2)",
    ("boosting(bagging(tree, n_estimators=2), n_estimators=2, subsample=0.5, n_iter_no_change=1, "
     "validation_fraction=0.3)"),
    "adaboost(naive_bayes, n_estimators=2, algorithm=samme, resample=true)",
    "gbdt(n_estimators=2, min_samples_leaf=1, min_samples_level=1)",
    "gbdt(n_estimators=2, min_samples_leaf=1, subsample=0.8, colsample_bynode=0.7)",
    "gbdt(n_estimators=2, min_samples_leaf=1, n_iter_no_change=1, validation_fraction=0.3, scoring=accuracy)",
    "gbdt(n_estimators=2, min_samples_leaf=1, data_sample_strategy=goss)",
    "gbdt(n_estimators=2, min_samples_leaf=1, monotonic_cst=[-1, 0, 0], interaction_cst=\"size | colour, weight\")",
    "impute(strategy=median, add_indicator=true) | standardize | onehot(min_frequency=2) | tree",
    "mlp(max_iter=2, hidden_layer_sizes=[3])",
    "mlp(max_iter=2, hidden_layer_sizes=[3, 2], batch_norm=true, class_weight=balanced, early_stopping=true)",
    "drop_missing | tree",
    "impute(strategy=knn) | tree",
    "selection(tree(max_depth=2), dummy, cv=2, rounds=3, bags=2)",
    "auto(time_limit=none, max_models=1, cv=2)",
    "quantile(output_distribution=normal) | power | polynomial | tree",
    "impute | select(score_func=mutual_info, k=0.7) | target_encode | pca | tree",
    "select(k=1) | select(score_func=variance) | tree",
    "voting(tree(max_depth=2), dummy, weights=[1, 2])",
    "stacking(tree(max_depth=2), dummy, cv=2)",
    "stacking(tree(max_depth=2), dummy, cv=kfold(2), refit=false, final_estimator=tree, passthrough=true)",
    "robust | maxabs | normalize | ordinal | tree",
    "bagging(impute(strategy=most_frequent) | minmax | tree, n_estimators=2)",
};

enum { N_RECIPES = sizeof recipes / sizeof *recipes, MOST = 100000 };

/* What a step works on and makes. A step leaves everything it did not make alone. */
typedef struct program {
    const char *recipe;
    const char *path;
    ens_exec exec;
    ens_dataset *data;
    ens_learner *learner;
    ens_model *model;
    ens_model *loaded;
    void *bytes;
    size_t size;
} program;

typedef ens_status (*step_fn)(program *p, ens_error *err);

static ens_status step_read(program *p, ens_error *err)
{
    int numbers = strstr(p->recipe, "quantiles") != NULL; /* which are for regression */
    const ens_csv_options options = {.target = numbers ? "size" : "class",
                                     .task = numbers ? ENS_TASK_REGRESSION : ENS_TASK_AUTO,
                                     .threads = p->exec.threads};

    return ens_csv_parse(&p->data, table_text, sizeof table_text - 1, "t.csv", &options, err);
}

static ens_status step_parse(program *p, ens_error *err)
{
    return ens_learner_parse(&p->learner, p->recipe, err);
}

static ens_status step_fit(program *p, ens_error *err)
{
    return ens_fit(&p->model, p->learner, p->data, p->data, 1, &p->exec, err);
}

/* Two members more, where the recipe has that parameter. */
static ens_status step_fit_more(program *p, ens_error *err)
{
    char *n = NULL, more[16];
    ens_learner *learner = NULL;
    ens_model *model = NULL;
    ens_status st;

    if ((st = ens_learner_copy(&learner, p->learner, err)) == ENS_OK &&
        (st = ens_learner_get(&n, learner, "n_estimators", err)) == ENS_OK) {
        snprintf(more, sizeof more, "%ld", strtol(n, NULL, 10) + 2);
        if ((st = ens_learner_set(learner, "n_estimators", more, err)) == ENS_OK)
            st = ens_fit_more(&model, p->model, learner, p->data, NULL, &p->exec, err);
    }
    ck_assert((model != NULL) == (st == ENS_OK));
    ens_string_free(n);
    ens_learner_free(learner);
    ens_model_free(model);
    return st == ENS_ENAME ? ENS_OK : st;
}

static ens_status step_predict(program *p, ens_error *err)
{
    double out[8 * 2];
    ens_status st = ens_model_predict(p->model, p->data, out, &p->exec, err);

    if (st == ENS_OK && ens_model_quantiles(p->model, NULL) != NULL)
        st = ens_model_predict_quantiles(p->model, p->data, NULL, out, &p->exec, err);
    return st;
}

static ens_status step_evaluate(program *p, ens_error *err)
{
    ens_score *score = NULL;
    size_t n = 0;
    ens_status st = ens_model_evaluate(&score, &n, p->model, p->data, NULL, &p->exec, err);

    ck_assert((score != NULL) == (st == ENS_OK));
    ens_scores_free(score, n);
    return st;
}

static ens_status step_describe(program *p, ens_error *err)
{
    char *text = NULL;
    ens_status st = ens_model_describe(&text, p->model, err);

    ck_assert((text != NULL) == (st == ENS_OK));
    ens_string_free(text);
    return st;
}

/* All explanations that the learner has. */
static ens_status step_explain(program *p, ens_error *err)
{
    double out[8 * 8];
    uint32_t leaf[8 * 16];
    ens_neighbor near[8 * 2];
    ens_importance importance[3];
    ens_status st = ens_importance_permutation(importance, p->model, p->data, NULL, &p->exec, err);

    for (int step = 0; step < 7 && st == ENS_OK; step++) {
        st = step == 0   ? ens_model_oob_predict(p->model, p->data, out, &p->exec, err)
             : step == 1 ? ens_importance_oob(importance, p->model, p->data, NULL, &p->exec, err)
             : step == 2 ? ens_importance_corrected(importance, p->model, p->data, NULL, &p->exec, err)
             : step == 3 ? ens_model_leaves(p->model, p->data, leaf, &p->exec, err)
             : step == 4 ? ens_model_proximities(p->model, p->data, ENS_PROXIMITY_ALL, out, &p->exec, err)
             : step == 5 ? ens_model_neighbors(p->model, p->data, ENS_PROXIMITY_ALL, 2, near, &p->exec, err)
                         : ens_model_outliers(p->model, p->data, ENS_PROXIMITY_ALL, out, &p->exec, err);
        if (st == ENS_OK && step >= 4 && ens_model_n_trees(p->model) > 1)
            st = step == 4
                     ? ens_model_proximities(p->model, p->data, ENS_PROXIMITY_OOB, out, &p->exec, err)
                 : step == 5
                     ? ens_model_neighbors(p->model, p->data, ENS_PROXIMITY_OOB, 2, near, &p->exec, err)
                     : ens_model_outliers(p->model, p->data, ENS_PROXIMITY_OOB, out, &p->exec, err);
        if (st == ENS_ESUPPORT)
            st = ENS_OK;
    }
    return st;
}

static ens_status step_save(program *p, ens_error *err)
{
    ens_status st = ens_model_save(p->model, p->path, err);

    /* All of the file or none of it. */
    ck_assert_int_eq(access(p->path, F_OK) == 0, st == ENS_OK);
    return st;
}

static ens_status step_save_bytes(program *p, ens_error *err)
{
    return ens_model_save_bytes(&p->bytes, &p->size, p->model, err);
}

static ens_status step_load(program *p, ens_error *err)
{
    return ens_model_load(&p->loaded, p->path, err);
}

/* Is there something at this pointer to a pointer of whatever type? Nowhere is something, too. */
static int is_made(const void *made)
{
    void *it;

    if (made == NULL)
        return 1;
    memcpy(&it, made, sizeof it);
    return it != NULL;
}

/* Run a step until no allocation fails any more. What it makes, at `made`, is NULL until then. */
static void every_allocation_fails(const char *name, step_fn step, program *p, const void *made)
{
    ens_error err;

    for (long k = 0; k < MOST; k++) {
        ens_status st;

        memset(&err, 0, sizeof err);
        ens__mem_fail_at(k);
        st = step(p, &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK) {
            ck_assert_msg(k > 0, "%s allocates nothing", name);
            ck_assert_msg(is_made(made), "%s made nothing", name);
            return;
        }
        ck_assert_msg(st == ENS_ENOMEM, "%s of %s, allocation %ld: status %d (%s), message: %s", name,
                      p->recipe, k, (int)st, ens_status_string(st), err.message);
        ck_assert_int_eq(err.code, ENS_ENOMEM);
        ck_assert_msg(made == NULL || !is_made(made), "%s left something at allocation %ld", name, k);
    }
    ck_abort_msg("%s of %s never gets through", name, p->recipe);
}

static void run_program(program *p)
{
    char path[] = "oom-model-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(path);
    p->path = path;
    every_allocation_fails("reading", step_read, p, &p->data);
    every_allocation_fails("parsing", step_parse, p, &p->learner);
    every_allocation_fails("fitting", step_fit, p, &p->model);
    every_allocation_fails("adding members", step_fit_more, p, NULL);
    every_allocation_fails("predicting", step_predict, p, NULL);
    every_allocation_fails("evaluating", step_evaluate, p, NULL);
    every_allocation_fails("describing", step_describe, p, NULL);
    every_allocation_fails("explaining", step_explain, p, NULL);
    every_allocation_fails("saving", step_save, p, NULL);
    every_allocation_fails("saving to memory", step_save_bytes, p, &p->bytes);
    every_allocation_fails("loading", step_load, p, &p->loaded);
    unlink(path);
    ens_bytes_free(p->bytes);
    ens_model_free(p->loaded);
    ens_model_free(p->model);
    ens_learner_free(p->learner);
    ens_dataset_free(p->data);
}

START_TEST(each_allocation_may_fail_on_one_thread)
{
    program p = {.recipe = recipes[_i], .exec = {.threads = 1}};

    run_program(&p);
}
END_TEST

START_TEST(each_allocation_may_fail_on_two_threads)
{
    program p = {.recipe = recipes[_i], .exec = {.threads = 2}};

    run_program(&p);
}
END_TEST

START_TEST(nothing_is_kept_from_a_failure)
{
    /* After all those failures the same program gives what it gives without one. */
    program p = {.recipe = "forest(n_estimators=3)", .exec = {.threads = 1}}, fresh = p;
    ens_error err;

    ck_ok(step_read(&fresh, &err));
    ck_ok(step_parse(&fresh, &err));
    ck_ok(step_fit(&fresh, &err));
    ck_ok(step_save_bytes(&fresh, &err));
    every_allocation_fails("reading", step_read, &p, &p.data);
    every_allocation_fails("parsing", step_parse, &p, &p.learner);
    every_allocation_fails("fitting", step_fit, &p, &p.model);
    ck_ok(step_save_bytes(&p, &err));
    ck_assert_uint_eq(p.size, fresh.size);
    ck_assert_mem_eq(p.bytes, fresh.bytes, p.size);
    ens_bytes_free(p.bytes);
    ens_bytes_free(fresh.bytes);
    ens_model_free(p.model);
    ens_model_free(fresh.model);
    ens_learner_free(p.learner);
    ens_learner_free(fresh.learner);
    ens_dataset_free(p.data);
    ens_dataset_free(fresh.data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, each_allocation_may_fail_on_one_thread, 0, N_RECIPES);
    tcase_add_loop_test(tc, each_allocation_may_fail_on_two_threads, 0, N_RECIPES);
    tcase_add_test(tc, nothing_is_kept_from_a_failure);
}

Suite *oom_suite(void);

Suite *oom_suite(void)
{
    return suite_of("oom", add);
}
