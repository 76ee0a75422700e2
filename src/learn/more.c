/* more.c - whether a model can be added to: the same recipe but for more members, and the same table.
 *
 * Members are drawn from streams that are named by the seed and their number, so that those of a larger fit begin with
 * those of a smaller one, where all else is the same. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/model.h>
#include <learn/pipeline.h>
#include <string.h>

/* ---- Recipes ------------------------------------------------------------------------------------------ */

/* ENS_EINVAL if a parameter of two recipes of one type is not the same. */
static ens_status same_param(const ens_learner *a, const ens_learner *b,
                             const ens_param *p, ens_error *err)
{
    ens__buf x = {0}, y = {0};
    ens_status st = ENS_OK;

    ens__param_print(&x, a->params, p);
    ens__param_print(&y, b->params, p);
    if (x.failed || y.failed)
        st = ens__nomem(err);
    else if (strcmp(x.s, y.s) != 0)
        st = ens__fail(err, ENS_EINVAL, "%s.%s = %s, but the model was fitted with %s",
                       b->type->name, p->name, y.s, x.s);
    ens__buf_clear(&x);
    ens__buf_clear(&y);
    return st;
}

/* grows: a parameter that may differ, of the last step of a pipeline, or NULL. */
static ens_status same_recipe(const ens_learner *a, const ens_learner *b,
                              const char *grows, ens_error *err)
{
    ens_status st = ENS_OK;

    if (a->type != b->type)
        return ens__fail(err, ENS_EINVAL, "the recipe has a %s where the model has a %s",
                         b->type->name, a->type->name);
    for (const ens_param *p = a->type->params; p->name != NULL && st == ENS_OK; p++)
        if (grows == NULL || strcmp(p->name, grows) != 0)
            st = same_param(a, b, p, err);
    if (st == ENS_OK && a->n_members != b->n_members)
        return ens__fail(err, ENS_EINVAL, "%s has %zu members, but the model's has %zu",
                         b->type->name, b->n_members, a->n_members);
    for (size_t i = 0; i < a->n_members && st == ENS_OK; i++) {
        bool last = a->type == &ens__pipeline_type && i + 1 == a->n_members;

        st = same_recipe(a->member[i], b->member[i], last ? grows : NULL, err);
    }
    return st;
}

/* ---- Tables ------------------------------------------------------------------------------------------- */

static ens_status same_levels(const ens__levels *a, const ens__levels *b,
                              const char *column, ens_error *err)
{
    if (a->n != b->n)
        return ens__fail(err, ENS_ESHAPE,
                         "column `%s` has %zu levels, the model knows %zu", column, b->n,
                         a->n);
    for (size_t l = 0; l < a->n; l++)
        if (strcmp(a->name[l], b->name[l]) != 0)
            return ens__fail(err, ENS_ESHAPE,
                             "level %zu of column `%s` is `%s`, the model has `%s`",
                             l + 1, column, b->name[l], a->name[l]);
    return ENS_OK;
}

static ens_status same_feature(const ens__schema_feature *a, const ens__schema_feature *b,
                               size_t j, ens_error *err)
{
    static const char *const kind[] = {"numbers", "categories"};

    if (strcmp(a->name, b->name) != 0)
        return ens__fail(err, ENS_ESHAPE, "feature %zu is `%s`, the model has `%s` there",
                         j + 1, b->name, a->name);
    if (a->type != b->type)
        return ens__fail(err, ENS_ESHAPE, "column `%s` holds %s, for the model %s",
                         b->name, kind[b->type], kind[a->type]);
    return same_levels(&a->levels, &b->levels, b->name, err);
}

static ens_status same_schema(const ens__schema *a, const ens__schema *b, ens_error *err)
{
    ens_status st = ENS_OK;

    if (a->target == NULL || b->target == NULL) {
        if (a->target != b->target)
            return ens__fail(err, ENS_ESHAPE, "the %s has a target, the %s has none",
                             a->target != NULL ? "model" : "table",
                             a->target != NULL ? "table" : "model");
    } else if (strcmp(a->target, b->target) != 0) {
        return ens__fail(err, ENS_ESHAPE, "the target is `%s`, the model predicts `%s`",
                         b->target, a->target);
    }
    if (a->task != b->task)
        return ens__fail(
            err, ENS_ESHAPE, "target `%s` is for %s, the model is not", b->target,
            b->task == ENS_TASK_CLASSIFICATION ? "classification" : "regression");
    if (a->offset == NULL || b->offset == NULL) {
        if (a->offset != b->offset)
            return ens__fail(err, ENS_ESHAPE, "the %s has an offset, the %s has none",
                             a->offset != NULL ? "model" : "table",
                             a->offset != NULL ? "table" : "model");
    } else if (strcmp(a->offset, b->offset) != 0) {
        return ens__fail(err, ENS_ESHAPE, "the offset is `%s`, that of the model is `%s`",
                         b->offset, a->offset);
    }
    if (a->p != b->p)
        return ens__fail(err, ENS_ESHAPE, "the table has %zu features, the model %zu",
                         b->p, a->p);
    for (size_t j = 0; j < a->p && st == ENS_OK; j++)
        st = same_feature(&a->feature[j], &b->feature[j], j, err);
    if (st == ENS_OK && a->target != NULL)
        st = same_levels(&a->classes, &b->classes, b->target, err);
    return st;
}

ens_status ens__model_check_more(const ens_model *from, const ens_model *more,
                                 ens_error *err)
{
    const ens_learner_type *type = ens__learner_last(from->learner)->type;
    ens_status st;

    if (type->extend == NULL)
        return ens__fail(err, ENS_ESUPPORT, "a model of %s cannot be added to",
                         type->name);
    if ((st = same_recipe(from->learner, more->learner, type->grows, err)) != ENS_OK ||
        (st = same_schema(&from->schema, &more->schema, err)) != ENS_OK)
        return st;
    if (from->n_train != more->n_train)
        return ens__fail(err, ENS_ESHAPE,
                         "the table has %zu rows, the model was fitted on %zu",
                         more->n_train, from->n_train);
    return ENS_OK;
}
