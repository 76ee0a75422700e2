/* tree_file.c - trees as tensors: those of an ensemble lie one behind the other in one set of arrays.
 *
 *     node_start  [trees + 1]  first node of each tree          feature, left  [nodes]
 *     threshold_start  [trees + 1]  first of its thresholds     threshold  [splits, and leaves that are numbers]
 *     value_start [trees + 1]  first row of its leaf values     value  [values][k]
 *     set_start   [trees + 1]  first word of its level sets     set    [words]
 *     used_start  [trees + 1]  first of its importances         used, share
 *
 * Numbers inside a tree count from its own start.  Reading trusts nothing: every child lies behind its parent, so
 * that walks end, and every number is inside its array. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/tree.h>
#include <math.h>
#include <string.h>
#include <tree/tree.h>

/* ---- Writing --------------------------------------------------------------------------------------------- */

/* Sizes that a tree has of each kind of array. */
enum { NODES, THRESHOLDS, VALUES, WORDS, USED, N_SIZES };

static const char *const start_name[] = {"node_start", "threshold_start", "value_start",
                                         "set_start", "used_start"};

/* Features of 16 bits: the same flags on top of a smaller number. */
#define NARROW_LEAF    0xffffu
#define NARROW_FEATURE 0x3fffu
#define NARROW_SHIFT   16

static size_t size_of(const ens__tree *t, int kind)
{
    switch (kind) {
    case NODES:
        return t->n_nodes;
    case THRESHOLDS:
        return t->k > 1 ? t->n_nodes - ens__tree_leaves(t) : t->n_nodes;
    case VALUES:
        return t->n_values;
    case WORDS:
        return t->n_words;
    default:
        return t->n_used;
    }
}

static ens_status write_starts(size_t total[N_SIZES], const void *const *trees, size_t n,
                               ens_writer *w, ens_error *err)
{
    for (int kind = 0; kind < N_SIZES; kind++) {
        size_t count = n + 1;
        void *out;
        ens_status st =
            ens_writer_buffer(&out, w, start_name[kind], ENS_U64, 1, &count, err);

        if (st != ENS_OK)
            return st;
        total[kind] = 0;
        for (size_t t = 0; t < n; t++) {
            ((uint64_t *)out)[t] = total[kind];
            total[kind] += size_of(trees[t], kind);
        }
        ((uint64_t *)out)[n] = total[kind];
    }
    return ENS_OK;
}

/* Is every feature's number, with its flags, less than NARROW_LEAF? */
static bool is_narrow(const void *const *trees, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const ens__tree *tree = trees[t];

        for (uint32_t i = 0; i < tree->n_nodes; i++) {
            uint32_t feature = ens__tree_node(tree, i).feature;

            if (feature != ENS__LEAF && (feature & ENS__FEATURE) >= NARROW_FEATURE)
                return false;
        }
    }
    return true;
}

/* Does a node of a tree of k outputs have an entry in the file's `threshold`? */
static bool has_threshold(const ens__node *node, size_t k)
{
    return node->feature != ENS__LEAF || k == 1;
}

static uint16_t narrow(uint32_t feature)
{
    return (uint16_t)(feature == ENS__LEAF
                          ? NARROW_LEAF
                          : (feature & NARROW_FEATURE) |
                                (feature & ~ENS__FEATURE) >> NARROW_SHIFT);
}

static uint32_t widened(uint16_t feature)
{
    return feature == NARROW_LEAF
               ? ENS__LEAF
               : (feature & NARROW_FEATURE) | (uint32_t)(feature & ~NARROW_FEATURE)
                                                  << NARROW_SHIFT;
}

/* The tensors that are being written, all trees joined, and how much of each there is. */
typedef struct tensors {
    bool small; /* features are of 16 bits */
    void *feature;
    uint32_t *left, *set, *used;
    double *threshold, *value, *share;
    size_t size[N_SIZES];
} tensors;

static ens_status make_tensor(void *out, const char *name, ens_dtype type, size_t n,
                              ens_writer *w, ens_error *err)
{
    void *data = NULL;
    ens_status st = ens_writer_buffer(&data, w, name, type, 1, &n, err);

    memcpy(out, &data, sizeof data);
    return st;
}

static ens_status make_tensors(tensors *to, const size_t total[N_SIZES], size_t k,
                               ens_writer *w, ens_error *err)
{
    const size_t shape[] = {total[VALUES], k};
    void *value = NULL;
    ens_status st;

    if ((st = make_tensor(&to->feature, "feature", to->small ? ENS_U16 : ENS_U32,
                          total[NODES], w, err)) != ENS_OK ||
        (st = make_tensor(&to->left, "left", ENS_U32, total[NODES], w, err)) != ENS_OK ||
        (st = make_tensor(&to->threshold, "threshold", ENS_F64, total[THRESHOLDS], w,
                          err)) != ENS_OK ||
        (st = ens_writer_buffer(&value, w, "value", ENS_F64, 2, shape, err)) != ENS_OK ||
        (st = make_tensor(&to->set, "set", ENS_U32, total[WORDS], w, err)) != ENS_OK ||
        (st = make_tensor(&to->used, "used", ENS_U32, total[USED], w, err)) != ENS_OK ||
        (st = make_tensor(&to->share, "share", ENS_F64, total[USED], w, err)) != ENS_OK)
        return st;
    to->value = value;
    return ENS_OK;
}

static void put_nodes(tensors *to, const ens__tree *tree)
{
    for (size_t i = 0; i < tree->n_nodes; i++) {
        const ens__node *node = &tree->node[i];
        bool set = node->feature != ENS__LEAF && (node->feature & ENS__BY_SET) != 0;
        size_t at = to->size[NODES]++;

        if (to->small)
            ((uint16_t *)to->feature)[at] = narrow(node->feature);
        else
            ((uint32_t *)to->feature)[at] = node->feature;
        to->left[at] = node->left;
        if (has_threshold(node, tree->k))
            to->threshold[to->size[THRESHOLDS]++] =
                set ? (double)node->set : node->threshold;
    }
}

static void put_array(void *to, size_t *at, const void *from, size_t n, size_t size)
{
    if (n > 0)
        memcpy((char *)to + *at * size, from, n * size);
    *at += n;
}

static void put_tree(tensors *to, const ens__tree *tree)
{
    put_nodes(to, tree);
    put_array(to->value, &to->size[VALUES], tree->value, tree->n_values,
              tree->k * sizeof *tree->value);
    put_array(to->set, &to->size[WORDS], tree->set, tree->n_words, sizeof *tree->set);
    put_array(to->share, &to->size[USED], tree->share, tree->n_used, sizeof *tree->share);
    memcpy(to->used + to->size[USED] - tree->n_used, tree->used,
           tree->n_used * sizeof *tree->used);
}

ens_status ens__tree_write_many(const void *const *trees, size_t n, ens_writer *w,
                                ens_error *err)
{
    tensors to = {.small = is_narrow(trees, n)};
    size_t total[N_SIZES];
    ens_status st;

    if ((st = write_starts(total, trees, n, w, err)) != ENS_OK ||
        (st = make_tensors(&to, total, ((const ens__tree *)trees[0])->k, w, err)) !=
            ENS_OK)
        return st;
    for (size_t t = 0; t < n; t++) {
        ens__tree *own;

        if ((st = ens__tree_unpack(&own, trees[t], err)) != ENS_OK)
            return st;
        put_tree(&to, own != NULL ? own : trees[t]);
        ens__tree_free(own);
    }
    return ENS_OK;
}

ens_status ens__tree_write(const void *tree, ens_writer *w, ens_error *err)
{
    return ens__tree_write_many(&tree, 1, w, err);
}

/* ---- Reading ----------------------------------------------------------------------------------------------- */

/* The tensors of all trees. */
typedef struct file {
    const uint64_t *start[N_SIZES];
    const uint16_t *small; /* features, or NULL: they are in feature */
    const uint32_t *feature, *left, *set, *used;
    const double *threshold, *value, *share;
    size_t size[N_SIZES];
} file;

static ens_status read_array(const void *out, size_t want, const char *name,
                             ens_dtype type, const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t n;
    ens_status st = ens_reader_array(&data, &n, a->reader, name, type, 1, err);

    if (st != ENS_OK)
        return st;
    if (n != want)
        return ens_reader_bad(a->reader, err, "%s has %zu values, expected %zu", name, n,
                              want);
    memcpy((void *)(uintptr_t)out, &data, sizeof data);
    return ENS_OK;
}

static ens_status read_starts(file *f, size_t n, const ens_read_args *a, ens_error *err)
{
    ens_status st;

    for (int kind = 0; kind < N_SIZES; kind++) {
        if ((st = read_array(&f->start[kind], n + 1, start_name[kind], ENS_U64, a,
                             err)) != ENS_OK)
            return st;
        for (size_t t = 0; t < n; t++)
            if (f->start[kind][t] > f->start[kind][t + 1])
                return ens_reader_bad(a->reader, err, "%s of tree %zu goes back",
                                      start_name[kind], t + 1);
        if (f->start[kind][0] != 0 || f->start[kind][n] > SIZE_MAX / 64)
            return ens_reader_bad(a->reader, err, "%s does not begin at 0",
                                  start_name[kind]);
        f->size[kind] = (size_t)f->start[kind][n];
    }
    return ENS_OK;
}

static ens_status read_arrays(file *f, const ens_read_args *a, ens_error *err)
{
    const void *value;
    size_t shape[2];
    ens_status st;

    if (read_array(&f->small, f->size[NODES], "feature", ENS_U16, a, NULL) != ENS_OK &&
        (st = read_array(&f->feature, f->size[NODES], "feature", ENS_U32, a, err)) !=
            ENS_OK)
        return st;
    if ((st = read_array(&f->left, f->size[NODES], "left", ENS_U32, a, err)) != ENS_OK ||
        (st = read_array(&f->threshold, f->size[THRESHOLDS], "threshold", ENS_F64, a,
                         err)) != ENS_OK ||
        (st = read_array(&f->set, f->size[WORDS], "set", ENS_U32, a, err)) != ENS_OK ||
        (st = read_array(&f->used, f->size[USED], "used", ENS_U32, a, err)) != ENS_OK ||
        (st = read_array(&f->share, f->size[USED], "share", ENS_F64, a, err)) != ENS_OK ||
        (st = ens_reader_array(&value, shape, a->reader, "value", ENS_F64, 2, err)) !=
            ENS_OK)
        return st;
    f->value = value;
    if (shape[0] != f->size[VALUES] || shape[1] != a->k)
        return ens_reader_bad(a->reader, err, "value is %zu x %zu, expected %zu x %zu",
                              shape[0], shape[1], f->size[VALUES], a->k);
    return ENS_OK;
}

static bool all_finite(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* Node i of a tree, whose other arrays are there; fills in its set. */
static const char *check_node(ens__tree *t, size_t i, const ens_read_args *a)
{
    ens__node *node = &t->node[i];
    const ens_feature *f;
    double threshold = node->threshold;
    uint32_t j = node->feature & ENS__FEATURE;

    if (node->feature == ENS__LEAF)
        return t->k > 1
                   ? (node->left < t->n_values ? NULL : "has no such value")
                   : (isfinite(node->value) ? NULL : "has a value that is not finite");
    if (j >= a->p)
        return "has no such feature";
    if (node->left <= i || node->left >= t->n_nodes - 1)
        return "has a child outside its tree";
    f = &a->feature[j]; /* a category may be without levels: n_levels does not tell */
    if (((node->feature & ENS__BY_SET) != 0) != (f->code != NULL))
        return "splits a feature of another type";
    if (f->code == NULL)
        return isfinite(threshold) ? NULL : "has a threshold that is not finite";
    if (!(threshold >= 0 && threshold <= (double)t->n_words) ||
        threshold != floor(threshold) ||
        t->n_words - (size_t)threshold < (f->n_levels + 31) / 32)
        return "has a set outside its tree";
    node->set = (uint64_t)threshold;
    return NULL;
}

/* Every node but the root is the child of one, so that it is a tree. Children are known to lie behind parents. */
static ens_status check_shape(const ens__tree *t, size_t index, const ens_read_args *a,
                              ens_error *err)
{
    uint8_t *parents = ens__zeros(t->n_nodes, sizeof *parents);
    size_t bad = 0;

    if (parents == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < t->n_nodes; i++) {
        uint32_t left = t->node[i].left;

        bad = i > 0 && parents[i] == 0 ? i : bad;
        if (t->node[i].feature == ENS__LEAF)
            continue;
        bad = parents[left] + parents[left + 1] > 0 ? i : bad;
        parents[left] = parents[left + 1] = 1;
    }
    ens__free(parents);
    return bad == 0 ? ENS_OK
                    : ens_reader_bad(a->reader, err,
                                     "node %zu of tree %zu shares or lacks a parent", bad,
                                     index);
}

static ens_status check_tree(ens__tree *t, size_t index, const ens_read_args *a,
                             ens_error *err)
{
    const char *problem;
    ens_status st;

    for (size_t i = 0; i < t->n_nodes; i++)
        if ((problem = check_node(t, i, a)) != NULL)
            return ens_reader_bad(a->reader, err, "node %zu of tree %zu %s", i, index,
                                  problem);
    for (size_t i = 0; i < t->n_used; i++)
        if (t->used[i] >= a->p || (i > 0 && t->used[i] <= t->used[i - 1]))
            return ens_reader_bad(a->reader, err,
                                  "importance %zu of tree %zu has no such feature", i,
                                  index);
    if (!all_finite(t->value, t->n_values * t->k) || !all_finite(t->share, t->n_used))
        return ens_reader_bad(a->reader, err, "tree %zu has a value that is not finite",
                              index);
    st = check_shape(t, index, a, err);
    return st == ENS_OK ? ens__tree_measure(t, err) : st;
}

/* A copy of n items of size bytes, from item `start` of an array. */
static bool copy_part(void *out, const void *from, uint64_t start, size_t n, size_t size)
{
    void *copy = ens__array(n, size);

    if (copy == NULL)
        return false;
    if (n > 0)
        memcpy(copy, (const char *)from + start * size, n * size);
    memcpy(out, &copy, sizeof copy);
    return true;
}

/* The nodes of a tree whose arrays begin at `at`; false unless they need all of its thresholds and no more. */
static bool copy_nodes(ens__tree *t, const file *f, const uint64_t at[N_SIZES],
                       size_t n_thresholds)
{
    size_t used = 0;

    for (size_t i = 0; i < t->n_nodes; i++) {
        ens__node *node = &t->node[i];

        *node = (ens__node){.left = f->left[at[NODES] + i]};
        node->feature = f->small != NULL ? widened(f->small[at[NODES] + i])
                                         : f->feature[at[NODES] + i];
        if (!has_threshold(node, t->k))
            continue;
        if (used == n_thresholds)
            return false;
        node->threshold = f->threshold[at[THRESHOLDS] + used++];
    }
    return used == n_thresholds;
}

static ens_status make_tree(ens__tree **out, const file *f, size_t index,
                            const ens_read_args *a, ens_error *err)
{
    ens__tree *t = ens__zeros(1, sizeof *t);
    uint64_t at[N_SIZES];
    size_t n[N_SIZES];
    ens_status st;

    if (t == NULL)
        return ens__nomem(err);
    for (int kind = 0; kind < N_SIZES; kind++) {
        at[kind] = f->start[kind][index];
        n[kind] = (size_t)(f->start[kind][index + 1] - at[kind]);
    }
    t->k = a->k;
    t->n_nodes = n[NODES];
    t->n_values = n[VALUES];
    t->n_words = n[WORDS];
    t->n_used = n[USED];
    if (t->n_nodes == 0) {
        st = ens_reader_bad(a->reader, err, "tree %zu has no nodes", index);
        goto done;
    }
    if ((t->node = ens__array(t->n_nodes, sizeof *t->node)) == NULL ||
        !copy_part(&t->value, f->value, at[VALUES], n[VALUES], a->k * sizeof *t->value) ||
        !copy_part(&t->set, f->set, at[WORDS], n[WORDS], sizeof *t->set) ||
        !copy_part(&t->used, f->used, at[USED], n[USED], sizeof *t->used) ||
        !copy_part(&t->share, f->share, at[USED], n[USED], sizeof *t->share)) {
        st = ens__nomem(err);
        goto done;
    }
    if (!copy_nodes(t, f, at, n[THRESHOLDS])) {
        st = ens_reader_bad(a->reader, err,
                            "tree %zu has %zu thresholds, not as many as it needs", index,
                            n[THRESHOLDS]);
        goto done;
    }
    if ((st = check_tree(t, index, a, err)) == ENS_OK) {
        *out = t;
        t = NULL;
    }
done:
    ens__tree_free(t);
    return st;
}

ens_status ens__tree_read_many(void **out, size_t n, const ens_read_args *a,
                               ens_error *err)
{
    file f = {0};
    ens_status st;

    if ((st = read_starts(&f, n, a, err)) == ENS_OK)
        st = read_arrays(&f, a, err);
    for (size_t t = 0; t < n; t++)
        out[t] = NULL;
    for (size_t t = 0; t < n && st == ENS_OK; t++) {
        ens__tree *tree = NULL;

        st = make_tree(&tree, &f, t, a, err);
        out[t] = tree;
    }
    for (size_t t = 0; t < n && st != ENS_OK; t++) {
        ens__tree_free(out[t]);
        out[t] = NULL;
    }
    return st;
}

ens_status ens__tree_read(void **out, const ens_read_args *a, ens_error *err)
{
    return ens__tree_read_many(out, 1, a, err);
}
