/* groups.c - the rows of a node by code: sums for each code that occurs, in the order of the codes.
 *
 * Rows are added to cells, one for each code; then the cells that were used are moved together and zeroed again, so
 * that what follows never meets an empty one.  Where codes are many for the rows, the rows are sorted instead. */
#include <config.h>

#include <core/cpu.h>
#include <string.h>
#include <tree/work.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* Codes a row above which rows are sorted. */
#define SPARSE 16

/* ---- Cells ------------------------------------------------------------------------------------------------- */

/* Codes of rows: bytes of records, or w->code. `wide` is a constant wherever this is inlined. */
typedef struct source {
    const uint8_t *byte;
    size_t stride;
    const uint16_t *code;
    size_t
        common; /* a code whose rows need not be added: their sum is what the others leave of the node's */
} source;

INLINE size_t code_at(const source *s, size_t i, bool wide)
{
    return wide ? s->code[i] : s->byte[i * s->stride];
}

/* The rows to be added: all, or those on a list. */
INLINE size_t row_at(const uint32_t *list, size_t i)
{
    return list != NULL ? list[i] : i;
}

/* cell[code] += tag, both halves at once: for totals below 2^16. Returns the sum of all. */
INLINE uint32_t add_tags(uint32_t *restrict cell, const source *s,
                         const uint32_t *restrict tag, const uint32_t *list, size_t n,
                         bool wide)
{
    uint32_t all = 0;

    for (size_t i = 0; i < n; i++) {
        size_t r = row_at(list, i);

        cell[code_at(s, r, wide)] += tag[r];
        all += tag[r];
    }
    return all;
}

INLINE int64_t widened(uint32_t tag)
{
    return (int64_t)(tag & 0xffff) | (int64_t)(tag >> 16) << 32;
}

/* The same with halves of 32 bits. */
INLINE int64_t add_wide_tags(int64_t *restrict cell, const source *s,
                             const uint32_t *restrict tag, const uint32_t *list, size_t n,
                             bool wide)
{
    int64_t all = 0;

    for (size_t i = 0; i < n; i++) {
        size_t r = row_at(list, i);

        cell[code_at(s, r, wide)] += widened(tag[r]);
        all += widened(tag[r]);
    }
    return all;
}

INLINE void add_responses(uint32_t *restrict count, int64_t *restrict v, const source *s,
                          const ens__response *restrict row, size_t n, bool wide)
{
    for (size_t i = 0; i < n; i++) {
        size_t c = code_at(s, i, wide);

        count[c] += row[i].count;
        v[c] += row[i].v;
    }
}

INLINE void add_classes(uint32_t *restrict cell, size_t up, const source *s,
                        const uint32_t *restrict tag, const uint32_t *list, size_t n,
                        bool wide)
{
    for (size_t i = 0; i < n; i++) {
        size_t r = row_at(list, i);

        cell[code_at(s, r, wide) * up + (tag[r] >> 16)] += tag[r] & 0xffff;
    }
}

/* Rows without the common code, into w->key; returns how many. */
INLINE size_t list_uncommon(ens__work *w, const source *s, size_t n, bool wide)
{
    uint32_t *restrict list = w->key;
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        list[m] = (uint32_t)i;
        m += code_at(s, i, wide) != s->common;
    }
    return m;
}

/* A row often adds to the cell that the row before it has just written, and waits for it. So rows of a common code
 * are left out, and their sum is what the others leave of the node's. */
static void add_uncommon_tags(ens__work *w, const source *s, const int64_t *sum,
                              const uint32_t *tag, size_t n, bool wide)
{
    size_t m = list_uncommon(w, s, n, wide);

    if (sum[2] <= UINT16_MAX) {
        uint32_t all = (uint32_t)sum[2] | (uint32_t)sum[1] << 16;

        w->cell32[s->common] = all - add_tags(w->cell32, s, tag, w->key, m, wide);
    } else {
        int64_t all = sum[2] | sum[1] << 32;

        w->cell64[s->common] = all - add_wide_tags(w->cell64, s, tag, w->key, m, wide);
    }
}

static void add_uncommon_classes(ens__work *w, const source *s, const int64_t *sum,
                                 const uint32_t *tag, size_t n, bool wide)
{
    uint32_t *common = w->cell_class + s->common * w->classes_up;
    size_t m = list_uncommon(w, s, n, wide);

    for (size_t c = 0; c < w->k; c++)
        common[c] = (uint32_t)sum[c];
    for (size_t i = 0; i < m; i++)
        common[tag[w->key[i]] >> 16] -= tag[w->key[i]] & 0xffff;
    add_classes(w->cell_class, w->classes_up, s, tag, w->key, m, wide);
}

/* cell[code] += w, v, count; the w of classes to the sum of the row's class. sums and classes are constants wherever
 * that pays. */
INLINE void add_stats(int64_t *restrict cell, size_t sums, bool classes, const source *s,
                      const ens__stat *restrict stat, size_t n, bool wide)
{
    for (size_t i = 0; i < n; i++) {
        int64_t *to = cell + code_at(s, i, wide) * sums;

        to[classes ? stat[i].label : ENS__SUM_W] += stat[i].w;
        if (!classes)
            to[ENS__SUM_V] += stat[i].v;
        to[sums - 1] += stat[i].count;
    }
}

INLINE void add_sums(ens__work *w, const source *s, size_t begin, size_t n, bool wide)
{
    const ens__stat *stat = w->stat + begin;

    if (!w->classes)
        add_stats(w->cell_sum, 3, false, s, stat, n, wide);
    else if (w->sums == 3)
        add_stats(w->cell_sum, 3, true, s, stat, n, wide);
    else
        add_stats(w->cell_sum, w->sums, true, s, stat, n, wide);
}

/* ---- From cells to groups ------------------------------------------------------------------------------------ */

static size_t pack_tags(ens__groups *to, uint32_t *restrict cell, size_t n_codes)
{
    size_t g = 0;

    for (size_t c = 0; c < n_codes; c++) {
        uint32_t sum = cell[c];

        cell[c] = 0;
        to->code[g] = (unsigned)c; /* overwritten if the code has no rows */
        to->n[g] = sum & 0xffff;
        to->one[g] = sum >> 16;
        g += sum != 0;
    }
    return g;
}

static size_t pack_wide_tags(ens__groups *to, int64_t *restrict cell, size_t n_codes)
{
    size_t g = 0;

    for (size_t c = 0; c < n_codes; c++) {
        uint64_t sum = (uint64_t)cell[c];

        cell[c] = 0;
        to->code[g] = (unsigned)c;
        to->n[g] = (uint32_t)sum;
        to->one[g] = (uint32_t)(sum >> 32);
        g += sum != 0;
    }
    return g;
}

static size_t pack_responses(ens__groups *to, uint32_t *restrict count,
                             int64_t *restrict v, size_t n_codes)
{
    size_t g = 0;

    for (size_t c = 0; c < n_codes; c++) {
        to->code[g] = (unsigned)c;
        to->n[g] = count[c];
        to->v[g] = v[c];
        g += count[c] != 0;
        count[c] = 0;
        v[c] = 0;
    }
    return g;
}

#if ENS_HAVE_LEVELS
/* Sixteen cells at a time. Arrays of groups have room for what is written past their ends, as cells have. */
ENS_TARGET_V4 static size_t pack_tags_v4(ens__groups *to, uint32_t *restrict cell,
                                         size_t n_codes)
{
    __m512i code =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t g = 0;

    for (size_t c = 0; c < n_codes; c += 16) {
        __m512i sum = _mm512_loadu_si512(cell + c);
        __mmask16 some = _mm512_test_epi32_mask(sum, sum);

        if (some != 0) {
            __m512i packed = _mm512_maskz_compress_epi32(some, sum);

            _mm512_storeu_si512(to->code + g, _mm512_maskz_compress_epi32(some, code));
            _mm512_storeu_si512(to->n + g,
                                _mm512_and_si512(packed, _mm512_set1_epi32(0xffff)));
            _mm512_storeu_si512(to->one + g, _mm512_srli_epi32(packed, 16));
            _mm512_storeu_si512(cell + c, _mm512_setzero_si512());
            g += (size_t)__builtin_popcount(some);
        }
        code = _mm512_add_epi32(code, _mm512_set1_epi32(16));
    }
    return g;
}

ENS_TARGET_V4 static size_t pack_responses_v4(ens__groups *to, uint32_t *restrict count,
                                              int64_t *restrict v, size_t n_codes)
{
    __m512i code =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t g = 0;

    for (size_t c = 0; c < n_codes; c += 16) {
        __m512i n = _mm512_loadu_si512(count + c);
        __mmask16 some = _mm512_test_epi32_mask(n, n);

        if (some != 0) {
            __mmask8 low = (__mmask8)some, high = (__mmask8)(some >> 8);
            size_t n_low = (size_t)__builtin_popcount(low);

            _mm512_storeu_si512(to->code + g, _mm512_maskz_compress_epi32(some, code));
            _mm512_storeu_si512(to->n + g, _mm512_maskz_compress_epi32(some, n));
            _mm512_storeu_si512(
                to->v + g, _mm512_maskz_compress_epi64(low, _mm512_loadu_si512(v + c)));
            _mm512_storeu_si512(
                to->v + g + n_low,
                _mm512_maskz_compress_epi64(high, _mm512_loadu_si512(v + c + 8)));
            _mm512_storeu_si512(count + c, _mm512_setzero_si512());
            _mm512_storeu_si512(v + c, _mm512_setzero_si512());
            _mm512_storeu_si512(v + c + 8, _mm512_setzero_si512());
            g += (size_t)__builtin_popcount(some);
        }
        code = _mm512_add_epi32(code, _mm512_set1_epi32(16));
    }
    return g;
}
#endif

/* Move the cell of a code to group g. */
static void pack_cell(ens__work *w, size_t g, unsigned code)
{
    ens__groups *to = &w->group;

    to->code[g] = code;
    if (w->kind == ENS__COUNTS) {
        uint32_t *from = w->cell_class + code * w->classes_up;
        uint32_t *class = to->class + g * w->classes_up, n = 0;

        for (size_t c = 0; c < w->classes_up; c++) {
            n += class[c] = from[c];
            from[c] = 0;
        }
        to->n[g] = n;
        return;
    }
    memcpy(to->sum + g * w->sums, w->cell_sum + code * w->sums,
           w->sums * sizeof *to->sum);
    memset(w->cell_sum + code * w->sums, 0, w->sums * sizeof *w->cell_sum);
}

static bool is_used(const ens__work *w, size_t code)
{
    const uint32_t *class = w->cell_class + code * w->classes_up;
    uint32_t any = 0;

    if (w->kind == ENS__SUMS)
        return w->cell_sum[code * w->sums + w->sums - 1] != 0;
    for (size_t c = 0; c < w->classes_up; c++)
        any |= class[c];
    return any != 0;
}

/* Wide cells: those of many rows are looked at one by one, those of a few found by a bitmap. */
static size_t pack_cells(ens__work *w, const source *s, size_t n, size_t n_codes)
{
    size_t g = 0;

    if (n >= n_codes) {
        for (size_t c = 0; c < n_codes; c++)
            if (is_used(w, c))
                pack_cell(w, g++, (unsigned)c);
        return g;
    }
    for (size_t i = 0; i < n; i++) {
        size_t c = code_at(s, i, s->code != NULL);

        w->occupied[c / 64] |= (uint64_t)1 << c % 64;
    }
    for (size_t word = 0; word <= n_codes / 64; word++) {
        uint64_t bits = w->occupied[word];

        w->occupied[word] = 0;
        for (; bits != 0; bits &= bits - 1)
            pack_cell(w, g++, (unsigned)(word * 64 + (size_t)__builtin_ctzll(bits)));
    }
    return g;
}

/* ---- By sorting ------------------------------------------------------------------------------------------------ */

static void insertion_sort(uint32_t *key, const uint16_t *code, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = i;

        for (; j > 0 && code[key[j - 1]] > code[i]; j--)
            key[j] = key[j - 1];
        key[j] = (uint32_t)i;
    }
}

/* One pass of a stable counting sort by eight bits of the code. */
static void radix_pass(uint32_t *to, const uint32_t *from, const uint16_t *code, size_t n,
                       int shift)
{
    uint32_t at[257] = {0};

    for (size_t i = 0; i < n; i++)
        at[(code[i] >> shift & 255) + 1]++;
    for (size_t b = 0; b < 256; b++)
        at[b + 1] += at[b];
    for (size_t i = 0; i < n; i++) {
        uint32_t key = from != NULL ? from[i] : (uint32_t)i;

        to[at[code[key] >> shift & 255]++] = key;
    }
}

void ens__keys_sort(ens__work *w, size_t n)
{
    if (n <= 32) {
        insertion_sort(w->key, w->code, n);
        return;
    }
    if (w->max_codes <= 256) {
        radix_pass(w->key, NULL, w->code, n, 0);
        return;
    }
    radix_pass(w->key2, NULL, w->code, n, 0);
    radix_pass(w->key, w->key2, w->code, n, 8);
}

static void begin_group(ens__work *w, size_t g, unsigned code)
{
    ens__groups *to = &w->group;

    to->code[g] = code;
    to->n[g] = 0;
    if (w->kind == ENS__PAIRS)
        to->one[g] = 0;
    else if (w->kind == ENS__RESPONSES)
        to->v[g] = 0;
    else if (w->kind == ENS__COUNTS)
        memset(to->class + g * w->classes_up, 0, w->classes_up * sizeof *to->class);
    else
        memset(to->sum + g * w->sums, 0, w->sums * sizeof *to->sum);
}

static void add_row(ens__work *w, size_t g, size_t i)
{
    ens__groups *to = &w->group;

    if (w->kind == ENS__PAIRS || w->kind == ENS__COUNTS) {
        uint32_t count = w->tag[i] & 0xffff, high = w->tag[i] >> 16;

        to->n[g] += count;
        if (w->kind == ENS__PAIRS)
            to->one[g] += high;
        else
            to->class[g * w->classes_up + high] += count;
    } else if (w->kind == ENS__RESPONSES) {
        to->n[g] += w->response[i].count;
        to->v[g] += w->response[i].v;
    } else {
        const ens__stat *stat = &w->stat[i];
        int64_t *sum = to->sum + g * w->sums;

        sum[w->classes ? stat->label : ENS__SUM_W] += stat->w;
        if (!w->classes)
            sum[ENS__SUM_V] += stat->v;
        sum[w->sums - 1] += stat->count;
    }
}

static size_t sort_rows(ens__work *w, size_t begin, size_t n)
{
    size_t groups = 0;

    ens__keys_sort(w, n);
    for (size_t i = 0; i < n; i++) {
        unsigned code = w->code[w->key[i]];

        if (i == 0 || code != w->group.code[groups - 1])
            begin_group(w, groups++, code);
        add_row(w, groups - 1, begin + w->key[i]);
    }
    return groups;
}

void ens__groups_add(const ens__work *w, int64_t *sum, size_t g)
{
    const ens__groups *from = &w->group;

    switch (w->kind) {
    case ENS__PAIRS:
        sum[0] += (int64_t)from->n[g] - from->one[g];
        sum[1] += from->one[g];
        sum[2] += from->n[g];
        break;
    case ENS__RESPONSES:
        sum[ENS__SUM_W] += from->n[g];
        sum[ENS__SUM_V] += from->v[g];
        sum[2] += from->n[g];
        break;
    case ENS__COUNTS:
        for (size_t c = 0; c < w->k; c++)
            sum[c] += from->class[g * w->classes_up + c];
        sum[w->k] += from->n[g];
        break;
    default:
        for (size_t s = 0; s < w->sums; s++)
            sum[s] += from->sum[g * w->sums + s];
    }
}

/* ---- Features of two values -------------------------------------------------------------------------------------- */

/* Sums of the rows whose bit is `value`. */
static void add_pair_bits(ens__groups *to, const ens__work *w, const ens__field *f,
                          uint32_t value, size_t begin, size_t n)
{
    const uint8_t *restrict byte = w->record + begin * w->stride + f->offset;
    const uint32_t *restrict tag = w->tag + begin;
    uint32_t count = 0, one = 0;

    for (size_t i = 0; i < n; i++, byte += w->stride) {
        uint32_t in = tag[i] & (0 - (uint32_t)((*byte >> f->shift & 1) == value));

        count += in & 0xffff;
        one += in >> 16;
    }
    to->n[value] = count;
    to->one[value] = one;
}

static void add_response_bits(ens__groups *to, const ens__work *w, const ens__field *f,
                              uint32_t value, size_t begin, size_t n)
{
    const uint8_t *restrict byte = w->record + begin * w->stride + f->offset;
    const ens__response *restrict row = w->response + begin;
    uint32_t count = 0;
    int64_t v = 0;

    for (size_t i = 0; i < n; i++, byte += w->stride) {
        int64_t in = -(int64_t)((*byte >> f->shift & 1) == value);

        count += row[i].count & (uint32_t)in;
        v += row[i].v & in;
    }
    to->n[value] = count;
    to->v[value] = v;
}

/* Tags of the rows whose bit is `value`, into list; returns how many. */
static size_t list_bits_base(uint32_t *restrict list, const ens__work *w,
                             const ens__field *f, uint32_t value, size_t begin, size_t n)
{
    const uint8_t *restrict byte = w->record + begin * w->stride + f->offset;
    const uint32_t *restrict tag = w->tag + begin;
    size_t m = 0;

    for (size_t i = 0; i < n; i++, byte += w->stride) {
        list[m] = tag[i];
        m += (*byte >> f->shift & 1) == value;
    }
    return m;
}

#if ENS_HAVE_LEVELS
/* Sixteen rows at a time: four bytes of each record, which has room for them. */
ENS_TARGET_V4 static size_t list_bits_v4(uint32_t *restrict list, const ens__work *w,
                                         const ens__field *f, uint32_t value,
                                         size_t begin, size_t n)
{
    const uint8_t *word = w->record + begin * w->stride + f->offset / 4 * 4;
    const uint32_t *tag = w->tag + begin;
    __m512i bit = _mm512_set1_epi32((int)((uint32_t)1 << (f->offset % 4 * 8 + f->shift)));
    __m512i place = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32((int)w->stride));
    __mmask16 flip = value != 0 ? 0 : UINT16_MAX;
    size_t m = 0;

    for (size_t i = 0; i < n; i += 16, word += 16 * w->stride) {
        __mmask16 in = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : UINT16_MAX;
        __m512i x = _mm512_mask_i32gather_epi32(bit, in, place, word, 1);
        __mmask16 kept = in & (_mm512_test_epi32_mask(x, bit) ^ flip);

        _mm512_storeu_si512(list + m, _mm512_maskz_compress_epi32(
                                          kept, _mm512_maskz_loadu_epi32(in, tag + i)));
        m += (size_t)__builtin_popcount(kept);
    }
    return m;
}
#endif

typedef struct kernels {
    size_t (*tags)(ens__groups *to, uint32_t *restrict cell, size_t n_codes);
    size_t (*responses)(ens__groups *to, uint32_t *restrict count, int64_t *restrict v,
                        size_t n_codes);
    size_t (*list_bits)(uint32_t *restrict list, const ens__work *w, const ens__field *f,
                        uint32_t value, size_t begin, size_t n);
} kernels;

static const kernels *kernels_here(void)
{
    static const kernels base = {pack_tags, pack_responses, list_bits_base};
#if ENS_HAVE_LEVELS
    static const kernels v4 = {pack_tags_v4, pack_responses_v4, list_bits_v4};

    if (ens__cpu_level() >= ENS__CPU_V4)
        return &v4;
#endif
    return &base;
}

static void add_class_bits(ens__groups *to, const ens__work *w, const ens__field *f,
                           uint32_t value, size_t begin, size_t n)
{
    uint32_t *restrict class = to->class + value * w->classes_up, count = 0;
    const uint32_t *restrict list = w->key;
    size_t m = kernels_here()->list_bits(w->key, w, f, value, begin, n);

    memset(class, 0, w->classes_up * sizeof *class);
    for (size_t i = 0; i < m; i++) {
        class[list[i] >> 16] += list[i] & 0xffff;
        count += list[i] & 0xffff;
    }
    to->n[value] = count;
}

/* One of two groups is what the other leaves of the node. */
static void complete_bit(ens__work *w, uint32_t known, const int64_t *sum)
{
    ens__groups *to = &w->group;
    size_t other = 1 - known, up = w->classes_up;

    to->n[other] = (uint32_t)sum[w->sums - 1] - to->n[known];
    if (w->kind == ENS__PAIRS)
        to->one[other] = (uint32_t)sum[1] - to->one[known];
    else if (w->kind == ENS__RESPONSES)
        to->v[other] = sum[ENS__SUM_V] - to->v[known];
    else
        for (size_t c = 0; c < up; c++)
            to->class[other * up + c] =
                (c < w->k ? (uint32_t)sum[c] : 0) - to->class[known * up + c];
}

/* The rows that have the rarer value, as far as is known, are added up. */
static size_t group_bit(ens__work *w, size_t j, const int64_t *sum, size_t begin,
                        size_t n)
{
    const ens__field *f = &w->field[j];
    uint32_t rare = w->bins[j]->common == 1 ? 0 : 1;
    ens__groups *to = &w->group;

    if (w->kind == ENS__PAIRS)
        add_pair_bits(to, w, f, rare, begin, n);
    else if (w->kind == ENS__RESPONSES)
        add_response_bits(to, w, f, rare, begin, n);
    else
        add_class_bits(to, w, f, rare, begin, n);
    complete_bit(w, rare, sum);
    to->code[0] = 0;
    to->code[1] = 1;
    if (to->n[0] > 0 && to->n[1] > 0)
        return 2;
    to->code[0] =
        to->n[0] > 0 ? 0 : 1; /* the sum of the one that has no rows is not asked for */
    return 1;
}

/* ---- The whole ------------------------------------------------------------------------------------------------- */

/* Rows below which a list of the uncommon ones brings nothing. */
#define LISTED 32

INLINE size_t group_pairs(ens__work *w, const source *s, const int64_t *sum, size_t begin,
                          size_t n, size_t n_codes, bool wide)
{
    const uint32_t *tag = w->tag + begin;
    bool narrow = sum[2] <= UINT16_MAX;

    if (s->common < n_codes && n >= LISTED)
        add_uncommon_tags(w, s, sum, tag, n, wide);
    else if (narrow)
        add_tags(w->cell32, s, tag, NULL, n, wide);
    else
        add_wide_tags(w->cell64, s, tag, NULL, n, wide);
    return narrow ? kernels_here()->tags(&w->group, w->cell32, n_codes)
                  : pack_wide_tags(&w->group, w->cell64, n_codes);
}

INLINE size_t group_counts(ens__work *w, const source *s, const int64_t *sum,
                           size_t begin, size_t n, size_t n_codes, bool wide)
{
    const uint32_t *tag = w->tag + begin;

    if (s->common < n_codes && n >= LISTED && n >= n_codes) {
        add_uncommon_classes(w, s, sum, tag, n, wide);
        return pack_cells(w, s, n, n_codes);
    }
    add_classes(w->cell_class, w->classes_up, s, tag, NULL, n, wide);
    return pack_cells(w, s, n, n_codes);
}

INLINE size_t group_rows(ens__work *w, const source *s, const int64_t *sum, size_t begin,
                         size_t n, size_t n_codes, bool wide)
{
    switch (w->kind) {
    case ENS__PAIRS:
        return group_pairs(w, s, sum, begin, n, n_codes, wide);
    case ENS__COUNTS:
        return group_counts(w, s, sum, begin, n, n_codes, wide);
    case ENS__RESPONSES:
        add_responses(w->cell32, w->cell64, s, w->response + begin, n, wide);
        return kernels_here()->responses(&w->group, w->cell32, w->cell64, n_codes);
    default:
        add_sums(w, s, begin, n, wide);
        return pack_cells(w, s, n, n_codes);
    }
}

/* Sums may come to be sorted, and absolute error asks for w->code. */
static bool reads_bytes(const ens__work *w, size_t n_codes, size_t n)
{
    return w->kind != ENS__SUMS ||
           (w->o->criterion != ENS__ABSOLUTE_ERROR && n_codes <= SPARSE * n);
}

size_t ens__groups_make(ens__work *w, const int64_t *sum, size_t j, size_t begin,
                        size_t n)
{
    size_t n_codes = w->bins[j]->n_bins + 1;
    source s = {.common = w->bins[j]->common};

    if (w->stride > 0 && w->field[j].width == 0 && w->kind != ENS__SUMS)
        return group_bit(w, j, sum, begin, n);
    if (w->stride > 0 && w->field[j].width == 1 && reads_bytes(w, n_codes, n)) {
        s.byte = w->record + begin * w->stride + w->field[j].offset;
        s.stride = w->stride;
        return group_rows(w, &s, sum, begin, n, n_codes, false);
    }
    ens__work_codes(w, j, begin, n);
    s.code = w->code;
    if (n_codes > SPARSE * n)
        return sort_rows(w, begin, n);
    return group_rows(w, &s, sum, begin, n, n_codes, true);
}
