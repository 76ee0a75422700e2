/* svmlight.c - an svmlight text as a dataset.
 *
 * The text is cut into chunks by its size alone, which are read in parallel as sparse rows. The indices that occur are
 * the features, f1, f2, ...; one that never occurs would be a column of zeros, and is none. Columns are dense, since
 * zeros are values like others, so what would not fit into memory is refused before it is tried. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/memory.h>
#include <core/par.h>
#include <data/csv.h>
#include <data/svmlight.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)1 << 20)
/* Columns before the features. */
enum { TARGET, GROUP, FIRST_FEATURE };
static const char *const own_name[] = {"target", "qid"};

static void clear(ens__svm *svm)
{
    for (size_t i = 0; i < svm->n_chunks; i++)
        ens__svm_chunk_clear(&svm->chunk[i]);
    ens__free(svm->chunk);
    ens__free(svm->index);
    ens__indices_clear(&svm->column);
}

/* ---- Options ----------------------------------------------------------------------------------------- */

static ens_status check_options(const ens__svm *svm, ens_error *err)
{
    const ens_csv_options *o = svm->options;

    if (o->delimiter != 0)
        return ens__fail(err, ENS_EINVAL,
                         "%s: a delimiter is for CSV, not for svmlight files", svm->name);
    if (o->na != NULL && o->na[0] != NULL)
        return ens__fail(err, ENS_EINVAL,
                         "%s: spellings of missing are for CSV, not for svmlight files",
                         svm->name);
    return ENS_OK;
}

/* The number of a feature's name, f7; false for other names. */
static bool index_of(uint32_t *out, const char *name)
{
    uint64_t v = 0;

    if (name[0] != 'f' || name[1] == 0 || (name[1] == '0' && name[2] != 0))
        return false;
    for (const char *s = name + 1; *s != 0; s++) {
        if (*s < '0' || *s > '9' || v > INT32_MAX)
            return false;
        v = 10 * v + (uint64_t)(*s - '0');
    }
    *out = (uint32_t)v;
    return v <= INT32_MAX;
}

static bool is_named(const ens_csv_options *o, const char *name)
{
    for (const ens_csv_type *t = o->types; t != NULL && t->column != NULL; t++)
        if (strcmp(t->column, name) == 0)
            return true;
    return false;
}

/* ---- Chunks ------------------------------------------------------------------------------------------ */

static ens_status cut(ens__svm *svm, ens_error *err)
{
    size_t at = 0;

    if ((svm->chunk = ens__zeros(svm->n / CHUNK + 1, sizeof *svm->chunk)) == NULL)
        return ens__nomem(err);
    while (at < svm->n) {
        ens__svm_chunk *k = &svm->chunk[svm->n_chunks++];

        k->from = at;
        at = svm->n - at > CHUNK ? at + CHUNK : svm->n;
        if (at < svm->n)
            at += ens__svm_line(svm->s + at, svm->n - at);
        k->to = at;
    }
    return ENS_OK;
}

static ens_status read_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    ens__svm *svm = ctx;

    (void)worker;
    return ens__svm_read_chunk(svm, &svm->chunk[i], err);
}

static size_t count_rows(ens__svm *svm)
{
    size_t n = 0;

    for (size_t i = 0; i < svm->n_chunks; i++) {
        svm->chunk[i].base = n;
        n += svm->chunk[i].n;
    }
    return n;
}

/* All lines have qid:, or none. */
static ens_status find_groups(ens__svm *svm, ens_error *err)
{
    bool first = true;

    for (size_t i = 0; i < svm->n_chunks; i++)
        for (size_t r = 0; r < svm->chunk[i].n; r++) {
            bool has = !isnan(svm->chunk[i].qid[r]);
            size_t line;

            if (first)
                svm->grouped = has;
            first = false;
            if (has == svm->grouped)
                continue;
            line = ens__svm_row_line(svm, &svm->chunk[i], r);
            return ens__fail_at(err, ENS_EPARSE, line, 0, "%s:%zu: %s qid:, %s",
                                svm->name, line, has ? "a line with" : "a line without",
                                has ? "lines before have none" : "lines before have one");
        }
    return ENS_OK;
}

/* ---- Features ---------------------------------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The indices that the options name, and unless these are all that is wanted those that occur. */
static ens_status gather(ens__indices *all, const ens__svm *svm, ens_error *err)
{
    const ens_csv_options *o = svm->options;
    uint32_t index;

    for (const ens_csv_type *t = o->types; t != NULL && t->column != NULL; t++)
        if (index_of(&index, t->column) && !ens__indices_add(all, index, 0))
            return ens__nomem(err);
    for (size_t i = 0; i < svm->n_chunks && !o->only_named; i++) {
        const ens__indices *seen = &svm->chunk[i].seen;

        for (size_t c = 0; c < seen->cap; c++)
            if (seen->key[c] != 0 && !ens__indices_add(all, seen->key[c] - 1, 0))
                return ens__nomem(err);
    }
    return ENS_OK;
}

static ens_status find_features(ens__svm *svm, ens_error *err)
{
    ens__indices all = {0};
    ens_status st = gather(&all, svm, err);

    if (st != ENS_OK)
        goto done;
    if ((svm->index = ens__array(all.n, sizeof *svm->index)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t c = 0; c < all.cap; c++)
        if (all.key[c] != 0)
            svm->index[svm->p++] = all.key[c] - 1;
    qsort(svm->index, svm->p, sizeof *svm->index, by_index);
    for (size_t j = 0; j < svm->p && st == ENS_OK; j++)
        if (!ens__indices_add(&svm->column, svm->index[j], (uint32_t)j))
            st = ens__nomem(err);
done:
    ens__indices_clear(&all);
    return st;
}

static ens_status check_memory(const ens__svm *svm, size_t n, ens_error *err)
{
    char what[96];

    snprintf(what, sizeof what, "table of %zu rows and %zu columns, zeros included,", n,
             svm->p);
    return ens__memory_check((double)n * (double)svm->p * sizeof(double), svm->name, what,
                             err);
}

/* ---- The table --------------------------------------------------------------------------------------- */

/* Columns with their names, of zeros. Without groups there is no column of them: features then begin one before. */
static ens_status make_columns(ens__table *t, const ens__svm *svm, bool groups,
                               ens_error *err)
{
    size_t first = groups ? FIRST_FEATURE : FIRST_FEATURE - 1;

    for (size_t c = 0; c < t->n_columns; c++) {
        ens__column *column = &t->column[c];
        char name[16];

        if (c >= first)
            snprintf(name, sizeof name, "f%lu", (unsigned long)svm->index[c - first]);
        else if (c == TARGET && svm->options->target != NULL)
            name[0] = 0;
        else
            snprintf(name, sizeof name, "%s", own_name[c]);
        column->name = ens__strdup(name[0] != 0 ? name : svm->options->target);
        column->x = ens__zeros(t->n, sizeof *column->x);
        if (column->name == NULL || column->x == NULL)
            return ens__nomem(err);
        column->type = ENS_NUMERIC;
    }
    return ENS_OK;
}

typedef struct scatter {
    const ens__svm *svm;
    ens__column *feature; /* [p] */
    double *y, *group;    /* group: NULL unless lines have qid: */
} scatter;

static ens_status scatter_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const scatter *s = ctx;
    const ens__svm_chunk *k = &s->svm->chunk[i];
    size_t v = 0;

    (void)worker;
    (void)err;
    for (size_t r = 0; r < k->n; r++) {
        s->y[k->base + r] = k->y[r];
        if (s->group != NULL)
            s->group[k->base + r] = k->qid[r];
        for (; v < k->end[r]; v++) {
            uint32_t c = ens__indices_find(&s->svm->column, k->index[v]);

            if (c != UINT32_MAX)
                s->feature[c].x[k->base + r] = k->value[v];
        }
    }
    return ENS_OK;
}

static ens__column *column_called(ens__table *t, const char *name)
{
    for (size_t c = 0; c < t->n_columns; c++)
        if (strcmp(t->column[c].name, name) == 0)
            return &t->column[c];
    return NULL;
}

static ens_status give_role(ens__table *t, const ens__svm *svm, const char *name,
                            ens_role role, ens_error *err)
{
    ens__column *column;

    if (name == NULL)
        return ENS_OK;
    if ((column = column_called(t, name)) == NULL)
        return ens__fail(err, ENS_ENAME, "%s: no column `%s`", svm->name, name);
    if (column->role == ENS_TARGET)
        return ens__fail(err, ENS_EINVAL, "%s: column `%s` is the target", svm->name,
                         name);
    column->role = role;
    return ENS_OK;
}

static ens_status check_types(ens__table *t, const ens__svm *svm, ens_error *err)
{
    const ens_csv_options *o = svm->options;

    for (const ens_csv_type *y = o->types; y != NULL && y->column != NULL; y++) {
        if (column_called(t, y->column) == NULL && !o->target_optional)
            return ens__fail(err, ENS_ENAME, "%s: no column `%s`", svm->name, y->column);
        if (y->type != ENS_NUMERIC && !o->only_named)
            return ens__fail(err, ENS_EINVAL,
                             "%s: column `%s`: columns of svmlight files are numbers",
                             svm->name, y->column);
    }
    return ENS_OK;
}

/* Roles by what columns are, then by the options. */
static ens_status give_roles(ens__table *t, const ens__svm *svm, bool groups,
                             ens_error *err)
{
    const ens_csv_options *o = svm->options;
    ens_status st;

    if (o->only_named && o->target == NULL) {
        t->column[TARGET].role = is_named(o, own_name[TARGET]) ? ENS_FEATURE : ENS_IGNORE;
    } else {
        t->column[TARGET].role = ENS_TARGET;
    }
    if (groups)
        t->column[GROUP].role = is_named(o, own_name[GROUP]) ? ENS_FEATURE
                                : o->group != NULL           ? ENS_IGNORE
                                                             : ENS_GROUP;
    if ((st = give_role(t, svm, o->weight, ENS_WEIGHT, err)) != ENS_OK ||
        (st = give_role(t, svm, o->offset, ENS_OFFSET, err)) != ENS_OK ||
        (st = give_role(t, svm, o->group, ENS_GROUP, err)) != ENS_OK)
        return st;
    for (size_t i = 0; o->ignore != NULL && o->ignore[i] != NULL; i++)
        if ((st = give_role(t, svm, o->ignore[i], ENS_IGNORE, err)) != ENS_OK)
            return st;
    return check_types(t, svm, err);
}

static ens_status fill(ens__table *t, const ens__svm *svm, bool groups, ens_error *err)
{
    const ens_exec exec = {.threads = svm->options->threads};
    scatter s = {svm, t->column + (groups ? FIRST_FEATURE : FIRST_FEATURE - 1),
                 t->column[TARGET].x, svm->grouped ? t->column[GROUP].x : NULL};
    ens_status st = ens__par_for(svm->n_chunks, &exec, NULL, scatter_task, &s, NULL, err);

    if (st != ENS_OK || svm->options->query == NULL)
        return st;
    if (svm->grouped)
        return ens__fail(err, ENS_EINVAL, "%s: lines have qid:, so `%s` is one too many",
                         svm->name, svm->options->query);
    return ens__query_read(t->column[GROUP].x, t->n, svm->options->query, err);
}

/* What rows of a group are compared by is a number, few as its values may be. */
static ens_status choose_task(ens_task *task, ens__table *t, const ens__svm *svm,
                              bool groups, ens_error *err)
{
    const ens__column *target = &t->column[TARGET];
    const char *why;

    *task = svm->options->task;
    if (target->role != ENS_TARGET)
        *task = ENS_TASK_AUTO;
    if (target->role != ENS_TARGET || *task != ENS_TASK_AUTO || t->n == 0)
        return ENS_OK;
    *task = groups ? ENS_TASK_REGRESSION : ens__guess_task(target, t->n);
    why = groups                             ? "rows have groups, so regression"
          : *task == ENS_TASK_CLASSIFICATION ? "few values, so classification"
                                             : "numbers, so regression";
    return ens__table_note(t, err, "target `%s`: %s", target->name, why);
}

/* Hand the table over. What it finds wrong with a row is told by line. */
static ens_status make_dataset(ens_dataset **out, ens__table *t, ens_task task,
                               const ens__svm *svm, ens_error *err)
{
    ens_error found;
    ens_status st;
    size_t i = 0;

    found.line = 0;
    st = ens__dataset_of_table(out, t, task, NULL, &found);
    if (st == ENS_OK || err == NULL)
        return st;
    *err = found;
    if (found.line == 0) {
        if (st != ENS_ENOMEM)
            ens__error_prefix(err, "%s", svm->name);
        return st;
    }
    while (i + 1 < svm->n_chunks && svm->chunk[i + 1].base < found.line)
        i++;
    err->line =
        ens__svm_row_line(svm, &svm->chunk[i], found.line - 1 - svm->chunk[i].base);
    ens__error_prefix(err, "%s:%zu", svm->name, err->line);
    return st;
}

static ens_status make_table(ens_dataset **out, ens__svm *svm, ens_error *err)
{
    bool groups = svm->grouped || svm->options->query != NULL;
    size_t n = count_rows(svm);
    ens__table *t = NULL;
    ens_task task;
    ens_status st;

    if (n == 0 && !svm->may_be_empty)
        return ens__fail(err, ENS_EDATA, "%s: no rows", svm->name);
    if ((st = check_memory(svm, n, err)) != ENS_OK)
        return st;
    if ((t = ens__table_new(n, svm->p + 1 + groups)) == NULL)
        return ens__nomem(err);
    if ((st = make_columns(t, svm, groups, err)) != ENS_OK ||
        (st = give_roles(t, svm, groups, err)) != ENS_OK ||
        (st = fill(t, svm, groups, err)) != ENS_OK ||
        (st = choose_task(&task, t, svm, groups, err)) != ENS_OK) {
        ens__table_free(t);
        return st;
    }
    return make_dataset(out, t, task, svm, err);
}

/* ---- The whole --------------------------------------------------------------------------------------- */

ens_status ens__svm_parse(ens_dataset **out, const char *s, size_t n, const char *name,
                          const ens_csv_options *options, const ens__svm_how *how,
                          ens_error *err)
{
    static const ens_csv_options defaults = {0};
    size_t bom = ens__csv_bom(s, n);
    ens__svm svm = {.s = n > 0 ? s + bom : "",
                    .n = n - bom,
                    .name = name,
                    .options = options != NULL ? options : &defaults,
                    .skipped_lines = how->skipped_lines,
                    .may_be_empty = how->may_be_empty};
    const ens_exec exec = {.threads = svm.options->threads};
    ens_status st;

    *out = NULL;
    if ((st = check_options(&svm, err)) != ENS_OK || (st = cut(&svm, err)) != ENS_OK ||
        (st = ens__par_for(svm.n_chunks, &exec, NULL, read_task, &svm, NULL, err)) !=
            ENS_OK ||
        (st = find_groups(&svm, err)) != ENS_OK ||
        (st = find_features(&svm, err)) != ENS_OK)
        goto done;
    st = make_table(out, &svm, err);
done:
    clear(&svm);
    return st;
}

ens_status ens_svmlight_parse(ens_dataset **out, const char *bytes, size_t size,
                              const char *name, const ens_csv_options *options,
                              ens_error *err)
{
    return ens__svm_parse(out, bytes, size, name, options, &(ens__svm_how){0}, err);
}
