/* inspect_model.c - what is in a model: its recipe, its table, its parts, and which features its trees live by.
 *
 *     ./inspect_model data/birthweight.csv low */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "inspect_model: %s\n", err.message);
    exit(1);
}

static void print_features(const ens_model *model)
{
    double *share = malloc(ens_model_p(model) * sizeof *share);

    if (share == NULL)
        exit(1);
    must(ens_model_importance(model, share, &err));
    for (size_t j = 0; j < ens_model_p(model); j++) {
        ens_column_info f;

        must(ens_model_feature(&f, model, j, &err));
        printf("  %-14s %-8s %5.1f %%", f.name, f.type == ENS_NUMERIC ? "number" : "category",
               100 * share[j]);
        for (size_t l = 0; l < f.n_levels; l++)
            printf("%s%s", l == 0 ? "  " : ", ", ens_model_feature_level(model, j, l));
        putchar('\n');
    }
    free(share);
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "low"};
    ens_dataset *data;
    ens_learner *forest;
    ens_model *model;
    char *recipe, *parts;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/birthweight.csv", &options, &err));
    must(ens_learner_parse(&forest, "forest(n_estimators=100)", &err));
    must(ens_learner_set(forest, "max_depth", "6", &err));
    must(ens_fit(&model, forest, data, NULL, 1, NULL, &err));

    must(ens_learner_print(&recipe, ens_model_learner(model), ENS_PRINT_FULL, &err));
    must(ens_model_describe(&parts, model, &err));
    printf("%s\nfitted on %zu rows to predict %s\n%sfeatures:\n", recipe, ens_model_n_train(model),
           ens_model_target(model), parts);
    print_features(model);

    ens_string_free(recipe);
    ens_string_free(parts);
    ens_model_free(model);
    ens_learner_free(forest);
    ens_dataset_free(data);
    return 0;
}
