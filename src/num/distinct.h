/* distinct.h - a set of numbers, none of them NaN; -0 is 0. */
#ifndef ENS_NUM_DISTINCT_H
#define ENS_NUM_DISTINCT_H

#include <ensemble/base.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Begins as all zero. */
typedef struct ens__distinct {
    double *slot; /* [mask + 1] an open hash table; NaN: nothing */
    size_t n, mask;
} ens__distinct;

void ens__distinct_clear(ens__distinct *d);
/* Room for more. */
ens_status ens__distinct_grow(ens__distinct *d, ens_error *err);
/* All of them into out[n], ascending. */
void ens__distinct_list(const ens__distinct *d, double *out);

static inline size_t ens__distinct_place(const ens__distinct *d, double x)
{
    uint64_t bits;
    size_t at;

    memcpy(&bits, &x, sizeof bits);
    bits ^= bits >> 32;
    bits *= 0x9e3779b97f4a7c15u;
    at = (bits ^ bits >> 29) & d->mask;
    while (!isnan(d->slot[at]) && d->slot[at] != x)
        at = (at + 1) & d->mask;
    return at;
}

static inline ens_status ens__distinct_add(ens__distinct *d, double x, ens_error *err)
{
    size_t at;

    if (2 * d->n >= d->mask) { /* full to a half, or none yet */
        ens_status st = ens__distinct_grow(d, err);

        if (st != ENS_OK)
            return st;
    }
    x += 0.0; /* -0 becomes 0 */
    at = ens__distinct_place(d, x);
    d->n += isnan(d->slot[at]);
    d->slot[at] = x;
    return ENS_OK;
}

#endif
