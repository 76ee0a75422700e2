/* test_linear.c - linear and logistic through the command: trained, looked into, with transforms and without, and on
 * tables that are hard. */
#include <config.h>

#include "cli.h"

#include <math.h>

START_TEST(inspect_shows_standard_errors)
{
    ran r = run("$E train $D/diabetes.csv -t progression -l linear -q -o m.ens && "
                "$E inspect m.ens");

    ck_code(r, 0); /* R: bmi 5.60296 0.71711 7.813 4.3e-14 */
    ck_has(r.out, "bmi: 5.602962092, std. error 0.717106, t 7.813, p 4.296e-14\n");
    ck_has(r.out, "intercept: ");
    r = run("$E train $D/birthweight.csv -t low -l 'logistic(penalty=none)' -q -o b.ens "
            "&& $E inspect b.ens");
    ck_code(r, 0);
    ck_has(r.out, ", z ");
    ck_has(r.out, ", p 0.");
    r = run("$E train $D/birthweight.csv -t low -l logistic -q -o b.ens && "
            "$E inspect b.ens");
    ck_code(r, 0);
    ck_has_not(r.out, "std. error"); /* a penalty has none */
}
END_TEST

/* What a learner lacks is put in front: the same file, and the recipe says so. */
START_TEST(steps_that_are_put_in_front_are_as_if_written)
{
    ran r = run("$E train $D/titanic.csv -t survived -l logistic -q -o a.ens && "
                "$E train $D/titanic.csv -t survived -l 'impute | onehot | logistic' -q "
                "-o b.ens && cmp a.ens b.ens && $E inspect a.ens");

    ck_code(r, 0);
    ck_has(r.out, "learner: impute | onehot | logistic\n");
}
END_TEST

/* Numbers in a column of lines, into out. */
static size_t numbers(double *out, size_t most, const char *text)
{
    size_t n = 0;

    for (const char *at = strchr(text, '\n'); at != NULL && at[1] != 0 && n < most;
         at = strchr(at + 1, '\n'))
        out[n++] = strtod(at + 1, NULL);
    return n;
}

/* Least squares are those of the columns as they are, however they are scaled before. */
START_TEST(transforms_change_no_prediction_of_least_squares)
{
    static double a[500], b[500];
    ran r = run(
        "$E train $D/diabetes.csv -t progression -l linear -q -o a.ens > /dev/null && "
        "$E predict a.ens $D/diabetes.csv");
    size_t n;

    ck_code(r, 0);
    n = numbers(a, 500, r.out);
    ck_assert_uint_eq(n, 442);
    r = run("$E train $D/diabetes.csv -t progression -q -o b.ens "
            "-l 'impute(strategy=median) | standardize | linear' > /dev/null && "
            "$E predict b.ens $D/diabetes.csv");
    ck_code(r, 0);
    ck_assert_uint_eq(numbers(b, 500, r.out), n);
    for (size_t i = 0; i < n; i++) /* of about 150, to ten digits */
        ck_assert_msg(fabs(a[i] - b[i]) < 1e-8, "row %zu: %.17g, %.17g", i, a[i], b[i]);
}
END_TEST

/* Two classes apart, columns that depend on each other, one of constants, one of 1e300, levels. */
#define HARD                                                                             \
    "awk 'BEGIN { print \"a,b,c,d,e,y\"; for (i = 1; i <= 12; i++) "                     \
    "print i \",\" 2 * i \",7,\" i %% 3 \"e300,\" (i %% 2 ? \"u\" : \"v\") \",\" "       \
    "(i > 6 ? \"yes\" : \"no\") }' > hard.csv && "

START_TEST(hard_tables_have_models)
{
    static const char *const recipe[] = {"logistic", "logistic(penalty=none)",
                                         "logistic(penalty=l1)", "logistic(solver=adam)"};

    for (size_t i = 0; i < 4; i++) {
        ran r =
            run(HARD "$E train hard.csv -t y -l '%s' -q -o m.ens && "
                     "$E predict m.ens hard.csv && "
                     "printf 'a,b,c,d,e\\n-1e308,1e308,3,0,w\\n' | $E predict m.ens -",
                recipe[i]);

        ck_code(r, 0);
        ck_has_not(r.out, "nan");
        ck_has_not(r.out, "inf");
        ck_has(r.out, "no");
        ck_has(r.out, "yes");
    }
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    ck_refused(run("printf 'x,y\\n1,a\\n2,a\\n3,a\\n' | $E train - -t y -l logistic "
                   "--json -o m.ens"),
               1, "target `y` has one class only, `a`", NULL);
    ck_refused(run("$E train $D/iris.csv -t species -l linear --json -o m.ens"), 1,
               "linear is not for classification", NULL);
    ck_refused(run("$E train $D/diabetes.csv -t progression --json -o m.ens "
                   "-l 'linear(solver=sgd, learning_rate=1e6)'"),
               1, "lower it", NULL);
    ck_refused(run("$E train $D/iris.csv -t species -l 'logistic(momentum=0.5)' --json "
                   "-o m.ens"),
               1, "logistic.momentum is of solvers that take gradient steps", NULL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, inspect_shows_standard_errors);
    tcase_add_test(tc, steps_that_are_put_in_front_are_as_if_written);
    tcase_add_test(tc, transforms_change_no_prediction_of_least_squares);
    tcase_add_test(tc, hard_tables_have_models);
    tcase_add_test(tc, what_cannot_be_is_refused);
}

Suite *cli_linear_suite(void);
Suite *cli_linear_suite(void)
{
    return suite_of("cli_linear", add);
}
