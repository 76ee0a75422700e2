/* gram.c - sums of products over blocks of rows, compiled for each CPU level.
 *
 * Tiles of 4 x 4 sums (2 x 2 below AVX-512) stay in registers over a block: a load serves four products.  Vectors of
 * eight doubles are GCC's generic ones, which every level has as one, two or four registers: the operations on each
 * lane, and so the bits, are the same. */
#include <config.h>

#include <core/cpu.h>
#include <math.h>
#include <num/elementary.h>
#include <num/gram.h>

enum { N = ENS__GRAM_ROWS, LANES = 8 };

typedef double v8 __attribute__((vector_size(64), may_alias));
typedef double v8u __attribute__((vector_size(64), may_alias, aligned(8)));

ENS_INLINE double lanes(const v8 *s)
{
    const double *l = (const double *)s;

    return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

/* Column j of a block; past the last one it is the last, whose products are not kept. */
ENS_INLINE const v8 *column(const double *z, size_t j, size_t q)
{
    return (const v8 *)(z + (j < q ? j : q - 1) * N);
}

/* Where a tile's sums go: h[rows][q], all of it or the lower triangle. */
typedef struct place {
    double *h;
    size_t rows, q;
    int lower;
} place;

ENS_INLINE void keep(place to, size_t a, size_t b, const v8 *s)
{
    if (a < to.rows && b < to.q && (!to.lower || b <= a))
        to.h[a * to.q + b] += lanes(s);
}

#define ROW4(u)                                                                          \
    s##u##0 += x##u[i] * y0, s##u##1 += x##u[i] * y1, s##u##2 += x##u[i] * y2,           \
        s##u##3 += x##u[i] * y3
#define KEEP4(u)                                                                         \
    keep(to, a + u, b, &s##u##0), keep(to, a + u, b + 1, &s##u##1),                      \
        keep(to, a + u, b + 2, &s##u##2), keep(to, a + u, b + 3, &s##u##3)
/* Vector u of each class. */
#define PUT1(u, v)                                                                       \
    do                                                                                   \
        if (c + v < k)                                                                   \
            *(v8 *)(out + (c + v) * N + i + u * LANES) = s##u##v;                        \
    while (0)
#define PUT4(u)                                                                          \
    PUT1(u, 0);                                                                          \
    PUT1(u, 1);                                                                          \
    PUT1(u, 2);                                                                          \
    PUT1(u, 3)
#define ZERO4(u) s##u##0 = {0}, s##u##1 = {0}, s##u##2 = {0}, s##u##3 = {0}

ENS_INLINE void tile4(place to, const double *left, const double *z, size_t a, size_t b)
{
    const v8 *x0 = column(left, a, to.rows), *x1 = column(left, a + 1, to.rows);
    const v8 *x2 = column(left, a + 2, to.rows), *x3 = column(left, a + 3, to.rows);
    const v8 *z0 = column(z, b, to.q), *z1 = column(z, b + 1, to.q);
    const v8 *z2 = column(z, b + 2, to.q), *z3 = column(z, b + 3, to.q);
    v8 ZERO4(0), ZERO4(1), ZERO4(2), ZERO4(3);

    for (size_t i = 0; i < N / LANES; i++) {
        v8 y0 = z0[i], y1 = z1[i], y2 = z2[i], y3 = z3[i];

        ROW4(0);
        ROW4(1);
        ROW4(2);
        ROW4(3);
    }
    KEEP4(0);
    KEEP4(1);
    KEEP4(2);
    KEEP4(3);
}

ENS_INLINE void tile2(place to, const double *left, const double *z, size_t a, size_t b)
{
    const v8 *x0 = column(left, a, to.rows), *x1 = column(left, a + 1, to.rows);
    const v8 *z0 = column(z, b, to.q), *z1 = column(z, b + 1, to.q);
    v8 s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0};

    for (size_t i = 0; i < N / LANES; i++) {
        s00 += x0[i] * z0[i];
        s01 += x0[i] * z1[i];
        s10 += x1[i] * z0[i];
        s11 += x1[i] * z1[i];
    }
    keep(to, a, b, &s00);
    keep(to, a, b + 1, &s01);
    keep(to, a + 1, b, &s10);
    keep(to, a + 1, b + 1, &s11);
}

ENS_INLINE void product2(place to, const double *left, const double *z)
{
    for (size_t a = 0; a < to.rows; a += 2)
        for (size_t b = 0; b < to.q && (!to.lower || b <= a); b += 2)
            tile2(to, left, z, a, b);
}

ENS_INLINE void product4(place to, const double *left, const double *z)
{
    for (size_t a = 0; a < to.rows; a += 4)
        for (size_t b = 0; b < to.q && (!to.lower || b <= a); b += 4)
            tile4(to, left, z, a, b);
}

ENS_INLINE double dot_body(const double *a, const double *b, size_t n)
{
    v8 s = {0};
    double rest = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        s += *(const v8u *)(a + i) * *(const v8u *)(b + i);
    for (; i < n; i++)
        rest += a[i] * b[i];
    return lanes(&s) + rest;
}

ENS_INLINE void times_body(double *out, const double *z, const double *r, size_t q)
{
    for (size_t j = 0; j < q; j++)
        out[j] += dot_body(z + j * N, r, N);
}

ENS_INLINE void scores_body(double *restrict out, const double *restrict z,
                            const double *theta, size_t q)
{
    for (size_t i = 0; i < N; i++)
        out[i] = 0;
    for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < N; i++)
            out[i] += theta[j] * z[j * N + i];
}

/* Scores of classes c .. c + 3, those past the last not kept, of 32 rows; each is the sum that scores_body() has. */
ENS_INLINE void scores4(double *out, const double *z, const double *theta, size_t q,
                        size_t k, size_t c, size_t i)
{
    const double *t0 = theta + c * q, *t1 = c + 1 < k ? t0 + q : t0;
    const double *t2 = c + 2 < k ? t0 + 2 * q : t0, *t3 = c + 3 < k ? t0 + 3 * q : t0;
    v8 ZERO4(0), ZERO4(1), ZERO4(2), ZERO4(3);

    for (size_t j = 0; j < q; j++) {
        const v8 *x = (const v8 *)(z + j * N + i);
        double y0 = t0[j], y1 = t1[j], y2 = t2[j], y3 = t3[j];

        s00 += x[0] * y0, s01 += x[0] * y1, s02 += x[0] * y2, s03 += x[0] * y3;
        s10 += x[1] * y0, s11 += x[1] * y1, s12 += x[1] * y2, s13 += x[1] * y3;
        s20 += x[2] * y0, s21 += x[2] * y1, s22 += x[2] * y2, s23 += x[2] * y3;
        s30 += x[3] * y0, s31 += x[3] * y1, s32 += x[3] * y2, s33 += x[3] * y3;
    }
    PUT4(0);
    PUT4(1);
    PUT4(2);
    PUT4(3);
}

ENS_INLINE void weigh_body(double *restrict out, const double *restrict z,
                           const double *restrict w, size_t q)
{
    for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < N; i++)
            out[j * N + i] = w[i] * z[j * N + i];
}

ENS_INLINE void standardise_body(double *restrict out, const double *restrict x, size_t n,
                                 double scale, double mean)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * scale - mean;
}

/* Reflection j has the vector v = (r_jj - beta, column j of the block), which meets row j of r and the block alone. */
ENS_INLINE void qr_body(double *restrict r, double *restrict z, size_t q)
{
    for (size_t j = 0; j < q; j++) {
        double *v = z + j * N, alpha = r[j * q + j], s = dot_body(v, v, N), beta, v0;

        if (s == 0)
            continue;
        beta = alpha > 0 ? -sqrt(alpha * alpha + s) : sqrt(alpha * alpha + s);
        v0 = alpha - beta;
        r[j * q + j] = beta;
        for (size_t l = j + 1; l < q; l++) {
            double *c = z + l * N;
            double t = -(v0 * r[j * q + l] + dot_body(v, c, N)) / (beta * v0);

            r[j * q + l] -= t * v0;
            for (size_t i = 0; i < N; i++)
                c[i] -= t * v[i];
        }
    }
}

/* Classes together where there are registers for it. */
ENS_INLINE void all_scores4(double *out, const double *z, const double *theta, size_t q,
                            size_t k)
{
    if (k == 1) {
        scores_body(out, z, theta, q);
        return;
    }
    for (size_t c = 0; c < k; c += 4)
        for (size_t i = 0; i < N; i += 4 * LANES)
            scores4(out, z, theta, q, k, c, i);
}

ENS_INLINE void all_scores2(double *out, const double *z, const double *theta, size_t q,
                            size_t k)
{
    for (size_t c = 0; c < k; c++)
        scores_body(out + c * N, z, theta + c * q, q);
}

ENS_INLINE void extent_body(double *restrict low, double *restrict high,
                            const double *restrict x, size_t n)
{
    double l[LANES], h[LANES];
    size_t i = 0;

    for (size_t lane = 0; lane < LANES; lane++) {
        l[lane] = *low;
        h[lane] = *high;
    }
    for (; i + LANES <= n; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double v = x[i + lane];

            l[lane] = v < l[lane] ? v : l[lane];
            h[lane] = v > h[lane] ? v : h[lane];
        }
    for (; i < n; i++) {
        l[0] = x[i] < l[0] ? x[i] : l[0];
        h[0] = x[i] > h[0] ? x[i] : h[0];
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        *low = l[lane] < *low ? l[lane] : *low;
        *high = h[lane] > *high ? h[lane] : *high;
    }
}

#define KERNELS(level, target, wide)                                                     \
    target static void add_##level(double *h, const double *l, const double *z,          \
                                   size_t q)                                             \
    {                                                                                    \
        product##wide((place){h, q, q, 1}, l, z);                                        \
    }                                                                                    \
    target static void times_##level(double *out, const double *z, const double *r,      \
                                     size_t q, size_t k)                                 \
    {                                                                                    \
        if (k == 1)                                                                      \
            times_body(out, z, r, q);                                                    \
        else                                                                             \
            product##wide((place){out, k, q, 0}, r, z);                                  \
    }                                                                                    \
    target static void scores_##level(double *out, const double *z, const double *theta, \
                                      size_t q, size_t k)                                \
    {                                                                                    \
        all_scores##wide(out, z, theta, q, k);                                           \
    }                                                                                    \
    target static void extent_##level(double *low, double *high, const double *x,        \
                                      size_t n)                                          \
    {                                                                                    \
        extent_body(low, high, x, n);                                                    \
    }                                                                                    \
    target static void weigh_##level(double *out, const double *z, const double *w,      \
                                     size_t q)                                           \
    {                                                                                    \
        weigh_body(out, z, w, q);                                                        \
    }                                                                                    \
    target static double dot_##level(const double *a, const double *b, size_t n)         \
    {                                                                                    \
        return dot_body(a, b, n);                                                        \
    }                                                                                    \
    target static void standardise_##level(double *out, const double *x, size_t n,       \
                                           double scale, double mean)                    \
    {                                                                                    \
        standardise_body(out, x, n, scale, mean);                                        \
    }                                                                                    \
    target static void qr_##level(double *r, double *z, size_t q)                        \
    {                                                                                    \
        qr_body(r, z, q);                                                                \
    }

KERNELS(base, , 2)
#if ENS_HAVE_LEVELS
KERNELS(v3, ENS_TARGET_V3, 2)
KERNELS(v4, ENS_TARGET_V4, 4)
#endif

void ens__gram_add(double *h, const double *left, const double *z, size_t q)
{
    ENS__CALL(add, h, left, z, q);
}

void ens__gram_times(double *out, const double *z, const double *r, size_t q, size_t k)
{
    ENS__CALL(times, out, z, r, q, k);
}

void ens__gram_scores(double *out, const double *z, const double *theta, size_t q,
                      size_t k)
{
    ENS__CALL(scores, out, z, theta, q, k);
}

void ens__gram_extent(double *low, double *high, const double *x, size_t n)
{
    ENS__CALL(extent, low, high, x, n);
}

void ens__gram_weigh(double *out, const double *z, const double *w, size_t q)
{
    ENS__CALL(weigh, out, z, w, q);
}

double ens__dot(const double *a, const double *b, size_t n)
{
    return ENS__CALL(dot, a, b, n);
}

void ens__qr_add(double *r, double *z, size_t q)
{
    ENS__CALL(qr, r, z, q);
}

void ens__qr_merge(double *r, const double *from, size_t q, double *scratch)
{
    size_t n = ENS__GRAM_ROWS;

    for (size_t begin = 0; begin < q; begin += n) {
        memset(scratch, 0, q * n * sizeof *scratch);
        for (size_t i = begin; i < q && i < begin + n; i++)
            for (size_t j = i; j < q; j++)
                scratch[j * n + i - begin] = from[i * q + j];
        ens__qr_add(r, scratch, q);
    }
}

void ens__gram_standardise(double *out, const double *x, size_t n, double scale,
                           double mean)
{
    ENS__CALL(standardise, out, x, n, scale, mean);
}
