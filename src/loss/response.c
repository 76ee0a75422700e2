/* response.c - losses of numbers that depend on the error d = s - y alone.
 *
 * squared   d^2 / 2: the mean
 * absolute  |d|: the median; leaves are medians of residuals (Friedman 2001, Greedy function approximation, 4.4)
 * huber     d^2 / 2 up to delta, then delta (|d| - delta / 2). delta is the quantile alpha of |d| over all rows before
 *           each round, and a leaf takes one step from its median (Friedman 2001, 4.4, algorithm 4), unless it is given
 * log_cosh  scale^2 log cosh(d / scale), near to huber with all derivatives. The hessian is tanh(z) / z, z = d / scale:
 *           the curvature of the parabola that touches the loss and lies above it (Boehning and Lindsay 1988), so that
 *           no Newton step goes too far; the second derivative vanishes for outliers, whose steps would be endless */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <loss/kernel.h>
#include <math.h>
#include <num/stats.h>

/* Rows of a task. */
#define TASK_ROWS ((size_t)16384)

static const ens_param no_params[] = {ENS_PARAM_LAST};

static double weight_of(const ens_loss_rows *r, size_t i)
{
    return r->w != NULL ? r->w[i] : 1;
}

/* d of a row, of a score that may be infinite. */
static double error_of(const ens_loss_rows *r, size_t i)
{
    return ens__loss_finite(r->score[i]) - r->y[i];
}

/* ---- squared --------------------------------------------------------------------------------------------------- */

ENS_INLINE void squared_row(ENS__ROW_ARGS)
{
    (void)w, (void)h, (void)n, (void)k;
    g[i] = weight * (s[i] - y[i]);
}

ENS__GRADIENT_KERNELS(squared, squared_row)

static void squared_gradient(const void *params, const ens_loss_rows *r, float *g,
                             float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(squared, r, g, h, 0, 0);
    ens__unit_hessian(r, h);
}

static void squared_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++)
        out[i] = error_of(r, i) * error_of(r, i) / 2;
}

static ens_status squared_start(const void *params, const ens_loss_rows *r, double *out,
                                ens_error *err)
{
    (void)params;
    (void)err;
    out[0] = ens__loss_mean(r);
    return ENS_OK;
}

const ens_loss_type ens__squared_loss = {
    .abi = ENS_EXT_ABI,
    .name = "squared",
    .help = "half the square of the error: the mean",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS | ENS_LOSS_UNIT_HESSIAN,
    .params = no_params,
    .params_size = 1,
    .max_hessian = 1,
    .start = squared_start,
    .gradient = squared_gradient,
    .value = squared_value,
};

/* ---- absolute -------------------------------------------------------------------------------------------------- */

ENS_INLINE void absolute_row(ENS__ROW_ARGS)
{
    float d = s[i] - y[i], up = d > 0 ? 1.0F : 0.0F, down = d < 0 ? 1.0F : 0.0F;

    (void)w, (void)h, (void)n, (void)k;
    g[i] = weight * (up - down);
}

ENS__GRADIENT_KERNELS(absolute, absolute_row)

static void absolute_gradient(const void *params, const ens_loss_rows *r, float *g,
                              float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(absolute, r, g, h, 0, 0);
    ens__unit_hessian(r, h);
}

static void absolute_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++)
        out[i] = fabs(error_of(r, i));
}

static ens_status absolute_start(const void *params, const ens_loss_rows *r, double *out,
                                 ens_error *err)
{
    (void)params;
    return ens__loss_quantile(out, r, 0.5, err);
}

static double absolute_leaf(const void *params, size_t c, double adapted, float *r,
                            float *w, size_t n)
{
    (void)params, (void)c, (void)adapted;
    return ens__select_weighted(r, w, n, 0.5);
}

const ens_loss_type ens__absolute_loss = {
    .abi = ENS_EXT_ABI,
    .name = "absolute",
    .help = "size of the error: the median",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS | ENS_LOSS_UNIT_HESSIAN,
    .params = no_params,
    .params_size = 1,
    .max_gradient = 1,
    .max_hessian = 1,
    .start = absolute_start,
    .gradient = absolute_gradient,
    .value = absolute_value,
    .leaf = absolute_leaf,
};

/* ---- huber ----------------------------------------------------------------------------------------------------- */

typedef struct huber_params {
    double alpha, delta;
} huber_params;

static const ens_param huber_table[] = {
    ENS_ROW(ENS_PARAM_REAL, huber_params, alpha, "0.9", 0.01, 0.99, "", "",
            "share of the rows whose errors count squared, found anew in each round"),
    ENS_ROW(ENS_PARAM_REAL, huber_params, delta, "auto", 1e-30, 1e30, "auto", "",
            "error up to which it is squared; auto: by alpha"),
    ENS_PARAM_LAST};

ENS_INLINE void huber_row(ENS__ROW_ARGS)
{
    float d = s[i] - y[i];

    (void)w, (void)h, (void)n;
    d = d > k.a ? k.a : d;
    g[i] = weight * (d < -k.a ? -k.a : d);
}

ENS__GRADIENT_KERNELS(huber, huber_row)

static double huber_delta(const huber_params *p, double adapted)
{
    return p->delta > 0 ? p->delta : adapted;
}

static void huber_gradient(const void *params, const ens_loss_rows *r, float *g, float *h)
{
    ENS__GRADIENT_RUN(huber, r, g, h, (float)huber_delta(params, r->adapted), 0);
    ens__unit_hessian(r, h);
}

static void huber_value(const void *params, const ens_loss_rows *r, double *out)
{
    double delta = huber_delta(params, r->adapted);

    for (size_t i = 0; i < r->n; i++) {
        double d = fabs(error_of(r, i));

        out[i] = d <= delta ? d * d / 2 : delta * (d - delta / 2);
    }
}

/* d[i] = |s + raise - y| of rows */
typedef struct errors {
    const ens_loss_rows *rows;
    double raise;
    float *d;
} errors;

static ens_status error_task(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const errors *e = ctx;
    const ens_loss_rows *r = e->rows;
    size_t begin = task * TASK_ROWS, n = r->n;
    size_t end = n - begin < TASK_ROWS ? n : begin + TASK_ROWS;

    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        double s = r->score != NULL ? ens__loss_finite(r->score[i]) : 0;

        e->d[i] = (float)fabs(s + e->raise - r->y[i]);
    }
    return ENS_OK;
}

static ens_status find_errors(errors *e, const ens_exec *exec, ens_error *err)
{
    return ens__par_for((e->rows->n + TASK_ROWS - 1) / TASK_ROWS, exec, NULL, error_task,
                        e, NULL, err);
}

/* The quantile alpha of |s + raise - y|, s being 0 if there are no scores. If that is 0, the largest: without an
 * error there is nothing to learn from. */
static ens_status alpha_quantile(double *out, const huber_params *p,
                                 const ens_loss_rows *r, double raise,
                                 const ens_exec *exec, ens_error *err)
{
    float *d = ens__array(r->n, sizeof *d), *w = NULL;
    errors e = {r, raise, d};
    ens_status st;

    if (d == NULL || (r->w != NULL && (w = ens__array(r->n, sizeof *w)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    if (w != NULL)
        memcpy(w, r->w, r->n * sizeof *w);
    if ((st = find_errors(&e, exec, err)) != ENS_OK ||
        (st = ens__select_shared(out, d, w, r->n, p->alpha, exec, err)) != ENS_OK ||
        *out > 0 || (st = find_errors(&e, exec, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < r->n; i++)
        *out = fmax(*out, d[i]);
done:
    ens__free(d);
    ens__free(w);
    return st;
}

static ens_status huber_adapt(const void *params, const ens_loss_rows *r, double *out,
                              const ens_exec *exec, ens_error *err)
{
    const huber_params *p = params;

    *out = 0;
    return p->delta > 0 ? ENS_OK : alpha_quantile(out, p, r, 0, exec, err);
}

/* The slope of the sum of the loss at score s, and how much weight is within delta. */
static double huber_slope(const ens_loss_rows *r, double s, double delta, double *inside)
{
    double sum = 0;

    *inside = 0;
    for (size_t i = 0; i < r->n; i++) {
        double d = s - r->y[i], w = weight_of(r, i);

        sum += w * fmin(fmax(d, -delta), delta);
        *inside += fabs(d) <= delta ? w : 0;
    }
    return sum;
}

/* From the median, Newton's steps between bounds on either side of the least loss. */
static ens_status huber_start(const void *params, const ens_loss_rows *r, double *out,
                              ens_error *err)
{
    ens_loss_rows bare = *r;
    double s, delta = huber_delta(params, r->adapted), low = INFINITY, high = -INFINITY;
    ens_status st;

    bare.score = NULL;
    if ((st = ens__loss_quantile(&s, r, 0.5, err)) != ENS_OK ||
        (!(delta > 0) &&
         (st = alpha_quantile(&delta, params, &bare, s, NULL, err)) != ENS_OK))
        return st;
    for (size_t i = 0; i < r->n; i++) {
        low = fmin(low, r->y[i]);
        high = fmax(high, r->y[i]);
    }
    for (int step = 0; step < 100 && low < high; step++) {
        double inside, slope = huber_slope(r, s, delta, &inside), next;

        if (slope == 0)
            break;
        *(slope > 0 ? &high : &low) = s;
        next = s - slope / inside;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (next == s)
            break;
        s = next;
    }
    out[0] = s;
    return ENS_OK;
}

/* Median + mean of sign(d) min(delta, |d|), d = r - median. */
static double huber_leaf(const void *params, size_t c, double adapted, float *r, float *w,
                         size_t n)
{
    double delta = huber_delta(params, adapted), sum = 0, all = 0;
    double median = ens__select_weighted(r, w, n, 0.5);

    (void)c;
    for (size_t i = 0; i < n; i++) {
        double weight = w != NULL ? w[i] : 1;

        sum += weight * fmin(fmax(r[i] - median, -delta), delta);
        all += weight;
    }
    return median + sum / all;
}

const ens_loss_type ens__huber_loss = {
    .abi = ENS_EXT_ABI,
    .name = "huber",
    .help = "squared for small errors, absolute for large ones",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS | ENS_LOSS_UNIT_HESSIAN,
    .params = huber_table,
    .params_size = sizeof(huber_params),
    .max_hessian = 1,
    .start = huber_start,
    .gradient = huber_gradient,
    .value = huber_value,
    .adapt = huber_adapt,
    .leaf = huber_leaf,
};

/* ---- log_cosh -------------------------------------------------------------------------------------------------- */

typedef struct log_cosh_params {
    double scale;
} log_cosh_params;

static const ens_param log_cosh_table[] = {
    ENS_ROW(ENS_PARAM_REAL, log_cosh_params, scale, "1", 1e-20, 1e20, "", "",
            "error, in units of the target, at which it turns from squared to absolute"),
    ENS_PARAM_LAST};

/* k.a is the scale, k.b one over it. */
ENS_INLINE void log_cosh_row(ENS__ROW_ARGS)
{
    float z = (s[i] - y[i]) * k.b, size, square, e, small, large, ratio;

    (void)w, (void)n;
    z = z > 1e15F ? 1e15F : z;
    z = z < -1e15F ? -1e15F : z;
    size = fabsf(z);
    square = z * z;
    /* tanh(z) / z by its series where 1 - e would lose digits */
    small = 62.0F / 2835;
    small = small * square - 17.0F / 315;
    small = small * square + 2.0F / 15;
    small = small * square - 1.0F / 3;
    small = small * square + 1;
    e = ens__expf(-2 * size);
    large = (1 - e) / ((1 + e) * (size > 0.1F ? size : 0.1F));
    ratio = size < 0.3F ? small : large;
    g[i] = weight * (k.a * (z * ratio));
    h[i] = weight * ratio;
}

ENS__GRADIENT_KERNELS(log_cosh, log_cosh_row)

static void log_cosh_gradient(const void *params, const ens_loss_rows *r, float *g,
                              float *h)
{
    const log_cosh_params *p = params;

    ENS__GRADIENT_RUN(log_cosh, r, g, h, (float)p->scale, (float)(1 / p->scale));
}

static void log_cosh_value(const void *params, const ens_loss_rows *r, double *out)
{
    const log_cosh_params *p = params;

    for (size_t i = 0; i < r->n; i++) {
        double z = fabs(error_of(r, i)) / p->scale;

        out[i] = p->scale * p->scale *
                 (z - 0.69314718055994530942 + ens__log(1 + ens__exp(-2 * z)));
    }
}

const ens_loss_type ens__log_cosh_loss = {
    .abi = ENS_EXT_ABI,
    .name = "log_cosh",
    .help = "squared for small errors, absolute for large ones, smooth",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS,
    .params = log_cosh_table,
    .params_size = sizeof(log_cosh_params),
    .max_hessian = 1,
    .gradient = log_cosh_gradient,
    .value = log_cosh_value,
};
