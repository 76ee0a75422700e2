/* donors.h - numbers for gaps from the nearest rows of training. */
#ifndef ENS_PREP_DONORS_H
#define ENS_PREP_DONORS_H

#include <ensemble/ext.h>
#include <stdbool.h>

/* Rows of a fit, gaps and all. */
typedef struct ens__donors {
    size_t n, q;     /* rows, numbers */
    size_t neighbors;
    bool by_distance; /* the nearer count the more */
    size_t *number;  /* [q] their features */
    double *x;       /* [q][n] */
    double *w;       /* [n] weights, at most 1 */
} ens__donors;

/* Room for n rows; x and w are to be filled. */
ens_status ens__donors_new(ens__donors **out, const ens_feature *feature, size_t p, size_t n, ens_error *err);
ens_status ens__donors_of(ens__donors **out, const ens_fit_args *a, ens_error *err);
void ens__donors_free(ens__donors *d);

size_t ens__donors_scratch(const ens__donors *d);
/* Numbers for the gaps of row `at` of rows: value[feature], where a donor has that number and something to compare;
 * others are left alone. */
void ens__donors_fill(const ens__donors *d, const ens_rows *rows, size_t at, const ens_made *out, void *scratch);

#endif
