/* direct.c - the best split of a number without making groups: where rows are few, or classes are many for them.
 *
 * A few rows stay in registers, and each adds what it weighs to all rows of no lesser code.  More rows of several
 * classes are sorted, and the sums of squares that gini needs are kept up row by row, which costs the same for any
 * number of classes and codes.  Both find what boundary.c finds, to the last bit; what else a split needs is found
 * out when it has stayed the best of its node. */
#include <config.h>

#include <limits.h>
#include <string.h>
#include <tree/codes.h>
#include <tree/loops.h>
#include <tree/work.h>

/* Rows of several classes that are sorted: for more of them, cells by code are cheaper. */
#define SORTED_ROWS 512

/* Rows of a node of few by class, for a kernel that treats one class after the other. */
static void order_by_class(ens__work *w, size_t begin, size_t n)
{
    const uint32_t *tag = w->tag + begin;
    uint32_t *end = w->left_class, rows = 0;

    memset(end, 0, w->k * sizeof *end);
    w->class_ends = 0;
    for (size_t i = 0; i < n; i++)
        end[tag[i] >> 16]++;
    for (size_t c = 0; c < w->k; c++) {
        uint32_t here = end[c];

        end[c] = rows;
        rows += here;
        if (here > 0)
            w->class_ends |= (uint64_t)1 << (rows - 1);
    }
    for (size_t i = 0; i < n; i++)
        w->by_class[end[tag[i] >> 16]++] = (uint8_t)i;
}

/* The words of the node's rows, if their counts have room. */
static void make_words(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    const ens__response *restrict row = w->response + begin;
    unsigned bits = w->most_bits;
    int64_t *restrict word = w->word;

    w->word_bits = sum[2] >> bits == 0 ? bits : 0;
    for (size_t i = 0; w->word_bits > 0 && i < n; i++)
        word[i] = ens__word_of(&row[i], bits);
}

ens__search ens__direct_begin(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    if (w->kind == ENS__RESPONSES)
        make_words(w, sum, begin, n);
    if (w->o->random_cuts || w->o->monotonic != NULL || w->kind == ENS__SUMS ||
        (w->classes && w->o->criterion != ENS__GINI) || sum[w->sums - 1] > INT16_MAX)
        return ENS__BY_GROUPS;
    if (n <= ens__few_rows(w->kind) && (w->kind != ENS__RESPONSES || w->word_bits > 0)) {
        if (w->kind == ENS__COUNTS)
            order_by_class(w, begin, n);
        return ENS__BY_ROWS;
    }
    return w->kind == ENS__COUNTS && n <= SORTED_ROWS ? ENS__BY_ORDER : ENS__BY_GROUPS;
}

/* The best so far, all but what ens__direct_complete() finds out. */
static void take(ens__work *w, size_t j, const ens__few_best *b)
{
    if (!b->found || (w->best.found && b->value <= w->best.gain))
        return;
    w->best = (ens__split){.found = true,
                           .feature = (uint32_t)j,
                           .code = b->code,
                           .next = UINT_MAX,
                           .gain = b->value};
}

/* Codes of few rows, and beyond them what never goes left; returns their greatest, and UINT_MAX if all are one. */
static unsigned few_codes(int32_t *code, const ens__work *w, size_t j, size_t begin,
                          size_t n)
{
    const ens__field *f = &w->field[j];
    const uint8_t *at = w->record + begin * w->stride + f->offset;
    int32_t differ = 0, most = 0;

    memset(code, 0x7f, ENS__FEW * sizeof *code);
    if (f->width == 1 && w->stride > 0)
        for (size_t i = 0; i < n; i++, at += w->stride)
            code[i] = *at;
    else
        for (size_t i = 0; i < n; i++)
            code[i] = (int32_t)ens__work_code(w, begin + i, j);
    for (size_t i = 0; i < n; i++) {
        differ |= code[i] ^ code[0];
        most = code[i] > most ? code[i] : most;
    }
    return differ == 0 ? UINT_MAX : (unsigned)most;
}

static bool try_rows(ens__work *w, size_t j, const int64_t *sum, size_t begin, size_t n)
{
    int32_t code[ENS__FEW];
    unsigned most = few_codes(code, w, j, begin, n);
    ens__few_best b;

    if (most == UINT_MAX) {
        ens__split_note_useless(w, j);
        return true;
    }
    if (most >= w->bins[j]->n_bins)
        return false;
    ens__few_find(&b, w, sum, code, begin, n);
    take(w, j, &b);
    return true;
}

/* For each group of rows of one code: rows of it and all before, and the squares of their and the others' classes. */
static size_t add_up_squares(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    const uint16_t *code = w->code;
    uint32_t *restrict left = w->left_class;
    int64_t l2 = 0, r2 = (int64_t)w->node_squares;
    uint32_t n_left = 0;
    size_t g = 0;

    memset(left, 0, w->classes_up * sizeof *left);
    for (size_t i = 0; i < n; i++) {
        uint32_t key = w->key[i], tag = w->tag[begin + key], c = tag >> 16;
        int64_t count = tag & 0xffff, l = left[c], r = sum[c] - l;

        left[c] += (uint32_t)count;
        n_left += (uint32_t)count;
        l2 += count * (2 * l + count);
        r2 -= count * (2 * r - count);
        w->left_n[g] = n_left;
        w->left_squares[g] = (double)l2;
        w->right_squares[g] = (double)r2;
        w->group.code[g] = code[key];
        g += i + 1 == n || code[w->key[i + 1]] != code[key];
    }
    return g;
}

static bool try_ordered(ens__work *w, size_t j, const int64_t *sum, size_t begin,
                        size_t n)
{
    uint16_t least = UINT16_MAX, most = 0;
    size_t groups;
    ens__few_best b;

    ens__work_codes(w, j, begin, n);
    for (size_t i = 0; i < n; i++) {
        least = w->code[i] < least ? w->code[i] : least;
        most = w->code[i] > most ? w->code[i] : most;
    }
    if (least == most) {
        ens__split_note_useless(w, j);
        return true;
    }
    if (most >= w->bins[j]->n_bins)
        return false;
    ens__keys_sort(w, n);
    groups = add_up_squares(w, sum, begin, n);
    ens__squares_find(&b, w, sum, groups - 1);
    take(w, j, &b);
    return true;
}

bool ens__direct_try(ens__work *w, ens__search how, size_t j, const int64_t *sum,
                     size_t begin, size_t n)
{
    if (how == ENS__BY_ROWS)
        return try_rows(w, j, sum, begin, n);
    return how == ENS__BY_ORDER && w->field[j].width != 0 &&
           try_ordered(w, j, sum, begin, n);
}

/* Sums of the rows with codes up to `last`. */
static void add_left(const ens__work *w, int64_t *sum, unsigned last, size_t begin,
                     size_t n)
{
    const uint16_t *restrict code = w->code;
    int64_t v = 0, count = 0;

    if (w->kind == ENS__RESPONSES && w->word_bits > 0) {
        int64_t all = ens__codes_here()->sum(code, w->word, n, last);

        sum[ENS__SUM_W] = sum[2] = all & (((int64_t)1 << w->word_bits) - 1);
        sum[ENS__SUM_V] = all >> w->word_bits;
        return;
    }
    if (w->kind == ENS__RESPONSES) {
        for (size_t i = 0; i < n; i++) {
            int64_t in = -(int64_t)(code[i] <= last);

            v += w->response[begin + i].v & in;
            count += w->response[begin + i].count & in;
        }
        sum[ENS__SUM_W] = sum[2] = count;
        sum[ENS__SUM_V] = v;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t tag = w->tag[begin + i] & (0 - (uint32_t)(code[i] <= last));

        if (w->kind == ENS__PAIRS)
            v += tag >> 16;
        else
            sum[tag >> 16] += tag & 0xffff;
        count += tag & 0xffff;
    }
    sum[w->k] = count;
    if (w->kind == ENS__PAIRS) {
        sum[0] = count - v;
        sum[1] = v;
    }
}

void ens__direct_complete(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    const ens__codes *k = ens__codes_here();
    ens__split *best = &w->best;
    const ens__bins *b;

    if (!best->found || best->next != UINT_MAX)
        return;
    b = w->bins[best->feature];
    ens__work_codes(w, best->feature, begin, n);
    memset(w->best_left, 0, w->sums * sizeof *w->best_left);
    add_left(w, w->best_left, best->code, begin, n);
    k->sides(&best->code, &best->next, w->code, n, best->code, b->n_bins);
    if (b->n_bins > ENS__FINE_BINS && best->next < b->n_bins)
        ENS__PREFETCH(&b->cut[ens__split_middle(best)]);
    if (!b->has_missing || !k->ends(w->code, n, b->n_bins).missing)
        best->missing_left = ens__split_left_is_larger(w, sum);
    else if (best->missing_left)
        for (size_t i = 0; i < n; i++)
            if (w->code[i] == b->n_bins)
                ens__work_add(w, w->best_left, begin + i);
}
