/* test_gbdt_constraints.c - gbdt obeys: predictions monotonic in a feature, features that meet in groups only. */
#include <config.h>

#include <ensemble.h>
#include <ensemble/gbdt.h>
#include <learn/model.h>
#include <num/rng.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

enum { N = 1500, P = 4, POINTS = 60 };

static ens_error err;

/* Features a, b, c and a category; a rises with noise, b falls, and both bend back at their ends. */
static ens_dataset *bent(size_t k)
{
    static const char *const levels[] = {"u", "v", "w"};
    static double x[3][N], y[N];
    static int32_t code[N];
    ens_column c[P + 1] = {{.name = "a", .x = x[0]},
                           {.name = "b", .x = x[1]},
                           {.name = "c d", .x = x[2]},
                           {.name = "e", .code = code, .levels = levels, .n_levels = 3},
                           {.name = "y", .role = ENS_TARGET, .x = y}};
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, 11, ENS__FOR_TEST, k);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 3; j++)
            x[j][i] = ens__stream_uniform(&s) < 0.05 ? NAN : ens__stream_uniform(&s);
        code[i] = (int32_t)ens__stream_below(&s, 3);
        y[i] = (isnan(x[0][i]) ? 0 : sin(5 * x[0][i])) -
               (isnan(x[1][i]) ? 0 : sin(5 * x[1][i])) +
               (x[2][i] > 0.5) * (code[i] == 1) + 0.5 * ens__stream_gaussian(&s);
        if (k == 2)
            y[i] = y[i] > 0.3;
    }
    ck_ok(ens_dataset_from_columns(
        &d, c, P + 1, N, k == 2 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION, &err));
    return d;
}

/* How often the prediction moves against the sign as feature j runs over its range, at the rows of the table. */
static size_t violations(const ens_model *m, const ens_dataset *d, size_t j, int sign)
{
    size_t k = ens_model_k(m), against = 0;
    void *scratch = malloc(ens_model_row_scratch(m));

    for (size_t i = 0; i < N; i += 7) {
        double row[P], out[2], last = -INFINITY * sign;

        for (size_t f = 0; f < P; f++)
            row[f] = ens_dataset_get(d, i, f);
        for (int p = 0; p <= POINTS; p++) {
            row[j] = (double)p / POINTS;
            ck_ok(ens_model_predict_row(m, row, out, scratch, &err));
            against += sign * (out[k - 1] - last) < 0;
            last = out[k - 1];
        }
    }
    free(scratch);
    return against;
}

/* Without the constraint the data are followed where they bend back. */
START_TEST(predictions_are_monotonic)
{
    static const char *const rest[] = {
        "", ", grow_policy=depthwise, max_depth=4, reg_alpha=0.3",
        ", subsample=0.7, boosting=dart"};
    ens_dataset *d = bent((size_t)_i % 2 + 1);
    ens_model *free_one = fit("gbdt(n_estimators=30)", d), *m;
    char recipe[160];

    snprintf(recipe, sizeof recipe,
             "gbdt(n_estimators=30, monotonic_cst=[1, -1, 0, 0]%s)", rest[_i / 2]);
    m = fit(recipe, d);
    ck_assert_uint_gt(violations(free_one, d, 0, 1), 100);
    ck_assert_uint_eq(violations(m, d, 0, 1), 0);
    ck_assert_uint_eq(violations(m, d, 1, -1), 0);
    ck_assert_uint_gt(violations(m, d, 0, -1), 100);
    ck_assert_uint_gt(violations(m, d, 2, 1) + violations(m, d, 2, -1), 0);
    ens_model_free(m);
    ens_model_free(free_one);
    ens_dataset_free(d);
}
END_TEST

/* Are all features on all ways to the leaves below a node in one of the groups? seen: bits of those above it. */
static bool keeps(const ens__tree *tree, uint32_t node, unsigned seen,
                  const unsigned *group, size_t n)
{
    bool within = false;

    for (size_t g = 0; g < n; g++)
        within = within || (seen & ~group[g]) == 0;
    if (!within || tree->node[node].feature == ENS__LEAF)
        return within;
    seen |= 1u << (tree->node[node].feature & ENS__FEATURE);
    return keeps(tree, tree->node[node].left, seen, group, n) &&
           keeps(tree, tree->node[node].left + 1, seen, group, n);
}

static bool all_keep(const ens_model *m, const unsigned *group, size_t n)
{
    const ens__gbdt *g = m->root.state;

    for (size_t t = 0; t < g->n_rounds * g->k; t++)
        if (!keeps(g->tree[t], 0, 0, group, n))
            return false;
    return true;
}

START_TEST(features_meet_in_their_groups)
{
    static const struct {
        const char *recipe;
        unsigned group[3];
        size_t n;
    } tale[] = {
        {"gbdt(n_estimators=20, interaction_cst=\"a, b\")", {3, 12}, 2},
        {"gbdt(n_estimators=20, interaction_cst=\"a,c d |  c d , e|b\")", {5, 12, 2}, 3},
        {"gbdt(n_estimators=20, interaction_cst=\"a|b|c d, e\", colsample_bynode=0.6)",
         {1, 2, 12},
         3},
    };
    ens_dataset *d = bent(1);
    ens_model *m = fit(tale[_i].recipe, d), *free_one = fit("gbdt(n_estimators=20)", d);

    ck_assert(all_keep(m, tale[_i].group, tale[_i].n));
    ck_assert(!all_keep(free_one, tale[_i].group, tale[_i].n));
    ens_model_free(m);
    ens_model_free(free_one);
    ens_dataset_free(d);
}
END_TEST

START_TEST(constraints_that_do_not_suit_are_refused)
{
    ens_dataset *d = bent(1);
    ens_learner *l;

    fit_fails("gbdt(monotonic_cst=[1, 0])", d, ENS_ERANGE, "has 2 values for 4 features");
    fit_fails("gbdt(monotonic_cst=[0, 0, 0, 1])", d, ENS_ERANGE,
              "feature `e` is a category");
    fit_fails("gbdt(monotonic_cst=[1, 0, 0, 0], loss=absolute)", d, ENS_ESUPPORT,
              "does not go with loss=absolute");
    ck_fails(ens_learner_parse(&l, "gbdt(monotonic_cst=[0.5])", &err), ENS_ERANGE,
             "gbdt.monotonic_cst has 0.5, expected -1, 0 or 1");
    fit_fails("gbdt(interaction_cst=\"a, z\")", d, ENS_ENAME, "there is no feature `z`");
    fit_fails("gbdt(interaction_cst=\"a,,b\")", d, ENS_ENAME, "there is no feature ``");
    ens_dataset_free(d);
    ck_ok(ens_csv_read(&d, TEST_DATA "/wine.csv",
                       &(ens_csv_options){.target = "cultivar"}, &err));
    fit_fails("gbdt(monotonic_cst=[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])", d,
              ENS_ESUPPORT, "the model has 3 scores");
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, predictions_are_monotonic, 0, 6);
    tcase_add_loop_test(tc, features_meet_in_their_groups, 0, 3);
    tcase_add_test(tc, constraints_that_do_not_suit_are_refused);
}

Suite *gbdt_constraints_suite(void);

Suite *gbdt_constraints_suite(void)
{
    return suite_of("gbdt_constraints", add);
}
