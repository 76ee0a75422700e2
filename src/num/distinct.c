/* distinct.c - a set of numbers: an open hash table that doubles. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <num/distinct.h>
#include <num/stats.h>

#define FIRST_SLOTS 64

void ens__distinct_clear(ens__distinct *d)
{
    ens__free(d->slot);
    *d = (ens__distinct){0};
}

ens_status ens__distinct_grow(ens__distinct *d, ens_error *err)
{
    size_t old = d->slot != NULL ? d->mask + 1 : 0, slots = old > 0 ? 2 * old : FIRST_SLOTS;
    ens__distinct more = {ens__array(slots, sizeof *more.slot), d->n, slots - 1};

    if (more.slot == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < slots; i++)
        more.slot[i] = NAN;
    for (size_t i = 0; i < old; i++)
        if (!isnan(d->slot[i]))
            more.slot[ens__distinct_place(&more, d->slot[i])] = d->slot[i];
    ens__free(d->slot);
    *d = more;
    return ENS_OK;
}

void ens__distinct_list(const ens__distinct *d, double *out)
{
    size_t n = 0;

    for (size_t i = 0; d->slot != NULL && i <= d->mask; i++)
        if (!isnan(d->slot[i]))
            out[n++] = d->slot[i];
    ens__sort_doubles(out, n);
}
