/* test_target.c - lines of losses, targets that they take, and types of the program's own. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>

START_TEST(lines_are_checked)
{
    ens__loss *loss;
    ens_error err;

    ck_fails(ens__loss_new(&loss, "logistc", ENS_TASK_CLASSIFICATION, 2, &err), ENS_ENAME,
             "no loss is called `logistc`; did you mean `logistic`?");
    ck_fails(ens__loss_new(&loss, "squared(a=1)", ENS_TASK_REGRESSION, 0, &err),
             ENS_ENAME, "squared has no parameter `a`");
    ck_fails(ens__loss_new(&loss, "squared", ENS_TASK_CLASSIFICATION, 2, &err),
             ENS_ESUPPORT, "loss squared is for regression");
    ck_fails(ens__loss_new(&loss, "logistic", ENS_TASK_CLASSIFICATION, 3, &err),
             ENS_ESUPPORT, "loss logistic cannot take 3 classes");
    ck_fails(ens__loss_new(&loss, "poisson", ENS_TASK_CLASSIFICATION, 2, &err),
             ENS_ESUPPORT, "loss poisson is for regression");
    ck_fails(ens__loss_check_line("quantile(levels=[0.5, 0.1])", &err), ENS_ERANGE,
             "quantile.levels: 0.1 is not above 0.5");
    ck_fails(ens__loss_check_line("quantile(levels=[0, 0.1])", &err), ENS_ERANGE,
             "quantile.levels: 0 is outside (0, 1)");
    ck_fails(ens__loss_check_line("quantile(levels=0.5)", &err), ENS_EPARSE,
             "expected a list");
    ck_fails(ens__loss_check_line("tweedie(power=2)", &err), ENS_ERANGE,
             "tweedie.power = 2 is outside [1.01, 1.99]");
    ck_fails(ens__loss_check_line("huber(alpha=1)", &err), ENS_ERANGE,
             "huber.alpha = 1 is outside [0.01, 0.99]");
    ck_ok(ens__loss_check_line("huber(delta=auto, alpha=0.8)", &err));
    ck_fails(ens__loss_check_line("nothing", &err), ENS_ENAME, "no loss is called");
    ck_ok(ens__loss_check_line("auto", &err));
    ck_ok(ens__loss_check_line("softmax", &err));
}
END_TEST

START_TEST(parameters_are_told)
{
    ens_param_info p;
    ens_error err;
    size_t huber = 0;

    while (strcmp(ens_loss_name(huber), "huber") != 0)
        huber++;
    ck_ok(ens_loss_param(&p, huber, 1, &err));
    ck_assert_str_eq(p.name, "delta");
    ck_assert_str_eq(p.def, "auto");
    ck_fails(ens_loss_param(&p, huber, 2, &err), ENS_EINVAL, "has no parameter 2");
    ck_fails(ens_loss_param(&p, 1000, 0, &err), ENS_EINVAL, "loss 1000 has no parameter");
}
END_TEST

START_TEST(auto_goes_by_the_task)
{
    const struct {
        ens_task task;
        size_t n_classes;
        const char *name;
        size_t k, n_outputs;
    } want[] = {{ENS_TASK_REGRESSION, 0, "squared", 1, 1},
                {ENS_TASK_CLASSIFICATION, 2, "logistic", 1, 2},
                {ENS_TASK_CLASSIFICATION, 4, "softmax", 4, 4}};
    ens__loss *loss;
    ens_error err;

    for (size_t i = 0; i < 3; i++) {
        ck_ok(ens__loss_new(&loss, "auto", want[i].task, want[i].n_classes, &err));
        ck_assert_str_eq(loss->type->name, want[i].name);
        ck_assert_uint_eq(loss->k, want[i].k);
        ck_assert_uint_eq(loss->n_outputs, want[i].n_outputs);
        ens__loss_free(loss);
    }
}
END_TEST

START_TEST(targets_are_checked)
{
    const struct {
        const char *line;
        double y;
        const char *message;
    } bad[] = {
        {"squared", 1e31, "loss squared: the target 1e+31 of row 6 is beyond 1e+30"},
        {"squared", NAN, "loss squared: the target nan of row 6 is not finite"},
        {"poisson", -1, "loss poisson: the target -1 of row 6 is negative"},
        {"tweedie", -0.5, "loss tweedie: the target -0.5 of row 6 is negative"},
        {"gamma", 0, "loss gamma: the target 0 of row 6 is not positive"},
        {"gamma", 1e-40, "loss gamma: the target 1e-40 of row 6 is below 1.2e-38"},
        {"cross_entropy", 1.5,
         "loss cross_entropy: the target 1.5 of row 6 is outside [0, 1]"},
        {"cross_entropy", -0.1, "the target -0.1 of row 6 is outside [0, 1]"},
        {"lambdarank", 0.25, "the target 0.25 of row 6 is not a whole number in [0, 31]"},
        {"lambdarank", 32, "the target 32 of row 6 is not a whole number in [0, 31]"},
    };
    const uint32_t row[] = {0, 2, 5};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double y[6] = {1, 1, 1, 1, 1, 1}, origin;
        ens__loss_targets t = {y, NULL, row, 3, NULL};
        ens__loss *loss;
        ens_error err;

        ck_ok(ens__loss_new(&loss, bad[i].line, ENS_TASK_REGRESSION, 0, &err));
        ck_ok(ens__loss_origin(&origin, loss, &t, &err));
        y[5] = bad[i].y;
        ck_fails(ens__loss_origin(&origin, loss, &t, &err), ENS_EDATA, bad[i].message);
        ck_fails(ens__loss_check(loss, 0, &t, &err), ENS_EDATA, bad[i].message);
        ens__loss_free(loss);
    }
}
END_TEST

/* Targets far from 0 keep their digits: the origin is the median. */
START_TEST(targets_are_less_an_origin)
{
    const double y[] = {1e9, 1e9 + 0.25, 7, 1e9 + 0.5, 1e9 + 1e5};
    const uint32_t row[] = {0, 1, 3, 4};
    float filled[4];
    double origin, start = 0.25, out;
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, "squared", ENS_TASK_REGRESSION, 0, &err));
    ck_ok(ens__loss_origin(&origin, loss, &(ens__loss_targets){y, NULL, row, 4, NULL},
                           &err));
    ck_assert(origin == 1e9 + 0.25);
    ens__loss_fill(filled, loss, origin, &(ens__loss_targets){y, NULL, row, 4, NULL});
    ck_assert(filled[0] == -0.25F && filled[1] == 0 && filled[2] == 0.25F);
    ens__loss_link(loss, origin, &start, 1, &out);
    ck_assert(out == 1e9 + 0.5);
    ens__loss_free(loss);
}
END_TEST

/* ---- Groups --------------------------------------------------------------------------------------------------- */

START_TEST(groups_are_runs_of_rows)
{
    const uint32_t of_row[] = {7, 7, 9, 3, 3, 3, 7}, row[] = {0, 1, 2, 4, 5, 6};
    const uint32_t want[] = {0, 2, 3, 5};
    uint32_t *group;
    size_t q;
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, "lambdarank", ENS_TASK_REGRESSION, 0, &err));
    ck_ok(ens__loss_groups(&group, &q, loss, of_row, row, 5, &err));
    ck_assert_uint_eq(q, 3);
    ck_assert(memcmp(group, want, sizeof want) == 0);
    ens__free(group);
    ck_fails(ens__loss_groups(&group, &q, loss, of_row, row, 6, &err), ENS_EDATA,
             "row 7 is of the group of row 1, but others lie between them");
    ck_assert_ptr_null(group);
    ens__loss_free(loss);
}
END_TEST

START_TEST(large_groups_are_refused)
{
    enum { N = 10003 };
    static uint32_t of_row[N], row[N];
    uint32_t *group;
    size_t q;
    ens__loss *loss;
    ens_error err;

    for (uint32_t i = 0; i < N; i++) {
        row[i] = i;
        of_row[i] = i < 2 ? 0 : 1;
    }
    ck_ok(ens__loss_new(&loss, "lambdarank", ENS_TASK_REGRESSION, 0, &err));
    ck_ok(ens__loss_groups(&group, &q, loss, of_row, row, N - 1, &err));
    ens__free(group);
    ck_fails(ens__loss_groups(&group, &q, loss, of_row, row, N, &err), ENS_EDATA,
             "loss lambdarank: the group of row 3 has 10001 rows, the limit is 10000");
    ens__loss_free(loss);
}
END_TEST

/* ---- A loss of the program's own: |s - y|^3 / 3 -------------------------------------------------------------- */

static void cubic_gradient(const void *params, const ens_loss_rows *r, float *g, float *h)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++) {
        float d = r->score[i] - r->y[i];

        g[i] = d * fabsf(d);
        h[i] = 2 * fabsf(d);
    }
}

static void cubic_value(const void *params, const ens_loss_rows *r, double *out)
{
    (void)params;
    for (size_t i = 0; i < r->n; i++)
        out[i] = pow(fabs((double)r->score[i] - r->y[i]), 3) / 3;
}

static const ens_param no_params[] = {ENS_PARAM_LAST};

static const ens_loss_type cubic = {
    .abi = ENS_EXT_ABI,
    .name = "cubic",
    .help = "the cube of the error",
    .caps = ENS_LOSS_REGRESSES | ENS_LOSS_SHIFTS,
    .params = no_params,
    .params_size = 1,
    .gradient = cubic_gradient,
    .value = cubic_value,
};

START_TEST(own_losses_are_found)
{
    const float y[] = {0, 0, 3}; /* 2 s^2 = (3 - s)^2 at 3 (sqrt 2 - 1) */
    ens_loss_rows rows = {.n = 3, .k = 1, .y = y, .stride = 3};
    double start;
    ens__loss *loss;
    ens_error err;
    size_t last = 0;

    ck_ok(ens_loss_type_register(&cubic, &err));
    ck_fails(ens_loss_type_register(&cubic, &err), ENS_EINVAL,
             "there is already a loss called `cubic`");
    while (ens_loss_name(last + 1) != NULL)
        last++;
    ck_assert_str_eq(ens_loss_name(last), "cubic");
    ck_assert_str_eq(ens_loss_help(last), "the cube of the error");
    ck_ok(ens__loss_new(&loss, "cubic", ENS_TASK_REGRESSION, 0, &err));
    ck_ok(ens__loss_start(&start, loss, &rows, &err));
    ck_assert(fabs(start - 3 * (sqrt(2) - 1)) < 1e-6);
    ens__loss_free(loss);
}
END_TEST

START_TEST(malformed_types_are_refused)
{
    ens_loss_type type = cubic;
    ens_error err;

    ck_fails(ens_loss_type_register(NULL, &err), ENS_EINVAL, "loss type of interface 0");
    type.abi = 0;
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL,
             "interface 0, this library");
    type = cubic;
    type.name = "Upper";
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL, "lower case");
    type.name = "auto";
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL, "already a loss");
    type.name = "squared";
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL, "already a loss");
    type.name = "fresh";
    type.gradient = NULL;
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL, "lacks its help");
    type = cubic;
    type.name = "fresh";
    type.caps |= ENS_LOSS_CLASSIFIES;
    ck_fails(ens_loss_type_register(&type, &err), ENS_EINVAL, "one task");
}
END_TEST

/* Every allocation may fail, with an error and without a leak. */
START_TEST(memory_may_run_out)
{
    const loss_case *c = &loss_cases[_i];
    double value, start[8];
    ens_error err;
    ens__loss *loss;
    ens_status st = ENS_ENOMEM;
    sample s;

    sample_make(&s, c, 50, 1);
    for (long at = 0; at < 1000 && st == ENS_ENOMEM; at++) {
        ens__mem_fail_at(at);
        st = ens__loss_new(&loss, c->line,
                           c->n_classes > 0 ? ENS_TASK_CLASSIFICATION
                                            : ENS_TASK_REGRESSION,
                           c->n_classes, &err);
        ens__loss_free(loss);
        if (st == ENS_OK)
            st = ens__loss_start(start, s.loss, &s.rows, &err);
        if (st == ENS_OK)
            st =
                ens__loss_value(&value, s.loss, &s.rows, &(ens_exec){.threads = 1}, &err);
    }
    ens__mem_fail_at(-1);
    ck_assert(st == ENS_OK);
    sample_clear(&s);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, lines_are_checked);
    tcase_add_test(tc, parameters_are_told);
    tcase_add_test(tc, auto_goes_by_the_task);
    tcase_add_test(tc, targets_are_checked);
    tcase_add_test(tc, targets_are_less_an_origin);
    tcase_add_test(tc, groups_are_runs_of_rows);
    tcase_add_test(tc, large_groups_are_refused);
    tcase_add_test(tc, own_losses_are_found);
    tcase_add_test(tc, malformed_types_are_refused);
    tcase_add_loop_test(tc, memory_may_run_out, 0, (int)n_loss_cases);
}

Suite *target_suite(void);
Suite *target_suite(void)
{
    return suite_of("target", add_cases);
}
