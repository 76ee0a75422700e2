/* main.c - the tests of src/data. */
#include <config.h>

#include "run.h"

/* One line a module: each tests/data/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {NULL};

int main(void)
{
    return run_suites(suites);
}
