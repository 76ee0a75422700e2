/* generate.h - what the generators of synthetic tables share. */
#ifndef ENS_DATA_GENERATE_H
#define ENS_DATA_GENERATE_H

#include <ensemble/base.h>
#include <num/rng.h>

/* Of all generators; each table has rows for those that its generator takes. */
typedef struct ens__gen_params {
    int64_t n, p, cells;
    int64_t informative, redundant, classes, clusters_per_class;
    double noise, class_sep, flip_y, share;
    int shuffle;
} ens__gen_params;

/* The table to be filled. */
typedef struct ens__sheet {
    double **x; /* [p][n] */
    double *y;  /* [n] */
    size_t n, p;
    uint64_t seed;
} ens__sheet;

/* Streams beside those of the columns, which are numbered from 0. */
enum {
    ENS__STREAM_NOISE,
    ENS__STREAM_FLIP,
    ENS__STREAM_ROWS,
    ENS__STREAM_COLUMNS,
    ENS__STREAM_VERTICES,
    ENS__STREAM_MIX
};

ens__stream ens__column_stream(const ens__sheet *s, size_t j);
/* part is below 2^40. */
ens__stream ens__other_stream(const ens__sheet *s, unsigned which, size_t part);
void ens__fill_gaussian(const ens__sheet *s, size_t j);
/* Give each row, with this probability, a class drawn at random. */
void ens__flip_classes(const ens__sheet *s, double probability, uint32_t n_classes);

/* The `classification` generator: clusters.c. */
ens_status ens__check_classification(const ens__gen_params *g, ens_error *err);
ens_status ens__fill_classification(const ens__sheet *s, const ens__gen_params *g, ens_error *err);

#endif
