/* boost_grow.c - growing a tree of boosting: which node next, by how many threads.
 *
 * Best first: of all leaves the one whose split gains most.  While there is one thread, or the node is large, it is
 * split alone.  Else other leaves that are likely to be next are split beside it, a thread each; whether they become
 * part of the tree is decided when it is their turn, so the tree is the same for any number of threads. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <string.h>
#include <tree/boost_work.h>

/* Below this many rows times slots a second thread costs more than it brings. */
#define SMALL_WORK ((size_t)1 << 19)

/* ---- Which leaf is next: a heap ------------------------------------------------------------------------------ */

static bool goes_before(const ens__booster *b, uint32_t x, uint32_t y)
{
    const ens__boost_node *u = &b->node[x], *v = &b->node[y];

    if (b->o->by_depth && u->depth != v->depth)
        return u->depth < v->depth;
    if (!b->o->by_depth && u->best.gain != v->best.gain)
        return u->best.gain > v->best.gain;
    return u->begin < v->begin;
}

static void swap(uint32_t *x, uint32_t *y)
{
    uint32_t t = *x;

    *x = *y;
    *y = t;
}

/* A leaf with a split into the heap. */
static void push(ens__booster *b, uint32_t node)
{
    size_t i = b->n_heap++;

    b->heap[i] = node;
    for (; i > 0 && goes_before(b, b->heap[i], b->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&b->heap[i], &b->heap[(i - 1) / 2]);
}

static uint32_t pop(ens__booster *b)
{
    uint32_t top = b->heap[0];
    size_t i = 0;

    b->heap[0] = b->heap[--b->n_heap];
    for (;;) {
        size_t l = 2 * i + 1, next = i;

        if (l < b->n_heap && goes_before(b, b->heap[l], b->heap[next]))
            next = l;
        if (l + 1 < b->n_heap && goes_before(b, b->heap[l + 1], b->heap[next]))
            next = l + 1;
        if (next == i)
            return top;
        swap(&b->heap[i], &b->heap[next]);
        i = next;
    }
}

/* ---- Cells -------------------------------------------------------------------------------------------------- */

static ens_status make_cells(ens__cells *out, size_t n, bool unit, bool zeros,
                             ens_error *err)
{
    *out = (ens__cells){.g = ens__aligned(n, sizeof *out->g),
                        .n = ens__aligned(n, sizeof *out->n)};
    if (!unit)
        out->h = ens__aligned(n, sizeof *out->h);
    if (out->g == NULL || out->n == NULL || (!unit && out->h == NULL))
        return ens__nomem(err);
    if (zeros)
        ens__cells_clear(*out, n);
    return ENS_OK;
}

static void free_cells(ens__cells *c)
{
    ens__free(c->g);
    ens__free(c->h);
    ens__free(c->n);
}

/* Cells of a node out of the pool. */
static ens_status take_cells(ens__cells *out, ens__booster *b, ens_error *err)
{
    ens_status st;

    if (b->n_pool > 0) {
        *out = b->pool[--b->n_pool];
        return ENS_OK;
    }
    if (b->n_made == b->cap_pool) {
        size_t cap = b->cap_pool > 0 ? 2 * b->cap_pool : 64;
        ens__cells *pool = ens__resize(b->pool, cap, sizeof *pool);

        if (pool == NULL)
            return ens__nomem(err);
        b->pool = pool;
        b->cap_pool = cap;
    }
    if ((st = make_cells(out, b->all_cells, b->o->unit, false, err)) == ENS_OK)
        b->n_made++;
    else
        free_cells(out);
    return st;
}

static void give_back(ens__booster *b, ens__cells *c)
{
    if (c->g != NULL)
        b->pool[b->n_pool++] = *c;
    *c = (ens__cells){0};
}

/* ---- Nodes -------------------------------------------------------------------------------------------------- */

/* Room for `more` nodes, and for all of them in the heap. */
static ens_status make_room(ens__booster *b, size_t more, ens_error *err)
{
    size_t cap = b->cap_nodes;
    ens__boost_node *node;
    uint32_t *heap;

    if (b->n_nodes + more <= cap)
        return ENS_OK;
    cap = 2 * cap + more + 126;
    if ((node = ens__resize(b->node, cap, sizeof *node)) == NULL)
        return ens__nomem(err);
    b->node = node;
    if ((heap = ens__resize(b->heap, cap, sizeof *heap)) == NULL)
        return ens__nomem(err);
    b->heap = heap;
    b->cap_nodes = cap;
    return ENS_OK;
}

static bool may_split(const ens__booster *b, const ens__boost_node *v)
{
    return v->depth < b->o->max_depth && v->sum.n >= 2 * (int64_t)b->o->min_leaf &&
           (double)v->sum.h >= 2 * b->min_hessian;
}

/* What children inherit: the value midway between them bounds all below them on a monotonic feature; groups of
 * features that the split leaves. */
static void bound_children(const ens__booster *b, const ens__boost_node *v,
                           ens__boost_node *child)
{
    uint32_t feature = b->rows->member[v->best.member].feature;
    double value[2], middle;

    for (int i = 0; i < 2; i++) {
        child[i].low = v->low;
        child[i].high = v->high;
        child[i].groups =
            v->groups & (b->o->together != NULL ? b->o->together[feature] : UINT64_MAX);
    }
    if (b->o->monotonic == NULL || b->o->monotonic[feature] == 0)
        return;
    for (int i = 0; i < 2; i++)
        ens__boost_bounded(&value[i], b, (double)child[i].sum.g, (double)child[i].sum.h,
                           b->lambda, v);
    middle = (value[0] + value[1]) / 2;
    child[b->o->monotonic[feature] < 0].high = middle;
    child[b->o->monotonic[feature] > 0].low = middle;
}

/* Children of a node with a split, their sums and cells; last: they will stay leaves. */
static ens_status make_children(ens__booster *b, uint32_t node, bool last, ens_error *err)
{
    ens__boost_node *v = &b->node[node], *child = &b->node[b->n_nodes];
    ens__boost_node *small, *large;
    ens_status st;

    v->child = (uint32_t)b->n_nodes;
    b->n_nodes += 2;
    for (uint64_t right = 0; right < 2; right++)
        child[right] =
            (ens__boost_node){.depth = v->depth + 1,
                              .path = (2 * v->path + 1 + right) * (v->depth < 62 ? 1 : 3),
                              .sum = v->best.left};
    child[1].sum = (ens__boost_sum){v->sum.g - v->best.left.g, v->sum.h - v->best.left.h,
                                    v->sum.n - v->best.left.n};
    bound_children(b, v, child);
    for (int i = 0; i < 2; i++) {
        child[i].open = !last && may_split(b, &child[i]);
        if ((st = ens__boost_draw_node(b, &child[i], err)) != ENS_OK)
            return st;
    }
    small = ens__boost_smaller(b, node);
    large = ens__boost_larger(b, node);
    if (small->open && small->sum.n >= ENS__BOOST_DIRECT &&
        (st = take_cells(&small->cells, b, err)) != ENS_OK)
        return st;
    if (large->open && large->sum.n >= ENS__BOOST_DIRECT) {
        large->cells = v->cells;
        v->cells = (ens__cells){0};
    }
    return ENS_OK;
}

/* Once the children are searched: leaves without a split need no cells. */
static void settle(ens__booster *b, uint32_t node)
{
    ens__boost_node *v = &b->node[node];

    give_back(b, &v->cells);
    for (uint32_t c = v->child; c < v->child + 2; c++)
        if (!(b->node[c].best.gain > 0))
            give_back(b, &b->node[c].cells);
}

/* ---- Growing ------------------------------------------------------------------------------------------------------
 * */

typedef struct ahead {
    ens__booster *b;
    uint32_t node[64];
    size_t n;
} ahead;

static ens_status expand_one(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const ahead *batch = ctx;

    return ens__boost_expand(batch->b, &batch->b->scratch[worker], batch->node[i], err);
}

/* Leaves near the top of the heap that one thread each can split beside the first. */
static void look_ahead(ahead *batch)
{
    ens__booster *b = batch->b;
    size_t most = b->n_workers < 64 ? b->n_workers : 64;

    most = b->o->max_leaves - b->n_leaves < most ? b->o->max_leaves - b->n_leaves : most;
    for (size_t i = 0; i < b->n_heap && i < 4 * most && batch->n < most; i++) {
        const ens__boost_node *v = &b->node[b->heap[i]];

        if (v->child == 0 && v->n < ENS__BOOST_SHARED)
            batch->node[batch->n++] = b->heap[i];
    }
}

/* The children of a leaf that is to be split, and of others that may be soon. */
static ens_status expand(ens__booster *b, uint32_t node, ens_error *err)
{
    bool last = b->n_leaves + 1 >= b->o->max_leaves;
    bool shared = b->n_workers > 1 && b->node[node].n >= ENS__BOOST_SHARED;
    ahead batch = {.b = b, .node = {node}, .n = 1};
    ens_status st;

    if (b->n_workers > 1 && !shared)
        look_ahead(&batch);
    if ((st = make_room(b, 2 * batch.n, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < batch.n; i++)
        if ((st = make_children(b, batch.node[i], last, err)) != ENS_OK)
            return st;
    st = shared ? ens__boost_expand_shared(b, node, err)
                : ens__par_for(batch.n, &b->exec, NULL, expand_one, &batch, NULL, err);
    for (size_t i = 0; i < batch.n && st == ENS_OK; i++)
        settle(b, batch.node[i]);
    return st;
}

static ens_status grow(ens__booster *b, ens_error *err)
{
    ens_status st;

    if (b->node[0].best.gain > 0)
        push(b, 0);
    for (b->n_leaves = 1; b->n_leaves < b->o->max_leaves && b->n_heap > 0;
         b->n_leaves++) {
        uint32_t node = pop(b);

        if (b->node[node].child == 0 && (st = expand(b, node, err)) != ENS_OK)
            return st;
        b->node[node].is_split = true;
        for (uint32_t c = b->node[node].child; c < b->node[node].child + 2; c++)
            if (b->node[c].best.gain > 0)
                push(b, c);
    }
    return ENS_OK;
}

/* Rows, scales, features and root of a tree. */
static ens_status begin(ens__booster *b, ens_error *err)
{
    const ens__boost_options *o = b->o;
    bool shared;
    ens_status st;

    b->n = b->t->part != NULL ? b->t->n_part : b->rows->n;
    for (size_t i = 0; i < b->n; i++)
        b->list[i] = b->t->part != NULL ? b->t->part[i] : (uint32_t)i;
    for (unsigned w = 0; w < b->n_workers; w++)
        ens__arena_reset(&b->scratch[w].arena);
    ens__arena_reset(&b->arena);
    b->n_nodes = b->n_heap = 0;
    if ((st = ens__boost_draw_tree(b, err)) != ENS_OK ||
        (st = ens__boost_pack(b, err)) != ENS_OK || (st = make_room(b, 1, err)) != ENS_OK)
        return st;
    b->alpha = o->alpha * b->fixed.g_scale;
    b->lambda = o->lambda * b->fixed.h_scale;
    b->cat_lambda = o->cat_lambda * b->fixed.h_scale;
    b->cat_smooth = o->cat_smooth * b->fixed.h_scale;
    b->min_hessian = o->min_hessian * b->fixed.h_scale;
    b->min_hessian = b->min_hessian > 1 ? b->min_hessian : 1;
    b->min_gain = o->min_gain * b->fixed.g_scale * (b->fixed.g_scale / b->fixed.h_scale);
    b->node[b->n_nodes++] = (ens__boost_node){.n = b->n,
                                              .open = o->max_depth > 0,
                                              .low = -INFINITY,
                                              .high = INFINITY,
                                              .groups = UINT64_MAX};
    if ((st = ens__boost_draw_node(b, &b->node[0], err)) != ENS_OK)
        return st;
    if (b->rows->drawn >= ENS__BOOST_DIRECT &&
        (st = take_cells(&b->node[0].cells, b, err)) != ENS_OK)
        return st;
    shared = b->n_workers > 1 && b->n >= ENS__BOOST_SHARED && b->n_slots > 0;
    return shared ? ens__boost_root_shared(b, err)
                  : ens__boost_root(b, &b->scratch[0], err);
}

ens_status ens__booster_grow(ens__tree **out, double *gain, ens__booster *b,
                             const ens__boost_target *t, ens_error *err)
{
    ens_status st;

    *out = NULL;
    b->t = t;
    if ((st = begin(b, err)) == ENS_OK && (st = grow(b, err)) == ENS_OK)
        st = ens__boost_finish(out, gain, b, err);
    for (size_t i = 0; i < b->n_nodes; i++)
        give_back(b, &b->node[i].cells);
    return st;
}

/* ---- Making and freeing ---------------------------------------------------------------------------------------- */

static ens_status make_scratch(ens__booster *b, ens__boost_scratch *s, ens_error *err)
{
    bool unit = b->o->unit;
    ens_status st;

    s->cell = ens__zeros(b->most_cells, sizeof *s->cell);
    s->level = ens__array(b->most_codes, sizeof *s->level);
    s->place = ens__array(b->most_codes, sizeof *s->place);
    if (s->cell == NULL || s->level == NULL || s->place == NULL)
        return ens__nomem(err);
    if ((st = make_cells(&s->wide, b->most_cells, unit, false, err)) != ENS_OK ||
        (st = make_cells(&s->digit, ENS__BOOST_PAD, unit, false, err)) != ENS_OK ||
        (st = make_cells(&s->rest[0], 256, unit, false, err)) != ENS_OK ||
        (st = make_cells(&s->rest[1], 256, unit, false, err)) != ENS_OK)
        return st;
    return b->n_workers > 1 ? make_cells(&s->whole, b->all_cells, unit, true, err)
                            : ENS_OK;
}

ens_status ens__booster_make(ens__booster **out, const ens__boost_options *options,
                             const ens__boost_rows *rows, const ens_fit_args *a,
                             const ens_exec *exec, ens_error *err)
{
    ens__booster *b = ens__zeros(1, sizeof *b);
    size_t n_slots = rows->n_slots + 1;
    ens_status st = ENS_OK;

    *out = NULL;
    if (b == NULL)
        return ens__nomem(err);
    b->o = options;
    b->rows = rows;
    b->a = a;
    b->exec.threads = ens_exec_threads(exec);
    if (rows->n * n_slots < SMALL_WORK)
        b->exec.threads = 1;
    ens__boost_measure(b);
    b->slot = ens__array(n_slots, sizeof *b->slot);
    b->base = ens__array(n_slots, sizeof *b->base);
    b->at = ens__array(n_slots, sizeof *b->at);
    b->group = ens__array(n_slots, sizeof *b->group);
    b->list = ens__array(rows->n, sizeof *b->list);
    b->spare = ens__array(rows->n, sizeof *b->spare);
    b->packed = ens__aligned(rows->n, sizeof *b->packed);
    if (b->slot == NULL || b->base == NULL || b->at == NULL || b->group == NULL ||
        b->list == NULL || b->spare == NULL || b->packed == NULL ||
        (b->scratch = ens__zeros(b->exec.threads, sizeof *b->scratch)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    b->n_workers = b->exec.threads;
    for (unsigned w = 0; w < b->n_workers && st == ENS_OK; w++)
        st = make_scratch(b, &b->scratch[w], err);
    if (st != ENS_OK)
        goto done;
    *out = b;
    b = NULL;
done:
    ens__booster_free(b);
    return st;
}

static void free_scratch(ens__boost_scratch *s)
{
    ens__free(s->cell);
    ens__free(s->level);
    ens__free(s->place);
    free_cells(&s->wide);
    free_cells(&s->whole);
    free_cells(&s->digit);
    free_cells(&s->rest[0]);
    free_cells(&s->rest[1]);
    ens__arena_clear(&s->arena);
}

void ens__booster_free(ens__booster *b)
{
    if (b == NULL)
        return;
    for (unsigned w = 0; w < b->n_workers; w++)
        free_scratch(&b->scratch[w]);
    for (size_t i = 0; i < b->n_pool; i++)
        free_cells(&b->pool[i]);
    ens__arena_clear(&b->arena);
    ens__free(b->scratch);
    ens__free(b->pool);
    ens__free(b->slot);
    ens__free(b->base);
    ens__free(b->at);
    ens__free(b->group);
    ens__free(b->list);
    ens__free(b->spare);
    ens__free(b->packed);
    ens__free(b->node);
    ens__free(b->heap);
    ens__free(b->leaf);
    ens__free(b);
}
