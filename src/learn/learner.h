/* learner.h - inside of ens_learner, and the registry of learner types. */
#ifndef ENS_LEARN_LEARNER_H
#define ENS_LEARN_LEARNER_H

#include <core/param.h>
#include <ensemble/ext.h>

struct ens_learner {
    const ens_learner_type *type;
    void *params;         /* of type->params_size, laid out by type->params */
    ens_learner **member; /* [n_members], owned */
    size_t n_members;
};

/* A recipe of one type with default parameters and no members. */
ens_status ens__learner_new(ens_learner **out, const ens_learner_type *type, ens_error *err);
/* Takes member, also on failure. */
ens_status ens__learner_add(ens_learner *l, ens_learner *member, ens_error *err);
/* Every limit that a recipe alone can break: members, check() of all types in it. */
ens_status ens__learner_check(const ens_learner *learner, ens_error *err);
/* The learner of a pipeline, which goes by its name; else the learner itself. */
ens_learner *ens__learner_last(const ens_learner *learner);
/* What it can take in the end, ensembles answered by their members. */
unsigned ens__learner_caps(const ens_learner *learner);

/* As ens_fitted_fit(), by adding to `from`, whose type has extend(). */
ens_status ens__fitted_extend(ens_fitted *out, const ens_fitted *from, const ens_learner *member,
                              const ens_fit_args *a, ens_error *err);

/* Blocks of rows that a fitted part predicts, in parallel, and where: those of many calls may share the memory. */
typedef struct ens__scratch {
    char *bytes; /* [n_workers][stride] */
    size_t stride;
    unsigned n_workers;
} ens__scratch;

/* out[rows->n][k]. scratch is made larger if it must be, and belongs to the caller, who frees its bytes; NULL: none is
 * kept. */
ens_status ens__fitted_predict(double *out, const ens_fitted *fitted, const ens_rows *rows, size_t k,
                               ens__scratch *scratch, const ens_exec *exec, ens_error *err);

/* Predict a block of rows by the first rounds (0: all), with offset[rows->n] on the scores (NULL: none): of types with
 * predict_first() only if one of both is asked for. */
static inline void ens__fitted_block(const ens_fitted *f, size_t rounds, const ens_rows *rows, const double *offset,
                                     double *out, void *scratch)
{
    if (rounds == 0 && offset == NULL)
        f->type->predict(f->state, rows, out, scratch);
    else
        f->type->predict_first(f->state, rounds > 0 ? rounds : SIZE_MAX, rows, offset, out, scratch);
}

/* Rounds that it grew in; 0: it has none. */
size_t ens__fitted_rounds(const ens_fitted *fitted);

/* The output above which a row is an anomaly. */
double ens__fitted_threshold(const ens_fitted *fitted);

/* What its type says that it takes in memory; 0: unknown. */
size_t ens__fitted_bytes(const ens_fitted *fitted);

/* The quantiles that a recipe asks its model to keep, or NULL. */
const ens_list *ens__learner_quantiles(const ens_learner *learner);
/* ENS_ERANGE unless they are in (0, 1) and ascend; owner is for the message. */
ens_status ens__check_quantiles(const ens_list *q, const char *owner, ens_error *err);

/* A type by name, built in or registered; NULL if there is none. */
const ens_learner_type *ens__type_find(const char *name, size_t n);
/* ENS_ENAME with the nearest known name. */
ens_status ens__type_unknown(const ens__token *name, ens_error *err);

/* The built-in types, ended by NULL: src/ensemble/builtins.c, so that layers below need not know them. */
extern const ens_learner_type *const ens__builtins[];

extern const ens_learner_type ens__tree_type;
extern const ens_learner_type ens__isolation_tree_type; /* not registered: only `isolation` has it */
extern const ens_learner_type ens__naive_bayes_type;
extern const ens_learner_type ens__knn_type;
extern const ens_learner_type ens__linear_type;
extern const ens_learner_type ens__logistic_type;
extern const ens_learner_type ens__calibration_type, ens__dummy_type;
extern const ens_learner_type ens__mlp_type;

#endif
