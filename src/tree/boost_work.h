/* boost_work.h - inside of growing trees for boosting.
 *
 * A row is a record of bytes, one for each slot.  A slot holds the code of a feature, or one code for several
 * features of few values (as a number with a digit for each), so that eight features of two values cost as much as
 * one.  A node is a list of rows, ascending, and sums of its gradients, hessians and rows by code of each slot: its
 * cells. */
#ifndef ENS_TREE_BOOST_WORK_H
#define ENS_TREE_BOOST_WORK_H

#include <core/arena.h>
#include <data/bins.h>
#include <tree/boost.h>

#define ENS__BOOST_BLOCK 4096    /* rows that are counted before their sums move to wide cells */
#define ENS__BOOST_DIRECT 512    /* nodes of fewer rows are counted, not subtracted; they keep no cells */
#define ENS__BOOST_SHARED ((size_t)3 << 20) /* nodes of less work, in cells, are that of one thread */
#define ENS__BOOST_TASK 8192     /* rows of a task of the others */
#define ENS__BOOST_GROUP 8192    /* cells of a group of slots, which stay in the cache; more for a single slot */
#define ENS__BOOST_PAD 16        /* cells of a slot are a multiple of it */
#define ENS__BOOST_EVEN 256      /* cells of every slot of one byte, if that is not many more */

/* ---- Rows ------------------------------------------------------------------------------------------------ */

typedef struct ens__slot {
    uint32_t at;      /* byte of the record */
    uint32_t width;   /* 1 or 2 */
    uint32_t n_codes, n_cells;
    uint32_t first, n; /* features: member[first .. first + n - 1] */
} ens__slot;

/* A feature that has more than one code. */
typedef struct ens__boost_feature {
    const ens__bins *bins;
    uint32_t feature;      /* its number in the fit */
    uint32_t slot;
    uint32_t step, digits; /* its code is (that of the slot / step) % digits; digits: its codes, with missing */
    bool category;
} ens__boost_feature;

struct ens__boost_rows {
    const ens_fit_args *a;
    size_t n;
    bool whole;      /* row i is table row i */
    uint32_t most;   /* times that a row was drawn, at most */
    size_t drawn;    /* rows, counted as often */
    uint8_t *record; /* [n][stride], those of one byte first */
    size_t stride;
    ens__slot *slot; /* [n_slots] in the order of their bytes */
    size_t n_slots;
    ens__boost_feature *member; /* [p] in the order of their slots */
    size_t p;
};

/* ---- Sums ------------------------------------------------------------------------------------------------ */

/* Gradient, hessian and count of a row as fields of one number: g << g_shift | h << h_shift | count.  The sum over as
 * many drawn rows as a block has overflows none. */
typedef struct ens__fixed {
    double g_scale, h_scale; /* integer = real * scale, a power of two */
    unsigned g_shift, h_shift;
    bool unit;               /* all hessians are 1: there is no field for them */
    size_t block;            /* rows */
    uint32_t salt;           /* of the tree, for the chances of rounding */
} ens__fixed;

typedef struct ens__boost_sum {
    int64_t g, h; /* h is the count if hessians are all 1 */
    int64_t n;    /* times drawn */
} ens__boost_sum;

/* Drawn rows whose sum has room in one number. */
static inline int64_t ens__boost_room(const ens__fixed *f)
{
    return ((int64_t)1 << f->h_shift) - 1;
}
static inline int64_t ens__boost_packed(const ens__boost_sum *sum, const ens__fixed *f)
{
    return sum->g * ((int64_t)1 << f->g_shift) + (f->unit ? 0 : sum->h << f->h_shift) + sum->n;
}
static inline ens__boost_sum ens__boost_unpacked(int64_t v, const ens__fixed *f)
{
    int64_t n = v & ens__boost_room(f);

    return (ens__boost_sum){
        v >> f->g_shift, f->unit ? n : v >> f->h_shift & (((int64_t)1 << (f->g_shift - f->h_shift)) - 1), n};
}

/* Sums by code, of all slots of a tree or of one group.  Those of a node of few rows are packed: g has the fields of
 * ens__fixed, and h and n are not used. */
typedef struct ens__cells {
    int64_t *g, *h;
    uint32_t *n;
} ens__cells;

/* Slots that are counted together: neighbours of one width. */
typedef struct ens__group {
    uint32_t first, n; /* of booster.slot */
    uint32_t width;
    bool even; /* slots are neighbours in a record, of ENS__BOOST_EVEN cells each */
    uint32_t cell, n_cells; /* of those of all */
} ens__group;

/* ---- Nodes ----------------------------------------------------------------------------------------------- */

typedef struct ens__boost_split {
    double gain;      /* 0: none */
    uint32_t member;  /* of rows.member */
    uint32_t code;    /* number: the last that goes left */
    bool missing_left, by_set;
    uint32_t *set;    /* by_set: bit c for each code that goes left, that of missing values among them */
    ens__boost_sum left;
} ens__boost_split;

typedef struct ens__boost_node {
    size_t begin, n;  /* its rows in list */
    ens__boost_sum sum;
    uint32_t depth;
    uint32_t child;   /* left child, right is child + 1; 0: not there */
    uint64_t path;    /* names the node whenever it was made: for random streams */
    bool is_split;    /* in the tree, not only looked at ahead */
    uint32_t leaf;    /* in the tree: of booster.leaf */
    bool open;        /* may be split */
    bool done;        /* its children are there, counted and searched */
    double low, high; /* monotonic: between which its value and those of all below it must be, in units of the sums */
    uint64_t groups;  /* that have all features on the way to it */
    const uint8_t *active; /* [p] features that are tried; borrowed */
    ens__cells cells; /* all NULL: it has none */
    bool packed;      /* its cells are */
    ens__boost_split best;
} ens__boost_node;

/* ---- Work ------------------------------------------------------------------------------------------------ */

/* Scratch of one thread. */
typedef struct ens__boost_scratch {
    int64_t *cell;     /* [most cells of a group] all zero between uses */
    ens__cells wide;   /* [cells of a group] */
    ens__cells whole;  /* [cells] its part of a shared node; all zero between uses; none if there is one thread */
    ens__cells digit;  /* [ENS__BOOST_PAD] of one feature out of several in a slot */
    ens__cells rest[2]; /* [256] of the others */
    uint32_t *level;   /* [most codes] categories: levels in their order */
    double *place;     /* [most codes] */
    ens__arena arena;  /* sets of the splits that it found; of one tree */
} ens__boost_scratch;

struct ens__booster {
    const ens__boost_options *o;
    const ens__boost_rows *rows;
    const ens_fit_args *a;
    ens_exec exec;
    const ens__boost_target *t;
    ens__fixed fixed;
    int64_t *packed; /* [n of rows] by row: gradient, hessian and count in fixed point */
    double alpha, lambda, min_hessian, min_gain; /* in units of the sums */
    double cat_smooth, cat_lambda;

    /* Of the tree: slots that are counted, features that are tried. */
    ens__arena arena;  /* of what is active; of one tree */
    uint64_t seed;
    const uint8_t *active;  /* [p] */
    const ens__slot **slot; /* [n_slots] */
    uint32_t *base;    /* [n_slots] first cell, in its group */
    uint32_t *at;      /* [n_slots] byte */
    size_t n_slots, n_cells;
    ens__group *group; /* [n_groups] */
    size_t n_groups;
    size_t all_cells, most_cells, most_codes; /* of all slots, of a group, of a slot */

    uint32_t *list;    /* [n] rows in the order of the nodes */
    uint32_t *spare;   /* [n] */
    size_t n;          /* rows of the tree */
    ens__boost_node *node; /* [cap_nodes] */
    size_t n_nodes, cap_nodes;
    uint32_t *heap;    /* [cap_nodes] leaves that may be split, the next one first */
    size_t n_heap, n_leaves;
    ens__boost_leaf *leaf; /* [n_leaves] when the tree is done */
    size_t cap_leaves;
    ens__cells *pool;  /* [n_pool] cells that no node has */
    size_t n_pool, n_made, cap_pool; /* n_made: also those in use */

    ens__boost_scratch *scratch; /* [n_workers] */
    unsigned n_workers;
};

/* ---- boost_count.c --------------------------------------------------------------------------------------- */

/* b->packed of all rows, from the gradients of b->t. */
ens_status ens__boost_pack(ens__booster *b, ens_error *err);
/* Count rows list[n], n at most the block, by the slots of a group: into out, whose first cell is that of the group,
 * or added to it. */
void ens__boost_count(ens__cells out, bool add, ens__boost_scratch *s, const ens__booster *b, const ens__group *group,
                      const uint32_t *list, size_t n);
/* Count rows list[n], whose sum has room in one number, into packed cells of a group, which were 0. */
void ens__boost_count_packed(int64_t *cell, const ens__booster *b, const ens__group *group, const uint32_t *list,
                             size_t n);
/* Packed cells, n a multiple of ENS__BOOST_PAD, to wide ones, and back, in place of out.g. */
void ens__boost_unpack(ens__cells out, int64_t *cell, size_t n, const ens__fixed *f);
void ens__boost_pack_cells(ens__cells cells, size_t n, const ens__fixed *f);
/* The sum of rows. */
ens__boost_sum ens__boost_total(const ens__booster *b, const uint32_t *list, size_t n);
/* a -= b, or += */
void ens__cells_subtract(ens__cells a, ens__cells b, size_t n);
void ens__cells_add(ens__cells a, ens__cells b, size_t n);
void ens__cells_clear(ens__cells c, size_t n);
static inline ens__cells ens__cells_from(ens__cells c, size_t at)
{
    return (ens__cells){c.g + at, c.h != NULL ? c.h + at : NULL, c.n + at};
}

/* ---- boost_scan.c: numbers -------------------------------------------------------------------------------- */

/* The best boundary of one feature, whose cells these are, into *best, if it is better. */
void ens__boost_scan(ens__boost_split *best, const ens__booster *b, uint32_t member, ens__cells cells,
                     const ens__boost_node *node);
/* The same for packed cells of slots first .. end - 1, as far as they are of one number each that is free of bounds;
 * returns the first that is not. */
uint32_t ens__boost_scan_packed(ens__boost_split *best, const ens__booster *b, uint32_t first, uint32_t end,
                                const int64_t *cell, const ens__boost_node *node);
/* Of the score before a split: what rounding may make of no gain at all. */
#define ENS__BOOST_MARGIN 1e-12
/* What a side of these sums adds to the gain. */
static inline double ens__boost_score(double g, double h, double alpha, double lambda)
{
    double a = g < 0 ? -g : g;

    a = a > alpha ? a - alpha : 0;
    return a * a / (h + lambda);
}
/* The value of a leaf of these sums, in their units, and what it adds to the gain if it must lie between bounds. */
static inline double ens__boost_value(double g, double h, double alpha, double lambda)
{
    double a = g < 0 ? -g - alpha : g - alpha;

    if (!(a > 0) || !(h + lambda > 0))
        return 0;
    return g < 0 ? a / (h + lambda) : -a / (h + lambda);
}
static inline double ens__boost_bounded(double *value, const ens__booster *b, double g, double h, double lambda,
                                        const ens__boost_node *node)
{
    double v = ens__boost_value(g, h, b->alpha, lambda);

    v = v < node->low ? node->low : v > node->high ? node->high : v;
    *value = v;
    return -(2 * g * v + (h + lambda) * v * v + 2 * b->alpha * (v < 0 ? -v : v));
}
/* What a side, or a node, adds. */
static inline double ens__boost_side(const ens__booster *b, const ens__boost_sum *sum, double lambda,
                                     const ens__boost_node *node)
{
    double v;

    if (b->o->monotonic == NULL)
        return ens__boost_score((double)sum->g, (double)sum->h, b->alpha, lambda);
    return ens__boost_bounded(&v, b, (double)sum->g, (double)sum->h, lambda, node);
}
/* Is a split better than what there is? Of equals the first feature. */
static inline bool ens__boost_better(double gain, uint32_t member, const ens__boost_split *than, const ens__booster *b)
{
    return gain > than->gain ||
           (gain == than->gain && gain > 0 &&
            b->rows->member[member].feature < b->rows->member[than->member].feature);
}

/* ---- boost_sets.c: categories ------------------------------------------------------------------------------ */

ens_status ens__boost_sets(ens__boost_split *best, ens__boost_scratch *s, const ens__booster *b, uint32_t member,
                           ens__cells cells, const ens__boost_node *node, ens_error *err);

/* ---- boost_part.c -------------------------------------------------------------------------------------------- */

/* Rows list[n] of a node that go left stay there, in their order; the others go to right[n], in theirs. Returns how
 * many stay. */
size_t ens__boost_part(uint32_t *list, uint32_t *right, size_t n, const ens__booster *b,
                       const ens__boost_node *node);

/* ---- boost_draw.c: which features are looked at ------------------------------------------------------------ */

/* Slots and groups of a tree, and its active features. */
ens_status ens__boost_draw_tree(ens__booster *b, ens_error *err);
/* Those of a node. */
ens_status ens__boost_draw_node(ens__booster *b, ens__boost_node *node, ens_error *err);
/* The most cells that any tree has. */
void ens__boost_measure(ens__booster *b);

/* ---- boost_make.c ------------------------------------------------------------------------------------------- */

/* Cells of a node, out of the pool, and back into it. */
ens_status ens__boost_take_cells(ens__cells *out, ens__booster *b, ens_error *err);
void ens__boost_give_back(ens__booster *b, ens__cells *c);

/* ---- boost_node.c: one node, by one thread ------------------------------------------------------------------- */

/* The best split by the slots of a group, whose cells these are, into *best. */
ens_status ens__boost_search(ens__boost_split *best, ens__boost_scratch *s, const ens__booster *b,
                             const ens__group *group, ens__cells cells, const ens__boost_node *node, ens_error *err);
/* Part the rows of a node and find the best splits of its children, which are there. */
ens_status ens__boost_expand(ens__booster *b, ens__boost_scratch *s, uint32_t node, ens_error *err);
/* Count all rows, and find the best split of the root. */
ens_status ens__boost_root(ens__booster *b, ens__boost_scratch *s, ens_error *err);
/* The rows of a node to its children, which are there. */
void ens__boost_part_node(ens__booster *b, uint32_t node);
/* A group of two children, or of one node if large is NULL: counted, unless the smaller has its wide cells already, and
 * searched. */
ens_status ens__boost_count_group(ens__boost_node *small, ens__boost_node *large, bool counted, ens__boost_scratch *s,
                                  const ens__booster *b, const ens__group *group, ens_error *err);
/* After all groups. */
void ens__boost_counted(ens__boost_node *node, const ens__booster *b);
/* The sum over the codes of a slot. */
ens__boost_sum ens__cells_total(ens__cells cells, size_t n);
/* The child of fewer rows, and the other. */
static inline ens__boost_node *ens__boost_smaller(const ens__booster *b, uint32_t node)
{
    ens__boost_node *left = &b->node[b->node[node].child];

    return left->sum.n <= left[1].sum.n ? left : left + 1;
}
static inline ens__boost_node *ens__boost_larger(const ens__booster *b, uint32_t node)
{
    ens__boost_node *left = &b->node[b->node[node].child];

    return left->sum.n <= left[1].sum.n ? left + 1 : left;
}

/* ---- boost_shared.c: the same by all threads --------------------------------------------------------------------- */

/* Tables of many features are shared by groups of them, others by rows. */
static inline bool ens__boost_by_group(const ens__booster *b)
{
    return b->n_groups >= 4 * (size_t)b->n_workers;
}
/* Is a node, of many of the tree's rows, the work of all threads?  Each row is counted or not, and parted. */
static inline bool ens__boost_is_shared(const ens__booster *b, const ens__boost_node *node)
{
    bool by_group = ens__boost_by_group(b);

    return b->n_workers > 1 && b->n_slots > 0 && (by_group || !node->packed) &&
           node->n >= b->n / (4 * (size_t)b->n_workers) &&
           node->n * (b->n_slots + 8) >= ENS__BOOST_SHARED / (by_group ? 4 : 1);
}
ens_status ens__boost_expand_shared(ens__booster *b, uint32_t node, ens_error *err);
ens_status ens__boost_root_shared(ens__booster *b, ens_error *err);

/* ---- boost_tree.c ------------------------------------------------------------------------------------------- */

/* The tree as it is kept, its nodes numbered anew. */
ens_status ens__boost_finish(ens__tree **out, double *gain, ens__booster *b, ens_error *err);

#endif
