/* design.h - the columns of a fit as a matrix of standardised numbers, a block of rows at a time.
 *
 * Nothing is copied: a pass over the rows reads the table's columns into blocks that stay in cache.  Column j is
 * z = x * scale - mean with a scale that is a power of two, so that z has one rounding and about unit spread; a
 * constant column is zero; with an intercept the last column is one.  Passes sum over fixed runs of rows in a fixed
 * order. */
#ifndef ENS_LEARN_DESIGN_H
#define ENS_LEARN_DESIGN_H

#include <ensemble/ext.h>
#include <num/gram.h>
#include <stdbool.h>

typedef struct ens__scaling {
    double scale, mean; /* scale is 0 for a column without spread */
} ens__scaling;

typedef struct ens__design {
    const ens_fit_args *a;
    size_t p, q;              /* features; with the intercept */
    ens__scaling *column;     /* [p] */
    ens__scaling y;           /* regression: of the response, also of scale 0 if that is constant */
    double y_constant;        /* its value then */
    const double *class_weight; /* [k] or NULL */
    double total;             /* of the weights */
} ens__design;

/* A block of rows in a pass. */
typedef struct ens__design_block {
    const ens__design *d;
    double *z;            /* [q][ENS__GRAM_ROWS], zero past n */
    double *w;            /* [ENS__GRAM_ROWS] weights, zero past n */
    double *scratch;      /* [as asked for], of this worker */
    size_t begin, n;      /* rows of the fit */
} ens__design_block;

typedef void (*ens__design_fn)(const void *ctx, const ens__design_block *b, double *sum);

/* class_weight is borrowed. */
ens_status ens__design_init(ens__design *d, const ens_fit_args *a, bool intercept,
                            const double *class_weight, ens_error *err);
void ens__design_clear(ens__design *d);

/* Rows begin .. begin + n - 1, at most ENS__GRAM_ROWS, into z and w of b, whose memory is the caller's: to 64 bytes
 * aligned.  Passes do it themselves. */
void ens__design_load(ens__design_block *b, size_t begin, size_t n);

/* The weight l2 of a squared coefficient as one of theta_j^2: with the square of the column's scale, and finite. */
double ens__design_ridge(const ens__design *d, double l2, size_t j);

/* What column j of the block is more than z says: x * scale - mean without rounding is z + low[ENS__GRAM_ROWS]. */
void ens__design_low(double *low, const ens__design_block *b, size_t j);
/* The sum of the weights of the block's rows. */
double ens__design_weight(const ens__design_block *b);
/* y * scale - mean of the block's rows, and what that is more, which may be NULL; zero past n. */
void ens__design_response(double *y, double *low, const ens__design_block *b);

/* What a pass needs beside its columns. */
typedef struct ens__design_pass {
    ens__design_fn body; /* adds a block to sum */
    const void *ctx;
    size_t size;         /* numbers in a sum, zero at first */
    size_t every;        /* only each so many-th block of rows; 0: all */
    size_t scratch;      /* numbers of scratch, to 64 bytes aligned */
    /* How two sums become one; NULL: they are added.  from may be overwritten. scratch as the body's. */
    void (*merge)(const void *ctx, double *to, double *from, double *scratch);
} ens__design_pass;

/* out[size], which may hold something to which the runs of rows are merged. */
ens_status ens__design_run(double *out, const ens__design *d, const ens__design_pass *pass,
                           ens_error *err);

#endif
