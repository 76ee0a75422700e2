/* pipeline.c - transforms before a learner, fitted with it on the training rows and kept in its model.
 *
 *     ./pipeline data/titanic.csv survived */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "pipeline: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const recipes[] = {
        "naive_bayes",
        "impute(strategy=median, add_indicator=true) | naive_bayes",
        "impute | standardize | onehot(min_frequency=0.05) | naive_bayes",
        "bagging(impute(strategy=median) | tree(max_depth=4), n_estimators=50)",
    };
    const ens_csv_options options = {.target = argc > 2 ? argv[2] : "survived"};
    ens_dataset *data, *train, *test;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/titanic.csv", &options, &err));
    must(ens_dataset_holdout(&train, &test, data, 0.3, 1, &err));
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        ens_learner *learner;
        ens_model *model;
        ens_score *score;
        size_t n;
        char *text;

        must(ens_learner_parse(&learner, recipes[i], &err));
        must(ens_fit(&model, learner, train, NULL, 1, NULL, &err)); /* steps see rows of train alone */
        must(ens_model_evaluate(&score, &n, model, test, NULL, NULL, &err)); /* of the raw table */
        must(ens_learner_print(&text, ens_model_learner(model), ENS_PRINT_SHORT, &err));
        printf("%s\n    %s %.4f on %zu rows held out\n", text, score[0].name, score[0].value,
               ens_dataset_n(test));
        ens_string_free(text);
        must(ens_model_describe(&text, model, &err)); /* how many columns each step gives, ... */
        printf("%s", text);
        ens_string_free(text);
        ens_scores_free(score, n);
        ens_model_free(model);
        ens_learner_free(learner);
    }
    ens_dataset_free(test);
    ens_dataset_free(train);
    ens_dataset_free(data);
    return 0;
}
