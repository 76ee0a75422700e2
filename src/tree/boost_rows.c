/* boost_rows.c - the rows of a fit as records of codes: made once, for all trees of boosting.
 *
 * Features of few values share a slot: their codes are the digits of one number below 256, whose sums give those of
 * each feature by adding up.  It is the exact form of what LightGBM's bundles do for features that exclude each other
 * (Ke et al. 2017, 4), and needs no such luck. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <string.h>
#include <tree/boost_work.h>

#define MOST_DIGITS 16 /* values of a feature that shares a slot, at most */

/* ---- Which feature goes where ------------------------------------------------------------------------------ */

/* Codes that occur, the one for missing among them if there are such. */
static uint32_t digits_of(const ens__bins *b)
{
    return b->n_bins + (b->has_missing ? 1 : 0);
}

/* Features of more than one value, in the order of the fit; those of two-byte codes last. */
static ens_status find_members(ens__boost_rows *r, unsigned max_bins, ens_error *err)
{
    const ens_rows *rows = &r->a->rows;

    if ((r->member = ens__zeros(rows->p, sizeof *r->member)) == NULL ||
        (r->slot = ens__zeros(rows->p, sizeof *r->slot)) == NULL)
        return ens__nomem(err);
    for (unsigned width = 1; width <= 2; width++)
        for (size_t j = 0; j < rows->p; j++) {
            const ens__bins *bins;
            ens_status st = ens__bins_get(&bins, rows->feature[j].column, r->a->n_table,
                                          max_bins, err);

            if (st != ENS_OK)
                return st;
            if (digits_of(bins) < 2 || (digits_of(bins) <= 256 ? 1 : 2) != width)
                continue;
            r->member[r->p++] =
                (ens__boost_feature){.bins = bins,
                                     .feature = (uint32_t)j,
                                     .step = 1,
                                     .digits = digits_of(bins),
                                     .category = rows->feature[j].code != NULL};
        }
    return ENS_OK;
}

static void begin_slot(ens__boost_rows *r, uint32_t member, size_t *at)
{
    const ens__boost_feature *f = &r->member[member];
    uint32_t width = f->digits <= 256 ? 1 : 2;

    *at = (*at + width - 1) / width * width;
    r->slot[r->n_slots++] = (ens__slot){.at = (uint32_t)*at,
                                        .width = width,
                                        .n_codes = f->digits,
                                        .first = member,
                                        .n = 1};
    *at += width;
}

/* A feature into the slot that is open, if there is room; members of a slot are neighbours. */
static bool share_slot(ens__boost_rows *r, uint32_t member)
{
    ens__boost_feature *f = &r->member[member];
    ens__slot *s = r->n_slots > 0 ? &r->slot[r->n_slots - 1] : NULL;

    if (s == NULL || f->digits > MOST_DIGITS || f->category ||
        r->member[s->first].digits > MOST_DIGITS || r->member[s->first].category ||
        s->n_codes * f->digits > 256)
        return false;
    f->step = s->n_codes;
    s->n_codes *= f->digits;
    s->n++;
    return true;
}

/* Features that may share slots first, so that they are neighbours. */
static ens_status order_members(ens__boost_rows *r, ens_error *err)
{
    ens__boost_feature *sorted = ens__array(r->p, sizeof *sorted);
    size_t n = 0;

    if (sorted == NULL)
        return ens__nomem(err);
    for (int few = 1; few >= 0; few--)
        for (size_t m = 0; m < r->p; m++)
            if ((r->member[m].digits <= MOST_DIGITS && !r->member[m].category) == few)
                sorted[n++] = r->member[m];
    ens__free(r->member);
    r->member = sorted;
    return ENS_OK;
}

/* Bytes of a record: one that fits a line of the cache does not lie across two. */
static size_t stride_of(size_t bytes)
{
    size_t stride = 4;

    if (bytes > 32)
        return bytes > 48 && bytes <= 64 ? 64 : (bytes + 7) / 8 * 8;
    while (stride < bytes)
        stride *= 2;
    return stride;
}

/* Cells of the slots: of those of one byte as many as there are bytes, so that they lie at constant distances, unless
 * that makes a quarter more of them. */
static void give_cells(ens__boost_rows *r)
{
    size_t least = 0, even = 0;

    for (size_t s = 0; s < r->n_slots; s++) {
        ens__slot *slot = &r->slot[s];

        slot->n_cells =
            (slot->n_codes + ENS__BOOST_PAD - 1) / ENS__BOOST_PAD * ENS__BOOST_PAD;
        if (slot->width > 1)
            continue;
        least += slot->n_cells;
        even += ENS__BOOST_EVEN;
    }
    for (size_t s = 0; s < r->n_slots && even <= least + least / 4; s++)
        if (r->slot[s].width == 1)
            r->slot[s].n_cells = ENS__BOOST_EVEN;
}

static ens_status lay_out(ens__boost_rows *r, unsigned max_bins, ens_error *err)
{
    size_t at = 0;
    ens_status st;

    if ((st = find_members(r, max_bins, err)) != ENS_OK ||
        (st = order_members(r, err)) != ENS_OK)
        return st;
    for (uint32_t m = 0; m < r->p; m++) {
        if (!share_slot(r, m))
            begin_slot(r, m, &at);
        r->member[m].slot = (uint32_t)r->n_slots - 1;
    }
    give_cells(r);
    r->stride = stride_of(at);
    return ENS_OK;
}

/* ---- Records ------------------------------------------------------------------------------------------------- */

static uint32_t table_row(const ens__boost_rows *r, size_t i)
{
    return r->a->rows.row[i];
}

/* The bytes of one slot in rows [begin, end). */
static void fill_slot(ens__boost_rows *r, const ens__slot *s, size_t begin, size_t end)
{
    for (uint32_t m = s->first; m < s->first + s->n; m++) {
        const ens__boost_feature *f = &r->member[m];
        const ens__bins *b = f->bins;
        uint8_t *to = r->record + begin * r->stride + s->at;

        if (s->width == 2)
            for (size_t i = begin; i < end; i++, to += r->stride) {
                uint16_t code = (uint16_t)ens__bins_code(b, table_row(r, i));

                memcpy(to, &code, sizeof code);
            }
        else if (b->width == 2)
            for (size_t i = begin; i < end; i++, to += r->stride)
                *to = (uint8_t)(*to + f->step * b->code.u16[table_row(r, i)]);
        else
            for (size_t i = begin; i < end; i++, to += r->stride)
                *to = (uint8_t)(*to + f->step * b->code.u8[table_row(r, i)]);
    }
}

static ens_status fill_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    ens__boost_rows *r = ctx;
    size_t begin = block * ENS__BOOST_BLOCK, end = begin + ENS__BOOST_BLOCK;

    (void)worker;
    (void)err;
    end = end < r->n ? end : r->n;
    memset(r->record + begin * r->stride, 0, (end - begin) * r->stride);
    for (size_t s = 0; s < r->n_slots; s++)
        fill_slot(r, &r->slot[s], begin, end);
    return ENS_OK;
}

/* How often rows were drawn, and whether they are all of the table. */
static void measure(ens__boost_rows *r)
{
    const ens_fit_args *a = r->a;

    r->whole = r->n == a->n_table;
    r->most = 1;
    r->drawn = r->n;
    for (size_t i = 0; i < r->n && a->count != NULL; i++) {
        r->most = a->count[i] > r->most ? a->count[i] : r->most;
        r->drawn += a->count[i] - 1;
    }
}

ens_status ens__boost_rows_make(ens__boost_rows **out, const ens_fit_args *a,
                                unsigned max_bins, ens_error *err)
{
    ens__boost_rows *r = ens__zeros(1, sizeof *r);
    ens_status st;

    *out = NULL;
    if (r == NULL)
        return ens__nomem(err);
    r->a = a;
    r->n = a->rows.n;
    measure(r);
    if ((st = lay_out(r, max_bins, err)) != ENS_OK)
        goto done;
    if ((r->record = ens__aligned(r->n, r->stride)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__par_for((r->n + ENS__BOOST_BLOCK - 1) / ENS__BOOST_BLOCK, a->exec,
                           NULL, fill_block, r, NULL, err)) != ENS_OK)
        goto done;
    *out = r;
    r = NULL;
done:
    ens__boost_rows_free(r);
    return st;
}

void ens__boost_rows_free(ens__boost_rows *r)
{
    if (r == NULL)
        return;
    ens__free(r->record);
    ens__free(r->slot);
    ens__free(r->member);
    ens__free(r);
}
