/* gbdt.c - the learner `gbdt`: gradient boosting on histogram trees.
 *
 * Friedman (2001), "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, with trees of
 * second order (Chen and Guestrin 2016) on binned values, grown best first (Ke et al. 2017).  Here are its parameters
 * and the fitted state at work. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/bins.h>
#include <ensemble/gbdt.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <math.h>
#include <metric/metric.h>
#include <stdio.h>
#include <string.h>

/* Those of loss quantile. */
#define MOST_QUANTILES 64

#define ROW(field, kind, def, min, max, words, aliases, help)                            \
    ENS_ROW(kind, ens__gbdt_params, field, def, min, max, words, aliases, help)

static const ens_param table[] = {
    ROW(loss, ENS_PARAM_TEXT, "auto", 0, 0, "", "objective",
        "what is minimised; auto: squared, logistic or softmax, as the target asks"),
    ROW(n_estimators, ENS_PARAM_INT, "200", 1, 1e6, "",
        "max_iter,num_iterations,num_boost_round,n_iter,num_trees,iterations",
        "rounds, each of a tree, or one for each class of more than two"),
    ROW(learning_rate, ENS_PARAM_REAL, "0.1", 1e-6, 10, "", "eta,shrinkage_rate",
        "what each tree's values are multiplied by"),
    ROW(max_leaf_nodes, ENS_PARAM_INT, "31", 2, 1e9, "none", "num_leaves,max_leaves",
        "leaves of a tree, at most"),
    ROW(max_depth, ENS_PARAM_INT, "none", 1, 1e6, "none", "",
        "splits on the way to a leaf, at most"),
    ROW(grow_policy, ENS_PARAM_WORD, "lossguide", 0, 0, "lossguide,depthwise", "",
        "which leaf is split next: the one that gains most, or all of a depth first"),
    ROW(min_samples_leaf, ENS_PARAM_INT, "20", 1, 1e9, "",
        "min_child_samples,min_data_in_leaf,min_data", "rows a leaf keeps at least"),
    ROW(min_child_weight, ENS_PARAM_REAL, "0.001", 0, 1e300, "",
        "min_sum_hessian_in_leaf,min_sum_hessian", "sum of hessians of a leaf, at least"),
    ROW(reg_alpha, ENS_PARAM_REAL, "0", 0, 1e300, "", "lambda_l1,alpha,l1_regularization",
        "L1 penalty of leaf values"),
    ROW(l2_regularization, ENS_PARAM_REAL, "0", 0, 1e300, "",
        "reg_lambda,lambda_l2,lambda", "L2 penalty of leaf values"),
    ROW(min_split_gain, ENS_PARAM_REAL, "0", 0, 1e300, "", "min_gain_to_split,gamma",
        "decrease of twice the loss that a split needs"),
    ROW(max_bins, ENS_PARAM_INT, "255", 2, 65535, "", "max_bin",
        "bins of a number's values; columns of fewer distinct values lose nothing"),
    ROW(subsample, ENS_PARAM_REAL, "1", 1e-6, 1, "", "bagging_fraction,sample_fraction",
        "part of the rows that each round draws, without replacement"),
    ROW(colsample_bytree, ENS_PARAM_REAL, "1", 1e-6, 1, "", "feature_fraction",
        "part of the features that each tree draws"),
    ROW(colsample_bylevel, ENS_PARAM_REAL, "1", 1e-6, 1, "", "",
        "part of the tree's features that each depth draws"),
    ROW(colsample_bynode, ENS_PARAM_REAL, "1", 1e-6, 1, "",
        "feature_fraction_bynode,max_features",
        "part of the depth's features that each node draws"),
    ROW(class_weight, ENS_PARAM_LIST, "none", 0, 1e12, "none,balanced", "",
        "weights of the classes in their order; balanced: as if all had the same number "
        "of "
        "rows"),
    ROW(min_samples_level, ENS_PARAM_INT, "10", 1, 1e9, "", "",
        "rows of a node that a level needs; others go where missing values go"),
    ROW(max_cat_threshold, ENS_PARAM_INT, "32", 1, 1e9, "", "",
        "levels on the smaller side of a split by a set, at most"),
    ROW(cat_smooth, ENS_PARAM_REAL, "10", 0, 1e300, "", "",
        "added to the hessian of each level where levels are put in order"),
    ROW(cat_l2, ENS_PARAM_REAL, "10", 0, 1e300, "", "",
        "L2 penalty of splits by sets, besides l2_regularization"),
    ROW(n_iter_no_change, ENS_PARAM_INT, "none", 1, 1e6, "none",
        "early_stopping_rounds,early_stopping_round",
        "rounds without a better score on rows held out, or of a validation table, after "
        "which to stop and keep the best; none: all rounds"),
    ROW(validation_fraction, ENS_PARAM_REAL, "0.1", 0.001, 0.9, "", "",
        "part of the rows that is held out for that, of each class alike"),
    ROW(tol, ENS_PARAM_REAL, "0", 0, 1, "", "",
        "of the first score on them: what improves it by less does not count"),
    ROW(scoring, ENS_PARAM_TEXT, "loss", 0, 0, "", "metric,eval_metric",
        "what tells when to stop: loss, or a metric such as roc_auc"),
    ROW(data_sample_strategy, ENS_PARAM_WORD, "bagging", 0, 0, "bagging,goss", "",
        "rows of a round: subsample of them at random, or those of large gradients and "
        "some "
        "that stand for the others"),
    ROW(top_rate, ENS_PARAM_REAL, "0.2", 1e-6, 1, "", "", "goss: part of the largest"),
    ROW(other_rate, ENS_PARAM_REAL, "0.1", 1e-6, 1, "", "",
        "goss: part of all rows that is drawn from the others"),
    ROW(boosting, ENS_PARAM_WORD, "gbdt", 0, 0, "gbdt,dart", "booster,boosting_type",
        "dart: each round leaves some of the trees before out of what it corrects"),
    ROW(drop_rate, ENS_PARAM_REAL, "0.1", 0, 1, "", "rate_drop",
        "dart: chance of a round to be left out"),
    ROW(skip_drop, ENS_PARAM_REAL, "0.5", 0, 1, "", "",
        "dart: chance that a round leaves none out"),
    ROW(max_drop, ENS_PARAM_INT, "50", 1, 1e6, "none", "",
        "dart: rounds left out, at most"),
    ROW(monotonic_cst, ENS_PARAM_LIST, "none", -1, 1, "none",
        "monotone_constraints,monotonic_constraints",
        "of each feature: 1 if the prediction must not fall as it grows, -1 if it must "
        "not "
        "rise, 0 if either"),
    ROW(interaction_cst, ENS_PARAM_TEXT, "", 0, 0, "", "interaction_constraints",
        "groups of features that may meet on the way to a leaf, as \"a, b | c, d\"; the "
        "features of no group are one more"),
    ROW(quantiles, ENS_PARAM_LIST, "none", 0, 1, "none", "",
        "ascending, between 0 and 1: predict these of a number; the prediction is the "
        "one "
        "nearest to the median"),
    ENS_PARAM_LAST,
};

static const ens_list *asks_quantiles(const void *params)
{
    const ens_list *q = &((const ens__gbdt_params *)params)->quantiles;

    return q->v != NULL ? q : NULL;
}

/* Of several quantiles each has trees of its own in a round. */
static ens_status check_quantiles(const ens__gbdt_params *p, ens_error *err)
{
    if (p->quantiles.v == NULL)
        return ENS_OK;
    if (strcmp(p->loss, "auto") != 0)
        return ens__fail(err, ENS_ERANGE, "gbdt.quantiles does not go with loss=%s",
                         p->loss);
    if (p->quantiles.n > MOST_QUANTILES)
        return ens__fail(err, ENS_ERANGE,
                         "gbdt.quantiles: %zu quantiles, the limit is %d", p->quantiles.n,
                         MOST_QUANTILES);
    return ens__check_quantiles(&p->quantiles, "gbdt.quantiles", err);
}

static ens_status check(const void *params, ens_error *err)
{
    const ens__gbdt_params *p = params;
    ens__metric_params of_metric;
    const ens__metric *metric;
    double sum = 0;
    ens_status st;

    for (size_t c = 0; c < p->class_weight.n; c++)
        sum += p->class_weight.v[c];
    if (p->class_weight.v != NULL && !(sum > 0))
        return ens__fail(err, ENS_ERANGE, "gbdt.class_weight is zero for every class");
    for (size_t j = 0; j < p->monotonic_cst.n; j++)
        if (p->monotonic_cst.v[j] != rint(p->monotonic_cst.v[j]))
            return ens__fail(err, ENS_ERANGE,
                             "gbdt.monotonic_cst has %g, expected -1, 0 or 1",
                             p->monotonic_cst.v[j]);
    if (p->boosting == ENS__BOOSTING_DART && p->n_iter_no_change > 0)
        return ens__fail(
            err, ENS_ERANGE,
            "gbdt.n_iter_no_change does not go with boosting=dart, whose later "
            "rounds change the earlier ones");
    if (p->data_sample_strategy == ENS__SAMPLE_GOSS && p->top_rate + p->other_rate > 1)
        return ens__fail(
            err, ENS_ERANGE,
            "gbdt.top_rate = %g and gbdt.other_rate = %g are more than 1 together",
            p->top_rate, p->other_rate);
    if (p->data_sample_strategy == ENS__SAMPLE_GOSS && p->subsample < 1)
        return ens__fail(err, ENS_ERANGE,
                         "gbdt.subsample = %g does not go with data_sample_strategy=goss",
                         p->subsample);
    if (ens__gbdt_metrics(p) == 2 &&
        (st = ens__metric_parse(&metric, &of_metric, p->scoring, err)) != ENS_OK) {
        ens__error_prefix(err, "gbdt.scoring");
        return st;
    }
    if ((st = ens__loss_check_line(p->loss, err)) != ENS_OK) {
        ens__error_prefix(err, "gbdt.loss");
        return st;
    }
    return check_quantiles(p, err);
}

size_t ens__gbdt_metrics(const ens__gbdt_params *p)
{
    return p->scoring == NULL || strcmp(p->scoring, "loss") == 0 ? 1 : 2;
}

static ens_status prepare(const void *params, const ens_fit_args *a, ens_error *err)
{
    return ens__bins_prepare(a->rows.feature, a->rows.p, a->n_table,
                             (unsigned)((const ens__gbdt_params *)params)->max_bins,
                             a->exec, err);
}

/* ---- The fitted state ----------------------------------------------------------------------------------------- */

/* "quantile(levels=[...])" */
static ens_status quantile_line(char **out, const ens_list *q, ens_error *err)
{
    ens__buf b = {0};

    ens__buf_puts(&b, "quantile(levels=[");
    for (size_t i = 0; i < q->n; i++) {
        ens__buf_puts(&b, i > 0 ? ", " : "");
        ens__buf_number(&b, q->v[i]);
    }
    ens__buf_puts(&b, "])");
    return ens__buf_take(out, &b, err);
}

/* The loss, and with several quantiles which of them is the prediction. */
static ens_status make_loss(ens__gbdt *g, const ens__gbdt_params *p, ens_task task,
                            size_t n_classes, ens_error *err)
{
    const ens_list *q = &p->quantiles;
    char *line = NULL;
    ens_status st;

    if (q->v == NULL)
        return ens__loss_new(&g->loss, p->loss, task, n_classes, err);
    if (task != ENS_TASK_REGRESSION)
        return ens__fail(err, ENS_ESUPPORT,
                         "gbdt.quantiles is for regression, but the target has classes");
    if ((g->level = ens__array(q->n, sizeof *g->level)) == NULL)
        return ens__nomem(err);
    memcpy(g->level, q->v, q->n * sizeof *g->level);
    g->n_levels = q->n;
    for (size_t i = 1; i < q->n; i++)
        if (fabs(q->v[i] - 0.5) < fabs(q->v[g->middle] - 0.5))
            g->middle = i;
    if ((st = quantile_line(&line, q, err)) == ENS_OK)
        st = ens__loss_new(&g->loss, line, task, n_classes, err);
    ens__free(line);
    return st;
}

ens_status ens__gbdt_new(ens__gbdt **out, const ens__gbdt_params *p, ens_task task,
                         size_t n_classes, size_t n_rounds, ens_error *err)
{
    ens__gbdt *g = ens__zeros(1, sizeof *g);
    ens_status st;

    *out = NULL;
    if (g == NULL)
        return ens__nomem(err);
    g->unit = 1;
    atomic_init(&g->refs, 1);
    if ((st = make_loss(g, p, task, n_classes, err)) != ENS_OK)
        goto done;
    g->k = g->loss->k;
    if ((g->tree = ens__zeros(n_rounds * g->k, sizeof *g->tree)) == NULL ||
        (g->gain = ens__zeros(n_rounds * g->k, sizeof *g->gain)) == NULL ||
        (g->start = ens__zeros(g->k, sizeof *g->start)) == NULL ||
        (g->form = ens__zeros(g->k, sizeof *g->form)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    *out = g;
    g = NULL;
done:
    ens__gbdt_free(g);
    return st;
}

void ens__gbdt_free(void *state)
{
    ens__gbdt *g = state;
    size_t t;

    if (g == NULL || atomic_fetch_sub(&g->refs, 1) != 1)
        return;
    t = g->base != NULL ? g->base->n_rounds * g->k : 0;
    for (; g->tree != NULL && t < g->n_rounds * g->k; t++)
        ens__tree_free(g->tree[t]);
    ens__gbdt_free(g->base);
    for (size_t c = 0; g->form != NULL && c < g->k; c++)
        ens__trees_free(g->form[c]);
    ens__loss_free(g->loss);
    ens__free(g->tree);
    ens__free(g->gain);
    ens__free(g->start);
    ens__free(g->form);
    ens__free(g->curve);
    ens__free(g->level);
    ens__free(g);
}

ens_status ens__gbdt_pack(ens__gbdt *g, const ens_feature *feature, size_t p,
                          const ens_exec *exec, ens_error *err)
{
    const ens__tree **tree = ens__array(g->n_rounds, sizeof *tree);
    ens__trees_source from = {.tree = tree, .n = g->n_rounds, .feature = feature, .p = p};
    ens_status st = tree != NULL ? ENS_OK : ens__nomem(err);

    for (size_t c = 0; c < g->k && st == ENS_OK; c++) {
        for (size_t r = 0; r < g->n_rounds; r++)
            tree[r] = g->tree[r * g->k + c];
        st = ens__trees_make(&g->form[c], &from, exec, err);
    }
    ens__free(tree);
    return st;
}

/* ---- Predicting ------------------------------------------------------------------------------------------------ */

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Of all quantiles of a block. */
static size_t levels_size(const ens__gbdt *g)
{
    return rounded(ENS_LONG_BLOCK * g->n_levels * sizeof(double));
}

/* Quantiles, scores, those of one class, and what walking needs. */
static size_t scratch_size(const void *state)
{
    const ens__gbdt *g = state;
    size_t most = 0;

    for (size_t c = 0; c < g->k; c++)
        if (g->form[c] != NULL && ens__trees_scratch(g->form[c]) > most)
            most = ens__trees_scratch(g->form[c]);
    return levels_size(g) + rounded(ENS_LONG_BLOCK * g->k * sizeof(double)) +
           rounded(ENS_LONG_BLOCK * sizeof(double)) + rounded(most);
}

/* sum[i]: of the first n trees of score c. */
static void sum_trees(const ens__gbdt *g, size_t c, size_t n, const ens_rows *rows,
                      double *one, double *sum)
{
    memset(sum, 0, rows->n * sizeof *sum);
    for (size_t r = 0; r < n; r++) {
        ens__tree_predict(g->tree[r * g->k + c], rows, one);
        for (size_t i = 0; i < rows->n; i++)
            sum[i] += one[i];
    }
}

size_t ens__gbdt_outputs(const ens__gbdt *g)
{
    return g->n_levels > 0 ? 1 : g->loss->n_outputs;
}

void ens__gbdt_link(const ens__gbdt *g, const double *score, size_t n, double *out)
{
    ens__loss_link(g->loss, g->origin, score, n, out);
    if (g->unit != 1)
        for (size_t i = 0; i < n * g->loss->n_outputs; i++)
            out[i] *= g->unit;
}

void ens__gbdt_choose(const ens__gbdt *g, size_t n, double *out)
{
    for (size_t i = 0; i < n && g->n_levels > 0; i++)
        out[i] = out[i * g->n_levels + g->middle];
}

/* out[n][width] += offset[n] */
static void add_offsets(double *out, const double *offset, size_t n, size_t width)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < width; c++)
            out[i * width + c] += offset[i];
}

/* The first n rounds: out[rows->n][loss->n_outputs]. */
static void predict_all(const ens__gbdt *g, size_t n, const ens_rows *rows,
                        const double *offset, double *out, void *scratch)
{
    bool all = n >= g->n_rounds;
    double *score = scratch;
    double *sum =
        (double *)((char *)scratch + rounded(ENS_LONG_BLOCK * g->k * sizeof *score));
    void *rest = (char *)sum + rounded(ENS_LONG_BLOCK * sizeof *sum);

    for (size_t c = 0; c < g->k; c++) {
        if (all && g->form[c] != NULL)
            ens__trees_predict(g->form[c], rows, sum, rest);
        else
            sum_trees(g, c, all ? g->n_rounds : n, rows, out, sum);
        for (size_t i = 0; i < rows->n; i++)
            score[i * g->k + c] = g->start[c] + sum[i];
    }
    if (offset != NULL && !ens__loss_shifts(g->loss))
        add_offsets(score, offset, rows->n, g->k);
    ens__gbdt_link(g, score, rows->n, out);
    if (offset != NULL && ens__loss_shifts(g->loss))
        add_offsets(out, offset, rows->n, g->loss->n_outputs);
}

/* Where there are several quantiles, all of them stand at the beginning of the scratch. */
static void predict_first(const void *state, size_t n, const ens_rows *rows,
                          const double *offset, double *out, void *scratch)
{
    const ens__gbdt *g = state;
    double *all = scratch;

    if (g->n_levels == 0) {
        predict_all(g, n, rows, offset, out, scratch);
        return;
    }
    predict_all(g, n, rows, offset, all, (char *)scratch + levels_size(g));
    for (size_t i = 0; i < rows->n; i++)
        out[i] = all[i * g->n_levels + g->middle];
}

static void predict(const void *state, const ens_rows *rows, double *out, void *scratch)
{
    predict_first(state, SIZE_MAX, rows, NULL, out, scratch);
}

static size_t n_rounds(const void *state)
{
    return ((const ens__gbdt *)state)->n_rounds;
}

/* Each of q is one of the levels. */
static void quantiles(const void *state, const ens_rows *rows, const double *offset,
                      const ens_list *q, double *out, void *scratch)
{
    const ens__gbdt *g = state;
    double *all = scratch;

    predict_all(g, SIZE_MAX, rows, offset, all, (char *)scratch + levels_size(g));
    for (size_t c = 0, at = 0; c < q->n; c++) {
        while (g->level[at] != q->v[c])
            at++;
        for (size_t i = 0; i < rows->n; i++)
            out[i * q->n + c] = all[i * g->n_levels + at];
    }
}

/* ---- Explaining ------------------------------------------------------------------------------------------------ */

static ens_status importance(const void *state, double *out, ens_error *err)
{
    const ens__gbdt *g = state;
    double total = 0;

    (void)err;
    for (size_t t = 0; t < g->n_rounds * g->k; t++)
        total += g->gain[t];
    for (size_t t = 0; t < g->n_rounds * g->k && total > 0; t++)
        for (size_t i = 0; i < g->tree[t]->n_used; i++)
            out[g->tree[t]->used[i]] += g->gain[t] / total * g->tree[t]->share[i];
    return ENS_OK;
}

/* A dozen points of the learning curve, the last round that was kept among them. */
static ens_status describe_curve(const ens__gbdt *g,
                                 ens_status (*add)(void *ctx, const char *line),
                                 void *ctx)
{
    size_t last = g->n_curve - 1, step = (last + 9) / 10;
    char line[128];
    ens_status st = ENS_OK;

    snprintf(line, sizeof line, "rounds kept: %zu of %zu that were played\n", g->n_rounds,
             last);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    for (size_t r = 0; r <= last && st == ENS_OK; r++) {
        const double *point = g->curve + r * g->n_metrics;

        if (r % (step > 0 ? step : 1) != 0 && r != last && r != g->n_rounds)
            continue;
        if (g->n_metrics == 2)
            snprintf(line, sizeof line, "after round %zu: loss %.6g, score %.6g\n", r,
                     point[0], point[1]);
        else
            snprintf(line, sizeof line, "after round %zu: loss %.6g\n", r, point[0]);
        st = add(ctx, line);
    }
    return st;
}

static ens_status describe(const void *state,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const ens__gbdt *g = state;
    size_t leaves = 0, depth = 0;
    char line[128];
    ens_status st;

    (void)err;
    for (size_t t = 0; t < g->n_rounds * g->k; t++) {
        leaves += ens__tree_leaves(g->tree[t]);
        depth = g->tree[t]->depth > depth ? g->tree[t]->depth : depth;
    }
    snprintf(line, sizeof line, "loss: %s\n", g->loss->type->name);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "rounds: %zu\n", g->n_rounds);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "trees: %zu, of %zu leaves and depth %zu at most\n",
             g->n_rounds * g->k, leaves, depth);
    st = add(ctx, line);
    return st == ENS_OK && g->n_curve > 0 ? describe_curve(g, add, ctx) : st;
}

static size_t bytes(const void *state)
{
    const ens__gbdt *g = state;
    size_t sum = sizeof *g;

    for (size_t t = 0; t < g->n_rounds * g->k; t++)
        sum += ens__tree_bytes(g->tree[t]) + sizeof *g->tree + sizeof *g->gain;
    for (size_t c = 0; c < g->k; c++)
        sum += ens__trees_bytes(g->form[c]);
    return sum;
}

const ens_learner_type ens__gbdt_type = {
    .abi = ENS_EXT_ABI,
    .name = "gbdt",
    .help = "gradient boosting: trees that each correct those before, on binned values",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |
            ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS | ENS_TAKES_LONG_BLOCKS |
            ENS_CHECKPOINTS | ENS_FIXED_QUANTILES | ENS_TAKES_OFFSET,
    .params = table,
    .params_size = sizeof(ens__gbdt_params),
    .check = check,
    .prepare = prepare,
    .fit = ens__gbdt_fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = ens__gbdt_write,
    .read = ens__gbdt_read,
    .free = ens__gbdt_free,
    .importance = importance,
    .describe = describe,
    .bytes = bytes,
    .predict_first = predict_first,
    .n_rounds = n_rounds,
    .extend = ens__gbdt_extend,
    .grows = "n_estimators",
    .asks_quantiles = asks_quantiles,
    .quantiles = quantiles,
    .quantiles_scratch = scratch_size,
};
