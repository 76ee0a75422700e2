/* test_proximity.c - leaves, proximities, neighbours and outliers, by hand and against naive counts. */
#include <config.h>

#include "explain/table.h"

static ens_error err;

/* ---- Leaves ------------------------------------------------------------------------------------------- */

START_TEST(leaves_by_hand)
{
    /* x <= 1.5 | x > 1.5: two leaves. */
    double x[] = {0, 1, 2, 3}, y[] = {5, 5, 9, 9}, near[16];
    static const double want[] = {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1};
    ens_dataset *data = NULL;
    ens_neighbor best[8];
    ens_model *model;
    uint32_t leaf[4];

    ck_ok(ens_dataset_from_matrix(&data, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    model = model_fit("tree", data, 1, 1);
    ck_assert_uint_eq(ens_model_n_trees(model), 1);
    ck_ok(ens_model_leaves(model, data, leaf, NULL, &err));
    ck_assert(leaf[0] == leaf[1] && leaf[2] == leaf[3] && leaf[0] != leaf[2]);
    ck_ok(ens_model_proximities(model, data, ENS_PROXIMITY_ALL, near, NULL, &err));
    ck_assert_mem_eq(near, want, sizeof near);
    ck_ok(ens_model_neighbors(model, data, ENS_PROXIMITY_ALL, 2, best, NULL, &err));
    ck_assert(best[0].row == 1 && best[0].proximity == 1);
    ck_assert(best[1].row == SIZE_MAX && best[1].proximity == 0);
    ck_assert(best[4].row == 3 && best[6].row == 2);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(rows_of_a_leaf_are_predicted_alike)
{
    /* Trees alone, of bags of bags that see some features: what they predict is a function of the leaf. */
    static const char *const recipes[] = {"tree(max_depth=3)",
                                          "bagging(bagging(tree(max_depth=3), n_estimators=1, max_features=0.5), "
                                          "n_estimators=1, max_features=0.6)"};
    ens_dataset *data = table_read("cars.csv", "price");
    size_t n = ens_dataset_n(data);
    double *pred = calloc(n, sizeof *pred);
    uint32_t *leaf = calloc(n, sizeof *leaf);

    for (size_t r = 0; r < 2; r++) {
        ens_model *model = model_fit(recipes[r], data, 3, 1);
        size_t leaves = 0;

        ck_assert_uint_eq(ens_model_n_trees(model), 1);
        ck_ok(ens_model_leaves(model, data, leaf, NULL, &err));
        ck_ok(ens_model_predict(model, data, pred, NULL, &err));
        for (size_t i = 0; i < n; i++) {
            size_t first = 0;

            while (leaf[first] != leaf[i])
                first++;
            leaves += first == i;
            ck_assert_double_eq(pred[i], pred[first]);
        }
        ck_assert_uint_ge(leaves, 4);
        ck_assert_uint_le(leaves, 8);
        ens_model_free(model);
    }
    free(pred);
    free(leaf);
    ens_dataset_free(data);
}
END_TEST

/* ---- Proximities -------------------------------------------------------------------------------------- */

enum { N = 90, TREES = 70, SEED = 8 };

typedef struct naive {
    ens_dataset *data;
    ens_model *model;
    uint32_t leaf[N][TREES];
    int out[N][TREES]; /* the tree did not draw the row */
} naive;

static naive *naive_make(void)
{
    naive *v = calloc(1, sizeof *v);

    ck_assert_ptr_nonnull(v);
    v->data = table_make(N, 4, ENS_TASK_CLASSIFICATION, 12);
    v->model = model_fit("forest(n_estimators=70, min_samples_leaf=3)", v->data, SEED, 2);
    ck_assert_uint_eq(ens_model_n_trees(v->model), TREES);
    ck_ok(ens_model_leaves(v->model, v->data, v->leaf[0], NULL, &err));
    for (size_t t = 0; t < TREES; t++) {
        uint32_t count[N];

        bag_draw(count, N, SEED, t);
        for (size_t i = 0; i < N; i++)
            v->out[i][t] = count[i] == 0;
    }
    return v;
}

static void naive_free(naive *v)
{
    ens_model_free(v->model);
    ens_dataset_free(v->data);
    free(v);
}

static double naive_proximity(const naive *v, ens_proximity which, size_t i, size_t j)
{
    double same = 0, trees = 0;

    for (size_t t = 0; t < TREES; t++)
        if (which == ENS_PROXIMITY_ALL || (v->out[i][t] && v->out[j][t])) {
            same += v->leaf[i][t] == v->leaf[j][t];
            trees++;
        }
    return same / trees;
}

START_TEST(proximities_are_naive_counts)
{
    ens_proximity which = _i == 0 ? ENS_PROXIMITY_ALL : ENS_PROXIMITY_OOB;
    naive *v = naive_make();
    double *got = calloc(N * N, sizeof *got);

    ck_assert_ptr_nonnull(got);
    ck_ok(ens_model_proximities(v->model, v->data, which, got, NULL, &err));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double want = naive_proximity(v, which, i, j);

            ck_assert_msg(got[i * N + j] == want || (isnan(want) && isnan(got[i * N + j])),
                          "rows %zu, %zu: %g, not %g", i, j, got[i * N + j], want);
        }
    free(got);
    naive_free(v);
}
END_TEST

START_TEST(neighbors_are_the_largest_proximities)
{
    enum { M = 6 };
    ens_proximity which = _i == 0 ? ENS_PROXIMITY_ALL : ENS_PROXIMITY_OOB;
    naive *v = naive_make();
    ens_neighbor *got = calloc(N * M, sizeof *got);

    ck_assert_ptr_nonnull(got);
    ck_ok(ens_model_neighbors(v->model, v->data, which, M, got, NULL, &err));
    for (size_t i = 0; i < N; i++) {
        int taken[N] = {0};

        taken[i] = 1;
        for (size_t b = 0; b < M; b++) {
            size_t best = SIZE_MAX;
            double most = 0;

            for (size_t j = 0; j < N; j++) {
                double p = naive_proximity(v, which, i, j);

                if (!taken[j] && p > most) {
                    most = p;
                    best = j;
                }
            }
            ck_assert_uint_eq(got[i * M + b].row, best);
            ck_assert_double_eq(got[i * M + b].proximity, most);
            if (best != SIZE_MAX)
                taken[best] = 1;
        }
    }
    free(got);
    naive_free(v);
}
END_TEST

START_TEST(outliers_are_far_from_their_class)
{
    naive *v = naive_make();
    double got[N], raw[N];

    ck_ok(ens_model_outliers(v->model, v->data, ENS_PROXIMITY_ALL, got, NULL, &err));
    for (size_t i = 0; i < N; i++) {
        double sum = 0;

        for (size_t j = 0; j < N; j++)
            if (ens_dataset_y(v->data, i) == ens_dataset_y(v->data, j))
                sum += pow(naive_proximity(v, ENS_PROXIMITY_ALL, i, j), 2);
        raw[i] = N / sum;
    }
    for (int c = 0; c < 3; c++) {
        double median = NAN, deviation = 0, m = 0;

        for (size_t i = 0; i < N; i++)
            m += ens_dataset_y(v->data, i) == c;
        for (size_t i = 0; i < N; i++) { /* the median's measure is 0 */
            double below = 0;

            for (size_t j = 0; j < N; j++)
                below += ens_dataset_y(v->data, j) == c && raw[j] < raw[i];
            if (ens_dataset_y(v->data, i) == c && below == floor((m - 1) / 2))
                median = raw[i];
        }
        if (fmod(m, 2) == 0)
            continue; /* its median is between two rows: the odd classes tell enough */
        for (size_t i = 0; i < N; i++)
            deviation += ens_dataset_y(v->data, i) == c ? fabs(raw[i] - median) / m : 0;
        for (size_t i = 0; i < N; i++)
            if (ens_dataset_y(v->data, i) == c)
                ck_assert_double_eq_tol(got[i], (raw[i] - median) / deviation, 1e-9); /* other sums */
    }
    naive_free(v);
}
END_TEST

START_TEST(an_odd_row_is_an_outlier)
{
    /* Two clouds and a row of the first class in the middle of the second. */
    enum { ROWS = 81 };
    double x[ROWS * 2], y[ROWS], got[ROWS];
    ens_dataset *data = NULL;
    ens_model *model;

    for (size_t i = 0; i < ROWS; i++) {
        y[i] = i % 2;
        x[2 * i] = (i % 2 ? 10 : 0) + (double)(i * 7 % 13) / 13;
        x[2 * i + 1] = (double)(i * 5 % 11) / 11;
    }
    x[2 * 40] = 10.5;
    ck_ok(ens_dataset_from_matrix(&data, x, ROWS, 2, y, ENS_TASK_CLASSIFICATION, &err));
    model = model_fit("forest(n_estimators=60)", data, 1, 1);
    ck_ok(ens_model_outliers(model, data, ENS_PROXIMITY_OOB, got, NULL, &err));
    ck_assert_double_gt(got[40], 10);
    for (size_t i = 0; i < ROWS; i++)
        ck_assert(i == 40 || got[i] < got[40] / 2);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(threads_change_nothing)
{
    static const unsigned threads[] = {1, 2, 3, 7};
    naive *v = naive_make();
    static double near[4][N * N], far[4][N];
    static ens_neighbor best[4][N * 3];

    for (size_t t = 0; t < 4; t++) {
        ens_exec exec = {.threads = threads[t]};

        ck_ok(ens_model_proximities(v->model, v->data, ENS_PROXIMITY_OOB, near[t], &exec, &err));
        ck_ok(ens_model_neighbors(v->model, v->data, ENS_PROXIMITY_OOB, 3, best[t], &exec, &err));
        ck_ok(ens_model_outliers(v->model, v->data, ENS_PROXIMITY_OOB, far[t], &exec, &err));
        ck_assert_mem_eq(near[0], near[t], sizeof near[0]);
        ck_assert_mem_eq(best[0], best[t], sizeof best[0]);
        ck_assert_mem_eq(far[0], far[t], sizeof far[0]);
    }
    naive_free(v);
}
END_TEST

START_TEST(what_has_no_trees_is_refused)
{
    ens_dataset *data = table_make(40, 3, ENS_TASK_CLASSIFICATION, 1);
    ens_model *bayes = model_fit("bagging(naive_bayes)", data, 1, 1), *tree = model_fit("tree", data, 1, 1);
    ens_dataset *other = table_make(40, 3, ENS_TASK_CLASSIFICATION, 2);
    ens_model *forest = model_fit("forest(n_estimators=3)", data, 1, 1);
    static double near[40 * 40];
    uint32_t leaf[40];

    ck_assert_uint_eq(ens_model_n_trees(bayes), 0);
    ck_fails(ens_model_leaves(bayes, data, leaf, NULL, &err), ENS_ESUPPORT, "naive_bayes has no trees");
    ck_fails(ens_model_proximities(bayes, data, ENS_PROXIMITY_ALL, near, NULL, &err), ENS_ESUPPORT,
             "naive_bayes has no trees");
    ck_fails(ens_model_proximities(tree, data, ENS_PROXIMITY_OOB, near, NULL, &err), ENS_ESUPPORT,
             "tree draws no bags");
    ck_fails(ens_model_proximities(forest, other, ENS_PROXIMITY_OOB, near, NULL, &err), ENS_EDATA,
             "not the table of the fit");
    ck_ok(ens_model_proximities(forest, other, ENS_PROXIMITY_ALL, near, NULL, &err));
    ck_fails(ens_model_neighbors(forest, data, ENS_PROXIMITY_ALL, 0, NULL, NULL, &err), ENS_EINVAL, "m is 0");
    ens_model_free(bayes);
    ens_model_free(tree);
    ens_model_free(forest);
    ens_dataset_free(data);
    ens_dataset_free(other);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, leaves_by_hand);
    tcase_add_test(tc, rows_of_a_leaf_are_predicted_alike);
    tcase_add_loop_test(tc, proximities_are_naive_counts, 0, 2);
    tcase_add_loop_test(tc, neighbors_are_the_largest_proximities, 0, 2);
    tcase_add_test(tc, outliers_are_far_from_their_class);
    tcase_add_test(tc, an_odd_row_is_an_outlier);
    tcase_add_test(tc, threads_change_nothing);
    tcase_add_test(tc, what_has_no_trees_is_refused);
}

Suite *proximity_suite(void);

Suite *proximity_suite(void)
{
    return suite_of("proximity", add);
}
