/* train.c - `ensemble train`: a table and a recipe in, a model and its scores out. */
#include <config.h>

#include <cli/fits.h>
#include <cli/interrupt.h>
#include <cli/outfile.h>
#include <cli/progress.h>
#include <cli/scores.h>
#include <cli/understood.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct train_options {
    const char *target, *learner, *init, *output, *valid, *checkpoint;
    double time_limit;
    uint64_t checkpoint_every;
    double holdout;
    uint64_t seed;
    int json;
    fit_options fit;
} train_options;

static const cli_option own[] = {
    {"target", 't', CLI_TEXT, offsetof(train_options, target), "COL", NULL, 0, 0, NULL,
     "column to predict; must be given, but for --init, for svmlight files, and for "
     "isolation, which does not look at it: of two classes, the rarer is the anomaly "
     "that "
     "scores are of"},
    {"learner", 'l', CLI_TEXT, offsetof(train_options, learner), "RECIPE", "auto", 0, 0,
     NULL,
     "what to fit, such as 'bagging(naive_bayes, n_estimators=50)'; see `ensemble "
     "params`"},
    {"init", 0, CLI_TEXT, offsetof(train_options, init), "MODEL", NULL, 0, 0, NULL,
     "go on from this model, fitted on the same rows: --learner is its recipe with a "
     "larger "
     "n_estimators, target and seed are the model's; what comes out is what one fit "
     "gives"},
    {"add-to", 0, CLI_TEXT, offsetof(train_options, init), "MODEL", NULL, 0, 0, NULL,
     "the same as --init"},
    {"output", 'o', CLI_TEXT, offsetof(train_options, output), "FILE", NULL, 0, 0, NULL,
     "save the model; without it the fit is scored and forgotten"},
    {"holdout", 0, CLI_REAL, offsetof(train_options, holdout), "SHARE", NULL, 0, 1, NULL,
     "keep this share of the rows from the fit and score the model on it"},
    {"valid", 0, CLI_TEXT, offsetof(train_options, valid), "CSV", NULL, 0, 0, NULL,
     "score the model on this table; learners that stop early watch it"},
    {"time-limit", 0, CLI_REAL, offsetof(train_options, time_limit), "SECONDS", NULL, 0,
     1e9, NULL, "end a fit of members or rounds after so long, and keep what there is"},
    {"checkpoint", 0, CLI_TEXT, offsetof(train_options, checkpoint), "FILE", NULL, 0, 0,
     NULL,
     "save the model so far to FILE during the fit, and begin with it if it is there: a "
     "fit "
     "that was killed gives the same model when it is run again"},
    {"checkpoint-every", 0, CLI_COUNT, offsetof(train_options, checkpoint_every), "N",
     "50", 1, 1e6, NULL, "rounds between two checkpoints"},
    {"seed", 0, CLI_COUNT, offsetof(train_options, seed), "N", "0", 0,
     18446744073709551615.0, NULL,
     "of all randomness: the same table, recipe and seed give the same model"},
    {"json", 0, CLI_FLAG, offsetof(train_options, json), NULL, NULL, 0, 0, NULL,
     "print one JSON object"},
    CLI_LAST};

static const cli_group groups[] = FITS_GROUPS(train_options, own);

/* All that one run holds. */
typedef struct job {
    const train_options *o;
    const char *path;
    const char *target;
    uint64_t seed;
    ens_task task;
    ens_learner *learner;
    ens_model *old;                          /* to add to, or NULL */
    ens_dataset *table, *fit, *hold, *valid; /* fit and hold are parts of table */
    ens_model *model;
    ens_score *own_score; /* of the rows held out, or of the table itself */
    size_t n_own_score;
    progress bar;
    ens_exec exec;
    double load_seconds, fit_seconds;
    size_t model_bytes;
} job;

/* ---- Reading ---- */

/* An svmlight file has a target of its own, so whether one is missing may show only when the table was read. */
static int check_target(job *j)
{
    const char *what = j->o->holdout > 0 ? "holdout" : "valid";

    if (j->table != NULL && j->target == NULL)
        j->target = ens_dataset_target(j->table);
    if (j->target != NULL || j->old != NULL)
        return CLI_OK;
    if (!ens_learner_suits(j->learner, ENS_TASK_ANOMALY))
        return cli_usage("train", "--target=COL is missing: the column to predict");
    if (j->o->holdout > 0 || j->o->valid != NULL)
        return cli_usage("train", "--%s needs --target=COL, which tells the anomalies",
                         what);
    return CLI_OK;
}

/* The table is said to be CSV, or called so. */
static int surely_csv(const job *j)
{
    size_t n = strlen(j->path);

    if (n > 3 && strcmp(j->path + n - 3, ".gz") == 0)
        n -= 3;
    return j->o->fit.read.format == ENS_FORMAT_CSV ||
           (j->o->fit.read.format == ENS_FORMAT_AUTO && n > 4 &&
            strncmp(j->path + n - 4, ".csv", 4) == 0);
}

/* Of a model that is gone on from, its own. */
static const char *offset_of(const job *j)
{
    return j->o->fit.columns.offset == NULL && j->old != NULL ? ens_model_offset(j->old)
                                                              : j->o->fit.columns.offset;
}

static int load_table(job *j, ens_error *err)
{
    fit_options options = j->o->fit;
    fit_table how = {"train", j->target, &options, j->task,
                     j->old != NULL ? ens_model_csv_types(j->old) : NULL};
    double start = cli_now();
    int code;

    options.columns.offset = offset_of(j);
    code = fits_read(&j->table, j->path, &how, err);
    j->load_seconds = cli_now() - start;
    return code == CLI_OK ? check_target(j) : code;
}

/* The validation table gets the types of the training table, which its few rows may not suggest. */
static ens_status load_valid(job *j, ens_error *err)
{
    size_t n = ens_dataset_n_columns(j->table), m = 0;
    ens_csv_type *types = cli_array(n + 1, sizeof *types);
    ens_csv_options csv = {.target = j->target,
                           .weight = j->o->fit.columns.weight,
                           .offset = offset_of(j),
                           .task = ens_dataset_task(j->table),
                           .threads = (unsigned)j->o->fit.run.threads,
                           .types = types};
    ens_status st = ENS_OK;

    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        ens_column_info c;

        if ((st = ens_dataset_column(&c, j->table, i, err)) == ENS_OK &&
            c.role == ENS_FEATURE)
            types[m++] = (ens_csv_type){c.name, c.type};
    }
    cli_csv_options(&csv, &j->o->fit.read, "train"); /* checked when the table was read */
    csv.group = j->o->fit.group.group;
    if (st == ENS_OK)
        st = ens_table_read(&j->valid, j->o->valid, &csv, err);
    free(types);
    return st;
}

/* ---- Fitting ---- */

static ens_status save_checkpoint(const ens_model *so_far, void *ctx, ens_error *err)
{
    const job *j = ctx;

    return ens_model_save(so_far, j->o->checkpoint, err);
}

static ens_status fit(job *j, ens_error *err)
{
    const ens_dataset *train = j->hold != NULL ? j->fit : j->table;
    double start = cli_now();
    ens_status st =
        j->old != NULL
            ? ens_fit_more(&j->model, j->old, j->learner, train, j->valid, &j->exec, err)
            : ens_fit(&j->model, j->learner, train, j->valid, j->seed, &j->exec, err);

    progress_end(&j->bar);
    j->fit_seconds = cli_now() - start;
    /* Classes had no say in a model of anomalies, so the rows of the fit can score it. */
    if (st == ENS_OK && (j->hold != NULL || ens_model_anomaly(j->model) != NULL)) {
        st =
            ens_model_evaluate(&j->own_score, &j->n_own_score, j->model,
                               j->hold != NULL ? j->hold : j->table, NULL, &j->exec, err);
        progress_end(&j->bar);
    }
    return st;
}

/* Save if asked to, and find the size. */
static ens_status save(job *j, ens_error *err)
{
    const char *path = j->o->output;
    struct stat s;
    void *bytes = NULL;
    ens_status st = ENS_OK;

    if (path != NULL && (st = ens_model_save(j->model, path, err)) != ENS_OK)
        return st;
    if (path != NULL && stat(path, &s) == 0 && S_ISREG(s.st_mode)) {
        j->model_bytes = (size_t)s.st_size;
        return ENS_OK;
    }
    st = ens_model_save_bytes(&bytes, &j->model_bytes, j->model, err);
    ens_bytes_free(bytes);
    return st;
}

static ens_status fit_and_save(job *j, ens_error *err)
{
    ens_status st;

    if (j->o->valid != NULL && (st = load_valid(j, err)) != ENS_OK)
        return st;
    if (j->o->holdout > 0 &&
        (st = ens_dataset_holdout(&j->fit, &j->hold, j->table, j->o->holdout, j->seed,
                                  err)) != ENS_OK)
        return st;
    j->exec =
        progress_exec(&j->bar, (unsigned)j->o->fit.run.threads, j->o->fit.run.quiet);
    if (j->o->time_limit > 0)
        j->bar.end = cli_now() + j->o->time_limit;
    if (j->o->checkpoint != NULL) {
        j->exec.checkpoint = save_checkpoint;
        j->exec.checkpoint_ctx = j;
        j->exec.checkpoint_every = (size_t)j->o->checkpoint_every;
    }
    if ((st = fit(j, err)) != ENS_OK)
        return st;
    return save(j, err);
}

/* ---- Telling ---- */

static size_t all_scores(score_set *set, const job *j)
{
    size_t n = 0;

    if (j->own_score != NULL)
        set[n++] = (score_set){j->hold != NULL ? "holdout" : "train", j->own_score,
                               j->n_own_score};
    return n + scores_of_model(set + n, j->model);
}

static int tell_json(const job *j, const char *recipe)
{
    score_set set[MOST_KINDS + 1];
    size_t n = all_scores(set, j);
    json_t *object = json_object();

    json_object_set_new(object, "learner", json_of_text(recipe));
    json_object_set_new(object, "rows",
                        json_integer((json_int_t)ens_model_n_train(j->model)));
    json_object_set_new(object, "features",
                        json_integer((json_int_t)ens_model_p(j->model)));
    json_object_set_new(object, "task",
                        json_string(cli_task_name(ens_model_task(j->model))));
    json_object_set_new(object, "load_seconds", json_real(j->load_seconds));
    json_object_set_new(object, "fit_seconds", json_real(j->fit_seconds));
    json_object_set_new(object, "threads", json_integer(ens_exec_threads(&j->exec)));
    json_object_set_new(object, "model_bytes", json_integer((json_int_t)j->model_bytes));
    json_object_set_new(object, "scores", scores_json(set, n));
    return json_finish(object);
}

static void tell_anomalies(const job *j)
{
    const char *class = ens_model_anomaly(j->model);
    double threshold;

    if (ens_model_threshold(&threshold, j->model, NULL) != ENS_OK)
        return;
    printf("  a row is an anomaly if its score is above %.4f\n", threshold);
    if (j->target == NULL)
        return;
    report_line("  target, no feature but there to score with: ", j->target);
    if (class != NULL)
        report_line("  its class that is the anomaly: ", class);
    else
        puts("  it has not two classes, so that nothing is scored");
}

/* What `auto` tried, best first, and what it took of each. */
static ens_status tell_leaderboard(const job *j, ens_error *err)
{
    static const char lead[] = "member";
    char *text = NULL;
    ens_status st;

    if (strcmp(ens_learner_name(ens_model_learner(j->model)), "auto") != 0)
        return ENS_OK;
    if ((st = ens_model_describe(&text, j->model, err)) != ENS_OK)
        return st;
    putchar('\n');
    for (char *line = text, *end; *line != 0; line = end + 1) {
        end = line + strcspn(line, "\n"); /* every line ends with one */
        *end = 0;
        if (strncmp(line, lead, sizeof lead - 1) == 0)
            report_line("  ", line);
    }
    ens_string_free(text);
    return ENS_OK;
}

static int tell_text(const job *j, const char *recipe, ens_error *err)
{
    unsigned threads = ens_exec_threads(&j->exec);
    score_set set[MOST_KINDS + 1];
    size_t n = all_scores(set, j);

    report_line("\n", recipe);
    printf("  loaded in %.2f s, fitted on %zu rows in %.2f s with %u thread%s\n",
           j->load_seconds, ens_model_n_train(j->model), j->fit_seconds, threads,
           threads == 1 ? "" : "s");
    tell_anomalies(j);
    if (tell_leaderboard(j, err) != ENS_OK)
        return cli_fail(err);
    if (n > 0)
        putchar('\n');
    scores_print(set, n);
    if (j->o->output != NULL)
        printf("\nsaved %s, %zu bytes\n", j->o->output, j->model_bytes);
    else
        puts("\nnot saved: -o FILE saves the model");
    return CLI_OK;
}

static int tell(const job *j)
{
    char *recipe = NULL;
    ens_error err;
    int code;

    if (ens_learner_print(&recipe, ens_model_learner(j->model), ENS_PRINT_SHORT, &err) !=
        ENS_OK)
        return cli_fail(&err);
    code = j->o->json ? tell_json(j, recipe) : tell_text(j, recipe, &err);
    ens_string_free(recipe);
    return code;
}

/* Asked for, but with nothing to score. */
static void note_no_oob(const job *j)
{
    const ens_score *s;
    size_t n;

    if (ens_model_oob(j->model, &n) == NULL || j->o->fit.run.quiet)
        return;
    for (size_t i = 0; (s = ens_model_score(j->model, i)) != NULL; i++)
        if (strcmp(s->kind, "oob") == 0)
            return;
    fputs("ensemble: note: no out-of-bag score: every member drew every row\n", stderr);
}

/* ---- The verb ---- */

/* The model to add to, which knows the target and the seed. */
static int open_old(job *j, const char *path, const char *option, ens_error *err)
{
    const train_options *o = j->o;

    if (ens_model_load(&j->old, path, err) != ENS_OK)
        return cli_fail(err);
    if (o->seed != 0 && o->seed != ens_model_seed(j->old))
        return cli_usage("train", "--seed=%llu, but the model of --%s has %llu",
                         (unsigned long long)o->seed, option,
                         (unsigned long long)ens_model_seed(j->old));
    j->seed = ens_model_seed(j->old);
    j->target = o->target != NULL ? o->target : ens_model_target(j->old);
    j->task = o->fit.columns.task != ENS_TASK_AUTO ? (ens_task)o->fit.columns.task
                                                   : ens_model_task(j->old);
    if (j->task == ENS_TASK_ANOMALY)
        j->task = ENS_TASK_AUTO; /* of the target, if there is one */
    return CLI_OK;
}

/* A checkpoint of a fit that was ended, if there is one, is the model to add to. */
static int open_checkpoint(job *j, ens_error *err)
{
    const char *path = j->o->checkpoint;
    struct stat s;

    if (path == NULL || (stat(path, &s) != 0 && errno == ENOENT))
        return CLI_OK;
    if (j->o->init != NULL)
        return cli_usage("train", "--init beside a checkpoint: %s is there", path);
    return open_old(j, path, "checkpoint", err);
}

/* All that can be refused before a row is read. */
static int check(job *j, ens_error *err)
{
    const train_options *o = j->o;
    int code;

    j->target = o->target;
    j->seed = o->seed;
    j->task = (ens_task)o->fit.columns.task;
    if (o->output != NULL && strcmp(o->output, "-") == 0)
        return cli_usage("train", "a model is not written to standard output: -o FILE");
    if ((code = fits_parse(&j->learner, o->learner, err)) != CLI_OK)
        return code;
    if (o->init == NULL && surely_csv(j) && (code = check_target(j)) != CLI_OK)
        return code;
    if (o->output != NULL && outfile_check(o->output, err) != ENS_OK)
        return cli_fail(err);
    if (o->init != NULL && (code = open_old(j, o->init, "init", err)) != CLI_OK)
        return code;
    return open_checkpoint(j, err);
}

static int work(job *j)
{
    ens_error err = {.code = ENS_OK};
    int code;

    if ((code = check(j, &err)) != CLI_OK || (code = load_table(j, &err)) != CLI_OK)
        return code;
    interrupt_catch(); /* reading just ends, fitting is cancelled */
    if (j->o->json && !j->o->fit.run.quiet)
        cli_print_notes(j->path, j->table);
    if (!j->o->json)
        understood_print(j->path, j->table);
    if (fit_and_save(j, &err) != ENS_OK)
        return cli_fail(&err);
    note_no_oob(j);
    return tell(j);
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options, .path = operand[0]};
    int code = work(&j);

    ens_scores_free(j.own_score, j.n_own_score);
    ens_model_free(j.model);
    ens_model_free(j.old);
    ens_learner_free(j.learner);
    ens_dataset_free(j.valid);
    ens_dataset_free(j.hold);
    ens_dataset_free(j.fit);
    ens_dataset_free(j.table);
    return code;
}

const cli_verb cli_train = {
    .name = "train",
    .operands = "CSV",
    .summary = "Fit a model on a table and score it.",
    .detail = "CSV is a file, gzip'd or not, or - for standard input. The model of "
              "--holdout is\n"
              "the one that is saved: it has not seen the rows it was scored on.",
    .min_operands = 1,
    .max_operands = 1,
    .groups = groups,
    .size = sizeof(train_options),
    .run = run,
};
