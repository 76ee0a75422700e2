/* stacking.c - unlike learners over one plan of folds: their predictions of rows not seen, and a stack of them.
 *
 *     ./stacking data/titanic.csv survived */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "stacking: %s\n", err.message);
    exit(1);
}

static ens_learner *parse(const char *recipe)
{
    ens_learner *learner;

    must(ens_learner_parse(&learner, recipe, &err));
    return learner;
}

/* How many rows a recipe gets right that it was not fitted on, over folds that others see too. */
static double accuracy(const char *recipe, const ens_dataset *data, const ens_folds *folds)
{
    size_t n = ens_dataset_n(data), k = ens_dataset_n_classes(data), right = 0;
    ens_learner *learner = parse(recipe);
    double *pred = calloc(n * k, sizeof *pred);

    if (pred == NULL)
        exit(1);
    must(ens_folds_fit(pred, NULL, learner, data, folds, 1, NULL, &err));
    for (size_t i = 0; i < n; i++)
        right += ens_argmax(pred + i * k, k) == (size_t)ens_dataset_y(data, i);
    free(pred);
    ens_learner_free(learner);
    return (double)right / (double)n;
}

int main(int argc, char **argv)
{
    static const char *const recipes[] = {
        "forest", "gbdt(n_estimators=50)", "logistic",
        "stacking(forest, gbdt(n_estimators=50), logistic, cv=5)", /* with folds of its own inside each fold */
    };
    const ens_csv_options options = {.target = argc > 2 ? argv[2] : "survived"};
    ens_dataset *data;
    ens_folds *folds;
    ens_learner *learner;
    ens_model *model;
    char *text;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/titanic.csv", &options, &err));
    must(ens_folds_make(&folds, data, "stratified(10)", 1, &err));
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        printf("accuracy %.4f  %s\n", accuracy(recipes[i], data, folds), recipes[i]);
    learner = parse(recipes[3]);
    must(ens_fit(&model, learner, data, NULL, 1, NULL, &err));
    must(ens_model_describe(&text, model, &err)); /* weights, scores, how alike the errors are */
    printf("%s", text);
    ens_string_free(text);
    ens_model_free(model);
    ens_learner_free(learner);
    ens_folds_free(folds);
    ens_dataset_free(data);
    return 0;
}
