/* explain.h - what the explanations share: the fit's rows found again, permuted columns, trees, summaries. */
#ifndef ENS_EXPLAIN_EXPLAIN_H
#define ENS_EXPLAIN_EXPLAIN_H

#include <ensemble/explain.h>
#include <learn/align.h>
#include <learn/plan.h>
#include <tree/tree.h>

/* ---- refit.c: a labelled table as a fit on it would see it ------------------------------------------- */

typedef struct ens__refit {
    const ens_model *model;
    ens__plan plan;
    ens__alignment aligned;
    int32_t *label; /* [n_table] by table row, as a has it; -1 is a class that the model does not know */
    double *y;      /* [n_table] */
    ens_fit_args a; /* as ens_fit() had them, were this the table of the fit */
} ens__refit;

ens_status ens__refit_make(ens__refit *out, const ens_model *model, const ens_dataset *data,
                           const ens_exec *exec, ens_error *err);
/* The same, and it is the table of the fit, of a learner whose members draw bags: ENS_EDATA, ENS_ESUPPORT. */
ens_status ens__refit_again(ens__refit *out, const ens_model *model, const ens_dataset *data,
                            const ens_exec *exec, ens_error *err);
void ens__refit_clear(ens__refit *r);

/* Members of the model, the scratch that any of them needs, and how often each row is in the bag of one. */
size_t ens__refit_members(const ens__refit *r);
size_t ens__refit_scratch(const ens__refit *r);
ens_status ens__refit_draw(uint32_t *count, const ens__refit *r, size_t t, ens_error *err);
/* A new array [members][ens__oob_words(n)]: a bit for each row in a bag. ENS_EDATA if no row is out of one. */
ens_status ens__refit_bags(uint64_t **in_bag, const ens__refit *r, ens_error *err);
/* ENS_EDATA: every row is in every bag. */
ens_status ens__no_row_out(const ens__refit *r, ens_error *err);

/* ---- permutation.c ------------------------------------------------------------------------------------ */

/* A column in which some rows have changed places, for one worker at a time. */
typedef struct ens__shuffled {
    void *value;     /* [n_table] numbers or codes */
    uint32_t *order; /* [n] */
} ens__shuffled;

ens_status ens__shuffled_init(ens__shuffled *s, size_t n_table, size_t n, ens_error *err);
void ens__shuffled_clear(ens__shuffled *s);
/* The feature with the values of its n rows permuted by the stream (seed, permute, index). */
ens_feature ens__shuffle(ens__shuffled *s, const ens_feature *feature, const uint32_t *row, size_t n,
                         uint64_t seed, uint64_t index);

/* Mean of value[i * stride], i < n, that are not NaN, its standard error and t-interval. */
void ens__importance_of(ens_importance *out, const double *value, size_t n, size_t stride, double level);
/* oob.c: out[p] of value[members][p], NaN for members that drew every row; ENS_EDATA if all did. */
ens_status ens__importances_of(ens_importance *out, const double *value, const ens__refit *r, double level,
                               ens_error *err);
/* The options with the defaults filled in; ENS_ERANGE. */
ens_status ens__importance_options_of(ens_importance_options *out, const ens_importance_options *options,
                                      ens_error *err);

/* ---- leaves.c ----------------------------------------------------------------------------------------- */

/* A tree of a model, however deep in it. */
typedef struct ens__grown {
    const ens__tree *tree;
    uint32_t *feature; /* [p] numbers among the model's features; NULL: all */
    size_t p;
    size_t member; /* of the root; 0 if that is the tree */
    const struct ens__trees *form; /* has it as tree `member`, of the model's features; or NULL */
} ens__grown;

typedef struct ens__grove {
    ens__grown *grown; /* [n] */
    size_t n, room;
} ens__grove;

/* ENS_ESUPPORT, naming the learner that is no tree. */
ens_status ens__grove_make(ens__grove *out, const ens_model *model, ens_error *err);
void ens__grove_clear(ens__grove *g);

/* Where leaf numbers go: that of row i in tree t to out[i * by_row + t * by_tree]. */
typedef struct ens__leaf_table {
    uint32_t *out;
    size_t by_row, by_tree;
} ens__leaf_table;

ens_status ens__leaves_find(const ens__leaf_table *to, const ens__grove *g, const ens_rows *rows,
                            const ens_exec *exec, ens_error *err);

#endif
