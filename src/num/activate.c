/* activate.c - activations and their slopes in vectors, compiled for each CPU level. */
#include <config.h>

#include <core/cpu.h>
#include <num/activate.h>

typedef struct point {
    ens__real f, slope;
} point;

/* Constants are of this type, lest floats become doubles. */
#define R(x) ((ens__real)(x))

ENS_INLINE point relu(ens__real z)
{
    return (point){z > 0 ? z : 0 * z, z > 0 ? 1 : 0};
}

ENS_INLINE point leaky_relu(ens__real z)
{
    return (point){z > 0 ? z : R(0.01) * z, z > 0 ? 1 : R(0.01)};
}

/* By e^-2|z|, which does not overflow. */
ENS_INLINE point tanh_of(ens__real z)
{
    ens__real e = ens__real_exp(-2 * (z < 0 ? -z : z)), t = (1 - e) / (1 + e);

    return (point){z < 0 ? -t : t, 1 - t * t};
}

ENS_INLINE point logistic(ens__real z)
{
    ens__real e = ens__real_exp(z < 0 ? z : -z), large = 1 / (1 + e), small = e * large;

    return (point){z < 0 ? small : large, small * large};
}

/* z (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (z + 0.044715 z^3) */
ENS_INLINE point gelu(ens__real z)
{
    const ens__real most = 30; /* beyond, the tanh is 1 or -1 */
    ens__real x = z > most ? most : z < -most ? -most : z, square = x * x;
    point t = tanh_of(R(0.79788456080286535588) * x * (1 + R(0.044715) * square));
    ens__real up = R(0.79788456080286535588) * (1 + R(0.134145) * square);

    return (point){R(0.5) * z * (1 + t.f),
                   R(0.5) * (1 + t.f) + R(0.5) * x * t.slope * up};
}

ENS_INLINE point selu(ens__real z)
{
    const ens__real scale = R(1.05070098735548049342), low = R(1.75809934084737685994);
    ens__real e = low * ens__real_exp(z > 0 ? 0 : z);

    return (point){z > 0 ? scale * z : e - low, z > 0 ? scale : e};
}

/* The loops of both have a known count, so that they become vectors. */
ENS_INLINE void run(ens__real *restrict z, ens__real *restrict slope, size_t n,
                    point (*const f)(ens__real))
{
    const ens__real most = R(ENS__MOST_SUM);

    for (size_t i = 0; slope != NULL && i < n; i += ENS__REAL_LANES)
        for (size_t l = i; l < i + ENS__REAL_LANES; l++) {
            ens__real x = z[l] > most ? most : z[l];
            point p = f(x < -most ? -most : x);

            z[l] = p.f;
            slope[l] = p.slope;
        }
    for (size_t i = 0; slope == NULL && i < n; i += ENS__REAL_LANES)
        for (size_t l = i; l < i + ENS__REAL_LANES; l++) {
            ens__real x = z[l] > most ? most : z[l];

            z[l] = f(x < -most ? -most : x).f;
        }
}

#define KERNELS(level, target)                                                           \
    target static void activate_##level(ens__real *z, ens__real *slope, size_t n,        \
                                        ens__activation kind)                            \
    {                                                                                    \
        switch (kind) {                                                                  \
        case ENS__RELU:                                                                  \
            run(z, slope, n, relu);                                                      \
            break;                                                                       \
        case ENS__LEAKY_RELU:                                                            \
            run(z, slope, n, leaky_relu);                                                \
            break;                                                                       \
        case ENS__TANH:                                                                  \
            run(z, slope, n, tanh_of);                                                   \
            break;                                                                       \
        case ENS__LOGISTIC:                                                              \
            run(z, slope, n, logistic);                                                  \
            break;                                                                       \
        case ENS__GELU:                                                                  \
            run(z, slope, n, gelu);                                                      \
            break;                                                                       \
        case ENS__SELU:                                                                  \
            run(z, slope, n, selu);                                                      \
            break;                                                                       \
        }                                                                                \
    }                                                                                    \
    target static void multiply_##level(ens__real *restrict x,                           \
                                        const ens__real *restrict y, size_t n)           \
    {                                                                                    \
        for (size_t i = 0; i < n; i++)                                                   \
            x[i] *= y[i];                                                                \
    }

KERNELS(base, )
#if ENS_HAVE_LEVELS
KERNELS(v3, ENS_TARGET_V3)
KERNELS(v4, ENS_TARGET_V4)
#endif

void ens__activate(ens__real *z, ens__real *slope, size_t n, ens__activation kind)
{
    ENS__CALL(activate, z, slope, n, kind);
}

void ens__multiply(ens__real *x, const ens__real *y, size_t n)
{
    ENS__CALL(multiply, x, y, n);
}
