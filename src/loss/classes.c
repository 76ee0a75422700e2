/* classes.c - losses of classes and of probabilities.
 *
 * logistic  log(1 + e^-s) of class 1, log(1 + e^s) of class 0, with p = 1 / (1 + e^-s): Friedman, Hastie and Tibshirani
 *           (2000), Additive logistic regression, 4, with scores twice as large
 * cross_entropy  y of the first and 1 - y of the second, for a y in between
 * exponential    e^-s of class 1, e^s of class 0, p = 1 / (1 + e^-2s): that of AdaBoost, the same paper, 3
 * softmax   -log p_y, p_c = e^s_c / sum_d e^s_d. The hessian is K / (K - 1) p_c (1 - p_c), by which Friedman (2001),
 *           Greedy function approximation, 4.6, makes up for classes that are fitted each on its own */
#include <config.h>

#include <float.h>
#include <loss/kernel.h>
#include <math.h>

static const ens_param no_params[] = {ENS_PARAM_LAST};

/* ---- logistic ------------------------------------------------------------------------------------------------- */

/* From e^-|s|, so that the smaller of p and 1 - p keeps its digits. */
ENS_INLINE void logistic_row(ENS__ROW_ARGS)
{
    float v = s[i], e = ens__expf(-fabsf(v)), large = 1 / (1 + e), small = e * large;
    float p = v < 0 ? small : large, rest = v < 0 ? large : small;

    (void)w, (void)n, (void)k;
    g[i] = weight * ((1 - y[i]) * p - y[i] * rest);
    h[i] = weight * (p * rest);
}

ENS__GRADIENT_KERNELS(logistic, logistic_row)

static void logistic_gradient(const void *params, const ens_loss_rows *r, float *g,
                              float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(logistic, r, g, h, 0, 0);
}

static void logistic_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        double s = ens__loss_finite(r->score[i]);

        out[i] =
            ens__log(1 + ens__exp(-fabs(s))) + (s > 0 ? (1 - r->y[i]) * s : -r->y[i] * s);
    }
}

/* log(p / (1 - p)) of the mean */
static ens_status logistic_start(const void *params, const ens_loss_rows *r, double *out,
                                 ens_error *err)
{
    double p = ens__loss_mean(r);

    (void)params;
    (void)err;
    out[0] = ens__loss_log(p) - ens__loss_log(1 - p);
    return ENS_OK;
}

static void logistic_link(const void *params, const double *score, size_t n, size_t k,
                          double *out)
{
    (void)params;
    (void)k;
    for (size_t i = 0; i < n; i++) {
        double e = ens__exp(-fabs(score[i])), large = 1 / (1 + e), small = e / (1 + e);

        out[2 * i] = score[i] < 0 ? large : small;
        out[2 * i + 1] = score[i] < 0 ? small : large;
    }
}

const ens_loss_type ens__logistic_loss = {
    .abi = ENS_EXT_ABI,
    .name = "logistic",
    .help = "two classes: -log of the true class's probability",
    .caps = ENS_LOSS_CLASSIFIES,
    .params = no_params,
    .params_size = 1,
    .max_gradient = 1,
    .max_hessian = 0.25,
    .start = logistic_start,
    .gradient = logistic_gradient,
    .value = logistic_value,
    .link = logistic_link,
};

/* ---- cross_entropy --------------------------------------------------------------------------------------------- */

static const char *cross_entropy_refuses(const void *params, double y)
{
    (void)params;
    return y < 0 || y > 1 ? "is outside [0, 1]" : NULL;
}

static void cross_entropy_link(const void *params, const double *score, size_t n,
                               size_t k, double *out)
{
    (void)params;
    (void)k;
    for (size_t i = 0; i < n; i++) {
        double e = ens__exp(-fabs(score[i]));

        out[i] = (score[i] < 0 ? e : 1) / (1 + e);
    }
}

const ens_loss_type ens__cross_entropy_loss = {
    .abi = ENS_EXT_ABI,
    .name = "cross_entropy",
    .help = "targets are probabilities of an event, in [0, 1]",
    .caps = ENS_LOSS_REGRESSES,
    .params = no_params,
    .params_size = 1,
    .max_gradient = 1,
    .max_hessian = 0.25,
    .refuses = cross_entropy_refuses,
    .start = logistic_start,
    .gradient = logistic_gradient,
    .value = logistic_value,
    .link = cross_entropy_link,
};

/* ---- exponential ------------------------------------------------------------------------------------------------ */

ENS_INLINE void exponential_row(ENS__ROW_ARGS)
{
    float sign = 2 * y[i] - 1, e = ens__expf(-sign * s[i]);

    (void)w, (void)n, (void)k;
    e = e < 1e37F ? e : 1e37F;
    g[i] = weight * (-sign * e);
    h[i] = weight * e;
}

ENS__GRADIENT_KERNELS(exponential, exponential_row)

static void exponential_gradient(const void *params, const ens_loss_rows *r, float *g,
                                 float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(exponential, r, g, h, 0, 0);
}

static void exponential_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++)
        out[i] = ens__exp((1 - 2 * r->y[i]) * ens__loss_finite(r->score[i]));
}

static ens_status exponential_start(const void *params, const ens_loss_rows *r,
                                    double *out, ens_error *err)
{
    ens_status st = logistic_start(params, r, out, err);

    out[0] /= 2;
    return st;
}

static void exponential_link(const void *params, const double *score, size_t n, size_t k,
                             double *out)
{
    (void)params;
    (void)k;
    for (size_t i = 0; i < n; i++) {
        double e = ens__exp(-2 * fabs(score[i])), large = 1 / (1 + e),
               small = e / (1 + e);

        out[2 * i] = score[i] < 0 ? large : small;
        out[2 * i + 1] = score[i] < 0 ? small : large;
    }
}

const ens_loss_type ens__exponential_loss = {
    .abi = ENS_EXT_ABI,
    .name = "exponential",
    .help = "two classes: that of AdaBoost, hard on outliers",
    .caps = ENS_LOSS_CLASSIFIES,
    .params = no_params,
    .params_size = 1,
    .start = exponential_start,
    .gradient = exponential_gradient,
    .value = exponential_value,
    .link = exponential_link,
};

/* ---- softmax --------------------------------------------------------------------------------------------------- */

static size_t softmax_scores(const void *params, size_t n_classes)
{
    (void)params;
    return n_classes >= 2 ? n_classes : 0;
}

#define SOFTMAX_ARGS  const ens_loss_rows *r, float *restrict g, float *restrict h
#define SOFTMAX_NAMES r, g, h

/* Rows i to i + lanes; g holds e^(s - largest s) first. */
ENS_INLINE void softmax_lanes(SOFTMAX_ARGS, size_t i, size_t lanes)
{
    size_t k = r->k, stride = r->stride;
    const float *restrict s = r->score + i, *restrict y = r->y + i;
    float most[ENS__LOSS_LANES], sum[ENS__LOSS_LANES], w[ENS__LOSS_LANES];
    float factor = (float)k / (float)(k - 1);

    g += i;
    h += i;
    for (size_t l = 0; l < lanes; l++) {
        most[l] = s[l];
        sum[l] = 0;
        w[l] = 1;
    }
    for (size_t l = 0; l < lanes && r->w != NULL; l++)
        w[l] = r->w[i + l];
    for (size_t c = 1; c < k; c++)
        for (size_t l = 0; l < lanes; l++)
            most[l] = s[c * stride + l] > most[l] ? s[c * stride + l] : most[l];
    for (size_t c = 0; c < k; c++)
        for (size_t l = 0; l < lanes; l++) {
            float d = s[c * stride + l] - most[l];
            float e =
                ens__expf(d > -87.3F ? d : -87.3F); /* of infinite scores d is NaN */

            g[c * stride + l] = e;
            sum[l] += e;
        }
    for (size_t l = 0; l < lanes; l++)
        sum[l] = 1 / sum[l];
    for (size_t c = 0; c < k; c++)
        for (size_t l = 0; l < lanes; l++) {
            float p = g[c * stride + l] * sum[l],
                  d = p - (y[l] == (float)c ? 1.0F : 0.0F);

            g[c * stride + l] = w[l] * d;
            h[c * stride + l] = w[l] * (factor * (p * (1 - p)));
        }
}

ENS_INLINE void softmax_body(SOFTMAX_ARGS)
{
    size_t i = 0;

    for (; i + ENS__LOSS_LANES <= r->n; i += ENS__LOSS_LANES)
        softmax_lanes(SOFTMAX_NAMES, i, ENS__LOSS_LANES);
    for (; i < r->n; i++)
        softmax_lanes(SOFTMAX_NAMES, i, 1);
}

static void softmax_base(SOFTMAX_ARGS)
{
    softmax_body(SOFTMAX_NAMES);
}

ENS_TARGET_V3 static void softmax_v3(SOFTMAX_ARGS)
{
    softmax_body(SOFTMAX_NAMES);
}

ENS_TARGET_V4 static void softmax_v4(SOFTMAX_ARGS)
{
    softmax_body(SOFTMAX_NAMES);
}

static void softmax_gradient(const void *params, const ens_loss_rows *r, float *g,
                             float *h)
{
    ens__cpu level = ens__cpu_level();

    (void)params;
    (level == ENS__CPU_V4   ? softmax_v4
     : level == ENS__CPU_V3 ? softmax_v3
                            : softmax_base)(r, g, h);
}

static void softmax_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        const float *score = r->score + i;
        double most = -FLT_MAX, sum = 0;

        for (size_t c = 0; c < r->k; c++)
            most = fmax(most, ens__loss_finite(score[c * r->stride]));
        for (size_t c = 0; c < r->k; c++)
            sum += ens__exp(ens__loss_finite(score[c * r->stride]) - most);
        out[i] =
            ens__log(sum) + (most - ens__loss_finite(score[(size_t)r->y[i] * r->stride]));
    }
}

/* log p_c */
static ens_status softmax_start(const void *params, const ens_loss_rows *r, double *out,
                                ens_error *err)
{
    double all = 0;

    (void)params;
    (void)err;
    for (size_t c = 0; c < r->k; c++)
        out[c] = 0;
    for (size_t i = 0; i < r->n; i++) {
        double w = r->w != NULL ? r->w[i] : 1;

        out[(size_t)r->y[i]] += w;
        all += w;
    }
    for (size_t c = 0; c < r->k; c++)
        out[c] = ens__loss_log(out[c] / all);
    return ENS_OK;
}

static void softmax_link(const void *params, const double *score, size_t n, size_t k,
                         double *out)
{
    (void)params;
    for (size_t i = 0; i < n; i++) {
        const double *s = score + i * k;
        double *p = out + i * k, most = s[0], sum = 0;

        for (size_t c = 1; c < k; c++)
            most = s[c] > most ? s[c] : most;
        for (size_t c = 0; c < k; c++)
            sum += p[c] = ens__exp(s[c] - most);
        for (size_t c = 0; c < k; c++)
            p[c] /= sum;
    }
}

const ens_loss_type ens__softmax_loss = {
    .abi = ENS_EXT_ABI,
    .name = "softmax",
    .help = "any number of classes: -log of the true class's probability",
    .caps = ENS_LOSS_CLASSIFIES,
    .params = no_params,
    .params_size = 1,
    .max_gradient = 1,
    .max_hessian = 0.5,
    .n_scores = softmax_scores,
    .start = softmax_start,
    .gradient = softmax_gradient,
    .value = softmax_value,
    .link = softmax_link,
};
