/* scale.c - the transforms `standardize` and `minmax`: numbers by a line of their own each, categories as they are.
 *
 * Both are (x - origin) / unit, then of minmax into its range. A constant column has the unit 1, by the rule of
 * scikit-learn's StandardScaler for what rounding leaves of one. Missing values stay missing. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <math.h>
#include <prep/prep.h>
#include <prep/scale.h>
#include <string.h>

typedef struct standardize_params {
    int with_mean, with_std;
} standardize_params;

static const ens_param standardize_table[] = {
    ENS_ROW(ENS_PARAM_BOOL, standardize_params, with_mean, "true", 0, 0, "", "",
            "subtract the mean"),
    ENS_ROW(ENS_PARAM_BOOL, standardize_params, with_std, "true", 0, 0, "", "",
            "divide by the standard deviation"),
    ENS_PARAM_LAST};

typedef struct minmax_params {
    ens_list feature_range;
    int clip;
} minmax_params;

static const ens_param minmax_table[] = {
    ENS_ROW(ENS_PARAM_LIST, minmax_params, feature_range, "[0, 1]", -1e9, 1e9, "",
            "range", "the least and the greatest value of training become these"),
    ENS_ROW(ENS_PARAM_BOOL, minmax_params, clip, "false", 0, 0, "", "",
            "keep what lies outside the range at its ends"),
    ENS_PARAM_LAST};

void ens__scale_free(void *fit)
{
    ens__scaler *m = fit;

    if (m == NULL)
        return;
    ens__free(m->is_number);
    ens__free(m->origin);
    ens__free(m->unit);
    ens__free(m);
}

static ens_status scaler_new(ens__scaler **out, const ens_feature *feature, size_t p,
                             ens_error *err)
{
    ens__scaler *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL ||
        (m->origin = ens__zeros(p, sizeof *m->origin)) == NULL ||
        (m->unit = ens__zeros(p, sizeof *m->unit)) == NULL) {
        ens__scale_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    m->high = 1;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        m->unit[j] = 1;
    }
    *out = m;
    return ENS_OK;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

typedef struct extent {
    double least, most;
    size_t n; /* values that are there */
} extent;

static extent extent_of(const double *x, const ens_rows *rows)
{
    extent e = {INFINITY, -INFINITY, 0};

    for (size_t i = 0; i < rows->n; i++) {
        double v = x[rows->row[i]];

        if (isnan(v))
            continue;
        e.least = v < e.least ? v : e.least;
        e.most = v > e.most ? v : e.most;
        e.n++;
    }
    return e;
}

/* Mean and deviation; in units of a power of two, which loses nothing and lets no square overflow. */
static ens_status standardize_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const ens__scale_job *k = ctx;
    const standardize_params *p = k->params;
    const ens_rows *rows = &k->a->rows;
    const double *x = rows->feature[j].x;
    double weight = 0, sum = 0, square = 0, rest = 0, mean, variance, noise;
    double by;
    int unit;
    extent e;

    (void)worker;
    (void)err;
    if (!k->m->is_number[j] || (e = extent_of(x, rows)).n == 0)
        return ENS_OK;
    frexp(fmax(fabs(e.least), fabs(e.most)), &unit);
    unit = unit < -1000 ? -1000 : unit;
    by = ldexp(1, -unit);
    for (size_t i = 0; i < rows->n; i++) {
        double v = x[rows->row[i]], w;

        if (isnan(v))
            continue;
        w = ens_fit_weight(k->a, i);
        weight += w;
        sum += w * v * by;
    }
    mean = sum / weight;
    for (size_t i = 0; i < rows->n; i++) {
        double v = x[rows->row[i]], d, w;

        if (isnan(v))
            continue;
        w = ens_fit_weight(k->a, i);
        d = v * by - mean;
        square += w * d * d;
        rest += w * d;
    }
    variance = (square - rest * rest / weight) / weight;
    noise = weight * mean * DBL_EPSILON;
    if (p->with_mean)
        k->m->origin[j] = fmin(fmax(ldexp(mean, unit), e.least), e.most);
    if (p->with_std && e.least < e.most &&
        variance > weight * DBL_EPSILON * variance + noise * noise)
        k->m->unit[j] = fmax(ldexp(sqrt(variance), unit), DBL_MIN);
    return ENS_OK;
}

/* The least value, and half of what lies between it and the greatest, which may be more than a number can be. */
static ens_status minmax_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const ens__scale_job *k = ctx;
    extent e;

    (void)worker;
    (void)err;
    if (!k->m->is_number[j] ||
        (e = extent_of(k->a->rows.feature[j].x, &k->a->rows)).n == 0)
        return ENS_OK;
    k->m->origin[j] = e.least;
    if (e.least < e.most)
        k->m->unit[j] = fmin(fmax(2 * (e.most / 2 - e.least / 2), DBL_MIN), DBL_MAX);
    return ENS_OK;
}

ens_status ens__scale_fit(void **out, const void *params, const ens_fit_args *a,
                               ens__task_fn body, ens_error *err)
{
    ens__scale_job k = {.params = params, .a = a};
    ens_status st;

    if ((st = scaler_new(&k.m, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    if ((st = ens__par_for(a->rows.p, a->exec, NULL, body, &k, NULL, err)) != ENS_OK) {
        ens__scale_free(k.m);
        return st;
    }
    *out = k.m;
    return ENS_OK;
}

static ens_status fit_standardize(void **out, const void *params, const ens_fit_args *a,
                                  ens_error *err)
{
    return ens__scale_fit(out, params, a, standardize_feature, err);
}

static void take_range(ens__scaler *m, const minmax_params *p)
{
    m->low = p->feature_range.v[0];
    m->high = p->feature_range.v[1];
    m->clip = p->clip;
}

static ens_status fit_minmax(void **out, const void *params, const ens_fit_args *a,
                             ens_error *err)
{
    ens_status st = ens__scale_fit(out, params, a, minmax_feature, err);

    if (st == ENS_OK)
        take_range(*out, params);
    return st;
}

static ens_status check_minmax(const void *params, ens_error *err)
{
    const ens_list *range = &((const minmax_params *)params)->feature_range;

    if (range->n != 2)
        return ens__fail(err, ENS_ERANGE,
                         "minmax.feature_range has %zu values, expected 2", range->n);
    if (!(range->v[0] < range->v[1]))
        return ens__fail(err, ENS_ERANGE, "minmax.feature_range = [%g, %g] does not ascend",
                         range->v[0], range->v[1]);
    return ENS_OK;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const ens__scaler *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    *out = (ens_made_column){
        .from = c, .categorical = !((const ens__scaler *)fit)->is_number[c], .level = -1};
}

static void scale_numbers(const ens__scaler *m, size_t j, const double *x,
                          const ens_rows *rows, double *out)
{
    double origin = m->origin[j], unit = m->unit[j], low = m->low, span = m->high - m->low;
    double least = m->clip ? m->low : -ENS__PREP_MOST;
    double most = m->clip ? m->high : ENS__PREP_MOST;

    for (size_t i = 0; i < rows->n; i++) {
        double v = (x[rows->row[i]] - origin) / unit;

        v = ens__kept_in(v, -ENS__PREP_MOST, ENS__PREP_MOST);
        out[i] = ens__kept_in(v * span + low, least, most);
    }
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const ens__scaler *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++)
        if (m->is_number[j])
            scale_numbers(m, j, rows->feature[j].x, rows, out[j].x);
        else
            ens__prep_copy(&out[j], &rows->feature[j], rows);
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

ens_status ens__scale_write(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__scaler *m = fit;
    ens_status st = ens_writer_array(w, "origin", ENS_F64, 1, &m->p, m->origin, err);

    return st != ENS_OK ? st
                        : ens_writer_array(w, "unit", ENS_F64, 1, &m->p, m->unit, err);
}

ens_status ens__scale_read(void **out, const ens_read_args *a, ens_error *err)
{
    const void *origin, *unit;
    size_t p, q;
    ens__scaler *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&origin, &p, a->reader, "origin", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&unit, &q, a->reader, "unit", ENS_F64, 1, err)) != ENS_OK)
        return st;
    if (p != a->p || q != a->p)
        return ens_reader_bad(a->reader, err, "%zu and %zu values for %zu features", p, q,
                              a->p);
    if ((st = scaler_new(&m, a->feature, p, err)) != ENS_OK)
        return st;
    memcpy(m->origin, origin, p * sizeof *m->origin);
    memcpy(m->unit, unit, p * sizeof *m->unit);
    for (size_t j = 0; j < p && st == ENS_OK; j++)
        if (!isfinite(m->origin[j]) || !isfinite(m->unit[j]) || m->unit[j] < DBL_MIN)
            st = ens_reader_bad(a->reader, err, "feature %zu has origin %g and unit %g",
                                j, m->origin[j], m->unit[j]);
    if (st != ENS_OK) {
        ens__scale_free(m);
        return st;
    }
    *out = m;
    return ENS_OK;
}

static ens_status read_minmax(void **out, const ens_read_args *a, ens_error *err)
{
    ens_status st = ens__scale_read(out, a, err);

    if (st == ENS_OK)
        take_range(*out, ens_learner_params(a->learner));
    return st;
}

const ens_transform_type ens__scale_transform = {
    .gives = ENS_GIVES_SCALED,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__standardize_type = {
    .abi = ENS_EXT_ABI,
    .name = "standardize",
    .help = "transform: numbers with mean 0 and standard deviation 1",
    .caps = ENS__TRANSFORM_CAPS,
    .params = standardize_table,
    .params_size = sizeof(standardize_params),
    .fit = fit_standardize,
    .write = ens__scale_write,
    .read = ens__scale_read,
    .free = ens__scale_free,
    .transform = &ens__scale_transform,
};

const ens_learner_type ens__minmax_type = {
    .abi = ENS_EXT_ABI,
    .name = "minmax",
    .help = "transform: numbers between 0 and 1, or in a range of your own",
    .caps = ENS__TRANSFORM_CAPS,
    .params = minmax_table,
    .params_size = sizeof(minmax_params),
    .check = check_minmax,
    .fit = fit_minmax,
    .write = ens__scale_write,
    .read = read_minmax,
    .free = ens__scale_free,
    .transform = &ens__scale_transform,
};
