/* first_model.c - a random forest on a CSV file: read, hold out a quarter, fit, score, save, load, use.
 *
 *     cc first_model.c $(pkg-config --cflags --libs libensemble) -o first_model
 *     ./first_model data/iris.csv species */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

/* End the program with the message if a call failed. */
static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "first_model: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "species"};
    ens_dataset *all, *train, *test;
    ens_learner *forest;
    ens_model *model, *loaded;
    ens_score *score;
    size_t n;

    must(ens_csv_read(&all, argc > 1 ? argv[1] : "data/iris.csv", &options, &err));
    must(ens_dataset_holdout(&train, &test, all, 0.25, 1, &err));

    must(ens_learner_parse(&forest, "forest(n_estimators=200)", &err));
    must(ens_fit(&model, forest, train, NULL, 1, NULL, &err));
    must(ens_model_evaluate(&score, &n, model, test, NULL, NULL, &err));
    for (size_t i = 0; i < n; i++)
        printf("%-18s %.4f\n", score[i].name, score[i].value);

    must(ens_model_save(model, "first_model.ens", &err));
    must(ens_model_load(&loaded, "first_model.ens", &err));
    double *out = malloc(ens_dataset_n(test) * ens_model_k(loaded) * sizeof *out);
    if (out == NULL)
        return 1;
    must(ens_model_predict(loaded, test, out, NULL, &err));
    printf("first row: %s\n", ens_model_class(loaded, ens_argmax(out, ens_model_k(loaded))));

    free(out);
    ens_scores_free(score, n);
    ens_model_free(model);
    ens_model_free(loaded);
    ens_learner_free(forest);
    ens_dataset_free(train);
    ens_dataset_free(test);
    ens_dataset_free(all);
    return 0;
}
