/* sweep.h - several random cuts of a large node in two passes over its records. */
#ifndef ENS_TREE_SWEEP_H
#define ENS_TREE_SWEEP_H

#include <tree/draw.h>
#include <tree/work.h>

/* Cuts that are summed up together. */
#define ENS__SWEEP_CUTS 16
/* Classes whose sums fit the first level of the cache beside the records. */
#define ENS__SWEEP_CLASSES 256

typedef struct ens__sweep {
    uint32_t most_count; /* the most that a row of the tree was drawn */
    size_t n_sums;       /* PAIRS: class 1, RESPONSES: targets; COUNTS: one a class */

    /* Of the node at hand, at each byte of a record: */
    uint8_t low[ENS__MAX_STRIDE], high[ENS__MAX_STRIDE]; /* of the codes */
    uint8_t any[ENS__MAX_STRIDE], all[ENS__MAX_STRIDE];  /* bits that are set in some records, and in all */

    /* Cuts that were drawn and are not yet looked at. */
    unsigned n;
    uint32_t feature[ENS__SWEEP_CUTS];
    uint8_t offset[ENS__SWEEP_CUTS], mask[ENS__SWEEP_CUTS], limit[ENS__SWEEP_CUTS]; /* left: byte & mask <= limit */
    double cut[ENS__SWEEP_CUTS];
    int64_t count[ENS__SWEEP_CUTS];  /* of the left side: rows as drawn; and what else is summed: */
    int64_t (*sum)[ENS__SWEEP_CUTS]; /* [n_sums] */
} ens__sweep;

/* For a tree; *out is NULL if its records or its rows are not of a kind that can be swept. */
ens_status ens__sweep_make(ens__sweep **out, const ens__work *w, ens_error *err);
/* Before the first candidate of a node. */
void ens__sweep_begin(ens__work *w, const ens__order *node);
/* Draw a cut of a number, if it is one that can be swept, to be looked at when 16 have come or by ens__sweep_end();
 * false if not, and then all that were drawn before have been looked at. */
bool ens__sweep_try(ens__work *w, size_t j, const ens__order *node);
/* Look at what was drawn. */
void ens__sweep_end(ens__work *w, const ens__order *node);

#endif
