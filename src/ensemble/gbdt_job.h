/* gbdt_job.h - a fit of gbdt at work, for the files that make one. */
#ifndef ENS_ENSEMBLE_GBDT_JOB_H
#define ENS_ENSEMBLE_GBDT_JOB_H

#include <ensemble/gbdt.h>

/* Rows of a task that looks at each of them. */
#define ENS__GBDT_ROWS 4096

/* Rows that tell when to stop: some of the fit's, or of another table. */
typedef struct ens__gbdt_valid {
    size_t n;         /* 0: there are none */
    uint32_t *held;   /* [n] rows of the fit that are not learned from; NULL: of another table */
    float *y, *w;     /* [n]; w NULL: all 1 */
    float *score;     /* [k][n] */
    int32_t *label;   /* [n] for metrics, as the next three */
    double *truth, *weight;
    double *offset;   /* [n] NULL: there are none */
    double *pred;     /* [n][outputs of the loss] */
    double *wide;     /* [n][k] scores */
    uint32_t *of_group; /* [n] number of each row's group; NULL: there are none */
    uint32_t *group;  /* [n_groups + 1] where groups begin, for a loss that ranks; else NULL */
    size_t n_groups;
    double mark;      /* the value from which the first metric must improve */
    size_t stale, best; /* rounds since it did; the best round, from 0 for the start */
    double sign;      /* -1: more is better */
} ens__gbdt_valid;

typedef struct ens__gbdt_job {
    const ens__gbdt_params *p;
    const ens_fit_args *a;
    ens__gbdt *g;
    const ens__gbdt *from; /* to add to, or NULL */
    ens__boost_options options;
    int8_t *monotonic;  /* [p] or NULL, as the next */
    uint64_t *together;
    ens__boost_rows *rows;
    ens__booster *booster;
    size_t n;
    double *scaled;     /* [n_table] responses over the unit; NULL: they are as given */
    float *y, *w;       /* [n]; w NULL: all 1 */
    double w_most;      /* the greatest of w, or what it is multiplied by in a round */
    uint32_t *group;    /* [n_groups + 1] where groups begin, for a loss that ranks; else NULL */
    size_t n_groups;
    float *score;       /* [k][n] */
    float *grad, *hess; /* [k][n]; hess NULL: all 1 */
    double adapted;     /* of the loss in this round */
    uint32_t *train;    /* [n_train] rows that are learned from, ascending; NULL: all */
    size_t n_train;
    uint32_t *part;     /* [n_part] those of the round; NULL: all that are learned from */
    size_t n_part;
    uint32_t *chosen;   /* [n_train] scratch of a draw */
    uint32_t *dropped;  /* [n_dropped] DART: rounds that are left out in this one */
    size_t n_dropped;
    ens__gbdt_valid valid;
    bool ended;
} ens__gbdt_job;

/* gbdt_begin.c: all that is known before the first round; and the end. */
ens_status ens__gbdt_begin(ens__gbdt_job *j, ens_error *err);
void ens__gbdt_end(ens__gbdt_job *j);
/* The rows as the loss sees them. */
ens_loss_rows ens__gbdt_loss_rows(const ens__gbdt_job *j);
/* score += sign times the values of the trees of round r, for the rows of the fit and those that tell when to stop. */
ens_status ens__gbdt_replay(ens__gbdt_job *j, size_t r, float sign, ens_error *err);

/* gbdt_constraints.c: into the options; refused if they do not suit the table or the loss. */
ens_status ens__gbdt_constrain(ens__gbdt_job *j, ens_error *err);

/* gbdt_valid.c */
/* Rows to hold out, before anything is made of the others. */
ens_status ens__gbdt_hold_out(ens__gbdt_job *j, ens_error *err);
/* Their targets and scores, once those of the fit are there. */
ens_status ens__gbdt_valid_begin(ens__gbdt_job *j, ens_error *err);
void ens__gbdt_valid_end(ens__gbdt_valid *v);
/* The scores of rows of another table get the trees of a round. */
ens_status ens__gbdt_valid_add(ens__gbdt_job *j, size_t round, ens_error *err);
/* A point of the curve, after so many rounds; sets j->ended. */
ens_status ens__gbdt_look_up(ens__gbdt_job *j, size_t rounds, ens_error *err);
/* Give back the rounds after the best. */
void ens__gbdt_keep_best(ens__gbdt_job *j);

/* gbdt_draw.c: which rows and which old trees take part in round r; gradients are there. */
ens_status ens__gbdt_draw_rows(ens__gbdt_job *j, size_t r, ens_error *err);
/* DART, before the gradients: leave rounds out of the scores, and afterwards put them back with their new weight. */
ens_status ens__gbdt_drop(ens__gbdt_job *j, size_t r, ens_error *err);
ens_status ens__gbdt_put_back(ens__gbdt_job *j, ens_error *err);

#endif
