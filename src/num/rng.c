/* rng.c - named random streams on Philox4x32-10 (Salmon et al. 2011).
 *
 * Block b of the stream (seed, purpose, index) is Philox of the counter (b, index) under a key that is itself
 * Philox of (purpose, domain) under the seed. Keys of different purposes have nothing to do with each other,
 * and the domain keeps seeds of parts, ens_seed(), apart from the streams of the same name. */
#include <config.h>

#include <Random123/philox.h>
#include <core/cpu.h>
#include <ensemble/ext.h>
#include <gsl/gsl_randist.h>
#include <num/gsl.h>
#include <num/rng.h>
#include <string.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

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

/* ---- Four blocks at once ----
 *
 * A lane of 128 bits is a block. In a round words 0 and 2 are multiplied; the high halves of the products, XORed with
 * words 3 and 1 and the key, and the low halves come out in reverse. */

#define BLOCKS (ENS__STREAM_WORDS / 4)

static void refill_base(uint32_t *out, uint64_t first, const ens__stream *s)
{
    philox4x32_key_t key = {{s->key[0], s->key[1]}};

    for (uint64_t b = 0; b < BLOCKS; b++) {
        philox4x32_ctr_t counter = {
            {low(first + b), high(first + b), s->counter[2], s->counter[3]}};
        philox4x32_ctr_t r = philox4x32_R(10, counter, key);

        memcpy(out + 4 * b, r.v, sizeof r.v);
    }
}

#if ENS_HAVE_LEVELS
static int64_t words(uint32_t low_word, uint32_t high_word)
{
    return (int64_t)((uint64_t)high_word << 32 | low_word);
}

ENS_TARGET_V3 static void refill_v3(uint32_t *out, uint64_t first, const ens__stream *s)
{
    const __m256i factor = _mm256_setr_epi64x(PHILOX_M4x32_0, PHILOX_M4x32_1,
                                              PHILOX_M4x32_0, PHILOX_M4x32_1);
    const __m256i bump =
        _mm256_setr_epi64x(PHILOX_W32_0, PHILOX_W32_1, PHILOX_W32_0, PHILOX_W32_1);
    const int64_t index = words(s->counter[2], s->counter[3]);

    for (uint64_t b = 0; b < BLOCKS; b += 2) {
        __m256i x = _mm256_setr_epi64x((int64_t)(first + b), index,
                                       (int64_t)(first + b + 1), index);
        __m256i key = _mm256_setr_epi64x(s->key[0], s->key[1], s->key[0], s->key[1]);

        for (int round = 0; round < 10; round++) {
            __m256i product = _mm256_shuffle_epi32(_mm256_mul_epu32(x, factor), 0x1b);

            x = _mm256_xor_si256(_mm256_xor_si256(product, key),
                                 _mm256_srli_epi64(x, 32));
            key = _mm256_add_epi32(key, bump);
        }
        _mm256_storeu_si256((void *)(out + 4 * b), x);
    }
}

ENS_TARGET_V4 static void refill_v4(uint32_t *out, uint64_t first, const ens__stream *s)
{
    const __m512i factor =
        _mm512_broadcast_i64x2(_mm_set_epi64x(PHILOX_M4x32_1, PHILOX_M4x32_0));
    const __m512i bump =
        _mm512_broadcast_i64x2(_mm_set_epi64x(PHILOX_W32_1, PHILOX_W32_0));
    const int64_t index = words(s->counter[2], s->counter[3]);
    __m512i key = _mm512_broadcast_i64x2(_mm_set_epi64x(s->key[1], s->key[0]));
    __m512i x =
        _mm512_setr_epi64((int64_t)first, index, (int64_t)(first + 1), index,
                          (int64_t)(first + 2), index, (int64_t)(first + 3), index);

    for (int round = 0; round < 10; round++) {
        __m512i product = _mm512_shuffle_epi32(_mm512_mul_epu32(x, factor), 0x1b);

        x = _mm512_ternarylogic_epi32(product, key, _mm512_srli_epi64(x, 32), 0x96);
        key = _mm512_add_epi32(key, bump);
    }
    _mm512_storeu_si512(out, x);
}
#endif

void ens__stream_refill(ens__stream *s)
{
    uint64_t first = (uint64_t)s->counter[1] << 32 | s->counter[0], next = first + BLOCKS;

    ENS__CALL(refill, s->out, first, s);
    s->counter[0] = low(next);
    s->counter[1] = high(next);
    s->left = ENS__STREAM_WORDS;
}

uint64_t ens__stream_u64(ens__stream *s)
{
    uint64_t first = ens__stream_u32(s);

    return (uint64_t)ens__stream_u32(s) << 32 | first;
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
