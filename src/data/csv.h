/* csv.h - the parts of reading CSV.
 *
 * csv_text.c    bytes: the delimiter, records, lines, chunks that can be read apart
 * csv_header.c  the columns: names, roles, types
 * csv_cells.c   the values of a chunk
 * csv_read.c    a whole text: chunks in parallel, then columns, then the table
 * csv_stream.c  a batch of records at a time */
#ifndef ENS_DATA_CSV_H
#define ENS_DATA_CSV_H

#include <data/dataset.h>
#include <data/intern.h>

/* Some whole records, read as one task. */
typedef struct ens__csv_chunk {
    size_t from, to;     /* bytes of the text */
    bool quoted;         /* there are quotes in it */
    size_t odd_byte;     /* offset of the first byte that is not UTF-8; SIZE_MAX: none */
    size_t most;         /* records, at most */
    size_t base;         /* place of its first record in the columns */
    size_t n;            /* records found */
    bool *broken;        /* [n_columns] a value is no number */
    ens__intern *levels; /* [n_columns] texts, numbered for this chunk alone */
} ens__csv_chunk;

/* What is done with a column's fields. */
typedef enum ens__csv_kind {
    ENS__CSV_SKIP = 0, /* done before */
    ENS__CSV_NUMBER,
    ENS__CSV_TEXT
} ens__csv_kind;

/* How a text is read; nothing in here changes what comes out of a text without errors. */
typedef struct ens__csv_how {
    size_t chunk;     /* bytes; 0: by the size of the text */
    bool tokens_only; /* leave every chunk to libcsv, also those without quotes */
    bool may_be_empty;
    size_t skipped_lines; /* of the file, between the header and the first record of this text */
} ens__csv_how;

typedef struct ens__csv {
    const char *s; /* [n] the text, after the byte order mark */
    size_t n;
    const char *name; /* for messages */
    char delimiter;
    const ens_csv_options *options;
    ens__csv_how how;
    size_t data; /* offset of the first record after the header */

    ens__table *table; /* names, roles, notes; and the values, in columns with room for all chunks' most */
    size_t n_columns;
    ens__intern names;
    ens__csv_kind *kind; /* [n_columns] */
    bool *fixed;         /* [n_columns] the kind is an order, not a guess */
    bool *named;         /* [n_columns] the options name its type */

    ens__csv_chunk *chunk; /* [n_chunks] */
    size_t n_chunks;
} ens__csv;

/* ---- csv_text.c ---------------------------------------------------------------------------------- */

/* The delimiter that the first records suggest: , ; tab or |. */
char ens__csv_find_delimiter(const char *s, size_t n);
/* ENS_EINVAL for what cannot be one. */
ens_status ens__csv_check_delimiter(char delimiter, ens_error *err);
/* Bytes of a byte order mark. */
size_t ens__csv_bom(const char *s, size_t n);
/* Bytes of the record at s, with its end of line; n if that is not there. */
size_t ens__csv_record(const char *s, size_t n);
/* Nothing but spaces and tabs, and no delimiter. */
bool ens__csv_is_blank(const char *s, size_t n, char delimiter);
/* Ends of lines; CRLF is one. */
size_t ens__csv_count_lines(const char *s, size_t n);
/* Line of the file at this offset of the text, from 1. */
size_t ens__csv_line(const ens__csv *csv, size_t offset);
/* Line of record r of a chunk. */
size_t ens__csv_record_line(const ens__csv *csv, const ens__csv_chunk *chunk, size_t r);
/* Fill csv->chunk with the places of chunks: they depend on the text alone. */
ens_status ens__csv_cut(ens__csv *csv, ens_error *err);
/* Fill a chunk's quoted, odd_byte and most. ENS_EPARSE for a NUL byte. */
ens_status ens__csv_survey(const ens__csv *csv, ens__csv_chunk *chunk, ens_error *err);

/* ---- csv_header.c -------------------------------------------------------------------------------- */

/* Read the header: makes the table's columns, sets data, kinds and roles by the options. */
ens_status ens__csv_header(ens__csv *csv, ens_error *err);

/* ---- csv_cells.c --------------------------------------------------------------------------------- */

/* Read a chunk into the columns by their kinds; sets its n, broken and levels. */
ens_status ens__csv_cells(const ens__csv *csv, ens__csv_chunk *chunk, ens_error *err);
/* Split one record by libcsv: field(ctx, s, n) for each. ENS_EPARSE for a quote out of place. */
ens_status ens__csv_fields(const ens__csv *csv, const char *s, size_t n,
                           void (*field)(const char *s, size_t n, void *ctx), void *ctx, ens_error *err);
/* A usual spelling of missing, or one of na. */
bool ens__csv_is_missing(const char *s, size_t n, const char *const *na);

/* ---- csv_read.c ---------------------------------------------------------------------------------- */

/* ens_csv_parse() with a say in how. */
ens_status ens__csv_parse(ens_dataset **out, const char *s, size_t n, const char *name,
                          const ens_csv_options *options, const ens__csv_how *how, ens_error *err);

#endif
