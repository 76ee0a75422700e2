/* matmul.c - products of small matrices, compiled for each CPU level.
 *
 * A tile of sums stays in registers over the whole depth: eight rows by two vectors with AVX-512, six by two with
 * AVX2, four by two below; what is left of the rows goes by four, two and one.  Nothing is packed, since the matrices
 * of small networks lie in the nearest caches as they are.  Multiplications and additions are not fused: processors
 * that have units for both lose nothing by it, and the base level has no fused ones. */
#include <config.h>

#include <core/cpu.h>
#include <num/matmul.h>

/* sums of rows i .. i + R - 1 and `wide` vectors from column j on */
#define TILE(vec)                                                                        \
    ENS_INLINE void tile_##vec(const ens__matmul_args *restrict g, size_t i, size_t j,   \
                               const size_t rows, const size_t wide)                     \
    {                                                                                    \
        enum { LANES = sizeof(vec) / sizeof(ens__real) };                                \
        const ens__real *a = g->a + i * g->a_row, *b = g->b + j;                         \
        size_t a_row = g->a_row, a_step = g->a_step, b_row = g->b_row;                   \
        vec sum[8][2];                                                                   \
                                                                                         \
        ENS__UNROLL for (size_t r = 0; r < rows; r++) for (size_t v = 0; v < wide; v++)  \
            sum[r][v] =                                                                  \
                g->start != NULL ? *(const vec *)(g->start + j + v * LANES) : (vec){0};  \
        for (size_t l = 0; l < g->depth; l++, b += b_row, a += a_step) {                 \
            vec b0 = *(const vec *)b, b1 = b0;                                           \
                                                                                         \
            if (wide == 2)                                                               \
                b1 = *(const vec *)(b + LANES);                                          \
            ENS__UNROLL for (size_t r = 0; r < rows; r++)                                \
            {                                                                            \
                sum[r][0] += a[r * a_row] * b0;                                          \
                if (wide == 2)                                                           \
                    sum[r][1] += a[r * a_row] * b1;                                      \
            }                                                                            \
        }                                                                                \
        ENS__UNROLL for (size_t r = 0; r < rows; r++) for (size_t v = 0; v < wide;       \
                                                           v++) *                        \
            (vec *)(g->c + (i + r) * g->c_row + j + v * LANES) = sum[r][v];              \
    }                                                                                    \
    ENS_INLINE void panel_##vec(const ens__matmul_args *g, size_t j, const size_t rows,  \
                                const size_t wide)                                       \
    {                                                                                    \
        size_t i = 0;                                                                    \
                                                                                         \
        for (; i + rows <= g->m; i += rows)                                              \
            tile_##vec(g, i, j, rows, wide);                                             \
        for (; rows > 4 && i + 4 <= g->m; i += 4)                                        \
            tile_##vec(g, i, j, 4, wide);                                                \
        for (; i + 2 <= g->m; i += 2)                                                    \
            tile_##vec(g, i, j, 2, wide);                                                \
        for (; i < g->m; i++)                                                            \
            tile_##vec(g, i, j, 1, wide);                                                \
    }

#define MATMUL(level, target, vec, rows)                                                 \
    target static void matmul_##level(const ens__matmul_args *g)                         \
    {                                                                                    \
        const size_t lanes = sizeof(vec) / sizeof(ens__real);                            \
        size_t j = 0;                                                                    \
                                                                                         \
        for (; j + 2 * lanes <= g->n; j += 2 * lanes)                                    \
            panel_##vec(g, j, rows, 2);                                                  \
        for (; j < g->n; j += lanes)                                                     \
            panel_##vec(g, j, rows, 1);                                                  \
    }                                                                                    \
    target static void sums_##level(ens__real *out, const ens__real *x, size_t m,        \
                                    size_t n, size_t stride)                             \
    {                                                                                    \
        const size_t lanes = sizeof(vec) / sizeof(ens__real);                            \
                                                                                         \
        for (size_t j = 0; j < n; j += lanes) {                                          \
            vec sum = {0};                                                               \
                                                                                         \
            for (size_t i = 0; i < m; i++)                                               \
                sum += *(const vec *)(x + i * stride + j);                               \
            *(vec *)(out + j) = sum;                                                     \
        }                                                                                \
    }

typedef ens__real vec16 __attribute__((vector_size(16), may_alias));

TILE(vec16)
MATMUL(base, , vec16, 4)

#if ENS_HAVE_LEVELS
typedef ens__real vec32 __attribute__((vector_size(32), may_alias));
typedef ens__real vec64 __attribute__((vector_size(64), may_alias));

TILE(vec32)
TILE(vec64)
MATMUL(v3, ENS_TARGET_V3, vec32, 6)
MATMUL(v4, ENS_TARGET_V4, vec64, 8)
#endif

void ens__matmul(const ens__matmul_args *args)
{
    ENS__CALL(matmul, args);
}

void ens__column_sums(ens__real *out, const ens__real *x, size_t m, size_t n,
                      size_t stride)
{
    ENS__CALL(sums, out, x, m, n, stride);
}

void ens__transpose(ens__real *out, size_t out_row, const ens__real *x, size_t x_row,
                    size_t m, size_t n)
{
    enum { SIDE = 16 };

    for (size_t i = 0; i < m; i += SIDE)
        for (size_t j = 0; j < n; j++)
            for (size_t r = i; r < m && r < i + SIDE; r++)
                out[j * out_row + r] = x[r * x_row + j];
}
