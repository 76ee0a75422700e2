/* boosting.c - the same member bagged, boosted by AdaBoost and by gradients: one line each, one loop for all.
 *
 *     ./boosting data/birthweight.csv low */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "boosting: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const recipes[] = {
        "tree(max_depth=2)",
        "bagging(tree(max_depth=2), n_estimators=100)",
        "adaboost(tree(max_depth=2), n_estimators=30, learning_rate=0.3)",
        "boosting(tree(max_depth=2), n_estimators=300, n_iter_no_change=20)",
        "boosting(bagging(tree(max_depth=2), n_estimators=5), n_estimators=30)",
    };
    const ens_csv_options options = {.target = argc > 2 ? argv[2] : "low"};
    ens_dataset *data, *train, *test;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/birthweight.csv", &options, &err));
    must(ens_dataset_holdout(&train, &test, data, 0.3, 1, &err));
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        ens_learner *learner;
        ens_model *model;
        ens_score *score;
        size_t n;
        char *text;

        must(ens_learner_parse(&learner, recipes[i], &err));
        must(ens_fit(&model, learner, train, NULL, 1, NULL, &err));
        must(ens_model_evaluate(&score, &n, model, test, NULL, NULL, &err));
        printf("%s\n    %s %.4f on %zu rows held out\n", recipes[i], score[0].name, score[0].value,
               ens_dataset_n(test));
        must(ens_model_describe(&text, model, &err)); /* errors and weights of members, rounds, ... */
        printf("    %.*s\n", (int)(strchr(text, '\n') - text), text);
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
