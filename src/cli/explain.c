/* explain.c - `ensemble explain`: what a model relies on, and which rows it takes for alike. */
#include <config.h>

#include <cli/explain.h>
#include <cli/interrupt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option own[] = {
    {"importance", 'i', CLI_LIST, offsetof(explain_options, importance), "KIND,...", NULL,
     0, 0, NULL,
     "of the features: permutation (by the score on this table; the default), oob "
     "(permutation out of bag), corrected (impurity on rows out of bag), impurity"},
    {"metric", 'm', CLI_TEXT, offsetof(explain_options, metric), "NAME", NULL, 0, 0, NULL,
     "score of --importance=permutation; else accuracy, or r2 for a number; see "
     "`ensemble "
     "params --metrics`"},
    {"repeats", 0, CLI_COUNT, offsetof(explain_options, repeats), "N", NULL, 1, 10000,
     NULL, "permutations of each feature by --importance=permutation, else 5"},
    {"level", 0, CLI_REAL, offsetof(explain_options, level), "SHARE", "0.95", 0, 1, NULL,
     "confidence of the intervals"},
    {"seed", 0, CLI_COUNT, offsetof(explain_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "of the permutations"},
    {"holdout", 0, CLI_REAL, offsetof(explain_options, holdout), "SHARE", NULL, 0, 1,
     NULL,
     "the model comes from this table by train --holdout=SHARE: oob and corrected are of "
     "the rows that were fitted, permutation of those held out"},
    {"oob-predictions", 0, CLI_FLAG, offsetof(explain_options, oob_predictions), NULL,
     NULL, 0, 0, NULL, "print each row's prediction by the members that did not draw it"},
    {"leaves", 0, CLI_FLAG, offsetof(explain_options, leaves), NULL, NULL, 0, 0, NULL,
     "print the number of each row's leaf in each tree"},
    {"proximities", 0, CLI_FLAG, offsetof(explain_options, proximities), NULL, NULL, 0, 0,
     NULL, "print for all pairs of rows the share of trees in which they share a leaf"},
    {"neighbors", 0, CLI_COUNT, offsetof(explain_options, neighbors), "N", NULL, 1, 1000,
     NULL, "print the N rows of the largest proximity to each row"},
    {"outliers", 0, CLI_FLAG, offsetof(explain_options, outliers), NULL, NULL, 0, 0, NULL,
     "print how far each row is from those of its class; above 10 is suspect"},
    {"oob", 0, CLI_FLAG, offsetof(explain_options, oob), NULL, NULL, 0, 0, NULL,
     "proximities by the trees that drew neither of two rows"},
    {"weight", 0, CLI_TEXT, offsetof(explain_options, weight), "COL", NULL, 0, 0, NULL,
     "column of row weights"},
    {"json", 0, CLI_FLAG, offsetof(explain_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = {{own, 0},
                                   {cli_group_options, offsetof(explain_options, group)},
                                   {cli_read_options, offsetof(explain_options, read)},
                                   {cli_run_options, offsetof(explain_options, run)},
                                   {NULL, 0}};

/* Of the library, where none is asked for. */
#define USUAL_REPEATS 5

typedef enum kind { PERMUTATION, OOB, CORRECTED, IMPURITY, N_KINDS } kind;

static const char *const kind_name[] = {"permutation", "oob", "corrected", "impurity"};

/* ---- Beginning ---- */

static const char *name_of_kind(const void *ctx, size_t i)
{
    (void)ctx;
    return i < N_KINDS ? kind_name[i] : NULL;
}

static int check_kinds(char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        const char *near = cli_nearest(list[i], name_of_kind, NULL);
        size_t k = 0;

        while (k < N_KINDS && strcmp(kind_name[k], list[i]) != 0)
            k++;
        if (k == N_KINDS)
            return cli_usage(
                "explain",
                "--importance=%s is none of permutation,oob,corrected,impurity%s%s%s",
                list[i], near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                near != NULL ? "`?" : "");
    }
    return CLI_OK;
}

static int asks_for(const explain_options *o, kind k)
{
    if (o->importance == NULL)
        return k == PERMUTATION;
    for (size_t i = 0; o->importance[i] != NULL; i++)
        if (strcmp(o->importance[i], kind_name[k]) == 0)
            return 1;
    return 0;
}

/* Things to print about rows that were asked for. */
static int asked_of_rows(const explain_options *o)
{
    return o->oob_predictions + o->leaves + o->proximities + (o->neighbors > 0) +
           o->outliers;
}

static int check(const explain_options *o)
{
    int rows = asked_of_rows(o), code;

    if (rows + (o->importance != NULL) > 1)
        return cli_usage("explain", "--importance, --oob-predictions, --leaves, "
                                    "--proximities, --neighbors and --outliers exclude "
                                    "each other");
    if (rows > 0 && o->json)
        return cli_usage("explain", "--json is for importances; of rows comes CSV");
    if (rows > 0 && o->holdout > 0)
        return cli_usage("explain", "--holdout is for importances");
    if (o->oob && !(o->proximities || o->neighbors > 0 || o->outliers))
        return cli_usage("explain",
                         "--oob is for --proximities, --neighbors and --outliers");
    if ((code = check_kinds(o->importance)) != CLI_OK)
        return code;
    if ((rows > 0 || !asks_for(o, PERMUTATION)) && (o->metric != NULL || o->repeats > 0))
        return cli_usage("explain", "--%s is for --importance=permutation",
                         o->metric != NULL ? "metric" : "repeats");
    return CLI_OK;
}

static int load(explain_job *j, const char *model, ens_error *err)
{
    const explain_options *o = j->o;
    ens_csv_options csv = {.weight = o->weight,
                           .only_named = 1,
                           .target_optional = 1, /* what is absent is told of later */
                           .threads = (unsigned)o->run.threads};
    int code = cli_csv_options(&csv, &o->read, "explain");

    cli_csv_groups(&csv, &o->group);
    if (code != CLI_OK)
        return code;
    if (ens_model_load(&j->model, model, err) != ENS_OK)
        return cli_fail(err);
    csv.target = ens_model_target(j->model);
    csv.types = ens_model_csv_types(j->model);
    csv.offset = ens_model_offset(j->model);
    csv.task = ens_model_task(j->model);
    if (csv.task == ENS_TASK_ANOMALY)
        csv.task = ENS_TASK_CLASSIFICATION; /* of the target, which scores it */
    if (ens_table_read(&j->table, j->path, &csv, err) != ENS_OK)
        return cli_fail(err);
    if (o->holdout > 0 && ens_dataset_holdout(&j->fit, &j->hold, j->table, o->holdout,
                                              ens_model_seed(j->model), err) != ENS_OK)
        return cli_fail_in(cli_name_of(j->path), err);
    return CLI_OK;
}

/* ---- Importance ---- */

static ens_status find(ens_importance *out, explain_job *j, kind k, ens_error *err)
{
    const explain_options *o = j->o;
    const ens_dataset *fit = j->fit != NULL ? j->fit : j->table;
    const ens_importance_options options = {o->level, o->seed, (size_t)o->repeats,
                                            o->metric};
    size_t p = ens_model_p(j->model);
    double *share;
    ens_status st;

    switch (k) {
    case PERMUTATION:
        return ens_importance_permutation(
            out, j->model, j->hold != NULL ? j->hold : j->table, &options, &j->exec, err);
    case OOB:
        return ens_importance_oob(out, j->model, fit, &options, &j->exec, err);
    case CORRECTED:
        return ens_importance_corrected(out, j->model, fit, &options, &j->exec, err);
    default:
        share = cli_array(p, sizeof *share);
        st = ens_model_importance(j->model, share, err);
        for (size_t f = 0; f < p; f++)
            out[f] = (ens_importance){share[f], NAN, NAN, NAN};
        free(share);
        return st;
    }
}

/* What the values are. */
static void describe(char *text, size_t size, const explain_job *j, kind k)
{
    ens_task task = ens_model_task(j->model);
    int classes = task == ENS_TASK_CLASSIFICATION;
    const char *metric = j->o->metric != NULL        ? j->o->metric
                         : classes                   ? "accuracy"
                         : task == ENS_TASK_ANOMALY ? "roc_auc"
                                                     : "r2";

    if (k == PERMUTATION)
        snprintf(text, size, "%s lost, mean of %llu permutations", metric,
                 (unsigned long long)(j->o->repeats > 0 ? j->o->repeats : USUAL_REPEATS));
    else if (k == OOB)
        snprintf(text, size, "out of bag, %s, mean over members",
                 classes ? "accuracy lost" : "squared error gained");
    else if (k == CORRECTED)
        snprintf(text, size, "decrease of %s on rows out of bag, mean over trees",
                 classes ? "gini" : "squared error");
    else
        snprintf(text, size,
                 "share of the criterion's decrease, biased towards features "
                 "of many values");
}

static json_t *importance_json(const explain_job *j, kind k, const ens_importance *v)
{
    json_t *one = json_object(), *features = json_array();
    char text[160];

    describe(text, sizeof text, j, k);
    json_object_set_new(one, "what", json_of_text(text));
    for (size_t f = 0; f < ens_model_p(j->model); f++) {
        json_t *feature = json_object();
        ens_column_info c;

        if (ens_model_feature(&c, j->model, f, NULL) == ENS_OK)
            json_object_set_new(feature, "name", json_of_text(c.name));
        json_object_set_new(feature, "importance", json_of_number(v[f].value));
        if (k != IMPURITY) {
            json_object_set_new(feature, "error", json_of_number(v[f].error));
            json_object_set_new(feature, "low", json_of_number(v[f].low));
            json_object_set_new(feature, "high", json_of_number(v[f].high));
        }
        json_array_append_new(features, feature);
    }
    json_object_set_new(one, "features", features);
    return one;
}

typedef struct ranked {
    double value;
    size_t feature;
} ranked;

/* The most important first; among equals, that of the smaller number. */
static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return x->feature < y->feature ? -1 : 1;
}

static void report_value(report *r, double v)
{
    if (isnan(v))
        report_add(r, "-");
    else
        report_add(r, "%.4g", v);
}

static void importance_text(const explain_job *j, kind k, const ens_importance *v)
{
    size_t p = ens_model_p(j->model);
    ranked *order = cli_array(p, sizeof *order);
    char text[160];
    report r;

    describe(text, sizeof text, j, k);
    printf("%s importance: ", kind_name[k]);
    report_line("", text);
    for (size_t f = 0; f < p; f++)
        order[f] = (ranked){v[f].value, f};
    qsort(order, p, sizeof *order, by_rank);
    report_begin(&r, k == IMPURITY ? "lr" : "lrrrr");
    report_add(&r, "feature");
    report_add(&r, "importance");
    if (k != IMPURITY) {
        report_add(&r, "error");
        report_add(&r, "low");
        report_add(&r, "high");
    }
    for (size_t i = 0; i < p; i++) {
        const ens_importance *one = &v[order[i].feature];
        ens_column_info c;

        if (ens_model_feature(&c, j->model, order[i].feature, NULL) != ENS_OK)
            continue;
        report_add(&r, "%s", c.name);
        report_value(&r, one->value);
        if (k != IMPURITY) {
            report_value(&r, one->error);
            report_value(&r, one->low);
            report_value(&r, one->high);
        }
    }
    report_end(&r);
    free(order);
}

static int tell_importance(explain_job *j)
{
    static const char *const usual[] = {"permutation", NULL};
    const char *const *list =
        j->o->importance != NULL ? (const char *const *)j->o->importance : usual;
    ens_importance *v = cli_array(ens_model_p(j->model), sizeof *v);
    json_t *object = json_object();
    int code = CLI_OK;

    json_object_set_new(object, "rows",
                        json_integer((json_int_t)ens_dataset_n(j->table)));
    for (size_t i = 0; list[i] != NULL && code == CLI_OK; i++) {
        ens_error err = {.code = ENS_OK};
        int k = 0;
        ens_status st;

        while (strcmp(kind_name[k], list[i]) != 0)
            k++;
        st = find(v, j, (kind)k, &err);
        progress_end(&j->bar);
        if (st != ENS_OK) {
            code = cli_fail_in(cli_name_of(j->path), &err);
        } else if (j->o->json) {
            json_object_set_new(object, kind_name[k], importance_json(j, (kind)k, v));
        } else {
            if (i > 0)
                putchar('\n');
            importance_text(j, (kind)k, v);
        }
    }
    if (j->o->json && code == CLI_OK)
        code = json_finish(json_incref(object));
    json_decref(object);
    free(v);
    return code;
}

static int run(const void *options, char *const *operand)
{
    explain_job j = {.o = options, .path = operand[1]};
    ens_error err = {.code = ENS_OK};
    int code = check(options);

    if (code == CLI_OK && (code = load(&j, operand[0], &err)) == CLI_OK) {
        if (!j.o->run.quiet)
            cli_print_notes(j.path, j.table);
        j.exec = progress_exec(&j.bar, (unsigned)j.o->run.threads, j.o->run.quiet);
        interrupt_catch();
        code = asked_of_rows(j.o) > 0 ? explain_rows(&j) : tell_importance(&j);
    }
    ens_dataset_free(j.hold);
    ens_dataset_free(j.fit);
    ens_dataset_free(j.table);
    ens_model_free(j.model);
    return code;
}

const cli_verb cli_explain = {
    .name = "explain",
    .operands = "MODEL CSV",
    .summary = "Show what a model relies on, and which rows it takes for alike.",
    .detail =
        "What is out of bag is drawn again from the table of the fit: the same "
        "rows in\nthe same order, with the same --weight and --na. Another table is "
        "refused.",
    .min_operands = 2,
    .max_operands = 2,
    .groups = groups,
    .size = sizeof(explain_options),
    .run = run,
};
