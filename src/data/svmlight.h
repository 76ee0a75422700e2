/* svmlight.h - the parts of reading svmlight (libsvm) files.
 *
 * svmlight_lines.c  the lines of a chunk, as sparse rows
 * svmlight.c        a whole text: chunks in parallel, then dense columns, then the table
 * svmlight_query.c  groups from a file of their sizes
 * table_read.c      telling such a file from CSV */
#ifndef ENS_DATA_SVMLIGHT_H
#define ENS_DATA_SVMLIGHT_H

#include <data/dataset.h>

/* Distinct indices, each with a number; no order. Zero it to begin. */
typedef struct ens__indices {
    uint32_t *key;   /* [cap] index + 1; 0: free */
    uint32_t *value; /* [cap] */
    size_t n, cap;   /* cap is a power of two, or 0 */
} ens__indices;

/* Some whole lines, read as one task. Row r has values from end[r - 1] (or 0) to end[r]. */
typedef struct ens__svm_chunk {
    size_t from, to; /* bytes of the text */
    size_t base;     /* rows before it */
    size_t n, room;
    double *y, *qid; /* [n]; qid is NaN where there is none */
    size_t *end;     /* [n] */
    size_t n_values, values_room;
    uint32_t *index; /* [n_values] */
    double *value;   /* [n_values] */
    ens__indices seen;
} ens__svm_chunk;

typedef struct ens__svm {
    const char *s; /* [n] the text, after the byte order mark */
    size_t n;
    const char *name; /* for messages */
    const ens_csv_options *options;
    size_t skipped_lines; /* of the file, before this text */
    bool may_be_empty;
    ens__svm_chunk *chunk; /* [n_chunks] */
    size_t n_chunks;
    uint32_t *index; /* [p] of the feature columns, ascending */
    size_t p;
    ens__indices column; /* the column of each of these */
    bool grouped;        /* lines have qid: */
} ens__svm;

/* ---- svmlight_lines.c ---------------------------------------------------------------------------- */

/* False without memory. A new key gets `value`. */
bool ens__indices_add(ens__indices *set, uint32_t key, uint32_t value);
/* The value of a key, or UINT32_MAX. */
uint32_t ens__indices_find(const ens__indices *set, uint32_t key);
void ens__indices_clear(ens__indices *set);

/* Bytes of the line at s, with its end; n if that is not there. */
size_t ens__svm_line(const char *s, size_t n);
/* Read a chunk's lines into its arrays. */
ens_status ens__svm_read_chunk(const ens__svm *svm, ens__svm_chunk *chunk, ens_error *err);
void ens__svm_chunk_clear(ens__svm_chunk *chunk);
/* Line of the file of row r of a chunk, from 1. */
size_t ens__svm_row_line(const ens__svm *svm, const ens__svm_chunk *chunk, size_t r);
/* The first line that is a row has qid:. */
bool ens__svm_has_groups(const char *s, size_t n);
/* The first lines are a number and pairs INDEX:VALUE. */
bool ens__svm_looks(const char *s, size_t n);

/* ---- svmlight.c ------------------------------------------------------------------------------------ */

/* Where a text stands in its file. */
typedef struct ens__svm_how {
    size_t skipped_lines;
    bool may_be_empty;
} ens__svm_how;

ens_status ens__svm_parse(ens_dataset **out, const char *s, size_t n, const char *name,
                          const ens_csv_options *options, const ens__svm_how *how, ens_error *err);

/* ---- svmlight_query.c ------------------------------------------------------------------------------ */

/* The group number, from 1, of each of n rows, by a file of rows per group. */
ens_status ens__query_read(double *group, size_t n, const char *path, ens_error *err);
/* The file beside `path` that has its groups: PATH.query, or with .query for the extension; a new string, or NULL
 * with ENS_OK if there is none. */
ens_status ens__query_beside(char **out, const char *path, ens_error *err);

/* ---- table_read.c ---------------------------------------------------------------------------------- */

/* What a path's extension, else its first bytes, say that it is. */
ens_format ens__format_of(const char *path, const char *s, size_t n);

#endif
