/* importance.c - what does a forest rely on?  Three answers for each feature: the share of the impurity that its
 * splits took away, which favours columns of many values; the same measured on rows that a tree did not draw;
 * and the accuracy, or error, that permuting its values costs on those rows.
 *
 *     ./importance data/birthweight.csv low */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "importance: %s\n", err.message);
    exit(1);
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "low"};
    ens_importance *corrected, *permuted;
    ens_dataset *data;
    ens_learner *forest;
    ens_model *model;
    double *plain;
    size_t p;

    must(ens_csv_read(&data, argc > 1 ? argv[1] : "data/birthweight.csv", &options, &err));
    must(ens_learner_parse(&forest, "forest(n_estimators=500)", &err));
    must(ens_fit(&model, forest, data, NULL, 1, NULL, &err));

    p = ens_model_p(model);
    plain = calloc(p, sizeof *plain);
    corrected = calloc(p, sizeof *corrected);
    permuted = calloc(p, sizeof *permuted);
    if (plain == NULL || corrected == NULL || permuted == NULL)
        return 1;
    must(ens_model_importance(model, plain, &err));
    must(ens_importance_corrected(corrected, model, data, NULL, NULL, &err));
    must(ens_importance_oob(permuted, model, data, NULL, NULL, &err));

    printf("%-16s %8s %10s %22s\n", "feature", "impurity", "corrected", "permuted, out of bag");
    for (size_t j = 0; j < p; j++) {
        ens_column_info column;

        must(ens_model_feature(&column, model, j, &err));
        printf("%-16s %8.3f %10.4f %8.4f [%.4f, %.4f]\n", column.name, plain[j], corrected[j].value,
               permuted[j].value, permuted[j].low, permuted[j].high);
    }

    free(plain);
    free(corrected);
    free(permuted);
    ens_model_free(model);
    ens_learner_free(forest);
    ens_dataset_free(data);
    return 0;
}
