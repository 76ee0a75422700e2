/* main.c - the tests of src/explain. */
#include <config.h>

#include "run.h"

Suite *importance_suite(void);
Suite *oob_suite(void);
Suite *permutation_suite(void);
Suite *proximity_suite(void);

/* One line a module: each tests/explain/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    importance_suite,
    oob_suite,
    permutation_suite,
    proximity_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
