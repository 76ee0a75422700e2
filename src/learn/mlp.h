/* mlp.h - inside of `mlp`: its parameters and what a fit comes to. */
#ifndef ENS_LEARN_MLP_H
#define ENS_LEARN_MLP_H

#include <ensemble/ext.h>
#include <ensemble/optim.h>
#include <learn/mlp_net.h>
#include <loss/loss.h>

typedef struct ens__mlp_params {
    ens_list hidden_layer_sizes;
    int activation;
    char *loss;
    int optimizer;
    double alpha, weight_decay;
    int64_t batch_size;
    double learning_rate_init;
    int learning_rate;
    double power_t;
    int64_t step_size;
    double gamma;
    int64_t max_iter;
    int shuffle;
    double tol;
    int64_t n_iter_no_change;
    int early_stopping;
    double validation_fraction;
    double momentum, beta_1, beta_2, epsilon, clip_norm;
    double dropout;
    int batch_norm;
    double label_smoothing;
    double clip_inputs;
    int init, categories;
    ens_list class_weight;
} ens__mlp_params;

/* A point of the learning curve: mean losses of an epoch. */
typedef struct ens__mlp_point {
    double train, valid; /* valid is NaN where there is none */
} ens__mlp_point;

typedef struct ens__mlp {
    ens__net net;
    ens__real *theta;      /* folded */
    ens__loss *loss;
    size_t p;
    uint32_t *levels;      /* [p] of each feature, 0 for numbers */
    double clip;           /* numbers are bent to be within it; 0: not */
    double origin, unit;   /* of the response */
    ens__mlp_point *curve; /* [n_curve] */
    size_t n_curve, best;  /* epochs played; which was kept, from 1 on */
} ens__mlp;

/* Without theta, which the caller allocates. */
ens_status ens__mlp_new(ens__mlp **out, const ens__mlp_params *p, const ens_feature *feature, size_t n_features,
                        ens_task task, size_t k, ens_error *err);
void ens__mlp_free(void *fit);
/* Rows begin .. begin + n - 1 of these as inputs: x[n][stride], code[n][n_tables]. */
void ens__mlp_inputs(const ens__mlp *m, const ens_rows *rows, size_t begin, size_t n, ens__real *x, size_t stride,
                     int32_t *code);

ens_status ens__mlp_fit(void **out, const void *params, const ens_fit_args *a, ens_error *err);

ens_status ens__mlp_write(const void *fit, ens_writer *w, ens_error *err);
ens_status ens__mlp_read(void **out, const ens_read_args *a, ens_error *err);
ens_status ens__mlp_describe(const void *fit, ens_status (*add)(void *ctx, const char *line), void *ctx,
                             ens_error *err);

#endif
