/* test_bad.c - bad input gets a message that names the thing and its place, exit code 1, and no file. */
#include <config.h>

#include "cli.h"

#include <stdio.h>

/* Training on these bytes (as printf has them) with more options fails with this message. */
static void refuse(const char *bytes, const char *options, const char *message)
{
    ran r = run("printf '%s' > t.csv; $E train t.csv -t y -o m.ens -q --json -l tree %s",
                bytes, options);

    ck_refused(r, 1, message, "t.csv");
}

/* It succeeds, with this note on stderr. */
static void noted(const char *bytes, const char *note)
{
    ran r = run("printf '%s' > t.csv; $E train t.csv -t y -l tree --json", bytes);

    ck_code(r, 0);
    ck_has(r.err, "ensemble: note: t.csv: ");
    ck_has(r.err, note);
}

START_TEST(files_that_are_no_tables)
{
    ck_refused(run("$E train nix.csv -t y"), 1, "nix.csv: cannot open: No such file",
               NULL);
    ck_refused(run("$E train . -t y"), 1, ".: cannot read: it is a directory", NULL);
    refuse("", "", "t.csv: the file is empty");
    refuse("a,y\\n", "", "t.csv: no rows");
}
END_TEST

START_TEST(text_that_is_no_csv)
{
    refuse("a,y\\n1,x\\n2\\n", "", "t.csv:3: 1 field, expected 2");
    refuse("a,y\\n1,x,3\\n", "", "t.csv:2: 3 fields, expected 2");
    refuse("a,y\\n1,x\\n2\"3,z\\n", "", "t.csv:3: stray quote in field 1");
    refuse("a,y\\n\"1,x\\n2,z\\n", "",
           "t.csv:2: the quote that opens field 1 is never closed");
    refuse("a,y\\n1,x\\n2,\\0z\\n", "", "t.csv:3: NUL byte");
    refuse("a,a,y\\n1,2,x\\n", "", "t.csv: columns 1 and 2 are both called `a`");
}
END_TEST

START_TEST(oddities_are_noted)
{
    noted("a,y\\n1,caf\\351\\n2,th\\351\\n", "line 2 is not UTF-8");
    noted("a,,y\\n1,2,x\\n2,3,z\\n", "column 2 has no name: it is called `column2`");
    noted("a,b,y\\n1,,x\\n2,NA,z\\n", "column `b`: all values are missing");
    ck_assert_str_eq(run("$E train t.csv -t y -l tree --json -q").err, "");
}
END_TEST

START_TEST(columns_that_are_not_there)
{
    refuse("age,y\\n1,x\\n2,z\\n", "-t z", "t.csv: no column `z`");
    refuse("age,y\\n1,x\\n2,z\\n", "-t ag",
           "no column `ag` (target); did you mean `age`?");
    refuse("age,y\\n1,x\\n2,z\\n", "--weight ages", "did you mean `age`?");
    refuse("age,y\\n1,x\\n2,z\\n", "--ignore ages", "did you mean `age`?");
    refuse("age,y\\n1,x\\n2,z\\n", "--types ages=cat", "did you mean `age`?");
}
END_TEST

START_TEST(values_to_learn_nothing_from)
{
    refuse("a,y\\n1,x\\n2,x\\n", "", "target `y` has one class only, `x`");
    refuse("a,y\\n1,x\\n", "", "target `y` has one class only, `x`");
    refuse("a,y\\n1,1\\n2,NaN\\n3,2.5\\n", "", "t.csv:3: target `y` is missing");
    refuse("a,y\\n1,1\\n2,inf\\n3,2.5\\n", "", "t.csv:3: column `y`");
    refuse("a,y\\n1,x\\ninf,z\\n3,x\\n", "", "t.csv:3: column `a`");
    refuse("a,w,y\\n1,1,x\\n2,-1,z\\n", "--weight w",
           "t.csv:3: weight column `w`, row 2: the weight is negative");
}
END_TEST

/* A faulty recipe fails before the table is read, with an arrow at the place. */
static void bad_recipe(const char *recipe, const char *message, const char *arrow)
{
    ran r = run("$E train nix.csv -t y -l '%s'", recipe);

    ck_refused(r, 1, message, NULL);
    ck_has(r.err, arrow);
}

START_TEST(recipes_with_faults)
{
    bad_recipe("forest(n_estimatrs=3)", "did you mean `n_estimators`?", "\n         ^\n");
    bad_recipe("forrest", "did you mean `forest`?", "\n  forrest\n  ^\n");
    bad_recipe("forest(n_estimators=0)",
               "forest.n_estimators = 0 is outside [1, 1000000]", "^\n");
    bad_recipe("tree(max_depth=x)", "tree.max_depth = `x`", "^\n");
    bad_recipe("tree(", "expected", "\n       ^\n");
    bad_recipe("", "expected the name of a learner", "^\n");
    bad_recipe("bagging", "bagging needs 1 member", "^\n");
}
END_TEST

#define TRAIN "$E train $D/iris.csv -t species -l tree -q -o m.ens >/dev/null; "

START_TEST(models_that_are_none)
{
    run(TRAIN);
    ck_refused(run("$E inspect nix.ens"), 1, "nix.ens: cannot open: No such file",
               "m.ens");
    ck_refused(run("$E inspect ."), 1, ".: cannot read: it is a directory", "m.ens");
    ck_refused(run("$E predict $D/iris.csv $D/iris.csv"), 1, "iris.csv: not a model file",
               "m.ens");
    ck_refused(
        run("cp m.ens n; head -c 1000 n > m.ens; rm n; $E evaluate m.ens $D/iris.csv"), 1,
        "m.ens: truncated", "m.ens");
    run(TRAIN);
    ck_refused(run("cp m.ens n; head -c $(($(wc -c < n) - 1)) n > m.ens; rm n; $E "
                   "inspect m.ens"),
               1, "m.ens: ", "m.ens");
    run(TRAIN);
    ck_refused(
        run("cp m.ens n; sed 's/setosa/setosb/' n > m.ens; rm n; $E inspect m.ens"), 1,
        "m.ens: the checksum does not match", "m.ens");
}
END_TEST

START_TEST(tables_that_do_not_fit_the_model)
{
    ran r = run(TRAIN "cut -d, -f2-5 $D/iris.csv | $E predict m.ens");

    ck_code(r, 1);
    ck_has(r.err, "standard input: ");
    ck_has(r.err, "`sepal_length`");
    r = run("$E predict m.ens $D/iris.csv --keep speciess -o out.csv");
    ck_refused(r, 1, "no column `speciess` (--keep); did you mean `species`?", "m.ens");
    r = run("$E train $D/iris.csv -t species -l tree --valid $D/wine.csv");
    ck_code(r, 1);
    ck_has(r.err, "wine.csv: no column `");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, files_that_are_no_tables);
    tcase_add_test(tc, text_that_is_no_csv);
    tcase_add_test(tc, oddities_are_noted);
    tcase_add_test(tc, columns_that_are_not_there);
    tcase_add_test(tc, values_to_learn_nothing_from);
    tcase_add_test(tc, recipes_with_faults);
    tcase_add_test(tc, models_that_are_none);
    tcase_add_test(tc, tables_that_do_not_fit_the_model);
}

Suite *cli_bad_suite(void);

Suite *cli_bad_suite(void)
{
    return suite_of("cli: bad input", add);
}
