/* forest.c - the learners `forest` and `extra_trees`: bagged trees that draw features at each split, and cuts of them,
 * under flat parameters.
 *
 * Breiman (2001), "Random forests", Machine Learning 45; Geurts, Ernst and Wehenkel (2006), "Extremely randomized
 * trees", Machine Learning 63.  All of the work is that of bagging(tree). */
#include <config.h>

#include <core/error.h>
#include <ensemble/bag.h>
#include <ensemble/quantile.h>
#include <learn/learner.h>
#include <learn/tree.h>
#include <string.h>

typedef struct forest_params {
    ens__bag_spec bag;
    ens__tree_params tree;
    ens_list quantiles;
} forest_params;

/* What both types have; `with`, `splitter` and `draws` are the defaults of bootstrap, splitter and keep_drawing. */
#define FOREST_ROWS(with, splitter, draws)                                               \
    {"n_estimators",                                                                     \
     "num_trees,ntree,num_iterations,n_iter",                                            \
     ENS_PARAM_INT,                                                                      \
     offsetof(forest_params, bag.n_estimators),                                          \
     "100",                                                                              \
     1,                                                                                  \
     1e6,                                                                                \
     "",                                                                                 \
     "trees to grow"},                                                                   \
        ENS__BAG_ROWS(forest_params, with),                                              \
        ENS__TREE_ROWS(forest_params, "auto", splitter, draws),                          \
        ENS_ROW(ENS_PARAM_LIST, forest_params, quantiles, "none", 0, 1, "none", "",      \
                "of the response, to predict besides its mean: ascending, in (0, 1)"),   \
        ENS_PARAM_LAST

static const ens_param table[] = {FOREST_ROWS("true", "best", "false")};
static const ens_param extra_table[] = {FOREST_ROWS("false", "random", "true")};

static const ens_list *asks_quantiles(const void *params)
{
    const ens_list *q = &((const forest_params *)params)->quantiles;

    return q->v != NULL ? q : NULL;
}

static ens_status check_params(const forest_params *p, const char *owner,
                               const char *quantiles, ens_error *err)
{
    ens_status st = ens__bag_check(&p->bag, owner, err);

    if (st == ENS_OK)
        st = ens__tree_check(&p->tree, owner, err);
    if (st == ENS_OK && p->quantiles.v != NULL)
        st = ens__check_quantiles(&p->quantiles, quantiles, err);
    return st;
}

static ens_status check(const void *params, ens_error *err)
{
    return check_params(params, "forest", "forest.quantiles", err);
}

static ens_status check_extra(const void *params, ens_error *err)
{
    return check_params(params, "extra_trees", "extra_trees.quantiles", err);
}

/* Trees see all features; what they draw, they draw at each split. */
static ens__bag_spec spec_of(const forest_params *p)
{
    ens__bag_spec spec = p->bag;

    spec.max_features = (ens_amount){ENS_AMOUNT_FRACTION, 1};
    spec.keeps_rows = p->quantiles.v != NULL;
    return spec;
}

/* A recipe `tree` with the parameters of a forest. */
static ens_status make_member(ens_learner **out, const ens_learner *forest,
                              ens_error *err)
{
    const forest_params *p = ens_learner_params(forest);
    ens_status st = ens__learner_new(out, &ens__tree_type, err);

    if (st != ENS_OK)
        return st;
    for (const ens_param *row = ens__tree_type.params; row->name != NULL && st == ENS_OK;
         row++) {
        const ens_param *mine = ens__param_find(table, row->name, strlen(row->name));

        st = ens__param_copy((*out)->params, row, p, mine, err);
    }
    ((ens__tree_params *)(*out)->params)->owner = ens_learner_name(forest);
    if (st != ENS_OK) {
        ens_learner_free(*out);
        *out = NULL;
    }
    return st;
}

/* class_weight=balanced is of all rows of the fit, not of those that a tree draws: it becomes a list for them. */
static ens_status weigh_classes(ens_learner *member, const ens_fit_args *a,
                                ens_error *err)
{
    ens_list *list = &((ens__tree_params *)member->params)->class_weight;
    double *weight;
    ens_status st;

    if (list->v != NULL || list->word != ENS__WEIGHT_BALANCED)
        return ENS_OK;
    if ((st = ens__tree_class_weights(&weight, list, a, err)) == ENS_OK)
        *list = (ens_list){.v = weight, .n = a->k};
    return st;
}

static ens_status prepare(const void *params, const ens_fit_args *a, ens_error *err)
{
    ens_learner *member;
    ens_status st = make_member(&member, a->learner, err);

    (void)params;
    if (st == ENS_OK)
        st = ens_fitted_prepare(member, a, err);
    ens_learner_free(member);
    return st;
}

/* The trees, and what their leaves keep. */
static ens_status extend(void **out, const void *from, const void *params,
                         const ens_fit_args *a, ens_error *err)
{
    const forest_params *p = params;
    ens__bag_spec spec = spec_of(p);
    ens_learner *member = NULL;
    void *bag = NULL;
    ens_status st;

    if (p->quantiles.v != NULL && a->task != ENS_TASK_REGRESSION)
        return ens__fail(err, ENS_ERANGE,
                         "%s.quantiles is for regression, but the target has classes",
                         ens_learner_name(a->learner));
    if ((st = make_member(&member, a->learner, err)) != ENS_OK ||
        (st = weigh_classes(member, a, err)) != ENS_OK ||
        (st = ens__bag_fit(&bag, &spec, member, from, a, err)) != ENS_OK ||
        (p->quantiles.v != NULL &&
         (st = ens__quantiles_make(&((ens__bag *)bag)->quantiles, bag, &spec, a, err)) !=
             ENS_OK))
        goto done;
    *out = bag;
    bag = NULL;
done:
    ens__bag_free(bag);
    ens_learner_free(member);
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return extend(out, NULL, params, a, err);
}

static ens_status write_forest(const void *state, ens_writer *w, ens_error *err)
{
    const ens__bag *bag = state;
    ens_status st = ens__bag_write(bag, w, err);

    return st == ENS_OK && bag->quantiles != NULL
               ? ens__quantiles_write(bag->quantiles, bag, w, err)
               : st;
}

static ens_status read_forest(void **out, const ens_read_args *a, ens_error *err)
{
    const forest_params *p = ens_learner_params(a->learner);
    ens__bag_spec spec = spec_of(p);
    ens_learner *member = NULL;
    void *bag = NULL;
    ens_status st;

    if (p->quantiles.v != NULL && a->task != ENS_TASK_REGRESSION)
        return ens_reader_bad(a->reader, err, "its recipe has quantiles of classes");
    if ((st = make_member(&member, a->learner, err)) != ENS_OK ||
        (st = ens__bag_read(&bag, &spec, member, a, err)) != ENS_OK ||
        (p->quantiles.v != NULL &&
         (st = ens__quantiles_read(&((ens__bag *)bag)->quantiles, bag, a, err)) !=
             ENS_OK))
        goto done;
    *out = bag;
    bag = NULL;
done:
    ens__bag_free(bag);
    ens_learner_free(member);
    return st;
}

static ens_status in_bag(uint32_t *count, const void *params, const ens_fit_args *a,
                         size_t t, ens_error *err)
{
    return ens__bag_redraw(count, &((const forest_params *)params)->bag, a, t, err);
}

/* What both types are. */
#define FOREST_TYPE                                                                      \
    .abi = ENS_EXT_ABI,                                                                  \
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES |  \
            ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS | ENS_TAKES_LONG_BLOCKS,               \
    .params_size = sizeof(forest_params), .prepare = prepare, .fit = fit,                \
    .predict = ens__bag_predict, .scratch_size = ens__bag_scratch,                       \
    .write = write_forest, .read = read_forest, .free = ens__bag_free,                   \
    .importance = ens__bag_importance, .oob = ens__bag_oob,                              \
    .describe = ens__bag_describe, .n_members = ens__bag_n_members,                      \
    .member = ens__bag_member, .in_bag = in_bag, .extend = extend,                       \
    .grows = "n_estimators", .bytes = ens__bag_bytes, .asks_quantiles = asks_quantiles,  \
    .quantiles = ens__bag_quantiles, .quantiles_scratch = ens__bag_quantiles_scratch

const ens_learner_type ens__forest_type = {
    .name = "forest",
    .help = "random forest: the mean of trees grown on bootstrap samples with random "
            "candidates",
    .params = table,
    .check = check,
    FOREST_TYPE,
};

const ens_learner_type ens__extra_trees_type = {
    .name = "extra_trees",
    .help =
        "extremely randomized trees: the mean of trees whose cuts are drawn at random "
        "from random candidates",
    .params = extra_table,
    .check = check_extra,
    FOREST_TYPE,
};
