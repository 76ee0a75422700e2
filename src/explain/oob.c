/* oob.c - out-of-bag predictions and permutation importance (Breiman 2001), for any bag, after the fit.
 *
 * Importance: in each member, the rows that it did not draw are predicted, then again with the values of one
 * feature permuted among them; the loss that this adds, averaged over the members, is the feature's.  A task
 * is a member, so nothing is shared but the table. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/oob.h>
#include <explain/explain.h>
#include <learn/learner.h>
#include <math.h>
#include <string.h>

/* ---- Predictions ---------------------------------------------- */

/* out[i] of each row of the view: that of its place in the plan. */
static ens_status spread(double *out, const double *pred, const ens__refit *r,
                         const ens_dataset *data, ens_error *err)
{
    size_t k = r->a.k;
    uint32_t *place = ens__array(r->a.n_table, sizeof *place);

    if (place == NULL)
        return ens__nomem(err);
    memset(place, 0xff, r->a.n_table * sizeof *place);
    for (size_t i = 0; i < r->plan.n; i++)
        place[r->plan.row[i]] = (uint32_t)i;
    for (size_t i = 0; i < data->n; i++) {
        uint32_t at = place[data->row[i]];

        for (size_t c = 0; c < k; c++)
            out[i * k + c] = at != UINT32_MAX ? pred[at * k + c] : NAN;
    }
    ens__free(place);
    return ENS_OK;
}

ens_status ens_model_oob_predict(const ens_model *model, const ens_dataset *data,
                                 double *out, const ens_exec *exec, ens_error *err)
{
    ens__refit r;
    uint64_t *in_bag = NULL;
    double *pred = NULL;
    ens_status st;

    if ((st = ens__refit_again(&r, model, data, exec, err)) != ENS_OK ||
        (st = ens__refit_bags(&in_bag, &r, err)) != ENS_OK)
        goto done;
    if ((pred = ens__array(r.plan.n, r.a.k * sizeof *pred)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    st = ens__oob_predict(pred,
                          &(ens__oob_args){model->root.state, ens__refit_members(&r),
                                           model->root.type->member, &r.a.rows, in_bag,
                                           r.a.k, exec},
                          err);
    if (st == ENS_OK)
        st = spread(out, pred, &r, data, err);
done:
    ens__free(pred);
    ens__free(in_bag);
    ens__refit_clear(&r);
    return st;
}

/* ---- Importance ---------------------------------------------- */

/* What one worker needs for a member. */
typedef struct worker {
    uint32_t *count;      /* [n] */
    uint32_t *at;         /* [n] places of the rows out of bag */
    uint32_t *row;        /* [n] their table rows */
    ens_feature *feature; /* [p] of the table, one of them permuted */
    ens_feature *seen;    /* [p] of the member */
    unsigned char *used;  /* [p] */
    double *pred;         /* [ENS_BLOCK][k] */
    void *scratch;
    ens__shuffled shuffled;
} worker;

typedef struct job {
    const ens__refit *r;
    ens_importance_options o;
    double *value; /* [members][p] */
    worker *worker;
    unsigned n_workers;
} job;

static void workers_free(job *j)
{
    for (unsigned i = 0; j->worker != NULL && i < j->n_workers; i++) {
        worker *w = &j->worker[i];

        ens__free(w->count);
        ens__free(w->at);
        ens__free(w->row);
        ens__free(w->feature);
        ens__free(w->seen);
        ens__free(w->used);
        ens__free(w->pred);
        ens__free(w->scratch);
        ens__shuffled_clear(&w->shuffled);
    }
    ens__free(j->worker);
}

static ens_status workers_make(job *j, ens_error *err)
{
    const ens__refit *r = j->r;
    size_t n = r->plan.n, p = r->a.rows.p, members = ens__refit_members(r);
    ens_status st = ENS_OK;

    j->n_workers = ens__par_workers(members, r->a.exec);
    if ((j->worker = ens__zeros(j->n_workers, sizeof *j->worker)) == NULL)
        return ens__nomem(err);
    for (unsigned i = 0; i < j->n_workers && st == ENS_OK; i++) {
        worker *w = &j->worker[i];

        w->count = ens__array(n, sizeof *w->count);
        w->at = ens__array(n, sizeof *w->at);
        w->row = ens__array(n, sizeof *w->row);
        w->feature = ens__array(p, sizeof *w->feature);
        w->seen = ens__array(p, sizeof *w->seen);
        w->used = ens__array(p, sizeof *w->used);
        w->pred = ens__array(ENS_BLOCK, r->a.k * sizeof *w->pred);
        w->scratch = ens__aligned(ens__refit_scratch(r), 1);
        if (w->count == NULL || w->at == NULL || w->row == NULL || w->feature == NULL ||
            w->seen == NULL || w->used == NULL || w->pred == NULL || w->scratch == NULL)
            return ens__nomem(err);
        memcpy(w->feature, r->a.rows.feature, p * sizeof *w->feature);
        st = ens__shuffled_init(&w->shuffled, r->a.n_table, n, err);
    }
    return st;
}

/* Loss of one row: 1 for a wrong class, or the squared error. */
static double loss_of(const ens_fit_args *a, uint32_t row, const double *pred)
{
    if (a->task == ENS_TASK_CLASSIFICATION)
        return ens_argmax(pred, a->k) != (size_t)a->label[row];
    return (pred[0] - a->y[row]) * (pred[0] - a->y[row]);
}

/* Weighted mean loss of a member on its n rows out of bag. */
static double mean_loss(const job *j, const ens_part *part, const worker *w, size_t n)
{
    const ens_fit_args *a = &j->r->a;
    ens_rows rows = {ens__part_features(part, w->feature, w->seen), part->p, NULL, 0};
    double loss = 0, weight = 0;

    for (size_t begin = 0; begin < n; begin += ENS_BLOCK) {
        rows.row = w->row + begin;
        rows.n = n - begin < ENS_BLOCK ? n - begin : ENS_BLOCK;
        part->fitted.type->predict(part->fitted.state, &rows, w->pred, w->scratch);
        for (size_t i = 0; i < rows.n; i++) {
            double wi = ens_fit_weight(a, w->at[begin + i]);

            loss += wi * loss_of(a, rows.row[i], w->pred + i * a->k);
            weight += wi;
        }
    }
    return loss / weight;
}

/* used[j]: permuting feature j can change what the member predicts. */
static void find_used(unsigned char *used, const ens_part *part, size_t p)
{
    memset(used, 0, p);
    if (part->fitted.type == &ens__tree_type) {
        const ens__tree *t = part->fitted.state;

        for (size_t u = 0; u < t->n_used; u++)
            used[part->feature != NULL ? part->feature[t->used[u]] : t->used[u]] = 1;
        return;
    }
    for (size_t q = 0; q < part->p; q++)
        used[part->feature != NULL ? part->feature[q] : q] = 1;
}

/* The member as it is, or one that keeps its nodes itself: *own, for the caller to free. */
static ens_status take_member(ens_part *out, ens__tree **own, const ens__refit *r,
                              size_t t, ens_error *err)
{
    const ens_fitted *root = &r->model->root;
    ens_status st = ENS_OK;

    *own = NULL;
    root->type->member(out, root->state, t);
    if (out->fitted.type == &ens__tree_type)
        st = ens__tree_unpack(own, out->fitted.state, err);
    if (*own != NULL)
        out->fitted.state = *own;
    return st;
}

static ens_status permute_member(void *ctx, size_t t, unsigned worker_index,
                                 ens_error *err)
{
    const job *j = ctx;
    const ens__refit *r = j->r;
    worker *w = &j->worker[worker_index];
    size_t p = r->a.rows.p, n = 0;
    double *value = j->value + t * p, loss;
    ens__tree *own;
    ens_part part;
    ens_status st;

    if ((st = ens__refit_draw(w->count, r, t, err)) != ENS_OK ||
        (st = take_member(&part, &own, r, t, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < r->plan.n; i++)
        if (w->count[i] == 0) {
            w->at[n] = (uint32_t)i;
            w->row[n++] = r->plan.row[i];
        }
    find_used(w->used, &part, p);
    loss = n > 0 ? mean_loss(j, &part, w, n) : NAN;
    for (size_t f = 0; f < p; f++) {
        value[f] = n > 0 ? 0 : NAN;
        if (n == 0 || !w->used[f])
            continue;
        w->feature[f] = ens__shuffle(&w->shuffled, &r->a.rows.feature[f], w->row, n,
                                     j->o.seed, (uint64_t)f << 32 | t);
        value[f] = mean_loss(j, &part, w, n) - loss;
        w->feature[f] = r->a.rows.feature[f];
    }
    ens__tree_free(own);
    return ENS_OK;
}

ens_status ens__importances_of(ens_importance *out, const double *value,
                               const ens__refit *r, double level, ens_error *err)
{
    size_t members = ens__refit_members(r), p = r->a.rows.p, seen = 0;

    for (size_t t = 0; t < members; t++)
        seen += !isnan(value[t * p]);
    if (seen == 0)
        return ens__no_row_out(r, err);
    for (size_t f = 0; f < p; f++)
        ens__importance_of(&out[f], value + f, members, p, level);
    return ENS_OK;
}

ens_status ens_importance_oob(ens_importance *out, const ens_model *model,
                              const ens_dataset *data,
                              const ens_importance_options *options, const ens_exec *exec,
                              ens_error *err)
{
    ens__refit r = {0};
    job j = {.r = &r};
    size_t members, p = model->schema.p;
    ens_status st;

    if ((st = ens__importance_options_of(&j.o, options, err)) != ENS_OK ||
        (st = ens__refit_again(&r, model, data, exec, err)) != ENS_OK)
        goto done;
    members = ens__refit_members(&r);
    if ((j.value = ens__array(members, p * sizeof *j.value)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = workers_make(&j, err)) != ENS_OK ||
        (st = ens__par_for(members, exec, "permuting out of bag", permute_member, &j,
                           NULL, err)) != ENS_OK)
        goto done;
    st = ens__importances_of(out, j.value, &r, j.o.level, err);
done:
    workers_free(&j);
    ens__free(j.value);
    ens__refit_clear(&r);
    return st;
}
