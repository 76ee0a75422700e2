/* cuts.h - how many of many numbers lie below a value: from thresholds to codes. */
#ifndef ENS_TREE_CUTS_H
#define ENS_TREE_CUTS_H

#include <ensemble/base.h>
#include <stddef.h>
#include <stdint.h>

#define ENS__MOST_CUTS     65534
#define ENS__CUTS_MISSING 0xffffu /* the code of NaN; others are at most ENS__MOST_CUTS */

typedef struct ens__cuts {
    double *cut; /* [n + most] distinct, ascending; then infinities */
    size_t n;
    uint16_t *first; /* [n_cells] cuts that fall into cells below */
    size_t n_cells, most; /* cuts in one cell, at most */
    double low, scale;    /* the cell of x is (x - low) * scale, within [0, n_cells - 1] */
} ens__cuts;

/* Of x[n], distinct, ascending and finite, 1 <= n <= ENS__MOST_CUTS. What is there after a failure is for
 * ens__cuts_clear(). */
ens_status ens__cuts_make(ens__cuts *c, const double *x, size_t n, ens_error *err);
void ens__cuts_clear(ens__cuts *c);
size_t ens__cuts_bytes(const ens__cuts *c);

/* How many cuts are below x. */
size_t ens__cuts_below(const ens__cuts *c, double x);
/* code[i * stride]: how many are below x[row[i]], for n rows. */
void ens__cuts_codes(const ens__cuts *c, const double *x, const uint32_t *row, size_t n, uint16_t *code,
                     size_t stride);

#endif
