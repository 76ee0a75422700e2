/* label.c - metrics of the most probable class, from the weighted confusion matrix.
 *
 * Averages run over the classes that occur in truth or predictions; a ratio without anything to divide by is 0, as
 * scikit-learn's zero_division=0.  Rows of classes that the model does not know are in no row of the matrix; they
 * count as one more class, which is never predicted. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/model.h>
#include <math.h>
#include <metric/metric.h>
#include <string.h>

/* Weights by true and predicted class. */
typedef struct counts {
    double *cell;      /* [k][k] rows are the truth */
    double *truth;     /* [k] sums over rows */
    double *predicted; /* [k] sums over columns, rows of unknown classes included */
    double right, total, unknown;
    size_t k;
} counts;

static void counts_clear(counts *m)
{
    ens__free(m->cell);
    ens__free(m->truth);
    ens__free(m->predicted);
}

static ens_status counts_make(counts *m, const ens_eval *e, ens_error *err)
{
    size_t k = e->k;

    *m = (counts){.k = k};
    m->cell = ens__zeros(k, k * sizeof *m->cell);
    m->truth = ens__zeros(k, sizeof *m->truth);
    m->predicted = ens__zeros(k, sizeof *m->predicted);
    if (m->cell == NULL || m->truth == NULL || m->predicted == NULL) {
        counts_clear(m);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < e->n; i++) {
        size_t c = ens_argmax(e->pred + i * k, k);
        double w = ens__eval_weight(e, i);

        m->total += w;
        m->predicted[c] += w;
        if (e->label[i] < 0) {
            m->unknown += w;
            continue;
        }
        m->cell[(size_t)e->label[i] * k + c] += w;
        m->truth[e->label[i]] += w;
        m->right += (size_t)e->label[i] == c ? w : 0;
    }
    return ENS_OK;
}

ens_status ens_confusion_matrix(double *out, const ens_eval *e, ens_error *err)
{
    static const ens__metric shown = {.name = "confusion matrix",
                                      .task = ENS_TASK_CLASSIFICATION};
    counts m;
    ens_status st;

    if ((st = ens__metric_check(&shown, e, err)) != ENS_OK ||
        (st = counts_make(&m, e, err)) != ENS_OK)
        return st;
    memcpy(out, m.cell, e->k * e->k * sizeof *out);
    counts_clear(&m);
    return ENS_OK;
}

ens_status ens__accuracy(double *out, const ens__metric_params *p, const ens_eval *e,
                         ens_error *err)
{
    double right = 0, total = 0;

    (void)p;
    (void)err;
    for (size_t i = 0; i < e->n; i++) {
        double w = ens__eval_weight(e, i);

        total += w;
        right += e->label[i] == (int32_t)ens_argmax(e->pred + i * e->k, e->k) ? w : 0;
    }
    *out = right / total;
    return ENS_OK;
}

/* Mean over the classes that occur of the share of each that is found. */
ens_status ens__balanced_accuracy(double *out, const ens__metric_params *p,
                                  const ens_eval *e, ens_error *err)
{
    double sum = 0, present = 0;
    counts m;
    ens_status st = counts_make(&m, e, err);

    (void)p;
    if (st != ENS_OK)
        return st;
    for (size_t c = 0; c < m.k; c++)
        if (m.truth[c] > 0) {
            sum += m.cell[c * m.k + c] / m.truth[c];
            present++;
        }
    *out = sum / (present + (m.unknown > 0));
    counts_clear(&m);
    return ENS_OK;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* (1 + beta^2) right / (beta^2 truth + predicted); precision is beta = 0, recall its limit at infinity */
static double fscore(double right, double truth, double predicted, double beta)
{
    if (isinf(beta))
        return ratio(right, truth);
    return ratio((1 + beta * beta) * right, beta * beta * truth + predicted);
}

static ens_status average(double *out, int how, const ens_eval *e, double beta,
                          ens_error *err)
{
    double sum = 0, weight = 0;
    counts m;
    ens_status st;

    if (how == ENS__AVERAGE_AUTO)
        how = e->k == 2 ? ENS__AVERAGE_BINARY : ENS__AVERAGE_MACRO;
    if (how == ENS__AVERAGE_BINARY && e->k != 2)
        return ens__fail(err, ENS_EINVAL, "average=binary is for two classes, not %zu",
                         e->k);
    if ((st = counts_make(&m, e, err)) != ENS_OK)
        return st;
    if (how == ENS__AVERAGE_BINARY) {
        *out = fscore(m.cell[3], m.truth[1], m.predicted[1], beta);
    } else if (how == ENS__AVERAGE_MICRO) {
        *out = fscore(m.right, m.total, m.total, beta);
    } else {
        for (size_t c = 0; c < m.k; c++) {
            double w = how == ENS__AVERAGE_WEIGHTED ? m.truth[c]
                                                    : m.truth[c] + m.predicted[c] > 0;

            sum += w * fscore(m.cell[c * m.k + c], m.truth[c], m.predicted[c], beta);
            weight += w;
        }
        weight += how == ENS__AVERAGE_WEIGHTED ? m.unknown : m.unknown > 0;
        *out = ratio(sum, weight);
    }
    counts_clear(&m);
    return ENS_OK;
}

ens_status ens__precision(double *out, const ens__metric_params *p, const ens_eval *e,
                          ens_error *err)
{
    return average(out, p->average, e, 0, err);
}

ens_status ens__recall(double *out, const ens__metric_params *p, const ens_eval *e,
                       ens_error *err)
{
    return average(out, p->average, e, INFINITY, err);
}

ens_status ens__fbeta(double *out, const ens__metric_params *p, const ens_eval *e,
                      ens_error *err)
{
    return average(out, p->average, e, p->beta, err);
}

/* The multiclass form of Gorodkin (2004); 0 where one side has a single class, as scikit-learn. */
ens_status ens__mcc(double *out, const ens__metric_params *p, const ens_eval *e,
                    ens_error *err)
{
    double both = 0, truth, predicted = 0, covariance, spread;
    counts m;
    ens_status st = counts_make(&m, e, err);

    (void)p;
    if (st != ENS_OK)
        return st;
    truth = m.unknown * m.unknown;
    for (size_t c = 0; c < m.k; c++) {
        both += m.truth[c] * m.predicted[c];
        truth += m.truth[c] * m.truth[c];
        predicted += m.predicted[c] * m.predicted[c];
    }
    covariance = m.right * m.total - both;
    spread = (m.total * m.total - truth) * (m.total * m.total - predicted);
    *out = spread > 0 ? covariance / sqrt(spread) : 0;
    counts_clear(&m);
    return ENS_OK;
}

/* Cohen (1960) */
ens_status ens__kappa(double *out, const ens__metric_params *p, const ens_eval *e,
                      ens_error *err)
{
    double chance = 0;
    counts m;
    ens_status st = counts_make(&m, e, err);

    (void)p;
    if (st != ENS_OK)
        return st;
    for (size_t c = 0; c < m.k; c++)
        chance += m.truth[c] * m.predicted[c] / m.total;
    *out = (m.right - chance) / (m.total - chance);
    st = m.total - chance > 0 ? ENS_OK : ENS_EDATA;
    counts_clear(&m);
    if (st != ENS_OK)
        return ens__fail(err, st,
                         "kappa is undefined: truth and predictions are of one class");
    return ENS_OK;
}
