/* boost_make.c - making what grows trees of boosting, and its cells. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <tree/boost_work.h>

/* Below this many rows times slots a second thread costs more than it brings. */
#define SMALL_WORK ((size_t)1 << 19)

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

ens_status ens__boost_take_cells(ens__cells *out, ens__booster *b, ens_error *err)
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

void ens__boost_give_back(ens__booster *b, ens__cells *c)
{
    if (c->g != NULL)
        b->pool[b->n_pool++] = *c;
    *c = (ens__cells){0};
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
