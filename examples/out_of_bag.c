/* out_of_bag.c - how good is a forest on rows that it has not seen?  Each row is predicted by the trees that did not
 * draw it, so no row has to be held out; the bootstrap says how sure the score is.
 *
 *     ./out_of_bag data/diabetes.csv progression */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "out_of_bag: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "progression",
                               .task = ENS_TASK_REGRESSION};
    ens_dataset *data;
    ens_learner *forest;
    ens_model *model;
    double low, high;
    size_t n;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/diabetes.csv", &options, &err));
    must(ens_learner_parse(&forest, "forest(n_estimators=300, min_samples_leaf=3, oob_score=true)",
                           &err));
    must(ens_fit(&model, forest, data, NULL, 1, NULL, &err));

    for (size_t i = 0; ens_model_score(model, i) != NULL; i++)
        printf("%s %-5s %.3f\n", ens_model_score(model, i)->kind, ens_model_score(model, i)->name,
               ens_model_score(model, i)->value);

    const double *oob = ens_model_oob(model, &n);
    double *y = malloc(n * sizeof *y);
    if (y == NULL)
        return 1;
    for (size_t i = 0; i < n; i++)
        y[i] = ens_dataset_y(data, i);
    ens_eval eval = {.task = ENS_TASK_REGRESSION, .n = n, .k = 1, .y = y, .pred = oob};
    must(ens_metric_interval(&low, &high, "r2", &eval, 0.95, 1000, 1, NULL, &err));
    printf("95 percent interval of r2: %.3f to %.3f\n", low, high);

    free(y);
    ens_model_free(model);
    ens_learner_free(forest);
    ens_dataset_free(data);
    return 0;
}
