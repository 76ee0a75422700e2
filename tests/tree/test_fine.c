/* test_fine.c - numbers of many codes: steps are found wherever they are, and all CPU levels find the same. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble/dataset.h>
#include <math.h>
#include <stdlib.h>

#include "run.h"
#include "tree/naive.h"

enum { N = 6000, P = 4 };

static ens_error err;

/* Columns of distinct numbers in random orders. */
typedef struct sheet {
    double x[N][P], y[N];
    uint32_t row[N], count[N];
    ens_dataset *data;
} sheet;

static sheet *sheet_new(uint64_t seed)
{
    sheet *s = calloc(1, sizeof *s);
    ens__stream stream;

    ens__stream_init(&stream, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        s->row[i] = (uint32_t)i;
        s->count[i] = 1 + ens__stream_below(&stream, 3);
        for (size_t j = 0; j < P; j++)
            s->x[i][j] = ens__stream_gaussian(&stream);
        s->y[i] = ens__stream_gaussian(&stream);
    }
    return s;
}

static void sheet_free(sheet *s)
{
    ens_dataset_free(s->data);
    free(s);
}

static ens__tree *grow(sheet *s, size_t n, bool counts, const ens__tree_options *limits)
{
    ens__tree_options o = *limits;
    ens_fit_args a = {.rows = {.p = P, .row = s->row, .n = n},
                      .task = ENS_TASK_REGRESSION,
                      .k = 1,
                      .count = counts ? s->count : NULL,
                      .n_table = N,
                      .seed = 3};
    ens__tree *tree;

    if (s->data == NULL)
        ck_ok(ens_dataset_from_matrix(&s->data, &s->x[0][0], N, P, s->y,
                                      ENS_TASK_REGRESSION, &err));
    a.rows.feature = s->data->table->feature;
    a.y = s->data->table->y;
    o.criterion = ENS__SQUARED_ERROR;
    o.min_split = 2;
    o.min_leaf = 1;
    o.max_leaves = SIZE_MAX;
    o.min_category = 1;
    ck_ok(ens__tree_grow(&tree, &o, &a, &err));
    return tree;
}

static const ens__tree_options stump = {
    .max_depth = 1, .max_features = P, .max_bins = 65535};
static const ens__tree_options full = {
    .max_depth = SIZE_MAX, .max_features = 2, .max_bins = 65535};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value of column 1 that `below` of the first n rows do not exceed, and the one above it. */
static void values_at(const sheet *s, size_t n, size_t below, double *left, double *right)
{
    double *v = calloc(n, sizeof *v);

    for (size_t i = 0; i < n; i++)
        v[i] = s->x[i][1];
    qsort(v, n, sizeof *v, ascending);
    *left = v[below - 1];
    *right = v[below];
    free(v);
}

/* The target tells on which side of a step a row is: whatever the cells, no other boundary is as good.  Nodes of all
 * three sizes that the search knows, with sums in words and not. */
START_TEST(a_step_is_found_wherever_it_is)
{
    static const size_t rows[] = {N, 1500, 900, 300, 33};
    size_t n = rows[_i / 2];

    for (size_t k = 1; k <= 40; k++) {
        size_t below = k <= 20 ? k : k <= 30 ? n - (k - 20) : (k - 30) * n / 11;
        sheet *s = sheet_new(k);
        double left, right;
        ens__tree *t;

        values_at(s, n, below, &left, &right);
        for (size_t i = 0; i < N; i++)
            s->y[i] = s->x[i][1] <= left ? 3 : 5;
        t = grow(s, n, _i % 2 == 1, &stump);
        ck_assert_uint_eq(t->n_nodes, 3);
        ck_assert_uint_eq(t->node[0].feature & ENS__FEATURE, 1);
        ck_assert_msg(t->node[0].threshold >= left && t->node[0].threshold < right,
                      "%zu of %zu rows: %g is not in [%g, %g)", below, n,
                      t->node[0].threshold, left, right);
        ck_assert(t->node[1].value == 3 && t->node[2].value == 5);
        ens__tree_free(t);
        sheet_free(s);
    }
}
END_TEST

/* The same where rows that lack the feature have the value of one side, or all that have it are on one side. */
START_TEST(missing_values_go_to_the_side_of_their_like)
{
    for (size_t k = 0; k < 12; k++) {
        size_t below = (size_t[]){1, 2, 900, N / 2, 5000, N / 2}[k / 2];
        sheet *s = sheet_new(k);
        bool right_too = k % 2 == 1, alone = k / 2 == 5;
        double left, right;
        ens__tree *t;

        values_at(s, N, below, &left, &right);
        for (size_t i = 0; i < N; i++) {
            bool low = alone || s->x[i][1] <= left;

            if (i % 7 == 3) {
                s->x[i][1] = NAN;
                low = !right_too && !alone;
            }
            s->y[i] = low ? 3 : 5;
        }
        t = grow(s, N, true, &stump);
        ck_assert_uint_eq(t->n_nodes, 3);
        ck_assert_uint_eq(t->node[0].feature & ENS__FEATURE, 1);
        ck_assert_int_eq((t->node[0].feature & ENS__MISSING_LEFT) != 0,
                         !right_too && !alone);
        ck_assert(t->node[1].value == 3 && t->node[2].value == 5);
        ens__tree_free(t);
        sheet_free(s);
    }
}
END_TEST

static void assert_same_nodes(const ens__tree *a, const ens__tree *b)
{
    ck_assert_uint_eq(a->n_nodes, b->n_nodes);
    ck_assert_mem_eq(a->node, b->node, a->n_nodes * sizeof *a->node);
}

/* Trees to the end on noise, whose best boundaries are mostly at ends. */
START_TEST(every_cpu_level_finds_the_same)
{
    sheet *s = sheet_new(7);
    ens__tree *best;

    for (size_t i = 0; i < N; i += 5)
        s->x[i][2] = NAN;
    for (size_t i = 0; i < N / 2; i++) /* heavy values, beside many light ones */
        s->x[i][3] = (double)(i % 3);
    best = grow(s, N, _i == 1, &full);
    ck_assert_uint_gt(best->n_nodes, N);
    for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
        ens__tree *other;

        ens__cpu_cap(level);
        other = grow(s, N, _i == 1, &full);
        ens__cpu_cap(ENS__CPU_V4);
        assert_same_nodes(best, other);
        ens__tree_free(other);
    }
    ens__tree_free(best);
    sheet_free(s);
}
END_TEST

/* Noise: half of the best boundaries of a column part off less than an eighth of the rows, and to the last row. */
START_TEST(ends_are_as_fine_as_rows)
{
    enum { TREES = 200 };
    size_t few = 0;

    for (uint64_t seed = 0; seed < TREES; seed++) {
        sheet *s = sheet_new(100 + seed);
        ens__tree_options o = stump;
        size_t left = 0;
        ens__tree *t;

        o.max_features = 1;
        t = grow(s, N, false, &o);
        for (size_t i = 0; i < N; i++)
            left += s->x[i][t->node[0].feature & ENS__FEATURE] <= t->node[0].threshold;
        few += left <= 4 || N - left <= 4;
        ens__tree_free(t);
        sheet_free(s);
    }
    /* Equal bins of 23 rows never part off four. */
    ck_assert_msg(few > TREES / 20, "%zu of %d", few, TREES);
}
END_TEST

Suite *fine_suite(void);

Suite *fine_suite(void)
{
    Suite *s = suite_create("fine");
    TCase *tc = tcase_create("fine");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_step_is_found_wherever_it_is, 0, 10);
    tcase_add_test(tc, missing_values_go_to_the_side_of_their_like);
    tcase_add_loop_test(tc, every_cpu_level_finds_the_same, 0, 2);
    tcase_add_test(tc, ends_are_as_fine_as_rows);
    suite_add_tcase(s, tc);
    return s;
}
