/* pipeline.h - transforms and the learner after them, as one learner. */
#ifndef ENS_LEARN_PIPELINE_H
#define ENS_LEARN_PIPELINE_H

#include <data/dataset.h>
#include <learn/learner.h>

/* Not registered: steps with bars between them are one. Its members are the steps. */
extern const ens_learner_type ens__pipeline_type;

/* A copy of a recipe with the transforms put before its learners that these rows make necessary. */
ens_status ens__learner_complete(ens_learner **out, const ens_learner *learner, const ens_rows *rows,
                                 ens_error *err);

/* ---- pipeline_rows.c: what a transform gives -------------------------------------------------------- */

/* The name of a column that a transform makes of features: a new string, NULL without memory. */
char *ens__made_name(const ens_made_column *column, const ens_feature *feature);

/* Rows of a fit after a transform: a table of its own, in which they are rows 0, 1, ... */
typedef struct ens__derived {
    ens__table *table;
    uint32_t *row; /* [n] */
    ens_rows rows;
} ens__derived;

/* own is the fit that gave step if these are its rows, else NULL. */
ens_status ens__derive(ens__derived *out, const ens_fitted *step, const ens_rows *from, const ens_fit_args *own,
                       const ens_exec *exec, ens_error *err);
void ens__derived_clear(ens__derived *d);

/* The same rows' weights, targets, offsets and groups, by row of such a table: in place of those of a. */
typedef struct ens__gathered {
    double *w, *y, *offset;
    int32_t *label;
    uint32_t *group, *origin;
} ens__gathered;

ens_status ens__gather(ens__gathered *out, ens_fit_args *a, ens_error *err);
void ens__gathered_clear(ens__gathered *g);

#endif
