/* main.c - the tests of src/ensemble. */
#include <config.h>

#include "run.h"

Suite *bagging_suite(void);

Suite *determinism_suite(void);
Suite *isolation_suite(void);
Suite *more_suite(void);
Suite *oom_suite(void);
Suite *quantile_suite(void);
Suite *trees_suite(void);

/* One line a module: each tests/ensemble/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    bagging_suite,
    determinism_suite,
    isolation_suite,
    more_suite,
    oom_suite,
    quantile_suite,
    trees_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
