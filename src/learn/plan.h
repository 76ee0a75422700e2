/* plan.h - the rows of a fit: which, how often, those held out, and a fingerprint to know them again by. */
#ifndef ENS_LEARN_PLAN_H
#define ENS_LEARN_PLAN_H

#include <data/dataset.h>

/* The distinct rows of a view, ascending, each with its count; rows of weight zero are left out. */
typedef struct ens__plan {
    uint32_t *row;   /* [n] of the table */
    uint32_t *count; /* [n], or NULL: each once */
    size_t n;
} ens__plan;

/* ENS_EDATA if no row is left. */
ens_status ens__plan_make(ens__plan *out, const ens_dataset *data, ens_error *err);
void ens__plan_clear(ens__plan *plan);

/* held[i] = 1 for the rows of a fit that tell when to stop, `part` of each class; the others' stay as they are. place
 * is for [rows.n] numbers. Returns how many. */
size_t ens__plan_hold_out(uint8_t *held, uint32_t *place, double part, const ens_fit_args *a);

/* The same for *n rows, or where rows have groups, for `part` of the groups, which stay whole; held is all 0.
 * ENS_ERANGE, in the name of owner's validation_fraction, if that leaves none on a side. */
ens_status ens__plan_hold_part(size_t *n, uint8_t *held, double part, const char *owner, const ens_fit_args *a,
                               ens_error *err);

/* A hash of all that a fit sees of its rows: counts, weights, targets, features; never 0. The same on every
 * machine. O(n p), columns in parallel. */
ens_status ens__plan_fingerprint(uint64_t *out, const ens_fit_args *a, ens_error *err);

#endif
