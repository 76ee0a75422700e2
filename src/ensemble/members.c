/* members.c - what ensembles of every kind do alike with members, rounds and rows that are held out. */
#include <config.h>

#include <core/error.h>
#include <core/memory.h>
#include <ensemble/members.h>
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

ens_status ens__members_check_loss(const ens__loss *loss, const char *owner,
                                   const ens_fit_args *a, ens_error *err)
{
    bool ranks = (loss->type->caps & ENS_LOSS_RANKS) != 0;

    if (ranks && a->group == NULL)
        return ens__fail(
            err, ENS_EDATA,
            "%s: loss %s compares rows within groups: no group column is named", owner,
            loss->type->name);
    if (ranks && a->count != NULL)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s: loss %s needs whole groups, not rows that were drawn",
                         owner, loss->type->name);
    return a->offset != NULL ? ens__loss_check_offset(loss, err) : ENS_OK;
}
