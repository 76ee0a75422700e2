/* test_masked.c - random cuts in nodes of few rows, where sets of rows are words: the trees that grow otherwise. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble/dataset.h>
#include <math.h>

#include "num/chi.h"
#include "run.h"
#include "tree/naive.h"

static ens_error err;

enum { N = 3000, NUMBERS = 6, LEVELS = 400, P = NUMBERS + 3, WIDE = P + 130 };

/* Columns of all kinds: numbers, few values, two values, gaps; categories of two, few and many levels. */
typedef struct sheet {
    double x[NUMBERS][N], noise[N], y[N];
    int32_t level[3][N];
    uint32_t row[N], count[N];
    char text[LEVELS][8];
    const char *name[LEVELS];
    ens_column column[WIDE + 1];
    ens_dataset *data;
} sheet;

static void fill_row(sheet *s, size_t i, size_t k, ens__stream *r)
{
    double signal = ens__stream_gaussian(r);

    for (size_t j = 0; j < NUMBERS; j++) {
        s->x[j][i] = j == 1 || j == 2 ? ens__stream_below(r, j == 1 ? 4 : 2)
                                      : ens__stream_gaussian(r);
        signal += j < 3 ? s->x[j][i] : 0;
    }
    for (size_t j = 0; j < 3; j++) {
        s->level[j][i] = (int32_t)ens__stream_below(r, j == 0 ? 2 : j == 1 ? 9 : LEVELS);
        signal += s->level[j][i] % 3;
    }
    if (ens__stream_below(r, 3) == 0)
        s->x[3][i] = NAN;
    if (ens__stream_below(r, 5) == 0)
        s->level[1][i] = -1;
    s->noise[i] = ens__stream_below(r, 3);
    s->y[i] =
        k > 1 ? fmin(fmax(floor(signal - 4 + (double)k / 2), 0), (double)k - 1) : signal;
    s->row[i] = (uint32_t)i;
    s->count[i] = 1 + (ens__stream_below(r, 4) == 0 ? ens__stream_below(r, 9) : 0);
}

/* Of k classes, or numbers, and p columns. */
static sheet *sheet_new(size_t k, size_t p)
{
    sheet *s = calloc(1, sizeof *s);
    ens__stream r;

    ck_assert_ptr_nonnull(s);
    ens__stream_init(&r, 21, ENS__FOR_TEST, k);
    for (size_t i = 0; i < N; i++)
        fill_row(s, i, k, &r);
    for (size_t l = 0; l < LEVELS; l++) {
        snprintf(s->text[l], sizeof s->text[l], "l%zu", l);
        s->name[l] = s->text[l];
    }
    for (size_t j = 0; j < p; j++)
        s->column[j].x = j < NUMBERS ? s->x[j] : s->noise;
    for (size_t j = 0; j < 3; j++)
        s->column[NUMBERS + j] = (ens_column){.code = s->level[j],
                                              .levels = s->name,
                                              .n_levels = j == 0   ? 2
                                                          : j == 1 ? 9
                                                                   : LEVELS};
    s->column[p] = (ens_column){.name = "y", .role = ENS_TARGET, .x = s->y};
    ck_ok(ens_dataset_from_columns(&s->data, s->column, p + 1, N,
                                   k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                                   &err));
    return s;
}

static ens__tree *grow(const sheet *s, const ens__tree_options *o, size_t p, bool counts,
                       size_t k)
{
    ens_fit_args a = {.rows = {s->data->table->feature, p, s->row, N},
                      .count = counts ? s->count : NULL,
                      .task = k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                      .k = k,
                      .label = s->data->table->label,
                      .y = s->data->table->y,
                      .n_table = N,
                      .seed = 7};
    ens__tree *tree = NULL;

    ck_ok(ens__tree_grow(&tree, o, &a, &err));
    return tree;
}

/* The same splits and leaves below two nodes, whatever their numbers; returns how many leaves. */
static size_t check_same(const sheet *s, const ens__tree *a, uint32_t i,
                         const ens__tree *b, uint32_t j)
{
    const ens__node *u = &a->node[i], *v = &b->node[j];

    ck_assert_uint_eq(u->feature, v->feature);
    if (u->feature == ENS__LEAF) {
        if (a->k == 1)
            ck_assert_double_eq(u->value, v->value);
        else
            ck_assert_mem_eq(a->value + u->left * a->k, b->value + v->left * a->k,
                             a->k * sizeof *a->value);
        return 1;
    }
    if ((u->feature & ENS__BY_SET) != 0)
        ck_assert_mem_eq(
            a->set + u->set, b->set + v->set,
            (s->data->table->feature[u->feature & ENS__FEATURE].n_levels + 31) / 32 *
                sizeof *a->set);
    else
        ck_assert_double_eq(u->threshold, v->threshold);
    return check_same(s, a, u->left, b, v->left) +
           check_same(s, a, u->left + 1, b, v->left + 1);
}

/* A limit of leaves that is never reached makes each node's rows be moved to its end. */
START_TEST(few_rows_grow_as_many_do)
{
    static const size_t classes[] = {1, 2, 5, 11};
    size_t k = classes[_i / 2], p = _i % 2 != 0 ? WIDE : P;
    size_t leaves = 0;
    sheet *s = sheet_new(k, p);

    for (unsigned how = 0; how < 12; how++) {
        ens__tree_options o = {.criterion = k == 1     ? ENS__SQUARED_ERROR
                                            : how == 5 ? ENS__ENTROPY
                                                       : ENS__GINI,
                               .max_depth = how == 3 ? 9 : SIZE_MAX,
                               .min_split = how == 4 ? 7 : 2,
                               .min_leaf = how == 6 ? 3 : 1,
                               .min_weight_fraction = how == 7 ? 0.002 : 0,
                               .min_decrease = how == 8 ? 1e-4 : 0,
                               .max_features = how == 9 ? p : 1 + how % 4,
                               .max_leaves = SIZE_MAX,
                               .min_category = how == 10 ? 5 : 1,
                               .max_bins = how == 11 ? 2000 : 255,
                               .keep_drawing = how != 1,
                               .random_cuts = true};
        ens__tree *few = grow(s, &o, p, how % 3 == 0, k), *many;

        o.max_leaves = N;
        many = grow(s, &o, p, how % 3 == 0, k);
        ck_assert_uint_eq(few->n_nodes, many->n_nodes);
        leaves += check_same(s, few, 0, many, 0);
        ens__tree_free(many);
        o.max_leaves = SIZE_MAX;
        for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
            ens__cpu_cap(level);
            many = grow(s, &o, p, how % 3 == 0, k);
            ens__cpu_cap(ENS__CPU_V4);
            ck_assert_uint_eq(few->n_nodes, many->n_nodes);
            ck_assert_mem_eq(few->node, many->node, few->n_nodes * sizeof *few->node);
            ck_assert_mem_eq(few->set, many->set, few->n_words * sizeof *few->set);
            ens__tree_free(many);
        }
        ens__tree_free(few);
    }
    ck_assert_uint_gt(leaves, 5000);
    ens_dataset_free(s->data);
    free(s);
}
END_TEST

/* Two values, 0 and 8: the threshold is one of 256 places between, each as often as another. */
START_TEST(random_thresholds_lie_at_places)
{
    enum { TREES = 4000, CELLS = 16 };
    double seen[CELLS] = {0}, expected[CELLS];
    sheet *s = sheet_new(1, 1);
    ens__tree_options o = {.criterion = ENS__SQUARED_ERROR,
                           .max_depth = 1,
                           .min_split = 2,
                           .min_leaf = 1,
                           .max_features = 1,
                           .max_leaves = SIZE_MAX,
                           .min_category = 1,
                           .max_bins = 255,
                           .random_cuts = true};

    ens_dataset_free(s->data);
    for (size_t i = 0; i < N; i++)
        s->x[0][i] = i % 2 == 0 ? 0 : 8;
    ck_ok(ens_dataset_from_columns(&s->data, s->column, 2, N, ENS_TASK_REGRESSION, &err));
    for (uint64_t seed = 0; seed < TREES; seed++) {
        ens_fit_args a = {.rows = {s->data->table->feature, 1, s->row, N},
                          .task = ENS_TASK_REGRESSION,
                          .k = 1,
                          .y = s->data->table->y,
                          .n_table = N,
                          .seed = seed};
        ens__tree *tree = NULL;
        double place;

        ck_ok(ens__tree_grow(&tree, &o, &a, &err));
        place = tree->node[0].threshold * 32;
        ck_assert_double_eq(place, floor(place));
        ck_assert(place >= 0 && place < 256);
        seen[(size_t)place / CELLS]++;
        ens__tree_free(tree);
    }
    for (size_t c = 0; c < CELLS; c++)
        expected[c] = (double)TREES / CELLS;
    ck_chi_square(seen, expected, CELLS);
    ens_dataset_free(s->data);
    free(s);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, few_rows_grow_as_many_do, 0, 8);
    tcase_add_test(tc, random_thresholds_lie_at_places);
}

Suite *masked_suite(void);

Suite *masked_suite(void)
{
    return suite_of("masked", add);
}
