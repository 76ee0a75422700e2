/* test_grow.c - trees against trying everything, on hundreds of small random tables with ties, missing values,
 * categories, weights and repeated rows. */
#include <config.h>

#include <core/cpu.h>
#include <core/mem.h>
#include <ensemble/dataset.h>

#include "run.h"
#include "tree/naive.h"

static ens_error err;

static ens__tree *grow(const naive_table *t, const ens__tree_options *o)
{
    ens__tree *tree = NULL;

    ck_ok(ens__tree_grow(&tree, o, &t->args, &err));
    return tree;
}

/* ---- Each split is the best there is ------------------------------------------------------------------------ */

typedef struct walk {
    const naive_table *t;
    const ens__tree *tree;
    const ens__tree_options *o;
    uint64_t seed;
    double scale;
    bool best_of_all; /* whether the search over categories is complete */
    size_t leaves;
} walk;

static bool all_equal(const naive_table *t, const size_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (t->y[rows[i]] != t->y[rows[0]])
            return false;
    return true;
}

static void check_leaf(walk *k, const ens__node *node, const size_t *rows, size_t n)
{
    const naive_table *t = k->t;
    double share[NAIVE_CLASSES] = {0}, total = 0, loss = 0;

    k->leaves++;
    if (k->best_of_all && k->o->max_leaves == SIZE_MAX && k->o->max_depth == SIZE_MAX &&
        k->o->ccp_alpha == 0 && k->o->min_decrease == 0)
        ck_assert_msg(all_equal(t, rows, n) || naive_best(t, k->o, rows, n) < 0 ||
                          n < k->o->min_split || k->o->min_split > 2,
                      "seed %lu: a leaf of %zu rows could be split",
                      (unsigned long)k->seed, n);
    for (size_t i = 0; i < n; i++) {
        double w = t->w[rows[i]] * t->count[rows[i]];

        total += w;
        if (k->tree->k > 1)
            share[(size_t)t->y[rows[i]]] += w;
        else
            loss += k->o->criterion == ENS__ABSOLUTE_ERROR
                        ? w * fabs(t->y[rows[i]] - node->value)
                        : w * (t->y[rows[i]] - node->value);
    }
    /* Fixed point keeps 2^-52 of the weights and 2^-50 of the targets. */
    for (size_t c = 0; c < k->tree->k && k->tree->k > 1; c++)
        ck_assert_double_eq_tol(k->tree->value[node->left * k->tree->k + c],
                                share[c] / total, 1e-12);
    if (k->tree->k == 1 && k->o->criterion == ENS__ABSOLUTE_ERROR)
        ck_assert_double_eq_tol(loss, naive_cost(t, k->o->criterion, rows, n),
                                1e-12 * k->scale);
    else if (k->tree->k == 1)
        ck_assert_double_eq_tol(loss, 0, 1e-12 * k->scale);
}

static void check_node(walk *k, uint32_t at, const size_t *rows, size_t n)
{
    const ens__node *node = &k->tree->node[at];
    size_t a[NAIVE_ROWS], b[NAIVE_ROWS], n_a = 0, n_b = 0;
    double got, best;

    if (node->feature == ENS__LEAF) {
        check_leaf(k, node, rows, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (naive_goes_left(k->t, k->tree, node, rows[i]))
            a[n_a++] = rows[i];
        else
            b[n_b++] = rows[i];
    ck_assert_msg(n_a > 0 && n_b > 0, "seed %lu: an empty child", (unsigned long)k->seed);
    got = naive_cost(k->t, k->o->criterion, rows, n) -
          naive_cost(k->t, k->o->criterion, a, n_a) -
          naive_cost(k->t, k->o->criterion, b, n_b);
    best = naive_best(k->t, k->o, rows, n);
    if (k->best_of_all)
        ck_assert_msg(got > best - 1e-9 * k->scale,
                      "seed %lu node %u: decrease %.12g, best %.12g",
                      (unsigned long)k->seed, at, got, best);
    check_node(k, node->left, a, n_a);
    check_node(k, node->left + 1, b, n_b);
}

static void check_tree(const naive_table *t, const ens__tree *tree,
                       const ens__tree_options *o, uint64_t seed)
{
    size_t rows[NAIVE_ROWS];
    walk k = {.t = t, .tree = tree, .o = o, .seed = seed, .best_of_all = true};

    for (size_t i = 0; i < t->n; i++)
        rows[i] = i;
    /* One order of the levels finds the best subset for two classes and squared error only, and not under a limit
     * that some subsets break. */
    for (size_t j = 0; j < t->p; j++)
        if (t->category[j] &&
            (t->k > 2 || o->min_leaf > 1 || o->criterion == ENS__ABSOLUTE_ERROR))
            k.best_of_all = false;
    k.scale = 1 + naive_cost(t, o->criterion, rows, t->n);
    check_node(&k, 0, rows, t->n);
    ck_assert_uint_eq(k.leaves, ens__tree_leaves(tree));
}

static void check_many(ens__criterion criterion, size_t k, int tables)
{
    for (int i = 0; i < tables; i++)
        for (int kind = 0; kind < 16; kind++) {
            naive_kind what = {criterion <= ENS__ENTROPY ? ENS_TASK_CLASSIFICATION
                                                         : ENS_TASK_REGRESSION,
                               k,
                               kind & 1,
                               kind & 2,
                               kind & 4,
                               kind & 8};
            uint64_t seed =
                (uint64_t)(i * 16 + kind) + 1000 * k + 100000 * (uint64_t)criterion;
            naive_table t;
            ens__tree_options o;
            ens__tree *tree;

            naive_table_init(&t, &what, seed);
            o = naive_options(&t, criterion);
            o.min_leaf = i % 4 == 3 ? 3 : 1;
            tree = grow(&t, &o);
            check_tree(&t, tree, &o, seed);
            ens__tree_free(tree);
            naive_table_clear(&t);
        }
}

START_TEST(gini_splits_are_the_best_of_all)
{
    check_many(ENS__GINI, 2, 20);
    check_many(ENS__GINI, 4, 12);
}
END_TEST

START_TEST(entropy_splits_are_the_best_of_all)
{
    check_many(ENS__ENTROPY, 2, 12);
    check_many(ENS__ENTROPY, 3, 12);
}
END_TEST

START_TEST(squared_error_splits_are_the_best_of_all)
{
    check_many(ENS__SQUARED_ERROR, 1, 20);
}
END_TEST

START_TEST(absolute_error_splits_are_the_best_of_all)
{
    check_many(ENS__ABSOLUTE_ERROR, 1, 12);
}
END_TEST

/* ---- Limits -------------------------------------------------------------------------------------------------- */

static const naive_kind plain = {ENS_TASK_REGRESSION, 1, true, true, false, false};

/* Trees of many tables under a limit, each of which must pass the check and some of which must feel it. */
static void limit_many(void (*set)(ens__tree_options *o),
                       bool (*keeps)(const ens__tree *tree))
{
    size_t smaller = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        naive_table t;
        ens__tree_options o;
        ens__tree *free_tree, *tree;

        naive_table_init(&t, &plain, seed);
        o = naive_options(&t, ENS__SQUARED_ERROR);
        free_tree = grow(&t, &o);
        set(&o);
        tree = grow(&t, &o);
        ck_assert_msg(keeps(tree), "seed %lu", (unsigned long)seed);
        ck_assert_uint_le(tree->n_nodes, free_tree->n_nodes);
        smaller += tree->n_nodes < free_tree->n_nodes;
        ens__tree_free(free_tree);
        ens__tree_free(tree);
        naive_table_clear(&t);
    }
    ck_assert_uint_gt(smaller, 10);
}

static void set_depth(ens__tree_options *o)
{
    o->max_depth = 2;
}

static bool depth_2(const ens__tree *tree)
{
    return tree->depth <= 2;
}

static void set_leaves(ens__tree_options *o)
{
    o->max_leaves = 4;
}

static bool leaves_4(const ens__tree *tree)
{
    return ens__tree_leaves(tree) <= 4;
}

static void set_split(ens__tree_options *o)
{
    o->min_split = 12;
}

static void set_decrease(ens__tree_options *o)
{
    o->min_decrease = 0.05;
}

static bool anything(const ens__tree *tree)
{
    return tree->n_nodes >= 1;
}

START_TEST(limits_are_kept)
{
    limit_many(set_depth, depth_2);
    limit_many(set_leaves, leaves_4);
    limit_many(set_split, anything);
    limit_many(set_decrease, anything);
}
END_TEST

/* Without a limit that is felt, best-first growth makes the same tree as depth-first, in another order. */
START_TEST(best_first_without_a_limit_is_depth_first)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        naive_table t;
        ens__tree_options o;
        ens__tree *a, *b;
        double p[NAIVE_ROWS], q[NAIVE_ROWS];

        naive_table_init(&t, &plain, seed);
        o = naive_options(&t, ENS__SQUARED_ERROR);
        o.max_features = 1;
        a = grow(&t, &o);
        o.max_leaves = 1000;
        b = grow(&t, &o);
        ck_assert_uint_eq(a->n_nodes, b->n_nodes);
        ens__tree_predict(a, &t.args.rows, p);
        ens__tree_predict(b, &t.args.rows, q);
        ck_assert_mem_eq(p, q, t.n * sizeof *p);
        ens__tree_free(a);
        ens__tree_free(b);
        naive_table_clear(&t);
    }
}
END_TEST

/* ---- Pruning ------------------------------------------------------------------------------------------------- */

/* Cost and leaves of the subtree at a node, by the rows. */
typedef struct subtree {
    double cost;
    size_t leaves;
} subtree;

/* The cheapest subtree by R(T) + alpha leaves of the unpruned tree: the smaller of equals. */
static subtree cheapest(const naive_table *t, const ens__tree *tree, uint32_t at,
                        const size_t *rows, size_t n, double alpha)
{
    const ens__node *node = &tree->node[at];
    subtree leaf = {naive_cost(t, ENS__SQUARED_ERROR, rows, n) / (double)t->n, 1}, left,
            right;
    size_t a[NAIVE_ROWS], b[NAIVE_ROWS], n_a = 0, n_b = 0;

    if (node->feature == ENS__LEAF)
        return leaf;
    for (size_t i = 0; i < n; i++)
        if (naive_goes_left(t, tree, node, rows[i]))
            a[n_a++] = rows[i];
        else
            b[n_b++] = rows[i];
    left = cheapest(t, tree, node->left, a, n_a, alpha);
    right = cheapest(t, tree, node->left + 1, b, n_b, alpha);
    left.cost += right.cost;
    left.leaves += right.leaves;
    return leaf.cost + alpha <= left.cost + alpha * (double)left.leaves ? leaf : left;
}

START_TEST(pruning_leaves_the_cheapest_subtree)
{
    size_t felt = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        naive_table t;
        ens__tree_options o;
        ens__tree *full, *pruned;
        size_t rows[NAIVE_ROWS];
        subtree want;

        naive_table_init(&t, &plain, seed);
        for (size_t i = 0; i < t.n; i++)
            rows[i] = i;
        o = naive_options(&t, ENS__SQUARED_ERROR);
        full = grow(&t, &o);
        o.ccp_alpha = 0.003 * (double)(1 + seed % 10);
        pruned = grow(&t, &o);
        want = cheapest(&t, full, 0, rows, t.n, o.ccp_alpha);
        ck_assert_uint_eq(ens__tree_leaves(pruned), want.leaves);
        check_tree(&t, pruned, &o, seed);
        felt += pruned->n_nodes < full->n_nodes;
        ens__tree_free(full);
        ens__tree_free(pruned);
        naive_table_clear(&t);
    }
    ck_assert_uint_gt(felt, 20);
}
END_TEST

/* ---- Equalities ------------------------------------------------------------------------------------------------ */

static void assert_same_tree(const ens__tree *a, const ens__tree *b)
{
    ck_assert_uint_eq(a->n_nodes, b->n_nodes);
    ck_assert_mem_eq(a->node, b->node, a->n_nodes * sizeof *a->node);
    ck_assert_uint_eq(a->n_values, b->n_values);
    if (a->n_values > 0)
        ck_assert_mem_eq(a->value, b->value, a->n_values * a->k * sizeof *a->value);
    ck_assert_uint_eq(a->n_words, b->n_words);
    if (a->n_words > 0)
        ck_assert_mem_eq(a->set, b->set, a->n_words * sizeof *a->set);
}

/* Whole weights, given as weights or as counts, are the same rows. */
START_TEST(whole_weights_are_repeated_rows)
{
    /* Not entropy and absolute error, whose rounding depends on the scale, so that ties fall otherwise. */
    static const ens__criterion criteria[] = {ENS__GINI, ENS__SQUARED_ERROR};

    for (uint64_t seed = 1; seed <= 40; seed++) {
        ens__criterion criterion = criteria[seed % 2];
        naive_kind what = {criterion <= ENS__ENTROPY ? ENS_TASK_CLASSIFICATION
                                                     : ENS_TASK_REGRESSION,
                           criterion <= ENS__ENTROPY ? 2 + seed % 3 : 1,
                           true,
                           true,
                           false,
                           true};
        naive_table t;
        ens__tree_options o;
        ens__tree *counted, *weighted;
        double p[NAIVE_ROWS * NAIVE_CLASSES], q[NAIVE_ROWS * NAIVE_CLASSES];

        naive_table_init(&t, &what, seed);
        o = naive_options(&t, criterion);
        counted = grow(&t, &o);
        for (size_t i = 0; i < t.n; i++)
            t.w[i] = t.count[i];
        t.args.w = t.w;
        t.args.count = NULL;
        weighted = grow(&t, &o);
        ck_assert_msg(counted->n_nodes == weighted->n_nodes,
                      "seed %lu: %zu and %zu nodes", (unsigned long)seed,
                      counted->n_nodes, weighted->n_nodes);
        ens__tree_predict(counted, &t.args.rows, p);
        ens__tree_predict(weighted, &t.args.rows, q);
        for (size_t i = 0; i < t.n * t.args.k; i++)
            ck_assert_double_eq_tol(p[i], q[i], 1e-12); /* two fixed points */
        ens__tree_free(counted);
        ens__tree_free(weighted);
        naive_table_clear(&t);
    }
}
END_TEST

START_TEST(every_cpu_level_grows_the_same_tree)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        naive_kind what = {
            ENS_TASK_CLASSIFICATION, 2 + seed % 3, true, true, false, true};
        naive_table t;
        ens__tree_options o;
        ens__tree *best;

        naive_table_init(&t, &what, seed);
        o = naive_options(&t, ENS__GINI);
        best = grow(&t, &o);
        for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
            ens__tree *other;

            ens__cpu_cap(level);
            other = grow(&t, &o);
            ens__cpu_cap(ENS__CPU_V4);
            assert_same_tree(best, other);
            ens__tree_free(other);
        }
        ens__tree_free(best);
        naive_table_clear(&t);
    }
}
END_TEST

/* Enough rows for every kernel: nodes with more and with fewer rows than codes, of one and two bytes, in records and
 * by row number. */
START_TEST(every_cpu_level_agrees_on_large_nodes)
{
    enum { N = 3000, P = 140 };
    static const size_t columns[] = {5, P};
    static const unsigned bins[] = {255, 4000};
    double *x = calloc(N * P, sizeof *x), *y = calloc(N, sizeof *y);
    uint32_t *row = calloc(N, sizeof *row);
    ens__stream s;

    ens__stream_init(&s, 6, ENS__FOR_TEST, 1);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++)
            x[i * P + j] = ens__stream_below(&s, 9) == 0 ? NAN : ens__stream_gaussian(&s);
        y[i] = x[i * P] + ens__stream_gaussian(&s) > 0;
        row[i] = (uint32_t)i;
    }
    for (size_t kind = 0; kind < 4; kind++) {
        size_t p = columns[kind / 2];
        ens__tree_options o = {.criterion = ENS__GINI,
                               .max_depth = SIZE_MAX,
                               .min_split = 2,
                               .min_leaf = 1,
                               .max_features = 4,
                               .max_leaves = SIZE_MAX,
                               .min_category = 1,
                               .max_bins = bins[kind % 2]};
        double *part = calloc(N * p, sizeof *part);
        ens__tree *best, *base;
        ens_dataset *d;

        for (size_t i = 0; i < N; i++)
            memcpy(part + i * p, x + i * P, p * sizeof *x);
        ck_ok(ens_dataset_from_matrix(&d, part, N, p, y, ENS_TASK_CLASSIFICATION, &err));
        ens_fit_args args = {.rows = {d->table->feature, p, row, N},
                             .task = ENS_TASK_CLASSIFICATION,
                             .k = 2,
                             .label = d->table->label,
                             .n_table = N,
                             .seed = 3};
        ck_ok(ens__tree_grow(&best, &o, &args, &err));
        ens__cpu_cap(ENS__CPU_BASE);
        ck_ok(ens__tree_grow(&base, &o, &args, &err));
        ens__cpu_cap(ENS__CPU_V4);
        ck_assert_uint_gt(best->n_nodes, 500);
        assert_same_tree(best, base);
        ens__tree_free(best);
        ens__tree_free(base);
        ens_dataset_free(d);
        free(part);
    }
    free(x);
    free(y);
    free(row);
}
END_TEST

/* Two-byte codes, and row numbers instead of records (more than 128 bytes of codes), grow the same tree. */
START_TEST(wide_tables_and_codes_change_nothing)
{
    enum { N = 400, P = 150 };
    double *x = calloc(N * P, sizeof *x), y[N], *p = calloc(N, sizeof *p),
           *q = calloc(N, sizeof *q);
    uint32_t row[N];
    ens_dataset *narrow, *wide;
    ens__tree_options o = {.criterion = ENS__SQUARED_ERROR,
                           .max_depth = SIZE_MAX,
                           .min_split = 2,
                           .min_leaf = 2,
                           .max_features = 1,
                           .max_leaves = SIZE_MAX,
                           .min_category = 1,
                           .max_bins = 4096};
    ens__tree *a, *b;
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, 1);
    for (size_t i = 0; i < N; i++) {
        x[i * P] = ens__stream_uniform(&s);
        y[i] = x[i * P] + ens__stream_uniform(&s);
        row[i] = (uint32_t)i;
    }
    ck_ok(ens_dataset_from_matrix(&wide, x, N, P, y, ENS_TASK_REGRESSION, &err));
    for (size_t i = 0; i < N; i++)
        x[i] = x[i * P];
    ck_ok(ens_dataset_from_matrix(&narrow, x, N, 1, y, ENS_TASK_REGRESSION, &err));
    ens_fit_args args = {.rows = {narrow->table->feature, 1, row, N},
                         .task = ENS_TASK_REGRESSION,
                         .k = 1,
                         .y = narrow->table->y,
                         .n_table = N,
                         .seed = 3};
    ck_ok(ens__tree_grow(&a, &o, &args, &err));
    args.rows = (ens_rows){wide->table->feature, P, row, N};
    o.max_features = P; /* the other columns are constant: they offer no split */
    ck_ok(ens__tree_grow(&b, &o, &args, &err));
    ck_assert_uint_gt(a->n_nodes, 100);
    assert_same_tree(a, b);
    free(x);
    free(p);
    free(q);
    ens__tree_free(a);
    ens__tree_free(b);
    ens_dataset_free(narrow);
    ens_dataset_free(wide);
}
END_TEST

START_TEST(no_allocation_failure_leaks_or_passes)
{
    for (int kind = 0; kind < 4; kind++) {
        naive_kind what = {kind < 2 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                           kind < 2 ? 2 + (size_t)kind : 1,
                           true,
                           true,
                           false,
                           true};
        long k;

        for (k = 0;; k++) {
            naive_table t;
            ens__tree_options o;
            ens__tree *tree = NULL;
            ens_status st;

            naive_table_init(&t, &what, 7);
            o = naive_options(&t, kind < 2    ? ENS__GINI
                                  : kind == 2 ? ENS__SQUARED_ERROR
                                              : ENS__ABSOLUTE_ERROR);
            o.ccp_alpha = 0.01;
            o.max_leaves = kind % 2 ? 5 : SIZE_MAX;
            ens__mem_fail_at(k);
            st = ens__tree_grow(&tree, &o, &t.args, &err);
            ens__mem_fail_at(-1);
            ens__tree_free(tree);
            naive_table_clear(&t);
            if (st == ENS_OK)
                break;
            ck_assert_int_eq(st, ENS_ENOMEM);
        }
        ck_assert_int_gt(k, 20);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, gini_splits_are_the_best_of_all);
    tcase_add_test(tc, entropy_splits_are_the_best_of_all);
    tcase_add_test(tc, squared_error_splits_are_the_best_of_all);
    tcase_add_test(tc, absolute_error_splits_are_the_best_of_all);
    tcase_add_test(tc, limits_are_kept);
    tcase_add_test(tc, best_first_without_a_limit_is_depth_first);
    tcase_add_test(tc, pruning_leaves_the_cheapest_subtree);
    tcase_add_test(tc, whole_weights_are_repeated_rows);
    tcase_add_test(tc, every_cpu_level_grows_the_same_tree);
    tcase_add_test(tc, every_cpu_level_agrees_on_large_nodes);
    tcase_add_test(tc, wide_tables_and_codes_change_nothing);
    tcase_add_test(tc, no_allocation_failure_leaks_or_passes);
}

Suite *grow_suite(void);

Suite *grow_suite(void)
{
    return suite_of("grow", add);
}
