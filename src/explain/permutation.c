/* permutation.c - permutation importance of any model on any labelled table (Breiman 2001), and what all
 * importances share: permuted columns, options, intervals.
 *
 * A task is one permutation of one feature.  The model sees the table's own columns but for one, which is a
 * copy with its values permuted among the rows; repeat r of feature j draws from the stream
 * (seed, permute, 2^32 j + r), so more repeats change none of the first ones. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <explain/explain.h>
#include <math.h>
#include <metric/metric.h>
#include <num/sample.h>
#include <num/stats.h>
#include <string.h>

#define MOST_REPEATS 10000

/* ---- Shared ---------------------------------------------- */

ens_status ens__shuffled_init(ens__shuffled *s, size_t n_table, size_t n, ens_error *err)
{
    *s = (ens__shuffled){ens__array(n_table, sizeof(double)),
                         ens__array(n, sizeof *s->order)};
    return s->value != NULL && s->order != NULL ? ENS_OK : ens__nomem(err);
}

void ens__shuffled_clear(ens__shuffled *s)
{
    ens__free(s->value);
    ens__free(s->order);
    *s = (ens__shuffled){0};
}

ens_feature ens__shuffle(ens__shuffled *s, const ens_feature *feature,
                         const uint32_t *row, size_t n, uint64_t seed, uint64_t index)
{
    ens_feature out = *feature;
    ens__stream stream;

    for (size_t i = 0; i < n; i++)
        s->order[i] = row[i];
    ens__stream_init(&stream, seed, ENS__FOR_PERMUTE, index);
    ens__sample_shuffle(s->order, n, &stream);
    if (feature->x != NULL) {
        double *x = s->value;

        for (size_t i = 0; i < n; i++)
            x[row[i]] = feature->x[s->order[i]];
        out.x = x;
    } else {
        int32_t *code = s->value;

        for (size_t i = 0; i < n; i++)
            code[row[i]] = feature->code[s->order[i]];
        out.code = code;
    }
    return out;
}

ens_status ens__importance_options_of(ens_importance_options *out,
                                      const ens_importance_options *options,
                                      ens_error *err)
{
    ens_importance_options o = {0};

    if (options != NULL)
        o = *options;
    if (o.level == 0)
        o.level = 0.95;
    if (o.repeats == 0)
        o.repeats = 5;
    if (!(o.level > 0 && o.level < 1))
        return ens__fail(err, ENS_ERANGE, "level = %g is outside (0, 1)", o.level);
    if (o.repeats > MOST_REPEATS)
        return ens__fail(err, ENS_ERANGE, "repeats = %zu is outside [1, %d]", o.repeats,
                         MOST_REPEATS);
    *out = o;
    return ENS_OK;
}

void ens__importance_of(ens_importance *out, const double *value, size_t n, size_t stride,
                        double level)
{
    double mean = 0, square = 0, half;
    size_t m = 0;

    for (size_t i = 0; i < n; i++) /* Welford (1962) */
        if (!isnan(value[i * stride])) {
            double away = value[i * stride] - mean;

            mean += away / (double)++m;
            square += away * (value[i * stride] - mean);
        }
    *out = (ens_importance){m > 0 ? mean : NAN, NAN, NAN, NAN};
    if (m < 2)
        return;
    out->error = sqrt(square / (double)(m - 1) / (double)m);
    half = ens__t_quantile((1 + level) / 2, (double)(m - 1)) * out->error;
    out->low = mean - half;
    out->high = mean + half;
}

/* ---- Any model on any table ---------------------------------------------- */

typedef struct worker {
    ens_feature *feature; /* [p] of the table, one of them permuted */
    double *pred;         /* [n][k] */
    void *scratch;
    ens__shuffled shuffled;
} worker;

typedef struct job {
    const ens__refit *r;
    ens_importance_options o;
    const ens__metric *metric;
    ens__metric_params params;
    int32_t *label; /* [n], and the others: of the plan's rows */
    double *y, *w;
    double *offset; /* or NULL */
    uint32_t *group;
    double base;
    double *value; /* [p][repeats] */
    worker *worker;
    unsigned n_workers;
} job;

static void job_clear(job *j)
{
    for (unsigned i = 0; j->worker != NULL && i < j->n_workers; i++) {
        ens__free(j->worker[i].feature);
        ens__free(j->worker[i].pred);
        ens__free(j->worker[i].scratch);
        ens__shuffled_clear(&j->worker[i].shuffled);
    }
    ens__free(j->worker);
    ens__free(j->label);
    ens__free(j->y);
    ens__free(j->w);
    ens__free(j->offset);
    ens__free(j->group);
    ens__free(j->value);
}

/* Targets, weights, offsets and groups in the order of the plan. */
static ens_status gather(job *j, ens_error *err)
{
    const ens_fit_args *a = &j->r->a;
    size_t n = a->rows.n;

    j->label = ens__array(n, sizeof *j->label);
    j->y = ens__array(n, sizeof *j->y);
    j->w = ens__array(n, sizeof *j->w);
    j->group = ens__array(n, sizeof *j->group);
    j->value = ens__array(a->rows.p, j->o.repeats * sizeof *j->value);
    if (a->offset != NULL && (j->offset = ens__array(n, sizeof *j->offset)) == NULL)
        return ens__nomem(err);
    if (j->label == NULL || j->y == NULL || j->w == NULL || j->group == NULL ||
        j->value == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        j->label[i] = a->label != NULL ? a->label[a->rows.row[i]] : 0;
        j->y[i] = a->y != NULL ? a->y[a->rows.row[i]] : 0;
        j->w[i] = ens_fit_weight(a, i);
        if (j->offset != NULL)
            j->offset[i] = a->offset[a->rows.row[i]];
        j->group[i] = a->group != NULL ? a->group[a->rows.row[i]] : 0;
    }
    return ENS_OK;
}

static ens_status workers_make(job *j, ens_error *err)
{
    const ens_fit_args *a = &j->r->a;
    ens_status st = ENS_OK;

    j->n_workers = ens__par_workers(a->rows.p * j->o.repeats, a->exec);
    if ((j->worker = ens__zeros(j->n_workers, sizeof *j->worker)) == NULL)
        return ens__nomem(err);
    for (unsigned i = 0; i < j->n_workers && st == ENS_OK; i++) {
        worker *w = &j->worker[i];

        w->feature = ens__array(a->rows.p, sizeof *w->feature);
        w->pred = ens__array(a->rows.n, a->k * sizeof *w->pred);
        w->scratch = ens__aligned(j->r->model->scratch, 1);
        if (w->feature == NULL || w->pred == NULL || w->scratch == NULL)
            return ens__nomem(err);
        memcpy(w->feature, a->rows.feature, a->rows.p * sizeof *w->feature);
        st = ens__shuffled_init(&w->shuffled, a->n_table, a->rows.n, err);
    }
    return st;
}

/* The score of the model on the worker's features, more being better. */
static ens_status score(double *out, const job *j, const worker *w, ens_error *err)
{
    const ens_fit_args *a = &j->r->a;
    const ens_fitted *root = &j->r->model->root;
    ens_rows rows = {w->feature, a->rows.p, NULL, 0};
    ens_eval eval = {a->task, a->rows.n, a->k, j->label, j->y, w->pred, NULL, NULL};
    ens_status st;

    if (a->w != NULL || a->count != NULL)
        eval.w = j->w;
    if (a->group != NULL)
        eval.group = j->group;
    for (size_t begin = 0; begin < a->rows.n; begin += ENS_BLOCK) {
        rows.row = a->rows.row + begin;
        rows.n = a->rows.n - begin < ENS_BLOCK ? a->rows.n - begin : ENS_BLOCK;
        ens__fitted_block(root, 0, &rows, j->offset != NULL ? j->offset + begin : NULL,
                          w->pred + begin * a->k, w->scratch);
    }
    if ((st = ens__metric_check(j->metric, &eval, err)) == ENS_OK &&
        (st = ens__metric_score(out, j->metric, &j->params, &eval, err)) == ENS_OK &&
        !j->metric->more_is_better)
        *out = -*out;
    return st;
}

static ens_status permute(void *ctx, size_t task, unsigned worker_index, ens_error *err)
{
    const job *j = ctx;
    const ens_fit_args *a = &j->r->a;
    worker *w = &j->worker[worker_index];
    size_t f = task / j->o.repeats, r = task % j->o.repeats;
    double permuted;
    ens_status st;

    w->feature[f] = ens__shuffle(&w->shuffled, &a->rows.feature[f], a->rows.row,
                                 a->rows.n, j->o.seed, (uint64_t)f << 32 | r);
    st = score(&permuted, j, w, err);
    w->feature[f] = a->rows.feature[f];
    j->value[task] = j->base - permuted;
    return st;
}

ens_status ens_importance_permutation(ens_importance *out, const ens_model *model,
                                      const ens_dataset *data,
                                      const ens_importance_options *options,
                                      const ens_exec *exec, ens_error *err)
{
    ens__refit r = {0};
    job j = {.r = &r};
    ens_status st;

    if ((st = ens__importance_options_of(&j.o, options, err)) != ENS_OK)
        return st;
    if (j.o.metric == NULL)
        j.o.metric = model->schema.task == ENS_TASK_CLASSIFICATION ? "accuracy"
                     : model->schema.task == ENS_TASK_ANOMALY      ? "roc_auc"
                                                                   : "r2";
    if ((st = ens__metric_parse(&j.metric, &j.params, j.o.metric, err)) != ENS_OK ||
        (st = ens__refit_make(&r, model, data, exec, err)) != ENS_OK ||
        (st = gather(&j, err)) != ENS_OK || (st = workers_make(&j, err)) != ENS_OK ||
        (st = score(&j.base, &j, &j.worker[0], err)) != ENS_OK ||
        (st = ens__par_for(r.a.rows.p * j.o.repeats, exec, "permuting", permute, &j, NULL,
                           err)) != ENS_OK)
        goto done;
    for (size_t f = 0; f < r.a.rows.p; f++)
        ens__importance_of(&out[f], j.value + f * j.o.repeats, j.o.repeats, 1, j.o.level);
done:
    job_clear(&j);
    ens__refit_clear(&r);
    return st;
}
