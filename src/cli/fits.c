/* fits.c - tables to fit, and recipes. */
#include <config.h>

#include <cli/fits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_option cli_column_options[] = {
    {"task", 0, CLI_WORD, offsetof(column_options, task), NULL, "auto", 0, 0,
     "auto,classification,regression", "what the target is"},
    {"weight", 0, CLI_TEXT, offsetof(column_options, weight), "COL", NULL, 0, 0, NULL,
     "column of row weights"},
    {"offset", 0, CLI_TEXT, offsetof(column_options, offset), "COL", NULL, 0, 0, NULL,
     "column that is added to each row's score, such as the logarithm of an exposure; "
     "for "
     "gbdt and boosting"},
    {"ignore", 0, CLI_LIST, offsetof(column_options, ignore), "COL,...", NULL, 0, 0, NULL,
     "columns to leave out"},
    {"types", 0, CLI_LIST, offsetof(column_options, types), "COL=TYPE,...", NULL, 0, 0,
     NULL,
     "what columns hold, against what they look like: cat (categories) or num (numbers)"},
    CLI_LAST};

/* Split COL=TYPE of --types at the last =; the name gets memory of its own. */
static int read_type(ens_csv_type *out, const char *text, const char *verb)
{
    static const char *const word[] = {"num", "number", "cat", "category"};
    static const ens_type type[] = {ENS_NUMERIC, ENS_NUMERIC, ENS_CATEGORICAL,
                                    ENS_CATEGORICAL};
    const char *equals = strrchr(text, '=');

    for (size_t i = 0; equals != NULL && i < sizeof word / sizeof *word; i++)
        if (strcmp(equals + 1, word[i]) == 0) {
            char *column = cli_array((size_t)(equals - text) + 1, 1);

            memcpy(column, text, (size_t)(equals - text));
            *out = (ens_csv_type){column, type[i]};
            return CLI_OK;
        }
    return cli_usage(verb, "--types: `%s` is not COL=cat or COL=num", text);
}

int fits_read(ens_dataset **out, const char *path, const fit_table *how, ens_error *err)
{
    const column_options *o = &how->options->columns;
    ens_csv_options csv = {.target = how->target,
                           .weight = o->weight,
                           .offset = o->offset,
                           .ignore = (const char *const *)o->ignore,
                           .task =
                               how->task != ENS_TASK_AUTO ? how->task : (ens_task)o->task,
                           .threads = (unsigned)how->options->run.threads};
    ens_csv_type *types;
    size_t n = 0;
    int code = cli_csv_options(&csv, &how->options->read, how->verb);

    cli_csv_groups(&csv, &how->options->group);
    while (o->types != NULL && o->types[n] != NULL)
        n++;
    types = cli_array(n + 1, sizeof *types);
    for (size_t i = 0; i < n && code == CLI_OK; i++)
        code = read_type(&types[i], o->types[i], how->verb);
    csv.types = n > 0 ? types : how->usual;
    if (code == CLI_OK && ens_table_read(out, path, &csv, err) != ENS_OK)
        code = cli_fail(err);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)types[i].column);
    free(types);
    return code;
}

int fits_read_target(ens_dataset **out, const char *path, const fit_table *how, int quiet,
                     ens_error *err)
{
    int code = fits_read(out, path, how, err);

    if (code == CLI_OK && ens_dataset_target(*out) == NULL)
        return cli_usage(how->verb, "--target=COL is missing: the column to predict");
    if (code == CLI_OK && !quiet)
        cli_print_notes(path, *out);
    return code;
}

char *fits_metric(const char *asked, const ens_dataset *data)
{
    size_t k = ens_dataset_n_classes(data), n;
    const char *name = asked != NULL
                           ? asked
                           : ens_metric_defaults(ens_dataset_task(data), k > 0 ? k : 1);
    char *metric;

    n = asked != NULL ? strlen(name) : strcspn(name, ",");
    metric = cli_array(n + 1, 1);
    memcpy(metric, name, n);
    return metric;
}

int fits_parse(ens_learner **out, const char *recipe, ens_error *err)
{
    int code;

    if (ens_learner_parse(out, recipe, err) == ENS_OK)
        return CLI_OK;
    code = cli_fail(err);
    if (err->column > 0 && err->column <= strlen(recipe) + 1 &&
        strpbrk(recipe, "\n\t\r") == NULL)
        fprintf(stderr, "  %s\n  %*s^\n", recipe, (int)err->column - 1, "");
    return code;
}
