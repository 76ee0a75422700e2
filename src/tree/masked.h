/* masked.h - subtrees of few rows, whose sets are words: what masked.c and masked_find.c share. */
#ifndef ENS_TREE_MASKED_H
#define ENS_TREE_MASKED_H

#include <tree/build.h>
#include <tree/draw.h>
#include <tree/loops.h>

#define ENS__MASKED_ROWS 64

/* Candidates that are looked at together may be cut in two ways each: missing values go to either side. */
#define ENS__MASKED_TRIALS (2 * ENS__DRAW_BATCH)

typedef struct ens__masked {
    uint64_t *there; /* [p / 64 + 1] features whose codes are here */
    uint64_t *bit;   /* [p] of two values: rows of code 1 */
    uint8_t *column; /* [p][column_size] codes of others, of one or two bytes, by row */
    size_t column_size;
    size_t begin, n; /* rows of the work */
    unsigned n_digits;
    uint64_t digit[32]; /* [n_digits] of the counts: rows that have 1 << d in theirs */
    unsigned n_classes;
    uint32_t class[ENS__MASKED_ROWS];    /* [n_classes] that occur, ascending */
    uint64_t of_class[ENS__MASKED_ROWS]; /* [n_classes] their rows; PAIRS: [1], those of class 1 */
    int64_t v[ENS__MASKED_ROWS], mean[ENS__MASKED_ROWS]; /* RESPONSES: v, and of it what one draw has */

    /* The node that is searched, and its best split. */
    uint64_t rows;
    int64_t *sum;                /* [sums]; COUNTS: 0 for classes that do not occur */
    double count, sum_1, factor; /* of it; what a squared difference is multiplied by */
    double value;                /* COUNTS: sum of the squares, over the count; and: */
    int64_t class_count[ENS__MASKED_ROWS];   /* [n_classes] */
    uint64_t left, absent,
        kept; /* of the best split: rows that go left; those of missing values and rare levels; others */

    /* What is tried together. */
    struct {
        unsigned n;
        uint32_t feature[ENS__MASKED_TRIALS];
        unsigned low[ENS__MASKED_TRIALS], high[ENS__MASKED_TRIALS]; /* numbers: least and greatest code of the node */
        unsigned last[ENS__MASKED_TRIALS], next[ENS__MASKED_TRIALS]; /* the codes beside the threshold */
        double cut[ENS__MASKED_TRIALS];
        uint64_t left[ENS__MASKED_TRIALS], absent[ENS__MASKED_TRIALS], kept[ENS__MASKED_TRIALS];
        /* Of the left side: rows as drawn, and those of class 1, or what they sum to; COUNTS: squares of both sides. */
        double n_left[ENS__MASKED_TRIALS], of_left[ENS__MASKED_TRIALS], of_right[ENS__MASKED_TRIALS];
        double value[ENS__MASKED_TRIALS];
    } trial;
} ens__masked;

/* The node to begin with, and its rows. */
typedef struct ens__masked_root {
    size_t begin, n; /* at most ENS__MASKED_ROWS */
    size_t depth;
    uint64_t path, useless;
    uint32_t node;
} ens__masked_root;

/* A node that is not yet looked at. */
typedef struct ens__masked_node {
    uint64_t rows, path, useless;
    size_t depth;
    uint32_t node;
} ens__masked_node;

/* ---- masked.c ---- */

/* Scratch for a work; *out is NULL if its options ask for what words do not tell: weights, constraints, pruning, growth
 * in the order of gains. */
ens_status ens__masked_make(ens__masked **out, const ens__work *w, ens_error *err);
/* Grow all that is below a node, whose rows w has entered. */
ens_status ens__masked_grow(ens__build *b, ens__work *w, const ens__masked_root *root, ens_error *err);
/* Put the codes of feature j side by side. */
void ens__masked_take_column(ens__masked *s, const ens__work *w, size_t j);
/* Whether the rows have one target. */
bool ens__masked_is_pure(const ens__masked *s, const ens__work *w, uint64_t rows);

/* ---- masked_find.c ---- */

/* Look for the split of a node, into w->best, w->set and s->left; the node's sum into s->sum. */
bool ens__masked_find(ens__masked *s, ens__work *w, ens__masked_node *node);

/* ---- Bits ---- */

static ENS__INLINE unsigned ens__lowest_bit(uint64_t x)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned i = 0;

    while ((x >> i & 1) == 0)
        i++;
    return i;
#endif
}

static ENS__INLINE int64_t ens__n_bits(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_popcountll(x);
#else
    int64_t n = 0;

    for (; x != 0; x &= x - 1)
        n++;
    return n;
#endif
}

/* Rows as drawn. */
static ENS__INLINE int64_t ens__masked_count(const ens__masked *s,
                                                uint64_t rows)
{
    int64_t n = ens__n_bits(rows & s->digit[0]);

    for (unsigned d = 1; d < s->n_digits; d++)
        n += ens__n_bits(rows & s->digit[d]) << d;
    return n;
}

#endif
