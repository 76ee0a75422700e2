/* fitted.c - fitted parts of a model, for learners made of learners: fitting, writing and reading members. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <learn/learner.h>
#include <stdio.h>
#include <string.h>

/* The rows of a fit with each repeated as often as its count says, for learners that take no weights. */
static ens_status repeat_rows(uint32_t **out, size_t *n_out, const ens_fit_args *a,
                              ens_error *err)
{
    size_t n = 0, m = 0;
    uint32_t *row;

    for (size_t i = 0; i < a->rows.n; i++)
        n += a->count[i];
    if ((row = ens__array(n, sizeof *row)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < a->rows.n; i++)
        for (uint32_t c = 0; c < a->count[i]; c++)
            row[m++] = a->rows.row[i];
    *out = row;
    *n_out = n;
    return ENS_OK;
}

ens_status ens_fitted_fit(ens_fitted *out, const ens_learner *member,
                          const ens_fit_args *a, ens_error *err)
{
    ens_fit_args sub = *a;
    uint32_t *row = NULL;
    void *state = NULL;
    ens_status st;

    *out = (ens_fitted){0};
    if (member != a->learner) {
        sub.valid = NULL;
        sub.checkpoint = NULL;
        sub.offset = NULL;
    }
    sub.learner = member;
    if (a->count != NULL &&
        (member->type->caps & (ENS_TAKES_WEIGHTS | ENS_OF_MEMBERS)) == 0) {
        if ((st = repeat_rows(&row, &sub.rows.n, a, err)) != ENS_OK)
            return st;
        sub.rows.row = row;
        sub.count = NULL;
    }
    st = member->type->fit(&state, member->params, &sub, err);
    ens__free(row);
    if (st == ENS_OK && state == NULL)
        st = ens__fail(err, ENS_EINTERNAL, "learner %s: its fit gave no result",
                       member->type->name);
    if (st == ENS_OK)
        *out = (ens_fitted){member->type, state};
    return st;
}

ens_status ens__fitted_extend(ens_fitted *out, const ens_fitted *from,
                              const ens_learner *member, const ens_fit_args *a,
                              ens_error *err)
{
    void *state = NULL;
    ens_status st = from->type->extend(&state, from->state, member->params, a, err);

    *out = (ens_fitted){0};
    if (st == ENS_OK && state == NULL)
        st = ens__fail(err, ENS_EINTERNAL, "learner %s: its extend gave no result",
                       from->type->name);
    if (st == ENS_OK)
        *out = (ens_fitted){from->type, state};
    return st;
}

ens_status ens_fitted_prepare(const ens_learner *member, const ens_fit_args *a,
                              ens_error *err)
{
    ens_fit_args sub = *a;

    sub.learner = member;
    return member->type->prepare != NULL
               ? member->type->prepare(member->params, &sub, err)
               : ENS_OK;
}

size_t ens__fitted_rounds(const ens_fitted *fitted)
{
    return fitted->type->n_rounds != NULL ? fitted->type->n_rounds(fitted->state) : 0;
}

double ens__fitted_threshold(const ens_fitted *fitted)
{
    return fitted->type->threshold != NULL ? fitted->type->threshold(fitted->state) : 0.5;
}

size_t ens__fitted_bytes(const ens_fitted *fitted)
{
    return fitted->type->bytes != NULL ? fitted->type->bytes(fitted->state) : 0;
}

void ens_fitted_clear(ens_fitted *fitted)
{
    if (fitted->type != NULL && fitted->state != NULL)
        fitted->type->free(fitted->state);
    *fitted = (ens_fitted){0};
}

size_t ens_fitted_scratch(const ens_fitted *fitted)
{
    return fitted->type->scratch_size != NULL ? fitted->type->scratch_size(fitted->state)
                                              : 0;
}

/* ---- Predicting --------------------------------------------------------------------------------------- */

/* Rows that a task predicts. */
#define TASK_ROWS ((size_t)4096)

typedef struct predicting {
    const ens_fitted *fitted;
    const ens_rows *rows;
    size_t k;
    const ens__scratch *scratch;
    double *out;
} predicting;

static ens_status predict_rows(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const predicting *p = ctx;
    const ens_learner_type *type = p->fitted->type;
    size_t block = (type->caps & ENS_TAKES_LONG_BLOCKS) != 0 ? TASK_ROWS : ENS_BLOCK;
    size_t begin = task * TASK_ROWS, n = p->rows->n;
    size_t end = n - begin < TASK_ROWS ? n : begin + TASK_ROWS;

    (void)err;
    for (size_t i = begin; i < end; i += block) {
        ens_rows rows = *p->rows;

        rows.row += i;
        rows.n = end - i < block ? end - i : block;
        type->predict(p->fitted->state, &rows, p->out + i * p->k,
                      p->scratch->bytes + worker * p->scratch->stride);
    }
    return ENS_OK;
}

/* Scratch of every worker, of the size that this asks for. */
static ens_status make_scratch(ens__scratch *s, const ens_fitted *fitted,
                               unsigned workers, ens_error *err)
{
    size_t stride = (ens_fitted_scratch(fitted) + 63) / 64 * 64;

    if (s->bytes != NULL && stride <= s->stride && workers <= s->n_workers)
        return ENS_OK;
    ens__free(s->bytes);
    s->stride = stride > s->stride ? stride : s->stride;
    s->n_workers = workers;
    s->bytes = ens__aligned(workers, s->stride);
    return s->bytes != NULL ? ENS_OK : ens__nomem(err);
}

ens_status ens__fitted_predict(double *out, const ens_fitted *fitted,
                               const ens_rows *rows, size_t k, ens__scratch *scratch,
                               const ens_exec *exec, ens_error *err)
{
    size_t tasks = (rows->n + TASK_ROWS - 1) / TASK_ROWS;
    ens__scratch own = {0};
    predicting p = {fitted, rows, k, scratch != NULL ? scratch : &own, out};
    ens_status st = make_scratch(scratch != NULL ? scratch : &own, fitted,
                                 ens__par_workers(tasks, exec), err);

    if (st == ENS_OK)
        st = ens__par_for(tasks, exec, NULL, predict_rows, &p, NULL, err);
    ens__free(own.bytes);
    return st;
}

/* ---- Writing and reading ------------------------------------------------------------------------------ */

static ens_status write_together(const ens_fitted *fitted, size_t n, ens_writer *w,
                                 ens_error *err)
{
    const void **state = ens__array(n, sizeof *state);
    ens_status st;

    if (state == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++)
        state[i] = fitted[i].state;
    st = fitted[0].type->write_many(state, n, w, err);
    ens__free(state);
    return st;
}

ens_status ens_fitted_write(const ens_fitted *fitted, size_t n, ens_writer *w,
                            ens_error *err)
{
    ens_status st = ENS_OK;

    if (n == 0)
        return ENS_OK;
    if (fitted[0].type->write_many != NULL)
        return write_together(fitted, n, w, err);
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        char group[24];

        snprintf(group, sizeof group, "%zu", i);
        if ((st = ens_writer_push(w, group, err)) == ENS_OK) {
            st = fitted[i].type->write(fitted[i].state, w, err);
            ens_writer_pop(w);
        }
    }
    return st;
}

static ens_status read_together(ens_fitted *out, size_t n, const ens_read_args *a,
                                ens_error *err)
{
    const ens_learner_type *type = a->learner->type;
    void **state = ens__zeros(n, sizeof *state);
    ens_status st;

    if (state == NULL)
        return ens__nomem(err);
    if ((st = type->read_many(state, n, a, err)) == ENS_OK)
        for (size_t i = 0; i < n; i++)
            out[i] = (ens_fitted){type, state[i]};
    ens__free(state);
    return st;
}

ens_status ens_fitted_read(ens_fitted *out, size_t n, const ens_learner *member,
                           const ens_read_args *a, ens_error *err)
{
    ens_read_args sub = *a;
    ens_status st = ENS_OK;

    sub.learner = member;
    memset(out, 0, n * sizeof *out);
    if (n == 0)
        return ENS_OK;
    if (member->type->read_many != NULL)
        return read_together(out, n, &sub, err);
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        char group[24];
        void *state = NULL;

        snprintf(group, sizeof group, "%zu", i);
        if ((st = ens_reader_push(a->reader, group, err)) != ENS_OK)
            break;
        if ((st = member->type->read(&state, &sub, err)) == ENS_OK)
            out[i] = (ens_fitted){member->type, state};
        ens_reader_pop(a->reader);
    }
    for (size_t i = 0; i < n && st != ENS_OK; i++)
        ens_fitted_clear(&out[i]);
    return st;
}
