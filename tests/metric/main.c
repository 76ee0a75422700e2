/* main.c - the tests of src/metric. */
#include <config.h>

#include "run.h"

Suite *metric_suite(void);
Suite *reference_suite(void);

/* One line a module: each tests/metric/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {metric_suite, reference_suite, NULL};

int main(void)
{
    return run_suites(suites);
}
