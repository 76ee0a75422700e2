/* packed.c - records of codes, one a row.
 *
 * A column of two values takes a bit, so that a row of many such columns is a few bytes, and one word tells which of
 * them are constant in some rows. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <data/packed.h>
#include <string.h>

/* Rows gathered at a time, so that what is written stays in cache. */
#define GATHER_ROWS 128
/* Rows of a task. */
#define BLOCK_ROWS 8192

void ens__packed_free(ens__packed *list)
{
    while (list != NULL) {
        ens__packed *next = list->next;

        ens__free(list->bins);
        ens__free(list->record);
        ens__free(list);
        list = next;
    }
}

static bool is_bit(const ens__bins *b)
{
    return b->n_bins <= 2 && !b->has_missing;
}

/* Bits first, so that many can be looked at as one word, then wide codes, so that each is aligned. */
size_t ens__packed_lay(ens__field *field, uint64_t *bits, const ens__bins *const *bins,
                       size_t p)
{
    size_t n_bits = 0, at, slot = 0;

    for (size_t j = 0; j < p; j++)
        if (is_bit(bins[j])) {
            field[j] = (ens__field){.offset = (uint32_t)(n_bits / 8),
                                    .shift = (uint8_t)(n_bits % 8)};
            n_bits++;
        }
    at = (n_bits + 15) / 16 * 2;
    *bits = n_bits < 64 ? ((uint64_t)1 << n_bits) - 1 : UINT64_MAX;
    for (unsigned width = 2; width > 0; width--)
        for (size_t j = 0; j < p; j++)
            if (!is_bit(bins[j]) && bins[j]->width == width) {
                field[j] = (ens__field){.offset = (uint32_t)at, .width = (uint8_t)width};
                at += width;
            }
    for (int others = 0; others <= 1; others++)
        for (size_t j = 0; j < p; j++)
            if (is_bit(bins[j]) != others)
                field[j].slot = (uint8_t)(slot < ENS__SLOTS ? slot++ : ENS__SLOTS);
    return (at + 7) / 8 * 8;
}

static void gather_feature(uint8_t *to, size_t stride, const ens__field *f,
                           const ens__bins *b, const uint32_t *row, size_t n)
{
    to += f->offset;
    if (f->width == 0)
        for (size_t i = 0; i < n; i++, to += stride)
            *to |= (uint8_t)(ens__bins_code(b, row[i]) << f->shift);
    else if (f->width == 1)
        for (size_t i = 0; i < n; i++, to += stride)
            *to = b->code.u8[row[i]];
    else
        for (size_t i = 0; i < n; i++, to += stride)
            memcpy(to, &b->code.u16[row[i]], sizeof *b->code.u16);
}

void ens__packed_gather(uint8_t *to, size_t stride, const ens__field *field,
                        const ens__bins *const *bins, size_t p, const uint32_t *row,
                        size_t n)
{
    for (size_t begin = 0; begin < n; begin += GATHER_ROWS) {
        size_t rows = n - begin < GATHER_ROWS ? n - begin : GATHER_ROWS;

        memset(to + begin * stride, 0, rows * stride);
        for (size_t j = 0; j < p; j++)
            gather_feature(to + begin * stride, stride, &field[j], bins[j], row + begin,
                           rows);
    }
}

/* ---- Of a whole table ----------------------------------------------------------------------------------- */

typedef struct job {
    const ens__packed *packed;
    const ens__field *field;
    size_t n;
} job;

static ens_status pack_block(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    const ens__packed *packed = j->packed;
    size_t begin = i * BLOCK_ROWS,
           end = begin + BLOCK_ROWS < j->n ? begin + BLOCK_ROWS : j->n;
    uint32_t row[GATHER_ROWS];

    (void)worker;
    (void)err;
    while (begin < end) {
        size_t n = end - begin < GATHER_ROWS ? end - begin : GATHER_ROWS;

        for (size_t r = 0; r < n; r++)
            row[r] = (uint32_t)(begin + r);
        ens__packed_gather(packed->record + begin * packed->stride, packed->stride,
                           j->field, packed->bins, packed->p, row, n);
        begin += n;
    }
    return ENS_OK;
}

static ens__packed *find(ens__packed *list, const ens__bins *const *bins, size_t p)
{
    while (list != NULL &&
           (list->p != p || memcmp(list->bins, bins, p * sizeof(const ens__bins *)) != 0))
        list = list->next;
    return list;
}

const ens__packed *ens__packed_find(const ens__column *first,
                                    const ens__bins *const *bins, size_t p)
{
    return find(atomic_load(&first->packed), bins, p);
}

/* Keep it with the column, unless another thread has made the same meanwhile. */
static void keep(ens__column *first, ens__packed *made)
{
    ens__packed *head = atomic_load(&first->packed);

    do {
        if (find(head, made->bins, made->p) != NULL) {
            made->next = NULL;
            ens__packed_free(made);
            return;
        }
        made->next = head;
    } while (!atomic_compare_exchange_weak(&first->packed, &head, made));
}

ens_status ens__packed_prepare(const ens_feature *feature, size_t p, size_t n,
                               unsigned max_bins, const ens_exec *exec, ens_error *err)
{
    ens__packed *made = ens__zeros(1, sizeof *made);
    ens__field *field = ens__array(p, sizeof *field);
    job pack = {made, field, n};
    uint64_t bits;
    ens_status st;

    if (made == NULL || field == NULL ||
        (made->bins = ens__array(p, sizeof(const ens__bins *))) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__bins_prepare(feature, p, n, max_bins, exec, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < p; j++)
        if ((st = ens__bins_get(&made->bins[j], feature[j].column, n, max_bins, err)) !=
            ENS_OK)
            goto done;
    made->p = p;
    made->stride = ens__packed_lay(field, &bits, made->bins, p);
    if (p == 0 || made->stride > ENS__MAX_STRIDE ||
        ens__packed_find(feature[0].column, made->bins, p) != NULL)
        goto done;
    if ((made->record = ens__array(n, made->stride)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    st = ens__par_for((n + BLOCK_ROWS - 1) / BLOCK_ROWS, exec, NULL, pack_block, &pack,
                      NULL, err);
    if (st == ENS_OK) {
        keep(feature[0].column, made);
        made = NULL;
    }
done:
    ens__free(field);
    ens__packed_free(made);
    return st;
}
