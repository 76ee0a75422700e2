/* bytes.c - reading files: in pieces, plain or gzip'd, or whole.
 *
 * A source peeks at the first two bytes: those of gzip's magic switch inflating on, so a pipe serves as
 * well as a file. Members of a gzip file that follow each other (cat a.gz b.gz) are one text, and zero bytes
 * after the last are padding, as gzip has it; anything else there is damage. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define PIECE ((size_t)256 * 1024)

struct ens__source {
    const char *name; /* for messages, in the same allocation */
    int fd;
    bool gzip, at_end; /* of the input */
    bool between;      /* gzip: at a member's end, no byte of the next seen */
    z_stream z;
    unsigned char *in; /* [PIECE] read but not handed out: in + used .. in + filled */
    size_t used, filled;
};

static bool is_gzip(const void *data, size_t n)
{
    const unsigned char *s = data;

    return n >= 2 && s[0] == 0x1f && s[1] == 0x8b;
}

/* ---- Reading in pieces ---- */

static ens_status read_fd(size_t *got, ens__source *src, void *buf, size_t n,
                          ens_error *err)
{
    ssize_t k;

    *got = 0;
    if (src->at_end || n == 0)
        return ENS_OK;
    do
        k = read(src->fd, buf, n < SSIZE_MAX ? n : SSIZE_MAX);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return ens__fail(err, ENS_EIO, "%s: cannot read: %s", src->name, strerror(errno));
    src->at_end = k == 0;
    *got = (size_t)k;
    return ENS_OK;
}

static ens_status fill(ens__source *src, ens_error *err)
{
    size_t got;
    ens_status st = read_fd(&got, src, src->in + src->filled, PIECE - src->filled, err);

    src->filled += got;
    return st;
}

static void *z_array(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return ens__array(n, size);
}

static void z_free(void *opaque, void *p)
{
    (void)opaque;
    ens__free(p);
}

/* See what the first bytes are, and prepare for it. */
static ens_status begin(ens__source *src, ens_error *err)
{
    ens_status st = ENS_OK;

    while (st == ENS_OK && src->filled < 2 && !src->at_end)
        st = fill(src, err);
    if (st != ENS_OK || !is_gzip(src->in, src->filled))
        return st;
    src->z.zalloc = z_array;
    src->z.zfree = z_free;
    if (inflateInit2(&src->z, 16 + MAX_WBITS) != Z_OK)
        return ens__nomem(err);
    src->gzip = true;
    return ENS_OK;
}

/* A source whose descriptor is open and of which nothing is read yet. */
static ens_status open_raw(ens__source **out, const char *path, ens_error *err)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    size_t n = strlen(name) + 1;
    ens__source *src = ens__alloc(sizeof *src + n);
    struct stat s;
    ens_status st = ENS_OK;

    *out = NULL;
    if (src == NULL)
        return ens__nomem(err);
    *src = (ens__source){.fd = -1};
    src->name = memcpy(src + 1, name, n);
    src->in = ens__alloc(PIECE);
    src->fd = name != path ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (src->fd < 0)
        st = ens__fail(err, ENS_EIO, "%s: cannot open: %s", name, strerror(errno));
    else if (fstat(src->fd, &s) == 0 && S_ISDIR(s.st_mode))
        st = ens__fail(err, ENS_EIO, "%s: cannot read: it is a directory", name);
    else if (src->in == NULL)
        st = ens__nomem(err);
    if (st == ENS_OK)
        *out = src;
    else
        ens__source_free(src);
    return st;
}

ens_status ens__source_open(ens__source **out, const char *path, ens_error *err)
{
    ens_status st = open_raw(out, path, err);

    if (st == ENS_OK && (st = begin(*out, err)) != ENS_OK) {
        ens__source_free(*out);
        *out = NULL;
    }
    return st;
}

void ens__source_free(ens__source *src)
{
    if (src == NULL)
        return;
    if (src->gzip)
        inflateEnd(&src->z);
    if (src->fd > STDIN_FILENO)
        close(src->fd);
    ens__free(src->in);
    ens__free(src);
}

/* Have input in the buffer, unless it ends here. */
static ens_status refill(ens__source *src, ens_error *err)
{
    if (src->used < src->filled)
        return ENS_OK;
    src->used = src->filled = 0;
    return fill(src, err);
}

/* Between two members: pass the padding. */
static ens_status pass_zeros(ens__source *src, ens_error *err)
{
    ens_status st;

    for (;;) {
        if ((st = refill(src, err)) != ENS_OK || src->used == src->filled)
            return st;
        if (src->in[src->used] != 0)
            break;
        src->used++;
    }
    src->between = false;
    inflateReset(&src->z);
    return ENS_OK;
}

/* Inflate what the buffer holds into buf[n]; *made may come out as 0 before the end. */
static ens_status inflate_some(size_t *made, ens__source *src, void *buf, size_t n,
                               ens_error *err)
{
    uInt room = n < UINT32_MAX / 2 ? (uInt)n : UINT32_MAX / 2;

    src->z.next_in = src->in + src->used;
    src->z.avail_in = (uInt)(src->filled - src->used);
    src->z.next_out = buf;
    src->z.avail_out = room;
    int z = inflate(&src->z, Z_NO_FLUSH);
    src->used = src->filled - src->z.avail_in;
    *made = room - src->z.avail_out;
    if (z == Z_MEM_ERROR)
        return ens__nomem(err);
    if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
        return ens__fail(err, ENS_EIO, "%s: damaged gzip data: %s", src->name,
                         src->z.msg != NULL ? src->z.msg : "invalid");
    src->between = z == Z_STREAM_END;
    return ENS_OK;
}

static ens_status read_gzip(size_t *got, ens__source *src, void *buf, size_t n,
                            ens_error *err)
{
    ens_status st;

    while (*got == 0) {
        if (src->between) {
            if ((st = pass_zeros(src, err)) != ENS_OK || src->between)
                return st;
        }
        if ((st = refill(src, err)) != ENS_OK)
            return st;
        bool starved = src->used == src->filled;
        if ((st = inflate_some(got, src, buf, n, err)) != ENS_OK)
            return st;
        if (starved && *got == 0 && !src->between)
            return ens__fail(err, ENS_EIO, "%s: damaged gzip data: it ends too early",
                             src->name);
    }
    return ENS_OK;
}

ens_status ens__source_read(size_t *got, ens__source *src, void *buf, size_t n,
                            ens_error *err)
{
    *got = 0;
    if (n == 0)
        return ENS_OK;
    if (src->gzip)
        return read_gzip(got, src, buf, n, err);
    if (src->used == src->filled)
        return read_fd(got, src, buf, n, err);
    *got = src->filled - src->used < n ? src->filled - src->used : n;
    memcpy(buf, src->in + src->used, *got);
    src->used += *got;
    return ENS_OK;
}

/* ---- The whole of a file ---- */

/* Map a regular file; *out stays empty if it cannot be mapped, or is gzip'd and that matters. */
static void map(ens__bytes *out, int fd, int gunzip)
{
    struct stat s;

    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_size <= 0 ||
        (uintmax_t)s.st_size > PTRDIFF_MAX)
        return;
    size_t size = (size_t)s.st_size;
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p != MAP_FAILED && gunzip && is_gzip(p, size))
        munmap(p, size);
    else if (p != MAP_FAILED)
        *out = (ens__bytes){.data = p, .size = size, .owner = p, .mapped = size};
}

/* All that src still has, into memory that grows. */
static ens_status read_all(ens__bytes *out, ens__source *src, ens_error *err)
{
    char *data = NULL;
    size_t size = 0, cap = 0, got = 0;
    ens_status st = ENS_OK;

    do {
        if (cap - size < PIECE) {
            size_t larger = cap < PIECE ? 4 * PIECE : cap / 2 * 3;
            char *p = larger > cap ? ens__resize(data, larger, 1) : NULL;

            if (p == NULL) {
                st = ens__nomem(err);
                goto done;
            }
            data = p;
            cap = larger;
        }
        if ((st = ens__source_read(&got, src, data + size, cap - size, err)) != ENS_OK)
            goto done;
        size += got;
    } while (got != 0);
    *out = (ens__bytes){.data = data, .size = size, .owner = data};
    data = NULL;
done:
    ens__free(data);
    return st;
}

ens_status ens__bytes_load(ens__bytes *out, const char *path, int gunzip, ens_error *err)
{
    ens__source *src = NULL;
    ens_status st;

    *out = (ens__bytes){0};
    if ((st = open_raw(&src, path, err)) != ENS_OK)
        goto done;
    if (src->fd != STDIN_FILENO) /* which may stand in the middle of a file */
        map(out, src->fd, gunzip);
    if (out->owner != NULL)
        goto done;
    if (gunzip && (st = begin(src, err)) != ENS_OK)
        goto done;
    st = read_all(out, src, err);
done:
    ens__source_free(src);
    return st;
}

void ens__bytes_clear(ens__bytes *b)
{
    if (b->mapped != 0)
        munmap(b->owner, b->mapped);
    else
        ens__free(b->owner);
    *b = (ens__bytes){0};
}
