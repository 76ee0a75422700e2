/* test_lists.c - help, version, mistyped commands, `ensemble params` and `ensemble generate`. */
#include <config.h>

#include "cli.h"

START_TEST(help_goes_to_stdout)
{
    ran r = run("$E --help");

    ck_code(r, 0);
    ck_has(r.out, "Usage: ensemble COMMAND");
    ck_has(r.out, "\n  train      Fit a model");
    ck_assert_str_eq(r.err, "");
    ck_code(run("$E --help > a; $E help > b; $E -h > c; cmp a b && cmp a c"), 0);
    ck_code(run("$E train --help > a; $E help train > b; $E train x -h y z > c; cmp a b "
                "&& cmp a c"),
            0);
    ck_has(text_of("a"), "Usage: ensemble train [OPTION]... CSV\n");
    ck_has(text_of("a"), "  -t, --target=COL ");
    ck_has(text_of("a"), "(default: 0)");
}
END_TEST

START_TEST(no_line_of_help_is_wider_than_80)
{
    ran r = run("for v in train predict evaluate explain inspect params generate; do $E $v "
                "--help; done | "
                "awk 'length($0) > 80'; $E --help | awk 'length($0) > 80'");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "");
}
END_TEST

START_TEST(the_version_is_the_library_s)
{
    ran r = run("$E --version");

    ck_code(r, 0);
    ck_assert_int_eq(strncmp(r.out, "ensemble " PACKAGE_VERSION "\n",
                             sizeof "ensemble " PACKAGE_VERSION),
                     0);
}
END_TEST

/* A wrong command line ends with 2, a message, and where help is. */
static void usage(const char *arguments, const char *message)
{
    ran r = run("$E %s", arguments);

    ck_refused(r, 2, message, NULL);
    ck_has(r.err, "--help`.\n");
}

START_TEST(wrong_command_lines_end_with_2)
{
    usage("", "no command is given");
    usage("trian", "no command `trian`; did you mean `train`?");
    usage("xyzzy", "no command `xyzzy`\n");
    usage("help eval", "did you mean `evaluate`?");
    usage("--quiet train", "an option before the command: --quiet");
    usage("train", "an operand is missing: ensemble train CSV");
    usage("train a.csv b.csv", "`b.csv` is one operand too many");
    usage("train a.csv", "--target=COL is missing");
    usage("train a.csv --targte=y", "no option --targte; did you mean --target?");
    usage("train a.csv -t", "-t needs a value");
    usage("train a.csv --target", "--target needs a value");
    usage("train a.csv --json=yes", "--json takes no value");
    usage("train a.csv -Z", "there is no option -Z");
    usage("train a.csv -t y --holdout=1.5", "--holdout=1.5 is outside (0, 1)");
    usage("train a.csv -t y --holdout=x", "--holdout=x is not a number");
    usage("train a.csv -t y --seed=-1", "--seed=-1 is not a whole number");
    usage("train a.csv -t y --seed=99999999999999999999", "is outside");
    usage("train a.csv -t y --threads=9999", "--threads=9999 is outside [0, 4096]");
    usage("train a.csv -t y --task=ranking",
          "--task=ranking is none of auto,classification,regression");
    usage("train a.csv -t y --types=a", "--types: `a` is not COL=cat or COL=num");
    usage("train a.csv -t y --types=a=b", "--types: `a=b` is not");
    usage("train a.csv -t y --delimiter=ab", "--delimiter=ab is not one character");
    usage("train a.csv -t y -o -", "a model is not written to standard output");
    usage("evaluate m.ens", "another operand is missing: ensemble evaluate MODEL CSV");
    usage("predict", "an operand is missing");
    usage("params tree --metrics", "exclude each other");
    usage("generate moons --delimiter='\"'", "is not one character");
}
END_TEST

START_TEST(params_lists_all_learners)
{
    ran r = run("$E params");
    json_t *json;

    ck_code(r, 0);
    ck_has(r.out, "  tree ");
    ck_has(r.out, "  bagging ");
    ck_has(r.out, "  forest ");
    r = run("$E params --json");
    json = json_of(&r);
    ck_assert(json_is_string(
        json_object_get(json_object_get(json, "learners"), "naive_bayes")));
    json_decref(json);
}
END_TEST

START_TEST(params_of_one_learner)
{
    ran r = run("$E params forest");
    json_t *json, *first;

    ck_code(r, 0);
    ck_has(r.out,
           "\n  n_estimators = 100\n      trees to grow\n      integer [1, 1000000]\n");
    ck_has(r.out, "also called");
    r = run("$E params forest --json");
    json = json_of(&r);
    first = json_array_get(json_object_get(json, "parameters"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "name")), "n_estimators");
    ck_assert_str_eq(json_string_value(json_object_get(first, "default")), "100");
    json_decref(json);
    r = run("$E params forrest");
    ck_refused(r, 1, "no learner is called `forrest`; did you mean `forest`?", NULL);
}
END_TEST

START_TEST(params_lists_losses)
{
    ran r = run("$E params --losses");

    ck_code(r, 0);
    ck_has(r.out, "  squared          half the square of the error: the mean\n");
    ck_has(r.out, "  lambdarank       the order of rows within groups, by NDCG\n");
    ck_has(r.out, "    alpha=0.9        share of the rows whose errors count squared");
    r = run("$E params --losses --json");
    ck_code(r, 0);
    ck_has(r.out, "\"losses\": {");
}
END_TEST

START_TEST(params_lists_metrics_and_generators)
{
    ran r = run("$E params --metrics");

    ck_code(r, 0);
    ck_has(r.out, "  roc_auc ");
    r = run("$E params --generators");
    ck_code(r, 0);
    ck_has(r.out, "  friedman1 ");
}
END_TEST

START_TEST(generated_tables_can_be_learned_from)
{
    ran r =
        run("$E generate 'friedman1(n=50, p=7)' --seed 3 > a.csv; "
            "$E generate 'friedman1(n=50, p=7)' --seed=3 -o b.csv; cmp a.csv b.csv && "
            "wc -l < a.csv && $E train a.csv -t y -l tree --json -q");
    ck_code(r, 0);
    ck_has(r.out, "51\n");
    ck_has(r.out, "\"features\": 7");
    ck_has(r.out, "regression");
    ck_code(run("$E generate 'friedman1(n=50, p=7)' --seed=4 | cmp -s - a.csv"), 1);
    ck_assert_int_eq(strncmp(text_of("a.csv"), "x0,x1,x2,", 9), 0);
}
END_TEST

START_TEST(generate_refuses_what_it_does_not_know)
{
    ran r = run("$E generate moon -o a.csv");

    ck_refused(r, 1, "did you mean `moons`?", NULL);
    r = run("$E generate 'moons(n=0)' -o a.csv");
    ck_refused(r, 1, "n = 0 is outside", NULL);
    ck_assert_int_eq(
        strncmp(run("$E generate 'moons(n=3)' --delimiter=tab").out, "x0\tx1\ty\n", 8),
        0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, help_goes_to_stdout);
    tcase_add_test(tc, no_line_of_help_is_wider_than_80);
    tcase_add_test(tc, the_version_is_the_library_s);
    tcase_add_test(tc, wrong_command_lines_end_with_2);
    tcase_add_test(tc, params_lists_all_learners);
    tcase_add_test(tc, params_of_one_learner);
    tcase_add_test(tc, params_lists_losses);
    tcase_add_test(tc, params_lists_metrics_and_generators);
    tcase_add_test(tc, generated_tables_can_be_learned_from);
    tcase_add_test(tc, generate_refuses_what_it_does_not_know);
}

Suite *cli_lists_suite(void);

Suite *cli_lists_suite(void)
{
    return suite_of("cli: help, params, generate", add);
}
