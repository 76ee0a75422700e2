/* test_stacking.c - voting and stacking: by hand, nested, and what no row may do for itself. */
#include <config.h>

#include "ensemble/fits.h"
#include "run.h"
#include <core/error.h>
#include <ensemble/stack.h>
#include <learn/model.h>
#include <num/rng.h>
#include <stdio.h>

static ens_error err;

/* ---- Tables ------------------------------------------------------------------------------------------------ */

enum { MOST = 300 };

/* Numbers x0, x1, x2, a target that depends on two of them unless it is noise, a group and a mark; w is 1, 2, 3, ... */
typedef struct kind {
    ens_task task;
    bool noise, groups, weights;
    unsigned index;
} kind;

static ens_dataset *table(size_t n, kind k)
{
    double x[3][MOST], y[MOST], g[MOST], w[MOST], mark[MOST];
    ens_column column[7] = {{.name = "x0", .x = x[0]},
                            {.name = "x1", .x = x[1]},
                            {.name = "x2", .x = x[2]},
                            {.name = "y", .role = ENS_TARGET, .x = y},
                            {.name = "mark", .role = ENS_IGNORE, .x = mark}};
    size_t m = 5;
    ens_dataset *data;
    ens__stream s;

    ens__stream_init(&s, 8, ENS__FOR_TEST, k.index);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 3; j++)
            x[j][i] = ens__stream_uniform(&s);
        y[i] = k.noise ? ens__stream_uniform(&s)
                       : x[0][i] * 2 + (x[1][i] > 0.5) + 0.3 * ens__stream_gaussian(&s);
        if (k.task == ENS_TASK_CLASSIFICATION)
            y[i] = k.noise ? y[i] > 0.5 : (y[i] > 1.2) + (y[i] > 2.1);
        g[i] = (double)(i % 17);
        w[i] = (double)(1 + i % 3);
        mark[i] = (double)(i % 3);
    }
    if (k.groups)
        column[m++] = (ens_column){.name = "g", .role = ENS_GROUP, .x = g};
    if (k.weights)
        column[m++] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = w};
    ck_ok(ens_dataset_from_columns(&data, column, m, n, k.task, &err));
    return data;
}

static const ens__stack *state_of(const ens_model *m)
{
    return m->root.state;
}

static void same_predictions(const char *a, const char *b, const ens_dataset *data, double tol)
{
    ens_model *ma = fit(a, data), *mb = fit(b, data);
    double *pa = predict(ma, data), *pb = predict(mb, data);

    for (size_t i = 0; i < ens_dataset_n(data) * ens_model_k(ma); i++)
        ck_assert_msg(fabs(pa[i] - pb[i]) <= tol, "%s and %s differ at %zu: %g, %g", a, b, i, pa[i], pb[i]);
    free(pa);
    free(pb);
    ens_model_free(ma);
    ens_model_free(mb);
}

/* Every row of a model's predictions is this. */
static void predicts(const char *recipe, const ens_dataset *data, double want)
{
    ens_model *m = fit(recipe, data);
    double *out = predict(m, data);

    for (size_t i = 0; i < ens_dataset_n(data); i++)
        ck_assert_msg(fabs(out[i] - want) < 1e-12, "%s predicts %g, not %g", recipe, out[i], want);
    free(out);
    ens_model_free(m);
}

/* ---- Voting ------------------------------------------------------------------------------------------------- */

#define CONSTANT(c) "dummy(strategy=constant, constant=" c ")"
#define THREE CONSTANT("1") ", " CONSTANT("2") ", " CONSTANT("6")

START_TEST(means_and_medians_by_hand)
{
    ens_dataset *data = table(20, (kind){.task = ENS_TASK_REGRESSION});

    predicts("voting(" THREE ")", data, 3);
    predicts("voting(" THREE ", weights=[1, 1, 4])", data, 4.5);
    predicts("voting(" THREE ", voting=median)", data, 2);
    predicts("voting(" THREE ", voting=median, weights=[1, 1, 4])", data, 6);
    predicts("voting(" THREE ", voting=median, weights=[1, 1, 2])", data, 4); /* half-way between 2 and 6 */
    predicts("voting(" THREE ", voting=mean, weights=[0, 0, 1])", data, 6);
    predicts("voting(" CONSTANT("1") ", " CONSTANT("2") ", voting=median)", data, 1.5);
    predicts("voting(" CONSTANT("1") ", " CONSTANT("2") ", " CONSTANT("1") ")", data, 4.0 / 3);
    ens_dataset_free(data);
}
END_TEST

START_TEST(hard_votes_count_the_most_probable_class)
{
    static const char *const member[] = {"tree(max_depth=1)", "naive_bayes", "tree(max_depth=3)"};
    static const double weight[] = {0.25, 0.25, 0.5};
    ens_dataset *data = table(100, (kind){.task = ENS_TASK_CLASSIFICATION});
    ens_model *soft = fit("voting(tree(max_depth=1), naive_bayes, tree(max_depth=3), weights=[1, 1, 2])", data);
    ens_model *hard =
        fit("voting(tree(max_depth=1), naive_bayes, tree(max_depth=3), weights=[1, 1, 2], voting=hard)", data);
    double *s = predict(soft, data), *h = predict(hard, data), mean[300] = {0}, votes[300] = {0};

    for (uint64_t m = 0; m < 3; m++) {
        ens_model *one = fit_with(member[m], data, ens_seed(1, ENS__FOR_MEMBER, m), NULL);
        double *p = predict(one, data);

        for (size_t i = 0; i < 300; i++)
            mean[i] += weight[m] * p[i];
        for (size_t i = 0; i < 100; i++)
            votes[i * 3 + ens_argmax(p + i * 3, 3)] += weight[m];
        free(p);
        ens_model_free(one);
    }
    for (size_t i = 0; i < 300; i++) {
        ck_assert_double_eq_tol(s[i], mean[i], 1e-15);
        ck_assert_double_eq(h[i], votes[i]);
    }
    free(s);
    free(h);
    ens_model_free(soft);
    ens_model_free(hard);
    ens_dataset_free(data);
}
END_TEST

/* ---- Stacking by hand --------------------------------------------------------------------------------------- */

static ens_dataset *four(void)
{
    static const double x[] = {0, 1, 2, 3}, y[] = {0, 0, 4, 4};
    ens_dataset *data;

    ck_ok(ens_dataset_from_matrix(&data, x, 4, 1, y, ENS_TASK_REGRESSION, &err));
    return data;
}

START_TEST(a_stack_of_four_rows_by_hand)
{
    /* Two folds, in order: the mean of the other fold is 4 for rows 0 and 1, and 0 for the others, as wrong as can be.
     * Least squares would weigh it -1 and the constant 2 by 2; without negative weights it gets none, and 2 gets
     * sum 2 y / sum 2^2 = 1. Its loss is 4, that of the mean 16. Errors are -4, -4, 4, 4 and -2, -2, 2, 2. */
    ens_dataset *data = four();
    ens_model *m = fit("stacking(dummy, " CONSTANT("2") ", cv=kfold(2, shuffle=false))", data);
    const ens__stack *s = state_of(m);
    double *out = predict(m, data);

    ck_assert_uint_eq(s->n, 1);
    ck_assert_uint_eq(s->which[0], 1);
    ck_assert_double_eq_tol(s->weight[0], 1, 1e-15);
    ck_assert_double_eq(s->report.score[0], 16);
    ck_assert_double_eq(s->report.score[1], 4);
    ck_assert_double_eq(s->report.ensemble, 4);
    ck_assert_double_eq(s->report.without[0], 4);
    ck_assert_double_eq_tol(s->report.correlation[1], 1, 1e-15);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[i], 2, 1e-15);
    free(out);
    ens_model_free(m);
    /* A learner may weigh them as it likes: y = 4 - mean. Fitted again on all rows, the mean is 2, and so is 4 - 2. */
    m = fit("stacking(dummy, " CONSTANT("2") ", cv=kfold(2, shuffle=false), final_estimator=linear)", data);
    out = predict(m, data);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[i], 2, 1e-12);
    free(out);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(members_of_the_folds_may_be_kept)
{
    /* The mean of the folds' means, 4 and 0, is 2; the weight of a wrong member alone is 0 by least squares, so it is
     * kept for want of a better one, by its loss. */
    ens_dataset *data = four();
    ens_model *m = fit("stacking(dummy, cv=kfold(2, shuffle=false), refit=false)", data);
    const ens__stack *s = state_of(m);

    ck_assert_uint_eq(s->n_each, 2);
    ck_assert_uint_eq(s->n_folds, 2);
    ck_assert_double_eq(s->weight[0], 0.5);
    predicts("stacking(dummy, cv=kfold(2, shuffle=false), refit=false)", data, 2);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

START_TEST(a_member_that_memorises_gets_no_weight)
{
    /* The target is noise, and a full tree knows it by heart: on rows it was fitted on it would be perfect. */
    ens_dataset *data = table(200, (kind){.task = _i ? ENS_TASK_REGRESSION : ENS_TASK_CLASSIFICATION, .noise = true});
    ens_model *m = fit("stacking(tree, dummy, cv=10)", data), *tree = fit("tree", data);
    const ens__stack *s = state_of(m);
    double *out = predict(tree, data), dummy = 0, all = 0;

    for (size_t i = 0; i < 200; i++)
        ck_assert_double_eq_tol(_i ? out[i] : out[i * 2 + 1], ens_dataset_y(data, i), 1e-9);
    for (size_t i = 0; i < s->n; i++) {
        dummy += s->which[i] == 1 ? s->weight[i] : 0;
        all += s->weight[i];
    }
    ck_assert_msg(dummy > 0.85 * all, "the tree has %g of %g", all - dummy, all);
    free(out);
    ens_model_free(m);
    ens_model_free(tree);
    ens_dataset_free(data);
}
END_TEST

START_TEST(never_worse_than_the_best_member_on_unseen_rows)
{
    static const char *const recipe[] = {"stacking(tree, naive_bayes, dummy, cv=4)",
                                         "stacking(tree(max_depth=2), tree, forest(n_estimators=3), cv=3)",
                                         "stacking(tree, dummy, cv=stratified(3, repeats=2))",
                                         "stacking(dummy, naive_bayes, cv=holdout(0.4))"};
    static const char *const numbers[] = {"stacking(tree, linear, dummy, cv=4)",
                                          "stacking(tree(max_depth=2), tree, forest(n_estimators=3), cv=3)",
                                          "stacking(tree, dummy, cv=kfold(3, repeats=2))",
                                          "stacking(dummy, linear, cv=time(4))"};
    bool classes = _i % 2 == 0;
    kind k = {.task = classes ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
              .noise = _i / 8 % 2,
              .weights = _i % 3 == 0 && !strstr(numbers[_i / 2 % 4], "time"),
              .index = (unsigned)_i};
    ens_dataset *data = table(120, k);
    ens_model *m = fit((classes ? recipe : numbers)[_i / 2 % 4], data);
    const ens__stack_report *r = &state_of(m)->report;

    for (size_t u = 0; u < r->n; u++)
        ck_assert_msg(r->ensemble <= r->score[u], "%.17g, member %zu has %.17g", r->ensemble, u, r->score[u]);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

/* ---- Nesting ------------------------------------------------------------------------------------------------ */

START_TEST(nested_recipes_are_what_they_say)
{
    static const char *const pair[][2] = {
        {"stacking(tree(max_depth=3), dummy, layers=2)",
         ("stacking(tree(max_depth=3), dummy, passthrough=true, "
          "final_estimator=\"stacking(tree(max_depth=3), dummy)\")")},
        {"stacking(tree(max_depth=3), dummy, layers=3)",
         ("stacking(tree(max_depth=3), dummy, passthrough=true, "
          "final_estimator=\"stacking(tree(max_depth=3), dummy, layers=2)\")")},
        {"stacking(tree(max_depth=2))", "voting(tree(max_depth=2))"},
        {"stacking(tree(max_depth=2), dummy, dummy)", "stacking(tree(max_depth=2), dummy)"},
        {"stacking(tree(max_depth=2), dummy, cv=5)", "stacking(tree(max_depth=2), dummy, cv=folds(n_splits=5))"},
        {"stacking(tree(max_depth=2), final_estimator=tree)", "stacking(tree(max_depth=2), final_estimator=\"tree\")"},
    };

    for (size_t t = 0; t < 2; t++) {
        /* of numbers the weight of one member need not be 1 */
        ens_dataset *data = table(90, (kind){.task = t == 0 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION});

        if (t == 0 || _i != 2)
            same_predictions(pair[_i][0], pair[_i][1], data, 0);
        ens_dataset_free(data);
    }
}
END_TEST

START_TEST(a_final_learner_sees_predictions_and_features)
{
    /* The member knows nothing; only with the features beside it can the final learner be any good. */
    ens_dataset *data = table(200, (kind){.task = ENS_TASK_REGRESSION});
    ens_model *blind = fit("stacking(dummy, final_estimator=linear)", data);
    ens_model *seeing = fit("stacking(dummy, final_estimator=linear, passthrough=true)", data);
    ens_model *alone = fit("linear", data);
    ens_score *score[3];
    size_t n[3];

    ck_ok(ens_model_evaluate(&score[0], &n[0], blind, data, "r2", NULL, &err));
    ck_ok(ens_model_evaluate(&score[1], &n[1], seeing, data, "r2", NULL, &err));
    ck_ok(ens_model_evaluate(&score[2], &n[2], alone, data, "r2", NULL, &err));
    ck_assert_double_lt(score[0][0].value, 0.1);
    ck_assert_double_gt(score[1][0].value, score[2][0].value - 0.02);
    ck_assert_double_gt(score[2][0].value, 0.7);
    for (size_t i = 0; i < 3; i++)
        ens_scores_free(score[i], n[i]);
    ens_model_free(blind);
    ens_model_free(seeing);
    ens_model_free(alone);
    ens_dataset_free(data);
}
END_TEST

START_TEST(labels_alone_may_be_stacked)
{
    /* A tree on labels has at most one leaf a label. */
    ens_dataset *data = table(200, (kind){.task = ENS_TASK_CLASSIFICATION});
    ens_model *m = fit("stacking(tree, final_estimator=tree, stack_method=predict)", data);
    double *out = predict(m, data), seen[8];
    size_t n = 0;

    for (size_t i = 0; i < 200; i++) {
        size_t at = 0;

        while (at < n && seen[at] != out[i * 3])
            at++;
        if (at == n) {
            ck_assert_uint_lt(n, 3);
            seen[n++] = out[i * 3];
        }
    }
    ck_assert_uint_gt(n, 1);
    free(out);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

/* ---- What reaches the folds ---------------------------------------------------------------------------------- */

START_TEST(a_weight_is_worth_as_many_rows)
{
    ens_dataset *plain = table(60, (kind){.task = ENS_TASK_REGRESSION}), *repeated;
    ens_dataset *weighted = table(60, (kind){.task = ENS_TASK_REGRESSION, .weights = true});
    ens_model *a, *b;
    double *pa, *pb;
    size_t rows[200], n = 0;

    for (size_t i = 0; i < 60; i++)
        for (size_t r = 0; r <= i % 3; r++)
            rows[n++] = i;
    ck_ok(ens_dataset_subset(&repeated, plain, rows, n, &err));
    a = fit("stacking(linear, dummy, final_estimator=linear)", repeated);
    b = fit("stacking(linear, dummy, final_estimator=linear)", weighted);
    pa = predict(a, plain);
    pb = predict(b, plain);
    for (size_t i = 0; i < 60; i++)
        ck_assert_double_eq_tol(pa[i], pb[i], 1e-9); /* sums in another order */
    free(pa);
    free(pb);
    ens_model_free(a);
    ens_model_free(b);
    ens_dataset_free(repeated);
    ens_dataset_free(plain);
    ens_dataset_free(weighted);
}
END_TEST

/* `whole` fails unless the rows of its fit are whole groups of 17, and predicts 0. */
typedef struct whole_params {
    int parts; /* else it fails where a group is whole */
} whole_params;

static const ens_param whole_table[] = {
    ENS_ROW(ENS_PARAM_BOOL, whole_params, parts, "false", 0, 1, "", "", "fail in the first fold"),
    ENS_PARAM_LAST};

static ens_status whole_fit(void **out, const void *params, const ens_fit_args *a, ens_error *e)
{
    size_t have[17] = {0};

    for (size_t i = 0; i < a->rows.n; i++)
        have[a->group != NULL ? a->group[a->rows.row[i]] : a->rows.row[i] % 17]++;
    if (((const whole_params *)params)->parts && a->rows.n < 102)
        return ens__fail(e, ENS_EDATA, "%zu rows", a->rows.n);
    for (size_t q = 0; q < 17; q++)
        if (!((const whole_params *)params)->parts && have[q] != 0 && have[q] != 6)
            return ens__fail(e, ENS_EDATA, "group %zu has %zu rows", q, have[q]);
    *out = calloc(1, 1);
    return ENS_OK;
}

static void whole_predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    (void)fitted;
    (void)scratch;
    memset(out, 0, rows->n * sizeof *out);
}

static ens_status whole_write(const void *fitted, ens_writer *w, ens_error *e)
{
    return ens_writer_array(w, "nothing", ENS_U8, 1, (size_t[]){1}, fitted, e);
}

static ens_status whole_read(void **out, const ens_read_args *a, ens_error *e)
{
    (void)out;
    return ens_reader_bad(a->reader, e, "not to be read");
}

static const ens_learner_type whole_type = {
    .abi = ENS_EXT_ABI,
    .name = "whole",
    .help = "fails where a group is in parts",
    .caps = ENS_REGRESSES | ENS_TAKES_NUMBERS,
    .params = whole_table,
    .params_size = sizeof(whole_params),
    .fit = whole_fit,
    .predict = whole_predict,
    .write = whole_write,
    .read = whole_read,
    .free = free,
};

START_TEST(groups_stay_whole_in_folds)
{
    ens_dataset *with = table(102, (kind){.task = ENS_TASK_REGRESSION, .groups = true});
    ens_dataset *without = table(102, (kind){.task = ENS_TASK_REGRESSION});
    ens_model *m;

    m = fit("stacking(whole, tree)", with);
    ens_model_free(m);
    m = fit("stacking(standardize | whole, tree)", with);
    ens_model_free(m);
    fit_fails("stacking(tree, whole)", without, ENS_EDATA, "member 2, whole, fold ");
    /* A member that fails in folds may be left out, if that is asked for. */
    fit_fails("stacking(whole(parts=true), tree)", without, ENS_EDATA, "member 1, whole, fold 1: ");
    m = fit("stacking(whole(parts=true), tree, drop_failed=true)", without);
    ck_assert_uint_eq(state_of(m)->n, 1);
    ck_assert_uint_eq(state_of(m)->which[0], 1);
    ck_assert(isnan(state_of(m)->report.score[0]));
    ens_model_free(m);
    m = fit("stacking(whole(parts=true), tree, drop_failed=true, final_estimator=linear)", without);
    ck_assert_uint_eq(state_of(m)->n, 1);
    ens_model_free(m);
    fit_fails("stacking(whole(parts=true), drop_failed=true)", without, ENS_EDATA, "member 1, whole, fold 1: ");
    ens_dataset_free(with);
    ens_dataset_free(without);
}
END_TEST

START_TEST(a_column_tells_the_folds_also_after_transforms)
{
    ens_dataset *data = table(90, (kind){.task = ENS_TASK_REGRESSION}), *view;
    ens_model *m = fit("stacking(linear, tree, cv=predefined(mark))", data);
    size_t rows[50];

    ck_assert_uint_eq(state_of(m)->n_folds, 3);
    ens_model_free(m);
    for (size_t i = 0; i < 50; i++)
        rows[i] = 89 - i;
    ck_ok(ens_dataset_subset(&view, data, rows, 50, &err));
    same_predictions("minmax | stacking(linear, tree, cv=predefined(mark))",
                     "minmax | standardize | stacking(linear, tree, cv=predefined(mark))", view, 1e-9);
    ens_dataset_free(view);
    ens_dataset_free(data);
}
END_TEST

/* ---- Bad input ------------------------------------------------------------------------------------------------ */

START_TEST(bad_recipes_are_refused)
{
    static const struct {
        const char *recipe;
        ens_status st;
        const char *text;
    } bad[] = {
        {"stacking", ENS_EPARSE, "needs 1 member"},
        {"stacking(tree, cv=1)", ENS_ERANGE, "stacking.cv: folds.n_splits = 1"},
        {"stacking(tree, cv=kfolds)", ENS_ENAME, "stacking.cv: no fold plan"},
        {"stacking(tree, final_estimator=fores)", ENS_ENAME, "stacking.final_estimator: column 1: no learner"},
        {"stacking(tree, final_estimator=\"impute\")", ENS_EPARSE, "is a transform"},
        {"stacking(tree, final_estimator=forest(quantiles=[0.5]))", ENS_ERANGE, "quantiles would go nowhere"},
        {"stacking(tree, passthrough=true)", ENS_ERANGE, "stacking.passthrough needs a final_estimator"},
        {"stacking(tree, stack_method=predict)", ENS_ERANGE, "stacking.stack_method needs"},
        {"stacking(tree, layers=0)", ENS_ERANGE, "stacking.layers = 0"},
        {"voting(tree, weights=[0])", ENS_ERANGE, "weights are all zero"},
        {"voting(tree, weights=[-1])", ENS_ERANGE, "voting.weights = -1 is outside"},
        {"voting", ENS_EPARSE, "needs 1 member"},
    };
    ens_learner *l;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_fails(ens_learner_parse(&l, bad[i].recipe, &err), bad[i].st, bad[i].text);
}
END_TEST

START_TEST(what_does_not_suit_the_table_is_refused)
{
    ens_dataset *classes = table(60, (kind){.task = ENS_TASK_CLASSIFICATION});
    ens_dataset *numbers = table(60, (kind){.task = ENS_TASK_REGRESSION});
    ens_dataset *weighted = table(60, (kind){.task = ENS_TASK_REGRESSION, .weights = true});
    ens_dataset *groups = table(60, (kind){.task = ENS_TASK_REGRESSION, .groups = true});

    fit_fails("voting(tree, dummy, weights=[1])", numbers, ENS_ERANGE, "voting.weights are 1 for 2 members");
    fit_fails("voting(tree, voting=hard)", numbers, ENS_ERANGE, "voting.voting = hard is for classification");
    fit_fails("voting(tree, voting=median)", classes, ENS_ERANGE, "voting.voting = median is for regression");
    fit_fails("voting(linear, tree)", classes, ENS_ESUPPORT, "voting is not for classification");
    fit_fails("stacking(tree, cv=61)", numbers, ENS_EINVAL, "stacking.cv: kfold: n_splits = 61 is above the 60 rows");
    fit_fails("stacking(tree, cv=time(3))", groups, ENS_EDATA, "stacking.cv: time: rows");
    fit_fails("stacking(tree, cv=group(3))", numbers, ENS_EINVAL, "no group column");
    fit_fails("stacking(tree, final_estimator=logistic)", numbers, ENS_ESUPPORT,
              "stacking: the final estimator logistic is not for regression");
    fit_fails("stacking(tree, final_estimator=linear)", classes, ENS_ESUPPORT, "linear is not for classification");
    fit_fails("stacking(tree, final_estimator=whole)", weighted, ENS_ESUPPORT, "whole takes no sample weights");
    ens_dataset_free(classes);
    ens_dataset_free(numbers);
    ens_dataset_free(weighted);
    ens_dataset_free(groups);
}
END_TEST

static void know_whole(void)
{
    if (ens_learner_type_help("whole") == NULL)
        ck_ok(ens_learner_type_register(&whole_type, &err));
}

static void add(TCase *tc)
{
    tcase_add_test(tc, means_and_medians_by_hand);
    tcase_add_test(tc, hard_votes_count_the_most_probable_class);
    tcase_add_test(tc, a_stack_of_four_rows_by_hand);
    tcase_add_test(tc, members_of_the_folds_may_be_kept);
    tcase_add_loop_test(tc, a_member_that_memorises_gets_no_weight, 0, 2);
    tcase_add_loop_test(tc, never_worse_than_the_best_member_on_unseen_rows, 0, 32);
    tcase_add_loop_test(tc, nested_recipes_are_what_they_say, 0, 6);
    tcase_add_test(tc, a_final_learner_sees_predictions_and_features);
    tcase_add_test(tc, labels_alone_may_be_stacked);
    tcase_add_test(tc, a_weight_is_worth_as_many_rows);
    tcase_add_test(tc, a_column_tells_the_folds_also_after_transforms);
    tcase_add_test(tc, bad_recipes_are_refused);
    tcase_add_checked_fixture(tc, know_whole, NULL);
    tcase_add_test(tc, groups_stay_whole_in_folds);
    tcase_add_test(tc, what_does_not_suit_the_table_is_refused);
}

Suite *stacking_suite(void);

Suite *stacking_suite(void)
{
    return suite_of("stacking", add);
}
