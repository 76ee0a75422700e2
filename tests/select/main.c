/* main.c - the tests of src/select. */
#include <config.h>

#include "run.h"

Suite *compare_suite(void);
Suite *cv_suite(void);

/* One line a module: each tests/select/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    compare_suite,
    cv_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
