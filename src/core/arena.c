/* arena.c - chunks of memory that a task fills from one end.
 *
 * After a reset the chunks become one of their common size, so that a worker which does many tasks of one kind
 * asks the system for memory during the first of them only. Large chunks ask for large pages: they are read in a
 * random order, and filled page by page for the first time. */
#include <config.h>

#include <core/arena.h>
#include <core/mem.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN      ((size_t)64)
#define FIRST_SIZE ((size_t)16 << 10)
#define LARGE      ((size_t)4 << 20)

typedef struct ens__arena_chunk {
    struct ens__arena_chunk *next;
    size_t size; /* bytes that follow the header */
} chunk;

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static void ask_large_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const size_t page = (size_t)2 << 20;
    uintptr_t begin = ((uintptr_t)p + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)p + bytes) / page * page;

    if (bytes >= LARGE && end > begin) /* a wish: it may be refused */
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
    (void)p;
    (void)bytes;
#endif
}

static int add_chunk(ens__arena *a, size_t least)
{
    size_t size = a->total > FIRST_SIZE ? a->total : FIRST_SIZE;
    chunk *c;

    if (least > PTRDIFF_MAX / 2 || size > PTRDIFF_MAX / 2)
        return 0;
    size = size > least ? size : least;
    if ((c = ens__aligned(1, ALIGN + size)) == NULL)
        return 0;
    ask_large_pages(c, ALIGN + size);
    c->next = a->chunk;
    c->size = size;
    a->total = c->next != NULL ? a->total + size : size;
    a->chunk = c;
    a->used = 0;
    return 1;
}

void *ens__arena_take(ens__arena *a, size_t n, size_t size)
{
    size_t bytes;
    char *p;

    if (size != 0 && n > PTRDIFF_MAX / 4 / size)
        return NULL;
    bytes = rounded(n * size);
    if ((a->chunk == NULL || bytes > a->chunk->size - a->used) && !add_chunk(a, bytes))
        return NULL;
    p = (char *)a->chunk + ALIGN + a->used;
    a->used += bytes;
    return p;
}

void *ens__arena_zeros(ens__arena *a, size_t n, size_t size)
{
    void *p = ens__arena_take(a, n, size);

    if (p != NULL)
        memset(p, 0, n * size);
    return p;
}

static void free_chunks(ens__arena *a)
{
    while (a->chunk != NULL) {
        chunk *next = a->chunk->next;

        ens__free(a->chunk);
        a->chunk = next;
    }
}

void ens__arena_reset(ens__arena *a)
{
    if (a->chunk != NULL && a->chunk->next != NULL)
        free_chunks(a);
    a->used = 0;
}

void ens__arena_clear(ens__arena *a)
{
    free_chunks(a);
    *a = (ens__arena){0};
}
