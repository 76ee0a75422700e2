/* fit.c - ens_fit(): every check that all learners share, once; then the fit, then its scores. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/align.h>
#include <learn/model.h>
#include <learn/pipeline.h>
#include <learn/plan.h>
#include <string.h>

/* ---- Checks -------------------------------------------------------------------------------------------- */

/* The target's, if the learner can take that; else one that can do without. */
static ens_task task_of(const ens_learner *learner, const ens_dataset *train)
{
    ens_task task = train->table->task;

    if (!ens_learner_suits(learner, task) && ens_learner_suits(learner, ENS_TASK_ANOMALY))
        return ENS_TASK_ANOMALY;
    return task;
}

static ens_status check_task(const ens_learner *learner, const ens_dataset *train,
                             unsigned caps, ens_error *err)
{
    ens_task task = task_of(learner, train);

    if (train->table->target == NULL && task != ENS_TASK_ANOMALY)
        return ens__fail(err, ENS_EDATA, "the table has no target");
    if (train->table->p == 0)
        return ens__fail(err, ENS_EDATA, "the table has no feature columns");
    if (task == ENS_TASK_CLASSIFICATION && (caps & ENS_CLASSIFIES) == 0)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s is not for classification, but target `%s` has classes",
                         learner->type->name, train->table->target->name);
    if (task == ENS_TASK_REGRESSION && (caps & ENS_REGRESSES) == 0)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s is not for regression, but target `%s` is a number",
                         learner->type->name, train->table->target->name);
    return ENS_OK;
}

static ens_status check_weights(const ens_learner *learner, const ens_dataset *train,
                                unsigned caps, ens_error *err)
{
    const ens__column *w = train->table->weight;

    if (w != NULL && (caps & ENS_TAKES_WEIGHTS) == 0)
        return ens__fail(err, ENS_ESUPPORT, "%s takes no sample weights (column `%s`)",
                         learner->type->name, w->name);
    return ENS_OK;
}

static ens_status check_offset(const ens_learner *learner, const ens_dataset *train,
                               unsigned caps, ens_error *err)
{
    const ens__column *offset = train->table->offset;

    if (offset != NULL && (caps & ENS_TAKES_OFFSET) == 0)
        return ens__fail(err, ENS_ESUPPORT, "%s takes no offset (column `%s`)",
                         ens__learner_last(learner)->type->name, offset->name);
    return ENS_OK;
}

/* At least two classes among the rows of the plan. */
static ens_status check_classes(const ens__table *table, const ens__plan *p,
                                ens_error *err)
{
    for (size_t i = 1; i < p->n; i++)
        if (table->label[p->row[i]] != table->label[p->row[0]])
            return ENS_OK;
    return ens__fail(err, ENS_EDATA, "target `%s` has one class only, `%s`",
                     table->target->name, table->classes.name[table->label[p->row[0]]]);
}

/* ---- Scores -------------------------------------------------------------------------------------------- */

/* The default metrics of predictions that are there: rows with NaN are left out. */
static ens_status add_oob_scores(ens_model *m, const ens_dataset *train,
                                 const ens__plan *p, ens_error *err)
{
    const ens__table *table = train->table;
    size_t k = m->schema.k, n = 0;
    const double *oob =
        m->root.type->oob != NULL ? m->root.type->oob(m->root.state) : NULL;
    double *pred = NULL, *w = NULL, *y = NULL;
    int32_t *label = NULL;
    ens_score *score = NULL;
    size_t n_scores = 0;
    ens_status st = ENS_OK;

    if (oob == NULL || m->schema.target == NULL)
        return ENS_OK;
    if ((pred = ens__array(p->n * k, sizeof *pred)) == NULL ||
        (w = ens__array(p->n, sizeof *w)) == NULL ||
        (y = ens__array(p->n, sizeof *y)) == NULL ||
        (label = ens__array(p->n, sizeof *label)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < p->n; i++) {
        size_t r = p->row[i];

        if (oob[i * k] != oob[i * k])
            continue;
        memcpy(&pred[n * k], &oob[i * k], k * sizeof *pred);
        w[n] = (table->weight != NULL ? table->weight->x[r] : 1) *
               (p->count != NULL ? p->count[i] : 1);
        if (m->schema.task == ENS_TASK_ANOMALY)
            label[n] = (size_t)table->label[r] == m->schema.anomaly;
        else if (table->label != NULL)
            label[n] = table->label[r];
        else
            y[n] = table->y[r];
        n++;
    }
    if (n == 0)
        goto done; /* every row was in every bag: there is nothing to score */
    ens_eval eval = {m->schema.task, n, k, label, y, pred, w, NULL};
    if ((st = ens__scores_make(&score, &n_scores, "oob", NULL, &eval, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < n_scores && st == ENS_OK; i++)
        st = ens__model_add_score(m, "oob", score[i].name, score[i].value, err);
done:
    ens_scores_free(score, n_scores);
    ens__free(pred);
    ens__free(w);
    ens__free(y);
    ens__free(label);
    return st;
}

static ens_status add_valid_scores(ens_model *m, const ens_dataset *valid,
                                   const ens_exec *exec, ens_error *err)
{
    ens_score *score = NULL;
    size_t n = 0;
    ens_status st;

    if ((st = ens_model_evaluate(&score, &n, m, valid, NULL, exec, err)) != ENS_OK) {
        ens__error_prefix(err, "validation table");
        return st;
    }
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        st = ens__model_add_score(m, "valid", score[i].name, score[i].value, err);
    ens_scores_free(score, n);
    return st;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

/* The parts of a model that are known before the fit. */
static ens_status model_begin(ens_model **out, const ens_learner *learner,
                              const ens_dataset *train, uint64_t seed, size_t n,
                              ens_error *err)
{
    ens_model *m = ens__model_new();
    ens_status st;

    *out = NULL;
    if (m == NULL)
        return ens__nomem(err);
    m->seed = seed;
    m->n_train = n;
    if ((m->library = ens__strdup(ens_version())) == NULL)
        st = ens__nomem(err);
    else if ((st = ens_learner_copy(&m->learner, learner, err)) == ENS_OK)
        st = ens__schema_of(&m->schema, train, task_of(learner, train), err);
    if (st == ENS_OK)
        *out = m;
    else
        ens_model_free(m);
    return st;
}

/* A validation table as the model sees it. */
typedef struct validation {
    ens__alignment aligned;
    ens_valid valid;
    double *w, *y, *offset;
    int32_t *label;
    uint32_t *group;
} validation;

static void validation_clear(validation *v)
{
    ens__alignment_clear(&v->aligned);
    ens__free(v->w);
    ens__free(v->y);
    ens__free(v->offset);
    ens__free(v->label);
    ens__free(v->group);
}

/* Of data, whose values stay where they are. */
static ens_status validation_of(validation *v, const ens_model *m,
                                const ens_dataset *data, ens_error *err)
{
    static const ens_predict_options defaults;
    bool classes = m->schema.task == ENS_TASK_CLASSIFICATION;
    ens_status st = ens__align(&v->aligned, m, data, &defaults, err);

    if (st != ENS_OK)
        goto done;
    v->valid.rows = (ens_rows){v->aligned.feature, v->aligned.p, data->row, data->n};
    if ((data->table->weight != NULL &&
         (v->w = ens__array(data->n, sizeof *v->w)) == NULL) ||
        (v->aligned.offset != NULL &&
         (v->offset = ens__array(data->n, sizeof *v->offset)) == NULL) ||
        (data->table->group_of != NULL &&
         (v->group = ens__array(data->n, sizeof *v->group)) == NULL) ||
        (classes && (v->label = ens__array(data->n, sizeof *v->label)) == NULL) ||
        (!classes && (v->y = ens__array(data->n, sizeof *v->y)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < data->n && v->w != NULL; i++)
        v->w[i] = data->table->weight->x[data->row[i]];
    for (size_t i = 0; i < data->n && v->group != NULL; i++)
        v->group[i] = data->table->group_of[data->row[i]];
    for (size_t i = 0; i < data->n && v->offset != NULL; i++)
        v->offset[i] = v->aligned.offset[data->row[i]];
    v->valid.w = v->w;
    v->valid.offset = v->offset;
    v->valid.group = v->group;
    v->valid.label = v->label;
    v->valid.y = v->y;
    st = ens_model_targets(m, data, v->label, v->y, err);
done:
    if (st != ENS_OK && st != ENS_ENOMEM)
        ens__error_prefix(err, "validation table");
    return st;
}

/* What a fit is asked for. */
typedef struct request {
    const ens_learner *learner;
    const ens_model *from; /* to add to, or NULL */
    const ens_dataset *train, *valid;
    uint64_t seed;
    const ens_exec *exec;
} request;

/* A model whose fit goes on, as its caller sees it for a moment. */
typedef struct unfinished {
    ens_model *m;
    const ens_exec *exec;
} unfinished;

static ens_status show_unfinished(void *ctx, void *state, ens_error *err)
{
    const unfinished *u = ctx;
    ens_status st;

    u->m->root = (ens_fitted){u->m->learner->type, state};
    if ((st = ens__model_finish(u->m, err)) == ENS_OK)
        st = u->exec->checkpoint(u->m, u->exec->checkpoint_ctx, err);
    ens__free(u->m->csv_types);
    u->m->csv_types = NULL;
    u->m->root = (ens_fitted){0};
    return st;
}

/* Fitted anew, or what q->from has and more. */
static ens_status fit_root(ens_model *m, const request *q, const ens__plan *p,
                           ens_error *err)
{
    const ens__table *table = q->train->table;
    bool blind = m->schema.task == ENS_TASK_ANOMALY;
    validation v = {0};
    unfinished u = {m, q->exec};
    ens_fit_args a = {
        .learner = m->learner,
        .rows = {table->feature, table->p, p->row, p->n},
        .count = p->count,
        .w = table->weight != NULL ? table->weight->x : NULL,
        .task = m->schema.task,
        .k = m->schema.k,
        .label = blind ? NULL : table->label,
        .y = blind ? NULL : table->y,
        .n_table = table->n,
        .group = table->group_of,
        .offset = table->offset != NULL ? table->offset->x : NULL,
        .seed = m->seed,
        .exec = q->exec,
        .table = table,
    };
    ens_status st = ens__plan_fingerprint(&m->fingerprint, &a, err);

    if (st != ENS_OK)
        return st;
    if (q->from != NULL && q->from->fingerprint != 0 &&
        q->from->fingerprint != m->fingerprint)
        return ens__fail(err, ENS_ESHAPE,
                         "the values are not those that the model was fitted on");
    if (q->exec != NULL && q->exec->checkpoint != NULL && q->exec->checkpoint_every > 0) {
        const ens_learner_type *type = ens__learner_last(m->learner)->type;

        if ((type->caps & ENS_CHECKPOINTS) == 0)
            return ens__fail(err, ENS_ESUPPORT, "a fit of %s has no checkpoints",
                             type->name);
        a.checkpoint = show_unfinished;
        a.checkpoint_ctx = &u;
        a.checkpoint_every = q->exec->checkpoint_every;
    }
    if (q->valid != NULL && !blind) {
        if ((st = validation_of(&v, m, q->valid, err)) != ENS_OK)
            goto done;
        a.valid = &v.valid;
    }
    st = q->from == NULL
             ? ens_fitted_fit(&m->root, m->learner, &a, err)
             : ens__fitted_extend(&m->root, &q->from->root, m->learner, &a, err);
done:
    validation_clear(&v);
    return st;
}

static ens_status fit(ens_model **out, const request *q, ens_error *err)
{
    const ens_dataset *train = q->train;
    unsigned caps = ens__learner_caps(q->learner);
    ens_learner *learner = NULL; /* with the transforms it needs */
    ens_model *m = NULL;
    ens__plan p = {0};
    ens_status st;

    if ((st = ens__learner_check(q->learner, err)) != ENS_OK ||
        (st = check_task(q->learner, train, caps, err)) != ENS_OK ||
        (st = check_weights(q->learner, train, caps, err)) != ENS_OK ||
        (st = check_offset(q->learner, train, caps, err)) != ENS_OK ||
        (st = ens__plan_make(&p, train, err)) != ENS_OK ||
        (st = ens__learner_complete(
             &learner, q->learner,
             &(ens_rows){train->table->feature, train->table->p, p.row, p.n}, err)) !=
            ENS_OK)
        goto done;
    caps = ens__learner_caps(learner);
    if ((caps & ENS_FITS_MISSING) != 0)
        caps |= ENS_TAKES_MISSING;
    if (task_of(learner, train) == ENS_TASK_CLASSIFICATION &&
        (caps & ENS_TAKES_ONE_CLASS) == 0 &&
        (st = check_classes(train->table, &p, err)) != ENS_OK)
        goto done;
    if ((st = ens__check_features(
             learner, caps,
             &(ens_rows){train->table->feature, train->table->p, p.row, p.n}, err)) !=
            ENS_OK ||
        (st = model_begin(&m, learner, train, q->seed, p.n, err)) != ENS_OK ||
        (q->from != NULL && (st = ens__model_check_more(q->from, m, err)) != ENS_OK) ||
        (st = fit_root(m, q, &p, err)) != ENS_OK ||
        (st = ens__model_finish(m, err)) != ENS_OK ||
        (st = add_oob_scores(m, train, &p, err)) != ENS_OK)
        goto done;
    if (q->valid != NULL && (st = add_valid_scores(m, q->valid, q->exec, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    ens_model_free(m);
    ens_learner_free(learner);
    ens__plan_clear(&p);
    return st;
}

ens_status ens_fit(ens_model **out, const ens_learner *learner, const ens_dataset *train,
                   const ens_dataset *valid, uint64_t seed, const ens_exec *exec,
                   ens_error *err)
{
    request q = {learner, NULL, train, valid, seed, exec};

    if (out == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_fit: out is NULL");
    *out = NULL;
    if (learner == NULL || train == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_fit: %s is NULL",
                         learner == NULL ? "learner" : "train");
    return fit(out, &q, err);
}

ens_status ens_fit_more(ens_model **out, const ens_model *model,
                        const ens_learner *learner, const ens_dataset *train,
                        const ens_dataset *valid, const ens_exec *exec, ens_error *err)
{
    request q = {learner, model, train, valid, 0, exec};

    if (out == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_fit_more: out is NULL");
    *out = NULL;
    if (model == NULL || learner == NULL || train == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_fit_more: %s is NULL",
                         model == NULL     ? "model"
                         : learner == NULL ? "learner"
                                           : "train");
    q.seed = model->seed;
    return fit(out, &q, err);
}
