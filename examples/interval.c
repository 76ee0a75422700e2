/* interval.c - between which values will a number lie?  A quantile forest predicts them beside the mean, and rows that
 * were held out show how often they hold.
 *
 *     ./interval data/diabetes.csv progression */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "interval: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "progression",
                               .task = ENS_TASK_REGRESSION};
    ens_dataset *data, *train, *test;
    ens_learner *forest;
    ens_model *model;
    size_t n, inside = 0;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/diabetes.csv", &options, &err));
    must(ens_dataset_holdout(&train, &test, data, 0.3, 1, &err));
    must(ens_learner_parse(&forest, "forest(n_estimators=300, min_samples_leaf=5, quantiles=[0.1, 0.9])",
                           &err));
    must(ens_fit(&model, forest, train, NULL, 1, NULL, &err));

    n = ens_dataset_n(test);
    double *mean = malloc(n * sizeof *mean), *between = malloc(2 * n * sizeof *between);
    if (mean == NULL || between == NULL)
        return 1;
    must(ens_model_predict(model, test, mean, NULL, &err));
    must(ens_model_predict_quantiles(model, test, NULL, between, NULL, &err));
    for (size_t i = 0; i < n; i++) {
        double y = ens_dataset_y(test, i);

        inside += between[2 * i] <= y && y <= between[2 * i + 1];
        if (i < 5)
            printf("%8.1f: predicted %.1f, between %.1f and %.1f\n", y, mean[i], between[2 * i],
                   between[2 * i + 1]);
    }
    printf("inside of 80 percent intervals: %.1f percent of %zu rows\n",
           100.0 * (double)inside / (double)n, n);

    free(mean);
    free(between);
    ens_model_free(model);
    ens_learner_free(forest);
    ens_dataset_free(test);
    ens_dataset_free(train);
    ens_dataset_free(data);
    return 0;
}
