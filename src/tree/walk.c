/* walk.c - from a row to its leaf.
 *
 * Several rows walk at once, so that while one waits for its node from memory the others go on. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/tree.h>

/* Rows that walk together. */
#define LANES 8

static inline uint32_t step(const ens__tree *t, const ens__node *node,
                            const ens_feature *feature, uint32_t row)
{
    const ens_feature *f = &feature[node->feature & ENS__FEATURE];
    bool left;

    if ((node->feature & ENS__BY_SET) != 0) {
        int32_t level = f->code[row];

        left = level < 0
                   ? (node->feature & ENS__MISSING_LEFT) != 0
                   : t->set[node->set + (uint32_t)level / 32] >> (uint32_t)level % 32 & 1;
    } else {
        double x = f->x[row];

        left = isnan(x) ? (node->feature & ENS__MISSING_LEFT) != 0 : x <= node->threshold;
    }
    return node->left + !left;
}

/* at[i]: the leaf of row i, for n <= LANES rows. */
static inline void find_leaves(const ens__tree *t, const ens_rows *rows, size_t begin,
                               size_t n, uint32_t *at)
{
    bool walking = true;

    for (size_t i = 0; i < n; i++)
        at[i] = 0;
    while (walking) {
        walking = false;
        for (size_t i = 0; i < n; i++) {
            const ens__node *node = &t->node[at[i]];

            if (node->feature == ENS__LEAF)
                continue;
            at[i] = step(t, node, rows->feature, rows->row[begin + i]);
            walking = true;
        }
    }
}

void ens__tree_predict(const ens__tree *t, const ens_rows *rows, double *out)
{
    for (size_t begin = 0; begin < rows->n; begin += LANES) {
        size_t n = rows->n - begin < LANES ? rows->n - begin : LANES;
        uint32_t at[LANES];

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
