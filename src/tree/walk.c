/* walk.c - from a row to its leaf.
 *
 * The rows of a block walk at once, so that while one waits for its node from memory the others go on. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/tree.h>

/* Rows that walk together: as many as a call has, at most. */
#define ROWS ENS_BLOCK

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

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

/* at[i]: the leaf of row i, for n <= ROWS rows. They go down level by level, and each asks for its next node one
 * pass before it is looked at. */
static void find_leaves(const ens__tree *t, const ens_rows *rows, size_t begin, size_t n,
                        uint32_t *at)
{
    uint16_t walking[ROWS];
    size_t n_walking = n;

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
            PREFETCH(&t->node[at[i]]);
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
    return step(t, &t->node[node], feature, row);
}

void ens__tree_predict(const ens__tree *t, const ens_rows *rows, double *out)
{
    for (size_t begin = 0; begin < rows->n; begin += ROWS) {
        size_t n = rows->n - begin < ROWS ? rows->n - begin : ROWS;
        uint32_t at[ROWS];

        find_leaves(t, rows, begin, n, at);
        for (size_t i = 0; i < n; i++) {
            const ens__node *leaf = &t->node[at[i]];

            if (t->k == 1)
                out[begin + i] = leaf->value;
            else
                memcpy(out + (begin + i) * t->k, t->value + leaf->left * t->k,
                       t->k * sizeof *out);
        }
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
