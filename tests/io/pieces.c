/* pieces.c - a model file taken apart into its tensors, to be altered and put together again. */
#include <config.h>

#include "io/pieces.h"
#include "run.h"
#include <io/format.h>

void pieces_take(pieces *out, const unsigned char *file, size_t size)
{
    const char *name;
    json_t *node;
    const unsigned char *data;

    out->header = file_header(file, size);
    out->piece = calloc(json_object_size(out->header), sizeof *out->piece);
    out->n = 0;
    data =
        file + size -
        8; /* the arrays end where the checksum begins: find the first by their sizes */
    json_object_foreach(out->header, name, node)
    {
        piece *p = &out->piece[out->n];
        json_t *place = json_object_get(node, "data_offsets");
        ens_dtype type;

        if (place == NULL || strcmp(name, "checksum") == 0)
            continue;
        ck_assert(
            ens__dtype_find(&type, json_string_value(json_object_get(node, "dtype"))));
        *p = (piece){.name = name, .node = node, .width = ens__dtype_width(type)};
        p->n = (size_t)(json_integer_value(json_array_get(place, 1)) -
                        json_integer_value(json_array_get(place, 0)));
        data -= p->n;
        out->n++;
    }
    for (size_t i = 0; i < out->n; i++) {
        piece *p = &out->piece[i];

        p->data = malloc(p->n + 2 * p->width * N_LEVELS + 64);
        memcpy(p->data, data, p->n);
        data += p->n;
    }
}

unsigned char *pieces_put(size_t *size, pieces *ps)
{
    size_t n = 0, at = 0;
    unsigned char *data, *file;
    char *header;

    for (size_t i = 0; i < ps->n; i++)
        n += ps->piece[i].n;
    data = calloc(n + 16, 1);
    for (size_t i = 0; i < ps->n; i++) {
        piece *p = &ps->piece[i];

        json_object_set_new(p->node, "data_offsets",
                            json_pack("[I,I]", (json_int_t)at, (json_int_t)(at + p->n)));
        memcpy(data + 8 + at, p->data, p->n);
        at += p->n;
        free(p->data);
    }
    json_object_set_new(json_object_get(ps->header, "checksum"), "data_offsets",
                        json_pack("[I,I]", (json_int_t)at, (json_int_t)(at + 8)));
    header = json_dumps(ps->header, JSON_COMPACT);
    file = file_with_header(size, header, data,
                            n + 16); /* data stand behind a header of 0 bytes */
    free(header);
    free(data);
    free(ps->piece);
    json_decref(ps->header);
    return file;
}

piece *pieces_find(const pieces *ps, const char *name)
{
    for (size_t i = 0; i < ps->n; i++)
        if (strcmp(ps->piece[i].name, name) == 0)
            return &ps->piece[i];
    ck_abort_msg("no tensor %s", name);
    return NULL;
}
