/* test_bagging.c - bagging and forest: draws, out-of-bag, feature subsets, nesting, stopping. */
#include <config.h>

#include <core/mem.h>
#include <core/memory.h>
#include <ensemble/bag.h>
#include <ensemble/metric.h>
#include <learn/model.h>

#include "ensemble/fits.h"
#include "learn/toy.h"
#include "num/chi.h"
#include "run.h"

static ens_error err;

static ens_dataset *generate(const char *spec)
{
    ens_dataset *d;

    ck_ok(ens_generate(&d, spec, 7, &err));
    return d;
}

START_TEST(a_bag_is_the_mean_of_its_members)
{
    ens_dataset *d = generate("friedman1(n=300)");
    ens_model *m = fit("bagging(tree, n_estimators=7)", d);
    const ens__bag *bag = m->root.state;
    double *out = predict(m, d), one, sum;
    void *scratch = calloc(1, 1 << 16);

    ck_assert_uint_eq(bag->n, 7);
    for (uint32_t i = 0; i < 300; i++) {
        ens_rows row = {d->table->feature, d->table->p, &i, 1};

        sum = 0;
        for (size_t t = 0; t < 7; t++) {
            bag->fit[t].type->predict(bag->fit[t].state, &row, &one, scratch);
            sum += one;
        }
        ck_assert(out[i] == sum / 7);
    }
    free(scratch);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_learner_without_weights_gets_repeated_rows)
{
    ens_dataset *d = generate("friedman1(n=200)");
    ens_model *m = fit("bagging(toy, n_estimators=1)", d);

    ck_assert_uint_eq(toy_rows, 200);
    ck_assert_uint_lt(toy_distinct, 150); /* 126 expected, standard deviation 4.3 */
    ck_assert_uint_gt(toy_distinct, 100);
    ens_model_free(m);
    m = fit("bagging(toy, n_estimators=1, max_samples=0.25, bootstrap=false)", d);
    ck_assert(toy_rows == 50 && toy_distinct == 50);
    ens_model_free(m);
    m = fit("bagging(toy, n_estimators=1, max_samples=17, max_features=3)", d);
    ck_assert(toy_rows == 17 && toy_features == 3);
    ens_model_free(m);
    m = fit("bagging(bagging(toy, n_estimators=1, max_samples=0.5), n_estimators=1)", d);
    ck_assert_uint_eq(toy_rows, 100);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Out-of-bag predictions by the definition: fit each bag again by its seed, on the rows it drew. */
START_TEST(out_of_bag_predictions_come_from_members_without_the_row)
{
    ens_dataset *d = generate("friedman1(n=150)");
    ens_model *m = fit("bagging(tree, n_estimators=40, oob_score=true)", d);
    double *out = predict(m, d), mse_in = 0, mse_oob = 0;
    size_t n, never = 0;
    const double *oob = ens_model_oob(m, &n);

    ck_assert_uint_eq(n, 150);
    for (size_t i = 0; i < n; i++) {
        double y = ens_dataset_y(d, i);

        if (isnan(oob[i])) {
            never++;
            continue;
        }
        mse_in += (out[i] - y) * (out[i] - y);
        mse_oob += (oob[i] - y) * (oob[i] - y);
    }
    ck_assert_uint_eq(never, 0);     /* probability 150 * 0.632^40 = 2e-6 */
    ck_assert(mse_oob > 3 * mse_in); /* full trees reproduce the rows they saw */
    ck_assert_str_eq(ens_model_score(m, 0)->kind, "oob");
    ck_assert_str_eq(ens_model_score(m, 0)->name, "rmse");
    ck_assert_double_eq_tol(ens_model_score(m, 0)->value, sqrt(mse_oob / 150), 1e-12);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* One member of a tree that is grown to the end: rows in its bag are reproduced, so the out-of-bag
 * predictions are exactly those of the other rows. */
START_TEST(a_row_in_every_bag_has_no_out_of_bag_prediction)
{
    ens_dataset *d = generate("friedman1(n=150)");
    ens_model *m = fit("bagging(tree, n_estimators=1, oob_score=true)", d);
    double *out = predict(m, d);
    const double *oob = ens_model_oob(m, NULL);
    size_t in = 0;

    for (size_t i = 0; i < 150; i++) {
        if (isnan(oob[i])) {
            in++;
            ck_assert_double_eq_tol(out[i], ens_dataset_y(d, i),
                                    1e-9); /* fixed point targets */
        } else {
            ck_assert(oob[i] == out[i]);
        }
    }
    ck_assert(in > 75 && in < 115); /* 94.9 expected, standard deviation 3.7 */
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(members_do_not_depend_on_their_number)
{
    ens_dataset *d = generate("moons(n=200)");
    ens_model *few = fit("bagging(tree, n_estimators=3)", d);
    ens_model *many = fit("bagging(tree, n_estimators=9)", d);
    const ens__bag *a = few->root.state, *b = many->root.state;
    double one[2], two[2];
    void *scratch = calloc(1, 1 << 16);

    for (size_t t = 0; t < 3; t++) {
        ck_assert_uint_eq(a->seed[t], b->seed[t]);
        for (uint32_t i = 0; i < 200; i++) {
            ens_rows row = {d->table->feature, d->table->p, &i, 1};

            a->fit[t].type->predict(a->fit[t].state, &row, one, scratch);
            b->fit[t].type->predict(b->fit[t].state, &row, two, scratch);
            ck_assert(one[0] == two[0]);
        }
    }
    free(scratch);
    ens_model_free(few);
    ens_model_free(many);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_forest_is_bagged_trees_with_flat_parameters)
{
    ens_dataset *d = generate("friedman1(n=200)");
    ens_model *forest = fit("forest(n_estimators=5, max_depth=4, min_samples_leaf=3)", d);
    ens_model *bag =
        fit("bagging(tree(max_depth=4, min_samples_leaf=3), n_estimators=5)", d);
    double *a = predict(forest, d), *b = predict(bag, d);

    ck_assert_mem_eq(a, b, 200 * sizeof *a);
    free(a);
    free(b);
    ens_model_free(forest);
    ens_model_free(bag);
    ens_dataset_free(d);
}
END_TEST

START_TEST(importance_finds_the_features_that_matter)
{
    ens_dataset *d = generate("friedman1(n=500)");
    ens_model *m = fit("bagging(tree, n_estimators=20, max_features=0.8)", d);
    double share[10], total = 0;

    ck_ok(ens_model_importance(m, share, &err));
    for (int j = 0; j < 10; j++)
        total += share[j];
    ck_assert_double_eq_tol(total, 1, 1e-12); /* rounding of ten additions */
    for (int j = 5; j < 10; j++) /* x5 .. x9 are noise in Friedman's first problem */
        for (int i = 0; i < 5; i++)
            ck_assert(i == 2 || share[i] > share[j]);
    ens_model_free(m);
    m = fit("bagging(dummy)", d);
    ck_fails(ens_model_importance(m, share, &err), ENS_ESUPPORT,
             "dummy has no impurity importance");
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(more_members_than_memory_holds_are_refused)
{
    ens_dataset *d = generate("friedman1(n=2000)");
    ens_learner *forest;
    ens_model *m;

    ens__memory_cap(1000000000); /* of this process: Check forks */
    /* Full trees of 2000 rows have 1264 leaves or so, each with two nodes of 16 bytes: 40 kB. */
    ck_ok(ens_learner_parse(&forest, "forest(n_estimators=1000000)", &err));
    ck_fails(ens_fit(&m, forest, d, NULL, 1, NULL, &err), ENS_ENOMEM,
             "forest: its 1000000 members would take about 4");
    ens_learner_free(forest);
    ck_assert_ptr_nonnull(strstr(err.message, " GB, 1 GB of memory are available"));
    ens_dataset_free(d);
    d = generate(
        "friedman1(n=10000)"); /* a bit for each row and member: known before anything is fitted */
    fit_fails("bagging(dummy, n_estimators=1000000, oob_score=true, max_samples=1)", d,
              ENS_ENOMEM,
              "bagging: its 1000000 members would take about 1.28 GB, 1 GB of memory are "
              "available");
    ens_dataset_free(d);
    d = generate("friedman1(n=100)");
    ens_model_free(fit("forest(n_estimators=100)", d)); /* what fits is not refused */
    ens_dataset_free(d);
}
END_TEST

START_TEST(amounts_beyond_the_table_are_refused)
{
    ens_dataset *d = generate("friedman1(n=50)");

    fit_fails("bagging(tree, max_samples=51)", d, ENS_ERANGE,
              "bagging.max_samples = 51 is above the 50 rows");
    fit_fails("bagging(tree, max_features=11)", d, ENS_ERANGE,
              "bagging.max_features = 11 is above the 10 features");
    fit_fails("forest(max_features=11)", d, ENS_ERANGE,
              "forest.max_features = 11 is above the 10 features");
    fit_fails("extra_trees(max_features=11)", d, ENS_ERANGE,
              "extra_trees.max_features = 11 is above the 10 features");
    fit_fails("bagging(tree(max_features=11))", d, ENS_ERANGE,
              "tree.max_features = 11 is above the 10 features");
    fit_fails("forest(criterion=gini)", d, ENS_ERANGE, "forest.criterion is for ");
    fit_fails("forest(max_samples=51)", d, ENS_ERANGE,
              "forest.max_samples = 51 is above the 50 rows");
    ens_dataset_free(d);
}
END_TEST

static const ens__bag *bag_of(const ens_model *m)
{
    return m->root.state;
}

/* Ho (1998): every row, half of the features. */
START_TEST(a_subspace_is_all_rows_and_some_features)
{
    ens_dataset *d = generate("hastie_10_2(n=60)");
    ens_model *m =
        fit("bagging(toy, n_estimators=1, bootstrap=false, max_features=0.5)", d);
    const ens__bag *bag;

    ck_assert(toy_rows == 60 && toy_distinct == 60 && toy_features == 5);
    ens_model_free(m);
    /* A tree that grows to the end knows the class of every row it saw: that is all of them. */
    m = fit("bagging(tree, n_estimators=8, bootstrap=false, max_features=0.5)", d);
    bag = bag_of(m);
    for (size_t t = 0; t < 8; t++) {
        ens_feature buf[5];
        size_t wrong = 0;

        for (size_t i = 1; i < 5; i++)
            ck_assert_uint_lt(bag->features[t * 5 + i - 1], bag->features[t * 5 + i]);
        for (uint32_t i = 0; i < 60; i++) {
            ens_rows row = {ens__bag_features(bag, t, d->table->feature, buf), 5, &i, 1};
            double out[2];

            bag->fit[t].type->predict(bag->fit[t].state, &row, out, NULL);
            wrong += out[d->table->label[i]] != 1;
        }
        ck_assert_uint_eq(wrong, 0);
    }
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Louppe and Geurts (2012): some rows and some features, both without replacement. */
START_TEST(a_patch_is_some_rows_and_some_features)
{
    ens_dataset *d = generate("hastie_10_2(n=60)");
    ens_model *m = fit("bagging(toy, n_estimators=1, bootstrap=false, max_samples=0.5, "
                       "max_features=4)",
                       d);

    ck_assert(toy_rows == 30 && toy_distinct == 30 && toy_features == 4);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(features_drawn_with_replacement_may_repeat)
{
    ens_dataset *d = generate("hastie_10_2(n=60)");
    ens_model *m = fit(
        "bagging(tree, n_estimators=200, bootstrap_features=true, max_features=1.0)", d);
    const ens__bag *bag = bag_of(m);
    size_t distinct = 0;
    double sd = sqrt(200 * 10 * 0.3487 *
                     0.6513); /* more than enough: places are not independent */

    ck_assert_uint_eq(bag->p_member, 10);
    for (size_t i = 0; i < 200 * 10; i++) {
        ck_assert_uint_lt(bag->features[i], 10);
        ck_assert(i % 10 == 0 || bag->features[i - 1] <= bag->features[i]);
        distinct += i % 10 == 0 || bag->features[i - 1] < bag->features[i];
    }
    /* a feature is drawn at all with probability 1 - 0.9^10 = 0.6513 */
    ck_assert_double_eq_tol((double)distinct, 200 * 10 * 0.6513, 4 * sd);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

enum { N_DRAWS = 400 };

/* How often each of the 10 features was drawn. */
static void count_features(double *seen, const char *recipe, const ens_dataset *d)
{
    ens_model *m = fit(recipe, d);
    const ens__bag *bag = bag_of(m);

    ck_assert_uint_eq(bag->n, N_DRAWS);
    memset(seen, 0, 10 * sizeof *seen);
    for (size_t i = 0; i < bag->n * bag->p_member; i++)
        seen[bag->features[i]]++;
    ens_model_free(m);
}

START_TEST(features_are_drawn_evenly)
{
    ens_dataset *d = generate("hastie_10_2(n=20)");
    double seen[10], expected[10];

    for (int j = 0; j < 10; j++)
        expected[j] = N_DRAWS * 4 / 10.0;
    count_features(
        seen, "bagging(dummy, n_estimators=400, max_features=4, bootstrap_features=true)",
        d);
    ck_chi_square(seen, expected, 10);
    /* Without replacement a member's counts vary less, by (10 - 4) / (10 - 1). */
    count_features(seen, "bagging(dummy, n_estimators=400, max_features=4)", d);
    for (int j = 0; j < 10; j++)
        seen[j] = expected[j] + (seen[j] - expected[j]) / sqrt(6.0 / 9);
    ck_chi_square(seen, expected, 10);
    ens_dataset_free(d);
}
END_TEST

/* Bags as the members got them: the model draws them again. */
START_TEST(rows_are_drawn_evenly)
{
    enum { N = 50 };
    static const char *const recipes[] = {
        "bagging(dummy, n_estimators=400)",
        "bagging(dummy, n_estimators=400, bootstrap=false, max_samples=10)"};
    ens_dataset *d = generate("hastie_10_2(n=50)");
    double draws[] = {N, 10}, spread[] = {1, (N - 10) / (N - 1.0)};
    uint32_t row[N], count[N];

    for (uint32_t i = 0; i < N; i++)
        row[i] = i;
    for (int r = 0; r < 2; r++) {
        ens_model *m = fit(recipes[r], d);
        ens_fit_args a = {.learner = m->learner,
                          .rows = {d->table->feature, 10, row, N},
                          .n_table = N,
                          .seed = 1};
        double seen[N] = {0}, expected[N];

        for (size_t t = 0; t < N_DRAWS; t++) {
            uint32_t total = 0;

            ck_ok(m->root.type->in_bag(count, m->learner->params, &a, t, &err));
            for (int i = 0; i < N; i++) {
                seen[i] += count[i];
                total += count[i];
            }
            ck_assert_uint_eq(total, draws[r]);
        }
        for (int i = 0; i < N; i++) {
            expected[i] = N_DRAWS * draws[r] / N;
            seen[i] = expected[i] + (seen[i] - expected[i]) / sqrt(spread[r]);
        }
        ck_chi_square(seen, expected, N);
        ens_model_free(m);
    }
    ens_dataset_free(d);
}
END_TEST

/* Weights of rows go to the members beside the counts of the draw: rows of weight 0 are as if not there. */
START_TEST(a_part_of_weighted_rows_is_drawn)
{
    double x[40], y[40], w[40], out[40];
    ens_column column[] = {{.name = "x", .x = x},
                           {.name = "y", .x = y, .role = ENS_TARGET},
                           {.name = "w", .x = w, .role = ENS_WEIGHT}};
    ens_dataset *d;
    ens_model *m;
    double mean;

    for (int i = 0; i < 40; i++) {
        x[i] = i;
        y[i] = i < 30 ? i % 2 : 1e6;
        w[i] = i < 30 ? (i % 2 ? 3 : 1) : 0;
    }
    ck_ok(ens_dataset_from_columns(&d, column, 3, 40, ENS_TASK_REGRESSION, &err));
    m = fit("bagging(tree(max_leaf_nodes=2, min_samples_leaf=10), bootstrap=false, "
            "max_samples=20, n_estimators=400)",
            d);
    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    mean = (out[0] + out[29]) /
           2; /* two leaves of ten rows each, a quarter of the weight on zeros */
    ck_assert_double_eq_tol(mean, 0.75,
                            0.03); /* draws: standard deviation 0.1 / sqrt(400) */
    ens_model_free(m);
    fit_fails("bagging(tree, bootstrap=false, max_samples=31)", d, ENS_ERANGE,
              "bagging.max_samples = 31 is above the 30 rows");
    ens_dataset_free(d);
}
END_TEST

/* 30 rows of class 0 and 10 of class 1, without a feature that tells them apart. */
static ens_dataset *lopsided(void)
{
    double x[40] = {0}, y[40];
    ens_dataset *d;

    for (int i = 0; i < 40; i++)
        y[i] = i >= 30;
    ck_ok(ens_dataset_from_matrix(&d, x, 40, 1, y, ENS_TASK_CLASSIFICATION, &err));
    return d;
}

/* The first member's probability of class 1, by its draw and weights 1 and 3: balanced over all 40 rows. */
START_TEST(a_forest_balances_over_all_rows_or_in_each_bag)
{
    ens_dataset *d = lopsided();
    ens_model *whole = fit("forest(n_estimators=5, class_weight=balanced)", d);
    ens_model *list = fit("forest(n_estimators=5, class_weight=[1, 3])", d);
    ens_model *each = fit("forest(n_estimators=5, class_weight=balanced_subsample)", d);
    ens_model *bag = fit("bagging(tree(class_weight=balanced), n_estimators=5)", d);
    ens_model *plain = fit("forest(n_estimators=1)", d), *one;
    double *p = predict(plain, d), *q;

    one = fit("forest(n_estimators=1, class_weight=balanced)", d);
    q = predict(one, d);
    ck_assert(fabs(p[1] - 0.25) > 1e-3); /* the draw is not balanced as the table is */
    ck_assert_double_eq_tol(q[1], 3 * p[1] / (p[0] + 3 * p[1]),
                            1e-6); /* fixed point weights */
    free(p);
    free(q);
    p = predict(whole, d);
    q = predict(list, d);
    ck_assert_double_eq_tol(p[1], q[1], 1e-6);
    free(p);
    free(q);
    p = predict(each, d);
    q = predict(bag, d); /* of a member, balanced is of the rows that it gets */
    ck_assert_double_eq_tol(p[1], 0.5, 1e-6);
    ck_assert_double_eq_tol(q[1], 0.5, 1e-6);
    free(p);
    free(q);
    ens_model_free(whole);
    ens_model_free(list);
    ens_model_free(each);
    ens_model_free(bag);
    ens_model_free(plain);
    ens_model_free(one);
    ens_dataset_free(d);
    d = generate("friedman1(n=50)");
    fit_fails("forest(class_weight=balanced)", d, ENS_ERANGE,
              "forest.class_weight is for classification");
    ens_dataset_free(d);
}
END_TEST

static int n_scores(const ens_model *m)
{
    int n = 0;

    while (ens_model_score(m, (size_t)n) != NULL)
        n++;
    return n;
}

START_TEST(without_a_row_out_of_bag_there_is_no_score)
{
    double x = 1, y = 2;
    ens_dataset *d;
    ens_model *m;
    char *text;
    size_t n;

    /* The only row is in every bag. */
    ck_ok(ens_dataset_from_matrix(&d, &x, 1, 1, &y, ENS_TASK_REGRESSION, &err));
    m = fit("forest(n_estimators=3, oob_score=true)", d);
    ck_assert_ptr_nonnull(ens_model_oob(m, &n));
    ck_assert(n == 1 && isnan(ens_model_oob(m, NULL)[0]));
    ck_assert_int_eq(n_scores(m), 0);
    ck_ok(ens_model_describe(&text, m, &err));
    ck_assert_ptr_nonnull(strstr(text, "rows out of some bag: 0 of 1\n"));
    ens_string_free(text);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(each_row_may_be_out_of_nearly_every_bag)
{
    ens_dataset *d = generate("friedman1(n=30)");
    ens_model *m = fit("bagging(tree, n_estimators=2, max_samples=1, oob_score=true)", d);
    const double *oob = ens_model_oob(m, NULL);

    ck_assert_int_gt(n_scores(m), 0);
    for (int i = 0; i < 30; i++)
        ck_assert(!isnan(oob[i])); /* two different rows: seed 1 draws them */
    ens_model_free(m);
    fit_fails("bagging(tree, bootstrap=false, max_samples=30, oob_score=true)", d,
              ENS_ERANGE,
              "bagging.oob_score = true needs rows out of bag, but each member draws all "
              "30 rows");
    ens_dataset_free(d);
}
END_TEST

START_TEST(out_of_bag_needs_rows_out_of_bag)
{
    ens_learner *l;

    ck_fails(
        ens_learner_parse(&l, "bagging(tree, oob_score=true, bootstrap=false)", &err),
        ENS_ERANGE, "bagging.oob_score = true needs rows out of bag");
    ck_fails(ens_learner_parse(&l, "forest(oob_score=true, bootstrap=false)", &err),
             ENS_ERANGE, "forest.oob_score = true needs rows out of bag");
    ck_ok(ens_learner_parse(
        &l, "bagging(tree, oob_score=true, bootstrap=false, max_samples=0.5)", &err));
    ens_learner_free(l);
}
END_TEST

static ens_go answer_at(const ens_progress *p, void *ctx)
{
    const ens_go *go = ctx;

    return strcmp(p->phase, "fitting members") == 0 && p->done >= 3 ? *go : ENS_GO;
}

START_TEST(a_stopped_fit_is_a_model_and_a_canceled_one_is_not)
{
    ens_dataset *d = generate("friedman1(n=300)");
    ens_go go = ENS_STOP;
    ens_exec exec = {.threads = 1, .progress = answer_at, .progress_ctx = &go};
    ens_model *m = fit_with("bagging(tree, n_estimators=50)", d, 1, &exec), *whole;
    const ens__bag *bag = m->root.state, *all;
    double *a, *b;
    ens_learner *l;

    ck_assert_uint_eq(bag->n, 3);
    whole = fit("bagging(tree, n_estimators=3)", d);
    all = whole->root.state;
    ck_assert_uint_eq(all->n, 3);
    a = predict(m, d);
    b = predict(whole, d);
    ck_assert_mem_eq(a, b, 300 * sizeof *a);
    free(a);
    free(b);
    ens_model_free(whole);
    ens_model_free(m);
    go = ENS_CANCEL;
    ck_ok(ens_learner_parse(&l, "bagging(tree, n_estimators=50)", &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, &exec, &err), ENS_ECANCELED, "");
    ck_assert_ptr_null(m);
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_saved_bag_predicts_the_same)
{
    static const char *const recipes[] = {
        "bagging(tree, n_estimators=4)",
        "bagging(tree, n_estimators=4, max_features=0.5)",
        "bagging(bagging(tree, n_estimators=2), n_estimators=3, max_features=5)",
        "bagging(naive_bayes, n_estimators=3, max_samples=0.5)",
        "bagging(tree, n_estimators=4, bootstrap_features=true)",
        "bagging(toy, n_estimators=3)",
        "bagging(pair(tree, toy), n_estimators=3)",
        "forest(n_estimators=4, oob_score=true)",
    };
    ens_dataset *d = generate("moons(n=100)"), *wide = generate("hastie_10_2(n=100)");

    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        const ens_dataset *data = i < 1 ? d : wide;
        ens_model *m = fit(recipes[i], data), *again;
        double *a = predict(m, data), *b;
        void *bytes;
        size_t size;

        ck_ok(ens_model_save_bytes(&bytes, &size, m, &err));
        ck_ok(ens_model_load_bytes(&again, bytes, size, &err));
        b = predict(again, data);
        ck_assert_mem_eq(a, b, 100 * 2 * sizeof *a);
        free(a);
        free(b);
        ens_bytes_free(bytes);
        ens_model_free(m);
        ens_model_free(again);
    }
    ens_dataset_free(d);
    ens_dataset_free(wide);
}
END_TEST

START_TEST(no_allocation_failure_leaks_or_passes)
{
    ens_dataset *d = generate("hastie_10_2(n=40)");
    ens_learner *l;
    ens_exec exec = {.threads = 1};

    ck_ok(ens_learner_parse(
        &l, "bagging(naive_bayes, n_estimators=2, max_features=3, oob_score=true)",
        &err));
    for (long k = 0;; k++) {
        ens_model *m;
        ens_status st;

        ens__mem_fail_at(k);
        st = ens_fit(&m, l, d, d, 1, &exec, &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK) {
            ck_assert_int_gt(k, 20);
            ens_model_free(m);
            break;
        }
        ck_assert_msg(st == ENS_ENOMEM, "allocation %ld: %s", k, err.message);
        ck_assert_ptr_null(m);
    }
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, toy_register, NULL);
    tcase_add_test(tc, a_bag_is_the_mean_of_its_members);
    tcase_add_test(tc, a_learner_without_weights_gets_repeated_rows);
    tcase_add_test(tc, out_of_bag_predictions_come_from_members_without_the_row);
    tcase_add_test(tc, a_row_in_every_bag_has_no_out_of_bag_prediction);
    tcase_add_test(tc, members_do_not_depend_on_their_number);
    tcase_add_test(tc, a_forest_is_bagged_trees_with_flat_parameters);
    tcase_add_test(tc, importance_finds_the_features_that_matter);
    tcase_add_test(tc, more_members_than_memory_holds_are_refused);
    tcase_add_test(tc, amounts_beyond_the_table_are_refused);
    tcase_add_test(tc, a_subspace_is_all_rows_and_some_features);
    tcase_add_test(tc, a_patch_is_some_rows_and_some_features);
    tcase_add_test(tc, features_drawn_with_replacement_may_repeat);
    tcase_add_test(tc, features_are_drawn_evenly);
    tcase_add_test(tc, rows_are_drawn_evenly);
    tcase_add_test(tc, a_part_of_weighted_rows_is_drawn);
    tcase_add_test(tc, a_forest_balances_over_all_rows_or_in_each_bag);
    tcase_add_test(tc, without_a_row_out_of_bag_there_is_no_score);
    tcase_add_test(tc, each_row_may_be_out_of_nearly_every_bag);
    tcase_add_test(tc, out_of_bag_needs_rows_out_of_bag);
    tcase_add_test(tc, a_stopped_fit_is_a_model_and_a_canceled_one_is_not);
    tcase_add_test(tc, a_saved_bag_predicts_the_same);
    tcase_add_test(tc, no_allocation_failure_leaks_or_passes);
}

Suite *bagging_suite(void);

Suite *bagging_suite(void)
{
    return suite_of("bagging", add);
}
