/* intern.h - distinct texts, numbered in the order they came. */
#ifndef ENS_DATA_INTERN_H
#define ENS_DATA_INTERN_H

#include <stddef.h>
#include <stdint.h>

/* Zero it to begin. */
typedef struct ens__intern {
    char *text; /* all of them, each ended by a NUL */
    size_t used, cap;
    size_t *start;  /* [n + 1] where each begins in text */
    uint32_t *hash; /* [n] */
    size_t n, n_cap;
    uint32_t *slot; /* [n_slots] a text's number and 1; 0 is free. n_slots is a power of two */
    size_t n_slots;
} ens__intern;

/* The number of s[n], which is new or known; -1: no memory. */
int32_t ens__intern_add(ens__intern *t, const char *s, size_t n);
/* The number of s[n], or -1. */
int32_t ens__intern_find(const ens__intern *t, const char *s, size_t n);
/* Text i, and its length if n is not NULL. */
const char *ens__intern_text(const ens__intern *t, size_t i, size_t *n);
void ens__intern_clear(ens__intern *t);

#endif
