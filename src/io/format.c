/* format.c - types, sizes and byte order of the arrays in a model file. */
#include <config.h>

#include <io/format.h>
#include <string.h>

static const struct {
    const char *name;
    size_t width;
} dtypes[] = {
    [ENS_F64] = {"F64", 8}, [ENS_I64] = {"I64", 8}, [ENS_U64] = {"U64", 8},
    [ENS_F32] = {"F32", 4}, [ENS_I32] = {"I32", 4}, [ENS_U32] = {"U32", 4},
    [ENS_U16] = {"U16", 2}, [ENS_U8] = {"U8", 1},
};

#define N_DTYPES (sizeof dtypes / sizeof *dtypes)

const char *ens__dtype_name(ens_dtype type)
{
    return (size_t)type < N_DTYPES ? dtypes[type].name : NULL;
}

size_t ens__dtype_width(ens_dtype type)
{
    return (size_t)type < N_DTYPES ? dtypes[type].width : 0;
}

bool ens__dtype_find(ens_dtype *out, const char *name)
{
    for (size_t i = 0; i < N_DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            *out = (ens_dtype)i;
            return true;
        }
    return false;
}

bool ens__tensor_measure(ens__tensor *t)
{
    t->bytes = ens__dtype_width(t->type);
    for (size_t d = 0; d < t->rank; d++) {
        if (t->shape[d] != 0 && t->bytes > PTRDIFF_MAX / t->shape[d])
            return false;
        t->bytes *= t->shape[d];
    }
    return true;
}

bool ens__tensor_name_ok(const char *name, bool part)
{
    if (name[0] == 0)
        return false;
    for (; *name != 0; name++)
        if (*name <= ' ' || *name > '~' || *name == '"' || *name == '\\' ||
            (part && *name == '/'))
            return false;
    return true;
}

bool ens__host_is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 1;
}

void ens__swap_elements(void *a, size_t n, size_t width)
{
    unsigned char *p = a;

    for (size_t at = 0; at < n; at += width)
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = p[at + i];

            p[at + i] = p[at + width - 1 - i];
            p[at + width - 1 - i] = byte;
        }
}
