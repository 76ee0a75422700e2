/* model.c - what a model remembers: the schema of its table, its recipe, seed and scores; and asking it. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/model.h>
#include <string.h>

/* ---- Schema ----------------------------------------------------------------------------------------- */

void ens__schema_clear(ens__schema *s)
{
    for (size_t j = 0; s->feature != NULL && j < s->p; j++) {
        ens__free(s->feature[j].name);
        ens__levels_clear(&s->feature[j].levels);
    }
    ens__free(s->feature);
    ens__free(s->target);
    ens__free(s->offset);
    ens__levels_clear(&s->classes);
    *s = (ens__schema){0};
}

static ens_status copy_feature(ens__schema_feature *out, const ens__column *column,
                               ens_error *err)
{
    out->type = column->type;
    out->n_missing = column->n_missing;
    if ((out->name = ens__strdup(column->name)) == NULL)
        return ens__nomem(err);
    return ens__levels_copy(&out->levels, &column->levels, err);
}

ens_status ens__schema_of(ens__schema *out, const ens_dataset *data, ens_task task,
                          ens_error *err)
{
    const ens__table *table = data->table;
    ens__schema s = {0};
    bool has_target = task != ENS_TASK_ANOMALY || ens__dataset_rarer(&s.anomaly, data);
    ens_status st = ENS_OK;

    *out = (ens__schema){0};
    s.task = task;
    s.k = task == ENS_TASK_CLASSIFICATION ? table->classes.n : 1;
    if ((s.feature = ens__zeros(table->p, sizeof *s.feature)) == NULL ||
        (has_target && (s.target = ens__strdup(table->target->name)) == NULL) ||
        (table->offset != NULL &&
         (s.offset = ens__strdup(table->offset->name)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    for (s.p = 0; s.p < table->p; s.p++)
        if ((st = copy_feature(&s.feature[s.p],
                               &table->column[table->feature_column[s.p]], err)) !=
            ENS_OK) {
            s.p++; /* the half-made one is freed too */
            goto done;
        }
    if (has_target &&
        (st = ens__levels_copy(&s.classes, &table->classes, err)) != ENS_OK)
        goto done;
    *out = s;
    s = (ens__schema){0};
done:
    ens__schema_clear(&s);
    return st;
}

/* ---- Model ------------------------------------------------------------------------------------------- */

ens_model *ens__model_new(void)
{
    return ens__zeros(1, sizeof(ens_model));
}

void ens_model_free(ens_model *m)
{
    if (m == NULL)
        return;
    ens_fitted_clear(&m->root);
    ens__schema_clear(&m->schema);
    ens_learner_free(m->learner);
    ens_scores_free(m->score, m->n_scores);
    ens__free(m->library);
    ens__free(m->csv_types);
    ens__free(m);
}

ens_status ens__model_finish(ens_model *m, ens_error *err)
{
    unsigned caps = ens__learner_caps(m->learner);
    size_t n = 0;

    if ((m->csv_types = ens__zeros(m->schema.p + 2, sizeof *m->csv_types)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < m->schema.p; j++)
        m->csv_types[n++] =
            (ens_csv_type){m->schema.feature[j].name, m->schema.feature[j].type};
    m->scratch = ens_fitted_scratch(&m->root);
    m->takes_missing = (caps & ENS_TAKES_MISSING) != 0;
    m->takes_missing_levels =
        (caps & (ENS_TAKES_MISSING | ENS_TAKES_MISSING_LEVELS)) != 0;
    return ENS_OK;
}

/* ---- Scores ------------------------------------------------------------------------------------------ */

void ens_scores_free(ens_score *score, size_t n)
{
    for (size_t i = 0; score != NULL && i < n; i++) {
        ens__free((void *)(uintptr_t)score[i].kind);
        ens__free((void *)(uintptr_t)score[i].name);
    }
    ens__free(score);
}

ens_status ens__model_add_score(ens_model *m, const char *kind, const char *name,
                                double value, ens_error *err)
{
    ens_score *more = ens__resize(m->score, m->n_scores + 1, sizeof *more);
    ens_score score = {ens__strdup(kind), ens__strdup(name), value};

    if (more != NULL)
        m->score = more;
    if (more == NULL || score.kind == NULL || score.name == NULL) {
        ens__free((void *)(uintptr_t)score.kind);
        ens__free((void *)(uintptr_t)score.name);
        return ens__nomem(err);
    }
    m->score[m->n_scores++] = score;
    return ENS_OK;
}

const ens_score *ens_model_score(const ens_model *m, size_t i)
{
    return i < m->n_scores ? &m->score[i] : NULL;
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

size_t ens_model_k(const ens_model *m)
{
    return m->schema.k;
}

ens_task ens_model_task(const ens_model *m)
{
    return m->schema.task;
}

const char *ens_model_class(const ens_model *m, size_t c)
{
    return c < m->schema.classes.n ? m->schema.classes.name[c] : NULL;
}

const char *ens_model_anomaly(const ens_model *m)
{
    return m->schema.task == ENS_TASK_ANOMALY ? ens_model_class(m, m->schema.anomaly)
                                              : NULL;
}

ens_status ens_model_threshold(double *out, const ens_model *m, ens_error *err)
{
    if (m->schema.task != ENS_TASK_ANOMALY)
        return ens__fail(err, ENS_ESUPPORT, "%s is no model of anomalies",
                         m->root.type->name);
    *out = ens__fitted_threshold(&m->root);
    return ENS_OK;
}

const ens_learner *ens_model_learner(const ens_model *m)
{
    return m->learner;
}

uint64_t ens_model_seed(const ens_model *m)
{
    return m->seed;
}

const char *ens_model_target(const ens_model *m)
{
    return m->schema.target;
}

const char *ens_model_offset(const ens_model *m)
{
    return m->schema.offset;
}

size_t ens_model_rounds(const ens_model *m)
{
    return ens__fitted_rounds(&m->root);
}

size_t ens_model_n_train(const ens_model *m)
{
    return m->n_train;
}

size_t ens_model_p(const ens_model *m)
{
    return m->schema.p;
}

ens_status ens_model_feature(ens_column_info *out, const ens_model *m, size_t j,
                             ens_error *err)
{
    const ens__schema_feature *f;

    *out = (ens_column_info){0};
    if (j >= m->schema.p)
        return ens__fail(err, ENS_EINVAL, "feature %zu of %zu", j, m->schema.p);
    f = &m->schema.feature[j];
    *out = (ens_column_info){f->name, f->type, ENS_FEATURE, f->levels.n, f->n_missing};
    return ENS_OK;
}

const char *ens_model_feature_level(const ens_model *m, size_t j, size_t level)
{
    if (j >= m->schema.p || level >= m->schema.feature[j].levels.n)
        return NULL;
    return m->schema.feature[j].levels.name[level];
}

const ens_csv_type *ens_model_csv_types(const ens_model *m)
{
    return m->csv_types;
}

ens_status ens_model_importance(const ens_model *m, double *out, ens_error *err)
{
    double total = 0;
    ens_status st;

    if (m->root.type->importance == NULL)
        return ens__fail(err, ENS_ESUPPORT, "%s has no impurity importance",
                         m->root.type->name);
    for (size_t j = 0; j < m->schema.p; j++)
        out[j] = 0;
    if ((st = m->root.type->importance(m->root.state, out, err)) != ENS_OK)
        return st;
    for (size_t j = 0; j < m->schema.p; j++)
        total += out[j];
    for (size_t j = 0; total > 0 && j < m->schema.p; j++)
        out[j] /= total;
    return ENS_OK;
}

static ens_status add_line(void *buf, const char *line)
{
    ens__buf_puts(buf, line);
    return ENS_OK;
}

ens_status ens_model_describe(char **out, const ens_model *m, ens_error *err)
{
    ens__buf b = {0};
    ens_status st;

    *out = NULL;
    ens__buf_puts(&b, "");
    if (m->root.type->describe != NULL &&
        (st = m->root.type->describe(m->root.state, add_line, &b, err)) != ENS_OK) {
        ens__buf_clear(&b);
        return st;
    }
    return ens__buf_take(out, &b, err);
}

const double *ens_model_oob(const ens_model *m, size_t *n)
{
    const double *oob =
        m->root.type->oob != NULL ? m->root.type->oob(m->root.state) : NULL;

    if (n != NULL)
        *n = oob != NULL ? m->n_train : 0;
    return oob;
}
