/* cuts.c - how many of many numbers lie below a value.
 *
 * A first look goes to cells of equal width: a cell's number never falls as x grows, however it is rounded, so that
 * cuts of lower cells are below x and those of higher cells are not.  What one cell has is searched by halving,
 * in as many steps as the fullest cell takes, so that several searches run side by side. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/cuts.h>
#include <tree/loops.h>

/* Cuts for each cell. */
#define CELL 4
/* Values that are looked for at a time. */
#define SEARCHES 8

/* The number of a cell; NaN gets 0. */
static inline uint32_t cell_of(const ens__cuts *c, double x)
{
    double place = (x - c->low) * c->scale, last = (double)(c->n_cells - 1);

    place = place > 0 ? place : 0;
    return (uint32_t)(int32_t)(place < last ? place : last);
}

/* below[i]: how many cuts are below x[i], for n <= SEARCHES values. */
static ENS__INLINE void search(const ens__cuts *c, const double *x, size_t n,
                               size_t *below)
{
    const double *cut = c->cut;

    ENS__UNROLL
    for (size_t i = 0; i < n; i++)
        below[i] = c->first[cell_of(c, x[i])];
    for (size_t half, left = c->most; left > 1; left -= half) {
        half = left / 2;
        ENS__UNROLL
        for (size_t i = 0; i < n; i++)
            below[i] += half & -(size_t)(cut[below[i] + half - 1] < x[i]);
    }
    ENS__UNROLL
    for (size_t i = 0; i < n; i++)
        below[i] += cut[below[i]] < x[i];
}

/* Count the cuts of each cell, and sum up. */
static void fill_cells(ens__cuts *c, const double *cut)
{
    size_t cell = 0, begin = 0;

    for (size_t i = 0; i < c->n; i++) {
        uint32_t to = cell_of(c, cut[i]);

        if (to > cell)
            begin = i;
        while (cell < to)
            c->first[++cell] = (uint16_t)i;
        c->most = i + 1 - begin > c->most ? i + 1 - begin : c->most;
    }
    while (cell < c->n_cells - 1)
        c->first[++cell] = (uint16_t)c->n;
}

ens_status ens__cuts_make(ens__cuts *c, const double *x, size_t n, ens_error *err)
{
    double width = x[n - 1] - x[0];

    *c = (ens__cuts){.n = n, .n_cells = n / CELL + 1, .low = x[0]};
    c->scale = width > 0 ? (double)c->n_cells / width : 0;
    if (!isfinite(c->scale))
        c->scale = 0;
    if ((c->first = ens__zeros(c->n_cells, sizeof *c->first)) == NULL)
        return ens__nomem(err);
    fill_cells(c, x);
    if ((c->cut = ens__array(n + c->most, sizeof *c->cut)) == NULL)
        return ens__nomem(err);
    memcpy(c->cut, x, n * sizeof *x);
    for (size_t i = n; i < n + c->most; i++)
        c->cut[i] = INFINITY;
    return ENS_OK;
}

void ens__cuts_clear(ens__cuts *c)
{
    ens__free(c->cut);
    ens__free(c->first);
    *c = (ens__cuts){0};
}

size_t ens__cuts_bytes(const ens__cuts *c)
{
    return (c->n + c->most) * sizeof *c->cut + c->n_cells * sizeof *c->first;
}

size_t ens__cuts_below(const ens__cuts *c, double x)
{
    size_t below;

    search(c, &x, 1, &below);
    return below;
}

static ENS__INLINE void code_some(const ens__cuts *c, const double *x,
                                  const uint32_t *row, size_t n, uint16_t *code,
                                  size_t stride)
{
    double value[SEARCHES];
    size_t below[SEARCHES];

    ENS__UNROLL
    for (size_t i = 0; i < n; i++)
        value[i] = x[row[i]];
    search(c, value, n, below);
    ENS__UNROLL
    for (size_t i = 0; i < n; i++)
        code[i * stride] = isnan(value[i]) ? ENS__CUTS_MISSING : (uint16_t)below[i];
}

void ens__cuts_codes(const ens__cuts *c, const double *x, const uint32_t *row, size_t n,
                     uint16_t *code, size_t stride)
{
    size_t i = 0;

    for (; i + SEARCHES <= n; i += SEARCHES)
        code_some(c, x, row + i, SEARCHES, code + i * stride, stride);
    for (; i < n; i++)
        code_some(c, x, row + i, 1, code + i * stride, stride);
}
