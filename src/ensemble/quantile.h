/* quantile.h - what the leaves of a forest keep to predict quantiles: the rows that were drawn into each. */
#ifndef ENS_ENSEMBLE_QUANTILE_H
#define ENS_ENSEMBLE_QUANTILE_H

#include <ensemble/bag.h>

/* The rows of one tree by node: those of node i are row[start[i]] .. row[start[i + 1] - 1]. */
typedef struct ens__leaf_rows {
    uint32_t *start; /* [nodes + 1] */
    uint32_t *row;   /* places in y, as often as drawn, ascending in a leaf; splits have none */
} ens__leaf_rows;

typedef struct ens__quantiles {
    size_t n;            /* rows of the fit */
    double *y;           /* [n] their targets, ascending */
    double *w;           /* [n] their weights, or NULL: all 1 */
    size_t n_trees;
    ens__leaf_rows *tree; /* [n_trees] */
} ens__quantiles;

/* Of a bag of trees that was just fitted by a on draws of spec. */
ens_status ens__quantiles_make(ens__quantiles **out, const ens__bag *bag, const ens__bag_spec *spec,
                               const ens_fit_args *a, ens_error *err);
void ens__quantiles_free(ens__quantiles *quantiles);
size_t ens__quantiles_bytes(const ens__quantiles *quantiles, const ens__bag *bag);

/* Into and from the group `quantiles`. */
ens_status ens__quantiles_write(const ens__quantiles *quantiles, const ens__bag *bag, ens_writer *w,
                                ens_error *err);
ens_status ens__quantiles_read(ens__quantiles **out, const ens__bag *bag, const ens_read_args *a,
                               ens_error *err);

/* Functions of a learner type whose state is an ens__bag with quantiles. */
void ens__bag_quantiles(const void *bag, const ens_rows *rows, const double *no_offset, const ens_list *q, double *out,
                        void *scratch);
size_t ens__bag_quantiles_scratch(const void *bag);

#endif
