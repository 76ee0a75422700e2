/* kernels_v4.c - the loops of a split search in AVX-512: eight boundaries at a time, few rows in registers. */
#include <config.h>

#include <tree/kernels.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>

/* The best of each of eight series of boundaries. */
typedef struct bests {
    __m512d value;
    __m512i at;
} bests;

#define V4_INLINE ENS_TARGET_V4 static inline __attribute__((always_inline))

/* The better ones of eight values, where each side has enough rows. */
V4_INLINE void keep_eight(bests *b, __m512d value, __m512d n_left, __m512d n_right,
                          __m512i at, double least_count)
{
    __m512d least = _mm512_set1_pd(least_count);
    __mmask8 kept = _mm512_cmp_pd_mask(n_left, least, _CMP_GE_OQ) &
                    _mm512_cmp_pd_mask(n_right, least, _CMP_GE_OQ);
    __mmask8 better = _mm512_mask_cmp_pd_mask(kept, value, b->value, _CMP_GT_OQ);

    better |= _mm512_mask_cmp_pd_mask(kept, value, b->value, _CMP_EQ_OQ) &
              _mm512_cmplt_epi64_mask(at, b->at);
    b->value = _mm512_mask_mov_pd(b->value, better, value);
    b->at = _mm512_mask_mov_epi64(b->at, better, at);
}

V4_INLINE void try_eight(bests *b, __m512d n_left, __m512d left, __m512i at,
                         ens__limits limit)
{
    __m512d n = _mm512_set1_pd(limit.n), n_right = _mm512_sub_pd(n, n_left);
    __m512d d = _mm512_sub_pd(_mm512_mul_pd(left, n),
                              _mm512_mul_pd(n_left, _mm512_set1_pd(limit.all)));
    __m512d value = _mm512_div_pd(_mm512_mul_pd(d, d), _mm512_mul_pd(n_left, n_right));

    keep_eight(b, value, n_left, n_right, at, limit.least);
}

/* The greatest value, and of equal ones the least `at`. */
V4_INLINE double best_of(const bests *b, size_t *at)
{
    double value = _mm512_reduce_max_pd(b->value);
    __mmask8 first = _mm512_cmp_pd_mask(b->value, _mm512_set1_pd(value), _CMP_EQ_OQ);

    *at = (size_t)_mm512_mask_reduce_min_epi64(first, b->at);
    return value;
}

V4_INLINE __m512d eight_ints(const void *x)
{
    return _mm512_cvtepi32_pd(_mm256_loadu_si256(x));
}

#define NO_BESTS                                                                         \
    {                                                                                    \
        _mm512_set1_pd(-1), _mm512_set1_epi64(INT64_MAX)                                 \
    }
#define EIGHT _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)

/* Past n_at the sums are those of all rows, which is no boundary. */
ENS_TARGET_V4 static double pairs_v4(ENS__PAIRS_ARGS)
{
    bests b = NO_BESTS;
    __m512i here = EIGHT;

    for (size_t g = 0; g < n_at; g += 8) {
        try_eight(&b, eight_ints(left_n + g), eight_ints(left_one + g), here, limit);
        here = _mm512_add_epi64(here, _mm512_set1_epi64(8));
    }
    return best_of(&b, at);
}

ENS_TARGET_V4 static double values_v4(ENS__VALUES_ARGS)
{
    bests b = NO_BESTS;
    __m512i here = EIGHT;

    for (size_t g = 0; g < n_at; g += 8) {
        __m512i v = _mm512_loadu_si512(left_v + g);

        try_eight(&b, eight_ints(left_n + g), _mm512_cvtepi64_pd(v), here, limit);
        here = _mm512_add_epi64(here, _mm512_set1_epi64(8));
    }
    return best_of(&b, at);
}

ENS_TARGET_V4 static double counts_v4(ENS__COUNTS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        const uint32_t *cell = class + order[g] * up;
        __m512d l2 = _mm512_setzero_pd(), r2 = l2;
        double n_left = left_n[g], value;

        for (size_t c = 0; c < up; c += 8) {
            __m256i x = _mm256_add_epi32(_mm256_loadu_si256((const void *)(left + c)),
                                         _mm256_loadu_si256((const void *)(cell + c)));
            __m512d l = _mm512_cvtepi32_pd(x);
            __m512d r = _mm512_sub_pd(_mm512_loadu_pd(all + c), l);

            _mm256_storeu_si256((void *)(left + c), x);
            l2 = _mm512_add_pd(l2, _mm512_mul_pd(l, l));
            r2 = _mm512_add_pd(r2, _mm512_mul_pd(r, r));
        }
        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = _mm512_reduce_add_pd(l2) / n_left +
                _mm512_reduce_add_pd(r2) / (limit.n - n_left);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

/* l2 / n_l + r2 / n_r */
V4_INLINE void try_squares(bests *b, __m512d n_left, __m512d l2, __m512d r2, __m512i at,
                           ens__limits limit)
{
    __m512d n_right = _mm512_sub_pd(_mm512_set1_pd(limit.n), n_left);
    __m512d value = _mm512_add_pd(_mm512_div_pd(l2, n_left), _mm512_div_pd(r2, n_right));

    keep_eight(b, value, n_left, n_right, at, limit.least);
}

/* What is read past n_at is masked by its place. */
ENS_TARGET_V4 static double squares_v4(ENS__SQUARES_ARGS)
{
    bests b = NO_BESTS;

    for (size_t g = 0; g < n_at; g += 8) {
        __mmask8 in = n_at - g < 8 ? (__mmask8)((1u << (n_at - g)) - 1) : 0xff;
        __m512d n_left = _mm512_maskz_mov_pd(in, eight_ints(left_n + g));

        try_squares(&b, n_left, _mm512_maskz_loadu_pd(in, left_squares + g),
                    _mm512_maskz_loadu_pd(in, right_squares + g),
                    _mm512_add_epi64(EIGHT, _mm512_set1_epi64((int64_t)g)), limit);
    }
    return best_of(&b, at);
}

V4_INLINE __m512d half_of(__m512i sixteen, int high)
{
    return _mm512_cvtepi32_pd(high ? _mm512_extracti64x4_epi64(sixteen, 1)
                                   : _mm512_castsi512_si256(sixteen));
}

/* Try the codes of sixteen rows, where the tags of all rows of no greater code add up to `sum`. */
V4_INLINE void try_sixteen(bests *b, __m512i code, __m512i sum, ens__limits limit,
                           int halves)
{
    __m512i n = _mm512_and_si512(sum, _mm512_set1_epi32(0xffff));
    __m512i one = _mm512_srli_epi32(sum, 16);

    try_eight(b, half_of(n, 0), half_of(one, 0),
              _mm512_cvtepi32_epi64(_mm512_castsi512_si256(code)), limit);
    if (halves > 1)
        try_eight(b, half_of(n, 1), half_of(one, 1),
                  _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(code, 1)), limit);
}

/* Instead of sorting: each row adds its tag to all rows of no lesser code. */
ENS_TARGET_V4 static double few_pairs_v4(ENS__FEW_PAIRS_ARGS)
{
    __m512i c0 = _mm512_loadu_si512(code), c1 = _mm512_loadu_si512(code + 16);
    __m512i l0 = _mm512_setzero_si512(), l1 = l0;
    bests b = NO_BESTS;

    if (n <= 16) {
        for (size_t r = 0; r < n; r++)
            l0 = _mm512_mask_add_epi32(
                l0, _mm512_cmpge_epi32_mask(c0, _mm512_set1_epi32(code[r])), l0,
                _mm512_set1_epi32((int)tag[r]));
        try_sixteen(&b, c0, l0, limit, n > 8 ? 2 : 1);
        return best_of(&b, at);
    }
    for (size_t r = 0; r < n; r++) {
        __m512i c = _mm512_set1_epi32(code[r]), t = _mm512_set1_epi32((int)tag[r]);

        l0 = _mm512_mask_add_epi32(l0, _mm512_cmpge_epi32_mask(c0, c), l0, t);
        l1 = _mm512_mask_add_epi32(l1, _mm512_cmpge_epi32_mask(c1, c), l1, t);
    }
    try_sixteen(&b, c0, l0, limit, 2);
    try_sixteen(&b, c1, l1, limit, n > 24 ? 2 : 1);
    return best_of(&b, at);
}

/* Eight words to eight boundaries. */
V4_INLINE void try_words(bests *b, __m512i word, __m512i code, __mmask8 in, unsigned bits,
                         int64_t base_n, int64_t base_v, ens__limits limit)
{
    __m512i n = _mm512_and_si512(word, _mm512_set1_epi64(((int64_t)1 << bits) - 1));
    __m512i v = _mm512_sra_epi64(word, _mm_cvtsi32_si128((int)bits));

    n = _mm512_maskz_add_epi64(in, n, _mm512_set1_epi64(base_n));
    v = _mm512_add_epi64(v, _mm512_set1_epi64(base_v));
    try_eight(b, _mm512_cvtepi64_pd(n), _mm512_cvtepi64_pd(v), code, limit);
}

ENS_TARGET_V4 static double few_words_v4(ENS__FEW_WORDS_ARGS)
{
    __mmask32 in = n < 32 ? ((__mmask32)1 << n) - 1 : UINT32_MAX;
    __m512i c = _mm512_maskz_loadu_epi16(in, code);
    __m512i l0 = _mm512_setzero_si512(), l1 = l0, l2 = l0, l3 = l0;
    bests b = NO_BESTS;

    if (n <= 8)
        for (size_t r = 0; r < n; r++) {
            __mmask32 m = _mm512_cmpge_epu16_mask(c, _mm512_set1_epi16((short)code[r]));

            l0 = _mm512_mask_add_epi64(l0, (__mmask8)m, l0, _mm512_set1_epi64(word[r]));
        }
    else if (n <= 16)
        for (size_t r = 0; r < n; r++) {
            __mmask32 m = _mm512_cmpge_epu16_mask(c, _mm512_set1_epi16((short)code[r]));
            __m512i x = _mm512_set1_epi64(word[r]);

            l0 = _mm512_mask_add_epi64(l0, (__mmask8)m, l0, x);
            l1 = _mm512_mask_add_epi64(l1, (__mmask8)(m >> 8), l1, x);
        }
    else
        for (size_t r = 0; r < n; r++) {
            __mmask32 m = _mm512_cmpge_epu16_mask(c, _mm512_set1_epi16((short)code[r]));
            __m512i x = _mm512_set1_epi64(word[r]);

            l0 = _mm512_mask_add_epi64(l0, (__mmask8)m, l0, x);
            l1 = _mm512_mask_add_epi64(l1, (__mmask8)(m >> 8), l1, x);
            l2 = _mm512_mask_add_epi64(l2, (__mmask8)(m >> 16), l2, x);
            l3 = _mm512_mask_add_epi64(l3, (__mmask8)(m >> 24), l3, x);
        }
    try_words(&b, l0, _mm512_cvtepu16_epi64(_mm512_castsi512_si128(c)), (__mmask8)in, bits,
              base_n, base_v, limit);
    if (n > 8)
        try_words(&b, l1, _mm512_cvtepu16_epi64(_mm512_extracti32x4_epi32(c, 1)),
                  (__mmask8)(in >> 8), bits, base_n, base_v, limit);
    if (n > 16)
        try_words(&b, l2, _mm512_cvtepu16_epi64(_mm512_extracti32x4_epi32(c, 2)),
                  (__mmask8)(in >> 16), bits, base_n, base_v, limit);
    if (n > 24)
        try_words(&b, l3, _mm512_cvtepu16_epi64(_mm512_extracti32x4_epi32(c, 3)),
                  (__mmask8)(in >> 24), bits, base_n, base_v, limit);
    return best_of(&b, at);
}

ENS_TARGET_V4 static double few_values_v4(ENS__FEW_VALUES_ARGS)
{
    uint16_t c[32];

    for (size_t i = 0; i < n; i++)
        c[i] = (uint16_t)code[i];
    return few_words_v4(at, c, word, n, bits, 0, 0, limit);
}

/* Sixteen boundaries at a time, one class after the other: the squares are whole numbers below 2^31. */
ENS_TARGET_V4 static double few_counts_v4(ENS__FEW_COUNTS_ARGS)
{
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 16) {
        __m512i c = _mm512_loadu_si512(code + i), l = _mm512_setzero_si512();
        __m512i n_left = l, l2 = l, r2 = l;

        for (size_t r = 0; r < n; r++) {
            size_t row = w->by_class[r];

            l = _mm512_mask_add_epi32(
                l, _mm512_cmpge_epi32_mask(c, _mm512_set1_epi32(code[row])), l,
                _mm512_set1_epi32((int)(tag[row] & 0xffff)));
            if ((w->class_ends >> r & 1) != 0) {
                __m512i right = _mm512_sub_epi32(
                    _mm512_set1_epi32((int)w->node_class[tag[row] >> 16]), l);

                n_left = _mm512_add_epi32(n_left, l);
                l2 = _mm512_add_epi32(l2, _mm512_mullo_epi32(l, l));
                r2 = _mm512_add_epi32(r2, _mm512_mullo_epi32(right, right));
                l = _mm512_setzero_si512();
            }
        }
        for (int half = 0; half < (n - i > 8 ? 2 : 1); half++)
            try_squares(&b, half_of(n_left, half), half_of(l2, half), half_of(r2, half),
                        _mm512_cvtepi32_epi64(half ? _mm512_extracti64x4_epi64(c, 1)
                                                   : _mm512_castsi512_si256(c)),
                        limit);
    }
    return best_of(&b, at);
}

const ens__kernels ens__kernels_v4 = {
    .pairs = pairs_v4,
    .values = values_v4,
    .counts = counts_v4,
    .squares = squares_v4,
    .few = {[ENS__PAIRS] = 32, [ENS__COUNTS] = 64, [ENS__RESPONSES] = 32},
    .few_pairs = few_pairs_v4,
    .few_values = few_values_v4,
    .few_words = few_words_v4,
    .few_counts = few_counts_v4};
#else
typedef int ens__no_v4; /* a file has something in it */
#endif
