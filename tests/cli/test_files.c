/* test_files.c - output arrives whole or not at all: full disks, names that cannot be written, signals, pipes. */
#include <config.h>

#include "cli.h"

#include <signal.h>
#include <unistd.h>

#define TRAIN "$E train $D/titanic.csv -t survived -l tree -q -o m.ens >/dev/null; "

START_TEST(full_disks_are_errors)
{
    ran r;

    if (access("/dev/full", W_OK) != 0)
        return;
    run(TRAIN);
    r = run("$E predict m.ens $D/titanic.csv > /dev/full");
    ck_refused(r, 1, "standard output: cannot write: No space left", "m.ens");
    r = run("$E predict m.ens $D/titanic.csv -o /dev/full");
    ck_refused(r, 1, "/dev/full: cannot write: No space left", "m.ens");
    r = run("$E train $D/iris.csv -t species -l tree -o /dev/full --json -q");
    ck_refused(r, 1, "/dev/full: cannot write: No space left", "m.ens");
    r = run("$E params > /dev/full");
    ck_refused(r, 1, "standard output: cannot write", "m.ens");
    r = run("$E generate 'moons(n=5000)' > /dev/full");
    ck_refused(r, 1, "standard output: cannot write: No space left", "m.ens");
    r = run("$E evaluate m.ens $D/titanic.csv -q > /dev/full");
    ck_refused(r, 1, "standard output: cannot write", "m.ens");
    ck_code(run("[ -c /dev/full ]"), 0);
}
END_TEST

/* A limit on the size of files stands for a disk that fills while it is written. */
START_TEST(a_disk_that_fills_leaves_nothing)
{
    ran r = run(TRAIN "$E generate 'moons(n=100000)' -o big.csv; rm big.csv; trap '' "
                      "XFSZ; ulimit -f 16; "
                      "$E generate 'moons(n=100000)' -o big.csv");

    ck_refused(r, 1, "big.csv: cannot write: ", "m.ens");
    r = run("$E generate 'moons(n=5000)' -o t.csv; $E train t.csv -t y -l tree -o "
            "big.ens -q --json >/dev/null; "
            "rm big.ens; trap '' XFSZ; ulimit -f 1; $E train t.csv -t y -l "
            "'forest(n_estimators=9)' -o big.ens -q --json; "
            "code=$?; rm t.csv; exit $code");
    ck_refused(r, 1, "big.ens: cannot write: ", "m.ens");
}
END_TEST

START_TEST(names_that_cannot_be_written)
{
    ran r;

    run(TRAIN);
    ck_refused(run("$E predict m.ens $D/titanic.csv -o ."), 1,
               ".: cannot write: Is a directory", "m.ens");
    ck_refused(run("$E predict m.ens $D/titanic.csv -o nix/out.csv"), 1,
               "nix/out.csv: cannot write: No such file", "m.ens");
    ck_refused(run("$E predict m.ens $D/titanic.csv -o m.ens/out.csv"), 1,
               "m.ens/out.csv: cannot write: Not a directory", "m.ens");
    /* Before the table is read, let alone the model fitted. */
    ck_refused(run("$E train nix.csv -t y -o nix/m.ens"), 1,
               "nix/m.ens: cannot write: No such file", "m.ens");
    ck_refused(run("$E train nix.csv -t y -o ''"), 1, ": cannot write: ", "m.ens");
    r = run("$E generate moons -o nix/a.csv");
    ck_refused(r, 1, "nix/a.csv: cannot write", "m.ens");
}
END_TEST

START_TEST(a_file_is_replaced_and_keeps_its_mode)
{
    ran r = run(TRAIN "echo old > out.csv; chmod 640 out.csv; ln -s out.csv link; "
                      "$E predict m.ens $D/titanic.csv -o link && [ -L link ] && ls -l "
                      "out.csv && wc -l < out.csv");

    ck_code(r, 0);
    ck_has(r.out, "-rw-r-----");
    ck_has(r.out, "1310");
}
END_TEST

START_TEST(a_new_file_has_the_usual_mode)
{
    ran r = run(TRAIN
                "umask 027; $E predict m.ens $D/titanic.csv -o out.csv && ls -l out.csv");

    ck_code(r, 0);
    ck_has(r.out, "-rw-r-----");
}
END_TEST

START_TEST(a_failure_keeps_the_old_file)
{
    ran r =
        run(TRAIN
            "echo old > out.csv; printf 'class,sex,age\\n1st,male,3\\n1st,male,old\\n' | "
            "$E predict m.ens -o out.csv; cat out.csv");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "old\n");
    ck_has(r.err, "standard input:3");
}
END_TEST

/* Training has begun when it has told what it understood of the table. */
#define TRAIN_LONG                                                                       \
    "exec $E train t.csv -t y -l 'forest(n_estimators=50000)' -o m.ens >log"

START_TEST(a_signal_ends_training_without_a_file)
{
    static const int signals[] = {SIGINT, SIGTERM};

    run("$E generate 'classification(n=5000, p=20)' -o t.csv");
    for (size_t i = 0; i < 2; i++) {
        ran r = run_and_signal(TRAIN_LONG, "log", signals[i]);

        ck_code(r, 128 + signals[i]);
        ck_assert_str_eq(r.err, "ensemble: interrupted\n");
        run("rm log");
        ck_assert_int_eq(count_files("t.csv"), 0);
    }
}
END_TEST

START_TEST(a_signal_ends_a_stream_without_a_file)
{
    ran r = run(
        TRAIN
        "mkfifo p; $E predict m.ens p -o out.csv & exec 3>p; "
        "printf 'class,sex,age\\n1st,male,30\\n' >&3; "
        "for i in $(seq 200); do sleep 0.05; ls out.csv.* 2>/dev/null && break; done; "
        "kill -TERM $!; wait $!; code=$?; rm p; exit $code");

    ck_code(r, 128 + SIGTERM);
    ck_has(r.out, "out.csv.");
    ck_assert_int_eq(count_files("m.ens"), 0);
}
END_TEST

START_TEST(a_closed_pipe_is_no_drama)
{
    ran r = run(TRAIN "{ echo class,sex,age; yes 1st,male,30 | head -n 100000; } | "
                      "$E predict m.ens | head -n 2");

    ck_code(r, 0);
    ck_assert_str_eq(r.out, "prediction\nno\n");
    ck_assert_str_eq(r.err, "");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, folder_make, folder_remove);
    tcase_add_test(tc, full_disks_are_errors);
    tcase_add_test(tc, a_disk_that_fills_leaves_nothing);
    tcase_add_test(tc, names_that_cannot_be_written);
    tcase_add_test(tc, a_file_is_replaced_and_keeps_its_mode);
    tcase_add_test(tc, a_new_file_has_the_usual_mode);
    tcase_add_test(tc, a_failure_keeps_the_old_file);
    tcase_add_test(tc, a_signal_ends_training_without_a_file);
    tcase_add_test(tc, a_signal_ends_a_stream_without_a_file);
    tcase_add_test(tc, a_closed_pipe_is_no_drama);
}

Suite *cli_files_suite(void);

Suite *cli_files_suite(void)
{
    return suite_of("cli: files and signals", add);
}
