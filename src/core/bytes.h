/* bytes.h - files as bytes: read whole or in pieces, plain or gzip'd; written all or not at all. */
#ifndef ENS_CORE_BYTES_H
#define ENS_CORE_BYTES_H

#include <ensemble/base.h>

/* ---- Reading in pieces: a path, "-" for standard input; gzip is detected by its magic bytes ---- */

typedef struct ens__source ens__source;

ens_status ens__source_open(ens__source **out, const char *path, ens_error *err);
/* At most n bytes into buf; *got is 0 at the end. A damaged gzip stream is ENS_EIO, and so is a directory. */
ens_status ens__source_read(size_t *got, ens__source *src, void *buf, size_t n, ens_error *err);
void ens__source_free(ens__source *src);

/* ---- The whole of a file: mapped where it can be, else read ------------------------------------- */

typedef struct ens__bytes {
    const char *data; /* not NUL-terminated */
    size_t size;
    void *owner; /* private */
    size_t mapped;
} ens__bytes;

/* With gunzip, a gzip'd file is inflated. */
ens_status ens__bytes_load(ens__bytes *out, const char *path, int gunzip, ens_error *err);
void ens__bytes_clear(ens__bytes *b);

/* ---- Writing: to a temporary file beside path, synced and renamed by close, removed by abort ----- */

typedef struct ens__sink ens__sink;

ens_status ens__sink_open(ens__sink **out, const char *path, ens_error *err);
ens_status ens__sink_write(ens__sink *sink, const void *data, size_t n, ens_error *err);
/* Frees the sink either way; after a failure path is as it was and no temporary file is left. */
ens_status ens__sink_close(ens__sink *sink, ens_error *err);
void ens__sink_abort(ens__sink *sink); /* NULL is fine */

#endif
