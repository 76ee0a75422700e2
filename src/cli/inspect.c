/* inspect.c - `ensemble inspect`: what a model is, what it expects, what it found important. */
#include <config.h>

#include <cli/options.h>
#include <cli/report.h>
#include <cli/scores.h>
#include <cli/tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than these are for --json. */
#define MOST_FEATURES 30
#define MOST_LEVELS   4
#define MOST_CLASSES  12
#define BAR           20

typedef struct inspect_options {
    int json;
} inspect_options;

static const cli_option own[] = {{"json", 0, CLI_FLAG, offsetof(inspect_options, json),
                                  NULL, NULL, 0, 0, NULL, "print one JSON object"},
                                 CLI_LAST};

static const cli_group groups[] = {{own, 0}, {NULL, 0}};

/* What takes a call that can fail to find out. */
typedef struct facts {
    const ens_model *model;
    char *recipe, *full, *account;
    double *importance; /* [p], or NULL if the learner has none */
    size_t *order;      /* [p] features, most important first */
} facts;

static void facts_clear(facts *f)
{
    ens_string_free(f->recipe);
    ens_string_free(f->full);
    ens_string_free(f->account);
    free(f->importance);
    free(f->order);
}

/* Insertion keeps the file's order among equals; p is small beside a model. */
static void sort_features(facts *f, size_t p)
{
    for (size_t i = 0; i < p; i++) {
        size_t at = i;

        while (f->importance != NULL && at > 0 &&
               f->importance[f->order[at - 1]] < f->importance[i])
            at--;
        memmove(f->order + at + 1, f->order + at, (i - at) * sizeof *f->order);
        f->order[at] = i;
    }
}

static ens_status find_facts(facts *f, const ens_model *model, ens_error *err)
{
    size_t p = ens_model_p(model);
    ens_status st;

    f->model = model;
    f->importance = cli_array(p, sizeof *f->importance);
    f->order = cli_array(p + 1, sizeof *f->order);
    if ((st = ens_learner_print(&f->recipe, ens_model_learner(model), ENS_PRINT_SHORT,
                                err)) != ENS_OK ||
        (st = ens_learner_print(&f->full, ens_model_learner(model), ENS_PRINT_FULL,
                                err)) != ENS_OK ||
        (st = ens_model_describe(&f->account, model, err)) != ENS_OK)
        return st;
    st = ens_model_importance(model, f->importance, err);
    if (st == ENS_ESUPPORT) {
        free(f->importance);
        f->importance = NULL;
        st = ENS_OK;
    }
    sort_features(f, p);
    return st;
}

/* ---- JSON ---- */

static json_t *feature_json(const facts *f, size_t j)
{
    ens_column_info c;
    json_t *one = json_object();

    if (ens_model_feature(&c, f->model, j, NULL) != ENS_OK)
        return one;
    json_object_set_new(one, "name", json_of_text(c.name));
    json_object_set_new(one, "type",
                        json_string(c.type == ENS_NUMERIC ? "number" : "category"));
    json_object_set_new(one, "missing", json_integer((json_int_t)c.n_missing));
    if (f->importance != NULL)
        json_object_set_new(one, "importance", json_of_number(f->importance[j]));
    if (c.type == ENS_CATEGORICAL) {
        json_t *levels = json_array();

        for (size_t l = 0; l < c.n_levels; l++)
            json_array_append_new(levels,
                                  json_of_text(ens_model_feature_level(f->model, j, l)));
        json_object_set_new(one, "levels", levels);
    }
    return one;
}

/* The lines "key: value" of ens_model_describe(). */
static json_t *account_json(const char *account)
{
    json_t *lines = json_array();

    while (*account != 0) {
        size_t n = strcspn(account, "\n");
        char *text = cli_array(n + 1, 1);

        memcpy(text, account, n);
        json_array_append_new(lines, json_of_text(text));
        free(text);
        account += n + (account[n] == '\n');
    }
    return lines;
}

/* A seed beyond JSON's integers is text. */
static json_t *seed_json(uint64_t seed)
{
    char text[24];

    if (seed <= INT64_MAX)
        return json_integer((json_int_t)seed);
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return json_string(text);
}

static int tell_json(const facts *f)
{
    const ens_model *m = f->model;
    json_t *object = json_object(), *features = json_array();
    score_set set[MOST_KINDS];
    size_t n = scores_of_model(set, m);
    double threshold;

    json_object_set_new(object, "learner", json_of_text(f->recipe));
    json_object_set_new(object, "recipe", json_of_text(f->full));
    json_object_set_new(object, "task", json_string(cli_task_name(ens_model_task(m))));
    json_object_set_new(object, "target",
                        ens_model_target(m) != NULL ? json_of_text(ens_model_target(m))
                                                    : json_null());
    if (ens_model_offset(m) != NULL)
        json_object_set_new(object, "offset", json_of_text(ens_model_offset(m)));
    if (ens_model_threshold(&threshold, m, NULL) == ENS_OK)
        json_object_set_new(object, "threshold", json_of_number(threshold));
    if (ens_model_anomaly(m) != NULL)
        json_object_set_new(object, "anomaly", json_of_text(ens_model_anomaly(m)));
    if (ens_model_task(m) == ENS_TASK_CLASSIFICATION) {
        json_t *classes = json_array();

        for (size_t c = 0; c < ens_model_k(m); c++)
            json_array_append_new(classes, json_of_text(ens_model_class(m, c)));
        json_object_set_new(object, "classes", classes);
    }
    json_object_set_new(object, "rows", json_integer((json_int_t)ens_model_n_train(m)));
    json_object_set_new(object, "seed", seed_json(ens_model_seed(m)));
    for (size_t j = 0; j < ens_model_p(m); j++)
        json_array_append_new(features, feature_json(f, j));
    json_object_set_new(object, "features", features);
    json_object_set_new(object, "scores", scores_json(set, n));
    json_object_set_new(object, "fitted", account_json(f->account));
    return json_finish(object);
}

/* ---- Text ---- */

static void tell_features(const facts *f)
{
    size_t p = ens_model_p(f->model), shown = p < MOST_FEATURES ? p : MOST_FEATURES;
    report r;

    report_begin(&r, f->importance != NULL ? "lllrrl" : "lllr");
    report_add(&r, "feature");
    report_add(&r, "type");
    report_add(&r, "levels");
    report_add(&r, "missing");
    if (f->importance != NULL) {
        report_add(&r, "importance");
        report_add(&r, "%s", "");
    }
    for (size_t i = 0; i < shown; i++) {
        char levels[256] = "";
        size_t j = f->order[i];
        ens_column_info c;

        if (ens_model_feature(&c, f->model, j, NULL) != ENS_OK)
            continue;
        for (size_t l = 0; l < c.n_levels && l <= MOST_LEVELS; l++) {
            size_t n = strlen(levels);

            snprintf(levels + n, sizeof levels - n, "%s%s", l > 0 ? ", " : "",
                     l < MOST_LEVELS ? ens_model_feature_level(f->model, j, l) : "...");
        }
        report_add(&r, "%s", c.name);
        report_add(&r, "%s", c.type == ENS_NUMERIC ? "number" : "category");
        report_add(&r, "%s", levels);
        report_add(&r, "%zu", c.n_missing);
        if (f->importance != NULL) {
            report_add(&r, "%.4f", f->importance[j]);
            report_add(&r, "%.*s", (int)(f->importance[j] * BAR + 0.5),
                       "####################");
        }
    }
    report_end(&r);
    if (shown < p)
        printf("  ... and %zu more features\n", p - shown);
}

static void tell_classes(const ens_model *m)
{
    size_t k = ens_model_k(m), shown = k < MOST_CLASSES ? k : MOST_CLASSES;

    fputs("classes: ", stdout);
    for (size_t c = 0; c < shown; c++) {
        report_text(ens_model_class(m, c));
        fputs(c + 1 < shown ? ", " : "", stdout);
    }
    if (shown < k)
        printf(", and %zu more", k - shown);
    putchar('\n');
}

static void tell_account(const char *account)
{
    while (*account != 0) {
        size_t n = strcspn(account, "\n");

        printf("%.*s\n", (int)n, account);
        account += n + (account[n] == '\n');
    }
}

static int tell_text(const facts *f)
{
    const ens_model *m = f->model;
    score_set set[MOST_KINDS];
    size_t n = scores_of_model(set, m);

    report_line("learner: ", f->recipe);
    report_line("in full: ", f->full);
    if (ens_model_target(m) != NULL)
        report_line("target: ", ens_model_target(m));
    if (ens_model_offset(m) != NULL)
        report_line("offset: ", ens_model_offset(m));
    printf("task: %s\n", cli_task_name(ens_model_task(m)));
    if (ens_model_anomaly(m) != NULL)
        report_line("anomaly by the target: ", ens_model_anomaly(m));
    if (ens_model_task(m) == ENS_TASK_CLASSIFICATION)
        tell_classes(m);
    printf("fitted on: %zu rows, seed %llu\n", ens_model_n_train(m),
           (unsigned long long)ens_model_seed(m));
    tell_account(f->account);
    putchar('\n');
    tell_features(f);
    if (n > 0)
        putchar('\n');
    scores_print(set, n);
    return CLI_OK;
}

static int run(const void *options, char *const *operand)
{
    const inspect_options *o = options;
    ens_model *model = NULL;
    facts f = {0};
    ens_error err;
    int code;

    if (ens_model_load(&model, operand[0], &err) != ENS_OK ||
        find_facts(&f, model, &err) != ENS_OK)
        code = cli_fail(&err);
    else
        code = o->json ? tell_json(&f) : tell_text(&f);
    facts_clear(&f);
    ens_model_free(model);
    return code;
}

const cli_verb cli_inspect = {
    .name = "inspect",
    .operands = "MODEL",
    .summary = "Show what a model is, expects and found.",
    .min_operands = 1,
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(inspect_options),
    .run = run,
};
