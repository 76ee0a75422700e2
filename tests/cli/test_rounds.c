/* test_rounds.c - fits in rounds from the command: checkpoints, time limits, early stopping, predictions of some. */
#include <config.h>

#include "cli.h"
#include <signal.h>

#define FIT                                                                              \
    "train $D/titanic.csv -t survived -l 'gbdt(n_estimators=1500, max_leaf_nodes=8)' "   \
    "--seed 3 -q"

/* It fails after the table was read, with this message, and writes no model. */
static void refuses(ran r, const char *message)
{
    ck_code(r, 1);
    ck_has(r.err, message);
    ck_code(run("test ! -e no.ens"), 0);
}

/* Killed once there is a checkpoint, and run again. */
START_TEST(a_killed_fit_is_resumed_to_the_same_file)
{
    ran r = run("$E " FIT " -o whole.ens");

    ck_code(r, 0);
    run_and_signal("exec $E " FIT " -o end.ens --checkpoint ck.ens --checkpoint-every 20",
                   "ck.ens", SIGKILL);
    r = run("test -s ck.ens && test ! -e end.ens && $E inspect ck.ens");
    ck_code(r, 0);
    ck_has_not(r.out, "rounds: 1500");
    r = run("$E " FIT " -o end.ens --checkpoint ck.ens && cmp whole.ens end.ens");
    ck_code(r, 0);
}
END_TEST

START_TEST(a_checkpoint_of_another_fit_is_refused)
{
    ran r = run("$E train $D/titanic.csv -t survived -l 'gbdt(n_estimators=9)' -q "
                "--checkpoint ck.ens --checkpoint-every 4");

    ck_code(r, 0);
    r = run("$E train $D/titanic.csv -t survived -l 'gbdt(n_estimators=9, eta=0.2)' -q "
            "--checkpoint ck.ens -o no.ens");
    refuses(r, "gbdt.learning_rate = 0.2, but the model was fitted with 0.1");
    r = run("$E train $D/iris.csv -t species -l 'gbdt(n_estimators=9)' -q --checkpoint "
            "ck.ens "
            "-o no.ens");
    refuses(r, "iris.csv");
    r = run("$E train $D/titanic.csv -t survived -l 'forest(n_estimators=9)' -q "
            "--checkpoint other.ens -o no.ens");
    refuses(r, "a fit of forest has no checkpoints");
}
END_TEST

START_TEST(a_time_limit_leaves_a_model)
{
    ran r = run("$E train $D/titanic.csv -t survived -l 'gbdt(n_estimators=1000000)' -q "
                "--time-limit 0.3 -o m.ens && $E evaluate m.ens $D/titanic.csv -q && "
                "$E train $D/titanic.csv -t survived -l 'forest(n_estimators=200000)' -q "
                "--time-limit 0.3 -o f.ens && $E inspect f.ens");

    ck_code(r, 0);
    ck_has_not(r.out, "members: 200000");
}
END_TEST

START_TEST(validation_rows_tell_when_to_stop)
{
    ran r =
        run("head -300 $D/titanic.csv > v.csv; $E train $D/titanic.csv -t survived -q "
            "-l 'gbdt(n_estimators=400, eta=0.5, early_stopping_rounds=3)' --valid v.csv "
            "-o m.ens && $E inspect m.ens");

    ck_code(r, 0);
    ck_has(r.out, "rounds kept: ");
    ck_has(r.out, "after round 1");
    ck_has_not(r.out, "rounds: 400");
    r = run("$E train $D/titanic.csv -t survived -q -o no.ens "
            "-l 'gbdt(n_estimators=40, scoring=rmse, n_iter_no_change=3)'");
    refuses(r, "gbdt.scoring = rmse does not suit classification");
}
END_TEST

START_TEST(predictions_of_the_first_rounds)
{
    ran r = run(
        "$E train $D/titanic.csv -t survived -q -l 'gbdt(n_estimators=9)' -o m.ens && "
        "$E train $D/titanic.csv -t survived -q -l 'gbdt(n_estimators=4)' -o few.ens && "
        "$E predict m.ens $D/titanic.csv -q -p --rounds 4 -o a.csv && "
        "$E predict few.ens $D/titanic.csv -q -p -o b.csv && cmp a.csv b.csv");

    ck_code(r, 0);
    r = run("$E train $D/titanic.csv -t survived -q -l dummy -o d.ens && "
            "$E predict d.ens $D/titanic.csv -q --rounds 4 -o a.csv");
    ck_code(r, 1);
    ck_has(r.err, "a model of dummy does not grow in rounds");
}
END_TEST

/* The scores of stage s, which is of so many rounds, are those of --rounds. */
static void check_stage(json_t *stages, size_t s, int rounds)
{
    json_t *stage = json_array_get(stages, s), *one;
    ran r =
        run("$E evaluate m.ens $D/titanic.csv -q -m log_loss --json --rounds %d", rounds);

    ck_assert_double_eq(number_in(stage, "rounds"), rounds);
    ck_code(r, 0);
    one = json_of(&r);
    ck_assert_double_eq(number_in(stage, "scores.log_loss"),
                        number_in(one, "scores.log_loss"));
    json_decref(one);
}

START_TEST(scores_of_stages)
{
    static const char *const recipe[] = {"gbdt", "boosting", "adaboost",
                                         "standardize | boosting"};

    for (size_t i = 0; i < 4; i++) {
        ran r = run("$E train $D/titanic.csv -t survived -q -l '%s(n_estimators=8)' "
                    "-o m.ens && $E evaluate m.ens $D/titanic.csv -q --staged 3",
                    recipe[i]);
        json_t *json, *stages;

        ck_code(r, 0);
        ck_has(r.out, "  rounds  accuracy");
        ck_has(r.out, "\n       8    0.");
        r = run("$E evaluate m.ens $D/titanic.csv -q --staged 3 -m log_loss --json");
        json = json_of(&r);
        stages = json_object_get(json, "stages");
        ck_assert_uint_eq(json_array_size(stages), 3);
        check_stage(stages, 0, 3);
        check_stage(stages, 1, 6);
        check_stage(stages, 2, 8);
        ck_assert_double_ne(number_in(json_array_get(stages, 0), "scores.log_loss"),
                            number_in(json, "scores.log_loss"));
        json_decref(json);
    }
}
END_TEST

START_TEST(stages_that_cannot_be)
{
    ran r = run("$E train $D/titanic.csv -t survived -q -l dummy -o d.ens && "
                "$E evaluate d.ens $D/titanic.csv -q --staged 4");

    ck_code(r, 1);
    ck_has(r.err, "a model of dummy does not grow in rounds");
    r = run("$E evaluate d.ens $D/titanic.csv -q --rounds 4");
    ck_code(r, 1);
    r = run("$E evaluate d.ens $D/titanic.csv -q --staged 4 --intervals");
    ck_code(r, 2);
    ck_has(r.err, "--intervals does not go with --staged");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, a_killed_fit_is_resumed_to_the_same_file);
    tcase_add_test(tc, a_checkpoint_of_another_fit_is_refused);
    tcase_add_test(tc, a_time_limit_leaves_a_model);
    tcase_add_test(tc, validation_rows_tell_when_to_stop);
    tcase_add_test(tc, predictions_of_the_first_rounds);
    tcase_add_test(tc, scores_of_stages);
    tcase_add_test(tc, stages_that_cannot_be);
}

Suite *cli_rounds_suite(void);

Suite *cli_rounds_suite(void)
{
    return suite_of("cli: rounds", add);
}
