/* cv.c - cross-validation: a recipe fitted over a plan of folds, and the scores of what it predicts.
 *
 * Predictions are scored by split, which tells how much a score varies, and pooled, all tested rows together, which is
 * what scores of ranks such as the area under the ROC curve want of small folds.  The interval of the mean over splits
 * widens Student's by tested over training rows, because the training rows of the splits overlap (Nadeau and Bengio
 * 2003): the plain one is too narrow by half for ten folds. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/folds.h>
#include <ensemble/select.h>
#include <learn/align.h>
#include <learn/outoffold.h>
#include <math.h>
#include <metric/metric.h>
#include <num/paired.h>
#include <num/stats.h>
#include <string.h>

/* ---- Making -------------------------------------------------------------------------------------------- */

void ens_cv_free(ens_cv *cv)
{
    if (cv == NULL)
        return;
    for (size_t m = 0; m < cv->n_metrics && cv->metric != NULL; m++)
        ens__free(cv->metric[m]);
    ens__free(cv->metric);
    ens__free(cv->score);
    ens__free(cv->pooled);
    ens__free(cv->pred);
    ens__free(cv->label);
    ens__free(cv->y);
    ens__free(cv->w);
    ens__free(cv->group);
    ens__free(cv);
}

static ens_status name_metrics(ens_cv *cv, const char *list, ens_error *err)
{
    size_t most = 1;

    for (const char *s = list; *s != 0; s++)
        most += *s == ',';
    if ((cv->metric = ens__zeros(most, sizeof *cv->metric)) == NULL)
        return ens__nomem(err);
    for (const char *s = list; *s != 0;) {
        size_t length = ens__metric_item(s), blanks = strspn(s, " ");
        char *name = blanks < length ? ens__strndup(s + blanks, length - blanks)
                                     : ens__strndup("", 0);

        if (name == NULL)
            return ens__nomem(err);
        cv->metric[cv->n_metrics++] = name;
        s += length + (s[length] == ',');
    }
    return cv->n_metrics > 0 ? ENS_OK : ens__fail(err, ENS_EINVAL, "metrics is empty");
}

/* With room for the truth of data and its predictions, and names of metrics. */
static ens_status cv_make(ens_cv **out, const ens_dataset *data, ens_task task, size_t k,
                          const char *metrics, ens_error *err)
{
    ens_cv *cv = ens__zeros(1, sizeof *cv);
    size_t n = data->n;
    ens_status st;

    *out = NULL;
    if (cv == NULL)
        return ens__nomem(err);
    cv->task = task;
    cv->n = n;
    cv->k = k;
    cv->pred = ens__array(n * k, sizeof *cv->pred);
    cv->label = ens__array(n, sizeof *cv->label);
    cv->y = ens__array(n, sizeof *cv->y);
    cv->w = ens__array(n, sizeof *cv->w);
    cv->group = ens__array(n, sizeof *cv->group);
    if (cv->pred == NULL || cv->label == NULL || cv->y == NULL || cv->w == NULL ||
        cv->group == NULL)
        st = ens__nomem(err);
    else
        st = name_metrics(cv, metrics != NULL ? metrics : ens_metric_defaults(task, k),
                          err);
    if (st != ENS_OK) {
        ens_cv_free(cv);
        return st;
    }
    for (size_t i = 0; i < n; i++) {
        cv->w[i] = ens_dataset_weight(data, i);
        cv->group[i] = (uint32_t)ens_dataset_group(data, i);
        cv->y[i] = ens_dataset_y(data, i);
        cv->label[i] = task == ENS_TASK_CLASSIFICATION ? (int32_t)cv->y[i] : 0;
    }
    *out = cv;
    return ENS_OK;
}

/* What the table has not is NULL from here on. */
static void drop_absent(ens_cv *cv, const ens_dataset *data)
{
    if (cv->task == ENS_TASK_CLASSIFICATION) {
        ens__free(cv->y);
        cv->y = NULL;
    } else {
        ens__free(cv->label);
        cv->label = NULL;
    }
    if (data->table->weight == NULL) {
        ens__free(cv->w);
        cv->w = NULL;
    }
    if (data->table->group_of == NULL) {
        ens__free(cv->group);
        cv->group = NULL;
    }
}

/* ---- Scoring ------------------------------------------------------------------------------------------- */

/* Rows of a cv side by side, as metrics want them. */
typedef struct picked {
    ens_eval eval;
    double *pred, *y, *w;
    int32_t *label;
    uint32_t *group;
} picked;

static ens_status picked_make(picked *p, const ens_cv *cv, ens_error *err)
{
    *p = (picked){.pred = ens__array(cv->n * cv->k, sizeof *p->pred),
                  .y = ens__array(cv->n, sizeof *p->y),
                  .w = ens__array(cv->n, sizeof *p->w),
                  .label = ens__array(cv->n, sizeof *p->label),
                  .group = ens__array(cv->n, sizeof *p->group)};
    p->eval = (ens_eval){.task = cv->task,
                         .k = cv->k,
                         .label = cv->label != NULL ? p->label : NULL,
                         .y = cv->y != NULL ? p->y : NULL,
                         .pred = p->pred,
                         .w = cv->w != NULL ? p->w : NULL,
                         .group = cv->group != NULL ? p->group : NULL};
    return p->pred != NULL && p->y != NULL && p->w != NULL && p->label != NULL &&
                   p->group != NULL
               ? ENS_OK
               : ens__nomem(err);
}

static void picked_clear(picked *p)
{
    ens__free(p->pred);
    ens__free(p->y);
    ens__free(p->w);
    ens__free(p->label);
    ens__free(p->group);
}

static void pick(picked *p, const ens_cv *cv, const double *pred, size_t i)
{
    size_t at = p->eval.n++;

    memcpy(p->pred + at * cv->k, pred + i * cv->k, cv->k * sizeof *pred);
    p->y[at] = cv->y != NULL ? cv->y[i] : 0;
    p->w[at] = cv->w != NULL ? cv->w[i] : 1;
    p->label[at] = cv->label != NULL ? cv->label[i] : 0;
    p->group[at] = cv->group != NULL ? cv->group[i] : 0;
}

/* out[n_metrics] of the rows picked; NaN for what they do not define. */
static ens_status score(double *out, const ens_cv *cv, const picked *p, ens_error *err)
{
    for (size_t m = 0; m < cv->n_metrics; m++) {
        ens_status st = ens_metric(&out[m], cv->metric[m], &p->eval, err);

        if (st == ENS_EDATA)
            out[m] = NAN;
        else if (st != ENS_OK)
            return st;
    }
    return ENS_OK;
}

/* The rows that split s tests, or all that some split of its repeat does. */
static void pick_tested(picked *p, const ens_cv *cv, const ens_folds *folds, size_t s,
                        bool all, const double *pred)
{
    p->eval.n = 0;
    for (size_t i = 0; i < cv->n; i++)
        if (all ? !isnan(pred[i * cv->k]) : ens__folds_tests(folds, s, i))
            pick(p, cv, pred, i);
}

/* each[n_repeats][n][k] */
static ens_status score_splits(ens_cv *cv, const ens_folds *folds, const double *each,
                               ens_error *err)
{
    size_t per_repeat = cv->n_splits / cv->n_repeats, n_metrics = cv->n_metrics;
    double *pooled = ens__zeros(n_metrics, sizeof *pooled);
    picked p;
    ens_status st = picked_make(&p, cv, err);

    cv->score = ens__array(cv->n_splits, n_metrics * sizeof *cv->score);
    cv->pooled = ens__zeros(n_metrics, sizeof *cv->pooled);
    if (st == ENS_OK && (pooled == NULL || cv->score == NULL || cv->pooled == NULL))
        st = ens__nomem(err);
    for (size_t s = 0; s < cv->n_splits && st == ENS_OK; s++) {
        const double *pred = each + s / per_repeat * cv->n * cv->k;

        pick_tested(&p, cv, folds, s, false, pred);
        if ((st = score(cv->score + s * n_metrics, cv, &p, err)) != ENS_OK ||
            (s + 1) % per_repeat != 0)
            continue;
        pick_tested(&p, cv, folds, s, true, pred);
        if ((st = score(pooled, cv, &p, err)) == ENS_OK)
            for (size_t m = 0; m < n_metrics; m++)
                cv->pooled[m] += pooled[m] / (double)cv->n_repeats;
    }
    picked_clear(&p);
    ens__free(pooled);
    return st;
}

static ens_status score_model(ens_cv *cv, ens_error *err)
{
    picked p;
    ens_status st = picked_make(&p, cv, err);

    if (st == ENS_OK &&
        (cv->pooled = ens__array(cv->n_metrics, sizeof *cv->pooled)) == NULL)
        st = ens__nomem(err);
    for (size_t i = 0; i < cv->n && st == ENS_OK; i++)
        pick(&p, cv, cv->pred, i);
    if (st == ENS_OK)
        st = score(cv->pooled, cv, &p, err);
    picked_clear(&p);
    return st;
}

/* Defined by any split, or by all rows together. */
static bool is_defined(const ens_cv *cv, size_t m)
{
    for (size_t s = 0; s < cv->n_splits; s++)
        if (!isnan(cv->score[s * cv->n_metrics + m]))
            return true;
    return !isnan(cv->pooled[m]);
}

/* Take metric m out. */
static void leave_out(ens_cv *cv, size_t m)
{
    size_t n = cv->n_metrics--, to = 0;

    ens__free(cv->metric[m]);
    memmove(cv->metric + m, cv->metric + m + 1, (n - m - 1) * sizeof *cv->metric);
    memmove(cv->pooled + m, cv->pooled + m + 1, (n - m - 1) * sizeof *cv->pooled);
    for (size_t i = 0; i < cv->n_splits * n; i++)
        if (i % n != m)
            cv->score[to++] = cv->score[i];
}

static ens_status check_defined(ens_cv *cv, bool usual, ens_error *err)
{
    for (size_t m = cv->n_metrics; m-- > 0;)
        if (is_defined(cv, m))
            continue;
        else if (usual && cv->n_metrics > 1)
            leave_out(cv, m);
        else
            return ens__fail(err, ENS_EDATA, "%s: not defined on any of the rows tested",
                             cv->metric[m]);
    return ENS_OK;
}

/* ---- Public -------------------------------------------------------------------------------------------- */

static void set_ratio(ens_cv *cv, const ens_folds *folds)
{
    double sum = 0;

    for (size_t s = 0; s < cv->n_splits; s++)
        sum += (double)ens_folds_test(NULL, folds, s) /
               (double)ens_folds_train(NULL, folds, s);
    cv->ratio = sum / (double)cv->n_splits;
}

ens_status ens_cv_fit(ens_cv **out, const ens_learner *learner, const ens_dataset *data,
                      const ens_folds *folds, const char *metrics, uint64_t seed,
                      const ens_exec *exec, ens_error *err)
{
    double *each = NULL;
    ens_cv *cv = NULL;
    size_t k;
    ens_status st;

    *out = NULL;
    if (learner == NULL || data == NULL || folds == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_cv_fit: %s is NULL",
                         learner == NULL ? "learner"
                         : data == NULL  ? "data"
                                         : "folds");
    if (folds->n != data->n)
        return ens__fail(err, ENS_EINVAL, "a plan of %zu rows for a table of %zu",
                         folds->n, data->n);
    if (!ens_learner_suits(learner, data->table->task))
        return ens__fail(err, ENS_ESUPPORT,
                         "`%s` cannot be cross-validated on this target",
                         ens_learner_name(learner));
    k = ens__folds_k(learner, data);
    if ((st = cv_make(&cv, data, data->table->task, k, metrics, err)) != ENS_OK)
        return st;
    cv->n_splits = folds->n_splits;
    cv->n_repeats = folds->n_repeats;
    set_ratio(cv, folds);
    drop_absent(cv, data);
    if ((each = ens__array(folds->n_repeats * data->n * k, sizeof *each)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__folds_fit_each(each, NULL, learner, data, folds, seed, exec, err)) !=
            ENS_OK ||
        (st = score_splits(cv, folds, each, err)) != ENS_OK ||
        (st = check_defined(cv, metrics == NULL, err)) != ENS_OK)
        goto done;
    ens__folds_average(each, data->n * k, folds->n_repeats);
    memcpy(cv->pred, each, data->n * k * sizeof *each);
    *out = cv;
    cv = NULL;
done:
    ens__free(each);
    ens_cv_free(cv);
    return st;
}

ens_status ens_cv_of_model(ens_cv **out, const ens_model *model, const ens_dataset *data,
                           const char *metrics, const ens_exec *exec, ens_error *err)
{
    ens_task task = ens_model_task(model);
    ens_cv *cv = NULL;
    ens_status st;

    *out = NULL;
    if (task == ENS_TASK_ANOMALY)
        return ens__fail(err, ENS_ESUPPORT,
                         "models of anomalies have no predictions to compare");
    if ((st = cv_make(&cv, data, task, ens_model_k(model), metrics, err)) != ENS_OK)
        return st;
    if ((st = ens_model_targets(model, data, cv->label, cv->y, err)) != ENS_OK ||
        (st = ens_model_predict(model, data, cv->pred, exec, err)) != ENS_OK)
        goto done;
    drop_absent(cv, data);
    if ((st = score_model(cv, err)) != ENS_OK ||
        (st = check_defined(cv, metrics == NULL, err)) != ENS_OK)
        goto done;
    *out = cv;
    cv = NULL;
done:
    ens_cv_free(cv);
    return st;
}

ens_status ens_cv_mean(double *mean, double *low, double *high, const ens_cv *cv,
                       size_t m, double level, ens_error *err)
{
    double *value;
    size_t n = 0;

    *mean = *low = *high = NAN;
    if (!(level > 0 && level < 1))
        return ens__fail(err, ENS_ERANGE, "level = %g is outside (0, 1)", level);
    if (m >= cv->n_metrics)
        return ens__fail(err, ENS_EINVAL, "metric %zu of %zu", m, cv->n_metrics);
    if ((value = ens__array(cv->n_splits, sizeof *value)) == NULL)
        return ens__nomem(err);
    for (size_t s = 0; s < cv->n_splits; s++)
        if (!isnan(cv->score[s * cv->n_metrics + m]))
            value[n++] = cv->score[s * cv->n_metrics + m];
    if (n > 0) {
        ens__verdict v = ens__paired_resampled(value, n, cv->ratio, level);

        *mean = ens__mean(value, NULL, n);
        *low = v.low;
        *high = v.high;
    }
    ens__free(value);
    return ENS_OK;
}
