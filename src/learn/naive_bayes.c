/* naive_bayes.c - the learner `naive_bayes`: normal densities for numbers, smoothed frequencies for
 * categories, both in one model; missing values say nothing.
 *
 * log P(c | x) = log P(c) + sum_j log p(x_j | c) + const, with
 *   p(x_j | c) = N(x_j; mean_cj, var_cj + var_smoothing * max_j var_j)        (numbers)
 *   p(x_j | c) = (w_cjl + alpha) / (w_cj + alpha * levels_j)                  (categories)
 * as scikit-learn's GaussianNB and CategoricalNB.  O(n p) to fit, O(p k) a row to predict. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <learn/learner.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct nb_params {
    double var_smoothing;
    double alpha;
    ens_list priors;
} nb_params;

/* A class's parameters of feature j stand at [c * width + at[j]]: mean, scale and log of the scale for a number,
 * log p of each level for a category. */
typedef struct nb {
    size_t k, p, width;
    size_t *at;        /* [p] */
    uint32_t *levels;  /* [p] 0 for numbers */
    double *log_prior; /* [k] -inf for a class without rows */
    double *value;     /* [k][width] */
} nb;

/* Of a number: mean, standard deviation, its logarithm. */
enum { MEAN, SCALE, LOG_SCALE, N_GAUSS };

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_REAL, nb_params, var_smoothing, "1e-09", 0, 1e6, "", "",
            "part of the largest variance that is added to all"),
    ENS_ROW(ENS_PARAM_REAL, nb_params, alpha, "1", 1e-10, 1e6, "", "laplace",
            "weight added to the count of each level"),
    ENS_ROW(ENS_PARAM_LIST, nb_params, priors, "auto", 0, 1, "auto", "",
            "probabilities of the classes in their order; auto: their share of the rows"),
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    const nb_params *p = params;
    double sum = 0;

    for (size_t c = 0; c < p->priors.n; c++)
        sum += p->priors.v[c];
    if (p->priors.v != NULL && fabs(sum - 1) > 1e-9)
        return ens__fail(err, ENS_ERANGE, "naive_bayes.priors add up to %g, not 1", sum);
    return ENS_OK;
}

static void nb_free(void *fitted)
{
    nb *m = fitted;

    if (m == NULL)
        return;
    ens__free(m->at);
    ens__free(m->levels);
    ens__free(m->log_prior);
    ens__free(m->value);
    ens__free(m);
}

/* Parameters of one feature in one class. */
static size_t width_of(const ens_feature *f)
{
    return f->n_levels > 0 ? f->n_levels : N_GAUSS;
}

static ens_status nb_new(nb **out, size_t k, const ens_feature *feature, size_t p,
                         ens_error *err)
{
    nb *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_ENOMEM;

    if (m == NULL || (m->at = ens__array(p, sizeof *m->at)) == NULL ||
        (m->levels = ens__array(p, sizeof *m->levels)) == NULL)
        goto done;
    m->k = k;
    m->p = p;
    for (size_t j = 0; j < p; j++) {
        m->at[j] = m->width;
        m->levels[j] = feature[j].n_levels;
        m->width += width_of(&feature[j]);
    }
    if ((m->log_prior = ens__zeros(k, sizeof *m->log_prior)) == NULL ||
        (m->value = ens__zeros(m->width, k * sizeof *m->value)) == NULL)
        goto done;
    st = ENS_OK;
done:
    if (st == ENS_OK) {
        *out = m;
        return ENS_OK;
    }
    nb_free(m);
    return ens__nomem(err);
}

/* ---- Fitting ------------------------------------------------------------------------------------------ */

/* Moments of one feature over all classes. */
typedef struct moments {
    double mean, sd;
} moments;

typedef struct nb_job {
    nb *m;
    const nb_params *params;
    const ens_fit_args *a;
    moments *all;   /* [p] */
    double *weight; /* [workers][k] */
} nb_job;

static double *parameters(const nb *m, size_t c, size_t j)
{
    return m->value + c * m->width + m->at[j];
}

/* The largest magnitude, 1 if there is none: dividing by it keeps squares of huge values finite. */
static double unit_of(const double *x, const ens_rows *rows)
{
    double unit = 0;

    for (size_t i = 0; i < rows->n; i++)
        unit = fmax(unit, fabs(x[rows->row[i]])); /* fmax passes over NaN */
    return unit > 0 ? unit : 1;
}

/* First pass: weight and mean of each class, in units. Returns the mean of all. */
static double class_means(const nb_job *job, size_t j, double unit, double *weight)
{
    const ens_fit_args *a = job->a;
    const double *x = a->rows.feature[j].x;
    double total = 0, mean = 0;

    memset(weight, 0, job->m->k * sizeof *weight);
    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t r = a->rows.row[i];
        double w = ens_fit_weight(a, i);

        if (isnan(x[r]))
            continue;
        weight[a->label[r]] += w;
        parameters(job->m, (size_t)a->label[r], j)[MEAN] += w * (x[r] / unit);
    }
    for (size_t c = 0; c < job->m->k; c++) {
        double *v = parameters(job->m, c, j);

        total += weight[c];
        mean += v[MEAN];
        v[MEAN] = weight[c] > 0 ? v[MEAN] / weight[c] : 0;
    }
    return total > 0 ? mean / total : 0;
}

/* Second pass: sums of squares about each class's mean. Returns that about the mean of all. */
static double class_squares(const nb_job *job, size_t j, double unit, double mean)
{
    const ens_fit_args *a = job->a;
    const double *x = a->rows.feature[j].x;
    double square = 0;

    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t r = a->rows.row[i];
        double w = ens_fit_weight(a, i), *v, d;

        if (isnan(x[r]))
            continue;
        v = parameters(job->m, (size_t)a->label[r], j);
        d = x[r] / unit - v[MEAN];
        v[SCALE] += w * d * d;
        d = x[r] / unit - mean;
        square += w * d * d;
    }
    return square;
}

/* Means and standard deviations of a number by class. A class that never shows the feature gets those of all. */
static void fit_gauss(const nb_job *job, size_t j, double *weight)
{
    double unit = unit_of(job->a->rows.feature[j].x, &job->a->rows), total = 0;
    double mean = class_means(job, j, unit, weight),
           square = class_squares(job, j, unit, mean);
    moments *all = &job->all[j];

    for (size_t c = 0; c < job->m->k; c++)
        total += weight[c];
    *all = (moments){mean * unit, total > 0 ? sqrt(square / total) * unit : 0};
    for (size_t c = 0; c < job->m->k; c++) {
        double *v = parameters(job->m, c, j);

        v[MEAN] = weight[c] > 0 ? v[MEAN] * unit : all->mean;
        v[SCALE] = weight[c] > 0 ? sqrt(v[SCALE] / weight[c]) * unit : all->sd;
    }
}

static void fit_levels(const nb_job *job, size_t j)
{
    const ens_fit_args *a = job->a;
    const int32_t *code = a->rows.feature[j].code;
    size_t n = job->m->levels[j];

    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t r = a->rows.row[i];

        if (code[r] >= 0)
            parameters(job->m, (size_t)a->label[r], j)[code[r]] += ens_fit_weight(a, i);
    }
    for (size_t c = 0; c < job->m->k; c++) {
        double *v = parameters(job->m, c, j), total = 0;

        for (size_t l = 0; l < n; l++)
            total += v[l];
        for (size_t l = 0; l < n; l++)
            v[l] = log((v[l] + job->params->alpha) /
                       (total + job->params->alpha * (double)n));
    }
}

static ens_status fit_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const nb_job *job = ctx;

    (void)err;
    if (job->a->rows.feature[j].x != NULL)
        fit_gauss(job, j, job->weight + worker * job->m->k);
    else
        fit_levels(job, j);
    return ENS_OK;
}

/* Widen every normal density by the same part of the widest feature; a density of no width at all, which only
 * var_smoothing = 0 leaves, becomes a very narrow one.  Scale 0 marks features that are constant everywhere. */
static void smooth_scales(const nb_job *job)
{
    const nb *m = job->m;
    double widest = 0;

    for (size_t j = 0; j < m->p; j++)
        widest = fmax(widest, job->all[j].sd);
    for (size_t j = 0; j < m->p; j++)
        for (size_t c = 0; c < m->k && m->levels[j] == 0; c++) {
            double *v = parameters(m, c, j);

            v[SCALE] = hypot(v[SCALE], sqrt(job->params->var_smoothing) * widest);
            v[SCALE] = fmax(v[SCALE], 1e-12 * widest);
            v[LOG_SCALE] = v[SCALE] > 0 ? log(v[SCALE]) : 0;
        }
}

static ens_status fit_priors(nb *m, const ens_list *priors, const ens_fit_args *a,
                             ens_error *err)
{
    double total = 0;

    if (priors->v != NULL && priors->n != m->k)
        return ens__fail(err, ENS_ERANGE,
                         "naive_bayes.priors has %zu values for %zu classes", priors->n,
                         m->k);
    for (size_t i = 0; i < a->rows.n; i++)
        m->log_prior[a->label[a->rows.row[i]]] += ens_fit_weight(a, i);
    for (size_t c = 0; c < m->k; c++)
        total += m->log_prior[c];
    for (size_t c = 0; c < m->k; c++)
        m->log_prior[c] = log(priors->v != NULL ? priors->v[c] : m->log_prior[c] / total);
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    nb_job job = {.params = params, .a = a};
    size_t p = a->rows.p;
    ens_status st;

    if ((st = nb_new(&job.m, a->k, a->rows.feature, p, err)) != ENS_OK)
        return st;
    if ((job.all = ens__zeros(p, sizeof *job.all)) == NULL ||
        (job.weight = ens__array(ens__par_workers(p, a->exec),
                                 a->k * sizeof *job.weight)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = fit_priors(job.m, &job.params->priors, a, err)) != ENS_OK ||
        (st = ens__par_for(p, a->exec, NULL, fit_feature, &job, NULL, err)) != ENS_OK)
        goto done;
    smooth_scales(&job);
    *out = job.m;
    job.m = NULL;
done:
    ens__free(job.all);
    ens__free(job.weight);
    nb_free(job.m);
    return st;
}

/* ---- Predicting ---------------------------------------------------------------------------------------- */

/* log p(x_j | c) without the constant that all classes share. */
static double log_likelihood(const nb *m, size_t c, size_t j, const ens_feature *f,
                             uint32_t r)
{
    const double *v = parameters(m, c, j);
    double z;

    if (f->code != NULL)
        return f->code[r] >= 0 ? v[f->code[r]] : 0;
    if (isnan(f->x[r]) || v[SCALE] == 0)
        return 0;
    z = fmin(fabs((f->x[r] - v[MEAN]) / v[SCALE]), 1e150); /* its square stays finite */
    return -0.5 * z * z - v[LOG_SCALE];
}

/* p[k] of logarithms to p[k] that sum to one */
static void normalise(double *p, size_t k)
{
    double most = p[0], sum = 0;

    for (size_t c = 1; c < k; c++)
        most = fmax(most, p[c]);
    for (size_t c = 0; c < k; c++)
        sum += p[c] = exp(p[c] - most);
    for (size_t c = 0; c < k; c++)
        p[c] /= sum;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const nb *m = fitted;

    (void)scratch;
    for (size_t i = 0; i < rows->n; i++) {
        double *p = out + i * m->k;

        memcpy(p, m->log_prior, m->k * sizeof *p);
        for (size_t j = 0; j < m->p; j++)
            for (size_t c = 0; c < m->k; c++)
                p[c] += log_likelihood(m, c, j, &rows->feature[j], rows->row[i]);
        normalise(p, m->k);
    }
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_nb(const void *fitted, ens_writer *w, ens_error *err)
{
    const nb *m = fitted;
    ens_status st =
        ens_writer_array(w, "log_prior", ENS_F64, 1, &m->k, m->log_prior, err);

    if (st != ENS_OK)
        return st;
    return ens_writer_array(w, "parameters", ENS_F64, 2, (size_t[]){m->k, m->width},
                            m->value, err);
}

/* Whatever is accepted gives probabilities: no NaN, priors that leave a class, densities of some width. */
static ens_status check_values(const nb *m, ens_reader *r, ens_error *err)
{
    bool possible = false;

    for (size_t c = 0; c < m->k; c++) {
        if (!(m->log_prior[c] <= 1e-9))
            return ens_reader_bad(r, err, "log_prior of class %zu is %g", c,
                                  m->log_prior[c]);
        possible = possible || m->log_prior[c] > -INFINITY;
        for (size_t i = 0; i < m->width; i++)
            if (!isfinite(m->value[c * m->width + i]))
                return ens_reader_bad(r, err, "parameter %zu of class %zu is not finite",
                                      i, c);
        for (size_t j = 0; j < m->p; j++)
            if (m->levels[j] == 0 && parameters(m, c, j)[SCALE] < 0)
                return ens_reader_bad(r, err, "scale of feature %zu is negative", j);
    }
    if (!possible)
        return ens_reader_bad(r, err, "every class has a prior of 0");
    return ENS_OK;
}

static ens_status read_nb(void **out, const ens_read_args *a, ens_error *err)
{
    const void *prior, *value;
    size_t k, shape[2], width = 0;
    nb *m = NULL;
    ens_status st;

    for (size_t j = 0; j < a->p; j++)
        width += width_of(&a->feature[j]);

    if ((st = ens_reader_array(&prior, &k, a->reader, "log_prior", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&value, shape, a->reader, "parameters", ENS_F64, 2,
                               err)) != ENS_OK)
        goto done;
    if (k != a->k || shape[0] != k || shape[1] != width) {
        st =
            ens_reader_bad(a->reader, err, "parameters are %zu x %zu, expected %zu x %zu",
                           shape[0], shape[1], a->k, width);
        goto done;
    }
    /* Only now: k and width alone would let a small file ask for much memory. */
    if ((st = nb_new(&m, a->k, a->feature, a->p, err)) != ENS_OK)
        goto done;
    memcpy(m->log_prior, prior, k * sizeof *m->log_prior);
    memcpy(m->value, value, k * m->width * sizeof *m->value);
    if ((st = check_values(m, a->reader, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    nb_free(m);
    return st;
}

static ens_status describe(const void *fitted,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const nb *m = fitted;
    size_t numbers = 0;
    char line[96];

    (void)err;
    for (size_t j = 0; j < m->p; j++)
        numbers += m->levels[j] == 0;
    snprintf(line, sizeof line, "normal densities: %zu\nsmoothed frequencies: %zu\n",
             numbers, m->p - numbers);
    return add(ctx, line);
}

static size_t nb_bytes(const void *fit)
{
    const nb *m = fit;

    return sizeof *m + m->p * (sizeof *m->at + sizeof *m->levels) +
           m->k * (m->width + 1) * sizeof *m->value;
}

const ens_learner_type ens__naive_bayes_type = {
    .abi = ENS_EXT_ABI,
    .name = "naive_bayes",
    .help = "features independent within each class: normal numbers, counted categories",
    .caps = ENS_CLASSIFIES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |
            ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(nb_params),
    .check = check,
    .fit = fit,
    .predict = predict,
    .write = write_nb,
    .read = read_nb,
    .free = nb_free,
    .describe = describe,
    .bytes = nb_bytes,
};
