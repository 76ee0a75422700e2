/* main.c - the tests of src/data. */
#include <config.h>

#include "run.h"

Suite *split_suite(void);

/* One line a module: each tests/data/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    split_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
