/* test_importance.c - importance out of bag against trees fitted one by one; what corrected impurity importance
 * makes right; threads, cancelling and weights for all importances. */
#include <config.h>

#include "explain/table.h"
#include <num/rng.h>
#include <stdio.h>

static ens_error err;

/* ---- Out of bag ----------------------------------------------------------------------------------------- */

enum { N_OOB = 120, P_OOB = 3, MEMBERS = 4, SEED = 21 };

/* The rows that member t did not draw; n of them. */
static size_t rows_out(size_t *row, size_t t)
{
    uint32_t count[N_OOB];
    size_t n = 0;

    bag_draw(count, N_OOB, SEED, t);
    for (size_t i = 0; i < N_OOB; i++)
        if (count[i] == 0)
            row[n++] = i;
    return n;
}

START_TEST(out_of_bag_is_the_mean_over_trees_fitted_alone)
{
    ens_task task = _i == 0 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION;
    ens_dataset *data = table_make(N_OOB, P_OOB, task, 14);
    ens_model *bag = model_fit("bagging(tree, n_estimators=4)", data, SEED, 1);
    ens_importance_options options = {.seed = 3};
    ens_importance got[P_OOB];
    double want[P_OOB] = {0};

    for (size_t t = 0; t < MEMBERS; t++) {
        ens_model *tree = member_fit("tree", data, SEED, t);
        ens_dataset *out = NULL;
        size_t row[N_OOB];
        size_t n = rows_out(row, t);
        const char *metric = _i == 0 ? "mse" : "accuracy";

        ck_ok(ens_dataset_subset(&out, data, row, n, &err));
        for (size_t j = 0; j < P_OOB; j++) {
            ens_dataset *other = table_permuted(out, j, 3, t);
            double change = score_of(tree, other, metric) - score_of(tree, out, metric);

            want[j] += (_i == 0 ? change : -change) / MEMBERS;
            ens_dataset_free(other);
        }
        ens_dataset_free(out);
        ens_model_free(tree);
    }
    ck_ok(ens_importance_oob(got, bag, data, &options, NULL, &err));
    for (size_t j = 0; j < P_OOB; j++)
        ck_assert_double_eq_tol(got[j].value, want[j], 1e-12); /* sums in another order */
    ens_model_free(bag);
    ens_dataset_free(data);
}
END_TEST

START_TEST(out_of_bag_takes_any_member_and_any_column)
{
    /* What decides has the most; members of other types, categories and missing values are no matter. */
    ens_dataset *titanic = table_read("titanic.csv", "survived");
    ens_dataset *made = table_make(400, 5, ENS_TASK_CLASSIFICATION, 2);
    ens_model *forest = model_fit("forest(n_estimators=30)", titanic, 1, 2);
    ens_model *bayes = model_fit("bagging(naive_bayes, max_features=0.8)", made, 1, 2);
    ens_model *nested = model_fit("bagging(bagging(tree, n_estimators=3), n_estimators=5)", made, 1, 2);
    ens_importance out[5];

    ck_ok(ens_importance_oob(out, forest, titanic, NULL, NULL, &err)); /* class, sex, age */
    ck_assert(out[1].value > out[0].value && out[1].value > out[2].value && out[1].low > 0.1);
    ck_ok(ens_importance_oob(out, bayes, made, NULL, NULL, &err));
    ck_assert(out[0].value > out[3].value && out[0].value > out[4].value && out[0].low > 0);
    ck_ok(ens_importance_oob(out, nested, made, NULL, NULL, &err));
    ck_assert(out[0].value > out[3].value && out[0].value > out[4].value && out[0].low > 0);
    ens_model_free(forest);
    ens_model_free(bayes);
    ens_model_free(nested);
    ens_dataset_free(titanic);
    ens_dataset_free(made);
}
END_TEST

START_TEST(one_member_has_no_interval)
{
    ens_dataset *data = table_make(50, 3, ENS_TASK_REGRESSION, 2);
    ens_model *model = model_fit("forest(n_estimators=1)", data, 1, 1);
    ens_importance out[3];

    ck_ok(ens_importance_oob(out, model, data, NULL, NULL, &err));
    ck_assert(!isnan(out[0].value) && isnan(out[0].error) && isnan(out[0].low) && isnan(out[0].high));
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

/* ---- Corrected ------------------------------------------------------------------------------------------- */

/* Weighted means of a table's rows by group. */
typedef struct groups {
    double weight[N_OOB], mean[N_OOB][3];
} groups;

static void group(groups *g, const ens_dataset *data, const uint32_t *leaf, const uint32_t *count, int drawn)
{
    *g = (groups){0};
    for (size_t i = 0; i < N_OOB; i++) {
        double w = drawn ? count[i] : count[i] == 0, y = ens_dataset_y(data, i);

        g->weight[leaf[i]] += w;
        for (size_t c = 0; c < 3; c++)
            g->mean[leaf[i]][c] += w * (ens_dataset_n_classes(data) > 0 ? y == (double)c : c == 0 ? y : 0);
    }
    for (size_t l = 0; l < N_OOB; l++)
        for (size_t c = 0; c < 3 && g->weight[l] > 0; c++)
            g->mean[l][c] /= g->weight[l];
}

/* The sum over the splits from one depth to the next: nodes are groups of rows, by their leaves in the tree
 * that ends at each depth. */
static double gain_of_depth(const ens_dataset *data, const uint32_t *count, const uint32_t *leaf, const uint32_t *next)
{
    groups in, in_next, out_next;
    double sum = 0;

    group(&in, data, leaf, count, 1);
    group(&in_next, data, next, count, 1);
    group(&out_next, data, next, count, 0);
    for (size_t l = 0; l < N_OOB; l++) {
        double gain = 0;
        int children = 0, dead = 0;

        for (size_t c = 0; c < N_OOB; c++) {
            size_t member = 0; /* a row of child c */

            while (member < N_OOB && !(next[member] == c && leaf[member] == l))
                member++;
            if (member == N_OOB)
                continue;
            children++;
            dead |= out_next.weight[c] == 0;
            for (size_t o = 0; o < 3; o++)
                gain += in_next.weight[c] / N_OOB * out_next.mean[c][o] * (in_next.mean[c][o] - in.mean[l][o]);
        }
        sum += children == 2 && !dead ? gain : 0;
    }
    return sum;
}

/* Trees that end at depths 0, 1, ... are each other's beginnings. */
START_TEST(corrected_adds_up_over_the_depths)
{
    ens_task task = _i == 0 ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION;
    ens_dataset *data = table_make(N_OOB, P_OOB, task, 15);
    ens_model *bag = model_fit("bagging(tree(max_depth=4), n_estimators=4)", data, SEED, 1);
    ens_importance got[P_OOB];
    double want = 0, sum = 0;

    for (size_t t = 0; t < MEMBERS; t++) {
        uint32_t leaf[5][N_OOB] = {{0}}, count[N_OOB];

        bag_draw(count, N_OOB, SEED, t);
        for (int d = 1; d <= 4; d++) {
            char recipe[40];
            ens_model *model;

            snprintf(recipe, sizeof recipe, "tree(max_depth=%d)", d);
            model = member_fit(recipe, data, SEED, t);
            ck_ok(ens_model_leaves(model, data, leaf[d], NULL, &err));
            want += gain_of_depth(data, count, leaf[d - 1], leaf[d]) / MEMBERS;
            ens_model_free(model);
        }
    }
    ck_ok(ens_importance_corrected(got, bag, data, NULL, NULL, &err));
    for (size_t j = 0; j < P_OOB; j++)
        sum += got[j].value;
    ck_assert_double_gt(sum, 0.01);
    ck_assert_double_eq_tol(sum, want, 1e-12); /* sums in another order */
    ens_model_free(bag);
    ens_dataset_free(data);
}
END_TEST

START_TEST(corrected_by_hand)
{
    /* One stump on a 0/1 column: sum over the sides of w m' (m - m_all). */
    enum { N = 10 };
    double x[N * 2], y[N], in[2] = {0}, in_sum[2] = {0}, out[2] = {0}, out_sum[2] = {0}, all, want = 0;
    ens_dataset *data = NULL;
    uint32_t count[N];
    ens_importance got[2];
    ens_model *model;

    for (size_t i = 0; i < N; i++) {
        x[2 * i] = i % 2;
        x[2 * i + 1] = 1;
        y[i] = (double)(3 * (i % 2) + i % 3);
    }
    bag_draw(count, N, SEED, 0);
    for (size_t i = 0; i < N; i++) {
        in[i % 2] += count[i];
        in_sum[i % 2] += count[i] * y[i];
        out[i % 2] += count[i] == 0;
        out_sum[i % 2] += (count[i] == 0) * y[i];
    }
    ck_assert(in[0] > 0 && in[1] > 0 && out[0] > 0 && out[1] > 0);
    all = (in_sum[0] + in_sum[1]) / N;
    for (int s = 0; s < 2; s++)
        want += in[s] / N * out_sum[s] / out[s] * (in_sum[s] / in[s] - all);
    ck_ok(ens_dataset_from_matrix(&data, x, N, 2, y, ENS_TASK_REGRESSION, &err));
    model = model_fit("bagging(tree(max_depth=1), n_estimators=1)", data, SEED, 1);
    ck_ok(ens_importance_corrected(got, model, data, NULL, NULL, &err));
    ck_assert_double_eq_tol(got[0].value, want, 1e-12); /* sums in another order */
    ck_assert_double_eq(got[1].value, 0);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(corrected_gives_noise_nothing)
{
    /* Four 0/1 columns that shift the odds of the class, a 0/1 column of noise, and one of noise with
     * a value of its own in each row, which plain impurity takes for the most important of all.  Means over
     * eight tables, for chance makes noise look like something, or less than nothing, in any one. */
    enum { N = 600, P = 6, NOISE_BIT = 4, NOISE = 5, TABLES = 8 };
    double *x = calloc(N * P, sizeof *x), y[N], one[P], plain[P] = {0}, corrected[P] = {0};

    ck_assert_ptr_nonnull(x);
    for (size_t t = 0; t < TABLES; t++) {
        ens_dataset *data = NULL;
        ens_importance got[P];
        ens_model *model;
        ens__stream s;

        ens__stream_init(&s, 77, ENS__FOR_TEST, t);
        for (size_t i = 0; i < N; i++) {
            double odds = 0;

            for (size_t j = 0; j < P; j++) {
                x[i * P + j] = j == NOISE ? ens__stream_uniform(&s) : ens__stream_below(&s, 2);
                odds += j < NOISE_BIT ? x[i * P + j] : 0;
            }
            y[i] = ens__stream_uniform(&s) < 0.1 + 0.2 * odds;
        }
        ck_ok(ens_dataset_from_matrix(&data, x, N, P, y, ENS_TASK_CLASSIFICATION, &err));
        model = model_fit("forest(n_estimators=50)", data, 4, 2);
        ck_ok(ens_model_importance(model, one, &err));
        ck_ok(ens_importance_corrected(got, model, data, NULL, NULL, &err));
        for (size_t j = 0; j < P; j++) {
            plain[j] += one[j] / TABLES;
            corrected[j] += got[j].value / TABLES;
        }
        ens_model_free(model);
        ens_dataset_free(data);
    }
    for (size_t j = 0; j < NOISE_BIT; j++) {
        ck_assert_msg(plain[NOISE] > 2 * plain[j], "plain: noise has %g, x%zu %g", plain[NOISE], j, plain[j]);
        for (size_t z = NOISE_BIT; z <= NOISE; z++)
            ck_assert_msg(corrected[j] > 5 * fabs(corrected[z]), "corrected: x%zu has %g, noise x%zu %g", j,
                          corrected[j], z, corrected[z]);
    }
    free(x);
}
END_TEST

START_TEST(corrected_is_of_trees)
{
    ens_dataset *data = table_make(60, 3, ENS_TASK_CLASSIFICATION, 1);
    ens_model *bayes = model_fit("bagging(naive_bayes)", data, 1, 1), *tree = model_fit("tree", data, 1, 1);
    ens_importance out[3];

    ck_fails(ens_importance_corrected(out, bayes, data, NULL, NULL, &err), ENS_ESUPPORT,
             "the members of bagging are of type naive_bayes");
    ck_fails(ens_importance_corrected(out, tree, data, NULL, NULL, &err), ENS_ESUPPORT, "tree draws no bags");
    ck_fails(ens_importance_oob(out, tree, data, NULL, NULL, &err), ENS_ESUPPORT, "tree draws no bags");
    ens_model_free(bayes);
    ens_model_free(tree);
    ens_dataset_free(data);
}
END_TEST

/* ---- All -------------------------------------------------------------------------------------------------- */

typedef ens_status (*importance_fn)(ens_importance *out, const ens_model *model, const ens_dataset *data,
                                    const ens_importance_options *options, const ens_exec *exec, ens_error *err);

START_TEST(threads_change_nothing)
{
    static const importance_fn fn[] = {ens_importance_permutation, ens_importance_oob, ens_importance_corrected};
    static const unsigned threads[] = {1, 2, 3, 7};
    ens_dataset *table[] = {table_read("titanic.csv", "survived"), table_read("cars.csv", "price"),
                            table_make(1500, 5, ENS_TASK_CLASSIFICATION, 3)};

    for (size_t d = 0; d < 3; d++) {
        ens_model *model = model_fit("bagging(tree(max_depth=6), n_estimators=9, max_features=0.7)", table[d], 2, 2);
        size_t p = ens_model_p(model);

        for (size_t f = 0; f < 3; f++) {
            ens_importance one[32], many[32];

            for (size_t t = 0; t < 4; t++) {
                memset(many, 0, sizeof many);
                ck_ok(fn[f](t == 0 ? one : many, model, table[d], NULL, &(ens_exec){.threads = threads[t]}, &err));
                if (t > 0)
                    ck_assert_mem_eq(one, many, p * sizeof *one);
            }
        }
        ens_model_free(model);
        ens_dataset_free(table[d]);
    }
}
END_TEST

static ens_go cancel(const ens_progress *progress, void *ctx)
{
    (void)progress;
    (void)ctx;
    return ENS_CANCEL;
}

START_TEST(each_can_be_cancelled)
{
    static const importance_fn fn[] = {ens_importance_permutation, ens_importance_oob, ens_importance_corrected};
    const ens_exec exec = {.threads = 1, .progress = cancel};
    ens_dataset *data = table_make(100, 3, ENS_TASK_REGRESSION, 3);
    ens_model *model = model_fit("forest(n_estimators=9)", data, 1, 1);
    ens_importance out[3];
    double pred[100];

    for (size_t f = 0; f < 3; f++)
        ck_assert_int_eq(fn[f](out, model, data, NULL, &exec, &err), ENS_ECANCELED);
    ck_assert_int_eq(ens_model_oob_predict(model, data, pred, &exec, &err), ENS_ECANCELED);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

/* A weight of 4 for every row is none; trees and means are the same, for 4 is a power of 2. */
START_TEST(equal_weights_change_nothing)
{
    static const importance_fn fn[] = {ens_importance_permutation, ens_importance_oob, ens_importance_corrected};
    enum { N = 200 };
    double x[2][N], y[N], w[N];
    ens_column column[] = {{.name = "a", .x = x[0]},
                           {.name = "b", .x = x[1]},
                           {.name = "y", .role = ENS_TARGET, .x = y},
                           {.name = "w", .role = ENS_WEIGHT, .x = w}};
    ens_dataset *plain = NULL, *weighted = NULL;
    ens_model *a, *b;

    for (size_t i = 0; i < N; i++) {
        x[0][i] = (double)(i * 37 % 101);
        x[1][i] = (double)(i * 53 % 97);
        y[i] = x[0][i] * x[0][i] + 30 * x[1][i];
        w[i] = 4;
    }
    ck_ok(ens_dataset_from_columns(&plain, column, 3, N, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_from_columns(&weighted, column, 4, N, ENS_TASK_REGRESSION, &err));
    a = model_fit("forest(n_estimators=6, max_depth=5)", plain, 1, 1);
    b = model_fit("forest(n_estimators=6, max_depth=5)", weighted, 1, 1);
    for (size_t f = 0; f < 3; f++) {
        ens_importance of_a[2], of_b[2];

        ck_ok(fn[f](of_a, a, plain, NULL, NULL, &err));
        ck_ok(fn[f](of_b, b, weighted, NULL, NULL, &err));
        for (size_t j = 0; j < 2; j++)
            /* Statistics of weighted rows are in fixed point, of 2^-30 or so of the largest. */
            ck_assert_double_eq_tol(of_a[j].value, of_b[j].value, 1e-6 * fabs(of_a[j].value));
    }
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(plain);
    ens_dataset_free(weighted);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, out_of_bag_is_the_mean_over_trees_fitted_alone, 0, 2);
    tcase_add_test(tc, out_of_bag_takes_any_member_and_any_column);
    tcase_add_test(tc, one_member_has_no_interval);
    tcase_add_loop_test(tc, corrected_adds_up_over_the_depths, 0, 2);
    tcase_add_test(tc, corrected_by_hand);
    tcase_add_test(tc, corrected_gives_noise_nothing);
    tcase_add_test(tc, corrected_is_of_trees);
    tcase_add_test(tc, threads_change_nothing);
    tcase_add_test(tc, each_can_be_cancelled);
    tcase_add_test(tc, equal_weights_change_nothing);
}

Suite *importance_suite(void);

Suite *importance_suite(void)
{
    return suite_of("importance", add);
}
