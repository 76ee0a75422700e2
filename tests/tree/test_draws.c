/* test_draws.c - which features a node looks at: each as often as another, and in no relation to other nodes. */
#include <config.h>

#include <ensemble/dataset.h>

#include "num/chi.h"
#include "run.h"
#include "tree/naive.h"

enum { N = 64, P = 6, TREES = 6000 };

static ens_error err;

/* Rows 0 .. 63 in order; the callers fill in columns and target. */
typedef struct sheet {
    double x[N][P], y[N];
    uint32_t row[N];
    ens_dataset *data;
} sheet;

static void sheet_init(sheet *s)
{
    for (size_t i = 0; i < N; i++)
        s->row[i] = (uint32_t)i;
    ck_ok(ens_dataset_from_matrix(&s->data, &s->x[0][0], N, P, s->y, ENS_TASK_REGRESSION,
                                  &err));
}

static ens__tree *grow_by(const sheet *s, size_t features, size_t depth, uint64_t seed,
                          bool keep_drawing)
{
    const ens__tree_options o = {.keep_drawing = keep_drawing,
                                 .criterion = ENS__SQUARED_ERROR,
                                 .max_depth = depth,
                                 .min_split = 2,
                                 .min_leaf = 1,
                                 .max_features = features,
                                 .max_leaves = SIZE_MAX,
                                 .min_category = 1,
                                 .max_bins = 255};
    const ens_fit_args a = {.rows = {s->data->table->feature, P, s->row, N},
                            .task = ENS_TASK_REGRESSION,
                            .k = 1,
                            .y = s->data->table->y,
                            .n_table = N,
                            .seed = seed};
    ens__tree *tree = NULL;

    ck_ok(ens__tree_grow(&tree, &o, &a, &err));
    return tree;
}

static ens__tree *grow(const sheet *s, size_t features, size_t depth, uint64_t seed)
{
    return grow_by(s, features, depth, seed, false);
}

/* All columns are the row's number, as the target is, so any drawn feature halves any node, and the node tells which
 * one was drawn. Seven inner nodes of a tree: single features, and the features of two nodes, in a relation or not. */
START_TEST(a_node_draws_each_feature_alike_whatever_others_draw)
{
    static const size_t pair[][2] = {{0, 1}, {0, 2}, {1, 2}, {1, 3}, {3, 4}, {3, 6}};
    enum { N_PAIRS = sizeof pair / sizeof *pair, NODES = 7 };
    double one[NODES][P] = {{0}}, two[N_PAIRS][P * P] = {{0}}, expected[P * P];
    sheet s;

    for (size_t i = 0; i < N; i++) {
        s.y[i] = (double)i;
        for (size_t j = 0; j < P; j++)
            s.x[i][j] = (double)i;
    }
    sheet_init(&s);
    for (uint64_t seed = 0; seed < TREES; seed++) {
        ens__tree *t = grow(&s, 1, 3, seed);
        size_t inner[NODES], drawn[NODES], n = 0;

        ck_assert_uint_eq(t->n_nodes, 15);
        for (size_t i = 0; i < t->n_nodes; i++)
            if (t->node[i].feature != ENS__LEAF)
                inner[n++] = i;
        ck_assert_uint_eq(n, NODES);
        for (size_t v = 0; v < NODES; v++) {
            drawn[v] = t->node[inner[v]].feature & ENS__FEATURE;
            one[v][drawn[v]]++;
        }
        for (size_t c = 0; c < N_PAIRS; c++)
            two[c][drawn[pair[c][0]] * P + drawn[pair[c][1]]]++;
        ens__tree_free(t);
    }
    for (size_t c = 0; c < P; c++)
        expected[c] = (double)TREES / P;
    for (size_t v = 0; v < NODES; v++)
        ck_chi_square(one[v], expected, P);
    for (size_t c = 0; c < P * P; c++)
        expected[c] = (double)TREES / (P * P);
    for (size_t c = 0; c < N_PAIRS; c++)
        ck_chi_square(two[c], expected, P * P);
    ens_dataset_free(s.data);
}
END_TEST

/* Column j is whether the row is at least 20 + 4 j. Of the drawn ones the first explains a step at 20 best, the last
 * a step at 40: two stumps of one seed, which draw alike, tell the least and the greatest of the drawn features. */
static sheet step_at(size_t step)
{
    sheet s;

    for (size_t i = 0; i < N; i++) {
        s.y[i] = i >= step;
        for (size_t j = 0; j < P; j++)
            s.x[i][j] = i >= 20 + 4 * j;
    }
    sheet_init(&s);
    return s;
}

static size_t root_feature(const sheet *s, size_t features, uint64_t seed)
{
    ens__tree *t = grow(s, features, 1, seed);
    size_t j = t->node[0].feature & ENS__FEATURE;

    ck_assert_uint_eq(t->n_nodes, 3);
    ens__tree_free(t);
    return j;
}

/* Of m of 6 features, the least is a and the greatest b as often as there are sets between: C(b - a - 1, m - 2). */
START_TEST(a_node_draws_every_set_of_features_alike)
{
    static const double choose[5][3] = {{1}, {1, 1}, {1, 2, 1}, {1, 3, 3}, {1, 4, 6}};
    size_t m = 2 + (size_t)_i, cells = 0;
    double seen[P * P] = {0}, cell[P * P], expected[P * P], sets = 0;
    sheet low = step_at(20), high = step_at(40);

    for (uint64_t seed = 0; seed < TREES; seed++) {
        size_t a = root_feature(&low, m, seed), b = root_feature(&high, m, seed);

        ck_assert_uint_lt(a, b);
        seen[a * P + b]++;
    }
    for (size_t a = 0; a < P; a++)
        for (size_t b = a + 1; b < P; b++) {
            double between = choose[b - a - 1][m - 2];

            if (between == 0)
                ck_assert_double_eq(seen[a * P + b], 0);
            else {
                cell[cells] = seen[a * P + b];
                expected[cells++] = between;
                sets += between;
            }
        }
    for (size_t c = 0; c < cells; c++)
        expected[c] *= TREES / sets;
    ck_chi_square(cell, expected, cells);
    ens_dataset_free(low.data);
    ens_dataset_free(high.data);
}
END_TEST

/* One of six columns tells. A node that draws a constant one is a leaf, or draws on until it has the one that tells. */
START_TEST(a_node_draws_on_only_if_asked)
{
    size_t leaves_at_once = 0;
    sheet s = {.data = NULL};

    for (size_t i = 0; i < N; i++)
        s.x[i][2] = s.y[i] = (double)i;
    sheet_init(&s);
    for (uint64_t seed = 0; seed < 300; seed++) {
        ens__tree *one = grow(&s, 1, SIZE_MAX, seed);
        ens__tree *all = grow_by(&s, 1, SIZE_MAX, seed, true);

        ck_assert_uint_eq(all->n_nodes, 2 * N - 1);
        leaves_at_once += one->n_nodes == 1;
        ens__tree_free(one);
        ens__tree_free(all);
    }
    ck_assert_uint_gt(leaves_at_once, 210); /* 250 on average, of deviation 6.5 */
    ck_assert_uint_lt(leaves_at_once, 290);
    ens_dataset_free(s.data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_node_draws_on_only_if_asked);
    tcase_add_test(tc, a_node_draws_each_feature_alike_whatever_others_draw);
    tcase_add_loop_test(tc, a_node_draws_every_set_of_features_alike, 0, 3);
}

Suite *draws_suite(void);

Suite *draws_suite(void)
{
    return suite_of("draws", add);
}
