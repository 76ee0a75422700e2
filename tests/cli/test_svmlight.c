/* test_svmlight.c - svmlight files through the verbs of the command. */
#include <config.h>

#include "cli.h"

/* 120 rows of 4 groups; f3 tells the target. */
#define MAKE                                                                             \
    "awk 'BEGIN { for (i = 0; i < 120; i++) "                                            \
    "printf \"%%d qid:%%d 1:%%g%%s # row %%d\\n\", i %% 3 == 0, int(i / 30), i / 7, "    \
    "i %% 3 == 0 ? \" 3:2.5\" : \"\", i }' > t.svm && "

/* It failed with this code and message, and no model is left. */
static void refused(ran r, int code, const char *message)
{
    ck_code(r, code);
    ck_has(r.err, message);
    ck_assert_str_eq(r.out, "");
    ck_assert_str_eq(text_of("m.ens"), "");
}

START_TEST(all_verbs_read_them)
{
    ran r = run(MAKE "$E train t.svm --task classification -l 'tree(max_depth=3)' "
                     "--holdout 0.3 -o m.ens");

    ck_code(r, 0);
    ck_has(r.out, "t.svm: 120 rows, 2 features, classification\n");
    ck_has(r.out, "  target  target   number                0\n");
    ck_has(r.out, "  qid     group    number                0\n");
    ck_has(r.out, "classes: 0 80, 1 40\n");
    ck_has(r.out, "accuracy   1.0000");
    r = run("$E evaluate m.ens t.svm --json");
    ck_code(r, 0);
    ck_has(r.out, "\"accuracy\": 1.0");
    r = run("$E explain m.ens t.svm --repeats 3");
    ck_code(r, 0);
    ck_has(r.out, "f3");
    r = run(
        "$E predict m.ens t.svm > by_name && $E predict m.ens < t.svm > by_content && "
        "$E predict m.ens --format svmlight - < t.svm > by_format && "
        "cmp by_name by_content && cmp by_name by_format && head -4 by_name");
    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction\n1\n0\n0\n");
    r = run("$E predict m.ens t.svm --keep target,f3 | sed -n 1,3p");
    ck_assert_str_eq(r.out, "target,f3,prediction\n1,2.5,1\n0,0,0\n");
}
END_TEST

/* A batch that lacks an index, or has others, has the columns of the model all the same. */
START_TEST(columns_are_those_of_the_model)
{
    ran r = run(MAKE "$E train t.svm --task classification -l 'tree(max_depth=3)' -q -o "
                     "m.ens > out && "
                     "printf '0 9:1\\n0 3:7 9:2\\n' > u.svm && $E predict m.ens u.svm");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction\n0\n1\n");
}
END_TEST

START_TEST(groups_come_from_files)
{
    ran r = run(MAKE "sed 's/ qid:[0-9]*//' t.svm > u.svm && printf '100\\n20\\n' > q && "
                     "$E train u.svm --query q -l dummy");

    ck_code(r, 0);
    ck_has(r.out, "  qid     group ");
    r = run("cp q u.query && $E train u.svm -l dummy");
    ck_code(r, 0);
    ck_has(r.out, "note: groups are those of `u.query`\n");
    r = run("printf '100\\n' > u.query && $E train u.svm -l dummy -o m.ens");
    refused(r, 1, "u.query: groups of 100 rows, the table has 120");
}
END_TEST

/* The dummy puts both rows of a group in one place: half of the gain, and half of a hit of precision 1/2. */
START_TEST(ranking_is_scored_by_groups)
{
    ran r =
        run("printf '2 qid:1 1:1\n0 qid:1 1:2\n0 qid:2 1:1\n1 qid:2 1:2\n' > t.svm && "
            "$E train t.svm --task regression -l dummy -q -o m.ens > out && "
            "$E evaluate m.ens t.svm -m 'ndcg@1,map@1' --json");
    json_t *json;

    ck_code(r, 0);
    json = json_of(&r);
    ck_assert(number_in(json, "scores.ndcg@1") == 0.5);
    ck_assert(number_in(json, "scores.map@1") == 0.25);
    json_decref(json);
    r = run("$E explain m.ens t.svm --metric ndcg@1 --json");
    ck_code(r, 0);
    r = run("printf 'f1,target\n1,2\n2,0\n' > t.csv && $E evaluate m.ens t.csv -m ndcg");
    ck_code(r, 1);
    ck_has(r.err, "metric ndcg compares rows within groups: no group column is named");
}
END_TEST

START_TEST(gbdt_ranks_and_predicts_quantiles)
{
    ran r = run(MAKE "$E train t.svm -l 'gbdt(loss=lambdarank, "
                     "n_estimators=10)' -q -o m.ens > out && "
                     "$E evaluate m.ens t.svm -m 'ndcg@5'");

    ck_code(r, 0);
    ck_has(r.out, "ndcg@5  1.0000");
    r = run("$E train $D/diabetes.csv -t progression -q -o q.ens -l "
            "'gbdt(quantiles=[0.1, 0.9], n_estimators=5)' > out && "
            "$E predict q.ens $D/diabetes.csv | sed -n 1p");
    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction,q0.1,q0.9\n");
    r = run(
        "$E train $D/diabetes.csv -t progression -l 'gbdt(loss=lambdarank)' -o n.ens");
    ck_code(r, 1);
    ck_has(r.err, "compares rows within groups: no group column is named");
}
END_TEST

START_TEST(groups_of_csv_are_a_column)
{
    ran r = run("$E train $D/titanic.csv -t survived --group class -l dummy");

    ck_code(r, 0);
    ck_has(r.out, "2 features");
    ck_has(r.out, "  class     group    category       3        0\n");
}
END_TEST

START_TEST(bad_ones_are_refused)
{
    ran r =
        run("printf '1 1:2\\n0 2:1 1:1\\n' > t.svm && $E train t.svm -l tree -o m.ens");

    refused(r, 1, "t.svm:2:7: `1:1` is out of order");
    r = run(
        "printf '1 1:2\\n0 2:1\\n' > t.svm && $E train t.svm --delimiter ';' -o m.ens");
    refused(r, 1, "a delimiter is for CSV");
    r = run("$E train t.svm --types f1=cat -o m.ens");
    refused(r, 1, "columns of svmlight files are numbers");
    r = run("$E train t.svm --format cvs -o m.ens");
    refused(r, 2, "auto");
    r = run("cp $D/iris.csv t && $E train t -o m.ens");
    refused(r, 2, "--target=COL is missing: the column to predict");
    r = run("$E train t --format svmlight -o m.ens");
    refused(r, 1, "t:1:1: `");
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, all_verbs_read_them);
    tcase_add_test(tc, columns_are_those_of_the_model);
    tcase_add_test(tc, groups_come_from_files);
    tcase_add_test(tc, ranking_is_scored_by_groups);
    tcase_add_test(tc, gbdt_ranks_and_predicts_quantiles);
    tcase_add_test(tc, groups_of_csv_are_a_column);
    tcase_add_test(tc, bad_ones_are_refused);
}

Suite *cli_svmlight_suite(void);
Suite *cli_svmlight_suite(void)
{
    return suite_of("svmlight", add_cases);
}
