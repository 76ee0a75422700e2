/* boost_grow.c - growing a tree of boosting: which node next, by how many threads.
 *
 * Best first: of all leaves the one whose split gains most.  A node of many of the tree's rows is the work of all
 * threads.  Of the others each thread takes the best that nobody has taken: what it finds waits until it is that leaf's
 * turn, if it ever is, so the tree is the same for any number of threads. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <tree/boost_work.h>

/* Leaves among which a thread looks for one to split. */
#define MOST_AHEAD 128

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

/* ---- Nodes -------------------------------------------------------------------------------------------------- */

static bool has_room(const ens__booster *b, size_t more)
{
    return b->n_nodes + more <= b->cap_nodes;
}

/* Room for `more` nodes, and for all of them in the heap. */
static ens_status make_room(ens__booster *b, size_t more, ens_error *err)
{
    size_t cap = b->cap_nodes;
    ens__boost_node *node;
    uint32_t *heap;

    if (has_room(b, more))
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
        (st = ens__boost_take_cells(&small->cells, b, err)) != ENS_OK)
        return st;
    if (large->open && large->sum.n >= ENS__BOOST_DIRECT) {
        large->cells = v->cells;
        large->packed = v->packed;
        v->cells = (ens__cells){0};
    }
    return ENS_OK;
}

/* Once the children are searched: those without a split need no cells. */
static void settle(ens__booster *b, uint32_t node)
{
    ens__boost_node *v = &b->node[node];

    ens__boost_give_back(b, &v->cells);
    for (uint32_t c = v->child; c < v->child + 2; c++)
        if (!(b->node[c].best.gain > 0))
            ens__boost_give_back(b, &b->node[c].cells);
    v->done = true;
}

/* ---- Growing ------------------------------------------------------------------------------------------------- */

/* Leaves, those that are yet to become some among them: what is in the heap, and below what is done there. */
static size_t leaves_ahead(uint32_t *ahead, const ens__booster *b)
{
    size_t n = b->n_heap < MOST_AHEAD ? b->n_heap : MOST_AHEAD;

    memcpy(ahead, b->heap, n * sizeof *ahead);
    for (size_t i = 0; i < n; i++) {
        const ens__boost_node *v = &b->node[ahead[i]];

        for (uint32_t c = v->child; v->done && c < v->child + 2 && n < MOST_AHEAD; c++)
            if (b->node[c].best.gain > 0)
                ahead[n++] = c;
    }
    return n;
}

/* The leaf whose turn it is, or else the best whose children nobody has looked for and that one thread is to split;
 * UINT32_MAX: none that may still have its turn. */
static uint32_t best_ahead(const ens__booster *b)
{
    uint32_t ahead[MOST_AHEAD], best = UINT32_MAX;
    size_t n, left = b->o->max_leaves - b->n_leaves, before = 0;

    if (b->node[b->heap[0]].child == 0)
        return b->heap[0];
    n = leaves_ahead(ahead, b);
    for (size_t i = 0; i < n; i++)
        if (b->node[ahead[i]].child == 0 &&
            !ens__boost_is_shared(b, &b->node[ahead[i]]) &&
            (best == UINT32_MAX || goes_before(b, ahead[i], best)))
            best = ahead[i];
    for (size_t i = 0; i < n && best != UINT32_MAX; i++)
        before += goes_before(b, ahead[i], best);
    return before < left ? best : UINT32_MAX;
}

/* Leaves whose turn it is and whose children are known become splits. */
static void take_turns(ens__booster *b)
{
    while (b->n_leaves < b->o->max_leaves && b->n_heap > 0 && b->node[b->heap[0]].done) {
        uint32_t node = pop(b);

        b->node[node].is_split = true;
        for (uint32_t c = b->node[node].child; c < b->node[node].child + 2; c++)
            if (b->node[c].best.gain > 0)
                push(b, c);
        b->n_leaves++;
    }
}

static bool is_grown(const ens__booster *b)
{
    return b->n_leaves >= b->o->max_leaves || b->n_heap == 0;
}

/* Is the next split the work of all threads? */
static bool shared_next(const ens__booster *b)
{
    return !is_grown(b) && b->node[b->heap[0]].child == 0 &&
           ens__boost_is_shared(b, &b->node[b->heap[0]]);
}

/* Threads that split a leaf each. */
typedef struct team {
    ens__booster *b;
    pthread_mutex_t lock;
    pthread_cond_t change;
    size_t under_way;
    bool failed;
} team;

/* A leaf to split, whose children are made; false: there are none for this thread.  Under the lock. */
static bool pick(uint32_t *node, team *t, ens_status *st, ens_error *err)
{
    ens__booster *b = t->b;

    while (!t->failed && !is_grown(b) && !shared_next(b)) {
        bool last = b->n_leaves + 1 >= b->o->max_leaves;

        *node = best_ahead(b);
        if (*node != UINT32_MAX && (has_room(b, 2) || t->under_way == 0)) {
            if ((*st = make_room(b, 2, err)) == ENS_OK)
                *st = make_children(b, *node, last, err);
            return *st == ENS_OK;
        }
        if (t->under_way == 0)
            return false;
        pthread_cond_wait(&t->change, &t->lock);
    }
    return false;
}

static ens_status split_leaves(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    team *t = ctx;
    ens_status st = ENS_OK;
    uint32_t node;

    (void)i;
    pthread_mutex_lock(&t->lock);
    while (pick(&node, t, &st, err)) {
        t->under_way++;
        pthread_mutex_unlock(&t->lock);
        st = ens__boost_expand(t->b, &t->b->scratch[worker], node, err);
        pthread_mutex_lock(&t->lock);
        t->under_way--;
        if (st != ENS_OK)
            break;
        settle(t->b, node);
        take_turns(t->b);
        pthread_cond_broadcast(&t->change);
    }
    t->failed = t->failed || st != ENS_OK;
    pthread_cond_broadcast(&t->change);
    pthread_mutex_unlock(&t->lock);
    return st;
}

/* Split leaves until the tree is grown, or the next one is the work of all threads. */
static ens_status grow_apart(ens__booster *b, ens_error *err)
{
    team t = {
        .b = b, .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    ens_status st =
        ens__par_for(b->n_workers, &b->exec, NULL, split_leaves, &t, NULL, err);

    pthread_mutex_destroy(&t.lock);
    pthread_cond_destroy(&t.change);
    return st;
}

static ens_status grow_shared(ens__booster *b, ens_error *err)
{
    uint32_t node = b->heap[0];
    ens_status st;

    if ((st = make_room(b, 2, err)) != ENS_OK ||
        (st = make_children(b, node, b->n_leaves + 1 >= b->o->max_leaves, err)) !=
            ENS_OK ||
        (st = ens__boost_expand_shared(b, node, err)) != ENS_OK)
        return st;
    settle(b, node);
    take_turns(b);
    return ENS_OK;
}

static ens_status grow(ens__booster *b, ens_error *err)
{
    ens_status st = ENS_OK;

    b->n_leaves = 1;
    if (b->node[0].best.gain > 0)
        push(b, 0);
    while (st == ENS_OK && !is_grown(b))
        st = shared_next(b) ? grow_shared(b, err) : grow_apart(b, err);
    return st;
}

/* Rows, scales, features and root of a tree. */
static ens_status begin(ens__booster *b, ens_error *err)
{
    const ens__boost_options *o = b->o;
    ens_status st;

    b->n = b->t->part != NULL ? b->t->n_part : b->rows->n;
    if (b->t->part != NULL)
        memcpy(b->list, b->t->part, b->n * sizeof *b->list);
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
        (st = ens__boost_take_cells(&b->node[0].cells, b, err)) != ENS_OK)
        return st;
    return ens__boost_is_shared(b, &b->node[0]) ? ens__boost_root_shared(b, err)
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
        ens__boost_give_back(b, &b->node[i].cells);
    return st;
}
