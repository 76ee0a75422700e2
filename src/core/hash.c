/* hash.c - XXH64, the checksum of model files and of rows.
 *
 * The 64-bit hash of Yann Collet's xxHash with seed 0, written from its specification (doc/xxhash_spec.md,
 * version 0.2): public, in most languages' libraries, and as fast as memory.  It finds damage, not forgery:
 * whoever alters a file on purpose can compute it anew. */
#include <config.h>

#include <core/hash.h>
#include <string.h>

#define PRIME1 0x9E3779B185EBCA87u
#define PRIME2 0xC2B2AE3D27D4EB4Fu
#define PRIME3 0x165667B19E3779F9u
#define PRIME4 0x85EBCA77C2B2AE63u
#define PRIME5 0x27D4EB2F165667C5u

static inline uint64_t rotate(uint64_t v, int bits)
{
    return v << bits | v >> (64 - bits);
}

/* Little-endian on any host; compilers make one load of it. */
static inline uint64_t load32(const unsigned char *p)
{
    return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static inline uint64_t load64(const unsigned char *p)
{
    return load32(p) | load32(p + 4) << 32;
}

static inline uint64_t mix(uint64_t lane, uint64_t v)
{
    return rotate(lane + v * PRIME2, 31) * PRIME1;
}

/* All whole stripes of 32 bytes of p[n]. */
static void add_stripes(ens__hash *h, const unsigned char *p, size_t n)
{
    uint64_t a = h->lane[0], b = h->lane[1], c = h->lane[2], d = h->lane[3];

    for (; n >= 32; p += 32, n -= 32) {
        a = mix(a, load64(p));
        b = mix(b, load64(p + 8));
        c = mix(c, load64(p + 16));
        d = mix(d, load64(p + 24));
    }
    h->lane[0] = a;
    h->lane[1] = b;
    h->lane[2] = c;
    h->lane[3] = d;
}

void ens__hash_init(ens__hash *h)
{
    *h = (ens__hash){.lane = {PRIME1 + PRIME2, PRIME2, 0, -PRIME1}};
}

void ens__hash_add(ens__hash *h, const void *data, size_t n)
{
    const unsigned char *p = data;
    size_t held = h->n % 32;

    if (n == 0)
        return;
    h->n += n;
    if (held + n < 32) {
        memcpy(h->held + held, p, n);
        return;
    }
    if (held > 0) {
        memcpy(h->held + held, p, 32 - held);
        add_stripes(h, h->held, 32);
        p += 32 - held;
        n -= 32 - held;
    }
    add_stripes(h, p, n);
    memcpy(h->held, p + n / 32 * 32, n % 32);
}

/* The bytes that fill no stripe. */
static uint64_t add_tail(uint64_t v, const unsigned char *p, size_t n)
{
    for (; n >= 8; p += 8, n -= 8)
        v = rotate(v ^ mix(0, load64(p)), 27) * PRIME1 + PRIME4;
    if (n >= 4) {
        v = rotate(v ^ load32(p) * PRIME1, 23) * PRIME2 + PRIME3;
        p += 4;
        n -= 4;
    }
    for (; n > 0; p++, n--)
        v = rotate(v ^ *p * PRIME5, 11) * PRIME1;
    return v;
}

uint64_t ens__hash_value(const ens__hash *h)
{
    const uint64_t *lane = h->lane;
    uint64_t v = PRIME5;

    if (h->n >= 32) {
        v = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) +
            rotate(lane[3], 18);
        for (int i = 0; i < 4; i++)
            v = (v ^ mix(0, lane[i])) * PRIME1 + PRIME4;
    }
    v = add_tail(v + h->n, h->held, h->n % 32);
    v = (v ^ v >> 33) * PRIME2;
    v = (v ^ v >> 29) * PRIME3;
    return v ^ v >> 32;
}
