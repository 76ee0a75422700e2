/* test_evaluate.c - `ensemble evaluate` and `ensemble inspect`. */
#include <config.h>

#include "cli.h"

#define TRAIN_TITANIC                                                                    \
    "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=10,oob_score=true)' "   \
    "-q "                                                                                \
    "--seed 5 -o m.ens >/dev/null; "
#define TRAIN_SOLDER "$E train $D/solder.csv -t skips -l tree -q -o s.ens >/dev/null; "

START_TEST(json_has_every_field)
{
    ran r = run(TRAIN_TITANIC "$E evaluate m.ens $D/titanic.csv --json -q");
    json_t *json, *matrix;
    double right = 0, all = 0;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_double_eq(number_in(json, "rows"), 1309);
    ck_assert_double_ge(number_in(json, "predict_seconds"), 0);
    ck_assert_double_gt(number_in(json, "scores.roc_auc"), 0.8);
    ck_assert(!isnan(number_in(json, "scores.log_loss")));
    ck_assert(!isnan(number_in(json, "scores.f1")));
    ck_assert_ptr_null(json_object_get(json, "intervals"));
    matrix = json_object_get(json, "confusion_matrix");
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++) {
            double count =
                json_number_value(json_array_get(json_array_get(matrix, i), j));

            all += count;
            right += i == j ? count : 0;
        }
    ck_assert_double_eq(all, 1309);
    ck_assert_double_eq_tol(right / all, number_in(json, "scores.accuracy"),
                            1e-15); /* one division */
    json_decref(json);
}
END_TEST

/* The score is what counting the lines of predict gives. */
START_TEST(accuracy_is_that_of_predict)
{
    ran r = run(TRAIN_TITANIC
                "$E predict m.ens $D/titanic.csv | paste -d, $D/titanic.csv - | "
                "awk -F, 'NR > 1 { n += $4 == $5 } END { print n }'");
    double right = strtod(r.out, NULL);
    json_t *json;

    ck_code(r, 0);
    r = run("$E evaluate m.ens $D/titanic.csv --json -q --metrics accuracy");
    json = json_of(&r);
    ck_assert_double_eq_tol(number_in(json, "scores.accuracy"), right / 1309,
                            1e-15); /* one division */
    ck_assert_int_eq((int)json_object_size(json_object_get(json, "scores")), 1);
    json_decref(json);
}
END_TEST

START_TEST(intervals_hold_the_score)
{
    ran r = run(TRAIN_TITANIC
                "$E evaluate m.ens $D/titanic.csv --intervals --resamples=200 --json -q "
                "--metrics='accuracy,fbeta(beta=2, average=macro)'");
    json_t *json, *pair;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert(!isnan(number_in(json, "scores.fbeta(beta=2, average=macro)")));
    pair = json_object_get(json_object_get(json, "intervals"), "accuracy");
    ck_assert_double_lt(json_number_value(json_array_get(pair, 0)),
                        number_in(json, "scores.accuracy"));
    ck_assert_double_gt(json_number_value(json_array_get(pair, 1)),
                        number_in(json, "scores.accuracy"));
    json_decref(json);
}
END_TEST

START_TEST(text_has_scores_and_the_confusion_matrix)
{
    ran r = run(TRAIN_TITANIC "$E evaluate m.ens $D/titanic.csv -q");

    ck_code(r, 0);
    ck_has(r.out, "titanic.csv: 1309 rows predicted in ");
    ck_has(r.out, "\n  accuracy  0.");
    ck_has(r.out, "rows: the truth, columns: the prediction\n");
    ck_has(r.out, "\n  yes  ");
}
END_TEST

START_TEST(regression_has_no_confusion)
{
    ran r = run(TRAIN_SOLDER "$E evaluate s.ens $D/solder.csv -q -i --resamples 20");

    ck_code(r, 0);
    ck_has(r.out, "  rmse  ");
    ck_has(r.out, "low");
    ck_has_not(r.out, "prediction");
}
END_TEST

START_TEST(weights_count)
{
    ran r = run("printf 'a,w,y\\n1,1,x\\n2,3,z\\n' > t.csv; $E train t.csv -t y --ignore "
                "w -l tree -o m.ens >/dev/null; "
                "printf 'a,w,y\\n1,1,x\\n2,3,x\\n' > u.csv; $E evaluate m.ens u.csv "
                "--weight w -m accuracy --json -q");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_double_eq(number_in(json, "scores.accuracy"), 0.25);
    json_decref(json);
}
END_TEST

START_TEST(what_cannot_be_scored_is_refused)
{
    ran r = run(TRAIN_TITANIC
                "cut -d, -f1-3 $D/titanic.csv > t.csv; $E evaluate m.ens t.csv");

    ck_code(r, 1);
    ck_has(r.err, "t.csv: no column `survived`");
    r = run("$E evaluate m.ens $D/titanic.csv -m accuracyy");
    ck_code(r, 1);
    ck_has(r.err, "did you mean `accuracy`?");
    r = run("$E evaluate m.ens $D/titanic.csv -m rmse");
    ck_code(r, 1);
    ck_has(r.err, "rmse");
    r = run("$E evaluate m.ens $D/titanic.csv --level 1");
    ck_code(r, 2);
    ck_has(r.err, "--level=1 is outside (0, 1)");
}
END_TEST

START_TEST(inspect_tells_what_a_model_is)
{
    ran r = run(TRAIN_TITANIC "$E inspect m.ens");

    ck_code(r, 0);
    ck_has(r.out, "learner: forest(n_estimators=10, oob_score=true)\n");
    ck_has(r.out, "in full: forest(n_estimators=10, bootstrap=true, ");
    ck_has(r.out, "target: survived\n");
    ck_has(r.out, "task: classification\n");
    ck_has(r.out, "classes: no, yes\n");
    ck_has(r.out, "fitted on: 1309 rows, seed 5\n");
    ck_has(r.out, "members: 10");
    ck_has(r.out, "importance");
    ck_has(r.out, "1st, 2nd, 3rd");
    ck_has(r.out, "oob\n");
}
END_TEST

START_TEST(inspect_json_has_the_schema)
{
    ran r = run(TRAIN_TITANIC "$E inspect m.ens --json");
    json_t *json, *feature, *first;
    double sum = 0;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_str_eq(json_string_value(json_object_get(json, "learner")),
                     "forest(n_estimators=10, oob_score=true)");
    ck_assert_str_eq(json_string_value(json_object_get(json, "target")), "survived");
    ck_assert_double_eq(number_in(json, "seed"), 5);
    ck_assert_double_eq(number_in(json, "rows"), 1309);
    ck_assert_double_gt(number_in(json, "scores.oob.accuracy"), 0.7);
    feature = json_object_get(json, "features");
    ck_assert_int_eq((int)json_array_size(feature), 3);
    for (size_t i = 0; i < 3; i++)
        sum += number_in(json_array_get(feature, i), "importance");
    ck_assert_double_eq_tol(sum, 1, 1e-12); /* three roundings */
    first = json_array_get(feature, 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "name")), "class");
    ck_assert_str_eq(
        json_string_value(json_array_get(json_object_get(first, "levels"), 2)), "3rd");
    json_decref(json);
}
END_TEST

/* A name in a file is no way to send a terminal commands, and JSON stays JSON. */
START_TEST(odd_bytes_are_harmless)
{
    ran r = run("printf 'a\\033[31m,caf\\351,y\\n1,2,x\\n2,1,z\\n' > t.csv; "
                "$E train t.csv -t y -l tree -o m.ens && $E inspect m.ens");
    json_t *json;

    ck_code(r, 0);
    ck_has(r.out, "a?[31m");
    ck_assert_ptr_null(strchr(r.out, 27));
    r = run("$E inspect m.ens --json");
    json = json_of(&r);
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(json, "features"), 1), "name")),
                     "caf\xef\xbf\xbd");
    json_decref(json);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, json_has_every_field);
    tcase_add_test(tc, accuracy_is_that_of_predict);
    tcase_add_test(tc, intervals_hold_the_score);
    tcase_add_test(tc, text_has_scores_and_the_confusion_matrix);
    tcase_add_test(tc, regression_has_no_confusion);
    tcase_add_test(tc, weights_count);
    tcase_add_test(tc, what_cannot_be_scored_is_refused);
    tcase_add_test(tc, inspect_tells_what_a_model_is);
    tcase_add_test(tc, inspect_json_has_the_schema);
    tcase_add_test(tc, odd_bytes_are_harmless);
}

Suite *cli_evaluate_suite(void);

Suite *cli_evaluate_suite(void)
{
    return suite_of("cli: evaluate, inspect", add);
}
