/* boost_part.c - parting the rows of a node: those that go left stay, the others go elsewhere, each in their order.
 *
 * Which code goes left is a bit in a table, for numbers, sets and slots of several features alike.  Tables of up to 256
 * bits stay in a register. */
#include <config.h>

#include <core/cpu.h>
#include <string.h>
#include <tree/boost_work.h>
#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* Where the code of a row is found. */
typedef struct source {
    const uint8_t *code; /* of row 0 */
    size_t stride;
    uint32_t width;
    size_t rows; /* in memory */
} source;

/* list[n], whose rows have a bit in table at their code, come first. */
#define PART_ARGS                                                                        \
    uint32_t *restrict list, uint32_t *restrict right, size_t n, const source *from,     \
        const uint32_t *restrict table

static inline uint32_t bit_of(const uint32_t *table, uint32_t code)
{
    return table[code / 32] >> code % 32 & 1;
}

static inline __attribute__((always_inline)) size_t part_body(PART_ARGS, uint32_t width)
{
    size_t kept = 0, gone = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t row = list[i];
        const uint8_t *at = from->code + row * from->stride;
        uint16_t wide;
        uint32_t code = *at, left;

        if (width == 2) {
            memcpy(&wide, at, sizeof wide);
            code = wide;
        }
        left = bit_of(table, code);
        list[kept] = row;
        right[gone] = row;
        kept += left;
        gone += 1 - left;
    }
    return kept;
}

static size_t part_bytes(PART_ARGS)
{
    return part_body(list, right, n, from, table, 1);
}

static size_t part_wide(PART_ARGS)
{
    return part_body(list, right, n, from, table, 2);
}

#if ENS_HAVE_LEVELS
/* 16 rows into list and right, of which those of the mask stay. */
#define PART_16(left)                                                                    \
    do {                                                                                 \
        unsigned stay = (unsigned)__builtin_popcount(left);                              \
                                                                                         \
        _mm512_storeu_si512(list + kept, _mm512_maskz_compress_epi32(left, row));        \
        _mm512_mask_storeu_epi32(right + gone, (__mmask16)((1u << (16 - stay)) - 1),     \
                                 _mm512_maskz_compress_epi32((__mmask16) ~(left), row)); \
        kept += stay;                                                                    \
        gone += 16 - stay;                                                               \
    } while (0)

/* Codes of 16 rows of a column, which are neighbours in the root. Four bytes are read at each of the others, so the
 * last rows are left to the plain kernel. */
ENS_TARGET_V4 static inline __m512i bytes_at(const uint8_t *code, const uint32_t *list,
                                             __m512i row)
{
    if (list[15] - list[0] == 15)
        return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(code + list[0])));
    return _mm512_and_si512(_mm512_i32gather_epi32(row, code, 1),
                            _mm512_set1_epi32(0xff));
}

ENS_TARGET_V4 static inline __m512i pairs_at(const uint8_t *code, const uint32_t *list,
                                             __m512i row)
{
    if (list[15] - list[0] == 15)
        return _mm512_cvtepu16_epi32(
            _mm256_loadu_si256((const void *)(code + 2 * (size_t)list[0])));
    return _mm512_and_si512(_mm512_i32gather_epi32(row, code, 2),
                            _mm512_set1_epi32(0xffff));
}

ENS_TARGET_V4 static size_t part_bytes_v4(PART_ARGS)
{
    const __m512i words = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)table));
    size_t kept = 0, gone = 0, i = 0, rest;

    for (; i + 16 <= n && list[i + 15] + 4 <= from->rows; i += 16) {
        __m512i row = _mm512_loadu_si512(list + i);
        __m512i code = bytes_at(from->code, list + i, row);
        __m512i word = _mm512_permutexvar_epi32(_mm512_srli_epi32(code, 5), words);
        __mmask16 left = _mm512_test_epi32_mask(
            _mm512_srlv_epi32(word, _mm512_and_si512(code, _mm512_set1_epi32(31))),
            _mm512_set1_epi32(1));

        PART_16(left);
    }
    rest = part_body(list + i, right + gone, n - i, from, table, 1);
    memmove(list + kept, list + i, rest * sizeof *list);
    return kept + rest;
}

/* Tables of up to IN_REGISTERS bits stay in four registers. */
ENS_TARGET_V4 static size_t part_pairs_v4(PART_ARGS)
{
    const __m512i a = _mm512_loadu_si512(table), b = _mm512_loadu_si512(table + 16);
    const __m512i c = _mm512_loadu_si512(table + 32), d = _mm512_loadu_si512(table + 48);
    size_t kept = 0, gone = 0, i = 0, rest;

    for (; i + 16 <= n && list[i + 15] + 2 <= from->rows; i += 16) {
        __m512i row = _mm512_loadu_si512(list + i);
        __m512i code = pairs_at(from->code, list + i, row);
        __m512i at = _mm512_srli_epi32(code, 5);
        __m512i word = _mm512_mask_blend_epi32(
            _mm512_test_epi32_mask(at, _mm512_set1_epi32(32)),
            _mm512_permutex2var_epi32(a, at, b), _mm512_permutex2var_epi32(c, at, d));
        __mmask16 left = _mm512_test_epi32_mask(
            _mm512_srlv_epi32(word, _mm512_and_si512(code, _mm512_set1_epi32(31))),
            _mm512_set1_epi32(1));

        PART_16(left);
    }
    rest = part_body(list + i, right + gone, n - i, from, table, 2);
    memmove(list + kept, list + i, rest * sizeof *list);
    return kept + rest;
}

ENS_TARGET_V4 static size_t part_wide_v4(PART_ARGS)
{
    size_t kept = 0, gone = 0, i = 0, rest;

    for (; i + 16 <= n && list[i + 15] + 2 <= from->rows; i += 16) {
        __m512i row = _mm512_loadu_si512(list + i);
        __m512i code = pairs_at(from->code, list + i, row);
        __m512i word = _mm512_i32gather_epi32(_mm512_srli_epi32(code, 5), table, 4);
        __mmask16 left = _mm512_test_epi32_mask(
            _mm512_srlv_epi32(word, _mm512_and_si512(code, _mm512_set1_epi32(31))),
            _mm512_set1_epi32(1));

        PART_16(left);
    }
    rest = part_body(list + i, right + gone, n - i, from, table, 2);
    memmove(list + kept, list + i, rest * sizeof *list);
    return kept + rest;
}
#endif

/* ---- Tables ---------------------------------------------------------------------------------------------------- */

#define MOST_WORDS   2048 /* of codes of two bytes */
#define IN_REGISTERS 2048 /* bits */

static bool goes_left(const ens__boost_split *s, const ens__bins *bins, uint32_t code)
{
    if (s->by_set)
        return bit_of(s->set, code) != 0;
    return code == bins->n_bins ? s->missing_left : code <= s->code;
}

/* Bits of the codes of a split's feature, or if they are read from records, of its slot. */
static void make_table(uint32_t *table, const ens__boost_rows *r,
                       const ens__boost_split *split, bool records)
{
    const ens__boost_feature *f = &r->member[split->member];
    uint32_t n = records ? r->slot[f->slot].n_codes : f->digits;

    memset(table, 0,
           (n <= 256            ? 8
            : n <= IN_REGISTERS ? IN_REGISTERS / 32
                                : (n + 31) / 32) *
               sizeof *table);
    for (uint32_t c = 0; c < n; c++) {
        uint32_t code = records ? c / f->step % f->digits : c;

        if (goes_left(split, f->bins, code))
            table[c / 32] |= 1u << c % 32;
    }
}

size_t ens__boost_part(uint32_t *list, uint32_t *right, size_t n, const ens__booster *b,
                       const ens__boost_split *split)
{
    const ens__boost_rows *r = b->rows;
    const ens__boost_feature *f = &r->member[split->member];
    const ens__slot *slot = &r->slot[f->slot];
    uint32_t table[MOST_WORDS];
    source from = {r->record + slot->at, r->stride, slot->width, 0};

    make_table(table, r, split, !r->whole);
    if (r->whole)
        from = (source){f->bins->width == 1 ? f->bins->code.u8
                                            : (const uint8_t *)f->bins->code.u16,
                        f->bins->width, f->bins->width, r->n};
#if ENS_HAVE_LEVELS
    /* Places are signed 32-bit numbers there. */
    if (ens__cpu_level() >= ENS__CPU_V4 && r->whole && r->n < INT32_MAX)
        return from.width == 1             ? part_bytes_v4(list, right, n, &from, table)
               : f->digits <= IN_REGISTERS ? part_pairs_v4(list, right, n, &from, table)
                                           : part_wide_v4(list, right, n, &from, table);
#endif
    return from.width == 2 ? part_wide(list, right, n, &from, table)
                           : part_bytes(list, right, n, &from, table);
}
