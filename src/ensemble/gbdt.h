/* gbdt.h - gradient boosting on histogram trees: what its files share. */
#ifndef ENS_ENSEMBLE_GBDT_H
#define ENS_ENSEMBLE_GBDT_H

#include <core/param.h>
#include <ensemble/ext.h>
#include <loss/loss.h>
#include <stdatomic.h>
#include <tree/boost.h>
#include <tree/trees.h>

typedef struct ens__gbdt_params {
    char *loss;
    int64_t n_estimators;
    double learning_rate;
    int64_t max_leaf_nodes, max_depth;
    int grow_policy;
    int64_t min_samples_leaf;
    double min_child_weight, reg_alpha, l2_regularization, min_split_gain;
    int64_t max_bins;
    double subsample, colsample_bytree, colsample_bylevel, colsample_bynode;
    ens_list class_weight;
    int64_t min_samples_level, max_cat_threshold;
    double cat_smooth, cat_l2;
    int64_t n_iter_no_change; /* below 0: no early stopping */
    double validation_fraction, tol;
    char *scoring; /* "loss", or a metric */
    int data_sample_strategy;
    double top_rate, other_rate;
    int boosting;
    double drop_rate, skip_drop;
    int64_t max_drop; /* below 0: no limit */
    ens_list monotonic_cst;
    char *interaction_cst;
    ens_list quantiles; /* v NULL: none */
} ens__gbdt_params;

enum { ENS__GROW_LOSSGUIDE, ENS__GROW_DEPTHWISE };
enum { ENS__SAMPLE_BAGGING, ENS__SAMPLE_GOSS };
enum { ENS__BOOSTING_GBDT, ENS__BOOSTING_DART };

/* A fitted one: scores are start[c] + the trees of c; outputs are of the loss, times unit. */
typedef struct ens__gbdt {
    ens__loss *loss;
    size_t k;         /* scores a row: trees of a round */
    size_t n_rounds;
    ens__tree **tree; /* [n_rounds][k] */
    double *gain;     /* [n_rounds][k] how much each lowered the loss */
    double *start;    /* [k] */
    double *level;    /* [n_levels] quantiles, of which `middle`, the nearest to the median, is the prediction */
    size_t n_levels, middle; /* 0: predictions are the loss's */
    double origin;    /* of the responses */
    double unit;      /* responses were divided by it, a power of two */
    double *curve;    /* [n_curve][n_metrics] of rows that told when to stop: mean loss, and a metric if asked for,
                       * at the start and after each round that was played; NULL: there were no such rows */
    size_t n_curve, n_metrics;
    ens__trees **form; /* [k] runtime forms, NULL where there is none */
    struct ens__gbdt *base; /* owns the trees of the first base->n_rounds rounds; NULL: all are its own */
    atomic_size_t refs;     /* the model, and those of which it is the base */
} ens__gbdt;

/* Without trees, for this many rounds. */
ens_status ens__gbdt_new(ens__gbdt **out, const ens__gbdt_params *p, ens_task task, size_t n_classes, size_t n_rounds,
                         ens_error *err);
void ens__gbdt_free(void *state);
/* Predictions a row: those of the loss, or one of several quantiles. */
size_t ens__gbdt_outputs(const ens__gbdt *g);
/* out[n][loss->n_outputs] from score[n][k]; then, in place, out[n][ens__gbdt_outputs()]. */
void ens__gbdt_link(const ens__gbdt *g, const double *score, size_t n, double *out);
void ens__gbdt_choose(const ens__gbdt *g, size_t n, double *out);
/* Numbers in a point of the curve. */
size_t ens__gbdt_metrics(const ens__gbdt_params *p);
/* The runtime forms of its trees. */
ens_status ens__gbdt_pack(ens__gbdt *g, const ens_feature *feature, size_t p, const ens_exec *exec, ens_error *err);

/* gbdt_fit.c */
ens_status ens__gbdt_fit(void **out, const void *params, const ens_fit_args *a, ens_error *err);
ens_status ens__gbdt_extend(void **out, const void *from, const void *params, const ens_fit_args *a, ens_error *err);
/* gbdt_file.c */
ens_status ens__gbdt_write(const void *state, ens_writer *w, ens_error *err);
ens_status ens__gbdt_read(void **out, const ens_read_args *a, ens_error *err);

extern const ens_learner_type ens__gbdt_type;

#endif
