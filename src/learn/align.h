/* align.h - a table as a model sees it: its features by name, its levels by the model's numbers. */
#ifndef ENS_LEARN_ALIGN_H
#define ENS_LEARN_ALIGN_H

#include <ensemble/metric.h>
#include <learn/model.h>

/* The features of a model found in a table. Borrows numbers from the table, and codes where levels agree. */
typedef struct ens__alignment {
    ens_feature *feature; /* [p] */
    int32_t **code;       /* [p] renumbered codes, or NULL */
    double *missing;      /* a column of NaN for absent features, or NULL */
    const double *offset; /* by table row, of the table's; NULL: the model has none */
    size_t p;
} ens__alignment;

ens_status ens__align(ens__alignment *out, const ens_model *model, const ens_dataset *data,
                      const ens_predict_options *options, ens_error *err);
void ens__alignment_clear(ens__alignment *aligned);

/* ENS_ESUPPORT, naming the column, if a learner of these caps cannot take these features or rows. */
ens_status ens__check_features(const ens_learner *learner, unsigned caps, const ens_rows *rows,
                               ens_error *err);

/* Scores by name, or the task's usual ones (metrics NULL); those that are undefined on these rows are left
 * out of the usual ones, and are an error where they were asked for. */
ens_status ens__scores_make(ens_score **out, size_t *n_out, const char *kind, const char *metrics,
                            const ens_eval *eval, ens_error *err);

#endif
