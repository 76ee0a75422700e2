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

size_t ens__work_part(ens__work *w, size_t begin, size_t n, unsigned store)
{
    const struct ens__store *to = &w->store[1 - store];

    ens__work_codes(w, w->best.feature, begin, n);
    decide(w, n);
    if (w->stride > 0)
        move_records(to->record + begin * w->stride, w->record + begin * w->stride,
                     w->code, n, w->stride);
    if (w->row != NULL)
        move(to->row + begin, w->row + begin, w->code, n, sizeof *w->row);
    return move_stats(w, to->stat, begin, n);
}
