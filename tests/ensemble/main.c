/* main.c - the tests of src/ensemble. */
#include <config.h>

#include "run.h"

Suite *oom_suite(void);

/* One line a module: each tests/ensemble/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    oom_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
