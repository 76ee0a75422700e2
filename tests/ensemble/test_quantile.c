/* test_quantile.c - quantile forests: by hand, beside the definition, coverage, files, threads, bad input. */
#include <config.h>

#include "run.h"
#include <ensemble.h>
#include <ensemble/quantile.h>
#include <learn/model.h>
#include <tree/tree.h>

static ens_error err;

static ens_dataset *generate(const char *spec)
{
    ens_dataset *d;

    ck_ok(ens_generate(&d, spec, 7, &err));
    return d;
}

static ens_model *fit_with(const char *recipe, const ens_dataset *d, unsigned threads)
{
    ens_exec exec = {.threads = threads};
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, 5, &exec, &err));
    ens_learner_free(l);
    return m;
}

static ens_model *fit(const char *recipe, const ens_dataset *d)
{
    return fit_with(recipe, d, 0);
}

static double *quantiles(const ens_model *m, const ens_dataset *d,
                         const ens_quantile_options *options)
{
    size_t n_q;
    double *out;

    ens_model_quantiles(m, &n_q);
    n_q = options != NULL && options->q != NULL ? options->n : n_q;
    out = calloc(ens_dataset_n(d) * n_q, sizeof *out);
    ck_ok(ens_model_predict_quantiles(m, d, options, out, NULL, &err));
    return out;
}

/* ---- What they are ---------------------------------------------------------------------------------- */

/* One leaf: the empirical distribution of 1, 2, 3, 4, whose value at 2 is exactly a half. */
START_TEST(of_one_leaf_they_are_those_of_the_targets)
{
    static const double x[4] = {0}, y[4] = {3, 1, 4, 2},
                        q[] = {0.01, 0.25, 0.5, 0.51, 0.75, 0.99};
    static const double want[] = {1, 1, 2, 3, 3, 4};
    const ens_quantile_options options = {.q = q, .n = 6};
    ens_dataset *d;
    ens_model *m;
    double *out;

    ck_ok(ens_dataset_from_matrix(&d, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    m = fit("forest(quantiles=[0.5], bootstrap=false, n_estimators=7)", d);
    out = quantiles(m, d, &options);
    ck_assert_mem_eq(out, want, sizeof want);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* A weight of 3 is like three rows. */
START_TEST(rows_count_by_their_weight)
{
    double x[4] = {0}, y[4] = {1, 2, 3, 4}, w[4] = {1, 1, 1, 3};
    double q[] = {1 / 6.0, 0.4, 0.5, 0.51};
    static const double want[] = {1, 3, 3, 4};
    const ens_quantile_options options = {.q = q, .n = 4};
    ens_column column[] = {{.name = "x", .x = x},
                           {.name = "y", .x = y, .role = ENS_TARGET},
                           {.name = "w", .x = w, .role = ENS_WEIGHT}};
    ens_dataset *d;
    ens_model *m;
    double *out;

    ck_ok(ens_dataset_from_columns(&d, column, 3, 4, ENS_TASK_REGRESSION, &err));
    m = fit("forest(quantiles=[0.5], bootstrap=false, n_estimators=3)", d);
    out = quantiles(m, d, &options);
    ck_assert_mem_eq(out, want, sizeof want);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Meinshausen's definition, equations 4 to 6: weights of all rows of the fit, then their sum up to each target. */
static double naive(const double *weight, const double *y, size_t n, double q)
{
    double best = INFINITY;

    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < n; j++)
            sum += y[j] <= y[i] ? weight[j] : 0;
        if (weight[i] > 0 && sum >= q - 1e-12 && y[i] < best)
            best = y[i];
    }
    return best;
}

/* weight[i] of the rows of the fit for row r, with the bags drawn again. */
static void weigh(double *weight, const ens_model *m, const ens_fit_args *a, uint32_t r)
{
    const ens__bag *bag = m->root.state;
    size_t n = a->rows.n;
    uint32_t *count = calloc(n, sizeof *count), *leaf = calloc(n, sizeof *leaf), mine;
    ens_rows one = {a->rows.feature, a->rows.p, &r, 1};

    memset(weight, 0, n * sizeof *weight);
    for (size_t t = 0; t < bag->n; t++) {
        double sum = 0;

        ck_ok(m->root.type->in_bag(count, m->learner->params, a, t, &err));
        ens__tree_find(bag->fit[t].state, &a->rows, leaf);
        ens__tree_find(bag->fit[t].state, &one, &mine);
        for (size_t i = 0; i < n; i++)
            sum += leaf[i] == mine ? count[i] * a->w[i] : 0;
        for (size_t i = 0; i < n; i++)
            weight[i] += leaf[i] == mine ? count[i] * a->w[i] / sum / (double)bag->n : 0;
    }
    free(count);
    free(leaf);
}

START_TEST(they_follow_the_definition)
{
    static const char *const recipes[] = {
        "forest(n_estimators=9, quantiles=[0.1, 0.5, 0.9], min_samples_leaf=%d)",
        "forest(n_estimators=4, quantiles=[0.1, 0.5, 0.9], bootstrap=false, "
        "max_samples=0.7, max_leaf_nodes=%d)",
        "forest(n_estimators=300, quantiles=[0.1, 0.5, 0.9], max_samples=0.1, "
        "max_depth=%d)",
        "extra_trees(n_estimators=20, quantiles=[0.1, 0.5, 0.9], "
        "min_samples_leaf=%d)",
    };
    enum { N = 400 };
    double x[2 * N], y[N], w[N], weight[N], *out, *mean;
    uint32_t row[N];
    ens_column column[] = {{.name = "a", .x = x},
                           {.name = "b", .x = x + N},
                           {.name = "y", .x = y, .role = ENS_TARGET},
                           {.name = "w", .x = w, .role = ENS_WEIGHT}};

    for (uint32_t i = 0; i < N; i++) {
        row[i] = i;
        x[i] = fmod(i * 0.6180339887498949, 1);
        x[N + i] = i % 17 == 0 ? (double)NAN : fmod(i * 0.7548776662466927, 1);
        y[i] = floor(20 * (x[i] + fmod(i * 0.569840290998, 1))); /* with ties */
        w[i] = _i == 0 ? 1 : 1 + i % 3;
    }
    for (int size = 2; size < 40; size *= 4) {
        char recipe[160];
        ens_dataset *d;
        ens_model *m;
        ens_fit_args a = {
            .w = w, .task = ENS_TASK_REGRESSION, .k = 1, .n_table = N, .seed = 5};

        snprintf(recipe, sizeof recipe, recipes[_i], size);
        ck_ok(ens_dataset_from_columns(&d, column, _i == 0 ? 3 : 4, N,
                                       ENS_TASK_REGRESSION, &err));
        m = fit(recipe, d);
        a.learner = m->learner;
        a.rows = (ens_rows){d->table->feature, 2, row, N};
        a.y = d->table->y;
        out = quantiles(m, d, NULL);
        mean = calloc(N, sizeof *mean);
        ck_ok(ens_model_predict(m, d, mean, NULL, &err));
        for (uint32_t r = 0; r < N; r += 13) {
            double sum = 0;

            weigh(weight, m, &a, r);
            for (size_t i = 0; i < N; i++)
                sum += weight[i] * y[i];
            ck_assert_double_eq_tol(sum, mean[r],
                                    1e-6); /* fixed point targets and weights */
            for (int c = 0; c < 3; c++)
                ck_assert_msg(out[3 * r + c] == naive(weight, y, N, 0.1 + 0.4 * c),
                              "%s: row %u, quantile %d", recipe, r, c);
        }
        free(out);
        free(mean);
        ens_model_free(m);
        ens_dataset_free(d);
    }
}
END_TEST

/* y = x + noise that is wider for larger x: the share of new rows below the quantile must be near it, on either side of
 * the table alike. */
START_TEST(new_rows_are_covered)
{
    enum { N = 8000 };
    double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y), *out;
    size_t below[2][3] = {{0}};
    ens_dataset *train, *test;
    ens_model *m;

    for (int i = 0; i < N; i++) {
        x[i] = fmod((i + 1) * 0.6180339887498949, 1);
        y[i] = x[i] + (0.2 + x[i]) * fmod((i + 1) * 0.7548776662466927, 1);
    }
    ck_ok(ens_dataset_from_matrix(&train, x, N / 2, 1, y, ENS_TASK_REGRESSION, &err));
    ck_ok(ens_dataset_from_matrix(&test, x + N / 2, N / 2, 1, y + N / 2,
                                  ENS_TASK_REGRESSION, &err));
    m = fit("forest(quantiles=[0.1, 0.5, 0.9], n_estimators=50, min_samples_leaf=50)",
            train);
    out = quantiles(m, test, NULL);
    for (int i = 0; i < N / 2; i++) {
        ck_assert(out[3 * i] <= out[3 * i + 1] && out[3 * i + 1] <= out[3 * i + 2]);
        for (int c = 0; c < 3; c++)
            below[x[N / 2 + i] > 0.5][c] += y[N / 2 + i] <= out[3 * i + c];
    }
    for (int side = 0; side < 2; side++)
        for (
            int c = 0; c < 3;
            c++) /* about 2000 rows a side: standard deviation 0.011; leaves of about 70 rows */
            ck_assert_double_eq_tol((double)below[side][c] / (N / 4.0), 0.1 + 0.4 * c,
                                    0.04);
    free(out);
    free(x);
    free(y);
    ens_model_free(m);
    ens_dataset_free(train);
    ens_dataset_free(test);
}
END_TEST

/* ---- As any model ------------------------------------------------------------------------------------ */

static void must_be_same(const ens_model *a, const ens_model *b, const ens_dataset *d)
{
    double *p = quantiles(a, d, NULL), *q = quantiles(b, d, NULL);
    void *x, *y;
    size_t n, m;

    ens_model_quantiles(a, &n);
    ck_assert_mem_eq(p, q, ens_dataset_n(d) * n * sizeof *p);
    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    ens_bytes_free(x);
    ens_bytes_free(y);
    free(p);
    free(q);
}

START_TEST(threads_loading_and_adding_change_nothing)
{
    static const char *const recipe =
        "forest(quantiles=[0.05, 0.95], n_estimators=8, oob_score=true)";
    ens_dataset *d = generate("friedman1(n=1500)");
    ens_model *one = fit_with(recipe, d, 1), *few, *loaded, *more;
    ens_learner *l;
    void *bytes;
    size_t size;

    for (unsigned threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1) {
        ens_model *many = fit_with(recipe, d, threads);

        must_be_same(one, many, d);
        ens_model_free(many);
    }
    ck_ok(ens_model_save_bytes(&bytes, &size, one, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, size, &err));
    must_be_same(one, loaded, d);
    few = fit("forest(quantiles=[0.05, 0.95], n_estimators=3, oob_score=true)", d);
    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit_more(&more, few, l, d, NULL, NULL, &err));
    must_be_same(one, more, d);
    ens_learner_free(l);
    ens_bytes_free(bytes);
    ens_model_free(one);
    ens_model_free(few);
    ens_model_free(loaded);
    ens_model_free(more);
    ens_dataset_free(d);
}
END_TEST

START_TEST(the_mean_is_that_of_a_forest_without)
{
    ens_dataset *d = generate("friedman1(n=200)");
    ens_model *with = fit("forest(quantiles=[0.5], n_estimators=5)", d);
    ens_model *without = fit("forest(n_estimators=5)", d);
    double p[200], q[200];
    size_t n = 9;

    ck_assert_uint_eq(ens_model_k(with), 1);
    ck_ok(ens_model_predict(with, d, p, NULL, &err));
    ck_ok(ens_model_predict(without, d, q, NULL, &err));
    ck_assert_mem_eq(p, q, sizeof p);
    ck_assert_double_eq(ens_model_quantiles(with, &n)[0], 0.5);
    ck_assert_uint_eq(n, 1);
    ck_assert_ptr_null(ens_model_quantiles(without, &n));
    ck_assert_uint_eq(n, 0);
    ens_model_free(with);
    ens_model_free(without);
    ens_dataset_free(d);
}
END_TEST

/* ---- Bad input --------------------------------------------------------------------------------------- */

static void parse_fails(const char *recipe, const char *text)
{
    ens_learner *l = NULL;

    ck_fails(ens_learner_parse(&l, recipe, &err), ENS_ERANGE, text);
    ck_assert_ptr_null(l);
}

START_TEST(bad_quantiles_are_refused)
{
    ens_dataset *d = generate("friedman1(n=40)"), *classes = generate("moons(n=40)");
    static const double back[] = {0.5, 0.4};
    ens_quantile_options options = {.q = back, .n = 2};
    ens_learner *l;
    ens_model *m;
    double out[80];

    parse_fails("forest(quantiles=[0, 0.5])",
                "forest.quantiles: quantile 1 is 0, outside (0, 1)");
    parse_fails("forest(quantiles=[0.5, 1])",
                "forest.quantiles: quantile 2 is 1, outside (0, 1)");
    parse_fails("forest(quantiles=[0.5, 1.5])", "outside [0, 1]");
    parse_fails("forest(quantiles=[0.5, 0.5])",
                "forest.quantiles: quantile 2 is 0.5, not above the one before, 0.5");
    parse_fails("bagging(forest(quantiles=[0.5]))",
                "forest.quantiles: a member of bagging predicts its mean only");
    ck_ok(ens_learner_parse(&l, "forest(quantiles=[0.5])", &err));
    ck_fails(ens_fit(&m, l, classes, NULL, 1, NULL, &err), ENS_ERANGE,
             "forest.quantiles is for regression, but the target has classes");
    ens_learner_free(l);
    m = fit("forest(n_estimators=2)", d);
    ck_fails(ens_model_predict_quantiles(m, d, NULL, out, NULL, &err), ENS_ESUPPORT,
             "the model keeps no quantiles");
    ens_model_free(m);
    m = fit("forest(n_estimators=2, quantiles=[0.5])", d);
    ck_fails(ens_model_predict_quantiles(m, d, &options, out, NULL, &err), ENS_ERANGE,
             "quantile 2 is 0.4, not above the one before, 0.5");
    options.n = 0;
    ck_fails(ens_model_predict_quantiles(m, d, &options, out, NULL, &err), ENS_ERANGE,
             "no quantile");
    ck_fails(ens_model_predict_quantiles(m, classes, NULL, out, NULL, &err), ENS_ESHAPE,
             "");
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(classes);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, of_one_leaf_they_are_those_of_the_targets);
    tcase_add_test(tc, rows_count_by_their_weight);
    tcase_add_loop_test(tc, they_follow_the_definition, 0, 4);
    tcase_add_test(tc, new_rows_are_covered);
    tcase_add_test(tc, threads_loading_and_adding_change_nothing);
    tcase_add_test(tc, the_mean_is_that_of_a_forest_without);
    tcase_add_test(tc, bad_quantiles_are_refused);
}

Suite *quantile_suite(void);

Suite *quantile_suite(void)
{
    return suite_of("quantile", add);
}
