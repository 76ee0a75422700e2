/* robust.c - the transforms `robust` and `maxabs`: numbers scaled by quantiles, and by their greatest size.
 *
 * As scikit-learn's RobustScaler and MaxAbsScaler. Quantiles are interpolated between neighbours; a row of weight 2
 * counts as two rows. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <math.h>
#include <num/stats.h>
#include <prep/prep.h>
#include <prep/scale.h>

typedef struct robust_params {
    int with_centering, with_scaling;
    ens_list quantile_range;
} robust_params;

static const ens_param robust_table[] = {
    ENS_ROW(ENS_PARAM_BOOL, robust_params, with_centering, "true", 0, 0, "", "",
            "subtract the median"),
    ENS_ROW(ENS_PARAM_BOOL, robust_params, with_scaling, "true", 0, 0, "", "",
            "divide by the distance of two quantiles"),
    ENS_ROW(ENS_PARAM_LIST, robust_params, quantile_range, "[25, 75]", 0, 100, "", "",
            "these two, in percent"),
    ENS_PARAM_LAST};

typedef struct maxabs_params {
    char unused;
} maxabs_params;

static const ens_param maxabs_table[] = {ENS_PARAM_LAST};

static ens_status check_robust(const void *params, ens_error *err)
{
    const ens_list *range = &((const robust_params *)params)->quantile_range;

    if (range->n != 2)
        return ens__fail(err, ENS_ERANGE,
                         "robust.quantile_range has %zu values, expected 2", range->n);
    if (!(range->v[0] < range->v[1]))
        return ens__fail(err, ENS_ERANGE,
                         "robust.quantile_range = [%g, %g] does not ascend", range->v[0],
                         range->v[1]);
    return ENS_OK;
}

/* ---- Quantiles ----------------------------------------------------------------------------------------- */

/* Values that are there, in their order, each with the weight of those up to it. */
typedef struct sorted {
    double *x, *upto; /* [n] */
    size_t n;
} sorted;

static ens_status sort_feature(sorted *out, const ens__scale_job *k, size_t j, ens_error *err)
{
    const ens_rows *rows = &k->a->rows;
    const double *x = rows->feature[j].x;
    double *value = ens__array(rows->n, sizeof *value), *w = ens__array(rows->n, sizeof *w);
    uint32_t *order = ens__array(rows->n, sizeof *order);
    sorted s = {ens__array(rows->n, sizeof *s.x), ens__array(rows->n, sizeof *s.upto), 0};
    ens_status st = ENS_OK;
    double sum = 0;

    if (value == NULL || w == NULL || order == NULL || s.x == NULL || s.upto == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (isnan(x[rows->row[i]]))
            continue;
        value[s.n] = x[rows->row[i]];
        w[s.n++] = ens_fit_weight(k->a, i);
    }
    ens__sort_index(order, value, s.n);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i] = value[order[i]];
        s.upto[i] = sum += w[order[i]];
    }
    *out = s;
    s = (sorted){0};
done:
    ens__free(s.x);
    ens__free(s.upto);
    ens__free(value);
    ens__free(w);
    ens__free(order);
    return st;
}

/* The value at place t of all, from 0, if each stood there as often as it weighs. */
static double value_at(const sorted *s, double t)
{
    size_t low = 0, high = s->n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (s->upto[middle] > t)
            high = middle;
        else
            low = middle + 1;
    }
    return s->x[low];
}

static double quantile(const sorted *s, double q)
{
    double place = fmax(0, q * (s->upto[s->n - 1] - 1)), whole = floor(place);
    double part = place - whole;

    return value_at(s, whole) * (1 - part) + value_at(s, whole + 1) * part;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

static ens_status robust_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const ens__scale_job *k = ctx;
    const robust_params *p = k->params;
    const double *range = p->quantile_range.v;
    sorted s = {0};
    double unit;
    ens_status st;

    (void)worker;
    if (!k->m->is_number[j])
        return ENS_OK;
    if ((st = sort_feature(&s, k, j, err)) != ENS_OK)
        return st;
    if (s.n > 0 && p->with_centering)
        k->m->origin[j] = quantile(&s, 0.5);
    if (s.n > 0 && p->with_scaling) {
        unit = 2 * (quantile(&s, range[1] / 100) / 2 - quantile(&s, range[0] / 100) / 2);
        if (unit >= 10 * DBL_EPSILON)
            k->m->unit[j] = fmin(unit, DBL_MAX);
    }
    ens__free(s.x);
    ens__free(s.upto);
    return ENS_OK;
}

static ens_status maxabs_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const ens__scale_job *k = ctx;
    const ens_rows *rows = &k->a->rows;
    double most = 0;

    (void)worker;
    (void)err;
    for (size_t i = 0; i < rows->n && k->m->is_number[j]; i++) {
        double v = fabs(rows->feature[j].x[rows->row[i]]);

        most = v > most ? v : most; /* not if it is missing */
    }
    if (most >= 10 * DBL_EPSILON)
        k->m->unit[j] = most;
    return ENS_OK;
}

static ens_status fit_robust(void **out, const void *params, const ens_fit_args *a,
                             ens_error *err)
{
    return ens__scale_fit(out, params, a, robust_feature, err);
}

static ens_status fit_maxabs(void **out, const void *params, const ens_fit_args *a,
                             ens_error *err)
{
    return ens__scale_fit(out, params, a, maxabs_feature, err);
}

const ens_learner_type ens__robust_type = {
    .abi = ENS_EXT_ABI,
    .name = "robust",
    .help = "transform: numbers less their median, by the distance of two quantiles",
    .caps = ENS__TRANSFORM_CAPS,
    .params = robust_table,
    .params_size = sizeof(robust_params),
    .check = check_robust,
    .fit = fit_robust,
    .write = ens__scale_write,
    .read = ens__scale_read,
    .free = ens__scale_free,
    .transform = &ens__scale_transform,
};

const ens_learner_type ens__maxabs_type = {
    .abi = ENS_EXT_ABI,
    .name = "maxabs",
    .help = "transform: numbers by the greatest absolute value of training",
    .caps = ENS__TRANSFORM_CAPS,
    .params = maxabs_table,
    .params_size = sizeof(maxabs_params),
    .fit = fit_maxabs,
    .write = ens__scale_write,
    .read = ens__scale_read,
    .free = ens__scale_free,
    .transform = &ens__scale_transform,
};
