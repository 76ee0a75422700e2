/* power.c - the transform `power`: numbers made more normal by a power each, then standardised.
 *
 * Yeo and Johnson (2000), or Box and Cox (1964) for positive numbers, as scikit-learn's PowerTransformer. With y =
 * log(1 + x), or log(-x + 1) of negative numbers and 2 - lambda in place of lambda, both are
 *   t(lambda, y) = (exp(lambda y) - 1) / lambda.
 * Lambda is where the derivative of the log-likelihood
 *   -n/2 log var(t) + (lambda - 1) sum of sign(x) y
 * is 0, found by Ridders' (1979) method to rounding. Rows count by their weights. Gaps stay, categories too. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <num/stats.h>
#include <prep/prep.h>
#include <string.h>

enum { YEO_JOHNSON, BOX_COX };

/* The largest exponent, so that squares stay finite; lambda on either side of 1 at most. */
#define MOST_EXPONENT 300.0
#define MOST_LAMBDA   64.0

typedef struct power_params {
    int method;
    int standardize;
} power_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, power_params, method, "yeo_johnson", 0, 0,
            "yeo_johnson,box_cox", "", "box_cox: for numbers above 0 alone"),
    ENS_ROW(ENS_PARAM_BOOL, power_params, standardize, "true", 0, 0, "", "",
            "mean 0 and standard deviation 1 after it"),
    ENS_PARAM_LAST};

typedef struct powers {
    size_t p;
    int method;
    uint8_t *is_number;             /* [p] */
    double *lambda, *origin, *unit; /* [p] */
} powers;

static void powers_free(void *fit)
{
    powers *m = fit;

    if (m == NULL)
        return;
    ens__free(m->is_number);
    ens__free(m->lambda);
    ens__free(m->origin);
    ens__free(m->unit);
    ens__free(m);
}

static ens_status powers_new(powers **out, const power_params *params,
                             const ens_feature *feature, size_t p, ens_error *err)
{
    powers *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL ||
        (m->lambda = ens__zeros(p, sizeof *m->lambda)) == NULL ||
        (m->origin = ens__zeros(p, sizeof *m->origin)) == NULL ||
        (m->unit = ens__zeros(p, sizeof *m->unit)) == NULL) {
        powers_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    m->method = params->method;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        m->lambda[j] = m->unit[j] = 1;
    }
    *out = m;
    return ENS_OK;
}

/* ---- The power ----------------------------------------------------------------------------------------- */

/* (exp(l y) - 1) / l */
static double curve(double l, double y)
{
    return l == 0 ? y : expm1(l * y) / l;
}

/* Its derivative by l, y^2 sum over k of z^k / (k! (k + 2)) with z = l y. */
static double slope(double l, double y)
{
    double z = l * y, sum = 0, term = 1;

    if (fabs(z) > 1)
        return (z * exp(z) - expm1(z)) / (l * l);
    for (unsigned k = 0; k < 20; k++) {
        sum += term / (k + 2);
        term *= z / (k + 1);
    }
    return y * y * sum;
}

static double log_of(int method, double x)
{
    return method == BOX_COX ? log(x) : log1p(fabs(x));
}

static double powered(int method, double lambda, double x)
{
    if (method == BOX_COX)
        return curve(lambda, log(x));
    if (lambda == 1)
        return x;
    return x >= 0 ? curve(lambda, log1p(x)) : -curve(2 - lambda, log1p(-x));
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

/* The values of a feature that are there. */
typedef struct values {
    int method;
    size_t n;
    double *x, *w, *t, *s; /* [n]; the last two scratch */
    double total, fixed;   /* of the weights; of w sign(x) log */
} values;

static void values_clear(values *v)
{
    ens__free(v->x);
    ens__free(v->w);
    ens__free(v->t);
    ens__free(v->s);
}

static ens_status take_values(values *v, int method, const ens_fit_args *a, size_t j,
                              ens_error *err)
{
    const ens_feature *f = &a->rows.feature[j];

    *v = (values){.method = method};
    if ((v->x = ens__array(a->rows.n, sizeof *v->x)) == NULL ||
        (v->w = ens__array(a->rows.n, sizeof *v->w)) == NULL ||
        (v->t = ens__array(a->rows.n, sizeof *v->t)) == NULL ||
        (v->s = ens__array(a->rows.n, sizeof *v->s)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < a->rows.n; i++) {
        double x = f->x[a->rows.row[i]];

        if (isnan(x))
            continue;
        if (method == BOX_COX && !(x > 0))
            return ens__fail(err, ENS_EDATA,
                             "power.method = box_cox: column `%s` has the value %g; "
                             "yeo_johnson takes any",
                             f->name != NULL ? f->name : "", x);
        v->x[v->n] = x;
        v->w[v->n] = ens_fit_weight(a, i);
        v->s[v->n] = method == BOX_COX || x >= 0 ? log_of(method, x) : -log_of(method, x);
        v->n++;
    }
    v->total = ens__sum(v->w, v->n);
    v->fixed = v->n > 0 ? ens__mean(v->s, v->w, v->n) : 0;
    return ENS_OK;
}

/* The derivative of the mean log-likelihood. */
static double gradient(values *v, double lambda)
{
    double mean, variance, both = 0;

    for (size_t i = 0; i < v->n; i++)
        v->t[i] = powered(v->method, lambda, v->x[i]);
    mean = ens__mean(v->t, v->w, v->n);
    variance = ens__variance(v->t, v->w, v->n, mean);
    if (!(variance > 0))
        return v->fixed;
    for (size_t i = 0; i < v->n; i++) {
        double y = log_of(v->method, v->x[i]);
        double by = v->method == BOX_COX || v->x[i] >= 0 ? slope(lambda, y)
                                                         : slope(2 - lambda, y);

        v->s[i] = (v->t[i] - mean) / variance * by;
    }
    both = ens__mean(v->s, v->w, v->n);
    return v->fixed - both;
}

/* Lambda for which no exponent is too large. */
static void limits(const values *v, double *low, double *high)
{
    double above = 0, below = 0, down = 0;

    for (size_t i = 0; i < v->n; i++) {
        double y = log_of(v->method, v->x[i]);

        if (v->method == BOX_COX) {
            above = fmax(above, y);
            down = fmax(down, -y);
        } else if (v->x[i] >= 0) {
            above = fmax(above, y);
        } else {
            below = fmax(below, y);
        }
    }
    *high = fmin(1 + MOST_LAMBDA, MOST_EXPONENT / above); /* by 0: no limit */
    *low = fmax(1 - MOST_LAMBDA, 2 - MOST_EXPONENT / below);
    if (v->method == BOX_COX)
        *low = fmax(1 - MOST_LAMBDA, -MOST_EXPONENT / down);
}

/* Where the gradient, falling from low to high, is 0; or the end it points to. */
static double solve(values *v, double low, double high)
{
    double at_low = gradient(v, low), at_high = gradient(v, high), x = low;

    if (!(at_low > 0))
        return low;
    if (!(at_high < 0))
        return high;
    for (unsigned round = 0; round < 100; round++) {
        double middle = low + (high - low) / 2, at = gradient(v, middle), before = x, by,
               f;

        by = (middle - low) * at / sqrt(at * at - at_low * at_high);
        x = fmin(fmax(middle + by, low), high);
        if (at == 0 ||
            (round > 0 && fabs(x - before) <= 4 * DBL_EPSILON * fmax(1, fabs(x))))
            return at == 0 ? middle : x;
        f = gradient(v, x);
        if (f == 0)
            return x;
        if (at > 0) {
            low = middle;
            at_low = at;
        } else {
            high = middle;
            at_high = at;
        }
        if (x <= low || x >= high)
            continue;
        if (f > 0) {
            low = x;
            at_low = f;
        } else {
            high = x;
            at_high = f;
        }
    }
    return x;
}

/* From around 1 outwards, until the gradient changes its sign. */
static double most_likely(values *v)
{
    double least, most, low, high;

    limits(v, &least, &most);
    if (!(least < most))
        return 1;
    low = ens__kept_in(-1, least, most);
    high = ens__kept_in(3, least, most);
    while (low > least && !(gradient(v, low) > 0)) {
        high = low;
        low = fmax(least, 2 * low - 1);
    }
    while (high < most && !(gradient(v, high) < 0)) {
        low = high;
        high = fmin(most, 2 * high - 1);
    }
    return low < high ? solve(v, low, high) : low;
}

typedef struct job {
    const power_params *params;
    const ens_fit_args *a;
    powers *m;
} job;

static ens_status fit_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    powers *m = k->m;
    values v = {0};
    double least = INFINITY, most = -INFINITY, mean, variance;
    ens_status st;

    (void)worker;
    if (!m->is_number[j])
        return ENS_OK;
    if ((st = take_values(&v, m->method, k->a, j, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < v.n; i++) {
        least = fmin(least, v.x[i]);
        most = fmax(most, v.x[i]);
    }
    if (least < most)
        m->lambda[j] = most_likely(&v);
    if (!k->params->standardize || v.n == 0)
        goto done;
    for (size_t i = 0; i < v.n; i++)
        v.t[i] = ens__kept_in(powered(m->method, m->lambda[j], v.x[i]), -ENS__PREP_MOST,
                              ENS__PREP_MOST);
    mean = ens__mean(v.t, v.w, v.n);
    variance = ens__variance(v.t, v.w, v.n, mean);
    m->origin[j] = mean;
    if (least < most && variance > 100 * DBL_EPSILON * DBL_EPSILON * mean * mean)
        m->unit[j] = fmax(sqrt(variance), DBL_MIN);
done:
    values_clear(&v);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job k = {.params = params, .a = a};
    ens_status st;

    if ((st = powers_new(&k.m, params, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    if ((st = ens__par_for(a->rows.p, a->exec, NULL, fit_feature, &k, NULL, err)) ==
        ENS_OK)
        *out = k.m;
    else
        powers_free(k.m);
    return st;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const powers *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    *out = (ens_made_column){
        .from = c, .categorical = !((const powers *)fit)->is_number[c], .level = -1};
}

/* Later numbers that have no logarithm are as the least that has one. */
static double value_of(const powers *m, size_t j, double x)
{
    double v;

    if (m->method == BOX_COX)
        x = x < DBL_MIN ? DBL_MIN : x;
    v = ens__kept_in(powered(m->method, m->lambda[j], x), -ENS__PREP_MOST,
                     ENS__PREP_MOST);
    return ens__kept_in((v - m->origin[j]) / m->unit[j], -ENS__PREP_MOST, ENS__PREP_MOST);
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const powers *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++) {
        const double *x = rows->feature[j].x;

        if (!m->is_number[j]) {
            ens__prep_copy(&out[j], &rows->feature[j], rows);
            continue;
        }
        for (size_t i = 0; i < rows->n; i++)
            out[j].x[i] = value_of(m, j, x[rows->row[i]]);
    }
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_powers(const void *fit, ens_writer *w, ens_error *err)
{
    const powers *m = fit;
    ens_status st;

    if ((st = ens_writer_array(w, "lambda", ENS_F64, 1, &m->p, m->lambda, err)) !=
            ENS_OK ||
        (st = ens_writer_array(w, "origin", ENS_F64, 1, &m->p, m->origin, err)) != ENS_OK)
        return st;
    return ens_writer_array(w, "unit", ENS_F64, 1, &m->p, m->unit, err);
}

static ens_status read_powers(void **out, const ens_read_args *a, ens_error *err)
{
    static const char *const name[] = {"lambda", "origin", "unit"};
    const void *data[3];
    size_t p;
    powers *m = NULL;
    ens_status st;

    for (size_t i = 0; i < 3; i++) {
        if ((st = ens_reader_array(&data[i], &p, a->reader, name[i], ENS_F64, 1, err)) !=
            ENS_OK)
            return st;
        if (p != a->p)
            return ens_reader_bad(a->reader, err, "%zu values of %s for %zu features", p,
                                  name[i], a->p);
    }
    if ((st = powers_new(&m, ens_learner_params(a->learner), a->feature, a->p, err)) !=
        ENS_OK)
        return st;
    memcpy(m->lambda, data[0], p * sizeof *m->lambda);
    memcpy(m->origin, data[1], p * sizeof *m->origin);
    memcpy(m->unit, data[2], p * sizeof *m->unit);
    for (size_t j = 0; j < p && st == ENS_OK; j++)
        if (!isfinite(m->lambda[j]) || fabs(m->lambda[j]) > 2 * MOST_LAMBDA ||
            !(fabs(m->origin[j]) <= ENS__PREP_MOST) || !isfinite(m->unit[j]) ||
            m->unit[j] < DBL_MIN)
            st = ens_reader_bad(a->reader, err,
                                "feature %zu has lambda %g, origin %g and unit %g", j,
                                m->lambda[j], m->origin[j], m->unit[j]);
    if (st == ENS_OK)
        *out = m;
    else
        powers_free(m);
    return st;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_SCALED,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__power_type = {
    .abi = ENS_EXT_ABI,
    .name = "power",
    .help = "transform: numbers made more normal by a power each, standardised",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(power_params),
    .fit = fit,
    .write = write_powers,
    .read = read_powers,
    .free = powers_free,
    .transform = &transform,
};
