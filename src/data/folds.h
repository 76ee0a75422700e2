/* folds.h - plans of folds, and what splits rows at random. */
#ifndef ENS_DATA_FOLDS_H
#define ENS_DATA_FOLDS_H

#include <data/dataset.h>
#include <ensemble/folds.h>

/* Rows to be split. Row i of these has number row[i] in the arrays after it. */
typedef struct ens__split_rows {
    size_t n;
    const uint32_t *row;
    const int32_t *label;    /* NULL: not of classes */
    size_t k;                /* classes */
    const uint32_t *group;   /* NULL: there are none */
    size_t n_groups;
    const double *w;         /* NULL: 1 */
    const ens__table *table; /* that has the column of predefined(), or NULL */
    const uint32_t *origin;  /* [..] number there of each row number here; NULL: the same */
} ens__split_rows;

ens__split_rows ens__split_rows_of(const ens_dataset *data);
/* Of the rows of a fit, in their order. O(n). */
ens__split_rows ens__split_rows_of_fit(const ens_fit_args *a);

/* ---- Plans: folds.c -------------------------------------------------------------------------------- */

/* Of no split. */
#define ENS__FOLD_NONE UINT32_MAX

struct ens_folds {
    size_t n, n_splits, n_repeats;
    uint32_t *fold;      /* [n_repeats][n] which of the repeat's splits tests each row; or ENS__FOLD_NONE */
    bool in_time;        /* split s trains on rows below begin[s] - gap, at most `most` of them; else on those */
    size_t gap, most;    /* that its repeat does not test with it */
    size_t *begin;       /* [n_splits] in_time: the first row tested */
    char *note;
};

/* What is wrong with a text whatever the rows are; owner names whose it is, such as `stacking.cv`. */
ens_status ens__folds_check(const char *cv, const char *owner, ens_error *err);
ens_status ens__folds_make(ens_folds **out, const ens__split_rows *rows, const char *cv, uint64_t seed,
                           ens_error *err);
/* Does split s test row i, or train on it? */
bool ens__folds_tests(const ens_folds *folds, size_t s, size_t i);
bool ens__folds_trains(const ens_folds *folds, size_t s, size_t i);

/* ---- Splits: split.c, split_groups.c ---------------------------------------------------------------- */

/* How to deal rows, or groups, to folds. */
typedef struct ens__dealing {
    size_t n_folds;
    bool shuffle;
    uint64_t seed, repeat; /* the stream */
} ens__dealing;

/* fold[n] of each row, from runs of rows; of each class, if stratified. */
ens_status ens__split_deal(uint32_t *fold, const ens__split_rows *rows, bool stratified, const ens__dealing *how,
                           ens_error *err);
/* fold[n], where groups stay whole. */
ens_status ens__split_deal_groups(uint32_t *fold, const ens__split_rows *rows, const ens__dealing *how,
                                  ens_error *err);
/* The same, where each class shall be spread evenly. */
ens_status ens__split_deal_both(uint32_t *fold, const ens__split_rows *rows, const ens__dealing *how, ens_error *err);
/* second[n] gets 1 for rows of the second part, else 0: stratified, or by groups if there are any. */
ens_status ens__split_holdout(unsigned char *second, const ens__split_rows *rows, double fraction, uint64_t seed,
                              uint64_t repeat, ens_error *err);
ens_status ens__split_holdout_groups(unsigned char *second, const ens__split_rows *rows, double fraction,
                                     uint64_t seed, uint64_t repeat, ens_error *err);

#endif
