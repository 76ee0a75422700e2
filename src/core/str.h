/* str.h - growing strings and what else plain C lacks about text. Locale never matters here. */
#ifndef ENS_CORE_STR_H
#define ENS_CORE_STR_H

#include <ensemble/base.h>
#include <stdbool.h>

/* A string that grows. Zero it to begin. Failure to grow sticks: check `failed` once, at the end. */
typedef struct ens__buf {
    char *s; /* NUL-terminated once anything was added */
    size_t len, cap;
    bool failed;
} ens__buf;

void ens__buf_add(ens__buf *b, const char *s, size_t n);
void ens__buf_puts(ens__buf *b, const char *s);
void ens__buf_printf(ens__buf *b, const char *fmt, ...) ENS_PRINTF(2, 3);
/* The shortest decimal that reads back as v: "0.1", "100", "1e-05", "nan", "inf". */
void ens__buf_number(ens__buf *b, double v);
/* The string, now the caller's (ens__free), or NULL and ENS_ENOMEM if it failed. */
ens_status ens__buf_take(char **out, ens__buf *b, ens_error *err);
void ens__buf_clear(ens__buf *b);

/* The shortest decimal of v into s; returns its length, below ENS__NUMBER_SIZE. */
#define ENS__NUMBER_SIZE 32
size_t ens__number_print(char *s, double v);

/* The whole of s[n] as a number: optional sign, decimal or exponent form, inf, infinity, nan in any case; no
 * hex, no spaces. Correctly rounded, whatever the locale. */
bool ens__number_parse(double *out, const char *s, size_t n);
/* The quick part of it: where the number at s ends, for the caller to see whether that is right; NULL for what
 * is no number or takes longer to round. Reads up to the first byte that is not of a number, or end. */
const char *ens__number_scan(double *out, const char *s, const char *end);

/* The candidate nearest to name by optimal string alignment distance, if it is near enough to be a typing
 * mistake; else NULL. next(ctx, i) gives candidate i, NULL past the last; it may reuse its memory. */
const char *ens__nearest(const char *name, const char *(*next)(const void *ctx, size_t i), const void *ctx);

/* Item i of a comma-separated list; NULL past the last. */
const char *ens__list_item(const char *list, size_t i, size_t *len);
/* Index of s[n] in a comma-separated list, or -1. */
int ens__list_find(const char *list, const char *s, size_t n);

#endif
