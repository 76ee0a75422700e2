/* boost_part.c - parting the rows of a node: those that go left stay, the others go elsewhere, each in their order.
 *
 * Which code goes left is a bit in a table, for numbers, sets and slots of several features alike.  Tables of up to 256
 * bits stay in a register. */
#include <config.h>

#include <core/cpu.h>
#include <string.h>
#include <tree/boost_work.h>
#include <tree/loops.h>
#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

/* Where the code of a row is found. */
typedef struct source {
    const uint8_t *code; /* of row 0 */
    size_t stride;
    uint32_t width;
} source;

/* Rows whose codes are fetched before they are parted. */
#define CHUNK 256

/* ---- Codes of a chunk --------------------------------------------------------------------------------------- */

static ENS__INLINE void fetch_bytes(uint8_t *restrict code, const uint32_t *restrict list,
                                    size_t n, const uint8_t *restrict from, size_t stride)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        ENS__UNROLL
        for (size_t l = i; l < i + 8; l++)
            code[l] = from[list[l] * stride];
    }
    for (; i < n; i++)
        code[i] = from[list[i] * stride];
}

static ENS__INLINE void fetch_pairs(uint16_t *restrict code,
                                    const uint32_t *restrict list, size_t n,
                                    const uint8_t *restrict from, size_t stride)
{
    ENS__UNROLL
    for (size_t i = 0; i < n; i++)
        memcpy(&code[i], from + list[i] * stride, sizeof *code);
}

/* The codes of rows list[n], which are neighbours in the root, as bytes or as pairs of bytes. */
static void fetch(void *code, const uint32_t *list, size_t n, const source *from)
{
    bool packed = from->stride == from->width;

    if (packed && list[n - 1] - list[0] == n - 1)
        memcpy(code, from->code + list[0] * from->stride, n * from->width);
    else if (from->width == 1 && packed)
        fetch_bytes(code, list, n, from->code, 1);
    else if (from->width == 1)
        fetch_bytes(code, list, n, from->code, from->stride);
    else if (packed)
        fetch_pairs(code, list, n, from->code, 2);
    else
        fetch_pairs(code, list, n, from->code, from->stride);
}

/* ---- A chunk -------------------------------------------------------------------------------------------------- */

/* Rows list[n] of these codes: those that have a bit in table at their code to left, which is list or begins before it,
 * the others to right; both have room for n.  Returns how many went left. */
#define PART_ARGS                                                                        \
    uint32_t *left, uint32_t *restrict right, const uint32_t *list,                      \
        const void *restrict codes, size_t n, const uint32_t *restrict table
#define PART_NAMES left, right, list, codes, n, table

static inline uint32_t bit_of(const uint32_t *table, uint32_t code)
{
    return table[code / 32] >> code % 32 & 1;
}

static ENS__INLINE size_t part_body(PART_ARGS, bool pairs)
{
    const uint8_t *byte = codes;
    const uint16_t *pair = codes;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t row = list[i];

        left[kept] = row;
        right[i - kept] = row;
        kept += bit_of(table, pairs ? pair[i] : byte[i]);
    }
    return kept;
}

static size_t part_bytes(PART_ARGS)
{
    return part_body(PART_NAMES, false);
}

static size_t part_pairs(PART_ARGS)
{
    return part_body(PART_NAMES, true);
}

#if ENS_HAVE_LEVELS
#define LANES 16

/* 16 rows, of which those of the mask go left. */
#define PART_16(goes)                                                                    \
    do {                                                                                 \
        __m512i row = _mm512_loadu_si512(list + i);                                      \
        unsigned stay = (unsigned)__builtin_popcount(goes);                              \
                                                                                         \
        _mm512_storeu_si512(left + kept, _mm512_maskz_compress_epi32(goes, row));        \
        _mm512_storeu_si512(right + (i - kept),                                          \
                            _mm512_maskz_compress_epi32((__mmask16) ~(goes), row));      \
        kept += stay;                                                                    \
    } while (0)

/* Whether the bit of each code is set in the word it is found in. */
ENS_TARGET_V4 static inline __mmask16 bits_of(__m512i word, __m512i code)
{
    return _mm512_test_epi32_mask(
        _mm512_srlv_epi32(word, _mm512_and_si512(code, _mm512_set1_epi32(31))),
        _mm512_set1_epi32(1));
}

ENS_TARGET_V4 static size_t part_bytes_v4(PART_ARGS)
{
    const __m512i words = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)table));
    const uint8_t *byte = codes;
    size_t kept = 0, i = 0;

    for (; i + LANES <= n; i += LANES) {
        __m512i code = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(byte + i)));
        __m512i word = _mm512_permutexvar_epi32(_mm512_srli_epi32(code, 5), words);
        __mmask16 goes = bits_of(word, code);

        PART_16(goes);
    }
    return kept +
           part_bytes(left + kept, right + (i - kept), list + i, byte + i, n - i, table);
}

/* Tables of up to IN_REGISTERS bits stay in four registers. */
ENS_TARGET_V4 static size_t part_pairs_v4(PART_ARGS)
{
    const __m512i a = _mm512_loadu_si512(table), b = _mm512_loadu_si512(table + 16);
    const __m512i c = _mm512_loadu_si512(table + 32), d = _mm512_loadu_si512(table + 48);
    const uint16_t *pair = codes;
    size_t kept = 0, i = 0;

    for (; i + LANES <= n; i += LANES) {
        __m512i code =
            _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)(pair + i)));
        __m512i at = _mm512_srli_epi32(code, 5);
        __m512i word = _mm512_mask_blend_epi32(
            _mm512_test_epi32_mask(at, _mm512_set1_epi32(32)),
            _mm512_permutex2var_epi32(a, at, b), _mm512_permutex2var_epi32(c, at, d));
        __mmask16 goes = bits_of(word, code);

        PART_16(goes);
    }
    return kept +
           part_pairs(left + kept, right + (i - kept), list + i, pair + i, n - i, table);
}
#endif

/* ---- Tables ---------------------------------------------------------------------------------------------------- */

#define MOST_WORDS   2048 /* of codes of two bytes */
#define SPARSE       32   /* below one row in so many a node is small */
#define IN_REGISTERS 2048 /* bits */

static bool goes_left(const ens__boost_split *s, const ens__bins *bins, uint32_t code)
{
    if (s->by_set)
        return bit_of(s->set, code) != 0;
    return code == bins->n_bins ? s->missing_left : code <= s->code;
}

/* Bits of the codes of a split's feature, or if they are read from records, of its slot; returns how many. */
static uint32_t make_table(uint32_t *table, const ens__boost_rows *r,
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
    return n;
}

/* The kernel for codes of so many bytes, and so many of them. */
static size_t (*part_of(uint32_t width, uint32_t codes))(PART_ARGS)
{
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4 && width == 1)
        return part_bytes_v4;
    if (ens__cpu_level() >= ENS__CPU_V4 && codes <= IN_REGISTERS)
        return part_pairs_v4;
#endif
    return width == 1 ? part_bytes : part_pairs;
}

/* Codes of a column lie close together for the many rows of a large node; those of a small one are read where they will
 * be counted. */
static bool by_column(const ens__boost_rows *r, size_t n)
{
    return r->whole && n >= r->n / SPARSE;
}

size_t ens__boost_part(uint32_t *list, uint32_t *right, size_t n, const ens__booster *b,
                       const ens__boost_node *node)
{
    const ens__boost_rows *r = b->rows;
    const ens__boost_split *split = &node->best;
    const ens__boost_feature *f = &r->member[split->member];
    const ens__slot *slot = &r->slot[f->slot];
    bool column = by_column(r, node->n);
    source from = {r->record + slot->at, r->stride, slot->width};
    uint32_t table[MOST_WORDS], codes;
    uint16_t code[CHUNK];
    size_t (*part)(PART_ARGS);
    size_t kept = 0;

    if (column)
        from = (source){f->bins->width == 1 ? f->bins->code.u8
                                            : (const uint8_t *)f->bins->code.u16,
                        f->bins->width, f->bins->width};
    codes = make_table(table, r, split, !column);
    part = part_of(from.width, codes);
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t some = n - i < CHUNK ? n - i : CHUNK;

        fetch(code, list + i, some, &from);
        kept += part(list + kept, right + (i - kept), list + i, code, some, table);
    }
    return kept;
}
