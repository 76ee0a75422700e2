/* work.h - one tree's rows and scratch while it grows: shared by the files of src/tree.
 *
 * The rows of a node lie side by side: their codes as records of `stride` bytes (or as row numbers, for wide
 * tables), and their statistics. A split moves them, so every pass over a node is sequential. */
#ifndef ENS_TREE_WORK_H
#define ENS_TREE_WORK_H

#include <data/bins.h>
#include <num/rng.h>
#include <tree/tree.h>

/* Bytes of the widest record: wider ones are not worth moving at every split. */
#define ENS__MAX_STRIDE 128

/* What a row adds to a node. */
typedef struct ens__stat {
    int64_t w;      /* weight, in fixed point; the count if there are no weights */
    int64_t v;      /* regression: weight times centred target, in fixed point */
    uint32_t count; /* times drawn */
    uint32_t label; /* classification: class; absolute error: rank of the target */
} ens__stat;

/* Two classes without weights: the count in the low half, that of class 1 in the high half, so that one 64-bit
 * add does both. */
typedef uint64_t ens__pair;

/* Sums over rows: w of each class and then the count (classification), or w, v, count (regression). */
#define ENS__SUM_W 0
#define ENS__SUM_V 1

/* A split under consideration: rows with codes in the chosen part go left. */
typedef struct ens__split {
    bool found;
    bool by_set;       /* of a category: work->set has the levels that go left */
    bool missing_left;
    uint32_t feature;  /* of the fit, 0 .. p - 1 */
    unsigned code;     /* number: the last code that goes left */
    unsigned next;     /* number: the first that goes right, of those in the node; the code of missing if none */
    double gain;       /* decrease of the criterion, in units of the integer sums */
} ens__split;

typedef struct ens__work {
    const ens__tree_options *o;
    const ens_fit_args *a;
    size_t p, k, n;
    const ens__bins **bins; /* [p] */
    bool classes;           /* classification */
    bool weighted;          /* w differs from count */
    bool pairs;             /* statistics are ens__pair */

    /* Rows, in the order of the nodes, and room to move them. */
    unsigned width; /* bytes of a code in a record */
    size_t stride;  /* bytes of a record; 0: no records, codes are fetched by row number */
    uint8_t *record, *moved_record; /* [n][stride] */
    uint32_t *row, *moved_row;      /* [n] row numbers; NULL if nothing needs them */
    ens__stat *stat, *moved_stat;   /* [n], or */
    ens__pair *pair, *moved_pair;   /* [n] */

    /* Fixed point: real = integer / scale. */
    double w_scale, v_scale, centre;
    double *ranked; /* [n_ranked] absolute error: distinct targets less the centre, ascending */
    size_t n_ranked;

    size_t sums;       /* numbers in a sum */
    int64_t *total;    /* [sums] of the tree */
    double min_leaf_w; /* least weight of a leaf, in fixed point */

    /* Scratch of one split search. */
    uint16_t *code;        /* [n] of the feature looked at */
    uint32_t *key, *key2;  /* [n] sorting */
    int64_t *cell;         /* [max_codes][sums] all zero between features; or */
    ens__pair *pair_cell;  /* [max_codes] */
    uint64_t *occupied;    /* [max_codes / 64 + 1] all zero between features */
    unsigned *group;       /* [max_codes] codes that have rows */
    size_t max_codes;      /* the most that a feature has, with the one for missing */
    int64_t *left, *right, *missing; /* [sums] */
    double *place;         /* [max_codes] of categories in their order */
    uint32_t *set;         /* [set_words] of the best split so far */
    size_t set_words;
    int64_t *best_left;    /* [sums] of the best split so far */
    uint32_t *permutation, *swapped; /* [p] */
    double *loss;             /* [max_codes] absolute error, and: */
    uint32_t *first;          /* [max_codes] of a code's rows in key */
    int64_t *rank_w, *rank_v; /* [n_ranked + 1] Fenwick trees over ranks, all zero between uses */
    ens__split best;
} ens__work;

/* ---- rows.c: the rows of a tree ------------------------------------------------------------------------ */

ens_status ens__work_make(ens__work *w, const ens__tree_options *o, const ens_fit_args *a, ens_error *err);
void ens__work_clear(ens__work *w);
/* The codes of feature j of rows [begin, begin + n) into w->code. */
void ens__work_codes(ens__work *w, size_t j, size_t begin, size_t n);
/* Sums of rows [begin, begin + n). */
void ens__work_sum(const ens__work *w, int64_t *sum, size_t begin, size_t n);
/* Whether all rows of the range have one target. */
bool ens__work_pure(const ens__work *w, const int64_t *sum, size_t begin, size_t n);
/* Move rows so that those that the best split sends left come first; returns how many those are. */
size_t ens__work_part(ens__work *w, size_t begin, size_t n);
/* Mean or median of a node's rows in the target's unit. */
double ens__work_response(ens__work *w, const int64_t *sum, size_t begin, size_t n);

/* Weight and count of a sum. */
static inline double ens__sum_weight(const ens__work *w, const int64_t *sum)
{
    int64_t total = 0;

    if (!w->classes)
        return (double)sum[ENS__SUM_W];
    for (size_t c = 0; c < w->k; c++)
        total += sum[c];
    return (double)total;
}

static inline size_t ens__sum_count(const ens__work *w, const int64_t *sum)
{
    return (size_t)sum[w->sums - 1];
}

/* ---- split.c: the best split of a node -------------------------------------------------------------------- */

/* Of rows [begin, begin + n) with this sum, into w->best. path names the node's random stream. */
void ens__split_find(ens__work *w, const int64_t *sum, size_t begin, size_t n, uint64_t path);
/* A gain as scikit-learn counts it: the criterion's decrease times the node's share of all weight. */
double ens__split_decrease(const ens__work *w, double gain);

/* Codes of feature j that rows [begin, begin + n) have, ascending, into w->group, their sums into w->cell or pair_cell;
 * returns how many. A group for missing values comes last. Unless statistics are pairs, w->code has each row's. */
size_t ens__groups_make(ens__work *w, size_t j, size_t begin, size_t n);
/* Zero the cells of the groups again. */
void ens__groups_clear(ens__work *w, size_t n_groups);
/* w->key[n]: rows of the range, less begin, ordered by code and then by place. */
void ens__keys_sort(ens__work *w, size_t n);

/* ---- absolute.c: absolute error, where sums do not tell the loss of a side -------------------------------- */

/* w->loss[g]: loss of groups 0 .. g on the left and the others on the right, for g below n_groups; the rows of
 * groups n_groups .. all_groups - 1 are on the side of the missing ones. Returns the loss of all rows. */
double ens__absolute_losses(ens__work *w, size_t begin, size_t n, size_t n_groups, size_t all_groups,
                            bool missing_left);

#endif
