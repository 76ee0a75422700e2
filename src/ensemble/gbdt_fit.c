/* gbdt_fit.c - the rounds of boosting: gradients of the loss at the scores so far, a tree that follows them, new
 * scores.
 *
 * Round r draws from streams that are named (seed, purpose, r), and its trees are the same for any number of threads,
 * so the first rounds of a longer fit are those of a shorter one. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <data/bins.h>
#include <ensemble/gbdt.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <string.h>

/* Responses beyond these are divided by a unit first, where the loss allows. */
#define SMALL_RESPONSE 0x1p-60
#define LARGE_RESPONSE 0x1p60

/* Rows whose scores are made again at a time. */
#define REPLAYED 1024

typedef struct job {
    const ens__gbdt_params *p;
    const ens_fit_args *a;
    ens__gbdt *g;
    const ens__gbdt *from; /* to add to, or NULL */
    ens__boost_options options;
    ens__boost_rows *rows;
    ens__booster *booster;
    size_t n;
    double *scaled;     /* [n_table] responses over the unit; NULL: they are as given */
    float *y, *w;       /* [n]; w NULL: all 1 */
    double w_most;      /* the greatest of w */
    float *score;       /* [k][n] */
    float *grad, *hess; /* [k][n]; hess NULL: all 1 */
    uint32_t *part;     /* [n_part] rows of the round; NULL: all */
    size_t n_part;
} job;

/* ---- Before the first round ------------------------------------------------------------------------------------ */

/* Losses that need more than a table has. */
static ens_status check_loss(const ens__loss *loss, const ens_fit_args *a, ens_error *err)
{
    if ((loss->type->caps & ENS_LOSS_RANKS) != 0)
        return ens__fail(err, ENS_ESUPPORT, "gbdt: loss %s needs groups of rows",
                         loss->type->name);
    if (loss->n_outputs != a->k)
        return ens__fail(err, ENS_ESUPPORT, "gbdt: loss %s predicts %zu numbers a row",
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

/* Squared errors of any size: responses by a unit, a power of two. */
static ens_status scale_responses(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    double most = 0;
    int exponent;

    if (j->g->loss->type != &ens__squared_loss)
        return ENS_OK;
    for (size_t i = 0; i < j->n; i++)
        most = fmax(most, fabs(a->y[a->rows.row[i]]));
    if (most == 0 || (most >= SMALL_RESPONSE && most <= LARGE_RESPONSE))
        return ENS_OK;
    if ((j->scaled = ens__array(a->n_table, sizeof *j->scaled)) == NULL)
        return ens__nomem(err);
    frexp(most, &exponent);
    j->g->unit = ldexp(1, exponent < -1000 ? -1000 : exponent);
    for (size_t i = 0; i < j->n; i++)
        j->scaled[a->rows.row[i]] = a->y[a->rows.row[i]] / j->g->unit;
    return ENS_OK;
}

static ens_loss_rows loss_rows(const job *j)
{
    return (ens_loss_rows){
        .n = j->n, .k = j->g->k, .y = j->y, .w = j->w, .score = j->score, .stride = j->n};
}

/* The constant scores, with rows as often as they were drawn. */
static ens_status start_scores(job *j, ens_error *err)
{
    ens_loss_rows rows = loss_rows(j);
    float *w = NULL;
    ens_status st;

    rows.score = NULL;
    if (j->a->count != NULL) {
        if ((w = ens__array(j->n, sizeof *w)) == NULL)
            return ens__nomem(err);
        for (size_t i = 0; i < j->n; i++)
            w[i] = (float)j->a->count[i] * (j->w != NULL ? j->w[i] : 1);
        rows.w = w;
    }
    st = ens__loss_start(j->g->start, j->g->loss, &rows, err);
    ens__free(w);
    for (size_t c = 0; c < j->g->k && st == ENS_OK; c++)
        for (size_t i = 0; i < j->n; i++)
            j->score[c * j->n + i] = (float)j->g->start[c];
    return st;
}

/* The origin of responses, of rows as often as they were drawn: it is a median. */
static ens_status find_origin(job *j, ens__loss_targets t, ens_error *err)
{
    const uint32_t *count = j->a->count;
    uint32_t *row = NULL;
    size_t n = 0;
    ens_status st;

    if (count == NULL)
        return ens__loss_origin(&j->g->origin, j->g->loss, &t, err);
    for (size_t i = 0; i < j->n; i++)
        n += count[i];
    if ((row = ens__array(n, sizeof *row)) == NULL)
        return ens__nomem(err);
    n = 0;
    for (size_t i = 0; i < j->n; i++)
        for (uint32_t r = 0; r < count[i]; r++)
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
    ens__loss_targets t = {a->y, a->label, a->rows.row, j->n};
    size_t cells = j->n * j->g->k;
    ens_status st;

    if ((j->y = ens__array(j->n, sizeof *j->y)) == NULL ||
        (j->score = ens__array(cells, sizeof *j->score)) == NULL ||
        (j->grad = ens__array(cells, sizeof *j->grad)) == NULL ||
        (!j->options.unit && (j->hess = ens__array(cells, sizeof *j->hess)) == NULL))
        return ens__nomem(err);
    if ((st = scale_responses(j, err)) != ENS_OK)
        return st;
    t.y = j->scaled != NULL ? j->scaled : a->y;
    if ((st = find_origin(j, t, err)) != ENS_OK)
        return st;
    ens__loss_fill(j->y, loss, j->g->origin, &t);
    return start_scores(j, err);
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

static ens_status begin(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    unsigned max_bins = (unsigned)j->p->max_bins;
    ens_status st;

    j->n = a->rows.n;
    j->options = options_of(j->p);
    if ((st = fill_weights(j, err)) != ENS_OK)
        return st;
    j->options.unit =
        j->w == NULL && (j->g->loss->type->caps & ENS_LOSS_UNIT_HESSIAN) != 0;
    if ((st = fill_targets(j, err)) != ENS_OK ||
        (st = ens__bins_prepare(a->rows.feature, a->rows.p, a->n_table, max_bins, a->exec,
                                err)) != ENS_OK ||
        (st = ens__boost_rows_make(&j->rows, a, max_bins, err)) != ENS_OK)
        return st;
    return ens__booster_make(&j->booster, &j->options, j->rows, a, a->exec, err);
}

static void end(job *j)
{
    ens__booster_free(j->booster);
    ens__boost_rows_free(j->rows);
    ens__free(j->scaled);
    ens__free(j->y);
    ens__free(j->w);
    ens__free(j->score);
    ens__free(j->grad);
    ens__free(j->hess);
    ens__free(j->part);
    ens__gbdt_free(j->g);
}

/* ---- Adding to a fit -------------------------------------------------------------------------------------------- */

/* The scores that rounds of before came to, made again: as floats, tree by tree, so that they are the same. */
static ens_status replay_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    size_t begin = block * REPLAYED, k = j->g->k;
    size_t n = j->n - begin < REPLAYED ? j->n - begin : REPLAYED;
    ens_rows rows = j->a->rows;
    uint32_t leaf[REPLAYED];

    (void)worker;
    (void)err;
    rows.row += begin;
    rows.n = n;
    for (size_t t = 0; t < j->g->n_rounds * k; t++) {
        const ens__tree *tree = j->g->tree[t];
        float *score = j->score + t % k * j->n + begin;

        ens__tree_find(tree, &rows, leaf);
        for (size_t i = 0; i < n; i++)
            score[i] += (float)tree->node[leaf[i]].value;
    }
    return ENS_OK;
}

/* The trees of a shorter fit come first. */
static ens_status take_base(job *j, ens_error *err)
{
    const ens__gbdt *from = j->from;
    ens__gbdt *g = j->g;
    size_t trees;

    if (from == NULL)
        return ENS_OK;
    if (from->n_rounds >= (size_t)j->p->n_estimators)
        return ens__fail(err, ENS_ERANGE,
                         "gbdt.n_estimators = %lld is not above the %zu rounds that the "
                         "model has",
                         (long long)j->p->n_estimators, from->n_rounds);
    trees = from->n_rounds * g->k;
    g->base = (ens__gbdt *)(uintptr_t)from; /* for its count of references */
    atomic_fetch_add(&g->base->refs, 1);
    memcpy(g->tree, from->tree, trees * sizeof(ens__tree *));
    memcpy(g->gain, from->gain, trees * sizeof *g->gain);
    g->n_rounds = from->n_rounds;
    return ens__par_for((j->n + REPLAYED - 1) / REPLAYED, j->a->exec, NULL, replay_block,
                        j, NULL, err);
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

/* Rows of the round. */
static ens_status draw_rows(job *j, size_t round, ens_error *err)
{
    ens__stream s;

    if (j->p->subsample >= 1)
        return ENS_OK;
    j->n_part = (size_t)floor(j->p->subsample * (double)j->n + 0.5);
    j->n_part = j->n_part > 0 ? j->n_part : 1;
    if (j->part == NULL && (j->part = ens__array(j->n_part, sizeof *j->part)) == NULL)
        return ens__nomem(err);
    ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, round);
    ens__sample_choose(j->part, j->n_part, j->n, &s);
    return ENS_OK;
}

/* Leaves of a loss that says better than a Newton step what they are to add. */
typedef struct renewal {
    const job *j;
    ens__boost_leaf *leaf;
    size_t c;
    double adapted;
} renewal;

static ens_status renew_leaf(void *ctx, size_t l, unsigned worker, ens_error *err)
{
    const renewal *r = ctx;
    const job *j = r->j;
    ens__boost_leaf *leaf = &r->leaf[l];
    float *rest = ens__array(leaf->n, sizeof *rest), *w = NULL;
    const float *score = j->score + r->c * j->n;
    bool weighted = j->w != NULL || j->a->count != NULL;
    ens_status st = ENS_OK;

    (void)worker;
    if (rest == NULL || (weighted && (w = ens__array(leaf->n, sizeof *w)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < leaf->n; i++) {
        uint32_t row = leaf->row[i];

        rest[i] = j->y[row] - score[row];
        if (weighted)
            w[i] = (j->w != NULL ? j->w[row] : 1) *
                   (j->a->count != NULL ? (float)j->a->count[row] : 1);
    }
    leaf->value = j->options.rate * j->g->loss->type->leaf(j->g->loss->params, r->c,
                                                           r->adapted, rest, w, leaf->n);
done:
    ens__free(rest);
    ens__free(w);
    return st;
}

static ens_status renew_leaves(job *j, size_t c, double adapted, ens__tree *tree,
                               ens_error *err)
{
    size_t n;
    renewal r = {j, ens__booster_leaves(j->booster, &n), c, adapted};
    ens_status st;

    if (j->g->loss->type->leaf == NULL)
        return ENS_OK;
    if ((st = ens__par_for(n, j->a->exec, NULL, renew_leaf, &r, NULL, err)) == ENS_OK)
        ens__booster_renew(j->booster, tree);
    return st;
}

/* One round: a tree for each score. */
static ens_status boost(job *j, size_t round, ens_error *err)
{
    ens__gbdt *g = j->g;
    const ens_loss_type *type = g->loss->type;
    ens_loss_rows rows = loss_rows(j);
    ens_status st;

    if (type->adapt != NULL &&
        (st = type->adapt(g->loss->params, &rows, &rows.adapted, err)) != ENS_OK)
        return st;
    if ((st = draw_rows(j, round, err)) != ENS_OK ||
        (st = ens__loss_gradient(j->grad, j->hess, g->loss, &rows, j->a->exec, err)) !=
            ENS_OK)
        return st;
    for (size_t c = 0; c < g->k; c++) {
        size_t t = round * g->k + c;
        ens__boost_target target = {.g = j->grad + c * j->n,
                                    .h = j->hess != NULL ? j->hess + c * j->n : NULL,
                                    .g_most = type->max_gradient * j->w_most,
                                    .h_most = type->max_hessian * j->w_most,
                                    .part = j->part,
                                    .n_part = j->n_part,
                                    .tree = t};

        if ((st = ens__booster_grow(&g->tree[t], &g->gain[t], j->booster, &target,
                                    err)) != ENS_OK ||
            (st = renew_leaves(j, c, rows.adapted, g->tree[t], err)) != ENS_OK ||
            (st = ens__booster_add(j->booster, j->score + c * j->n, err)) != ENS_OK)
            return st;
    }
    return ENS_OK;
}

/* What the caller wants after a round. */
static ens_go report(const job *j, size_t done, double start)
{
    const ens_exec *exec = j->a->exec;
    ens_progress progress = {"boosting rounds", done, (size_t)j->p->n_estimators,
                             ens__clock() - start};

    return exec != NULL && exec->progress != NULL
               ? exec->progress(&progress, exec->progress_ctx)
               : ENS_GO;
}

static ens_status boost_all(job *j, ens_error *err)
{
    size_t rounds = (size_t)j->p->n_estimators;
    double start = ens__clock();
    ens_go go = ENS_GO;
    ens_status st;

    for (size_t r = j->g->n_rounds; r < rounds && go == ENS_GO; r++) {
        st = boost(j, r, err);
        if (st != ENS_OK) {
            for (size_t c = 0; c < j->g->k; c++) {
                ens__tree_free(j->g->tree[r * j->g->k + c]);
                j->g->tree[r * j->g->k + c] = NULL;
            }
            return st;
        }
        j->g->n_rounds = r + 1;
        go = report(j, r + 1, start);
    }
    return go == ENS_CANCEL ? ens__fail(err, ENS_ECANCELED, "boosting rounds: canceled")
                            : ENS_OK;
}

/* All of the fit, by a crew. */
static ens_status fit(void *ctx, ens_error *err)
{
    job *j = ctx;
    ens_status st;

    if ((st = begin(j, err)) != ENS_OK || (st = take_base(j, err)) != ENS_OK ||
        (st = boost_all(j, err)) != ENS_OK)
        return st;
    return ens__gbdt_pack(j->g, j->a->rows.feature, j->a->rows.p, j->a->exec, err);
}

ens_status ens__gbdt_extend(void **out, const void *from, const void *params,
                            const ens_fit_args *a, ens_error *err)
{
    job j = {.p = params, .a = a, .from = from};
    ens_status st;

    if ((st = ens__gbdt_new(&j.g, params, a->task, a->k, (size_t)j.p->n_estimators,
                            err)) != ENS_OK ||
        (st = check_loss(j.g->loss, a, err)) != ENS_OK ||
        (st = ens__par_crew(a->exec, fit, &j, err)) != ENS_OK)
        goto done;
    *out = j.g;
    j.g = NULL;
done:
    end(&j);
    return st;
}

ens_status ens__gbdt_fit(void **out, const void *params, const ens_fit_args *a,
                         ens_error *err)
{
    return ens__gbdt_extend(out, NULL, params, a, err);
}
