/* hash.h - XXH64, the checksum of model files and of rows. */
#ifndef ENS_CORE_HASH_H
#define ENS_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A hash over bytes that come in pieces. */
typedef struct ens__hash {
    uint64_t lane[4];
    unsigned char held[32]; /* the last n % 32 bytes */
    uint64_t n;
} ens__hash;

void ens__hash_init(ens__hash *h); /* seed 0 */
void ens__hash_add(ens__hash *h, const void *data, size_t n);
/* Of all bytes so far; more may follow. */
uint64_t ens__hash_value(const ens__hash *h);

#endif
