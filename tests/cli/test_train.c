/* test_train.c - `ensemble train`: what it prints, what it saves, what its options do. */
#include <config.h>

#include "cli.h"

START_TEST(text_tells_what_was_understood)
{
    ran r = run(
        "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=20,oob_score=true)' "
        "--holdout 0.25 --seed 1 -o m.ens");

    ck_code(r, 0);
    ck_has(r.out, "titanic.csv: 1309 rows, 3 features, classification\n");
    ck_has(r.out, "  class     feature  category       3        0\n");
    ck_has(r.out, "  age       feature  number                263\n");
    ck_has(r.out, "  survived  target   category       2        0\n");
    ck_has(r.out, "classes: no 809, yes 500\n");
    ck_has(r.out, "\nforest(n_estimators=20, oob_score=true)\n");
    ck_has(r.out, "fitted on 982 rows");
    ck_has(r.out, "holdout     oob\n");
    ck_has(r.out, "  accuracy  ");
    ck_has(r.out, "saved m.ens, ");
    ck_assert_str_eq(r.err, "");
    ck_assert_int_eq(count_files("m.ens"), 0);
}
END_TEST

START_TEST(json_has_every_field)
{
    ran r = run(
        "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=20,oob_score=true)' "
        "--holdout 0.25 --valid $D/titanic.csv --threads 2 --seed 1 -o m.ens --json");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_str_eq(json_string_value(json_object_get(json, "learner")),
                     "forest(n_estimators=20, oob_score=true)");
    ck_assert_str_eq(json_string_value(json_object_get(json, "task")), "classification");
    ck_assert_double_eq(number_in(json, "rows"), 982);
    ck_assert_double_eq(number_in(json, "features"), 3);
    ck_assert_double_ge(number_in(json, "load_seconds"), 0);
    ck_assert_double_gt(number_in(json, "fit_seconds"), 0);
    ck_assert_double_ge(number_in(json, "threads"), 1);
    ck_assert_double_gt(number_in(json, "scores.holdout.accuracy"), 0.7);
    ck_assert_double_gt(number_in(json, "scores.valid.roc_auc"), 0.7);
    ck_assert_double_gt(number_in(json, "scores.oob.accuracy"), 0.7);
    ck_assert_double_eq(number_in(json, "model_bytes"),
                        strtod(run("wc -c < m.ens").out, NULL));
    json_decref(json);
}
END_TEST

START_TEST(regression_has_its_own_scores)
{
    ran r =
        run("$E train $D/diabetes.csv -t progression -l tree --holdout 0.3 --json -q");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_str_eq(json_string_value(json_object_get(json, "task")), "regression");
    ck_assert_double_gt(number_in(json, "scores.holdout.rmse"), 30);
    ck_assert(!isnan(number_in(json, "scores.holdout.r2")));
    ck_assert(isnan(number_in(json, "scores.holdout.accuracy")));
    ck_assert_double_gt(number_in(json, "model_bytes"), 1000);
    ck_assert_str_eq(r.err, "");
    ck_assert_int_eq(count_files(NULL), 0);
    json_decref(json);
}
END_TEST

START_TEST(no_recipe_is_auto)
{
    ran r = run("$E train $D/iris.csv -t species -q -o m.ens && $E inspect m.ens | grep '^learner'");

    ck_code(r, 0);
    ck_has(r.out, "\nauto\n");
    ck_has(r.out, "combined by a weighted mean\n  member "); /* the leaderboard */
    ck_has(r.out, ": gbdt(n_estimators=100): weight ");
    ck_has(r.out, "learner: auto\n");
}
END_TEST

START_TEST(members_are_added_to_a_model)
{
    ran r = run(
        "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=5,oob_score=true)' "
        "--seed 3 --holdout 0.2 -q -o few.ens >/dev/null && "
        "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=9,oob_score=true)' "
        "--seed 3 --holdout 0.2 -q -o many.ens >/dev/null && "
        "$E train $D/titanic.csv --add-to few.ens -l "
        "'forest(n_estimators=9,oob_score=true)' "
        "--holdout 0.2 -q -o more.ens && cmp many.ens more.ens");

    ck_code(r, 0);
    ck_has(r.out, "\nforest(n_estimators=9, oob_score=true)\n");
    r = run("$E train $D/titanic.csv --init few.ens -l forest -q -o no.ens");
    ck_code(r, 1);
    ck_has(r.err, "forest.oob_score = false, but the model was fitted with true");
    ck_assert_int_ne(run("test -e no.ens").code, 0);
    r = run("$E train $D/titanic.csv --add-to few.ens -q --seed 4");
    ck_code(r, 2);
    ck_has(r.err, "--seed=4, but the model of --init has 3");
    r = run("$E train $D/titanic.csv --add-to nix.ens -q");
    ck_code(r, 1);
    ck_has(r.err, "nix.ens: cannot open");
}
END_TEST

START_TEST(a_score_without_rows_is_noted)
{
    ran r = run("printf 'a,y\\n1,2.5\\n' > t.csv; $E train t.csv -t y --json -l "
                "'forest(n_estimators=3, oob_score=true)'");

    ck_code(r, 0);
    ck_has(r.err, "ensemble: note: no out-of-bag score: every member drew every row\n");
}
END_TEST

START_TEST(threads_do_not_change_the_file)
{
    ran r = run(
        "for n in 1 2 3 7; do $E train $D/cars.csv --target price -l "
        "'forest(n_estimators=15)' -q --threads $n -o $n.ens >/dev/null || exit 9; done; "
        "cmp 1.ens 2.ens && cmp 1.ens 3.ens && cmp 1.ens 7.ens");

    ck_code(r, 0);
}
END_TEST

START_TEST(the_seed_does)
{
    ran r = run("for n in 1 2; do $E train $D/cars.csv --target price -l "
                "'forest(n_estimators=3)' "
                "--seed=$n -o $n.ens >/dev/null || exit 9; done; cmp -s 1.ens 2.ens");

    ck_code(r, 1);
}
END_TEST

START_TEST(ignored_columns_are_no_features)
{
    ran r =
        run("$E train $D/titanic.csv -t survived -l tree --ignore class,sex --json -q");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert_double_eq(number_in(json, "features"), 1);
    json_decref(json);
}
END_TEST

START_TEST(a_list_may_be_repeated_and_hold_commas)
{
    ran r =
        run("printf 'a,b,\"c,d\",y\\n1,2,3,x\\n2,3,4,z\\n' > t.csv; $E train t.csv -t y "
            "-l tree --ignore b --ignore 'c\\,d'");

    ck_code(r, 0);
    ck_has(r.out, "2 rows, 1 feature, ");
    ck_has(r.out, "  b       ignored  ");
    ck_has(r.out, "  c,d     ignored  ");
}
END_TEST

START_TEST(types_rule_over_looks)
{
    ran r =
        run("$E train $D/diabetes.csv -t progression -l tree --types sex=cat,age=num");

    ck_code(r, 0);
    ck_has(r.out, "  sex          feature  category       2        0\n");
    ck_has(r.out, "  age          feature  number                  0\n");
}
END_TEST

START_TEST(na_adds_spellings)
{
    ran r =
        run("printf 'a,y\\n1,x\\n-9,z\\nnone,x\\n' > t.csv; $E train t.csv -t y -l tree "
            "--na=-9,none");

    ck_code(r, 0);
    ck_has(r.out, "  a       feature  number                  2\n");
}
END_TEST

START_TEST(task_rules_over_looks)
{
    ck_has(run("$E train $D/solder.csv -t panel -l tree --task=regression").out,
           "5 features, regression\n");
    ck_has(run("$E train $D/solder.csv -t panel -l tree").out,
           "5 features, classification\n");
}
END_TEST

START_TEST(weights_count)
{
    ran r =
        run("printf 'a,w,y\\n1,1,x\\n1,3,z\\n' > t.csv; $E train t.csv -t y --weight w "
            "-l 'tree' -o m.ens && $E predict -p m.ens t.csv");

    ck_code(r, 0);
    ck_has(r.out, "w       weight   number");
    ck_has(r.out, "z,0.25,0.75\n");
}
END_TEST

START_TEST(tables_come_from_stdin_and_gzip_too)
{
    ran r = run("gzip -c $D/iris.csv > i.csv.gz; $E train - -t species -l tree -q -o "
                "a.ens < $D/iris.csv && "
                "$E train i.csv.gz -t species -l tree -q -o b.ens && cmp a.ens b.ens");

    ck_code(r, 0);
    ck_has(r.out, "standard input: 150 rows");
}
END_TEST

START_TEST(delimiters_are_found_or_told)
{
    ran r = run("tr ',' ';' < $D/iris.csv > s.csv; tr ',' '\\t' < $D/iris.csv > t.csv; "
                "tr ',' '~' < $D/iris.csv > w.csv; "
                "for f in s t; do $E train $f.csv -t species -l tree -q -o $f.ens; done "
                ">/dev/null; "
                "$E train w.csv -t species -l tree --delimiter='~' -o w.ens >/dev/null; "
                "$E train t.csv -t species -l tree --delimiter tab -o u.ens >/dev/null; "
                "cmp s.ens t.ens && cmp s.ens w.ens && cmp s.ens u.ens");

    ck_code(r, 0);
}
END_TEST

START_TEST(a_locale_with_commas_changes_nothing)
{
    ran r = run(
        "L=$(locale -a 2>/dev/null | grep -m1 -i '^de_DE'); "
        "$E train $D/iris.csv -t species -l naive_bayes -q -o a.ens >/dev/null; "
        "LC_ALL=$L LANG=$L $E train $D/iris.csv -t species -l naive_bayes --holdout=0.5 "
        "--json -q > h.json && LC_ALL=$L LANG=$L $E train $D/iris.csv -t species "
        "-l naive_bayes -o b.ens >/dev/null && cmp a.ens b.ens && grep -q '0\\.[0-9]' "
        "h.json");

    ck_code(r, 0);
}
END_TEST

START_TEST(options_may_follow_and_be_cut_short)
{
    ran r = run("$E train --targ=species $D/iris.csv --learn tree -q --js");

    ck_code(r, 0);
    json_decref(json_of(&r));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, text_tells_what_was_understood);
    tcase_add_test(tc, json_has_every_field);
    tcase_add_test(tc, regression_has_its_own_scores);
    tcase_add_test(tc, no_recipe_is_auto);
    tcase_add_test(tc, members_are_added_to_a_model);
    tcase_add_test(tc, a_score_without_rows_is_noted);
    tcase_add_test(tc, threads_do_not_change_the_file);
    tcase_add_test(tc, the_seed_does);
    tcase_add_test(tc, ignored_columns_are_no_features);
    tcase_add_test(tc, a_list_may_be_repeated_and_hold_commas);
    tcase_add_test(tc, types_rule_over_looks);
    tcase_add_test(tc, na_adds_spellings);
    tcase_add_test(tc, task_rules_over_looks);
    tcase_add_test(tc, weights_count);
    tcase_add_test(tc, tables_come_from_stdin_and_gzip_too);
    tcase_add_test(tc, delimiters_are_found_or_told);
    tcase_add_test(tc, a_locale_with_commas_changes_nothing);
    tcase_add_test(tc, options_may_follow_and_be_cut_short);
}

Suite *cli_train_suite(void);

Suite *cli_train_suite(void)
{
    return suite_of("cli: train", add);
}
