/* main.c - the tests of src/num. */
#include <config.h>

#include "run.h"

Suite *distinct_suite(void);
Suite *elementary_suite(void);
Suite *gram_suite(void);
Suite *mix_suite(void);
Suite *near_suite(void);
Suite *matmul_suite(void);
Suite *optim_suite(void);
Suite *paired_suite(void);
Suite *rng_suite(void);
Suite *sample_suite(void);
Suite *select_suite(void);
Suite *sort_suite(void);
Suite *stats_suite(void);

/* One line a module: each tests/num/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    distinct_suite,
    elementary_suite,
    gram_suite,
    mix_suite,
    near_suite,
    matmul_suite,
    optim_suite,
    paired_suite,
    rng_suite,
    sample_suite,
    select_suite,
    sort_suite,
    stats_suite,
    NULL,
};

int main(void)
{
    return run_suites(suites);
}
