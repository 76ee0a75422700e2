/* tables.h - options that verbs share, and reading a table by them. */
#ifndef ENS_CLI_TABLES_H
#define ENS_CLI_TABLES_H

#include <cli/options.h>

/* How a table is written down. */
typedef struct read_options {
    int format; /* as ens_format */
    char **na;
    const char *delimiter;
} read_options;

/* Rows that belong together. */
typedef struct group_options {
    const char *group, *query;
} group_options;

/* How to run. */
typedef struct run_options {
    uint64_t threads;
    int quiet;
} run_options;

/* What a model does with a table that is not quite as expected. */
typedef struct use_options {
    int unseen; /* as ens_unseen */
    int absent; /* as ens_absent */
} use_options;

extern const cli_option cli_read_options[], cli_group_options[], cli_run_options[],
    cli_use_options[];

/* Fill the fields of csv that read decides; CLI_USAGE after a message if the delimiter is none. */
int cli_csv_options(ens_csv_options *csv, const read_options *read, const char *verb);
/* And those that group decides. */
void cli_csv_groups(ens_csv_options *csv, const group_options *group);
/* "tab", "\t" or one character; 0: none given; -1: not a delimiter. */
int cli_delimiter(const char *text);
/* The notes of a table on stderr. */
void cli_print_notes(const char *path, const ens_dataset *data);
/* "classification", ... */
const char *cli_task_name(ens_task task);
/* The path as messages name it. */
const char *cli_name_of(const char *path);

#endif
