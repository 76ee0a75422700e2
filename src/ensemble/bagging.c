/* bagging.c - the learner `bagging`: the mean of members of any type, each fitted on random rows and features.
 *
 * Breiman (1996), "Bagging predictors", Machine Learning 24. */
#include <config.h>

#include <ensemble/bag.h>

typedef struct bagging_params {
    ens__bag_spec bag;
} bagging_params;

static const ens_param table[] = {
    {"n_estimators", "num_iterations,n_iter,num_trees,ntree", ENS_PARAM_INT,
     offsetof(bagging_params, bag.n_estimators), "10", 1, 1e6, "", "members to fit"},
    ENS__BAG_ROWS(bagging_params, "true"),
    {"max_features", "feature_fraction,colsample_bytree", ENS_PARAM_AMOUNT,
     offsetof(bagging_params, bag.max_features), "1.0", 1, 1e9, "",
     "features that each member draws: a count, or a fraction of all"},
    {"bootstrap_features", "", ENS_PARAM_BOOL,
     offsetof(bagging_params, bag.bootstrap_features), "false", 0, 1, "",
     "draw features with replacement: what is drawn twice stands twice"},
    ENS_PARAM_LAST};

static ens_status check(const void *params, ens_error *err)
{
    return ens__bag_check(&((const bagging_params *)params)->bag, "bagging", err);
}

static ens_status prepare(const void *params, const ens_fit_args *a, ens_error *err)
{
    (void)params;
    return ens_fitted_prepare(ens_learner_member(a->learner, 0), a, err);
}

static ens_status extend(void **out, const void *from, const void *params,
                         const ens_fit_args *a, ens_error *err)
{
    const bagging_params *p = params;

    return ens__bag_fit(out, &p->bag, ens_learner_member(a->learner, 0), from, a, err);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return extend(out, NULL, params, a, err);
}

static ens_status read_bagging(void **out, const ens_read_args *a, ens_error *err)
{
    const bagging_params *p = ens_learner_params(a->learner);

    return ens__bag_read(out, &p->bag, ens_learner_member(a->learner, 0), a, err);
}

static ens_status in_bag(uint32_t *count, const void *params, const ens_fit_args *a,
                         size_t t, ens_error *err)
{
    return ens__bag_redraw(count, &((const bagging_params *)params)->bag, a, t, err);
}

const ens_learner_type ens__bagging_type = {
    .abi = ENS_EXT_ABI,
    .name = "bagging",
    .help = "the mean of members of any type, each fitted on random rows and features",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_DETECTS |
            ENS_OF_MEMBERS | ENS_TAKES_LONG_BLOCKS,
    .min_members = 1,
    .max_members = 1,
    .params = table,
    .params_size = sizeof(bagging_params),
    .check = check,
    .prepare = prepare,
    .fit = fit,
    .predict = ens__bag_predict,
    .scratch_size = ens__bag_scratch,
    .write = ens__bag_write,
    .read = read_bagging,
    .free = ens__bag_free,
    .importance = ens__bag_importance,
    .oob = ens__bag_oob,
    .threshold = ens__bag_threshold,
    .describe = ens__bag_describe,
    .n_members = ens__bag_n_members,
    .member = ens__bag_member,
    .in_bag = in_bag,
    .extend = extend,
    .grows = "n_estimators",
    .bytes = ens__bag_bytes,
};
