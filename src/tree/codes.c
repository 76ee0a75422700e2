/* codes.c - loops over the codes that the rows of a node have of one feature. */
#include <config.h>

#include <core/cpu.h>
#include <tree/codes.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

static ens__ends find_ends_base(const uint16_t *code, size_t n, unsigned missing)
{
    ens__ends e = {missing, 0, false};

    for (size_t i = 0; i < n; i++) {
        unsigned c = code[i], present = c == missing ? 0 : c;

        e.low = c < e.low ? c : e.low;
        e.high = present > e.high ? present : e.high;
        e.missing |= c == missing;
    }
    return e;
}

static void find_sides_base(unsigned *left, unsigned *right, const uint16_t *code,
                            size_t n, unsigned last, unsigned missing)
{
    *left = 0;
    *right = missing;
    for (size_t i = 0; i < n; i++) {
        unsigned l = code[i] <= last ? code[i] : 0,
                 r = code[i] > last ? code[i] : missing;

        *left = l > *left ? l : *left;
        *right = r < *right ? r : *right;
    }
}

#define PICK_ARGS                                                                        \
    uint32_t *restrict a, uint32_t *restrict b, size_t of[2],                            \
        const uint16_t *restrict code, size_t n, ens__code_range range_a,                \
        ens__code_range range_b

static void pick_base(PICK_ARGS)
{
    size_t n_a = 0, n_b = 0;

    for (size_t i = 0; i < n; i++) {
        a[n_a] = b[n_b] = (uint32_t)i;
        n_a += code[i] - range_a.low <= range_a.high - range_a.low;
        n_b += code[i] - range_b.low <= range_b.high - range_b.low;
    }
    of[0] = n_a;
    of[1] = n_b;
}

static int64_t sum_base(const uint16_t *restrict code, const int64_t *restrict word,
                        size_t n, unsigned last)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += word[i] & -(int64_t)(code[i] <= last);
    return sum;
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V4 static unsigned least_of(__m512i x)
{
    __m256i y =
        _mm256_min_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i z = _mm_min_epu16(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

    return (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(z)) & 0xffff;
}

ENS_TARGET_V4 static ens__ends find_ends_v4(const uint16_t *code, size_t n,
                                            unsigned missing)
{
    __m512i none = _mm512_set1_epi16((short)missing), all = _mm512_set1_epi16(-1);
    __m512i low = all, past = all; /* the least of 65535 - code */
    bool some = false;

    for (size_t i = 0; i < n; i += 32) {
        __mmask32 in = n - i < 32 ? ((__mmask32)1 << (n - i)) - 1 : UINT32_MAX;
        __m512i c = _mm512_maskz_loadu_epi16(in, code + i);
        __mmask32 lacks = _mm512_mask_cmpeq_epi16_mask(in, c, none),
                  present = in & ~lacks;

        some |= lacks != 0;
        low = _mm512_mask_min_epu16(low, present, low, c);
        past = _mm512_mask_min_epu16(past, present, past, _mm512_sub_epi16(all, c));
    }
    return (ens__ends){least_of(low), UINT16_MAX - least_of(past), some};
}

ENS_TARGET_V4 static void find_sides_v4(unsigned *left, unsigned *right,
                                        const uint16_t *code, size_t n, unsigned last,
                                        unsigned missing)
{
    __m512i all = _mm512_set1_epi16(-1), past = all; /* the least of 65535 - code */
    __m512i after = _mm512_set1_epi16((short)missing);

    for (size_t i = 0; i < n; i += 32) {
        __mmask32 in = n - i < 32 ? ((__mmask32)1 << (n - i)) - 1 : UINT32_MAX;
        __m512i c = _mm512_maskz_loadu_epi16(in, code + i);
        __mmask32 before =
            _mm512_mask_cmple_epu16_mask(in, c, _mm512_set1_epi16((short)last));

        past = _mm512_mask_min_epu16(past, before, past, _mm512_sub_epi16(all, c));
        after = _mm512_mask_min_epu16(after, in & ~before, after, c);
    }
    *left = UINT16_MAX - least_of(past);
    *right = least_of(after);
}

#define V4_INLINE ENS_TARGET_V4 static inline __attribute__((always_inline))

V4_INLINE __mmask32 first_of(size_t n)
{
    return n < 32 ? ((__mmask32)1 << n) - 1 : UINT32_MAX;
}

/* Which of 32 codes a range has. */
V4_INLINE uint32_t in_range(__m512i code, __mmask32 in, ens__code_range r)
{
    return _mm512_mask_cmple_epu16_mask(
        in, _mm512_sub_epi16(code, _mm512_set1_epi16((short)r.low)),
        _mm512_set1_epi16((short)(r.high - r.low)));
}

ENS_TARGET_V4 static void pick_v4(PICK_ARGS)
{
    size_t n_a = 0, n_b = 0;

    for (size_t i = 0; i < n; i += 32) {
        __mmask32 in = first_of(n - i);
        __m512i c = _mm512_maskz_loadu_epi16(in, code + i);
        uint32_t in_a = in_range(c, in, range_a), in_b = in_range(c, in, range_b);

        for (; in_a != 0; in_a &= in_a - 1)
            a[n_a++] = (uint32_t)i + (uint32_t)__builtin_ctz(in_a);
        for (; in_b != 0; in_b &= in_b - 1)
            b[n_b++] = (uint32_t)i + (uint32_t)__builtin_ctz(in_b);
    }
    of[0] = n_a;
    of[1] = n_b;
}

/* Eight words where the mask has bits. */
V4_INLINE __m512i add_some(__m512i sum, uint32_t mask, const int64_t *word)
{
    return _mm512_add_epi64(sum, _mm512_maskz_loadu_epi64((__mmask8)mask, word));
}

ENS_TARGET_V4 static int64_t sum_v4(const uint16_t *restrict code,
                                    const int64_t *restrict word, size_t n, unsigned last)
{
    __m512i sum = _mm512_setzero_si512(), more = sum;

    for (size_t i = 0; i < n; i += 32) {
        __mmask32 in = first_of(n - i);
        __m512i c = _mm512_maskz_loadu_epi16(in, code + i);
        uint32_t left =
            _mm512_mask_cmple_epu16_mask(in, c, _mm512_set1_epi16((short)last));

        sum = add_some(sum, left, word + i);
        if (n - i <= 8)
            break;
        more = add_some(more, left >> 8, word + i + 8);
        if (n - i <= 16)
            break;
        sum = add_some(sum, left >> 16, word + i + 16);
        more = add_some(more, left >> 24, word + i + 24);
    }
    return _mm512_reduce_add_epi64(_mm512_add_epi64(sum, more));
}
#endif

const ens__codes *ens__codes_here(void)
{
    static const ens__codes base = {find_ends_base, find_sides_base, pick_base, sum_base};
#if ENS_HAVE_LEVELS
    static const ens__codes v4 = {find_ends_v4, find_sides_v4, pick_v4, sum_v4};

    if (ens__cpu_level() >= ENS__CPU_V4)
        return &v4;
#endif
    return &base;
}
