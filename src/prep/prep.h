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
extern const ens_learner_type ens__onehot_type;
extern const ens_learner_type ens__ordinal_type;

/* What all of them take. */
#define ENS__TRANSFORM_CAPS                                                                        \
    (ENS_CLASSIFIES | ENS_REGRESSES | ENS_DETECTS | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |     \
     ENS_TAKES_WEIGHTS | ENS_TAKES_ONE_CLASS | ENS_TAKES_NUMBERS)

/* The tensor `is_number` of p features, for transforms that keep nothing else. Reading it checks that the features are
 * those. */
ens_status ens__prep_write_kinds(const uint8_t *is_number, size_t p, ens_writer *w, ens_error *err);
ens_status ens__prep_read_kinds(const ens_read_args *a, ens_error *err);

#endif
