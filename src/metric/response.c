/* response.c - metrics of numbers. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <math.h>
#include <metric/metric.h>
#include <num/stats.h>

/* The weighted mean over the rows of a loss of (y, prediction). */
static double mean_loss(double (*loss)(double y, double f, double alpha), double alpha,
                        const ens_eval *e)
{
    double sum = 0, total = 0;

    for (size_t i = 0; i < e->n; i++) {
        double w = ens__eval_weight(e, i);

        sum += w * loss(e->y[i], e->pred[i], alpha);
        total += w;
    }
    return sum / total;
}

static double squared(double y, double f, double alpha)
{
    (void)alpha;
    return (y - f) * (y - f);
}

static double absolute(double y, double f, double alpha)
{
    (void)alpha;
    return fabs(y - f);
}

static double percentage(double y, double f, double alpha)
{
    (void)alpha;
    return fabs(y - f) / fmax(fabs(y), DBL_EPSILON);
}

static double quantile(double y, double f, double alpha)
{
    return y >= f ? alpha * (y - f) : (1 - alpha) * (f - y);
}

ens_status ens__mse(double *out, const ens__metric_params *p, const ens_eval *e,
                    ens_error *err)
{
    (void)p;
    (void)err;
    *out = mean_loss(squared, 0, e);
    return ENS_OK;
}

ens_status ens__rmse(double *out, const ens__metric_params *p, const ens_eval *e,
                     ens_error *err)
{
    ens_status st = ens__mse(out, p, e, err);

    *out = sqrt(*out);
    return st;
}

ens_status ens__mae(double *out, const ens__metric_params *p, const ens_eval *e,
                    ens_error *err)
{
    (void)p;
    (void)err;
    *out = mean_loss(absolute, 0, e);
    return ENS_OK;
}

ens_status ens__mape(double *out, const ens__metric_params *p, const ens_eval *e,
                     ens_error *err)
{
    (void)p;
    (void)err;
    *out = mean_loss(percentage, 0, e);
    return ENS_OK;
}

ens_status ens__pinball(double *out, const ens__metric_params *p, const ens_eval *e,
                        ens_error *err)
{
    (void)err;
    *out = mean_loss(quantile, p->alpha, e);
    return ENS_OK;
}

/* Unweighted: the middle, or the mean of two. Weighted: the first error at which half of the weight is reached, as
 * scikit-learn's weighted percentile. */
ens_status ens__median_ae(double *out, const ens__metric_params *p, const ens_eval *e,
                          ens_error *err)
{
    double *error = ens__array(e->n, sizeof *error), total = 0, below = 0;
    uint32_t *order = ens__array(e->n, sizeof *order);
    size_t i = 0;
    ens_status st = ENS_OK;

    (void)p;
    if (error == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (i = 0; i < e->n; i++) {
        error[i] = fabs(e->y[i] - e->pred[i]);
        total += ens__eval_weight(e, i);
    }
    ens__sort_index(order, error, e->n);
    if (e->w == NULL) {
        *out = (error[order[(e->n - 1) / 2]] + error[order[e->n / 2]]) / 2;
        goto done;
    }
    for (i = 0; i < e->n; i++) {
        below += e->w[order[i]];
        if (e->w[order[i]] > 0 && below >= total / 2)
            break;
    }
    *out = error[order[i < e->n ? i : e->n - 1]];
done:
    ens__free(error);
    ens__free(order);
    return st;
}

/* 1 - residual / spread; where the target does not vary, 1 for perfect predictions and 0 for others. */
static double explained(double residual, double spread)
{
    if (spread > 0)
        return 1 - residual / spread;
    return residual > 0 ? 0 : 1;
}

static double weighted_mean(const ens_eval *e, bool residual)
{
    double sum = 0, total = 0;

    for (size_t i = 0; i < e->n; i++) {
        double w = ens__eval_weight(e, i);

        sum += w * (residual ? e->y[i] - e->pred[i] : e->y[i]);
        total += w;
    }
    return sum / total;
}

/* Weighted sums of squares: of the residuals about `bias`, of the target about its mean. */
static void squares(const ens_eval *e, double bias, double *residual, double *spread)
{
    double mean = weighted_mean(e, false);

    *residual = *spread = 0;
    for (size_t i = 0; i < e->n; i++) {
        double w = ens__eval_weight(e, i), r = e->y[i] - e->pred[i] - bias,
               d = e->y[i] - mean;

        *residual += w * r * r;
        *spread += w * d * d;
    }
}

ens_status ens__r2(double *out, const ens__metric_params *p, const ens_eval *e,
                   ens_error *err)
{
    double residual, spread;

    (void)p;
    if (e->n < 2)
        return ens__fail(err, ENS_EDATA, "r2 is undefined for one row");
    squares(e, 0, &residual, &spread);
    *out = explained(residual, spread);
    return ENS_OK;
}

ens_status ens__explained_variance(double *out, const ens__metric_params *p,
                                   const ens_eval *e, ens_error *err)
{
    double residual, spread;

    (void)p;
    (void)err;
    squares(e, weighted_mean(e, true), &residual, &spread);
    *out = explained(residual, spread);
    return ENS_OK;
}
