/* progress.h - a bar with the time left, on a terminal's stderr only; and cancelling at Ctrl-C. */
#ifndef ENS_CLI_PROGRESS_H
#define ENS_CLI_PROGRESS_H

#include <cli/cli.h>

typedef struct progress {
    int shown;   /* stderr is a terminal that can redraw a line */
    int drawn;   /* something is on the line */
    double last; /* when it was drawn */
    double end;  /* when to stop with what there is; 0: never */
} progress;

/* How to run with this many threads and, unless quiet, a bar. */
ens_exec progress_exec(progress *p, unsigned threads, int quiet);
/* Take the bar away. */
void progress_end(progress *p);

#endif
