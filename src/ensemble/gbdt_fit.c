/* gbdt_fit.c - the rounds of boosting: gradients of the loss at the scores so far, a tree that follows them, new
 * scores.
 *
 * Round r draws from streams that are named (seed, purpose, r), and its trees are the same for any number of threads,
 * so the first rounds of a longer fit are those of a shorter one. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/gbdt_job.h>
#include <stdio.h>
#include <string.h>

typedef ens__gbdt_job job;

/* ---- Adding to a fit ---------------------------------------------------------------------------------------- */

/* What the loss finds anew from all rows before each round. */
static ens_status adapt(job *j, ens_error *err)
{
    const ens_loss_type *type = j->g->loss->type;
    ens_loss_rows rows = ens__gbdt_loss_rows(j);

    return type->adapt != NULL ? type->adapt(j->g->loss->params, &rows, &j->adapted,
                                             j->a->exec, err)
                               : ENS_OK;
}

/* The trees of a shorter fit come first. */
static ens_status take_base(job *j, ens_error *err)
{
    const ens__gbdt *from = j->from;
    ens__gbdt *g = j->g;
    size_t trees;
    ens_status st;

    if (from == NULL)
        return ENS_OK;
    if (from->n_rounds >= (size_t)j->p->n_estimators)
        return ens__fail(err, ENS_ERANGE,
                         "gbdt.n_estimators = %lld is not above the %zu rounds that the "
                         "model has",
                         (long long)j->p->n_estimators, from->n_rounds);
    if (j->p->boosting == ENS__BOOSTING_DART)
        return ENS_OK; /* later rounds changed those it has: they are all played again */
    trees = from->n_rounds * g->k;
    g->base = (ens__gbdt *)(uintptr_t)from; /* for its count of references */
    atomic_fetch_add(&g->base->refs, 1);
    memcpy(g->tree, from->tree, trees * sizeof(ens__tree *));
    memcpy(g->gain, from->gain, trees * sizeof *g->gain);
    for (; g->n_rounds < from->n_rounds; g->n_rounds++)
        if ((st = adapt(j, err)) != ENS_OK ||
            (st = ens__gbdt_replay(j, g->n_rounds, 1, err)) != ENS_OK ||
            (st = ens__gbdt_look_up(j, g->n_rounds + 1, err)) != ENS_OK)
            return st;
    return ENS_OK;
}

/* ---- Rounds ------------------------------------------------------------------------------------------------- */

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

/* The trees of a round, one for each score. */
static ens_status grow_trees(job *j, size_t round, ens_error *err)
{
    ens__gbdt *g = j->g;
    const ens_loss_type *type = g->loss->type;
    ens_status st;

    for (size_t c = 0; c < g->k; c++) {
        size_t t = round * g->k + c;
        ens__boost_target target = {.g = j->grad + c * j->n,
                                    .h = j->hess != NULL ? j->hess + c * j->n : NULL,
                                    .g_most = type->max_gradient * j->w_most,
                                    .h_most = type->max_hessian * j->w_most,
                                    .part = j->part != NULL ? j->part : j->train,
                                    .n_part = j->part != NULL ? j->n_part : j->n_train,
                                    .tree = t};

        if ((st = ens__booster_grow(&g->tree[t], &g->gain[t], j->booster, &target,
                                    err)) != ENS_OK ||
            (st = renew_leaves(j, c, j->adapted, g->tree[t], err)) != ENS_OK ||
            (st = ens__booster_add(j->booster, j->score + c * j->n, err)) != ENS_OK)
            return st;
    }
    return ENS_OK;
}

/* One round: gradients of the rows that it draws, trees, a look at the rows that tell when to stop. */
static ens_status boost(job *j, size_t round, ens_error *err)
{
    const ens__loss *loss = j->g->loss;
    ens_loss_rows rows;
    double w_most = j->w_most;
    ens_status st;

    if ((st = ens__gbdt_drop(j, round, err)) != ENS_OK)
        return st;
    if ((st = adapt(j, err)) != ENS_OK)
        return st;
    rows = ens__gbdt_loss_rows(j);
    if ((st = ens__loss_gradient(j->grad, j->hess, loss, &rows, j->a->exec, err)) !=
            ENS_OK ||
        (st = ens__gbdt_draw_rows(j, round, err)) != ENS_OK ||
        (st = grow_trees(j, round, err)) != ENS_OK ||
        (st = ens__gbdt_valid_add(j, round, err)) != ENS_OK ||
        (st = ens__gbdt_put_back(j, err)) != ENS_OK)
        return st;
    j->w_most = w_most;
    return ens__gbdt_look_up(j, round + 1, err);
}

/* What the caller wants after a round; he is told the last point of the learning curve. */
static ens_go report(const job *j, size_t done, double start)
{
    const ens_exec *exec = j->a->exec;
    const ens__gbdt *g = j->g;
    char phase[80] = "boosting rounds";
    ens_progress progress = {phase, done, (size_t)j->p->n_estimators,
                             ens__clock() - start};

    if (exec == NULL || exec->progress == NULL)
        return ENS_GO;
    if (g->n_curve > 0)
        snprintf(phase, sizeof phase, "boosting rounds, %.40s %.5g",
                 g->n_metrics == 2 ? j->p->scoring : "loss",
                 g->curve[g->n_curve * g->n_metrics - 1]);
    return exec->progress(&progress, exec->progress_ctx);
}

/* A round that failed leaves no trees. */
static void forget(job *j, size_t round)
{
    for (size_t c = 0; c < j->g->k; c++) {
        ens__tree_free(j->g->tree[round * j->g->k + c]);
        j->g->tree[round * j->g->k + c] = NULL;
    }
}

/* The model so far, if there is more to come. */
static ens_status check_point(job *j, size_t rounds, ens_error *err)
{
    const ens_fit_args *a = j->a;

    if (a->checkpoint == NULL || rounds % a->checkpoint_every != 0 || j->ended ||
        rounds >= (size_t)j->p->n_estimators)
        return ENS_OK;
    return a->checkpoint(a->checkpoint_ctx, j->g, err);
}

static ens_status boost_all(job *j, ens_error *err)
{
    size_t rounds = (size_t)j->p->n_estimators;
    double start = ens__clock();
    ens_go go = ENS_GO;
    ens_status st;

    for (size_t r = j->g->n_rounds; r < rounds && go == ENS_GO && !j->ended; r++) {
        if ((st = boost(j, r, err)) != ENS_OK) {
            forget(j, r);
            return st;
        }
        j->g->n_rounds = r + 1;
        if ((st = check_point(j, r + 1, err)) != ENS_OK)
            return st;
        go = report(j, r + 1, start);
    }
    if (go == ENS_CANCEL)
        return ens__fail(err, ENS_ECANCELED, "boosting rounds: canceled");
    ens__gbdt_keep_best(j);
    return ENS_OK;
}

/* All of the fit, by a crew. */
static ens_status fit(void *ctx, ens_error *err)
{
    job *j = ctx;
    ens_status st;

    if ((st = ens__gbdt_begin(j, err)) != ENS_OK ||
        (st = ens__gbdt_look_up(j, 0, err)) != ENS_OK ||
        (st = take_base(j, err)) != ENS_OK || (st = boost_all(j, err)) != ENS_OK)
        return st;
    return ens__gbdt_pack(j->g, j->a->rows.feature, j->a->rows.p, j->a->exec, err);
}

ens_status ens__gbdt_extend(void **out, const void *from, const void *params,
                            const ens_fit_args *a, ens_error *err)
{
    job j = {.p = params, .a = a, .from = from};
    ens_status st;

    if ((st = ens__gbdt_new(&j.g, params, a->task, a->k, (size_t)j.p->n_estimators,
                            err)) == ENS_OK &&
        (st = ens__par_crew(a->exec, fit, &j, err)) == ENS_OK) {
        *out = j.g;
        j.g = NULL;
    }
    ens__gbdt_end(&j);
    return st;
}

ens_status ens__gbdt_fit(void **out, const void *params, const ens_fit_args *a,
                         ens_error *err)
{
    return ens__gbdt_extend(out, NULL, params, a, err);
}
