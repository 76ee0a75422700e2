/* mlp_fit.h - the rows of a network's fit. */
#ifndef ENS_LEARN_MLP_FIT_H
#define ENS_LEARN_MLP_FIT_H

#include <learn/mlp.h>

/* Some rows as the net wants them. */
typedef struct ens__mlp_set {
    size_t n;
    ens__real *x;   /* [n][n_numbers] */
    int32_t *code;  /* [n][n_tables] */
    float *y;       /* [n] */
    float *w;       /* [n] weights, of mean 1 in training */
    float *score;   /* [k][n] where they are wanted, else NULL */
} ens__mlp_set;

/* Sets m->origin and m->unit, and checks the targets of the fit and of its validation table. */
ens_status ens__mlp_target(ens__mlp *m, const ens_fit_args *a, ens_error *err);
/* Rows of the fit that are (not) held out: those with held[i] == part; held is NULL: all. */
ens_status ens__mlp_set_fit(ens__mlp_set *s, const ens__mlp *m, const ens__mlp_params *p, const ens_fit_args *a,
                            const uint8_t *held, uint8_t part, ens_error *err);
/* Rows of the validation table; of classes that the fit does not know they are left out. */
ens_status ens__mlp_set_valid(ens__mlp_set *s, const ens__mlp *m, const ens_fit_args *a, ens_error *err);
void ens__mlp_set_clear(ens__mlp_set *s);

/* held[a->rows.n] is 1 for this part of the rows: of each class, or of groups. ENS_ERANGE if that is none or all. */
ens_status ens__mlp_hold_out(uint8_t *held, double part, const ens_fit_args *a, ens_error *err);

#endif
