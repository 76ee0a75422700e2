/* tables.h - tables and recipes that the tests of src/select share. */
#ifndef TESTS_SELECT_TABLES_H
#define TESTS_SELECT_TABLES_H

#include "run.h"
#include <ensemble.h>
#include <stdio.h>

/* A table of data/ with its usual target. */
static inline ens_dataset *read_table(const char *file, const char *target)
{
    char path[512];
    ens_csv_options options = {.target = target};
    ens_dataset *data;
    ens_error err;

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
    ck_ok(ens_csv_read(&data, path, &options, &err));
    return data;
}

#endif
