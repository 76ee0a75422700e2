/* build.c - nodes as they are made, their leaves and sets, and the finished tree. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <string.h>
#include <tree/build.h>

void ens__build_clear(ens__build *b)
{
    ens__values_clear(&b->values);
    ens__free(b->set);
    ens__free(b->row);
    *b = (ens__build){0};
}

/* ---- Room --------------------------------------------------------------------------------------------- */

static bool grow_array(void *array, size_t cap, size_t size)
{
    void *more, *old;

    memcpy(&old, array, sizeof old);
    if ((more = ens__resize(old, cap, size)) == NULL)
        return false;
    memcpy(array, &more, sizeof more);
    return true;
}

/* Nodes of the largest tree that the rows and the limits allow. */
static size_t most_nodes(const ens__work *w, size_t n)
{
    const ens__tree_options *o = w->o;
    size_t leaves = n < o->max_leaves ? n : o->max_leaves;

    if (o->max_depth < 62 && (size_t)1 << o->max_depth < leaves)
        leaves = (size_t)1 << o->max_depth;
    return 2 * leaves - 1;
}

static void add_nodes(ens__build *b, size_t n)
{
    assert(b->n_nodes + n <= b->cap);
    for (size_t i = b->n_nodes; i < b->n_nodes + n; i++) {
        b->node[i] = (ens__node){.feature = ENS__LEAF};
        b->gain[i] = 0;
    }
    b->n_nodes += n;
}

ens_status ens__build_begin(ens__build *b, const ens__work *w, size_t n,
                            ens__arena *arena, ens_error *err)
{
    size_t most = most_nodes(w, n);

    *b = (ens__build){.k = w->k, .cap = most, .values.k = w->k};
    if (most > ENS__LEAF / 2)
        return ens__fail(
            err, ENS_ERANGE,
            "a tree of %zu rows may have %zu nodes, at most %u are supported; "
            "limit max_depth or max_leaf_nodes",
            n, most, ENS__LEAF / 2);
    if ((b->row = ens__array(b->k, sizeof *b->row)) == NULL ||
        (b->node = ens__arena_take(arena, most, sizeof *b->node)) == NULL ||
        (b->gain = ens__arena_take(arena, most, sizeof *b->gain)) == NULL ||
        (w->o->ccp_alpha > 0 &&
         (b->as_leaf = ens__arena_take(arena, most, sizeof *b->as_leaf)) == NULL))
        return ens__nomem(err);
    add_nodes(b, 1);
    return ENS_OK;
}

/* ---- Leaf values -------------------------------------------------------------------------------------- */

static ens_status make_leaf(ens__node *out, ens__build *b, ens__work *w,
                            const ens__part *part, ens_error *err)
{
    double total = ens__sum_weight(w, part->sum);

    *out = (ens__node){.feature = ENS__LEAF};
    if (!w->classes) {
        out->value = ens__work_response(w, part->sum, part->begin, part->n);
        if (w->o->monotonic != NULL)
            out->value = fmin(fmax(out->value, w->low), w->high);
        return ENS_OK;
    }
    for (size_t c = 0; c < b->k; c++)
        b->row[c] = (double)part->sum[c] / total;
    if (w->o->monotonic != NULL) {
        b->row[1] = fmin(fmax(b->row[1], w->low), w->high);
        b->row[0] = 1 - b->row[1];
    }
    if (b->k > 1)
        return ens__values_add(&out->left, &b->values, b->row, err);
    out->value = b->row[0];
    return ENS_OK;
}

ens_status ens__build_leaf(ens__build *b, ens__work *w, const ens__part *part,
                           ens_error *err)
{
    ens_status st = make_leaf(&b->node[part->node], b, w, part, err);

    if (st == ENS_OK && b->as_leaf != NULL)
        b->as_leaf[part->node] = b->node[part->node];
    return st;
}

void ens__build_response(ens__build *b, uint32_t node, double value)
{
    assert(b->as_leaf == NULL);
    b->node[node] = (ens__node){.feature = ENS__LEAF, .value = value};
}

/* ---- Splits --------------------------------------------------------------------------------------------- */

static ens_status add_set(ens__build *b, const ens__work *w, size_t words, uint64_t *at,
                          ens_error *err)
{
    if (b->n_words + words > b->cap_words) {
        size_t cap = 2 * (b->cap_words + words);

        if (!grow_array(&b->set, cap, sizeof *b->set))
            return ens__nomem(err);
        b->cap_words = cap;
    }
    memcpy(b->set + b->n_words, w->set, words * sizeof *b->set);
    *at = b->n_words;
    b->n_words += words;
    return ENS_OK;
}

ens_status ens__build_split(ens__build *b, ens__work *w, const ens__part *part,
                            double threshold, uint32_t *child, ens_error *err)
{
    const ens__split *s = &w->best;
    ens__node node = {.feature = s->feature | (s->missing_left ? ENS__MISSING_LEFT : 0)};
    ens_status st;

    if (s->by_set) {
        node.feature |= ENS__BY_SET;
        st = add_set(b, w, (w->a->rows.feature[s->feature].n_levels + 31) / 32, &node.set,
                     err);
        if (st != ENS_OK)
            return st;
    } else {
        node.threshold = threshold;
    }
    node.left = *child = (uint32_t)b->n_nodes;
    add_nodes(b, 2);
    if (b->as_leaf != NULL &&
        (st = make_leaf(&b->as_leaf[part->node], b, w, part, err)) != ENS_OK)
        return st;
    b->node[part->node] = node;
    b->gain[part->node] = s->gain > 0 ? s->gain : 0;
    return ENS_OK;
}

/* ---- Trees made apart ------------------------------------------------------------------------------------- */

static ens_status copy_array(void *out, const void *from, size_t n, size_t size,
                             ens_error *err)
{
    void *copy = ens__array(n, size);

    if (copy == NULL)
        return ens__nomem(err);
    if (n > 0)
        memcpy(copy, from, n * size);
    memcpy(out, &copy, sizeof copy);
    return ENS_OK;
}

ens_status ens__build_detach(ens__build *b, ens_error *err)
{
    ens__build from = *b;
    ens_status st;

    b->node = NULL;
    b->gain = NULL;
    b->as_leaf = NULL;
    if ((st = copy_array(&b->node, from.node, b->n_nodes, sizeof *b->node, err)) !=
            ENS_OK ||
        (st = copy_array(&b->gain, from.gain, b->n_nodes, sizeof *b->gain, err)) !=
            ENS_OK ||
        from.as_leaf == NULL)
        return st;
    return copy_array(&b->as_leaf, from.as_leaf, b->n_nodes, sizeof *b->as_leaf, err);
}

void ens__build_free_detached(ens__build *b)
{
    ens__free(b->node);
    ens__free(b->gain);
    ens__free(b->as_leaf);
    ens__build_clear(b);
}

/* A leaf of another build: its row of values becomes one of ours. */
static ens_status take_leaf(ens__node *to, ens__build *b, const ens__build *part,
                            const ens__node *leaf, ens_error *err)
{
    *to = *leaf;
    if (b->k == 1)
        return ENS_OK;
    return ens__values_add(&to->left, &b->values, part->values.value + leaf->left * b->k,
                           err);
}

static ens_status append_sets(ens__build *b, const ens__build *part, ens_error *err)
{
    size_t words = b->n_words + part->n_words;

    if (words > b->cap_words) {
        if (!grow_array(&b->set, 2 * words, sizeof *b->set))
            return ens__nomem(err);
        b->cap_words = 2 * words;
    }
    if (part->n_words > 0)
        memcpy(b->set + b->n_words, part->set, part->n_words * sizeof *b->set);
    b->n_words = words;
    return ENS_OK;
}

ens_status ens__build_hang(ens__build *b, uint32_t at, const ens__build *part,
                           ens_error *err)
{
    uint32_t base = (uint32_t)b->n_nodes - 1; /* node i of the part, i > 0, is base + i */
    size_t words = b->n_words;
    ens_status st = append_sets(b, part, err);

    add_nodes(b, part->n_nodes - 1);
    for (size_t i = 0; i < part->n_nodes && st == ENS_OK; i++) {
        size_t to = i == 0 ? at : base + i;
        ens__node node = part->node[i];

        b->gain[to] = part->gain[i];
        if (b->as_leaf != NULL)
            st = take_leaf(&b->as_leaf[to], b, part, &part->as_leaf[i], err);
        if (node.feature == ENS__LEAF) {
            if (st == ENS_OK)
                st = take_leaf(&b->node[to], b, part, &node, err);
            continue;
        }
        node.left += base;
        if ((node.feature & ENS__BY_SET) != 0)
            node.set += words;
        b->node[to] = node;
    }
    return st;
}

/* ---- The finished tree ------------------------------------------------------------------------------------ */

void ens__tree_free(ens__tree *t)
{
    if (t == NULL)
        return;
    ens__free(t->node);
    ens__free(t->value);
    ens__free(t->set);
    ens__free(t->used);
    ens__free(t->share);
    ens__free(t);
}

/* The share of the decrease of each feature that is in a split. */
static ens_status make_shares(ens__tree *t, const ens__build *b, size_t p, ens_error *err)
{
    double *brought = ens__zeros(p, sizeof *brought), total = 0;
    ens_status st = ENS_OK;

    if (brought == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < b->n_nodes; i++) {
        if (b->node[i].feature == ENS__LEAF)
            continue;
        brought[b->node[i].feature & ENS__FEATURE] += b->gain[i];
        total += b->gain[i];
    }
    for (size_t j = 0; j < p; j++)
        t->n_used += brought[j] > 0;
    if ((t->used = ens__array(t->n_used, sizeof *t->used)) == NULL ||
        (t->share = ens__array(t->n_used, sizeof *t->share)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t j = 0, i = 0; j < p; j++)
        if (brought[j] > 0) {
            t->used[i] = (uint32_t)j;
            t->share[i++] = brought[j] / total;
        }
done:
    ens__free(brought);
    return st;
}

ens_status ens__build_finish(ens__tree **out, ens__build *b, const ens__work *w,
                             ens_error *err)
{
    ens__tree *t = NULL;
    ens_status st;

    if (w->o->ccp_alpha > 0 && (st = ens__build_prune(b, w, err)) != ENS_OK)
        return st;
    if ((t = ens__zeros(1, sizeof *t)) == NULL)
        return ens__nomem(err);
    t->k = b->k;
    t->n_nodes = b->n_nodes;
    t->n_values = b->values.n;
    t->n_words = b->n_words;
    if ((st = copy_array(&t->node, b->node, b->n_nodes, sizeof *t->node, err)) ==
            ENS_OK &&
        (st = copy_array(&t->value, b->values.value, b->values.n, b->k * sizeof *t->value,
                         err)) == ENS_OK &&
        (st = copy_array(&t->set, b->set, b->n_words, sizeof *t->set, err)) == ENS_OK)
        st = make_shares(t, b, w->p, err);
    if (st == ENS_OK)
        st = ens__tree_measure(t, err);
    if (st == ENS_OK)
        *out = t;
    else
        ens__tree_free(t);
    return st;
}
