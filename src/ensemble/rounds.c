/* rounds.c - one recipe fitted again and again on the same rows: draws made into counts, members fitted with memory
 * that is used again, and their predictions of those rows. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/chain.h>
#include <learn/learner.h>

/* Rows that a task predicts. */
#define TASK_ROWS 4096

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
    ens__free(r->scratch);
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

/* ---- Predicting ------------------------------------------------------------------------------------ */

typedef struct job {
    const ens__rounds *r;
    const ens_fitted *member;
    double *out;
} job;

static ens_status predict_rows(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    const ens_fit_args *a = &j->r->a;
    const ens_learner_type *type = j->member->type;
    size_t block = (type->caps & ENS_TAKES_LONG_BLOCKS) != 0 ? TASK_ROWS : ENS_BLOCK;
    size_t begin = task * TASK_ROWS;
    size_t end = a->rows.n - begin < TASK_ROWS ? a->rows.n : begin + TASK_ROWS;

    (void)err;
    for (size_t i = begin; i < end; i += block) {
        ens_rows rows = {a->rows.feature, a->rows.p, a->rows.row + i,
                         end - i < block ? end - i : block};

        type->predict(j->member->state, &rows, j->out + i * a->k,
                      j->r->scratch + worker * j->r->stride);
    }
    return ENS_OK;
}

/* Scratch of every worker, of the size that a member asks for. */
static ens_status make_scratch(ens__rounds *r, const ens_fitted *member, unsigned workers,
                               ens_error *err)
{
    size_t stride = (ens_fitted_scratch(member) + 63) / 64 * 64;

    if (r->scratch != NULL && stride <= r->stride && workers <= r->n_workers)
        return ENS_OK;
    ens__free(r->scratch);
    r->stride = stride > r->stride ? stride : r->stride;
    r->n_workers = workers;
    r->scratch = ens__aligned(workers, r->stride);
    return r->scratch != NULL ? ENS_OK : ens__nomem(err);
}

ens_status ens__rounds_predict(double *out, ens__rounds *r, const ens_fitted *member,
                               ens_error *err)
{
    size_t tasks = (r->a.rows.n + TASK_ROWS - 1) / TASK_ROWS;
    job j = {r, member, out};
    ens_status st = make_scratch(r, member, ens__par_workers(tasks, &r->exec), err);

    return st == ENS_OK ? ens__par_for(tasks, &r->exec, NULL, predict_rows, &j, NULL, err)
                        : st;
}
