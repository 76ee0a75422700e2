/* linear_state.h - what fits of `linear` and `logistic` come to: coefficients, and what is known of them. */
#ifndef ENS_LEARN_LINEAR_STATE_H
#define ENS_LEARN_LINEAR_STATE_H

#include <ensemble/ext.h>
#include <learn/design.h>

typedef enum ens__linear_end {
    ENS__LINEAR_GAVE_UP,   /* max_iter was reached before the coefficients were precise enough */
    ENS__LINEAR_ENDED,
    ENS__LINEAR_FEW_EPOCHS /* gradient steps: the loss was still falling */
} ens__linear_end;

typedef struct ens__linear {
    size_t k, p;       /* scores a row: 1 for numbers and for two classes */
    double *coef;      /* [k][p] */
    double *intercept; /* [k] */
    double *error;     /* [k][p + 1] standard errors, the intercept's last, 0 where there is none; or NULL */
    double df;         /* of Student's t, which their quotients have; 0: they are normal */
    uint32_t steps;    /* that the fit took */
    uint32_t ended;    /* of ens__linear_end */
    char **name;       /* [p] of the features */
} ens__linear;

ens_status ens__linear_new(ens__linear **out, size_t k, const ens_feature *feature, size_t p,
                           ens_error *err);
void ens__linear_free(void *fit);

/* Coefficients of the standardised columns, theta[k][q], become those of the features.  response is 1 over the scale of
 * the response. ENS_EDATA, naming the feature, if one is too large for a double. */
ens_status ens__linear_set(ens__linear *m, const ens__design *d, const double *theta, double response,
                           double response_mean, ens_error *err);
/* Standard errors from l[k q][k q], LL' being the information of theta / sigma^2; of several outputs, those of
 * coefficients whose sum over them is zero. */
ens_status ens__linear_errors(ens__linear *m, const ens__design *d, const double *l, const bool *aliased,
                              double sigma, ens_error *err);

/* out[i * stride + c] = intercept_c + sum_j coef_cj x_ij: never NaN */
void ens__linear_scores(const ens__linear *m, const ens_rows *rows, double *out, size_t stride);

/* Of the type. */
ens_status ens__linear_write(const void *fit, ens_writer *w, ens_error *err);
ens_status ens__linear_read(void **out, const ens_read_args *a, size_t k, ens_error *err);
ens_status ens__linear_describe(const void *fit, ens_status (*add)(void *ctx, const char *line), void *ctx,
                                ens_error *err);
size_t ens__linear_bytes(const void *fit);

#endif
