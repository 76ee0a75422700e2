/* tables.c - options that verbs share, and what follows from them. */
#include <config.h>

#include <cli/tables.h>
#include <stdio.h>
#include <string.h>

const cli_option cli_read_options[] = {
    {"format", 0, CLI_WORD, offsetof(read_options, format), NULL, "auto", 0, 0,
     "auto,csv,svmlight",
     "what the table is written in; auto: by .csv, .tsv, .svm, .libsvm, .svmlight, else by "
     "its first lines"},
    {"na", 0, CLI_LIST, offsetof(read_options, na), "TEXT,...", NULL, 0, 0, NULL,
     "spellings of a missing value, besides the usual: empty, NA, NaN, N/A, null, ?"},
    {"delimiter", 0, CLI_TEXT, offsetof(read_options, delimiter), "CHAR", NULL, 0, 0,
     NULL,
     "between fields, a character or `tab`; else found out from the first lines: comma, "
     "semicolon, tab or |"},
    CLI_LAST};

const cli_option cli_group_options[] = {
    {"group", 0, CLI_TEXT, offsetof(group_options, group), "COL", NULL, 0, 0, NULL,
     "column that tells which rows belong together, such as the answers to one query"},
    {"query", 0, CLI_TEXT, offsetof(group_options, query), "FILE", NULL, 0, 0, NULL,
     "the number of rows of each group, one a line, for an svmlight file; also looked for "
     "beside it, as TABLE.query"},
    CLI_LAST};

const cli_option cli_run_options[] = {
    {"threads", 0, CLI_COUNT, offsetof(run_options, threads), "N", "0", 0, 4096, NULL,
     "threads to use; 0: as many as the cores, the quota and OMP_NUM_THREADS allow. "
     "Results "
     "do not depend on it"},
    {"quiet", 'q', CLI_FLAG, offsetof(run_options, quiet), NULL, NULL, 0, 0, NULL,
     "no notes and no progress bar on stderr"},
    CLI_LAST};

const cli_option cli_use_options[] = {
    {"unseen", 0, CLI_WORD, offsetof(use_options, unseen), NULL, "missing", 0, 0,
     "missing,error", "what a category that training never saw is"},
    {"absent", 0, CLI_WORD, offsetof(use_options, absent), NULL, "error", 0, 0,
     "error,missing", "what a feature that the table lacks is"},
    CLI_LAST};

int cli_delimiter(const char *text)
{
    if (text == NULL)
        return 0;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        return '\t';
    return strlen(text) == 1 && strchr("\"\r\n", *text) == NULL ? *text : -1;
}

int cli_csv_options(ens_csv_options *csv, const read_options *read, const char *verb)
{
    int delimiter = cli_delimiter(read->delimiter);

    if (delimiter < 0)
        return cli_usage(verb, "--delimiter=%s is not one character", read->delimiter);
    csv->format = (ens_format)read->format;
    csv->delimiter = (char)delimiter;
    csv->na = (const char *const *)read->na;
    return CLI_OK;
}

void cli_csv_groups(ens_csv_options *csv, const group_options *group)
{
    csv->group = group->group;
    csv->query = group->query;
}

void cli_print_notes(const char *path, const ens_dataset *data)
{
    const char *note;

    for (size_t i = 0; (note = ens_dataset_note(data, i)) != NULL; i++)
        fprintf(stderr, "ensemble: note: %s: %s\n", cli_name_of(path), note);
}

const char *cli_name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

const char *cli_task_name(ens_task task)
{
    static const char *const name[] = {"auto", "classification", "regression", "anomaly"};

    return name[task];
}
