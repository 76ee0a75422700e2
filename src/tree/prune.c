/* prune.c - minimal cost-complexity pruning (Breiman et al. 1984, chapter 3).
 *
 * The smallest subtree that minimises R(T) + alpha |leaves| is found from the leaves up: a split stays if it and
 * what is kept below it decrease R by more than alpha for each leaf that they add.  That is the subtree which
 * weakest-link pruning arrives at, in one pass. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <string.h>
#include <tree/build.h>

/* Nodes that are still reached, in their order, and the values and sets that they use. */
static void pack(ens__build *b, uint32_t *to)
{
    size_t n = 0;

    memset(to, 0xff, b->n_nodes * sizeof *to); /* ENS__LEAF: not reached */
    to[0] = 0;
    for (size_t i = 0; i < b->n_nodes; i++) {
        if (to[i] == ENS__LEAF)
            continue;
        to[i] = (uint32_t)n++;
        if (b->node[i].feature != ENS__LEAF)
            to[b->node[i].left] = to[b->node[i].left + 1] = 0;
    }
    for (size_t i = 0; i < b->n_nodes; i++) {
        ens__node node = b->node[i];

        if (to[i] == ENS__LEAF)
            continue;
        if (node.feature != ENS__LEAF)
            node.left = to[node.left];
        b->node[to[i]] = node; /* to[i] <= i: nothing unread is overwritten */
        b->gain[to[i]] = b->gain[i];
    }
    b->n_nodes = n;
}

/* Values that leaves still use, in the order of first use. */
static ens_status pack_values(ens__build *b, ens_error *err)
{
    uint32_t *to = ens__zeros(b->values.n, sizeof *to); /* row + 1, 0 is unused */
    double *value = ens__array(b->values.n, b->k * sizeof *value);
    size_t n = 0;

    if (to == NULL || value == NULL) {
        ens__free(to);
        ens__free(value);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < b->n_nodes; i++) {
        ens__node *node = &b->node[i];

        if (node->feature != ENS__LEAF)
            continue;
        if (to[node->left] == 0) {
            memcpy(value + n * b->k, b->values.value + node->left * b->k,
                   b->k * sizeof *value);
            to[node->left] = (uint32_t)++n;
        }
        node->left = to[node->left] - 1;
    }
    ens__free(b->values.value);
    ens__free(to);
    b->values.value = value;
    b->values.n = n;
    return ENS_OK;
}

/* Sets that splits still use, in the order of the nodes, which is not that in which they were made. */
static ens_status pack_sets(ens__build *b, const ens__work *w, ens_error *err)
{
    uint32_t *set = ens__array(b->n_words, sizeof *set);
    size_t n = 0;

    if (set == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < b->n_nodes; i++) {
        ens__node *node = &b->node[i];
        size_t words;

        if (node->feature == ENS__LEAF || (node->feature & ENS__BY_SET) == 0)
            continue;
        words = (w->a->rows.feature[node->feature & ENS__FEATURE].n_levels + 31) / 32;
        memcpy(set + n, b->set + node->set, words * sizeof *set);
        node->set = n;
        n += words;
    }
    ens__free(b->set);
    b->set = set;
    b->n_words = n;
    return ENS_OK;
}

ens_status ens__build_prune(ens__build *b, const ens__work *w, ens_error *err)
{
    double *benefit = ens__zeros(b->n_nodes, sizeof *benefit);
    uint32_t *to = ens__array(b->n_nodes, sizeof *to);
    ens_status st = ENS_OK;

    if (benefit == NULL || to == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = b->n_nodes; i-- > 0;) {
        if (b->node[i].feature == ENS__LEAF)
            continue;
        benefit[i] = ens__split_decrease(w, b->gain[i]) - w->o->ccp_alpha +
                     benefit[b->node[i].left] + benefit[b->node[i].left + 1];
        if (benefit[i] > 0)
            continue;
        benefit[i] = 0;
        b->node[i] = b->as_leaf[i];
        b->gain[i] = 0;
    }
    pack(b, to);
    st = b->k > 1 ? pack_values(b, err) : ENS_OK;
    if (st == ENS_OK)
        st = pack_sets(b, w, err);
done:
    ens__free(benefit);
    ens__free(to);
    return st;
}
