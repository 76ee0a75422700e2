/* test_gbdt.c - gbdt: a step worked by hand, a naive exact booster, limits, many rows by many threads, bad input. */
#include <config.h>

#include <core/cpu.h>
#include <ensemble.h>
#include <ensemble/gbdt.h>
#include <learn/model.h>
#include <num/rng.h>
#include <stdio.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

static ens_model *fit_by(const char *recipe, const ens_dataset *d, unsigned threads)
{
    return fit_with(recipe, d, 1, &(ens_exec){.threads = threads});
}

static const ens__gbdt *inside(const ens_model *m)
{
    ck_assert_ptr_eq(m->root.type, &ens__gbdt_type);
    return m->root.state;
}

/* ---- By hand ------------------------------------------------------------------------------------------------ */

static ens_dataset *line(const double *y, size_t n, ens_task task)
{
    ens_dataset *d;
    double x[16];

    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    ck_ok(ens_dataset_from_matrix(&d, x, n, 1, y, task, &err));
    return d;
}

/* The mean is 3, so gradients are 3, 3, -1, -5.  With lambda = 1 the boundaries gain 9/2 + 9/4, 36/3 + 36/3 and
 * 25/4 + 25/2, each less 0: the second is the best, and its leaves are -6/3 and 6/3, of which half is added. */
START_TEST(a_squared_step_by_hand)
{
    const double y[] = {0, 0, 4, 8};
    ens_dataset *d = line(y, 4, ENS_TASK_REGRESSION);
    ens_model *m = fit_by("gbdt(n_estimators=1, learning_rate=0.5, max_leaf_nodes=2, "
                          "min_samples_leaf=1, reg_lambda=1)",
                          d, 1);
    double *out = predict(m, d);

    ck_assert_double_eq_tol(inside(m)->gain[0], 24, 1e-6);
    ck_assert_double_eq(inside(m)->tree[0]->node[0].threshold, 1.5);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[i], i < 2 ? 2 : 4, 1e-6);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* Half are of class 1: scores begin at 0, gradients are 1/2, 1/2, -1/2, -1/2, hessians 1/4; leaves are 1 / (1/2) less
 * alpha = 1/4 of the gradients' sum: 3/4 / (1/2) = 1.5, of which a tenth is added. */
START_TEST(a_logistic_step_by_hand)
{
    const double y[] = {0, 0, 1, 1};
    ens_dataset *d = line(y, 4, ENS_TASK_CLASSIFICATION);
    ens_model *m = fit_by(
        "gbdt(n_estimators=1, min_samples_leaf=1, max_leaf_nodes=2, alpha=0.25)", d, 1);
    double *out = predict(m, d);

    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[2 * i + 1], 1 / (1 + exp(i < 2 ? 0.15 : -0.15)),
                                1e-6);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- By a naive booster ------------------------------------------------------------------------------------- */

enum { N = 90, P = 4, LEVELS = 4, K = 3, LEAVES = 6, ROUNDS = 4, MIN_LEAF = 3 };

/* Two numbers, one of them with gaps, a number of two values and a category with gaps. */
typedef struct table {
    double x[P][N], y[N], w[N];
    size_t k;
    ens_dataset *data;
} table;

static void table_init(table *t, size_t k, bool weights, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    int32_t code[N];
    ens_column c[P + 2] = {{.x = t->x[0]}, {.x = t->x[1]}, {.x = t->x[2]}};
    ens__stream s;

    t->k = k;
    ens__stream_init(&s, seed, ENS__FOR_TEST, k);
    for (size_t i = 0; i < N; i++) {
        t->x[0][i] = ens__stream_uniform(&s);
        t->x[1][i] = i % 5 == 0 ? NAN : ens__stream_uniform(&s);
        t->x[2][i] = ens__stream_below(&s, 2);
        t->x[3][i] = i % 7 == 0 ? NAN : ens__stream_below(&s, LEVELS);
        t->w[i] = weights ? 0.5 + ens__stream_uniform(&s) : 1; /* ties are rare */
        t->y[i] = t->x[0][i] + (isnan(t->x[1][i]) ? 0.7 : t->x[1][i] * t->x[2][i]) +
                  (t->x[3][i] == 2) + 0.5 * ens__stream_uniform(&s);
        if (k > 1)
            t->y[i] = fmin(floor(t->y[i] * (double)k / 3), (double)k - 1);
        code[i] = isnan(t->x[3][i]) ? -1 : (int32_t)t->x[3][i];
    }
    c[3] = (ens_column){.code = code, .levels = names, .n_levels = LEVELS};
    c[4] = (ens_column){.name = "y", .role = ENS_TARGET, .x = t->y};
    c[5] = (ens_column){.name = "w", .role = ENS_WEIGHT, .x = t->w};
    ck_ok(ens_dataset_from_columns(&t->data, c, P + 2, N,
                                   k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                                   &err));
}

/* Scores so far, and the tree that is being grown: the leaf of each row. */
typedef struct naive {
    const table *t;
    size_t k;
    double score[K][N], g[N], h[N];
    int leaf[N];
    double lambda;
} naive;

typedef struct split {
    double gain;
    bool left[N];
} split;

static double part_score(const naive *v, double g, double h)
{
    return g * g / (h + v->lambda);
}

/* A leaf parted in two, if that is better than the best so far. */
static void try_part(split *best, const naive *v, int leaf, const bool *left)
{
    double g[2] = {0}, h[2] = {0}, gain;
    size_t n[2] = {0};

    for (size_t i = 0; i < N; i++)
        if (v->leaf[i] == leaf) {
            g[left[i]] += v->g[i];
            h[left[i]] += v->h[i];
            n[left[i]]++;
        }
    if (n[0] < MIN_LEAF || n[1] < MIN_LEAF)
        return;
    gain = part_score(v, g[0], h[0]) + part_score(v, g[1], h[1]) -
           part_score(v, g[0] + g[1], h[0] + h[1]);
    if (gain > best->gain * (1 + 1e-9) + 1e-9) {
        best->gain = gain;
        memcpy(best->left, left, N * sizeof *left);
    }
}

/* Every threshold of a number and every set of levels, missing values on either side. */
static void try_feature(split *best, const naive *v, int leaf, size_t j)
{
    const double *x = v->t->x[j];
    bool left[N];

    for (int missing = 0; missing < 2; missing++)
        for (size_t c = 0; c < (j == 3 ? (size_t)1 << LEVELS : (size_t)N); c++) {
            for (size_t i = 0; i < N; i++)
                left[i] = isnan(x[i]) ? missing
                          : j == 3    ? (c >> (int)x[i] & 1) != 0
                                      : x[i] <= x[c];
            try_part(best, v, leaf, left);
        }
}

/* Grow a tree best first, and add its leaves to the scores of class c. */
static void naive_tree(naive *v, size_t c, double rate)
{
    split best[LEAVES];
    int n = 1;

    memset(v->leaf, 0, sizeof v->leaf);
    for (;; n++) {
        int top = 0;

        for (int l = 0; l < n; l++) {
            best[l].gain = 0;
            for (size_t j = 0; j < P; j++)
                try_feature(&best[l], v, l, j);
            top = best[l].gain > best[top].gain ? l : top;
        }
        if (n == LEAVES || !(best[top].gain > 0))
            break;
        for (size_t i = 0; i < N; i++)
            if (v->leaf[i] == top && !best[top].left[i])
                v->leaf[i] = n;
    }
    for (int l = 0; l < n; l++) {
        double g = 0, h = 0;

        for (size_t i = 0; i < N; i++)
            if (v->leaf[i] == l) {
                g += v->g[i];
                h += v->h[i];
            }
        for (size_t i = 0; i < N; i++)
            if (v->leaf[i] == l)
                v->score[c][i] -= rate * g / (h + v->lambda);
    }
}

/* p_c of row i */
static double probability(const naive *v, size_t c, size_t i)
{
    double sum = 0;

    if (v->k == 1)
        return 1 / (1 + exp(-v->score[0][i]));
    for (size_t d = 0; d < v->k; d++)
        sum += exp(v->score[d][i]);
    return exp(v->score[c][i]) / sum;
}

static void naive_round(naive *v, double rate)
{
    double p[K][N];

    for (size_t c = 0; c < v->k; c++)
        for (size_t i = 0; i < N; i++)
            p[c][i] = probability(v, c, i);
    for (size_t c = 0; c < v->k; c++) {
        for (size_t i = 0; i < N; i++) {
            double y = v->t->y[i], w = v->t->w[i];

            if (v->t->k == 1) {
                v->g[i] = w * (v->score[0][i] - y);
                v->h[i] = w;
            } else {
                v->g[i] = w * (p[c][i] - (v->k == 1 ? y : y == (double)c));
                v->h[i] = w * p[c][i] * (1 - p[c][i]) *
                          (v->k == 1 ? 1 : (double)v->k / (double)(v->k - 1));
            }
        }
        naive_tree(v, c, rate);
    }
}

/* Gradients are rounded by 2^-21 of the largest, and of floats. */
static void must_be_near(const naive *v, const double *out)
{
    for (size_t i = 0; i < N; i++) {
        if (v->t->k == 1)
            ck_assert_double_eq_tol(out[i], v->score[0][i], 2e-5);
        else if (v->k == 1)
            ck_assert_double_eq_tol(out[2 * i + 1], probability(v, 0, i), 2e-5);
        for (size_t c = 0; c < v->k && v->k > 1; c++)
            ck_assert_double_eq_tol(out[i * v->k + c], probability(v, c, i), 2e-5);
    }
}

/* Each task, with and without weights. */
START_TEST(a_naive_exact_booster_agrees)
{
    static const size_t k[] = {1, 2, K};
    size_t classes = k[_i % 3];
    table t;
    naive v = {.t = &t, .k = classes == 2 ? 1 : classes, .lambda = _i % 2 ? 0.5 : 0};
    ens_model *m;
    char recipe[256];
    double *out;

    table_init(&t, classes, _i >= 6, (uint64_t)_i);
    snprintf(recipe, sizeof recipe,
             "gbdt(n_estimators=%d, learning_rate=0.3, max_leaf_nodes=%d, "
             "min_samples_leaf=%d, "
             "lambda=%g, min_samples_level=1, cat_smooth=0, cat_l2=0)",
             ROUNDS, LEAVES, MIN_LEAF, v.lambda);
    m = fit_by(recipe, t.data, 1);
    for (size_t c = 0; c < v.k; c++)
        for (size_t i = 0; i < N; i++)
            v.score[c][i] = inside(m)->start[c] + inside(m)->origin;
    for (int r = 0; r < ROUNDS; r++)
        naive_round(&v, 0.3);
    out = predict(m, t.data);
    must_be_near(&v, out);
    free(out);
    ens_model_free(m);
    ens_dataset_free(t.data);
}
END_TEST

/* ---- Many rows ---------------------------------------------------------------------------------------------- */

/* More rows than one thread takes alone; a category of codes of two bytes, numbers of two values, which share a slot.
 * */
static ens_dataset *many_rows(size_t n, size_t k)
{
    enum { COLUMNS = 8, LEVELS_MANY = 3000 };
    static char text[LEVELS_MANY][8];
    const char *names[LEVELS_MANY];
    double *x = calloc(COLUMNS * n, sizeof *x);
    int32_t *code = calloc(n, sizeof *code);
    ens_column c[COLUMNS + 2] = {0};
    ens_dataset *d;
    ens__stream s;
    size_t levels =
        k == 3 ? LEVELS_MANY : 400; /* tables of bits in registers, and larger ones */

    ens__stream_init(&s, 3, ENS__FOR_TEST, n);
    for (size_t l = 0; l < levels; l++) {
        snprintf(text[l], sizeof text[l], "l%zu", l);
        names[l] = text[l];
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < COLUMNS - 1; j++) {
            double v = j < 3 ? ens__stream_uniform(&s) : ens__stream_below(&s, 2);

            x[j * n + i] = j == 1 && v < 0.1 ? NAN : v;
            sum += j == 1 && v < 0.1 ? 0.5 : v * (double)(j % 3);
        }
        code[i] = (int32_t)ens__stream_below(&s, (uint32_t)levels);
        sum += code[i] % 7 == 0;
        x[(COLUMNS - 1) * n + i] =
            k > 1 ? fmin(floor(sum * (double)k / 7), (double)k - 1) : sum;
    }
    for (size_t j = 0; j < COLUMNS - 1; j++)
        c[j].x = x + j * n;
    c[COLUMNS - 1] = (ens_column){.code = code, .levels = names, .n_levels = levels};
    c[COLUMNS] =
        (ens_column){.name = "y", .role = ENS_TARGET, .x = x + (COLUMNS - 1) * n};
    ck_ok(ens_dataset_from_columns(&d, c, COLUMNS + 1, n,
                                   k > 1 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION,
                                   &err));
    free(x);
    free(code);
    return d;
}

/* Nodes that all threads share, look-ahead, CPU levels: the same bytes. Rows of a view are read from records. */
START_TEST(many_rows_give_one_model)
{
    static const char *const recipe[] = {
        "gbdt(n_estimators=2)",
        "gbdt(n_estimators=2, subsample=0.9, colsample_bytree=0.6, max_leaf_nodes=9)",
    };
    static const size_t k[] = {1, 2, 3};
    ens_dataset *d = many_rows(300000, k[_i % 3]), *view;
    ens_model *one, *other;

    if (_i >= 3) {
        size_t *row = calloc(290000, sizeof *row);

        for (size_t i = 0; i < 290000; i++)
            row[i] = i + (i > 100);
        ck_ok(ens_dataset_subset(&view, d, row, 290000, &err));
        ens_dataset_free(d);
        free(row);
        d = view;
    }
    one = fit_by(recipe[_i % 2], d, 1);
    for (unsigned threads = 2; threads <= 5; threads += 3) {
        other = fit_by(recipe[_i % 2], d, threads);
        must_be_same_file(one, other);
        ens_model_free(other);
    }
    for (ens__cpu level = ENS__CPU_BASE; level < ENS__CPU_V4; level++) {
        ens__cpu_cap(level);
        other = fit_by(recipe[_i % 2], d, 2);
        ens__cpu_cap(ENS__CPU_V4);
        must_be_same_file(one, other);
        ens_model_free(other);
    }
    ens_model_free(one);
    ens_dataset_free(d);
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------------------------------- */

static size_t depth_of(const ens__tree *tree, uint32_t node)
{
    size_t left, right;

    if (tree->node[node].feature == ENS__LEAF)
        return 0;
    left = depth_of(tree, tree->node[node].left);
    right = depth_of(tree, tree->node[node].left + 1);
    return 1 + (left > right ? left : right);
}

static void must_keep(const ens__gbdt *g, const ens_dataset *d, size_t leaves,
                      size_t depth, size_t rows)
{
    const ens__table *from = d->table;
    uint32_t *leaf = calloc(d->n, sizeof *leaf);
    ens_rows all = {from->feature, from->p, d->row, d->n};

    for (size_t t = 0; t < g->n_rounds * g->k; t++) {
        const ens__tree *tree = g->tree[t];
        size_t *count = calloc(tree->n_nodes, sizeof *count);

        ck_assert_uint_le(ens__tree_leaves(tree), leaves);
        ck_assert_uint_le(depth_of(tree, 0), depth);
        ens__tree_find(tree, &all, leaf);
        for (size_t i = 0; i < d->n; i++)
            count[leaf[i]]++;
        for (size_t i = 0; i < tree->n_nodes; i++)
            if (tree->node[i].feature == ENS__LEAF)
                ck_assert_uint_ge(count[i], rows);
        free(count);
    }
    free(leaf);
}

START_TEST(limits_hold)
{
    static const struct {
        const char *recipe;
        size_t leaves, depth, rows;
    } tale[] = {
        {"gbdt(n_estimators=5, max_leaf_nodes=7, min_samples_leaf=11)", 7, 6, 11},
        {"gbdt(n_estimators=5, max_depth=3, max_leaf_nodes=none, min_data=40)", 8, 3, 40},
        {"gbdt(n_estimators=5, max_leaf_nodes=5, grow_policy=depthwise)", 5, 3, 20},
        {"gbdt(n_estimators=3, gamma=1e9)", 1, 0, 20},
        {"gbdt(n_estimators=3, min_child_weight=1e9)", 1, 0, 20},
    };
    ens_dataset *d = many_rows(3000, 2);
    ens_model *m = fit_by(tale[_i].recipe, d, 2);

    must_keep(inside(m), d, tale[_i].leaves, tale[_i].depth, tale[_i].rows);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(trees_split_features_that_they_drew)
{
    ens_dataset *d = many_rows(3000, 1);
    ens_model *m = fit_by("gbdt(n_estimators=20, colsample_bytree=0.25)", d, 1);
    size_t differ = 0;

    for (size_t t = 0; t < 20; t++) {
        const ens__tree *tree = inside(m)->tree[t];

        ck_assert_uint_le(tree->n_used, 2);
        differ +=
            t > 0 && tree->n_used > 0 && tree->used[0] != inside(m)->tree[t - 1]->used[0];
    }
    ck_assert_uint_gt(differ, 3);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- More rounds --------------------------------------------------------------------------------------------------
 * */

START_TEST(more_rounds_equal_one_fit)
{
    static const char *const rest[] = {"",
                                       ", subsample=0.5, colsample_bytree=0.5",
                                       ", grow_policy=depthwise, max_depth=3",
                                       ", n_iter_no_change=2, loss=huber",
                                       ", n_iter_no_change=3, learning_rate=1",
                                       ", data_sample_strategy=goss, n_iter_no_change=9"};
    ens_dataset *d = many_rows(2500, (size_t)_i % 3 + 1);
    char recipe[2][128];
    ens_model *few, *more, *all;
    ens_learner *l;

    for (int i = 0; i < 2; i++)
        snprintf(recipe[i], sizeof recipe[i], "gbdt(n_estimators=%d%s)", 3 + 4 * i,
                 rest[_i]);
    few = fit_by(recipe[0], d, 1);
    all = fit_by(recipe[1], d, 1);
    ck_ok(ens_learner_parse(&l, recipe[1], &err));
    ck_ok(ens_fit_more(&more, few, l, d, NULL, NULL, &err));
    ens_model_free(few);
    must_be_same_file(all, more);
    if (inside(more)->n_rounds == 7)
        ck_fails(ens_fit_more(&few, more, l, d, NULL, NULL, &err), ENS_ERANGE,
                 "gbdt.n_estimators = 7 is not above the 7 rounds");
    ens_learner_free(l);
    ens_model_free(more);
    ens_model_free(all);
    ens_dataset_free(d);
}
END_TEST

/* ---- When to stop ------------------------------------------------------------------------------------------- */

/* The mean log loss of a model. */
static double log_loss(const ens_model *m, const ens_dataset *d)
{
    ens_score *score;
    size_t n;
    double v;

    ck_ok(ens_model_evaluate(&score, &n, m, d, "log_loss", NULL, &err));
    v = score[0].value;
    ens_scores_free(score, n);
    return v;
}

static ens_model *fit_valid(const char *recipe, const ens_dataset *d,
                            const ens_dataset *valid)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, valid, 1, NULL, &err));
    ens_learner_free(l);
    return m;
}

/* Points of the curve are the losses of fits of as many rounds, and the best of them is kept. */
START_TEST(the_curve_is_the_loss_of_shorter_fits)
{
    ens_dataset *all = many_rows(3000, 2), *d, *valid;
    const ens__gbdt *g;
    ens_model *m;

    ck_ok(ens_dataset_holdout(&d, &valid, all, 0.3, 5, &err));
    m = fit_valid("gbdt(n_estimators=40, learning_rate=0.8, early_stopping_rounds=4)", d,
                  valid);
    g = inside(m);
    ck_assert_uint_ge(g->n_curve, g->n_rounds + 1);
    if (g->n_curve < 41)
        ck_assert_uint_eq(g->n_curve, g->n_rounds + 1 + 4);
    for (size_t r = 1; r < g->n_curve; r++) {
        if (r != g->n_rounds)
            ck_assert_double_ge(g->curve[r], g->curve[g->n_rounds]);
        if (r == 2 || r == g->n_rounds) {
            char recipe[64];
            ens_model *one;

            snprintf(recipe, sizeof recipe, "gbdt(n_estimators=%zu, learning_rate=0.8)",
                     r);
            one = fit_by(recipe, d, 1);
            ck_assert_double_eq_tol(g->curve[r], log_loss(one, valid), 1e-6);
            ens_model_free(one);
        }
    }
    ck_assert_double_eq_tol(log_loss(m, valid), g->curve[g->n_rounds], 1e-6);
    ens_model_free(m);
    ens_dataset_free(d);
    ens_dataset_free(valid);
    ens_dataset_free(all);
}
END_TEST

/* A metric of which more is better; rows held out are not learned from: their loss is above that of the others. */
START_TEST(a_metric_tells_when_to_stop)
{
    ens_dataset *d = many_rows(3000, 2);
    ens_model *m = fit_by("gbdt(n_estimators=60, learning_rate=1, n_iter_no_change=5, "
                          "scoring=roc_auc, validation_fraction=0.3)",
                          d, 1);
    const ens__gbdt *g = inside(m);

    ck_assert_uint_eq(g->n_metrics, 2);
    ck_assert_double_eq(g->curve[1], 0.5);
    for (size_t r = 0; r < g->n_curve; r++)
        ck_assert_double_le(g->curve[2 * r + 1], g->curve[2 * g->n_rounds + 1]);
    ck_assert_double_lt(log_loss(m, d), g->curve[2 * g->n_rounds]);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

START_TEST(the_curve_survives_a_file)
{
    ens_dataset *d = many_rows(1000, 3);
    ens_model *m =
        fit_by("gbdt(n_estimators=5, n_iter_no_change=2, scoring=accuracy)", d, 1);
    ens_model *loaded;
    char *text;
    void *bytes;
    size_t n;

    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    ck_ok(ens_model_load_bytes(&loaded, bytes, n, &err));
    must_be_same_file(m, loaded);
    ck_ok(ens_model_describe(&text, loaded, &err));
    ck_assert_ptr_nonnull(strstr(text, "after round 1: loss "));
    ens_string_free(text);
    ens_bytes_free(bytes);
    ens_model_free(m);
    ens_model_free(loaded);
    ens_dataset_free(d);
}
END_TEST

/* ---- Draws -------------------------------------------------------------------------------------------------- */

/* Leaves of one tree on all rows and on the rows of GOSS: the drawn stand for the others, so that the mean over
 * seeds is that of all. */
START_TEST(goss_is_right_in_the_mean)
{
    enum { SEEDS = 60 };
    ens_dataset *d = many_rows(2000, 1);
    ens_model *full =
        fit_by("gbdt(n_estimators=1, max_leaf_nodes=2, learning_rate=1)", d, 1);
    const ens__tree *tree = inside(full)->tree[0];
    double sum[2] = {0}, want[2] = {tree->node[1].value, tree->node[2].value};
    ens_learner *l;

    ck_ok(ens_learner_parse(&l,
                            "gbdt(n_estimators=1, max_leaf_nodes=2, learning_rate=1, "
                            "data_sample_strategy=goss, top_rate=0.1, other_rate=0.2)",
                            &err));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        ens_model *m;

        ck_ok(ens_fit(&m, l, d, NULL, seed, NULL, &err));
        for (int i = 0; i < 2; i++)
            sum[i] += inside(m)->tree[0]->node[1 + i].value / SEEDS;
        ens_model_free(m);
    }
    /* A leaf has hundreds of drawn rows of deviation about 1: its mean over 60 seeds is within 0.03. */
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq_tol(sum[i], want[i], 0.05);
    ens_learner_free(l);
    ens_model_free(full);
    ens_dataset_free(d);
}
END_TEST

/* With every round dropped in each, round r's weight is its rate / (r + 1) shrunk by what came after. */
START_TEST(dart_weighs_what_it_dropped)
{
    const double y[] = {0, 0, 4, 8};
    ens_dataset *d = line(y, 4, ENS_TASK_REGRESSION);
    ens_model *m = fit_by("gbdt(n_estimators=3, learning_rate=1, max_leaf_nodes=2, "
                          "min_samples_leaf=1, boosting=dart, drop_rate=1, skip_drop=0)",
                          d, 1);
    double *out = predict(m, d);

    /* Each tree sees the mean alone: leaves -3 and 3. The first keeps 1/2 and then 2/3 of its weight; the second
     * begins with 1/2 and keeps 2/3; the third has 1/3: together 1. */
    for (int t = 0; t < 3; t++)
        ck_assert_double_eq_tol(fabs(inside(m)->tree[t]->node[1].value), 1, 1e-6);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(out[i], i < 2 ? 0 : 6, 1e-5);
    free(out);
    ens_model_free(m);
    ens_dataset_free(d);
}
END_TEST

/* ---- Stopping, bad input -------------------------------------------------------------------------------- */

static ens_go stop_at_three(const ens_progress *p, void *ctx)
{
    ck_assert_uint_eq(p->total, 50);
    return p->done < 3 ? ENS_GO : *(ens_go *)ctx;
}

START_TEST(stopping_keeps_the_rounds_so_far)
{
    ens_go go = ENS_STOP;
    ens_exec exec = {.threads = 2, .progress = stop_at_three, .progress_ctx = &go};
    ens_dataset *d = many_rows(1000, 2);
    ens_model *m;
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, "gbdt(n_estimators=50)", &err));
    ck_ok(ens_fit(&m, l, d, NULL, 1, &exec, &err));
    ck_assert_uint_eq(inside(m)->n_rounds, 3);
    ens_model_free(m);
    go = ENS_CANCEL;
    ck_fails(ens_fit(&m, l, d, NULL, 1, &exec, &err), ENS_ECANCELED, "canceled");
    ens_learner_free(l);
    ens_dataset_free(d);
}
END_TEST

START_TEST(what_does_not_suit_is_refused)
{
    ens_dataset *numbers = many_rows(100, 1), *classes = many_rows(100, 3);
    ens_learner *l;

    fit_fails("gbdt(loss=logistic)", numbers, ENS_ESUPPORT, "logistic");
    fit_fails("gbdt(loss=logistic)", classes, ENS_ESUPPORT, "logistic");
    fit_fails("gbdt(loss=squared)", classes, ENS_ESUPPORT, "squared");
    fit_fails("gbdt(class_weight=balanced)", numbers, ENS_ERANGE,
              "gbdt.class_weight is for classification");
    fit_fails("gbdt(class_weight=[1, 2])", classes, ENS_ERANGE,
              "gbdt.class_weight has 2 values for 3 classes");
    ck_fails(ens_learner_parse(&l, "gbdt(class_weight=[0, 0, 0])", &err), ENS_ERANGE,
             "gbdt.class_weight is zero for every class");
    ck_fails(ens_learner_parse(&l, "gbdt(learning_rate=0)", &err), ENS_ERANGE,
             "learning_rate");
    ck_fails(ens_learner_parse(&l, "gbdt(loss=nonsense)", &err), ENS_ENAME, "nonsense");
    ck_fails(ens_learner_parse(&l, "gbdt(boosting=dart, n_iter_no_change=3)", &err),
             ENS_ERANGE, "does not go with boosting=dart");
    ck_fails(
        ens_learner_parse(
            &l, "gbdt(data_sample_strategy=goss, top_rate=0.7, other_rate=0.4)", &err),
        ENS_ERANGE, "more than 1 together");
    ck_fails(
        ens_learner_parse(&l, "gbdt(data_sample_strategy=goss, subsample=0.4)", &err),
        ENS_ERANGE, "gbdt.subsample = 0.4 does not go with");
    ck_fails(ens_learner_parse(&l, "gbdt(scoring=nonsense)", &err), ENS_ENAME,
             "gbdt.scoring");
    fit_fails("gbdt(scoring=roc_auc, n_iter_no_change=2)", numbers, ENS_ERANGE,
              "gbdt.scoring = roc_auc does not suit regression");
    fit_fails("gbdt(n_iter_no_change=2, validation_fraction=0.001)", numbers, ENS_ERANGE,
              "gbdt.validation_fraction = 0.001 holds out 0 of 100 rows");
    ens_dataset_free(numbers);
    ens_dataset_free(classes);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, a_squared_step_by_hand);
    tcase_add_test(tc, a_logistic_step_by_hand);
    tcase_add_loop_test(tc, a_naive_exact_booster_agrees, 0, 12);
    tcase_add_loop_test(tc, many_rows_give_one_model, 0, 6);
    tcase_add_loop_test(tc, limits_hold, 0, 5);
    tcase_add_test(tc, trees_split_features_that_they_drew);
    tcase_add_loop_test(tc, more_rounds_equal_one_fit, 0, 6);
    tcase_add_test(tc, the_curve_is_the_loss_of_shorter_fits);
    tcase_add_test(tc, a_metric_tells_when_to_stop);
    tcase_add_test(tc, the_curve_survives_a_file);
    tcase_add_test(tc, goss_is_right_in_the_mean);
    tcase_add_test(tc, dart_weighs_what_it_dropped);
    tcase_add_test(tc, stopping_keeps_the_rounds_so_far);
    tcase_add_test(tc, what_does_not_suit_is_refused);
}

Suite *gbdt_suite(void);

Suite *gbdt_suite(void)
{
    return suite_of("gbdt", add);
}
