/* fine.c - numbers of many codes under squared error: the best boundary from coarse to fine.
 *
 * The span of the node's codes is cut into a few cells of equal width, whose boundaries are tried.  The cells at both
 * ends are then looked at closer and closer, down to single codes, and, of the feature that is the best of the node,
 * the two cells beside its boundary.
 *
 * Among candidates that tell nothing of the response the best boundary mostly cuts off a few rows at one end (Breiman
 * et al. 1984, 11.8), which leaves the others together for a better split below; Ishwaran (2015), "The effect of
 * splitting on random forests", Machine Learning 99, has why forests are better for it.  Equal bins take these splits
 * away: that, and not where boundaries lie, is what a forest of few bins loses.
 *
 * In a node of few draws the sums of a row are one word, v << bits | count.  All sums are of integers, and which cells
 * are looked at depends on codes and sums alone. */
#include <config.h>

#include <limits.h>
#include <string.h>
#include <tree/codes.h>
#include <tree/kernels.h>
#include <tree/loops.h>

/* Cells of a node of at most FEW_ROWS rows, and of more. */
#define FEW_ROWS  1024
#define FEW_CELLS 32
#define CELLS     64

/* Of them, those at each end that are looked at closer, in so many cells again. */
#define END       4
#define END_CELLS 32

/* Cells into which one beside the best boundary is cut. */
#define BESIDE_CELLS 256

typedef struct sums {
    int64_t n, v;
} sums;

/* The rows of a node that have the feature: their codes are in w->code. */
typedef struct rows {
    ens__work *w;
    const int64_t *word;      /* [rows of the node] or NULL */
    const ens__response *row; /* [rows of the node] */
    const uint32_t *list;     /* [n] which of the node's they are; NULL: all */
    size_t n;
    ens__code_range codes;
    unsigned shift; /* a cell has 1 << shift codes */
    sums base; /* what goes left besides them: those that lack the feature, or none */
    ens__limits limit;
} rows;

/* Some of them, by place, and a range that has their codes. */
typedef struct part {
    uint32_t *at; /* [n]; NULL: all */
    size_t n;
    ens__code_range codes;
    sums base; /* what goes left before them */
} part;

/* The best boundary so far: codes up to `code` go left. It is between cells of 1 << shift codes. */
typedef struct found {
    double value;
    unsigned code, shift;
} found;

static void keep(found *best, double value, unsigned code, unsigned shift)
{
    if (value > best->value)
        *best = (found){value, code, shift};
}

/* ---- Cells ------------------------------------------------------------------------------------------------- */

/* To the cells of their codes; `some` and `listed` are constants wherever this is inlined. */
static ENS__INLINE void add_rows(const rows *r, const part *p, unsigned shift, bool some,
                                 bool listed)
{
    const uint16_t *restrict code = r->w->code;
    int64_t *restrict v = r->w->cell64;
    uint32_t *restrict count = r->w->cell32;

    if (r->word != NULL)
        for (size_t i = 0; i < p->n; i++) {
            size_t a = some ? p->at[i] : i;

            v[(code[a] - p->codes.low) >> shift] += r->word[listed ? r->list[a] : a];
        }
    else
        for (size_t i = 0; i < p->n; i++) {
            size_t a = some ? p->at[i] : i, c = (code[a] - p->codes.low) >> shift;
            const ens__response *row = &r->row[listed ? r->list[a] : a];

            v[c] += row->v;
            count[c] += row->count;
        }
}

/* w->left_n and w->left_v: sums up to each of n cells, which become zero. */
static void add_up(const rows *r, sums base, size_t n)
{
    ens__work *w = r->w;
    int64_t *restrict left_v = w->left_v, *restrict v = w->cell64;
    uint32_t *restrict left_n = w->left_n, *restrict count = w->cell32;

    if (r->word != NULL) {
        int64_t all = 0, mask = ((int64_t)1 << w->word_bits) - 1;

        for (size_t c = 0; c < n; c++) {
            all += v[c];
            v[c] = 0;
            left_n[c] = (uint32_t)(base.n + (all & mask));
            left_v[c] = base.v + (all >> w->word_bits);
        }
    } else {
        for (size_t c = 0; c < n; c++) {
            left_n[c] = (uint32_t)(base.n += count[c]);
            left_v[c] = base.v += v[c];
            count[c] = 0;
            v[c] = 0;
        }
    }
    for (size_t c = n; c < n + ENS__PAD; c++)
        left_n[c] = (uint32_t)r->limit.n; /* no boundary */
}

static unsigned shift_for(ens__code_range codes, size_t cells)
{
    unsigned shift = 0;

    while ((codes.high - codes.low) >> shift >= cells)
        shift++;
    return shift;
}

/* The boundaries behind the cells of a part, of 1 << shift codes each; returns how many cells. */
static size_t try_cells(const rows *r, const part *p, unsigned shift, found *best)
{
    size_t cells = ((p->codes.high - p->codes.low) >> shift) + 1, at = 0;
    unsigned code;
    double value;

    if (p->at == NULL && r->list == NULL)
        add_rows(r, p, shift, false, false);
    else if (p->at == NULL)
        add_rows(r, p, shift, false, true);
    else if (r->list == NULL)
        add_rows(r, p, shift, true, false);
    else
        add_rows(r, p, shift, true, true);
    add_up(r, p->base, cells);
    value = ens__kernels_here()->values(&at, r->w->left_n, r->w->left_v, cells, r->limit);
    code = p->codes.low + (((unsigned)at + 1) << shift) - 1;
    keep(best, value, code < p->codes.high ? code : p->codes.high, shift);
    return cells;
}

/* All boundaries between few rows; false if their counts have no room in words. */
static bool try_few(const rows *r, const part *p, found *best)
{
    unsigned bits = r->w->most_bits;
    uint16_t code[ENS__FEW_WORDS];
    int64_t word[ENS__FEW_WORDS], count = 0;
    double value;
    size_t last = 0;

    for (size_t i = 0; i < p->n; i++) {
        size_t a = p->at[i];
        const ens__response *row = &r->row[r->list != NULL ? r->list[a] : a];

        code[i] = r->w->code[a];
        word[i] = ens__word_of(row, bits);
        count += row->count;
    }
    if (count >> bits != 0)
        return false;
    value = ens__kernels_here()->few_words(&last, code, word, p->n, bits, p->base.n,
                                           p->base.v, r->limit);
    keep(best, value, (unsigned)last, 0);
    return true;
}

/* ---- Both ends --------------------------------------------------------------------------------------------- */

/* Keep the rows of a part whose codes are in `codes`. */
static void narrow(part *p, const rows *r, ens__code_range codes)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        uint32_t a = p->at[i];

        p->at[n] = a;
        n += r->w->code[a] >= codes.low && r->w->code[a] <= codes.high;
    }
    p->n = n;
    p->codes = codes;
}

/* The last END of so many cells, after their boundaries were tried, and what goes left before them. */
static ens__code_range last_cells(const rows *r, ens__code_range all, size_t cells,
                                  unsigned shift, sums *before)
{
    size_t first = cells - END;

    *before = (sums){r->w->left_n[first - 1], r->w->left_v[first - 1]};
    return (ens__code_range){all.low + (unsigned)(first << shift), all.high};
}

/* Closer and closer to an end: the rows of the outermost cells in cells again. */
static void try_end(const rows *r, part *p, bool right, found *best)
{
    while (p->n > 1) {
        ens__code_range codes = p->codes;
        size_t cells;
        unsigned shift;

        if (p->n <= ENS__FEW_WORDS && try_few(r, p, best))
            return;
        shift = shift_for(codes, END_CELLS);
        cells = try_cells(r, p, shift, best);
        if (shift == 0)
            return;
        if (right)
            codes = last_cells(r, codes, cells, shift, &p->base);
        else
            codes.high = codes.low + (END << shift) - 1;
        narrow(p, r, codes);
    }
}

static void try_ends(const rows *r, size_t cells, found *best)
{
    ens__work *w = r->w;
    part left = {.at = w->key, .base = r->base}, right = {.at = w->key2};
    size_t of[2];

    left.codes = (ens__code_range){r->codes.low, r->codes.low + (END << r->shift) - 1};
    right.codes = last_cells(r, r->codes, cells, r->shift, &right.base);
    ens__codes_here()->pick(left.at, right.at, of, w->code, r->n, left.codes,
                            right.codes);
    left.n = of[0];
    right.n = of[1];
    try_end(r, &left, false, best);
    try_end(r, &right, true, best);
}

/* ---- A feature --------------------------------------------------------------------------------------------- */

/* Move the codes of rows that have the feature to the front; the sum of the others. */
static sums set_aside(rows *r, unsigned none)
{
    ens__work *w = r->w;
    sums missing = {0, 0};
    size_t n = 0;

    w->coded = SIZE_MAX;
    for (size_t i = 0; i < r->n; i++) {
        bool lacks = w->code[i] == none;

        w->present[n] = (uint32_t)i;
        w->code[n] = w->code[i];
        n += !lacks;
        missing.n += lacks ? r->row[i].count : 0;
        missing.v += lacks ? r->row[i].v : 0;
    }
    r->list = w->present;
    r->n = n;
    return missing;
}

/* The rows of a node; returns the sum of those that lack the feature. */
static sums look(rows *r, ens__work *w, size_t j, const int64_t *sum, size_t begin,
                 size_t n)
{
    unsigned none = w->bins[j]->n_bins;
    sums missing = {0, 0};
    ens__ends e;

    *r = (rows){.w = w, .row = w->response + begin, .n = n};
    r->word = w->word_bits > 0 ? w->word : NULL;
    r->limit =
        (ens__limits){(double)sum[2], (double)sum[ENS__SUM_V], ens__least_count(w)};
    ens__work_codes(w, j, begin, n);
    e = ens__codes_here()->ends(w->code, n, none);
    if (e.missing)
        missing = set_aside(r, none);
    r->codes = (ens__code_range){e.low, e.high};
    if (r->n > 0)
        r->shift = shift_for(r->codes, r->n <= FEW_ROWS ? FEW_CELLS : CELLS);
    return missing;
}

static bool is_fine(const ens__work *w, size_t j, size_t n)
{
    return w->kind == ENS__RESPONSES && w->bins[j]->n_bins >= ENS__FINE_BINS &&
           w->a->rows.feature[j].code == NULL && n > ENS__FEW_WORDS &&
           w->o->monotonic == NULL;
}

static void take(ens__work *w, size_t j, const found *b, double all, bool missing_left)
{
    double value = b->value * (1 / all);

    if (b->value < 0 || (w->best.found && value <= w->best.gain))
        return;
    w->best = (ens__split){.found = true,
                           .missing_left = missing_left,
                           .feature = (uint32_t)j,
                           .code = b->code,
                           .next = UINT_MAX,
                           .shift = b->shift,
                           .gain = value};
}

bool ens__fine_try(ens__work *w, size_t j, const int64_t *sum, size_t begin, size_t n)
{
    sums missing;
    rows r;

    if (!is_fine(w, j, n))
        return false;
    missing = look(&r, w, j, sum, begin, n);
    if (r.n == 0 || (r.codes.low == r.codes.high && missing.n == 0)) {
        ens__split_note_useless(w, j);
        return true;
    }
    for (int side = 0; side <= (missing.n > 0); side++) {
        part all = {.n = r.n, .codes = r.codes};
        found best = {.value = -1};
        size_t cells;

        if (side == 1)
            r.base = all.base = missing;
        cells = try_cells(&r, &all, r.shift, &best);
        if (r.shift > 0)
            try_ends(&r, cells, &best);
        take(w, j, &best, r.limit.n, side);
    }
    return true;
}

/* ---- The best of a node ------------------------------------------------------------------------------------ */

static sums sum_below(const rows *r, unsigned code)
{
    sums s = {0, 0};

    if (r->word != NULL && r->list == NULL && code > 0) {
        int64_t all = ens__codes_here()->sum(r->w->code, r->word, r->n, code - 1);

        return (sums){all & (((int64_t)1 << r->w->word_bits) - 1),
                      all >> r->w->word_bits};
    }
    for (size_t i = 0; i < r->n; i++) {
        const ens__response *row = &r->row[r->list != NULL ? r->list[i] : i];
        int64_t in = -(int64_t)(r->w->code[i] < code);

        s.n += row->count & in;
        s.v += row->v & in;
    }
    return s;
}

static void try_beside(const rows *r, const part *p, found *best)
{
    if (p->n <= ENS__FEW_WORDS && try_few(r, p, best))
        return;
    (void)try_cells(r, p, shift_for(p->codes, BESIDE_CELLS), best);
}

/* Look at the cells on both sides of the best boundary, of which the right one is the first that has rows; false if
 * nothing better is there. */
static bool look_beside(rows *r, ens__split *best, sums missing)
{
    ens__work *w = r->w;
    part left = {.at = w->key}, right = {.at = w->key2};
    unsigned width = 1u << best->shift, next, last;
    found b = {.value = -1};
    size_t of[2];

    ens__codes_here()->sides(&last, &next, w->code, r->n, best->code, UINT16_MAX);
    left.codes = (ens__code_range){best->code - width + 1, best->code};
    right.codes.low =
        best->code + 1 + ((next - best->code - 1) >> best->shift << best->shift);
    right.codes.high = right.codes.low + width - 1;
    ens__codes_here()->pick(left.at, right.at, of, w->code, r->n, left.codes,
                            right.codes);
    left.n = of[0];
    right.n = of[1];
    left.base = sum_below(r, left.codes.low);
    right.base = sum_below(r, best->code + 1);
    if (best->missing_left) {
        left.base = (sums){left.base.n + missing.n, left.base.v + missing.v};
        right.base = (sums){right.base.n + missing.n, right.base.v + missing.v};
    }
    try_beside(r, &left, &b);
    try_beside(r, &right, &b);
    if (!(b.value * (1 / r->limit.n) > best->gain))
        return false;
    best->gain = b.value * (1 / r->limit.n);
    best->code = b.code;
    best->shift = b.shift;
    return true;
}

void ens__fine_complete(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    ens__split *best = &w->best;
    sums missing;
    rows r;

    if (!best->found || best->next != UINT_MAX || best->shift == 0)
        return;
    missing = look(&r, w, best->feature, sum, begin, n);
    while (best->shift > 0 && best->code < r.codes.high && look_beside(&r, best, missing))
        continue;
}
