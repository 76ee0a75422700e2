/* values.h - rows of leaf values, each stored once. */
#ifndef ENS_TREE_VALUES_H
#define ENS_TREE_VALUES_H

#include <ensemble/base.h>
#include <stddef.h>
#include <stdint.h>

/* All zero but k is an empty one. */
typedef struct ens__values {
    double *value; /* [cap][k], n of them in use */
    size_t n, cap, k;
    uint32_t *slot; /* [mask + 1] hash table of rows: number + 1, 0 is empty */
    size_t mask;
} ens__values;

/* The number of the row that equals this one bit by bit, which is added if there is none. */
ens_status ens__values_add(uint32_t *out, ens__values *v, const double *row, ens_error *err);
void ens__values_clear(ens__values *v);

#endif
