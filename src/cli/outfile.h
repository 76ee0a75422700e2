/* outfile.h - a file that appears whole or not at all. */
#ifndef ENS_CLI_OUTFILE_H
#define ENS_CLI_OUTFILE_H

#include <cli/cli.h>
#include <stdio.h>

typedef struct outfile {
    FILE *stream;
    char *path; /* what it is to be, past links; NULL: standard output or a device */
    char *temp; /* what it is until it is whole */
    const char *name;
} outfile;

/* Where a model may be written later: fails for a directory, or a folder that is not there or not ours. */
ens_status outfile_check(const char *path, ens_error *err);

/* NULL and "-" are standard output; pipes and devices are written as they are. */
ens_status outfile_open(outfile *out, const char *path, ens_error *err);
/* A write to it failed just now: ENS_EIO, naming it and, from errno, the cause. */
ens_status outfile_failed(const outfile *out, ens_error *err);
/* Make it appear; after a failure nothing of it is left. */
ens_status outfile_close(outfile *out, ens_error *err);
void outfile_abort(outfile *out);

#endif
