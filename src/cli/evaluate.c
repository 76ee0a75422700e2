/* evaluate.c - `ensemble evaluate`: scores of a model on a table that has the answers. */
#include <config.h>

#include <cli/interrupt.h>
#include <cli/progress.h>
#include <cli/report.h>
#include <cli/tables.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A confusion matrix of more classes does not fit a screen; --json has it. */
#define MOST_CLASSES 12

typedef struct evaluate_options {
    const char *metrics, *weight, *target;
    int intervals, json;
    double level;
    uint64_t resamples, seed, rounds, staged;
    use_options use;
    group_options group;
    read_options read;
    run_options run;
} evaluate_options;

static const cli_option own[] = {
    {"metrics", 'm', CLI_TEXT, offsetof(evaluate_options, metrics), "NAME,...", NULL, 0,
     0, NULL,
     "scores to print, such as 'accuracy,fbeta(beta=2)', else the task's usual ones; see "
     "`ensemble params --metrics`"},
    {"intervals", 'i', CLI_FLAG, offsetof(evaluate_options, intervals), NULL, NULL, 0, 0,
     NULL, "add a bootstrap interval to each score"},
    {"level", 0, CLI_REAL, offsetof(evaluate_options, level), "SHARE", "0.95", 0, 1, NULL,
     "confidence of the intervals"},
    {"resamples", 0, CLI_COUNT, offsetof(evaluate_options, resamples), "N", "1000", 10,
     1e6, NULL, "bootstrap resamples of the rows"},
    {"seed", 0, CLI_COUNT, offsetof(evaluate_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL, "of the resamples"},
    {"rounds", 0, CLI_COUNT, offsetof(evaluate_options, rounds), "N", "0", 0, 1e6, NULL,
     "score the first N rounds of a model that grew in rounds, as gbdt, boosting and "
     "adaboost; 0: all"},
    {"staged", 0, CLI_COUNT, offsetof(evaluate_options, staged), "N", "0", 0, 1e6, NULL,
     "print the scores of such a model after every N rounds as well"},
    {"weight", 0, CLI_TEXT, offsetof(evaluate_options, weight), "COL", NULL, 0, 0, NULL,
     "column of row weights"},
    {"target", 't', CLI_TEXT, offsetof(evaluate_options, target), "COL", NULL, 0, 0, NULL,
     "column of two classes that tells the anomalies, for a model that has no target: "
     "the rarer class is the anomaly"},
    {"json", 0, CLI_FLAG, offsetof(evaluate_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = {{own, 0},
                                   {cli_use_options, offsetof(evaluate_options, use)},
                                   {cli_group_options, offsetof(evaluate_options, group)},
                                   {cli_read_options, offsetof(evaluate_options, read)},
                                   {cli_run_options, offsetof(evaluate_options, run)},
                                   {NULL, 0}};

/* A score that could be had. */
typedef struct line {
    const char *name;
    double value, low, high;
} line;

/* The scores of the first rounds. */
typedef struct stage {
    size_t rounds;
    line *line; /* [n_lines] */
    size_t n_lines;
} stage;

typedef struct job {
    const evaluate_options *o;
    const char *path;
    ens_model *model;
    ens_dataset *data;
    int32_t *label;
    double *y, *w, *pred, *confusion;
    uint32_t *group; /* or NULL */
    ens_eval eval;
    char *names;       /* the metrics, cut into strings */
    const char **name; /* [n_names] */
    size_t n_names;
    stage *stage; /* [n_stages] the last is of all rounds that are asked for */
    size_t n_stages;
    progress bar;
    ens_exec exec;
    double predict_seconds;
} job;

/* ---- Predicting ---- */

static int load(job *j, const char *model, ens_error *err)
{
    ens_csv_options csv = {.weight = j->o->weight,
                           .only_named = 1,
                           .target_optional = 1, /* what is absent is told of later */
                           .threads = (unsigned)j->o->run.threads};
    int code = cli_csv_options(&csv, &j->o->read, "evaluate");

    cli_csv_groups(&csv, &j->o->group);
    if (code != CLI_OK)
        return code;
    if (ens_model_load(&j->model, model, err) != ENS_OK)
        return cli_fail(err);
    csv.target = ens_model_target(j->model);
    if (csv.target == NULL && j->o->target == NULL)
        return cli_usage(
            "evaluate", "--target=COL is missing: the model was fitted without a target");
    if (csv.target != NULL && j->o->target != NULL)
        return cli_usage("evaluate", "--target: the model has a target of its own, `%s`",
                         csv.target);
    if (csv.target == NULL)
        csv.target = j->o->target;
    csv.types = ens_model_csv_types(j->model);
    csv.offset = ens_model_offset(j->model);
    csv.task = ens_model_task(j->model);
    if (csv.task == ENS_TASK_ANOMALY)
        csv.task = ENS_TASK_CLASSIFICATION; /* of the table's target */
    if (ens_table_read(&j->data, j->path, &csv, err) != ENS_OK)
        return cli_fail(err);
    if (ens_dataset_target(j->data) == NULL)
        return cli_failf("%s: no column `%s`, %s", cli_name_of(j->path), csv.target,
                         j->o->target != NULL ? "the --target"
                                              : "which the model predicts");
    return CLI_OK;
}

/* What predictions are compared with. */
static ens_status load_truth(job *j, ens_error *err)
{
    size_t n = ens_dataset_n(j->data), k = ens_model_k(j->model);

    j->label = cli_array(n, sizeof *j->label);
    j->y = cli_array(n, sizeof *j->y);
    j->pred = cli_array(n, k * sizeof *j->pred);
    if (j->o->weight != NULL) {
        j->w = cli_array(n, sizeof *j->w);
        for (size_t i = 0; i < n; i++)
            j->w[i] = ens_dataset_weight(j->data, i);
    }
    if (ens_dataset_n_groups(j->data) > 0) {
        j->group = cli_array(n, sizeof *j->group);
        for (size_t i = 0; i < n; i++)
            j->group[i] = (uint32_t)ens_dataset_group(j->data, i);
    }
    j->eval = (ens_eval){
        ens_model_task(j->model), n, k, j->label, j->y, j->pred, j->w, j->group};
    return ens_model_targets(j->model, j->data, j->label, j->y, err);
}

/* By the first rounds; 0: by all. */
static ens_status predict(job *j, size_t rounds, ens_error *err)
{
    ens_predict_options use = {.unseen = (ens_unseen)j->o->use.unseen,
                               .absent = (ens_absent)j->o->use.absent,
                               .rounds = rounds};
    double start = cli_now();
    ens_status st =
        ens_model_predict_with(j->model, j->data, &use, j->pred, &j->exec, err);

    j->predict_seconds = cli_now() - start;
    progress_end(&j->bar);
    return st;
}

/* ---- Scoring ---- */

/* The next name of a comma-separated list, whose commas in brackets do not count; NULL at the end. */
static char *next_name(char **rest)
{
    char *name = *rest + strspn(*rest, " "), *s = name;

    for (int depth = 0; *s != 0 && (*s != ',' || depth > 0); s++)
        depth += (*s == '(') - (*s == ')');
    *rest = *s == ',' ? s + 1 : s;
    *s = 0;
    return name;
}

/* The confusion matrix of what the threshold says. */
static ens_status count_anomalies(job *j, ens_error *err)
{
    double threshold;
    ens_status st = ens_model_threshold(&threshold, j->model, err);

    if (st != ENS_OK)
        return st;
    j->confusion = cli_array(4, sizeof *j->confusion);
    for (size_t i = 0; i < j->eval.n; i++)
        if (j->label[i] >= 0)
            j->confusion[2 * j->label[i] + (j->pred[i] > threshold)] +=
                j->w != NULL ? j->w[i] : 1;
    return ENS_OK;
}

/* The metrics that are asked for, or the task's usual ones. */
static void list_names(job *j)
{
    const char *list = j->o->metrics;
    char *rest;
    size_t most = 1;

    if (list == NULL)
        list = ens_metric_defaults(j->eval.task, j->eval.k);
    for (const char *s = list; *s != 0; s++)
        most += *s == ',';
    j->name = cli_array(most, sizeof *j->name);
    rest = j->names = cli_array(strlen(list) + 1, 1);
    memcpy(j->names, list, strlen(list));
    do
        j->name[j->n_names++] = next_name(&rest);
    while (*rest != 0);
}

/* The predictions that are there now. */
static ens_status score(job *j, stage *s, ens_error *err)
{
    s->line = cli_array(j->n_names, sizeof *s->line);
    for (size_t i = 0; i < j->n_names; i++) {
        line *l = &s->line[s->n_lines];
        ens_status st;

        *l = (line){j->name[i], NAN, NAN, NAN};
        st = ens_metric(&l->value, l->name, &j->eval, err);
        if (st == ENS_OK && j->o->intervals)
            st = ens_metric_interval(&l->low, &l->high, l->name, &j->eval, j->o->level,
                                     (size_t)j->o->resamples, j->o->seed, &j->exec, err);
        progress_end(&j->bar);
        if (st == ENS_OK)
            s->n_lines++;
        else if (st != ENS_EDATA || j->o->metrics != NULL)
            return st;
        else if (!j->o->run.quiet) /* a usual score that these rows do not define */
            fprintf(stderr, "ensemble: note: %s\n", err->message);
    }
    return ENS_OK;
}

static ens_status count_confusion(job *j, ens_error *err)
{
    if (j->eval.task == ENS_TASK_ANOMALY)
        return count_anomalies(j, err);
    if (j->eval.task != ENS_TASK_CLASSIFICATION)
        return ENS_OK;
    j->confusion = cli_array(j->eval.k, j->eval.k * sizeof *j->confusion);
    return ens_confusion_matrix(j->confusion, &j->eval, err);
}

/* After every --staged rounds, and after the last that are asked for. */
static ens_status score_all(job *j, ens_error *err)
{
    size_t asked = (size_t)j->o->rounds, step = (size_t)j->o->staged;
    size_t last = ens_model_rounds(j->model);
    ens_status st;

    if (last == 0) /* a model without rounds: the library refuses what is above 0 */
        last = asked > step ? asked : step;
    else if (asked > 0 && asked < last)
        last = asked;
    if (step == 0 || step > last)
        step = last;
    list_names(j);
    j->stage = cli_array(last / (step > 0 ? step : 1) + 1, sizeof *j->stage);
    for (size_t at = step;; at = last - at > step ? at + step : last) {
        stage *s = &j->stage[j->n_stages++];

        s->rounds = at;
        if ((st = predict(j, at, err)) != ENS_OK || (st = score(j, s, err)) != ENS_OK)
            return st;
        if (at == last)
            return count_confusion(j, err);
    }
}

/* ---- Telling ---- */

/* Of the confusion matrix. */
static size_t n_classes(const job *j)
{
    return j->eval.task == ENS_TASK_ANOMALY ? 2 : j->eval.k;
}

static const char *class_name(const job *j, size_t c)
{
    static const char *const anomaly[] = {"normal", "anomaly"};

    return j->eval.task == ENS_TASK_ANOMALY ? anomaly[c] : ens_model_class(j->model, c);
}

/* The class that was taken for the anomaly; NULL if none was. */
static const char *anomaly_class(const job *j)
{
    const char *class = ens_model_anomaly(j->model);

    for (size_t i = 0; i < j->eval.n && class == NULL; i++)
        if (j->eval.task == ENS_TASK_ANOMALY && j->label[i] == 1)
            class = ens_dataset_class(j->data, (size_t)ens_dataset_y(j->data, i));
    return class;
}

static json_t *json_of_stage(const stage *s)
{
    json_t *scores = json_object();

    for (size_t i = 0; i < s->n_lines; i++)
        json_object_set_new(scores, s->line[i].name, json_of_number(s->line[i].value));
    return scores;
}

static json_t *json_of_stages(const job *j)
{
    json_t *stages = json_array();

    for (size_t s = 0; s < j->n_stages; s++)
        json_array_append_new(stages, json_pack("{s:I, s:o}", "rounds",
                                                (json_int_t)j->stage[s].rounds, "scores",
                                                json_of_stage(&j->stage[s])));
    return stages;
}

static int tell_json(const job *j)
{
    json_t *object = json_object(), *intervals = json_object();
    const stage *last = &j->stage[j->n_stages - 1];
    size_t k = n_classes(j);

    json_object_set_new(object, "rows", json_integer((json_int_t)j->eval.n));
    json_object_set_new(object, "predict_seconds", json_real(j->predict_seconds));
    if (anomaly_class(j) != NULL)
        json_object_set_new(object, "anomaly", json_of_text(anomaly_class(j)));
    for (size_t i = 0; i < last->n_lines; i++) {
        const line *l = &last->line[i];

        json_object_set_new(
            intervals, l->name,
            json_pack("[o, o]", json_of_number(l->low), json_of_number(l->high)));
    }
    json_object_set_new(object, "scores", json_of_stage(last));
    if (j->o->staged > 0)
        json_object_set_new(object, "stages", json_of_stages(j));
    if (j->o->intervals)
        json_object_set(object, "intervals", intervals);
    json_decref(intervals);
    if (j->confusion != NULL) {
        json_t *classes = json_array(), *rows = json_array();

        for (size_t c = 0; c < k; c++) {
            json_t *row = json_array();

            for (size_t d = 0; d < k; d++)
                json_array_append_new(row, json_of_number(j->confusion[c * k + d]));
            json_array_append_new(rows, row);
            json_array_append_new(classes, json_of_text(class_name(j, c)));
        }
        json_object_set_new(object, "classes", classes);
        json_object_set_new(object, "confusion_matrix", rows);
    }
    return json_finish(object);
}

static void tell_confusion(const job *j)
{
    char align[MOST_CLASSES + 2] = "l";
    size_t k = n_classes(j);
    report r;

    if (j->confusion == NULL || k > MOST_CLASSES)
        return;
    memset(align + 1, 'r', k);
    puts("\nrows: the truth, columns: the prediction");
    report_begin(&r, align);
    report_add(&r, "%s", "");
    for (size_t c = 0; c < k; c++)
        report_add(&r, "%s", class_name(j, c));
    for (size_t c = 0; c < k; c++) {
        report_add(&r, "%s", class_name(j, c));
        for (size_t d = 0; d < k; d++)
            report_add(&r, "%.10g", j->confusion[c * k + d]);
    }
    report_end(&r);
}

/* A row for each stage, a column for each score that the last one has. */
static void tell_stages(const job *j)
{
    const stage *last = &j->stage[j->n_stages - 1];
    char *align = cli_array(last->n_lines + 2, 1);
    report r;

    memset(align, 'r', last->n_lines + 1);
    report_begin(&r, align);
    report_add(&r, "rounds");
    for (size_t i = 0; i < last->n_lines; i++)
        report_add(&r, "%s", last->line[i].name);
    for (const stage *s = j->stage; s <= last; s++) {
        report_add(&r, "%zu", s->rounds);
        for (size_t i = 0; i < last->n_lines; i++) {
            double value = NAN;

            for (size_t l = 0; l < s->n_lines; l++)
                if (s->line[l].name == last->line[i].name)
                    value = s->line[l].value;
            report_score(&r, value);
        }
    }
    report_end(&r);
    free(align);
}

static void tell_scores(const job *j)
{
    const stage *last = &j->stage[j->n_stages - 1];
    report r;

    report_begin(&r, j->o->intervals ? "lrrr" : "lr");
    report_add(&r, "score");
    report_add(&r, "value");
    if (j->o->intervals) {
        report_add(&r, "low");
        report_add(&r, "high");
    }
    for (size_t i = 0; i < last->n_lines; i++) {
        report_add(&r, "%s", last->line[i].name);
        report_score(&r, last->line[i].value);
        if (j->o->intervals) {
            report_score(&r, last->line[i].low);
            report_score(&r, last->line[i].high);
        }
    }
    report_end(&r);
}

static int tell_text(const job *j)
{

    printf("%s: %zu rows predicted in %.2f s\n\n", cli_name_of(j->path), j->eval.n,
           j->predict_seconds);
    if (anomaly_class(j) != NULL)
        report_line("anomaly: ", anomaly_class(j));
    if (j->o->staged > 0)
        tell_stages(j);
    else
        tell_scores(j);
    tell_confusion(j);
    return CLI_OK;
}

static int work(job *j, const char *model)
{
    ens_error err = {.code = ENS_OK};
    int code;

    if (j->o->intervals && j->o->staged > 0)
        return cli_usage("evaluate", "--intervals does not go with --staged");
    if ((code = load(j, model, &err)) != CLI_OK)
        return code;
    if (!j->o->run.quiet)
        cli_print_notes(j->path, j->data);
    j->exec = progress_exec(&j->bar, (unsigned)j->o->run.threads, j->o->run.quiet);
    interrupt_catch();
    if (load_truth(j, &err) != ENS_OK || score_all(j, &err) != ENS_OK)
        return cli_fail_in(cli_name_of(j->path), &err);
    return j->o->json ? tell_json(j) : tell_text(j);
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options, .path = operand[1]};
    int code = work(&j, operand[0]);

    free(j.label);
    free(j.y);
    free(j.w);
    free(j.group);
    free(j.pred);
    free(j.confusion);
    free(j.names);
    for (size_t s = 0; s < j.n_stages; s++)
        free(j.stage[s].line);
    free(j.stage);
    free(j.name);
    ens_dataset_free(j.data);
    ens_model_free(j.model);
    return code;
}

const cli_verb cli_evaluate = {
    .name = "evaluate",
    .operands = "MODEL CSV",
    .summary = "Score a model on a table that has the answers.",
    .detail = "Scores have scikit-learn's names and values.",
    .min_operands = 2,
    .max_operands = 2,
    .groups = groups,
    .size = sizeof(evaluate_options),
    .run = run,
};
