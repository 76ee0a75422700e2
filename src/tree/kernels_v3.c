/* kernels_v3.c - the loops of a split search in AVX2: four boundaries at a time, few rows in registers. */
#include <config.h>

#include <tree/kernels.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>

/* The best of each of four series of boundaries. */
typedef struct bests {
    __m256d value;
    __m256i at;
} bests;

#define V3_INLINE ENS_TARGET_V3 static inline __attribute__((always_inline))
#define NO_BESTS                                                                         \
    {                                                                                    \
        _mm256_set1_pd(-1), _mm256_set1_epi64x(INT64_MAX)                                \
    }

/* The better ones of four values, where each side has enough rows. */
V3_INLINE void keep_four(bests *b, __m256d value, __m256d n_left, __m256d n_right,
                         __m256i at, double least_count)
{
    __m256d least = _mm256_set1_pd(least_count);
    __m256d kept = _mm256_and_pd(_mm256_cmp_pd(n_left, least, _CMP_GE_OQ),
                                 _mm256_cmp_pd(n_right, least, _CMP_GE_OQ));
    __m256d same = _mm256_and_pd(_mm256_cmp_pd(value, b->value, _CMP_EQ_OQ),
                                 _mm256_castsi256_pd(_mm256_cmpgt_epi64(b->at, at)));
    __m256d better = _mm256_or_pd(_mm256_cmp_pd(value, b->value, _CMP_GT_OQ), same);

    better = _mm256_and_pd(better, kept);
    b->value = _mm256_blendv_pd(b->value, value, better);
    b->at = _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(b->at), _mm256_castsi256_pd(at), better));
}

/* (s_l n - s n_l)^2 / (n_l n_r) */
V3_INLINE void try_four(bests *b, __m256d n_left, __m256d left, __m256i at,
                        ens__limits limit)
{
    __m256d n = _mm256_set1_pd(limit.n), n_right = _mm256_sub_pd(n, n_left);
    __m256d d = _mm256_sub_pd(_mm256_mul_pd(left, n),
                              _mm256_mul_pd(n_left, _mm256_set1_pd(limit.all)));
    __m256d value = _mm256_div_pd(_mm256_mul_pd(d, d), _mm256_mul_pd(n_left, n_right));

    keep_four(b, value, n_left, n_right, at, limit.least);
}

/* l2 / n_l + r2 / n_r */
V3_INLINE void try_squares(bests *b, __m256d n_left, __m256d l2, __m256d r2, __m256i at,
                           ens__limits limit)
{
    __m256d n_right = _mm256_sub_pd(_mm256_set1_pd(limit.n), n_left);
    __m256d value = _mm256_add_pd(_mm256_div_pd(l2, n_left), _mm256_div_pd(r2, n_right));

    keep_four(b, value, n_left, n_right, at, limit.least);
}

/* The greatest value, and of equal ones the least `at`. */
V3_INLINE double best_of(const bests *b, size_t *at)
{
    double value[4], best = -1;
    int64_t place[4], first = INT64_MAX;

    _mm256_storeu_pd(value, b->value);
    _mm256_storeu_si256((void *)place, b->at);
    for (int i = 0; i < 4; i++)
        if (value[i] > best || (value[i] == best && place[i] < first)) {
            best = value[i];
            first = place[i];
        }
    *at = (size_t)first;
    return best;
}

V3_INLINE __m256d four_ints(const void *x)
{
    return _mm256_cvtepi32_pd(_mm_loadu_si128(x));
}

/* AVX2 has no conversion of 64 bits. */
V3_INLINE __m256d four_longs(__m256i x)
{
    int64_t v[4];

    _mm256_storeu_si256((void *)v, x);
    return _mm256_setr_pd((double)v[0], (double)v[1], (double)v[2], (double)v[3]);
}

V3_INLINE __m256i four_from(size_t g)
{
    return _mm256_add_epi64(_mm256_setr_epi64x(0, 1, 2, 3),
                            _mm256_set1_epi64x((int64_t)g));
}

/* Past n_at the sums are those of all rows, which is no boundary. */
ENS_TARGET_V3 static double pairs_v3(ENS__PAIRS_ARGS)
{
    bests b = NO_BESTS;

    for (size_t g = 0; g < n_at; g += 4)
        try_four(&b, four_ints(left_n + g), four_ints(left_one + g), four_from(g), limit);
    return best_of(&b, at);
}

ENS_TARGET_V3 static double values_v3(ENS__VALUES_ARGS)
{
    bests b = NO_BESTS;

    for (size_t g = 0; g < n_at; g += 4)
        try_four(&b, four_ints(left_n + g),
                 four_longs(_mm256_loadu_si256((const void *)(left_v + g))), four_from(g),
                 limit);
    return best_of(&b, at);
}

V3_INLINE double sum_of(__m256d x)
{
    __m128d y = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));

    return _mm_cvtsd_f64(_mm_add_sd(y, _mm_unpackhi_pd(y, y)));
}

ENS_TARGET_V3 static double counts_v3(ENS__COUNTS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        const uint32_t *cell = class + order[g] * up;
        __m256d l2 = _mm256_setzero_pd(), r2 = l2;
        double n_left = left_n[g], value;

        for (size_t c = 0; c < up; c += 4) {
            __m128i x = _mm_add_epi32(_mm_loadu_si128((const void *)(left + c)),
                                      _mm_loadu_si128((const void *)(cell + c)));
            __m256d l = _mm256_cvtepi32_pd(x),
                    r = _mm256_sub_pd(_mm256_loadu_pd(all + c), l);

            _mm_storeu_si128((void *)(left + c), x);
            l2 = _mm256_add_pd(l2, _mm256_mul_pd(l, l));
            r2 = _mm256_add_pd(r2, _mm256_mul_pd(r, r));
        }
        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = sum_of(l2) / n_left + sum_of(r2) / (limit.n - n_left);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

/* Arrays have room past n_at; what lies there has no rows. */
ENS_TARGET_V3 static double squares_v3(ENS__SQUARES_ARGS)
{
    bests b = NO_BESTS;

    for (size_t g = 0; g < n_at; g += 4) {
        __m256i here = four_from(g);
        __m256d in = _mm256_castsi256_pd(
            _mm256_cmpgt_epi64(_mm256_set1_epi64x((int64_t)n_at), here));

        try_squares(&b, _mm256_and_pd(in, four_ints(left_n + g)),
                    _mm256_loadu_pd(left_squares + g), _mm256_loadu_pd(right_squares + g),
                    here, limit);
    }
    return best_of(&b, at);
}

V3_INLINE __m128i half_of(__m256i eight, int high)
{
    return high ? _mm256_extracti128_si256(eight, 1) : _mm256_castsi256_si128(eight);
}

/* x where the codes are at least c, else 0. */
V3_INLINE __m256i where_no_less(__m256i codes, int32_t c, int32_t x)
{
    return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(c), codes),
                               _mm256_set1_epi32(x));
}

/* Instead of sorting: each row adds its tag to all rows of no lesser code. */
ENS_TARGET_V3 static double few_pairs_v3(ENS__FEW_PAIRS_ARGS)
{
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 8) {
        __m256i c = _mm256_loadu_si256((const void *)(code + i)),
                l = _mm256_setzero_si256();
        __m256i count, one;

        for (size_t r = 0; r < n; r++)
            l = _mm256_add_epi32(l, where_no_less(c, code[r], (int32_t)tag[r]));
        count = _mm256_and_si256(l, _mm256_set1_epi32(0xffff));
        one = _mm256_srli_epi32(l, 16);
        for (int high = 0; high < (n - i > 4 ? 2 : 1); high++)
            try_four(&b, _mm256_cvtepi32_pd(half_of(count, high)),
                     _mm256_cvtepi32_pd(half_of(one, high)),
                     _mm256_cvtepi32_epi64(half_of(c, high)), limit);
    }
    return best_of(&b, at);
}

ENS_TARGET_V3 static double few_values_v3(ENS__FEW_VALUES_ARGS)
{
    int64_t mask = ((int64_t)1 << bits) - 1;
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 4) {
        __m256i c = _mm256_cvtepi32_epi64(_mm_loadu_si128((const void *)(code + i)));
        __m256i l = _mm256_setzero_si256();
        int64_t s[4];

        for (size_t r = 0; r < n; r++) {
            __m256i out = _mm256_cmpgt_epi64(_mm256_set1_epi64x(code[r]), c);

            l = _mm256_add_epi64(l,
                                 _mm256_andnot_si256(out, _mm256_set1_epi64x(word[r])));
        }
        _mm256_storeu_si256((void *)s, l);
        try_four(&b,
                 _mm256_setr_pd((double)(s[0] & mask), (double)(s[1] & mask),
                                (double)(s[2] & mask), (double)(s[3] & mask)),
                 _mm256_setr_pd((double)(s[0] >> bits), (double)(s[1] >> bits),
                                (double)(s[2] >> bits), (double)(s[3] >> bits)),
                 c, limit);
    }
    return best_of(&b, at);
}

/* Eight boundaries at a time, one class after the other: the squares are whole numbers below 2^31. */
ENS_TARGET_V3 static double few_counts_v3(ENS__FEW_COUNTS_ARGS)
{
    bests b = NO_BESTS;

    for (size_t i = 0; i < n; i += 8) {
        __m256i c = _mm256_loadu_si256((const void *)(code + i)),
                l = _mm256_setzero_si256();
        __m256i n_left = l, l2 = l, r2 = l;

        for (size_t r = 0; r < n; r++) {
            size_t row = w->by_class[r];

            l = _mm256_add_epi32(
                l, where_no_less(c, code[row], (int32_t)(tag[row] & 0xffff)));
            if ((w->class_ends >> r & 1) != 0) {
                __m256i right = _mm256_sub_epi32(
                    _mm256_set1_epi32((int)w->node_class[tag[row] >> 16]), l);

                n_left = _mm256_add_epi32(n_left, l);
                l2 = _mm256_add_epi32(l2, _mm256_mullo_epi32(l, l));
                r2 = _mm256_add_epi32(r2, _mm256_mullo_epi32(right, right));
                l = _mm256_setzero_si256();
            }
        }
        for (int high = 0; high < (n - i > 4 ? 2 : 1); high++)
            try_squares(&b, _mm256_cvtepi32_pd(half_of(n_left, high)),
                        _mm256_cvtepi32_pd(half_of(l2, high)),
                        _mm256_cvtepi32_pd(half_of(r2, high)),
                        _mm256_cvtepi32_epi64(half_of(c, high)), limit);
    }
    return best_of(&b, at);
}

const ens__kernels ens__kernels_v3 = {
    .pairs = pairs_v3,
    .values = values_v3,
    .counts = counts_v3,
    .squares = squares_v3,
    .few = {[ENS__PAIRS] = 32, [ENS__COUNTS] = 32, [ENS__RESPONSES] = 16},
    .few_pairs = few_pairs_v3,
    .few_values = few_values_v3,
    .few_words = ens__few_words,
    .few_counts = few_counts_v3};
#else
typedef int ens__no_v3; /* a file has something in it */
#endif
