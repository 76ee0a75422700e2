/* compare.c - is a forest better than a tree, or is it chance?  Both are cross-validated on the same ten folds; the
 * difference of their scores gets an interval, and tests of splits and of rows say how sure it is.
 *
 *     ./compare data/pima.csv type 'forest(n_estimators=200)' 'tree(max_depth=3)' */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "compare: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    const char *recipe[2] = {argc > 3 ? argv[3] : "forest(n_estimators=200)", argc > 4 ? argv[4] : "tree(max_depth=3)"};
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "type"};
    ens_comparison *test;
    ens_dataset *data;
    ens_folds *folds;
    ens_cv *cv[2];
    size_t n_tests;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/pima.csv", &options, &err));
    must(ens_folds_make(&folds, data, "10", 1, &err));
    for (size_t i = 0; i < 2; i++) {
        ens_learner *learner;
        double mean, low, high;

        must(ens_learner_parse(&learner, recipe[i], &err));
        must(ens_cv_fit(&cv[i], learner, data, folds, NULL, 1, NULL, &err));
        must(ens_cv_mean(&mean, &low, &high, cv[i], 0, 0.95, &err));
        printf("%-28s %s %.4f [%.4f, %.4f]\n", recipe[i], cv[i]->metric[0], mean, low, high);
        ens_learner_free(learner);
    }
    must(ens_compare(&test, &n_tests, (const ens_cv *const *)cv, 2, 0, 0.95, &err));
    for (size_t i = 0; i < n_tests; i++)
        printf("%-28s difference %7.4f, p = %.3f\n", ens_test_name(test[i].test), test[i].difference, test[i].p);

    ens_comparisons_free(test);
    ens_cv_free(cv[0]);
    ens_cv_free(cv[1]);
    ens_folds_free(folds);
    ens_dataset_free(data);
    return 0;
}
