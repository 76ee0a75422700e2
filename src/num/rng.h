/* rng.h - named random streams: (seed, purpose, index) names a stream, whoever draws from it.
 *
 * Philox4x32-10 (Salmon et al. 2011), counter-based, so a stream costs nothing to begin and streams are
 * independent. Each also serves as a gsl_rng for GSL's distributions. */
#ifndef ENS_NUM_RNG_H
#define ENS_NUM_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What streams are for. New purposes go last: the number is part of every result. */
typedef enum ens__purpose {
    ENS__FOR_SEED = 0,     /* seeds of parts */
    ENS__FOR_SPLIT,        /* holdout, folds */
    ENS__FOR_BOOTSTRAP,    /* rows of a member */
    ENS__FOR_FEATURES,     /* features of a member */
    ENS__FOR_NODE,         /* features of a node, random thresholds */
    ENS__FOR_GENERATE,     /* synthetic data */
    ENS__FOR_INTERVAL,     /* bootstrap intervals */
    ENS__FOR_MEMBER,       /* seed of a member */
    ENS__FOR_TEST,
    ENS__FOR_PERMUTE,      /* a feature's values, for its importance */
    ENS__FOR_DROP          /* DART: rounds that are left out */
} ens__purpose;

typedef struct ens__stream {
    uint32_t key[2];
    uint32_t counter[4]; /* index in words 2 and 3, position in 0 and 1 */
    uint32_t out[4];
    unsigned left;       /* words of out not yet used */
} ens__stream;

void ens__stream_init(ens__stream *s, uint64_t seed, uint32_t purpose, uint64_t index);
/* The next whole block, without regard to words left of the current one: for bulk use at a block's start. */
void ens__stream_block(uint32_t out[4], ens__stream *s);
uint32_t ens__stream_u32(ens__stream *s);
uint64_t ens__stream_u64(ens__stream *s);
/* Uniform on 0 .. n-1 without bias (Lemire 2019); n is at least 1. */
uint32_t ens__stream_below(ens__stream *s, uint32_t n);
double ens__stream_uniform(ens__stream *s);  /* [0, 1), 53 bits */
double ens__stream_gaussian(ens__stream *s); /* standard normal, gsl_ran_gaussian_ziggurat */

#endif
