/* naive.h - small random tables, and trees checked by trying everything. */
#ifndef TESTS_TREE_NAIVE_H
#define TESTS_TREE_NAIVE_H

#include <data/dataset.h>
#include <num/rng.h>
#include <tree/tree.h>

enum { NAIVE_ROWS = 40, NAIVE_FEATURES = 4, NAIVE_LEVELS = 5, NAIVE_CLASSES = 4 };

/* A table in memory, with what a fit is told of it. */
typedef struct naive_table {
    size_t n, p, k;
    double x[NAIVE_FEATURES][NAIVE_ROWS];
    int32_t code[NAIVE_FEATURES][NAIVE_ROWS];
    bool category[NAIVE_FEATURES];
    double y[NAIVE_ROWS];
    double w[NAIVE_ROWS];
    uint32_t count[NAIVE_ROWS], row[NAIVE_ROWS];
    bool weighted;
    ens_dataset *data;
    ens_fit_args args;
} naive_table;

typedef struct naive_kind {
    ens_task task;
    size_t k;
    bool missing, categories, weights, counts;
} naive_kind;

void naive_table_init(naive_table *t, const naive_kind *kind, uint64_t seed);
void naive_table_clear(naive_table *t);

/* Options without any limit. */
ens__tree_options naive_options(const naive_table *t, ens__criterion criterion);

/* The criterion times the weight of these rows. */
double naive_cost(const naive_table *t, ens__criterion criterion, const size_t *rows, size_t n);

/* The greatest decrease of the cost by any split: every threshold, every subset of levels, missing values on either
 * side; -1 if no split leaves min_leaf rows (counted as drawn) on both sides. */
double naive_best(const naive_table *t, const ens__tree_options *o, const size_t *rows, size_t n);

/* Whether a row goes left at a node. */
bool naive_goes_left(const naive_table *t, const ens__tree *tree, const ens__node *node, size_t i);

#endif
