/* csv_help.h - short ways to read a text as CSV and to look at what came of it. */
#ifndef TESTS_DATA_CSV_HELP_H
#define TESTS_DATA_CSV_HELP_H

#include "run.h"
#include <core/str.h>
#include <data/csv.h>

static ens_error err;

static inline ens_dataset *read_text(const char *text, const ens_csv_options *options)
{
    ens_dataset *d;

    ck_ok(ens_csv_parse(&d, text, strlen(text), "t.csv", options, &err));
    return d;
}

/* What cell (i, column) shows: a level, or a number in its shortest form; "-" if missing. */
static inline const char *cell(const ens_dataset *d, size_t i, size_t column)
{
    static char s[4][ENS__NUMBER_SIZE];
    static unsigned turn;
    char *p = s[turn++ % 4];
    const ens__column *c = &d->table->column[column];

    if (c->code != NULL)
        return c->code[d->row[i]] < 0 ? "-" : c->levels.name[c->code[d->row[i]]];
    if (isnan(c->x[d->row[i]]))
        return "-";
    ens__number_print(p, c->x[d->row[i]]);
    return p;
}

static inline ens_column_info column_of(const ens_dataset *d, size_t c)
{
    ens_column_info info;

    ck_ok(ens_dataset_column(&info, d, c, &err));
    return info;
}

/* Everything that can be seen of two tables is the same. */
static inline void same_tables(const ens_dataset *a, const ens_dataset *b)
{
    size_t n = ens_dataset_n(a), n_columns = ens_dataset_n_columns(a);

    ck_assert_uint_eq(n, ens_dataset_n(b));
    ck_assert_uint_eq(n_columns, ens_dataset_n_columns(b));
    ck_assert_int_eq(ens_dataset_task(a), ens_dataset_task(b));
    for (size_t c = 0; c < n_columns; c++) {
        const ens__column *x = &a->table->column[c], *y = &b->table->column[c];

        ck_assert_str_eq(x->name, y->name);
        ck_assert_int_eq(x->type, y->type);
        ck_assert_int_eq(x->role, y->role);
        ck_assert_uint_eq(x->n_missing, y->n_missing);
        ck_assert_uint_eq(x->levels.n, y->levels.n);
        for (size_t l = 0; l < x->levels.n; l++)
            ck_assert_str_eq(x->levels.name[l], y->levels.name[l]);
        ck_assert(x->x == NULL || memcmp(x->x, y->x, n * sizeof *x->x) == 0);
        ck_assert(x->code == NULL || memcmp(x->code, y->code, n * sizeof *x->code) == 0);
    }
    for (size_t i = 0; ens_dataset_note(a, i) != NULL || ens_dataset_note(b, i) != NULL;
         i++)
        ck_assert_str_eq(ens_dataset_note(a, i), ens_dataset_note(b, i));
}

#endif
