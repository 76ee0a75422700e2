/* donors.c - numbers for gaps from the nearest rows of training (Troyanskaya et al. 2001).
 *
 * As scikit-learn's KNNImputer. The distance of two rows is that of the numbers which both have, scaled up to all of
 * them (nan_euclidean_distances); a gap gets the mean of the nearest rows that have the number, first ones first where
 * they are equally far. Rows weigh by their weights. O(n q) a row with gaps. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <prep/donors.h>
#include <string.h>

/* A row that may give. */
typedef struct donor {
    double d;
    uint32_t i;
} donor;

void ens__donors_free(ens__donors *d)
{
    if (d == NULL)
        return;
    ens__free(d->number);
    ens__free(d->x);
    ens__free(d->w);
    ens__free(d);
}

ens_status ens__donors_new(ens__donors **out, const ens_feature *feature, size_t p,
                           size_t n, ens_error *err)
{
    ens__donors *d = ens__zeros(1, sizeof *d);

    if (d != NULL && (d->number = ens__array(p, sizeof *d->number)) != NULL)
        for (size_t j = 0; j < p; j++)
            if (feature[j].x != NULL)
                d->number[d->q++] = j;
    if (d == NULL || d->number == NULL ||
        (d->x = ens__array(n, d->q * sizeof *d->x)) == NULL ||
        (d->w = ens__array(n, sizeof *d->w)) == NULL) {
        ens__donors_free(d);
        return ens__nomem(err);
    }
    d->n = n;
    *out = d;
    return ENS_OK;
}

ens_status ens__donors_of(ens__donors **out, const ens_fit_args *a, ens_error *err)
{
    size_t n = a->rows.n;
    double most = 0;
    ens_status st = ens__donors_new(out, a->rows.feature, a->rows.p, n, err);

    if (st != ENS_OK)
        return st;
    for (size_t c = 0; c < (*out)->q; c++)
        for (size_t i = 0; i < n; i++)
            (*out)->x[c * n + i] = a->rows.feature[(*out)->number[c]].x[a->rows.row[i]];
    for (size_t i = 0; i < n; i++)
        most = fmax(most, ens_fit_weight(a, i));
    for (size_t i = 0; i < n; i++)
        (*out)->w[i] = fmax(ens_fit_weight(a, i) / most, 0x1p-1000);
    return ENS_OK;
}

/* Distances, how many numbers they are of, the nearest. */
size_t ens__donors_scratch(const ens__donors *d)
{
    return d->n * (sizeof(double) + sizeof(uint32_t)) + d->neighbors * sizeof(donor) + 64;
}

/* square[n]: of the numbers that both have, scaled up to all; NaN where there are none. */
static void measure(const ens__donors *d, const ens_rows *rows, uint32_t row,
                    double *square, uint32_t *both)
{
    memset(square, 0, d->n * sizeof *square);
    memset(both, 0, d->n * sizeof *both);
    for (size_t c = 0; c < d->q; c++) {
        const double *x = d->x + c * d->n;
        double v = rows->feature[d->number[c]].x[row];

        if (isnan(v))
            continue;
        for (size_t i = 0; i < d->n; i++) {
            double by = x[i] - v;
            bool there = by == by;

            square[i] += there ? by * by : 0;
            both[i] += there;
        }
    }
    for (size_t i = 0; i < d->n; i++)
        square[i] = both[i] > 0 ? square[i] / both[i] * (double)d->q : NAN;
}

/* The nearest rows that have the number; returns how many. */
static size_t find(donor *at, const ens__donors *d, const double *x, const double *square)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) {
        size_t place = n;

        if (isnan(x[i]) || isnan(square[i]) ||
            (n == d->neighbors && square[i] >= at[n - 1].d))
            continue;
        n += n < d->neighbors;
        place = place < n ? place : n - 1;
        for (; place > 0 && square[i] < at[place - 1].d; place--)
            at[place] = at[place - 1];
        at[place] = (donor){square[i], (uint32_t)i};
    }
    return n;
}

/* Their mean; by distance those that are no distance away alone, if there are any. */
static double mean_of(const ens__donors *d, const double *x, const donor *at, size_t n)
{
    double first = sqrt(at[0].d), total = 0, sum = 0;
    bool by = d->by_distance && isfinite(first);

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            double w = d->w[at[i].i];

            if (by)
                w *= first == 0 ? at[i].d == 0 : first / sqrt(at[i].d);
            if (pass == 0)
                total += w;
            else
                sum += w / total * x[at[i].i];
        }
    return sum;
}

void ens__donors_fill(const ens__donors *d, const ens_rows *rows, size_t at,
                      const ens_made *out, void *scratch)
{
    uint32_t row = rows->row[at];
    double *square = scratch;
    donor *nearest = (donor *)(void *)(square + d->n);
    uint32_t *both = (uint32_t *)(void *)(nearest + d->neighbors);
    bool measured = false;

    for (size_t c = 0; c < d->q; c++) {
        const double *x = d->x + c * d->n;
        size_t n;

        if (!isnan(rows->feature[d->number[c]].x[row]))
            continue;
        if (!measured)
            measure(d, rows, row, square, both);
        measured = true;
        if ((n = find(nearest, d, x, square)) > 0)
            out[d->number[c]].x[at] = mean_of(d, x, nearest, n);
    }
}
