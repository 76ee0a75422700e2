/* split.c - random splits: holdout and folds, stratified by class for classification.
 *
 * Rows are put into a random order, and each takes the next place of its class in a line in which the classes
 * follow each other. Dealing folds along that line, or cutting it at rounded multiples of the fraction,
 * keeps every class and the whole within one row of its share. Where rows have groups, split_groups.c. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <data/dataset.h>
#include <math.h>
#include <num/sample.h>

/* Rows of a dataset by class and at random within each. */
typedef struct line {
    uint32_t *place; /* [n] of each row */
    size_t *end;     /* [k] where each class ends */
    size_t n, k;
} line;

static void line_clear(line *l)
{
    ens__free(l->place);
    ens__free(l->end);
}

static size_t class_of(const ens_dataset *data, size_t i)
{
    return data->table->label != NULL ? (size_t)data->table->label[data->row[i]] : 0;
}

static ens_status line_init(line *l, const ens_dataset *data, uint64_t seed,
                            ens_error *err)
{
    uint32_t *order = NULL;
    size_t *next = NULL;
    ens__stream s;
    ens_status st = ENS_OK;

    *l = (line){.n = data->n,
                .k = data->table->label != NULL ? data->table->classes.n : 1};
    l->place = ens__array(l->n, sizeof *l->place);
    l->end = ens__zeros(l->k, sizeof *l->end);
    order = ens__array(l->n, sizeof *order);
    next = ens__zeros(l->k, sizeof *next);
    if (l->place == NULL || l->end == NULL || order == NULL || next == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < l->n; i++) {
        order[i] = (uint32_t)i;
        l->end[class_of(data, i)]++;
    }
    for (size_t c = 1; c < l->k; c++) {
        next[c] = l->end[c - 1];
        l->end[c] += l->end[c - 1];
    }
    ens__stream_init(&s, seed, ENS__FOR_SPLIT, 0);
    ens__sample_shuffle(order, l->n, &s);
    for (size_t i = 0; i < l->n; i++)
        l->place[order[i]] = (uint32_t)next[class_of(data, order[i])]++;
done:
    ens__free(order);
    ens__free(next);
    return st;
}

/* ---- Folds ---- */

ens_status ens_dataset_kfold(uint32_t *fold, const ens_dataset *data, size_t n_folds,
                             uint64_t seed, ens_error *err)
{
    line l = {0};
    ens_status st;

    if (n_folds < 2 || n_folds > data->n)
        return ens__fail(err, ENS_EINVAL,
                         "n_folds = %zu is outside [2, %zu], the table's rows", n_folds,
                         data->n);
    if (data->table->group_of != NULL)
        return ens__groups_kfold(fold, data, n_folds, seed, err);
    if ((st = line_init(&l, data, seed, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < l.n; i++)
        fold[i] = (uint32_t)(l.place[i] % n_folds);
done:
    line_clear(&l);
    return st;
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

/* Mark, of each class, the rows that go to the second part: its first places. */
static void mark_second(unsigned char *second, const line *l, const ens_dataset *data,
                        double fraction)
{
    for (size_t i = 0; i < l->n; i++) {
        size_t c = class_of(data, i), start = c > 0 ? l->end[c - 1] : 0;
        size_t take = share(l, l->end[c], fraction) - share(l, start, fraction);

        second[i] = l->place[i] - start < take;
    }
}

ens_status ens_dataset_holdout(ens_dataset **first, ens_dataset **second,
                               const ens_dataset *data, double fraction, uint64_t seed,
                               ens_error *err)
{
    line l = {0};
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
    if (data->n < 2)
        return ens__fail(err, ENS_EINVAL, "a table of %zu rows cannot be split in two",
                         data->n);
    mark = ens__array(data->n, sizeof *mark);
    rows = ens__array(data->n, sizeof *rows);
    if (mark == NULL || rows == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (data->table->group_of != NULL)
        st = ens__groups_holdout(mark, data, fraction, seed, err);
    else if ((st = line_init(&l, data, seed, err)) == ENS_OK)
        mark_second(mark, &l, data, fraction);
    if (st != ENS_OK || (st = view(first, data, mark, 0, rows, err)) != ENS_OK)
        goto done;
    if ((st = view(second, data, mark, 1, rows, err)) != ENS_OK) {
        ens_dataset_free(*first);
        *first = NULL;
    }
done:
    ens__free(rows);
    ens__free(mark);
    line_clear(&l);
    return st;
}
