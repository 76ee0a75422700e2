/* tree.c - the learner `tree`: parameters resolved for a table, the engine called, trees as tensors.
 *
 * CART (Breiman et al. 1984) on binned values; see src/tree for the engine. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/packed.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tree/tree.h>

typedef struct params {
    ens__tree_params tree;
} params;

static const ens_param table[] = {ENS__TREE_ROWS(params, "all", "best", "false"),
                                  ENS_PARAM_LAST};

ens_status ens__tree_check(const ens__tree_params *p, const char *owner, ens_error *err)
{
    double sum = 0;

    for (size_t c = 0; c < p->class_weight.n; c++)
        sum += p->class_weight.v[c];
    if (p->class_weight.v != NULL && !(sum > 0))
        return ens__fail(err, ENS_ERANGE, "%s.class_weight is zero for every class",
                         owner);
    for (size_t j = 0; j < p->monotonic_cst.n; j++)
        if (p->monotonic_cst.v[j] != rint(p->monotonic_cst.v[j]))
            return ens__fail(err, ENS_ERANGE,
                             "%s.monotonic_cst has %g, expected -1, 0 or 1", owner,
                             p->monotonic_cst.v[j]);
    return ENS_OK;
}

static ens_status check(const void *p, ens_error *err)
{
    return ens__tree_check(&((const params *)p)->tree, "tree", err);
}

/* ---- Fitting --------------------------------------------------------------------------------------------- */

/* A forest's trees speak of the forest's parameters. */
static const char *owner_of(const ens_fit_args *a)
{
    const params *p = ens_learner_params(a->learner);

    return a->learner->type == &ens__tree_type && p->tree.owner != NULL
               ? p->tree.owner
               : ens_learner_name(a->learner);
}

/* As scikit-learn: fractions are rounded up. */
static size_t rows_of(const ens_amount *amount, double total)
{
    return (size_t)(amount->kind == ENS_AMOUNT_FRACTION ? ceil(amount->value * total)
                                                        : amount->value);
}

static ens_status features_of(size_t *out, const ens_amount *amount,
                              const ens_fit_args *a, ens_error *err)
{
    double p = (double)a->rows.p, m = p;
    int word = amount->kind == ENS_AMOUNT_WORD ? (int)amount->value : -1;

    if (amount->kind == ENS_AMOUNT_FRACTION)
        m = floor(amount->value * p);
    else if (amount->kind == ENS_AMOUNT_COUNT)
        m = amount->value;
    else if (word == ENS__FEATURES_SQRT ||
             (word == ENS__FEATURES_AUTO && a->task == ENS_TASK_CLASSIFICATION))
        m = floor(sqrt(p));
    else if (word == ENS__FEATURES_LOG2)
        m = floor(log2(p));
    if (m > p)
        return ens__fail(err, ENS_ERANGE,
                         "%s.max_features = %.0f is above the %zu features", owner_of(a),
                         m, a->rows.p);
    *out = m >= 1 ? (size_t)m : 1;
    return ENS_OK;
}

static ens_status criterion_of(ens__criterion *out, int criterion, const ens_fit_args *a,
                               ens_error *err)
{
    bool classes = a->task == ENS_TASK_CLASSIFICATION;

    if (criterion == ENS__CRITERION_AUTO)
        *out = classes ? ENS__GINI : ENS__SQUARED_ERROR;
    else
        *out = (ens__criterion)(criterion - 1);
    if (classes != (*out <= ENS__ENTROPY))
        return ens__fail(err, ENS_ERANGE, "%s.criterion is for %s, but the target %s",
                         owner_of(a), classes ? "regression" : "classification",
                         classes ? "has classes" : "is a number");
    return ENS_OK;
}

/* As listed, or so that all classes weigh the same. */
ens_status ens__tree_class_weights(double **out, const ens_list *list,
                                   const ens_fit_args *a, ens_error *err)
{
    double *weight, total = 0, present = 0;

    *out = NULL;
    if (a->task != ENS_TASK_CLASSIFICATION) {
        if (list->v != NULL || list->word != ENS__WEIGHT_NONE)
            return ens__fail(err, ENS_ERANGE,
                             "%s.class_weight is for classification, but the target "
                             "is a number",
                             owner_of(a));
        return ENS_OK;
    }
    if (list->v == NULL && list->word == ENS__WEIGHT_NONE)
        return ENS_OK;
    if (list->v != NULL && list->n != a->k)
        return ens__fail(err, ENS_ERANGE,
                         "%s.class_weight has %zu values for %zu classes", owner_of(a),
                         list->n, a->k);
    if ((weight = ens__zeros(a->k, sizeof *weight)) == NULL)
        return ens__nomem(err);
    *out = weight;
    if (list->v != NULL) {
        memcpy(weight, list->v, a->k * sizeof *weight);
        return ENS_OK;
    }
    for (size_t i = 0; i < a->rows.n; i++)
        weight[a->label[a->rows.row[i]]] += ens_fit_weight(a, i);
    for (size_t c = 0; c < a->k; c++) {
        total += weight[c];
        present += weight[c] > 0;
    }
    for (size_t c = 0; c < a->k; c++)
        weight[c] = weight[c] > 0 ? total / (present * weight[c]) : 1;
    return ENS_OK;
}

/* Constraints for the features of the fit, NULL for none. */
static ens_status constraints_of(int8_t **out, const ens_list *list,
                                 ens__criterion criterion, const ens_fit_args *a,
                                 ens_error *err)
{
    const char *owner = ens_learner_name(a->learner);
    int8_t *sign;

    *out = NULL;
    if (list->v == NULL)
        return ENS_OK;
    if (list->n != a->rows.p)
        return ens__fail(err, ENS_ERANGE,
                         "%s.monotonic_cst has %zu values for %zu features", owner,
                         list->n, a->rows.p);
    if (a->task == ENS_TASK_CLASSIFICATION && a->k != 2)
        return ens__fail(
            err, ENS_ESUPPORT,
            "%s.monotonic_cst is for numbers and two classes, the target has %zu", owner,
            a->k);
    if (criterion == ENS__ABSOLUTE_ERROR)
        return ens__fail(err, ENS_ESUPPORT,
                         "%s.monotonic_cst does not go with criterion=absolute_error",
                         owner);
    for (size_t j = 0; j < list->n; j++)
        if (list->v[j] != 0 && a->rows.feature[j].code != NULL)
            return ens__fail(
                err, ENS_ERANGE,
                "%s.monotonic_cst: feature `%s` is a category, which has no order", owner,
                a->rows.feature[j].name);
    if ((sign = ens__array(list->n, sizeof *sign)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < list->n; j++)
        sign[j] = (int8_t)list->v[j];
    *out = sign;
    return ENS_OK;
}

static size_t limit_of(int64_t value)
{
    return value < 0 ? SIZE_MAX : (size_t)value;
}

/* Many bins where the engine finds the best boundary among many without looking at each: see src/tree/fine.c. */
static unsigned bins_of(const ens__tree_params *t, const ens_fit_args *a)
{
    bool squared = t->criterion == ENS__CRITERION_AUTO ||
                   t->criterion == ENS__SQUARED_ERROR + 1;

    if (t->max_bins >= 0)
        return (unsigned)t->max_bins;
    return a->task == ENS_TASK_REGRESSION && squared && a->w == NULL &&
                   t->splitter == ENS__SPLITTER_BEST && t->monotonic_cst.v == NULL
               ? 65535
               : 255;
}

static ens_status prepare(const void *p, const ens_fit_args *a, ens_error *err)
{
    return ens__packed_prepare(a->rows.feature, a->rows.p, a->n_table,
                               bins_of(&((const params *)p)->tree, a), a->exec, err);
}

static ens_status fit(void **out, const void *p, const ens_fit_args *a, ens_error *err)
{
    const ens__tree_params *t = &((const params *)p)->tree;
    double *weight = NULL, rows = 0;
    int8_t *sign = NULL;
    ens__tree *tree = NULL;
    ens__tree_options o = {
        .max_depth = limit_of(t->max_depth),
        .min_weight_fraction = t->min_weight_fraction_leaf,
        .min_decrease = t->min_impurity_decrease,
        .max_leaves = limit_of(t->max_leaf_nodes),
        .ccp_alpha = t->ccp_alpha,
        .min_category = (size_t)t->min_samples_level,
        .max_bins = bins_of(t, a),
        .keep_drawing = t->keep_drawing != 0,
        .random_cuts = t->splitter == ENS__SPLITTER_RANDOM,
    };
    ens_status st;

    for (size_t i = 0; i < a->rows.n; i++)
        rows += a->count != NULL ? a->count[i] : 1;
    o.min_split = rows_of(&t->min_samples_split, rows);
    o.min_leaf = rows_of(&t->min_samples_leaf, rows);
    if ((st = criterion_of(&o.criterion, t->criterion, a, err)) != ENS_OK ||
        (st = features_of(&o.max_features, &t->max_features, a, err)) != ENS_OK ||
        (st = ens__tree_class_weights(&weight, &t->class_weight, a, err)) != ENS_OK ||
        (st = constraints_of(&sign, &t->monotonic_cst, o.criterion, a, err)) != ENS_OK ||
        (st = ens__bins_prepare(a->rows.feature, a->rows.p, a->n_table, o.max_bins,
                                a->exec, err)) != ENS_OK)
        goto done;
    o.class_weight = weight;
    o.monotonic = sign;
    if ((st = ens__tree_grow(&tree, &o, a, err)) == ENS_OK)
        *out = tree;
done:
    ens__free(sign);
    ens__free(weight);
    return st;
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    (void)scratch;
    ens__tree_predict(fitted, rows, out);
}

static void free_tree(void *fitted)
{
    ens__tree_free(fitted);
}

size_t ens__tree_bytes(const void *fitted)
{
    const ens__tree *t = fitted;

    size_t bytes = sizeof *t + t->n_used * (sizeof *t->used + sizeof *t->share);

    if (t->packed != NULL) /* the rest is its ensemble's */
        return bytes;
    return bytes + t->n_nodes * sizeof *t->node + t->n_values * t->k * sizeof *t->value +
           t->n_words * sizeof *t->set;
}

static ens_status importance(const void *fitted, double *out, ens_error *err)
{
    const ens__tree *t = fitted;

    (void)err;
    for (size_t i = 0; i < t->n_used; i++)
        out[t->used[i]] += t->share[i];
    return ENS_OK;
}

ens_status ens__tree_describe(const void *fitted,
                              ens_status (*add)(void *ctx, const char *line), void *ctx,
                              ens_error *err)
{
    const ens__tree *t = fitted;
    char line[64];
    ens_status st;

    (void)err;
    snprintf(line, sizeof line, "leaves: %zu\n", ens__tree_leaves(t));
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    snprintf(line, sizeof line, "depth: %zu\n", t->depth);
    return add(ctx, line);
}

const ens_learner_type ens__tree_type = {
    .abi = ENS_EXT_ABI,
    .name = "tree",
    .help = "a decision tree for classes or numbers, with missing values and categories",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |
            ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(params),
    .check = check,
    .prepare = prepare,
    .fit = fit,
    .predict = predict,
    .write = ens__tree_write,
    .read = ens__tree_read,
    .free = free_tree,
    .importance = importance,
    .describe = ens__tree_describe,
    .write_many = ens__tree_write_many,
    .read_many = ens__tree_read_many,
    .bytes = ens__tree_bytes,
};
