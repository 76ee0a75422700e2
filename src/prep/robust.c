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
#include <prep/sorted.h>

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

/* ---- Fitting ------------------------------------------------------------------------------------------- */

static ens_status robust_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const ens__scale_job *k = ctx;
    const robust_params *p = k->params;
    const double *range = p->quantile_range.v;
    ens__sorted s = {0};
    double unit;
    ens_status st;

    (void)worker;
    if (!k->m->is_number[j])
        return ENS_OK;
    if ((st = ens__sort_feature(&s, k->a, j, err)) != ENS_OK)
        return st;
    if (s.n > 0 && p->with_centering)
        k->m->origin[j] = ens__sorted_quantile(&s, 0.5);
    if (s.n > 0 && p->with_scaling) {
        unit = 2 * (ens__sorted_quantile(&s, range[1] / 100) / 2 - ens__sorted_quantile(&s, range[0] / 100) / 2);
        if (unit >= 10 * DBL_EPSILON)
            k->m->unit[j] = fmin(unit, DBL_MAX);
    }
    ens__sorted_clear(&s);
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
