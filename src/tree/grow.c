/* grow.c - growing a tree: depth first, or best first under a limit of leaves (Shi 2007).
 *
 * A node's random draws are named by its path from the root, so the order of growth changes nothing but where a
 * limit of leaves stops. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <tree/masked.h>

/* ---- Nodes to be looked at -------------------------------------------------------------------------------- */

/* A node whose rows are known and which is not yet split. */
typedef struct task {
    ens__part part;
    size_t depth;
    uint64_t path;
    double low, high;  /* monotonic: bounds of its value */
    uint64_t useless;  /* of w->useless: before the search those of the parent */
    int64_t *
        block; /* from the pool: [sums] of the node, then, once its split is known, [sums] of the left
                         child and the levels that go left */
    ens__split split; /* best first: found when the node was made */
    bool ready;       /* whether it was */
} task;

/* Blocks of one size, made by the hundred and used again. */
typedef struct pool {
    int64_t **chunk; /* [n_chunks] */
    int64_t **spare; /* [n_spare], room for all */
    size_t n_chunks, n_spare, size;
} pool;

#define CHUNK_BLOCKS 128

static void pool_clear(pool *p)
{
    for (size_t i = 0; i < p->n_chunks; i++)
        ens__free(p->chunk[i]);
    ens__free(p->chunk);
    ens__free(p->spare);
}

static ens_status pool_take(int64_t **out, pool *p, ens_error *err)
{
    if (p->n_spare == 0) {
        int64_t **chunk = ens__resize(p->chunk, p->n_chunks + 1, sizeof *chunk);
        int64_t **spare =
            chunk != NULL
                ? ens__resize(p->spare, (p->n_chunks + 1) * CHUNK_BLOCKS, sizeof *spare)
                : NULL;

        p->chunk = chunk != NULL ? chunk : p->chunk;
        p->spare = spare != NULL ? spare : p->spare;
        if (spare == NULL || (chunk[p->n_chunks] = ens__array(
                                  CHUNK_BLOCKS, p->size * sizeof **chunk)) == NULL)
            return ens__nomem(err);
        for (size_t i = 0; i < CHUNK_BLOCKS; i++)
            p->spare[p->n_spare++] = chunk[p->n_chunks] + i * p->size;
        p->n_chunks++;
    }
    *out = p->spare[--p->n_spare];
    return ENS_OK;
}

static void pool_give(pool *p, int64_t *block)
{
    p->spare[p->n_spare++] = block;
}

/* Open tasks: a stack, or a heap with the greatest gain on top. */
typedef struct agenda {
    task *task; /* [cap] */
    size_t n, cap;
    bool best_first;
} agenda;

/* Greater gain first; of equal ones the node made earlier. */
static bool goes_before(const task *a, const task *b)
{
    if (a->split.gain != b->split.gain)
        return a->split.gain > b->split.gain;
    return a->part.node < b->part.node;
}

static ens_status agenda_push(agenda *a, const task *t, ens_error *err)
{
    size_t at = a->n;

    if (a->n == a->cap) {
        size_t cap = a->cap != 0 ? 2 * a->cap : 64;
        task *more = ens__resize(a->task, cap, sizeof *more);

        if (more == NULL)
            return ens__nomem(err);
        a->task = more;
        a->cap = cap;
    }
    a->n++;
    if (a->best_first)
        for (; at > 0 && goes_before(t, &a->task[(at - 1) / 2]); at = (at - 1) / 2)
            a->task[at] = a->task[(at - 1) / 2];
    a->task[at] = *t;
    return ENS_OK;
}

static task agenda_pop(agenda *a)
{
    task top, last;
    size_t at = 0, child;

    if (!a->best_first)
        return a->task[--a->n];
    top = a->task[0];
    last = a->task[--a->n];
    while ((child = 2 * at + 1) < a->n) {
        if (child + 1 < a->n && goes_before(&a->task[child + 1], &a->task[child]))
            child++;
        if (!goes_before(&a->task[child], &last))
            break;
        a->task[at] = a->task[child];
        at = child;
    }
    a->task[at] = last;
    return top;
}

/* ---- Splitting ---------------------------------------------------------------------------------------------- */

typedef struct grower {
    ens__work *w;
    ens__build b;
    agenda open;
    pool pool;
    int64_t *left; /* [sums] of the left child of the node being split */
    size_t n_leaves;
    size_t apart; /* nodes of at most so many rows are put aside: */
    task *later;  /* [n_later] */
    size_t n_later;
    int sign; /* monotonic: of the node being split, and the value midway between its children */
    double middle;
} grower;

/* Make it the node at hand. */
static void enter(grower *g, const task *t)
{
    ens__work_enter(g->w, t->part.store);
    g->w->low = t->low;
    g->w->high = t->high;
}

/* Look for the split of a node, into w->best. */
static bool find_split(grower *g, task *t)
{
    bool better;
    ens__work *w = g->w;
    const ens__tree_options *o = w->o;
    size_t count = ens__sum_count(w, t->part.sum);

    if (t->depth >= o->max_depth || count < o->min_split || count < 2 * o->min_leaf ||
        ens__work_pure(w, t->part.sum, t->part.begin, t->part.n))
        return false;
    w->useless = t->useless;
    ens__split_find(w, t->part.sum, t->part.begin, t->part.n, t->path);
    t->useless = w->useless;
    better = !(ens__split_decrease(w, w->best.gain) + DBL_EPSILON < o->min_decrease);
    return w->best.found && better;
}

static void keep_split(const ens__work *w, task *t)
{
    t->split = w->best;
    t->ready = true;
    memcpy(t->block + w->sums, w->best_left, w->sums * sizeof *t->block);
    memcpy(t->block + 2 * w->sums, w->set, w->set_words * sizeof *w->set);
}

static void recall_split(ens__work *w, const task *t)
{
    w->best = t->split;
    memcpy(w->best_left, t->block + w->sums, w->sums * sizeof *t->block);
    memcpy(w->set, t->block + 2 * w->sums, w->set_words * sizeof *w->set);
}

/* The value midway between the children bounds all below them on a monotonic feature. */
static void bound_child(task *t, const grower *g, const task *parent, unsigned side)
{
    t->low = parent->low;
    t->high = parent->high;
    if (g->sign == 0)
        return;
    if ((g->sign > 0) == (side == 0))
        t->high = g->middle;
    else
        t->low = g->middle;
}

/* Child `side` of a node: onto the agenda, or, in best-first order and if it cannot be split, a leaf at once. */
static ens_status push_child(grower *g, const task *parent, const ens__part *part,
                             unsigned side, ens_error *err)
{
    ens__work *w = g->w;
    task t = {.part = *part, .depth = parent->depth + 1, .useless = parent->useless};
    ens_status st;

    t.path = ens__child_path(parent->path, side + 1);
    bound_child(&t, g, parent, side);
    if ((st = pool_take(&t.block, &g->pool, err)) != ENS_OK)
        return st;
    t.part.sum = t.block;
    for (size_t s = 0; s < w->sums; s++)
        t.block[s] = side == 0 ? g->left[s] : parent->part.sum[s] - g->left[s];
    if (g->open.best_first) {
        enter(g, &t);
        if (!find_split(g, &t)) {
            st = ens__build_leaf(&g->b, w, &t.part, err);
            pool_give(&g->pool, t.block);
            return st;
        }
        keep_split(w, &t);
    }
    return agenda_push(&g->open, &t, err);
}

static void find_middle(grower *g, const int64_t *sum)
{
    ens__work *w = g->w;

    g->sign = w->o->monotonic != NULL ? w->o->monotonic[w->best.feature] : 0;
    if (g->sign == 0)
        return;
    for (size_t s = 0; s < w->sums; s++)
        w->right[s] = sum[s] - g->left[s];
    g->middle = ens__work_mean(w, g->left) / 2 + ens__work_mean(w, w->right) / 2;
}

/* Split a node by w->best. Depth first, the left child is next. */
static ens_status split_node(grower *g, const task *t, ens_error *err)
{
    ens__work *w = g->w;
    ens__part left = {.begin = t->part.begin}, right;
    ens_status st;

    memcpy(g->left, w->best_left, w->sums * sizeof *g->left);
    find_middle(g, t->part.sum);
    left.n = ens__work_part(w, t->part.begin, t->part.n, t->part.store);
    left.store = 1 - t->part.store;
    right = (ens__part){.begin = left.begin + left.n,
                        .n = t->part.n - left.n,
                        .store = left.store};
    ens__work_expect(w, left.begin, left.n, left.store);
    ens__work_expect(w, right.begin, right.n, right.store);
    st = ens__build_split(&g->b, w, &t->part, ens__split_threshold(w, &w->best),
                          &left.node, err);
    if (st != ENS_OK)
        return st;
    right.node = left.node + 1;
    g->n_leaves++;
    if ((st = push_child(g, t, &right, 1, err)) != ENS_OK)
        return st;
    return push_child(g, t, &left, 0, err);
}

/* ---- One tree, or one below a node ------------------------------------------------------------------------- */

/* All that is below a node of few rows at once. */
static ens_status visit_few(grower *g, const task *t, ens_error *err)
{
    const ens__masked_root root = {.begin = t->part.begin,
                                   .n = t->part.n,
                                   .depth = t->depth,
                                   .path = t->path,
                                   .useless = t->useless,
                                   .node = t->part.node};

    return ens__masked_grow(&g->b, g->w, &root, err);
}

static ens_status visit(grower *g, task *t, ens_error *err)
{
    bool split;

    enter(g, t);
    if (g->w->masked != NULL && t->part.n <= ENS__MASKED_ROWS)
        return visit_few(g, t, err);
    if (t->ready) {
        split = g->n_leaves < g->w->o->max_leaves;
        if (split)
            recall_split(g->w, t);
    } else {
        split = g->n_leaves < g->w->o->max_leaves && find_split(g, t);
    }
    return split ? split_node(g, t, err) : ens__build_leaf(&g->b, g->w, &t->part, err);
}

/* Put a node aside, to be grown apart. */
static ens_status postpone(grower *g, const task *t, ens_error *err)
{
    task *more = ens__resize(g->later, g->n_later + 1, sizeof *more);

    if (more == NULL)
        return ens__nomem(err);
    g->later = more;
    g->later[g->n_later++] = *t;
    return ENS_OK;
}

static ens_status grow_all(grower *g, ens_error *err)
{
    ens_status st = ENS_OK;

    while (st == ENS_OK && g->open.n > 0) {
        task t = agenda_pop(&g->open);

        if (t.part.n <= g->apart) {
            st = postpone(g, &t, err);
            continue; /* its block is still needed */
        }
        st = visit(g, &t, err);
        pool_give(&g->pool, t.block);
    }
    return st;
}

/* A grower of the rows below a task, whose sum and limits it copies. */
static ens_status begin(grower *g, const task *from, const int64_t *sum,
                        ens__arena *arena, ens_error *err)
{
    ens__work *w = g->w;
    task root = *from;
    ens_status st;

    if ((st = ens__build_begin(&g->b, w, from->part.n, arena, err)) != ENS_OK)
        return st;
    g->open.best_first = w->o->max_leaves != SIZE_MAX;
    g->pool.size = 2 * w->sums + (w->set_words + 1) / 2;
    g->n_leaves = 1;
    if ((g->left = ens__arena_take(arena, w->sums, sizeof *g->left)) == NULL)
        return ens__nomem(err);
    if ((st = pool_take(&root.block, &g->pool, err)) != ENS_OK)
        return st;
    memcpy(root.block, sum, w->sums * sizeof *root.block);
    root.part.node = 0;
    root.part.sum = root.block;
    return agenda_push(&g->open, &root, err);
}

static void end(grower *g)
{
    ens__free(g->open.task);
    ens__free(g->later);
    pool_clear(&g->pool);
}

/* ---- A large tree: what hangs below its top is grown apart, in parallel -------------------------------------- */

typedef struct crew {
    const grower *top;
    ens__arena *arena; /* [workers] */
    ens__build *part;  /* [n_later] */
} crew;

static ens_status grow_apart(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const crew *c = ctx;
    const task *t = &c->top->later[i];
    grower g = {.w = c->top->w->team != NULL ? ens__team_work(c->top->w->team, worker)
                                             : c->top->w};
    ens_status st;

    ens__arena_reset(&c->arena[worker]);
    if ((st = begin(&g, t, t->part.sum, &c->arena[worker], err)) == ENS_OK &&
        (st = grow_all(&g, err)) == ENS_OK)
        st = ens__build_detach(&g.b, err);
    else /* they are the arena's */
        g.b.node = NULL, g.b.gain = NULL, g.b.as_leaf = NULL;
    end(&g);
    if (st == ENS_OK)
        c->part[i] = g.b;
    else
        ens__build_free_detached(&g.b);
    return st;
}

static ens_status grow_later(grower *g, unsigned workers, ens_error *err)
{
    crew c = {.top = g};
    ens_status st;

    c.arena = ens__zeros(workers, sizeof *c.arena);
    c.part = ens__zeros(g->n_later, sizeof *c.part);
    if (c.arena == NULL || c.part == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__par_for(g->n_later, g->w->a->exec, NULL, grow_apart, &c, NULL, err)) !=
        ENS_OK)
        goto done;
    for (size_t i = 0; i < g->n_later && st == ENS_OK; i++)
        st = ens__build_hang(&g->b, g->later[i].part.node, &c.part[i], err);
done:
    for (size_t i = 0; c.part != NULL && i < g->n_later; i++)
        ens__build_free_detached(&c.part[i]);
    for (unsigned i = 0; c.arena != NULL && i < workers; i++)
        ens__arena_clear(&c.arena[i]);
    ens__free(c.arena);
    ens__free(c.part);
    return st;
}

/* Rows from which a tree is grown in two stages, whatever the number of workers, and the share of them below which a
 * node is grown apart. */
#define STAGED_ROWS 131072
#define PARTS       32

ens_status ens__tree_grow(ens__tree **out, const ens__tree_options *options,
                          const ens_fit_args *a, ens_error *err)
{
    ens__work w;
    grower g = {.w = &w};
    task root = {.low = -INFINITY, .high = INFINITY};
    unsigned workers = ens__par_workers(PARTS, a->exec);
    ens_status st;

    if ((st = ens__work_make(&w, options, a, err)) != ENS_OK ||
        (workers > 1 && w.n >= ENS__SHARED_ROWS &&
         (st = ens__team_make(&w, workers, err)) != ENS_OK))
        goto done;
    if (w.n >= STAGED_ROWS && options->max_leaves == SIZE_MAX)
        g.apart = w.n / PARTS;
    root.part.n = w.n;
    if ((st = begin(&g, &root, w.total, w.arena, err)) != ENS_OK ||
        (st = grow_all(&g, err)) != ENS_OK ||
        (g.n_later > 0 && (st = grow_later(&g, workers, err)) != ENS_OK))
        goto done;
    st = ens__build_finish(out, &g.b, &w, err);
done:
    end(&g);
    ens__build_clear(&g.b);
    ens__team_clear(&w);
    ens__work_clear(&w);
    return st;
}
