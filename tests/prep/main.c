/* main.c - the tests of src/prep and of the pipelines that its transforms are steps of. */
#include <config.h>

#include "run.h"

Suite *pipeline_suite(void);
Suite *reference_suite(void);
Suite *through_suite(void);

/* One line a module: each tests/prep/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {pipeline_suite, reference_suite, through_suite, NULL};

int main(void)
{
    return run_suites(suites);
}
