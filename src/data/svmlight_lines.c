/* svmlight_lines.c - lines of an svmlight file as sparse rows.
 *
 *     TARGET [qid:GROUP] INDEX:VALUE INDEX:VALUE ... [# comment]
 *
 * as of Joachims' SVM-light and LIBSVM: indices ascend, what is not named is 0. Lines that are blank or a comment are
 * skipped. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/csv.h>
#include <data/svmlight.h>
#include <math.h>
#include <string.h>

#define LARGEST_INDEX 2147483647U
#define LARGEST_GROUP 9007199254740992.0 /* 2^53 */

/* ---- Sets of indices --------------------------------------------------------------------------------- */

static size_t place_of(const ens__indices *set, uint32_t key)
{
    size_t at = (key * 2654435769U) & (set->cap - 1);

    while (set->key[at] != 0 && set->key[at] != key + 1)
        at = (at + 1) & (set->cap - 1);
    return at;
}

static bool grow(ens__indices *set)
{
    size_t cap = set->cap != 0 ? 2 * set->cap : 256;
    ens__indices more = {ens__zeros(cap, sizeof *more.key),
                         ens__array(cap, sizeof *more.value), set->n, cap};

    if (more.key == NULL || more.value == NULL) {
        ens__indices_clear(&more);
        return false;
    }
    for (size_t i = 0; i < set->cap; i++)
        if (set->key[i] != 0) {
            size_t at = place_of(&more, set->key[i] - 1);

            more.key[at] = set->key[i];
            more.value[at] = set->value[i];
        }
    ens__indices_clear(set);
    *set = more;
    return true;
}

bool ens__indices_add(ens__indices *set, uint32_t key, uint32_t value)
{
    size_t at;

    if (2 * set->n >= set->cap && !grow(set))
        return false;
    at = place_of(set, key);
    if (set->key[at] == 0) {
        set->key[at] = key + 1;
        set->value[at] = value;
        set->n++;
    }
    return true;
}

uint32_t ens__indices_find(const ens__indices *set, uint32_t key)
{
    size_t at;

    if (set->n == 0)
        return UINT32_MAX;
    at = place_of(set, key);
    return set->key[at] != 0 ? set->value[at] : UINT32_MAX;
}

void ens__indices_clear(ens__indices *set)
{
    ens__free(set->key);
    ens__free(set->value);
    *set = (ens__indices){0};
}

/* ---- Bytes ------------------------------------------------------------------------------------------- */

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

size_t ens__svm_line(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && !is_end(s[i]))
        i++;
    if (i == n)
        return n;
    return i + 1 + (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n');
}

/* A line's words, one after the other. */
typedef struct words {
    const char *at, *end; /* what is left */
    const char *s;        /* the current one */
    size_t n;             /* 0: there are no more */
} words;

static bool next_word(words *w)
{
    while (w->at < w->end && is_blank(*w->at))
        w->at++;
    w->s = w->at;
    while (w->at < w->end && !is_blank(*w->at) && !is_end(*w->at) && *w->at != '#')
        w->at++;
    w->n = (size_t)(w->at - w->s);
    return w->n > 0;
}

/* The whole of s[n] as a number. */
static bool number_of(double *out, const char *s, size_t n)
{
    const char *end = ens__number_scan(out, s, s + n);

    return end == s + n || ens__number_parse(out, s, n);
}

/* The digits of s[n]; above `most` it is most + 1. */
static bool whole_of(uint64_t *out, const char *s, size_t n, uint64_t most)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        if (*out <= most)
            *out = 10 * *out + (uint64_t)(s[i] - '0');
    }
    if (*out > most)
        *out = most + 1;
    return n > 0;
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static ens_status bad(const ens__svm *svm, const words *w, const char *what,
                      ens_error *err)
{
    size_t line = svm->skipped_lines + 1 +
                  ens__csv_count_lines(svm->s, (size_t)(w->s - svm->s)),
           column = 1;

    for (const char *c = w->s; c > svm->s && !is_end(c[-1]); c--)
        column++;
    return ens__fail_at(err, ENS_EPARSE, line, column, "%s:%zu:%zu: `%.*s` %s", svm->name,
                        line, column, (int)(w->n < 40 ? w->n : 40), w->s, what);
}

static bool room_for_row(ens__svm_chunk *k)
{
    size_t room = k->room != 0 ? 2 * k->room : 1024;
    double *y, *qid;
    size_t *end;

    if (k->n < k->room)
        return true;
    if ((y = ens__resize(k->y, room, sizeof *y)) != NULL)
        k->y = y;
    if ((qid = ens__resize(k->qid, room, sizeof *qid)) != NULL)
        k->qid = qid;
    if ((end = ens__resize(k->end, room, sizeof *end)) != NULL)
        k->end = end;
    if (y == NULL || qid == NULL || end == NULL)
        return false;
    k->room = room;
    return true;
}

static bool room_for_value(ens__svm_chunk *k)
{
    size_t room = k->values_room != 0 ? 2 * k->values_room : 8192;
    uint32_t *index;
    double *value;

    if (k->n_values < k->values_room)
        return true;
    if ((index = ens__resize(k->index, room, sizeof *index)) != NULL)
        k->index = index;
    if ((value = ens__resize(k->value, room, sizeof *value)) != NULL)
        k->value = value;
    if (index == NULL || value == NULL)
        return false;
    k->values_room = room;
    return true;
}

/* INDEX:VALUE, whose index is above that of the row's last value. */
static ens_status read_value(const ens__svm *svm, ens__svm_chunk *k, const words *w,
                             bool first, ens_error *err)
{
    const char *colon = memchr(w->s, ':', w->n);
    size_t digits = colon != NULL ? (size_t)(colon - w->s) : 0;
    uint64_t index;
    double value;

    if (colon == NULL || !whole_of(&index, w->s, digits, LARGEST_INDEX))
        return bad(svm, w, "is not INDEX:VALUE", err);
    if (index > LARGEST_INDEX)
        return bad(svm, w, "has an index beyond 2147483647", err);
    if (!number_of(&value, colon + 1, w->n - digits - 1))
        return bad(svm, w, "has no number for its value", err);
    if (isinf(value))
        return bad(svm, w, "is infinite", err);
    if (!first && index <= k->index[k->n_values - 1])
        return bad(svm, w, "is out of order: the indices of a line ascend", err);
    if (!room_for_value(k) || !ens__indices_add(&k->seen, (uint32_t)index, 0))
        return ens__nomem(err);
    k->index[k->n_values] = (uint32_t)index;
    k->value[k->n_values++] = value;
    return ENS_OK;
}

static bool is_qid(const words *w)
{
    return w->n >= 4 && memcmp(w->s, "qid:", 4) == 0;
}

/* A line that has a word, which is the current one. */
static ens_status read_row(const ens__svm *svm, ens__svm_chunk *k, words *w,
                           ens_error *err)
{
    size_t begin = k->n_values;
    uint64_t group;
    bool more;
    ens_status st;

    if (!room_for_row(k))
        return ens__nomem(err);
    k->qid[k->n] = NAN;
    if (!number_of(&k->y[k->n], w->s, w->n))
        return bad(svm, w, "is no number, which a line begins with", err);
    more = next_word(w);
    if (more && is_qid(w)) {
        if (!whole_of(&group, w->s + 4, w->n - 4, (uint64_t)LARGEST_GROUP) ||
            group > (uint64_t)LARGEST_GROUP)
            return bad(svm, w, "is no whole number up to 2^53", err);
        k->qid[k->n] = (double)group;
        more = next_word(w);
    }
    for (; more; more = next_word(w)) {
        if (is_qid(w))
            return bad(svm, w, "is out of place: it follows the target", err);
        if ((st = read_value(svm, k, w, k->n_values == begin, err)) != ENS_OK)
            return st;
    }
    k->end[k->n++] = k->n_values;
    return ENS_OK;
}

ens_status ens__svm_read_chunk(const ens__svm *svm, ens__svm_chunk *k, ens_error *err)
{
    ens_status st;

    for (size_t at = k->from, length; at < k->to; at += length) {
        words w = {svm->s + at, NULL, NULL, 0};

        length = ens__svm_line(w.at, k->to - at);
        w.end = w.at + length;
        if (next_word(&w) && (st = read_row(svm, k, &w, err)) != ENS_OK)
            return st;
    }
    return ENS_OK;
}

void ens__svm_chunk_clear(ens__svm_chunk *k)
{
    ens__free(k->y);
    ens__free(k->qid);
    ens__free(k->end);
    ens__free(k->index);
    ens__free(k->value);
    ens__indices_clear(&k->seen);
}

size_t ens__svm_row_line(const ens__svm *svm, const ens__svm_chunk *k, size_t r)
{
    size_t at = k->from;

    for (;; at += ens__svm_line(svm->s + at, k->to - at)) {
        words w = {svm->s + at, svm->s + k->to, NULL, 0};

        if (next_word(&w) && r-- == 0)
            break;
    }
    return svm->skipped_lines + 1 + ens__csv_count_lines(svm->s, at);
}

/* ---- Recognition ------------------------------------------------------------------------------------- */

bool ens__svm_has_groups(const char *s, size_t n)
{
    for (size_t at = 0, length; at < n; at += length) {
        words w = {s + at, NULL, NULL, 0};

        length = ens__svm_line(s + at, n - at);
        w.end = s + at + length;
        if (next_word(&w))
            return next_word(&w) && is_qid(&w);
    }
    return false;
}

/* Whether a line is one of such a file; *pairs counts what a number alone would not tell. */
static bool looks(words *w, size_t *pairs)
{
    double v;
    uint64_t index;

    if (!next_word(w))
        return true;
    if (!number_of(&v, w->s, w->n))
        return false;
    while (next_word(w)) {
        const char *colon = memchr(w->s, ':', w->n);
        size_t digits = colon != NULL ? (size_t)(colon - w->s) : 0;

        if (colon == NULL || !number_of(&v, colon + 1, w->n - digits - 1) ||
            (!is_qid(w) && !whole_of(&index, w->s, digits, LARGEST_INDEX)))
            return false;
        ++*pairs;
    }
    return true;
}

bool ens__svm_looks(const char *s, size_t n)
{
    enum { LINES = 10 };
    size_t pairs = 0;

    for (size_t at = 0, i = 0, length; at < n && i < LINES; at += length, i++) {
        words w = {s + at, NULL, NULL, 0};

        length = ens__svm_line(s + at, n - at);
        w.end = s + at + length;
        if (at + length == n && i > 0 && !is_end(s[n - 1]))
            break; /* it may go on */
        if (!looks(&w, &pairs))
            return false;
    }
    return pairs > 0;
}
