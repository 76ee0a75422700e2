/* near.h - the nearest of many points, exactly: a k-d tree (Bentley 1975), or all of them in turn.
 *
 * Points lie in tiles of ENS__NEAR_TILE, feature after feature, so that a distance is a loop of vectors which adds in
 * the order of the features: its bits are the same at every CPU level, with and without the tree. Of points that are
 * equally far the first given is nearer. */
#ifndef ENS_NUM_NEAR_H
#define ENS_NUM_NEAR_H

#include <ensemble/base.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENS__NEAR_TILE 32

typedef struct ens__near ens__near;

typedef struct ens__near_options {
    double power;     /* of Minkowski's distance, at least 1 */
    bool tree;
    size_t leaf_size; /* points of a leaf at most, but for what fills a tile */
} ens__near_options;

/* One that was found. Its distance is the sum of powers, of which ens__near_root() makes a length. */
typedef struct ens__near_point {
    double d;
    uint32_t i;
} ens__near_point;

/* Of n points, below 2^32 - 1, of p features: x[j * n + i]. Values that are not finite become the nearest that is. */
ens_status ens__near_new(ens__near **out, const double *x, size_t n, size_t p,
                         const ens__near_options *options, ens_error *err);
void ens__near_free(ens__near *t);
size_t ens__near_bytes(const ens__near *t);
/* x[i * p + j] of all points, as they were given. */
void ens__near_points(double *x, const ens__near *t);

/* Bytes that a search for k neighbours of any number of points needs, 64-byte aligned. */
size_t ens__near_scratch(const ens__near *t, size_t k);

/* Called with the k nearest of query q, nearest first. */
typedef void (*ens__near_fn)(void *ctx, size_t q, const ens__near_point *found);

/* The k nearest, k at most n, of m points q[i * p + j], which are made finite. Pure. */
void ens__near_search(const ens__near *t, double *q, size_t m, size_t k, void *scratch,
                      ens__near_fn body, void *ctx);
double ens__near_root(const ens__near *t, double d);

#endif
