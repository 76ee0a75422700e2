/* pca.c - the transform `pca`: numbers in the directions in which they vary the most (Pearson 1901).
 *
 * As scikit-learn's PCA: the singular values of the centred numbers, here by QR in runs of rows and Jacobi rotations of
 * the triangle; a component's sign is such that the row farthest along it lies on its positive side. Rows count by
 * their weights. Categories come last, as they are. O(n p^2) and O(p^3). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <num/gram.h>
#include <num/svd.h>
#include <prep/prep.h>
#include <stdio.h>
#include <string.h>

#define BLOCK ENS__GRAM_ROWS

/* Runs of rows at most: fixed by the rows alone, so that sums are. */
#define MOST_RUNS 16

/* Numbers that are squared in what follows stay below it. */
#define LARGE 1e150

typedef struct pca_params {
    ens_amount n_components;
    int whiten;
} pca_params;

static const ens_param table[] = {
    ENS_ROW(
        ENS_PARAM_AMOUNT, pca_params, n_components, "all", 1, 1e6, "all", "",
        "columns: a count, or the least share of the variance that they have to have"),
    ENS_ROW(ENS_PARAM_BOOL, pca_params, whiten, "false", 0, 0, "", "",
            "each with variance 1"),
    ENS_PARAM_LAST};

typedef struct pca {
    size_t p, q, k, n_made; /* features, numbers, components */
    size_t *number;         /* [q] their features */
    size_t *category;       /* [p - q] */
    double *mean;           /* [q] */
    double *direction;      /* [k][q] */
    double *loading;        /* [k][p] the same by feature */
    double *spread;         /* [k] standard deviation of each component */
    double *share;          /* [k] of the variance */
    int whiten;
} pca;

static void pca_free(void *fit)
{
    pca *m = fit;

    if (m == NULL)
        return;
    ens__free(m->number);
    ens__free(m->category);
    ens__free(m->mean);
    ens__free(m->direction);
    ens__free(m->loading);
    ens__free(m->spread);
    ens__free(m->share);
    ens__free(m);
}

static ens_status pca_new(pca **out, const pca_params *params, const ens_feature *feature,
                          size_t p, ens_error *err)
{
    pca *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->number = ens__array(p, sizeof *m->number)) == NULL ||
        (m->category = ens__array(p, sizeof *m->category)) == NULL) {
        pca_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    m->whiten = params->whiten;
    for (size_t j = 0; j < p; j++)
        if (feature[j].x != NULL)
            m->number[m->q++] = j;
        else
            m->category[j - m->q] = j;
    if ((m->mean = ens__zeros(m->q, sizeof *m->mean)) == NULL) {
        pca_free(m);
        return ens__nomem(err);
    }
    *out = m;
    return ENS_OK;
}

/* For k components. */
static ens_status make_room(pca *m, size_t k, ens_error *err)
{
    if ((m->direction = ens__zeros(k, m->q * sizeof *m->direction)) == NULL ||
        (m->loading = ens__zeros(k, m->p * sizeof *m->loading)) == NULL ||
        (m->spread = ens__zeros(k, sizeof *m->spread)) == NULL ||
        (m->share = ens__zeros(k, sizeof *m->share)) == NULL)
        return ens__nomem(err);
    m->k = k;
    m->n_made = k + m->p - m->q;
    return ENS_OK;
}

static void spread_loadings(pca *m)
{
    for (size_t c = 0; c < m->k; c++)
        for (size_t j = 0; j < m->q; j++)
            m->loading[c * m->p + m->number[j]] = m->direction[c * m->q + j];
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

typedef struct job {
    const ens_fit_args *a;
    pca *m;
    size_t run;   /* rows */
    double unit;  /* a power of two that numbers are multiplied by */
    double total; /* of the weights */
    double *z;    /* [workers][q][BLOCK] */
    double *r;    /* [runs][q][q] */
    double *w;    /* [n] square roots of the weights */
} job;

/* How far numbers lie from their mean at most; means by the weights. */
static double centre(job *k)
{
    const ens_rows *rows = &k->a->rows;
    double most = 0;

    for (size_t i = 0; i < rows->n; i++)
        k->total += ens_fit_weight(k->a, i);
    for (size_t j = 0; j < k->m->q; j++) {
        const double *x = rows->feature[k->m->number[j]].x;
        double mean = 0;

        for (size_t i = 0; i < rows->n; i++)
            mean += ens_fit_weight(k->a, i) / k->total * x[rows->row[i]];
        for (unsigned again = 0; again < 2; again++) { /* what rounding has lost */
            double rest = 0;

            for (size_t i = 0; i < rows->n; i++)
                rest +=
                    ens_fit_weight(k->a, i) / k->total * (x[rows->row[i]] / 2 - mean / 2);
            mean += 2 * rest;
        }
        k->m->mean[j] = ens__kept_in(mean, -DBL_MAX / 4, DBL_MAX / 4);
        for (size_t i = 0; i < rows->n; i++)
            most = fmax(most, fabs(x[rows->row[i]] / 2 - k->m->mean[j] / 2));
    }
    return most;
}

static double centred(const job *k, size_t j, size_t i)
{
    const ens_rows *rows = &k->a->rows;

    return (rows->feature[k->m->number[j]].x[rows->row[i]] / 2 - k->m->mean[j] / 2) *
           k->unit;
}

static ens_status decompose_run(void *ctx, size_t run, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    size_t q = k->m->q, end = (run + 1) * k->run;
    double *z = k->z + worker * q * BLOCK;

    (void)err;
    end = end < k->a->rows.n ? end : k->a->rows.n;
    for (size_t begin = run * k->run; begin < end; begin += BLOCK) {
        size_t n = end - begin < BLOCK ? end - begin : BLOCK;

        memset(z, 0, q * BLOCK * sizeof *z);
        for (size_t j = 0; j < q; j++)
            for (size_t i = 0; i < n; i++)
                z[j * BLOCK + i] = k->w[begin + i] * centred(k, j, begin + i);
        ens__qr_add(k->r + run * q * q, z, q);
    }
    return ENS_OK;
}

/* The row farthest along each direction lies on its positive side. */
static void turn(const job *k)
{
    pca *m = k->m;

    for (size_t c = 0; c < m->k; c++) {
        double *v = m->direction + c * m->q, most = 0;

        for (size_t i = 0; i < k->a->rows.n; i++) {
            double along = 0;

            for (size_t j = 0; j < m->q; j++)
                along += v[j] * centred(k, j, i);
            if (fabs(along) > fabs(most))
                most = along;
        }
        for (size_t j = 0; j < m->q && most < 0; j++)
            v[j] = -v[j];
    }
}

/* How many components, of singular values s. */
static ens_status count(size_t *k, const pca_params *params, const double *s, size_t most,
                        ens_error *err)
{
    const ens_amount *want = &params->n_components;
    double total = 0, sum = 0;

    *k = most;
    if (want->kind == ENS_AMOUNT_COUNT && want->value > (double)most)
        return ens__fail(err, ENS_EDATA,
                         "pca.n_components = %g, of %zu that the rows and numbers allow",
                         want->value, most);
    if (want->kind == ENS_AMOUNT_COUNT)
        *k = (size_t)want->value;
    if (want->kind != ENS_AMOUNT_FRACTION)
        return ENS_OK;
    for (size_t c = 0; c < most; c++)
        total += s[c] * s[c];
    for (size_t c = 0; c < most; c++) {
        sum += s[c] * s[c];
        if (sum > want->value * total) {
            *k = c + 1;
            break;
        }
    }
    return ENS_OK;
}

static ens_status take_components(job *k, const pca_params *params, const double *s,
                                  const double *v, ens_error *err)
{
    pca *m = k->m;
    size_t most = m->q < k->a->rows.n ? m->q : k->a->rows.n, n;
    double total = 0, freedom = k->total > 1 ? k->total - 1 : k->total;
    ens_status st;

    if ((st = count(&n, params, s, most, err)) != ENS_OK ||
        (st = make_room(m, n, err)) != ENS_OK)
        return st;
    memcpy(m->direction, v, n * m->q * sizeof *v);
    for (size_t c = 0; c < m->q; c++)
        total += s[c] * s[c];
    for (size_t c = 0; c < n; c++) {
        m->spread[c] = fmin(s[c] / sqrt(freedom) / k->unit, DBL_MAX / 2) * 2;
        m->share[c] = total > 0 ? s[c] * s[c] / total : 0;
        if (s[c] <= DBL_EPSILON * (double)m->q * s[0])
            m->spread[c] = 0; /* what rounding leaves of none */
    }
    turn(k);
    spread_loadings(m);
    return ENS_OK;
}

static ens_status decompose(job *k, const pca_params *params, ens_error *err)
{
    size_t n = k->a->rows.n, q = k->m->q, runs;
    unsigned workers;
    double *s = NULL, *v = NULL;
    ens_status st = ENS_ENOMEM;

    k->run = ((n + MOST_RUNS - 1) / MOST_RUNS + BLOCK - 1) / BLOCK * BLOCK;
    runs = (n + k->run - 1) / k->run;
    workers = ens__par_workers(runs, k->a->exec);
    if ((k->z = ens__aligned(workers * q, BLOCK * sizeof *k->z)) == NULL ||
        (k->r = ens__zeros(runs * q, q * sizeof *k->r)) == NULL ||
        (s = ens__array(q, sizeof *s)) == NULL ||
        (v = ens__array(q, q * sizeof *v)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__par_for(runs, k->a->exec, NULL, decompose_run, k, NULL, err)) !=
        ENS_OK)
        goto done;
    for (size_t i = 1; i < runs; i++)
        ens__qr_merge(k->r, k->r + i * q * q, q, k->z);
    for (size_t i = 0; i < q; i++)
        memset(k->r + i * q, 0, i * sizeof *k->r);
    ens__svd(k->r, q, s, v);
    st = take_components(k, params, s, v, err);
done:
    ens__free(s);
    ens__free(v);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job k = {.a = a};
    double most;
    int unit;
    ens_status st;

    if ((st = pca_new(&k.m, params, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    if (k.m->q == 0) {
        st = ens__fail(err, ENS_EDATA, "pca: there is no number among %zu columns",
                       a->rows.p);
        goto done;
    }
    if ((k.w = ens__array(a->rows.n, sizeof *k.w)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < a->rows.n; i++)
        k.w[i] = sqrt(ens_fit_weight(a, i));
    most = centre(&k);
    frexp(most, &unit);
    k.unit = ldexp(1, unit < -1000 ? 1000 : -unit);
    if ((st = decompose(&k, params, err)) != ENS_OK)
        goto done;
    *out = k.m;
    k.m = NULL;
done:
    pca_free(k.m);
    ens__free(k.z);
    ens__free(k.r);
    ens__free(k.w);
    return st;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const pca *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const pca *m = fit;

    if (c < m->k)
        *out = (ens_made_column){.from = ENS_FROM_ALL,
                                 .what = "pca",
                                 .level = (int32_t)c + 1,
                                 .loading = m->loading + c * m->p};
    else
        *out = (ens_made_column){
            .from = m->category[c - m->k], .categorical = 1, .level = -1};
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const pca *m = fit;
    double *z = scratch; /* [ENS_BLOCK] */

    for (size_t c = 0; c < m->k; c++)
        memset(out[c].x, 0, rows->n * sizeof *out[c].x);
    for (size_t j = 0; j < m->q; j++) {
        const double *x = rows->feature[m->number[j]].x;

        for (size_t i = 0; i < rows->n; i++)
            z[i] = ens__kept_in(x[rows->row[i]] - m->mean[j], -DBL_MAX, DBL_MAX);
        for (size_t c = 0; c < m->k; c++) {
            double v = m->direction[c * m->q + j];

            for (size_t i = 0; i < rows->n; i++)
                out[c].x[i] += v * ens__kept_in(z[i], -LARGE, LARGE);
        }
    }
    for (size_t c = 0; c < m->k; c++) {
        double by = !m->whiten ? 1 : m->spread[c] > 0 ? 1 / m->spread[c] : 0;

        for (size_t i = 0; i < rows->n; i++)
            out[c].x[i] = ens__kept_in(out[c].x[i] * by, -ENS__PREP_MOST, ENS__PREP_MOST);
    }
    for (size_t c = m->k; c < m->n_made; c++)
        ens__prep_copy(&out[c], &rows->feature[m->category[c - m->k]], rows);
}

static size_t scratch_size(const void *fit)
{
    (void)fit;
    return ENS_BLOCK * sizeof(double);
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_pca(const void *fit, ens_writer *w, ens_error *err)
{
    const pca *m = fit;
    ens_status st;

    if ((st = ens_writer_array(w, "mean", ENS_F64, 1, &m->q, m->mean, err)) != ENS_OK ||
        (st = ens_writer_array(w, "direction", ENS_F64, 2, (size_t[]){m->k, m->q},
                               m->direction, err)) != ENS_OK ||
        (st = ens_writer_array(w, "spread", ENS_F64, 1, &m->k, m->spread, err)) != ENS_OK)
        return st;
    return ens_writer_array(w, "share", ENS_F64, 1, &m->k, m->share, err);
}

/* Directions of length 1, so that no number grows without end. */
static ens_status check_numbers(const pca *m, ens_reader *r, ens_error *err)
{
    for (size_t j = 0; j < m->q; j++)
        if (!isfinite(m->mean[j]))
            return ens_reader_bad(r, err, "mean %zu is %g", j, m->mean[j]);
    for (size_t c = 0; c < m->k; c++) {
        double length = 0;

        for (size_t j = 0; j < m->q; j++)
            length += m->direction[c * m->q + j] * m->direction[c * m->q + j];
        if (!(fabs(length - 1) < 1e-6))
            return ens_reader_bad(r, err, "direction %zu has length^2 %g", c, length);
        if (!isfinite(m->spread[c]) || (m->spread[c] != 0 && m->spread[c] < 1e-300) ||
            !(m->share[c] >= 0 && m->share[c] <= 1 + 1e-9))
            return ens_reader_bad(r, err, "component %zu has spread %g and share %g", c,
                                  m->spread[c], m->share[c]);
    }
    return ENS_OK;
}

static ens_status read_pca(void **out, const ens_read_args *a, ens_error *err)
{
    const void *mean, *direction, *spread, *share;
    size_t q, shape[2], k, n;
    pca *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&mean, &q, a->reader, "mean", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&direction, shape, a->reader, "direction", ENS_F64, 2,
                               err)) != ENS_OK ||
        (st = ens_reader_array(&spread, &k, a->reader, "spread", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&share, &n, a->reader, "share", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = pca_new(&m, ens_learner_params(a->learner), a->feature, a->p, err)) !=
            ENS_OK)
        return st;
    if (q != m->q || shape[1] != q || shape[0] != k || n != k || k > q) {
        st = ens_reader_bad(a->reader, err, "%zu x %zu directions of %zu numbers",
                            shape[0], shape[1], m->q);
        goto done;
    }
    if ((st = make_room(m, k, err)) != ENS_OK)
        goto done;
    memcpy(m->mean, mean, q * sizeof *m->mean);
    memcpy(m->direction, direction, k * q * sizeof *m->direction);
    memcpy(m->spread, spread, k * sizeof *m->spread);
    memcpy(m->share, share, k * sizeof *m->share);
    if ((st = check_numbers(m, a->reader, err)) != ENS_OK)
        goto done;
    spread_loadings(m);
    *out = m;
    m = NULL;
done:
    pca_free(m);
    return st;
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const pca *m = fit;
    ens_status st = ENS_OK;
    double sum = 0;

    (void)err;
    for (size_t c = 0; c < m->k && st == ENS_OK; c++) {
        char line[96];

        sum += m->share[c];
        snprintf(line, sizeof line, "pca%zu: %.4f of the variance, %.4f so far\n", c + 1,
                 m->share[c], sum);
        st = add(ctx, line);
    }
    return st;
}

static const ens_transform_type transform = {
    .gives = 0,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__pca_type = {
    .abi = ENS_EXT_ABI,
    .name = "pca",
    .help = "transform: numbers in the directions in which they vary the most",
    .caps =
        (ENS__TRANSFORM_CAPS & ~(unsigned)ENS_TAKES_MISSING) | ENS_TAKES_MISSING_LEVELS,
    .params = table,
    .params_size = sizeof(pca_params),
    .fit = fit,
    .scratch_size = scratch_size,
    .write = write_pca,
    .read = read_pca,
    .free = pca_free,
    .describe = describe,
    .transform = &transform,
};
