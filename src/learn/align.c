/* align.c - matching a table's columns to a model's features by name, and its levels to theirs. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/align.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Finding columns by name ------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const ens__column *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static int name_to_column(const void *name, const void *column)
{
    return strcmp(name, (*(const ens__column *const *)column)->name);
}

/* All columns of a table in the order of their names. */
static const ens__column **sort_columns(const ens__table *table)
{
    const ens__column **order = ens__array(table->n_columns, sizeof *order);

    for (size_t c = 0; order != NULL && c < table->n_columns; c++)
        order[c] = &table->column[c];
    if (order != NULL)
        qsort(order, table->n_columns, sizeof *order, by_name);
    return order;
}

/* ---- Levels --------------------------------------------------------------------------------------------- */

static bool same_levels(const ens__levels *a, const ens__levels *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->name[i], b->name[i]) != 0)
            return false;
    return true;
}

/* What a row's number would be as text, among the model's levels. */
static int32_t number_level(const ens__levels *levels, double v)
{
    char text[ENS__NUMBER_SIZE];

    if (isnan(v))
        return -1;
    ens__number_print(text, v);
    return ens__levels_find(levels, text);
}

/* Codes of one column in the model's numbers. */
typedef struct renumbering {
    const ens_dataset *data;
    const ens__column *column;
    const ens__levels *to;
    ens_unseen unseen;
} renumbering;

static ens_status unseen_level(const renumbering *r, size_t i, ens_error *err)
{
    const ens__column *c = r->column;
    uint32_t row = r->data->row[i];
    char text[ENS__NUMBER_SIZE];

    if (c->x != NULL)
        ens__number_print(text, c->x[row]);
    return ens__fail(err, ENS_EDATA,
                     "column `%s`, row %zu: level `%s` was not seen in training", c->name,
                     i + 1, c->x != NULL ? text : c->levels.name[c->code[row]]);
}

static bool is_missing(const ens__column *c, uint32_t row)
{
    return c->x != NULL ? isnan(c->x[row]) : c->code[row] < 0;
}

/* Where each level of a categorical column goes; NULL without memory. */
static int32_t *level_map(const ens__column *c, const ens__levels *to)
{
    int32_t *map = ens__array(c->levels.n, sizeof *map);

    for (size_t l = 0; map != NULL && l < c->levels.n; l++)
        map[l] = ens__levels_find(to, c->levels.name[l]);
    return map;
}

static ens_status renumber(int32_t **out, const renumbering *r, ens_error *err)
{
    const ens__column *c = r->column;
    int32_t *code = ens__array(r->data->table->n, sizeof *code), *map = NULL;
    ens_status st = ENS_OK;

    if (code == NULL || (c->code != NULL && (map = level_map(c, r->to)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < r->data->n; i++) {
        uint32_t row = r->data->row[i];

        if (is_missing(c, row)) {
            code[row] = -1;
            continue;
        }
        code[row] = c->x != NULL ? number_level(r->to, c->x[row]) : map[c->code[row]];
        if (code[row] < 0 && r->unseen == ENS_UNSEEN_ERROR) {
            st = unseen_level(r, i, err);
            goto done;
        }
    }
    *out = code;
    code = NULL;
done:
    ens__free(code);
    ens__free(map);
    return st;
}

/* ---- Features -------------------------------------------------------------------------------------------- */

static ens_status align_absent(ens__alignment *a, size_t j, const ens_model *m,
                               const ens_dataset *data,
                               const ens_predict_options *options, ens_error *err)
{
    const ens__schema_feature *f = &m->schema.feature[j];
    size_t n = data->table->n;

    if (options->absent == ENS_ABSENT_ERROR)
        return ens__fail(err, ENS_ESHAPE,
                         "the table lacks column `%s`, which the model needs", f->name);
    if (f->type == ENS_NUMERIC) {
        if (a->missing == NULL) {
            if ((a->missing = ens__array(n, sizeof *a->missing)) == NULL)
                return ens__nomem(err);
            for (size_t r = 0; r < n; r++)
                a->missing[r] = NAN;
        }
        a->feature[j].x = a->missing;
        return ENS_OK;
    }
    if ((a->code[j] = ens__array(n, sizeof **a->code)) == NULL)
        return ens__nomem(err);
    memset(a->code[j], 0xff, n * sizeof **a->code); /* -1 */
    a->feature[j].code = a->code[j];
    return ENS_OK;
}

static ens_status align_feature(ens__alignment *a, size_t j, const ens__column *c,
                                const ens_model *m, const ens_dataset *data,
                                const ens_predict_options *options, ens_error *err)
{
    const ens__schema_feature *f = &m->schema.feature[j];
    ens_status st;

    a->feature[j].n_levels = (uint32_t)f->levels.n;
    if (c == NULL)
        return align_absent(a, j, m, data, options, err);
    if (f->type == ENS_NUMERIC) {
        if (c->type != ENS_NUMERIC)
            return ens__fail(err, ENS_ESHAPE,
                             "column `%s` holds text, the model expects numbers",
                             f->name);
        a->feature[j].x = c->x;
        return ENS_OK;
    }
    if (c->type == ENS_CATEGORICAL && same_levels(&c->levels, &f->levels)) {
        a->feature[j].code = c->code;
        return ENS_OK;
    }
    st = renumber(&a->code[j], &(renumbering){data, c, &f->levels, options->unseen}, err);
    a->feature[j].code = a->code[j];
    return st;
}

/* What a model that was fitted with an offset cannot do without. */
static ens_status align_offset(ens__alignment *a, const ens__column *c,
                               const ens_model *m, const ens_dataset *data,
                               ens_error *err)
{
    if (c == NULL)
        return ens__fail(err, ENS_ESHAPE,
                         "the table lacks column `%s`, the offset that the model was "
                         "fitted with",
                         m->schema.offset);
    if (c->type != ENS_NUMERIC)
        return ens__fail(err, ENS_ESHAPE, "offset `%s` holds text", c->name);
    for (size_t i = 0; i < data->n; i++)
        if (!isfinite(c->x[data->row[i]]))
            return ens__fail(err, ENS_EDATA, "offset `%s` is %s in row %zu", c->name,
                             isnan(c->x[data->row[i]]) ? "missing" : "infinite", i + 1);
    a->offset = c->x;
    return ENS_OK;
}

static const ens__column *find(const ens__column *const *order, size_t n,
                               const char *name)
{
    const ens__column *const *found =
        bsearch(name, order, n, sizeof *order, name_to_column);

    return found != NULL ? *found : NULL;
}

void ens__alignment_clear(ens__alignment *a)
{
    for (size_t j = 0; a->code != NULL && j < a->p; j++)
        ens__free(a->code[j]);
    ens__free(a->code);
    ens__free(a->feature);
    ens__free(a->missing);
    *a = (ens__alignment){0};
}

ens_status ens__align(ens__alignment *out, const ens_model *m, const ens_dataset *data,
                      const ens_predict_options *options, ens_error *err)
{
    const ens__table *table = data->table;
    const ens__column **order = sort_columns(table);
    ens__alignment a = {.p = m->schema.p};
    ens_status st = ENS_OK;

    *out = (ens__alignment){0};
    if (order == NULL || (a.feature = ens__zeros(a.p, sizeof *a.feature)) == NULL ||
        (a.code = ens__zeros(a.p, sizeof *a.code)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t j = 0; j < a.p && st == ENS_OK; j++)
        st =
            align_feature(&a, j, find(order, table->n_columns, m->schema.feature[j].name),
                          m, data, options, err);
    if (m->schema.offset != NULL && st == ENS_OK)
        st = align_offset(&a, find(order, table->n_columns, m->schema.offset), m, data,
                          err);
    if (st == ENS_OK) {
        *out = a;
        a = (ens__alignment){0};
    }
done:
    ens__alignment_clear(&a);
    ens__free(order);
    return st;
}

/* ---- What a learner can take ------------------------------------------------------------------------------ */

static bool has_missing(const ens_feature *f, const ens_rows *rows, size_t *at)
{
    if (f->column != NULL && f->column->n_missing == 0)
        return false;
    for (size_t i = 0; i < rows->n; i++)
        if (f->x != NULL ? isnan(f->x[rows->row[i]]) : f->code[rows->row[i]] < 0) {
            *at = i;
            return true;
        }
    return false;
}

ens_status ens__check_features(const ens_learner *learner, unsigned caps,
                               const ens_rows *rows, ens_error *err)
{
    const char *who = learner->type->name;
    size_t at;

    for (size_t j = 0; j < rows->p; j++) {
        const ens_feature *f = &rows->feature[j];
        const char *name = f->name != NULL ? f->name : "";
        unsigned missing = f->code != NULL ? ENS_TAKES_MISSING | ENS_TAKES_MISSING_LEVELS
                                           : ENS_TAKES_MISSING;

        if (f->code != NULL && (caps & ENS_TAKES_CATEGORIES) == 0)
            return ens__fail(err, ENS_ESUPPORT, "%s cannot take categories (column `%s`)",
                             who, name);
        if (f->x != NULL && (caps & ENS_TAKES_NUMBERS) == 0)
            return ens__fail(err, ENS_ESUPPORT, "%s cannot take numbers (column `%s`)",
                             who, name);
        if ((caps & missing) == 0 && has_missing(f, rows, &at))
            return ens__fail(err, ENS_ESUPPORT,
                             "%s cannot take missing values (column `%s`, row %zu)", who,
                             name, (size_t)rows->row[at] + 1);
    }
    return ENS_OK;
}
