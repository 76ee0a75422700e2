/* prep.h - the transforms that come with the library. */
#ifndef ENS_PREP_PREP_H
#define ENS_PREP_PREP_H

#include <ensemble/ext.h>
#include <stdint.h>

extern const ens_learner_type ens__drop_missing_type;
extern const ens_learner_type ens__impute_type;
extern const ens_learner_type ens__standardize_type;
extern const ens_learner_type ens__minmax_type;
extern const ens_learner_type ens__robust_type;
extern const ens_learner_type ens__maxabs_type;
extern const ens_learner_type ens__normalize_type;
extern const ens_learner_type ens__quantile_type;
extern const ens_learner_type ens__power_type;
extern const ens_learner_type ens__pca_type;
extern const ens_learner_type ens__polynomial_type;
extern const ens_learner_type ens__select_type;
extern const ens_learner_type ens__target_encode_type;
extern const ens_learner_type ens__onehot_type;
extern const ens_learner_type ens__ordinal_type;

/* What all of them take. */
#define ENS__TRANSFORM_CAPS                                                                        \
    (ENS_CLASSIFIES | ENS_REGRESSES | ENS_DETECTS | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |     \
     ENS_TAKES_WEIGHTS | ENS_TAKES_ONE_CLASS | ENS_TAKES_NUMBERS)

/* What transforms give stays below it, so that learners can square it. */
#define ENS__PREP_MOST 1e100

/* Not fmin and fmax, which would lose a NaN. */
static inline double ens__kept_in(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* The values of a feature as they are. */
void ens__prep_copy(const ens_made *out, const ens_feature *f, const ens_rows *rows);

/* The tensor `is_number` of p features, for transforms that keep nothing else. Reading it checks that the features are
 * those. */
ens_status ens__prep_write_kinds(const uint8_t *is_number, size_t p, ens_writer *w, ens_error *err);
ens_status ens__prep_read_kinds(const ens_read_args *a, ens_error *err);

#endif
