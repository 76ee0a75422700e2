/* fuzz_recipe.c - any text as a recipe, a path, a metric: parsed or explained; what is printed parses
 * to the same. */
#include <config.h>

#include "fuzz.h"

/* Printing, parsing and printing again gives the same line, in either form. */
static void round_trip(const ens_learner *learner, ens_print what)
{
    ens_learner *again = NULL;
    char *line = NULL, *same = NULL;
    ens_error err;

    must_ok(ens_learner_print(&line, learner, what, &err));
    must_ok(ens_learner_parse(&again, line, &err));
    must_ok(ens_learner_print(&same, again, what, &err));
    must(strcmp(line, same) == 0);
    ens_string_free(line);
    ens_string_free(same);
    ens_learner_free(again);
}

/* The first parameter of each member is set to what it is. */
static void set_to_itself(ens_learner *learner)
{
    ens_param_info param;
    char path[80], *value = NULL;
    ens_error err;

    for (size_t i = 0; i < ens_learner_n_members(learner); i++) {
        const char *type = ens_learner_name(ens_learner_member(learner, i));

        if (ens_learner_type_param(&param, type, 0, &err) != ENS_OK)
            continue;
        snprintf(path, sizeof path, "%zu.%s", i, param.name);
        must_ok(ens_learner_get(&value, learner, path, &err));
        must_ok(ens_learner_set(learner, path, value, &err));
        ens_string_free(value);
    }
}

static void as_metric(const char *text)
{
    static const int32_t label[] = {0, 1, 1, 0};
    static const double pred[] = {0.9, 0.1, 0.4, 0.6, 0.7, 0.3, 0.5, 0.5};
    const ens_eval eval = {
        .task = ENS_TASK_CLASSIFICATION, .n = 4, .k = 2, .label = label, .pred = pred};
    double score;
    ens_error err;
    ens_status st = ens_metric(&score, text, &eval, &err);

    if (st != ENS_OK)
        must_explain(st, NULL, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *value = NULL;
    ens_learner *learner = NULL, *copy = NULL;
    ens_error err;
    ens_status st;

    must(text != NULL);
    if (size != 0)
        memcpy(text, data, size);
    text[size] = 0;

    st = ens_learner_parse(&learner, text, &err);
    if (st == ENS_OK) {
        round_trip(learner, ENS_PRINT_SHORT);
        round_trip(learner, ENS_PRINT_FULL);
        must_ok(ens_learner_copy(&copy, learner, &err));
        set_to_itself(copy);
    } else {
        must_explain(st, learner, &err);
        must(err.column >= 1 && err.column <= size + 1);
        must_ok(ens_learner_parse(&copy, "bagging(tree)", &err));
        if ((st = ens_learner_get(&value, copy, text, &err)) != ENS_OK)
            must_explain(st, value, &err);
        if ((st = ens_learner_set(copy, "max_samples", text, &err)) != ENS_OK)
            must_explain(st, NULL, &err);
    }
    as_metric(text);
    ens_string_free(value);
    ens_learner_free(learner);
    ens_learner_free(copy);
    free(text);
    return 0;
}
