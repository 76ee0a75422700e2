/* test_anomaly.c - the command on tables without a target: anomalies trained, predicted, evaluated, inspected. */
#include <config.h>

#include "cli.h"

#define BLIND "--ignore diagnosis -l isolation --seed 3"

START_TEST(a_target_scores_but_is_no_feature)
{
    ran r = run("$E train $D/breast_cancer.csv -t diagnosis -l isolation -o m.ens");

    ck_code(r, 0);
    ck_has(r.out, "a row is an anomaly if its score is above 0.5000\n");
    ck_has(r.out, "target, no feature but there to score with: diagnosis\n");
    ck_has(r.out, "its class that is the anomaly: malignant\n");
    ck_has(r.out, "score               train\n");
    ck_has(r.out, "roc_auc            0.");
    r = run("$E inspect m.ens");
    ck_has(r.out, "task: anomaly\n");
    ck_has(r.out, "anomaly by the target: malignant\n");
    ck_has(r.out, "anomaly: score above 0.5000\n");
    ck_assert_ptr_null(strstr(r.out, "diagnosis  "));
    r = run("$E evaluate m.ens $D/breast_cancer.csv");
    ck_code(r, 0);
    ck_has(r.out, "anomaly: malignant\n");
    ck_has(r.out, "average_precision  0.");
    ck_has(r.out, "normal  anomaly\n");
}
END_TEST

START_TEST(a_model_without_target_is_scored_by_the_table_s)
{
    ran r = run("$E train $D/breast_cancer.csv " BLIND " -o m.ens && "
                "$E evaluate m.ens $D/breast_cancer.csv --target diagnosis");
    json_t *json;

    ck_code(r, 0);
    ck_has(r.out, "569 rows, 30 features, no target\n");
    ck_has(r.out, "anomaly: malignant\n");
    r = run("$E evaluate m.ens $D/breast_cancer.csv --target diagnosis --json");
    json = json_of(&r);
    ck_assert_str_eq(json_string_value(json_object_get(json, "anomaly")), "malignant");
    ck_assert_double_gt(number_in(json, "scores.roc_auc"), 0.7);
    json_decref(json);
    r = run("$E inspect m.ens --json");
    json = json_of(&r);
    ck_assert(json_is_null(json_object_get(json, "target")));
    ck_assert_double_eq(number_in(json, "threshold"), 0.5);
    json_decref(json);
}
END_TEST

START_TEST(predictions_are_a_word_and_a_score)
{
    ran r = run("$E train $D/breast_cancer.csv --ignore diagnosis "
                "-l 'isolation(contamination=0.1)' -o m.ens -q && "
                "$E predict m.ens $D/breast_cancer.csv --keep diagnosis -o p.csv && "
                "head -1 p.csv && grep -c ,anomaly, p.csv && grep -c ,normal, p.csv");

    ck_code(r, 0);
    ck_has(r.out, "diagnosis,prediction,score\n");
    ck_has(r.out, "\n57\n512\n");
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    static const struct {
        const char *command, *text;
    } bad[] = {
        {"$E train $D/breast_cancer.csv -l forest", "--target=COL is missing"},
        {"$E train $D/breast_cancer.csv -l isolation --holdout 0.2",
         "--holdout needs --target=COL"},
        {"$E train $D/breast_cancer.csv -l isolation --valid $D/breast_cancer.csv",
         "--valid needs --target=COL"},
        {"$E train $D/breast_cancer.csv " BLIND " -o m.ens -q >t.txt && "
         "$E evaluate m.ens $D/breast_cancer.csv",
         "--target=COL is missing: the model was fitted without a target"},
        {"$E train $D/breast_cancer.csv -t diagnosis -l isolation -o m.ens -q >t.txt && "
         "$E evaluate m.ens $D/breast_cancer.csv --target diagnosis",
         "--target: the model has a target of its own, `diagnosis`"},
        {"$E train $D/breast_cancer.csv " BLIND " -o m.ens -q >t.txt && "
         "$E predict m.ens $D/breast_cancer.csv --proba",
         "--proba: the model predicts no classes"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ran r = run("%s", bad[i].command);

        ck_code(r, 2);
        ck_has(r.err, bad[i].text);
    }
}
END_TEST

START_TEST(a_target_that_cannot_score_is_told)
{
    ran r = run("$E train $D/iris.csv -t species -l isolation");

    ck_code(r, 0);
    ck_has(r.out, "it has not two classes, so that nothing is scored\n");
    r = run("$E train $D/iris.csv -t species -l isolation --holdout 0.3");
    ck_code(r, 1);
    ck_has(r.err, "target `species` has not two classes");
}
END_TEST

START_TEST(generated_outliers_are_found)
{
    ran r = run("$E generate 'outliers(n=2000, share=0.03)' -o o.csv && "
                "$E train o.csv -t y -l isolation --json -q");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_double_gt(number_in(json, "scores.train.roc_auc"), 0.95);
    json_decref(json);
    r = run("cut -d, -f11 o.csv | sort | uniq -c");
    ck_has(r.out, "60 1\n");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, a_target_scores_but_is_no_feature);
    tcase_add_test(tc, a_model_without_target_is_scored_by_the_table_s);
    tcase_add_test(tc, predictions_are_a_word_and_a_score);
    tcase_add_test(tc, what_makes_no_sense_is_refused);
    tcase_add_test(tc, a_target_that_cannot_score_is_told);
    tcase_add_test(tc, generated_outliers_are_found);
}

Suite *cli_anomaly_suite(void);

Suite *cli_anomaly_suite(void)
{
    return suite_of("cli: anomaly", add);
}
