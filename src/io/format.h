/* format.h - what the writer and the reader of model files agree on; doc/model-format.md tells it in full. */
#ifndef ENS_IO_FORMAT_H
#define ENS_IO_FORMAT_H

#include <ensemble/ext.h>
#include <stdbool.h>

#define ENS__FORMAT_NAME "ensemble"
#define ENS__FORMAT_VERSION 1

/* The data begin at a multiple of this in the file. */
#define ENS__FORMAT_ALIGN 64
/* Of the JSON header, as in the safetensors library. */
#define ENS__HEADER_MAX 100000000u
#define ENS__HEADER_DEPTH 3
#define ENS__CHECKSUM_SIZE 8

/* One array of a file. */
typedef struct ens__tensor {
    const char *name; /* whole: group/.../name */
    ens_dtype type;
    size_t rank;
    size_t shape[ENS_MAX_RANK];
    size_t bytes;
    const void *data;
} ens__tensor;

/* Its name in the header, such as "F64", and bytes of one element; NULL and 0 for what is no type. */
const char *ens__dtype_name(ens_dtype type);
size_t ens__dtype_width(ens_dtype type);
bool ens__dtype_find(ens_dtype *out, const char *name);

/* Set bytes from type and shape; false if that overflows. */
bool ens__tensor_measure(ens__tensor *t);
/* Names of tensors and of groups: printable ASCII without blanks, quotes, backslash and, in a part of one, `/`. */
bool ens__tensor_name_ok(const char *name, bool part);

/* Files are little-endian. Reverse the bytes of each element of a[n bytes] where the host is not. */
bool ens__host_is_little_endian(void);
void ens__swap_elements(void *a, size_t n, size_t width);

#endif
