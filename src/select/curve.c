/* curve.c - learning curves: how the score over the splits of a plan grows with the rows of the fits, or the members.
 *
 * Every point has twice as much as the one before, so that its gain says what doubling brought, and the last one what
 * doubling once more may bring at most.  Gains are tested like differences of two learners (Nadeau and Bengio 2003). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/folds.h>
#include <ensemble/select.h>
#include <learn/outoffold.h>
#include <math.h>
#include <num/paired.h>
#include <num/rng.h>
#include <num/sample.h>
#include <num/stats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
    const ens_learner *learner;
    const ens_dataset *data;
    const ens_folds *folds;
    const ens_curve_options *o;
    size_t n_splits, k;
    char metric[64];
    double *score; /* [n_points][n_splits] */
} job;

/* Of all there is, what point i has: a half of the next. */
static double share_of(const job *j, size_t point)
{
    return ldexp(1, (int)point + 1 - (int)j->o->n_points);
}

/* ---- Rows ---------------------------------------------------------------------------------------------- */

/* Training rows of a split at a point: the first of a random order, ascending. */
static size_t choose_rows(size_t *row, uint32_t *order, const job *j, size_t split,
                          size_t point)
{
    size_t n = ens_folds_train(row, j->folds, split);
    size_t m = (size_t)ceil(share_of(j, point) * (double)n), kept = 0;
    ens__stream s;

    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    ens__stream_init(&s, j->o->seed, ENS__FOR_CURVE, split);
    ens__sample_shuffle(order, n, &s);
    for (size_t i = m; i < n; i++)
        row[order[i]] = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        if (row[i] != SIZE_MAX)
            row[kept++] = row[i];
    return kept;
}

/* Score a model on the rows that a split tests. */
static ens_status score_split(double *out, const job *j, const ens_model *model,
                              size_t split, const ens_exec *exec, ens_error *err)
{
    size_t n = ens_folds_test(NULL, j->folds, split);
    size_t *row = ens__array(n, sizeof *row);
    ens_dataset *test = NULL;
    ens_cv *cv = NULL;
    ens_status st;

    if (row == NULL)
        return ens__nomem(err);
    ens_folds_test(row, j->folds, split);
    if ((st = ens_dataset_subset(&test, j->data, row, n, err)) == ENS_OK &&
        (st = ens_cv_of_model(&cv, model, test, j->metric, exec, err)) == ENS_OK)
        *out = cv->pooled[0];
    ens_cv_free(cv);
    ens_dataset_free(test);
    ens__free(row);
    return st;
}

static ens_status fit_part(void *ctx, size_t i, const ens_exec *exec, ens_error *err)
{
    const job *j = ctx;
    size_t point = i / j->n_splits, split = i % j->n_splits;
    size_t *row = ens__array(j->data->n, sizeof *row), n;
    uint32_t *order = ens__array(j->data->n, sizeof *order);
    ens_dataset *train = NULL;
    ens_model *model = NULL;
    ens_status st;

    if (row == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    n = choose_rows(row, order, j, split, point);
    if ((st = ens_dataset_subset(&train, j->data, row, n, err)) == ENS_OK &&
        (st = ens_fit(&model, j->learner, train, NULL, j->o->seed, exec, err)) == ENS_OK)
        st = score_split(&j->score[i], j, model, split, exec, err);
    if (st == ENS_EDATA) /* too few rows for this learner, or this score */
        st = ENS_OK;
done:
    ens_model_free(model);
    ens_dataset_free(train);
    ens__free(row);
    ens__free(order);
    if (st != ENS_OK && st != ENS_ENOMEM)
        ens__error_prefix(err, "fold %zu", split + 1);
    return st;
}

static ens_status over_rows(job *j, ens_curve_point *out, const ens_exec *exec,
                            ens_error *err)
{
    for (size_t p = 0; p < j->o->n_points; p++) {
        double sum = 0;

        for (size_t s = 0; s < j->n_splits; s++)
            sum += ceil(share_of(j, p) * (double)ens_folds_train(NULL, j->folds, s));
        out[p].n = (size_t)round(sum / (double)j->n_splits);
    }
    if (out[0].n < 2)
        return ens__fail(err, ENS_ERANGE, "%zu points leave %zu rows for the first",
                         j->o->n_points, out[0].n);
    return ens__fits_run(j->o->n_points * j->n_splits, exec, "fitting points", fit_part,
                         j, err);
}

/* ---- Members ------------------------------------------------------------------------------------------- */

static ens_status over_members(job *j, ens_curve_point *out, const ens_exec *exec,
                               ens_error *err)
{
    size_t n_points = j->o->n_points, all;
    ens_learner *learner = NULL;
    char *text = NULL;
    ens_status st;

    if ((st = ens_learner_copy(&learner, j->learner, err)) != ENS_OK ||
        (st = ens_learner_get(&text, learner, "n_estimators", err)) != ENS_OK)
        goto done;
    all = strtoul(text, NULL, 10);
    for (size_t p = 0; p < n_points && st == ENS_OK; p++) {
        ens_cv *cv;
        char number[32];

        out[p].n = (size_t)floor(share_of(j, p) * (double)all);
        if (out[p].n == 0) {
            st =
                ens__fail(err, ENS_ERANGE,
                          "%zu points of %zu members: the first has none", n_points, all);
            break;
        }
        snprintf(number, sizeof number, "%zu", out[p].n);
        if ((st = ens_learner_set(learner, "n_estimators", number, err)) != ENS_OK ||
            (st = ens_cv_fit(&cv, learner, j->data, j->folds, j->metric, j->o->seed, exec,
                             err)) != ENS_OK)
            break;
        memcpy(j->score + p * j->n_splits, cv->score, j->n_splits * sizeof *cv->score);
        ens_cv_free(cv);
    }
done:
    ens_string_free(text);
    ens_learner_free(learner);
    return st;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* Mean and interval of what splits define of a[n], or a[n] - b[n]. room[n] */
static ens__verdict sum_up(double *mean, const double *a, const double *b, const job *j,
                           double ratio, double *room)
{
    size_t n = 0;

    for (size_t s = 0; s < j->n_splits; s++) {
        double v = a[s] - (b != NULL ? b[s] : 0);

        if (!isnan(v))
            room[n++] = v;
    }
    *mean = n > 0 ? ens__mean(room, NULL, n) : NAN;
    return ens__paired_resampled(room, n, ratio, j->o->level > 0 ? j->o->level : 0.95);
}

static ens_status finish(ens_curve_point *out, const job *j, ens_error *err)
{
    double *room = ens__array(j->n_splits, sizeof *room), ratio = 0;

    if (room == NULL)
        return ens__nomem(err);
    for (size_t s = 0; s < j->n_splits; s++)
        ratio += (double)ens_folds_test(NULL, j->folds, s) /
                 (double)ens_folds_train(NULL, j->folds, s) / (double)j->n_splits;
    for (size_t p = 0; p < j->o->n_points; p++) {
        const double *score = j->score + p * j->n_splits;
        double scale = j->o->over == ENS_CURVE_ROWS ? share_of(j, p) : 1;
        ens__verdict v = sum_up(&out[p].mean, score, NULL, j, ratio / scale, room);

        out[p].low = v.low;
        out[p].high = v.high;
        out[p].gain = out[p].gain_low = out[p].gain_high = out[p].p = NAN;
        if (p == 0)
            continue;
        v = sum_up(&out[p].gain, score, score - j->n_splits, j, ratio / scale, room);
        out[p].gain_low = v.low;
        out[p].gain_high = v.high;
        out[p].p = v.p;
    }
    ens__free(room);
    for (size_t p = 0; p < j->o->n_points; p++)
        if (isnan(out[p].mean))
            return ens__fail(err, ENS_EDATA, "no split defines %s at %zu %s", j->metric,
                             out[p].n, j->o->over == ENS_CURVE_ROWS ? "rows" : "members");
    return ENS_OK;
}

static ens_status check(job *j, ens_error *err)
{
    const ens_curve_options *o = j->o;
    ens_task task = ens_dataset_task(j->data);
    const char *usual = ens_metric_defaults(task, j->k);
    const char *name = o->metric != NULL ? o->metric : usual;
    size_t n = o->metric != NULL ? strlen(name) : strcspn(name, ",");

    if (j->folds->n != j->data->n)
        return ens__fail(err, ENS_EINVAL, "a plan of %zu rows for a table of %zu",
                         j->folds->n, j->data->n);
    if (o->n_points < 2 || o->n_points > 30)
        return ens__fail(err, ENS_ERANGE, "%zu points are outside [2, 30]", o->n_points);
    if (o->level < 0 || o->level >= 1)
        return ens__fail(err, ENS_ERANGE, "level = %g is outside (0, 1)", o->level);
    if (n >= sizeof j->metric)
        return ens__fail(err, ENS_ENAME, "`%s` is no metric", name);
    if (!ens_learner_suits(j->learner, task))
        return ens__fail(err, ENS_ESUPPORT, "`%s` has no learning curve on this target",
                         ens_learner_name(j->learner));
    memcpy(j->metric, name, n);
    return ENS_OK;
}

ens_status ens_curve(ens_curve_point *out, const ens_learner *learner,
                     const ens_dataset *data, const ens_folds *folds,
                     const ens_curve_options *options, const ens_exec *exec,
                     ens_error *err)
{
    job j = {.learner = learner,
             .data = data,
             .folds = folds,
             .o = options,
             .n_splits = ens_folds_n_splits(folds),
             .k = ens__folds_k(learner, data)};
    ens_status st = check(&j, err);

    if (st != ENS_OK)
        return st;
    memset(out, 0, options->n_points * sizeof *out);
    if ((j.score = ens__array(options->n_points, j.n_splits * sizeof *j.score)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < options->n_points * j.n_splits; i++)
        j.score[i] = NAN;
    st = options->over == ENS_CURVE_ROWS ? over_rows(&j, out, exec, err)
                                         : over_members(&j, out, exec, err);
    if (st == ENS_OK)
        st = finish(out, &j, err);
    ens__free(j.score);
    return st;
}
