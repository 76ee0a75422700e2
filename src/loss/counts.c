/* counts.c - losses of numbers that are not negative, with the logarithm as link: half the deviances of McCullagh and
 * Nelder (1989), Generalized linear models, 2.3, for m = e^s.
 *
 * poisson  m - y + y log(y / m): counts
 * gamma    y / m - 1 + log(m / y): sizes, of errors in proportion
 * tweedie  of power p between 1 and 2, many zeros and sizes (Joergensen 1987):
 *          y^(2-p) / ((1-p) (2-p)) - y m^(1-p) / (1-p) + m^(2-p) / (2-p) */
#include <config.h>

#include <core/error.h>
#include <loss/kernel.h>
#include <math.h>

/* What fits into a float beside weights and sums: of scores that diverge. */
#define MOST 1e37F

static const ens_param no_params[] = {ENS_PARAM_LAST};

ENS_INLINE float at_most(float x)
{
    return x < MOST ? x : MOST;
}

static const char *refuses_negative(const void *params, double y)
{
    (void)params;
    return y < 0 ? "is negative" : NULL;
}

static ens_status log_start(const void *params, const ens_loss_rows *r, double *out,
                            ens_error *err)
{
    (void)params;
    (void)err;
    out[0] = ens__loss_log(ens__loss_mean(r));
    return ENS_OK;
}

static void exp_link(const void *params, const double *score, size_t n, size_t k,
                     double *out)
{
    (void)params;
    (void)k;
    for (size_t i = 0; i < n; i++)
        out[i] = ens__exp(score[i]);
}

/* ---- poisson --------------------------------------------------------------------------------------------------- */

ENS_INLINE void poisson_row(ENS__ROW_ARGS)
{
    float m = at_most(ens__expf(s[i]));

    (void)w, (void)n, (void)k;
    g[i] = weight * (m - y[i]);
    h[i] = weight * m;
}

ENS__GRADIENT_KERNELS(poisson, poisson_row)

static void poisson_gradient(const void *params, const ens_loss_rows *r, float *g,
                             float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(poisson, r, g, h, 0, 0);
}

static void poisson_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        double s = ens__loss_finite(r->score[i]), y = r->y[i];

        out[i] = ens__exp(s) - y + (y > 0 ? y * (ens__log(y) - s) : 0);
    }
}

const ens_loss_type ens__poisson_loss = {
    .abi = ENS_EXT_ABI,
    .name = "poisson",
    .help = "counts: half the Poisson deviance, logarithmic link",
    .caps = ENS_LOSS_REGRESSES,
    .params = no_params,
    .params_size = 1,
    .refuses = refuses_negative,
    .start = log_start,
    .gradient = poisson_gradient,
    .value = poisson_value,
    .link = exp_link,
};

/* ---- gamma ----------------------------------------------------------------------------------------------------- */

ENS_INLINE void gamma_row(ENS__ROW_ARGS)
{
    float share = at_most(y[i] * ens__expf(-s[i])); /* y / m */

    (void)w, (void)n, (void)k;
    g[i] = weight * (1 - share);
    h[i] = weight * share;
}

ENS__GRADIENT_KERNELS(gamma, gamma_row)

static void gamma_gradient(const void *params, const ens_loss_rows *r, float *g, float *h)
{
    (void)params;
    ENS__GRADIENT_RUN(gamma, r, g, h, 0, 0);
}

static void gamma_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        double s = ens__loss_finite(r->score[i]), y = r->y[i];

        out[i] = y * ens__exp(-s) - 1 + s - ens__log(y);
    }
}

/* Below FLT_MIN it would be 0 as a float. */
static const char *gamma_refuses(const void *params, double y)
{
    (void)params;
    return y <= 0 ? "is not positive" : y < FLT_MIN ? "is below 1.2e-38" : NULL;
}

const ens_loss_type ens__gamma_loss = {
    .abi = ENS_EXT_ABI,
    .name = "gamma",
    .help = "positive sizes: half the gamma deviance, logarithmic link",
    .caps = ENS_LOSS_REGRESSES,
    .params = no_params,
    .params_size = 1,
    .refuses = gamma_refuses,
    .start = log_start,
    .gradient = gamma_gradient,
    .value = gamma_value,
    .link = exp_link,
};

/* ---- tweedie --------------------------------------------------------------------------------------------------- */

typedef struct tweedie_params {
    double power;
} tweedie_params;

static const ens_param tweedie_table[] = {
    ENS_ROW(ENS_PARAM_REAL, tweedie_params, power, "1.5", 1.01, 1.99, "",
            "tweedie_variance_power", "the variance grows with this power of the mean"),
    ENS_PARAM_LAST};

/* k.a is p - 1, k.b is 2 - p. */
ENS_INLINE void tweedie_row(ENS__ROW_ARGS)
{
    float down = at_most(y[i] * ens__expf(-k.a * s[i])); /* y m^(1-p) */
    float up = at_most(ens__expf(k.b * s[i]));           /* m^(2-p) */

    (void)w, (void)n;
    g[i] = weight * (up - down);
    h[i] = weight * (k.a * down + k.b * up);
}

ENS__GRADIENT_KERNELS(tweedie, tweedie_row)

static void tweedie_gradient(const void *params, const ens_loss_rows *r, float *g,
                             float *h)
{
    double p = ((const tweedie_params *)params)->power;

    ENS__GRADIENT_RUN(tweedie, r, g, h, (float)(p - 1), (float)(2 - p));
}

static void tweedie_value(const void *params, const ens_loss_rows *r, double *out)
{
    double p = ((const tweedie_params *)params)->power, a = 1 - p, b = 2 - p;

    for (size_t i = 0; i < r->n; i++) {
        double s = ens__loss_finite(r->score[i]), y = r->y[i];
        double own = y > 0 ? ens__exp(b * ens__log(y)) / (a * b) : 0;

        out[i] = own - y * ens__exp(a * s) / a + ens__exp(b * s) / b;
    }
}

const ens_loss_type ens__tweedie_loss = {
    .abi = ENS_EXT_ABI,
    .name = "tweedie",
    .help = "zeros and positive sizes: half the Tweedie deviance, logarithmic link",
    .caps = ENS_LOSS_REGRESSES,
    .params = tweedie_table,
    .params_size = sizeof(tweedie_params),
    .refuses = refuses_negative,
    .start = log_start,
    .gradient = tweedie_gradient,
    .value = tweedie_value,
    .link = exp_link,
};
