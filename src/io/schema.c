/* schema.c - what a model remembers of its table, and its scores, as JSON text and back.
 *
 *     schema  := {"task": word, "target": text, "features": [feature, ...], "anomaly": index, "offset": text}
 *     feature := {"name": text, "type": "numeric" | "categorical", "missing": count, "levels": [text, ...]}
 *     classes := [text, ...]
 *     scores  := [{"kind": text, "name": text, "value": number as text}, ...]
 *
 * Only models of anomalies have "anomaly", and they may be without both it and "target".  Only models that were
 * fitted with an offset have "offset".
 * Only categorical features have levels.  Numbers of scores are texts, since JSON has no NaN. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <io/json.h>
#include <io/schema.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"features": [{"levels": [{"hex": ...}]}]} */
#define SCHEMA_DEPTH 5

/* ---- Printing --------------------------------------------------------------------------------------- */

/* Takes node, which is NULL without memory. */
static ens_status print(char **out, json_t *node, int failed, ens_error *err)
{
    ens__buf b = {.failed = failed != 0 || node == NULL};

    if (!b.failed)
        ens__json_print(&b, node);
    json_decref(node);
    return ens__buf_take(out, &b, err);
}

static json_t *levels_node(const ens__levels *levels, int *failed)
{
    json_t *node = json_array();

    for (size_t l = 0; l < levels->n; l++)
        *failed |= json_array_append_new(node, ens__json_text(levels->name[l]));
    return node;
}

static json_t *feature_node(const ens__schema_feature *f, int *failed)
{
    json_t *node = json_object();
    bool numeric = f->type == ENS_NUMERIC;

    *failed |= json_object_set_new(node, "name", ens__json_text(f->name));
    *failed |= json_object_set_new(node, "type",
                                   json_string(numeric ? "numeric" : "categorical"));
    *failed |=
        json_object_set_new(node, "missing", json_integer((json_int_t)f->n_missing));
    if (!numeric)
        *failed |= json_object_set_new(node, "levels", levels_node(&f->levels, failed));
    return node;
}

static const char *const task_name[] = {
    [ENS_TASK_CLASSIFICATION] = "classification",
    [ENS_TASK_REGRESSION] = "regression",
    [ENS_TASK_ANOMALY] = "anomaly",
};

ens_status ens__schema_print(char **out, const ens__schema *s, ens_error *err)
{
    json_t *node = json_object(), *features = json_array();
    int failed = 0;

    for (size_t j = 0; j < s->p; j++)
        failed |= json_array_append_new(features, feature_node(&s->feature[j], &failed));
    failed |= json_object_set_new(node, "task", json_string(task_name[s->task]));
    if (s->target != NULL)
        failed |= json_object_set_new(node, "target", ens__json_text(s->target));
    failed |= json_object_set_new(node, "features", features);
    if (s->offset != NULL)
        failed |= json_object_set_new(node, "offset", ens__json_text(s->offset));
    if (s->target != NULL && s->task == ENS_TASK_ANOMALY)
        failed |= json_object_set_new(node, "anomaly",
                                      json_integer((json_int_t)s->anomaly));
    return print(out, node, failed, err);
}

ens_status ens__classes_print(char **out, const ens__schema *s, ens_error *err)
{
    int failed = 0;
    json_t *node = levels_node(&s->classes, &failed);

    return print(out, node, failed, err);
}

static json_t *score_node(const ens_score *score, int *failed)
{
    json_t *node = json_object();
    char value[ENS__NUMBER_SIZE];

    ens__number_print(value, score->value);
    *failed |= json_object_set_new(node, "kind", ens__json_text(score->kind));
    *failed |= json_object_set_new(node, "name", ens__json_text(score->name));
    *failed |= json_object_set_new(node, "value", json_string(value));
    return node;
}

ens_status ens__scores_print(char **out, const ens_model *m, ens_error *err)
{
    json_t *node = json_array();
    int failed = 0;

    for (size_t i = 0; i < m->n_scores; i++)
        failed |= json_array_append_new(node, score_node(&m->score[i], &failed));
    return print(out, node, failed, err);
}

/* ---- Levels and classes ------------------------------------------------------------------------------- */

static void names_free(char **name, size_t n)
{
    for (size_t i = 0; name != NULL && i < n; i++)
        ens__free(name[i]);
    ens__free(name);
}

/* The texts of an array, as they stand. */
static ens_status read_names(char ***out, const json_t *node, const char *what,
                             ens_error *err)
{
    size_t n = json_array_size(node);
    char **name = ens__zeros(n, sizeof *name);
    ens_status st = name != NULL ? ENS_OK : ens__nomem(err);

    for (size_t i = 0; i < n && st == ENS_OK; i++)
        st = ens__json_get_text(&name[i], json_array_get(node, i), what, err);
    if (st == ENS_OK)
        *out = name;
    else
        names_free(name, n);
    return st;
}

/* Levels whose texts are those of an array: making levels of them must leave them where they are. */
static ens_status read_levels(ens__levels *out, const json_t *node, const char *what,
                              ens_error *err)
{
    size_t n = json_array_size(node);
    char **name = NULL;
    int32_t *code = NULL;
    ens_status st;

    if (!json_is_array(node) || n > INT32_MAX)
        return ens__fail(err, ENS_EFORMAT, "%s are not a list of texts", what);
    if ((st = read_names(&name, node, what, err)) != ENS_OK)
        return st;
    if ((code = ens__array(n, sizeof *code)) == NULL) {
        names_free(name, n);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        code[i] = (int32_t)i;
    st = ens__levels_make(out, name, n, code, n,
                          err); /* takes the texts, not their array */
    ens__free(name);
    for (size_t i = 0; i < n && st == ENS_OK; i++)
        if (out->n != n || code[i] != (int32_t)i)
            st = ens__fail(err, ENS_EFORMAT, "%s are not distinct and in order", what);
    ens__free(code);
    return st;
}

static bool classes_suit(const ens__schema *s)
{
    size_t n = s->classes.n;

    if (s->task == ENS_TASK_ANOMALY)
        return s->target != NULL ? n == 2 && s->anomaly < n : n == 0;
    return (s->task == ENS_TASK_CLASSIFICATION) == (n > 0);
}

ens_status ens__classes_parse(ens__schema *s, const char *text, ens_error *err)
{
    json_t *node = NULL;
    ens_status st;

    if ((st = ens__json_parse(&node, "classes", text, strlen(text), SCHEMA_DEPTH, err)) ==
            ENS_OK &&
        (st = read_levels(&s->classes, node, "classes", err)) == ENS_OK) {
        s->k = s->task == ENS_TASK_CLASSIFICATION ? s->classes.n : 1;
        if (!classes_suit(s))
            st = ens__fail(err, ENS_EFORMAT, "%zu classes do not suit the task",
                           s->classes.n);
    }
    json_decref(node);
    return st;
}

/* ---- Schema -------------------------------------------------------------------------------------------- */

static ens_status read_type(ens_type *out, const json_t *node, const char *what,
                            ens_error *err)
{
    const char *type = json_string_value(json_object_get(node, "type"));

    *out = ENS_NUMERIC;
    if (type != NULL && strcmp(type, "categorical") == 0)
        *out = ENS_CATEGORICAL;
    else if (type == NULL || strcmp(type, "numeric") != 0)
        return ens__fail(err, ENS_EFORMAT, "%s is neither numeric nor categorical", what);
    return ENS_OK;
}

static ens_status read_feature(ens__schema_feature *f, const json_t *node, size_t j,
                               ens_error *err)
{
    const json_t *missing = json_object_get(node, "missing");
    const json_t *levels = json_object_get(node, "levels");
    char what[64];
    ens_status st;

    snprintf(what, sizeof what, "schema: the name of feature %zu", j + 1);
    if ((st = ens__json_get_text(&f->name, json_object_get(node, "name"), what, err)) !=
        ENS_OK)
        return st;
    snprintf(what, sizeof what, "schema: feature %zu", j + 1);
    if ((st = read_type(&f->type, node, what, err)) != ENS_OK)
        return st;
    if (!json_is_integer(missing) || json_integer_value(missing) < 0)
        return ens__fail(err, ENS_EFORMAT, "%s: `missing` is not a count", what);
    f->n_missing = (size_t)json_integer_value(missing);
    if (f->type == ENS_NUMERIC)
        return levels == NULL
                   ? ENS_OK
                   : ens__fail(err, ENS_EFORMAT, "%s: numbers have no levels", what);
    snprintf(what, sizeof what, "schema: the levels of feature %zu", j + 1);
    return read_levels(&f->levels, levels, what, err);
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* The names of target, offset and features are distinct, and not empty. */
static ens_status check_names(const ens__schema *s, ens_error *err)
{
    const char **name = ens__array(s->p + 2, sizeof *name);
    size_t n = 0;
    ens_status st = ENS_OK;

    if (name == NULL)
        return ens__nomem(err);
    for (; n < s->p; n++)
        name[n] = s->feature[n].name;
    if (s->target != NULL)
        name[n++] = s->target;
    if (s->offset != NULL)
        name[n++] = s->offset;
    qsort(name, n, sizeof *name, by_text);
    if (name[0][0] == 0)
        st = ens__fail(err, ENS_EFORMAT, "schema: a column without a name");
    for (size_t j = 0; j + 1 < n && st == ENS_OK; j++)
        if (strcmp(name[j], name[j + 1]) == 0)
            st = ens__fail(err, ENS_EFORMAT, "schema: two columns are called `%s`",
                           name[j]);
    ens__free(name);
    return st;
}

static ens_status read_task(ens_task *out, const json_t *node, ens_error *err)
{
    const char *task = json_string_value(json_object_get(node, "task"));

    for (size_t t = ENS_TASK_CLASSIFICATION; t <= ENS_TASK_ANOMALY; t++)
        if (task != NULL && strcmp(task, task_name[t]) == 0) {
            *out = (ens_task)t;
            return ENS_OK;
        }
    return ens__fail(err, ENS_EFORMAT,
                     "schema: the task is neither classification nor regression nor "
                     "anomaly");
}

/* A model of anomalies may have none; if it has, it says which class they are. */
static ens_status read_target(ens__schema *s, const json_t *node, ens_error *err)
{
    const json_t *target = json_object_get(node, "target");
    const json_t *anomaly = json_object_get(node, "anomaly");
    json_int_t class = json_integer_value(anomaly);

    if (s->task == ENS_TASK_ANOMALY && target == NULL && anomaly == NULL)
        return ENS_OK;
    if ((s->task == ENS_TASK_ANOMALY) != json_is_integer(anomaly) || class < 0 ||
        class > 1)
        return ens__fail(err, ENS_EFORMAT, "schema: `anomaly` does not suit the task");
    s->anomaly = (size_t)class;
    return ens__json_get_text(&s->target, target, "schema: the target", err);
}

static ens_status read_offset(ens__schema *s, const json_t *node, ens_error *err)
{
    const json_t *offset = json_object_get(node, "offset");

    return offset == NULL
               ? ENS_OK
               : ens__json_get_text(&s->offset, offset, "schema: the offset", err);
}

static ens_status read_features(ens__schema *s, const json_t *list, ens_error *err)
{
    size_t p = json_array_size(list);
    ens_status st = ENS_OK;

    if (p == 0)
        return ens__fail(err, ENS_EFORMAT, "schema: there are no features");
    if ((s->feature = ens__zeros(p, sizeof *s->feature)) == NULL)
        return ens__nomem(err);
    for (s->p = 0; s->p < p && st == ENS_OK; s->p++)
        st = read_feature(&s->feature[s->p], json_array_get(list, s->p), s->p, err);
    return st;
}

ens_status ens__schema_parse(ens__schema *s, const char *text, ens_error *err)
{
    json_t *node = NULL;
    ens_status st;

    if ((st = ens__json_parse(&node, "schema", text, strlen(text), SCHEMA_DEPTH, err)) ==
            ENS_OK &&
        (st = read_task(&s->task, node, err)) == ENS_OK &&
        (st = read_target(s, node, err)) == ENS_OK &&
        (st = read_offset(s, node, err)) == ENS_OK &&
        (st = read_features(s, json_object_get(node, "features"), err)) == ENS_OK)
        st = check_names(s, err);
    json_decref(node);
    return st;
}

/* ---- Scores ------------------------------------------------------------------------------------------- */

static ens_status read_score(ens_model *m, const json_t *node, ens_error *err)
{
    const char *value = json_string_value(json_object_get(node, "value"));
    char *kind = NULL, *name = NULL;
    double v;
    ens_status st;

    if ((st = ens__json_get_text(&kind, json_object_get(node, "kind"),
                                 "the kind of a score", err)) != ENS_OK ||
        (st = ens__json_get_text(&name, json_object_get(node, "name"),
                                 "the name of a score", err)) != ENS_OK)
        goto done;
    if (value == NULL || !ens__number_parse(&v, value, strlen(value)))
        st = ens__fail(err, ENS_EFORMAT, "score `%s`: its value is not a number", name);
    else
        st = ens__model_add_score(m, kind, name, v, err);
done:
    ens__free(kind);
    ens__free(name);
    return st;
}

ens_status ens__scores_parse(ens_model *m, const char *text, ens_error *err)
{
    json_t *node = NULL;
    ens_status st =
        ens__json_parse(&node, "scores", text, strlen(text), SCHEMA_DEPTH, err);

    if (st == ENS_OK && !json_is_array(node))
        st = ens__fail(err, ENS_EFORMAT, "the scores are not a list");
    for (size_t i = 0; i < json_array_size(node) && st == ENS_OK; i++)
        st = read_score(m, json_array_get(node, i), err);
    json_decref(node);
    return st;
}
