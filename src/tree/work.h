/* work.h - one tree's rows and scratch while it grows: shared by the files of src/tree.
 *
 * The rows of a node lie side by side: their codes as records of `stride` bytes (or as row numbers, for wide
 * tables), and their statistics. A split moves them, so every pass over a node is sequential. */
#ifndef ENS_TREE_WORK_H
#define ENS_TREE_WORK_H

#include <core/arena.h>
#include <data/packed.h>
#include <num/rng.h>
#include <string.h>
#include <tree/tree.h>

/* Rows that a search treats at once, in registers: the most of any kind. */
#define ENS__FEW 64

/* Rows of a node whose candidates are tried in parallel, if there is a team. */
#define ENS__SHARED_ROWS 16384

/* Numbers that kernels may read and write beyond the last of an array. */
#define ENS__PAD 16

/* What is summed over rows, by the narrowest form that holds it. */
typedef enum ens__kind {
    ENS__PAIRS,     /* two classes without weights: rows, and those of class 1 */
    ENS__COUNTS,    /* more classes without weights: rows of each class */
    ENS__RESPONSES, /* squared error without weights: rows, and their targets */
    ENS__SUMS       /* anything else */
} ens__kind;

/* Of a row: PAIRS and COUNTS have a tag, times drawn | class << 16. */
typedef struct ens__response {
    int64_t v;      /* times drawn times centred target, in fixed point */
    uint32_t count; /* times drawn */
    uint32_t row;   /* of the table */
} ens__response;

/* Both sums in one: count << 0 and v << bits, so that words add up as long as the counts stay below 1 << bits. */
static inline int64_t ens__word_of(const ens__response *row, unsigned bits)
{
    return (int64_t)((uint64_t)row->v << bits) + row->count;
}

typedef struct ens__stat {
    int64_t w;      /* weight, in fixed point; the count if there are no weights */
    int64_t v;      /* regression: weight times centred target, in fixed point */
    uint32_t count; /* times drawn */
    uint32_t label; /* classification: class; absolute error: rank of the target */
} ens__stat;

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
    unsigned shift;    /* fine.c: the boundary is one between cells of 1 << shift codes */
    double gain;       /* decrease of the criterion, in units of the integer sums */
    double cut;        /* random cuts: the threshold that was drawn */
} ens__split;

/* Sums of the rows of a node by code: group g has the rows of one code that occurs, in ascending order. */
typedef struct ens__groups {
    unsigned *code;   /* [g] */
    uint32_t *n;      /* [g] times drawn; all kinds but SUMS, and then: */
    uint32_t *one;    /* [g] PAIRS: those of class 1 */
    int64_t *v;       /* [g] RESPONSES */
    uint32_t *class;  /* [g][classes] COUNTS */
    int64_t *sum;     /* [g][sums] SUMS */
} ens__groups;

/* A group of a category, and by what it is ordered. */
typedef struct ens__placed {
    double place;
    uint32_t group;
} ens__placed;

typedef struct ens__work {
    const ens__tree_options *o;
    const ens_fit_args *a;
    ens__arena *arena, own; /* of all that follows; own unless the fit brought one */
    struct ens__team *team; /* several workers; NULL: this one alone */
    size_t p, k, n;
    const ens__bins **bins; /* [p] */
    bool classes;           /* classification */
    bool weighted;          /* w differs from count */
    ens__kind kind;

    /* Rows, in the order of the nodes. Those of a node at an even depth stand in one store, their parts in the other.
     * The pointers below are those of the node at hand. */
    size_t stride;    /* bytes of a record; 0: no records, codes are fetched by row number */
    ens__field *field;       /* [p] */
    uint64_t bits;           /* of the first eight bytes of a record: those that are features */
    uint8_t *record;         /* [n][stride] */
    uint32_t *row;           /* [n] row numbers; NULL if nothing needs them */
    uint32_t *tag;           /* [n] of the rows, by kind; or */
    ens__response *response; /* [n] or */
    ens__stat *stat;         /* [n] */
    struct ens__store {
        uint8_t *record;
        uint32_t *row;
        void *stat; /* of any kind */
    } store[2];
    unsigned entered; /* the store of the node at hand */

    /* Fixed point: real = integer / scale. */
    double w_scale, v_scale, centre;
    double *ranked; /* [n_ranked] absolute error: distinct targets less the centre, ascending */
    size_t n_ranked;

    size_t sums;       /* numbers in a sum */
    size_t classes_up; /* COUNTS: classes, rounded up to eight */
    int64_t *total;    /* [sums] of the tree */
    double min_leaf_w; /* least weight of a leaf, in fixed point */

    /* Scratch of one split search. */
    uint16_t *code;       /* [n] of the feature looked at */
    size_t coded, coded_begin, coded_n; /* of what feature and rows; SIZE_MAX: of none */
    int64_t *word;        /* [n] RESPONSES, of the node at hand: ens__word_of() */
    unsigned word_bits;   /* for which; 0: it has too many rows */
    unsigned most_bits;   /* of a count, at most, for sums of words to be exact */
    uint32_t *present;    /* [n] RESPONSES: rows that have the feature looked at */
    uint32_t *key, *key2; /* [n] sorting */
    size_t max_codes;     /* the most that a feature has, with the one for missing */
    ens__groups group;
    uint32_t *cell32;     /* [max_codes] all zero between features, as are the other cells */
    int64_t *cell64;      /* [max_codes] */
    uint32_t *cell_class; /* [max_codes][classes_up] */
    int64_t *cell_sum;    /* [max_codes][sums] */
    uint64_t *occupied;   /* [max_codes / 64 + 1] */
    uint32_t *ascending, *order; /* [max_codes] groups as they are tried: numbers, categories */
    ens__placed *placed, *placed2; /* [max_codes] sorting categories */
    uint32_t *left_n, *left_one; /* [max_codes] sums of the groups tried so far */
    int64_t *left_v;
    int64_t *left, *right, *missing; /* [sums] */
    uint32_t *left_class;            /* [classes_up] */
    double *node_class, node_squares; /* COUNTS: [classes_up] rows of each class of the node, and their squares' sum */
    double low, high;     /* monotonic: between which the node's value and those of all below it must be */
    ens__stream draws;    /* of the node */
    struct ens__sweep *sweep;   /* of sweep.c; NULL: its rows cannot be swept */
    struct ens__masked *masked; /* of masked.c; NULL: this tree cannot be grown so */
    double most;          /* no split of the node can have a greater gain */
    uint64_t useless;     /* slots of features that cannot split the node or any below it, as far as is known */
    uint8_t by_class[ENS__FEW]; /* COUNTS: rows of a node of few, by class */
    uint64_t class_ends;        /* bit i: by_class[i] is the last of its class */
    uint32_t *set;        /* [set_words] of the best split so far */
    size_t set_words;
    int64_t *best_left;   /* [sums] of the best split so far */
    uint32_t *permutation, *swapped; /* [p] */
    double *left_squares, *right_squares; /* [max_codes] of classes on both sides of a boundary */
    double *loss;             /* [max_codes] absolute error, and: */
    uint32_t *first;          /* [max_codes] of a code's rows in key */
    int64_t *rank_w, *rank_v; /* [n_ranked + 1] Fenwick trees over ranks, all zero between uses */
    ens__split best;
} ens__work;

/* ---- rows.c: the rows of a tree ------------------------------------------------------------------------ */

ens_status ens__work_make(ens__work *w, const ens__tree_options *o, const ens_fit_args *a, ens_error *err);
void ens__work_clear(ens__work *w);
/* The same rows with scratch of its own, for another worker. */
ens_status ens__work_share(ens__work *out, const ens__work *w, ens_error *err);
/* The codes of feature j of rows [begin, begin + n) into w->code. */
void ens__work_codes(ens__work *w, size_t j, size_t begin, size_t n);
/* Sums of rows [begin, begin + n). */
void ens__work_sum(const ens__work *w, int64_t *sum, size_t begin, size_t n);
/* Table row of row i; regression, or tables without records. */
uint32_t ens__work_row(const ens__work *w, size_t i);
/* Whether all rows of the range have one target. */
bool ens__work_pure(const ens__work *w, const int64_t *sum, size_t begin, size_t n);
/* Look at the rows of store 0 or 1. */
void ens__work_enter(ens__work *w, unsigned store);
/* Put the rows of the node at hand into the store that is not theirs, those that the best split sends left first;
 * returns how many those are. */
size_t ens__work_part(ens__work *w, size_t begin, size_t n, unsigned store);
/* A node of so many rows is next: fetch what its leaf needs. */
void ens__work_expect(const ens__work *w, size_t begin, size_t n, unsigned store);
/* Mean of a sum in the target's unit; of two classes the share of class 1. */
double ens__work_mean(const ens__work *w, const int64_t *sum);
/* Mean or median of a node's rows in the target's unit. */
double ens__work_response(ens__work *w, const int64_t *sum, size_t begin, size_t n);

/* Add row i to a sum. */
static inline void ens__work_add(const ens__work *w, int64_t *sum, size_t i)
{
    if (w->kind == ENS__PAIRS) {
        int64_t count = w->tag[i] & 0xffff, one = w->tag[i] >> 16;

        sum[0] += count - one;
        sum[1] += one;
        sum[2] += count;
    } else if (w->kind == ENS__COUNTS) {
        sum[w->tag[i] >> 16] += w->tag[i] & 0xffff;
        sum[w->k] += w->tag[i] & 0xffff;
    } else if (w->kind == ENS__RESPONSES) {
        sum[ENS__SUM_W] += w->response[i].count;
        sum[ENS__SUM_V] += w->response[i].v;
        sum[2] += w->response[i].count;
    } else {
        const ens__stat *s = &w->stat[i];

        sum[w->classes ? s->label : ENS__SUM_W] += s->w;
        if (!w->classes)
            sum[ENS__SUM_V] += s->v;
        sum[w->sums - 1] += s->count;
    }
}

/* Code of feature j of row i. */
static inline unsigned ens__work_code(const ens__work *w, size_t i, size_t j)
{
    const ens__field *f = &w->field[j];
    const uint8_t *at = w->record + i * w->stride + f->offset;
    uint16_t code;

    if (w->stride == 0)
        return ens__bins_code(w->bins[j], w->row[i]);
    if (f->width == 0)
        return *at >> f->shift & 1;
    if (f->width == 1)
        return *at;
    memcpy(&code, at, sizeof code);
    return code;
}

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

/* The last bin that is left of a boundary: the middle one of those between its codes. */
static inline unsigned ens__split_middle(const ens__split *s)
{
    return (s->code + s->next - 1) / 2;
}

/* Of rows [begin, begin + n) with this sum, into w->best. path names the node's random stream. Adds to w->useless. */
void ens__split_find(ens__work *w, const int64_t *sum, size_t begin, size_t n, uint64_t path);
struct ens__order;
/* Try one feature of a node, into w->best if it is better; not for random cuts. */
void ens__split_try(ens__work *w, size_t j, const struct ens__order *node);
/* Parts of the search that other files share: feature j cannot split the node or any below it; where missing values go
 * if there are none to learn from: left if w->best_left is more than half. */
static inline void ens__split_note_useless(ens__work *w, size_t j)
{
    if (w->field[j].slot < ENS__SLOTS)
        w->useless |= (uint64_t)1 << w->field[j].slot;
}

static inline bool ens__split_is_useless(const ens__work *w, size_t j)
{
    return w->field[j].slot < ENS__SLOTS && (w->useless >> w->field[j].slot & 1) != 0;
}

/* The threshold of a split that is not by a set. */
double ens__split_threshold(const ens__work *w, const ens__split *s);
bool ens__split_left_is_larger(const ens__work *w, const int64_t *sum);
/* A gain as scikit-learn counts it: the criterion's decrease times the node's share of all weight. */
double ens__split_decrease(const ens__work *w, double gain);

/* ---- groups.c: the rows of a node by code --------------------------------------------------------------- */

/* Rows [begin, begin + n), with this sum, by their code of feature j, into w->group; returns how many groups. One for
 * missing values comes last. Unless records are of bytes, w->code has each row's. */
size_t ens__groups_make(ens__work *w, const int64_t *sum, size_t j, size_t begin, size_t n);
/* Add group g to a sum. */
void ens__groups_add(const ens__work *w, int64_t *sum, size_t g);
/* w->key[n]: rows of the range, less begin, ordered by code and then by place. */
void ens__keys_sort(ens__work *w, size_t n);

/* ---- boundary.c: which boundary between groups ------------------------------------------------------------ */

/* Of a node and one order of its groups: `at` lists them from the left. */
typedef struct ens__order {
    const uint32_t *at;
    size_t n;     /* groups of present values that are not rare */
    size_t all;   /* groups, with those that go with the missing ones */
    bool missing; /* whether there are such: w->missing has their sum */
    const int64_t *sum;
    size_t begin, rows; /* of the node */
    int sign;           /* monotonic: that of the feature */
    size_t only;        /* the one boundary to look at; SIZE_MAX: all */
} ens__order;

/* Groups 0 .. at of the order go left. value is the decrease of the criterion. */
typedef struct ens__boundary {
    double value;
    size_t at;
    bool missing_left, found;
} ens__boundary;

/* Before those of a node. */
void ens__boundary_begin(ens__work *w, const int64_t *sum);
/* The best boundary of an order into *best, if it is better. */
void ens__boundary_find(ens__work *w, const ens__order *o, bool missing_left, ens__boundary *best);

/* The decrease by sending w->left left, of a criterion that sums tell; false if a limit forbids it. */
bool ens__boundary_value(double *value, ens__work *w, const ens__order *node);

/* Draws that a side needs at least, where each weighs as much. */
double ens__least_count(const ens__work *w);

/* Kernels of direct.c. Of rows without missing values, a number's code that goes left last. */
typedef struct ens__few_best {
    bool found;
    unsigned code;
    double value; /* the decrease */
} ens__few_best;

/* How many rows ens__few_find() takes; 0: it is not to be called. */
size_t ens__few_rows(ens__kind kind);
void ens__few_find(ens__few_best *best, const ens__work *w, const int64_t *sum, const int32_t *code, size_t begin,
                   size_t n);
/* Of n boundaries, from w->left_n, w->left_squares, w->right_squares and w->group.code. */
void ens__squares_find(ens__few_best *best, const ens__work *w, const int64_t *sum, size_t n);

/* ---- direct.c: numbers without groups ------------------------------------------------------------------------ */

typedef enum ens__search { ENS__BY_GROUPS, ENS__BY_ROWS, ENS__BY_ORDER } ens__search;

/* How the numbers of a node are searched; after ens__boundary_begin(). */
ens__search ens__direct_begin(ens__work *w, const int64_t *sum, size_t begin, size_t n);
/* Try a number, into w->best if it is better; false if groups must be made for it. */
bool ens__direct_try(ens__work *w, ens__search how, size_t j, const int64_t *sum, size_t begin, size_t n);
/* After the last feature of a node: what the best split lacks if it was found here. */
void ens__direct_complete(ens__work *w, const int64_t *sum, size_t begin, size_t n);

/* ---- fine.c: numbers of many codes ------------------------------------------------------------------------------ */

/* Bins from which a number is searched so, if it is for RESPONSES. */
#define ENS__FINE_BINS 256

/* Try a number, into w->best if it is better; false if it is for others to try. */
bool ens__fine_try(ens__work *w, size_t j, const int64_t *sum, size_t begin, size_t n);
/* After the last feature of a node: look closer at the best boundary, if it was found here. */
void ens__fine_complete(ens__work *w, const int64_t *sum, size_t begin, size_t n);

/* ---- cut.c: random cuts -------------------------------------------------------------------------------------- */

/* Try one random threshold of a number in the node of `node`, which needs no groups. Not for absolute error. */
void ens__cut_try(ens__work *w, size_t j, const ens__order *node);

/* A cut that was tried: bins up to `last` go left, and missing values if missing_left. */
typedef struct ens__cut {
    size_t feature;
    unsigned last;
    bool missing, missing_left; /* whether there are missing values, and then where they go */
    bool only;                  /* they are all that goes right */
    double cut;
} ens__cut;

/* The split into w->left and the others into w->best, if it is better. */
void ens__cut_take(ens__work *w, const ens__cut *c, const ens__order *node);

/* ---- team.c: several workers on one tree ----------------------------------------------------------------------- */

typedef struct ens__team ens__team;

/* Into w->team. ens__team_clear() also after a failure. */
ens_status ens__team_make(ens__work *w, unsigned n_workers, ens_error *err);
void ens__team_clear(ens__work *w);
ens__work *ens__team_work(const ens__team *team, unsigned worker);
/* Try n features of a node in parallel; the best into w->best. */
void ens__team_try(ens__work *w, const ens__order *node, const uint32_t *feature, size_t n);

/* ---- absolute.c: absolute error, where sums do not tell the loss of a side -------------------------------- */

/* w->loss[g]: loss of groups 0 .. g of the order on the left and the others on the right, for g below o->n; those of
 * o->n .. o->all - 1 are on the side of the missing ones. Returns the loss of all rows. */
double ens__absolute_losses(ens__work *w, const ens__order *o, bool missing_left);

#endif
