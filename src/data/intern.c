/* intern.c - distinct texts, numbered in the order they came: a hash table with open addressing over
 * one growing stretch of text. */
#include <config.h>

#include <core/mem.h>
#include <data/intern.h>
#include <stdbool.h>
#include <string.h>

/* Eight bytes at a time, multiplied and folded; only the layout of the table depends on it. */
static uint32_t hash_of(const char *s, size_t n)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t h = n * odd, word;

    for (; n >= sizeof word; s += sizeof word, n -= sizeof word) {
        memcpy(&word, s, sizeof word);
        h = (h ^ word) * odd;
        h ^= h >> 32;
    }
    word = 0;
    memcpy(&word, s, n);
    h = (h ^ word) * odd;
    return (uint32_t)(h >> 32);
}

/* The slot that holds s[n], or the free one where it belongs. */
static size_t slot_of(const ens__intern *t, const char *s, size_t n, uint32_t hash)
{
    size_t at = hash & (t->n_slots - 1);

    for (; t->slot[at] != 0; at = (at + 1) & (t->n_slots - 1)) {
        size_t i = t->slot[at] - 1, length;
        const char *text;

        if (t->hash[i] != hash)
            continue;
        text = ens__intern_text(t, i, &length);
        if (length == n && memcmp(text, s, n) == 0)
            break;
    }
    return at;
}

/* Keep the table at most half full. */
static bool grow_slots(ens__intern *t)
{
    size_t n_slots = t->n_slots != 0 ? 2 * t->n_slots : 16;
    uint32_t *slot;

    if (2 * (t->n + 1) <= t->n_slots)
        return true;
    if (t->n >= INT32_MAX || (slot = ens__zeros(n_slots, sizeof *slot)) == NULL)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        size_t at = t->hash[i] & (n_slots - 1);

        while (slot[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slot[at] = (uint32_t)i + 1;
    }
    ens__free(t->slot);
    t->slot = slot;
    t->n_slots = n_slots;
    return true;
}

static bool grow_list(ens__intern *t)
{
    size_t cap = t->n_cap != 0 ? 2 * t->n_cap : 8;
    size_t *start;
    uint32_t *hash;

    if (t->n < t->n_cap)
        return true;
    if ((start = ens__resize(t->start, cap + 1, sizeof *start)) == NULL)
        return false;
    t->start = start;
    if ((hash = ens__resize(t->hash, cap, sizeof *hash)) == NULL)
        return false;
    t->hash = hash;
    t->n_cap = cap;
    return true;
}

static bool grow_text(ens__intern *t, size_t n)
{
    size_t cap = 2 * t->cap + n + 1;
    char *text;

    if (n < t->cap - t->used)
        return true;
    if (cap < n || (text = ens__resize(t->text, cap, 1)) == NULL)
        return false;
    t->text = text;
    t->cap = cap;
    return true;
}

int32_t ens__intern_add(ens__intern *t, const char *s, size_t n)
{
    uint32_t hash = hash_of(s, n);
    size_t at;

    if (!grow_slots(t))
        return -1;
    at = slot_of(t, s, n, hash);
    if (t->slot[at] != 0)
        return (int32_t)t->slot[at] - 1;
    if (!grow_list(t) || !grow_text(t, n))
        return -1;
    memcpy(t->text + t->used, s, n);
    t->text[t->used + n] = 0;
    t->start[t->n] = t->used;
    t->used += n + 1;
    t->start[t->n + 1] = t->used;
    t->hash[t->n] = hash;
    t->slot[at] = (uint32_t)++t->n;
    return (int32_t)t->n - 1;
}

int32_t ens__intern_find(const ens__intern *t, const char *s, size_t n)
{
    if (t->n_slots == 0)
        return -1;
    return (int32_t)t->slot[slot_of(t, s, n, hash_of(s, n))] - 1;
}

const char *ens__intern_text(const ens__intern *t, size_t i, size_t *n)
{
    if (n != NULL)
        *n = t->start[i + 1] - t->start[i] - 1;
    return t->text + t->start[i];
}

void ens__intern_clear(ens__intern *t)
{
    ens__free(t->text);
    ens__free(t->start);
    ens__free(t->hash);
    ens__free(t->slot);
    *t = (ens__intern){0};
}
