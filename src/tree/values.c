/* values.c - rows of leaf values, each stored once.
 *
 * Deep trees have few distinct leaves: most are pure, so a pool of distinct rows of class probabilities is a
 * fraction of one row a leaf. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <string.h>
#include <tree/values.h>

void ens__values_clear(ens__values *v)
{
    ens__free(v->value);
    ens__free(v->slot);
    *v = (ens__values){.k = v->k};
}

static size_t hash_row(const double *row, size_t k)
{
    uint64_t h = 0x9e3779b97f4a7c15u;

    for (size_t c = 0; c < k; c++) {
        uint64_t bits;

        memcpy(&bits, &row[c], sizeof bits);
        h = (h ^ bits) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return (size_t)h;
}

static ens_status rehash(ens__values *v, ens_error *err)
{
    size_t mask = v->slot != NULL ? 2 * v->mask + 1 : 63;
    uint32_t *slot = ens__zeros(mask + 1, sizeof *slot);

    if (slot == NULL)
        return ens__nomem(err);
    for (uint32_t i = 0; i < v->n; i++) {
        size_t at = hash_row(v->value + i * v->k, v->k) & mask;

        while (slot[at] != 0)
            at = (at + 1) & mask;
        slot[at] = i + 1;
    }
    ens__free(v->slot);
    v->slot = slot;
    v->mask = mask;
    return ENS_OK;
}

ens_status ens__values_add(uint32_t *out, ens__values *v, const double *row,
                           ens_error *err)
{
    size_t size = v->k * sizeof *row, at;
    ens_status st;

    if ((v->slot == NULL || 2 * v->n >= v->mask) && (st = rehash(v, err)) != ENS_OK)
        return st;
    for (at = hash_row(row, v->k) & v->mask; v->slot[at] != 0; at = (at + 1) & v->mask)
        if (memcmp(v->value + (v->slot[at] - 1) * v->k, row, size) == 0) {
            *out = v->slot[at] - 1;
            return ENS_OK;
        }
    if (v->n == v->cap) {
        size_t cap = v->cap != 0 ? 2 * v->cap : 16;
        double *more = ens__resize(v->value, cap, size);

        if (more == NULL)
            return ens__nomem(err);
        v->value = more;
        v->cap = cap;
    }
    memcpy(v->value + v->n * v->k, row, size);
    *out = (uint32_t)v->n++;
    v->slot[at] = *out + 1;
    return ENS_OK;
}
