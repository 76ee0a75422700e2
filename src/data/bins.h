/* bins.h - a column as small codes, once per column and setting. */
#ifndef ENS_DATA_BINS_H
#define ENS_DATA_BINS_H

#include <data/dataset.h>

/* Codes of a column. Numeric: code c holds values <= cut[c] and > cut[c-1], in order; cuts are midpoints between
 * neighbouring distinct values, quantiles if there are more distinct values than bins (finer at the ends if
 * there are more than 255). Categorical: the level.
 * Missing values have the code n_bins, whether there are any or not. */
typedef struct ens__bins {
    struct ens__bins *next;  /* other settings */
    unsigned max_bins;       /* asked for */
    unsigned n_bins;         /* without the one for missing */
    unsigned width;          /* bytes of a code: 1 or 2 */
    unsigned common;         /* a code that most rows have, as far as a sample tells; n_bins + 1: there is none */
    bool exact;              /* every distinct value has a bin of its own */
    bool has_missing;
    double *cut;             /* [n_bins - 1] numeric, ascending; NULL for categories */
    double *low, *high;      /* [n_bins] numeric: the least and the greatest value seen in each bin */
    /* [1 + groups][ENS__BIN_GROUP] numeric, one-byte codes: the point midway between low and high of each bin, in
     * order, then infinities; before them the last of each group, but an infinity for the last one. NULL for others. */
    double *middle;
    union {
        uint8_t *u8;
        uint16_t *u16;
        void *any;
    } code;                  /* [n of the table] */
} ens__bins;

#define ENS__BIN_GROUP 16

/* The code of row r. */
static inline unsigned ens__bins_code(const ens__bins *b, size_t r)
{
    return b->width == 1 ? b->code.u8[r] : b->code.u16[r];
}

/* How many of n cuts lie below v, without a branch on the values; each step halves what is left. */
static inline unsigned ens__bins_above(const double *cut, unsigned n, double v)
{
    const double *base = cut;

    while (n > 0) {
        unsigned half = n - n / 2;

        base += half & (0 - (size_t)(base[half - 1] < v));
        n /= 2;
    }
    return (unsigned)(base - cut);
}

/* The code of number v. */
static inline unsigned ens__bins_of(const ens__bins *b, double v)
{
    return ens__bins_above(b->cut, b->n_bins - 1, v);
}

/* How many bins have their middle, midway between low and high, at v or below: two looks at a group. */
static inline unsigned ens__bins_up_to(const ens__bins *b, double v)
{
    unsigned group = 0, in = 0;
    const double *of_group;

    if (b->middle == NULL) {
        unsigned c = ens__bins_of(b, v);

        return c + (b->low[c] / 2 + b->high[c] / 2 <= v);
    }
    for (unsigned g = 0; g < ENS__BIN_GROUP; g++)
        group += b->middle[g] <= v;
    of_group = b->middle + ENS__BIN_GROUP * (size_t)(group + 1);
    for (unsigned i = 0; i < ENS__BIN_GROUP; i++)
        in += of_group[i] <= v;
    return ENS__BIN_GROUP * group + in;
}

/* A point between a and b, a < b: a <= point < b. */
double ens__between(double a, double b);

/* The bins of a column, made now or before. max_bins is 2 .. 255 for one-byte codes, up to 65535 for two-byte
 * ones; categories with more levels than that get ENS_ESUPPORT. Safe from many threads. Owned by the column. */
ens_status ens__bins_get(const ens__bins **out, ens__column *column, size_t n, unsigned max_bins, ens_error *err);
/* The bins of all features, in parallel. */
ens_status ens__bins_prepare(const ens_feature *feature, size_t p, size_t n, unsigned max_bins,
                             const ens_exec *exec, ens_error *err);
void ens__bins_free(ens__bins *list);

#endif
