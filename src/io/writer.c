/* writer.c - collecting tensors and texts, and sending them off as a model file.
 *
 * The file is a safetensors file (doc/model-format.md): header length, JSON header, arrays from the widest
 * elements to the narrowest, each width in the order of writing, and last the checksum.  The same calls make
 * the same bytes. */
#include <config.h>

#include <core/error.h>
#include <core/hash.h>
#include <core/mem.h>
#include <core/str.h>
#include <io/json.h>
#include <io/writer.h>
#include <string.h>

typedef struct entry {
    ens__tensor t;
    char *name;  /* owned; t.name is the same */
    void *owned; /* of ens_writer_buffer(), else NULL */
} entry;

struct ens_writer {
    entry *entry; /* [n] */
    size_t n, cap;
    ens__buf group; /* "" or "a/b/" */
    json_t *metadata;
    /* Made by ens__writer_finish(). */
    size_t *order; /* [n] entries as they stand in the file */
    ens__buf header;
};

ens_status ens__writer_new(ens_writer **out, ens_error *err)
{
    ens_writer *w = ens__zeros(1, sizeof *w);

    *out = NULL;
    if (w == NULL || (w->metadata = json_object()) == NULL) {
        ens__free(w);
        return ens__nomem(err);
    }
    *out = w;
    return ENS_OK;
}

void ens__writer_free(ens_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n; i++) {
        ens__free(w->entry[i].name);
        ens__free(w->entry[i].owned);
    }
    ens__free(w->entry);
    ens__free(w->order);
    ens__buf_clear(&w->group);
    ens__buf_clear(&w->header);
    json_decref(w->metadata);
    ens__free(w);
}

ens_status ens__writer_meta(ens_writer *w, const char *key, const char *value,
                            ens_error *err)
{
    json_t *text = json_string(value);

    if (text == NULL && (text = json_string_nocheck(value)) != NULL) {
        json_decref(text);
        return ens__fail(err, ENS_EDATA,
                         "the %s is not UTF-8, which a model file cannot hold", key);
    }
    if (json_object_set_new(w->metadata, key, text) != 0)
        return ens__nomem(err);
    return ENS_OK;
}

/* ---- Tensors ------------------------------------------------------------------------------------------ */

/* The whole name of a tensor of the current group; NULL without memory. */
static char *full_name(const ens_writer *w, const char *name)
{
    size_t n = strlen(name) + 1;
    char *s = ens__alloc(w->group.len + n);

    if (s != NULL) {
        if (w->group.len > 0)
            memcpy(s, w->group.s, w->group.len);
        memcpy(s + w->group.len, name, n);
    }
    return s;
}

static ens_status grow(ens_writer *w, ens_error *err)
{
    size_t cap = w->cap != 0 ? 2 * w->cap : 16;
    entry *more;

    if (w->n < w->cap)
        return ENS_OK;
    if ((more = ens__resize(w->entry, cap, sizeof *more)) == NULL)
        return ens__nomem(err);
    w->entry = more;
    w->cap = cap;
    return ENS_OK;
}

/* A new entry, its data not yet set. */
static ens_status add_entry(entry **out, ens_writer *w, const char *name, ens_dtype type,
                            size_t rank, const size_t *shape, ens_error *err)
{
    entry e = {.t = {.type = type, .rank = rank}};
    ens_status st;

    *out = NULL;
    if (!ens__tensor_name_ok(name, true))
        return ens__fail(
            err, ENS_EINVAL,
            "tensor name `%s`: printable ASCII without blanks, quotes, \\ and /", name);
    if (ens__dtype_name(type) == NULL || rank > ENS_MAX_RANK)
        return ens__fail(err, ENS_EINVAL, "tensor `%s`: type %d of rank %zu, at most %d",
                         name, (int)type, rank, ENS_MAX_RANK);
    if (rank > 0)
        memcpy(e.t.shape, shape, rank * sizeof *shape);
    if (!ens__tensor_measure(&e.t))
        return ens__fail(err, ENS_EINVAL, "tensor `%s` is larger than memory", name);
    if ((st = grow(w, err)) != ENS_OK)
        return st;
    if ((e.name = full_name(w, name)) == NULL)
        return ens__nomem(err);
    e.t.name = e.name;
    *out = &w->entry[w->n++];
    **out = e;
    return ENS_OK;
}

ens_status ens_writer_array(ens_writer *w, const char *name, ens_dtype type, size_t rank,
                            const size_t *shape, const void *data, ens_error *err)
{
    entry *e;
    ens_status st;

    if ((st = add_entry(&e, w, name, type, rank, shape, err)) != ENS_OK)
        return st;
    if (data == NULL && e->t.bytes > 0)
        return ens__fail(err, ENS_EINVAL, "tensor `%s` has no data", name);
    e->t.data = data;
    return ENS_OK;
}

ens_status ens_writer_buffer(void **out, ens_writer *w, const char *name, ens_dtype type,
                             size_t rank, const size_t *shape, ens_error *err)
{
    entry *e;
    ens_status st;

    *out = NULL;
    if ((st = add_entry(&e, w, name, type, rank, shape, err)) != ENS_OK)
        return st;
    if ((e->owned = ens__zeros(e->t.bytes, 1)) == NULL)
        return ens__nomem(err);
    *out = e->owned;
    e->t.data = e->owned;
    return ENS_OK;
}

ens_status ens_writer_push(ens_writer *w, const char *group, ens_error *err)
{
    if (!ens__tensor_name_ok(group, true))
        return ens__fail(
            err, ENS_EINVAL,
            "group name `%s`: printable ASCII without blanks, quotes, \\ and /", group);
    ens__buf_printf(&w->group, "%s/", group);
    return w->group.failed ? ens__nomem(err) : ENS_OK;
}

void ens_writer_pop(ens_writer *w)
{
    ens__buf *g = &w->group;

    if (g->len == 0)
        return;
    do
        g->len--;
    while (g->len > 0 && g->s[g->len - 1] != '/');
    g->s[g->len] = 0;
}

/* ---- Layout --------------------------------------------------------------------------------------------- */

static ens_status make_order(ens_writer *w, ens_error *err)
{
    size_t at = 0;

    if ((w->order = ens__array(w->n, sizeof *w->order)) == NULL)
        return ens__nomem(err);
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t i = 0; i < w->n; i++)
            if (ens__dtype_width(w->entry[i].t.type) == width)
                w->order[at++] = i;
    return ENS_OK;
}

/* Describe t, whose data begin at *offset, in the header; *offset moves behind it. jansson's _new functions take
 * their value also when they fail. */
static ens_status describe(json_t *header, const ens__tensor *t, size_t *offset,
                           ens_error *err)
{
    json_t *node, *shape, *offsets;
    int failed = 0;

    if (json_object_get(header, t->name) != NULL)
        return ens__fail(err, ENS_EINVAL, "tensor `%s` is written twice", t->name);
    node = json_object();
    shape = json_array();
    offsets = json_array();
    for (size_t d = 0; d < t->rank; d++)
        failed |= json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
    failed |= json_array_append_new(offsets, json_integer((json_int_t)*offset));
    *offset += t->bytes;
    failed |= json_array_append_new(offsets, json_integer((json_int_t)*offset));
    failed |= json_object_set_new(node, "dtype", json_string(ens__dtype_name(t->type)));
    failed |= json_object_set_new(node, "shape", shape);
    failed |= json_object_set_new(node, "data_offsets", offsets);
    failed |= json_object_set_new(header, t->name, node);
    return failed ? ens__nomem(err) : ENS_OK;
}

static ens_status describe_all(json_t *header, size_t *size, const ens_writer *w,
                               ens_error *err)
{
    const ens__tensor checksum = {.name = "checksum",
                                  .type = ENS_U8,
                                  .rank = 1,
                                  .shape = {ENS__CHECKSUM_SIZE},
                                  .bytes = ENS__CHECKSUM_SIZE};
    ens_status st = ENS_OK;

    if (json_object_set(header, "__metadata__", w->metadata) != 0)
        return ens__nomem(err);
    *size = 0;
    for (size_t i = 0; i < w->n && st == ENS_OK; i++)
        st = describe(header, &w->entry[w->order[i]].t, size, err);
    return st == ENS_OK ? describe(header, &checksum, size, err) : st;
}

/* The header's text, with blanks up to where the data begin. */
static ens_status print_header(ens_writer *w, const json_t *header, ens_error *err)
{
    static const char blanks[ENS__FORMAT_ALIGN + 1] =
        "                                                                ";
    size_t past;

    ens__json_print(&w->header, header);
    past = (8 + w->header.len) % ENS__FORMAT_ALIGN;
    if (past != 0)
        ens__buf_add(&w->header, blanks, ENS__FORMAT_ALIGN - past);
    if (w->header.failed)
        return ens__nomem(err);
    if (w->header.len > ENS__HEADER_MAX)
        return ens__fail(err, ENS_ESUPPORT,
                         "the model's names and levels take %zu bytes, a file holds %u",
                         w->header.len, ENS__HEADER_MAX);
    return ENS_OK;
}

ens_status ens__writer_finish(size_t *size, ens_writer *w, ens_error *err)
{
    json_t *header = json_object();
    ens_status st;

    *size = 0;
    if (header == NULL)
        return ens__nomem(err);
    if ((st = make_order(w, err)) == ENS_OK &&
        (st = describe_all(header, size, w, err)) == ENS_OK &&
        (st = print_header(w, header, err)) == ENS_OK)
        *size += 8 + w->header.len;
    json_decref(header);
    return st;
}

/* ---- Sending ---------------------------------------------------------------------------------------------- */

typedef struct stream {
    ens__put_fn put;
    void *ctx;
    ens__hash hash;
} stream;

static ens_status send(stream *s, const void *data, size_t n, ens_error *err)
{
    if (n == 0)
        return ENS_OK;
    ens__hash_add(&s->hash, data, n);
    return s->put(s->ctx, data, n, err);
}

static ens_status send_u64(stream *s, uint64_t v, ens_error *err)
{
    unsigned char b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> 8 * i);
    return send(s, b, sizeof b, err);
}

static ens_status send_tensor(stream *s, const ens__tensor *t, ens_error *err)
{
    const unsigned char *data = t->data;
    unsigned char part[4096];
    ens_status st = ENS_OK;

    if (ens__host_is_little_endian())
        return send(s, data, t->bytes, err);
    for (size_t at = 0; at < t->bytes && st == ENS_OK; at += sizeof part) {
        size_t n = t->bytes - at < sizeof part ? t->bytes - at : sizeof part;

        memcpy(part, data + at, n);
        ens__swap_elements(part, n, ens__dtype_width(t->type));
        st = send(s, part, n, err);
    }
    return st;
}

ens_status ens__writer_emit(const ens_writer *w, ens__put_fn put, void *ctx,
                            ens_error *err)
{
    stream s = {.put = put, .ctx = ctx};
    ens_status st;

    ens__hash_init(&s.hash);
    if ((st = send_u64(&s, w->header.len, err)) == ENS_OK)
        st = send(&s, w->header.s, w->header.len, err);
    for (size_t i = 0; i < w->n && st == ENS_OK; i++)
        st = send_tensor(&s, &w->entry[w->order[i]].t, err);
    return st == ENS_OK ? send_u64(&s, ens__hash_value(&s.hash), err) : st;
}
