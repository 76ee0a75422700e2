/* part.c - moving the rows of a node when it is split: those that go left to the front of the node's place in the
 * other store, the others to its back, each row once.
 *
 * The rows that go right come out in reverse.  Nothing depends on the order of rows, since sums are of integers. */
#include <config.h>

#include <assert.h>
#include <string.h>
#include <tree/work.h>

/* code[i] becomes whether row i goes left. */
static void decide(ens__work *w, size_t n)
{
    const ens__split *s = &w->best;
    unsigned missing = w->bins[s->feature]->n_bins;
    uint16_t *restrict code = w->code;

    if (s->by_set) {
        for (size_t i = 0; i < n; i++)
            code[i] = code[i] == missing ? s->missing_left
                                         : w->set[code[i] / 32] >> code[i] % 32 & 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        code[i] =
            (uint16_t)((code[i] <= s->code) | ((code[i] == missing) & s->missing_left));
}

/* Items of `size` bytes, a constant wherever this is inlined. Each is written to the front and to the back, and one of
 * the two is overwritten by the next: there is no branch on the data. */
static inline __attribute__((always_inline)) size_t move(void *restrict to,
                                                         const void *restrict items,
                                                         const uint16_t *restrict left,
                                                         size_t n, size_t size)
{
    char *front = to, *back = front + n * size;
    const char *from = items;

    for (size_t i = 0; i < n; i++, from += size) {
        size_t forward = size & (0 - (size_t)left[i]);

        memcpy(front, from, size);
        memcpy(back - size, from, size);
        front += forward;
        back -= size - forward;
    }
    return (size_t)(front - (char *)to) / size;
}

static void move_records(uint8_t *to, const uint8_t *from, const uint16_t *left, size_t n,
                         size_t stride)
{
    assert(stride <= ENS__MAX_STRIDE);
    switch (stride) {
    case 8:
        move(to, from, left, n, 8);
        break;
    case 16:
        move(to, from, left, n, 16);
        break;
    case 24:
        move(to, from, left, n, 24);
        break;
    case 32:
        move(to, from, left, n, 32);
        break;
    case 40:
        move(to, from, left, n, 40);
        break;
    case 48:
        move(to, from, left, n, 48);
        break;
    case 56:
        move(to, from, left, n, 56);
        break;
    case 64:
        move(to, from, left, n, 64);
        break;
    default:
        move(to, from, left, n, stride);
    }
}

static size_t move_stats(const ens__work *w, void *stat, size_t begin, size_t n)
{
    switch (w->kind) {
    case ENS__SUMS:
        return move((ens__stat *)stat + begin, w->stat + begin, w->code, n,
                    sizeof *w->stat);
    case ENS__RESPONSES:
        return move((ens__response *)stat + begin, w->response + begin, w->code, n,
                    sizeof *w->response);
    default:
        return move((uint32_t *)stat + begin, w->tag + begin, w->code, n, sizeof *w->tag);
    }
}

/* ---- Codes of one byte: one pass over records and what is summed ------------------------------------------------ */

/* Which bytes of a record, under a mask, go left. */
typedef struct sides {
    size_t offset;
    uint8_t mask;
    uint8_t left[256];
} sides;

static void find_sides(sides *s, const ens__work *w)
{
    const ens__split *best = &w->best;
    const ens__field *f = &w->field[best->feature];
    unsigned missing = w->bins[best->feature]->n_bins;

    s->offset = f->offset;
    s->mask = f->width == 0 ? (uint8_t)(1u << f->shift) : UINT8_MAX;
    if (best->by_set) {
        for (unsigned level = 0; level < missing; level++)
            s->left[level] = w->set[level / 32] >> level % 32 & 1;
    } else {
        memset(s->left, 1, best->code + 1);
        memset(s->left + best->code + 1, 0, UINT8_MAX - best->code);
    }
    if (f->width == 0)
        s->left[s->mask] = s->left[1];
    else
        s->left[missing] = best->missing_left;
}

/* As move(), of records of `stride` and items of `size` bytes at once. */
static inline __attribute__((always_inline)) size_t move_both(
    uint8_t *restrict to, const uint8_t *restrict record, size_t stride,
    char *restrict items_to, const char *restrict items, size_t size, const sides *s,
    size_t n)
{
    uint8_t *front = to, *back = to + n * stride;
    char *items_front = items_to, *items_back = items_to + n * size;

    for (size_t i = 0; i < n; i++, record += stride, items += size) {
        size_t left = 0 - (size_t)s->left[record[s->offset] & s->mask];

        memcpy(front, record, stride);
        memcpy(back - stride, record, stride);
        memcpy(items_front, items, size);
        memcpy(items_back - size, items, size);
        front += stride & left;
        back -= stride & ~left;
        items_front += size & left;
        items_back -= size & ~left;
    }
    return (size_t)(front - to) / stride;
}

static inline __attribute__((always_inline)) size_t move_strides(
    const ens__work *w, uint8_t *to, char *items_to, const char *items, size_t size,
    const sides *s, size_t begin, size_t n)
{
    const uint8_t *record = w->record + begin * w->stride;

    switch (w->stride) {
    case 8:
        return move_both(to, record, 8, items_to, items, size, s, n);
    case 16:
        return move_both(to, record, 16, items_to, items, size, s, n);
    case 24:
        return move_both(to, record, 24, items_to, items, size, s, n);
    case 32:
        return move_both(to, record, 32, items_to, items, size, s, n);
    default:
        return move_both(to, record, w->stride, items_to, items, size, s, n);
    }
}

static size_t part_bytes(ens__work *w, const struct ens__store *to, size_t begin,
                         size_t n)
{
    uint8_t *records = to->record + begin * w->stride;
    sides s;

    find_sides(&s, w);
    if (w->kind == ENS__RESPONSES)
        return move_strides(w, records, (char *)((ens__response *)to->stat + begin),
                            (const char *)(w->response + begin), sizeof *w->response, &s,
                            begin, n);
    return move_strides(w, records, (char *)((uint32_t *)to->stat + begin),
                        (const char *)(w->tag + begin), sizeof *w->tag, &s, begin, n);
}

/* ---- All ---------- */

/* A set of many levels is not spread out for a few rows. */
static bool has_bytes(const ens__work *w, size_t n)
{
    return w->stride > 0 && w->kind != ENS__SUMS && w->row == NULL &&
           w->field[w->best.feature].width <= 1 &&
           (!w->best.by_set || 4 * n >= w->bins[w->best.feature]->n_bins);
}

size_t ens__work_part(ens__work *w, size_t begin, size_t n, unsigned store)
{
    const struct ens__store *to = &w->store[1 - store];

    if (has_bytes(w, n))
        return part_bytes(w, to, begin, n);
    ens__work_codes(w, w->best.feature, begin, n);
    decide(w, n);
    w->coded = SIZE_MAX; /* they are decisions now */
    if (w->stride > 0)
        move_records(to->record + begin * w->stride, w->record + begin * w->stride,
                     w->code, n, w->stride);
    if (w->row != NULL)
        move(to->row + begin, w->row + begin, w->code, n, sizeof *w->row);
    return move_stats(w, to->stat, begin, n);
}
