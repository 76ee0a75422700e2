/* report.h - results for people, as aligned columns, and for scripts, as one JSON object. */
#ifndef ENS_CLI_REPORT_H
#define ENS_CLI_REPORT_H

#include <cli/cli.h>
#include <jansson.h>

/* A table of texts that grows a cell at a time, row by row. */
typedef struct report {
    size_t n_columns;
    const char *align; /* [n_columns] of l and r */
    char **cell;       /* [n] */
    size_t n, room;
} report;

void report_begin(report *r, const char *align);
/* Control characters become `?`, so that a name in a file cannot play with a terminal. */
void report_add(report *r, const char *fmt, ...) ENS_PRINTF(2, 3);
void report_score(report *r, double value);
/* Print to stdout behind two blanks, and empty it. */
void report_end(report *r);
/* Text from a file, harmless; the same as a line behind a prefix. */
void report_text(const char *text);
void report_line(const char *prefix, const char *text);

/* Text as a JSON string, with U+FFFD where it is not UTF-8. */
json_t *json_of_text(const char *s);
/* A number, or null if it is not finite. */
json_t *json_of_number(double v);
/* Print to stdout and release. */
int json_finish(json_t *object);

#endif
