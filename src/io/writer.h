/* writer.h - collecting tensors and texts, and sending them off as a model file. */
#ifndef ENS_IO_WRITER_H
#define ENS_IO_WRITER_H

#include <io/format.h>

/* Takes the bytes of a file in order. */
typedef ens_status (*ens__put_fn)(void *ctx, const void *data, size_t n, ens_error *err);

ens_status ens__writer_new(ens_writer **out, ens_error *err);
void ens__writer_free(ens_writer *w);
/* One entry of the metadata; key is new, value is copied. ENS_EDATA if value is not UTF-8. */
ens_status ens__writer_meta(ens_writer *w, const char *key, const char *value, ens_error *err);
/* Lay out what was collected; nothing can be added any more. *size is the whole file's. */
ens_status ens__writer_finish(size_t *size, ens_writer *w, ens_error *err);
/* Send the file that finish laid out. */
ens_status ens__writer_emit(const ens_writer *w, ens__put_fn put, void *ctx, ens_error *err);

#endif
