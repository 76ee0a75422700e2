/* table.c - the table under all views: made of columns, checked once, never changed.
 *
 * Whoever fills in the columns (CSV, memory, generators) hands the table over here, so that names, targets,
 * weights and infinities are checked in one place. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/packed.h>
#include <data/dataset.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ens__table *ens__table_new(size_t n, size_t n_columns)
{
    ens__table *t = ens__zeros(1, sizeof *t);

    if (t == NULL || (t->column = ens__zeros(n_columns, sizeof *t->column)) == NULL) {
        ens__free(t);
        return NULL;
    }
    atomic_init(&t->refs, 1);
    t->n = n;
    t->n_columns = n_columns;
    return t;
}

void ens__table_free(ens__table *t)
{
    if (t == NULL)
        return;
    for (size_t c = 0; c < t->n_columns; c++) {
        ens__free(t->column[c].name);
        ens__free(t->column[c].x);
        ens__free(t->column[c].code);
        ens__levels_clear(&t->column[c].levels);
        ens__packed_free(atomic_load(&t->column[c].packed));
        ens__bins_free(atomic_load(&t->column[c].bins));
    }
    for (size_t i = 0; i < t->n_notes; i++)
        ens__free(t->note[i]);
    ens__free(t->note);
    ens__free(t->column);
    ens__free(t->feature);
    ens__free(t->feature_column);
    ens__free(t->label);
    ens__free(t->group_of);
    ens__levels_clear(&t->classes);
    ens__free(t);
}

ens_status ens__table_note(ens__table *t, ens_error *err, const char *fmt, ...)
{
    char text[512];
    char **more = ens__resize(t->note, t->n_notes + 1, sizeof *more);
    va_list ap;

    if (more == NULL)
        return ens__nomem(err);
    t->note = more;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ens__one_line(text);
    if ((t->note[t->n_notes] = ens__strdup(text)) == NULL)
        return ens__nomem(err);
    t->n_notes++;
    return ENS_OK;
}

/* ---- Checks --------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static ens_status check_names(const ens__table *t, ens_error *err)
{
    const char **name = ens__array(t->n_columns, sizeof *name);
    ens_status st = ENS_OK;

    if (name == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < t->n_columns; c++)
        name[c] = t->column[c].name;
    qsort(name, t->n_columns, sizeof *name, by_name);
    for (size_t c = 1; c < t->n_columns && st == ENS_OK; c++)
        if (strcmp(name[c - 1], name[c]) == 0)
            st = ens__fail(err, ENS_EINVAL, "two columns are called `%s`", name[c]);
    ens__free(name);
    return st;
}

/* Counts the missing values of a column; infinite ones are refused. */
static ens_status scan_column(ens__column *c, size_t n, ens_error *err)
{
    c->n_missing = 0;
    if (c->type == ENS_CATEGORICAL) {
        for (size_t i = 0; i < n; i++)
            c->n_missing += c->code[i] < 0;
        return ENS_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (isinf(c->x[i]) && c->role != ENS_IGNORE)
            return ens__fail_at(err, ENS_EDATA, i + 1, 0,
                                "column `%s`, row %zu: the value is infinite", c->name,
                                i + 1);
        c->n_missing += isnan(c->x[i]);
    }
    return ENS_OK;
}

static ens_status check_weights(const ens__column *w, size_t n, ens_error *err)
{
    if (w->type != ENS_NUMERIC)
        return ens__fail(err, ENS_EDATA, "weight column `%s` holds text", w->name);
    for (size_t i = 0; i < n; i++)
        if (!(w->x[i] >= 0))
            return ens__fail_at(err, ENS_EDATA, i + 1, 0,
                                "weight column `%s`, row %zu: the weight is %s", w->name,
                                i + 1, isnan(w->x[i]) ? "missing" : "negative");
    return ENS_OK;
}

static ens_status check_offsets(const ens__column *offset, size_t n, ens_error *err)
{
    if (offset->type != ENS_NUMERIC)
        return ens__fail(err, ENS_EDATA, "offset column `%s` holds text", offset->name);
    for (size_t i = 0; i < n; i++)
        if (isnan(offset->x[i]))
            return ens__fail_at(err, ENS_EDATA, i + 1, 0,
                                "offset column `%s`, row %zu: the offset is missing",
                                offset->name, i + 1);
    return ENS_OK;
}

/* ---- Roles ---------------------------------------------------------------------------------------- */

static ens_status find_roles(ens__table *t, ens_error *err)
{
    static const char *const name[] = {[ENS_TARGET] = "target",
                                       [ENS_WEIGHT] = "weight",
                                       [ENS_GROUP] = "group",
                                       [ENS_OFFSET] = "offset"};

    for (size_t c = 0; c < t->n_columns; c++) {
        ens__column *column = &t->column[c];
        ens__column **slot = column->role == ENS_TARGET   ? &t->target
                             : column->role == ENS_WEIGHT ? &t->weight
                             : column->role == ENS_GROUP  ? &t->group
                             : column->role == ENS_OFFSET ? &t->offset
                                                          : NULL;

        t->p += column->role == ENS_FEATURE;
        if (slot == NULL)
            continue;
        if (*slot != NULL)
            return ens__fail(err, ENS_EINVAL, "two %s columns, `%s` and `%s`",
                             name[column->role], (*slot)->name, column->name);
        *slot = column;
    }
    return ENS_OK;
}

static ens_status list_features(ens__table *t, ens_error *err)
{
    size_t j = 0;

    if ((t->feature = ens__zeros(t->p, sizeof *t->feature)) == NULL ||
        (t->feature_column = ens__array(t->p, sizeof *t->feature_column)) == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < t->n_columns; c++) {
        ens__column *column = &t->column[c];

        if (column->role != ENS_FEATURE)
            continue;
        t->feature[j] = (ens_feature){.name = column->name,
                                      .x = column->x,
                                      .code = column->code,
                                      .n_levels = (uint32_t)column->levels.n,
                                      .column = column};
        t->feature_column[j++] = c;
    }
    return ENS_OK;
}

/* ---- Targets -------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Distinct values up to a limit, kept sorted, without memory: whether there are at most `most`. */
static bool few_values(double *seen, size_t *n_seen, size_t most, const double *x,
                       size_t n)
{
    *n_seen = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;

        while (at < *n_seen && seen[at] < x[i])
            at++;
        if (at < *n_seen && seen[at] == x[i])
            continue;
        if (*n_seen == most)
            return false;
        memmove(seen + at + 1, seen + at, (*n_seen - at) * sizeof *seen);
        seen[at] = x[i];
        ++*n_seen;
    }
    return true;
}

/* The distinct values of x[n] in ascending order; *out is NULL without memory. */
static size_t distinct_values(double **out, const double *x, size_t n)
{
    enum { FEW = 64 };
    double *v = ens__array(n > FEW ? n : FEW, sizeof *v);
    size_t m = 0;

    if ((*out = v) == NULL || few_values(v, &m, FEW, x, n))
        return m;
    m = 0;
    memcpy(v, x, n * sizeof *v);
    qsort(v, n, sizeof *v, by_number);
    for (size_t i = 0; i < n; i++)
        if (m == 0 || v[i] != v[m - 1])
            v[m++] = v[i];
    return m;
}

ens_task ens__guess_task(const ens__column *target, size_t n)
{
    enum { MOST = 20 };
    double seen[MOST];
    size_t n_seen;

    if (target->type == ENS_CATEGORICAL)
        return ENS_TASK_CLASSIFICATION;
    if (!few_values(seen, &n_seen, MOST, target->x, n))
        return ENS_TASK_REGRESSION;
    for (size_t i = 0; i < n_seen && n_seen != 2; i++)
        if (seen[i] != floor(seen[i]))
            return ENS_TASK_REGRESSION;
    return ENS_TASK_CLASSIFICATION;
}

static ens_status number_classes(ens__table *t, ens_error *err)
{
    double *v;
    size_t m = distinct_values(&v, t->target->x, t->n);
    char **name = v != NULL ? ens__zeros(m, sizeof *name) : NULL;
    ens_status st = ENS_OK;

    if (name == NULL) {
        ens__free(v);
        return ens__nomem(err);
    }
    t->classes = (ens__levels){name, m, true};
    for (size_t i = 0; i < m && st == ENS_OK; i++) {
        char text[ENS__NUMBER_SIZE];

        ens__number_print(text, v[i]);
        if ((name[i] = ens__strdup(text)) == NULL)
            st = ens__nomem(err);
    }
    for (size_t i = 0; i < t->n && st == ENS_OK; i++) {
        const double *at = bsearch(&t->target->x[i], v, m, sizeof *v, by_number);

        t->label[i] = (int32_t)(at - v);
    }
    ens__free(v);
    return st;
}

/* ---- Groups --------------------------------------------------------------------------------------- */

/* Numbers of groups are those of levels, or of distinct numbers in ascending order. */
static ens_status make_groups(ens__table *t, ens_error *err)
{
    const ens__column *group = t->group;
    double *v = NULL;

    for (size_t i = 0; i < t->n; i++)
        if (group->x != NULL ? isnan(group->x[i]) : group->code[i] < 0)
            return ens__fail_at(err, ENS_EDATA, i + 1, 0,
                                "group `%s` is missing in row %zu", group->name, i + 1);
    t->n_groups = group->levels.n;
    if ((t->group_of = ens__array(t->n, sizeof *t->group_of)) == NULL)
        return ens__nomem(err);
    if (group->x != NULL) {
        t->n_groups = distinct_values(&v, group->x, t->n);
        if (v == NULL)
            return ens__nomem(err);
    }
    for (size_t i = 0; i < t->n; i++) {
        if (group->x == NULL) {
            t->group_of[i] = (uint32_t)group->code[i];
        } else {
            const double *at = bsearch(&group->x[i], v, t->n_groups, sizeof *v, by_number);

            t->group_of[i] = (uint32_t)(at - v);
        }
    }
    ens__free(v);
    return ENS_OK;
}

static ens_status check_target(const ens__table *t, ens_error *err)
{
    const ens__column *y = t->target;

    for (size_t i = 0; i < t->n; i++)
        if (y->x != NULL ? isnan(y->x[i]) : y->code[i] < 0)
            return ens__fail_at(err, ENS_EDATA, i + 1, 0,
                                "target `%s` is missing in row %zu", y->name, i + 1);
    if (t->task == ENS_TASK_REGRESSION && y->type != ENS_NUMERIC)
        return ens__fail(err, ENS_EDATA,
                         "target `%s` holds text, regression needs numbers", y->name);
    return ENS_OK;
}

static ens_status make_target(ens__table *t, ens_error *err)
{
    ens_status st;

    if (t->target == NULL) {
        t->task = ENS_TASK_AUTO;
        return ENS_OK;
    }
    if (t->task == ENS_TASK_AUTO)
        t->task = t->target->type == ENS_NUMERIC ? ENS_TASK_REGRESSION
                                                 : ENS_TASK_CLASSIFICATION;
    if ((st = check_target(t, err)) != ENS_OK)
        return st;
    if (t->task == ENS_TASK_REGRESSION) {
        t->y = t->target->x;
        return ENS_OK;
    }
    if ((t->label = ens__array(t->n, sizeof *t->label)) == NULL)
        return ens__nomem(err);
    if (t->target->type == ENS_NUMERIC)
        return number_classes(t, err);
    memcpy(t->label, t->target->code, t->n * sizeof *t->label);
    return ens__levels_copy(&t->classes, &t->target->levels, err);
}

static ens_status finish_table(ens__table *t, ens_error *err)
{
    ens_status st;

    if (t->n > UINT32_MAX)
        return ens__fail(err, ENS_EINVAL, "%zu rows, the limit is %lu", t->n,
                         (unsigned long)UINT32_MAX);
    if ((st = check_names(t, err)) != ENS_OK)
        return st;
    for (size_t c = 0; c < t->n_columns; c++)
        if ((st = scan_column(&t->column[c], t->n, err)) != ENS_OK)
            return st;
    if ((st = find_roles(t, err)) != ENS_OK || (st = list_features(t, err)) != ENS_OK)
        return st;
    if (t->weight != NULL && (st = check_weights(t->weight, t->n, err)) != ENS_OK)
        return st;
    if (t->offset != NULL && (st = check_offsets(t->offset, t->n, err)) != ENS_OK)
        return st;
    if (t->group != NULL && (st = make_groups(t, err)) != ENS_OK)
        return st;
    return make_target(t, err);
}

ens_status ens__dataset_of_table(ens_dataset **out, ens__table *t, ens_task task,
                                 const char *where, ens_error *err)
{
    ens_dataset *d = ens__zeros(1, sizeof *d);
    ens_status st;

    *out = NULL;
    if (d == NULL || (d->row = ens__array(t->n, sizeof *d->row)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    t->task = task;
    if (task > ENS_TASK_REGRESSION) {
        st = ens__fail(err, ENS_EINVAL, "a target is for classification or regression");
        goto done;
    }
    if ((st = finish_table(t, err)) != ENS_OK) {
        if (where != NULL && st != ENS_ENOMEM)
            ens__error_prefix(err, "%s", where);
        goto done;
    }
    atomic_init(&d->refs, 1);
    d->table = t;
    d->n = t->n;
    for (size_t i = 0; i < t->n; i++)
        d->row[i] = (uint32_t)i;
    *out = d;
    return ENS_OK;
done:
    if (d != NULL)
        ens__free(d->row);
    ens__free(d);
    ens__table_free(t);
    return st;
}
