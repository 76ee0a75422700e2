/* toy.c - learner types for tests. `toy` takes no weights, no categories and no missing values. */
#include <config.h>

#include "toy.h"

#include <stdlib.h>
#include <string.h>

size_t toy_rows, toy_distinct, toy_features;

typedef struct toy_params {
    int64_t depth;
    double rate;
    ens_list list;
    char *text;
} toy_params;

typedef struct toy {
    size_t k;
    double out[8];
} toy;

static const ens_param toy_table[] = {
    ENS_ROW(ENS_PARAM_INT, toy_params, depth, "3", 1, 64, "", "max_depth", "unused"),
    ENS_ROW(ENS_PARAM_REAL, toy_params, rate, "0.5", 0, 1, "", "", "unused"),
    ENS_ROW(ENS_PARAM_LIST, toy_params, list, "none", 0, 9, "none", "", "unused"),
    ENS_ROW(ENS_PARAM_TEXT, toy_params, text, "", 0, 0, "", "", "unused"),
    ENS_PARAM_LAST};

static ens_status toy_fit(void **out, const void *params, const ens_fit_args *a,
                          ens_error *err)
{
    toy *t = calloc(1, sizeof *t);

    (void)params;
    (void)err;
    if (t == NULL || a->k > 8) {
        free(t);
        return ENS_ENOMEM;
    }
    t->k = a->k;
    toy_rows = a->rows.n;
    toy_features = a->rows.p;
    toy_distinct = 0;
    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t r = a->rows.row[i];

        toy_distinct += i == 0 || r != a->rows.row[i - 1];
        if (a->task == ENS_TASK_CLASSIFICATION)
            t->out[a->label[r]] += 1.0 / (double)a->rows.n;
        else
            t->out[0] += a->y[r] / (double)a->rows.n;
    }
    *out = t;
    return ENS_OK;
}

static void toy_predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const toy *t = fit;

    (void)scratch;
    for (size_t i = 0; i < rows->n; i++)
        memcpy(out + i * t->k, t->out, t->k * sizeof *out);
}

static ens_status toy_write(const void *fit, ens_writer *w, ens_error *err)
{
    const toy *t = fit;

    return ens_writer_array(w, "out", ENS_F64, 1, &t->k, t->out, err);
}

static ens_status toy_read(void **out, const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t k;
    toy *t;
    ens_status st = ens_reader_array(&data, &k, a->reader, "out", ENS_F64, 1, err);

    if (st != ENS_OK)
        return st;
    if (k != a->k || k > 8)
        return ens_reader_bad(a->reader, err, "%zu outputs, expected %zu", k, a->k);
    if ((t = calloc(1, sizeof *t)) == NULL)
        return ENS_ENOMEM;
    t->k = k;
    memcpy(t->out, data, k * sizeof *t->out);
    *out = t;
    return ENS_OK;
}

const ens_learner_type toy_type = {
    .abi = ENS_EXT_ABI,
    .name = "toy",
    .help = "the shares of the classes, or the mean",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_NUMBERS,
    .params = toy_table,
    .params_size = sizeof(toy_params),
    .fit = toy_fit,
    .predict = toy_predict,
    .write = toy_write,
    .read = toy_read,
    .free = free,
};

typedef struct pair_params {
    int64_t size;
} pair_params;

static const ens_param pair_table[] = {
    ENS_ROW(ENS_PARAM_INT, pair_params, size, "1", 1, 10, "", "", "unused"),
    ENS_PARAM_LAST};

static ens_status pair_fit(void **out, const void *params, const ens_fit_args *a,
                           ens_error *err)
{
    ens_fitted *f = calloc(1, sizeof *f);
    ens_status st;

    (void)params;
    if (f == NULL)
        return ENS_ENOMEM;
    if ((st = ens_fitted_fit(f, ens_learner_member(a->learner, 0), a, err)) == ENS_OK)
        *out = f;
    else
        free(f);
    return st;
}

static void pair_predict(const void *fit, const ens_rows *rows, double *out,
                         void *scratch)
{
    const ens_fitted *f = fit;

    f->type->predict(f->state, rows, out, scratch);
}

static size_t pair_scratch(const void *fit)
{
    return ens_fitted_scratch(fit);
}

static ens_status pair_write(const void *fit, ens_writer *w, ens_error *err)
{
    return ens_fitted_write(fit, 1, w, err);
}

static ens_status pair_read(void **out, const ens_read_args *a, ens_error *err)
{
    ens_fitted *f = calloc(1, sizeof *f);
    ens_status st;

    if (f == NULL)
        return ENS_ENOMEM;
    if ((st = ens_fitted_read(f, 1, ens_learner_member(a->learner, 0), a, err)) == ENS_OK)
        *out = f;
    else
        free(f);
    return st;
}

static void pair_free(void *fit)
{
    ens_fitted_clear(fit);
    free(fit);
}

static ens_status pair_check(const void *params, ens_error *err)
{
    (void)err;
    return ((const pair_params *)params)->size == 7 ? ENS_ERANGE : ENS_OK;
}

const ens_learner_type pair_type = {
    .abi = ENS_EXT_ABI,
    .name = "pair",
    .help = "its first member",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS,
    .min_members = 2,
    .max_members = 2,
    .params = pair_table,
    .params_size = sizeof(pair_params),
    .check = pair_check,
    .fit = pair_fit,
    .predict = pair_predict,
    .scratch_size = pair_scratch,
    .write = pair_write,
    .read = pair_read,
    .free = pair_free,
};

void toy_register(void)
{
    static int done;

    if (!done++) {
        ens_learner_type_register(&toy_type, NULL);
        ens_learner_type_register(&pair_type, NULL);
    }
}
