/* pipeline.c - transforms and the learner after them, as one learner.
 *
 * A fit takes one step after the other: a transform is fitted on what the one before it gave, and applied once. A
 * prediction does all steps for a block of rows, whose columns it keeps in its scratch, those of the odd steps in one
 * half and those of the even ones in the other. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/pipeline.h>
#include <stdio.h>
#include <string.h>

typedef struct params {
    char unused;
} params;

static const ens_param table[] = {ENS_PARAM_LAST};

typedef struct pipeline {
    size_t n;               /* transforms */
    size_t n_features;      /* before the first */
    ens_fitted *step;       /* [n] */
    ens_made_column **made; /* [n][n_columns of the step] */
    size_t *p;              /* [n] its columns */
    uint32_t **n_levels;    /* [n][p] of categories */
    ens_fitted learner;
    bool dropped;  /* a step left out rows of the fit */
    size_t p_most; /* columns of any step */
    size_t rest;   /* bytes of scratch that any step needs */
} pipeline;

static void pipeline_free(void *fit)
{
    pipeline *m = fit;

    if (m == NULL)
        return;
    for (size_t s = 0; s < m->n && m->step != NULL; s++)
        ens_fitted_clear(&m->step[s]);
    for (size_t s = 0; s < m->n && m->made != NULL; s++)
        ens__free(m->made[s]);
    for (size_t s = 0; s < m->n && m->n_levels != NULL; s++)
        ens__free(m->n_levels[s]);
    ens_fitted_clear(&m->learner);
    ens__free(m->step);
    ens__free(m->made);
    ens__free(m->p);
    ens__free(m->n_levels);
    ens__free(m);
}

static ens_status pipeline_new(pipeline **out, const ens_learner *recipe, ens_error *err)
{
    size_t n = recipe->n_members - 1;
    pipeline *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->step = ens__zeros(n, sizeof *m->step)) == NULL ||
        (m->made = ens__zeros(n, sizeof *m->made)) == NULL ||
        (m->p = ens__zeros(n, sizeof *m->p)) == NULL ||
        (m->n_levels = ens__zeros(n, sizeof *m->n_levels)) == NULL) {
        pipeline_free(m);
        return ens__nomem(err);
    }
    m->n = n;
    *out = m;
    return ENS_OK;
}

/* Step s is fitted, on these features: what it gives. */
static ens_status note_columns(pipeline *m, size_t s, const ens_feature *feature,
                               size_t n_features, ens_error *err)
{
    const ens_transform_type *t = m->step[s].type->transform;
    size_t p = t->n_columns(m->step[s].state), scratch = ens_fitted_scratch(&m->step[s]);

    if ((m->made[s] = ens__zeros(p, sizeof **m->made)) == NULL ||
        (m->n_levels[s] = ens__zeros(p, sizeof **m->n_levels)) == NULL)
        return ens__nomem(err);
    m->p[s] = p;
    m->n_features = s == 0 ? n_features : m->n_features;
    for (size_t c = 0; c < p; c++) {
        t->column(&m->made[s][c], m->step[s].state, c);
        if (m->made[s][c].categorical)
            m->n_levels[s][c] = feature[m->made[s][c].from].n_levels;
    }
    m->p_most = p > m->p_most ? p : m->p_most;
    m->rest = scratch > m->rest ? scratch : m->rest;
    return ENS_OK;
}

static void note_learner(pipeline *m)
{
    size_t scratch = ens_fitted_scratch(&m->learner);

    m->rest = scratch > m->rest ? scratch : m->rest;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

/* The rows as they are before a step, and those of validation. */
typedef struct place {
    ens__derived train, valid;
    ens__gathered gathered;
    ens_valid told;
    uint32_t *row, *count; /* of those that a step kept */
} place;

/* a goes on with the rows that a step keeps. */
static ens_status keep_rows(place *at, const ens_fitted *step, ens_fit_args *a,
                            ens_error *err)
{
    size_t n = a->rows.n, kept = 0;
    unsigned char *keep = ens__array(n, sizeof *keep);
    uint32_t *row = ens__array(n, sizeof *row), *count = ens__array(n, sizeof *count);
    ens_status st = ENS_OK;

    if (keep == NULL || row == NULL || count == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    step->type->transform->keep(step->state, &a->rows, keep);
    for (size_t i = 0; i < n; i++) {
        if (!keep[i])
            continue;
        row[kept] = a->rows.row[i];
        count[kept++] = a->count != NULL ? a->count[i] : 1;
    }
    if (kept == 0) {
        st = ens__fail(err, ENS_EDATA, "%s leaves no row of %zu", step->type->name, n);
        goto done;
    }
    ens__free(at->row);
    ens__free(at->count);
    at->row = row;
    at->count = count;
    row = count = NULL;
    a->rows.row = at->row;
    a->rows.n = kept;
    a->count = a->count != NULL ? at->count : NULL;
done:
    ens__free(keep);
    ens__free(row);
    ens__free(count);
    return st;
}

/* What is left must suit the learner. */
static ens_status check_classes(const ens_learner *recipe, size_t s,
                                const ens_fit_args *a, ens_error *err)
{
    if (a->label == NULL || (ens__learner_caps(recipe) & ENS_TAKES_ONE_CLASS) != 0)
        return ENS_OK;
    for (size_t i = 1; i < a->rows.n; i++)
        if (a->label[a->rows.row[i]] != a->label[a->rows.row[0]])
            return ENS_OK;
    return ens__fail(err, ENS_EDATA, "%s leaves rows of one class only",
                     recipe->member[s]->type->name);
}

/* The targets of the rows as they are now, by their places. */
static ens_status gather(place *at, ens_fit_args *a, ens_error *err)
{
    ens__gathered g;
    ens_status st = ens__gather(&g, a, err);

    if (st != ENS_OK)
        return st;
    ens__gathered_clear(&at->gathered);
    at->gathered = g;
    return ENS_OK;
}

/* Fit step s by a, which is then what the next one is fitted by. */
static ens_status fit_step(pipeline *m, size_t s, const ens_learner *recipe, place *at,
                           ens_fit_args *a, ens_error *err)
{
    const ens_transform_type *type = recipe->member[s]->type->transform;
    ens__derived train = {0}, valid = {0};
    const ens_valid *keep = a->valid;
    ens_status st;

    a->valid = NULL;
    a->learner = recipe->member[s];
    if ((st = ens_fitted_fit(&m->step[s], a->learner, a, err)) != ENS_OK ||
        (st = note_columns(m, s, a->rows.feature, a->rows.p, err)) != ENS_OK ||
        (type->keep != NULL && ((st = keep_rows(at, &m->step[s], a, err)) != ENS_OK ||
                                (st = check_classes(recipe, s, a, err)) != ENS_OK)) ||
        (st = ens__derive(&train, &m->step[s], &a->rows,
                          type->keep == NULL ? a : NULL, a->exec, err)) != ENS_OK ||
        (keep != NULL &&
         (st = ens__derive(&valid, &m->step[s], &keep->rows, NULL, a->exec, err)) != ENS_OK) ||
        ((s == 0 || type->keep != NULL) && (st = gather(at, a, err)) != ENS_OK))
        goto done;
    m->dropped = m->dropped || type->keep != NULL;
    a->rows = train.rows;
    if (keep != NULL) {
        at->told = *keep;
        at->told.rows = valid.rows;
        a->valid = &at->told;
    }
    ens__derived_clear(&at->train);
    ens__derived_clear(&at->valid);
    at->train = train;
    at->valid = valid;
    train = valid = (ens__derived){0};
done:
    ens__derived_clear(&train);
    ens__derived_clear(&valid);
    return st;
}

/* A fit of the last learner that goes on, as one of the pipeline. */
typedef struct unfinished {
    pipeline *m;
    const ens_fit_args *a;
} unfinished;

static ens_status show_unfinished(void *ctx, void *state, ens_error *err)
{
    unfinished *u = ctx;
    ens_status st;

    u->m->learner = (ens_fitted){u->a->learner->member[u->m->n]->type, state};
    note_learner(u->m);
    st = u->a->checkpoint(u->a->checkpoint_ctx, u->m, err);
    u->m->learner = (ens_fitted){0}; /* it is not ours yet */
    return st;
}

/* Transforms are fitted anew, which gives what `from` has of them; its learner is added to. */
static ens_status extend(void **out, const void *from, const void *unused,
                         const ens_fit_args *args, ens_error *err)
{
    const ens_learner *recipe = args->learner;
    const pipeline *old = from;
    ens_fit_args a = *args;
    pipeline *m = NULL;
    place at = {0};
    unfinished u = {.a = args};
    ens_status st;

    (void)unused;
    a.checkpoint = NULL;
    a.arena = NULL;
    if ((st = pipeline_new(&m, recipe, err)) != ENS_OK)
        return st;
    for (size_t s = 0; s < m->n && st == ENS_OK; s++)
        st = fit_step(m, s, recipe, &at, &a, err);
    if (st != ENS_OK)
        goto done;
    u.m = m;
    a.learner = recipe->member[m->n];
    if (args->checkpoint != NULL) {
        a.checkpoint = show_unfinished;
        a.checkpoint_ctx = &u;
    }
    if ((st = ens_fitted_prepare(a.learner, &a, err)) != ENS_OK ||
        (st = old == NULL ? ens_fitted_fit(&m->learner, a.learner, &a, err)
                          : ens__fitted_extend(&m->learner, &old->learner, a.learner, &a,
                                               err)) != ENS_OK)
        goto done;
    note_learner(m);
    *out = m;
    m = NULL;
done:
    ens__derived_clear(&at.train);
    ens__derived_clear(&at.valid);
    ens__gathered_clear(&at.gathered);
    ens__free(at.row);
    ens__free(at.count);
    pipeline_free(m);
    return st;
}

static ens_status fit(void **out, const void *unused, const ens_fit_args *a,
                      ens_error *err)
{
    return extend(out, NULL, unused, a, err);
}

/* ---- Predicting ---------------------------------------------------------------------------------------- */

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Where the parts of the scratch begin, in bytes. */
typedef struct layout {
    size_t row;        /* [ENS_BLOCK] 0, 1, ... */
    size_t made;       /* [p_most] */
    size_t feature[2]; /* [p_most] */
    size_t value[2];   /* [p_most][ENS_BLOCK] numbers or codes */
    size_t rest, end;
} layout;

static layout layout_of(const pipeline *m)
{
    layout s = {0};

    s.made = s.row + rounded(ENS_BLOCK * sizeof(uint32_t));
    s.feature[0] = s.made + rounded(m->p_most * sizeof(ens_made));
    s.feature[1] = s.feature[0] + rounded(m->p_most * sizeof(ens_feature));
    s.value[0] = s.feature[1] + rounded(m->p_most * sizeof(ens_feature));
    s.value[1] = s.value[0] + m->p_most * ENS_BLOCK * sizeof(double);
    s.rest = s.value[1] + m->p_most * ENS_BLOCK * sizeof(double);
    s.end = s.rest + rounded(m->rest);
    return s;
}

static size_t scratch_size(const void *fit)
{
    return layout_of(fit).end;
}

/* *rows becomes what step s makes of it. */
static void apply_step(const pipeline *m, size_t s, char *scratch, ens_rows *rows)
{
    layout at = layout_of(m);
    ens_feature *feature = (ens_feature *)(void *)(scratch + at.feature[s % 2]);
    ens_made *made = (ens_made *)(void *)(scratch + at.made);

    for (size_t c = 0; c < m->p[s]; c++) {
        void *value = scratch + at.value[s % 2] + c * ENS_BLOCK * sizeof(double);
        bool codes = m->made[s][c].categorical;

        made[c] = (ens_made){codes ? NULL : value, codes ? value : NULL};
        feature[c] = (ens_feature){
            .x = made[c].x, .code = made[c].code, .n_levels = m->n_levels[s][c]};
    }
    m->step[s].type->transform->apply(m->step[s].state, rows, made, scratch + at.rest);
    *rows = (ens_rows){feature, m->p[s], (uint32_t *)(void *)(scratch + at.row), rows->n};
}

/* The rows after all steps, and the scratch that is left. */
static void *apply_all(ens_rows *now, const pipeline *m, const ens_rows *rows,
                       void *scratch)
{
    layout at = layout_of(m);
    uint32_t *row = (uint32_t *)(void *)((char *)scratch + at.row);

    *now = *rows;
    for (size_t i = 0; i < rows->n; i++)
        row[i] = (uint32_t)i;
    for (size_t s = 0; s < m->n; s++)
        apply_step(m, s, scratch, now);
    return (char *)scratch + at.rest;
}

static void predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const pipeline *m = fit;
    ens_rows now;
    void *rest = apply_all(&now, m, rows, scratch);

    m->learner.type->predict(m->learner.state, &now, out, rest);
}

/* Called only where the learner has it. */
static void predict_first(const void *fit, size_t n, const ens_rows *rows,
                          const double *offset, double *out, void *scratch)
{
    const pipeline *m = fit;
    ens_rows now;
    void *rest = apply_all(&now, m, rows, scratch);

    m->learner.type->predict_first(m->learner.state, n, &now, offset, out, rest);
}

/* Called only where the learner keeps quantiles. */
static void quantiles(const void *fit, const ens_rows *rows, const double *offset,
                      const ens_list *q, double *out, void *scratch)
{
    const pipeline *m = fit;
    ens_rows now;
    void *rest = apply_all(&now, m, rows, scratch);

    m->learner.type->quantiles(m->learner.state, &now, offset, q, out, rest);
}

static size_t quantiles_scratch(const void *fit)
{
    const pipeline *m = fit;
    pipeline copy = *m;
    size_t own = m->learner.type->quantiles_scratch(m->learner.state);

    copy.rest = own > m->rest ? own : m->rest;
    return layout_of(&copy).end;
}

static size_t n_rounds(const void *fit)
{
    return ens__fitted_rounds(&((const pipeline *)fit)->learner);
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_pipeline(const void *fit, ens_writer *w, ens_error *err)
{
    const pipeline *m = fit;
    ens_status st = ENS_OK;

    for (size_t s = 0; s <= m->n && st == ENS_OK; s++) {
        char group[24];

        snprintf(group, sizeof group, "step%zu", s);
        if ((st = ens_writer_push(w, group, err)) != ENS_OK)
            break;
        st = s < m->n ? m->step[s].type->write(m->step[s].state, w, err)
                      : ens_fitted_write(&m->learner, 1, w, err);
        ens_writer_pop(w);
    }
    return st;
}

/* Features without values, with names that are theirs. */
typedef struct shown {
    ens_feature *feature; /* [p] */
    char **name;          /* [p] */
    size_t p;
} shown;

static void shown_clear(shown *f)
{
    for (size_t c = 0; c < f->p && f->name != NULL; c++)
        ens__free(f->name[c]);
    ens__free(f->name);
    ens__free(f->feature);
    *f = (shown){0};
}

/* What step s makes of features. */
static ens_status show(shown *out, const pipeline *m, size_t s, const ens_feature *from,
                       ens_error *err)
{
    static const double number;
    static const int32_t code;
    size_t p = m->p[s];

    *out = (shown){.p = p};
    if ((out->feature = ens__zeros(p, sizeof *out->feature)) == NULL ||
        (out->name = ens__zeros(p, sizeof *out->name)) == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < p; c++) {
        const ens_made_column *made = &m->made[s][c];

        if ((out->name[c] = ens__made_name(made, from)) == NULL)
            return ens__nomem(err);
        out->feature[c] =
            (ens_feature){.name = out->name[c],
                          .x = made->categorical ? NULL : &number,
                          .code = made->categorical ? &code : NULL,
                          .n_levels = m->n_levels[s][c],
                          .levels = made->categorical ? from[made->from].levels : NULL};
    }
    return ENS_OK;
}

static ens_status read_step(pipeline *m, size_t s, shown *now, ens_read_args *a,
                            const ens_learner *recipe, ens_error *err)
{
    shown next = {0};
    void *state = NULL;
    ens_status st;

    a->learner = recipe->member[s];
    if ((st = a->learner->type->read(&state, a, err)) != ENS_OK)
        return st;
    m->step[s] = (ens_fitted){a->learner->type, state};
    if ((st = note_columns(m, s, a->feature, a->p, err)) == ENS_OK && m->p[s] == 0)
        st =
            ens_reader_bad(a->reader, err, "%s leaves no column", a->learner->type->name);
    if (st == ENS_OK)
        st = show(&next, m, s, a->feature, err);
    if (st != ENS_OK) {
        shown_clear(&next);
        return st;
    }
    shown_clear(now);
    *now = next;
    a->feature = now->feature;
    a->p = now->p;
    return ENS_OK;
}

static ens_status read_pipeline(void **out, const ens_read_args *args, ens_error *err)
{
    const ens_learner *recipe = args->learner;
    ens_read_args a = *args;
    pipeline *m = NULL;
    shown now = {0};
    ens_status st;

    if ((st = pipeline_new(&m, recipe, err)) != ENS_OK)
        return st;
    for (size_t s = 0; s <= m->n && st == ENS_OK; s++) {
        char group[24];

        snprintf(group, sizeof group, "step%zu", s);
        if ((st = ens_reader_push(a.reader, group, err)) != ENS_OK)
            break;
        st = s < m->n ? read_step(m, s, &now, &a, recipe, err)
                      : ens_fitted_read(&m->learner, 1, recipe->member[s], &a, err);
        ens_reader_pop(a.reader);
    }
    if (st == ENS_OK) {
        note_learner(m);
        *out = m;
        m = NULL;
    }
    shown_clear(&now);
    pipeline_free(m);
    return st;
}

/* ---- Importance ---------------------------------------------------------------------------------------- */

/* What a column is worth belongs to the features that it is made of. */
static void credit(double *out, size_t p, const ens_made_column *made, double worth)
{
    for (size_t i = 0; i < made->n_factors; i++)
        out[made->factor[i]] += worth / (double)made->n_factors;
    for (size_t j = 0; j < p && made->loading != NULL; j++)
        out[j] += worth * made->loading[j] * made->loading[j];
    if (made->n_factors == 0 && made->from != ENS_FROM_ALL)
        out[made->from] += worth;
}

static ens_status importance(const void *fit, double *out, ens_error *err)
{
    const pipeline *m = fit;
    const ens_learner_type *type = m->learner.type;
    double *worth = ens__zeros(m->p_most, sizeof *worth);
    double *before =
        ens__zeros(m->n_features > m->p_most ? m->n_features : m->p_most, sizeof *before);
    ens_status st;

    if (worth == NULL || before == NULL)
        st = ens__nomem(err);
    else if (type->importance == NULL)
        st = ens__fail(err, ENS_ESUPPORT, "%s has no impurity importance", type->name);
    else
        st = type->importance(m->learner.state, worth, err);
    for (size_t s = m->n; s-- > 0 && st == ENS_OK;) {
        size_t p = s > 0 ? m->p[s - 1] : m->n_features;

        memset(before, 0, p * sizeof *before);
        for (size_t c = 0; c < m->p[s]; c++)
            credit(before, p, &m->made[s][c], worth[c]);
        if (s > 0)
            memcpy(worth, before, p * sizeof *worth);
    }
    for (size_t j = 0; j < m->n_features && st == ENS_OK; j++)
        out[j] += before[j];
    ens__free(worth);
    ens__free(before);
    return st;
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

static const double *oob(const void *fit)
{
    const pipeline *m = fit;
    const ens_fitted *f = &m->learner;

    return !m->dropped && f->type->oob != NULL ? f->type->oob(f->state) : NULL;
}

static double threshold(const void *fit)
{
    return ens__fitted_threshold(&((const pipeline *)fit)->learner);
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const pipeline *m = fit;
    ens_status st = ENS_OK;

    for (size_t s = 0; s < m->n && st == ENS_OK; s++) {
        char line[128];

        snprintf(line, sizeof line, "columns after %s: %zu\n", m->step[s].type->name,
                 m->p[s]);
        if ((st = add(ctx, line)) == ENS_OK && m->step[s].type->describe != NULL)
            st = m->step[s].type->describe(m->step[s].state, add, ctx, err);
    }
    if (st == ENS_OK && m->learner.type->describe != NULL)
        st = m->learner.type->describe(m->learner.state, add, ctx, err);
    return st;
}

static size_t pipeline_bytes(const void *fit)
{
    const pipeline *m = fit;
    size_t bytes = sizeof *m + ens__fitted_bytes(&m->learner);

    for (size_t s = 0; s < m->n; s++)
        bytes += ens__fitted_bytes(&m->step[s]) +
                 m->p[s] * (sizeof **m->made + sizeof **m->n_levels);
    return bytes;
}

const ens_learner_type ens__pipeline_type = {
    .abi = ENS_EXT_ABI,
    .name = "pipeline",
    .help = "transforms and the learner after them",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_DETECTS | ENS_OF_MEMBERS,
    .min_members = 2,
    .max_members = 64,
    .params = table,
    .params_size = sizeof(params),
    .fit = fit,
    .predict = predict,
    .importance = importance,
    .extend = extend,
    .quantiles = quantiles,
    .quantiles_scratch = quantiles_scratch,
    .scratch_size = scratch_size,
    .write = write_pipeline,
    .read = read_pipeline,
    .free = pipeline_free,
    .oob = oob,
    .threshold = threshold,
    .describe = describe,
    .bytes = pipeline_bytes,
    .predict_first = predict_first,
    .n_rounds = n_rounds,
};
