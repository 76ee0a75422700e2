/* dataset.c - datasets and views of them: counting references, looking, and making one from memory. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/dataset.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

ens_dataset *ens__dataset_ref(const ens_dataset *data)
{
    ens_dataset *d =
        (ens_dataset *)(uintptr_t)data; /* the count is not part of the value */

    atomic_fetch_add(&d->refs, 1);
    return d;
}

void ens_dataset_free(ens_dataset *d)
{
    if (d == NULL || atomic_fetch_sub(&d->refs, 1) != 1)
        return;
    if (atomic_fetch_sub(&d->table->refs, 1) == 1)
        ens__table_free(d->table);
    ens__free(d->row);
    ens__free(d);
}

/* ---- Looking ---------------------------------------------------------------------------------------- */

size_t ens_dataset_n(const ens_dataset *d)
{
    return d->n;
}

size_t ens_dataset_p(const ens_dataset *d)
{
    return d->table->p;
}

ens_task ens_dataset_task(const ens_dataset *d)
{
    return d->table->task;
}

size_t ens_dataset_n_classes(const ens_dataset *d)
{
    return d->table->classes.n;
}

const char *ens_dataset_class(const ens_dataset *d, size_t c)
{
    return c < d->table->classes.n ? d->table->classes.name[c] : NULL;
}

const char *ens_dataset_target(const ens_dataset *d)
{
    return d->table->target != NULL ? d->table->target->name : NULL;
}

bool ens__dataset_rarer(size_t *class, const ens_dataset *d)
{
    size_t second = 0;

    if (d->table->label == NULL || d->table->classes.n != 2)
        return false;
    for (size_t i = 0; i < d->n; i++)
        second += d->table->label[d->row[i]] == 1;
    *class = second <= d->n - second;
    return true;
}

size_t ens_dataset_n_columns(const ens_dataset *d)
{
    return d->table->n_columns;
}

ens_status ens_dataset_column(ens_column_info *out, const ens_dataset *d, size_t column,
                              ens_error *err)
{
    const ens__column *c;

    *out = (ens_column_info){0};
    if (column >= d->table->n_columns)
        return ens__fail(err, ENS_EINVAL, "column %zu of %zu", column,
                         d->table->n_columns);
    c = &d->table->column[column];
    *out = (ens_column_info){c->name, c->type, c->role, c->levels.n, c->n_missing};
    return ENS_OK;
}

const char *ens_dataset_level(const ens_dataset *d, size_t column, size_t level)
{
    if (column >= d->table->n_columns || level >= d->table->column[column].levels.n)
        return NULL;
    return d->table->column[column].levels.name[level];
}

double ens_dataset_get(const ens_dataset *d, size_t i, size_t j)
{
    const ens_feature *f = &d->table->feature[j];
    uint32_t row = d->row[i];

    if (f->x != NULL)
        return f->x[row];
    return f->code[row] < 0 ? NAN : f->code[row];
}

double ens_dataset_y(const ens_dataset *d, size_t i)
{
    if (d->table->label != NULL)
        return d->table->label[d->row[i]];
    return d->table->y != NULL ? d->table->y[d->row[i]] : NAN;
}

double ens_dataset_weight(const ens_dataset *d, size_t i)
{
    return d->table->weight != NULL ? d->table->weight->x[d->row[i]] : 1;
}

double ens_dataset_offset(const ens_dataset *d, size_t i)
{
    return d->table->offset != NULL ? d->table->offset->x[d->row[i]] : 0;
}

size_t ens_dataset_group(const ens_dataset *d, size_t i)
{
    return d->table->group_of != NULL ? d->table->group_of[d->row[i]] : 0;
}

size_t ens_dataset_n_groups(const ens_dataset *d)
{
    return d->table->n_groups;
}

const char *ens_dataset_note(const ens_dataset *d, size_t i)
{
    return i < d->table->n_notes ? d->table->note[i] : NULL;
}

/* ---- Views ------------------------------------------------------------------------------------------ */

ens_status ens_dataset_subset(ens_dataset **out, const ens_dataset *data,
                              const size_t *rows, size_t n, ens_error *err)
{
    ens_dataset *d;

    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (rows[i] >= data->n)
            return ens__fail(err, ENS_EINVAL, "row %zu of a table of %zu", rows[i],
                             data->n);
    if ((d = ens__zeros(1, sizeof *d)) == NULL ||
        (d->row = ens__array(n, sizeof *d->row)) == NULL) {
        ens__free(d);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        d->row[i] = data->row[rows[i]];
    atomic_init(&d->refs, 1);
    d->table = data->table;
    atomic_fetch_add(&d->table->refs, 1);
    d->n = n;
    *out = d;
    return ENS_OK;
}

/* ---- From memory ------------------------------------------------------------------------------------ */

static ens_status copy_codes(ens__column *to, const ens_column *from, size_t n,
                             ens_error *err)
{
    ptrdiff_t stride = from->stride != 0 ? from->stride : 1;
    char **name;

    for (size_t l = 0; l < from->n_levels; l++)
        if (from->levels == NULL || from->levels[l] == NULL)
            return ens__fail(err, ENS_EINVAL, "column `%s`: level %zu of %zu has no name",
                             to->name, l, from->n_levels);
    if ((to->code = ens__array(n, sizeof *to->code)) == NULL ||
        (name = ens__zeros(from->n_levels, sizeof *name)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        to->code[i] = from->code[(ptrdiff_t)i * stride];
        if (to->code[i] < -1 ||
            (to->code[i] >= 0 && (size_t)to->code[i] >= from->n_levels)) {
            ens__free(name);
            return ens__fail(err, ENS_EDATA,
                             "column `%s`, row %zu: code %ld is outside [-1, %zu)",
                             to->name, i + 1, (long)to->code[i], from->n_levels);
        }
    }
    for (size_t l = 0; l < from->n_levels; l++)
        if ((name[l] = ens__strdup(from->levels[l])) == NULL) {
            while (l-- > 0)
                ens__free(name[l]);
            ens__free(name);
            return ens__nomem(err);
        }
    ens_status st = ens__levels_make(&to->levels, name, from->n_levels, to->code, n, err);
    ens__free(name);
    if (st == ENS_OK && to->levels.n != from->n_levels)
        st = ens__fail(err, ENS_EINVAL, "column `%s`: two levels have the same name",
                       to->name);
    return st;
}

static ens_status copy_column(ens__column *to, const ens_column *from, size_t c, size_t n,
                              ens_error *err)
{
    ptrdiff_t stride = from->stride != 0 ? from->stride : 1;
    char name[24];

    snprintf(name, sizeof name, "x%zu", c);
    if ((to->name = ens__strdup(from->name != NULL ? from->name : name)) == NULL)
        return ens__nomem(err);
    to->role = from->role;
    if ((from->x != NULL) + (from->x32 != NULL) + (from->code != NULL) != 1)
        return ens__fail(err, ENS_EINVAL,
                         "column `%s` needs exactly one of x, x32 and code", to->name);
    to->type = from->code != NULL ? ENS_CATEGORICAL : ENS_NUMERIC;
    if (from->code != NULL)
        return copy_codes(to, from, n, err);
    if ((to->x = ens__array(n, sizeof *to->x)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++)
        to->x[i] = from->x != NULL ? from->x[(ptrdiff_t)i * stride]
                                   : from->x32[(ptrdiff_t)i * stride];
    return ENS_OK;
}

ens_status ens_dataset_from_columns(ens_dataset **out, const ens_column *columns,
                                    size_t n_columns, size_t n, ens_task task,
                                    ens_error *err)
{
    ens__table *t;
    ens_status st;

    *out = NULL;
    if ((t = ens__table_new(n, n_columns)) == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < n_columns; c++)
        if ((st = copy_column(&t->column[c], &columns[c], c, n, err)) != ENS_OK) {
            ens__table_free(t);
            return st;
        }
    st = ens__dataset_of_table(out, t, task, NULL, err);
    if (st != ENS_OK && err != NULL)
        err->line = 0; /* there is no text */
    return st;
}

ens_status ens_dataset_from_matrix(ens_dataset **out, const double *x, size_t n, size_t p,
                                   const double *y, ens_task task, ens_error *err)
{
    ens_column *columns = ens__zeros(p + 1, sizeof *columns);
    ens_status st;

    *out = NULL;
    if (columns == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < p; j++) {
        columns[j].x = x + j;
        columns[j].stride = (ptrdiff_t)p;
    }
    columns[p] = (ens_column){.name = "y", .role = ENS_TARGET, .x = y};
    st = ens_dataset_from_columns(out, columns, p + (y != NULL), n, task, err);
    ens__free(columns);
    return st;
}
