/* refit.c - a labelled table as a fit on it would see it; and if it is the very table of the fit, its bags.
 *
 * Bags are not kept with a model.  They are streams named by the model's seed and the member, so they are
 * drawn again from the rows of the fit; a fingerprint in the model tells those from others. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/oob.h>
#include <explain/explain.h>

void ens__refit_clear(ens__refit *r)
{
    ens__plan_clear(&r->plan);
    ens__alignment_clear(&r->aligned);
    ens__free(r->label);
    ens__free(r->y);
    *r = (ens__refit){0};
}

/* The targets of the plan's rows, by table row. */
static ens_status find_targets(ens__refit *r, const ens_dataset *data, ens_error *err)
{
    const ens_dataset view = {.table = data->table, .row = r->plan.row, .n = r->plan.n};
    bool classes = r->model->schema.task != ENS_TASK_REGRESSION;
    size_t n = data->table->n;
    ens_status st;

    if (classes ? (r->label = ens__zeros(n, sizeof *r->label)) == NULL
                : (r->y = ens__zeros(n, sizeof *r->y)) == NULL)
        return ens__nomem(err);
    if ((st = ens_model_targets(r->model, &view, r->label, r->y, err)) != ENS_OK)
        return st;
    for (size_t i = view.n; i-- > 0;) { /* row[i] >= i: nothing is lost from the end on */
        if (classes)
            r->label[view.row[i]] = r->label[i];
        else
            r->y[view.row[i]] = r->y[i];
    }
    return ENS_OK;
}

static ens_status check_features(const ens__refit *r, ens_error *err)
{
    unsigned caps = ens__learner_caps(r->model->learner);

    for (size_t j = 0; j < r->aligned.p; j++)
        r->aligned.feature[j].name = r->model->schema.feature[j].name;
    return ens__check_features(r->model->learner, caps, &r->a.rows, err);
}

ens_status ens__refit_make(ens__refit *out, const ens_model *model,
                           const ens_dataset *data, const ens_exec *exec, ens_error *err)
{
    static const ens_predict_options as_it_is;
    ens__refit r = {.model = model};
    const ens__column *weight = data->table->weight;
    ens_status st;

    *out = (ens__refit){0};
    if ((st = ens__plan_make(&r.plan, data, err)) != ENS_OK ||
        (st = ens__align(&r.aligned, model, data, &as_it_is, err)) != ENS_OK ||
        (st = find_targets(&r, data, err)) != ENS_OK)
        goto done;
    r.a = (ens_fit_args){
        .learner = model->learner,
        .rows = {r.aligned.feature, r.aligned.p, r.plan.row, r.plan.n},
        .count = r.plan.count,
        .w = weight != NULL ? weight->x : NULL,
        .task = model->schema.task,
        .k = model->schema.k,
        .label = r.label,
        .y = r.y,
        .n_table = data->table->n,
        .group = data->table->group_of,
        .offset = r.aligned.offset,
        .seed = model->seed,
        .exec = exec,
    };
    if ((st = check_features(&r, err)) != ENS_OK)
        goto done;
    *out = r;
    r = (ens__refit){0};
done:
    ens__refit_clear(&r);
    return st;
}

/* ---- The table of the fit ---------------------------------------------- */

static ens_status check_same(const ens__refit *r, ens_error *err)
{
    const ens_model *m = r->model;
    uint64_t fingerprint;
    ens_status st;

    if (m->fingerprint == 0)
        return ens__fail(err, ENS_ESUPPORT,
                         "the model does not say on which rows it was fitted");
    if (r->plan.n != m->n_train)
        return ens__fail(err, ENS_EDATA,
                         "not the table of the fit: it has %zu rows, the model was "
                         "fitted on %zu",
                         r->plan.n, m->n_train);
    if ((st = ens__plan_fingerprint(&fingerprint, &r->a, err)) != ENS_OK)
        return st;
    if (fingerprint != m->fingerprint)
        return ens__fail(err, ENS_EDATA,
                         "not the table of the fit: features, targets, weights or the "
                         "order of the %zu rows differ",
                         r->plan.n);
    return ENS_OK;
}

ens_status ens__refit_again(ens__refit *out, const ens_model *model,
                            const ens_dataset *data, const ens_exec *exec, ens_error *err)
{
    const ens_learner_type *type = model->root.type;
    ens_status st;

    *out = (ens__refit){0};
    if (model->schema.task == ENS_TASK_ANOMALY)
        return ens__fail(err, ENS_ESUPPORT,
                         "a model of anomalies was fitted without a target, by which "
                         "rows out of bag could be scored");
    if (type->in_bag == NULL || type->n_members == NULL || type->member == NULL)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s draws no bags of rows, so none is out of bag", type->name);
    if ((st = ens__refit_make(out, model, data, exec, err)) == ENS_OK &&
        (st = check_same(out, err)) != ENS_OK)
        ens__refit_clear(out);
    return st;
}

size_t ens__refit_members(const ens__refit *r)
{
    return r->model->root.type->n_members(r->model->root.state);
}

size_t ens__refit_scratch(const ens__refit *r)
{
    size_t most = 0;

    for (size_t t = 0; t < ens__refit_members(r); t++) {
        ens_part part;
        size_t bytes;

        r->model->root.type->member(&part, r->model->root.state, t);
        bytes = ens_fitted_scratch(&part.fitted);
        most = bytes > most ? bytes : most;
    }
    return most;
}

ens_status ens__refit_draw(uint32_t *count, const ens__refit *r, size_t t, ens_error *err)
{
    return r->model->root.type->in_bag(count, r->model->learner->params, &r->a, t, err);
}

ens_status ens__no_row_out(const ens__refit *r, ens_error *err)
{
    return ens__fail(err, ENS_EDATA, "every one of the %zu rows is in every bag of %s",
                     r->plan.n, r->model->root.type->name);
}

typedef struct drawing {
    const ens__refit *r;
    uint32_t *count; /* [workers][n] */
    uint64_t *in_bag;
} drawing;

static ens_status draw_bag(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const drawing *d = ctx;
    size_t n = d->r->plan.n;
    uint32_t *count = d->count + worker * n;
    uint64_t *bits = d->in_bag + t * ens__oob_words(n);
    ens_status st = ens__refit_draw(count, d->r, t, err);

    for (size_t i = 0; i < n && st == ENS_OK; i++)
        bits[i / 64] |= (uint64_t)(count[i] > 0) << i % 64;
    return st;
}

static bool any_out(const uint64_t *in_bag, size_t members, size_t n)
{
    for (size_t t = 0; t < members; t++)
        for (size_t i = 0; i < n; i++)
            if (!ens__oob_bit(in_bag + t * ens__oob_words(n), i))
                return true;
    return false;
}

ens_status ens__refit_bags(uint64_t **in_bag, const ens__refit *r, ens_error *err)
{
    size_t members = ens__refit_members(r), n = r->plan.n, words = ens__oob_words(n);
    drawing d = {r, NULL, NULL};
    ens_status st;

    *in_bag = NULL;
    d.count = ens__array(ens__par_workers(members, r->a.exec), n * sizeof *d.count);
    d.in_bag = ens__zeros(members, words * sizeof *d.in_bag);
    if (d.count == NULL || d.in_bag == NULL)
        st = ens__nomem(err);
    else if ((st = ens__par_for(members, r->a.exec, "drawing bags", draw_bag, &d, NULL,
                                err)) == ENS_OK &&
             !any_out(d.in_bag, members, n))
        st = ens__no_row_out(r, err);
    if (st == ENS_OK) {
        *in_bag = d.in_bag;
        d.in_bag = NULL;
    }
    ens__free(d.count);
    ens__free(d.in_bag);
    return st;
}
