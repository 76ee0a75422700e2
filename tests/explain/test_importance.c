/* test_importance.c - permutation importance against a naive one and scikit-learn, out of bag against trees
 * fitted one by one, and what corrected impurity importance makes right. */
#include <config.h>

#include "explain/table.h"
#include <num/sample.h>

static ens_error err;

/* ---- Any model on any table --------------------------------------------------------------------------- */

/* A copy of a table of numbers with the values of feature j in the order of the stream (seed, permute, ...). */
static ens_dataset *permuted(const ens_dataset *data, size_t j, uint64_t seed, size_t repeat)
{
    size_t n = ens_dataset_n(data), p = ens_dataset_p(data);
    double *x = calloc(n * p, sizeof *x), *y = calloc(n, sizeof *y);
    uint32_t *order = calloc(n, sizeof *order);
    ens_dataset *out = NULL;
    ens__stream s;

    ck_assert(x != NULL && y != NULL && order != NULL);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    ens__stream_init(&s, seed, ENS__FOR_PERMUTE, (uint64_t)j << 32 | repeat);
    ens__sample_shuffle(order, n, &s);
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < p; f++)
            x[i * p + f] = ens_dataset_get(data, f == j ? order[i] : i, f);
        y[i] = ens_dataset_y(data, i);
    }
    ck_ok(ens_dataset_from_matrix(&out, x, n, p, y, ens_dataset_task(data), &err));
    free(x);
    free(y);
    free(order);
    return out;
}

static double score_of(const ens_model *model, const ens_dataset *data, const char *metric)
{
    ens_score *score = NULL;
    size_t n;
    double value;

    ck_ok(ens_model_evaluate(&score, &n, model, data, metric, NULL, &err));
    value = score[0].value;
    ens_scores_free(score, n);
    return value;
}

/* Mean and interval of the change of the score, feature by feature. */
static void must_be_naive(const char *recipe, ens_task task, const char *metric)
{
    enum { N = 150, P = 4, REPEATS = 3 };
    ens_dataset *data = table_make(N, P, task, 9);
    ens_model *model = model_fit(recipe, data, 1, 1);
    ens_importance_options options = {.seed = 5, .repeats = REPEATS, .metric = metric, .level = 0.9};
    ens_importance got[P];
    double base = score_of(model, data, metric);

    ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
    for (size_t j = 0; j < P; j++) {
        double v[REPEATS], mean = 0, square = 0, error;

        for (size_t r = 0; r < REPEATS; r++) {
            ens_dataset *other = permuted(data, j, 5, r);

            v[r] = base - score_of(model, other, metric);
            v[r] = ens_metric_more_is_better(metric) ? v[r] : -v[r];
            mean += v[r] / REPEATS;
            ens_dataset_free(other);
        }
        for (size_t r = 0; r < REPEATS; r++)
            square += (v[r] - mean) * (v[r] - mean);
        error = sqrt(square / (REPEATS - 1) / REPEATS);
        /* Sums of a few numbers in another order. */
        ck_assert_double_eq_tol(got[j].value, mean, 1e-12 * (1 + fabs(mean)));
        ck_assert_double_eq_tol(got[j].error, error, 1e-10 * (1 + error));
        /* 2.919986: quantile 0.95 of Student's t with 2 degrees of freedom, from tables. */
        ck_assert_double_eq_tol(got[j].high - got[j].value, 2.919986 * got[j].error, 1e-6 * (1 + error));
        ck_assert_double_eq_tol(got[j].value - got[j].low, 2.919986 * got[j].error, 1e-6 * (1 + error));
    }
    ens_model_free(model);
    ens_dataset_free(data);
}

START_TEST(permuting_is_what_a_naive_copy_gives)
{
    must_be_naive("forest(n_estimators=5)", ENS_TASK_REGRESSION, "r2");
    must_be_naive("tree(max_depth=4)", ENS_TASK_REGRESSION, "mae");
    must_be_naive("forest(n_estimators=5)", ENS_TASK_CLASSIFICATION, "accuracy");
    must_be_naive("naive_bayes", ENS_TASK_CLASSIFICATION, "log_loss");
    must_be_naive("bagging(naive_bayes, max_features=0.5)", ENS_TASK_CLASSIFICATION, "roc_auc");
}
END_TEST

START_TEST(scikit_learn_has_the_same)
{
    /* make_reference.py: means of 2000 permutations and their standard errors. */
    static const struct reference {
        const char *metric;
        double value[4], error[4];
    } references[] = {
        {"r2", {1.18278, 0.176492, 0.449537, 0}, {0.00281, 0.000775, 0.00144, 0}},
        {"rmse", {25.8402, 6.3914, 13.2259, 0}, {0.0402, 0.0232, 0.0312, 0}},
        {"accuracy", {0.323058, 0.102054, 0.127696, 0}, {0.00081, 0.000571, 0.000595, 0}},
        {"log_loss", {10.4284, 0.195171, 2.73612, 0}, {0.0262, 0.00106, 0.0131, 0}},
    };
    enum { N = 120 };
    ens_importance_options options = {.seed = 1, .repeats = 500};
    double x[N * 4], y[N], high[N];
    ens_dataset *number = NULL, *class = NULL;

    for (size_t i = 0; i < N; i++) {
        double row[] = {i * 7 % 31, i * 11 % 29, i * 5 % 23, i * 3 % 19};

        memcpy(x + i * 4, row, sizeof row);
        y[i] = 3 * row[0] + 2 * row[1] * (row[2] > 11);
        high[i] = y[i] > 60;
    }
    ck_ok(ens_dataset_from_matrix(&number, x, N, 4, y, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_from_matrix(&class, x, N, 4, high, ENS_TASK_CLASSIFICATION, &err));
    for (size_t m = 0; m < 4; m++) {
        const struct reference *want = &references[m];
        const ens_dataset *data = m < 2 ? number : class;
        ens_model *model = model_fit("tree(max_depth=3)", data, 1, 1);
        ens_importance got[4];

        options.metric = want->metric;
        ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
        for (size_t j = 0; j < 4; j++)
            /* Five standard errors of the difference of two independent means. */
            ck_assert_msg(fabs(got[j].value - want->value[j]) <= 5 * hypot(got[j].error, want->error[j]),
                          "%s of x%zu: %g +- %g, scikit-learn has %g +- %g", want->metric, j, got[j].value,
                          got[j].error, want->value[j], want->error[j]);
        ens_model_free(model);
    }
    ens_dataset_free(number);
    ens_dataset_free(class);
}
END_TEST

START_TEST(what_a_model_does_not_look_at_has_none)
{
    /* y is x0, a stump splits at it, and x1 cannot matter. */
    enum { N = 8 };
    double x[N * 2], y[N];
    ens_importance_options options = {.repeats = 4000, .seed = 2};
    ens_dataset *data = NULL;
    ens_importance got[2];
    ens_model *model;

    for (size_t i = 0; i < N; i++) {
        y[i] = x[2 * i] = i < N / 2;
        x[2 * i + 1] = (double)(i * 3 % N);
    }
    ck_ok(ens_dataset_from_matrix(&data, x, N, 2, y, ENS_TASK_CLASSIFICATION, &err));
    model = model_fit("tree(max_depth=1)", data, 1, 1);
    ck_ok(ens_importance_permutation(got, model, data, &options, NULL, &err));
    /* Each row gets each row's value equally often, so half of the time one of the other class. */
    ck_assert_double_eq_tol(got[0].value, 0.5, 5 * got[0].error);
    ck_assert_double_lt(got[0].error, 0.01);
    ck_assert_double_eq(got[1].value, 0);
    ck_assert_double_eq(got[1].error, 0);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

START_TEST(repeated_rows_are_weights)
{
    /* A view with each row twice is the table with weights of 2. */
    ens_dataset *data = table_make(40, 3, ENS_TASK_CLASSIFICATION, 8), *twice = NULL;
    ens_model *model = model_fit("forest(n_estimators=5, max_depth=3)", data, 1, 1);
    ens_importance a[3], b[3];
    size_t row[80];

    for (size_t i = 0; i < 80; i++)
        row[i] = i / 2;
    ck_ok(ens_dataset_subset(&twice, data, row, 80, &err));
    ck_ok(ens_importance_permutation(a, model, data, NULL, NULL, &err));
    ck_ok(ens_importance_permutation(b, model, twice, NULL, NULL, &err));
    for (size_t j = 0; j < 3; j++)
        ck_assert_double_eq_tol(a[j].value, b[j].value, 1e-12);
    ens_model_free(model);
    ens_dataset_free(twice);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    ens_dataset *data = table_make(40, 3, ENS_TASK_REGRESSION, 8), *bare = NULL;
    ens_model *model = model_fit("forest(n_estimators=2)", data, 1, 1);
    ens_importance out[3];
    double x[3] = {0};

#define GIVEN(...) &(ens_importance_options){__VA_ARGS__}
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.level = 1), NULL, &err), ENS_ERANGE,
             "level = 1 is outside (0, 1)");
    ck_fails(ens_importance_oob(out, model, data, GIVEN(.level = -1), NULL, &err), ENS_ERANGE, "level = -1");
    ck_fails(ens_importance_corrected(out, model, data, GIVEN(.level = 2), NULL, &err), ENS_ERANGE, "level = 2");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.repeats = 10001), NULL, &err), ENS_ERANGE,
             "repeats = 10001 is outside [1, 10000]");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.metric = "r22"), NULL, &err), ENS_ENAME,
             "did you mean `r2`");
    ck_fails(ens_importance_permutation(out, model, data, GIVEN(.metric = "accuracy"), NULL, &err), ENS_EINVAL,
             "accuracy");
    ck_ok(ens_dataset_from_matrix(&bare, x, 1, 3, NULL, ENS_TASK_REGRESSION, &err));
    ck_fails(ens_importance_permutation(out, model, bare, NULL, NULL, &err), ENS_ESHAPE,
             "lacks the target column `y`");
    ens_dataset_free(bare);
    ens_model_free(model);
    ens_dataset_free(data);
}
END_TEST

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
            ens_dataset *other = permuted(out, j, 3, t);
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

static void add(TCase *tc)
{
    tcase_add_test(tc, permuting_is_what_a_naive_copy_gives);
    tcase_add_test(tc, scikit_learn_has_the_same);
    tcase_add_test(tc, what_a_model_does_not_look_at_has_none);
    tcase_add_test(tc, repeated_rows_are_weights);
    tcase_add_test(tc, bad_options_are_refused);
    tcase_add_loop_test(tc, out_of_bag_is_the_mean_over_trees_fitted_alone, 0, 2);
    tcase_add_test(tc, out_of_bag_takes_any_member_and_any_column);
    tcase_add_test(tc, one_member_has_no_interval);
    tcase_add_loop_test(tc, corrected_adds_up_over_the_depths, 0, 2);
    tcase_add_test(tc, corrected_by_hand);
    tcase_add_test(tc, corrected_gives_noise_nothing);
    tcase_add_test(tc, corrected_is_of_trees);
    tcase_add_test(tc, threads_change_nothing);
}

Suite *importance_suite(void);

Suite *importance_suite(void)
{
    return suite_of("importance", add);
}
