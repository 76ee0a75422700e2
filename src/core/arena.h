/* arena.h - memory for the work of one task: taken piece by piece, given back all at once, kept for the next. */
#ifndef ENS_CORE_ARENA_H
#define ENS_CORE_ARENA_H

#include <stddef.h>

struct ens__arena_chunk;

/* All zero is an empty one. Not for several threads at a time. */
typedef struct ens__arena {
    struct ens__arena_chunk *chunk; /* the newest first */
    size_t used;                    /* of the newest */
    size_t total;                   /* bytes of all chunks, or of all before the last reset */
} ens__arena;

/* [n] of size bytes, 64-byte aligned, not zeroed; NULL: no memory. */
void *ens__arena_take(ens__arena *arena, size_t n, size_t size);
void *ens__arena_zeros(ens__arena *arena, size_t n, size_t size);
/* Take everything back. What follows may be as much without asking the system again. */
void ens__arena_reset(ens__arena *arena);
void ens__arena_clear(ens__arena *arena);

#endif
