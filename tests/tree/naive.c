/* naive.c - the slow way to everything that src/tree does, written from the definitions. */
#include <config.h>

#include "tree/naive.h"

#include <ensemble/dataset.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[NAIVE_LEVELS] = {"a", "b", "c", "d", "e"};

static void fill_column(naive_table *t, size_t j, const naive_kind *kind, ens__stream *s)
{
    bool ties = ens__stream_below(s, 2) == 0;

    t->category[j] = kind->categories && ens__stream_below(s, 2) == 0;
    for (size_t i = 0; i < t->n; i++) {
        bool missing = kind->missing && ens__stream_below(s, 5) == 0;

        t->code[j][i] = missing ? -1 : (int32_t)ens__stream_below(s, NAIVE_LEVELS);
        t->x[j][i] = missing ? NAN
                     : ties  ? ens__stream_below(s, 4)
                             : ens__stream_uniform(s);
    }
}

static void make_dataset(naive_table *t, ens_task task)
{
    ens_column c[NAIVE_FEATURES + 1] = {0};

    for (size_t j = 0; j < t->p; j++) {
        if (t->category[j])
            c[j] = (ens_column){
                .code = t->code[j], .levels = level_names, .n_levels = NAIVE_LEVELS};
        else
            c[j].x = t->x[j];
    }
    c[t->p] = (ens_column){.name = "y", .role = ENS_TARGET, .x = t->y};
    if (ens_dataset_from_columns(&t->data, c, t->p + 1, t->n, task, NULL) != ENS_OK)
        abort();
}

void naive_table_init(naive_table *t, const naive_kind *kind, uint64_t seed)
{
    const ens__table *table;
    ens__stream s;

    memset(t, 0, sizeof *t);
    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    t->n = 2 + ens__stream_below(&s, NAIVE_ROWS - 1);
    t->p = 1 + ens__stream_below(&s, NAIVE_FEATURES);
    t->k = kind->k;
    t->n = t->n < t->k ? t->k : t->n;
    t->weighted = kind->weights;
    for (size_t j = 0; j < t->p; j++)
        fill_column(t, j, kind, &s);
    for (size_t i = 0; i < t->n; i++) {
        if (kind->task == ENS_TASK_CLASSIFICATION) /* each class occurs */
            t->y[i] = i < t->k ? (double)i : ens__stream_below(&s, (uint32_t)t->k);
        else
            t->y[i] = ens__stream_below(&s, 2) ? ens__stream_gaussian(&s)
                                               : ens__stream_below(&s, 3);
        t->w[i] = kind->weights ? 0.1 + ens__stream_uniform(&s) : 1;
        t->count[i] = kind->counts ? 1 + ens__stream_below(&s, 3) : 1;
        t->row[i] = (uint32_t)i;
    }
    make_dataset(t, kind->task);
    table = t->data->table;
    t->args = (ens_fit_args){.rows = {table->feature, t->p, t->row, t->n},
                             .count = kind->counts ? t->count : NULL,
                             .w = kind->weights ? t->w : NULL,
                             .task = kind->task,
                             .k = kind->k,
                             .label = table->label,
                             .y = table->y,
                             .n_table = t->n,
                             .seed = seed};
}

void naive_table_clear(naive_table *t)
{
    ens_dataset_free(t->data);
}

ens__tree_options naive_options(const naive_table *t, ens__criterion criterion)
{
    return (ens__tree_options){.criterion = criterion,
                               .max_depth = SIZE_MAX,
                               .min_split = 2,
                               .min_leaf = 1,
                               .max_features = t->p,
                               .max_leaves = SIZE_MAX,
                               .min_category = 1,
                               .max_bins = 255};
}

/* ---- Costs ---------------------------------------------------------------------------------------------- */

static double weight_of(const naive_table *t, size_t i)
{
    return t->w[i] * t->count[i];
}

static double class_cost(const naive_table *t, ens__criterion criterion,
                         const size_t *rows, size_t n)
{
    double by_class[NAIVE_CLASSES] = {0}, total = 0,
           impurity = criterion == ENS__GINI ? 1 : 0;

    for (size_t i = 0; i < n; i++) {
        by_class[(size_t)t->y[rows[i]]] += weight_of(t, rows[i]);
        total += weight_of(t, rows[i]);
    }
    for (size_t c = 0; c < t->k; c++) {
        double p = by_class[c] / total;

        if (criterion == ENS__GINI)
            impurity -= p * p;
        else if (p > 0)
            impurity -= p * log2(p);
    }
    return total * impurity;
}

/* Least over the targets themselves of the weighted loss: a median is among them. */
static double absolute_cost(const naive_table *t, const size_t *rows, size_t n)
{
    double best = INFINITY;

    for (size_t m = 0; m < n; m++) {
        double loss = 0;

        for (size_t i = 0; i < n; i++)
            loss += weight_of(t, rows[i]) * fabs(t->y[rows[i]] - t->y[rows[m]]);
        best = fmin(best, loss);
    }
    return best;
}

double naive_cost(const naive_table *t, ens__criterion criterion, const size_t *rows,
                  size_t n)
{
    double total = 0, mean = 0, cost = 0;

    if (criterion <= ENS__ENTROPY)
        return class_cost(t, criterion, rows, n);
    if (criterion == ENS__ABSOLUTE_ERROR)
        return absolute_cost(t, rows, n);
    for (size_t i = 0; i < n; i++) {
        total += weight_of(t, rows[i]);
        mean += weight_of(t, rows[i]) * t->y[rows[i]];
    }
    mean /= total;
    for (size_t i = 0; i < n; i++)
        cost += weight_of(t, rows[i]) * (t->y[rows[i]] - mean) * (t->y[rows[i]] - mean);
    return cost;
}

/* ---- Every split ------------------------------------------------------------------------------------------ */

static double decrease(const naive_table *t, const ens__tree_options *o,
                       const size_t *rows, size_t n, const bool *left)
{
    size_t a[NAIVE_ROWS], b[NAIVE_ROWS], n_a = 0, n_b = 0, count_a = 0, count_b = 0;

    for (size_t i = 0; i < n; i++) {
        if (left[i]) {
            a[n_a++] = rows[i];
            count_a += t->count[rows[i]];
        } else {
            b[n_b++] = rows[i];
            count_b += t->count[rows[i]];
        }
    }
    if (n_a == 0 || n_b == 0 || count_a < o->min_leaf || count_b < o->min_leaf)
        return -1;
    return fmax(0, naive_cost(t, o->criterion, rows, n) -
                       naive_cost(t, o->criterion, a, n_a) -
                       naive_cost(t, o->criterion, b, n_b));
}

static double best_number(const naive_table *t, const ens__tree_options *o,
                          const size_t *rows, size_t n, size_t j)
{
    double best = -1;

    for (size_t m = 0; m < n; m++)
        for (int missing_left = 0; missing_left < 2; missing_left++) {
            bool left[NAIVE_ROWS];

            for (size_t i = 0; i < n; i++)
                left[i] = isnan(t->x[j][rows[i]]) ? missing_left
                                                  : t->x[j][rows[i]] <= t->x[j][rows[m]];
            best = fmax(best, decrease(t, o, rows, n, left));
        }
    return best;
}

static double best_category(const naive_table *t, const ens__tree_options *o,
                            const size_t *rows, size_t n, size_t j)
{
    double best = -1;

    for (unsigned set = 0; set < 1u << NAIVE_LEVELS; set++)
        for (int missing_left = 0; missing_left < 2; missing_left++) {
            bool left[NAIVE_ROWS];

            for (size_t i = 0; i < n; i++) {
                int32_t level = t->code[j][rows[i]];

                left[i] = level < 0 ? missing_left != 0 : (set >> level & 1) != 0;
            }
            best = fmax(best, decrease(t, o, rows, n, left));
        }
    return best;
}

double naive_best(const naive_table *t, const ens__tree_options *o, const size_t *rows,
                  size_t n)
{
    double best = -1;

    for (size_t j = 0; j < t->p; j++)
        best = fmax(best, t->category[j] ? best_category(t, o, rows, n, j)
                                         : best_number(t, o, rows, n, j));
    return best;
}

bool naive_goes_left(const naive_table *t, const ens__tree *tree, const ens__node *node,
                     size_t i)
{
    size_t j = node->feature & ENS__FEATURE;
    bool missing_left = (node->feature & ENS__MISSING_LEFT) != 0;

    if ((node->feature & ENS__BY_SET) == 0)
        return isnan(t->x[j][i]) ? missing_left : t->x[j][i] <= node->threshold;
    if (t->code[j][i] < 0)
        return missing_left;
    return tree->set[node->set] >> t->code[j][i] & 1;
}
