/* test_explain.c - `ensemble explain`. */
#include <config.h>

#include "cli.h"

#define TRAIN "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=15)' --seed 5 -q -o m.ens >/dev/null; "
#define EXPLAIN "$E explain m.ens $D/titanic.csv -q "

START_TEST(text_ranks_the_features)
{
    ran r = run(TRAIN EXPLAIN);
    const char *sex, *age;

    ck_code(r, 0);
    ck_has(r.out, "permutation importance: accuracy lost, mean of 5 permutations\n");
    sex = strstr(r.out, "\n  sex  ");
    age = strstr(r.out, "\n  age  ");
    ck_assert(sex != NULL && age != NULL && sex < age);
    r = run(EXPLAIN "--importance=permutation --metric=roc_auc --repeats=3");
    ck_code(r, 0);
    ck_has(r.out, "roc_auc lost, mean of 3 permutations\n");
}
END_TEST

START_TEST(json_has_every_kind)
{
    static const char *const kinds[] = {"permutation", "oob", "corrected", "impurity"};
    ran r = run(TRAIN EXPLAIN "-i permutation,oob -i corrected,impurity --level 0.5 --json");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_double_eq(number_in(json, "rows"), 1309);
    for (size_t k = 0; k < 4; k++) {
        json_t *features = json_object_get(json_object_get(json, kinds[k]), "features");
        json_t *sex = json_array_get(features, 1);

        ck_assert_int_eq((int)json_array_size(features), 3);
        ck_assert_str_eq(json_string_value(json_object_get(sex, "name")), "sex");
        ck_assert_double_gt(number_in(sex, "importance"), 0.05);
        if (k == 3) {
            ck_assert_ptr_null(json_object_get(sex, "error"));
            continue;
        }
        ck_assert_double_lt(number_in(sex, "low"), number_in(sex, "importance"));
        ck_assert_double_gt(number_in(sex, "high"), number_in(sex, "importance"));
        /* Student's quantile 0.75 is below 0.75 for 4 degrees of freedom or more. */
        ck_assert_double_lt(number_in(sex, "high") - number_in(sex, "importance"),
                            0.75 * number_in(sex, "error"));
    }
    json_decref(json);
}
END_TEST

START_TEST(threads_and_order_of_columns_change_nothing)
{
    ran r = run(TRAIN "awk -F, -v OFS=, '{ print $4, $3, $1, $2 }' $D/titanic.csv > t.csv; "
                      "for n in 1 3; do for t in $D/titanic.csv t.csv; do for w in -ioob -icorrected "
                      "-ipermutation --leaves --neighbors=2 --oob-predictions '--outliers --oob'; do "
                      "$E explain m.ens $t $w -q --threads=$n || exit; done > $n${t##*/}; done; done; "
                      "cmp 1titanic.csv 3titanic.csv && cmp 1titanic.csv 1t.csv && cmp 1titanic.csv 3t.csv");

    ck_code(r, 0);
    ck_assert_uint_gt(strlen(text_of("1t.csv")), 10000);
}
END_TEST

START_TEST(rows_come_as_csv)
{
    ran r = run(TRAIN EXPLAIN "--oob-predictions > o.csv; head -1 o.csv; wc -l < o.csv; " EXPLAIN
                              "--leaves > l.csv; head -1 l.csv | cut -d, -f1-3; wc -l < l.csv; " EXPLAIN
                              "--neighbors=3 > n.csv; head -1 n.csv; grep -c '^7,' n.csv; " EXPLAIN
                              "--outliers > x.csv; head -1 x.csv; wc -l < x.csv");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction,p_no,p_yes\n1310\ntree1,tree2,tree3\n1310\nrow,neighbor,proximity\n3\n"
                            "outlier\n1310\n");
}
END_TEST

/* The score that train prints is that of the predictions that explain prints. */
START_TEST(oob_predictions_are_those_of_the_oob_score)
{
    ran r = run("$E train $D/titanic.csv -t survived -l 'forest(n_estimators=60,oob_score=true)' --json -q -o m.ens");
    json_t *json = json_of(&r);
    double accuracy = number_in(json, "scores.oob.accuracy"), right;

    json_decref(json);
    r = run(EXPLAIN "--oob-predictions | paste -d, $D/titanic.csv - | "
                    "awk -F, 'NR > 1 { n += $4 == $5 } END { print n }'");
    ck_code(r, 0);
    right = strtod(r.out, NULL);
    ck_assert_double_eq_tol(right / 1309, accuracy, 1e-15); /* one division */
}
END_TEST

START_TEST(proximities_of_a_small_table)
{
    ran r = run("printf 'a,y\\n1,5\\n2,5\\n3,9\\n4,9\\n' > t.csv; $E train t.csv -t y --task regression -l tree "
                "-q -o m.ens >/dev/null; $E explain m.ens t.csv --proximities");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "1,2,3,4\n1,1,0,0\n1,1,0,0\n0,0,1,1\n0,0,1,1\n");
    r = run("$E generate 'moons(n=10001)' > b.csv; $E train b.csv -t y -l 'tree(max_depth=2)' -q -o m.ens >/dev/null; "
            "$E explain m.ens b.csv --proximities");
    ck_code(r, 1);
    ck_has(r.err, "b.csv has 10001 rows, at most 10000 make a table of all pairs; --neighbors=N");
    ck_assert_str_eq(r.out, "");
}
END_TEST

/* A model of train --holdout is explained by the same split. */
START_TEST(holdout_is_split_again)
{
    ran r = run("$E train $D/titanic.csv -t survived --holdout 0.3 --seed 4 -l 'forest(n_estimators=9)' -q -o m.ens "
                ">/dev/null; " EXPLAIN "-i oob,permutation --holdout 0.3 --json");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_ptr_nonnull(json_object_get(json, "oob"));
    json_decref(json);
    r = run(EXPLAIN "-i oob");
    ck_code(r, 1);
    ck_has(r.err, "not the table of the fit: it has 1309 rows, the model was fitted on 9");
    r = run(EXPLAIN "-i oob --holdout 0.31");
    ck_code(r, 1);
    ck_has(r.err, "titanic.csv: not the table of the fit");
}
END_TEST

START_TEST(what_cannot_be_explained_is_refused)
{
    ran r = run(TRAIN "sed '3s/yes/no/' $D/titanic.csv > t.csv; $E explain m.ens t.csv -i oob");

    ck_code(r, 1);
    ck_has(r.err, "t.csv: not the table of the fit: features, targets, weights or the order of the 1309 rows differ");
    r = run("cut -d, -f1-3 $D/titanic.csv > u.csv; $E explain m.ens u.csv");
    ck_code(r, 1);
    ck_has(r.err, "u.csv: the table lacks the target column `survived`");
    ck_code(run("$E explain m.ens u.csv --leaves"), 0);
    r = run(EXPLAIN "-m accuracyy");
    ck_code(r, 1);
    ck_has(r.err, "did you mean `accuracy`?");
    r = run("$E train $D/titanic.csv -t survived -l naive_bayes -q -o b.ens >/dev/null; "
            "for w in --leaves --oob-predictions -icorrected -iimpurity; do $E explain b.ens $D/titanic.csv $w; done");
    ck_code(r, 1);
    ck_has(r.err, "naive_bayes has no trees");
    ck_has(r.err, "naive_bayes draws no bags of rows");
    ck_has(r.err, "naive_bayes has no impurity importance");
    ck_assert_str_eq(r.out, "");
}
END_TEST

static void usage(const char *arguments, const char *message)
{
    ran r = run("$E explain m.ens t.csv %s", arguments);

    ck_refused(r, 2, message, NULL);
}

START_TEST(wrong_command_lines_end_with_2)
{
    usage("-i shap", "--importance=shap is none of permutation,oob,corrected,impurity");
    usage("-i impurty", "did you mean `impurity`?");
    usage("-i oob --leaves", "exclude each other");
    usage("--leaves --outliers", "exclude each other");
    usage("--leaves --json", "--json is for importances");
    usage("--leaves --holdout=0.2", "--holdout is for importances");
    usage("--leaves --oob", "--oob is for --proximities");
    usage("-i oob -m accuracy", "--metric is for --importance=permutation");
    usage("-i corrected --repeats=3", "--repeats is for --importance=permutation");
    usage("--leaves --repeats=3", "--repeats is for --importance=permutation");
    usage("--repeats=0", "--repeats=0 is outside [1, 10000]");
    usage("--level=1", "--level=1 is outside (0, 1)");
    usage("--neighbors=0", "--neighbors=0 is outside [1, 1000]");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, text_ranks_the_features);
    tcase_add_test(tc, json_has_every_kind);
    tcase_add_test(tc, threads_and_order_of_columns_change_nothing);
    tcase_add_test(tc, rows_come_as_csv);
    tcase_add_test(tc, oob_predictions_are_those_of_the_oob_score);
    tcase_add_test(tc, proximities_of_a_small_table);
    tcase_add_test(tc, holdout_is_split_again);
    tcase_add_test(tc, what_cannot_be_explained_is_refused);
    tcase_add_test(tc, wrong_command_lines_end_with_2);
}

Suite *cli_explain_suite(void);

Suite *cli_explain_suite(void)
{
    return suite_of("cli: explain", add);
}
