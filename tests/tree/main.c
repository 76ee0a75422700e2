/* main.c - the tests of src/tree. */
#include <config.h>

#include "run.h"

Suite *cut_suite(void);
Suite *draws_suite(void);
Suite *fine_suite(void);
Suite *grow_suite(void);
Suite *masked_suite(void);
Suite *trees_form_suite(void);

/* One line a module: each tests/tree/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {grow_suite, cut_suite, draws_suite, fine_suite,
                                     masked_suite, trees_form_suite, NULL};

int main(void)
{
    return run_suites(suites);
}
