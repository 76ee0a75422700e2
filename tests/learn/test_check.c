/* test_check.c - ens_check_learner(): built-in learners pass it, and each kind of fault is found. */
#include <config.h>

#include "learn/faulty.h"
#include "run.h"
#include <stdio.h>

static ens_error err;

/* What the suite said of one recipe. */
typedef struct findings {
    size_t checks, failed;
    char text[16384]; /* "name: problem\n" for each that failed */
} findings;

static void note(void *ctx, const char *check, const char *problem)
{
    findings *f = ctx;
    size_t used = strlen(f->text);

    f->checks++;
    if (problem == NULL)
        return;
    f->failed++;
    snprintf(f->text + used, sizeof f->text - used, "%s: %s\n", check, problem);
}

static ens_status check(findings *f, const char *recipe)
{
    size_t failed = 99;
    ens_status st;

    *f = (findings){0};
    st = ens_check_learner(recipe, note, f, &failed, &err);
    ck_assert_uint_eq(f->failed, failed);
    return st;
}

static const char *const recipes[] = {
    "dummy",
    "dummy(strategy=most_frequent)",
    "dummy(strategy=uniform)",
    "dummy(strategy=median)",
    "dummy(strategy=quantile, quantile=0.8)",
    "naive_bayes",
    "knn",
    "knn(n_neighbors=3, weights=distance, p=1)",
    "knn(n_neighbors=4, p=3.5, algorithm=brute)",
    "bagging(knn(n_neighbors=2), n_estimators=3, max_samples=0.7)",
    "linear",
    "linear(penalty=l2, alpha=0.1)",
    "linear(loss=huber)",
    "linear(solver=adam, epochs=20)",
    "linear(solver=sgd, penalty=l2, batch_size=full, learning_rate=0.1, schedule=constant)",
    "linear(penalty=l1, alpha=0.001)",
    "linear(penalty=elasticnet, alpha=0.01, l1_ratio=0.3, fit_intercept=false)",
    "bagging(linear, n_estimators=3, max_features=0.5)",
    "logistic",
    "logistic(penalty=none, fit_intercept=false)",
    "logistic(solver=lbfgs)",
    "logistic(solver=nesterov, epochs=20, momentum=0.8, batch_size=16)",
    "logistic(solver=rmsprop, early_stopping=true, schedule=plateau, class_weight=balanced)",
    "logistic(penalty=l1, C=10, class_weight=balanced)",
    "logistic(penalty=elasticnet, l1_ratio=0.2, C=0.1)",
    "bagging(logistic, n_estimators=3, max_samples=0.7)",
    "mlp(max_iter=15)",
    "mlp(max_iter=8, hidden_layer_sizes=[9, 20, 5], activation=gelu, optimizer=adamw, weight_decay=0.01, "
    "learning_rate=cosine, dropout=0.2, batch_norm=true, batch_size=50)",
    "mlp(max_iter=6, hidden_layer_sizes=none, optimizer=nesterov, early_stopping=true, categories=embedding)",
    "bagging(mlp(max_iter=4, hidden_layer_sizes=[8], categories=onehot), n_estimators=2, max_features=0.7)",
    "tree",
    "tree(max_depth=3, min_samples_leaf=5)",
    "tree(max_leaf_nodes=6)",
    "forest(n_estimators=5)",
    "isolation(n_estimators=5)",
    "isolation(n_estimators=4, max_samples=0.4, max_features=0.5, contamination=0.1, bootstrap=true)",
    "bagging(isolation(n_estimators=3, contamination=0.2), n_estimators=2, max_features=0.8)",
    "forest(n_estimators=5, oob_score=true)",
    "extra_trees(n_estimators=5)",
    "forest(n_estimators=5, max_features=1, keep_drawing=true)",
    "tree(splitter=random)",
    "bagging(tree, n_estimators=3, oob_score=true)",
    "bagging(naive_bayes, n_estimators=3, max_features=0.5)",
    "bagging(naive_bayes, n_estimators=3, bootstrap=false)",
    "bagging(naive_bayes, n_estimators=3, bootstrap_features=true)",
    "bagging(tree, n_estimators=3, bootstrap=false, max_samples=0.7, max_features=0.5)",
    "bagging(bagging(tree, n_estimators=2), n_estimators=2)",
    "bagging(dummy, n_estimators=2)",
    "adaboost(n_estimators=4)",
    "adaboost(tree(max_depth=2), n_estimators=3, algorithm=samme, resample=true)",
    "adaboost(naive_bayes, n_estimators=3)",
    "adaboost(tree(max_depth=2), n_estimators=20)",
    "adaboost(standardize | tree(max_depth=2), n_estimators=20)",
    "adaboost(dummy, n_estimators=3, loss=square)",
    "adaboost(bagging(tree, n_estimators=2), n_estimators=2, resample=false, loss=exponential)",
    "bagging(adaboost(n_estimators=2), n_estimators=2)",
    "boosting(n_estimators=4)",
    "boosting(tree(max_depth=2), n_estimators=3, subsample=0.6, n_iter_no_change=2, validation_fraction=0.3)",
    "boosting(dummy, n_estimators=2)",
    "boosting(n_estimators=3, loss=huber)",
    "boosting(bagging(tree(max_depth=2), n_estimators=2), n_estimators=3)",
    "bagging(boosting(n_estimators=2), n_estimators=2)",
    "adaboost(boosting(n_estimators=2), n_estimators=2)",
    "gbdt(n_estimators=6, min_samples_leaf=3)",
    "gbdt(n_estimators=5, min_samples_leaf=2, grow_policy=depthwise, max_depth=3, max_leaf_nodes=none, reg_alpha=0.1, "
    "reg_lambda=1)",
    "gbdt(n_estimators=4, min_samples_leaf=2, subsample=0.7, colsample_bytree=0.8, colsample_bylevel=0.8, "
    "colsample_bynode=0.8)",
    "gbdt(n_estimators=4, min_samples_leaf=2, n_iter_no_change=2, validation_fraction=0.3, data_sample_strategy=goss)",
    "gbdt(n_estimators=4, min_samples_leaf=2, boosting=dart, skip_drop=0.1, drop_rate=0.5)",
    "bagging(gbdt(n_estimators=3, min_samples_leaf=2), n_estimators=2, max_samples=0.7)",
    "impute | tree",
    "impute(strategy=median, add_indicator=true) | standardize | onehot | tree(max_depth=3)",
    "impute(strategy=most_frequent) | minmax(feature_range=[-1, 1], clip=true) | naive_bayes",
    "impute(strategy=constant, fill_value=3) | onehot(min_frequency=0.1, drop=first) | dummy",
    "bagging(standardize | tree(max_depth=3), n_estimators=3, max_features=0.5)",
    "standardize | bagging(onehot(min_frequency=4) | tree(max_depth=3), n_estimators=3)",
    "onehot | isolation(n_estimators=4)",
    "robust | ordinal | tree(max_depth=4)",
    "onehot | linear",
    "drop_missing | linear",
    "quantile | linear",
    "impute(strategy=knn, n_neighbors=3) | tree(max_depth=4)",
    "bagging(impute(strategy=knn, weights=distance, add_indicator=true) | onehot | linear, n_estimators=2)",
    "quantile(output_distribution=normal, n_quantiles=7) | tree(max_depth=4)",
    "power | naive_bayes",
    "polynomial | tree(max_depth=4)",
    "impute | polynomial(degree=3, interaction_only=true, include_bias=true) | onehot | linear(penalty=l2)",
    "pca | onehot | linear",
    "bagging(standardize | pca(n_components=0.8, whiten=true) | naive_bayes, n_estimators=2)",
    "select(k=2) | tree(max_depth=4)",
    "select(score_func=mutual_info, k=0.5) | tree(max_depth=4)",
    "select(score_func=variance) | isolation(n_estimators=3)",
    "target_encode | tree(max_depth=4)",
    "bagging(target_encode(smooth=3, cv=3) | linear, n_estimators=2)",
    "ordinal | linear(penalty=l2)",
    "bagging(standardize | onehot | logistic, n_estimators=2)",
    "boosting(standardize | tree(max_depth=2), n_estimators=3)",
    "standardize | boosting(tree(max_depth=2), n_estimators=3)",
    "impute | maxabs | normalize | naive_bayes",
    "robust(quantile_range=[10, 90]) | normalize(norm=l1) | tree",
    "selection(tree(max_depth=3), tree(max_depth=1), dummy, cv=2, bags=3)",
    "auto(time_limit=none, max_models=1, cv=2)",
    "voting(tree(max_depth=3), naive_bayes, dummy)",
    "voting(tree(max_depth=3), dummy, weights=[1, 3])",
    "calibrated(naive_bayes, cv=2)",
    "calibrated(tree(max_depth=3), cv=2, method=isotonic)",
    "calibrated(naive_bayes, cv=2, method=temperature, refit=false)",
    "stacking(tree(max_depth=3), dummy, cv=2)",
    "stacking(tree(max_depth=3), tree(max_depth=1), cv=2, refit=false)",
    "stacking(tree(max_depth=3), dummy, cv=2, final_estimator=tree(max_depth=2), passthrough=true)",
    "stacking(tree(max_depth=2), dummy, cv=2, layers=2)",
    "bagging(stacking(tree(max_depth=2), dummy, cv=holdout(0.4)), n_estimators=2)",
    "standardize | stacking(tree(max_depth=2), bagging(dummy, n_estimators=2), cv=2)",
};

START_TEST(built_in_learners_conform)
{
    findings f;

    if (check(&f, recipes[_i]) != ENS_OK)
        ck_abort_msg("%s\n%s", recipes[_i], f.text);
    ck_assert_uint_ge(f.checks, 30);
}
END_TEST

START_TEST(a_plug_in_without_fault_conforms)
{
    static const unsigned lacking[] = {0, ENS_TAKES_WEIGHTS, ENS_TAKES_MISSING,
                                       ENS_CLASSIFIES, ENS_REGRESSES};
    findings f;

    faulty_register();
    faulty_set(NO_FAULT);
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        faulty_set_caps(FAULTY_CAPS & ~lacking[i]);
        if (check(&f, "faulty") != ENS_OK)
            ck_abort_msg("without caps %u\n%s", lacking[i], f.text);
        ck_assert_uint_ge(f.checks, 30);
    }
}
END_TEST

static const struct {
    fault fault;
    const char *check; /* that finds it */
} faults[] = {
    {FIT_COUNTS_ITS_CALLS, "same_seed_same_model"},
    {FIT_HEEDS_THREADS, "threads_change_no_model"},
    {FIT_IGNORES_CANCEL, "cancelling_gives_up"},
    {FIT_IGNORES_WEIGHTS, "weights_count"},
    {FIT_IGNORES_COUNTS, "repeated_rows_count"},
    {FIT_COUNTS_ZERO_DIVIDES, "constant_features"},
    {FIT_WANTS_MANY_ROWS, "few_rows"},
    {FIT_KEEPS_THE_TABLE, "the_model_outlives_the_table"},
    {FIT_OVERFLOWS, "huge_numbers"},
    {FIT_SCALES_TARGETS, "large_and_small_responses"},
    {FIT_WRITES_TO_THE_TABLE, "the_table_stays_as_it_was"},
    {EXTEND_ADDS_NOTHING, "adding_gives_what_one_fit_gives"},
    {PREDICT_HEEDS_POSITION, "single_rows_predict_the_same"},
    {PREDICT_LEAVES_OUT_THE_LAST, "fits_and_predicts"},
    {PREDICT_REMEMBERS, "predicting_twice_is_the_same"},
    {PREDICT_WRITES_PAST_SCRATCH, "predict_keeps_to_its_memory"},
    {PREDICT_SUMS_TO_TWO, "fits_and_predicts"},
    {PREDICT_SPREADS_GAPS, "gaps"},
    {WRITE_DROPS_A_NUMBER, "a_loaded_model_is_the_same"},
    {READ_ALTERS, "a_loaded_model_is_the_same"},
    {DESCRIBE_IN_PROSE, "describes_itself"},
    {IMPORTANCE_NEGATIVE, "importance_is_in_shares"},
    {OOB_IMPOSSIBLE, "out_of_bag_predictions_fit_the_rows"},
    {MEMBER_SEES_TOO_MUCH, "members_can_be_asked_for"},
    {BAG_IS_EMPTY, "bags_are_drawn_again"},
    {BAG_IS_DRAWN_ANEW, "bags_are_drawn_again"},
};

START_TEST(each_fault_is_found)
{
    char line[80];
    findings f;

    faulty_register();
    faulty_set_caps(FAULTY_CAPS);
    faulty_set(faults[_i].fault);
    ck_fails(check(&f, "faulty"), ENS_EINTERNAL, "learner faulty fails");
    snprintf(line, sizeof line, "%s: ", faults[_i].check);
    ck_assert_msg(strstr(f.text, line) != NULL, "%s did not find fault %d:\n%s",
                  faults[_i].check, faults[_i].fault, f.text);
}
END_TEST

START_TEST(caps_that_name_no_feature_are_found)
{
    findings f;

    faulty_register();
    faulty_set(NO_FAULT);
    faulty_set_caps(ENS_CLASSIFIES | ENS_REGRESSES);
    ck_fails(check(&f, "faulty"), ENS_EINTERNAL, "its caps name no type of feature");
}
END_TEST

START_TEST(a_bad_recipe_is_told_as_by_the_parser)
{
    findings f;

    ck_fails(ens_check_learner("tre", note, &f, NULL, &err), ENS_ENAME,
             "did you mean `tree`?");
    ck_assert_int_eq(ens_check_learner("tree(", NULL, NULL, NULL, NULL), ENS_EPARSE);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, built_in_learners_conform, 0,
                        sizeof recipes / sizeof *recipes);
    tcase_add_test(tc, a_plug_in_without_fault_conforms);
    tcase_add_loop_test(tc, each_fault_is_found, 0, sizeof faults / sizeof *faults);
    tcase_add_test(tc, caps_that_name_no_feature_are_found);
    tcase_add_test(tc, a_bad_recipe_is_told_as_by_the_parser);
}

Suite *check_suite(void);
Suite *check_suite(void)
{
    return suite_of("check", add);
}
