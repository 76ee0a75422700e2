/* quantile_file.c - the rows that leaves keep, as tensors.
 *
 *     y, w        [rows]       targets, ascending, and weights (of no rows if all are 1)
 *     row_start   [trees + 1]  first kept row of each tree           row  [kept rows]  places in y
 *     leaf_start  [trees + 1]  first leaf of each tree               size [leaves]     rows of each, in order of nodes
 *
 * Reading trusts nothing: leaves have rows, which lie in y, and add up to what a tree keeps. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/quantile.h>
#include <math.h>
#include <string.h>
#include <tree/tree.h>

#define GROUP "quantiles"

static const ens__tree *tree_of(const ens__bag *bag, size_t t)
{
    return bag->fit[t].state;
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static ens_status write_starts(uint64_t **row, uint64_t **leaf, const ens__quantiles *s,
                               const ens__bag *bag, ens_writer *w, ens_error *err)
{
    size_t n = s->n_trees + 1;
    void *r, *l;
    ens_status st;

    if ((st = ens_writer_buffer(&r, w, "row_start", ENS_U64, 1, &n, err)) != ENS_OK ||
        (st = ens_writer_buffer(&l, w, "leaf_start", ENS_U64, 1, &n, err)) != ENS_OK)
        return st;
    *row = r;
    *leaf = l;
    for (size_t t = 0; t < s->n_trees; t++) {
        const ens__tree *tree = tree_of(bag, t);

        (*row)[t + 1] = (*row)[t] + s->tree[t].start[tree->n_nodes];
        (*leaf)[t + 1] = (*leaf)[t] + ens__tree_leaves(tree);
    }
    return ENS_OK;
}

static ens_status write_trees(const ens__quantiles *s, const ens__bag *bag, ens_writer *w,
                              ens_error *err)
{
    uint64_t *row_start, *leaf_start;
    size_t rows, leaves;
    void *row, *size;
    ens_status st = write_starts(&row_start, &leaf_start, s, bag, w, err);

    if (st != ENS_OK)
        return st;
    rows = (size_t)row_start[s->n_trees];
    leaves = (size_t)leaf_start[s->n_trees];
    if ((st = ens_writer_buffer(&row, w, "row", ENS_U32, 1, &rows, err)) != ENS_OK ||
        (st = ens_writer_buffer(&size, w, "size", ENS_U32, 1, &leaves, err)) != ENS_OK)
        return st;
    for (size_t t = 0; t < s->n_trees; t++) {
        const ens__tree *tree = tree_of(bag, t);
        const uint32_t *start = s->tree[t].start;
        uint32_t *to = (uint32_t *)size + leaf_start[t];

        for (size_t i = 0; i < tree->n_nodes; i++)
            if (ens__tree_is_leaf(tree, (uint32_t)i))
                *to++ = start[i + 1] - start[i];
        memcpy((uint32_t *)row + row_start[t], s->tree[t].row,
               start[tree->n_nodes] * sizeof(uint32_t));
    }
    return ENS_OK;
}

ens_status ens__quantiles_write(const ens__quantiles *s, const ens__bag *bag,
                                ens_writer *w, ens_error *err)
{
    size_t n_w = s->w != NULL ? s->n : 0;
    ens_status st = ens_writer_push(w, GROUP, err);

    if (st != ENS_OK)
        return st;
    if ((st = ens_writer_array(w, "y", ENS_F64, 1, &s->n, s->y, err)) == ENS_OK &&
        (st = ens_writer_array(w, "w", ENS_F64, 1, &n_w, s->w, err)) == ENS_OK)
        st = write_trees(s, bag, w, err);
    ens_writer_pop(w);
    return st;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

/* The tensors of all trees. */
typedef struct file {
    const uint64_t *row_start, *leaf_start;
    const uint32_t *row, *size;
} file;

static ens_status read_array(const void **out, size_t *n, ens_reader *r, const char *name,
                             ens_dtype type, ens_error *err)
{
    return ens_reader_array(out, n, r, name, type, 1, err);
}

/* Start numbers that go up from 0 to the size of what they count. */
static ens_status read_starts(const uint64_t **out, const char *name, size_t n_trees,
                              size_t total, ens_reader *r, ens_error *err)
{
    const void *data;
    size_t n;
    ens_status st = read_array(&data, &n, r, name, ENS_U64, err);

    if (st != ENS_OK)
        return st;
    *out = data;
    if (n != n_trees + 1 || (*out)[0] != 0 || (*out)[n_trees] != total)
        return ens_reader_bad(r, err, "%s does not lead over %zu trees to %zu", name,
                              n_trees, total);
    for (size_t t = 0; t < n_trees; t++)
        if ((*out)[t] > (*out)[t + 1])
            return ens_reader_bad(r, err, "%s of tree %zu goes back", name, t + 1);
    return ENS_OK;
}

static ens_status read_file(file *f, size_t n_trees, ens_reader *r, ens_error *err)
{
    const void *row, *size;
    size_t rows, leaves;
    ens_status st;

    if ((st = read_array(&row, &rows, r, "row", ENS_U32, err)) != ENS_OK ||
        (st = read_array(&size, &leaves, r, "size", ENS_U32, err)) != ENS_OK ||
        (st = read_starts(&f->row_start, "row_start", n_trees, rows, r, err)) != ENS_OK)
        return st;
    f->row = row;
    f->size = size;
    return read_starts(&f->leaf_start, "leaf_start", n_trees, leaves, r, err);
}

static ens_status read_targets(ens__quantiles *s, ens_reader *r, ens_error *err)
{
    const void *y, *w;
    size_t n, n_w;
    ens_status st;

    if ((st = read_array(&y, &n, r, "y", ENS_F64, err)) != ENS_OK ||
        (st = read_array(&w, &n_w, r, "w", ENS_F64, err)) != ENS_OK)
        return st;
    if (n == 0 || n > UINT32_MAX || (n_w != 0 && n_w != n))
        return ens_reader_bad(r, err, "%zu targets and %zu weights", n, n_w);
    s->n = n;
    if ((s->y = ens__array(n, sizeof *s->y)) == NULL ||
        (n_w > 0 && (s->w = ens__array(n, sizeof *s->w)) == NULL))
        return ens__nomem(err);
    memcpy(s->y, y, n * sizeof *s->y);
    if (n_w > 0)
        memcpy(s->w, w, n * sizeof *s->w);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(s->y[i]) || (i > 0 && s->y[i] < s->y[i - 1]) ||
            (s->w != NULL && !(s->w[i] > 0 && isfinite(s->w[i]))))
            return ens_reader_bad(r, err,
                                  "target %zu is out of order, or its weight is none", i);
    return ENS_OK;
}

/* start[] by the sizes of the leaves, all of which have rows. */
static bool sum_sizes(ens__leaf_rows *to, const ens__tree *tree, const uint32_t *size,
                      size_t n_rows)
{
    uint64_t at = 0;

    for (size_t i = 0; i < tree->n_nodes; i++) {
        to->start[i] = (uint32_t)at;
        if (!ens__tree_is_leaf(tree, (uint32_t)i))
            continue;
        if (*size == 0 || *size > n_rows - at)
            return false;
        at += *size++;
    }
    to->start[tree->n_nodes] = (uint32_t)at;
    return at == n_rows;
}

static ens_status read_tree(ens__quantiles *s, size_t t, const ens__tree *tree,
                            const file *f, ens_reader *r, ens_error *err)
{
    ens__leaf_rows *to = &s->tree[t];
    size_t n = (size_t)(f->row_start[t + 1] - f->row_start[t]);

    if (f->leaf_start[t + 1] - f->leaf_start[t] != ens__tree_leaves(tree) ||
        n > UINT32_MAX)
        return ens_reader_bad(r, err, "tree %zu has another number of leaves", t);
    if ((to->start = ens__array(tree->n_nodes + 1, sizeof *to->start)) == NULL ||
        (to->row = ens__array(n, sizeof *to->row)) == NULL)
        return ens__nomem(err);
    if (!sum_sizes(to, tree, f->size + f->leaf_start[t], n))
        return ens_reader_bad(r, err, "the leaves of tree %zu do not share out %zu rows",
                              t, n);
    memcpy(to->row, f->row + f->row_start[t], n * sizeof *to->row);
    for (size_t i = 0; i < n; i++)
        if (to->row[i] >= s->n)
            return ens_reader_bad(r, err, "row %zu of tree %zu has no target", i, t);
    return ENS_OK;
}

ens_status ens__quantiles_read(ens__quantiles **out, const ens__bag *bag,
                               const ens_read_args *a, ens_error *err)
{
    ens__quantiles *s = ens__zeros(1, sizeof *s);
    file f = {0};
    ens_status st;

    if (s == NULL || (s->tree = ens__zeros(bag->n, sizeof *s->tree)) == NULL) {
        ens__quantiles_free(s);
        return ens__nomem(err);
    }
    s->n_trees = bag->n;
    if ((st = ens_reader_push(a->reader, GROUP, err)) != ENS_OK)
        goto done;
    if ((st = read_targets(s, a->reader, err)) == ENS_OK)
        st = read_file(&f, bag->n, a->reader, err);
    for (size_t t = 0; t < bag->n && st == ENS_OK; t++)
        st = read_tree(s, t, tree_of(bag, t), &f, a->reader, err);
    ens_reader_pop(a->reader);
    if (st == ENS_OK) {
        *out = s;
        s = NULL;
    }
done:
    ens__quantiles_free(s);
    return st;
}
