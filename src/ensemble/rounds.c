/* rounds.c - one recipe fitted again and again on the same rows: draws made into counts, members fitted with memory
 * that is used again, and their predictions of those rows. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/chain.h>
#include <learn/learner.h>

ens_status ens__rounds_make(ens__rounds *r, const ens_learner *member,
                            const ens_fit_args *a, ens_error *err)
{
    *r = (ens__rounds){.member = member, .a = *a, .n_fit = a->rows.n};
    r->exec.threads = a->exec != NULL ? a->exec->threads : 0;
    if ((r->row = ens__array(a->rows.n, sizeof *r->row)) == NULL ||
        (r->count = ens__array(a->rows.n, sizeof *r->count)) == NULL)
        return ens__nomem(err);
    return ens_fitted_prepare(member, a, err);
}

void ens__rounds_clear(ens__rounds *r)
{
    ens__free(r->row);
    ens__free(r->count);
    ens__free(r->scratch.bytes);
    ens__arena_clear(&r->arena);
}

/* The rows drawn with their counts. */
static size_t collect(ens__rounds *r, const uint32_t *drawn)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_fit; i++) {
        r->row[n] = r->a.rows.row[i];
        r->count[n] = drawn[i];
        n += drawn[i] > 0;
    }
    return n;
}

ens_status ens__rounds_fit(ens_fitted *out, ens__rounds *r, const ens__round *round,
                           ens_error *err)
{
    ens_fit_args a = r->a;

    a.seed = round->seed;
    a.w = round->w;
    a.y = round->y != NULL ? round->y : a.y;
    a.exec = &r->exec;
    a.arena = &r->arena;
    a.rows.n = r->n_fit;
    if (round->drawn != NULL) {
        a.rows.n = collect(r, round->drawn);
        a.rows.row = r->row;
        a.count = r->count;
    }
    ens__arena_reset(&r->arena);
    return ens_fitted_fit(out, r->member, &a, err);
}

ens_status ens__rounds_predict(double *out, ens__rounds *r, const ens_fitted *member,
                               ens_error *err)
{
    return ens__fitted_predict(out, member, &r->a.rows, r->a.k, &r->scratch, &r->exec,
                               err);
}
