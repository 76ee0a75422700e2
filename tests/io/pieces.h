/* pieces.h - a model file taken apart into its tensors, to be altered and put together again. */
#ifndef TESTS_IO_PIECES_H
#define TESTS_IO_PIECES_H

#include "io/fixture.h"

typedef struct piece {
    const char *name;
    json_t *node;
    unsigned char *data; /* with room for a few elements more */
    size_t n, width;     /* bytes, and of an element */
} piece;

typedef struct pieces {
    json_t *header;
    piece *piece; /* [n] without the checksum */
    size_t n;
} pieces;

void pieces_take(pieces *out, const unsigned char *file, size_t size);
/* The tensor of this name, which there must be. */
piece *pieces_find(const pieces *ps, const char *name);
/* The file again, offsets and checksum made right; free(). Frees the pieces. */
unsigned char *pieces_put(size_t *size, pieces *ps);

#endif
