/* params.c - `ensemble params`: learners and their parameters, losses and theirs, metrics, generators. */
#include <config.h>

#include <cli/options.h>
#include <cli/report.h>
#include <ensemble/ext.h>
#include <stdio.h>

typedef struct params_options {
    int losses, metrics, generators, json;
} params_options;

static const cli_option own[] = {
    {"losses", 0, CLI_FLAG, offsetof(params_options, losses), NULL, NULL, 0, 0, NULL,
     "list the losses of gbdt and boosting, with their parameters"},
    {"metrics", 0, CLI_FLAG, offsetof(params_options, metrics), NULL, NULL, 0, 0, NULL,
     "list the metrics of `ensemble evaluate`"},
    {"generators", 0, CLI_FLAG, offsetof(params_options, generators), NULL, NULL, 0, 0,
     NULL, "list the generators of `ensemble generate`"},
    {"json", 0, CLI_FLAG, offsetof(params_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = {{own, 0}, {NULL, 0}};

/* Names with one line each. */
typedef struct catalogue {
    const char *title;
    const char *(*name)(size_t i);
    const char *(*help)(size_t i);
} catalogue;

static const char *learner_help(size_t i)
{
    return ens_learner_type_help(ens_learner_type_name(i));
}

static const catalogue learners = {"learners", ens_learner_type_name, learner_help};
static const catalogue losses = {"losses", ens_loss_name, ens_loss_help};
static const catalogue metrics = {"metrics", ens_metric_name, ens_metric_help};
static const catalogue generators = {"generators", ens_generator_name,
                                     ens_generator_help};

static int list(const catalogue *c, int json)
{
    const char *name;
    report r;

    if (json) {
        json_t *all = json_object(), *object = json_object();

        for (size_t i = 0; (name = c->name(i)) != NULL; i++)
            json_object_set_new(all, name, json_of_text(c->help(i)));
        json_object_set_new(object, c->title, all);
        return json_finish(object);
    }
    report_begin(&r, "ll");
    for (size_t i = 0; (name = c->name(i)) != NULL; i++) {
        report_add(&r, "%s", name);
        report_add(&r, "%s", c->help(i));
    }
    report_end(&r);
    return CLI_OK;
}

/* Below each loss its parameters, as they would be written. */
static int list_losses(void)
{
    ens_param_info p;
    report r;

    report_begin(&r, "ll");
    for (size_t i = 0; ens_loss_name(i) != NULL; i++) {
        report_add(&r, "%s", ens_loss_name(i));
        report_add(&r, "%s", ens_loss_help(i));
        for (size_t j = 0; ens_loss_param(&p, i, j, NULL) == ENS_OK; j++) {
            report_add(&r, "  %s=%s", p.name, p.def);
            report_add(&r, "  %s", p.help);
        }
    }
    report_end(&r);
    return CLI_OK;
}

static int learner_json(const char *learner)
{
    json_t *all = json_array(), *object = json_object();
    ens_param_info p;

    for (size_t i = 0; ens_learner_type_param(&p, learner, i, NULL) == ENS_OK; i++) {
        json_t *one = json_object();

        json_object_set_new(one, "name", json_of_text(p.name));
        json_object_set_new(one, "kind", json_of_text(p.kind));
        json_object_set_new(one, "default", json_of_text(p.def));
        json_object_set_new(one, "range", json_of_text(p.range));
        json_object_set_new(one, "aliases", json_of_text(p.aliases));
        json_object_set_new(one, "help", json_of_text(p.help));
        json_array_append_new(all, one);
    }
    json_object_set_new(object, "learner", json_of_text(learner));
    json_object_set_new(object, "help", json_of_text(ens_learner_type_help(learner)));
    json_object_set_new(object, "parameters", all);
    return json_finish(object);
}

static int learner_table(const char *learner)
{
    ens_param_info p;

    printf("%s: %s\n", learner, ens_learner_type_help(learner));
    for (size_t i = 0; ens_learner_type_param(&p, learner, i, NULL) == ENS_OK; i++) {
        printf("\n  %s = %s\n", p.name, p.def[0] != 0 ? p.def : "\"\"");
        printf("      %s\n      %s %s\n", p.help, p.kind, p.range);
        if (p.aliases[0] != 0)
            printf("      also called %s\n", p.aliases);
    }
    return CLI_OK;
}

static int run(const void *options, char *const *operand)
{
    const params_options *o = options;
    ens_param_info first;
    ens_error err;

    if ((operand[0] != NULL) + o->losses + o->metrics + o->generators > 1)
        return cli_usage("params", "a learner, --losses, --metrics and --generators "
                                   "exclude each other");
    if (o->losses)
        return o->json ? list(&losses, 1) : list_losses();
    if (o->metrics)
        return list(&metrics, o->json);
    if (o->generators)
        return list(&generators, o->json);
    if (operand[0] == NULL)
        return list(&learners, o->json);
    if (ens_learner_type_help(operand[0]) == NULL) {
        ens_learner_type_param(&first, operand[0], 0, &err);
        return cli_fail(&err);
    }
    return o->json ? learner_json(operand[0]) : learner_table(operand[0]);
}

const cli_verb cli_params = {
    .name = "params",
    .operands = "[LEARNER]",
    .summary = "List all learners, or the parameters of one.",
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(params_options),
    .run = run,
};
