/* members.h - what ensembles of every kind do alike: speak of their members, see that they fit into memory, play their
 * rounds. */
#ifndef ENS_ENSEMBLE_MEMBERS_H
#define ENS_ENSEMBLE_MEMBERS_H

#include <core/par.h>
#include <ensemble/ext.h>
#include <loss/loss.h>

/* Pass on what a member tells of itself, as that of the first. */
ens_status ens__members_describe(const ens_fitted *first, ens_status (*add)(void *ctx, const char *line), void *ctx,
                                 ens_error *err);
/* Can this many bytes be had for n members? ENS_ENOMEM with the numbers, in the name of a recipe. */
ens_status ens__members_check_memory(double bytes, size_t n, const ens_learner *owner, ens_error *err);
/* The rounds 0 .. n - 1, one after another on this thread, with the progress that exec asks for: each is parallel
 * inside. */
ens_status ens__members_play(size_t n, const ens_exec *exec, ens__task_fn round, void *ctx, ens_error *err);
/* Losses that need more than a table has, or cannot take what it has: groups, offsets. */
ens_status ens__members_check_loss(const ens__loss *loss, const char *owner, const ens_fit_args *a, ens_error *err);

#endif
