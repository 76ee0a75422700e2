/* knn.c - the learner `knn`: the nearest rows of training answer (Fix and Hodges 1951; Cover and Hart 1967).
 *
 * As scikit-learn's KNeighborsClassifier and KNeighborsRegressor. Of rows that are equally far those that come first
 * in the table are taken, so nothing depends on how they were searched for. A row that a bootstrap drew twice is two
 * rows; a sample weight is a factor of the row's vote. Categories come as columns of 0 and 1: two levels are as far
 * apart as two standardised numbers are on average. O(n p) memory; a prediction O(p log n) of few features, O(n p) of
 * many. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <learn/learner.h>
#include <math.h>
#include <num/near.h>
#include <stdio.h>
#include <string.h>

enum { UNIFORM, DISTANCE };
enum { AUTO, KD_TREE, BRUTE };

/* Features from which on a tree leaves out too little to pay. */
#define MANY 16

typedef struct knn_params {
    int64_t n_neighbors;
    int weights;
    double p;
    int algorithm;
    int64_t leaf_size;
} knn_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, knn_params, n_neighbors, "5", 1, 1e6, "", "k",
            "rows that answer"),
    ENS_ROW(ENS_PARAM_WORD, knn_params, weights, "uniform", 0, 0, "uniform,distance", "",
            "distance: a row's vote is one over how far it is"),
    ENS_ROW(ENS_PARAM_REAL, knn_params, p, "2", 1, 100, "", "",
            "power of Minkowski's distance: 1 Manhattan, 2 Euclid"),
    ENS_ROW(ENS_PARAM_WORD, knn_params, algorithm, "auto", 0, 0, "auto,kd_tree,brute", "",
            "how rows are searched for, which changes no result; auto: kd_tree below 16 "
            "columns"),
    ENS_ROW(ENS_PARAM_INT, knn_params, leaf_size, "32", 1, 1e9, "", "",
            "rows of a leaf of the tree, in steps of 32, which changes no result"),
    ENS_PARAM_LAST};

typedef struct knn {
    ens__near *near;
    size_t n, p, k, neighbors;
    int weights;
    double *y;       /* [n] regression, or */
    uint32_t *label; /* [n] classification */
    double *w;       /* [n] in (0, 1], or NULL: 1 */
} knn;

static void knn_free(void *fit)
{
    knn *m = fit;

    if (m == NULL)
        return;
    ens__near_free(m->near);
    ens__free(m->y);
    ens__free(m->label);
    ens__free(m->w);
    ens__free(m);
}

static ens_status knn_new(knn **out, const knn_params *params, ens_task task, size_t n,
                          size_t p, size_t k, ens_error *err)
{
    knn *m = ens__zeros(1, sizeof *m);

    if (m != NULL && task == ENS_TASK_CLASSIFICATION)
        m->label = ens__array(n, sizeof *m->label);
    else if (m != NULL)
        m->y = ens__array(n, sizeof *m->y);
    if (m == NULL || (m->label == NULL && m->y == NULL)) {
        knn_free(m);
        return ens__nomem(err);
    }
    m->n = n;
    m->p = p;
    m->k = k;
    m->neighbors = (size_t)params->n_neighbors;
    m->weights = params->weights;
    *out = m;
    return ENS_OK;
}

/* Of x[j * n + i], values of features. */
static ens_status build(knn *m, const knn_params *params, const double *x, ens_error *err)
{
    const ens__near_options options = {
        .power = params->p,
        .tree =
            params->algorithm == KD_TREE || (params->algorithm == AUTO && m->p < MANY),
        .leaf_size = (size_t)params->leaf_size,
    };

    return ens__near_new(&m->near, x, m->n, m->p, &options, err);
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

/* The rows of the fit in the table, each as often as it was drawn. */
static uint32_t *drawn(size_t *n, const ens_fit_args *a)
{
    size_t total = 0, at = 0;
    uint32_t *row;

    for (size_t i = 0; i < a->rows.n; i++)
        total += a->count != NULL ? a->count[i] : 1;
    if ((row = ens__array(total, sizeof *row)) == NULL)
        return NULL;
    for (size_t i = 0; i < a->rows.n; i++)
        for (uint32_t c = 0; c < (a->count != NULL ? a->count[i] : 1); c++)
            row[at++] = a->rows.row[i];
    *n = total;
    return row;
}

/* What the rows answer, and with how much weight: of the heaviest row, whatever the unit. */
static ens_status take_answers(knn *m, const ens_fit_args *a, const uint32_t *row,
                               ens_error *err)
{
    double most = 0;

    for (size_t i = 0; i < m->n; i++)
        if (m->label != NULL)
            m->label[i] = (uint32_t)a->label[row[i]];
        else
            m->y[i] = a->y[row[i]];
    if (a->w == NULL)
        return ENS_OK;
    if ((m->w = ens__array(m->n, sizeof *m->w)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < m->n; i++)
        most = fmax(most, a->w[row[i]]);
    for (size_t i = 0; i < m->n; i++)
        m->w[i] = fmax(a->w[row[i]] / most, 0x1p-1000);
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const knn_params *q = params;
    size_t n = 0, p = a->rows.p;
    uint32_t *row = drawn(&n, a);
    double *x = NULL;
    knn *m = NULL;
    ens_status st;

    if (row == NULL)
        return ens__nomem(err);
    if (n < (size_t)q->n_neighbors || n >= UINT32_MAX) {
        st = ens__fail(err, ENS_EDATA, "knn.n_neighbors = %lld, of %zu rows to fit",
                       (long long)q->n_neighbors, n);
        goto done;
    }
    if ((st = knn_new(&m, q, a->task, n, p, a->k, err)) != ENS_OK ||
        (st = take_answers(m, a, row, err)) != ENS_OK)
        goto done;
    if ((x = ens__array(n, p * sizeof *x)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < n; i++)
            x[j * n + i] = a->rows.feature[j].x[row[i]];
    if ((st = build(m, q, x, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    knn_free(m);
    ens__free(row);
    ens__free(x);
    return st;
}

/* ---- Predicting ---------------------------------------------------------------------------------------- */

typedef struct asked {
    const knn *m;
    double *out; /* [n][k] */
} asked;

/* One over the distance, in units of the nearest; where some are no distance away, these alone. */
static double vote(const knn *m, const ens__near_point *found, size_t i)
{
    double w = m->w != NULL ? m->w[found[i].i] : 1;
    double first = ens__near_root(m->near, found[0].d), d;

    if (m->weights == UNIFORM || !isfinite(first))
        return w;
    d = ens__near_root(m->near, found[i].d);
    return w * (first == 0 ? d == 0 : first / d);
}

static void give_classes(void *ctx, size_t q, const ens__near_point *found)
{
    const asked *a = ctx;
    const knn *m = a->m;
    double *out = a->out + q * m->k, total = 0;

    memset(out, 0, m->k * sizeof *out);
    for (size_t i = 0; i < m->neighbors; i++)
        out[m->label[found[i].i]] += vote(m, found, i);
    for (size_t c = 0; c < m->k; c++)
        total += out[c];
    for (size_t c = 0; c < m->k; c++)
        out[c] /= total;
}

/* Each as a share of the whole, so that large responses do not overflow. */
static void give_mean(void *ctx, size_t q, const ens__near_point *found)
{
    const asked *a = ctx;
    double total = 0, mean = 0;

    for (size_t i = 0; i < a->m->neighbors; i++)
        total += vote(a->m, found, i);
    for (size_t i = 0; i < a->m->neighbors; i++)
        mean += vote(a->m, found, i) / total * a->m->y[found[i].i];
    a->out[q] = fmin(fmax(mean, -DBL_MAX), DBL_MAX);
}

/* Bytes of the rows asked about, before the search's own. */
static size_t query_bytes(const knn *m)
{
    return (ENS_BLOCK * m->p * sizeof(double) + 63) / 64 * 64;
}

static size_t scratch_size(const void *fit)
{
    const knn *m = fit;

    return query_bytes(m) + ens__near_scratch(m->near, m->neighbors);
}

static void predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const knn *m = fit;
    asked a = {m, out};
    double *q = scratch;

    for (size_t j = 0; j < m->p; j++)
        for (size_t i = 0; i < rows->n; i++)
            q[i * m->p + j] = rows->feature[j].x[rows->row[i]];
    ens__near_search(m->near, q, rows->n, m->neighbors, (char *)scratch + query_bytes(m),
                     m->label != NULL ? give_classes : give_mean, &a);
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_knn(const void *fit, ens_writer *w, ens_error *err)
{
    const knn *m = fit;
    void *x;
    ens_status st;

    if ((st = ens_writer_buffer(&x, w, "x", ENS_F64, 2, (size_t[]){m->n, m->p}, err)) !=
        ENS_OK)
        return st;
    ens__near_points(x, m->near);
    st = m->label != NULL ? ens_writer_array(w, "label", ENS_U32, 1, &m->n, m->label, err)
                          : ens_writer_array(w, "y", ENS_F64, 1, &m->n, m->y, err);
    if (st != ENS_OK)
        return st;
    return ens_writer_array(w, "w", ENS_F64, 1, (size_t[]){m->w != NULL ? m->n : 0}, m->w,
                            err);
}

/* Whatever is accepted gives probabilities, or finite numbers. */
static ens_status check_answers(const knn *m, ens_reader *r, ens_error *err)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->label != NULL && m->label[i] >= m->k)
            return ens_reader_bad(r, err, "row %zu is of class %u of %zu", i,
                                  (unsigned)m->label[i], m->k);
        if (m->y != NULL && !isfinite(m->y[i]))
            return ens_reader_bad(r, err, "row %zu answers %g", i, m->y[i]);
        if (m->w != NULL && !(m->w[i] >= 0x1p-1000 && m->w[i] <= 1))
            return ens_reader_bad(r, err, "row %zu has weight %g", i, m->w[i]);
    }
    return ENS_OK;
}

static ens_status read_answers(knn *m, const ens_read_args *a, ens_error *err)
{
    const void *answers, *w;
    size_t n, n_weights;
    ens_status st =
        m->label != NULL
            ? ens_reader_array(&answers, &n, a->reader, "label", ENS_U32, 1, err)
            : ens_reader_array(&answers, &n, a->reader, "y", ENS_F64, 1, err);

    if (st != ENS_OK || (st = ens_reader_array(&w, &n_weights, a->reader, "w", ENS_F64, 1,
                                               err)) != ENS_OK)
        return st;
    if (n != m->n || (n_weights != 0 && n_weights != m->n))
        return ens_reader_bad(a->reader, err, "%zu answers and %zu weights of %zu rows",
                              n, n_weights, m->n);
    if (m->label != NULL)
        memcpy(m->label, answers, n * sizeof *m->label);
    else
        memcpy(m->y, answers, n * sizeof *m->y);
    if (n_weights > 0) {
        if ((m->w = ens__array(n, sizeof *m->w)) == NULL)
            return ens__nomem(err);
        memcpy(m->w, w, n * sizeof *m->w);
    }
    return check_answers(m, a->reader, err);
}

static ens_status read_knn(void **out, const ens_read_args *a, ens_error *err)
{
    const knn_params *params = ens_learner_params(a->learner);
    const void *data;
    size_t shape[2];
    double *x = NULL;
    knn *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&data, shape, a->reader, "x", ENS_F64, 2, err)) != ENS_OK)
        return st;
    if (shape[1] != a->p || shape[0] < (size_t)params->n_neighbors ||
        shape[0] >= UINT32_MAX)
        return ens_reader_bad(a->reader, err,
                              "%zu rows of %zu columns, expected %lld or more of %zu",
                              shape[0], shape[1], (long long)params->n_neighbors, a->p);
    if ((st = knn_new(&m, params, a->task, shape[0], shape[1], a->k, err)) != ENS_OK ||
        (st = read_answers(m, a, err)) != ENS_OK)
        goto done;
    if ((x = ens__array(m->n, m->p * sizeof *x)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < m->p; j++) {
            double v = ((const double *)data)[i * m->p + j];

            x[j * m->n + i] = v;
            if (isfinite(v))
                continue;
            st = ens_reader_bad(a->reader, err, "row %zu, column %zu is %g", i, j, v);
            goto done;
        }
    if ((st = build(m, params, x, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    ens__free(x);
    knn_free(m);
    return st;
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

static size_t knn_bytes(const void *fit)
{
    const knn *m = fit;
    size_t each = m->label != NULL ? sizeof *m->label : sizeof *m->y;

    return sizeof *m + ens__near_bytes(m->near) +
           m->n * (each + (m->w != NULL ? sizeof *m->w : 0));
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const knn *m = fit;
    char line[96];

    (void)err;
    snprintf(line, sizeof line, "rows kept: %zu\ncolumns: %zu\nmemory: %.1f MB\n", m->n,
             m->p, (double)knn_bytes(m) / 1e6);
    return add(ctx, line);
}

const ens_learner_type ens__knn_type = {
    .abi = ENS_EXT_ABI,
    .name = "knn",
    .help = "the nearest rows of training answer: classes by votes, numbers by means",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS |
            ENS_WANTS_SCALED,
    .params = table,
    .params_size = sizeof(knn_params),
    .fit = fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = write_knn,
    .read = read_knn,
    .free = knn_free,
    .describe = describe,
    .bytes = knn_bytes,
};
