/* quantile.c - the transform `quantile`: numbers by their rank among those of training, uniform or normal.
 *
 * As scikit-learn's QuantileTransformer of all rows: piecewise linear through n_quantiles quantiles; a value that
 * stands at several of them gets the middle of these. A row of weight 2 counts as two. Gaps stay, categories too. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <num/stats.h>
#include <prep/prep.h>
#include <prep/sorted.h>
#include <string.h>

enum { UNIFORM, NORMAL };

/* Normal numbers stay this far from the ends of the distribution. */
#define FAR 1e-7

typedef struct quantile_params {
    int64_t n_quantiles;
    int output_distribution;
} quantile_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, quantile_params, n_quantiles, "1000", 2, 1e6, "", "",
            "quantiles that are kept, if there are as many rows"),
    ENS_ROW(ENS_PARAM_WORD, quantile_params, output_distribution, "uniform", 0, 0,
            "uniform,normal", "output", "of what numbers become"),
    ENS_PARAM_LAST};

typedef struct ranker {
    size_t p, m; /* features, quantiles */
    int normal;
    uint8_t *is_number; /* [p] */
    double *quantile;   /* [p][m] ascending */
} ranker;

static void ranker_free(void *fit)
{
    ranker *r = fit;

    if (r == NULL)
        return;
    ens__free(r->is_number);
    ens__free(r->quantile);
    ens__free(r);
}

static ens_status ranker_new(ranker **out, const quantile_params *params,
                             const ens_feature *feature, size_t p, size_t m,
                             ens_error *err)
{
    ranker *r = ens__zeros(1, sizeof *r);

    if (r == NULL || (r->is_number = ens__zeros(p, sizeof *r->is_number)) == NULL ||
        (r->quantile = ens__zeros(p, m * sizeof *r->quantile)) == NULL) {
        ranker_free(r);
        return ens__nomem(err);
    }
    r->p = p;
    r->m = m;
    r->normal = params->output_distribution == NORMAL;
    for (size_t j = 0; j < p; j++)
        r->is_number[j] = feature[j].x != NULL;
    *out = r;
    return ENS_OK;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

typedef struct job {
    const ens_fit_args *a;
    ranker *r;
} job;

static ens_status fit_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    double *q = k->r->quantile + j * k->r->m;
    ens__sorted s = {0};
    ens_status st;

    (void)worker;
    if (!k->r->is_number[j])
        return ENS_OK;
    if ((st = ens__sort_feature(&s, k->a, j, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < k->r->m && s.n > 0; i++) {
        q[i] = ens__sorted_quantile(&s, (double)i / (double)(k->r->m - 1));
        if (i > 0)
            q[i] = fmax(q[i], q[i - 1]); /* rounding */
    }
    ens__sorted_clear(&s);
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    size_t m = (size_t)((const quantile_params *)params)->n_quantiles, n = 0;
    job k = {.a = a};
    ens_status st;

    for (size_t i = 0; i < a->rows.n && n < m; i++)
        n += a->count != NULL ? a->count[i] : 1;
    m = n < m ? n : m;
    if ((st = ranker_new(&k.r, params, a->rows.feature, a->rows.p, m < 2 ? 2 : m, err)) !=
        ENS_OK)
        return st;
    if ((st = ens__par_for(a->rows.p, a->exec, NULL, fit_feature, &k, NULL, err)) ==
        ENS_OK)
        *out = k.r;
    else
        ranker_free(k.r);
    return st;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const ranker *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    *out = (ens_made_column){
        .from = c, .categorical = !((const ranker *)fit)->is_number[c], .level = -1};
}

/* How many of q[m], ascending, are below x; or not above it. */
static size_t n_below(const double *q, size_t m, double x, int equal_too)
{
    size_t low = 0, high = m;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (q[middle] < x || (equal_too && q[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The share of training below x, in [0, 1]; between two quantiles in proportion. */
static double rank_of(const double *q, size_t m, double x)
{
    double unit = 1 / (double)(m - 1), t;
    size_t first, last;

    if (x <= q[0])
        return 0;
    if (x >= q[m - 1])
        return 1;
    first = n_below(q, m, x, 0); /* q[first] is x or the next above */
    last = n_below(q, m, x, 1);
    if (first < last)
        return 0.5 * ((double)first + (double)(last - 1)) * unit;
    t = (x / 2 - q[first - 1] / 2) / (q[first] / 2 - q[first - 1] / 2);
    return ((double)(first - 1) + fmin(fmax(t, 0), 1)) * unit;
}

static double value_of(const ranker *r, const double *q, double x)
{
    double v;

    if (isnan(x))
        return x;
    if (!r->normal)
        return rank_of(q, r->m, x);
    v = x - FAR < q[0] ? 0 : x + FAR > q[r->m - 1] ? 1 : rank_of(q, r->m, x);
    return ens__normal_quantile(fmin(fmax(v, FAR), 1 - FAR));
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const ranker *r = fit;

    (void)scratch;
    for (size_t j = 0; j < r->p; j++) {
        const double *x = rows->feature[j].x;

        if (!r->is_number[j]) {
            ens__prep_copy(&out[j], &rows->feature[j], rows);
            continue;
        }
        for (size_t i = 0; i < rows->n; i++)
            out[j].x[i] = value_of(r, r->quantile + j * r->m, x[rows->row[i]]);
    }
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_ranker(const void *fit, ens_writer *w, ens_error *err)
{
    const ranker *r = fit;

    return ens_writer_array(w, "quantiles", ENS_F64, 2, (size_t[]){r->p, r->m},
                            r->quantile, err);
}

static ens_status read_ranker(void **out, const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t shape[2];
    ranker *r = NULL;
    ens_status st =
        ens_reader_array(&data, shape, a->reader, "quantiles", ENS_F64, 2, err);

    if (st != ENS_OK)
        return st;
    if (shape[0] != a->p || shape[1] < 2)
        return ens_reader_bad(a->reader, err,
                              "%zu quantiles of %zu features, expected %zu", shape[1],
                              shape[0], a->p);
    if ((st = ranker_new(&r, ens_learner_params(a->learner), a->feature, a->p, shape[1],
                         err)) != ENS_OK)
        return st;
    memcpy(r->quantile, data, r->p * r->m * sizeof *r->quantile);
    for (size_t i = 0; i < r->p * r->m && st == ENS_OK; i++)
        if (!isfinite(r->quantile[i]) ||
            (i % r->m > 0 && r->quantile[i] < r->quantile[i - 1]))
            st = ens_reader_bad(a->reader, err, "quantile %zu of feature %zu is %g",
                                i % r->m, i / r->m, r->quantile[i]);
    if (st == ENS_OK)
        *out = r;
    else
        ranker_free(r);
    return st;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_SCALED,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__quantile_type = {
    .abi = ENS_EXT_ABI,
    .name = "quantile",
    .help = "transform: numbers by their rank in training, uniform or normal",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(quantile_params),
    .fit = fit,
    .write = write_ranker,
    .read = read_ranker,
    .free = ranker_free,
    .transform = &transform,
};
