/* str.c - growing strings, nearest names and comma-separated lists.
 *
 * Nothing in here asks the locale: letters are ASCII, numbers go through number.c. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- Growing strings ---- */

/* Room for n more bytes and the NUL; false, and failed, if there is none. */
static bool reserve(ens__buf *b, size_t n)
{
    size_t cap = b->cap < 32 ? 64 : b->cap * 2;
    char *s = NULL;

    if (b->failed)
        return false;
    if (n < b->cap - b->len)
        return true;
    if (n <= PTRDIFF_MAX / 4 && b->len <= PTRDIFF_MAX / 4) {
        cap = cap < b->len + n + 1 ? b->len + n + 1 : cap;
        s = ens__resize(b->s, cap, 1);
    }
    if (s == NULL) {
        b->failed = true;
        return false;
    }
    b->s = s;
    b->cap = cap;
    return true;
}

void ens__buf_add(ens__buf *b, const char *s, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n != 0)
        memcpy(b->s + b->len, s, n);
    b->len += n;
    b->s[b->len] = 0;
}

void ens__buf_puts(ens__buf *b, const char *s)
{
    ens__buf_add(b, s, strlen(s));
}

void ens__buf_printf(ens__buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if (!reserve(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void ens__buf_number(ens__buf *b, double v)
{
    char s[ENS__NUMBER_SIZE];

    ens__buf_add(b, s, ens__number_print(s, v));
}

ens_status ens__buf_take(char **out, ens__buf *b, ens_error *err)
{
    *out = NULL;
    ens__buf_add(b, "", 0); /* nothing was added: an empty string */
    if (b->failed) {
        ens__buf_clear(b);
        return ens__nomem(err);
    }
    *out = b->s;
    *b = (ens__buf){0};
    return ENS_OK;
}

void ens__buf_clear(ens__buf *b)
{
    ens__free(b->s);
    *b = (ens__buf){0};
}

/* ---- Nearest names ---- */

/* Longer names are nobody's typing mistake. */
#define LONGEST_NAME 64

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that make b of a: insert, delete, replace, swap two neighbours; letters in any case.
 * Optimal string alignment: row i holds the distances of a's first i bytes. */
static size_t alignment_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= n_b; j++)
        above[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);

            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[n_b];
}

const char *ens__nearest(const char *name, const char *(*next)(const void *ctx, size_t i),
                         const void *ctx)
{
    size_t n = strlen(name),
           best = 1 + n / 4; /* a mistake in four letters, and one more */
    size_t found = SIZE_MAX;
    const char *candidate;

    if (n > LONGEST_NAME)
        return NULL;
    for (size_t i = 0; (candidate = next(ctx, i)) != NULL; i++) {
        size_t m = strlen(candidate);

        if (m > LONGEST_NAME || (m > n ? m - n : n - m) > best)
            continue;
        size_t d = alignment_distance(name, n, candidate, m);
        if (d < n && d < m && (d < best || (d == best && found == SIZE_MAX))) {
            best = d;
            found = i;
        }
    }
    return found != SIZE_MAX ? next(ctx, found) : NULL;
}

/* ---- Lists ---- */

const char *ens__list_item(const char *list, size_t i, size_t *len)
{
    if (*list == 0)
        return NULL;
    for (; i > 0; i--) {
        list = strchr(list, ',');
        if (list == NULL)
            return NULL;
        list++;
    }
    *len = strcspn(list, ",");
    return list;
}

int ens__list_find(const char *list, const char *s, size_t n)
{
    const char *item;
    size_t len;

    for (size_t i = 0; (item = ens__list_item(list, i, &len)) != NULL; i++)
        if (len == n && memcmp(item, s, n) == 0)
            return (int)i;
    return -1;
}
