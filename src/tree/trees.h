/* trees.h - the runtime form: all trees of an ensemble, laid out to be walked fast.
 *
 * A row's values are first turned into codes: of a number, how many of the ensemble's distinct thresholds of that
 * feature lie below it.  x <= threshold[c] exactly if its code is <= c, so a step compares two small integers, and
 * gives what the readable form gives for every double. */
#ifndef ENS_TREE_TREES_H
#define ENS_TREE_TREES_H

#include <tree/cuts.h>
#include <tree/tree.h>

/* A node is one word of 64 bits, at the place that it has in its tree's readable form:
 *
 *     left child (32 bits) << 32 | 0xffff - limit (16 bits) << 16 | column (16 bits)
 *
 * where a row goes left if its code in that column is <= limit.  So node + (code << 16), whose carry goes into the
 * upper half, has there the child that the row goes to.  A leaf has itself as its left child, the column of zeros,
 * and in place of the limit the row of values, counted from ens__trees.base of its 65536 nodes: a walker that has
 * come to it stays.
 *
 * A number's column is that of its feature, where the code of a missing value is 0xffff, so that it goes right; if
 * it is to go left, ens__trees.wide is added, to the number of a column that is the same but for a missing value's
 * code, which is 0.  Rows without missing values have no such columns: the higher bits are masked away.
 *
 * Of a set of levels, the upper half is the place of the left child's number among the words of the tree's sets, and
 * ENS__TREES_SET is added to the column.  Behind it bit l of the set tells whether level l goes right; a missing
 * value is one level more. */
#define ENS__TREES_SET  0x8000u
#define ENS__TREES_SPAN ((size_t)65536)

/* A feature that some tree splits. */
typedef struct ens__trees_feature {
    uint32_t feature;  /* its number */
    uint32_t n_levels; /* categories */
    bool category;
    ens__cuts cuts; /* numbers: distinct thresholds */
} ens__trees_feature;

/* Where the parts of a tree begin. */
typedef struct ens__trees_tree {
    size_t node, set, base, value;
    uint32_t depth;
} ens__trees_tree;

/* Small trees besides: trees_bits.h. */
typedef struct ens__bits ens__bits;

typedef struct ens__trees {
    size_t n, k;
    ens__trees_tree *tree; /* [n + 1] */
    uint64_t *node;
    size_t *base;    /* the row of values of a leaf is base[node / 65536] and what the leaf has */
    double *value;   /* [][k] */
    uint32_t *set;   /* and one word that is there to be read */
    ens__trees_feature *used; /* [n_used] in the order of their numbers, which is that of the columns */
    size_t n_used;   /* and the column of zeros */
    size_t stride;   /* codes from one row to the next */
    size_t wide;     /* a power of 2; codes of a row with missing values are so many more */
    size_t depth;    /* of the deepest tree */
    bool sets;       /* some node splits by a set */
    size_t block;    /* rows whose codes are made at a time */
    ens__bits *bits; /* NULL: there are none */
    const uint32_t *map; /* of the source */
    size_t p_tree;
} ens__trees;

/* Where the trees come from, none of them packed: tree t sees feature map[t * p_tree + j] of the ensemble's as its
 * j; all of them in their order if map is NULL. */
typedef struct ens__trees_source {
    const ens__tree *const *tree; /* [n] */
    size_t n;
    const ens_feature *feature; /* [p] */
    size_t p;
    const uint32_t *map; /* stays the caller's, for as long as the form is there */
    size_t p_tree;
    ens__tree *const *own; /* [n] the same trees, or NULL for all or some: they are packed as soon as they are in the
                            * form, and if that fails they are to be freed */
} ens__trees_source;

/* *out is NULL, and that is no error, for trees that the form has no room for: more than 16383 features in
 * splits, 65534 thresholds of a feature or 65534 levels. */
ens_status ens__trees_make(ens__trees **out, const ens__trees_source *source, const ens_exec *exec,
                           ens_error *err);
void ens__trees_free(ens__trees *trees);
size_t ens__trees_bytes(const ens__trees *trees); /* 0 for NULL */

/* Tree t of those that the form was made of gives up what the form has as well, and from now on needs it. */
void ens__trees_pack(const ens__trees *trees, size_t t, ens__tree *tree);
/* Node i of tree t as it was; of a set, the place of its bits in ens__trees.set, which are of levels that go right. */
ens__node ens__trees_node(const ens__trees *trees, size_t t, uint32_t i);
/* The child that a table row goes to; feature: what tree t sees. */
uint32_t ens__trees_child(const ens__trees *trees, size_t t, uint32_t i, const ens_feature *feature,
                          uint32_t row);

/* out[i * k + c] = the sum of the trees' outputs, in their order. */
void ens__trees_predict(const ens__trees *trees, const ens_rows *rows, double *out, void *scratch);
size_t ens__trees_scratch(const ens__trees *trees);

/* Codes of rows. */
typedef struct ens__coded {
    const uint16_t *code; /* [n][stride] */
    size_t n, stride;
    uint32_t mask; /* of a node's column */
} ens__coded;

/* The codes of rows for used feature u: code[i * stride]. */
void ens__trees_code(const ens__trees *trees, size_t u, const ens_rows *rows, uint16_t *code, size_t stride);
/* Apart: the codes of rows, for which code has room for n * (stride + wide); and the nodes of tree t that they end
 * in. */
ens__coded ens__trees_codes(const ens__trees *trees, const ens_rows *rows, uint16_t *code);
void ens__trees_find(const ens__trees *trees, size_t t, const ens__coded *rows, uint32_t *leaf);
/* The same for the rows which[n], none above 65535: leaf[which[a]]. */
void ens__trees_find_some(const ens__trees *trees, size_t t, const ens__coded *rows, const uint32_t *which,
                          size_t n, uint32_t *leaf);
/* The values of a node that is a leaf. */
const double *ens__trees_value(const ens__trees *trees, size_t t, uint32_t leaf);

#endif
