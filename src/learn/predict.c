/* predict.c - predictions of whole tables in blocks, and their scores. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <learn/align.h>
#include <math.h>
#include <metric/metric.h>
#include <string.h>

/* Tasks a worker gets if there are rows enough: few, and yet the last ones end at about the same time. */
#define WORKER_TASKS 4

typedef struct job {
    const ens_model *model;
    const ens_dataset *data;
    ens__alignment aligned;
    char *scratch; /* [workers][stride] */
    size_t stride;
    size_t rows;       /* a task predicts */
    const ens_list *q; /* quantiles to predict; NULL: the learner's outputs */
    size_t width;      /* outputs a row */
    size_t rounds;     /* the first so many alone; 0: all */
    double *offset;    /* [rows] or NULL */
    double *out;
} job;

static ens_status predict_task(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    const ens_fitted *root = &j->model->root;
    bool takes_long = (root->type->caps & ENS_TAKES_LONG_BLOCKS) != 0;
    size_t block = takes_long ? ENS_LONG_BLOCK : ENS_BLOCK;
    size_t end = (task + 1) * j->rows < j->data->n ? (task + 1) * j->rows : j->data->n;

    (void)err;
    for (size_t i = task * j->rows; i < end; i += block) {
        size_t n = end - i < block ? end - i : block;
        ens_rows rows = {j->aligned.feature, j->aligned.p, j->data->row + i, n};
        double *out = j->out + i * j->width;
        void *scratch = j->scratch + worker * j->stride;

        const double *offset = j->offset != NULL ? j->offset + i : NULL;

        if (j->q != NULL)
            root->type->quantiles(root->state, &rows, offset, j->q, out, scratch);
        else
            ens__fitted_block(root, j->rounds, &rows, offset, out, scratch);
    }
    return ENS_OK;
}

/* As many tasks for each worker, of whole blocks, of which a long one is the most. */
static size_t rows_of_task(size_t n, unsigned workers)
{
    size_t each = n / (ENS_LONG_BLOCK * (size_t)workers) + 1;
    size_t tasks = workers * (each < WORKER_TASKS ? WORKER_TASKS : each);
    size_t blocks = (n + tasks * ENS_BLOCK - 1) / (tasks * ENS_BLOCK);

    return (blocks > 1 ? blocks : 1) * ENS_BLOCK;
}

/* Those of the rows, in their order. */
static ens_status gather_offsets(job *j, ens_error *err)
{
    if (j->aligned.offset == NULL)
        return ENS_OK;
    if ((j->offset = ens__array(j->data->n, sizeof *j->offset)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < j->data->n; i++)
        j->offset[i] = j->aligned.offset[j->data->row[i]];
    return ENS_OK;
}

/* Match the table's columns, then predict it in blocks. */
static ens_status predict_table(job *j, const ens_predict_options *options,
                                const ens_exec *exec, ens_error *err)
{
    static const ens_predict_options defaults;
    const ens_model *model = j->model;
    size_t tasks;
    unsigned caps = ens__learner_caps(model->learner);
    ens_status st;

    if ((st = ens__align(&j->aligned, model, j->data,
                         options != NULL ? options : &defaults, err)) != ENS_OK)
        return st;
    if ((caps & ENS_TAKES_MISSING) == 0) {
        for (size_t f = 0; f < j->aligned.p; f++)
            j->aligned.feature[f].name = model->schema.feature[f].name;
        st = ens__check_features(
            model->learner, caps,
            &(ens_rows){j->aligned.feature, j->aligned.p, j->data->row, j->data->n}, err);
        if (st != ENS_OK)
            goto done;
    }
    if ((st = gather_offsets(j, err)) != ENS_OK)
        goto done;
    j->rows = rows_of_task(j->data->n, ens_exec_threads(exec));
    tasks = (j->data->n + j->rows - 1) / j->rows;
    if ((j->scratch = ens__aligned(ens__par_workers(tasks, exec), j->stride)) == NULL)
        st = ens__nomem(err);
    else
        st = ens__par_for(tasks, exec, "predicting", predict_task, j, NULL, err);
done:
    ens__free(j->scratch);
    ens__free(j->offset);
    ens__alignment_clear(&j->aligned);
    return st;
}

ens_status ens_model_predict_with(const ens_model *model, const ens_dataset *data,
                                  const ens_predict_options *options, double *out,
                                  const ens_exec *exec, ens_error *err)
{
    job j = {.model = model,
             .data = data,
             .stride = (model->scratch + 63) / 64 * 64,
             .width = model->schema.k,
             .rounds = options != NULL ? options->rounds : 0,
             .out = out};

    if (j.rounds > 0 && ens__fitted_rounds(&model->root) == 0)
        return ens__fail(err, ENS_ESUPPORT, "a model of %s does not grow in rounds",
                         ens__learner_last(model->learner)->type->name);
    return predict_table(&j, options, exec, err);
}

ens_status ens_model_predict(const ens_model *model, const ens_dataset *data, double *out,
                             const ens_exec *exec, ens_error *err)
{
    return ens_model_predict_with(model, data, NULL, out, exec, err);
}

/* ---- Quantiles -------------------------------------------------------------------------------------------- */

const double *ens_model_quantiles(const ens_model *model, size_t *n)
{
    const ens_list *q = ens__learner_quantiles(model->learner);

    if (n != NULL)
        *n = q != NULL ? q->n : 0;
    return q != NULL ? q->v : NULL;
}

/* Each of q is one that the learner was fitted for. */
static ens_status check_fixed(const ens_list *q, const ens_list *kept, ens_error *err)
{
    for (size_t i = 0, at = 0; i < q->n; i++) {
        while (at < kept->n && kept->v[at] < q->v[i])
            at++;
        if (at == kept->n || kept->v[at] != q->v[i])
            return ens__fail(err, ENS_ESUPPORT,
                             "the model was not fitted for quantile %g: it has those of "
                             "ens_model_quantiles() only",
                             q->v[i]);
    }
    return ENS_OK;
}

ens_status ens_model_predict_quantiles(const ens_model *model, const ens_dataset *data,
                                       const ens_quantile_options *options, double *out,
                                       const ens_exec *exec, ens_error *err)
{
    const ens_list *kept = ens__learner_quantiles(model->learner);
    ens_list q;
    job j = {.model = model, .data = data, .out = out, .q = &q};
    ens_status st;

    if (kept == NULL)
        return ens__fail(err, ENS_ESUPPORT,
                         "the model keeps no quantiles: fit it with "
                         "forest(quantiles=[0.05, 0.5, 0.95]) or gbdt of the same");
    q = *kept;
    if (options != NULL && options->q != NULL) {
        q = (ens_list){.v = (double *)(uintptr_t)options->q,
                       .n = options->n}; /* read only */
        if ((st = ens__check_quantiles(&q, "ens_model_predict_quantiles", err)) != ENS_OK)
            return st;
        if ((ens__learner_last(model->learner)->type->caps & ENS_FIXED_QUANTILES) != 0 &&
            (st = check_fixed(&q, kept, err)) != ENS_OK)
            return st;
    }
    j.width = q.n;
    j.stride = (model->root.type->quantiles_scratch(model->root.state) + 63) / 64 * 64;
    return predict_table(&j, options != NULL ? &options->predict : NULL, exec, err);
}

size_t ens_argmax(const double *out, size_t k)
{
    size_t best = 0;

    for (size_t c = 1; c < k; c++)
        if (out[c] > out[best])
            best = c;
    return best;
}

/* ---- Targets ---------------------------------------------------------------------------------------------- */

static const ens__column *find_target(const ens_model *m, const ens_dataset *data)
{
    if (m->schema.target == NULL)
        return data->table->target;
    for (size_t c = 0; c < data->table->n_columns; c++)
        if (strcmp(data->table->column[c].name, m->schema.target) == 0)
            return &data->table->column[c];
    return NULL;
}

/* The class of one row, -1 for one that the model does not know. */
static int32_t class_of(const ens_model *m, const ens__column *c, uint32_t row,
                        const int32_t *map)
{
    char text[ENS__NUMBER_SIZE];

    if (c->x == NULL)
        return map[c->code[row]];
    ens__number_print(text, c->x[row]);
    return ens__levels_find(&m->schema.classes, text);
}

static ens_status class_targets(const ens_model *m, const ens_dataset *data,
                                const ens__column *c, int32_t *label, ens_error *err)
{
    int32_t *map = ens__array(c->levels.n, sizeof *map);

    if (map == NULL)
        return ens__nomem(err);
    for (size_t l = 0; l < c->levels.n; l++)
        map[l] = ens__levels_find(&m->schema.classes, c->levels.name[l]);
    for (size_t i = 0; i < data->n; i++)
        label[i] = class_of(m, c, data->row[i], map);
    ens__free(map);
    return ENS_OK;
}

/* 1 for the anomalies of a table that has a target of its own. */
static ens_status rarer_targets(const ens_dataset *data, int32_t *label, ens_error *err)
{
    size_t anomaly;

    if (!ens__dataset_rarer(&anomaly, data))
        return ens__fail(err, ENS_EDATA,
                         "target `%s` has not two classes, of which the rarer were the "
                         "anomalies",
                         data->table->target->name);
    for (size_t i = 0; i < data->n; i++)
        label[i] = (size_t)data->table->label[data->row[i]] == anomaly;
    return ENS_OK;
}

/* 1 for the class that is the anomaly, 0 for the other. */
static ens_status anomaly_targets(const ens_model *m, const ens_dataset *data,
                                  const ens__column *c, int32_t *label, ens_error *err)
{
    ens_status st;

    if (m->schema.target == NULL)
        return rarer_targets(data, label, err);
    if ((st = class_targets(m, data, c, label, err)) == ENS_OK)
        for (size_t i = 0; i < data->n; i++)
            if (label[i] >= 0)
                label[i] = (size_t)label[i] == m->schema.anomaly;
    return st;
}

ens_status ens_model_targets(const ens_model *m, const ens_dataset *data, int32_t *label,
                             double *y, ens_error *err)
{
    const ens__column *c = find_target(m, data);

    if (c == NULL && m->schema.target == NULL)
        return ens__fail(err, ENS_ESHAPE, "neither model nor table has a target");
    if (c == NULL)
        return ens__fail(err, ENS_ESHAPE, "the table lacks the target column `%s`",
                         m->schema.target);
    if (m->schema.task == ENS_TASK_REGRESSION && c->type != ENS_NUMERIC)
        return ens__fail(err, ENS_ESHAPE,
                         "target `%s` holds text, the model expects numbers", c->name);
    for (size_t i = 0; i < data->n; i++)
        if (c->x != NULL ? isnan(c->x[data->row[i]]) : c->code[data->row[i]] < 0)
            return ens__fail(err, ENS_EDATA, "target `%s` is missing in row %zu", c->name,
                             i + 1);
    if (m->schema.task == ENS_TASK_CLASSIFICATION)
        return class_targets(m, data, c, label, err);
    if (m->schema.task == ENS_TASK_ANOMALY)
        return anomaly_targets(m, data, c, label, err);
    for (size_t i = 0; i < data->n; i++)
        y[i] = c->x[data->row[i]];
    return ENS_OK;
}

/* ---- Scores ----------------------------------------------------------------------------------------------- */

static ens_status add_score(ens_score **score, size_t *n, const char *kind,
                            const char *name, size_t len, const ens_eval *eval,
                            bool usual, ens_error *err)
{
    ens_score one = {ens__strdup(kind), ens__strndup(name, len), NAN};
    ens_score *more = ens__resize(*score, *n + 1, sizeof *more);
    ens_status st;

    if (more != NULL)
        *score = more;
    if (more == NULL || one.kind == NULL || one.name == NULL)
        st = ens__nomem(err);
    else
        st = ens_metric(&one.value, one.name, eval, err);
    if (st == ENS_OK) {
        (*score)[(*n)++] = one;
        return ENS_OK;
    }
    ens__free((void *)(uintptr_t)one.kind);
    ens__free((void *)(uintptr_t)one.name);
    return usual && st == ENS_EDATA ? ENS_OK : st;
}

ens_status ens__scores_make(ens_score **out, size_t *n_out, const char *kind,
                            const char *metrics, const ens_eval *eval, ens_error *err)
{
    const char *s = metrics != NULL ? metrics : ens_metric_defaults(eval->task, eval->k);
    ens_score *score = NULL;
    size_t n = 0;
    ens_status st = ENS_OK;

    *out = NULL;
    *n_out = 0;
    while (st == ENS_OK && *s != 0) {
        size_t len = ens__metric_item(s);

        st = add_score(&score, &n, kind, s, len, eval, metrics == NULL, err);
        s += len + (s[len] == ',');
    }
    if (st == ENS_OK) {
        *out = score;
        *n_out = n;
    } else {
        ens_scores_free(score, n);
    }
    return st;
}

ens_status ens_model_evaluate(ens_score **out, size_t *n_out, const ens_model *model,
                              const ens_dataset *data, const char *metrics,
                              const ens_exec *exec, ens_error *err)
{
    size_t n = data->n, k = model->schema.k;
    double *pred = ens__array(n * k, sizeof *pred), *y = ens__array(n, sizeof *y);
    double *w = ens__array(n, sizeof *w);
    int32_t *label = ens__array(n, sizeof *label);
    uint32_t *group = ens__array(n, sizeof *group);
    ens_status st;

    *out = NULL;
    *n_out = 0;
    if (pred == NULL || y == NULL || w == NULL || label == NULL || group == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        w[i] = ens_dataset_weight(data, i);
        group[i] = (uint32_t)ens_dataset_group(data, i);
    }
    if ((st = ens_model_targets(model, data, label, y, err)) != ENS_OK ||
        (st = ens_model_predict(model, data, pred, exec, err)) != ENS_OK)
        goto done;
    ens_eval eval = {model->schema.task,
                     n,
                     k,
                     label,
                     y,
                     pred,
                     data->table->weight != NULL ? w : NULL,
                     data->table->group_of != NULL ? group : NULL};
    st = ens__scores_make(out, n_out, "evaluate", metrics, &eval, err);
done:
    ens__free(pred);
    ens__free(y);
    ens__free(w);
    ens__free(label);
    ens__free(group);
    return st;
}
