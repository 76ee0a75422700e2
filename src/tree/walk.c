/* walk.c - from a row to its leaf.
 *
 * The rows of a block walk at once, so that while one waits for its node from memory the others go on. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/loops.h>
#include <tree/trees.h>

/* Rows that walk together: as many as a call has, at most. */
#define ROWS ENS_BLOCK

/* The child of a node that a row goes to. Without a branch on the value, which no processor could foresee. */
static inline uint32_t step(const ens__tree *t, const ens__node *node,
                            const ens_feature *feature, uint32_t row)
{
    const ens_feature *f = &feature[node->feature & ENS__FEATURE];
    bool missing_left = (node->feature & ENS__MISSING_LEFT) != 0;
    bool left;

    if ((node->feature & ENS__BY_SET) != 0) {
        int32_t level = f->code[row];

        left = level < 0
                   ? missing_left
                   : t->set[node->set + (uint32_t)level / 32] >> (uint32_t)level % 32 & 1;
    } else {
        double x = f->x[row];

        left = (x <= node->threshold) | (isnan(x) & missing_left);
    }
    return node->left + !left;
}

/* As find_leaves(), in a packed tree. */
static void find_packed(const ens__tree *t, const ens_rows *rows, size_t begin, size_t n,
                        uint32_t *at)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t row = rows->row[begin + i], child = 0;

        do {
            at[i] = child;
            child = ens__trees_child(t->packed, t->place, at[i], rows->feature, row);
        } while (child != at[i]);
    }
}

/* at[i]: the leaf of row i, for n <= ROWS rows. They go down level by level, and each asks for its next node one
 * pass before it is looked at. */
static void find_leaves(const ens__tree *t, const ens_rows *rows, size_t begin, size_t n,
                        uint32_t *at)
{
    uint16_t walking[ROWS];
    size_t n_walking = n;

    if (t->packed != NULL) {
        find_packed(t, rows, begin, n, at);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        at[i] = 0;
        walking[i] = (uint16_t)i;
    }
    while (n_walking > 0) {
        size_t kept = 0;

        for (size_t a = 0; a < n_walking; a++) {
            uint16_t i = walking[a];

            walking[kept] = i;
            kept += t->node[at[i]].feature != ENS__LEAF;
        }
        for (size_t a = 0; a < kept; a++) {
            uint16_t i = walking[a];

            at[i] = step(t, &t->node[at[i]], rows->feature, rows->row[begin + i]);
            ENS__PREFETCH(&t->node[at[i]]);
        }
        n_walking = kept;
    }
}

void ens__tree_find(const ens__tree *t, const ens_rows *rows, uint32_t *leaf)
{
    for (size_t begin = 0; begin < rows->n; begin += ROWS)
        find_leaves(t, rows, begin, rows->n - begin < ROWS ? rows->n - begin : ROWS,
                    leaf + begin);
}

uint32_t ens__tree_child(const ens__tree *t, uint32_t node, const ens_feature *feature,
                         uint32_t row)
{
    if (t->packed != NULL)
        return ens__trees_child(t->packed, t->place, node, feature, row);
    return step(t, &t->node[node], feature, row);
}

static const double *value_of(const ens__tree *t, uint32_t leaf)
{
    if (t->packed != NULL)
        return ens__trees_value(t->packed, t->place, leaf);
    return t->k == 1 ? &t->node[leaf].value : t->value + t->node[leaf].left * t->k;
}

void ens__tree_predict(const ens__tree *t, const ens_rows *rows, double *out)
{
    for (size_t begin = 0; begin < rows->n; begin += ROWS) {
        size_t n = rows->n - begin < ROWS ? rows->n - begin : ROWS;
        uint32_t at[ROWS];

        find_leaves(t, rows, begin, n, at);
        for (size_t i = 0; i < n; i++)
            memcpy(out + (begin + i) * t->k, value_of(t, at[i]), t->k * sizeof *out);
    }
}

size_t ens__tree_leaves(const ens__tree *t)
{
    return (t->n_nodes + 1) / 2;
}

ens_status ens__tree_measure(ens__tree *t, ens_error *err)
{
    uint32_t *depth = ens__zeros(t->n_nodes, sizeof *depth);

    if (depth == NULL)
        return ens__nomem(err);
    t->depth = 0;
    for (size_t i = 0; i < t->n_nodes; i++) {
        const ens__node *node = &t->node[i];

        t->depth = depth[i] > t->depth ? depth[i] : t->depth;
        if (node->feature != ENS__LEAF)
            depth[node->left] = depth[node->left + 1] = depth[i] + 1;
    }
    ens__free(depth);
    return ENS_OK;
}
