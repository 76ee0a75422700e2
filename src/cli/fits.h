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

/* What verbs that fit have in common. */
typedef struct fit_options {
    column_options columns;
    group_options group;
    read_options read;
    run_options run;
} fit_options;

/* The groups of a verb whose struct has its own options, and `fit` for these. */
#define FITS_GROUPS(type, own)                                                           \
    {                                                                                    \
        {own, 0}, {cli_column_options, offsetof(type, fit.columns)},                     \
            {cli_group_options, offsetof(type, fit.group)},                              \
            {cli_read_options, offsetof(type, fit.read)},                                \
            {cli_run_options, offsetof(type, fit.run)}, {NULL, 0}                        \
    }

/* A table to fit. */
typedef struct fit_table {
    const char *verb, *target; /* NULL: none, or the file's own */
    const fit_options *options;
    ens_task task;             /* auto: that of the options */
    const ens_csv_type *usual; /* types of columns where the options name none; or NULL */
} fit_table;

/* An exit code, after a message if it is not CLI_OK. */
int fits_read(ens_dataset **out, const char *path, const fit_table *how, ens_error *err);

/* The same of a table that must have a target, which usage asks for; its notes go to stderr unless quiet. */
int fits_read_target(ens_dataset **out, const char *path, const fit_table *how, int quiet, ens_error *err);

/* The one metric of a verb: what was asked for, else the first of the usual ones for this table. To be freed. */
char *fits_metric(const char *asked, const ens_dataset *data);

/* Parse a recipe; an arrow shows the place of a fault. */
int fits_parse(ens_learner **out, const char *recipe, ens_error *err);

#endif
