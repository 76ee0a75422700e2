/* part.c - moving the rows of a node when it is split: those that go left first, both sides in their order.
 *
 * Each row is written to both places where it may belong and one of the two ends moves on, so there is no branch
 * on the data. */
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

/* Items of `size` bytes, a constant wherever this is inlined: left ones to the front, the rest to `aside`. */
static inline __attribute__((always_inline)) size_t move(void *items, void *aside,
                                                         const uint16_t *left, size_t n,
                                                         size_t size)
{
    char *to = items, *other = aside;
    const char *from = items;

    for (size_t i = 0; i < n; i++, from += size) {
        char item[ENS__MAX_STRIDE];
        size_t forward = size & (0 - (size_t)left[i]);

        memcpy(item, from, size); /* through a copy: its place may be its own */
        memcpy(to, item, size);
        memcpy(other, item, size);
        to += forward;
        other += size - forward;
    }
    memcpy(to, aside, (size_t)(other - (char *)aside));
    return (size_t)(to - (char *)items) / size;
}

static void move_records(ens__work *w, size_t begin, size_t n)
{
    void *items = w->record + begin * w->stride;

    assert(w->stride <= ENS__MAX_STRIDE);
    switch (w->stride) {
    case 8:
        move(items, w->moved, w->code, n, 8);
        break;
    case 16:
        move(items, w->moved, w->code, n, 16);
        break;
    case 24:
        move(items, w->moved, w->code, n, 24);
        break;
    case 32:
        move(items, w->moved, w->code, n, 32);
        break;
    case 56:
        move(items, w->moved, w->code, n, 56);
        break;
    case 64:
        move(items, w->moved, w->code, n, 64);
        break;
    default:
        move(items, w->moved, w->code, n, w->stride);
    }
}

size_t ens__work_part(ens__work *w, size_t begin, size_t n)
{
    ens__work_codes(w, w->best.feature, begin, n);
    decide(w, n);
    if (w->stride > 0)
        move_records(w, begin, n);
    if (w->row != NULL)
        move(w->row + begin, w->moved, w->code, n, sizeof *w->row);
    if (w->kind == ENS__SUMS)
        return move(w->stat + begin, w->moved, w->code, n, sizeof *w->stat);
    if (w->kind == ENS__RESPONSES)
        return move(w->response + begin, w->moved, w->code, n, sizeof *w->response);
    return move(w->tag + begin, w->moved, w->code, n, sizeof *w->tag);
}
