/* cut.c - a boundary drawn at random for a number, as extremely randomized trees do (Geurts, Ernst and Wehenkel 2006).
 *
 * The threshold is uniform between the least and the greatest value of the node, as far as bins tell them; a bin goes
 * left whole if its middle does.  Two passes over the rows and no groups: one for the ends, one for the sums; sweep.c
 * does the same for several features at once where it can. */
#include <config.h>

#include <core/cpu.h>
#include <limits.h>
#include <string.h>
#include <tree/codes.h>
#include <tree/draw.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* Rows of codes up to `last`, and how many of them are of class 1. */
static void add_pairs_base(int64_t *count, int64_t *one, const uint16_t *restrict code,
                           const uint32_t *restrict tag, size_t n, unsigned last)
{
    uint64_t all = 0, ones = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t t = tag[i] & (0 - (uint32_t)(code[i] <= last));

        all += t & 0xffff;
        ones += t >> 16;
    }
    *count = (int64_t)all;
    *one = (int64_t)ones;
}

/* The same of k classes, and of all at sum[k]. */
static void add_counts_base(int64_t *restrict sum, size_t k,
                            const uint16_t *restrict code, const uint32_t *restrict tag,
                            size_t n, unsigned last)
{
    int64_t count = 0;

    memset(sum, 0, k * sizeof *sum);
    for (size_t i = 0; i < n; i++) {
        uint32_t t = tag[i] & (0 - (uint32_t)(code[i] <= last));

        sum[t >> 16] += t & 0xffff;
        count += t & 0xffff;
    }
    sum[k] = count;
}

typedef struct kernels {
    void (*add_pairs)(int64_t *count, int64_t *one, const uint16_t *restrict code,
                      const uint32_t *restrict tag, size_t n, unsigned last);
    void (*add_counts)(int64_t *restrict sum, size_t k, const uint16_t *restrict code,
                       const uint32_t *restrict tag, size_t n, unsigned last);
} kernels;

#if ENS_HAVE_LEVELS
ENS_TARGET_V4 static void add_pairs_v4(int64_t *count, int64_t *one,
                                       const uint16_t *restrict code,
                                       const uint32_t *restrict tag, size_t n,
                                       unsigned last)
{
    __m512i all = _mm512_setzero_si512(), ones = all;

    for (size_t i = 0; i < n; i += 16) {
        __mmask16 in = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : UINT16_MAX;
        __m512i c = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(in, code + i));
        __mmask16 left =
            _mm512_mask_cmple_epu32_mask(in, c, _mm512_set1_epi32((int)last));
        __m512i t = _mm512_maskz_loadu_epi32(left, tag + i);

        all = _mm512_add_epi32(all, _mm512_and_si512(t, _mm512_set1_epi32(0xffff)));
        ones = _mm512_add_epi32(ones, _mm512_srli_epi32(t, 16));
    }
    *count = (uint32_t)_mm512_reduce_add_epi32(all); /* fewer than 2^31 are drawn */
    *one = (uint32_t)_mm512_reduce_add_epi32(ones);
}

/* Classes whose sums stay in registers. */
#define CLASSES_V4 8

ENS_TARGET_V4 static void add_counts_v4(int64_t *restrict sum, size_t k,
                                        const uint16_t *restrict code,
                                        const uint32_t *restrict tag, size_t n,
                                        unsigned last)
{
    __m512i of[CLASSES_V4], low = _mm512_set1_epi32(0xffff);
    int64_t all = 0;

    if (k > CLASSES_V4) {
        add_counts_base(sum, k, code, tag, n, last);
        return;
    }
#pragma GCC unroll 8
    for (int c = 0; c < CLASSES_V4; c++)
        of[c] = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 in = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : UINT16_MAX;
        __m256i x = _mm256_maskz_loadu_epi16(in, code + i);
        __mmask16 left =
            _mm256_mask_cmple_epu16_mask(in, x, _mm256_set1_epi16((short)last));
        __m512i t = _mm512_maskz_loadu_epi32(left, tag + i);
        __m512i class = _mm512_srli_epi32(t, 16), count = _mm512_and_si512(t, low);

#pragma GCC unroll 8
        for (int c = 0; c < CLASSES_V4; c++)
            of[c] = _mm512_mask_add_epi32(
                of[c], _mm512_cmpeq_epi32_mask(class, _mm512_set1_epi32(c)), of[c],
                count);
    }
#pragma GCC unroll 8
    for (size_t c = 0; c < CLASSES_V4; c++)
        if (c < k)
            all += sum[c] = (uint32_t)_mm512_reduce_add_epi32(of[c]);
    sum[k] = all;
}

#endif

static const kernels *kernels_here(void)
{
    static const kernels base = {add_pairs_base, add_counts_base};
#if ENS_HAVE_LEVELS
    static const kernels v4 = {add_pairs_v4, add_counts_v4};

    if (ens__cpu_level() >= ENS__CPU_V4)
        return &v4;
#endif
    return &base;
}

/* w->left: rows of codes up to `last`. */
static void add_left(ens__work *w, unsigned last, size_t begin, size_t n)
{
    const kernels *k = kernels_here();
    int64_t *sum = w->left, count = 0, v = 0;

    switch (w->kind) {
    case ENS__PAIRS:
        k->add_pairs(&sum[2], &sum[1], w->code, w->tag + begin, n, last);
        sum[0] = sum[2] - sum[1];
        break;
    case ENS__COUNTS:
        k->add_counts(sum, w->k, w->code, w->tag + begin, n, last);
        break;
    case ENS__RESPONSES:
        for (size_t i = 0; i < n; i++) {
            int64_t in = -(int64_t)(w->code[i] <= last);

            v += w->response[begin + i].v & in;
            count += w->response[begin + i].count & in;
        }
        sum[ENS__SUM_W] = sum[2] = count;
        sum[ENS__SUM_V] = v;
        break;
    default:
        memset(sum, 0, w->sums * sizeof *sum);
        for (size_t i = 0; i < n; i++)
            if (w->code[i] <= last)
                ens__work_add(w, sum, begin + i);
    }
}

static void add_missing(ens__work *w, unsigned missing, size_t begin, size_t n)
{
    memset(w->missing, 0, w->sums * sizeof *w->missing);
    for (size_t i = 0; i < n; i++)
        if (w->code[i] == missing)
            ens__work_add(w, w->missing, begin + i);
}

void ens__cut_take(ens__work *w, const ens__cut *c, const ens__order *node)
{
    ens__order o = *node;
    double value;

    o.sign = w->o->monotonic != NULL ? w->o->monotonic[c->feature] : 0;
    if (!ens__boundary_value(&value, w, &o) || (w->best.found && value <= w->best.gain))
        return;
    memcpy(w->best_left, w->left, w->sums * sizeof *w->left);
    w->best = (ens__split){.found = true,
                           .feature = (uint32_t)c->feature,
                           .code = c->last,
                           .next = c->only ? w->bins[c->feature]->n_bins : c->last + 1,
                           .gain = value,
                           .cut = c->cut};
    w->best.missing_left =
        c->missing ? c->missing_left : ens__split_left_is_larger(w, node->sum);
}

void ens__cut_try(ens__work *w, size_t j, const ens__order *node)
{
    const ens__bins *b = w->bins[j];
    size_t begin = node->begin, n = node->rows;
    ens__cut c = {.feature = j};
    ens__ends e;

    ens__work_codes(w, j, begin, n);
    e = ens__codes_here()->ends(w->code, n, b->n_bins);
    if (e.low > e.high || (e.low == e.high && !e.missing)) {
        ens__split_note_useless(w, j);
        return;
    }
    c.missing = e.missing;
    c.only = e.low == e.high;
    c.cut = ens__draw_cut(w, b, e.low, e.high);
    c.last = ens__draw_last(e.low, e.high, ens__bins_up_to(b, c.cut));
    add_left(w, c.last, begin, n);
    ens__cut_take(w, &c, node);
    if (!e.missing)
        return;
    add_missing(w, b->n_bins, begin, n);
    for (size_t m = 0; m < w->sums; m++)
        w->left[m] += w->missing[m];
    c.missing_left = true;
    ens__cut_take(w, &c, node);
}
