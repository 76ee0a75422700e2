/* reader.h - a model file in memory: checked as a container, then asked for its texts and tensors. */
#ifndef ENS_IO_READER_H
#define ENS_IO_READER_H

#include <io/format.h>

/* Look at data[size], which stays the caller's and must outlive the reader, and check all that can be checked
 * without knowing the model: header, version, places of the tensors, checksum. O(size) time, and memory of
 * a multiple of the header's length.
 * ENS_EFORMAT, ENS_EVERSION, ENS_ENOMEM; messages do not name the file. */
ens_status ens__reader_open(ens_reader **out, const void *data, size_t size, ens_error *err);
void ens__reader_free(ens_reader *r);

/* A text of the metadata; ENS_EFORMAT if there is none. Owned by the reader. */
ens_status ens__reader_meta(const char **out, const ens_reader *r, const char *key, ens_error *err);
/* ENS_EFORMAT, naming one, if there are tensors that nobody asked for. */
ens_status ens__reader_finish(const ens_reader *r, ens_error *err);

#endif
