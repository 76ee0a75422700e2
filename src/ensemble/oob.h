/* oob.h - rows predicted by the members that did not draw them. */
#ifndef ENS_ENSEMBLE_OOB_H
#define ENS_ENSEMBLE_OOB_H

#include <ensemble/ext.h>
#include <stdbool.h>

/* A fitted ensemble beside the rows of its fit. */
typedef struct ens__oob_args {
    const void *fit;
    size_t n_members;
    void (*member)(ens_part *out, const void *fit, size_t t);
    const ens_rows *rows;
    const uint64_t *in_bag; /* [n_members][ens__oob_words()] a bit for each of the rows */
    size_t k;
    const ens_exec *exec;
} ens__oob_args;

/* Words of 64 bits that hold a bit for each of n rows. */
static inline size_t ens__oob_words(size_t n)
{
    return (n + 63) / 64;
}

static inline bool ens__oob_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* What a member sees of all features: those, or its own put into buf[p]. */
const ens_feature *ens__part_features(const ens_part *part, const ens_feature *all, ens_feature *buf);

/* out[n][k]: the mean of the outputs of the members that a row is out of bag of, NaN if there is none. Blocks of
 * rows in parallel; members are added in their order. */
ens_status ens__oob_predict(double *out, const ens__oob_args *args, ens_error *err);

#endif
