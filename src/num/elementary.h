/* elementary.h - exp and log as plain arithmetic.
 *
 * A loop over one of these becomes a loop of vectors, and its bits do not depend on the processor, the compiler or the
 * C library, as those of libm's do. Reduction and polynomials are those of Cephes (Moshier 1989). Errors, over the
 * whole range: ens__expf 1.5 units in the last place, ens__exp and ens__log 2 (tests/num/test_elementary.c). */
#ifndef ENS_NUM_ELEMENTARY_H
#define ENS_NUM_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

/* Kernels are compiled once for each level, so what they call has to become part of them. */
#if defined(__GNUC__)
#define ENS_INLINE static inline __attribute__((always_inline))
#else
#define ENS_INLINE static inline
#endif

/* e^x. Below -87.3 it is 1.2e-38, above 88.3 it is 2.2e38: always a normal number; NaN for NaN. */
ENS_INLINE float ens__expf(float x)
{
    const float magic = 12582912; /* 1.5 * 2^23: adding it rounds to a whole number */
    float z, n, r, p;
    uint32_t bits;

    x = x < -87.3F ? -87.3F : x;
    x = x > 88.3F ? 88.3F : x;
    z = x * 1.44269504F + magic;
    n = z - magic;
    r = x - n * 0.693359375F;
    r = r - n * -2.12194440e-4F;
    p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1;
    memcpy(&bits, &z, sizeof bits); /* its low bits are n */
    bits = (bits + 127) << 23;
    memcpy(&z, &bits, sizeof z); /* 2^n */
    return p * z;
}

/* e^x. Below -708 it is 3.3e-308, above 709 it is 8.2e307: always a normal number; NaN for NaN. */
ENS_INLINE double ens__exp(double x)
{
    const double magic = 6755399441055744; /* 1.5 * 2^52 */
    double z, n, square, p, q;
    uint64_t bits;

    x = x < -708 ? -708 : x;
    x = x > 709 ? 709 : x;
    z = x * 1.4426950408889634073599 + magic;
    n = z - magic;
    x = x - n * 6.93145751953125e-1;
    x = x - n * 1.42860682030941723212e-6;
    square = x * x;
    p = 1.26177193074810590878e-4;
    p = p * square + 3.02994407707441961300e-2;
    p = (p * square + 9.99999999999999999910e-1) * x;
    q = 3.00198505138664455042e-6;
    q = q * square + 2.52448340349684104192e-3;
    q = q * square + 2.27265548208155028766e-1;
    q = q * square + 2.00000000000000000009;
    p = 1 + 2 * (p / (q - p));
    memcpy(&bits, &z, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&z, &bits, sizeof z);
    return p * z;
}

/* The natural logarithm of a normal positive number. */
ENS_INLINE double ens__log(double x)
{
    const double root_half = 0.70710678118654752440;
    double e, p, q, square, low;
    uint64_t bits;
    int below;

    memcpy(&bits, &x, sizeof bits);
    e = (double)(int64_t)(int32_t)(bits >> 52) - 1022;
    bits = (bits & 0xfffffffffffffU) | 0x3fe0000000000000U;
    memcpy(&x, &bits, sizeof x); /* in [1/2, 1) */
    below = x < root_half;
    e = below ? e - 1 : e;
    x = (below ? x + x : x) - 1;
    square = x * x;
    p = 1.01875663804580931796e-4;
    p = p * x + 4.97494994976747001425e-1;
    p = p * x + 4.70579119878881725854;
    p = p * x + 1.44989225341610930846e1;
    p = p * x + 1.79368678507819816313e1;
    p = p * x + 7.70838733755885391666;
    q = x + 1.12873587189167450590e1;
    q = q * x + 4.52279145837532221105e1;
    q = q * x + 8.29875266912776603211e1;
    q = q * x + 7.11544750618563894466e1;
    q = q * x + 2.31251620126765340583e1;
    low = x * (square * p / q) - e * 2.121944400546905827679e-4 - 0.5 * square;
    return x + low + e * 0.693359375;
}

#endif
