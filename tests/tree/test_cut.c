/* test_cut.c - what changes the choice of a split: random cuts, monotonic constraints, the kinds of sums. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble/dataset.h>
#include <math.h>

#include "num/chi.h"
#include "run.h"
#include "tree/naive.h"

static ens_error err;

static ens__tree *grow(const ens_fit_args *a, const ens__tree_options *o)
{
    ens__tree *tree = NULL;

    ck_ok(ens__tree_grow(&tree, o, a, &err));
    return tree;
}

/* ---- Random cuts ------------------------------------------------------------------------------------------- */

/* Values 0 .. 199 and a target that any cut decreases: the cut is uniform over their range, and the other feature,
 * of no use at all, is never taken. */
START_TEST(a_random_cut_is_uniform_between_the_ends)
{
    enum { N = 200, CELLS = 10, TREES = 1000 };
    double x[N][2], y[N], seen[CELLS] = {0}, expected[CELLS];
    uint32_t row[N];
    ens__tree_options o = {.criterion = ENS__SQUARED_ERROR,
                           .max_depth = 1,
                           .min_split = 2,
                           .min_leaf = 1,
                           .max_features = 2,
                           .max_leaves = SIZE_MAX,
                           .min_category = 1,
                           .max_bins = 255,
                           .random_cuts = true};
    ens_dataset *d;

    for (size_t i = 0; i < N; i++) {
        x[i][0] = y[i] = (double)i;
        x[i][1] = 7;
        row[i] = (uint32_t)i;
    }
    for (size_t c = 0; c < CELLS; c++)
        expected[c] = (double)TREES / CELLS;
    ck_ok(ens_dataset_from_matrix(&d, &x[0][0], N, 2, y, ENS_TASK_REGRESSION, &err));
    for (uint64_t seed = 0; seed < TREES; seed++) {
        ens_fit_args a = {.rows = {d->table->feature, 2, row, N},
                          .task = ENS_TASK_REGRESSION,
                          .k = 1,
                          .y = d->table->y,
                          .n_table = N,
                          .seed = seed};
        ens__tree *t = grow(&a, &o);

        ck_assert_uint_eq(t->node[0].feature & ENS__FEATURE, 0);
        ck_assert(t->node[0].threshold >= 0 && t->node[0].threshold < N - 1);
        seen[(size_t)(t->node[0].threshold / (N - 1) * CELLS)]++;
        ens__tree_free(t);
    }
    ck_chi_square(seen, expected, CELLS);
    ens_dataset_free(d);
}
END_TEST

/* Each leaf says the mean or the shares of the rows that reach it, of which there are enough, on each kind of table. */
static void check_leaves(const naive_table *t, const ens__tree *tree,
                         const ens__tree_options *o, uint32_t at, const size_t *rows,
                         size_t n)
{
    const ens__node *node = &tree->node[at];
    size_t a[NAIVE_ROWS], b[NAIVE_ROWS], n_a = 0, n_b = 0, drawn = 0;
    double total = 0, sum = 0;

    for (size_t i = 0; i < n; i++) {
        total += t->w[rows[i]] * t->count[rows[i]];
        drawn += t->count[rows[i]];
        sum += t->w[rows[i]] * t->count[rows[i]] *
               (tree->k > 1 ? t->y[rows[i]] == 0 : t->y[rows[i]]);
    }
    ck_assert(at == 0 || (n > 0 && drawn >= o->min_leaf));
    if (node->feature == ENS__LEAF) {
        double value = tree->k > 1 ? tree->value[node->left * tree->k] : node->value;

        if (o->criterion != ENS__ABSOLUTE_ERROR)
            ck_assert_double_eq_tol(value, sum / total, 1e-12); /* fixed point */
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (naive_goes_left(t, tree, node, rows[i]))
            a[n_a++] = rows[i];
        else
            b[n_b++] = rows[i];
    check_leaves(t, tree, o, node->left, a, n_a);
    check_leaves(t, tree, o, node->left + 1, b, n_b);
}

START_TEST(random_cuts_leave_rows_on_both_sides)
{
    static const struct {
        ens__criterion criterion;
        size_t k;
    } tasks[] = {{ENS__GINI, 2},
                 {ENS__GINI, 4},
                 {ENS__ENTROPY, 2},
                 {ENS__SQUARED_ERROR, 1},
                 {ENS__ABSOLUTE_ERROR, 1}};
    size_t splits = 0;

    for (uint64_t seed = 0; seed < 800; seed++) {
        ens__criterion criterion = tasks[seed % 5].criterion;
        naive_kind what = {criterion <= ENS__ENTROPY ? ENS_TASK_CLASSIFICATION
                                                     : ENS_TASK_REGRESSION,
                           tasks[seed % 5].k,
                           seed & 1,
                           seed & 2,
                           seed & 4,
                           seed & 8};
        size_t rows[NAIVE_ROWS];
        naive_table t;
        ens__tree_options o;
        ens__tree *tree;

        naive_table_init(&t, &what, seed);
        for (size_t i = 0; i < t.n; i++)
            rows[i] = i;
        o = naive_options(&t, criterion);
        o.random_cuts = true;
        o.min_leaf = 1 + seed % 3;
        tree = grow(&t.args, &o);
        splits += ens__tree_leaves(tree) - 1;
        check_leaves(&t, tree, &o, 0, rows, t.n);
        ens__tree_free(tree);
        naive_table_clear(&t);
    }
    ck_assert_uint_gt(splits, 4000);
}
END_TEST

/* ---- Monotonic constraints ------------------------------------------------------------------------------------- */

/* The prediction for row i of the table with feature j set to v. */
static double with_value(const naive_table *t, const ens__tree *tree, size_t i, size_t j,
                         double v)
{
    ens_feature feature[NAIVE_FEATURES];
    double out[NAIVE_CLASSES];
    uint32_t row = (uint32_t)i;
    double *x = calloc(t->n, sizeof *x);
    ens_rows rows = {feature, t->p, &row, 1};

    x[i] = v;
    memcpy(feature, t->args.rows.feature, t->p * sizeof *feature);
    feature[j].x = x;
    ens__tree_predict(tree, &rows, out);
    free(x);
    return tree->k > 1 ? out[1] : out[0];
}

static void check_monotonic(const naive_table *t, const ens__tree *tree, size_t j,
                            int sign)
{
    for (size_t i = 0; i < t->n; i++)
        for (int v = -2; v < 5; v++) {
            double low = with_value(t, tree, i, j, v),
                   high = with_value(t, tree, i, j, v + 0.7);

            ck_assert_msg(sign * (high - low) >= 0, "feature %zu: %.17g, then %.17g", j,
                          low, high);
        }
}

START_TEST(predictions_keep_monotonic_constraints)
{
    size_t splits = 0, felt = 0;

    for (uint64_t seed = 0; seed < 240; seed++) {
        bool classes = seed % 2 == 0;
        naive_kind what = {classes ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                           classes ? 2 : 1,
                           seed & 2,
                           false,
                           seed & 4,
                           seed & 8};
        int8_t sign[NAIVE_FEATURES] = {1, -1, 0, 1};
        naive_table t;
        ens__tree_options o;
        ens__tree *tree, *free_tree;

        naive_table_init(&t, &what, seed);
        o = naive_options(&t, classes ? (seed % 3 == 0 ? ENS__ENTROPY : ENS__GINI)
                                      : ENS__SQUARED_ERROR);
        o.random_cuts = seed % 5 == 0;
        o.max_leaves = seed % 7 == 0 ? 6 : SIZE_MAX;
        free_tree = grow(&t.args, &o);
        o.monotonic = sign;
        tree = grow(&t.args, &o);
        for (size_t j = 0; j < t.p; j++)
            if (sign[j] != 0)
                check_monotonic(&t, tree, j, sign[j]);
        splits += ens__tree_leaves(tree) - 1;
        felt += tree->n_nodes != free_tree->n_nodes;
        ens__tree_free(tree);
        ens__tree_free(free_tree);
        naive_table_clear(&t);
    }
    ck_assert_uint_gt(splits, 300);
    ck_assert_uint_gt(felt, 60);
}
END_TEST

/* A constraint of 0 everywhere takes the slow way to the same tree. */
START_TEST(no_constraint_is_none)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        bool classes = seed % 2 == 0;
        naive_kind what = {classes ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                           classes ? 2 : 1,
                           seed & 2,
                           seed & 4,
                           false,
                           seed & 8};
        static const int8_t none[NAIVE_FEATURES];
        naive_table t;
        ens__tree_options o;
        ens__tree *a, *b;

        naive_table_init(&t, &what, seed);
        o = naive_options(&t, classes ? ENS__GINI : ENS__SQUARED_ERROR);
        a = grow(&t.args, &o);
        o.monotonic = none;
        b = grow(&t.args, &o);
        ck_assert_uint_eq(a->n_nodes, b->n_nodes);
        for (size_t i = 0; i < a->n_nodes; i++) {
            ck_assert_uint_eq(a->node[i].feature, b->node[i].feature);
            ck_assert_uint_eq(a->node[i].left, b->node[i].left);
        }
        ens__tree_free(a);
        ens__tree_free(b);
        naive_table_clear(&t);
    }
}
END_TEST

/* ---- Levels of the processor --------------------------------------------------------------------------------- */

/* Trees of k classes, or of a number if k is 1, grown to the end. */
static ens__tree_options full_depth(size_t k, size_t features)
{
    return (ens__tree_options){.criterion = k > 1 ? ENS__GINI : ENS__SQUARED_ERROR,
                               .max_depth = SIZE_MAX,
                               .min_split = 2,
                               .min_leaf = 1,
                               .max_features = features,
                               .max_leaves = SIZE_MAX,
                               .min_category = 1,
                               .max_bins = 255};
}

/* Rows enough for every way of summing: cells of 16 and 32 bits, few rows, a code that most rows have. */
START_TEST(every_cpu_level_agrees_on_every_kind)
{
    enum { N = 70000, P = 6 };
    double *x = calloc(N * P, sizeof *x), *y = calloc(N, sizeof *y);
    uint32_t *row = calloc(N, sizeof *row), *count = calloc(N, sizeof *count);
    ens__stream s;

    ens__stream_init(&s, 9, ENS__FOR_TEST, 2);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = j == 4   ? ens__stream_below(&s, 20) == 0
                           : j == 5 ? ens__stream_below(&s, 3)
                                    : ens__stream_gaussian(&s);
        y[i] = x[i * P] + x[i * P + 4] + ens__stream_gaussian(&s);
        row[i] = (uint32_t)i;
        count[i] = 1 + ens__stream_below(&s, 2);
    }
    for (size_t k = 1; k <= 9; k += k == 1 ? 1 : 7) {
        ens__tree_options o = full_depth(k, 3);
        ens_task task = k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
        double *target = calloc(N, sizeof *target);
        ens_dataset *d;

        for (size_t i = 0; i < N; i++)
            target[i] =
                k > 1 ? fmin(fmax(floor(y[i] + (double)k / 2), 0), (double)k - 1) : y[i];
        ck_ok(ens_dataset_from_matrix(&d, x, N, P, target, task, &err));
        ens_fit_args args = {.rows = {d->table->feature, P, row, N},
                             .count = count,
                             .task = task,
                             .k = k,
                             .label = d->table->label,
                             .y = d->table->y,
                             .n_table = N,
                             .seed = 3};
        for (o.min_leaf = 1; o.min_leaf <= 25; o.min_leaf += 24) {
            ens__tree *best = grow(&args, &o);

            ck_assert_uint_gt(best->n_nodes, o.min_leaf == 1 ? 10000 : 2000);
            for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
                ens__tree *other;

                ens__cpu_cap(level);
                other = grow(&args, &o);
                ens__cpu_cap(ENS__CPU_V4);
                ck_assert_uint_eq(best->n_nodes, other->n_nodes);
                ck_assert_mem_eq(best->node, other->node,
                                 best->n_nodes * sizeof *best->node);
                ens__tree_free(other);
            }
            ens__tree_free(best);
        }
        ens_dataset_free(d);
        free(target);
    }
    free(x);
    free(y);
    free(row);
    free(count);
}
END_TEST

/* Two, few and many classes, and numbers; a column of many gaps and one of few values. */
START_TEST(every_cpu_level_draws_the_same_cuts)
{
    enum { N = 5000, P = 4 };
    static const size_t kinds[] = {1, 2, 5, 9};
    size_t k = kinds[_i];
    ens_task task = k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
    double *x = calloc(N * P, sizeof *x), *y = calloc(N, sizeof *y);
    uint32_t *row = calloc(N, sizeof *row), *count = calloc(N, sizeof *count);
    ens__tree_options o = {.criterion = k > 1 ? ENS__GINI : ENS__SQUARED_ERROR,
                           .max_depth = SIZE_MAX,
                           .min_split = 2,
                           .min_leaf = 1,
                           .max_features = 3,
                           .max_leaves = SIZE_MAX,
                           .min_category = 1,
                           .max_bins = 255,
                           .random_cuts = true};
    ens__tree *best, *base;
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, 12, ENS__FOR_TEST, k);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = j == 3 ? ens__stream_below(&s, 3) : ens__stream_gaussian(&s);
        y[i] = x[i * P] + x[i * P + 3] + ens__stream_gaussian(&s);
        if (k > 1)
            y[i] = fmin(fmax(floor(y[i] + (double)k / 2), 0), (double)k - 1);
        if (ens__stream_below(&s, 3) == 0)
            x[i * P + 1] = (double)NAN;
        row[i] = (uint32_t)i;
        count[i] = 1 + ens__stream_below(&s, 3);
    }
    ck_ok(ens_dataset_from_matrix(&d, x, N, P, y, task, &err));
    ens_fit_args args = {.rows = {d->table->feature, P, row, N},
                         .count = count,
                         .task = task,
                         .k = k,
                         .label = d->table->label,
                         .y = d->table->y,
                         .n_table = N,
                         .seed = 3};
    best = grow(&args, &o);
    ens__cpu_cap(ENS__CPU_BASE);
    base = grow(&args, &o);
    ens__cpu_cap(ENS__CPU_V4);
    ck_assert_uint_gt(best->n_nodes, 1000);
    ck_assert_uint_eq(best->n_nodes, base->n_nodes);
    ck_assert_mem_eq(best->node, base->node, best->n_nodes * sizeof *best->node);
    ens__tree_free(best);
    ens__tree_free(base);
    ens_dataset_free(d);
    free(x);
    free(y);
    free(row);
    free(count);
}
END_TEST

/* ---- Columns of two values ------------------------------------------------------------------------------------- */

/* A missing value outside of the fit's rows makes them bytes instead of bits. */
START_TEST(bits_and_bytes_make_the_same_tree)
{
    enum { N = 4000, P = 90 };
    static const size_t classes[] = {1, 2, 6};
    double *x = calloc((N + 1) * P, sizeof *x), *y = calloc(N + 1, sizeof *y);
    uint32_t *row = calloc(N, sizeof *row);
    ens__stream s;

    ens__stream_init(&s, 11, ENS__FOR_TEST, 3);
    for (size_t i = 0; i < N; i++) {
        double signal = 0;

        for (size_t j = 0; j < P; j++) {
            x[i * P + j] = j < 2 ? ens__stream_gaussian(&s)
                                 : ens__stream_below(&s, (uint32_t)(2 + j % 9)) == 0;
            signal += j % 7 == 0 ? x[i * P + j] : 0;
        }
        y[i] = signal + ens__stream_gaussian(&s);
        row[i] = (uint32_t)i;
    }
    for (size_t kind = 0; kind < 3; kind++) {
        size_t k = classes[kind];
        ens__tree_options o = full_depth(k, 9);
        ens_task task = k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
        double *target = calloc(N + 1, sizeof *target);
        ens__tree *tree[2];

        for (size_t i = 0; i < N; i++)
            target[i] = k > 1 ? fmin(fmax(floor(y[i]), 0), (double)k - 1) : y[i];
        for (size_t missing = 0; missing < 2; missing++) {
            ens_dataset *d;

            for (size_t j = 0; j < P; j++)
                x[N * P + j] = missing != 0 && j >= 2 ? NAN : x[j];
            ck_ok(ens_dataset_from_matrix(&d, x, N + 1, P, target, task, &err));
            ens_fit_args args = {.rows = {d->table->feature, P, row, N},
                                 .task = task,
                                 .k = k,
                                 .label = d->table->label,
                                 .y = d->table->y,
                                 .n_table = N + 1,
                                 .seed = 3};
            tree[missing] = grow(&args, &o);
            ens_dataset_free(d);
        }
        ck_assert_uint_gt(tree[0]->n_nodes, 500);
        ck_assert_uint_eq(tree[0]->n_nodes, tree[1]->n_nodes);
        ck_assert_mem_eq(tree[0]->node, tree[1]->node,
                         tree[0]->n_nodes * sizeof *tree[0]->node);
        ens__tree_free(tree[0]);
        ens__tree_free(tree[1]);
        free(target);
    }
    free(x);
    free(y);
    free(row);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, bits_and_bytes_make_the_same_tree);
    tcase_add_test(tc, a_random_cut_is_uniform_between_the_ends);
    tcase_add_test(tc, random_cuts_leave_rows_on_both_sides);
    tcase_add_test(tc, predictions_keep_monotonic_constraints);
    tcase_add_test(tc, no_constraint_is_none);
    tcase_add_test(tc, every_cpu_level_agrees_on_every_kind);
    tcase_add_loop_test(tc, every_cpu_level_draws_the_same_cuts, 0, 4);
}

Suite *cut_suite(void);

Suite *cut_suite(void)
{
    return suite_of("cut", add);
}
