/* test_predict.c - `ensemble predict`: rows, columns, order, streams. */
#include <config.h>

#include "cli.h"

#define TRAIN_IRIS                                                                       \
    "$E train $D/iris.csv -t species -l naive_bayes -q -o m.ens >/dev/null; "
#define TRAIN_TITANIC                                                                    \
    "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=5)' -q -o m.ens "       \
    ">/dev/null; "

START_TEST(a_class_a_row)
{
    ran r = run(TRAIN_IRIS "$E predict m.ens $D/iris.csv");

    ck_code(r, 0);
    ck_assert_int_eq(strncmp(r.out, "prediction\nsetosa\nsetosa\n", 25), 0);
    ck_assert_str_eq(r.err, "");
    ck_code(run("[ $($E predict m.ens $D/iris.csv | wc -l) = 151 ]"), 0);
}
END_TEST

START_TEST(a_number_a_row)
{
    ran r = run("printf 'a,y\\n1,2.5\\n2,4.5\\n' > t.csv; "
                "$E train t.csv -t y -l tree --task regression -q -o m.ens >/dev/null; "
                "$E predict m.ens t.csv");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction\n2.5\n4.5\n");
}
END_TEST

START_TEST(quantiles_have_columns)
{
    ran r = run("printf 'a,y\\n1,1\\n1,2\\n1,3\\n1,4\\n' > t.csv; "
                "$E train t.csv -t y -l 'forest(quantiles=[0.25, 0.9], bootstrap=false, n_estimators=3)' "
                "--task regression -q -o m.ens >/dev/null; $E predict m.ens t.csv -k y");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "y,prediction,q0.25,q0.9\n1,2.5,1,4\n2,2.5,1,4\n3,2.5,1,4\n4,2.5,1,4\n");
    r = run("$E train $D/iris.csv -t species -l 'forest(quantiles=[0.5])' -q");
    ck_code(r, 1);
    ck_has(r.err, "forest.quantiles is for regression, but the target has classes");
}
END_TEST

START_TEST(probabilities_on_request)
{
    ran r = run(TRAIN_IRIS "$E predict --proba m.ens $D/iris.csv");
    double p[3];
    char name[32];

    ck_code(r, 0);
    ck_assert_int_eq(
        sscanf(r.out, "prediction,p_setosa,p_versicolor,p_virginica\n%31[^,],%lf,%lf,%lf",
               name, &p[0], &p[1], &p[2]),
        4);
    ck_assert_str_eq(name, "setosa");
    ck_assert_double_eq_tol(p[0] + p[1] + p[2], 1, 1e-12); /* three roundings */
    ck_assert_double_gt(p[0], 0.9);
}
END_TEST

START_TEST(kept_columns_come_out_as_they_went_in)
{
    ran r =
        run(TRAIN_TITANIC
            "printf 'id,sex,age,class,note\\n007,male,20.50,3rd,\"a, \"\"b\"\"\"\\n"
            "1e3,female,,1st,\\n' > t.csv; $E predict m.ens t.csv --keep id,note,age");

    ck_code(r, 0);
    ck_assert_str_eq(r.out,
                     "id,note,age,prediction\n007,\"a, \"\"b\"\"\",20.5,no\n1e3,,,yes\n");
}
END_TEST

START_TEST(columns_are_found_by_name)
{
    ran r = run(
        TRAIN_TITANIC
        "awk -F, -v OFS=, '{ print $4, $3, \"x\" NR, $2, $1 }' $D/titanic.csv > t.csv; "
        "$E predict -p m.ens $D/titanic.csv > a; $E predict -p m.ens t.csv > b; cmp a b");

    ck_code(r, 0);
}
END_TEST

START_TEST(streams_and_files_give_the_same)
{
    ran r = run(
        TRAIN_TITANIC
        "$E predict -p m.ens $D/titanic.csv -o a; $E predict -p m.ens < $D/titanic.csv > "
        "b; "
        "cat $D/titanic.csv | $E predict -p m.ens - > c; gzip -c $D/titanic.csv > t.gz; "
        "$E predict -p m.ens t.gz --threads=3 -o d; cmp a b && cmp a c && cmp a d");

    ck_code(r, 0);
}
END_TEST

/* 40,000 rows of four features are three batches; what comes of each row must not depend on its batch. */
START_TEST(batches_do_not_show)
{
    ran r = run(TRAIN_IRIS "awk -F, 'NR == 1 { print; next } { row[NR] = $0 } END { for "
                           "(i = 0; i < 40000; i++) "
                           "print row[2 + i %% 150] }' $D/iris.csv > t.csv; "
                           "$E predict m.ens $D/iris.csv | awk 'NR > 1 { row[NR] = $0 } "
                           "END { for (i = 0; i < 40000; i++) "
                           "print row[2 + i %% 150] }' > a; $E predict m.ens t.csv | sed "
                           "1d > b; cmp a b && wc -l < b");

    ck_code(r, 0);
    ck_has(r.out, "40000");
}
END_TEST

START_TEST(a_stream_takes_constant_memory)
{
    ran r = run(TRAIN_IRIS "for n in 20000 200000; do awk -F, -v n=$n 'NR < 3 { print } "
                           "END { for (i = 1; i < n; i++) "
                           "print \"5.1,3.5,1.4,0.2,\" i }' $D/iris.csv | "
                           "if command -v python3 >/dev/null; then python3 -c 'import "
                           "resource, subprocess, sys\n"
                           "subprocess.run([sys.argv[1], \"predict\", \"m.ens\"], "
                           "stdout=subprocess.DEVNULL, check=True)\n"
                           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
                           "' $E; else cat >/dev/null; echo 1; fi; done");
    long small, large;

    ck_code(r, 0);
    ck_assert_int_eq(sscanf(r.out, "%ld %ld", &small, &large), 2);
    ck_assert_msg(large < small + small / 2 + 4096,
                  "%ld kB for 20,000 rows, %ld kB for 200,000", small, large);
}
END_TEST

START_TEST(a_header_alone_is_an_empty_answer)
{
    ran r = run(TRAIN_IRIS "head -n 1 $D/iris.csv | $E predict m.ens");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction\n");
    ck_code(run("$E predict m.ens /dev/null"), 1);
}
END_TEST

START_TEST(an_absent_feature_is_an_error_unless_told)
{
    ran r = run(TRAIN_IRIS
                "cut -d, -f1-3 $D/iris.csv > t.csv; $E predict m.ens t.csv -o out.csv");

    ck_code(r, 1);
    ck_has(r.err, "ensemble: t.csv: ");
    ck_has(r.err, "`petal_width`");
    ck_assert_str_eq(text_of("out.csv"), "");
    r = run("$E predict m.ens t.csv --absent=missing");
    ck_code(r, 0);
    ck_has(r.out, "setosa\n");
}
END_TEST

START_TEST(an_unseen_level_is_missing_unless_told)
{
    ran r =
        run(TRAIN_TITANIC
            "printf 'class,sex,age\\n4th,male,30\\n' > t.csv; $E predict m.ens t.csv");

    ck_code(r, 0);
    ck_has(r.out, "prediction\n");
    r = run("$E predict m.ens t.csv --unseen=error");
    ck_code(r, 1);
    ck_has(r.err, "4th");
}
END_TEST

START_TEST(text_in_place_of_a_number_is_an_error_with_its_line)
{
    ran r = run(TRAIN_TITANIC "printf 'class,sex,age\\n1st,male,30\\n1st,male,old\\n' > "
                              "t.csv; $E predict m.ens t.csv");

    ck_code(r, 1);
    ck_has(r.err, "t.csv:3");
    ck_has(r.err, "`age`");
}
END_TEST

START_TEST(the_delimiter_is_kept)
{
    ran r = run(TRAIN_TITANIC "printf 'class;sex;age\\n1st;female;30\\n' | $E predict "
                              "m.ens --delimiter=';' -k sex");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "sex;prediction\nfemale;yes\n");
}
END_TEST

START_TEST(other_columns_are_not_in_the_way)
{
    ran r =
        run(TRAIN_TITANIC
            "printf 'id,class,survived,sex,age\\ninf,1st,?,female,30\\n' > t.csv; "
            "$E predict m.ens t.csv && "
            "printf 'id,class,survived,sex,age\\ninf,1st,yes,female,30\\n' > u.csv && "
            "$E evaluate m.ens u.csv -q --json -m accuracy");

    ck_code(r, 0);
    ck_has(r.out, "prediction\nyes\n");
    ck_has(r.out, "\"accuracy\": 1.0");
    ck_assert_str_eq(r.err, "");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, a_class_a_row);
    tcase_add_test(tc, a_number_a_row);
    tcase_add_test(tc, quantiles_have_columns);
    tcase_add_test(tc, probabilities_on_request);
    tcase_add_test(tc, kept_columns_come_out_as_they_went_in);
    tcase_add_test(tc, columns_are_found_by_name);
    tcase_add_test(tc, streams_and_files_give_the_same);
    tcase_add_test(tc, batches_do_not_show);
    tcase_add_test(tc, a_stream_takes_constant_memory);
    tcase_add_test(tc, a_header_alone_is_an_empty_answer);
    tcase_add_test(tc, an_absent_feature_is_an_error_unless_told);
    tcase_add_test(tc, an_unseen_level_is_missing_unless_told);
    tcase_add_test(tc, text_in_place_of_a_number_is_an_error_with_its_line);
    tcase_add_test(tc, the_delimiter_is_kept);
    tcase_add_test(tc, other_columns_are_not_in_the_way);
}

Suite *cli_predict_suite(void);

Suite *cli_predict_suite(void)
{
    return suite_of("cli: predict", add);
}
