/* main_boosting.c - the tests of src/ensemble that are about boosting. */
#include <config.h>

#include "run.h"

Suite *adaboost_suite(void);

/* One line a module. */
static Suite *(*const suites[])(void) = {
    adaboost_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
