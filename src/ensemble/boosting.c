/* boosting.c - the learner `boosting`: its parameters, the fitted form, and its tensors. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/boosting.h>
#include <ensemble/members.h>
#include <learn/learner.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, ens__boosting_params, n_estimators, "100", 1, 1e6, "",
            "num_iterations,n_iter,num_trees,ntree,num_round", "rounds at most"),
    ENS_ROW(ENS_PARAM_REAL, ens__boosting_params, learning_rate, "0.1", 1e-6, 10, "",
            "eta,shrinkage", "part of each round's step that is taken"),
    ENS_ROW(ENS_PARAM_TEXT, ens__boosting_params, loss, "auto", 0, 0, "", "objective",
            "what is minimised: squared, logistic, absolute, \"huber(alpha=0.8)\", ...; "
            "auto: "
            "squared for numbers, logistic or softmax for classes"),
    ENS_ROW(
        ENS_PARAM_AMOUNT, ens__boosting_params, subsample, "1.0", 1, 1e9, "",
        "bagging_fraction,sample_fraction",
        "rows that each round draws without replacement: a count, or a fraction of all"),
    ENS_ROW(
        ENS_PARAM_INT, ens__boosting_params, n_iter_no_change, "none", 1, 1e6, "none",
        "early_stopping_rounds,early_stopping_round",
        "rounds without a lower loss on rows held out, after which to stop and keep the "
        "best; none: all rounds, all rows"),
    ENS_ROW(ENS_PARAM_REAL, ens__boosting_params, validation_fraction, "0.1", 0.001, 0.9,
            "", "", "part of the rows that is held out for that, of each class alike"),
    ENS_ROW(ENS_PARAM_REAL, ens__boosting_params, tol, "0.0001", 0, 1, "", "",
            "of the first loss on them: what lowers it by less does not count"),
    ENS_PARAM_LAST};

static const char *loss_line(const ens__boosting_params *p)
{
    return p->loss != NULL ? p->loss : "auto";
}

static ens_status check(const void *params, ens_error *err)
{
    ens_status st = ens__loss_check_line(loss_line(params), err);

    if (st != ENS_OK)
        ens__error_prefix(err, "boosting.loss");
    return st;
}

ens_status ens__boosting_recipe(ens__chain_recipe *out, const ens_learner *learner,
                                ens_error *err)
{
    return ens__chain_recipe_of(out, learner, "3", err);
}

/* ---- Making and freeing -------------------------------------------------------------------------------- */

/* A loss that gives what a model of this task and so many classes predicts. */
static ens_status make_loss(ens__boosting *m, const ens__boosting_params *p,
                            ens_task task, size_t k, ens_error *err)
{
    ens_error why = {.code = ENS_OK};
    ens_status st = ens__loss_new(&m->loss, loss_line(p), task,
                                  task == ENS_TASK_CLASSIFICATION ? k : 0, &why);

    if (st == ENS_ENOMEM)
        return ens__nomem(err);
    if (st != ENS_OK)
        return ens__fail(err, ENS_ERANGE, "boosting.loss: %s", why.message);
    if (m->loss->n_outputs != k)
        return ens__fail(err, ENS_ERANGE,
                         "boosting.loss = %s gives %zu predictions a row, expected %zu",
                         loss_line(p), m->loss->n_outputs, k);
    m->k = m->loss->k;
    return ENS_OK;
}

ens_status ens__boosting_new(ens__boosting **out, const ens__boosting_params *p,
                             ens_task task, size_t k, ens_error *err)
{
    ens__boosting *m = ens__zeros(1, sizeof *m);
    ens_status st;

    *out = NULL;
    if (m == NULL)
        return ens__nomem(err);
    if ((st = make_loss(m, p, task, k, err)) == ENS_OK &&
        (m->start = ens__zeros(m->k, sizeof *m->start)) == NULL)
        st = ens__nomem(err);
    if (st == ENS_OK)
        *out = m;
    else
        ens__boosting_free(m);
    return st;
}

void ens__boosting_free(void *fit)
{
    ens__boosting *m = fit;

    if (m == NULL)
        return;
    ens__chain_free(m->chain);
    ens__trees_free(m->trees);
    ens__loss_free(m->loss);
    ens__free(m->start);
    ens__free(m->step);
    ens__free(m->curve);
    ens__free(m);
}

/* ---- The runtime form ----------------------------------------------------------------------------------- */

/* A tree with its leaves times the step, as rows of k values if there are several scores. */
static ens_status make_scaled(ens__tree *out, const ens__boosting *m, size_t t,
                              ens_error *err)
{
    const ens__tree *tree = m->chain->fit[t].state;
    size_t k = m->k, leaves = 0;

    *out = *tree;
    out->node = ens__array(tree->n_nodes, sizeof *out->node);
    out->value = NULL;
    if (out->node == NULL ||
        (k > 1 && (out->value = ens__zeros(ens__tree_leaves(tree),
                                           k * sizeof *out->value)) == NULL)) {
        ens__free(out->node);
        return ens__nomem(err);
    }
    memcpy(out->node, tree->node, tree->n_nodes * sizeof *out->node);
    for (size_t i = 0; i < tree->n_nodes; i++) {
        ens__node *node = &out->node[i];

        if (node->feature != ENS__LEAF)
            continue;
        node->value *= m->step[t];
        if (k == 1)
            continue;
        out->value[leaves * k + t % k] = node->value;
        node->left = (uint32_t)leaves++;
    }
    out->k = k;
    out->n_values = leaves;
    return ENS_OK;
}

static ens_status pack(ens__boosting *m, const ens_feature *feature, const ens_exec *exec,
                       ens_error *err)
{
    size_t n = m->chain->n, made = 0;
    ens__tree *scaled = ens__array(n, sizeof *scaled);
    const ens__tree **tree = ens__array(n, sizeof *tree);
    ens__trees_source from = {
        .tree = tree, .n = n, .feature = feature, .p = m->chain->p, .p_tree = m->chain->p};
    ens_status st = scaled != NULL && tree != NULL ? ENS_OK : ens__nomem(err);

    for (; st == ENS_OK && made < n; made += st == ENS_OK) {
        st = make_scaled(&scaled[made], m, made, err);
        tree[made] = &scaled[made];
    }
    if (st == ENS_OK)
        st = ens__trees_make(&m->trees, &from, exec, err);
    for (size_t t = 0; t < made; t++) {
        ens__free(scaled[t].node);
        ens__free(scaled[t].value);
    }
    ens__free(scaled);
    ens__free(tree);
    return st;
}

ens_status ens__boosting_finish(ens__boosting *m, const ens_feature *feature,
                                const ens_exec *exec, ens_error *err)
{
    for (size_t t = 0; t < m->chain->n; t++)
        if (m->chain->fit[t].type != &ens__tree_type)
            return ENS_OK;
    return pack(m, feature, exec, err);
}

/* ---- Fitting --------------------------------------------------------------------------------------------- */

static ens_status prepare(const void *params, const ens_fit_args *a, ens_error *err)
{
    ens__chain_recipe recipe;
    ens_fit_args sub = *a;
    ens_status st = ens__boosting_recipe(&recipe, a->learner, err);

    (void)params;
    sub.task = ENS_TASK_REGRESSION;
    sub.k = 1;
    sub.label = NULL;
    if (st == ENS_OK)
        st = ens_fitted_prepare(recipe.member, &sub, err);
    ens__chain_recipe_clear(&recipe);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return ens__boosting_fit(out, NULL, params, a, err);
}

/* ---- Tensors --------------------------------------------------------------------------------------------- */

static ens_status write_boosting(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__boosting *m = fit;
    ens_status st;

    if ((st = ens_writer_array(w, "origin", ENS_F64, 0, NULL, &m->origin, err)) !=
            ENS_OK ||
        (st = ens_writer_array(w, "start", ENS_F64, 1, &m->k, m->start, err)) != ENS_OK ||
        (st = ens_writer_array(w, "steps", ENS_F64, 1, &m->chain->n, m->step, err)) !=
            ENS_OK ||
        (st = ens_writer_array(w, "curve", ENS_F64, 1, &m->n_curve, m->curve, err)) !=
            ENS_OK)
        return st;
    return ens__chain_write(m->chain, w, err);
}

/* A tensor of finite numbers, copied. */
static ens_status read_numbers(double **out, size_t *n, const char *name, ens_reader *r,
                               ens_error *err)
{
    const void *data;
    ens_status st = ens_reader_array(&data, n, r, name, ENS_F64, 1, err);

    if (st != ENS_OK)
        return st;
    if ((*out = ens__array(*n, sizeof **out)) == NULL)
        return ens__nomem(err);
    memcpy(*out, data, *n * sizeof **out);
    for (size_t i = 0; i < *n; i++)
        if (!isfinite((*out)[i]))
            return ens_reader_bad(r, err, "number %zu of %s is not finite", i, name);
    return ENS_OK;
}

static ens_status read_scores(ens__boosting *m, size_t *n, const ens__boosting_params *p,
                              ens_reader *r, ens_error *err)
{
    size_t most = (size_t)p->n_estimators, k;
    const void *origin;
    ens_status st;

    ens__free(m->start);
    m->start = NULL;
    if ((st = ens_reader_array(&origin, NULL, r, "origin", ENS_F64, 0, err)) != ENS_OK ||
        (st = read_numbers(&m->start, &k, "start", r, err)) != ENS_OK ||
        (st = read_numbers(&m->step, n, "steps", r, err)) != ENS_OK ||
        (st = read_numbers(&m->curve, &m->n_curve, "curve", r, err)) != ENS_OK)
        return st;
    memcpy(&m->origin, origin, sizeof m->origin);
    if (!isfinite(m->origin))
        return ens_reader_bad(r, err, "its origin is not finite");
    if (k != m->k)
        return ens_reader_bad(r, err, "%zu numbers in start, expected %zu", k, m->k);
    if (*n == 0 || *n % m->k != 0 || *n / m->k > most)
        return ens_reader_bad(r, err,
                              "%zu members, expected %zu for each of 1 to %zu rounds", *n,
                              m->k, most);
    if (m->n_curve > most + 1)
        return ens_reader_bad(r, err, "%zu numbers in curve, of at most %zu rounds",
                              m->n_curve, most);
    return ENS_OK;
}

static ens_status read_boosting(void **out, const ens_read_args *a, ens_error *err)
{
    const ens__boosting_params *p = ens_learner_params(a->learner);
    ens__boosting *m = NULL;
    ens__chain_recipe recipe = {0};
    ens_read_args sub = *a;
    size_t n = 0;
    ens_status st = ens__boosting_new(&m, p, a->task, a->k, err);

    sub.task = ENS_TASK_REGRESSION;
    sub.k = 1;
    if (st == ENS_ERANGE)
        st = ens_reader_bad(a->reader, err, "its recipe does not suit its task");
    if (st == ENS_OK && (st = read_scores(m, &n, p, a->reader, err)) == ENS_OK &&
        (st = ens__boosting_recipe(&recipe, a->learner, err)) == ENS_OK &&
        (st = ens__chain_read(&m->chain, n, recipe.member, &sub, err)) == ENS_OK &&
        (st = ens__boosting_finish(m, a->feature, NULL, err)) == ENS_OK) {
        *out = m;
        m = NULL;
    }
    ens__chain_recipe_clear(&recipe);
    ens__boosting_free(m);
    return st;
}

/* ---- Telling --------------------------------------------------------------------------------------------- */

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const ens__boosting *m = fit;
    size_t rounds = m->chain->n / m->k;
    char line[128];
    ens_status st;

    snprintf(line, sizeof line, "rounds: %zu of %zu member%s of type %s\n", rounds, m->k,
             m->k == 1 ? "" : "s", m->chain->fit[0].type->name);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "loss: %s\n", m->loss->type->name);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    if (m->n_curve > 0) {
        snprintf(line, sizeof line,
                 "loss of rows held out: %.6g at the start, %.6g after round %zu, the "
                 "best of %zu\n",
                 m->curve[0], m->curve[rounds < m->n_curve ? rounds : m->n_curve - 1],
                 rounds, m->n_curve - 1);
        if ((st = add(ctx, line)) != ENS_OK)
            return st;
    }
    return ens__members_describe(&m->chain->fit[0], add, ctx, err);
}

static ens_status importance(const void *fit, double *out, ens_error *err)
{
    return ens__chain_importance(((const ens__boosting *)fit)->chain, NULL, out, err);
}

static size_t n_rounds(const void *fit)
{
    const ens__boosting *m = fit;

    return m->chain->n / m->k;
}

static size_t n_members(const void *fit)
{
    return ((const ens__boosting *)fit)->chain->n;
}

static void member_of(ens_part *out, const void *fit, size_t t)
{
    ens__chain_member(out, ((const ens__boosting *)fit)->chain, t);
}

static size_t bytes_of(const void *fit)
{
    const ens__boosting *m = fit;

    return sizeof *m + (m->k + m->chain->n + m->n_curve) * sizeof *m->step +
           ens__chain_bytes(m->chain) + ens__trees_bytes(m->trees);
}

const ens_learner_type ens__boosting_type = {
    .abi = ENS_EXT_ABI,
    .name = "boosting",
    .help = "gradient boosting over any regressor: each member is fitted to what is left "
            "of the "
            "loss",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS | ENS_OF_REGRESSORS |
            ENS_TAKES_LONG_BLOCKS | ENS_TAKES_OFFSET,
    .min_members = 0,
    .max_members = 1,
    .params = table,
    .params_size = sizeof(ens__boosting_params),
    .check = check,
    .prepare = prepare,
    .fit = fit,
    .predict = ens__boosting_predict,
    .scratch_size = ens__boosting_scratch,
    .write = write_boosting,
    .read = read_boosting,
    .free = ens__boosting_free,
    .importance = importance,
    .describe = describe,
    .n_members = n_members,
    .member = member_of,
    .extend = ens__boosting_fit,
    .grows = "n_estimators",
    .bytes = bytes_of,
    .predict_first = ens__boosting_predict_first,
    .n_rounds = n_rounds,
};
