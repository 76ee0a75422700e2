/* test_cv.c - `ensemble cv`, `compare` and `curve`, and intervals of `ensemble predict`. */
#include <config.h>

#include "cli.h"

START_TEST(cv_shows_splits_and_their_mean)
{
    ran r = run("$E cv $D/iris.csv -t species -l naive_bayes --cv 'stratified(5, shuffle=false)' -m accuracy -q");

    ck_code(r, 0);
    /* Scores of scikit-learn's GaussianNB on these folds: tests/select/make_reference.py. */
    ck_has(r.out, "  score       mean     low    high  pooled       1       2       3       4       5\n");
    ck_has(r.out, "  0.9333  0.9667  0.9333  0.9333  1.0000\n");
    ck_has(r.out, "accuracy  0.9533");
    r = run("$E cv $D/diabetes.csv -t progression -l linear --cv 'kfold(4, repeats=3)' -q");
    ck_code(r, 0);
    ck_has(r.out, "12 splits fitted");
    ck_has(r.out, "pooled\n"); /* too many splits to show */
}
END_TEST

START_TEST(cv_json_is_the_same_for_any_threads)
{
    ran r = run("for t in 1 3; do $E cv $D/pima.csv -t type -l 'forest(n_estimators=20)' --json -q --threads $t "
                "| grep -v seconds > $t; done; cmp 1 3 && cat 1");
    json_t *json, *accuracy;

    ck_code(r, 0);
    r = run("$E cv $D/pima.csv -t type -l 'forest(n_estimators=20)' --json -q");
    json = json_of(&r);
    accuracy = json_object_get(json_object_get(json, "scores"), "accuracy");
    ck_assert_uint_eq(json_array_size(json_object_get(accuracy, "splits")), 5);
    ck_assert_double_lt(number_in(accuracy, "low"), number_in(accuracy, "mean"));
    ck_assert_double_eq(number_in(json, "rows"), 300);
    json_decref(json);
}
END_TEST

START_TEST(cv_tells_what_is_wrong)
{
    ran r = run("$E cv $D/iris.csv -l forest");

    ck_code(r, 2);
    ck_has(r.err, "--target=COL is missing");
    r = run("$E cv $D/iris.csv -t species --cv 'kfold(0)'");
    ck_code(r, 1);
    ck_has(r.err, "n_splits");
    r = run("$E cv $D/iris.csv -t species --cv 151 -q");
    ck_code(r, 1);
    ck_has(r.err, "151");
    r = run("$E cv $D/iris.csv -t species -l 'forrest'");
    ck_code(r, 1);
    ck_has(r.err, "did you mean `forest`");
    r = run("$E cv $D/iris.csv -t species -m accurcy -q");
    ck_code(r, 1);
    ck_has(r.err, "did you mean `accuracy`");
    r = run("$E cv $D/iris.csv -t species -l isolation -q");
    ck_code(r, 1);
    ck_has(r.err, "`isolation` cannot be cross-validated");
}
END_TEST

START_TEST(compare_says_it_in_words)
{
    ran r = run("$E compare 'forest(n_estimators=30)' dummy -d $D/breast_cancer.csv -t diagnosis -m roc_auc -q");

    ck_code(r, 0);
    ck_has(r.out, "A is better than B in roc_auc (corrected resampled t, p = ");
    ck_has(r.out, "A is better than B in rows predicted right (McNemar, p = ");
    ck_has(r.out, "A is better than B in area under the ROC curve (DeLong, p = ");
    r = run("$E compare dummy linear -d $D/diabetes.csv -t progression -q"); /* less error is better */
    ck_code(r, 0);
    ck_has(r.out, "B is better than A in rmse (corrected resampled t, p = ");
    ck_has(r.out, "B is better than A in absolute errors (Wilcoxon signed ranks, p = ");
    r = run("$E compare linear linear -d $D/diabetes.csv -t progression -q --cv 'folds(2, repeats=5)'");
    ck_code(r, 0);
    ck_has(r.out, "A and B: the difference in rmse may be chance (5x2cv F, p = 1)");
}
END_TEST

START_TEST(compare_takes_several_tables)
{
    ran r = run("$E compare forest dummy -d $D/pima.csv,$D/iris.csv,$D/wine.csv -t type,species,cultivar -q");

    ck_code(r, 0);
    ck_has(r.out, "A and B: the difference in accuracy may be chance (Wilcoxon signed ranks, p = 0.25)");
    r = run("$E compare forest dummy naive_bayes -d $D/pima.csv,$D/iris.csv,$D/wine.csv -t type,species,cultivar -q");
    ck_code(r, 0);
    ck_has(r.out, "(Friedman, p = ");
    ck_has(r.out, "in mean rank");
    ck_has(r.out, "(Nemenyi, p = ");
}
END_TEST

START_TEST(compare_takes_models)
{
    ran r = run("for l in forest dummy; do $E train $D/breast_cancer.csv -t diagnosis -l $l --holdout 0.3 -o $l.ens -q "
                ">/dev/null || exit; done; $E compare forest.ens dummy.ens -d $D/breast_cancer.csv --json -q");
    json_t *json, *test;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "tests")), 2);
    test = json_array_get(json_object_get(json, "tests"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(test, "test")), "McNemar");
    ck_assert_double_gt(number_in(test, "difference"), 0.2);
    ck_assert_double_lt(number_in(test, "p_adjusted"), 1e-6);
    json_decref(json);
    r = run("$E compare forest.ens forest -d $D/breast_cancer.csv -t diagnosis");
    ck_code(r, 2);
    ck_has(r.err, "models are not compared with recipes");
    r = run("$E compare forest.ens dummy.ens -d $D/iris.csv,$D/wine.csv");
    ck_code(r, 2);
    ck_has(r.err, "on one table");
}
END_TEST

START_TEST(compare_tells_what_is_wrong)
{
    ran r = run("$E compare forest tree");

    ck_code(r, 2);
    ck_has(r.err, "--data=CSV is missing");
    r = run("$E compare forest -d $D/iris.csv -t species");
    ck_code(r, 2);
    r = run("$E compare forest tree -d $D/iris.csv -q");
    ck_code(r, 2);
    ck_has(r.err, "--target=COL is missing");
    r = run("$E compare forest tree -d $D/iris.csv,$D/wine.csv,$D/pima.csv -t species,cultivar");
    ck_code(r, 2);
    ck_has(r.err, "--target has 2 columns, --data 3 tables");
    r = run("$E compare forest linear -d $D/iris.csv -t species -q");
    ck_code(r, 1);
    ck_has(r.err, "`linear` cannot be cross-validated on this target");
}
END_TEST

START_TEST(curve_says_whether_more_would_help)
{
    ran r = run("$E curve $D/diabetes.csv -t progression -l linear --points 4 -m rmse -q");

    ck_code(r, 0);
    ck_has(r.out, "  rows     rmse ");
    ck_has(r.out, "more rows may");
    r = run("$E curve $D/diabetes.csv -t progression -l 'forest(n_estimators=40)' --over members --points 5 --json -q");
    ck_code(r, 0);
    ck_has(r.out, "\"members\": 40");
    r = run("$E curve $D/diabetes.csv -t progression -l linear --over members -q");
    ck_code(r, 1);
    ck_has(r.err, "n_estimators");
    r = run("$E curve $D/diabetes.csv -l linear -q");
    ck_code(r, 2);
    ck_has(r.err, "--target=COL is missing");
}
END_TEST

START_TEST(predict_adds_an_interval)
{
    ran r = run("$E train $D/diabetes.csv -t progression -l 'conformal(linear)' -o c.ens -q >/dev/null; "
                "$E predict c.ens $D/diabetes.csv -k progression -i 0.9 > p.csv; head -1 p.csv; "
                "awk -F, 'NR > 1 { n += $3 <= $1 && $1 <= $4 } END { print n / (NR - 1) }' p.csv");

    ck_code(r, 0);
    ck_has(r.out, "progression,prediction,low,high\n0.9");
    r = run("$E predict c.ens $D/diabetes.csv -i 0.8");
    ck_code(r, 1);
    ck_has(r.err, "0.1");
    r = run("$E train $D/diabetes.csv -t progression -l linear -o l.ens -q >/dev/null; "
            "$E predict l.ens $D/diabetes.csv -i 0.9");
    ck_code(r, 2);
    ck_has(r.err, "--interval: the model has no quantiles");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, cv_shows_splits_and_their_mean);
    tcase_add_test(tc, cv_json_is_the_same_for_any_threads);
    tcase_add_test(tc, cv_tells_what_is_wrong);
    tcase_add_test(tc, compare_says_it_in_words);
    tcase_add_test(tc, compare_takes_several_tables);
    tcase_add_test(tc, compare_takes_models);
    tcase_add_test(tc, compare_tells_what_is_wrong);
    tcase_add_test(tc, curve_says_whether_more_would_help);
    tcase_add_test(tc, predict_adds_an_interval);
}

Suite *cli_cv_suite(void);

Suite *cli_cv_suite(void)
{
    return suite_of("cli: cv", add);
}
