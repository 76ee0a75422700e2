/* test_boosting.c - adaboost and boosting through the command: trained, looked into, added to, refused. */
#include <config.h>

#include "cli.h"

START_TEST(inspect_tells_errors_and_weights_of_members)
{
    ran r = run("$E train $D/titanic.csv -t survived -l 'adaboost(n_estimators=12)' -q "
                "-o m.ens && "
                "$E inspect m.ens");

    ck_code(r, 0);
    ck_has(r.out, "members: 12 of type tree\n");
    ck_has(r.out, "algorithm: SAMME.R\n");
    ck_has(r.out, "member 1: error 0.");
    ck_has(r.out, "member 12: error 0.");
    ck_has(r.out, "first member: depth: 1\n");
    ck_has(r.out, "  sex  "); /* the importances */
}
END_TEST

START_TEST(inspect_tells_when_boosting_stopped)
{
    ran r = run("$E train $D/diabetes.csv -t progression -q -o m.ens "
                "-l 'boosting(n_estimators=300, n_iter_no_change=5, loss=huber)' && $E "
                "inspect m.ens");

    ck_code(r, 0);
    ck_has(r.out, "loss: huber\n");
    ck_has(r.out, "loss of rows held out: ");
    ck_has(r.out, ", the best of ");
}
END_TEST

/* Rounds that are added give the bytes of one fit. */
START_TEST(rounds_can_be_added)
{
    static const char *const recipe[] = {"adaboost(tree(max_depth=2), n_estimators=%d)",
                                         "boosting(n_estimators=%d, subsample=0.5)",
                                         "gbdt(n_estimators=%d, subsample=0.5)"};

    for (size_t i = 0; i < 3; i++) {
        char few[64], many[64];
        ran r;

        snprintf(few, sizeof few, recipe[i], 3);
        snprintf(many, sizeof many, recipe[i], 7);
        r = run("$E train $D/titanic.csv -t survived -l '%s' --seed 2 -q -o few.ens && "
                "$E train $D/titanic.csv -t survived -l '%s' --seed 2 -q -o many.ens && "
                "$E train $D/titanic.csv --init few.ens -l '%s' -q -o more.ens && "
                "cmp many.ens more.ens",
                few, many, many);
        ck_code(r, 0);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    ck_refused(
        run("$E train $D/titanic.csv -t survived -l 'boosting(naive_bayes)' --json -o "
            "no.ens"),
        1, "members of boosting predict numbers, naive_bayes does not", NULL);
    ck_refused(
        run("$E train $D/titanic.csv -t survived -l 'adaboost(resmple=true)' --json "
            "-o no.ens"),
        1, "did you mean `resample`?", NULL);
    ck_refused(
        run("printf 'a,y\\n1,3.5\\n2,-1\\n' > t.csv; "
            "$E train t.csv -t y --task regression -l 'boosting(loss=poisson)' --json -o "
            "no.ens"),
        1, "loss poisson: the target -1 of row 2 is negative", "t.csv");
    ck_refused(
        run("$E train $D/titanic.csv -t survived -l 'boosting(loss=squared)' --json "
            "-o no.ens"),
        1, "squared", "t.csv");
}
END_TEST

/* Counts by exposure: those of a row of twice the exposure are twice as many. */
START_TEST(an_offset_is_needed_again)
{
    ran r =
        run("awk 'BEGIN { print \"x,e,y\"; for (i = 0; i < 200; i++) { e = 1 + i %% 7; "
            "print i %% 2 \",\" log(e) \",\" e * (1 + 2 * (i %% 2)) } }' > t.csv && "
            "$E train t.csv -t y --task regression --offset e --valid t.csv -q "
            "-l 'gbdt(loss=poisson)' -o m.ens && $E inspect m.ens");

    ck_code(r, 0);
    ck_has(r.out, "  e       offset   number");
    ck_has(r.out, "offset: e\n");
    r = run("printf 'e,x\\n0,1\\n0.6931471805599453,1\\n' | $E predict m.ens -k e | "
            "awk -F, 'NR > 1 { print $1 * 1 \" \" int($2 * 1000 + .5) / 1000 }'");
    ck_code(r, 0);
    ck_has(r.out, "0 3\n0.693147 6\n");
    r = run("$E evaluate m.ens t.csv -q -m r2 --json");
    ck_code(r, 0);
    r = run("printf 'x\\n1\\n' | $E predict m.ens -");
    ck_code(r, 1);
    ck_has(r.err, "no column `e` (offset)");
    r = run("$E train t.csv --init m.ens -q -l 'gbdt(loss=poisson, n_estimators=250)' -o "
            "n.ens");
    ck_code(r, 0);
    r = run("$E train t.csv -t y --offset e -l forest -q -o no.ens");
    ck_code(r, 1);
    ck_has(r.err, "forest takes no offset (column `e`)");
    r = run("$E train t.csv -t y --offset f -q -o no.ens");
    ck_code(r, 1);
    ck_has(r.err, "no column `f` (offset)");
    r = run("$E train t.csv -t y --offset y -q -o no.ens");
    ck_code(r, 1);
    ck_has(r.err, "column `y` is both target and offset");
    ck_code(run("test ! -e no.ens"), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, inspect_tells_errors_and_weights_of_members);
    tcase_add_test(tc, inspect_tells_when_boosting_stopped);
    tcase_add_test(tc, rounds_can_be_added);
    tcase_add_test(tc, an_offset_is_needed_again);
    tcase_add_test(tc, what_does_not_fit_is_refused);
}

Suite *cli_boosting_suite(void);

Suite *cli_boosting_suite(void)
{
    return suite_of("cli_boosting", add);
}
