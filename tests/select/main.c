/* main.c - the tests of src/select. */
#include <config.h>

#include "run.h"

Suite *calibration_suite(void);
Suite *compare_suite(void);
Suite *conformal_suite(void);
Suite *curve_suite(void);
Suite *cv_suite(void);

/* One line a module: each tests/select/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    calibration_suite,
    compare_suite,
    conformal_suite,
    curve_suite,
    cv_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
