/* reader.c - a model file in memory: checked as a container, then asked for its texts and tensors.
 *
 * Nothing in the file is believed.  The checks go from cheap to dear and from outside to inside, so that what is
 * no model at all, a newer format and a truncated file get their own messages; the checksum, which damage
 * seldom passes, comes before any array is looked at.  Damage made on purpose passes it: the learners' read
 * functions check what the arrays hold. */
#include <config.h>

#include <core/error.h>
#include <core/hash.h>
#include <core/mem.h>
#include <core/str.h>
#include <io/json.h>
#include <io/reader.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    ens__tensor t; /* name belongs to the header */
    bool used;
} entry;

struct ens_reader {
    const unsigned char *data; /* the whole file */
    size_t size;
    size_t begin; /* of the arrays in it */
    void *copy;   /* of the file, if it had to be moved or turned round */
    json_t *header;
    json_t *metadata; /* in header */
    entry *entry;     /* [n] by name, without the checksum */
    size_t n;
    ens__buf group; /* "" or "a/b/" */
};

void ens__reader_free(ens_reader *r)
{
    if (r == NULL)
        return;
    json_decref(r->header);
    ens__buf_clear(&r->group);
    ens__free(r->entry);
    ens__free(r->copy);
    ens__free(r);
}

static uint64_t load64(const unsigned char *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* ---- Header ------------------------------------------------------------------------------------------- */

static ens_status open_header(ens_reader *r, ens_error *err)
{
    uint64_t n;

    if (r->size < 8)
        return ens__fail(err, ENS_EFORMAT, "%zu bytes are no model file", r->size);
    n = load64(r->data);
    if (n < 2 || n > ENS__HEADER_MAX || (r->size > 8 && r->data[8] != '{'))
        return ens__fail(err, ENS_EFORMAT,
                         "not a model file: it does not begin with a header");
    if (n > r->size - 8)
        return ens__fail(err, ENS_EFORMAT,
                         "truncated: %zu bytes, of which the header alone takes %llu",
                         r->size, (unsigned long long)n + 8);
    if ((n + 8) % ENS__FORMAT_ALIGN != 0)
        return ens__fail(err, ENS_EFORMAT,
                         "the arrays begin at byte %llu, which is no multiple of %d",
                         (unsigned long long)n + 8, ENS__FORMAT_ALIGN);
    r->begin = (size_t)n + 8;
    return ens__json_parse(&r->header, "header", (const char *)r->data + 8, (size_t)n,
                           ENS__HEADER_DEPTH, err);
}

ens_status ens__reader_meta(const char **out, const ens_reader *r, const char *key,
                            ens_error *err)
{
    *out = json_string_value(json_object_get(r->metadata, key));
    return *out != NULL ? ENS_OK
                        : ens__fail(err, ENS_EFORMAT, "the metadata have no `%s`", key);
}

static ens_status check_metadata(ens_reader *r, ens_error *err)
{
    const char *key;
    json_t *value;

    r->metadata = json_object_get(r->header, "__metadata__");
    if (!json_is_object(r->metadata))
        return ens__fail(err, ENS_EFORMAT, "not a model file: it has no metadata");
    json_object_foreach(r->metadata, key, value)
    {
        if (!json_is_string(value))
            return ens__fail(err, ENS_EFORMAT,
                             "the metadata hold something that is no text");
    }
    return ENS_OK;
}

static ens_status check_version(const ens_reader *r, ens_error *err)
{
    const char *format, *version;
    ens_status st;
    char *end;
    long v;

    if ((st = ens__reader_meta(&format, r, "format", err)) != ENS_OK ||
        (st = ens__reader_meta(&version, r, "format_version", err)) != ENS_OK)
        return st;
    if (strcmp(format, ENS__FORMAT_NAME) != 0)
        return ens__fail(
            err, ENS_EFORMAT,
            "a safetensors file, but not of libensemble (format is not `%s`)",
            ENS__FORMAT_NAME);
    v = strtol(version, &end, 10);
    if (version[0] < '1' || version[0] > '9' || *end != 0)
        return ens__fail(err, ENS_EFORMAT, "format_version is not a positive integer");
    if (v > ENS__FORMAT_VERSION)
        return ens__fail(
            err, ENS_EVERSION,
            "format version %ld is newer than %d, the newest that libensemble "
            "%s reads",
            v, ENS__FORMAT_VERSION, ens_version());
    return ENS_OK;
}

/* ---- Tensors ------------------------------------------------------------------------------------------ */

static bool get_size(size_t *out, const json_t *node)
{
    json_int_t v = json_integer_value(node);

    if (!json_is_integer(node) || v < 0 || (uintmax_t)v > PTRDIFF_MAX)
        return false;
    *out = (size_t)v;
    return true;
}

/* Type and shape of one tensor. */
static ens_status read_kind(ens__tensor *t, const json_t *node, ens_error *err)
{
    const char *dtype = json_string_value(json_object_get(node, "dtype"));
    const json_t *shape = json_object_get(node, "shape");

    if (dtype == NULL || !ens__dtype_find(&t->type, dtype))
        return ens__fail(err, ENS_EFORMAT, "tensor `%s`: unknown dtype", t->name);
    t->rank = json_array_size(shape);
    if (!json_is_array(shape) || t->rank > ENS_MAX_RANK)
        return ens__fail(err, ENS_EFORMAT,
                         "tensor `%s`: shape is not a list of at most %d sizes", t->name,
                         ENS_MAX_RANK);
    for (size_t d = 0; d < t->rank; d++)
        if (!get_size(&t->shape[d], json_array_get(shape, d)))
            return ens__fail(err, ENS_EFORMAT, "tensor `%s`: size %zu is not a count",
                             t->name, d + 1);
    if (!ens__tensor_measure(t))
        return ens__fail(err, ENS_EFORMAT, "tensor `%s`: its shape overflows", t->name);
    return ENS_OK;
}

/* The place of one tensor, which must be where the last one ended: *at, moved on. */
static ens_status read_place(ens__tensor *t, size_t *at, const ens_reader *r,
                             const json_t *node, ens_error *err)
{
    const json_t *place = json_object_get(node, "data_offsets");
    size_t begin, end;

    if (json_array_size(place) != 2 || !get_size(&begin, json_array_get(place, 0)) ||
        !get_size(&end, json_array_get(place, 1)) || end < begin)
        return ens__fail(err, ENS_EFORMAT,
                         "tensor `%s`: data_offsets are not [begin, end]", t->name);
    if (begin != *at)
        return ens__fail(err, ENS_EFORMAT,
                         "tensor `%s` begins at %zu, not at %zu where the last ended",
                         t->name, begin, *at);
    if (end - begin != t->bytes)
        return ens__fail(err, ENS_EFORMAT, "tensor `%s` takes %zu bytes, its shape %zu",
                         t->name, end - begin, t->bytes);
    if (end > r->size - r->begin)
        return ens__fail(err, ENS_EFORMAT,
                         "truncated: %zu bytes, tensor `%s` ends at %zu", r->size,
                         t->name, r->begin + end);
    if (begin % ens__dtype_width(t->type) != 0)
        return ens__fail(err, ENS_EFORMAT, "tensor `%s` begins at %zu, unaligned",
                         t->name, begin);
    t->data = r->data + r->begin + begin;
    *at = end;
    return ENS_OK;
}

static int by_name(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    return strcmp(x->t.name, y->t.name);
}

/* The last tensor, which the learners do not see. */
static ens_status take_checksum(ens_reader *r, ens_error *err)
{
    const ens__tensor *t = r->n > 0 ? &r->entry[r->n - 1].t : NULL;

    if (t == NULL || strcmp(t->name, "checksum") != 0 || t->type != ENS_U8 ||
        t->rank != 1 || t->bytes != ENS__CHECKSUM_SIZE)
        return ens__fail(err, ENS_EFORMAT, "the last tensor is not `checksum`, U8 [%d]",
                         ENS__CHECKSUM_SIZE);
    r->n--;
    return ENS_OK;
}

static ens_status read_tensors(ens_reader *r, ens_error *err)
{
    size_t at = 0;
    const char *name;
    json_t *node;
    ens_status st;

    if ((r->entry = ens__zeros(json_object_size(r->header), sizeof *r->entry)) == NULL)
        return ens__nomem(err);
    json_object_foreach(r->header, name, node)
    {
        ens__tensor *t = &r->entry[r->n].t;

        if (node == r->metadata)
            continue;
        if (!ens__tensor_name_ok(name, false))
            return ens__fail(err, ENS_EFORMAT, "tensor %zu: its name is not plain ASCII",
                             r->n + 1);
        t->name = name;
        if ((st = read_kind(t, node, err)) != ENS_OK ||
            (st = read_place(t, &at, r, node, err)) != ENS_OK)
            return st;
        r->n++;
    }
    if (at != r->size - r->begin)
        return ens__fail(err, ENS_EFORMAT, "%zu bytes follow the last tensor",
                         r->size - r->begin - at);
    return take_checksum(r, err);
}

/* ---- Opening ------------------------------------------------------------------------------------------ */

static ens_status check_sum(const ens_reader *r, ens_error *err)
{
    size_t n = r->size - ENS__CHECKSUM_SIZE;
    ens__hash hash;

    ens__hash_init(&hash);
    ens__hash_add(&hash, r->data, n);
    if (ens__hash_value(&hash) != load64(r->data + n))
        return ens__fail(err, ENS_EFORMAT,
                         "the checksum does not match: the file is damaged");
    return ENS_OK;
}

/* Learners get aligned arrays in the host's byte order: of the file itself nearly always, else of a copy. */
static ens_status settle(ens_reader *r, ens_error *err)
{
    bool little = ens__host_is_little_endian();
    unsigned char *copy;

    if (little && (uintptr_t)r->data % sizeof(uint64_t) == 0)
        return ENS_OK;
    if ((r->copy = copy = ens__aligned(r->size, 1)) == NULL)
        return ens__nomem(err);
    memcpy(copy, r->data, r->size);
    for (size_t i = 0; i < r->n; i++) {
        ens__tensor *t = &r->entry[i].t;
        unsigned char *data = copy + ((const unsigned char *)t->data - r->data);

        if (!little)
            ens__swap_elements(data, t->bytes, ens__dtype_width(t->type));
        t->data = data;
    }
    r->data = copy;
    return ENS_OK;
}

ens_status ens__reader_open(ens_reader **out, const void *data, size_t size,
                            ens_error *err)
{
    ens_reader *r = ens__zeros(1, sizeof *r);
    ens_status st;

    *out = NULL;
    if (r == NULL)
        return ens__nomem(err);
    r->data = data;
    r->size = size;
    if ((st = open_header(r, err)) == ENS_OK && (st = check_metadata(r, err)) == ENS_OK &&
        (st = check_version(r, err)) == ENS_OK && (st = read_tensors(r, err)) == ENS_OK &&
        (st = check_sum(r, err)) == ENS_OK && (st = settle(r, err)) == ENS_OK) {
        qsort(r->entry, r->n, sizeof *r->entry, by_name);
        *out = r;
        return ENS_OK;
    }
    ens__reader_free(r);
    return st;
}

ens_status ens__reader_finish(const ens_reader *r, ens_error *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->entry[i].used)
            return ens__fail(err, ENS_EFORMAT, "tensor `%s` is no part of this model",
                             r->entry[i].t.name);
    return ENS_OK;
}

/* ---- What learners ask ----------------------------------------------------------------------------------- */

/* The tensor of the current group, or NULL; *full is its whole name, good until the group changes. */
static entry *find(const char **full, ens_reader *r, const char *name, ens_error *err)
{
    size_t group = r->group.len;
    entry key = {0};

    ens__buf_puts(&r->group, name);
    if (r->group.failed) {
        ens__nomem(err);
        return NULL;
    }
    key.t.name = *full = r->group.s;
    r->group.len = group; /* the name stays behind it */
    return bsearch(&key, r->entry, r->n, sizeof *r->entry, by_name);
}

ens_status ens_reader_array(const void **data, size_t *shape, ens_reader *r,
                            const char *name, ens_dtype type, size_t rank, ens_error *err)
{
    const char *full = NULL;
    entry *e;

    *data = NULL;
    if ((e = find(&full, r, name, err)) == NULL)
        return full == NULL ? ENS_ENOMEM
                            : ens__fail(err, ENS_EFORMAT, "tensor `%s` is missing", full);
    if (e->t.type != type)
        return ens__fail(err, ENS_EFORMAT, "tensor `%s` is of type %s, expected %s", full,
                         ens__dtype_name(e->t.type), ens__dtype_name(type));
    if (e->t.rank != rank)
        return ens__fail(err, ENS_EFORMAT, "tensor `%s` has %zu dimensions, expected %zu",
                         full, e->t.rank, rank);
    if (rank > 0)
        memcpy(shape, e->t.shape, rank * sizeof *shape);
    e->used = true;
    *data = e->t.data;
    return ENS_OK;
}

ens_status ens_reader_push(ens_reader *r, const char *group, ens_error *err)
{
    ens__buf_printf(&r->group, "%s/", group);
    return r->group.failed ? ens__nomem(err) : ENS_OK;
}

void ens_reader_pop(ens_reader *r)
{
    ens__buf *g = &r->group;

    if (g->len == 0)
        return;
    do
        g->len--;
    while (g->len > 0 && g->s[g->len - 1] != '/');
    g->s[g->len] = 0;
}

ens_status ens_reader_bad(ens_reader *r, ens_error *err, const char *fmt, ...)
{
    char text[ENS_ERROR_MESSAGE_SIZE];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return ens__fail(err, ENS_EFORMAT, "group `%.*s`: %s",
                     r->group.len > 0 ? (int)(r->group.len - 1) : 0,
                     r->group.len > 0 ? r->group.s : "", text);
}
