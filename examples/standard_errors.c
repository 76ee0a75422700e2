/* standard_errors.c - least squares on a CSV: its coefficients with standard errors, t and p values, and what it
 * predicts of rows that it has not seen. */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fifth of the rows, the others in rest. */
static ens_status part(ens_dataset **fifth, ens_dataset **rest, const ens_dataset *all, ens_error *e)
{
    size_t n = ens_dataset_n(all), held = 0, kept = 0;
    size_t *row = malloc(2 * n * sizeof *row);
    ens_status st = ENS_ENOMEM;
    for (size_t i = 0; i < n && row != NULL; i++)
        if (i % 5 == 0)
            row[held++] = i;
        else
            row[n + kept++] = i;
    if (row != NULL && (st = ens_dataset_subset(fifth, all, row, held, e)) == ENS_OK)
        st = ens_dataset_subset(rest, all, row + n, kept, e);
    free(row);
    return st;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "data/diabetes.csv";
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "progression", .task = ENS_TASK_REGRESSION};
    ens_dataset *data = NULL, *fifth = NULL, *rest = NULL;
    ens_learner *line = NULL;
    ens_model *model = NULL;
    ens_score *score = NULL;
    size_t n = 0;
    char *text = NULL;
    ens_error e;
    int failed = ens_csv_read(&data, path, &options, &e) || part(&fifth, &rest, data, &e) ||
                 ens_learner_parse(&line, "linear", &e) ||
                 ens_fit(&model, line, rest, NULL, 1, NULL, &e) || ens_model_describe(&text, model, &e) ||
                 ens_model_evaluate(&score, &n, model, fifth, "r2,mae", NULL, &e);
    if (failed)
        fprintf(stderr, "standard_errors: %s\n", e.message);
    else
        fputs(text, stdout); /* "bmi: 5.70, std. error 0.79, t 7.2, p 3.5e-12", a line for each column */
    for (size_t i = 0; i < n; i++)
        printf("%s of the rows held out: %.3f\n", score[i].name, score[i].value);
    ens_string_free(text), ens_scores_free(score, n);
    ens_model_free(model), ens_learner_free(line);
    ens_dataset_free(fifth), ens_dataset_free(rest), ens_dataset_free(data);
    return failed;
}
