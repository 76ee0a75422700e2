/* test_selection.c - ensemble selection: by hand, by any metric, never worse than the best member. */
#include <config.h>

#include "ensemble/fits.h"
#include "run.h"
#include <ensemble/stack.h>
#include <learn/model.h>
#include <num/rng.h>

static ens_error err;

#define CONSTANT(c) "dummy(strategy=constant, constant=" c ")"

static ens_dataset *numbers(const double *y, size_t n)
{
    double x[64];
    ens_dataset *data;

    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    ck_ok(ens_dataset_from_matrix(&data, x, n, 1, y, ENS_TASK_REGRESSION, &err));
    return data;
}

/* The weight of member m of the recipe. */
static double weight_of(const ens_model *m, size_t member)
{
    const ens__stack *s = m->root.state;

    for (size_t i = 0; i < s->n; i++)
        if (s->which[i] == member)
            return s->weight[i];
    return 0;
}

#define LIBRARY CONSTANT("0") ", " CONSTANT("4") ", " CONSTANT("3")

START_TEST(rounds_by_hand)
{
    /* The target is 1 for every row, members are 0, 4 and 3. Alone 0 is best: it is off by 1, 3 by 2. With 0 taken,
     * the means are 0, 2 and 1.5: 1.5 is best. With 0 and 3: 1, 7/3, 2: 0 again, off by 0. No round is better. */
    static const double y[] = {1, 1, 1, 1, 1, 1, 1, 1};
    ens_dataset *data = numbers(y, 8);
    ens_model *m = fit("selection(" LIBRARY ", bag_fraction=1.0, cv=2)", data);

    ck_assert_double_eq_tol(weight_of(m, 0), 2.0 / 3, 1e-15);
    ck_assert_double_eq(weight_of(m, 1), 0);
    ck_assert_double_eq_tol(weight_of(m, 2), 1.0 / 3, 1e-15);
    ens_model_free(m);
    /* The first two rounds alone: 0 and then 3, off by 0.5 where 0 was off by 1. */
    m = fit("selection(" LIBRARY ", bag_fraction=1.0, rounds=2, cv=2)", data);
    ck_assert_double_eq(weight_of(m, 0), 0.5);
    ck_assert_double_eq(weight_of(m, 2), 0.5);
    ens_model_free(m);
    /* Begun with the two best, 0 and 3. */
    m = fit("selection(" LIBRARY ", bag_fraction=1.0, n_init=2, cv=2)", data);
    ck_assert_double_eq_tol(weight_of(m, 0), 2.0 / 3, 1e-15);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_metric_chooses)
{
    /* Nine rows of 0 and one of 10: the median 0 has the least absolute error, the mean 1 the least squared one. */
    static const double y[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 10};
    ens_dataset *data = numbers(y, 10);
    ens_model *a = fit("selection(" CONSTANT("0") ", " CONSTANT("1") ", scoring=mae, bag_fraction=1.0, cv=2)", data);
    ens_model *b = fit("selection(" CONSTANT("0") ", " CONSTANT("1") ", scoring=rmse, bag_fraction=1.0, cv=2)", data);

    ck_assert_double_eq(weight_of(a, 0), 1);
    ck_assert_double_eq(weight_of(b, 1), 1);
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(data);
}
END_TEST

enum { N = 120 };

static ens_dataset *noisy(unsigned index, ens_task task)
{
    double x[N * 2], y[N];
    ens_dataset *data;
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, index);
    for (size_t i = 0; i < N; i++) {
        x[2 * i] = ens__stream_uniform(&s);
        x[2 * i + 1] = ens__stream_uniform(&s);
        y[i] = x[2 * i] + 0.5 * ens__stream_gaussian(&s);
        if (task == ENS_TASK_CLASSIFICATION)
            y[i] = y[i] > 0.5;
    }
    ck_ok(ens_dataset_from_matrix(&data, x, N, 2, y, task, &err));
    return data;
}

START_TEST(never_worse_than_the_best_member)
{
    /* By the loss that the report has: log loss, or squared error, whose root is the metric. */
    bool classes = _i % 2 == 0;
    ens_dataset *data = noisy((unsigned)_i, classes ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION);
    ens_model *m = fit(classes ? "selection(tree, tree(max_depth=2), naive_bayes, dummy, tree(max_depth=1), bags=4)"
                               : "selection(tree, tree(max_depth=2), linear, dummy, tree(max_depth=1), bags=4)",
                       data);
    const ens__stack *s = m->root.state;
    double sum = 0;

    for (size_t u = 0; u < s->report.n; u++)
        ck_assert_double_le(s->report.ensemble, s->report.score[u] + 1e-12);
    for (size_t i = 0; i < s->n; i++)
        sum += s->weight[i];
    ck_assert_double_eq_tol(sum, 1, 1e-14);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(members_of_one_recipe_are_one)
{
    ens_dataset *data = noisy(1, ENS_TASK_CLASSIFICATION);
    ens_model *a = fit("selection(tree(max_depth=2), naive_bayes, bag_fraction=1.0)", data);
    ens_model *b = fit("selection(tree(max_depth=2), tree(max_depth=2), naive_bayes, bag_fraction=1.0)", data);
    double *pa, *pb;

    ck_assert_uint_eq(((const ens__stack *)b->root.state)->report.n, 2);
    ck_assert_double_eq(weight_of(a, 0), weight_of(b, 0));
    pa = predict(a, data);
    pb = predict(b, data);
    if (weight_of(a, 1) == 0)
        ck_assert_mem_eq(pa, pb, 2 * N * sizeof *pa);
    free(pa);
    free(pb);
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_selections_are_refused)
{
    ens_dataset *data = noisy(1, ENS_TASK_CLASSIFICATION);
    ens_learner *l;

    ck_fails(ens_learner_parse(&l, "selection(tree, scoring=acuracy)", &err), ENS_ENAME,
             "selection.scoring: no metric is called `acuracy`; did you mean `accuracy`?");
    ck_fails(ens_learner_parse(&l, "selection(tree, cv=x)", &err), ENS_ENAME, "selection.cv: ");
    ck_fails(ens_learner_parse(&l, "selection(tree, bag_fraction=0)", &err), ENS_ERANGE, "selection.bag_fraction");
    fit_fails("selection(tree, scoring=rmse)", data, ENS_EINVAL, "selection.scoring: ");
    fit_fails("selection(tree, scoring=ndcg)", data, ENS_EINVAL, "selection.scoring: ");
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, rounds_by_hand);
    tcase_add_test(tc, a_metric_chooses);
    tcase_add_loop_test(tc, never_worse_than_the_best_member, 0, 12);
    tcase_add_test(tc, members_of_one_recipe_are_one);
    tcase_add_test(tc, bad_selections_are_refused);
}

Suite *selection_suite(void);

Suite *selection_suite(void)
{
    return suite_of("selection", add);
}
