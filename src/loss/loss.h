/* loss.h - losses: what boosting minimises.
 *
 * A loss is an ens_loss_type (ensemble/ext.h) with parameters, made of a line such as `huber(alpha=0.9)`. Its functions
 * work on float32 targets and scores: a gradient needs no more, since its rows are summed and the sum is divided; the
 * scores of a thousand rounds are then off by 1e-6 of their size, far below what a round changes. So that the size is
 * that of what is left to explain, losses that shift get targets less an origin, the median.
 *
 *     ens__loss_new(&loss, "poisson", ENS_TASK_REGRESSION, 0, err);
 *     ens__loss_origin(&origin, loss, &targets, err);        checks the targets
 *     ens__loss_fill(y, loss, origin, &targets);
 *     ens__loss_start(start, loss, &rows, err);              constant scores, to which trees are added
 *     each round, for blocks of rows:  loss->type->gradient(loss->params, &block, g, h);
 *     prediction:  ens__loss_link(loss, origin, scores, n, out);
 *
 * All functions are pure; blocks may be worked on by several threads, and which blocks are taken does not change a
 * bit. */
#ifndef ENS_LOSS_LOSS_H
#define ENS_LOSS_LOSS_H

#include <ensemble/ext.h>
#include <stdbool.h>

typedef struct ens__loss {
    const ens_loss_type *type;
    void *params;
    size_t k;         /* scores a row */
    size_t n_outputs; /* predictions a row: classes; or 1, or the levels of quantile */
} ens__loss;

/* By its line; "auto" is squared, logistic or softmax. n_classes counts for classification only.
 * ENS_ESUPPORT if it is not for this task or so many classes; errors of parsing. */
ens_status ens__loss_new(ens__loss **out, const char *line, ens_task task, size_t n_classes, ens_error *err);
void ens__loss_free(ens__loss *loss);
/* Whether the line can be parsed, for ens_learner_type's check(): task and classes are not known there. */
ens_status ens__loss_check_line(const char *line, ens_error *err);

/* Where targets lie: of row i in label[row[i]] for classification, else in y[row[i]]. */
typedef struct ens__loss_targets {
    const double *y;
    const int32_t *label;
    const uint32_t *row;
    size_t n;
    const double *offset; /* by table row; NULL: 0. Of ENS_LOSS_SHIFTS it is subtracted from y */
} ens__loss_targets;

/* Is an offset, if there is one, for responses rather than for scores? */
static inline bool ens__loss_shifts(const ens__loss *loss)
{
    return (loss->type->caps & ENS_LOSS_SHIFTS) != 0;
}

/* ENS_ESUPPORT for a loss to whose scores one offset for all of a row adds nothing. */
ens_status ens__loss_check_offset(const ens__loss *loss, ens_error *err);

/* ENS_EDATA for a response that the loss cannot take, naming its row. *out is what to subtract from all. */
ens_status ens__loss_origin(double *out, const ens__loss *loss, const ens__loss_targets *t, ens_error *err);
/* The same check alone, as for validation rows. */
ens_status ens__loss_check(const ens__loss *loss, double origin, const ens__loss_targets *t, ens_error *err);
/* y[i], as ens_loss_rows wants it. */
void ens__loss_fill(float *y, const ens__loss *loss, double origin, const ens__loss_targets *t);

/* Where the groups of rows begin, from the group number of each, of_row[row[i]], or of_row[i] if row is NULL:
 * group[*n_groups + 1], a new array for ens__free(). ENS_EDATA, naming the row, if rows of a group are apart or too
 * many for the loss. */
ens_status ens__loss_groups(uint32_t **group, size_t *n_groups, const ens__loss *loss, const uint32_t *of_row,
                            const uint32_t *row, size_t n, ens_error *err);

/* out[k]: scores of least mean loss, one for all rows, to be added to those of rows->score (offsets) unless that is
 * NULL. O(n), or a few passes of gradients. */
ens_status ens__loss_start(double *out, const ens__loss *loss, const ens_loss_rows *rows, ens_error *err);

/* The part of rows from `begin`, of n rows. For ENS_LOSS_RANKS both ends lie between groups. */
ens_loss_rows ens__loss_block(const ens__loss *loss, const ens_loss_rows *rows, size_t begin, size_t n);
/* Of ENS_LOSS_RANKS the first row not below `row` at which a group begins, or n; else `row`. */
size_t ens__loss_cut(const ens__loss *loss, const ens_loss_rows *rows, size_t row);

/* g and h [k][rows->stride] of all rows; h may be NULL for ENS_LOSS_UNIT_HESSIAN. In parallel, over fixed blocks. */
ens_status ens__loss_gradient(float *g, float *h, const ens__loss *loss, const ens_loss_rows *rows,
                              const ens_exec *exec, ens_error *err);
/* Mean loss of all rows by weight (for ENS_LOSS_RANKS: of groups). Over fixed blocks in a fixed order. */
ens_status ens__loss_value(double *out, const ens__loss *loss, const ens_loss_rows *rows, const ens_exec *exec,
                           ens_error *err);

/* Predictions out[n][n_outputs] from score[n][k], the sum of start and trees. out and score may not overlap. */
void ens__loss_link(const ens__loss *loss, double origin, const double *score, size_t n, double *out);

/* A loss by its name; NULL if there is none. */
const ens_loss_type *ens__loss_type_find(const char *name, size_t n);

/* The built-in ones. */
extern const ens_loss_type ens__squared_loss, ens__absolute_loss, ens__huber_loss, ens__quantile_loss,
    ens__log_cosh_loss, ens__poisson_loss, ens__gamma_loss, ens__tweedie_loss, ens__logistic_loss,
    ens__softmax_loss, ens__exponential_loss, ens__cross_entropy_loss, ens__lambdarank_loss;

#endif
