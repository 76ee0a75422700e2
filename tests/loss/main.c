/* main.c - the tests of src/loss. */
#include <config.h>

#include "run.h"

Suite *gradient_suite(void);
Suite *leaf_suite(void);
Suite *level_suite(void);
Suite *rank_suite(void);
Suite *start_suite(void);
Suite *target_suite(void);

/* One line a module: each tests/loss/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    gradient_suite, leaf_suite, level_suite, rank_suite, start_suite, target_suite, NULL};

int main(void)
{
    return run_suites(suites);
}
