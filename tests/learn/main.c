/* main.c - the tests of src/learn. */
#include <config.h>

#include "run.h"

Suite *recipe_suite(void);
Suite *fit_suite(void);
Suite *check_suite(void);
Suite *dummy_suite(void);
Suite *knn_suite(void);
Suite *linear_suite(void);
Suite *first_order_suite(void);
Suite *mlp_suite(void);
Suite *mlp_gradient_suite(void);
Suite *naive_bayes_suite(void);
Suite *nist_suite(void);
Suite *outoffold_suite(void);
Suite *tree_suite(void);

/* One line a module: each tests/learn/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {
    recipe_suite,      fit_suite,         check_suite,  dummy_suite, knn_suite,
    naive_bayes_suite, tree_suite,        linear_suite, nist_suite,
    outoffold_suite,   first_order_suite, mlp_suite,    mlp_gradient_suite,
    NULL};

int main(void)
{
    return run_suites(suites);
}
