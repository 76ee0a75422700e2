/* chain.h - members fitted one after another, each on what those before it got wrong: what boosting learners share. */
#ifndef ENS_ENSEMBLE_CHAIN_H
#define ENS_ENSEMBLE_CHAIN_H

#include <core/arena.h>
#include <ensemble/ext.h>
#include <learn/learner.h>
#include <stdatomic.h>

/* ---- The fitted members ------------------------------------------------------------------------------ */

typedef struct ens__chain {
    size_t n, cap, p;
    ens_fitted *fit;         /* [cap], n of them there */
    size_t scratch;          /* the most that a member's predict needs */
    struct ens__chain *base; /* owns the first base->n members; NULL if all are its own */
    atomic_size_t refs;      /* the model, and chains of which it is the base */
} ens__chain;

/* Without members, room for `cap`; NULL: no memory. */
ens__chain *ens__chain_new(size_t cap, size_t p);
void ens__chain_free(ens__chain *chain);
/* Take a member, which the chain owns from now on. There must be room. */
void ens__chain_add(ens__chain *chain, ens_fitted member);
/* Begin with all members of another chain, which are not copied. */
void ens__chain_share(ens__chain *chain, ens__chain *base);
size_t ens__chain_bytes(const ens__chain *chain);
void ens__chain_member(ens_part *out, const ens__chain *chain, size_t t);
/* out[p] += sum over members of weight[t] / total times their importance; weight NULL: all 1. */
ens_status ens__chain_importance(const ens__chain *chain, const double *weight, double *out, ens_error *err);

/* Into and from the group `members`. */
ens_status ens__chain_write(const ens__chain *chain, ens_writer *w, ens_error *err);
ens_status ens__chain_read(ens__chain **out, size_t n, const ens_learner *member, const ens_read_args *a,
                           ens_error *err);

/* ---- Their recipe --------------------------------------------------------------------------------------- */

/* A recipe and whose it is. */
typedef struct ens__chain_recipe {
    const ens_learner *member;
    ens_learner *own; /* what it is if none was given, else NULL */
} ens__chain_recipe;

/* The member of a recipe, or a tree of at most this depth. */
ens_status ens__chain_recipe_of(ens__chain_recipe *out, const ens_learner *learner, const char *max_depth,
                                ens_error *err);
void ens__chain_recipe_clear(ens__chain_recipe *recipe);

/* ---- Fitting them ------------------------------------------------------------------------------------------- */

/* What changes from round to round. */
typedef struct ens__round {
    uint64_t seed;
    const double *w;       /* [n_table] weights of the rows, counts not included; NULL: 1 */
    const double *y;       /* [n_table] responses; NULL: those of the fit */
    const uint32_t *drawn; /* [rows.n] how often each row is drawn, 0 for not, instead of its count; NULL: count */
} ens__round;

/* One recipe fitted again and again on the same rows, and what each member predicts for them. */
typedef struct ens__rounds {
    const ens_learner *member;
    ens_fit_args a; /* of the fit, as a member gets it */
    size_t n_fit;   /* members are fitted on the first of its rows, all unless it is set lower */
    ens_exec exec;  /* its threads, no progress */
    uint32_t *row, *count; /* [n] of rows that were drawn */
    ens__scratch scratch;
    ens__arena arena;
} ens__rounds;

/* a: what members are fitted on, whose task may differ from the ensemble's. Prepares them. */
ens_status ens__rounds_make(ens__rounds *out, const ens_learner *member, const ens_fit_args *a, ens_error *err);
void ens__rounds_clear(ens__rounds *rounds);
ens_status ens__rounds_fit(ens_fitted *out, ens__rounds *rounds, const ens__round *round, ens_error *err);
/* out[rows.n][k]: of all rows, drawn or not. Blocks of rows in parallel. */
ens_status ens__rounds_predict(double *out, ens__rounds *rounds, const ens_fitted *member, ens_error *err);

#endif
