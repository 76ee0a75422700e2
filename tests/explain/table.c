/* table.c - tables and models that the tests explain. */
#include <config.h>

#include "explain/table.h"
#include <ensemble/ext.h>
#include <num/sample.h>
#include <stdio.h>

ens_dataset *table_read(const char *file, const char *target)
{
    const ens_csv_options options = {.target = target};
    ens_dataset *data = NULL;
    char path[512];
    ens_error err;

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
    ck_ok(ens_csv_read(&data, path, &options, &err));
    return data;
}

ens_dataset *table_make(size_t n, size_t p, ens_task task, uint64_t seed)
{
    double *x = calloc(n * p, sizeof *x), *y = calloc(n, sizeof *y);
    ens_dataset *data = NULL;
    ens__stream s;
    ens_error err;

    ck_assert(x != NULL && y != NULL && p >= 3);
    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < n; i++) {
        double *row = x + i * p;

        for (size_t j = 0; j < p; j++)
            row[j] = ens__stream_uniform(&s);
        y[i] = row[0] + 0.5 * row[1] * row[2] + 0.3 * ens__stream_uniform(&s);
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = y[i] < 0.6 ? 0 : y[i] < 0.9 ? 1 : 2;
    }
    ck_ok(ens_dataset_from_matrix(&data, x, n, p, y, task, &err));
    free(x);
    free(y);
    return data;
}

ens_model *model_fit(const char *recipe, const ens_dataset *data, uint64_t seed,
                     unsigned threads)
{
    const ens_exec exec = {.threads = threads};
    ens_learner *learner = NULL;
    ens_model *model = NULL;
    ens_error err;

    ck_ok(ens_learner_parse(&learner, recipe, &err));
    ck_ok(ens_fit(&model, learner, data, NULL, seed, &exec, &err));
    ens_learner_free(learner);
    return model;
}

void bag_draw(uint32_t *count, size_t n, uint64_t seed, size_t t)
{
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_BOOTSTRAP, t);
    ens__sample_bootstrap(count, n, n, &s);
}

ens_model *member_fit(const char *recipe, const ens_dataset *data, uint64_t seed, size_t t)
{
    size_t n = ens_dataset_n(data), m = 0;
    uint32_t *count = calloc(n, sizeof *count);
    size_t *row = calloc(n, sizeof *row);
    ens_dataset *bag = NULL;
    ens_model *model;
    ens_error err;

    ck_assert(count != NULL && row != NULL);
    bag_draw(count, n, seed, t);
    for (size_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < count[i]; c++)
            row[m++] = i;
    ck_ok(ens_dataset_subset(&bag, data, row, m, &err));
    model = model_fit(recipe, bag, ens_seed(seed, ENS__FOR_MEMBER, t), 1);
    ens_dataset_free(bag);
    free(count);
    free(row);
    return model;
}

ens_dataset *table_permuted(const ens_dataset *data, size_t j, uint64_t seed, size_t repeat)
{
    size_t n = ens_dataset_n(data), p = ens_dataset_p(data);
    double *x = calloc(n * p, sizeof *x), *y = calloc(n, sizeof *y);
    uint32_t *order = calloc(n, sizeof *order);
    ens_dataset *out = NULL;
    ens__stream s;
    ens_error err;

    ck_assert(x != NULL && y != NULL && order != NULL);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    ens__stream_init(&s, seed, ENS__FOR_PERMUTE, (uint64_t)j << 32 | repeat);
    ens__sample_shuffle(order, n, &s);
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < p; f++)
            x[i * p + f] = ens_dataset_get(data, f == j ? order[i] : i, f);
        y[i] = ens_dataset_y(data, i);
    }
    ck_ok(ens_dataset_from_matrix(&out, x, n, p, y, ens_dataset_task(data), &err));
    free(x);
    free(y);
    free(order);
    return out;
}

double score_of(const ens_model *model, const ens_dataset *data, const char *metric)
{
    ens_score *score = NULL;
    ens_error err;
    size_t n;
    double value;

    ck_ok(ens_model_evaluate(&score, &n, model, data, metric, NULL, &err));
    value = score[0].value;
    ens_scores_free(score, n);
    return value;
}
