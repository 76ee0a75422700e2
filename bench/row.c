/* row.c - the time of one row through ens_model_predict_row(): median, 99th percentile, mean.
 *
 *     row MODEL CSV TARGET [ROWS]    prints one JSON object
 *
 * Rows are asked for in an order that jumps about, so that no two in turn are alike. */
#include <ensemble.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t rows = argc > 4 ? (size_t)atol(argv[4]) : 20000;
    ens_model *model = NULL;
    ens_dataset *data = NULL;
    ens_error err;

    if (argc < 4) {
        fprintf(stderr, "usage: row MODEL CSV TARGET [ROWS]\n");
        return 2;
    }
    if (ens_model_load(&model, argv[1], &err) != ENS_OK ||
        ens_csv_read(&data, argv[2], &(ens_csv_options){.target = argv[3]}, &err) != ENS_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }

    size_t n = ens_dataset_n(data), p = ens_model_p(model);
    double *x = malloc(rows * p * sizeof *x), *took = malloc(rows * sizeof *took);
    double *out = malloc(ens_model_k(model) * sizeof *out), mean = 0;
    void *scratch = malloc(ens_model_row_scratch(model));

    if (x == NULL || took == NULL || out == NULL || scratch == NULL)
        return 1;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p; j++)
            x[i * p + j] = ens_dataset_get(data, i * 7919 % n, j);
    for (size_t i = 0; i < rows; i++) {
        double start = now_us();

        if (ens_model_predict_row(model, x + i * p, out, scratch, &err) != ENS_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        took[i] = now_us() - start;
        mean += took[i] / (double)rows;
    }
    qsort(took, rows, sizeof *took, ascending);
    printf("{\"rows\": %zu, \"median_us\": %.3f, \"p99_us\": %.3f, \"mean_us\": %.3f}\n", rows,
           took[rows / 2], took[rows / 100 * 99], mean);
    free(scratch);
    free(out);
    free(took);
    free(x);
    ens_dataset_free(data);
    ens_model_free(model);
    return 0;
}
