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
    ENS__FOR_DROP,         /* DART: rounds that are left out */
    ENS__FOR_BATCH,        /* rows of an epoch into batches */
    ENS__FOR_CURVE,        /* rows of a point of a learning curve */
    ENS__FOR_WEIGHTS,      /* where a network starts */
    ENS__FOR_DROPOUT       /* units that are left out */
} ens__purpose;

/* Words that a stream makes at once: four blocks. */
#define ENS__STREAM_WORDS 16

typedef struct ens__stream {
    uint32_t key[2];
    uint32_t counter[4]; /* index in words 2 and 3, position in 0 and 1 */
    uint32_t out[ENS__STREAM_WORDS];
    unsigned left;       /* words of out not yet used */
} ens__stream;

void ens__stream_init(ens__stream *s, uint64_t seed, uint32_t purpose, uint64_t index);
/* The next whole block, without regard to words left of the current ones: for bulk use while none are left. */
void ens__stream_block(uint32_t out[4], ens__stream *s);
/* The next words into out; for the functions below. */
void ens__stream_refill(ens__stream *s);
uint64_t ens__stream_u64(ens__stream *s);
double ens__stream_gaussian(ens__stream *s); /* standard normal, gsl_ran_gaussian_ziggurat */

/* To the start of the stream of the same seed and purpose that this index names. */
static inline void ens__stream_move(ens__stream *s, uint64_t index)
{
    s->counter[0] = s->counter[1] = 0;
    s->counter[2] = (uint32_t)index;
    s->counter[3] = (uint32_t)(index >> 32);
    s->left = 0;
}

static inline uint32_t ens__stream_u32(ens__stream *s)
{
    if (s->left == 0)
        ens__stream_refill(s);
    return s->out[ENS__STREAM_WORDS - s->left--];
}

/* Uniform on 0 .. n-1 without bias (Lemire 2019); n is at least 1. */
static inline uint32_t ens__stream_below(ens__stream *s, uint32_t n)
{
    uint64_t m = (uint64_t)ens__stream_u32(s) * n;

    if ((uint32_t)m < n) {
        uint32_t biased = -n % n; /* 2^32 mod n: so many products would come up once too often */

        while ((uint32_t)m < biased)
            m = (uint64_t)ens__stream_u32(s) * n;
    }
    return (uint32_t)(m >> 32);
}

/* [0, 1), 32 bits: where that is fine enough. */
static inline double ens__stream_fraction(ens__stream *s)
{
    return ens__stream_u32(s) * 0x1p-32;
}

double ens__stream_uniform(ens__stream *s); /* [0, 1), 53 bits */

#endif
