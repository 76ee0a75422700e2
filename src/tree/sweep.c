/* sweep.c - several random cuts of a large node in two passes over its records, whatever the number of features.
 *
 * The first pass finds the ends of every feature: the least and the greatest code at each byte of a record, and which
 * bits are set in some and in all of them.  The second picks the codes of up to 16 candidates out of a record, compares
 * them with as many limits, and counts: bytes, which are emptied before they can be full. */
#include <config.h>

#include <core/cpu.h>
#include <core/error.h>
#include <string.h>
#include <tree/loops.h>
#include <tree/sweep.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define CUTS ENS__SWEEP_CUTS

/* ---- The ends ------------------------------------------------------------------------------------------------ */

static void find_ends_base(ens__sweep *s, const uint8_t *restrict record, size_t stride,
                           size_t n)
{
    uint8_t *restrict low = s->low, *restrict high = s->high;
    uint8_t *restrict any = s->any, *restrict all = s->all;

    memset(low, 0xff, stride);
    memset(high, 0, stride);
    memset(any, 0, stride);
    memset(all, 0xff, stride);
    for (size_t i = 0; i < n; i++, record += stride)
        for (size_t b = 0; b < stride; b++) {
            uint8_t x = record[b];

            low[b] = x < low[b] ? x : low[b];
            high[b] = x > high[b] ? x : high[b];
            any[b] |= x;
            all[b] &= x;
        }
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V4 static void find_ends_v4(ens__sweep *s, const uint8_t *record,
                                       size_t stride, size_t n)
{
    for (size_t b = 0; b < stride; b += 64) {
        __mmask64 in = stride - b >= 64 ? UINT64_MAX : UINT64_MAX >> (64 - (stride - b));
        const uint8_t *at = record + b;
        __m512i low = _mm512_set1_epi8(-1), all = low, high = _mm512_setzero_si512(),
                any = high;

        for (size_t i = 0; i < n; i++, at += stride) {
            __m512i x = _mm512_maskz_loadu_epi8(in, at);

            low = _mm512_min_epu8(low, x);
            high = _mm512_max_epu8(high, x);
            any = _mm512_or_si512(any, x);
            all = _mm512_and_si512(all, x);
        }
        _mm512_storeu_si512(s->low + b, low);
        _mm512_storeu_si512(s->high + b, high);
        _mm512_storeu_si512(s->any + b, any);
        _mm512_storeu_si512(s->all + b, all);
    }
}
#endif

/* ---- The sums -------------------------------------------------------------------------------------------------- */

/* Whether a record's code of cut t is left of it. */
static inline bool is_left(const ens__sweep *s, const uint8_t *record, unsigned t)
{
    return (record[s->offset[t]] & s->mask[t]) <= s->limit[t];
}

static void add_up_base(ens__sweep *s, const ens__work *w, size_t begin, size_t n)
{
    const uint8_t *record = w->record + begin * w->stride;

    memset(s->count, 0, sizeof s->count);
    memset(s->sum, 0, s->n_sums * sizeof *s->sum);
    for (unsigned t = 0; t < s->n; t++)
        for (size_t i = 0; i < n; i++) {
            int64_t in = -(int64_t)is_left(s, record + i * w->stride, t);

            if (w->kind == ENS__RESPONSES) {
                s->count[t] += w->response[begin + i].count & in;
                s->sum[0][t] += w->response[begin + i].v & in;
            } else {
                uint32_t tag = w->tag[begin + i] & (uint32_t)in;

                s->count[t] += tag & 0xffff;
                if (w->kind == ENS__PAIRS)
                    s->sum[0][t] += tag >> 16;
                else
                    s->sum[tag >> 16][t] += tag & 0xffff;
            }
        }
}

#if ENS_HAVE_LEVELS
/* Sixteen bytes to as many sums. */
ENS_TARGET_V4 static ENS__INLINE void empty(int64_t *sum, __m128i bytes)
{
    __m512i low = _mm512_cvtepu8_epi64(bytes),
            high = _mm512_cvtepu8_epi64(_mm_srli_si128(bytes, 8));

    _mm512_storeu_si512(sum, _mm512_add_epi64(_mm512_loadu_si512(sum), low));
    _mm512_storeu_si512(sum + 8, _mm512_add_epi64(_mm512_loadu_si512(sum + 8), high));
}

/* Which of the cuts a record of `pieces` times 16 bytes is left of; pieces is a constant. */
ENS_TARGET_V4 static ENS__INLINE __mmask16 left_of(const uint8_t *record,
                                                   const __m128i *pick, __m128i mask,
                                                   __m128i limit, int pieces)
{
    __m128i code = _mm_shuffle_epi8(_mm_loadu_si128((const void *)record), pick[0]);

    for (int p = 1; p < pieces; p++)
        code = _mm_or_si128(
            code,
            _mm_shuffle_epi8(_mm_loadu_si128((const void *)(record + 16 * p)), pick[p]));
    return _mm_cmple_epu8_mask(_mm_and_si128(code, mask), limit);
}

/* Rows of one flush. */
typedef struct stretch {
    const uint8_t *record;
    size_t stride, n;
    const __m128i *pick;
    __m128i mask, limit;
} stretch;

ENS_TARGET_V4 static ENS__INLINE void add_pairs(ens__sweep *s, const stretch *r,
                                                const uint32_t *tag, int pieces)
{
    __m128i count = _mm_setzero_si128(), one = count;

    for (size_t i = 0; i < r->n; i++) {
        __mmask16 left =
            left_of(r->record + i * r->stride, r->pick, r->mask, r->limit, pieces);

        count = _mm_mask_add_epi8(count, left, count, _mm_set1_epi8((char)tag[i]));
        one = _mm_mask_add_epi8(one, left, one, _mm_set1_epi8((char)(tag[i] >> 16)));
    }
    empty(s->count, count);
    empty(s->sum[0], one);
}

ENS_TARGET_V4 static ENS__INLINE void add_counts(ens__sweep *s, const stretch *r,
                                                 const uint32_t *tag, int pieces)
{
    __m128i of[ENS__SWEEP_CLASSES];

    for (size_t c = 0; c < s->n_sums; c++)
        of[c] = _mm_setzero_si128();
    for (size_t i = 0; i < r->n; i++) {
        __mmask16 left =
            left_of(r->record + i * r->stride, r->pick, r->mask, r->limit, pieces);
        __m128i *to = &of[tag[i] >> 16];

        *to = _mm_mask_add_epi8(*to, left, *to, _mm_set1_epi8((char)tag[i]));
    }
    for (size_t c = 0; c < s->n_sums; c++) {
        empty(s->count, of[c]);
        empty(s->sum[c], of[c]);
    }
}

ENS_TARGET_V4 static ENS__INLINE void add_responses(ens__sweep *s, const stretch *r,
                                                    const ens__response *row, int pieces)
{
    __m512i low = _mm512_loadu_si512(s->sum[0]), high = _mm512_loadu_si512(s->sum[0] + 8);
    __m128i count = _mm_setzero_si128();

    for (size_t i = 0; i < r->n; i++) {
        __mmask16 left =
            left_of(r->record + i * r->stride, r->pick, r->mask, r->limit, pieces);
        __m512i v = _mm512_set1_epi64(row[i].v);

        count = _mm_mask_add_epi8(count, left, count, _mm_set1_epi8((char)row[i].count));
        low = _mm512_mask_add_epi64(low, (__mmask8)left, low, v);
        high = _mm512_mask_add_epi64(high, (__mmask8)(left >> 8), high, v);
    }
    _mm512_storeu_si512(s->sum[0], low);
    _mm512_storeu_si512(s->sum[0] + 8, high);
    empty(s->count, count);
}

ENS_TARGET_V4 static ENS__INLINE void add_stretches(ens__sweep *s, const ens__work *w,
                                                    stretch *r, size_t begin, size_t n,
                                                    int pieces)
{
    size_t most = UINT8_MAX / s->most_count;

    for (size_t end = begin + n; begin < end; begin += r->n) {
        r->n = end - begin < most ? end - begin : most;
        r->record = w->record + begin * w->stride;
        if (w->kind == ENS__PAIRS)
            add_pairs(s, r, w->tag + begin, pieces);
        else if (w->kind == ENS__COUNTS)
            add_counts(s, r, w->tag + begin, pieces);
        else
            add_responses(s, r, w->response + begin, pieces);
    }
}

ENS_TARGET_V4 static void add_up_v4(ens__sweep *s, const ens__work *w, size_t begin,
                                    size_t n)
{
    uint8_t at[ENS__MAX_STRIDE / 16][16];
    __m128i pick[ENS__MAX_STRIDE / 16];
    stretch r = {.stride = w->stride, .pick = pick};
    int pieces = (int)(w->stride + 15) / 16;

    if (s->most_count > UINT8_MAX || s->n_sums > ENS__SWEEP_CLASSES) {
        add_up_base(s, w, begin, n);
        return;
    }
    memset(at, 0x80, sizeof at); /* nothing is picked */
    for (unsigned t = 0; t < s->n; t++)
        at[s->offset[t] / 16][t] = s->offset[t] % 16;
    for (int p = 0; p < pieces; p++)
        pick[p] = _mm_loadu_si128((const void *)at[p]);
    r.mask = _mm_loadu_si128((const void *)s->mask);
    r.limit = _mm_loadu_si128((const void *)s->limit);
    memset(s->count, 0, sizeof s->count);
    memset(s->sum, 0, s->n_sums * sizeof *s->sum);
    switch (pieces) {
    case 1:
        add_stretches(s, w, &r, begin, n, 1);
        break;
    case 2:
        add_stretches(s, w, &r, begin, n, 2);
        break;
    case 3:
        add_stretches(s, w, &r, begin, n, 3);
        break;
    case 4:
        add_stretches(s, w, &r, begin, n, 4);
        break;
    default:
        add_stretches(s, w, &r, begin, n, pieces);
    }
}
#endif

/* The last record of an odd number of eights is read beyond its end: stores have room for that. */
typedef struct kernels {
    void (*find_ends)(ens__sweep *s, const uint8_t *record, size_t stride, size_t n);
    void (*add_up)(ens__sweep *s, const ens__work *w, size_t begin, size_t n);
} kernels;

static const kernels *kernels_here(void)
{
    static const kernels base = {find_ends_base, add_up_base};
#if ENS_HAVE_LEVELS
    static const kernels v4 = {find_ends_v4, add_up_v4};

    if (ens__cpu_level() >= ENS__CPU_V4)
        return &v4;
#endif
    return &base;
}

/* ---- A node ---------------------------------------------------------------------------------------------------- */

static uint32_t most_count(const ens__work *w)
{
    uint32_t most = 1;

    for (size_t i = 0; w->a->count != NULL && i < w->n; i++)
        most = w->a->count[i] > most ? w->a->count[i] : most;
    return most;
}

ens_status ens__sweep_make(ens__sweep **out, const ens__work *w, ens_error *err)
{
    ens__sweep *s;

    *out = NULL;
    if (!w->o->random_cuts || w->stride == 0 || w->kind == ENS__SUMS)
        return ENS_OK;
    if ((s = ens__arena_zeros(w->arena, 1, sizeof *s)) == NULL)
        return ens__nomem(err);
    s->most_count = most_count(w);
    s->n_sums = w->kind == ENS__COUNTS ? w->k : 1;
    if ((s->sum = ens__arena_take(w->arena, s->n_sums, sizeof *s->sum)) == NULL)
        return ens__nomem(err);
    *out = s;
    return ENS_OK;
}

/* Features of two values that have one in all rows are of no use below, either. */
static void note_constant_bits(ens__work *w, const ens__sweep *s)
{
    uint64_t any, all;

    memcpy(&any, s->any, sizeof any);
    memcpy(&all, s->all, sizeof all);
    w->useless |= w->bits & ~(any & ~all);
}

void ens__sweep_begin(ens__work *w, const ens__order *node)
{
    ens__sweep *s = w->sweep;

    kernels_here()->find_ends(s, w->record + node->begin * w->stride, w->stride,
                              node->rows);
    s->n = 0;
    note_constant_bits(w, s);
}

/* The range of a feature's codes; false if it is of two bytes, or has missing values. */
static bool range_of(unsigned *low, unsigned *high, const ens__work *w, size_t j)
{
    const ens__sweep *s = w->sweep;
    const ens__field *f = &w->field[j];

    if (f->width == 0) {
        *low = s->all[f->offset] >> f->shift & 1;
        *high = s->any[f->offset] >> f->shift & 1;
        return true;
    }
    *low = s->low[f->offset];
    *high = s->high[f->offset];
    return f->width == 1 && *high < w->bins[j]->n_bins;
}

bool ens__sweep_try(ens__work *w, size_t j, const ens__order *node)
{
    ens__sweep *s = w->sweep;
    const ens__field *f = &w->field[j];
    const ens__bins *b = w->bins[j];
    unsigned low, high, t;

    if (!range_of(&low, &high, w, j)) {
        ens__sweep_end(w, node);
        return false;
    }
    if (low == high) {
        ens__split_note_useless(w, j);
        return true;
    }
    t = s->n++;
    s->feature[t] = (uint32_t)j;
    s->offset[t] = (uint8_t)f->offset;
    s->mask[t] = f->width == 0 ? (uint8_t)(1u << f->shift) : UINT8_MAX;
    s->cut[t] = ens__draw_cut(w, b, low, high);
    s->limit[t] = (uint8_t)ens__draw_last(low, high, ens__bins_up_to(b, s->cut[t]));
    if (s->n == CUTS)
        ens__sweep_end(w, node);
    return true;
}

/* w->left: the sums of cut t. */
static void take_sums(ens__work *w, unsigned t)
{
    const ens__sweep *s = w->sweep;
    int64_t *sum = w->left;

    sum[w->sums - 1] = s->count[t];
    if (w->kind == ENS__PAIRS) {
        sum[0] = s->count[t] - s->sum[0][t];
        sum[1] = s->sum[0][t];
    } else if (w->kind == ENS__RESPONSES) {
        sum[ENS__SUM_W] = s->count[t];
        sum[ENS__SUM_V] = s->sum[0][t];
    } else {
        for (size_t c = 0; c < w->k; c++)
            sum[c] = s->sum[c][t];
    }
}

void ens__sweep_end(ens__work *w, const ens__order *node)
{
    ens__sweep *s = w->sweep;
    unsigned n = s->n;

    if (n == 0)
        return;
    kernels_here()->add_up(s, w, node->begin, node->rows);
    s->n = 0;
    for (unsigned t = 0; t < n; t++) {
        take_sums(w, t);
        ens__cut_take(
            w,
            &(ens__cut){.feature = s->feature[t], .last = s->limit[t], .cut = s->cut[t]},
            node);
    }
}
