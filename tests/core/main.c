/* main.c - the tests of src/core. */
#include <config.h>

#include "run.h"

Suite *bytes_suite(void);
Suite *cpu_suite(void);
Suite *memory_suite(void);
Suite *number_suite(void);
Suite *par_suite(void);
Suite *param_suite(void);
Suite *quota_suite(void);
Suite *sink_suite(void);
Suite *str_suite(void);

/* One line a module: each tests/core/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    bytes_suite,
    cpu_suite,
    memory_suite,
    number_suite,
    par_suite,
    param_suite,
    quota_suite,
    sink_suite,
    str_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
