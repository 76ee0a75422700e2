/* main.c - the tests of src/data. */
#include <config.h>

#include "run.h"

Suite *bins_suite(void);
Suite *csv_suite(void);
Suite *csv_bad_suite(void);
Suite *csv_ways_suite(void);
Suite *csv_write_suite(void);
Suite *dataset_suite(void);
Suite *folds_suite(void);
Suite *generate_suite(void);
Suite *intern_suite(void);
Suite *packed_suite(void);
Suite *split_suite(void);
Suite *svmlight_suite(void);

/* One line a module: each tests/data/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    bins_suite,
    csv_suite,
    csv_bad_suite,
    csv_ways_suite,
    csv_write_suite,
    dataset_suite,
    folds_suite,
    generate_suite,
    intern_suite,
    packed_suite,
    split_suite,
    svmlight_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
