/* bag.h - members fitted on random rows and features, and their mean: what `bagging` and `forest` share.
 *
 * Breiman (1996) for bootstrap rows, Ho (1998) for random features, Louppe and Geurts (2012) for both. */
#ifndef ENS_ENSEMBLE_BAG_H
#define ENS_ENSEMBLE_BAG_H

#include <core/param.h>
#include <ensemble/ext.h>
#include <tree/trees.h>
#include <stdatomic.h>
#include <stdbool.h>

/* How to bag: parameters that both types have under the same names. */
typedef struct ens__bag_spec {
    int64_t n_estimators;
    int bootstrap;           /* with replacement, else without */
    ens_amount max_samples;  /* rows a member draws */
    ens_amount max_features; /* features a member draws */
    int bootstrap_features;  /* with replacement, else without */
    int oob_score;
    int keeps_rows; /* no parameter: the leaves of a member keep the rows that it draws */
} ens__bag_spec;

/* Rows for a parameter struct that has an `ens__bag_spec bag`, but for those whose defaults differ. */
#define ENS__BAG_ROWS(type, with)                                                                        \
    {"bootstrap", "replace", ENS_PARAM_BOOL, offsetof(type, bag.bootstrap), with, 0, 1, "",        \
     "draw rows with replacement"},                                                                \
        {"max_samples",                                                                            \
         "subsample,bagging_fraction,sample_fraction",                                             \
         ENS_PARAM_AMOUNT,                                                                         \
         offsetof(type, bag.max_samples),                                                          \
         "1.0",                                                                                    \
         1,                                                                                        \
         1e9,                                                                                      \
         "",                                                                                       \
         "rows that each member draws: a count, or a fraction of all"},                            \
    {                                                                                              \
        "oob_score", "", ENS_PARAM_BOOL, offsetof(type, bag.oob_score), "false", 0, 1, "",         \
            "predict and score each row by the members that did not draw it"                       \
    }

/* Fitted members. */
typedef struct ens__bag {
    size_t n, p, k;
    ens_fitted *fit;    /* [n] */
    uint64_t *seed;     /* [n] of each member */
    size_t p_member;    /* features a member sees */
    uint32_t *features; /* [n][p_member] ascending, drawn twice means there twice; NULL if members see all */
    double *oob;        /* [n_oob][k], or NULL */
    size_t n_oob;
    struct ens__quantiles *quantiles; /* of a forest that predicts them, else NULL; see quantile.h */
    size_t scratch; /* the most that a member's predict needs */
    ens__trees *trees; /* the runtime form of members that are trees, or NULL */
    struct ens__bag *base; /* owns the first base->n members; NULL if all are its own */
    atomic_size_t refs;    /* the model, and bags of which it is the base */
} ens__bag;

ens__bag *ens__bag_new(void); /* NULL: no memory */

/* Limits of the recipe alone; owner names the type in messages. */
ens_status ens__bag_check(const ens__bag_spec *spec, const char *owner, ens_error *err);

/* base: a smaller bag of the same rows, seed and recipe to add to, or NULL. Members are shared, not copied. */
ens_status ens__bag_fit(void **out, const ens__bag_spec *spec, const ens_learner *member,
                        const ens__bag *base, const ens_fit_args *a, ens_error *err);
ens_status ens__bag_read(void **out, const ens__bag_spec *spec, const ens_learner *member,
                         const ens_read_args *a, ens_error *err);
/* Rows of n that a member draws, repeats counted; 0 if there are fewer. */
size_t ens__bag_rows(const ens__bag_spec *spec, size_t n);
/* Features of p that a member draws, or 0 and ENS_ERANGE. */
size_t ens__bag_p_member(const ens__bag_spec *spec, const ens_learner *owner, size_t p,
                         ens_error *err);

/* Do members see features of their own, though they may come to all? */
bool ens__bag_draws_features(const ens__bag_spec *spec, const ens__bag *bag);

/* The runtime form of the members, once they are there, if they are trees. */
ens_status ens__bag_pack(ens__bag *bag, const ens_feature *feature, const ens_exec *exec, ens_error *err);

/* The rest of a learner type's functions, as both have them. */
void ens__bag_predict(const void *bag, const ens_rows *rows, double *out, void *scratch);
size_t ens__bag_scratch(const void *bag);
ens_status ens__bag_write(const void *bag, ens_writer *w, ens_error *err);
void ens__bag_free(void *bag);
size_t ens__bag_bytes(const void *bag);
ens_status ens__bag_importance(const void *bag, double *out, ens_error *err);
const double *ens__bag_oob(const void *bag);
/* The mean of the members' thresholds. */
double ens__bag_threshold(const void *bag);
size_t ens__bag_n_members(const void *bag);
void ens__bag_member(ens_part *out, const void *bag, size_t t);
/* count[a->rows.n]: how often the fit by a put each row into the bag of member t. */
ens_status ens__bag_redraw(uint32_t *count, const ens__bag_spec *spec, const ens_fit_args *a, size_t t,
                           ens_error *err);
ens_status ens__bag_describe(const void *bag, ens_status (*add)(void *ctx, const char *line), void *ctx,
                             ens_error *err);

/* The features that member t sees: all, or those drawn for it, put into buf[p_member]. */
const ens_feature *ens__bag_features(const ens__bag *bag, size_t t, const ens_feature *all,
                                     ens_feature *buf);
/* Bytes rounded up so that what follows is aligned. */
size_t ens__bag_round(size_t bytes);

extern const ens_learner_type ens__bagging_type;
extern const ens_learner_type ens__forest_type;
extern const ens_learner_type ens__extra_trees_type;
extern const ens_learner_type ens__isolation_type;

#endif
