/* fits.h - what verbs that fit share: what the columns of a table are, reading it by that, and recipes. */
#ifndef ENS_CLI_FITS_H
#define ENS_CLI_FITS_H

#include <cli/tables.h>

/* What the columns of a table to fit are. */
typedef struct column_options {
    const char *weight, *offset;
    int task; /* as ens_task */
    char **ignore, **types;
} column_options;

extern const cli_option cli_column_options[];

/* A table to fit. */
typedef struct fit_table {
    const char *verb, *target; /* NULL: none, or the file's own */
    ens_task task;
    const ens_csv_type *usual; /* types of columns where the options name none; or NULL */
    const column_options *columns;
    const group_options *group;
    const read_options *read;
    unsigned threads;
} fit_table;

/* An exit code, after a message if it is not CLI_OK. */
int fits_read(ens_dataset **out, const char *path, const fit_table *how, ens_error *err);

/* The same of a table that must have a target, which usage asks for; its notes go to stderr unless quiet. */
int fits_read_target(ens_dataset **out, const char *path, const fit_table *how, int quiet, ens_error *err);

/* Parse a recipe; an arrow shows the place of a fault. */
int fits_parse(ens_learner **out, const char *recipe, ens_error *err);

#endif
