/* gbdt_begin.c - what a fit of gbdt has before its first round: weights, targets, codes, constant scores. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <data/bins.h>
#include <ensemble/gbdt_job.h>
#include <ensemble/members.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <math.h>
#include <string.h>

/* Responses beyond these are divided by a unit first, where the loss allows. */
#define SMALL_RESPONSE 0x1p-60
#define LARGE_RESPONSE 0x1p60

typedef ens__gbdt_job job;

/* Losses that need more than a table has. */
static ens_status check_loss(const ens__gbdt *g, const ens_fit_args *a, ens_error *err)
{
    const ens__loss *loss = g->loss;
    ens_status st = ens__members_check_loss(loss, "gbdt", a, err);

    if (st != ENS_OK)
        return st;
    if (ens__gbdt_outputs(g) != a->k)
        return ens__fail(err, ENS_ESUPPORT,
                         "gbdt: loss %s predicts %zu numbers a row; gbdt.quantiles has "
                         "several quantiles",
                         loss->type->name, loss->n_outputs);
    return ENS_OK;
}

/* Weights of samples and classes; none if all are 1. */
static ens_status fill_weights(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    double *of_class = NULL;
    bool any = false;
    ens_status st = ens__tree_class_weights(&of_class, &j->p->class_weight, a, err);

    if (st != ENS_OK)
        return st;
    if ((j->w = ens__array(j->n, sizeof *j->w)) == NULL) {
        ens__free(of_class);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < j->n; i++) {
        uint32_t row = a->rows.row[i];
        double w = a->w != NULL ? a->w[row] : 1;

        w *= of_class != NULL ? of_class[a->label[row]] : 1;
        any = any || w != 1;
        j->w[i] = (float)w;
        j->w_most = fmax(j->w_most, j->w[i]);
    }
    ens__free(of_class);
    if (!any) {
        j->w_most = 1;
        ens__free(j->w);
        j->w = NULL;
    }
    return ENS_OK;
}

/* A response less its offset. */
static double rest(const ens_fit_args *a, size_t i)
{
    uint32_t row = a->rows.row[i];

    return a->offset != NULL ? a->y[row] - a->offset[row] : a->y[row];
}

/* Squared errors of any size: responses by a unit, a power of two. */
static ens_status scale_responses(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    double most = 0;
    int exponent;

    if (j->g->loss->type != &ens__squared_loss)
        return ENS_OK;
    for (size_t i = 0; i < j->n; i++)
        most = fmax(most, fabs(rest(a, i)));
    if (most == 0 || (most >= SMALL_RESPONSE && most <= LARGE_RESPONSE))
        return ENS_OK;
    if ((j->scaled = ens__array(a->n_table, sizeof *j->scaled)) == NULL)
        return ens__nomem(err);
    frexp(most, &exponent);
    j->g->unit = ldexp(1, exponent < -1000 ? -1000 : exponent);
    for (size_t i = 0; i < j->n; i++)
        j->scaled[a->rows.row[i]] = rest(a, i) / j->g->unit;
    return ENS_OK;
}

ens_loss_rows ens__gbdt_loss_rows(const job *j)
{
    return (ens_loss_rows){
        .n = j->n,
        .k = j->g->k,
        .y = j->y,
        .w = j->w,
        .score = j->score,
        .stride = j->n,
        .group = j->group,
        .n_groups = j->n_groups,
        .adapted = j->adapted,
    };
}

/* How often row i of the fit is learned from, and the row after it. */
static uint32_t times(const job *j, size_t i, size_t *at)
{
    if (j->train != NULL && (*at == j->n_train || j->train[*at] != i))
        return 0;
    ++*at;
    return j->a->count != NULL ? j->a->count[i] : 1;
}

/* What row i's scores have besides the trees. */
static double offset_of(const job *j, size_t i)
{
    return j->a->offset != NULL && !ens__loss_shifts(j->g->loss)
               ? j->a->offset[j->a->rows.row[i]]
               : 0;
}

/* The constant scores: of rows that are learned from, as often as they were drawn. */
static ens_status start_scores(job *j, ens_error *err)
{
    ens_loss_rows rows = ens__gbdt_loss_rows(j);
    bool offset = j->a->offset != NULL && !ens__loss_shifts(j->g->loss);
    float *w = ens__array(j->n, sizeof *w), *y = ens__array(j->n, sizeof *y);
    size_t n = 0, at = 0;
    ens_status st;

    if (w == NULL || y == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < j->n; i++) {
        uint32_t count = times(j, i, &at);

        y[n] = j->y[i];
        w[n] = (float)count * (j->w != NULL ? j->w[i] : 1);
        j->score[n] = (float)offset_of(j, i); /* of one score a row, if there are any */
        n += count > 0;
    }
    rows.y = y;
    rows.w = j->w == NULL && j->a->count == NULL ? NULL : w;
    rows.n = n;
    rows.score = offset ? j->score : NULL;
    st = ens__loss_start(j->g->start, j->g->loss, &rows, err);
    for (size_t c = 0; c < j->g->k && st == ENS_OK; c++)
        for (size_t i = 0; i < j->n; i++)
            j->score[c * j->n + i] = (float)(j->g->start[c] + offset_of(j, i));
done:
    ens__free(w);
    ens__free(y);
    return st;
}

/* The origin of responses, of rows as often as they were drawn: it is a median. */
static ens_status find_origin(job *j, ens__loss_targets t, ens_error *err)
{
    uint32_t *row = NULL;
    size_t n = 0, at = 0;
    ens_status st;

    if (j->a->count == NULL && j->train == NULL)
        return ens__loss_origin(&j->g->origin, j->g->loss, &t, err);
    for (size_t i = 0; i < j->n; i++)
        n += times(j, i, &at);
    if ((row = ens__array(n, sizeof *row)) == NULL)
        return ens__nomem(err);
    n = at = 0;
    for (size_t i = 0; i < j->n; i++)
        for (uint32_t r = times(j, i, &at); r > 0; r--)
            row[n++] = t.row[i];
    t.row = row;
    t.n = n;
    st = ens__loss_origin(&j->g->origin, j->g->loss, &t, err);
    ens__free(row);
    return st;
}

static ens_status fill_targets(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    const ens__loss *loss = j->g->loss;
    ens__loss_targets t = {a->y, a->label, a->rows.row, j->n, a->offset};
    size_t cells = j->n * j->g->k;
    ens_status st;

    if ((j->y = ens__array(j->n, sizeof *j->y)) == NULL ||
        (j->score = ens__array(cells, sizeof *j->score)) == NULL ||
        (j->grad = ens__array(cells, sizeof *j->grad)) == NULL ||
        (!j->options.unit && (j->hess = ens__array(cells, sizeof *j->hess)) == NULL))
        return ens__nomem(err);
    if ((st = scale_responses(j, err)) != ENS_OK)
        return st;
    if (j->scaled != NULL) {
        t.y = j->scaled;
        t.offset = NULL;
    }
    if ((st = find_origin(j, t, err)) != ENS_OK ||
        (j->train != NULL &&
         (st = ens__loss_check(loss, j->g->origin, &t, err)) != ENS_OK))
        return st;
    ens__loss_fill(j->y, loss, j->g->origin, &t);
    return start_scores(j, err);
}

/* Where they begin, for a loss that ranks. */
static ens_status find_groups(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;

    if ((j->g->loss->type->caps & ENS_LOSS_RANKS) == 0)
        return ENS_OK;
    return ens__loss_groups(&j->group, &j->n_groups, j->g->loss, a->group, a->rows.row,
                            j->n, err);
}

static size_t limit_of(int64_t value)
{
    return value < 0 ? SIZE_MAX : (size_t)value;
}

static ens__boost_options options_of(const ens__gbdt_params *p)
{
    return (ens__boost_options){
        .max_leaves = limit_of(p->max_leaf_nodes),
        .max_depth = limit_of(p->max_depth),
        .by_depth = p->grow_policy == ENS__GROW_DEPTHWISE,
        .min_leaf = (size_t)p->min_samples_leaf,
        .min_hessian = p->min_child_weight,
        .alpha = p->reg_alpha,
        .lambda = p->l2_regularization,
        .min_gain = p->min_split_gain,
        .rate = p->learning_rate,
        .tree_share = p->colsample_bytree,
        .depth_share = p->colsample_bylevel,
        .node_share = p->colsample_bynode,
        .cat_smooth = p->cat_smooth,
        .cat_lambda = p->cat_l2,
        .cat_most = (size_t)p->max_cat_threshold,
        .min_level = (size_t)p->min_samples_level,
    };
}

ens_status ens__gbdt_begin(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    unsigned max_bins = (unsigned)j->p->max_bins;
    ens_status st;

    j->n = a->rows.n;
    j->options = options_of(j->p);
    j->n_train = j->n;
    if ((st = check_loss(j->g, a, err)) != ENS_OK ||
        (st = fill_weights(j, err)) != ENS_OK ||
        (st = ens__gbdt_constrain(j, err)) != ENS_OK ||
        (st = find_groups(j, err)) != ENS_OK ||
        (st = ens__gbdt_hold_out(j, err)) != ENS_OK)
        return st;
    j->options.unit = j->w == NULL && j->p->data_sample_strategy == ENS__SAMPLE_BAGGING &&
                      (j->g->loss->type->caps & ENS_LOSS_UNIT_HESSIAN) != 0;
    if ((st = fill_targets(j, err)) != ENS_OK ||
        (st = ens__bins_prepare(a->rows.feature, a->rows.p, a->n_table, max_bins, a->exec,
                                err)) != ENS_OK ||
        (st = ens__boost_rows_make(&j->rows, a, max_bins, err)) != ENS_OK)
        return st;
    if ((st = ens__booster_make(&j->booster, &j->options, j->rows, a, a->exec, err)) !=
        ENS_OK)
        return st;
    return ens__gbdt_valid_begin(j, err);
}

void ens__gbdt_end(job *j)
{
    ens__booster_free(j->booster);
    ens__boost_rows_free(j->rows);
    ens__free(j->scaled);
    ens__free(j->y);
    ens__free(j->w);
    ens__free(j->group);
    ens__free(j->score);
    ens__free(j->grad);
    ens__free(j->hess);
    ens__free(j->monotonic);
    ens__free(j->together);
    ens__free(j->train);
    ens__free(j->part);
    ens__free(j->chosen);
    ens__free(j->dropped);
    ens__gbdt_valid_end(&j->valid);
    ens__gbdt_free(j->g);
}

/* ---- Trees again -------------------------------------------------------------------------------------------- */

typedef struct replay {
    const job *j;
    size_t r;
    float sign;
    size_t own; /* blocks of rows of the fit; those of another table follow */
} replay;

static size_t blocks_of(size_t n)
{
    return (n + ENS__GBDT_ROWS - 1) / ENS__GBDT_ROWS;
}

/* As floats, so that the scores are those that they were when the tree was new. */
static ens_status replay_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const replay *v = ctx;
    const job *j = v->j;
    bool own = block < v->own;
    ens_rows rows = own ? j->a->rows : j->a->valid->rows;
    size_t n = rows.n, begin = (own ? block : block - v->own) * ENS__GBDT_ROWS;
    float *score = own ? j->score : j->valid.score;
    uint32_t leaf[ENS__GBDT_ROWS];

    (void)worker;
    (void)err;
    rows.row += begin;
    rows.n = n - begin < ENS__GBDT_ROWS ? n - begin : ENS__GBDT_ROWS;
    for (size_t c = 0; c < j->g->k; c++) {
        const ens__tree *tree = j->g->tree[v->r * j->g->k + c];

        ens__tree_find(tree, &rows, leaf);
        for (size_t i = 0; i < rows.n; i++)
            score[c * n + begin + i] += v->sign * (float)tree->node[leaf[i]].value;
    }
    return ENS_OK;
}

ens_status ens__gbdt_replay(job *j, size_t r, float sign, ens_error *err)
{
    replay v = {j, r, sign, blocks_of(j->n)};
    size_t others = j->valid.n > 0 && j->valid.held == NULL ? blocks_of(j->valid.n) : 0;

    return ens__par_for(v.own + others, j->a->exec, NULL, replay_block, &v, NULL, err);
}
