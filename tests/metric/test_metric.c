/* test_metric.c - metrics by hand, their errors, the confusion matrix and bootstrap intervals. */
#include <config.h>

#include <core/mem.h>
#include <ensemble/ext.h>
#include <float.h>
#include <num/rng.h>

#include "run.h"

static ens_error err;

static double metric(const char *name, const ens_eval *e)
{
    double v;

    ck_ok(ens_metric(&v, name, e, &err));
    return v;
}

/* Worked by hand in doubles that are exact, or rounded once or twice. */
#define ck_is(got, want) ck_assert_double_eq_tol(got, want, 4 * DBL_EPSILON)

static const double half[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
static const int32_t label4[] = {0, 1, 0, 1};

static ens_eval classes(size_t n, size_t k, const int32_t *label, const double *pred)
{
    return (ens_eval){ENS_TASK_CLASSIFICATION, n, k, label, NULL, pred, NULL, NULL};
}

static ens_eval numbers(size_t n, const double *y, const double *pred)
{
    return (ens_eval){ENS_TASK_REGRESSION, n, 1, NULL, y, pred, NULL, NULL};
}

START_TEST(auc_counts_ties_as_half)
{
    /* scores of class 1: 0.2 (0), 0.4 (1), 0.4 (0), 0.9 (1): of four pairs three are right and one is a tie */
    static const double pred[] = {0.8, 0.2, 0.6, 0.4, 0.6, 0.4, 0.1, 0.9};
    ens_eval e = classes(4, 2, label4, pred), tied = classes(4, 2, label4, half);

    ck_is(metric("roc_auc", &e), 3.5 / 4);
    ck_is(metric("roc_auc", &tied), 0.5);
    ck_is(metric("average_precision", &tied), 0.5);
    /* recall 1/2 at precision 1, then 1 at 2/3 */
    ck_is(metric("average_precision", &e), 0.5 + 0.5 * 2 / 3);
}
END_TEST

START_TEST(a_weight_of_two_is_a_row_twice)
{
    static const int32_t label[] = {0, 1, 2, 1, 1, 0}, twice[] = {0, 1, 2, 2, 1, 1, 1, 0};
    static const double pred[] = {.5, .3, .2, .1, .6, .3, .2, .5, .3,
                                  .4, .4, .2, .2, .7, .1, .3, .3, .4};
    static const double more[] = {.5, .3, .2, .1, .6, .3, .2, .5, .3, .2, .5, .3,
                                  .4, .4, .2, .4, .4, .2, .2, .7, .1, .3, .3, .4};
    static const double w[] = {1, 1, 2, 2, 1, 1};
    ens_eval e = classes(6, 3, label, pred), m = classes(8, 3, twice, more);

    e.w = w;
    for (size_t i = 0; ens_metric_name(i) != NULL; i++) {
        double a, b;

        if (ens_metric(&a, ens_metric_name(i), &e, &err) == ENS_EINVAL)
            continue; /* of numbers */
        ck_ok(ens_metric(&b, ens_metric_name(i), &m, &err));
        ck_assert_msg(fabs(a - b) < 1e-14, "%s: %.17g and %.17g", ens_metric_name(i), a,
                      b);
    }
}
END_TEST

START_TEST(the_confusion_matrix_has_the_truth_in_rows)
{
    static const int32_t label[] = {0, 1, 1, 0, -1};
    static const double pred[] = {.9, .1, .8, .2, .3, .7, .5, .5, .1, .9};
    static const double w[] = {1, 2, 4, 8, 16};
    ens_eval e = classes(5, 2, label, pred);
    double out[4];

    ck_ok(ens_confusion_matrix(out, &e, &err));
    ck_assert(out[0] == 2 && out[1] == 0 && out[2] == 1 &&
              out[3] == 1); /* the first of equals wins */
    e.w = w;
    ck_ok(ens_confusion_matrix(out, &e, &err));
    ck_assert(out[0] == 9 && out[1] == 0 && out[2] == 2 && out[3] == 4);
}
END_TEST

START_TEST(a_class_unknown_to_the_model_is_wrong)
{
    static const int32_t label[] = {0, -1, 1, -1};
    static const double pred[] = {1, 0, 1, 0, 0, 1, 0, 1};
    ens_eval e = classes(4, 2, label, pred);

    ck_is(metric("accuracy", &e), 0.5);
    ck_is(metric("balanced_accuracy", &e), 2.0 / 3);
    ck_is(metric("precision", &e), 0.5);
    ck_is(metric("recall", &e), 1);
    ck_is(metric("brier", &e), 0.25); /* only row 3 says 1 for what is not class 1 */
    /* of probability 0, kept DBL_EPSILON away from it */
    ck_assert_double_eq_tol(metric("log_loss", &e), -log(DBL_EPSILON) / 2, 1e-12);
}
END_TEST

START_TEST(defaults_suit_their_task)
{
    static const double y[] = {1, 2, 4, 8}, pred[] = {1, 3, 3, 6};
    ens_eval e = numbers(4, y, pred);

    ck_is(metric("mse", &e), 1.5);
    ck_is(metric("mae", &e), 1);
    ck_is(metric("median_ae", &e), 1);
    ck_is(metric("mape", &e), 0.25);
    ck_is(metric("pinball", &e), 0.5);
    ck_is(metric("pinball(alpha=1)", &e), 0.75); /* shortfalls alone: 0, 0, 1, 2 */
    ck_is(metric("r2", &e), 1 - 6 / 28.75);
    ck_assert_str_eq(ens_metric_defaults(ENS_TASK_REGRESSION, 1), "rmse,mae,r2");
    ck_assert_ptr_nonnull(
        strstr(ens_metric_defaults(ENS_TASK_CLASSIFICATION, 2), "roc_auc"));
    ck_assert_int_eq(ens_metric_more_is_better("r2"), 1);
    ck_assert_int_eq(ens_metric_more_is_better("pinball(alpha=0.9)"), 0);
    ck_assert_int_eq(ens_metric_more_is_better("r3"), -1);
    for (size_t i = 0; ens_metric_name(i) != NULL; i++)
        ck_assert_ptr_nonnull(ens_metric_help(i));
    ck_assert_ptr_null(ens_metric_help(999));
}
END_TEST

/* ---- Errors --------------------------------------------------------------------------------------------- */

START_TEST(a_bad_metric_line_is_refused)
{
    static const struct {
        const char *line;
        ens_status st;
        const char *text;
    } cases[] = {
        {"acuracy", ENS_ENAME, "did you mean `accuracy`?"},
        {"fbeta(bta=2)", ENS_ENAME, "did you mean `beta`?"},
        {"fbeta(beta=-1)", ENS_ERANGE, "beta = -1"},
        {"f1(average=mean)", ENS_EPARSE, "expected one of auto,binary,"},
        {"f1(", ENS_EPARSE, "column 4"},
        {"f1 f1", ENS_EPARSE, "column 4"},
        {"", ENS_EPARSE, "metric"},
        {NULL, ENS_EINVAL, "the metric is NULL"},
        {"rmse", ENS_EINVAL, "metric rmse is for regression"},
    };
    ens_eval e = classes(4, 2, label4, half);
    double v;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_fails(ens_metric(&v, cases[i].line, &e, &err), cases[i].st, cases[i].text);
}
END_TEST

START_TEST(bad_rows_are_refused)
{
    static const double nan_pred[] = {.5, .5, NAN, .5}, negative[] = {1, -1, 1, 1},
                        zero[4];
    static const int32_t high[] = {0, 2, 0, 1}, one[] = {1, 1, 1, 1};
    ens_eval e = classes(2, 2, label4, nan_pred);
    double v;

    ck_fails(ens_metric(&v, "accuracy", &e, &err), ENS_EDATA,
             "prediction of row 2 is not finite");
    e = classes(0, 2, label4, half);
    ck_fails(ens_metric(&v, "accuracy", &e, &err), ENS_EINVAL, "no rows");
    e = classes(4, 2, high, half);
    ck_fails(ens_metric(&v, "accuracy", &e, &err), ENS_EINVAL,
             "label 2 of row 2 is outside [-1, 2)");
    e = classes(4, 2, label4, half);
    e.w = negative;
    ck_fails(ens_metric(&v, "accuracy", &e, &err), ENS_EDATA, "weight of row 2 is -1");
    e.w = zero;
    ck_fails(ens_metric(&v, "accuracy", &e, &err), ENS_EDATA, "all weights are zero");
    ck_fails(ens_confusion_matrix(&v, &e, &err), ENS_EDATA, "all weights are zero");
    e = classes(4, 2, one, half);
    ck_fails(ens_metric(&v, "roc_auc", &e, &err), ENS_EDATA,
             "roc_auc is undefined: every row is of class 1");
    e = numbers(1, half, half);
    ck_fails(ens_metric(&v, "r2", &e, &err), ENS_EDATA, "r2 is undefined for one row");
}
END_TEST

START_TEST(averages_that_do_not_suit_are_refused)
{
    static const double third[] = {.2, .3, .5, .2, .5, .3, .6, .2, .2};
    static const int32_t label[] = {0, 1, 2}, same[] = {0, 0};
    static const double sure[] = {1, 0, 1, 0};
    ens_eval e = classes(3, 3, label, third);
    double v;

    ck_fails(ens_metric(&v, "f1(average=binary)", &e, &err), ENS_EINVAL,
             "two classes, not 3");
    ck_fails(ens_metric(&v, "roc_auc(average=micro)", &e, &err), ENS_EINVAL,
             "macro or weighted");
    e = classes(2, 2, same, sure);
    ck_fails(ens_metric(&v, "kappa", &e, &err), ENS_EDATA, "one class");
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    static const char *const lines[] = {
        "accuracy", "f1", "mcc", "kappa", "roc_auc", "average_precision", "brier"};
    ens_eval e = classes(4, 2, label4, half), f = numbers(4, half, half);
    double v, w;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (long k = 0;; k++) {
            ens_status st;

            ens__mem_fail_at(k);
            st = ens_metric(&v, lines[i], &e, &err);
            ens__mem_fail_at(-1);
            if (st != ENS_ENOMEM) {
                ck_assert_msg(st == ENS_OK || (st == ENS_EDATA && k > 0), "%s: %s",
                              lines[i], err.message);
                break;
            }
        }
    ens__mem_fail_at(0);
    ck_assert_int_eq(ens_metric(&v, "median_ae", &f, &err), ENS_ENOMEM);
    for (long k = 0; k < 3; k++) {
        ens__mem_fail_at(k);
        ck_assert_int_eq(ens_metric_interval(&v, &w, "mse", &f, 0.9, 20, 1, NULL, &err),
                         ENS_ENOMEM);
    }
    ens__mem_fail_at(-1);
}
END_TEST

/* ---- Intervals ------------------------------------------------------------------------------------------- */

START_TEST(threads_change_no_interval)
{
    enum { N = 200 };
    double y[N] = {0}, pred[N] = {0}, low[3], high[3];
    ens_eval e = numbers(N, y, pred);
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        y[i] = ens__stream_gaussian(&s);
        pred[i] = y[i] + ens__stream_gaussian(&s);
    }
    for (size_t i = 0; i < 3; i++)
        ck_ok(ens_metric_interval(&low[i], &high[i], "mae", &e, 0.9, 101, 3,
                                  &(ens_exec){.threads = (unsigned)(2 * i + 1)}, &err));
    ck_assert(low[0] < high[0]);
    ck_assert(low[0] == low[1] && low[0] == low[2] && high[0] == high[1] &&
              high[0] == high[2]);
}
END_TEST

/* Of 200 samples of 60 rows, the 90 percent interval of the accuracy has the true one, 0.7, in about 180: outside
 * 160 .. 195 a binomial count of 0.87 (what the percentile interval reaches at 60 rows) comes once in 1000. */
START_TEST(intervals_cover_as_often_as_they_say)
{
    enum { N = 60, SAMPLES = 200 };
    int32_t label[N] = {0};
    double pred[2 * N] = {0}, low, high;
    ens_eval e = classes(N, 2, label, pred);
    ens__stream s;
    int covered = 0;

    ens__stream_init(&s, 2, ENS__FOR_TEST, 0);
    for (int sample = 0; sample < SAMPLES; sample++) {
        for (size_t i = 0; i < N; i++) {
            label[i] = (int32_t)ens__stream_below(&s, 2);
            pred[2 * i + 1] =
                (label[i] == 1) == (ens__stream_uniform(&s) < 0.7) ? 0.9 : 0.1;
            pred[2 * i] = 1 - pred[2 * i + 1];
        }
        ck_ok(ens_metric_interval(&low, &high, "accuracy", &e, 0.9, 200, 4, NULL, &err));
        covered += low <= 0.7 && 0.7 <= high;
    }
    ck_assert_int_ge(covered, 160);
    ck_assert_int_le(covered, 195);
}
END_TEST

START_TEST(a_wider_level_gives_a_wider_interval)
{
    static const double y[] = {1, 2, 3, 4, 5, 6, 7, 8}, pred[] = {1, 3, 2, 4, 9, 6, 6, 8};
    ens_eval e = numbers(8, y, pred);
    double low[2], high[2], v;

    ck_ok(ens_metric_interval(&low[0], &high[0], "rmse", &e, 0.5, 500, 1, NULL, &err));
    ck_ok(ens_metric_interval(&low[1], &high[1], "rmse", &e, 0.99, 500, 1, NULL, &err));
    v = metric("rmse", &e);
    ck_assert(low[1] < low[0] && low[0] < v && v < high[0] && high[0] < high[1]);
}
END_TEST

/* One row of class 1 in ten: every third resample or so is without it. */
START_TEST(resamples_without_a_score_are_left_out)
{
    static const int32_t label[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, none[10];
    double pred[20] = {0}, low, high;
    ens_eval e = classes(10, 2, label, pred);

    for (size_t i = 0; i < 10; i++) {
        pred[2 * i + 1] = i == 0 ? 0.55 : 0.1 * (double)i;
        pred[2 * i] = 1 - pred[2 * i + 1];
    }
    ck_ok(ens_metric_interval(&low, &high, "roc_auc", &e, 0.9, 100, 1, NULL, &err));
    ck_assert(low >= 0 && low < high && high <= 1);
    e.label = none;
    ck_fails(ens_metric_interval(&low, &high, "roc_auc", &e, 0.9, 100, 1, NULL, &err),
             ENS_EDATA, "0 of 100 resamples");
}
END_TEST

START_TEST(bad_intervals_are_refused)
{
    ens_eval e = classes(4, 2, label4, half);
    double low, high;

    ck_fails(ens_metric_interval(&low, &high, "accuracy", &e, 1, 100, 1, NULL, &err),
             ENS_ERANGE, "level = 1");
    ck_fails(ens_metric_interval(&low, &high, "accuracy", &e, NAN, 100, 1, NULL, &err),
             ENS_ERANGE, "level");
    ck_fails(ens_metric_interval(&low, &high, "accuracy", &e, 0.9, 9, 1, NULL, &err),
             ENS_ERANGE, "9 resamples");
    ck_fails(ens_metric_interval(&low, &high, "accurate", &e, 0.9, 10, 1, NULL, &err),
             ENS_ENAME, "accura");
}
END_TEST

/* ---- Groups --------------------------------------------------------------------------------------------- */

/* Two groups that lie mixed: the first in the worst order, the second in the best. */
static const double rank_y[] = {0, 1, 1, 0}, rank_pred[] = {2, 5, 1, 4};
static const uint32_t rank_group[] = {9, 3, 9, 3};

static ens_eval ranked(void)
{
    return (ens_eval){.task = ENS_TASK_REGRESSION,
                      .n = 4,
                      .k = 1,
                      .y = rank_y,
                      .pred = rank_pred,
                      .group = rank_group};
}

static double score_of(const char *metric, const ens_eval *e)
{
    double out;

    ck_ok(ens_metric(&out, metric, e, &err));
    return out;
}

START_TEST(groups_by_hand)
{
    const double w[] = {3, 1, 1, 1}; /* groups weigh 2 and 1 */
    ens_eval e = ranked();
    double worst = 1 / log2(3);

    ck_assert(fabs(score_of("ndcg", &e) - (1 + worst) / 2) < 1e-15);
    ck_assert(score_of("ndcg@1", &e) == 0.5);
    ck_assert(score_of("ndcg(k=1)", &e) == 0.5);
    ck_assert(score_of("map", &e) == 0.75);
    ck_assert(score_of("map@1", &e) == 0.5);
    e.w = w;
    ck_assert(fabs(score_of("ndcg", &e) - (1 + 2 * worst) / 3) < 1e-15);
    ck_assert_int_eq(ens_metric_more_is_better("ndcg@5(ties=order)"), 1);
}
END_TEST

START_TEST(groups_without_relevant_rows_count_as_told)
{
    const double y[] = {0, 1, 0, 0};
    ens_eval e = ranked();

    e.y = y;
    ck_assert(score_of("ndcg", &e) == 1);
    ck_assert(score_of("ndcg@5(empty=0)", &e) == 0.5);
    ck_assert(score_of("map(empty=0.5)", &e) == 0.75);
}
END_TEST

/* All predictions equal: the mean over both orders, or the order of the table. */
START_TEST(ties_share_their_places)
{
    const double pred[] = {1, 1, 1, 1};
    ens_eval e = ranked();
    double worst = 1 / log2(3);

    e.pred = pred;
    ck_assert(fabs(score_of("ndcg", &e) - (1 + worst) / 2) < 1e-15);
    ck_assert(fabs(score_of("ndcg@1", &e) - 0.5) < 1e-15);
    ck_assert(fabs(score_of("ndcg@1(ties=order)", &e) - 0.5) < 1e-15);
    e.group = NULL;
    ck_fails(ens_metric(&(double){0}, "ndcg", &e, &err), ENS_EINVAL,
             "metric ndcg compares rows within groups: no group column is named");
}
END_TEST

START_TEST(bad_ranks_are_refused)
{
    const double negative[] = {0, 1, -1, 0}, large[] = {0, 1, 65, 0};
    ens_eval e = ranked();
    double out;

    e.y = negative;
    ck_fails(ens_metric(&out, "ndcg", &e, &err), ENS_EDATA,
             "ndcg: the target -1 of row 3 is negative");
    e.y = large;
    ck_fails(ens_metric(&out, "ndcg", &e, &err), ENS_EDATA,
             "ndcg: the target 65 of row 3 is above 64");
    ck_ok(ens_metric(&out, "ndcg(gain=linear)", &e, &err));
    ck_fails(ens_metric(&out, "ndcg@0", &e, &err), ENS_ERANGE, "ndcg.k = 0 is outside");
    ck_fails(ens_metric(&out, "ndcg@", &e, &err), ENS_EPARSE, "ndcg.k");
    ck_fails(ens_metric(&out, "ndcg@x", &e, &err), ENS_EPARSE, "ndcg.k");
    ck_fails(ens_metric(&out, "ndcg@5(k=3)", &e, &err), ENS_EPARSE, "given twice");
    ck_fails(ens_metric(&out, "rmse@5", &e, &err), ENS_ENAME,
             "rmse has no parameter `k`");
}
END_TEST

/* Of two groups with scores 0 and 1, means of two drawn groups are 0, 1/2 and 1. */
START_TEST(intervals_draw_whole_groups)
{
    ens_eval e = ranked();
    double low, high;

    ck_ok(ens_metric_interval(&low, &high, "ndcg@1", &e, 0.9, 200, 1, NULL, &err));
    ck_assert(low == 0 && high == 1);
}
END_TEST

START_TEST(no_memory_for_groups_is_an_error)
{
    ens_eval e = ranked();
    double low, high;
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st == ENS_ENOMEM; k++) {
        ens__mem_fail_at(k);
        st = ens_metric_interval(&low, &high, "ndcg@1", &e, 0.9, 20, 1,
                                 &(ens_exec){.threads = 1}, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_ENOMEM || (st == ENS_OK && k > 6));
    }
}
END_TEST

/* ---- Metrics of the program's own ------------------------------------------------------------------------ */

typedef struct within_params {
    double limit;
} within_params;

static const ens_param within_table[] = {
    ENS_ROW(ENS_PARAM_REAL, within_params, limit, "1", 0, 10, "", "", "largest error"),
    ENS_PARAM_LAST};

static ens_status within(double *out, const void *params, const ens_eval *e,
                         ens_error *why)
{
    double hits = 0;

    (void)why;
    for (size_t i = 0; i < e->n; i++)
        hits += fabs(e->y[i] - e->pred[i]) <= ((const within_params *)params)->limit;
    *out = hits / (double)e->n;
    return ENS_OK;
}

static const ens_metric_type within_type = {
    .abi = ENS_EXT_ABI,
    .name = "within",
    .help = "share of small errors",
    .task = ENS_TASK_REGRESSION,
    .more_is_better = 1,
    .params = within_table,
    .params_size = sizeof(within_params),
    .score = within,
};

START_TEST(own_metrics_are_found)
{
    const double y[] = {0, 0, 0, 0}, pred[] = {0.5, 1, 2, 3};
    ens_eval e = numbers(4, y, pred);
    double low, high;
    size_t last = 0;

    ck_ok(ens_metric_type_register(&within_type, &err));
    ck_assert(score_of("within", &e) == 0.5);
    ck_assert(score_of("within(limit=2)", &e) == 0.75);
    ck_assert_int_eq(ens_metric_more_is_better("within(limit=3)"), 1);
    ck_ok(ens_metric_interval(&low, &high, "within", &e, 0.9, 100, 1, NULL, &err));
    ck_assert(low >= 0 && low <= 0.5 && high >= 0.5 && high <= 1);
    while (ens_metric_name(last + 1) != NULL)
        last++;
    ck_assert_str_eq(ens_metric_name(last), "within");
    ck_assert_str_eq(ens_metric_help(last), "share of small errors");
    ck_fails(ens_metric(&low, "within(limit=11)", &e, &err), ENS_ERANGE,
             "within.limit = 11 is outside [0, 10]");
    ck_fails(ens_metric_type_register(&within_type, &err), ENS_EINVAL,
             "there is already a metric called `within`");
}
END_TEST

START_TEST(malformed_metric_types_are_refused)
{
    static const ens_param text_table[] = {
        ENS_ROW(ENS_PARAM_TEXT, ens_list, v, "", 0, 0, "", "", "a text"), ENS_PARAM_LAST};
    ens_metric_type type = within_type;

    ck_fails(ens_metric_type_register(NULL, &err), ENS_EINVAL, "interface 0");
    type.abi = 1;
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "interface 1, this");
    type = within_type;
    type.name = "not a name";
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "lower case");
    type.name = "rmse";
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "already a metric");
    type.name = "fresh";
    type.score = NULL;
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "lacks its help");
    type.score = within;
    type.task = ENS_TASK_AUTO;
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "lacks its help");
    type.task = ENS_TASK_REGRESSION;
    type.params_size = ENS_METRIC_PARAMS + 1;
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "the limit is 256");
    type.params_size = 4;
    type.params = text_table;
    ck_fails(ens_metric_type_register(&type, &err), ENS_EINVAL, "is a list or a text");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, own_metrics_are_found);
    tcase_add_test(tc, malformed_metric_types_are_refused);
    tcase_add_test(tc, no_memory_for_groups_is_an_error);
    tcase_add_test(tc, groups_by_hand);
    tcase_add_test(tc, groups_without_relevant_rows_count_as_told);
    tcase_add_test(tc, ties_share_their_places);
    tcase_add_test(tc, bad_ranks_are_refused);
    tcase_add_test(tc, intervals_draw_whole_groups);
    tcase_add_test(tc, auc_counts_ties_as_half);
    tcase_add_test(tc, a_weight_of_two_is_a_row_twice);
    tcase_add_test(tc, the_confusion_matrix_has_the_truth_in_rows);
    tcase_add_test(tc, a_class_unknown_to_the_model_is_wrong);
    tcase_add_test(tc, defaults_suit_their_task);
    tcase_add_test(tc, a_bad_metric_line_is_refused);
    tcase_add_test(tc, bad_rows_are_refused);
    tcase_add_test(tc, averages_that_do_not_suit_are_refused);
    tcase_add_test(tc, no_memory_is_an_error);
    tcase_add_test(tc, threads_change_no_interval);
    tcase_add_test(tc, intervals_cover_as_often_as_they_say);
    tcase_add_test(tc, a_wider_level_gives_a_wider_interval);
    tcase_add_test(tc, resamples_without_a_score_are_left_out);
    tcase_add_test(tc, bad_intervals_are_refused);
}

Suite *metric_suite(void);

Suite *metric_suite(void)
{
    return suite_of("metric", add);
}
