/* boost_draw.c - which features a tree, a depth and a node look at, and which slots a tree counts.
 *
 * Each draws from what the one above it has, from a stream named by the tree and the depth or the node's path. */
#include <config.h>

#include <core/error.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <string.h>
#include <tree/boost_work.h>

void ens__boost_measure(ens__booster *b)
{
    const ens__boost_rows *r = b->rows;

    b->most_cells = ENS__BOOST_GROUP;
    b->most_codes = 1;
    for (size_t s = 0; s < r->n_slots; s++) {
        size_t cells = r->slot[s].n_cells;

        b->all_cells += cells;
        b->most_cells = cells > b->most_cells ? cells : b->most_cells;
        b->most_codes = cells > b->most_codes ? cells : b->most_codes;
    }
}

/* A part of the features of `of`, of a new array of the arena; `of` itself if that is all. */
static ens_status draw(const uint8_t **out, ens__booster *b, const uint8_t *of,
                       double share, ens__stream *s, ens_error *err)
{
    size_t p = b->rows->p, n = 0, m;
    uint32_t *from, *drawn;
    uint8_t *active;

    *out = of;
    if (share >= 1 || p == 0)
        return ENS_OK;
    from = ens__arena_take(&b->arena, p, sizeof *from);
    drawn = ens__arena_take(&b->arena, p, sizeof *drawn);
    active = ens__arena_zeros(&b->arena, p, sizeof *active);
    if (from == NULL || drawn == NULL || active == NULL)
        return ens__nomem(err);
    for (uint32_t j = 0; j < p; j++)
        if (of[j])
            from[n++] = j;
    if (n == 0)
        return ENS_OK;
    m = (size_t)floor(share * (double)n + 0.5);
    m = m > 0 ? m : 1;
    ens__sample_choose(drawn, m, n, s);
    for (size_t i = 0; i < m; i++)
        active[from[drawn[i]]] = 1;
    *out = active;
    return ENS_OK;
}

/* Those that some group has together with all features on the way to a node. */
static ens_status keep_together(const uint8_t **out, ens__booster *b, const uint8_t *of,
                                uint64_t groups, ens_error *err)
{
    uint8_t *active;

    *out = of;
    if (b->o->together == NULL)
        return ENS_OK;
    if ((active = ens__arena_take(&b->arena, b->rows->p + 1, sizeof *active)) == NULL)
        return ens__nomem(err);
    for (size_t m = 0; m < b->rows->p; m++)
        active[m] = of[m] && (b->o->together[b->rows->member[m].feature] & groups) != 0;
    *out = active;
    return ENS_OK;
}

/* Slots with an active feature, in groups that fill the cache. */
static void group_slots(ens__booster *b)
{
    const ens__boost_rows *r = b->rows;
    ens__group *open = NULL;

    b->n_slots = b->n_cells = b->n_groups = 0;
    for (size_t i = 0; i < r->n_slots; i++) {
        const ens__slot *slot = &r->slot[i];
        size_t cells = slot->n_cells;
        bool any = false;

        for (uint32_t m = slot->first; m < slot->first + slot->n; m++)
            any = any || b->active[m];
        if (!any)
            continue;
        if (open == NULL || open->width != slot->width ||
            open->n_cells + cells > ENS__BOOST_GROUP) {
            open = &b->group[b->n_groups++];
            *open = (ens__group){.first = (uint32_t)b->n_slots,
                                 .width = slot->width,
                                 .even = slot->width == 1,
                                 .cell = (uint32_t)b->n_cells};
        }
        if (cells != ENS__BOOST_EVEN ||
            (open->n > 0 && slot->at != b->at[b->n_slots - 1] + 1))
            open->even = false;
        b->slot[b->n_slots] = slot;
        b->at[b->n_slots] = slot->at;
        b->base[b->n_slots++] = open->n_cells;
        open->n++;
        open->n_cells += (uint32_t)cells;
        b->n_cells += cells;
    }
}

ens_status ens__boost_draw_tree(ens__booster *b, ens_error *err)
{
    uint8_t *all = ens__arena_take(&b->arena, b->rows->p + 1, sizeof *all);
    ens__stream s;
    ens_status st;

    if (all == NULL)
        return ens__nomem(err);
    memset(all, 1, b->rows->p);
    b->seed = ens_seed(b->a->seed, ENS__FOR_MEMBER, b->t->tree);
    ens__stream_init(&s, b->seed, ENS__FOR_FEATURES, 0);
    if ((st = draw(&b->active, b, all, b->o->tree_share, &s, err)) == ENS_OK)
        group_slots(b);
    return st;
}

ens_status ens__boost_draw_node(ens__booster *b, ens__boost_node *node, ens_error *err)
{
    const uint8_t *of;
    ens__stream s;
    ens_status st;

    ens__stream_init(&s, b->seed, ENS__FOR_FEATURES, 1 + (uint64_t)node->depth);
    if ((st = draw(&of, b, b->active, b->o->depth_share, &s, err)) != ENS_OK)
        return st;
    ens__stream_init(&s, b->seed, ENS__FOR_NODE, node->path);
    if ((st = keep_together(&of, b, of, node->groups, err)) != ENS_OK)
        return st;
    return draw(&node->active, b, of, b->o->node_share, &s, err);
}
