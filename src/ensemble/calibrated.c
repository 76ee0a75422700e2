/* calibrated.c - the learner `calibrated`: a classifier whose probabilities come true as often as they say.
 *
 * Its member predicts rows it was not fitted on, over a plan of folds; a map is fitted from these to what happened,
 * and the member on all rows (scikit-learn's CalibratedClassifierCV with ensemble=False).  So it is a stacking of one,
 * whose final learner is `calibration`. */
#include <config.h>

#include <core/error.h>
#include <ensemble/stack.h>
#include <stdio.h>

static const char *const method_name[] = {"sigmoid", "isotonic", "beta", "temperature"};

typedef struct calibrated_params {
    ens__stack_spec spec;
    int method;
} calibrated_params;

static const ens_param table[] = {
    ENS__STACK_ROWS(calibrated_params),
    ENS_ROW(
        ENS_PARAM_WORD, calibrated_params, method, "sigmoid", 0, 0,
        "sigmoid,isotonic,beta,temperature", "",
        "the map: a logistic curve, any that does not fall (for 1000 rows or more), log "
        "odds of a beta distribution, or one number that spreads them"),
    ENS_PARAM_LAST};

static const ens__stack_form form = {ENS__COMBINE_LEARNER, false, false};

static ens_status check(const void *params, ens_error *err)
{
    return ens__folds_check(((const calibrated_params *)params)->spec.cv, "calibrated.cv",
                            err);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    const calibrated_params *p = params;
    ens__stack_how how = {.form = form};
    ens_learner *final = NULL;
    char recipe[64];
    ens_status st;

    snprintf(recipe, sizeof recipe, "calibration(method=%s)", method_name[p->method]);
    if ((st = ens_learner_parse(&final, recipe, err)) != ENS_OK)
        return st;
    how.final = final;
    st = ens__stack_fit(out, &p->spec, &how, a, err);
    ens_learner_free(final);
    return st;
}

static ens_status read_calibrated(void **out, const ens_read_args *a, ens_error *err)
{
    return ens__stack_read(out, &form, a, err);
}

const ens_learner_type ens__calibrated_type = {
    .abi = ENS_EXT_ABI,
    .name = "calibrated",
    .help = "a classifier with probabilities that come true as often as they say",
    .caps = ENS_CLASSIFIES | ENS_OF_MEMBERS | ENS_TAKES_LONG_BLOCKS,
    .min_members = 1,
    .max_members = 1,
    .params = table,
    .params_size = sizeof(calibrated_params),
    .check = check,
    .fit = fit,
    .predict = ens__stack_predict,
    .scratch_size = ens__stack_scratch,
    .write = ens__stack_write,
    .read = read_calibrated,
    .free = ens__stack_free,
    .describe = ens__stack_describe,
    .bytes = ens__stack_bytes,
};
