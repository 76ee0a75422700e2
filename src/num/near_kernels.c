/* near_kernels.c - distances from a point to those of a tile, per CPU level.
 *
 * The lanes of a vector are points and each adds its features in their order, so all levels give the same bits. */
#include <config.h>

#include <core/cpu.h>
#include <math.h>
#include <num/near_kernels.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define TILE ENS__NEAR_TILE

/* Features between two looks at whether all sums are too large. */
#define STRIDE 16

static uint32_t within(const double *d, double bound)
{
    uint32_t mask = 0;

    for (size_t i = 0; i < TILE; i++)
        mask |= (uint32_t)(d[i] <= bound) << i;
    return mask;
}

/* term(q - x) is added. */
#define BASE(name, term)                                                                 \
    static uint32_t name##_base(double *d, const double *q, const double *tile,          \
                                size_t p, double power, double bound)                    \
    {                                                                                    \
        uint32_t mask = UINT32_MAX;                                                      \
                                                                                         \
        (void)power;                                                                     \
        for (size_t i = 0; i < TILE; i++)                                                \
            d[i] = 0;                                                                    \
        for (size_t j = 0; j < p && mask != 0; j += STRIDE) {                            \
            size_t end = j + STRIDE < p ? j + STRIDE : p;                                \
                                                                                         \
            for (size_t c = j; c < end; c++)                                             \
                for (size_t i = 0; i < TILE; i++) {                                      \
                    double by = q[c] - tile[c * TILE + i];                               \
                                                                                         \
                    d[i] += term;                                                        \
                }                                                                        \
            mask = within(d, bound);                                                     \
        }                                                                                \
        return mask;                                                                     \
    }

BASE(squares, by *by)
BASE(absolutes, fabs(by))
BASE(powers, pow(fabs(by), power))

#if ENS_HAVE_LEVELS

/* The same in registers: WIDTH points of a vector, TILE / WIDTH vectors. */
#define WIDE(name, target, vector, WIDTH, set, load, store, add, sub, zero, compare,     \
             term)                                                                       \
    target static uint32_t name(double *d, const double *q, const double *tile,          \
                                size_t p, double power, double bound)                    \
    {                                                                                    \
        vector sum[TILE / WIDTH], most = set(bound);                                     \
        uint32_t mask = UINT32_MAX;                                                      \
                                                                                         \
        (void)power;                                                                     \
        for (size_t v = 0; v < TILE / WIDTH; v++)                                        \
            sum[v] = zero();                                                             \
        for (size_t j = 0; j < p && mask != 0; j += STRIDE) {                            \
            size_t end = j + STRIDE < p ? j + STRIDE : p;                                \
                                                                                         \
            for (size_t c = j; c < end; c++) {                                           \
                vector at = set(q[c]);                                                   \
                                                                                         \
                _Pragma("GCC unroll 8") for (size_t v = 0; v < TILE / WIDTH; v++)        \
                {                                                                        \
                    vector by = sub(at, load(tile + c * TILE + v * WIDTH));              \
                                                                                         \
                    sum[v] = add(sum[v], term(by));                                      \
                }                                                                        \
            }                                                                            \
            mask = 0;                                                                    \
            for (size_t v = 0; v < TILE / WIDTH; v++)                                    \
                mask |= (uint32_t)compare(sum[v], most) << v * WIDTH;                    \
        }                                                                                \
        for (size_t v = 0; v < TILE / WIDTH && mask != 0; v++)                           \
            store(d + v * WIDTH, sum[v]);                                                \
        return mask;                                                                     \
    }

#define SQUARE_V3(by)    _mm256_mul_pd(by, by)
#define SQUARE_V4(by)    _mm512_mul_pd(by, by)
#define ABSOLUTE_V3(by)  _mm256_andnot_pd(_mm256_set1_pd(-0.0), by)
#define ABSOLUTE_V4(by)  _mm512_abs_pd(by)
#define AT_MOST_V3(a, b) _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LE_OQ))
#define AT_MOST_V4(a, b) _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ)

#define V3(name, term)                                                                   \
    WIDE(name##_v3, ENS_TARGET_V3, __m256d, 4, _mm256_set1_pd, _mm256_load_pd,           \
         _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_setzero_pd, AT_MOST_V3,  \
         term)
#define V4(name, term)                                                                   \
    WIDE(name##_v4, ENS_TARGET_V4, __m512d, 8, _mm512_set1_pd, _mm512_load_pd,           \
         _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_setzero_pd, AT_MOST_V4,  \
         term)

V3(squares, SQUARE_V3)
V4(squares, SQUARE_V4)
V3(absolutes, ABSOLUTE_V3)
V4(absolutes, ABSOLUTE_V4)

#endif

uint32_t ens__near_tile(double *d, const double *q, const double *tile, size_t p,
                        double power, double bound)
{
    if (power == 2)
        return ENS__CALL(squares, d, q, tile, p, power, bound);
    if (power == 1)
        return ENS__CALL(absolutes, d, q, tile, p, power, bound);
    return powers_base(d, q, tile, p, power, bound);
}
