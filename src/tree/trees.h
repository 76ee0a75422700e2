/* trees.h - the runtime form: all trees of an ensemble, laid out to be walked fast.
 *
 * A row's numbers are first turned into codes: how many of the ensemble's distinct thresholds of that feature lie
 * below.  x <= threshold[c] exactly if its code is <= c, so a step compares two small integers, and gives what the
 * readable form gives for every double. */
#ifndef ENS_TREE_TREES_H
#define ENS_TREE_TREES_H

#include <tree/tree.h>

/* A node is two words, or more for a set of levels; the child with the smaller subtree follows it, so that small
 * subtrees, where most of a deep tree is, lie in one line of the cache.
 *
 *     word 0   place of the feature (15 bits) << 16 | limit;   a leaf is one word: ENS__TREES_LEAF | row of values
 *     word 1   words to the other child (29 bits) | ENS__TREES_SET | ENS__TREES_MISSING | ENS__TREES_RIGHT
 *
 * A row goes left if (uint16_t)(code + missing) <= limit, where missing is the flag, by which the limit is higher too:
 * the code of a missing value is 0xffff, so that it goes right unless the flag makes it wrap to 0.  The left child
 * follows, or the right one if ENS__TREES_RIGHT is set.
 *
 * For a set, limit counts the words that follow, whose bit l tells whether level l goes to the child behind them;
 * a missing value is one level more. */
#define ENS__TREES_LEAF 0x80000000u
#define ENS__TREES_SET 0x80000000u
#define ENS__TREES_MISSING 0x40000000u
#define ENS__TREES_RIGHT 0x20000000u
#define ENS__TREES_FAR 0x1fffffffu

/* A feature that some tree splits. */
typedef struct ens__trees_feature {
    uint32_t feature; /* its number */
    uint32_t n_levels; /* categories */
    bool category;
    double *cut; /* [n_cuts] numbers: distinct thresholds, ascending */
    size_t n_cuts;
} ens__trees_feature;

typedef struct ens__trees {
    size_t n, k;
    uint32_t *word; /* [n_words] and two zeros, so that no step reads past the end */
    size_t n_words;
    size_t *root;    /* [n + 1] first word of each tree */
    double *value;   /* [n_values][k] distinct leaves of all trees */
    size_t n_values;
    ens__trees_feature *used; /* [n_used] in the order of their numbers */
    size_t n_used;
    bool sets;       /* some node splits by a set */
    size_t block;    /* rows whose codes are made at a time */
} ens__trees;

/* Where the trees come from: tree t sees feature map[t * p_tree + j] of the ensemble's as its j; all of them in
 * their order if map is NULL. */
typedef struct ens__trees_source {
    const ens__tree *const *tree; /* [n] */
    size_t n;
    const ens_feature *feature; /* [p] */
    size_t p;
    const uint32_t *map;
    size_t p_tree;
} ens__trees_source;

/* *out is NULL, and that is no error, for trees that the form has no room for: more than 32767 features in splits,
 * 65534 thresholds of a feature or 65534 levels, or a tree of 2 GB. */
ens_status ens__trees_make(ens__trees **out, const ens__trees_source *source, const ens_exec *exec,
                           ens_error *err);
void ens__trees_free(ens__trees *trees);
size_t ens__trees_bytes(const ens__trees *trees); /* 0 for NULL */

/* out[i * k + c] = the sum of the trees' outputs, in their order. */
void ens__trees_predict(const ens__trees *trees, const ens_rows *rows, double *out, void *scratch);
size_t ens__trees_scratch(const ens__trees *trees);

#endif
