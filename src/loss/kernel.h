/* kernel.h - a loss of one score, given as a function of a row, made into loops of vectors for each CPU level.
 *
 * The compiler vectorises loops whose count it knows, so rows go in lanes of 16 and then one by one: the same
 * operations, hence the same bits. */
#ifndef ENS_LOSS_KERNEL_H
#define ENS_LOSS_KERNEL_H

#include <core/cpu.h>
#include <float.h>
#include <loss/loss.h>
#include <num/elementary.h>

#define ENS__LOSS_LANES 16

/* Scores of a fit that diverges become infinite; a loss of one is large, not NaN. */
static inline double ens__loss_finite(double score)
{
    return score > FLT_MAX ? FLT_MAX : score < -FLT_MAX ? -FLT_MAX : score;
}

/* Of a share, which may be 0. */
static inline double ens__loss_log(double share)
{
    return ens__log(share > 1e-15 ? share : 1e-15);
}

/* start.c: of y, weighted. */
double ens__loss_mean(const ens_loss_rows *r);
ens_status ens__loss_quantile(double *out, const ens_loss_rows *r, double level, ens_error *err);

/* What rows have in common: parameters of a loss, made ready for floats. */
typedef struct ens__loss_consts {
    float a, b;
} ens__loss_consts;

#define ENS__GRADIENT_ARGS                                                                                   \
    const float *restrict y, const float *restrict w, const float *restrict s, float *restrict g,            \
        float *restrict h, size_t n, ens__loss_consts k
#define ENS__GRADIENT_NAMES y, w, s, g, h, n, k

typedef void (*ens__gradient_fn)(ENS__GRADIENT_ARGS);

/* Arguments of ROW below: row i of this weight. It sets g[i], and h[i] unless the hessian is the weight. */
#define ENS__ROW_ARGS ENS__GRADIENT_ARGS, size_t i, float weight

/* Defines NAME_of(level): the function that calls ROW, which is ENS_INLINE, for each of n rows. */
#define ENS__GRADIENT_KERNELS(name, row)                                                                     \
    ENS_INLINE void name##_body(ENS__GRADIENT_ARGS)                                                          \
    {                                                                                                        \
        size_t i = 0;                                                                                        \
                                                                                                             \
        for (; w == NULL && i + ENS__LOSS_LANES <= n; i += ENS__LOSS_LANES)                                  \
            for (size_t l = 0; l < ENS__LOSS_LANES; l++)                                                     \
                row(ENS__GRADIENT_NAMES, i + l, 1);                                                          \
        for (; w != NULL && i + ENS__LOSS_LANES <= n; i += ENS__LOSS_LANES)                                  \
            for (size_t l = 0; l < ENS__LOSS_LANES; l++)                                                     \
                row(ENS__GRADIENT_NAMES, i + l, w[i + l]);                                                   \
        for (; i < n; i++)                                                                                   \
            row(ENS__GRADIENT_NAMES, i, w != NULL ? w[i] : 1);                                               \
    }                                                                                                        \
    static void name##_base(ENS__GRADIENT_ARGS)                                                              \
    {                                                                                                        \
        name##_body(ENS__GRADIENT_NAMES);                                                                    \
    }                                                                                                        \
    ENS_TARGET_V3 static void name##_v3(ENS__GRADIENT_ARGS)                                                  \
    {                                                                                                        \
        name##_body(ENS__GRADIENT_NAMES);                                                                    \
    }                                                                                                        \
    ENS_TARGET_V4 static void name##_v4(ENS__GRADIENT_ARGS)                                                  \
    {                                                                                                        \
        name##_body(ENS__GRADIENT_NAMES);                                                                    \
    }                                                                                                        \
    static ens__gradient_fn name##_of(ens__cpu level)                                                        \
    {                                                                                                        \
        return level == ENS__CPU_V4   ? name##_v4                                                            \
               : level == ENS__CPU_V3 ? name##_v3                                                            \
                                      : name##_base;                                                         \
    }

/* Run NAME on the rows of r. */
#define ENS__GRADIENT_RUN(name, r, g, h, a, b)                                                               \
    name##_of(ens__cpu_level())((r)->y, (r)->w, (r)->score, g, h, (r)->n, (ens__loss_consts){a, b})

/* The hessian of ENS_LOSS_UNIT_HESSIAN, if it is asked for. */
static inline void ens__unit_hessian(const ens_loss_rows *r, float *h)
{
    for (size_t c = 0; c < r->k && h != NULL; c++)
        for (size_t i = 0; i < r->n; i++)
            h[c * r->stride + i] = r->w != NULL ? r->w[i] : 1;
}

#endif
