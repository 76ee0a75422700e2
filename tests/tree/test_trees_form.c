/* test_trees_form.c - cuts against a count one by one, and what the runtime form makes of trees as no fit of a test
 * makes them: larger than 65536 nodes, with more rows of values than 16 bits number. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <float.h>
#include <num/stats.h>
#include <tree/trees.h>

static ens_error err;

static void *room(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    ck_assert_ptr_nonnull(p);
    return p;
}

/* A number below n that jumps about. */
static size_t draw(size_t i, size_t n)
{
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15u;

    return (size_t)((x ^ x >> 29) * 0xbf58476d1ce4e5b9u >> 20) % n;
}

/* ---- Cuts ------------------------------------------------------------------------------------------------- */

enum { N_SHAPES = 6 };

/* Value i of a kind: even, of heavy tails, whole, all but one within a hair, the widest there are, the least. */
static double shape(int kind, size_t i)
{
    double u = ((double)draw(i, 1000003) + 0.5) / 1000003;

    switch (kind) {
    case 0:
        return u;
    case 1:
        return tan(3.14159 * (u - 0.5));
    case 2:
        return floor(50 * u);
    case 3:
        return i == 0 ? 1e9 : 1 + u * 1e-12;
    case 4:
        return (2 * u - 1) * DBL_MAX;
    default:
        return (double)i * 0x1p-1074;
    }
}

static size_t count_below(const double *cut, size_t n, double x)
{
    size_t below = 0;

    for (size_t i = 0; i < n; i++)
        below += cut[i] < x;
    return below;
}

/* Cuts of a kind: each of them, its neighbours, and what is no usual number. */
static void check_cuts(int kind, size_t n)
{
    static const double special[] = {NAN,      INFINITY, -INFINITY, 0.0,      -0.0,
                                     DBL_MAX, -DBL_MAX, 0x1p-1074, -0x1p-1074};
    enum { N_SPECIAL = sizeof special / sizeof *special };
    double *cut = room(n, sizeof *cut), *x = room(3 * n + N_SPECIAL, sizeof *x);
    size_t kept = 0, asked = N_SPECIAL;
    uint16_t *code = room(2 * (3 * n + N_SPECIAL), sizeof *code);
    uint32_t *row = room(3 * n + N_SPECIAL, sizeof *row);
    ens__cuts cuts;

    for (size_t i = 0; i < n; i++)
        cut[i] = shape(kind, i) + 0.0;
    ens__sort_doubles(cut, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || cut[i] != cut[kept - 1])
            cut[kept++] = cut[i];
    memcpy(x, special, sizeof special);
    for (size_t i = 0; i < kept; i++) {
        x[asked++] = cut[i];
        x[asked++] = nextafter(cut[i], INFINITY);
        x[asked++] = nextafter(cut[i], -INFINITY);
    }
    ck_ok(ens__cuts_make(&cuts, cut, kept, &err));
    for (size_t i = 0; i < asked; i++)
        row[i] = (uint32_t)(asked - 1 - i);
    ens__cuts_codes(&cuts, x, row, asked, code, 2);
    for (size_t i = 0; i < asked; i++) {
        double v = x[row[i]];
        size_t expected = isnan(v) ? ENS__CUTS_MISSING : count_below(cut, kept, v);

        ck_assert_msg(code[2 * i] == expected, "kind %d of %zu: %a has code %u, expected %zu", kind,
                      kept, v, code[2 * i], expected);
        ck_assert_uint_eq(code[2 * i + 1], 0);
        ck_assert(isnan(v) || ens__cuts_below(&cuts, v) == expected);
    }
    ens__cuts_clear(&cuts);
    free(row);
    free(code);
    free(x);
    free(cut);
}

START_TEST(a_code_counts_the_cuts_below)
{
    static const size_t sizes[] = {1, 2, 7, 8, 100, 1500};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        check_cuts(_i, sizes[s]);
}
END_TEST

/* ---- Large trees ------------------------------------------------------------------------------------------ */

enum { P = 3, N_ROWS = 600 };

/* A full tree of a depth, level by level, by random features and thresholds of 0 .. 99; each leaf has values of its
 * own. */
static ens__tree *make_full(size_t depth, size_t k)
{
    ens__tree *t = ens__zeros(1, sizeof *t);
    size_t splits = ((size_t)1 << depth) - 1, leaves = splits + 1;

    ck_assert_ptr_nonnull(t);
    *t = (ens__tree){.n_nodes = splits + leaves,
                     .k = k,
                     .depth = depth,
                     .n_values = k > 1 ? leaves : 0};
    t->node = ens__zeros(t->n_nodes, sizeof *t->node);
    t->value = ens__zeros(t->n_values, k * sizeof *t->value);
    t->set = ens__zeros(0, sizeof *t->set);
    t->used = ens__zeros(0, sizeof *t->used);
    t->share = ens__zeros(0, sizeof *t->share);
    for (size_t i = 0; i < t->n_nodes; i++) {
        ens__node *node = &t->node[i];
        size_t leaf = i - splits;

        if (i < splits) {
            *node = (ens__node){.feature = (uint32_t)draw(i, P), .left = (uint32_t)(2 * i + 1)};
            node->feature |= draw(i, 2) ? ENS__MISSING_LEFT : 0;
            node->threshold = (double)draw(3 * i, 100);
            continue;
        }
        *node = (ens__node){.feature = ENS__LEAF};
        if (k == 1) {
            node->value = (double)leaf + 0.25;
            continue;
        }
        node->left = (uint32_t)leaf;
        for (size_t c = 0; c < k; c++)
            t->value[leaf * k + c] = (double)(leaf * k + c);
    }
    return t;
}

static void check_large(size_t depth, size_t k)
{
    ens__tree *tree[2] = {make_full(3, k), make_full(depth, k)}, *copy[2];
    double *x = room((size_t)N_ROWS * P, sizeof *x), *one = room(N_ROWS * k, sizeof *one);
    double *expected = room(N_ROWS * k, sizeof *expected), *got = room(N_ROWS * k, sizeof *got);
    uint32_t row[N_ROWS], leaf[N_ROWS], found[N_ROWS];
    ens_feature feature[P];
    ens_rows rows = {feature, P, row, N_ROWS};
    ens__trees *form;
    void *scratch;

    for (size_t i = 0; i < (size_t)N_ROWS * P; i++)
        x[i] = draw(7 * i, 20) == 0 ? NAN : (double)draw(i, 101) - 0.5 * (double)draw(i, 2);
    for (size_t j = 0; j < P; j++)
        feature[j] = (ens_feature){.x = x + j * N_ROWS};
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < N_ROWS; i++)
            row[i] = (uint32_t)i;
        ens__tree_predict(tree[t], &rows, one);
        for (size_t i = 0; i < N_ROWS * k; i++)
            expected[i] += one[i];
    }
    ens__tree_find(tree[1], &rows, leaf);
    ck_ok(ens__trees_make(&form, &(ens__trees_source){(const ens__tree *const *)tree, 2, feature, P, NULL, P, NULL},
                          NULL, &err));
    ck_assert_ptr_nonnull(form);
    ck_assert_ptr_nonnull(scratch = ens__aligned(1, ens__trees_scratch(form)));
    ens__trees_predict(form, &rows, got, scratch);
    ck_assert_mem_eq(got, expected, N_ROWS * k * sizeof *got);
    for (size_t t = 0; t < 2; t++) {
        size_t n = tree[t]->n_nodes, values = tree[t]->n_values * k;
        ens__node *node = tree[t]->node;
        double *value = tree[t]->value;

        tree[t]->node = NULL; /* keep what packing would free */
        tree[t]->value = NULL;
        ens__trees_pack(form, t, tree[t]);
        ck_ok(ens__tree_unpack(&copy[t], tree[t], &err));
        ck_assert_uint_eq(copy[t]->n_values * k, values);
        ck_assert_mem_eq(copy[t]->node, node, n * sizeof *node);
        if (values > 0)
            ck_assert_mem_eq(copy[t]->value, value, values * sizeof *value);
        ens__free(node);
        ens__free(value);
    }
    ens__tree_find(tree[1], &rows, found);
    ck_assert_mem_eq(found, leaf, sizeof leaf);
    for (size_t t = 0; t < 2; t++) {
        ens__tree_free(copy[t]);
        ens__tree_free(tree[t]);
    }
    ens__trees_free(form);
    ens__free(scratch);
    free(got);
    free(expected);
    free(one);
    free(x);
}

START_TEST(trees_larger_than_a_span_come_back_and_predict_alike)
{
    check_large(17, 1);
    check_large(17, 2);
    check_large(16, 3); /* as many rows of values as a table may have */
    check_large(17, 3);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_code_counts_the_cuts_below, 0, N_SHAPES);
    tcase_add_test(tc, trees_larger_than_a_span_come_back_and_predict_alike);
}

Suite *trees_form_suite(void);

Suite *trees_form_suite(void)
{
    return suite_of("trees_form", add);
}
