/* pipeline_rows.c - the rows of a fit after a transform, as a table of their own.
 *
 * It has the rows of the fit and no others, once: what is fitted on it sees nothing else. Its columns are like those of
 * a table that was read, so trees bin them and members of an ensemble share them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <core/str.h>
#include <learn/pipeline.h>
#include <math.h>
#include <stdio.h>

/* Rows of a task. */
#define TASK_ROWS ((size_t)16 * ENS_BLOCK)

/* Those of a validation table have none. */
static const char *name_of(const ens_feature *f)
{
    return f->name != NULL ? f->name : "";
}

/* a*b^2 */
static void put_factors(ens__buf *b, const ens_made_column *column,
                        const ens_feature *feature)
{
    for (size_t i = 0, end; i < column->n_factors; i = end) {
        for (end = i + 1; end < column->n_factors && column->factor[end] == column->factor[i];)
            end++;
        ens__buf_printf(b, "%s%s", i > 0 ? "*" : "", name_of(&feature[column->factor[i]]));
        if (end - i > 1)
            ens__buf_printf(b, "^%zu", end - i);
    }
}

char *ens__made_name(const ens_made_column *column, const ens_feature *feature)
{
    static const ens_feature none = {.name = ""};
    const ens_feature *f = column->from != ENS_FROM_ALL ? &feature[column->from] : &none;
    const ens__levels *levels = f->column != NULL ? &f->column->levels : f->levels;
    char *name = NULL, number[16] = "";
    ens__buf b = {0};

    if (column->what != NULL && column->level >= 0)
        snprintf(number, sizeof number, "%d", (int)column->level);
    if (column->n_factors > 0)
        put_factors(&b, column, feature);
    else
        ens__buf_puts(&b, name_of(f));
    if (column->from == ENS_FROM_ALL)
        ens__buf_printf(&b, "%s%s", column->what, number);
    else if (column->what != NULL)
        ens__buf_printf(&b, "[%s%s]", column->what, number);
    else if (column->level >= 0 && levels != NULL && (size_t)column->level < levels->n)
        ens__buf_printf(&b, "[%s]", levels->name[column->level]);
    else if (column->level >= 0)
        ens__buf_printf(&b, "[%d]", (int)column->level);
    return ens__buf_take(&name, &b, NULL) == ENS_OK ? name : NULL;
}

/* ---- Columns ------------------------------------------------------------------------------------------- */

static ens_status make_column(ens__column *out, ens_feature *feature, size_t n,
                              const ens_made_column *made, const ens_feature *from,
                              ens_error *err)
{
    const ens_feature *f = made->categorical ? &from[made->from] : NULL;

    out->role = ENS_FEATURE;
    out->type = made->categorical ? ENS_CATEGORICAL : ENS_NUMERIC;
    if ((out->name = ens__made_name(made, from)) == NULL)
        return ens__nomem(err);
    if (f != NULL && f->column != NULL &&
        ens__levels_copy(&out->levels, &f->column->levels, err) != ENS_OK)
        return ENS_ENOMEM;
    if (f != NULL)
        out->code = ens__array(n, sizeof *out->code);
    else
        out->x = ens__array(n, sizeof *out->x);
    if (out->code == NULL && out->x == NULL)
        return ens__nomem(err);
    *feature = (ens_feature){.name = out->name,
                             .x = out->x,
                             .code = out->code,
                             .n_levels = f != NULL ? f->n_levels : 0,
                             .column = out};
    return ENS_OK;
}

static ens_status make_table(ens__derived *d, const ens_fitted *step,
                             const ens_rows *from, ens_error *err)
{
    const ens_transform_type *t = step->type->transform;
    size_t p = t->n_columns(step->state);
    ens_status st = ENS_OK;

    if (p == 0)
        return ens__fail(err, ENS_EDATA, "%s leaves no column of %zu", step->type->name,
                         from->p);
    if ((d->table = ens__table_new(from->n, p)) == NULL ||
        (d->table->feature = ens__zeros(p, sizeof *d->table->feature)) == NULL ||
        (d->row = ens__array(from->n, sizeof *d->row)) == NULL)
        return ens__nomem(err);
    d->table->p = p;
    for (size_t c = 0; c < p && st == ENS_OK; c++) {
        ens_made_column made;

        t->column(&made, step->state, c);
        st = make_column(&d->table->column[c], &d->table->feature[c], from->n, &made,
                         from->feature, err);
    }
    for (size_t i = 0; i < from->n; i++)
        d->row[i] = (uint32_t)i;
    d->rows = (ens_rows){d->table->feature, p, d->row, from->n};
    return st;
}

/* ---- Values -------------------------------------------------------------------------------------------- */

typedef struct job {
    const ens_fitted *step;
    const ens_rows *from;
    ens__table *table;
    ens_made *made; /* [workers][p] */
    char *scratch;  /* [workers][stride] */
    size_t stride;
} job;

static ens_status apply_task(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    size_t p = k->table->p, begin = task * TASK_ROWS;
    size_t end = begin + TASK_ROWS < k->from->n ? begin + TASK_ROWS : k->from->n;
    ens_made *made = k->made + worker * p;

    (void)err;
    for (size_t i = begin; i < end; i += ENS_BLOCK) {
        ens_rows rows = *k->from;

        rows.row += i;
        rows.n = end - i < ENS_BLOCK ? end - i : ENS_BLOCK;
        for (size_t c = 0; c < p; c++) {
            const ens__column *column = &k->table->column[c];

            made[c] = (ens_made){column->x != NULL ? column->x + i : NULL,
                                 column->code != NULL ? column->code + i : NULL};
        }
        k->step->type->transform->apply(k->step->state, &rows, made,
                                        k->scratch + worker * k->stride);
    }
    return ENS_OK;
}

/* All rows by the type's apply_own(). */
static ens_status apply_own(const job *k, const ens_fit_args *own, ens_error *err)
{
    for (size_t c = 0; c < k->table->p; c++)
        k->made[c] = (ens_made){k->table->column[c].x, k->table->column[c].code};
    return k->step->type->transform->apply_own(k->step->state, own->learner->params, own,
                                               k->made, err);
}

static ens_status count_missing(void *ctx, size_t c, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    ens__column *column = &k->table->column[c];

    (void)worker;
    (void)err;
    for (size_t i = 0; i < k->table->n; i++)
        column->n_missing += column->x != NULL ? isnan(column->x[i]) : column->code[i] < 0;
    return ENS_OK;
}

ens_status ens__derive(ens__derived *out, const ens_fitted *step, const ens_rows *from,
                       const ens_fit_args *own, const ens_exec *exec, ens_error *err)
{
    bool by_own = own != NULL && step->type->transform->apply_own != NULL;
    size_t tasks = (from->n + TASK_ROWS - 1) / TASK_ROWS;
    unsigned workers = ens__par_workers(tasks, exec);
    job k = {.step = step, .from = from};
    ens__derived d = {0};
    ens_status st;

    *out = d;
    if ((st = make_table(&d, step, from, err)) != ENS_OK)
        goto done;
    k.table = d.table;
    k.stride = (ens_fitted_scratch(step) + 63) / 64 * 64;
    if ((k.made = ens__array(workers * d.table->p, sizeof *k.made)) == NULL ||
        (k.scratch = ens__aligned(workers, k.stride)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    st = by_own ? apply_own(&k, own, err)
                : ens__par_for(tasks, exec, NULL, apply_task, &k, NULL, err);
    if (st != ENS_OK ||
        (st = ens__par_for(d.table->p, exec, NULL, count_missing, &k, NULL, err)) !=
            ENS_OK)
        goto done;
    *out = d;
    d = (ens__derived){0};
done:
    ens__free(k.made);
    ens__free(k.scratch);
    ens__derived_clear(&d);
    return st;
}

void ens__derived_clear(ens__derived *d)
{
    ens__table_free(d->table);
    ens__free(d->row);
    *d = (ens__derived){0};
}

/* ---- Weights and targets ------------------------------------------------------------------------------- */

ens_status ens__gather(ens__gathered *g, ens_fit_args *a, ens_error *err)
{
    size_t n = a->rows.n;
    const uint32_t *row = a->rows.row;

    *g = (ens__gathered){0};
    if ((a->w != NULL && (g->w = ens__array(n, sizeof *g->w)) == NULL) ||
        (a->y != NULL && (g->y = ens__array(n, sizeof *g->y)) == NULL) ||
        (a->offset != NULL && (g->offset = ens__array(n, sizeof *g->offset)) == NULL) ||
        (a->label != NULL && (g->label = ens__array(n, sizeof *g->label)) == NULL) ||
        (a->group != NULL && (g->group = ens__array(n, sizeof *g->group)) == NULL) ||
        (a->table != NULL && (g->origin = ens__array(n, sizeof *g->origin)) == NULL)) {
        ens__gathered_clear(g);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < n && g->w != NULL; i++)
        g->w[i] = a->w[row[i]];
    for (size_t i = 0; i < n && g->y != NULL; i++)
        g->y[i] = a->y[row[i]];
    for (size_t i = 0; i < n && g->offset != NULL; i++)
        g->offset[i] = a->offset[row[i]];
    for (size_t i = 0; i < n && g->label != NULL; i++)
        g->label[i] = a->label[row[i]];
    for (size_t i = 0; i < n && g->group != NULL; i++)
        g->group[i] = a->group[row[i]];
    for (size_t i = 0; i < n && g->origin != NULL; i++)
        g->origin[i] = a->origin != NULL ? a->origin[row[i]] : row[i];
    a->w = g->w;
    a->y = g->y;
    a->offset = g->offset;
    a->label = g->label;
    a->group = g->group;
    a->origin = g->origin;
    a->n_table = n;
    return ENS_OK;
}

void ens__gathered_clear(ens__gathered *g)
{
    ens__free(g->w);
    ens__free(g->y);
    ens__free(g->offset);
    ens__free(g->label);
    ens__free(g->group);
    ens__free(g->origin);
    *g = (ens__gathered){0};
}
