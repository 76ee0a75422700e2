/* main_boosting.c - the tests of src/ensemble that are about boosting. */
#include <config.h>

#include "run.h"

Suite *adaboost_suite(void);
Suite *boosting_suite(void);
Suite *gbdt_bits_suite(void);
Suite *gbdt_constraints_suite(void);
Suite *gbdt_parts_suite(void);
Suite *gbdt_suite(void);
Suite *gbdt_quantile_suite(void);
Suite *gbdt_rank_suite(void);
Suite *gbdt_wide_suite(void);
Suite *offset_suite(void);

/* One line a module. */
static Suite *(*const suites[])(void) = {
    adaboost_suite,
    boosting_suite,
    gbdt_suite,
    gbdt_bits_suite,
    gbdt_constraints_suite,
    gbdt_parts_suite,
    gbdt_quantile_suite,
    gbdt_rank_suite,
    gbdt_wide_suite,
    offset_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
