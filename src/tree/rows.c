/* rows.c - the rows of one tree: gathered codes, integer statistics, and moving both when a node is split.
 *
 * Weights and targets are put in fixed point with scales that are powers of two chosen from the data, so that
 * sums of all rows fit 62 bits: integer sums do not depend on the order of the rows. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <num/stats.h>
#include <stdlib.h>
#include <string.h>
#include <tree/loops.h>
#include <tree/masked.h>
#include <tree/sweep.h>

void ens__work_clear(ens__work *w)
{
    ens__arena_clear(&w->own);
    *w = (ens__work){0};
}

/* Of a count in a word; a team looks at nodes of more rows without words. */
#define MOST_BITS 13

/* ---- Codes ------------------------------------------------------------------------------------------ */

/* Records of `stride` bytes, a constant wherever this is inlined. */
static inline __attribute__((always_inline)) void copy(uint8_t *restrict to,
                                                       const uint8_t *restrict from,
                                                       const uint32_t *row, size_t n,
                                                       size_t stride)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * stride, from + row[i] * stride, stride);
}

/* The records of the rows: copies of those of the table, if it has them. */
static void make_records(ens__work *w)
{
    const uint32_t *row = w->a->rows.row;
    const ens__packed *packed =
        ens__packed_find(w->a->rows.feature[0].column, w->bins, w->p);

    if (packed == NULL)
        ens__packed_gather(w->record, w->stride, w->field, w->bins, w->p, row, w->n);
    else if (w->stride == 16)
        copy(w->record, packed->record, row, w->n, 16);
    else if (w->stride == 32)
        copy(w->record, packed->record, row, w->n, 32);
    else
        copy(w->record, packed->record, row, w->n, w->stride);
}

void ens__work_codes(ens__work *w, size_t j, size_t begin, size_t n)
{
    uint16_t *restrict code = w->code;
    const uint8_t *restrict from;

    if (w->coded == j && w->coded_begin == begin && w->coded_n == n)
        return;
    w->coded = j;
    w->coded_begin = begin;
    w->coded_n = n;
    if (w->stride == 0) {
        const ens__bins *b = w->bins[j];

        for (size_t i = 0; i < n; i++)
            code[i] = (uint16_t)ens__bins_code(b, w->row[begin + i]);
        return;
    }
    from = w->record + begin * w->stride + w->field[j].offset;
    if (w->field[j].width == 0)
        for (size_t i = 0; i < n; i++, from += w->stride)
            code[i] = *from >> w->field[j].shift & 1;
    else if (w->field[j].width == 1)
        for (size_t i = 0; i < n; i++, from += w->stride)
            code[i] = *from;
    else
        for (size_t i = 0; i < n; i++, from += w->stride)
            memcpy(&code[i], from, sizeof *code);
}

/* ---- Statistics --------------------------------------------------------------------------------------- */

static double class_weight(const ens__work *w, size_t r)
{
    return w->o->class_weight != NULL ? w->o->class_weight[w->a->label[r]] : 1;
}

/* The power of two by which values below 2^exponent fit into `bits` bits. */
static double scale_for(int bits, int exponent)
{
    int e = bits - exponent;

    return ldexp(1, e > 1000 ? 1000 : e < -1000 ? -1000 : e);
}

static void choose_scales(ens__work *w)
{
    const ens_fit_args *a = w->a;
    double total = 0, low = INFINITY, high = -INFINITY;
    int e_total, e_span;

    for (size_t i = 0; i < w->n; i++)
        total += ens_fit_weight(a, i) * class_weight(w, a->rows.row[i]);
    frexp(total, &e_total);
    w->w_scale = w->weighted ? scale_for(52, e_total) : 1;
    w->v_scale = 1;
    if (w->classes)
        return;
    for (size_t i = 0; i < w->n; i++) {
        low = fmin(low, a->y[a->rows.row[i]]);
        high = fmax(high, a->y[a->rows.row[i]]);
    }
    /* |v| of c draws is at most c 2^(60 - e_total): c < 2^bits leaves room for bits more. */
    w->most_bits = e_total < MOST_BITS * 2 - 3 ? (unsigned)(e_total + 3) / 2 : MOST_BITS;
    w->centre = low / 2 + high / 2;
    frexp(high / 2 - low / 2, &e_span);
    w->v_scale = high > low ? scale_for(61, e_span + 1 + e_total) : 1;
}

/* Of a row that stands once. What is drawn twice counts twice to the last bit, as two such rows would. */
static int64_t fixed_weight(const ens__work *w, uint32_t row)
{
    double weight = (w->a->w != NULL ? w->a->w[row] : 1) * class_weight(w, row);
    int64_t fixed = w->weighted ? llrint(weight * w->w_scale) : 1;

    return fixed > 0 ? fixed : 1;
}

static void fill_stat(ens__work *w, size_t i, uint32_t count)
{
    const ens_fit_args *a = w->a;
    uint32_t r = a->rows.row[i];
    ens__stat *s = &w->stat[i];

    s->count = count;
    s->w = count * fixed_weight(w, r);
    s->v = 0;
    s->label = w->classes ? (uint32_t)a->label[r] : 0;
    if (w->classes)
        return;
    s->v = count *
           llrint((a->w != NULL ? a->w[r] : 1) * ((a->y[r] - w->centre) * w->v_scale));
}

static void fill_row(ens__work *w, size_t i)
{
    const ens_fit_args *a = w->a;
    uint32_t r = a->rows.row[i], count = a->count != NULL ? a->count[i] : 1;

    switch (w->kind) {
    case ENS__PAIRS:
        w->tag[i] = count | (a->label[r] != 0 ? count << 16 : 0);
        break;
    case ENS__COUNTS:
        w->tag[i] = count | (uint32_t)a->label[r] << 16;
        break;
    case ENS__RESPONSES:
        w->response[i] =
            (ens__response){count * llrint((a->y[r] - w->centre) * w->v_scale), count, r};
        break;
    default:
        fill_stat(w, i, count);
    }
}

/* Trees over the ranks, if there are ranks. */
static ens_status make_ranks(ens__work *w, ens_error *err)
{
    if (w->n_ranked == 0)
        return ENS_OK;
    w->rank_w = ens__arena_zeros(w->arena, w->n_ranked + 1, sizeof *w->rank_w);
    w->rank_v = ens__arena_zeros(w->arena, w->n_ranked + 1, sizeof *w->rank_v);
    return w->rank_w != NULL && w->rank_v != NULL ? ENS_OK : ens__nomem(err);
}

/* Ranks of the targets, for medians. */
static ens_status rank_targets(ens__work *w, ens_error *err)
{
    const ens_fit_args *a = w->a;
    uint32_t *order = ens__array(w->n, sizeof *order);
    double *y = ens__array(w->n, sizeof *y);
    ens_status st = ENS_OK;

    w->ranked = ens__arena_take(w->arena, w->n, sizeof *w->ranked);
    if (order == NULL || y == NULL || w->ranked == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < w->n; i++)
        y[i] = a->y[a->rows.row[i]] - w->centre;
    ens__sort_index(order, y, w->n);
    for (size_t i = 0; i < w->n; i++) {
        if (w->n_ranked == 0 || y[order[i]] != w->ranked[w->n_ranked - 1])
            w->ranked[w->n_ranked++] = y[order[i]];
        w->stat[order[i]].label = (uint32_t)(w->n_ranked - 1);
    }
    st = make_ranks(w, err);
done:
    ens__free(order);
    ens__free(y);
    return st;
}

static ens__kind kind_of(const ens__work *w)
{
    const ens_fit_args *a = w->a;
    uint64_t drawn = 0;
    uint32_t most = 1;

    for (size_t i = 0; i < w->n; i++) {
        uint32_t count = a->count != NULL ? a->count[i] : 1;

        drawn += count;
        most = count > most ? count : most;
    }
    if (w->weighted || drawn > INT32_MAX)
        return ENS__SUMS;
    if (w->classes && most <= UINT16_MAX && w->k <= UINT16_MAX)
        return w->k == 2 ? ENS__PAIRS : ENS__COUNTS;
    return w->o->criterion == ENS__SQUARED_ERROR ? ENS__RESPONSES : ENS__SUMS;
}

static ens_status make_stats(ens__work *w, ens_error *err)
{
    size_t size;

    w->kind = kind_of(w);
    choose_scales(w);
    size = w->kind == ENS__SUMS        ? sizeof *w->stat
           : w->kind == ENS__RESPONSES ? sizeof *w->response
                                       : sizeof *w->tag;
    for (int i = 0; i < 2; i++)
        if ((w->store[i].stat = ens__arena_take(w->arena, w->n + ENS__PAD, size)) == NULL)
            return ens__nomem(err);
    ens__work_enter(w, 0);
    for (size_t i = 0; i < w->n; i++)
        fill_row(w, i);
    return w->o->criterion == ENS__ABSOLUTE_ERROR ? rank_targets(w, err) : ENS_OK;
}

/* ---- Making -------------------------------------------------------------------------------------------- */

static ens_status get_bins(ens__work *w, ens_error *err)
{
    size_t levels = 0;
    ens_status st;

    if ((w->bins = ens__arena_take(w->arena, w->p, sizeof *w->bins)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < w->p; j++) {
        const ens_feature *f = &w->a->rows.feature[j];

        if ((st = ens__bins_get(&w->bins[j], f->column, w->a->n_table, w->o->max_bins,
                                err)) != ENS_OK)
            return st;
        w->max_codes =
            w->bins[j]->n_bins + 1 > w->max_codes ? w->bins[j]->n_bins + 1 : w->max_codes;
        levels =
            f->code != NULL && w->bins[j]->n_bins > levels ? w->bins[j]->n_bins : levels;
    }
    w->set_words = (levels + 31) / 32;
    return ENS_OK;
}

static ens_status make_rows(ens__work *w, ens_error *err)
{
    size_t stride;

    if ((w->field = ens__arena_take(w->arena, w->p, sizeof *w->field)) == NULL)
        return ens__nomem(err);
    if ((stride = ens__packed_lay(w->field, &w->bits, w->bins, w->p)) > ENS__MAX_STRIDE)
        w->bits = 0;
    else {
        w->stride = stride;
        for (int i = 0; i < 2; i++)
            if ((w->store[i].record = ens__arena_take(w->arena, w->n + 2, stride)) ==
                NULL)
                return ens__nomem(err);
    }
    if (w->stride == 0 || (w->kind == ENS__SUMS && !w->classes)) {
        for (int i = 0; i < 2; i++)
            if ((w->store[i].row = ens__arena_take(w->arena, w->n, sizeof *w->row)) ==
                NULL)
                return ens__nomem(err);
        memcpy(w->store[0].row, w->a->rows.row, w->n * sizeof *w->row);
    }
    ens__work_enter(w, 0);
    if (w->stride > 0)
        make_records(w);
    return ENS_OK;
}

/* Cells and groups of the kind. */
static bool make_cells(ens__work *w)
{
    size_t codes = w->max_codes + ENS__PAD;
    ens__arena *a = w->arena;
    ens__groups *g = &w->group;

    if ((g->code = ens__arena_take(a, codes, sizeof *g->code)) == NULL ||
        (g->n = ens__arena_take(a, codes, sizeof *g->n)) == NULL ||
        (w->left_n = ens__arena_take(a, codes, sizeof *w->left_n)) == NULL)
        return false;
    switch (w->kind) {
    case ENS__PAIRS:
        return (g->one = ens__arena_take(a, codes, sizeof *g->one)) != NULL &&
               (w->left_one = ens__arena_take(a, codes, sizeof *w->left_one)) != NULL &&
               (w->cell32 = ens__arena_zeros(a, codes, sizeof *w->cell32)) != NULL &&
               (w->cell64 = ens__arena_zeros(a, codes, sizeof *w->cell64)) != NULL;
    case ENS__RESPONSES:
        return (w->word = ens__arena_take(a, w->n + ENS__PAD, sizeof *w->word)) != NULL &&
               (w->present = ens__arena_take(a, w->n + ENS__PAD, sizeof *w->present)) !=
                   NULL &&
               (g->v = ens__arena_take(a, codes, sizeof *g->v)) != NULL &&
               (w->left_v = ens__arena_take(a, codes, sizeof *w->left_v)) != NULL &&
               (w->cell32 = ens__arena_zeros(a, codes, sizeof *w->cell32)) != NULL &&
               (w->cell64 = ens__arena_zeros(a, codes, sizeof *w->cell64)) != NULL;
    case ENS__COUNTS:
        return (w->left_class =
                    ens__arena_take(a, w->classes_up, sizeof *w->left_class)) != NULL &&
               (w->node_class =
                    ens__arena_zeros(a, w->classes_up, sizeof *w->node_class)) != NULL &&
               (g->class = ens__arena_take(a, codes * w->classes_up, sizeof *g->class)) !=
                   NULL &&
               (w->cell_class = ens__arena_zeros(a, codes * w->classes_up,
                                                 sizeof *w->cell_class)) != NULL;
    default:
        return (g->sum = ens__arena_take(a, codes * w->sums, sizeof *g->sum)) != NULL &&
               (w->cell_sum =
                    ens__arena_zeros(a, codes * w->sums, sizeof *w->cell_sum)) != NULL;
    }
}

static ens_status make_scratch(ens__work *w, ens_error *err)
{
    size_t codes = w->max_codes;
    ens__arena *a = w->arena;
    ens_status st;

    if ((w->total = ens__arena_zeros(a, w->sums, sizeof *w->total)) == NULL ||
        (w->code = ens__arena_take(a, w->n + ENS__PAD, sizeof *w->code)) == NULL ||
        (w->key = ens__arena_take(a, w->n + ENS__PAD, sizeof *w->key)) == NULL ||
        (w->key2 = ens__arena_take(a, w->n + ENS__PAD, sizeof *w->key2)) == NULL ||
        (w->occupied = ens__arena_zeros(a, codes / 64 + 1, sizeof *w->occupied)) ==
            NULL ||
        (w->left = ens__arena_take(a, w->sums, sizeof *w->left)) == NULL ||
        (w->right = ens__arena_take(a, w->sums, sizeof *w->right)) == NULL ||
        (w->missing = ens__arena_take(a, w->sums, sizeof *w->missing)) == NULL ||
        (w->ascending = ens__arena_take(a, codes, sizeof *w->ascending)) == NULL ||
        (w->order = ens__arena_take(a, codes, sizeof *w->order)) == NULL ||
        (w->placed = ens__arena_take(a, codes, sizeof *w->placed)) == NULL ||
        (w->placed2 = ens__arena_take(a, codes, sizeof *w->placed2)) == NULL ||
        (w->set = ens__arena_zeros(a, w->set_words, sizeof *w->set)) == NULL ||
        (w->best_left = ens__arena_take(a, w->sums, sizeof *w->best_left)) == NULL ||
        (w->permutation = ens__arena_take(a, w->p, sizeof *w->permutation)) == NULL ||
        (w->swapped = ens__arena_take(a, w->p, sizeof *w->swapped)) == NULL ||
        (w->left_squares =
             ens__arena_take(a, codes + ENS__PAD, sizeof *w->left_squares)) == NULL ||
        (w->right_squares =
             ens__arena_take(a, codes + ENS__PAD, sizeof *w->right_squares)) == NULL ||
        (w->loss = ens__arena_take(a, codes, sizeof *w->loss)) == NULL ||
        (w->first = ens__arena_take(a, codes, sizeof *w->first)) == NULL ||
        !make_cells(w))
        return ens__nomem(err);
    if ((st = ens__sweep_make(&w->sweep, w, err)) != ENS_OK ||
        (st = ens__masked_make(&w->masked, w, err)) != ENS_OK)
        return st;
    for (size_t c = 0; c < codes; c++)
        w->ascending[c] = (uint32_t)c;
    for (size_t j = 0; j < w->p; j++)
        w->permutation[j] = (uint32_t)j;
    return ENS_OK;
}

ens_status ens__work_share(ens__work *out, const ens__work *w, ens_error *err)
{
    ens_status st;

    *out = *w;
    out->own = (ens__arena){0};
    out->arena = &out->own;
    out->team = NULL;
    out->coded = SIZE_MAX;
    if ((st = make_scratch(out, err)) != ENS_OK)
        return st;
    memcpy(out->total, w->total, w->sums * sizeof *out->total);
    return make_ranks(out, err);
}

ens_status ens__work_make(ens__work *w, const ens__tree_options *o, const ens_fit_args *a,
                          ens_error *err)
{
    ens_status st;

    *w = (ens__work){.o = o, .a = a, .p = a->rows.p, .k = a->k, .n = a->rows.n};
    w->arena = a->arena != NULL ? a->arena : &w->own;
    w->coded = SIZE_MAX;
    w->classes = a->task == ENS_TASK_CLASSIFICATION;
    w->weighted = a->w != NULL || o->class_weight != NULL;
    ens__stream_init(&w->draws, a->seed, ENS__FOR_NODE, 0);
    w->sums = w->classes ? w->k + 1 : 3;
    w->classes_up = (w->k + 7) / 8 * 8;
    if ((st = get_bins(w, err)) != ENS_OK || (st = make_stats(w, err)) != ENS_OK ||
        (st = make_rows(w, err)) != ENS_OK || (st = make_scratch(w, err)) != ENS_OK)
        return st;
    ens__work_sum(w, w->total, 0, w->n);
    w->min_leaf_w = o->min_weight_fraction * ens__sum_weight(w, w->total);
    return ENS_OK;
}

void ens__work_enter(ens__work *w, unsigned store)
{
    const struct ens__store *s = &w->store[store];

    w->entered = store;
    w->record = s->record;
    w->row = s->row;
    if (w->kind == ENS__SUMS)
        w->stat = s->stat;
    else if (w->kind == ENS__RESPONSES)
        w->response = s->stat;
    else
        w->tag = s->stat;
}

/* ---- Asking ---------------------------------------------------------------------------------------------- */

void ens__work_sum(const ens__work *w, int64_t *sum, size_t begin, size_t n)
{
    memset(sum, 0, w->sums * sizeof *sum);
    for (size_t i = begin; i < begin + n; i++)
        ens__work_add(w, sum, i);
}

uint32_t ens__work_row(const ens__work *w, size_t i)
{
    return w->kind == ENS__RESPONSES ? w->response[i].row : w->row[i];
}

bool ens__work_pure(const ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    size_t present = 0;

    if (w->classes) {
        for (size_t c = 0; c < w->k; c++)
            present += sum[c] > 0;
        return present <= 1;
    }
    if (w->kind == ENS__RESPONSES) { /* equal to the last bit of the fixed point */
        const ens__response *r = w->response + begin;

        for (size_t i = 1; i < n; i++)
            if (r[i].v / r[i].count != r[0].v / r[0].count)
                return false;
        return true;
    }
    for (size_t i = begin + 1; i < begin + n; i++)
        if (w->a->y[w->row[i]] != w->a->y[w->row[begin]])
            return false;
    return true;
}

void ens__work_expect(const ens__work *w, size_t begin, size_t n, unsigned store)
{
    const ens__response *row = w->store[store].stat;

    if (w->kind == ENS__RESPONSES && n == 1)
        ENS__PREFETCH(&w->a->y[row[begin].row]);
}

double ens__work_mean(const ens__work *w, const int64_t *sum)
{
    if (w->classes)
        return (double)sum[1] / ens__sum_weight(w, sum);
    return w->centre + ((double)sum[ENS__SUM_V] / w->v_scale) /
                           ((double)sum[ENS__SUM_W] / w->w_scale);
}

static int by_rank(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Weighted median: the mean of the two middle targets where half of the weight lies on each side. */
static double median(ens__work *w, size_t begin, size_t n)
{
    int64_t total = 0, below = 0;
    double value = 0;
    bool half = false;

    for (size_t i = 0; i < n; i++) {
        w->key[i] = w->stat[begin + i].label;
        w->rank_w[w->key[i]] += w->stat[begin + i].w;
        total += w->stat[begin + i].w;
    }
    qsort(w->key, n, sizeof *w->key, by_rank);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && w->key[i] == w->key[i - 1])
            continue;
        if (half) {
            value = value / 2 + w->ranked[w->key[i]] / 2;
            break;
        }
        below += w->rank_w[w->key[i]];
        if (2 * below < total)
            continue;
        value = w->ranked[w->key[i]];
        if (2 * below > total)
            break;
        half = true;
    }
    for (size_t i = 0; i < n; i++)
        w->rank_w[w->key[i]] = 0;
    return w->centre + value;
}

double ens__work_response(ens__work *w, const int64_t *sum, size_t begin, size_t n)
{
    if (ens__work_pure(w, sum, begin, n))
        return w->a->y[ens__work_row(w, begin)];
    if (w->o->criterion == ENS__ABSOLUTE_ERROR)
        return median(w, begin, n);
    return ens__work_mean(w, sum);
}
