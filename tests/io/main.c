/* main.c - the tests of src/io; with the argument `--write FILE` it writes a model file for other programs to read. */
#include <config.h>

#include "io/fixture.h"
#include "run.h"

Suite *container_suite(void);
Suite *damaged_suite(void);
Suite *hostile_suite(void);
Suite *io_model_suite(void);

/* One line a module: each tests/io/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    container_suite,
    io_model_suite,
    hostile_suite,
    damaged_suite,
    NULL,
};

static const char *path;

START_TEST(write_model)
{
    ens_model *m = probe_model("probe");
    ens_error err;

    ck_ok(ens_model_save(m, path, &err));
    ens_model_free(m);
}
END_TEST

static void add_write(TCase *tc)
{
    tcase_add_test(tc, write_model);
}

static Suite *write_suite(void)
{
    return suite_of("write", add_write);
}

int main(int argc, char **argv)
{
    Suite *(*const write_only[])(void) = {write_suite, NULL};

    if (argc != 3 || strcmp(argv[1], "--write") != 0)
        return run_suites(suites);
    path = argv[2];
    return run_suites(write_only);
}
