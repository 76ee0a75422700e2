/* explain_rows.c - what `ensemble explain` says of rows, as CSV: out-of-bag predictions, leaves, proximities,
 * neighbours, outliers. Rows are numbered from 1, as in messages. */
#include <config.h>

#include <cli/explain.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All pairs of more rows are no table that anyone opens. */
#define MOST_PAIRED ((size_t)10000)
/* Rows whose leaves are found at once. */
#define BATCH ((size_t)4096)

static ens_status put_number(double value, char before, ens_error *err)
{
    if (before != 0)
        putchar(before);
    return ens_csv_write_number(stdout, value, err);
}

/* ---- Out-of-bag predictions ---- */

static ens_status put_prediction(const explain_job *j, const double *pred, ens_error *err)
{
    size_t k = ens_model_k(j->model);
    ens_status st = ENS_OK;

    if (ens_model_task(j->model) != ENS_TASK_CLASSIFICATION)
        return put_number(pred[0], 0, err);
    if (!isnan(pred[0]))
        st = ens_csv_write_text(stdout, ens_model_class(j->model, ens_argmax(pred, k)),
                                ',', err);
    for (size_t c = 0; c < k && st == ENS_OK; c++)
        st = put_number(pred[c], ',', err);
    return st;
}

static ens_status put_header(const explain_job *j, ens_error *err)
{
    ens_status st = ens_csv_write_text(stdout, "prediction", ',', err);

    for (size_t c = 0; ens_model_class(j->model, c) != NULL && st == ENS_OK; c++) {
        const char *class = ens_model_class(j->model, c);
        size_t size = strlen(class) + 3;
        char *name = cli_array(size, 1);

        snprintf(name, size, "p_%s", class);
        putchar(',');
        st = ens_csv_write_text(stdout, name, ',', err);
        free(name);
    }
    putchar('\n');
    return st;
}

static ens_status tell_predictions(explain_job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->table), k = ens_model_k(j->model);
    double *pred = cli_array(n, k * sizeof *pred);
    ens_status st = ens_model_oob_predict(j->model, j->table, pred, &j->exec, err);

    progress_end(&j->bar);
    if (st == ENS_OK)
        st = put_header(j, err);
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        st = put_prediction(j, pred + i * k, err);
        putchar('\n');
    }
    free(pred);
    return st;
}

/* ---- Leaves ---- */

/* The leaves of rows begin .. begin + n - 1. */
static ens_status put_leaves(const explain_job *j, size_t begin, size_t n, uint32_t *leaf,
                             ens_error *err)
{
    size_t trees = ens_model_n_trees(j->model), *row = cli_array(n, sizeof *row);
    ens_dataset *part = NULL;
    ens_status st;

    for (size_t i = 0; i < n; i++)
        row[i] = begin + i;
    if ((st = ens_dataset_subset(&part, j->table, row, n, err)) == ENS_OK)
        st = ens_model_leaves(j->model, part, leaf, &j->exec, err);
    for (size_t t = 0; t < trees && begin == 0 && st == ENS_OK; t++)
        printf("tree%zu%c", t + 1, t + 1 < trees ? ',' : '\n');
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        for (size_t t = 0; t < trees; t++)
            printf("%lu%c", (unsigned long)leaf[i * trees + t],
                   t + 1 < trees ? ',' : '\n');
    ens_dataset_free(part);
    free(row);
    return st;
}

static ens_status tell_leaves(explain_job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->table), trees = ens_model_n_trees(j->model);
    uint32_t *leaf = cli_array(BATCH, trees * sizeof *leaf);
    ens_status st = ENS_OK;

    /* A batch is over too soon for a bar. */
    j->exec = progress_exec(&j->bar, (unsigned)j->o->run.threads, 1);
    for (size_t i = 0; i < n && st == ENS_OK; i += BATCH)
        st = put_leaves(j, i, n - i < BATCH ? n - i : BATCH, leaf, err);
    free(leaf);
    return st;
}

/* ---- Proximities ---- */

static ens_proximity which(const explain_job *j)
{
    return j->o->oob ? ENS_PROXIMITY_OOB : ENS_PROXIMITY_ALL;
}

static ens_status tell_proximities(explain_job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->table);
    double *near = cli_array(n, n * sizeof *near);
    ens_status st =
        ens_model_proximities(j->model, j->table, which(j), near, &j->exec, err);

    progress_end(&j->bar);
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        printf("%zu%c", i + 1, i + 1 < n ? ',' : '\n');
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        for (size_t k = 0; k < n && st == ENS_OK; k++)
            st = put_number(near[i * n + k], k > 0 ? ',' : 0, err);
        putchar('\n');
    }
    free(near);
    return st;
}

static ens_status tell_neighbors(explain_job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->table), m = (size_t)j->o->neighbors;
    ens_neighbor *near;
    ens_status st;

    m = m < n ? m : n;
    near = cli_array(n, m * sizeof *near);
    st = ens_model_neighbors(j->model, j->table, which(j), m, near, &j->exec, err);
    progress_end(&j->bar);
    if (st == ENS_OK)
        puts("row,neighbor,proximity");
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        for (size_t b = 0; b < m && near[i * m + b].row != SIZE_MAX && st == ENS_OK;
             b++) {
            printf("%zu,%zu", i + 1, near[i * m + b].row + 1);
            st = put_number(near[i * m + b].proximity, ',', err);
            putchar('\n');
        }
    free(near);
    return st;
}

static ens_status tell_outliers(explain_job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->table);
    double *out = cli_array(n, sizeof *out);
    ens_status st = ens_model_outliers(j->model, j->table, which(j), out, &j->exec, err);

    progress_end(&j->bar);
    if (st == ENS_OK)
        puts("outlier");
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        st = put_number(out[i], 0, err);
        putchar('\n');
    }
    free(out);
    return st;
}

int explain_rows(explain_job *j)
{
    size_t n = ens_dataset_n(j->table);
    ens_error err = {.code = ENS_OK};
    ens_status st;

    if (j->o->proximities && n > MOST_PAIRED)
        return cli_failf(
            "--proximities: %s has %zu rows, at most %zu make a table of all "
            "pairs; --neighbors=N lists the nearest",
            cli_name_of(j->path), n, MOST_PAIRED);
    st = j->o->oob_predictions ? tell_predictions(j, &err)
         : j->o->leaves        ? tell_leaves(j, &err)
         : j->o->proximities   ? tell_proximities(j, &err)
         : j->o->neighbors > 0 ? tell_neighbors(j, &err)
                               : tell_outliers(j, &err);
    progress_end(&j->bar);
    if (st == ENS_EIO) /* main() tells of it */
        return CLI_OK;
    return st == ENS_OK ? CLI_OK : cli_fail_in(cli_name_of(j->path), &err);
}
