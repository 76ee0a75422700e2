/* impute.c - the transform `impute`: values for what is missing, and columns that tell where it was.
 *
 * As scikit-learn's SimpleImputer with keep_empty_features=True: a number that no training row has is 0. strategy=knn
 * is KNNImputer (donors.c), and the mean where no row can give. Categories
 * get their most frequent level, whatever the strategy; ones without any level are left out. Columns of
 * add_indicator come last, one for each feature that had gaps in training. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <num/stats.h>
#include <prep/donors.h>
#include <prep/prep.h>
#include <stdbool.h>
#include <string.h>

enum { MEAN, MEDIAN, MOST_FREQUENT, CONSTANT, KNN };
enum { UNIFORM, DISTANCE };

typedef struct impute_params {
    int strategy;
    double fill_value;
    int add_indicator;
    int64_t n_neighbors;
    int weights;
} impute_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, impute_params, strategy, "mean", 0, 0,
            "mean,median,most_frequent,constant,knn", "",
            "what numbers get; categories get their most frequent level"),
    ENS_ROW(ENS_PARAM_REAL, impute_params, fill_value, "0", -1e300, 1e300, "", "",
            "the number of strategy=constant"),
    ENS_ROW(ENS_PARAM_BOOL, impute_params, add_indicator, "false", 0, 0, "", "",
            "a column of 0 and 1 for each feature with gaps in training"),
    ENS_ROW(ENS_PARAM_INT, impute_params, n_neighbors, "5", 1, 1e6, "", "",
            "knn: the nearest rows that have a number, whose mean it gets"),
    ENS_ROW(ENS_PARAM_WORD, impute_params, weights, "uniform", 0, 0, "uniform,distance", "",
            "knn: distance: the nearer count the more"),
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    const impute_params *p = params;

    if (p->strategy != KNN && (p->n_neighbors != 5 || p->weights != UNIFORM))
        return ens__fail(err, ENS_EINVAL,
                         "impute.n_neighbors and weights are of strategy=knn alone");
    return ENS_OK;
}

/* What becomes of a feature. */
enum { NUMBER, CATEGORY, LEFT_OUT };

typedef struct impute {
    size_t p, n_kept, n_made;
    uint8_t *kind;      /* [p] */
    uint8_t *indicated; /* [p] 1: has a column that tells its gaps */
    double *fill;       /* [p] the number or level for gaps */
    size_t *from;       /* [n_made] */
    ens__donors *donors; /* NULL unless strategy=knn */
} impute;

static void impute_free(void *fit)
{
    impute *m = fit;

    if (m == NULL)
        return;
    ens__free(m->kind);
    ens__free(m->indicated);
    ens__free(m->fill);
    ens__free(m->from);
    ens__donors_free(m->donors);
    ens__free(m);
}

static ens_status impute_new(impute **out, const ens_feature *feature, size_t p,
                             ens_error *err)
{
    impute *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->kind = ens__zeros(p, sizeof *m->kind)) == NULL ||
        (m->indicated = ens__zeros(p, sizeof *m->indicated)) == NULL ||
        (m->fill = ens__zeros(p, sizeof *m->fill)) == NULL ||
        (m->from = ens__zeros(2 * p, sizeof *m->from)) == NULL) {
        impute_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    for (size_t j = 0; j < p; j++)
        m->kind[j] = feature[j].x != NULL      ? NUMBER
                     : feature[j].n_levels > 0 ? CATEGORY
                                               : LEFT_OUT;
    *out = m;
    return ENS_OK;
}

/* Number the columns, once kind and indicated are set. */
static void lay_columns(impute *m)
{
    for (size_t j = 0; j < m->p; j++)
        if (m->kind[j] != LEFT_OUT)
            m->from[m->n_kept++] = j;
    m->n_made = m->n_kept;
    for (size_t j = 0; j < m->p; j++)
        if (m->indicated[j])
            m->from[m->n_made++] = j;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

typedef struct job {
    const impute_params *params;
    const ens_fit_args *a;
    impute *m;
} job;

/* The value of most weight among sorted ones, the least of equals. */
static double most_frequent(const double *x, const uint32_t *order, const double *w,
                            size_t n)
{
    double best = x[order[0]], most = -1;

    for (size_t i = 0, end; i < n; i = end) {
        double sum = 0;

        for (end = i; end < n && x[order[end]] == x[order[i]]; end++)
            sum += w[order[end]];
        if (sum > most) {
            most = sum;
            best = x[order[i]];
        }
    }
    return best;
}

/* A mean that does not overflow. */
static double mean_of(double *x, const double *w, size_t n)
{
    double most = 0, mean;
    int unit;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    frexp(most, &unit);
    if (unit < 900)
        return ens__mean(x, w, n);
    for (size_t i = 0; i < n; i++)
        x[i] = ldexp(x[i], -unit);
    mean = ldexp(ens__mean(x, w, n), unit);
    return fmin(fmax(mean, -most), most);
}

static ens_status fill_number(const job *k, size_t j, ens_error *err)
{
    const ens_fit_args *a = k->a;
    const double *value = a->rows.feature[j].x;
    double *x = ens__array(a->rows.n, sizeof *x);
    double *w = ens__array(a->rows.n, sizeof *w);
    uint32_t *order = ens__array(a->rows.n, sizeof *order);
    size_t n = 0;
    ens_status st = ENS_OK;

    if (x == NULL || w == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < a->rows.n; i++) {
        double v = value[a->rows.row[i]];

        if (isnan(v))
            continue;
        x[n] = v;
        w[n++] = ens_fit_weight(a, i);
    }
    k->m->indicated[j] = k->params->add_indicator && n < a->rows.n;
    if (k->params->strategy == CONSTANT) {
        k->m->fill[j] = k->params->fill_value;
    } else if (n == 0) {
        k->m->fill[j] = 0;
    } else if (k->params->strategy == MEAN || k->params->strategy == KNN) {
        k->m->fill[j] = mean_of(x, w, n);
    } else {
        ens__sort_index(order, x, n);
        if (k->params->strategy == MOST_FREQUENT)
            k->m->fill[j] = most_frequent(x, order, w, n);
        else
            st = ens__quantile_weighted(&k->m->fill[j], x, w, n, 0.5, err);
    }
done:
    ens__free(x);
    ens__free(w);
    ens__free(order);
    return st;
}

static ens_status fill_category(const job *k, size_t j, ens_error *err)
{
    const ens_fit_args *a = k->a;
    const ens_feature *f = &a->rows.feature[j];
    double *weight = ens__zeros(f->n_levels, sizeof *weight);
    size_t best = 0, n = 0;

    if (weight == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < a->rows.n; i++) {
        int32_t c = f->code[a->rows.row[i]];

        if (c < 0)
            continue;
        weight[c] += ens_fit_weight(a, i);
        n++;
    }
    for (size_t l = 1; l < f->n_levels; l++)
        best = weight[l] > weight[best] ? l : best;
    k->m->fill[j] = (double)best;
    k->m->indicated[j] = k->params->add_indicator && n < a->rows.n;
    ens__free(weight);
    return ENS_OK;
}

static ens_status fit_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;

    (void)worker;
    return k->m->kind[j] == NUMBER     ? fill_number(k, j, err)
           : k->m->kind[j] == CATEGORY ? fill_category(k, j, err)
                                       : ENS_OK;
}

static void take_donors(impute *m, const impute_params *params, ens__donors *d)
{
    d->neighbors = (size_t)params->n_neighbors < d->n ? (size_t)params->n_neighbors : d->n;
    d->by_distance = params->weights == DISTANCE;
    m->donors = d;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job k = {.params = params, .a = a};
    ens_status st;

    if ((st = impute_new(&k.m, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    st = ens__par_for(a->rows.p, a->exec, NULL, fit_feature, &k, NULL, err);
    if (st == ENS_OK && k.params->strategy == KNN) {
        ens__donors *d = NULL;

        if ((st = ens__donors_of(&d, a, err)) == ENS_OK)
            take_donors(k.m, params, d);
    }
    if (st != ENS_OK) {
        impute_free(k.m);
        return st;
    }
    lay_columns(k.m);
    *out = k.m;
    return ENS_OK;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const impute *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const impute *m = fit;
    bool told = c >= m->n_kept;

    *out = (ens_made_column){.from = m->from[c],
                             .categorical = !told && m->kind[m->from[c]] == CATEGORY,
                             .what = told ? "missing" : NULL,
                             .level = -1};
}

static size_t made_bytes(const impute *m)
{
    return (m->p * sizeof(ens_made) + 63) / 64 * 64;
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const impute *m = fit;
    ens_made *of = scratch; /* [p] where each feature goes */

    for (size_t c = 0; c < m->n_kept && m->donors != NULL; c++)
        of[m->from[c]] = out[c];
    for (size_t c = 0; c < m->n_made; c++) {
        size_t j = m->from[c];
        const ens_feature *f = &rows->feature[j];

        for (size_t i = 0; i < rows->n; i++) {
            uint32_t r = rows->row[i];
            bool gap = f->x != NULL ? isnan(f->x[r]) : f->code[r] < 0;

            if (c >= m->n_kept)
                out[c].x[i] = gap;
            else if (f->x != NULL)
                out[c].x[i] = gap ? m->fill[j] : f->x[r];
            else
                out[c].code[i] = gap ? (int32_t)m->fill[j] : f->code[r];
        }
    }
    for (size_t i = 0; i < rows->n && m->donors != NULL; i++)
        ens__donors_fill(m->donors, rows, i, of, (char *)scratch + made_bytes(m));
}

static size_t scratch_size(const void *fit)
{
    const impute *m = fit;

    return m->donors != NULL ? made_bytes(m) + ens__donors_scratch(m->donors) : 0;
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_impute(const void *fit, ens_writer *w, ens_error *err)
{
    const impute *m = fit;
    ens_status st = ens_writer_array(w, "fill", ENS_F64, 1, &m->p, m->fill, err);

    if (st == ENS_OK)
        st = ens_writer_array(w, "indicated", ENS_U8, 1, &m->p, m->indicated, err);
    if (st != ENS_OK || m->donors == NULL)
        return st;
    st = ens_writer_array(w, "donors", ENS_F64, 2, (size_t[]){m->donors->q, m->donors->n},
                          m->donors->x, err);
    return st != ENS_OK ? st
                        : ens_writer_array(w, "donor_weights", ENS_F64, 1, &m->donors->n,
                                           m->donors->w, err);
}

static ens_status read_donors(impute *m, const ens_read_args *a, ens_error *err)
{
    const void *x, *w;
    size_t shape[2], n;
    ens__donors *d = NULL;
    ens_status st;

    if ((st = ens_reader_array(&x, shape, a->reader, "donors", ENS_F64, 2, err)) != ENS_OK ||
        (st = ens_reader_array(&w, &n, a->reader, "donor_weights", ENS_F64, 1, err)) != ENS_OK)
        return st;
    if (n != shape[1] || n == 0 || n > UINT32_MAX)
        return ens_reader_bad(a->reader, err, "%zu weights of %zu donors", n, shape[1]);
    if ((st = ens__donors_new(&d, a->feature, a->p, n, err)) != ENS_OK)
        return st;
    take_donors(m, ens_learner_params(a->learner), d);
    if (shape[0] != d->q)
        return ens_reader_bad(a->reader, err, "donors have %zu numbers, expected %zu",
                              shape[0], d->q);
    memcpy(d->x, x, d->q * n * sizeof *d->x);
    memcpy(d->w, w, n * sizeof *d->w);
    for (size_t i = 0; i < d->q * n; i++)
        if (isinf(d->x[i]))
            return ens_reader_bad(a->reader, err, "donor %zu has %g", i % n, d->x[i]);
    for (size_t i = 0; i < n; i++)
        if (!(d->w[i] >= 0x1p-1000 && d->w[i] <= 1))
            return ens_reader_bad(a->reader, err, "donor %zu has weight %g", i, d->w[i]);
    return ENS_OK;
}

static ens_status read_impute(void **out, const ens_read_args *a, ens_error *err)
{
    const void *fill, *indicated;
    size_t p, q;
    impute *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&fill, &p, a->reader, "fill", ENS_F64, 1, err)) != ENS_OK ||
        (st = ens_reader_array(&indicated, &q, a->reader, "indicated", ENS_U8, 1, err)) !=
            ENS_OK)
        return st;
    if (p != a->p || q != a->p)
        return ens_reader_bad(a->reader, err, "%zu and %zu values for %zu features", p, q,
                              a->p);
    if ((st = impute_new(&m, a->feature, p, err)) != ENS_OK)
        return st;
    memcpy(m->fill, fill, p * sizeof *m->fill);
    memcpy(m->indicated, indicated, p);
    for (size_t j = 0; j < p && st == ENS_OK; j++) {
        double v = m->fill[j];

        if (!isfinite(v) || m->indicated[j] > 1 ||
            (m->kind[j] == CATEGORY &&
             !(v >= 0 && v < a->feature[j].n_levels && v == floor(v))))
            st = ens_reader_bad(a->reader, err, "feature %zu is filled with %g", j, v);
    }
    if (st == ENS_OK &&
        ((const impute_params *)ens_learner_params(a->learner))->strategy == KNN)
        st = read_donors(m, a, err);
    if (st != ENS_OK) {
        impute_free(m);
        return st;
    }
    lay_columns(m);
    *out = m;
    return ENS_OK;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_NO_GAPS,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__impute_type = {
    .abi = ENS_EXT_ABI,
    .name = "impute",
    .help = "transform: the mean, median, most frequent, a constant or the neighbours' value for missing ones",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(impute_params),
    .check = check,
    .fit = fit,
    .scratch_size = scratch_size,
    .write = write_impute,
    .read = read_impute,
    .free = impute_free,
    .transform = &transform,
};
