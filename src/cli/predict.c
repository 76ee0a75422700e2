/* predict.c - `ensemble predict`: a table in, its predictions out, a batch of rows at a time.
 *
 * Memory is bounded by the batch and the model, so it scores streams of any length. */
#include <config.h>

#include <cli/outfile.h>
#include <cli/progress.h>
#include <cli/tables.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values in a batch, about: 8 MB of numbers. */
#define BATCH_VALUES ((size_t)1 << 20)
#define MOST_ROWS    ((size_t)32768)
#define LEAST_ROWS   ((size_t)256)

typedef struct predict_options {
    const char *output;
    int proba;
    char **keep;
    uint64_t rounds;
    double interval;
    use_options use;
    read_options read;
    run_options run;
} predict_options;

static const cli_option own[] = {
    {"output", 'o', CLI_TEXT, offsetof(predict_options, output), "FILE", "-", 0, 0, NULL,
     "where the predictions go; - is standard output"},
    {"proba", 'p', CLI_FLAG, offsetof(predict_options, proba), NULL, NULL, 0, 0, NULL,
     "add the probability of each class, in columns named p_CLASS"},
    {"keep", 'k', CLI_LIST, offsetof(predict_options, keep), "COL,...", NULL, 0, 0, NULL,
     "columns of the table to copy in front of the prediction, such as an identifier"},
    {"rounds", 0, CLI_COUNT, offsetof(predict_options, rounds), "N", "0", 0, 1e6, NULL,
     "predict by the first N rounds of a model that grew in rounds, as gbdt, boosting and "
     "adaboost; 0: all"},
    {"interval", 'i', CLI_REAL, offsetof(predict_options, interval), "SHARE", NULL, 0, 1, NULL,
     "add columns low and high, which hold this share of the responses: of conformal, and of "
     "forests and gbdt with quantiles"},
    CLI_LAST};

static const cli_group groups[] = {{own, 0},
                                   {cli_use_options, offsetof(predict_options, use)},
                                   {cli_read_options, offsetof(predict_options, read)},
                                   {cli_run_options, offsetof(predict_options, run)},
                                   {NULL, 0}};

/* A column that --keep asks for, as the last batch has it. */
typedef struct kept {
    const char *name;
    size_t column;  /* of all */
    size_t feature; /* of the features, if it is one */
    ens_role role;
    ens_type type;
} kept;

/* All that one run holds. */
typedef struct job {
    const predict_options *o;
    const char *path;
    ens_model *model;
    ens_csv_stream *stream;
    ens_csv_type *types; /* of the model's features and of what is kept */
    kept *keep;          /* [n_keep] */
    size_t n_keep;
    double *pred;    /* [batch][k] */
    double limits[2]; /* quantiles of --interval */
    const double *q;  /* [n_q] quantiles that the model predicts besides */
    size_t n_q;
    double *quantile; /* [batch][n_q] */
    double threshold; /* of anomalies */
    size_t batch;
    char delimiter; /* of the output */
    outfile out;
    progress bar;
    ens_exec exec;
} job;

/* ---- Beginning ---- */

static int is_feature(const ens_csv_type *types, const char *name)
{
    for (; types->column != NULL; types++)
        if (strcmp(types->column, name) == 0)
            return 1;
    return 0;
}

static int is_offset(const ens_model *model, const char *name)
{
    const char *offset = ens_model_offset(model);

    return offset != NULL && strcmp(offset, name) == 0;
}

/* The model's types; what is kept besides stays text, so that "007" comes out as it went in. */
static void make_types(job *j)
{
    const ens_csv_type *of_model = ens_model_csv_types(j->model);
    size_t p = ens_model_p(j->model), n = 0;
    char **keep = j->o->keep;

    while (keep != NULL && keep[j->n_keep] != NULL)
        j->n_keep++;
    j->keep = cli_array(j->n_keep, sizeof *j->keep);
    j->types = cli_array(p + j->n_keep + 1, sizeof *j->types);
    for (; n < p; n++)
        j->types[n] = of_model[n];
    for (size_t i = 0; i < j->n_keep; i++) {
        j->keep[i].name = keep[i];
        if (!is_feature(of_model, keep[i]) && !is_offset(j->model, keep[i]))
            j->types[n++] = (ens_csv_type){keep[i], ENS_CATEGORICAL};
    }
}

/* 0.05 rather than what (1 - 0.9) / 2 is. */
static double decimal(double v)
{
    return round(v * 1e12) / 1e12;
}

static int open_all(job *j, const char *model, ens_error *err)
{
    /* target_optional: a feature that is not there is a matter for --absent. */
    ens_csv_options csv = {
        .only_named = 1, .target_optional = 1, .threads = (unsigned)j->o->run.threads};
    size_t k, p;
    int code = cli_csv_options(&csv, &j->o->read, "predict");

    if (code != CLI_OK)
        return code;
    if (ens_model_load(&j->model, model, err) != ENS_OK)
        return cli_fail(err);
    if (j->o->proba && ens_model_task(j->model) != ENS_TASK_CLASSIFICATION)
        return cli_usage("predict", "--proba: the model predicts no classes");
    ens_model_threshold(&j->threshold, j->model, NULL); /* other tasks have none */
    make_types(j);
    csv.types = j->types;
    csv.offset = ens_model_offset(j->model);
    j->delimiter = csv.delimiter != 0 ? csv.delimiter : ',';
    /* The output first: to learn that it cannot be written needs no input. */
    if (outfile_open(&j->out, j->o->output, err) != ENS_OK ||
        ens_table_stream_open(&j->stream, j->path, &csv, err) != ENS_OK)
        return cli_fail(err);
    k = ens_model_k(j->model);
    p = ens_model_p(j->model);
    j->q = ens_model_quantiles(j->model, &j->n_q);
    if (j->o->interval > 0) {
        if (j->n_q == 0)
            return cli_usage("predict",
                             "--interval: the model has no quantiles; fit conformal(RECIPE), "
                             "or a forest with quantiles=[0.05, 0.95]");
        j->limits[0] = decimal((1 - j->o->interval) / 2);
        j->limits[1] = decimal((1 + j->o->interval) / 2);
        j->q = j->limits;
        j->n_q = 2;
    }
    j->batch = BATCH_VALUES / (p + k + j->n_q + 1);
    j->batch = j->batch < LEAST_ROWS  ? LEAST_ROWS
               : j->batch > MOST_ROWS ? MOST_ROWS
                                      : j->batch;
    j->pred = cli_array(j->batch * k, sizeof *j->pred);
    j->quantile = cli_array(j->batch * j->n_q, sizeof *j->quantile);
    j->exec = progress_exec(&j->bar, (unsigned)j->o->run.threads, 1);
    return CLI_OK;
}

/* ---- Writing ---- */

/* A failure of these sticks to the stream, and the next field or the batch's end tells of it. */
static void separate(const job *j)
{
    putc(j->delimiter, j->out.stream);
}

static ens_status write_header(const job *j, ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t i = 0; i < j->n_keep && st == ENS_OK; i++)
        if ((st = ens_csv_write_text(j->out.stream, j->keep[i].name, j->delimiter,
                                     err)) == ENS_OK)
            separate(j);
    if (st == ENS_OK)
        st = ens_csv_write_text(j->out.stream, "prediction", j->delimiter, err);
    if (ens_model_task(j->model) == ENS_TASK_ANOMALY && st == ENS_OK) {
        separate(j);
        st = ens_csv_write_text(j->out.stream, "score", j->delimiter, err);
    }
    for (size_t c = 0; j->o->proba && c < ens_model_k(j->model) && st == ENS_OK; c++) {
        const char *class = ens_model_class(j->model, c);
        char *name = cli_array(strlen(class) + 3, 1);

        memcpy(name, "p_", 2);
        memcpy(name + 2, class, strlen(class));
        separate(j);
        st = ens_csv_write_text(j->out.stream, name, j->delimiter, err);
        free(name);
    }
    for (size_t c = 0; c < j->n_q && st == ENS_OK; c++) {
        separate(j);
        if (j->o->interval > 0) {
            fputs(c == 0 ? "low" : "high", j->out.stream);
            continue;
        }
        putc('q', j->out.stream);
        st = ens_csv_write_number(j->out.stream, j->q[c], err);
    }
    putc('\n', j->out.stream);
    return st;
}

static ens_status write_kept(const job *j, const ens_dataset *data, size_t i,
                             ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t c = 0; c < j->n_keep && st == ENS_OK; c++) {
        const kept *keep = &j->keep[c];
        double v = keep->role == ENS_OFFSET ? ens_dataset_offset(data, i)
                                            : ens_dataset_get(data, i, keep->feature);

        if (keep->type == ENS_NUMERIC || isnan(v))
            st = ens_csv_write_number(j->out.stream, v, err);
        else
            st = ens_csv_write_text(j->out.stream,
                                    ens_dataset_level(data, keep->column, (size_t)v),
                                    j->delimiter, err);
        separate(j);
    }
    return st;
}

/* The response and its quantiles. */
static ens_status write_response(const job *j, size_t i, ens_error *err)
{
    ens_status st = ens_csv_write_number(j->out.stream, j->pred[i], err);

    for (size_t c = 0; c < j->n_q && st == ENS_OK; c++) {
        separate(j);
        st = ens_csv_write_number(j->out.stream, j->quantile[i * j->n_q + c], err);
    }
    return st;
}

static ens_status write_row(const job *j, size_t i, ens_error *err)
{
    size_t k = ens_model_k(j->model);
    const double *pred = j->pred + i * k;
    ens_status st;

    if (ens_model_task(j->model) == ENS_TASK_ANOMALY) {
        fputs(pred[0] > j->threshold ? "anomaly" : "normal", j->out.stream);
        separate(j);
    }
    if (ens_model_task(j->model) != ENS_TASK_CLASSIFICATION)
        return write_response(j, i, err);
    st = ens_csv_write_text(j->out.stream, ens_model_class(j->model, ens_argmax(pred, k)),
                            j->delimiter, err);
    for (size_t c = 0; j->o->proba && c < k && st == ENS_OK; c++) {
        separate(j);
        st = ens_csv_write_number(j->out.stream, pred[c], err);
    }
    return st;
}

/* ---- A batch ---- */

static const char *column_name(const void *ctx, size_t i)
{
    ens_column_info c;

    return ens_dataset_column(&c, ctx, i, NULL) == ENS_OK ? c.name : NULL;
}

/* Find what is kept among the columns of a batch. */
static ens_status find_kept(job *j, const ens_dataset *data, ens_error *err)
{
    for (size_t c = 0; c < j->n_keep; c++) {
        kept *keep = &j->keep[c];
        size_t n = ens_dataset_n_columns(data), i = 0, feature = 0;
        ens_column_info info;

        for (; i < n && ens_dataset_column(&info, data, i, NULL) == ENS_OK; i++) {
            if (strcmp(info.name, keep->name) == 0)
                break;
            feature += info.role == ENS_FEATURE;
        }
        if (i == n) {
            const char *near = cli_nearest(keep->name, column_name, data);

            err->code = ENS_ENAME;
            snprintf(err->message, sizeof err->message,
                     "%s: no column `%s` (--keep)%s%s%s", cli_name_of(j->path),
                     keep->name, near != NULL ? "; did you mean `" : "",
                     near != NULL ? near : "", near != NULL ? "`?" : "");
            return ENS_ENAME;
        }
        keep->column = i;
        keep->feature = feature;
        keep->role = info.role;
        keep->type = info.type;
    }
    return ENS_OK;
}

static ens_status do_batch(job *j, const ens_dataset *data, ens_error *err)
{
    ens_predict_options use = {.unseen = (ens_unseen)j->o->use.unseen,
                               .absent = (ens_absent)j->o->use.absent,
                               .rounds = (size_t)j->o->rounds};
    ens_quantile_options quantiles = {j->q, j->n_q, use};
    size_t n = ens_dataset_n(data);
    ens_status st;

    if ((st = find_kept(j, data, err)) != ENS_OK ||
        (st = ens_model_predict_with(j->model, data, &use, j->pred, &j->exec, err)) !=
            ENS_OK ||
        (j->n_q > 0 &&
         (st = ens_model_predict_quantiles(j->model, data, &quantiles, j->quantile,
                                           &j->exec, err)) != ENS_OK))
        return st;
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        if ((st = write_kept(j, data, i, err)) == ENS_OK)
            st = write_row(j, i, err);
        putc('\n', j->out.stream);
    }
    return st == ENS_EIO || ferror(j->out.stream) ? outfile_failed(&j->out, err) : st;
}

static ens_status do_all(job *j, ens_error *err)
{
    ens_status st;

    if ((st = write_header(j, err)) != ENS_OK)
        return st;
    for (;;) {
        ens_dataset *data;

        if ((st = ens_csv_stream_next(&data, j->stream, j->batch, err)) != ENS_OK ||
            data == NULL)
            return st;
        st = do_batch(j, data, err);
        ens_dataset_free(data);
        if (st != ENS_OK)
            return st;
    }
}

static int run(const void *options, char *const *operand)
{
    job j = {.o = options, .path = operand[1] != NULL ? operand[1] : "-"};
    ens_error err = {.code = ENS_OK};
    int code = open_all(&j, operand[0], &err);

    if (code == CLI_OK && do_all(&j, &err) != ENS_OK)
        code =
            err.code == ENS_EIO ? cli_fail(&err) : cli_fail_in(cli_name_of(j.path), &err);
    if (code != CLI_OK)
        outfile_abort(&j.out);
    else if (outfile_close(&j.out, &err) != ENS_OK)
        code = cli_fail(&err);
    ens_csv_stream_free(j.stream);
    ens_model_free(j.model);
    free(j.types);
    free(j.keep);
    free(j.pred);
    free(j.quantile);
    return code;
}

const cli_verb cli_predict = {
    .name = "predict",
    .operands = "MODEL [CSV]",
    .summary = "Predict every row of a table.",
    .detail =
        "Without CSV, or with -, rows come from standard input. They are scored as they\n"
        "come, in constant memory, and their order is kept. Columns are found by name,\n"
        "in any order; others may be there too. A forest or gbdt of quantiles adds a\n"
        "column for each, such as q0.05. A model of anomalies says `anomaly` or\n"
        "`normal`, and in a column `score` how much of one.",
    .min_operands = 1,
    .max_operands = 2,
    .groups = groups,
    .size = sizeof(predict_options),
    .run = run,
};
