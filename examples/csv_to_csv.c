/* csv_to_csv.c - your own CSV in, a scored CSV out: bagged naive Bayes on a table with gaps, then each row of a
 * second file with the probability of each class, a batch at a time.
 *
 *     ./csv_to_csv train.csv target new.csv > scored.csv */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1000 };

static ens_error err;

static void must(ens_status st)
{
    if (st == ENS_OK)
        return;
    fprintf(stderr, "csv_to_csv: %s\n", err.message);
    exit(1);
}

static void write_header(const ens_model *model)
{
    for (size_t c = 0; c < ens_model_k(model); c++) {
        must(ens_csv_write_text(stdout, ens_model_class(model, c), ',', &err));
        putchar(c + 1 < ens_model_k(model) ? ',' : '\n');
    }
}

static void score_batch(const ens_model *model, const ens_dataset *batch, double *out)
{
    size_t k = ens_model_k(model);

    must(ens_model_predict(model, batch, out, NULL, &err));
    for (size_t i = 0; i < ens_dataset_n(batch); i++)
        for (size_t c = 0; c < k; c++) {
            must(ens_csv_write_number(stdout, out[i * k + c], &err));
            putchar(c + 1 < k ? ',' : '\n');
        }
}

int main(int argc, char **argv)
{
    ens_csv_options options = {.target = argc > 2 ? argv[2] : "type"};
    ens_csv_stream *stream;
    ens_dataset *train, *batch;
    ens_learner *learner;
    ens_model *model;

    must(ens_csv_read(&train, argc > 1 ? argv[1] : "data/pima.csv", &options, &err));
    must(ens_learner_parse(&learner, "bagging(naive_bayes, n_estimators=25)", &err));
    must(ens_fit(&model, learner, train, NULL, 1, NULL, &err));

    double *out = malloc(BATCH * ens_model_k(model) * sizeof *out);
    if (out == NULL)
        return 1;
    ens_csv_options as_model = {.types = ens_model_csv_types(model)};
    must(ens_csv_stream_open(&stream, argc > 3 ? argv[3] : "data/pima.csv", &as_model, &err));
    write_header(model);
    for (;;) {
        must(ens_csv_stream_next(&batch, stream, BATCH, &err));
        if (batch == NULL)
            break;
        score_batch(model, batch, out);
        ens_dataset_free(batch);
    }
    free(out);
    ens_csv_stream_free(stream);
    ens_model_free(model);
    ens_learner_free(learner);
    ens_dataset_free(train);
    return fflush(stdout) == 0 ? 0 : 1;
}
