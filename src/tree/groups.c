/* groups.c - the rows of a node by code: sums for each code that occurs, in the order of the codes.
 *
 * Cells are all zero between features and only those that were used are zeroed again, so a small node never pays
 * for the codes that it does not have.  Which ones it has is read off a bitmap; where even the bitmap is long
 * for so few rows, the codes are sorted. */
#include <config.h>

#include <core/cpu.h>
#include <string.h>
#include <tree/work.h>

/* ---- Kernels ------------------------------------------------------------------------------------------------ */

#define PAIR_ARGS                                                                        \
    ens__pair *restrict cell, const uint16_t *restrict code,                             \
        const ens__pair *restrict pair, size_t n
#define BYTE_ARGS                                                                        \
    ens__pair *restrict cell, const uint8_t *restrict code, size_t stride,               \
        const ens__pair *restrict pair, size_t n
#define MARK_ARGS                                                                        \
    ens__pair *restrict cell, uint64_t *restrict occupied, const uint8_t *restrict code, \
        size_t stride, const ens__pair *restrict pair, size_t n

/* cell[code[i]] += pair[i] */
static inline __attribute__((always_inline)) void pair_body(PAIR_ARGS)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        cell[code[i]] += pair[i];
        cell[code[i + 1]] += pair[i + 1];
        cell[code[i + 2]] += pair[i + 2];
        cell[code[i + 3]] += pair[i + 3];
    }
    for (; i < n; i++)
        cell[code[i]] += pair[i];
}

/* cell[code[i * stride]] += pair[i] */
static inline __attribute__((always_inline)) void byte_body(BYTE_ARGS)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4, code += 4 * stride) {
        cell[code[0]] += pair[i];
        cell[code[stride]] += pair[i + 1];
        cell[code[2 * stride]] += pair[i + 2];
        cell[code[3 * stride]] += pair[i + 3];
    }
    for (; i < n; i++, code += stride)
        cell[*code] += pair[i];
}

/* The same, and the bit of each code that occurs is set. */
static inline __attribute__((always_inline)) void mark_body(MARK_ARGS)
{
    for (size_t i = 0; i < n; i++, code += stride) {
        cell[*code] += pair[i];
        occupied[*code / 64] |= (uint64_t)1 << *code % 64;
    }
}

typedef struct kernels {
    void (*pairs)(PAIR_ARGS);
    void (*bytes)(BYTE_ARGS);
    void (*marks)(MARK_ARGS);
} kernels;

static void pairs_base(PAIR_ARGS)
{
    pair_body(cell, code, pair, n);
}

static void bytes_base(BYTE_ARGS)
{
    byte_body(cell, code, stride, pair, n);
}

static void marks_base(MARK_ARGS)
{
    mark_body(cell, occupied, code, stride, pair, n);
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static void pairs_v3(PAIR_ARGS)
{
    pair_body(cell, code, pair, n);
}

ENS_TARGET_V3 static void bytes_v3(BYTE_ARGS)
{
    byte_body(cell, code, stride, pair, n);
}

ENS_TARGET_V3 static void marks_v3(MARK_ARGS)
{
    mark_body(cell, occupied, code, stride, pair, n);
}
#endif

static const kernels *kernels_here(void)
{
    static const kernels base = {pairs_base, bytes_base, marks_base};
#if ENS_HAVE_LEVELS
    static const kernels v3 = {pairs_v3, bytes_v3, marks_v3};

    if (ens__cpu_level() >= ENS__CPU_V3)
        return &v3;
#endif
    return &base;
}

static void add_classes(ens__work *w, size_t begin, size_t n)
{
    size_t sums = w->sums;

    for (size_t i = 0; i < n; i++) {
        const ens__stat *s = &w->stat[begin + i];
        int64_t *cell = w->cell + w->code[i] * sums;

        cell[s->label] += s->w;
        cell[sums - 1] += s->count;
    }
}

static void add_responses(ens__work *w, size_t begin, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const ens__stat *s = &w->stat[begin + i];
        int64_t *cell = w->cell + 3 * w->code[i];

        cell[0] += s->w;
        cell[1] += s->v;
        cell[2] += s->count;
    }
}

/* ---- Which codes occur ------------------------------------------------------------------------------------ */

static void mark_codes(ens__work *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->occupied[w->code[i] / 64] |= (uint64_t)1 << w->code[i] % 64;
}

static size_t walk_bitmap(ens__work *w, size_t n_codes)
{
    size_t groups = 0;

    for (size_t word = 0; word <= n_codes / 64; word++) {
        uint64_t bits = w->occupied[word];

        w->occupied[word] = 0;
        for (; bits != 0; bits &= bits - 1)
            w->group[groups++] = (unsigned)(word * 64 + (size_t)__builtin_ctzll(bits));
    }
    return groups;
}

/* Many rows: every code is looked at, which costs less than marking each row. */
static size_t scan_cells(ens__work *w, size_t n_codes)
{
    size_t groups = 0;

    if (w->pairs)
        for (size_t c = 0; c < n_codes; c++) {
            w->group[groups] = (unsigned)c; /* overwritten if the code has no rows */
            groups += w->pair_cell[c] != 0;
        }
    else
        for (size_t c = 0; c < n_codes; c++)
            if (w->cell[c * w->sums + w->sums - 1] != 0)
                w->group[groups++] = (unsigned)c;
    return groups;
}

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

static size_t sort_codes(ens__work *w, size_t n)
{
    size_t groups = 0;

    ens__keys_sort(w, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || w->code[w->key[i]] != w->group[groups - 1])
            w->group[groups++] = w->code[w->key[i]];
    return groups;
}

/* Pairs of one-byte records, in one pass over the records. */
static size_t groups_of_bytes(ens__work *w, size_t j, size_t begin, size_t n)
{
    size_t n_codes = w->bins[j]->n_bins + 1;
    const uint8_t *code = w->record + begin * w->stride + j;

    if (n >= n_codes) {
        kernels_here()->bytes(w->pair_cell, code, w->stride, w->pair + begin, n);
        return scan_cells(w, n_codes);
    }
    kernels_here()->marks(w->pair_cell, w->occupied, code, w->stride, w->pair + begin, n);
    return walk_bitmap(w, n_codes);
}

size_t ens__groups_make(ens__work *w, size_t j, size_t begin, size_t n)
{
    size_t n_codes = w->bins[j]->n_bins + 1;

    if (w->pairs && w->stride > 0 && w->width == 1)
        return groups_of_bytes(w, j, begin, n);
    ens__work_codes(w, j, begin, n);
    if (w->pairs)
        kernels_here()->pairs(w->pair_cell, w->code, w->pair + begin, n);
    else if (w->classes)
        add_classes(w, begin, n);
    else
        add_responses(w, begin, n);
    if (n >= n_codes)
        return scan_cells(w, n_codes);
    if (n_codes / 64 > 4 * n)
        return sort_codes(w, n);
    mark_codes(w, n);
    return walk_bitmap(w, n_codes);
}

void ens__groups_clear(ens__work *w, size_t n_groups)
{
    const unsigned *group = w->group;

    if (w->pairs)
        for (size_t g = 0; g < n_groups; g++)
            w->pair_cell[group[g]] = 0;
    else if (!w->classes) /* three numbers are not worth the call */
        for (size_t g = 0; g < n_groups; g++) {
            int64_t *cell = w->cell + 3 * group[g];

            cell[0] = cell[1] = cell[2] = 0;
        }
    else
        for (size_t g = 0; g < n_groups; g++)
            memset(w->cell + group[g] * w->sums, 0, w->sums * sizeof *w->cell);
}
