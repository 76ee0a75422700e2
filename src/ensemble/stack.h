/* stack.h - members of unlike recipes and what makes one prediction of theirs: weights, votes, medians, or a learner.
 * What `voting`, `stacking` and `selection` share.
 *
 * Wolpert (1992) for stacking, van der Laan, Polley and Hubbard (2007) for its default weights, Caruana et al. (2004)
 * for selection. */
#ifndef ENS_ENSEMBLE_STACK_H
#define ENS_ENSEMBLE_STACK_H

#include <core/param.h>
#include <learn/learner.h>
#include <learn/outoffold.h>

/* ---- What is fitted -------------------------------------------------------------------------------------- */

typedef enum ens__combine {
    ENS__COMBINE_MEAN = 0, /* of probabilities, or numbers: the weighted sum */
    ENS__COMBINE_VOTE,     /* each votes for its most probable class */
    ENS__COMBINE_MEDIAN,   /* of numbers, weighted */
    ENS__COMBINE_LEARNER   /* a final learner, fitted on their predictions */
} ens__combine;

/* What the parameters say of it. */
typedef struct ens__stack_form {
    ens__combine combine;
    bool passthrough; /* a final learner sees the features too */
    bool labels;      /* of classes it sees the most probable one alone */
} ens__stack_form;

/* What a fit found out about members on rows they had not seen. */
typedef struct ens__stack_report {
    size_t n;            /* members of the recipe that differ */
    double *score;       /* [n] mean loss of each: log loss or squared error; NaN: it was left out */
    double *without;     /* [n] of the ensemble without it; NaN where that is not known */
    double *correlation; /* [n][n] of their errors */
    double *q;           /* [n][n] Yule's Q of right and wrong; NaN for numbers */
    double ensemble;     /* mean loss of all; NaN with a final learner */
} ens__stack_report;

typedef struct ens__stack {
    size_t n, n_each;    /* members that are used, fits of each: one, or one a fold */
    size_t *which;       /* [n] ascending: their numbers in the recipe */
    ens_fitted *fit;     /* [n][n_each] */
    double *weight;      /* [n][n_each] of each fit */
    ens__stack_form form;
    size_t k, p;         /* outputs, features */
    size_t scratch;      /* the most that a fit's predict needs */
    ens_fitted final;
    char *final_recipe;  /* with the transforms that it needs */
    bool *is_code;       /* [p] features that are categories, if passthrough */
    uint32_t *n_levels;  /* [p] */
    char **name;         /* [n_names] recipes of members, for ens__stack_describe() */
    size_t n_names, *first; /* [n_names] the first member of the same recipe */
    ens__stack_report report; /* n is 0 of voting */
    size_t n_folds;      /* splits of the plan, 0 of voting */
} ens__stack;

/* For a recipe, and the outputs and features of its fit. */
ens_status ens__stack_new(ens__stack **out, const ens_learner *learner, size_t k, size_t p, ens_error *err);
/* Room for what is used: `use` [n] of the recipe's members, n_each fits of each. */
ens_status ens__stack_use(ens__stack *m, const size_t *use, size_t n, size_t n_each, ens_error *err);
/* Once all is fitted, or read. */
void ens__stack_finish(ens__stack *m);

/* Columns that a member's prediction is for the final learner. */
static inline size_t ens__stack_columns(const ens__stack *m)
{
    return m->k == 2 ? 1 : m->k;
}
/* Which of the features are categories, of how many levels: for a final learner that sees them. */
ens_status ens__stack_note_features(ens__stack *m, const ens_feature *feature, ens_error *err);
/* The name of column c of used member i: a new string, NULL without memory. */
char *ens__stack_column_name(const ens__stack *m, size_t i, size_t c);
/* to[c] of one row of a member's outputs. */
void ens__stack_columns_of(double *to, const ens__stack *m, const double *out);

/* ---- The functions of a type ----------------------------------------------------------------------------- */

void ens__stack_free(void *fit);
void ens__stack_predict(const void *fit, const ens_rows *rows, double *out, void *scratch);
size_t ens__stack_scratch(const void *fit);
size_t ens__stack_bytes(const void *fit);
ens_status ens__stack_write(const void *fit, ens_writer *w, ens_error *err);
ens_status ens__stack_describe(const void *fit, ens_status (*add)(void *ctx, const char *line), void *ctx,
                               ens_error *err);
ens_status ens__stack_read(void **out, const ens__stack_form *form, const ens_read_args *a, ens_error *err);

/* A recipe that is a tensor of a file, parsed, and its text, both for the caller to free. */
ens_status ens__stack_read_recipe(ens_learner **out, char **text, const char *name, const ens_read_args *a,
                                  ens_error *err);

/* ---- Fitting over folds ---------------------------------------------------------------------------------- */

/* Parameters that `stacking` and `selection` have in common. */
typedef struct ens__stack_spec {
    char *cv;
    int refit;       /* members are fitted again on all rows; else those of the folds are kept */
    int drop_failed; /* a member that fails in a fold is left out */
} ens__stack_spec;

/* Rows for a parameter struct that has an `ens__stack_spec spec`. */
#define ENS__STACK_ROWS(type)                                                                                \
    {"cv",                                                                                                   \
     "",                                                                                                     \
     ENS_PARAM_TEXT,                                                                                         \
     offsetof(type, spec.cv),                                                                                \
     "5",                                                                                                    \
     0,                                                                                                      \
     0,                                                                                                      \
     "",                                                                                                     \
     "plan of folds: 5, stratified(5), time(5, gap=10), holdout(0.2), ..."},                                 \
        {"refit", "", ENS_PARAM_BOOL, offsetof(type, spec.refit), "true", 0, 1, "",                          \
         "fit members again on all rows; false: keep those of the folds, and take their mean"},              \
    {                                                                                                        \
        "drop_failed", "", ENS_PARAM_BOOL, offsetof(type, spec.drop_failed), "false", 0, 1, "",              \
            "go on without a member that fails in a fold"                                                    \
    }

/* A fit over folds on its way. */
typedef struct ens__stacking {
    const ens_fit_args *a;
    const ens__stack_spec *spec;
    ens__stack *m;
    size_t n;               /* members that differ */
    size_t *number;         /* [n] their numbers in the recipe */
    const ens_learner **member; /* [n] */
    uint64_t *seed;         /* [n] */
    ens_folds *folds;
    ens__oof oof;
    uint32_t *tested;       /* [n_tested] rows of the fit that have predictions */
    size_t n_tested;
    size_t *left, n_left;   /* [n_left] members that were not left out */
    double *weight;         /* [n] what was found for each; NULL with a final learner */
} ens__stacking;

/* What sets j->weight from j->oof; NULL: a final learner does without. */
typedef ens_status (*ens__weigh_fn)(ens__stacking *j, const void *ctx, ens_error *err);

/* How members become one. */
typedef struct ens__stack_how {
    ens__weigh_fn weigh;
    const void *ctx;
    const ens_learner *final; /* or NULL */
    ens__stack_form form;
    ens__oof *given;          /* what the members predict, if that is known; taken. All of them must differ */
} ens__stack_how;

ens_status ens__stack_fit(void **out, const ens__stack_spec *spec, const ens__stack_how *how,
                          const ens_fit_args *a, ens_error *err);
/* out[i] is member i, fitted on the rows of the fit with this seed, for all n members. */
ens_status ens__stack_fit_members(ens_fitted *out, const ens_learner *const *member, const uint64_t *seed, size_t n,
                                  const ens_fit_args *a, ens_error *err);
/* Which members of a recipe differ from those before: number[n_members]. Returns how many. */
size_t ens__stack_distinct(size_t *number, const ens__stack *m);

/* selection.c: a fit of a recipe of `selection`; given as above, or NULL. */
ens_status ens__selection_fit(void **out, const ens_fit_args *a, ens__oof *given, ens_error *err);

/* stack_weigh.c: the weights that minimise the loss, never one that is larger than the best member's. */
ens_status ens__stack_weigh(ens__stacking *j, const void *ctx, ens_error *err);
/* The mean loss of a sum of members by weight[n], over the tested rows. */
double ens__stack_loss(const ens__stacking *j, const double *weight);
/* Weight of tested row i. */
double ens__stack_row_weight(const ens__stacking *j, size_t i);
/* stack_report.c */
ens_status ens__stack_report_make(ens__stacking *j, ens_error *err);
void ens__stack_report_clear(ens__stack_report *r);

extern const ens_learner_type ens__calibrated_type;
extern const ens_learner_type ens__conformal_type;
extern const ens_learner_type ens__voting_type;
extern const ens_learner_type ens__stacking_type;
extern const ens_learner_type ens__selection_type;
extern const ens_learner_type ens__auto_type;

#endif
