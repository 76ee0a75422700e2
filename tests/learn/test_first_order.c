/* test_first_order.c - `linear` and `logistic` by gradient steps: a step by hand, minima of the exact solvers, threads,
 * learning rates that diverge. */
#include <config.h>

#include <core/cpu.h>
#include <core/mem.h>
#include <ensemble.h>
#include <learn/linear_state.h>
#include <learn/model.h>
#include <stdio.h>

#include "run.h"

static ens_error err;

static const char *const solvers[] = {"sgd",     "momentum", "nesterov", "adagrad",
                                      "rmsprop", "adam",     "nadam"};

static const ens__linear *state(const ens_model *m)
{
    return m->root.state;
}

static ens_status try_fit(ens_model **m, const char *recipe, const ens_dataset *d,
                          uint64_t seed, unsigned threads)
{
    ens_learner *l = NULL;
    ens_exec exec = {.threads = threads};
    ens_status st = ens_learner_parse(&l, recipe, &err);

    *m = NULL;
    if (st == ENS_OK)
        st = ens_fit(m, l, d, NULL, seed, &exec, &err);
    ens_learner_free(l);
    return st;
}

static ens_model *fit(const char *recipe, const ens_dataset *d)
{
    ens_model *m;

    ck_ok(try_fit(&m, recipe, d, 1, 2));
    return m;
}

static ens_dataset *read(const char *file, const char *target)
{
    ens_csv_options options = {.target = target};
    ens_dataset *d;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
    ck_ok(ens_csv_read(&d, path, &options, &err));
    return d;
}

static double score(const ens_model *m, const ens_dataset *d, const char *metric)
{
    ens_score *s;
    size_t n;
    double v;

    ck_ok(ens_model_evaluate(&s, &n, m, d, metric, NULL, &err));
    v = s[0].value;
    ens_scores_free(s, n);
    return v;
}

/* x and y are -1 and 1 in turn, standardised -1/2 and 1/2: the mean of z y is 1/4, and with the rate 1/2 so is half of
 * that the first step's coefficient; the second adds (1/4 - 1/4 * 1/8) / 2. */
START_TEST(two_full_steps_by_hand)
{
    const double x[] = {-1, 1, -1, 1}, y[] = {-1, 1, -1, 1};
    ens_dataset *d;
    ens_model *m;

    ck_ok(ens_dataset_from_matrix(&d, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    m = fit("linear(solver=sgd, batch_size=full, learning_rate=0.5, schedule=constant, "
            "epochs=1)",
            d);
    ck_assert_double_eq_tol(state(m)->coef[0], 0.125, 1e-15);
    ck_assert_uint_eq(state(m)->steps, 1);
    ens_model_free(m);
    m = fit("linear(solver=sgd, batch_size=full, learning_rate=0.5, schedule=constant, "
            "epochs=2)",
            d);
    ck_assert_double_eq_tol(state(m)->coef[0], 0.125 + 0.109375, 1e-15);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Within a hundredth of what the exact fit explains; adagrad and sgd are the slowest. */
START_TEST(solvers_come_near_the_minimum)
{
    ens_dataset *numbers = read("diabetes.csv", "progression"),
                *classes = read("iris.csv", "species");
    ens_model *exact = fit("linear(penalty=l2)", numbers), *m;
    char recipe[128];

    snprintf(recipe, sizeof recipe,
             "linear(penalty=l2, solver=%s, learning_rate=%g, epochs=300)", solvers[_i],
             _i == 0 || _i == 3 ? 0.1 : 0.02);
    m = fit(recipe, numbers);
    ck_assert_msg(fabs(score(m, numbers, "r2") - score(exact, numbers, "r2")) < 0.005,
                  "%s: r2 is %g, not %g", recipe, score(m, numbers, "r2"),
                  score(exact, numbers, "r2"));
    ens_model_free(m);
    ens_model_free(exact);
    exact = fit("logistic", classes);
    snprintf(recipe, sizeof recipe, "logistic(solver=%s, learning_rate=%g, epochs=300)",
             solvers[_i],
             _i == 0   ? 1.0
             : _i == 3 ? 0.3
                       : 0.02);
    m = fit(recipe, classes);
    ck_assert_msg(
        fabs(score(m, classes, "log_loss") - score(exact, classes, "log_loss")) < 0.01,
        "%s: the loss is %g, not %g", recipe, score(m, classes, "log_loss"),
        score(exact, classes, "log_loss"));
    ens_model_free(m);
    ens_model_free(exact);
    ens_dataset_free(numbers);
    ens_dataset_free(classes);
}
END_TEST

static const char *const recipes[] = {
    "logistic(solver=adam, epochs=5, batch_size=300)",
    "logistic(solver=momentum, epochs=5, batch_size=full)",
    "logistic(solver=rmsprop, epochs=8, early_stopping=true, schedule=plateau)"};

/* More than one block a batch, and more than one run of a pass over all rows. */
START_TEST(threads_and_processors_change_no_byte)
{
    enum { ROWS = 20011 };
    double *x = malloc(ROWS * 3 * sizeof *x), *y = malloc(ROWS * sizeof *y);
    ens_dataset *d;
    void *first = NULL;
    size_t size = 0;

    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < 3; j++)
            x[3 * i + j] = (double)((i * 7919 + j * 104729 + i * j * 31) % 1009) / 100;
        y[i] = (double)((size_t)(x[3 * i] + x[3 * i + 1]) / 7);
    }
    ck_ok(ens_dataset_from_matrix(&d, x, ROWS, 3, y, ENS_TASK_CLASSIFICATION, &err));
    for (unsigned threads = 1; threads < 8; threads += 1 + threads / 2) {
        ens_model *m;
        void *bytes;
        size_t n;

        ens__cpu_cap(threads == 2 ? ENS__CPU_BASE : ENS__CPU_V4);
        ck_ok(try_fit(&m, recipes[_i], d, 1, threads));
        ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
        ck_assert_msg(first == NULL || (n == size && memcmp(bytes, first, n) == 0),
                      "%s: %u threads", recipes[_i], threads);
        ens_model_free(m);
        if (first == NULL) {
            first = bytes;
            size = n;
        } else
            ens_bytes_free(bytes);
    }
    ens_bytes_free(first);
    ens_dataset_free(d);
    free(x);
    free(y);
}
END_TEST

START_TEST(the_seed_draws_the_batches)
{
    ens_dataset *d = read("iris.csv", "species");
    ens_model *a, *b;

    ck_ok(try_fit(&a, "logistic(solver=adam, epochs=3)", d, 1, 1));
    ck_ok(try_fit(&b, "logistic(solver=adam, epochs=3)", d, 2, 1));
    ck_assert(state(a)->coef[0] != state(b)->coef[0]);
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(d);
}
END_TEST

/* The loss of rows held out ends a fit whose epochs are far too many. */
START_TEST(early_stopping_stops)
{
    ens_dataset *d = read("diabetes.csv", "progression");
    ens_model *m = fit("linear(solver=adam, epochs=100000, early_stopping=true, "
                       "schedule=constant, tol=1e-6)",
                       d);

    ck_assert_uint_lt(state(m)->steps, 100000);
    ck_assert_int_eq(state(m)->ended, ENS__LINEAR_ENDED);
    ck_assert_double_gt(score(m, d, "r2"), 0.48);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    static const struct bad {
        const char *recipe, *message;
        ens_status st;
    } bad[] = {
        {"linear(learning_rate=0.1)", "linear.learning_rate is of solvers that take",
         ENS_EINVAL},
        {"linear(solver=adam, penalty=l1)", "linear.penalty has absolute values",
         ENS_EINVAL},
        {"linear(solver=adam, loss=huber)", "linear.loss = huber, which gradient steps",
         ENS_EINVAL},
        {"linear(solver=adam, momentum=0.5)", "linear.momentum is of solver=momentum",
         ENS_EINVAL},
        {"linear(solver=sgd, validation_fraction=0.2)",
         "linear.validation_fraction is of early_stopping=true alone", ENS_EINVAL},
        {"linear(solver=sgd, batch_size=0)", "linear.batch_size = 0", ENS_ERANGE},
        {"linear(solver=sgd, early_stopping=true, validation_fraction=1e-5)",
         "linear.validation_fraction = 1e-05 leaves no row to hold out of 442",
         ENS_EDATA},
        {"linear(solver=sgd, learning_rate=1e6)",
         "linear: the loss is no longer a number in epoch 1 with learning_rate = 1e+06; "
         "lower it",
         ENS_EDATA},
        {"linear(solver=newton)", "newton", ENS_EPARSE}};
    ens_dataset *d = read("diabetes.csv", "progression");
    ens_model *m;

    ck_fails(try_fit(&m, bad[_i].recipe, d, 1, 1), bad[_i].st, bad[_i].message);
    ens_dataset_free(d);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    ens_dataset *d = read("iris.csv", "species");
    ens_model *m = NULL;
    ens_status st = ENS_ENOMEM;
    long k;

    for (k = 0; st != ENS_OK && k < 10000; k++) {
        ens__mem_fail_at(k);
        st = try_fit(&m, recipes[_i], d, 1, 1);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM, "allocation %ld: %s", k,
                      err.message);
    }
    ck_assert_int_eq(st, ENS_OK);
    ck_assert_int_gt(k, 20);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, two_full_steps_by_hand);
    tcase_add_loop_test(tc, solvers_come_near_the_minimum, 0, 7);
    tcase_add_loop_test(tc, threads_and_processors_change_no_byte, 0, 3);
    tcase_add_test(tc, the_seed_draws_the_batches);
    tcase_add_test(tc, early_stopping_stops);
    tcase_add_loop_test(tc, what_cannot_be_is_refused, 0, 9);
    tcase_add_loop_test(tc, every_allocation_may_fail, 0, 3);
}

Suite *first_order_suite(void);
Suite *first_order_suite(void)
{
    return suite_of("first_order", add);
}
