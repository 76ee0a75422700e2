/* cut.c - a boundary drawn at random for a number, as extremely randomized trees do (Geurts, Ernst and Wehenkel 2006).
 *
 * The threshold is uniform between the least and the greatest value of the node, as far as bins tell them; a bin goes
 * left whole if its middle does.  Two passes over the rows and no groups: one for the ends, one for the sums. */
#include <config.h>

#include <string.h>
#include <tree/work.h>

/* What a pass over the codes tells. */
typedef struct ends {
    unsigned low, high; /* of codes that are not missing; low > high if all are */
    bool missing;
} ends;

static ends find_ends(const uint16_t *code, size_t n, unsigned missing)
{
    ends e = {missing, 0, false};

    for (size_t i = 0; i < n; i++) {
        unsigned c = code[i], present = c == missing ? 0 : c;

        e.low = c < e.low ? c : e.low;
        e.high = present > e.high ? present : e.high;
        e.missing |= c == missing;
    }
    return e;
}

/* The last code to the left of a drawn value: one at least on each side. */
static unsigned last_left(const ens__bins *b, const ends *e, double cut)
{
    unsigned c = ens__bins_of(b, cut);

    if (c > e->low && b->low[c] / 2 + b->high[c] / 2 > cut)
        c--;
    return c < e->low ? e->low : c >= e->high ? e->high - 1 : c;
}

/* w->left: rows of codes up to `last`; w->missing: those of no value; the codes on both sides of the boundary. */
static void sum_sides(ens__work *w, unsigned last, unsigned missing, size_t begin,
                      size_t n, unsigned *code, unsigned *next)
{
    const uint16_t *of = w->code;

    memset(w->left, 0, w->sums * sizeof *w->left);
    memset(w->missing, 0, w->sums * sizeof *w->missing);
    *code = 0;
    *next = missing;
    if (w->kind == ENS__PAIRS) {
        uint64_t count = 0, one = 0;

        for (size_t i = 0; i < n; i++) {
            uint32_t tag = w->tag[begin + i] & (0 - (uint32_t)(of[i] <= last));

            count += tag & 0xffff;
            one += tag >> 16;
        }
        w->left[0] = (int64_t)(count - one);
        w->left[1] = (int64_t)one;
        w->left[2] = (int64_t)count;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned c = of[i], left = c <= last ? c : 0, right = c > last ? c : missing;

        *code = left > *code ? left : *code;
        *next = right < *next ? right : *next;
        if (c <= last && w->kind != ENS__PAIRS)
            ens__work_add(w, w->left, begin + i);
        else if (c == missing)
            ens__work_add(w, w->missing, begin + i);
    }
}

void ens__cut_try(ens__work *w, size_t j, const ens__order *node, ens__stream *s)
{
    const ens__bins *b = w->bins[j];
    size_t begin = node->begin, n = node->rows;
    double u = ens__stream_uniform(s), cut;
    unsigned last, code, next;
    ends e;

    ens__work_codes(w, j, begin, n);
    e = find_ends(w->code, n, b->n_bins);
    if (e.low > e.high || (e.low == e.high && !e.missing)) {
        ens__split_note_useless(w, j);
        return;
    }
    cut = (1 - u) * b->low[e.low] + u * b->high[e.high];
    last = e.low == e.high ? e.low : last_left(b, &e, cut);
    sum_sides(w, last, b->n_bins, begin, n, &code, &next);
    for (int side = 0; side <= (int)e.missing; side++) {
        double value;

        for (size_t m = 0; m < w->sums && side == 1; m++)
            w->left[m] += w->missing[m];
        if (!ens__boundary_value(&value, w, node) ||
            (w->best.found && value <= w->best.gain))
            continue;
        memcpy(w->best_left, w->left, w->sums * sizeof *w->left);
        w->best = (ens__split){.found = true,
                               .missing_left =
                                   e.missing ? side == 1
                                             : ens__split_left_is_larger(w, node->sum),
                               .feature = (uint32_t)j,
                               .code = code,
                               .next = next,
                               .gain = value,
                               .cut = cut};
    }
}
