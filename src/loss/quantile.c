/* quantile.c - quantiles of numbers, several in one model.
 *
 * The loss of level a is a (y - s) for s below y, (1 - a) (s - y) above (Koenker and Bassett 1978); the loss of a row
 * is the sum over the levels, each of which has a score and trees of its own, whose leaves are quantiles of residuals
 * (Friedman 2001, 4.4). Scores of neighbouring levels may cross, predictions never do: they are the scores in ascending
 * order, which are at least as near to the true quantiles (Chernozhukov, Fernandez-Val and Galichon 2010, 4). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <loss/kernel.h>
#include <math.h>
#include <num/stats.h>

#define MAX_LEVELS 64

typedef struct quantile_params {
    ens_list levels;
} quantile_params;

static const ens_param quantile_table[] = {
    ENS_ROW(ENS_PARAM_LIST, quantile_params, levels, "[0.5]", 0, 1, "", "quantiles,alpha",
            "ascending, between 0 and 1; each is a score and a prediction"),
    ENS_PARAM_LAST};

ENS_INLINE void quantile_row(ENS__ROW_ARGS)
{
    float d = s[i] - y[i], up = d > 0 ? k.b : 0.0F, down = d < 0 ? k.a : 0.0F;

    (void)w, (void)h, (void)n;
    g[i] = weight * (up - down);
}

ENS__GRADIENT_KERNELS(quantile, quantile_row)

static ens_status quantile_check(const void *params, ens_error *err)
{
    const ens_list *list = &((const quantile_params *)params)->levels;

    if (list->n == 0 || list->n > MAX_LEVELS)
        return ens__fail(err, ENS_ERANGE, "quantile.levels: %zu levels, expected 1 to %d",
                         list->n, MAX_LEVELS);
    for (size_t c = 0; c < list->n; c++) {
        if (!(list->v[c] > 0 && list->v[c] < 1))
            return ens__fail(err, ENS_ERANGE, "quantile.levels: %g is outside (0, 1)",
                             list->v[c]);
        if (c > 0 && !(list->v[c] > list->v[c - 1]))
            return ens__fail(err, ENS_ERANGE, "quantile.levels: %g is not above %g",
                             list->v[c], list->v[c - 1]);
    }
    return ENS_OK;
}

static size_t quantile_scores(const void *params, size_t n_classes)
{
    (void)n_classes;
    return ((const quantile_params *)params)->levels.n;
}

static double level_of(const void *params, size_t c)
{
    return ((const quantile_params *)params)->levels.v[c];
}

static void quantile_gradient(const void *params, const ens_loss_rows *r, float *g,
                              float *h)
{
    ens_loss_rows one = *r;

    for (size_t c = 0; c < r->k; c++, one.score += r->stride) {
        float level = (float)level_of(params, c);

        ENS__GRADIENT_RUN(quantile, &one, g + c * r->stride, h, level, 1 - level);
    }
    ens__unit_hessian(r, h);
}

static void quantile_value(const void *params, const ens_loss_rows *r, double *out)
{
    for (size_t i = 0; i < r->n; i++)
        out[i] = 0;
    for (size_t c = 0; c < r->k; c++) {
        double level = level_of(params, c);

        for (size_t i = 0; i < r->n; i++) {
            double d = ens__loss_finite(r->score[c * r->stride + i]) - r->y[i];

            out[i] += d > 0 ? (1 - level) * d : -level * d;
        }
    }
}

static ens_status quantile_start(const void *params, const ens_loss_rows *r, double *out,
                                 ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t c = 0; c < r->k && st == ENS_OK; c++)
        st = ens__loss_quantile(&out[c], r, level_of(params, c), err);
    return st;
}

static double quantile_leaf(const void *params, size_t c, double adapted, float *r,
                            float *w, size_t n)
{
    (void)adapted;
    return ens__select_weighted(r, w, n, level_of(params, c));
}

/* Insertion sort: scores seldom cross. */
static void quantile_link(const void *params, const double *score, size_t n, size_t k,
                          double *out)
{
    (void)params;
    for (size_t i = 0; i < n; i++, out += k)
        for (size_t c = 0; c < k; c++) {
            double v = score[i * k + c];
            size_t at = c;

            for (; at > 0 && out[at - 1] > v; at--)
                out[at] = out[at - 1];
            out[at] = v;
        }
}

const ens_loss_type ens__quantile_loss = {
    .abi = ENS_EXT_ABI,
    .name = "quantile",
    .help = "quantiles: errors weigh by the level on one side, one less it on the other",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS | ENS_LOSS_UNIT_HESSIAN,
    .params = quantile_table,
    .params_size = sizeof(quantile_params),
    .max_gradient = 1,
    .max_hessian = 1,
    .check = quantile_check,
    .n_scores = quantile_scores,
    .start = quantile_start,
    .gradient = quantile_gradient,
    .value = quantile_value,
    .link = quantile_link,
    .leaf = quantile_leaf,
};
