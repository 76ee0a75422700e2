/* mem.h - the only way to memory: overflow-checked, and fails on demand for tests. */
#ifndef ENS_CORE_MEM_H
#define ENS_CORE_MEM_H

#include <stddef.h>

/* All return NULL on failure; a request for nothing gets a valid pointer. Release with ens__free(). */
void *ens__alloc(size_t bytes);
void *ens__array(size_t n, size_t size);
void *ens__zeros(size_t n, size_t size);
void *ens__aligned(size_t n, size_t size); /* to 64 bytes, not zeroed */
void *ens__resize(void *p, size_t n, size_t size); /* p stays valid on failure */
char *ens__strdup(const char *s);
char *ens__strndup(const char *s, size_t n);
void ens__free(void *p);
/* Give what was freed back to the system, where the C library can; it costs as much as some thousand calls. */
void ens__mem_trim(void);

/* Tests: the k-th allocation from now (k = 0 is the next) and all after it fail; k < 0: none does.
 * Thread-safe. ens__mem_count() counts allocations since the last call of ens__mem_fail_at(). */
void ens__mem_fail_at(long k);
long ens__mem_count(void);

#endif
