/* bins.c - quantile binning: a column as one- or two-byte codes in the order of its values.
 *
 * Cuts lie midway between neighbouring distinct values. Columns with no more distinct values than bins get a bin
 * for each, so nothing is lost; others get bins of about equal numbers of rows, from a sample when there are
 * very many rows, as in LightGBM (Ke et al. 2017).  Of more bins than a byte numbers, those at the ends are finer.
 * O(n log(bins)) per column; columns are independent, so they run in parallel. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <data/bins.h>
#include <math.h>
#include <num/distinct.h>
#include <num/stats.h>
#include <string.h>

/* Bins that codes of one byte have room for, at most. */
#define ONE_BYTE_BINS 255
/* Rows that are sorted to find the quantiles of so many bins; more are sampled at equal steps. */
#define SAMPLE_ROWS 200000
/* Rows that tell whether a code is common. */
#define COMMON_ROWS 1024

void ens__bins_free(ens__bins *list)
{
    while (list != NULL) {
        ens__bins *next = list->next;

        ens__free(list->cut);
        ens__free(list->low);
        if (list->high != list->low)
            ens__free(list->high);
        ens__free(list->middle);
        ens__free(list->code.any);
        ens__free(list);
        list = next;
    }
}

double ens__between(double a, double b)
{
    double m = a / 2 + b / 2; /* a + b might overflow */

    if (!(m >= a && m < b))
        m = a; /* neighbours, or so small that halves vanish */
    return m;
}

/* ---- Distinct values --------------------------------------------------------------------------------- */

/* Distinct values with the rows that have them, ascending. */
typedef struct distinct {
    double *v;
    uint32_t *count;
    size_t n;
    bool all; /* of the whole column, not of a sample */
} distinct;

/* Sorts v[m] and keeps each value once, with its count. */
static void compress(distinct *d, size_t m)
{
    ens__sort_doubles(d->v, m);
    d->n = 0;
    for (size_t i = 0; i < m; i++) {
        if (d->n == 0 || d->v[i] != d->v[d->n - 1]) {
            d->v[d->n] = d->v[i];
            d->count[d->n++] = 0;
        }
        d->count[d->n - 1]++;
    }
}

/* Distinct values of a column of many rows that has few of them, if it has. */
static ens_status try_few(distinct *d, const double *x, size_t n, unsigned max_bins,
                          ens_error *err)
{
    ens__distinct set = {0};
    ens_status st = ENS_OK;

    for (size_t i = 0; i < n && set.n <= max_bins && st == ENS_OK; i++)
        if (!isnan(x[i]))
            st = ens__distinct_add(&set, x[i], err);
    if (st == ENS_OK && set.n <= max_bins) {
        ens__distinct_list(&set, d->v);
        d->all = true;
        compress(d, set.n);
    }
    ens__distinct_clear(&set);
    return st;
}

static ens_status find_distinct(distinct *d, const double *x, size_t n, unsigned max_bins,
                                ens_error *err)
{
    size_t step = max_bins > ONE_BYTE_BINS ? 1 : n / SAMPLE_ROWS + 1, m = 0, cap = n / step + 1;
    ens_status st;

    cap = cap > max_bins ? cap : max_bins;
    if ((d->v = ens__array(cap, sizeof *d->v)) == NULL ||
        (d->count = ens__array(cap, sizeof *d->count)) == NULL)
        return ens__nomem(err);
    if (step > 1 && (st = try_few(d, x, n, max_bins, err)) != ENS_OK)
        return st;
    if (d->all)
        return ENS_OK;
    d->all = step == 1;
    for (size_t i = 0; i < n; i += step)
        if (!isnan(x[i]))
            d->v[m++] = x[i] + 0.0;
    compress(d, m);
    return ENS_OK;
}

/* ---- Cuts ---------------------------------------------------------------------------------------------- */

/* The rows of bins: equal numbers, but where bins have codes of two bytes fewer the closer they are to an end, down to
 * one.  Trees that look at so many bins split off few rows there, see src/tree/fine.c. */
typedef struct plan {
    size_t rows, bins; /* that are left */
    size_t all;
    size_t step;      /* a bin has one row more for so many rows between it and the end; 0: all are equal */
    size_t tail_rows; /* the last ones, whose bins become smaller, */
    size_t tail_bins; /* and how many these take */
} plan;

static plan plan_for(size_t rows, size_t bins)
{
    plan p = {.rows = rows, .bins = bins, .all = rows};

    if (bins > ONE_BYTE_BINS) {
        double equal = (double)rows / (double)bins;

        p.step = bins / 64;
        p.tail_rows = (size_t)((double)p.step * equal);
        p.tail_bins = (size_t)((double)p.step * (1 + log(fmax(equal, 1))));
    }
    return p;
}

static size_t ceil_div(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static size_t rows_of_next(const plan *p)
{
    size_t equal = ceil_div(p->rows, p->bins), from_begin, limit;

    if (p->step == 0)
        return equal;
    if (p->rows <= p->tail_rows || p->bins <= p->tail_bins) {
        limit = 1 + p->rows / p->step;
        return limit < ceil_div(equal, 4) ? ceil_div(equal, 4) : limit;
    }
    from_begin = 1 + (p->all - p->rows) / p->step;
    equal = ceil_div(p->rows - p->tail_rows, p->bins - p->tail_bins);
    return from_begin < equal ? from_begin : equal;
}

/* Close a bin when it holds its share of the rows that are left; heavy values get bins of their own. */
static void quantile_cuts(ens__bins *b, const distinct *d, unsigned max_bins)
{
    size_t in_bin = 0, rows = 0, share;
    unsigned bins = 0;
    plan p;

    for (size_t i = 0; i < d->n; i++)
        rows += d->count[i];
    p = plan_for(rows, max_bins);
    share = rows_of_next(&p);
    for (size_t i = 0; i + 1 < d->n && bins + 1 < max_bins; i++) {
        in_bin += d->count[i];
        if (in_bin >= share || in_bin + d->count[i + 1] / 2 >= share) {
            b->cut[bins++] = ens__between(d->v[i], d->v[i + 1]);
            p.rows -= in_bin;
            p.bins--;
            in_bin = 0;
            share = rows_of_next(&p);
        }
    }
    b->n_bins = bins + 1;
}

static ens_status make_cuts(ens__bins *b, const double *x, size_t n, unsigned max_bins,
                            ens_error *err)
{
    distinct d = {0};
    ens_status st;

    if ((st = find_distinct(&d, x, n, max_bins, err)) != ENS_OK)
        goto done;
    b->exact = d.all && d.n <= max_bins;
    b->n_bins = d.n <= max_bins ? (unsigned)d.n : max_bins;
    b->n_bins = b->n_bins > 0 ? b->n_bins : 1;
    if ((b->cut = ens__array(b->n_bins, sizeof *b->cut)) == NULL ||
        (b->low = ens__array(b->n_bins, sizeof *b->low)) == NULL ||
        (b->high = ens__array(b->n_bins, sizeof *b->high)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (d.n <= max_bins)
        for (size_t i = 0; i + 1 < d.n; i++)
            b->cut[i] = ens__between(d.v[i], d.v[i + 1]);
    else
        quantile_cuts(b, &d, max_bins);
done:
    ens__free(d.v);
    ens__free(d.count);
    return st;
}

/* ---- Codes ----------------------------------------------------------------------------------------------- */

static ens_status number_codes(ens__bins *b, const double *x, size_t n, ens_error *err)
{
    if ((b->code.any = ens__array(n, b->width)) == NULL)
        return ens__nomem(err);
    for (unsigned c = 0; c < b->n_bins; c++) {
        b->low[c] = INFINITY;
        b->high[c] = -INFINITY;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned c = isnan(x[i]) ? b->n_bins : ens__bins_of(b, x[i]);

        if (c < b->n_bins) {
            b->low[c] = x[i] < b->low[c] ? x[i] : b->low[c];
            b->high[c] = x[i] > b->high[c] ? x[i] : b->high[c];
        }
        if (b->width == 1)
            b->code.u8[i] = (uint8_t)c;
        else
            b->code.u16[i] = (uint16_t)c;
    }
    if (b->exact) { /* one value a bin, or none at all */
        ens__free(b->high);
        b->high = b->low;
    }
    return ENS_OK;
}

static ens_status find_middles(ens__bins *b, ens_error *err)
{
    size_t groups = (b->n_bins + ENS__BIN_GROUP - 1) / ENS__BIN_GROUP;
    double *middle = ens__array(ENS__BIN_GROUP * (1 + groups), sizeof *middle);

    if (middle == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < ENS__BIN_GROUP * (1 + groups); i++)
        middle[i] = INFINITY;
    b->middle = middle;
    for (size_t c = 0; c < b->n_bins; c++)
        middle[ENS__BIN_GROUP + c] = b->low[c] <= b->high[c] ? b->low[c] / 2 + b->high[c] / 2
                                     : c + 1 < b->n_bins     ? b->cut[c]
                                                             : INFINITY;
    for (size_t g = 0; g + 1 < groups; g++)
        middle[g] = middle[ENS__BIN_GROUP * (g + 1) + ENS__BIN_GROUP - 1];
    return ENS_OK;
}

static ens_status category_codes(ens__bins *b, const ens__column *column, size_t n,
                                 ens_error *err)
{
    if (column->levels.n > 65535)
        return ens__fail(err, ENS_ESUPPORT,
                         "column `%s` has %zu levels, trees take at most 65535",
                         column->name, column->levels.n);
    b->n_bins = column->levels.n > 0 ? (unsigned)column->levels.n : 1;
    b->exact = true;
    b->width = b->n_bins < 256 ? 1 : 2;
    if ((b->code.any = ens__array(n, b->width)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        unsigned c = column->code[i] < 0 ? b->n_bins : (unsigned)column->code[i];

        if (b->width == 1)
            b->code.u8[i] = (uint8_t)c;
        else
            b->code.u16[i] = (uint16_t)c;
    }
    return ENS_OK;
}

/* A code of four rows in five, by a sample of fixed rows. */
static ens_status find_common(ens__bins *b, size_t n, ens_error *err)
{
    size_t step = n / COMMON_ROWS + 1, sampled = 0;
    uint32_t *count = ens__zeros(b->n_bins + 1, sizeof *count);

    if (count == NULL)
        return ens__nomem(err);
    b->common = b->n_bins + 1;
    for (size_t i = 0; i < n; i += step, sampled++)
        count[ens__bins_code(b, i)]++;
    for (unsigned c = 0; c <= b->n_bins; c++)
        if (5 * (size_t)count[c] >= 4 * sampled)
            b->common = c;
    ens__free(count);
    return ENS_OK;
}

static ens_status make_bins(ens__bins **out, const ens__column *column, size_t n,
                            unsigned max_bins, ens_error *err)
{
    ens__bins *b = ens__zeros(1, sizeof *b);
    ens_status st;

    if (b == NULL)
        return ens__nomem(err);
    b->max_bins = max_bins;
    b->has_missing = column->n_missing > 0;
    if (column->type == ENS_CATEGORICAL) {
        st = category_codes(b, column, n, err);
    } else if ((st = make_cuts(b, column->x, n, max_bins, err)) == ENS_OK) {
        b->width = b->n_bins < 256 ? 1 : 2;
        if ((st = number_codes(b, column->x, n, err)) == ENS_OK && b->width == 1)
            st = find_middles(b, err);
    }
    if (st == ENS_OK)
        st = find_common(b, n, err);
    if (st == ENS_OK)
        *out = b;
    else
        ens__bins_free(b);
    return st;
}

/* ---- Cache ------------------------------------------------------------------------------------------------ */

static const ens__bins *find_bins(const ens__bins *list, unsigned max_bins)
{
    while (list != NULL && list->max_bins != max_bins)
        list = list->next;
    return list;
}

ens_status ens__bins_get(const ens__bins **out, ens__column *column, size_t n,
                         unsigned max_bins, ens_error *err)
{
    unsigned key = column->type == ENS_CATEGORICAL ? 0 : max_bins;
    ens__bins *head = atomic_load(&column->bins), *made = NULL;
    ens_status st;

    if ((*out = find_bins(head, key)) != NULL)
        return ENS_OK;
    if ((st = make_bins(&made, column, n, key, err)) != ENS_OK)
        return st;
    do {
        /* Another thread may have made the same meanwhile. */
        if ((*out = find_bins(head, key)) != NULL) {
            made->next = NULL; /* what it was to stand before is not its own */
            ens__bins_free(made);
            return ENS_OK;
        }
        made->next = head;
    } while (!atomic_compare_exchange_weak(&column->bins, &head, made));
    *out = made;
    return ENS_OK;
}

typedef struct job {
    const ens_feature *feature;
    size_t n;
    unsigned max_bins;
} job;

static ens_status prepare_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *bin = ctx;
    const ens__bins *bins;

    (void)worker;
    return ens__bins_get(&bins, bin->feature[j].column, bin->n, bin->max_bins, err);
}

ens_status ens__bins_prepare(const ens_feature *feature, size_t p, size_t n,
                             unsigned max_bins, const ens_exec *exec, ens_error *err)
{
    job bin = {feature, n, max_bins};

    return ens__par_for(p, exec, NULL, prepare_feature, &bin, NULL, err);
}
