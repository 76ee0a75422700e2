/* stacking.c - the learner `stacking`: members of any recipes, and a final learner on what they predict for rows that
 * they were not fitted on.
 *
 * Wolpert (1992), "Stacked generalization", Neural Networks 5; by default the final learner is a weighted mean.  More
 * layers are stackings as final learners, which see the features too. */
#include <config.h>

#include <core/error.h>
#include <ensemble/stack.h>
#include <string.h>

enum { METHOD_AUTO, METHOD_PROBABILITIES, METHOD_PREDICT };

typedef struct stacking_params {
    ens__stack_spec spec;
    char *final_estimator;
    int stack_method;
    int passthrough;
    int64_t layers;
} stacking_params;

static const ens_param table[] = {
    ENS__STACK_ROWS(stacking_params),
    ENS_ROW(ENS_PARAM_TEXT, stacking_params, final_estimator, "auto", 0, 0, "",
            "final,meta",
            "a recipe; auto: weights that are not negative and minimise the loss"),
    ENS_ROW(ENS_PARAM_WORD, stacking_params, stack_method, "auto", 0, 0,
            "auto,predict_proba,predict", "",
            "of classes the final estimator sees probabilities (auto), or the most "
            "probable class alone"),
    ENS_ROW(ENS_PARAM_BOOL, stacking_params, passthrough, "false", 0, 1, "", "",
            "the final estimator sees the features too"),
    ENS_ROW(ENS_PARAM_INT, stacking_params, layers, "1", 1, 8, "", "num_stack_levels",
            "layers of the members; those after the first see the features and what the "
            "one before predicts"),
    ENS_PARAM_LAST};

static bool is_auto(const stacking_params *p)
{
    return p->final_estimator == NULL || strcmp(p->final_estimator, "auto") == 0;
}

/* What follows the first layer: another, a learner, or NULL for weights. */
static ens_status parse_final(ens_learner **out, const stacking_params *p, ens_error *err)
{
    ens_status st;

    *out = NULL;
    if (is_auto(p))
        return ENS_OK;
    if ((st = ens_learner_parse(out, p->final_estimator, err)) != ENS_OK &&
        st != ENS_ENOMEM)
        ens__error_prefix(err, "stacking.final_estimator");
    if (st == ENS_OK && ens__learner_quantiles(*out) != NULL) {
        ens_learner_free(*out);
        *out = NULL;
        return ens__fail(err, ENS_ERANGE,
                         "stacking.final_estimator: quantiles would go nowhere");
    }
    return st;
}

static ens_status check(const void *params, ens_error *err)
{
    const stacking_params *p = params;
    ens_learner *final = NULL;
    ens_status st = ens__folds_check(p->spec.cv, "stacking.cv", err);

    if (st != ENS_OK || (st = parse_final(&final, p, err)) != ENS_OK)
        return st;
    if (is_auto(p) && p->layers == 1 &&
        (p->passthrough || p->stack_method == METHOD_PREDICT))
        st = ens__fail(
            err, ENS_ERANGE,
            "stacking.%s needs a final_estimator: weights see predictions alone",
            p->passthrough ? "passthrough" : "stack_method");
    ens_learner_free(final);
    return st;
}

/* The recipe without its first layer. */
static ens_status next_layer(ens_learner **out, const ens_learner *learner,
                             ens_error *err)
{
    ens_status st = ens_learner_copy(out, learner, err);

    if (st == ENS_OK)
        ((stacking_params *)(*out)->params)->layers--;
    return st;
}

static ens__stack_form form_of(const stacking_params *p)
{
    bool learner = p->layers > 1 || !is_auto(p);

    return (ens__stack_form){learner ? ENS__COMBINE_LEARNER : ENS__COMBINE_MEAN,
                             p->passthrough || p->layers > 1,
                             p->stack_method == METHOD_PREDICT};
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const stacking_params *p = params;
    ens_learner *final = NULL;
    ens__stack_how how = {.weigh = ens__stack_weigh, .form = form_of(p)};
    ens_status st =
        p->layers > 1 ? next_layer(&final, a->learner, err) : parse_final(&final, p, err);

    if (st == ENS_OK) {
        how.final = final;
        st = ens__stack_fit(out, &p->spec, &how, a, err);
    }
    ens_learner_free(final);
    return st;
}

static ens_status read_stacking(void **out, const ens_read_args *a, ens_error *err)
{
    ens__stack_form form = form_of(ens_learner_params(a->learner));

    return ens__stack_read(out, &form, a, err);
}

const ens_learner_type ens__stacking_type = {
    .abi = ENS_EXT_ABI,
    .name = "stacking",
    .help = "a final learner, or weights, on what members of any recipes predict for "
            "unseen rows",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS | ENS_TAKES_LONG_BLOCKS,
    .min_members = 1,
    .max_members = 64,
    .params = table,
    .params_size = sizeof(stacking_params),
    .check = check,
    .fit = fit,
    .predict = ens__stack_predict,
    .scratch_size = ens__stack_scratch,
    .write = ens__stack_write,
    .read = read_stacking,
    .free = ens__stack_free,
    .describe = ens__stack_describe,
    .bytes = ens__stack_bytes,
};
