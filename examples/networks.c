/* networks.c - the same network by three optimisers on one CSV: the validation loss from epoch to epoch.
 *
 *     ./networks data/diabetes.csv progression */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "networks: %s\n", err.message);
    exit(1);
}

/* Lines of a description that tell of the learning curve. */
static void print_curve(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");

        if (strstr(line, "after epoch") != NULL && strstr(line, "after epoch") < line + n)
            printf("    %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

int main(int argc, char **argv)
{
    static const char *const optimisers[] = {
        "optimizer=sgd, learning_rate_init=0.05",
        "optimizer=nesterov, learning_rate_init=0.01",
        "optimizer=adamw, learning_rate_init=0.005",
    };
    const ens_csv_options options = {.target = argc > 2 ? argv[2] : "progression"};
    ens_dataset *data, *train, *test;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/diabetes.csv", &options, &err));
    must(ens_dataset_holdout(&train, &test, data, 0.3, 1, &err));
    for (size_t i = 0; i < sizeof optimisers / sizeof *optimisers; i++) {
        char recipe[200], *text;
        ens_learner *learner;
        ens_model *model;
        ens_score *score;
        size_t n;

        snprintf(recipe, sizeof recipe, "mlp(hidden_layer_sizes=[64, 32], max_iter=40, %s)", optimisers[i]);
        must(ens_learner_parse(&learner, recipe, &err));
        must(ens_fit(&model, learner, train, test, 1, NULL, &err)); /* `test` tells when to stop */
        must(ens_model_evaluate(&score, &n, model, test, NULL, NULL, &err));
        must(ens_model_describe(&text, model, &err));
        printf("%s\n", recipe);
        print_curve(text);
        printf("    %s %.5g\n", score[0].name, score[0].value);
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
