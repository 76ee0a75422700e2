/* scale.h - transforms of numbers by a line of their own each, (x - origin) / unit: what they share. */
#ifndef ENS_PREP_SCALE_H
#define ENS_PREP_SCALE_H

#include <core/par.h>
#include <ensemble/ext.h>
#include <stdbool.h>

typedef struct ens__scaler {
    size_t p;
    uint8_t *is_number; /* [p] */
    double *origin;     /* [p] */
    double *unit;       /* [p] positive */
    double low, high;   /* minmax: its range; else 0 and 1 */
    bool clip;
} ens__scaler;

/* A fit in progress. */
typedef struct ens__scale_job {
    const void *params;
    const ens_fit_args *a;
    ens__scaler *m;
} ens__scale_job;

/* Fit by body(ens__scale_job, feature), which finds the line of a feature, if that is a number. */
ens_status ens__scale_fit(void **out, const void *params, const ens_fit_args *a, ens__task_fn body,
                          ens_error *err);
ens_status ens__scale_write(const void *fit, ens_writer *w, ens_error *err);
ens_status ens__scale_read(void **out, const ens_read_args *a, ens_error *err);
void ens__scale_free(void *fit);

extern const ens_transform_type ens__scale_transform;

#endif
