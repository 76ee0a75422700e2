/* main.c - the tests of src/cli. */
#include <config.h>

#include "run.h"

Suite *cli_anomaly_suite(void);
Suite *cli_boosting_suite(void);
Suite *cli_train_suite(void);
Suite *cli_predict_suite(void);
Suite *cli_cv_suite(void);
Suite *cli_evaluate_suite(void);
Suite *cli_explain_suite(void);
Suite *cli_linear_suite(void);
Suite *cli_lists_suite(void);
Suite *cli_bad_suite(void);
Suite *cli_files_suite(void);
Suite *cli_rounds_suite(void);
Suite *cli_svmlight_suite(void);

/* One line a module: each tests/cli/test_*.c has one of these. */
static Suite *(*const suites[])(void) = {cli_anomaly_suite,
                                         cli_boosting_suite,
                                         cli_train_suite,
                                         cli_predict_suite,
                                         cli_cv_suite,
                                         cli_evaluate_suite,
                                         cli_explain_suite,
                                         cli_linear_suite,
                                         cli_lists_suite,
                                         cli_bad_suite,
                                         cli_files_suite,
                                         cli_rounds_suite,
                                         cli_svmlight_suite,
                                         NULL};

int main(void)
{
    return run_suites(suites);
}
