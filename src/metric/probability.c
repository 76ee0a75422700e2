/* probability.c - metrics of the class probabilities: ranking, logarithmic loss, Brier score. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <math.h>
#include <metric/metric.h>
#include <num/stats.h>

/* ---- Ranking, one class against the rest --------------------------------------------------------------- */

/* Rows in the order of one class's probability, falling. */
typedef struct ranking {
    const ens_eval *e;
    size_t c;
    double *score;   /* [n] minus the probability */
    uint32_t *order; /* [n] */
} ranking;

/* Weights of the rows of a run of equal scores that begins at i: of the class, and others. Returns its end. */
static size_t take_ties(const ranking *r, size_t i, double *of_class, double *others)
{
    double score = r->score[r->order[i]];

    *of_class = *others = 0;
    for (; i < r->e->n && r->score[r->order[i]] == score; i++) {
        size_t row = r->order[i];
        double w = ens__eval_weight(r->e, row);

        if (r->e->label[row] == (int32_t)r->c)
            *of_class += w;
        else
            *others += w;
    }
    return i;
}

/* The area under the ROC curve: pairs in the right order, ties as half. NaN if a side is empty. */
static double area(const ranking *r)
{
    double above = 0, others = 0, sum = 0, of_class, rest;

    for (size_t i = 0; i < r->e->n;) {
        i = take_ties(r, i, &of_class, &rest);
        sum += rest * (above + of_class / 2);
        above += of_class;
        others += rest;
    }
    return sum / (above * others);
}

/* sum (recall_i - recall_{i-1}) precision_i. NaN without a row of the class. */
static double precision_steps(const ranking *r)
{
    double above = 0, taken = 0, sum = 0, of_class, rest;

    for (size_t i = 0; i < r->e->n;) {
        i = take_ties(r, i, &of_class, &rest);
        above += of_class;
        taken += of_class + rest;
        if (taken > 0)
            sum += of_class * (above / taken);
    }
    return sum / above;
}

static double class_weight(const ens_eval *e, size_t c)
{
    double sum = 0;

    for (size_t i = 0; i < e->n; i++)
        sum += e->label[i] == (int32_t)c ? ens__eval_weight(e, i) : 0;
    return sum;
}

static void rank_rows(ranking *r, size_t c)
{
    size_t k = r->e->k, column = k > 1 ? c : 0; /* anomaly scores are of class 1 */

    r->c = c;
    for (size_t i = 0; i < r->e->n; i++)
        r->score[i] = -r->e->pred[i * k + column];
    ens__sort_index(r->order, r->score, r->e->n);
}

/* Class 1 for two classes, else the mean over the classes. */
static ens_status rank_metric(double *out, const char *name, int average,
                              double (*measure)(const ranking *), const ens_eval *e,
                              ens_error *err)
{
    ranking r = {e, 0, ens__array(e->n, sizeof *r.score),
                 ens__array(e->n, sizeof *r.order)};
    size_t k = e->task == ENS_TASK_ANOMALY ? 2 : e->k, first = k == 2 ? 1 : 0;
    double sum = 0, weight = 0;
    ens_status st = ENS_OK;

    if (r.score == NULL || r.order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (average == ENS__AVERAGE_MICRO || (average == ENS__AVERAGE_BINARY && k != 2)) {
        st = ens__fail(err, ENS_EINVAL,
                       "%s: average is macro or weighted for %zu classes", name, k);
        goto done;
    }
    for (size_t c = first; c < k && st == ENS_OK; c++) {
        double w = average == ENS__AVERAGE_WEIGHTED && first == 0 ? class_weight(e, c)
                                                                  : 1,
               value;

        rank_rows(&r, c);
        value = measure(&r);
        if (isnan(value) && w > 0)
            st =
                ens__fail(err, ENS_EDATA, "%s is undefined: %s class %zu", name,
                          class_weight(e, c) > 0 ? "every row is of" : "no row is of", c);
        if (w > 0)
            sum += w * value;
        weight += w;
    }
    *out = sum / weight;
done:
    ens__free(r.score);
    ens__free(r.order);
    return st;
}

ens_status ens__roc_auc(double *out, const ens__metric_params *p, const ens_eval *e,
                        ens_error *err)
{
    return rank_metric(out, "roc_auc", p->average, area, e, err);
}

ens_status ens__average_precision(double *out, const ens__metric_params *p,
                                  const ens_eval *e, ens_error *err)
{
    return rank_metric(out, "average_precision", p->average, precision_steps, e, err);
}

/* ---- Losses -------------------------------------------------------------------------------------------- */

/* Probabilities are kept DBL_EPSILON away from 0 and 1 and then made to sum to one, as scikit-learn does. */
static double clipped(double p)
{
    return fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON);
}

ens_status ens__log_loss(double *out, const ens__metric_params *p, const ens_eval *e,
                         ens_error *err)
{
    double sum = 0, total = 0;

    (void)p;
    (void)err;
    for (size_t i = 0; i < e->n; i++) {
        const double *row = e->pred + i * e->k;
        double w = ens__eval_weight(e, i), all = 0, own = DBL_EPSILON;

        for (size_t c = 0; c < e->k; c++)
            all += clipped(row[c]);
        if (e->label[i] >= 0)
            own = clipped(row[e->label[i]]);
        sum -= w * log(own / all);
        total += w;
    }
    *out = sum / total;
    return ENS_OK;
}

/* Two classes: (p_1 - [y = 1])^2; more: the sum over all classes (Brier 1950). */
ens_status ens__brier(double *out, const ens__metric_params *p, const ens_eval *e,
                      ens_error *err)
{
    double sum = 0, total = 0;

    (void)p;
    (void)err;
    for (size_t i = 0; i < e->n; i++) {
        double w = ens__eval_weight(e, i), square = 0;

        for (size_t c = e->k == 2 ? 1 : 0; c < e->k; c++) {
            double d = e->pred[i * e->k + c] - (e->label[i] == (int32_t)c);

            square += d * d;
        }
        sum += w * square;
        total += w;
    }
    *out = sum / total;
    return ENS_OK;
}
