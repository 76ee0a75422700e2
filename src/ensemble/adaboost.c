/* adaboost.c - the learner `adaboost`: its parameters, the fitted form, and its tensors. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/adaboost.h>
#include <ensemble/members.h>
#include <learn/learner.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, ens__adaboost_params, n_estimators, "50", 1, 1e6, "",
            "num_iterations,n_iter,num_trees,ntree", "members to fit at most"),
    ENS_ROW(ENS_PARAM_REAL, ens__adaboost_params, learning_rate, "1", 1e-6, 100, "",
            "eta,shrinkage",
            "exponent of what a round does to the weights, factor of the members' votes"),
    ENS_ROW(ENS_PARAM_WORD, ens__adaboost_params, algorithm, "samme_r", 0, 0,
            "samme,samme_r", "",
            "classes: members vote by their class, or by their probabilities"),
    ENS_ROW(
        ENS_PARAM_WORD, ens__adaboost_params, loss, "linear", 0, 0,
        "linear,square,exponential", "",
        "numbers: of a row's error over the largest, for the weights of the next round"),
    ENS_ROW(
        ENS_PARAM_WORD, ens__adaboost_params, resample, "auto", 0, 0, "auto,true,false",
        "",
        "draw each member's rows by their weights, instead of telling it the weights; "
        "auto: for numbers, and where members take no weights"),
    ENS_PARAM_LAST};

ens__adaboost_kind ens__adaboost_kind_of(const ens__adaboost_params *p, ens_task task)
{
    return task == ENS_TASK_REGRESSION ? ENS__R2 : (ens__adaboost_kind)p->algorithm;
}

ens_status ens__adaboost_recipe(ens__chain_recipe *out, const ens_learner *learner,
                                ens_task task, ens_error *err)
{
    return ens__chain_recipe_of(out, learner, task == ENS_TASK_REGRESSION ? "3" : "1",
                                err);
}

ens__adaboost *ens__adaboost_new(ens__adaboost_kind kind, size_t k)
{
    ens__adaboost *m = ens__zeros(1, sizeof *m);

    if (m != NULL) {
        m->kind = kind;
        m->k = k;
    }
    return m;
}

void ens__adaboost_free(void *fit)
{
    ens__adaboost *m = fit;

    if (m == NULL)
        return;
    ens__chain_free(m->chain);
    ens__trees_free(m->trees);
    ens__free(m->weight);
    ens__free(m->error);
    ens__free(m);
}

/* ---- The runtime form ---------------------------------------------------------------------------------- */

/* A tree as it is, but for its leaves, which are what it votes for. */
static ens_status make_voter(ens__tree *out, const ens__adaboost *m, size_t t,
                             ens_error *err)
{
    const ens__tree *tree = m->chain->fit[t].state;

    *out = *tree;
    if ((out->value = ens__zeros(tree->n_values, tree->k * sizeof *out->value)) == NULL)
        return ens__nomem(err);
    for (size_t v = 0; v < tree->n_values; v++)
        ens__adaboost_vote(out->value + v * m->k, m, t, tree->value + v * m->k);
    return ENS_OK;
}

static ens_status pack(ens__adaboost *m, const ens_feature *feature, const ens_exec *exec,
                       ens_error *err)
{
    size_t n = m->chain->n, made = 0;
    ens__tree *voter = ens__array(n, sizeof *voter);
    const ens__tree **tree = ens__array(n, sizeof *tree);
    ens__trees_source from = {
        .tree = tree, .n = n, .feature = feature, .p = m->chain->p, .p_tree = m->chain->p};
    ens_status st = voter != NULL && tree != NULL ? ENS_OK : ens__nomem(err);

    for (; st == ENS_OK && made < n; made += st == ENS_OK) {
        st = make_voter(&voter[made], m, made, err);
        tree[made] = &voter[made];
    }
    if (st == ENS_OK)
        st = ens__trees_make(&m->trees, &from, exec, err);
    for (size_t t = 0; t < made; t++)
        ens__free(voter[t].value);
    ens__free(voter);
    ens__free(tree);
    return st;
}

ens_status ens__adaboost_finish(ens__adaboost *m, const ens_feature *feature,
                                const ens_exec *exec, ens_error *err)
{
    bool trees = m->kind != ENS__R2 && m->k > 1;

    m->total = 0;
    for (size_t t = 0; t < m->chain->n; t++) {
        m->total += m->weight[t];
        trees = trees && m->chain->fit[t].type == &ens__tree_type;
    }
    return trees ? pack(m, feature, exec, err) : ENS_OK;
}

/* ---- Fitting -------------------------------------------------------------------------------------------- */

static ens_status prepare(const void *params, const ens_fit_args *a, ens_error *err)
{
    ens__chain_recipe recipe;
    ens_status st = ens__adaboost_recipe(&recipe, a->learner, a->task, err);

    (void)params;
    if (st == ENS_OK)
        st = ens_fitted_prepare(recipe.member, a, err);
    ens__chain_recipe_clear(&recipe);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return ens__adaboost_fit(out, NULL, params, a, err);
}

/* ---- Tensors -------------------------------------------------------------------------------------------- */

static ens_status write_adaboost(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__adaboost *m = fit;
    size_t n = m->chain->n;
    ens_status st;

    if ((st = ens_writer_array(w, "weights", ENS_F64, 1, &n, m->weight, err)) != ENS_OK ||
        (st = ens_writer_array(w, "errors", ENS_F64, 1, &n, m->error, err)) != ENS_OK)
        return st;
    return ens__chain_write(m->chain, w, err);
}

/* A tensor of n numbers in [0, most], or any n if *n is 0. */
static ens_status read_numbers(double **out, size_t *n, const char *name, double most,
                               ens_reader *r, ens_error *err)
{
    const void *data;
    size_t shape;
    ens_status st = ens_reader_array(&data, &shape, r, name, ENS_F64, 1, err);

    if (st != ENS_OK)
        return st;
    if (*n != 0 && shape != *n)
        return ens_reader_bad(r, err, "%zu %s, expected %zu", shape, name, *n);
    *n = shape;
    if ((*out = ens__array(shape, sizeof **out)) == NULL)
        return ens__nomem(err);
    memcpy(*out, data, shape * sizeof **out);
    for (size_t t = 0; t < shape; t++)
        if (!((*out)[t] >= 0 && (*out)[t] <= most))
            return ens_reader_bad(r, err, "%s of member %zu: %g is outside [0, %g]", name,
                                  t, (*out)[t], most);
    return ENS_OK;
}

static ens_status read_votes(ens__adaboost *m, size_t *n, size_t most, ens_reader *r,
                             ens_error *err)
{
    double total = 0;
    ens_status st;

    if ((st = read_numbers(&m->weight, n, "weights", 1e9, r, err)) != ENS_OK)
        return st;
    if (*n == 0 || *n > most)
        return ens_reader_bad(r, err, "%zu members, expected 1 to %zu", *n, most);
    for (size_t t = 0; t < *n; t++)
        total += m->weight[t];
    if (!(total > 0))
        return ens_reader_bad(r, err, "the weights of its members are all 0");
    return read_numbers(&m->error, n, "errors", 1, r, err);
}

static ens_status read_adaboost(void **out, const ens_read_args *a, ens_error *err)
{
    const ens__adaboost_params *p = ens_learner_params(a->learner);
    ens__adaboost *m = ens__adaboost_new(ens__adaboost_kind_of(p, a->task), a->k);
    ens__chain_recipe recipe = {0};
    size_t n = 0;
    ens_status st;

    if (m == NULL)
        return ens__nomem(err);
    if ((st = read_votes(m, &n, (size_t)p->n_estimators, a->reader, err)) == ENS_OK &&
        (st = ens__adaboost_recipe(&recipe, a->learner, a->task, err)) == ENS_OK &&
        (st = ens__chain_read(&m->chain, n, recipe.member, a, err)) == ENS_OK &&
        (st = ens__adaboost_finish(m, a->feature, NULL, err)) == ENS_OK) {
        *out = m;
        m = NULL;
    }
    ens__chain_recipe_clear(&recipe);
    ens__adaboost_free(m);
    return st;
}

/* ---- Telling -------------------------------------------------------------------------------------------- */

/* Members whose weights and errors are told: the first, then fewer and fewer, and the last. */
static bool is_told(size_t t, size_t n)
{
    size_t unit = 1;

    while (t + 1 >= 10 * unit)
        unit *= 10;
    return t + 1 == n || (t + 1 == unit || t + 1 == 2 * unit || t + 1 == 5 * unit);
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    static const char *const name[] = {"SAMME", "SAMME.R", "AdaBoost.R2"};
    const ens__adaboost *m = fit;
    size_t n = m->chain->n;
    char line[96];
    ens_status st;

    snprintf(line, sizeof line, "members: %zu of type %s\n", n,
             m->chain->fit[0].type->name);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "algorithm: %s\n", name[m->kind]);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    for (size_t t = 0; t < n; t++) {
        if (!is_told(t, n))
            continue;
        snprintf(line, sizeof line, "member %zu: error %.4g, weight %.4g\n", t + 1,
                 m->error[t], m->weight[t]);
        if ((st = add(ctx, line)) != ENS_OK)
            return st;
    }
    return ens__members_describe(&m->chain->fit[0], add, ctx, err);
}

static ens_status importance(const void *fit, double *out, ens_error *err)
{
    const ens__adaboost *m = fit;

    return ens__chain_importance(m->chain, m->weight, out, err);
}

static size_t n_members(const void *fit)
{
    return ((const ens__adaboost *)fit)->chain->n;
}

static void member_of(ens_part *out, const void *fit, size_t t)
{
    ens__chain_member(out, ((const ens__adaboost *)fit)->chain, t);
}

static size_t bytes_of(const void *fit)
{
    const ens__adaboost *m = fit;

    return sizeof *m + 2 * m->chain->n * sizeof *m->weight + ens__chain_bytes(m->chain) +
           ens__trees_bytes(m->trees);
}

const ens_learner_type ens__adaboost_type = {
    .abi = ENS_EXT_ABI,
    .name = "adaboost",
    .help =
        "AdaBoost over any learner: each member heeds the rows that those before it got "
        "wrong",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS | ENS_TAKES_WEIGHTS |
            ENS_TAKES_LONG_BLOCKS,
    .min_members = 0,
    .max_members = 1,
    .params = table,
    .params_size = sizeof(ens__adaboost_params),
    .prepare = prepare,
    .fit = fit,
    .predict = ens__adaboost_predict,
    .scratch_size = ens__adaboost_scratch,
    .write = write_adaboost,
    .read = read_adaboost,
    .free = ens__adaboost_free,
    .importance = importance,
    .describe = describe,
    .n_members = n_members,
    .member = member_of,
    .extend = ens__adaboost_fit,
    .grows = "n_estimators",
    .bytes = bytes_of,
    .predict_first = ens__adaboost_predict_first,
    .n_rounds = n_members,
};
