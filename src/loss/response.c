/* response.c - losses of numbers that depend on score - y alone.
 *
 * squared  (s - y)^2 / 2 */
#include <config.h>

#include <loss/kernel.h>

static const ens_param no_params[] = {ENS_PARAM_LAST};

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
    ENS__GRADIENT_RUN(squared, r, g, h, 0);
    ens__unit_hessian(r, h);
}

static void squared_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        double d = ens__loss_finite(r->score[i]) - r->y[i];

        out[i] = d * d / 2;
    }
}

/* The mean. */
static ens_status squared_start(const void *params, const ens_loss_rows *r, double *out,
                                ens_error *err)
{
    double sum = 0, all = 0;

    (void)params;
    (void)err;
    for (size_t i = 0; i < r->n; i++) {
        double w = r->w != NULL ? r->w[i] : 1;

        sum += w * r->y[i];
        all += w;
    }
    out[0] = sum / all;
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
