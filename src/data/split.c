/* split.c - random splits: holdout and folds, stratified by class for classification.
 *
 * Rows are put into a line in which classes follow each other, in a random order within each.  Dealing the places of
 * the line to folds in turn, or cutting it at rounded multiples of the fraction, keeps every class and the whole within
 * one row of its share.  Folds take what they are dealt of a class as a run of its rows, the first fold first, as
 * scikit-learn's do.  Where rows have groups, split_groups.c. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/folds.h>
#include <math.h>
#include <num/sample.h>

/* Rows by class. */
typedef struct line {
    uint32_t *order; /* [n] */
    size_t *end;     /* [k] where each class ends, in the order of the line */
    size_t n, k;
} line;

static void line_clear(line *l)
{
    ens__free(l->order);
    ens__free(l->end);
}

static size_t class_of(const ens__split_rows *rows, size_t i)
{
    return rows->label != NULL ? (size_t)rows->label[rows->row[i]] : 0;
}

/* rank[k]: which class comes when. As they appear among the rows, or by their numbers. */
static void rank_classes(size_t *rank, size_t k, const ens__split_rows *rows,
                         bool as_they_appear)
{
    size_t seen = 0;

    for (size_t c = 0; c < k; c++)
        rank[c] = as_they_appear ? SIZE_MAX : c;
    for (size_t i = 0; i < rows->n && as_they_appear && seen < k; i++) {
        size_t c = class_of(rows, i);

        if (rank[c] == SIZE_MAX)
            rank[c] = seen++;
    }
}

/* Rows of one class have the order of `order`, which may be a shuffled one. */
static ens_status line_init(line *l, const ens__split_rows *rows, bool as_they_appear,
                            ens__stream *s, ens_error *err)
{
    size_t k = rows->label != NULL ? rows->k : 1;
    uint32_t *order = ens__array(rows->n, sizeof *order);
    size_t *next = ens__zeros(k, sizeof *next), *rank = ens__array(k, sizeof *rank);
    ens_status st = ENS_OK;

    *l = (line){.n = rows->n, .k = k};
    l->order = ens__array(l->n, sizeof *l->order);
    l->end = ens__zeros(k, sizeof *l->end);
    if (l->order == NULL || l->end == NULL || order == NULL || next == NULL ||
        rank == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    rank_classes(rank, k, rows, as_they_appear);
    for (size_t i = 0; i < l->n; i++) {
        order[i] = (uint32_t)i;
        l->end[rank[class_of(rows, i)]]++;
    }
    for (size_t c = 1; c < k; c++) {
        next[c] = l->end[c - 1];
        l->end[c] += l->end[c - 1];
    }
    if (s != NULL)
        ens__sample_shuffle(order, l->n, s);
    for (size_t i = 0; i < l->n; i++)
        l->order[next[rank[class_of(rows, order[i])]]++] = order[i];
done:
    ens__free(order);
    ens__free(next);
    ens__free(rank);
    return st;
}

ens__split_rows ens__split_rows_of(const ens_dataset *data)
{
    const ens__table *t = data->table;

    return (ens__split_rows){.n = data->n,
                             .row = data->row,
                             .label = t->label,
                             .k = t->classes.n,
                             .group = t->group_of,
                             .n_groups = t->n_groups,
                             .w = t->weight != NULL ? t->weight->x : NULL,
                             .table = t};
}

/* ---- Folds ---- */

/* Places begin .. end - 1 of the line are one class: fold f gets as many of them as are dealt to it, in a run. */
static void deal_class(uint32_t *fold, const line *l, size_t begin, size_t end,
                       size_t n_folds)
{
    size_t at = begin;

    for (size_t f = 0; f < n_folds; f++) {
        /* places below x that are dealt to fold f: (x + n_folds - 1 - f) / n_folds */
        size_t stop =
            (end + n_folds - 1 - f) / n_folds - (begin + n_folds - 1 - f) / n_folds;

        for (size_t i = 0; i < stop; i++)
            fold[l->order[at++]] = (uint32_t)f;
    }
}

ens_status ens__split_deal(uint32_t *fold, const ens__split_rows *rows, bool stratified,
                           const ens__dealing *how, ens_error *err)
{
    ens__split_rows plain = *rows;
    line l = {0};
    ens__stream s;
    ens_status st;

    if (!stratified)
        plain.label = NULL;
    ens__stream_init(&s, how->seed, ENS__FOR_SPLIT, how->repeat);
    if ((st = line_init(&l, &plain, true, how->shuffle ? &s : NULL, err)) == ENS_OK)
        for (size_t c = 0; c < l.k; c++)
            deal_class(fold, &l, c > 0 ? l.end[c - 1] : 0, l.end[c], how->n_folds);
    line_clear(&l);
    return st;
}

ens_status ens_dataset_kfold(uint32_t *fold, const ens_dataset *data, size_t n_folds,
                             uint64_t seed, ens_error *err)
{
    ens__split_rows rows = ens__split_rows_of(data);
    ens__dealing how = {n_folds, true, seed, 0};

    if (n_folds < 2 || n_folds > data->n)
        return ens__fail(err, ENS_EINVAL,
                         "n_folds = %zu is outside [2, %zu], the table's rows", n_folds,
                         data->n);
    if (rows.group != NULL)
        return ens__split_deal_groups(fold, &rows, &how, err);
    return ens__split_deal(fold, &rows, true, &how, err);
}

/* ---- Holdout ---- */

/* Of the line's first n places, how many go to the second part; of all, neither none nor all. */
static size_t share(const line *l, size_t n, double fraction)
{
    size_t part = (size_t)floor(fraction * (double)n + 0.5);

    if (n < l->n)
        return part;
    return part < 1 ? 1 : part > n - 1 ? n - 1 : part;
}

/* Mark, of each class, the rows that go to the second part: its first places. */
static void mark_second(unsigned char *second, const line *l, double fraction)
{
    for (size_t c = 0; c < l->k; c++) {
        size_t start = c > 0 ? l->end[c - 1] : 0;
        size_t take = share(l, l->end[c], fraction) - share(l, start, fraction);

        for (size_t i = start; i < l->end[c]; i++)
            second[l->order[i]] = i - start < take;
    }
}

ens_status ens__split_holdout(unsigned char *second, const ens__split_rows *rows,
                              double fraction, uint64_t seed, uint64_t repeat,
                              ens_error *err)
{
    line l = {0};
    ens__stream s;
    ens_status st;

    if (rows->n < 2)
        return ens__fail(err, ENS_EINVAL, "a table of %zu rows cannot be split in two",
                         rows->n);
    if (rows->group != NULL)
        return ens__split_holdout_groups(second, rows, fraction, seed, repeat, err);
    ens__stream_init(&s, seed, ENS__FOR_SPLIT, repeat);
    if ((st = line_init(&l, rows, false, &s, err)) == ENS_OK)
        mark_second(second, &l, fraction);
    line_clear(&l);
    return st;
}

/* Rows, in their order, that are in the second part, or not. */
static ens_status view(ens_dataset **out, const ens_dataset *data,
                       const unsigned char *second, unsigned char wanted, size_t *rows,
                       ens_error *err)
{
    size_t n = 0;

    for (size_t i = 0; i < data->n; i++)
        if (second[i] == wanted)
            rows[n++] = i;
    return ens_dataset_subset(out, data, rows, n, err);
}

ens_status ens_dataset_holdout(ens_dataset **first, ens_dataset **second,
                               const ens_dataset *data, double fraction, uint64_t seed,
                               ens_error *err)
{
    ens__split_rows from = ens__split_rows_of(data);
    unsigned char *mark = NULL;
    size_t *rows = NULL;
    char text[ENS__NUMBER_SIZE];
    ens_status st;

    *first = *second = NULL;
    if (!(fraction > 0 && fraction < 1)) {
        ens__number_print(text, fraction);
        return ens__fail(err, ENS_EINVAL, "holdout fraction = %s is outside (0, 1)",
                         text);
    }
    mark = ens__array(data->n, sizeof *mark);
    rows = ens__array(data->n, sizeof *rows);
    if (mark == NULL || rows == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__split_holdout(mark, &from, fraction, seed, 0, err)) != ENS_OK ||
        (st = view(first, data, mark, 0, rows, err)) != ENS_OK)
        goto done;
    if ((st = view(second, data, mark, 1, rows, err)) != ENS_OK) {
        ens_dataset_free(*first);
        *first = NULL;
    }
done:
    ens__free(rows);
    ens__free(mark);
    return st;
}
