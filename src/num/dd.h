/* dd.h - numbers of twice a double's precision: the sum of two doubles (Dekker 1971, Knuth 1969).
 *
 * Right only without contraction and without reassociation of floating point, as this library is compiled. */
#ifndef ENS_NUM_DD_H
#define ENS_NUM_DD_H

typedef struct ens__dd {
    double high, low;
} ens__dd;

/* a + b, exactly */
static inline ens__dd ens__two_sum(double a, double b)
{
    double s = a + b, t = s - a;

    return (ens__dd){s, (a - (s - t)) + (b - t)};
}

/* a b, exactly, for magnitudes below 1e290 */
static inline ens__dd ens__two_product(double a, double b)
{
    const double splitter = 134217729; /* 2^27 + 1 */
    double ca = splitter * a, cb = splitter * b, p = a * b;
    double ah = ca - (ca - a), bh = cb - (cb - b), al = a - ah, bl = b - bh;

    return (ens__dd){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static inline ens__dd ens__dd_add(ens__dd a, ens__dd b)
{
    ens__dd s = ens__two_sum(a.high, b.high);

    return ens__two_sum(s.high, s.low + (a.low + b.low));
}

static inline ens__dd ens__dd_multiply(ens__dd a, ens__dd b)
{
    ens__dd p = ens__two_product(a.high, b.high);

    return ens__two_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

#endif
