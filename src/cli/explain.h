/* explain.h - what `ensemble explain` was asked for, and what it prints. */
#ifndef ENS_CLI_EXPLAIN_H
#define ENS_CLI_EXPLAIN_H

#include <cli/progress.h>
#include <cli/report.h>
#include <cli/tables.h>

typedef struct explain_options {
    char **importance; /* kinds */
    int oob_predictions, leaves, proximities, outliers;
    uint64_t neighbors;
    int oob, json;
    const char *metric, *weight;
    uint64_t repeats, seed;
    double level, holdout;
    group_options group;
    read_options read;
    run_options run;
} explain_options;

/* All that one run holds. */
typedef struct explain_job {
    const explain_options *o;
    const char *path;
    ens_model *model;
    ens_dataset *table, *fit, *hold; /* fit and hold are parts of table, or NULL */
    progress bar;
    ens_exec exec;
} explain_job;

/* explain_rows.c: the one table of rows that was asked for, as CSV on standard output. */
int explain_rows(explain_job *j);

#endif
