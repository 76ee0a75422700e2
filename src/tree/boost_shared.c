/* boost_shared.c - one node of a tree of boosting by all threads.
 *
 * Where there are many groups of slots, each is a task.  Else blocks of rows are, and a node takes two loops: blocks
 * are parted and their rows of the smaller child counted, each thread into cells of its own; then blocks move to where
 * they belong, and slots are summed over the threads and searched. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <string.h>
#include <tree/boost_work.h>

typedef struct job {
    ens__booster *b;
    ens__boost_node *node, *small, *large; /* of the root: only small, which is it */
    size_t size, n_blocks;                 /* blocks of so many rows */
    size_t *stay; /* [n_blocks + 1] rows of each that go left, then of all before it */
    ens__boost_split *best; /* [n_slots or n_groups][2] of small and large */
} job;

/* Rows of a block: a thread has several, and what it counts in one is worth the moving of its cells. */
static size_t block_size(const job *j)
{
    size_t size = j->node->n / (8 * (size_t)j->b->n_workers) + 1;

    return size < ENS__BOOST_TASK ? ENS__BOOST_TASK : size;
}

static size_t block_begin(const job *j, size_t block)
{
    return block * j->size;
}

static size_t block_n(const job *j, size_t block)
{
    size_t n = j->node->n - block_begin(j, block);

    return n < j->size ? n : j->size;
}

static void count_rows(const job *j, const uint32_t *list, size_t n, unsigned worker)
{
    const ens__booster *b = j->b;
    ens__boost_scratch *s = &b->scratch[worker];
    size_t block = b->fixed.block;

    for (size_t i = 0; i < n; i += block) {
        size_t m = n - i < block ? n - i : block;

        for (size_t g = 0; g < b->n_groups; g++)
            ens__boost_count(ens__cells_from(s->whole, b->group[g].cell), true, s, b,
                             &b->group[g], list + i, m);
    }
}

/* The block into spare: those that go right, and then those that go left; those of the smaller child are counted. */
static ens_status part_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    job *j = ctx;
    size_t at = j->node->begin + block_begin(j, block), n = block_n(j, block), kept;
    uint32_t *list = j->b->list + at, *spare = j->b->spare + at;

    (void)err;
    kept = ens__boost_part(list, spare, n, j->b, j->node);
    memcpy(spare + (n - kept), list, kept * sizeof *list);
    j->stay[block] = kept;
    if (j->small < j->large)
        count_rows(j, spare + (n - kept), kept, worker);
    else
        count_rows(j, spare, n - kept, worker);
    return ENS_OK;
}

/* The block to where its rows belong. */
static void move_block(const job *j, size_t block)
{
    ens__booster *b = j->b;
    const ens__boost_node *left = &b->node[j->node->child];
    size_t from = j->node->begin + block_begin(j, block), n = block_n(j, block);
    size_t kept = j->stay[block + 1] - j->stay[block], gone = n - kept;
    size_t to_left = left->begin + j->stay[block];
    size_t to_right = left[1].begin + (block_begin(j, block) - j->stay[block]);

    memcpy(b->list + to_left, b->spare + from + gone, kept * sizeof *b->list);
    memcpy(b->list + to_right, b->spare + from, gone * sizeof *b->list);
}

static ens_status count_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    job *j = ctx;

    (void)err;
    count_rows(j, j->b->list + block_begin(j, block), block_n(j, block), worker);
    return ENS_OK;
}

/* One slot, whose cells of all threads become one. */
static ens__group gather_slot(ens__cells *out, job *j, size_t slot, unsigned worker)
{
    ens__booster *b = j->b;
    ens__group one = {.first = (uint32_t)slot, .n = 1};
    const ens__group *group = b->group;

    while (group->first + group->n <= slot)
        group++;
    one.width = group->width;
    one.cell = group->cell + b->base[slot];
    one.n_cells = b->slot[slot]->n_cells;
    *out = j->small->cells.g != NULL ? ens__cells_from(j->small->cells, one.cell)
                                     : b->scratch[worker].wide;
    ens__cells_clear(*out, one.n_cells);
    for (unsigned w = 0; w < b->n_workers; w++) {
        ens__cells part = ens__cells_from(b->scratch[w].whole, one.cell);

        ens__cells_add(*out, part, one.n_cells);
        ens__cells_clear(part, one.n_cells);
    }
    return one;
}

static ens_status search_slot(job *j, size_t slot, unsigned worker, ens_error *err)
{
    ens__booster *b = j->b;
    ens__boost_scratch *s = &b->scratch[worker];
    ens__boost_split *best = j->best + 2 * slot;
    ens__cells mine, theirs;
    ens__group one = gather_slot(&mine, j, slot, worker);
    ens_status st = ENS_OK;

    best[0] = best[1] = (ens__boost_split){.gain = 0};
    if (j->small->open)
        st = ens__boost_search(&best[0], s, b, &one, mine, j->small, err);
    if (j->large == NULL || j->large->cells.g == NULL || st != ENS_OK)
        return st;
    theirs = ens__cells_from(j->large->cells, one.cell);
    ens__cells_subtract(theirs, mine, one.n_cells);
    return ens__boost_search(&best[1], s, b, &one, theirs, j->large, err);
}

/* The best of n slots or groups. */
static void choose(ens__boost_split *best, const job *j, size_t which, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const ens__boost_split *one = &j->best[2 * i + which];

        if (ens__boost_better(one->gain, one->member, best, j->b))
            *best = *one;
    }
}

/* What is left to do once all rows are parted and counted: slots, and of a node with children, blocks. */
static ens_status end_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    job *j = ctx;

    if (i < j->b->n_slots)
        return search_slot(j, i, worker, err);
    move_block(j, i - j->b->n_slots);
    return ENS_OK;
}

static ens_status end_all(job *j, ens_error *err)
{
    size_t n = j->b->n_slots;
    ens_status st = ens__par_for(n + (j->large != NULL ? j->n_blocks : 0), &j->b->exec,
                                 NULL, end_task, j, NULL, err);

    if (st != ENS_OK)
        return st;
    choose(&j->small->best, j, 0, n);
    if (j->large != NULL)
        choose(&j->large->best, j, 1, n);
    return ENS_OK;
}

static ens_status begin(job *j, ens_error *err)
{
    j->size = block_size(j);
    j->n_blocks = (j->node->n + j->size - 1) / j->size;
    j->stay = ens__array(j->n_blocks + 1, sizeof *j->stay);
    j->best = ens__array(2 * j->b->n_slots, sizeof *j->best);
    return j->stay != NULL && j->best != NULL ? ENS_OK : ens__nomem(err);
}

static void end(job *j)
{
    ens__free(j->stay);
    ens__free(j->best);
}

/* How many go left of all before each block. */
static void sum_blocks(job *j)
{
    size_t sum = 0;

    for (size_t i = 0; i < j->n_blocks; i++) {
        size_t one = j->stay[i];

        j->stay[i] = sum;
        sum += one;
    }
    j->stay[j->n_blocks] = sum;
}

/* ---- By groups ---------------------------------------------------------------------------------------------- */

static ens_status count_group(void *ctx, size_t group, unsigned worker, ens_error *err)
{
    job *j = ctx;
    const ens__booster *b = j->b;
    ens__boost_node small = *j->small, large = {.open = false};
    ens_status st;

    if (j->large != NULL)
        large = *j->large;
    small.best = large.best = (ens__boost_split){.gain = 0};
    st = ens__boost_count_group(&small, j->large != NULL ? &large : NULL, false,
                                &b->scratch[worker], b, &b->group[group], err);
    j->best[2 * group] = small.best;
    j->best[2 * group + 1] = large.best;
    return st;
}

static ens_status count_groups(job *j, ens_error *err)
{
    ens__booster *b = j->b;
    ens_status st;

    if ((j->best = ens__array(2 * b->n_groups, sizeof *j->best)) == NULL)
        return ens__nomem(err);
    if ((st = ens__par_for(b->n_groups, &b->exec, NULL, count_group, j, NULL, err)) !=
        ENS_OK)
        return st;
    choose(&j->small->best, j, 0, b->n_groups);
    ens__boost_counted(j->small, b);
    if (j->large != NULL) {
        choose(&j->large->best, j, 1, b->n_groups);
        ens__boost_counted(j->large, b);
    }
    return ENS_OK;
}

/* ---- Nodes -------------------------------------------------------------------------------------------------- */

ens_status ens__boost_expand_shared(ens__booster *b, uint32_t node, ens_error *err)
{
    ens__boost_node *v = &b->node[node], *left = &b->node[v->child], *right = left + 1;
    job j = {.b = b,
             .node = v,
             .small = ens__boost_smaller(b, node),
             .large = ens__boost_larger(b, node)};
    ens_status st;

    if (ens__boost_by_group(b)) {
        ens__boost_part_node(b, node);
        st = count_groups(&j, err);
        goto done;
    }
    if ((st = begin(&j, err)) != ENS_OK ||
        (st = ens__par_for(j.n_blocks, &b->exec, NULL, part_block, &j, NULL, err)) !=
            ENS_OK)
        goto done;
    sum_blocks(&j);
    left->begin = v->begin;
    left->n = j.stay[j.n_blocks];
    right->begin = v->begin + left->n;
    right->n = v->n - left->n;
    st = end_all(&j, err);
done:
    end(&j);
    return st;
}

ens_status ens__boost_root_shared(ens__booster *b, ens_error *err)
{
    ens__boost_node *root = &b->node[0];
    job j = {.b = b, .node = root, .small = root};
    const ens__slot *first;
    ens_status st;

    if (ens__boost_by_group(b)) {
        root->sum = ens__boost_total(b, b->list, b->n);
        st = count_groups(&j, err);
        goto done;
    }
    if ((st = begin(&j, err)) != ENS_OK ||
        (st = ens__par_for(j.n_blocks, &b->exec, NULL, count_block, &j, NULL, err)) !=
            ENS_OK)
        goto done;
    first = b->slot[0];
    for (unsigned w = 0; w < b->n_workers; w++) {
        ens__boost_sum part = ens__cells_total(b->scratch[w].whole, first->n_codes);

        root->sum.g += part.g;
        root->sum.h += part.h;
        root->sum.n += part.n;
    }
    st = end_all(&j, err);
done:
    end(&j);
    return st;
}
