/* dataset.h - inside of ens_dataset. */
#ifndef ENS_DATA_DATASET_H
#define ENS_DATA_DATASET_H

#include <ensemble/dataset.h>
#include <ensemble/ext.h>
#include <stdatomic.h>
#include <stdbool.h>

struct ens__bins;
struct ens__packed;

/* Distinct texts in their order: levels of a category, classes of a target. Immutable once made. */
typedef struct ens__levels {
    char **name; /* [n] */
    size_t n;
    bool numeric; /* all are numbers, and sorted as such; else bytewise */
} ens__levels;

typedef struct ens__column {
    char *name;
    ens_role role;
    ens_type type;
    double *x;         /* [n] numeric; NULL otherwise */
    int32_t *code;     /* [n] categorical; NULL otherwise */
    ens__levels levels;
    size_t n_missing;
    _Atomic(struct ens__bins *) bins; /* made by ens__bins_get(): a list, one element per setting */
    _Atomic(struct ens__packed *) packed; /* made by ens__packed_prepare(), where this is the first of the columns */
} ens__column;

/* The data under all views. */
typedef struct ens__table {
    atomic_size_t refs;
    size_t n;
    ens__column *column; /* [n_columns], in file order */
    size_t n_columns;
    ens_feature *feature; /* [p] */
    size_t *feature_column; /* [p] its index in column */
    size_t p;
    ens__column *target, *weight, *group, *offset; /* NULL if there is none */
    ens_task task;
    int32_t *label;       /* [n] class of each row; NULL unless classification */
    const double *y;      /* [n] response; NULL unless regression */
    ens__levels classes;  /* classification */
    uint32_t *group_of;   /* [n] number of each row's group, below n_groups; NULL without a group column */
    size_t n_groups;
    char **note;          /* [n_notes] */
    size_t n_notes;
} ens__table;

struct ens_dataset {
    atomic_size_t refs;
    ens__table *table;
    uint32_t *row; /* [n] */
    size_t n;
};

/* Make the dataset of all rows of a table whose columns (name, role, type, values, levels) are filled in: checks
 * names, target and weights, counts missing values, finds features, classes and task. Takes the table, also on
 * failure. What is wrong with one row sets err->line to its number, from 1. */
ens_status ens__dataset_of_table(ens_dataset **out, ens__table *table, ens_task task, const char *where,
                                 ens_error *err);
ens__table *ens__table_new(size_t n, size_t n_columns); /* zeroed columns; NULL: no memory */
/* What a target of these values is, by the rule of ens_csv_read(). Not for ones with missing values. */
ens_task ens__guess_task(const ens__column *target, size_t n);
void ens__table_free(ens__table *table);
ens_status ens__table_note(ens__table *table, ens_error *err, const char *fmt, ...) ENS_PRINTF(3, 4);
ens_dataset *ens__dataset_ref(const ens_dataset *data);
/* Of a target of two classes the one with fewer rows, the second of equals; false if it has not two. */
bool ens__dataset_rarer(size_t *class, const ens_dataset *data);

/* Sort names, drop doubles and renumber code[n] (index into names, -1 missing) to match: levels that are all
 * numbers sort as numbers, else bytewise. Takes the strings of names. */
ens_status ens__levels_make(ens__levels *out, char **names, size_t n_names, int32_t *code, size_t n,
                            ens_error *err);
/* Index of name, or -1. O(log n). */
int32_t ens__levels_find(const ens__levels *levels, const char *name);
void ens__levels_clear(ens__levels *levels);
ens_status ens__levels_copy(ens__levels *out, const ens__levels *levels, ens_error *err);

#endif
