/* test_dummy.c - the learner `dummy`: each strategy worked by hand, as scikit-learn's of the same name. */
#include <config.h>

#include <ensemble/ext.h>
#include <stdbool.h>

#include "run.h"

static ens_error err;

static const double x[] = {0, 0, 0, 0};
static const double y[] = {1, 2, 4, 9};
static const double w[] = {1, 1, 4, 2};
static const int32_t label[] = {2, 0, 2, 0};
static const char *const names[] = {"a", "b", "c"};

/* The output of one row: [3] for classes, [1] for numbers. */
static ens_status output(double *out, const char *recipe, ens_task task, bool weighted)
{
    ens_column c[] = {{.name = "x", .x = x},
                      task == ENS_TASK_CLASSIFICATION
                          ? (ens_column){.name = "y",
                                         .role = ENS_TARGET,
                                         .code = label,
                                         .levels = names,
                                         .n_levels = 3}
                          : (ens_column){.name = "y", .role = ENS_TARGET, .x = y},
                      {.name = "w", .role = ENS_WEIGHT, .x = w}};
    double all[12] = {0};
    ens_dataset *d;
    ens_learner *l;
    ens_model *m;
    ens_status st;

    ck_ok(ens_dataset_from_columns(&d, c, weighted ? 3 : 2, 4, task, &err));
    ck_ok(ens_learner_parse(&l, recipe, &err));
    if ((st = ens_fit(&m, l, d, NULL, 1, NULL, &err)) == ENS_OK) {
        ck_ok(ens_model_predict(m, d, all, NULL, &err));
        ck_assert(
            memcmp(all, all + 2 * ens_model_k(m), 2 * ens_model_k(m) * sizeof *all) == 0);
        memcpy(out, all, ens_model_k(m) * sizeof *out);
    }
    ens_model_free(m);
    ens_learner_free(l);
    ens_dataset_free(d);
    return st;
}

START_TEST(classes_by_strategy)
{
    static const struct {
        const char *recipe;
        bool weighted;
        double out[3];
    } cases[] = {
        {"dummy", false, {0.5, 0, 0.5}},
        {"dummy", true, {0.375, 0, 0.625}},
        {"dummy(strategy=prior)", true, {0.375, 0, 0.625}},
        {"dummy(strategy=most_frequent)", false, {1, 0, 0}}, /* the first of equals */
        {"dummy(strategy=most_frequent)", true, {0, 0, 1}},
        {"dummy(strategy=uniform)", true, {1.0 / 3, 1.0 / 3, 1.0 / 3}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double out[3];

        ck_ok(output(out, cases[i].recipe, ENS_TASK_CLASSIFICATION, cases[i].weighted));
        for (size_t c = 0; c < 3; c++)
            ck_assert(out[c] == cases[i].out[c]);
    }
}
END_TEST

START_TEST(numbers_by_strategy)
{
    static const struct {
        const char *recipe;
        bool weighted;
        double out;
    } cases[] = {
        {"dummy", false, 4},
        {"dummy", true, 37.0 / 8},
        {"dummy(strategy=mean)", true, 37.0 / 8},
        {"dummy(strategy=median)", false, 3},
        {"dummy(strategy=median)", true, 4},
        {"dummy(strategy=quantile, quantile=0)", false, 1},
        {"dummy(strategy=quantile, quantile=1)", false, 9},
        {"dummy(strategy=quantile, quantile=0.8)", true, 9},
        {"dummy(strategy=constant, constant=-2.5)", true, -2.5},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double out;

        ck_ok(output(&out, cases[i].recipe, ENS_TASK_REGRESSION, cases[i].weighted));
        ck_assert_msg(fabs(out - cases[i].out) < 1e-14, "%s: %.17g", cases[i].recipe,
                      out);
    }
}
END_TEST

START_TEST(a_strategy_of_the_other_task_is_refused)
{
    double out[3];

    ck_fails(output(out, "dummy(strategy=median)", ENS_TASK_CLASSIFICATION, false),
             ENS_ERANGE, "is for regression");
    ck_fails(output(out, "dummy(strategy=prior)", ENS_TASK_REGRESSION, false), ENS_ERANGE,
             "is for classification");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, classes_by_strategy);
    tcase_add_test(tc, numbers_by_strategy);
    tcase_add_test(tc, a_strategy_of_the_other_task_is_refused);
}

Suite *dummy_suite(void);

Suite *dummy_suite(void)
{
    return suite_of("dummy", add);
}
