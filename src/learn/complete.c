/* complete.c - transforms that a learner needs on a table, put in front of it: no others than those.
 *
 * They go before the outermost recipe that has one learner at its end, so that the members of `bagging(linear)` share
 * them, while of several members each gets its own. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/pipeline.h>
#include <math.h>
#include <prep/prep.h>

/* What there is in a table. */
typedef struct found {
    bool gaps; /* numbers that are missing */
    bool level_gaps, categories, numbers;
} found;

static bool has_gap(const ens_feature *f, const ens_rows *rows)
{
    if (f->column != NULL && f->column->n_missing == 0)
        return false;
    for (size_t i = 0; i < rows->n; i++)
        if (f->x != NULL ? isnan(f->x[rows->row[i]]) : f->code[rows->row[i]] < 0)
            return true;
    return false;
}

static found look(const ens_rows *rows)
{
    found f = {0};

    for (size_t j = 0; j < rows->p; j++) {
        bool gap = has_gap(&rows->feature[j], rows);

        f.gaps = f.gaps || (gap && rows->feature[j].x != NULL);
        f.level_gaps = f.level_gaps || (gap && rows->feature[j].code != NULL);
        f.categories = f.categories || rows->feature[j].code != NULL;
        f.numbers = f.numbers || rows->feature[j].x != NULL;
    }
    return f;
}

/* The types that *l lacks before it, in their order. */
static size_t lacking(const ens_learner_type *type[3], const ens_learner *l, found f)
{
    unsigned caps = ens__learner_caps(l);
    bool numbers = (caps & ENS_TAKES_NUMBERS) != 0;
    bool onehot = f.categories && numbers && (caps & ENS_TAKES_CATEGORIES) == 0;
    bool levels = onehot || (caps & ENS_TAKES_MISSING_LEVELS) != 0;
    size_t n = 0;

    if ((f.gaps && (caps & ENS_TAKES_MISSING) == 0) || (f.level_gaps && !levels))
        type[n++] = &ens__impute_type;
    if (f.numbers && numbers && (caps & ENS_WANTS_SCALED) != 0)
        type[n++] = &ens__standardize_type;
    if (onehot)
        type[n++] = &ens__onehot_type;
    return n;
}

/* Take the members that *l still has, which is freed, or *l itself, into the pipeline. */
static ens_status take_steps(ens_learner *pipe, ens_learner **l, ens_error *err)
{
    ens_learner *from = *l;
    ens_status st = ENS_OK;

    *l = NULL;
    if (from->type != &ens__pipeline_type)
        return ens__learner_add(pipe, from, err);
    for (size_t i = 0; i < from->n_members; i++) {
        if (st == ENS_OK && from->member[i] != NULL)
            st = ens__learner_add(pipe, from->member[i], err);
        else
            ens_learner_free(from->member[i]);
    }
    from->n_members = 0;
    ens_learner_free(from);
    return st;
}

/* A first step that leaves out rows shall see them as they are. */
static ens_status take_first(ens_learner *pipe, ens_learner *l, ens_error *err)
{
    ens_learner *step;

    if (l->type != &ens__pipeline_type || l->member[0]->type->transform->keep == NULL)
        return ENS_OK;
    step = l->member[0];
    l->member[0] = NULL;
    return ens__learner_add(pipe, step, err);
}

static ens_status complete(ens_learner **l, found f, ens_error *err)
{
    const ens_learner_type *type[3];
    ens_learner *pipe = NULL, *step;
    size_t n;
    ens_status st = ENS_OK;

    if ((*l)->type != &ens__pipeline_type && (*l)->n_members > 1) {
        for (size_t i = 0; i < (*l)->n_members && st == ENS_OK; i++)
            st = complete(&(*l)->member[i], f, err);
        return st;
    }
    if ((n = lacking(type, *l, f)) == 0)
        return ENS_OK;
    if ((st = ens__learner_new(&pipe, &ens__pipeline_type, err)) != ENS_OK)
        return st;
    st = take_first(pipe, *l, err);
    for (size_t s = 0; s < n && st == ENS_OK; s++)
        if ((st = ens__learner_new(&step, type[s], err)) == ENS_OK)
            st = ens__learner_add(pipe, step, err);
    if (st == ENS_OK)
        st = take_steps(pipe, l, err);
    if (st == ENS_OK)
        *l = pipe;
    else
        ens_learner_free(pipe);
    return st;
}

ens_status ens__learner_complete(ens_learner **out, const ens_learner *learner,
                                 const ens_rows *rows, ens_error *err)
{
    unsigned any = ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES, caps = ens__learner_caps(learner);
    bool lacks = (caps & any) != any || (caps & ENS_WANTS_SCALED) != 0;
    ens_learner *l = NULL;
    ens_status st = ens_learner_copy(&l, learner, err);

    *out = NULL;
    if (st == ENS_OK && lacks) { /* else there is no need to look at the rows */
        found f = look(rows);

        if ((caps & ENS_FITS_MISSING) != 0)
            f.gaps = f.level_gaps = false;
        st = complete(&l, f, err);
    }
    if (st == ENS_OK) {
        *out = l;
        l = NULL;
    }
    ens_learner_free(l);
    return st;
}
