/* team.c - several workers on one tree: each has scratch of its own and looks at the same rows.
 *
 * The features of a large node are tried in parallel, each into a slot, and then compared in the order in which they
 * were drawn: what one worker would have found. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <string.h>
#include <tree/work.h>

/* What was found for one candidate. */
typedef struct slot {
    ens__split split;
    uint64_t useless;
    int64_t *left; /* [sums] */
    uint32_t *set; /* [set_words] */
} slot;

struct ens__team {
    ens__work **work; /* [n_workers]; the first is the tree's own */
    unsigned n_workers;
    slot *slot; /* [max_features] */
};

static ens_status make_slots(ens__team *t, ens__work *w, ens_error *err)
{
    size_t m = w->o->max_features;
    int64_t *left = ens__arena_take(w->arena, m * w->sums, sizeof *left);
    uint32_t *set = ens__arena_take(w->arena, m * w->set_words, sizeof *set);

    t->slot = ens__arena_take(w->arena, m, sizeof *t->slot);
    if (left == NULL || set == NULL || t->slot == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < m; i++)
        t->slot[i] = (slot){.left = left + i * w->sums, .set = set + i * w->set_words};
    return ENS_OK;
}

ens_status ens__team_make(ens__work *w, unsigned n_workers, ens_error *err)
{
    ens__team *t = ens__arena_zeros(w->arena, 1, sizeof *t);
    ens_status st;

    if (t == NULL ||
        (t->work = ens__arena_zeros(w->arena, n_workers, sizeof *t->work)) == NULL)
        return ens__nomem(err);
    w->team = t;
    t->work[0] = w;
    t->n_workers = 1;
    for (unsigned i = 1; i < n_workers; i++) {
        if ((t->work[i] = ens__zeros(1, sizeof *t->work[i])) == NULL)
            return ens__nomem(err);
        t->n_workers++;
        if ((st = ens__work_share(t->work[i], w, err)) != ENS_OK)
            return st;
    }
    return make_slots(t, w, err);
}

void ens__team_clear(ens__work *w)
{
    for (unsigned i = 1; w->team != NULL && i < w->team->n_workers; i++) {
        ens__work_clear(w->team->work[i]);
        ens__free(w->team->work[i]);
    }
    w->team = NULL;
}

ens__work *ens__team_work(const ens__team *team, unsigned worker)
{
    return team->work[worker];
}

typedef struct search {
    const ens__team *team;
    const ens__order *node;
    const uint32_t *feature;
    unsigned store;
    double low, high;
    uint64_t useless;
} search;

static ens_status try_candidate(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const search *s = ctx;
    ens__work *w = s->team->work[worker];
    slot *to = &s->team->slot[i];

    (void)err;
    ens__work_enter(w, s->store);
    w->low = s->low;
    w->high = s->high;
    w->best = (ens__split){.found = false};
    w->useless = s->useless;
    ens__boundary_begin(w, s->node->sum);
    ens__split_try(w, s->feature[i], s->node);
    to->split = w->best;
    to->useless = w->useless;
    if (w->best.found) {
        memcpy(to->left, w->best_left, w->sums * sizeof *to->left);
        memcpy(to->set, w->set, w->set_words * sizeof *to->set);
    }
    return ENS_OK;
}

void ens__team_try(ens__work *w, const ens__order *node, const uint32_t *feature,
                   size_t n)
{
    search s = {.team = w->team,
                .node = node,
                .feature = feature,
                .store = w->entered,
                .low = w->low,
                .high = w->high,
                .useless = w->useless};
    const slot *best = NULL;

    (void)ens__par_for(n, w->a->exec, NULL, try_candidate, &s, NULL, NULL);
    w->useless = s.useless;
    for (size_t i = 0; i < n; i++) {
        const slot *one = &w->team->slot[i];

        w->useless |= one->useless;
        if (one->split.found && (best == NULL || one->split.gain > best->split.gain))
            best = one;
    }
    w->best = best != NULL ? best->split : (ens__split){.found = false};
    if (best == NULL)
        return;
    memcpy(w->best_left, best->left, w->sums * sizeof *w->best_left);
    memcpy(w->set, best->set, w->set_words * sizeof *w->set);
}
