/* rng.c - named random streams on Philox4x32-10 (Salmon et al. 2011).
 *
 * Block b of the stream (seed, purpose, index) is Philox of the counter (b, index) under a key that is itself
 * Philox of (purpose, domain) under the seed. Keys of different purposes have nothing to do with each other,
 * and the domain keeps seeds of parts, ens_seed(), apart from the streams of the same name. */
#include <config.h>

#include <Random123/philox.h>
#include <ensemble/ext.h>
#include <gsl/gsl_randist.h>
#include <num/gsl.h>
#include <num/rng.h>

enum { DOMAIN_STREAM = 0, DOMAIN_SEED = 1 };

static uint32_t low(uint64_t v)
{
    return (uint32_t)v;
}

static uint32_t high(uint64_t v)
{
    return (uint32_t)(v >> 32);
}

static philox4x32_key_t key_of(uint64_t seed, uint32_t purpose, uint32_t domain)
{
    philox4x32_ctr_t name = {{purpose, domain, 0, 0}};
    philox4x32_key_t key = {{low(seed), high(seed)}};
    philox4x32_ctr_t r = philox4x32_R(10, name, key);

    return (philox4x32_key_t){{r.v[0], r.v[1]}};
}

void ens__stream_init(ens__stream *s, uint64_t seed, uint32_t purpose, uint64_t index)
{
    philox4x32_key_t key = key_of(seed, purpose, DOMAIN_STREAM);

    *s = (ens__stream){{key.v[0], key.v[1]}, {0, 0, low(index), high(index)}, {0}, 0};
}

uint64_t ens_seed(uint64_t seed, uint32_t purpose, uint64_t index)
{
    philox4x32_ctr_t part = {{0, 0, low(index), high(index)}};
    philox4x32_ctr_t r = philox4x32_R(10, part, key_of(seed, purpose, DOMAIN_SEED));

    return (uint64_t)r.v[1] << 32 | r.v[0];
}

/* ---- Drawing ---- */

void ens__stream_block(uint32_t out[4], ens__stream *s)
{
    philox4x32_ctr_t counter = {
        {s->counter[0], s->counter[1], s->counter[2], s->counter[3]}};
    philox4x32_key_t key = {{s->key[0], s->key[1]}};
    philox4x32_ctr_t r = philox4x32_R(10, counter, key);

    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
    if (++s->counter[0] == 0)
        s->counter[1]++;
}

uint32_t ens__stream_u32(ens__stream *s)
{
    if (s->left == 0) {
        ens__stream_block(s->out, s);
        s->left = 4;
    }
    return s->out[4 - s->left--];
}

uint64_t ens__stream_u64(ens__stream *s)
{
    uint64_t first = ens__stream_u32(s);

    return (uint64_t)ens__stream_u32(s) << 32 | first;
}

uint32_t ens__stream_below(ens__stream *s, uint32_t n)
{
    uint64_t m = (uint64_t)ens__stream_u32(s) * n;

    if (low(m) < n) {
        uint32_t biased =
            -n % n; /* 2^32 mod n: so many products would come up once too often */

        while (low(m) < biased)
            m = (uint64_t)ens__stream_u32(s) * n;
    }
    return high(m);
}

double ens__stream_uniform(ens__stream *s)
{
    return (double)(ens__stream_u64(s) >> 11) * 0x1p-53;
}

double ens__stream_gaussian(ens__stream *s)
{
    gsl_rng r = ens__stream_gsl(s);

    return gsl_ran_gaussian_ziggurat(&r, 1.0);
}

/* ---- As GSL's generator ---- */

static void gsl_set(void *state, unsigned long seed)
{
    ens__stream_init(state, seed, ENS__FOR_SEED, 0);
}

static unsigned long gsl_get(void *state)
{
    return ens__stream_u32(state);
}

static double gsl_get_double(void *state)
{
    return ens__stream_uniform(state);
}

gsl_rng ens__stream_gsl(ens__stream *s)
{
    static const gsl_rng_type philox = {
        .name = "philox4x32-10",
        .max = UINT32_MAX,
        .min = 0,
        .size = sizeof(ens__stream),
        .set = gsl_set,
        .get = gsl_get,
        .get_double = gsl_get_double,
    };

    return (gsl_rng){&philox, s};
}
