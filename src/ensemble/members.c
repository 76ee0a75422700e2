/* members.c - what ensembles of every kind do alike with members, rounds and rows that are held out. */
#include <config.h>

#include <core/memory.h>
#include <ensemble/members.h>
#include <math.h>
#include <num/rng.h>
#include <stdbool.h>
#include <stdio.h>

/* Passes lines on with a prefix. */
typedef struct prefixed {
    ens_status (*add)(void *ctx, const char *line);
    void *ctx;
} prefixed;

static ens_status add_prefixed(void *ctx, const char *line)
{
    const prefixed *to = ctx;
    ens_status st = to->add(to->ctx, "first member: ");

    return st == ENS_OK ? to->add(to->ctx, line) : st;
}

ens_status ens__members_describe(const ens_fitted *first,
                                 ens_status (*add)(void *ctx, const char *line),
                                 void *ctx, ens_error *err)
{
    if (first->type->describe == NULL)
        return ENS_OK;
    return first->type->describe(first->state, add_prefixed, &(prefixed){add, ctx}, err);
}

ens_status ens__members_check_memory(double bytes, size_t n, const ens_learner *owner,
                                     ens_error *err)
{
    char what[40];

    snprintf(what, sizeof what, "%zu members", n);
    return ens__memory_check(bytes, ens_learner_name(owner), what, err);
}

ens_status ens__members_play(size_t n, const ens_exec *exec, ens__task_fn round,
                             void *ctx, ens_error *err)
{
    ens_exec serial = {.threads = 1};

    if (exec != NULL) {
        serial.progress = exec->progress;
        serial.progress_ctx = exec->progress_ctx;
    }
    return ens__par_for(n, &serial, "boosting", round, ctx, &(size_t){0}, err);
}

size_t ens__members_hold_out(uint8_t *held, uint32_t *place, double part,
                             const ens_fit_args *a)
{
    bool classes = a->task == ENS_TASK_CLASSIFICATION;
    size_t total = 0;

    for (size_t c = 0; c < (classes ? a->k : 1); c++) {
        size_t n = 0, m;
        ens__stream s;

        for (size_t i = 0; i < a->rows.n; i++)
            if (!classes || (size_t)a->label[a->rows.row[i]] == c)
                place[n++] = (uint32_t)i;
        m = (size_t)floor(part * (double)n + 0.5);
        ens__stream_init(&s, a->seed, ENS__FOR_SPLIT, c);
        for (size_t i = 0, left = m; i < n && left > 0; i++)
            if (ens__stream_below(&s, (uint32_t)(n - i)) < left) {
                held[place[i]] = 1;
                left--;
            }
        total += m;
    }
    return total;
}
