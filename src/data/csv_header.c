/* csv_header.c - the columns of a CSV file: their names by its first record, their roles and types by the options. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/csv.h>
#include <stdio.h>
#include <string.h>

/* ---- Names ------------------------------------------------------------------------------------------ */

/* Fields of the header while they come. */
typedef struct fields {
    char **name; /* [n] */
    size_t n, cap;
    bool failed;
} fields;

static void add_name(const char *s, size_t n, void *ctx)
{
    fields *f = ctx;

    if (f->n == f->cap && !f->failed) {
        size_t cap = f->cap != 0 ? 2 * f->cap : 16;
        char **more = ens__resize(f->name, cap, sizeof *more);

        f->failed = more == NULL;
        f->name = more != NULL ? more : f->name;
        f->cap = more != NULL ? cap : f->cap;
    }
    if (!f->failed && (f->name[f->n] = ens__strndup(s, n)) != NULL)
        f->n++;
    else
        f->failed = true;
}

static void clear_fields(fields *f)
{
    for (size_t i = 0; i < f->n; i++)
        ens__free(f->name[i]);
    ens__free(f->name);
}

/* Where the header begins: after blank lines. */
static size_t find_header(const ens__csv *csv)
{
    size_t at = 0, length;

    for (; at < csv->n; at += length) {
        length = ens__csv_record(csv->s + at, csv->n - at);
        if (!ens__csv_is_blank(csv->s + at, length, csv->delimiter))
            break;
    }
    return at;
}

static ens_status read_names(fields *f, ens__csv *csv, ens_error *err)
{
    size_t at = find_header(csv), line = ens__csv_line(csv, at), length;
    ens_status st;

    if (at >= csv->n)
        return ens__fail(err, ENS_EPARSE, "%s: the file is empty", csv->name);
    length = ens__csv_record(csv->s + at, csv->n - at);
    if (memchr(csv->s + at, 0, length) != NULL)
        return ens__fail_at(err, ENS_EPARSE, line, 0,
                            "%s:%zu: NUL byte: this is no text, or in UTF-16", csv->name,
                            line);
    if ((st = ens__csv_fields(csv, csv->s + at, length, add_name, f, err)) != ENS_OK)
        return st;
    if (f->failed)
        return ens__nomem(err);
    csv->data = at + length;
    return ENS_OK;
}

/* Columns without a name are named by their place, and none twice. */
static ens_status name_columns(ens__csv *csv, fields *f, ens_error *err)
{
    for (size_t c = 0; c < f->n; c++) {
        char place[32];
        int32_t first;

        if (f->name[c][0] == 0) {
            snprintf(place, sizeof place, "column%zu", c + 1);
            ens__free(f->name[c]);
            if ((f->name[c] = ens__strdup(place)) == NULL)
                return ens__nomem(err);
            if (ens__table_note(csv->table, err,
                                "column %zu has no name: it is called `%s`", c + 1,
                                place) != ENS_OK)
                return ENS_ENOMEM;
        }
        if ((first = ens__intern_add(&csv->names, f->name[c], strlen(f->name[c]))) < 0)
            return ens__nomem(err);
        if ((size_t)first != c)
            return ens__fail_at(err, ENS_EPARSE, ens__csv_line(csv, find_header(csv)),
                                c + 1, "%s: columns %zu and %zu are both called `%s`",
                                csv->name, (size_t)first + 1, c + 1, f->name[c]);
        csv->table->column[c].name = f->name[c];
        f->name[c] = NULL;
    }
    return ENS_OK;
}

/* ---- Options ---------------------------------------------------------------------------------------- */

static const char *name_at(const void *ctx, size_t i)
{
    const ens__csv *csv = ctx;

    return i < csv->n_columns ? csv->table->column[i].name : NULL;
}

/* Index of the column of this name; what says how the options name it. */
static ens_status find_column(size_t *c, const ens__csv *csv, const char *name,
                              const char *what, ens_error *err)
{
    int32_t found = ens__intern_find(&csv->names, name, strlen(name));
    const char *near;

    *c = (size_t)found;
    if (found >= 0)
        return ENS_OK;
    if ((near = ens__nearest(name, name_at, csv)) != NULL)
        return ens__fail(err, ENS_ENAME, "%s: no column `%s` (%s); did you mean `%s`?",
                         csv->name, name, what, near);
    return ens__fail(err, ENS_ENAME, "%s: no column `%s` (%s)", csv->name, name, what);
}

static const char *role_name(ens_role role)
{
    static const char *const names[] = {[ENS_FEATURE] = "feature",
                                        [ENS_TARGET] = "target",
                                        [ENS_WEIGHT] = "weight",
                                        [ENS_GROUP] = "group",
                                        [ENS_IGNORE] = "ignored",
                                        [ENS_OFFSET] = "offset"};

    return names[role];
}

static ens_status give_role(ens__csv *csv, const char *name, ens_role role,
                            ens_error *err)
{
    ens__column *column;
    ens_status st;
    size_t c;

    if (name == NULL)
        return ENS_OK;
    if (role == ENS_TARGET && csv->options->target_optional &&
        ens__intern_find(&csv->names, name, strlen(name)) < 0)
        return ENS_OK;
    if ((st = find_column(&c, csv, name, role_name(role), err)) != ENS_OK)
        return st;
    column = &csv->table->column[c];
    if (column->role != ENS_FEATURE && column->role != role)
        return ens__fail(err, ENS_EINVAL, "column `%s` is both %s and %s", name,
                         role_name(column->role), role_name(role));
    column->role = role;
    return ENS_OK;
}

static void fix_kind(ens__csv *csv, size_t c, ens_type type)
{
    csv->kind[c] = type == ENS_NUMERIC ? ENS__CSV_NUMBER : ENS__CSV_TEXT;
    csv->fixed[c] = true;
}

static ens_status give_types(ens__csv *csv, ens_error *err)
{
    const ens_csv_options *o = csv->options;
    ens_status st;

    for (size_t c = 0; c < csv->n_columns; c++) {
        ens_role role = csv->table->column[c].role;

        csv->kind[c] = ENS__CSV_NUMBER;
        if (role == ENS_WEIGHT || role == ENS_OFFSET || (role == ENS_TARGET && o->task == ENS_TASK_REGRESSION))
            fix_kind(csv, c, ENS_NUMERIC);
    }
    for (const ens_csv_type *t = o->types; t != NULL && t->column != NULL; t++) {
        size_t c;

        if (o->target_optional &&
            ens__intern_find(&csv->names, t->column, strlen(t->column)) < 0)
            continue;
        if ((st = find_column(&c, csv, t->column, "types", err)) != ENS_OK)
            return st;
        fix_kind(csv, c, t->type);
        csv->named[c] = true;
    }
    for (size_t c = 0; o->only_named && c < csv->n_columns; c++)
        if (!csv->named[c] && csv->table->column[c].role == ENS_FEATURE)
            csv->table->column[c].role = ENS_IGNORE;
    return ENS_OK;
}

static ens_status apply_options(ens__csv *csv, ens_error *err)
{
    const ens_csv_options *o = csv->options;
    ens_status st;

    if ((st = give_role(csv, o->target, ENS_TARGET, err)) != ENS_OK ||
        (st = give_role(csv, o->weight, ENS_WEIGHT, err)) != ENS_OK ||
        (st = give_role(csv, o->offset, ENS_OFFSET, err)) != ENS_OK ||
        (st = give_role(csv, o->group, ENS_GROUP, err)) != ENS_OK)
        return st;
    for (size_t i = 0; o->ignore != NULL && o->ignore[i] != NULL; i++)
        if ((st = give_role(csv, o->ignore[i], ENS_IGNORE, err)) != ENS_OK)
            return st;
    return give_types(csv, err);
}

ens_status ens__csv_header(ens__csv *csv, ens_error *err)
{
    fields f = {0};
    ens_status st;

    if ((st = read_names(&f, csv, err)) != ENS_OK)
        goto done;
    csv->n_columns = f.n;
    if ((csv->table = ens__table_new(0, f.n)) == NULL ||
        (csv->kind = ens__zeros(f.n, sizeof *csv->kind)) == NULL ||
        (csv->fixed = ens__zeros(f.n, sizeof *csv->fixed)) == NULL ||
        (csv->named = ens__zeros(f.n, sizeof *csv->named)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = name_columns(csv, &f, err)) != ENS_OK)
        goto done;
    st = apply_options(csv, err);
done:
    clear_fields(&f);
    return st;
}
