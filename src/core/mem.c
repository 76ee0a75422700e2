/* mem.c - the only way to memory: overflow-checked, and fails on demand for tests. */
#include <config.h>

#include <core/mem.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Of fault injection; untouched outside tests. */
static atomic_long n_allocations;
static atomic_long fail_at = -1;

static int may_allocate(void)
{
    long at = atomic_load_explicit(&fail_at, memory_order_relaxed);

    if (at == -1)
        return 1;
    return atomic_fetch_add(&n_allocations, 1) < at;
}

void ens__mem_fail_at(long k)
{
    atomic_store(&n_allocations, 0);
    atomic_store(&fail_at, k < 0 ? -1 : k);
}

long ens__mem_count(void)
{
    return atomic_load(&n_allocations);
}

static int overflows(size_t n, size_t size)
{
    return size != 0 && n > PTRDIFF_MAX / size;
}

void *ens__alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX || !may_allocate())
        return NULL;
    return malloc(bytes != 0 ? bytes : 1);
}

void *ens__array(size_t n, size_t size)
{
    return overflows(n, size) ? NULL : ens__alloc(n * size);
}

void *ens__zeros(size_t n, size_t size)
{
    if (overflows(n, size) || !may_allocate())
        return NULL;
    return n * size != 0 ? calloc(n, size) : calloc(1, 1);
}

void *ens__aligned(size_t n, size_t size)
{
    size_t bytes;

    if (overflows(n, size) || n * size > PTRDIFF_MAX - 64 || !may_allocate())
        return NULL;
    bytes = (n * size + 63) / 64 * 64;
    return aligned_alloc(64, bytes != 0 ? bytes : 64);
}

void *ens__resize(void *p, size_t n, size_t size)
{
    if (overflows(n, size) || !may_allocate())
        return NULL;
    return realloc(p, n * size != 0 ? n * size : 1);
}

char *ens__strndup(const char *s, size_t n)
{
    char *copy;

    if (n == SIZE_MAX || (copy = ens__alloc(n + 1)) == NULL)
        return NULL;
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *ens__strdup(const char *s)
{
    return ens__strndup(s, strlen(s));
}

void ens__free(void *p)
{
    free(p);
}

void ens__mem_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
