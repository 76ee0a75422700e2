/* interval.c - percentile bootstrap intervals of a score (Efron and Tibshirani 1993, chapter 13).
 *
 * A resample is a count for each row, multiplied into its weight, or for each group of rows, where a metric compares
 * the rows of a group; resample b draws from the stream
 * (seed, interval, b), so neither threads nor the number of resamples change what it is. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <metric/metric.h>
#include <num/sample.h>
#include <num/stats.h>

typedef struct job {
    const ens__metric *metric;
    ens__metric_params params;
    const ens_eval *e;
    uint64_t seed;
    double *value;   /* [n_boot] NaN where it is undefined */
    uint32_t *count; /* [workers][n] */
    double *w;       /* [workers][n] */
    uint32_t
        *unit; /* [n] place of each row's group among n_units; NULL: rows are drawn */
    size_t n_units;
} job;

/* Number the groups that occur from 0. */
static ens_status find_units(job *j, ens_error *err)
{
    const ens_eval *e = j->e;
    uint32_t *order = ens__array(e->n, sizeof *order);
    double *number = ens__array(e->n, sizeof *number);
    ens_status st = ENS_OK;

    j->unit = ens__array(e->n, sizeof *j->unit);
    if (order == NULL || number == NULL || j->unit == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < e->n; i++)
        number[i] = e->group[i];
    ens__sort_index(order, number, e->n);
    for (size_t i = 0; i < e->n; i++) {
        if (i == 0 || number[order[i]] != number[order[i - 1]])
            j->n_units++;
        j->unit[order[i]] = (uint32_t)(j->n_units - 1);
    }
done:
    ens__free(order);
    ens__free(number);
    return st;
}

static ens_status resample(void *ctx, size_t b, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    size_t n = j->e->n;
    uint32_t *count = j->count + worker * n;
    double *w = j->w + worker * n, total = 0;
    ens_eval e = *j->e;
    ens__stream s;
    ens_status st;

    ens__stream_init(&s, j->seed, ENS__FOR_INTERVAL, b);
    ens__sample_bootstrap(count, j->n_units, j->n_units, &s);
    for (size_t i = 0; i < n; i++)
        total += w[i] =
            count[j->unit != NULL ? j->unit[i] : i] * ens__eval_weight(j->e, i);
    e.w = w;
    j->value[b] = NAN;
    if (total == 0)
        return ENS_OK;
    st = ens__metric_score(&j->value[b], j->metric, &j->params, &e, err);
    if (st == ENS_EDATA)
        j->value[b] = NAN;
    return st == ENS_EDATA ? ENS_OK : st;
}

/* The limits of the middle `level` of the values that are defined. */
static ens_status limits(double *low, double *high, double *value, size_t n, double level,
                         ens_error *err)
{
    size_t m = 0;

    for (size_t b = 0; b < n; b++)
        if (!isnan(value[b]))
            value[m++] = value[b];
    if (m < 10)
        return ens__fail(err, ENS_EDATA,
                         "the score is defined on %zu of %zu resamples only", m, n);
    ens__sort_doubles(value, m);
    *low = ens__quantile_sorted(value, m, (1 - level) / 2);
    *high = ens__quantile_sorted(value, m, (1 + level) / 2);
    return ENS_OK;
}

ens_status ens_metric_interval(double *low, double *high, const char *metric,
                               const ens_eval *e, double level, size_t n_boot,
                               uint64_t seed, const ens_exec *exec, ens_error *err)
{
    job j = {.e = e, .seed = seed};
    unsigned workers = ens__par_workers(n_boot, exec);
    ens_status st;

    *low = *high = NAN;
    if (!(level > 0 && level < 1))
        return ens__fail(err, ENS_ERANGE, "level = %g is outside (0, 1)", level);
    if (n_boot < 10)
        return ens__fail(err, ENS_ERANGE, "%zu resamples, the least is 10", n_boot);
    if ((st = ens__metric_parse(&j.metric, &j.params, metric, err)) != ENS_OK ||
        (st = ens__metric_check(j.metric, e, err)) != ENS_OK)
        return st;
    j.value = ens__array(n_boot, sizeof *j.value);
    j.count = ens__array(workers, e->n * sizeof *j.count);
    j.w = ens__array(workers, e->n * sizeof *j.w);
    j.n_units = e->n;
    if (ens__metric_ranks(j.metric)) {
        j.n_units = 0;
        st = find_units(&j, err);
    }
    if (st != ENS_OK)
        goto done;
    if (j.value == NULL || j.count == NULL || j.w == NULL)
        st = ens__nomem(err);
    else if ((st = ens__par_for(n_boot, exec, "resampling", resample, &j, NULL, err)) ==
             ENS_OK)
        st = limits(low, high, j.value, n_boot, level, err);
done:
    ens__free(j.value);
    ens__free(j.count);
    ens__free(j.w);
    ens__free(j.unit);
    return st;
}
