/* masked.h - subtrees of few rows, whose sets are words. */
#ifndef ENS_TREE_MASKED_H
#define ENS_TREE_MASKED_H

#include <tree/build.h>

#define ENS__MASKED_ROWS 64

typedef struct ens__masked ens__masked;

/* The node to begin with, and its rows. */
typedef struct ens__masked_root {
    size_t begin, n; /* at most ENS__MASKED_ROWS */
    size_t depth;
    uint64_t path, useless;
    uint32_t node;
} ens__masked_root;

/* Scratch for a work; *out is NULL if its options ask for what words do not tell: weights, constraints, pruning, growth
 * in the order of gains. */
ens_status ens__masked_make(ens__masked **out, const ens__work *w, ens_error *err);
/* Grow all that is below a node, whose rows w has entered. */
ens_status ens__masked_grow(ens__build *b, ens__work *w, const ens__masked_root *root, ens_error *err);

#endif
