/* dummy.c - the learner `dummy`: predicts without looking at the features, as a floor for the others.
 *
 * Strategies are scikit-learn's DummyClassifier's and DummyRegressor's, but for those that draw at random:
 * a prediction is a function of the model. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/learner.h>
#include <math.h>
#include <num/stats.h>
#include <stdio.h>
#include <string.h>

enum { AUTO, PRIOR, MOST_FREQUENT, UNIFORM, MEAN, MEDIAN, QUANTILE, CONSTANT };

typedef struct dummy_params {
    int strategy;
    double quantile;
    double constant;
} dummy_params;

typedef struct dummy {
    size_t k;
    double out[]; /* [k] what every row gets */
} dummy;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, dummy_params, strategy, "auto", 0, 0,
            "auto,prior,most_frequent,uniform,mean,median,quantile,constant", "",
            "classes: prior (auto), most_frequent, uniform; numbers: mean (auto), "
            "median, quantile, "
            "constant"),
    ENS_ROW(ENS_PARAM_REAL, dummy_params, quantile, "0.5", 0, 1, "", "alpha",
            "level of strategy=quantile"),
    ENS_ROW(ENS_PARAM_REAL, dummy_params, constant, "0", -1e300, 1e300, "", "",
            "what strategy=constant predicts"),
    ENS_PARAM_LAST};

static ens_status fit_classes(dummy *d, int strategy, const ens_fit_args *a,
                              ens_error *err)
{
    double total = 0;
    size_t best = 0;

    if (strategy > UNIFORM)
        return ens__fail(err, ENS_ERANGE,
                         "dummy.strategy is for regression, but the target has classes");
    for (size_t i = 0; i < a->rows.n; i++)
        d->out[a->label[a->rows.row[i]]] += ens_fit_weight(a, i);
    for (size_t c = 0; c < d->k; c++) {
        total += d->out[c];
        best = d->out[c] > d->out[best] ? c : best;
    }
    for (size_t c = 0; c < d->k; c++)
        d->out[c] = strategy == MOST_FREQUENT ? c == best
                    : strategy == UNIFORM     ? 1.0 / (double)d->k
                                              : d->out[c] / total;
    return ENS_OK;
}

static ens_status fit_number(dummy *d, const dummy_params *p, const ens_fit_args *a,
                             ens_error *err)
{
    int strategy = p->strategy == AUTO ? MEAN : p->strategy;
    double *y = NULL, *w = NULL;
    ens_status st = ENS_OK;

    if (strategy < MEAN)
        return ens__fail(
            err, ENS_ERANGE,
            "dummy.strategy is for classification, but the target is a number");
    if ((y = ens__array(a->rows.n, sizeof *y)) == NULL ||
        (w = ens__array(a->rows.n, sizeof *w)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < a->rows.n; i++) {
        y[i] = a->y[a->rows.row[i]];
        w[i] = ens_fit_weight(a, i);
    }
    if (strategy == MEAN)
        d->out[0] = ens__mean(y, w, a->rows.n);
    else if (strategy == CONSTANT)
        d->out[0] = p->constant;
    else
        st = ens__quantile_weighted(&d->out[0], y, w, a->rows.n,
                                    strategy == MEDIAN ? 0.5 : p->quantile, err);
done:
    ens__free(y);
    ens__free(w);
    return st;
}

static dummy *dummy_new(size_t k)
{
    dummy *d = ens__zeros(1, sizeof *d + k * sizeof *d->out);

    if (d != NULL)
        d->k = k;
    return d;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const dummy_params *p = params;
    dummy *d = dummy_new(a->k);
    ens_status st;

    if (d == NULL)
        return ens__nomem(err);
    st = a->task == ENS_TASK_CLASSIFICATION ? fit_classes(d, p->strategy, a, err)
                                            : fit_number(d, p, a, err);
    if (st == ENS_OK)
        *out = d;
    else
        ens__free(d);
    return st;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const dummy *d = fitted;

    (void)scratch;
    for (size_t i = 0; i < rows->n; i++)
        memcpy(out + i * d->k, d->out, d->k * sizeof *out);
}

static ens_status write_dummy(const void *fitted, ens_writer *w, ens_error *err)
{
    const dummy *d = fitted;

    return ens_writer_array(w, "out", ENS_F64, 1, &d->k, d->out, err);
}

static ens_status read_dummy(void **out, const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t k;
    dummy *d;
    ens_status st = ens_reader_array(&data, &k, a->reader, "out", ENS_F64, 1, err);

    if (st != ENS_OK)
        return st;
    if (k != a->k)
        return ens_reader_bad(a->reader, err, "%zu outputs, expected %zu", k, a->k);
    for (size_t c = 0; c < k; c++)
        if (!isfinite(((const double *)data)[c]))
            return ens_reader_bad(a->reader, err, "output %zu is not finite", c);
    if ((d = dummy_new(k)) == NULL)
        return ens__nomem(err);
    memcpy(d->out, data, k * sizeof *d->out);
    *out = d;
    return ENS_OK;
}

static ens_status describe(const void *fitted,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const dummy *d = fitted;
    ens_status st = ENS_OK;

    (void)err;
    for (size_t c = 0; c < d->k && st == ENS_OK; c++) {
        char line[64];

        snprintf(line, sizeof line, "output %zu: %.17g\n", c, d->out[c]);
        st = add(ctx, line);
    }
    return st;
}

static size_t dummy_bytes(const void *fit)
{
    const dummy *d = fit;

    return sizeof *d + d->k * sizeof *d->out;
}

const ens_learner_type ens__dummy_type = {
    .abi = ENS_EXT_ABI,
    .name = "dummy",
    .help = "ignores the features: a floor to compare others with",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |
            ENS_TAKES_WEIGHTS | ENS_TAKES_ONE_CLASS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(dummy_params),
    .fit = fit,
    .predict = predict,
    .write = write_dummy,
    .read = read_dummy,
    .free = ens__free,
    .describe = describe,
    .bytes = dummy_bytes,
};
