/* kernels.h - the loops of a split search, one set for each CPU level, all with the same bits. */
#ifndef ENS_TREE_KERNELS_H
#define ENS_TREE_KERNELS_H

#include <core/cpu.h>
#include <tree/work.h>

/* Of n rows that sum to `all`, each side needs `least`. */
typedef struct ens__limits {
    double n, all, least;
} ens__limits;

#define ENS__PAIRS_ARGS                                                                  \
    size_t *at, const uint32_t *restrict left_n, const uint32_t *restrict left_one,      \
        size_t n_at, ens__limits limit
#define ENS__VALUES_ARGS                                                                 \
    size_t *at, const uint32_t *restrict left_n, const int64_t *restrict left_v,         \
        size_t n_at, ens__limits limit
#define ENS__COUNTS_ARGS                                                                 \
    size_t *at, const uint32_t *restrict class, size_t up, uint32_t *restrict left,      \
        const double *restrict all, const uint32_t *restrict order,                      \
        const uint32_t *restrict left_n, size_t n_at, ens__limits limit
#define ENS__SQUARES_ARGS                                                                \
    size_t *at, const uint32_t *restrict left_n, const double *restrict left_squares,    \
        const double *restrict right_squares, size_t n_at, ens__limits limit
#define ENS__FEW_COUNTS_ARGS                                                             \
    size_t *at, const int32_t *restrict code, const ens__work *w,                        \
        const uint32_t *restrict tag, size_t n, ens__limits limit
#define ENS__FEW_PAIRS_ARGS                                                              \
    size_t *at, const int32_t *restrict code, const uint32_t *restrict tag, size_t n,    \
        ens__limits limit
#define ENS__FEW_VALUES_ARGS                                                             \
    size_t *at, const int32_t *restrict code, const int64_t *restrict word, size_t n,    \
        unsigned bits, ens__limits limit
/* Rows that few_words() takes, on all levels. */
#define ENS__FEW_WORDS 32
/* Of sums of words, to which a base is added: v << bits | count. */
#define ENS__FEW_WORDS_ARGS                                                              \
    size_t *at, const uint16_t *restrict code, const int64_t *restrict word, size_t n,   \
        unsigned bits, int64_t base_n, int64_t base_v, ens__limits limit

/* All return the greatest value and its place, or below 0 where no boundary keeps the limits. */
typedef struct ens__kernels {
    double (*pairs)(ENS__PAIRS_ARGS);
    double (*values)(ENS__VALUES_ARGS);
    double (*counts)(ENS__COUNTS_ARGS);
    double (*squares)(ENS__SQUARES_ARGS);
    size_t few[4]; /* by kind: rows that the following take; 0: none */
    double (*few_pairs)(ENS__FEW_PAIRS_ARGS);
    double (*few_values)(ENS__FEW_VALUES_ARGS);
    double (*few_words)(ENS__FEW_WORDS_ARGS);
    double (*few_counts)(ENS__FEW_COUNTS_ARGS);
} ens__kernels;

/* few_words() for any processor. */
double ens__few_words(ENS__FEW_WORDS_ARGS);

const ens__kernels *ens__kernels_here(void);

#if ENS_HAVE_LEVELS
extern const ens__kernels ens__kernels_v3, ens__kernels_v4;
#endif

#endif
