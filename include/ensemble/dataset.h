/* dataset.h - tables: typed columns with names, levels and roles; where they come from, how
 * they are split.
 *
 * An ens_dataset is immutable and counted: views and models of it may outlive the caller's
 * handle, and any number of threads may use one.  Numbers are doubles with NaN for missing;
 * categories are int32_t codes into the column's levels with -1 for missing.  Levels and
 * classes are sorted (as numbers if all are numbers, else bytewise), so that they do not
 * depend on the order of the rows. */
#ifndef ENSEMBLE_DATASET_H
#define ENSEMBLE_DATASET_H

#include <ensemble/base.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ens_dataset ens_dataset;

typedef enum ens_type { ENS_NUMERIC = 0, ENS_CATEGORICAL } ens_type;

typedef enum ens_role { ENS_FEATURE = 0, ENS_TARGET, ENS_WEIGHT, ENS_GROUP, ENS_IGNORE, ENS_OFFSET } ens_role;

/* ---- Looking at one ---------------------------------------------------------------- */

/** Release a reference. NULL is fine. */
ENS_API void ens_dataset_free(ens_dataset *data);

/** Rows of the table, or of the view. */
ENS_API size_t ens_dataset_n(const ens_dataset *data);
/** Features: columns of role ENS_FEATURE, in file order. */
ENS_API size_t ens_dataset_p(const ens_dataset *data);
/** Task of the target; ENS_TASK_AUTO if the table has no target. */
ENS_API ens_task ens_dataset_task(const ens_dataset *data);
/** Classes of the target (classification), else 0. */
ENS_API size_t ens_dataset_n_classes(const ens_dataset *data);
/** Name of class @p c; owned by the dataset. NULL if there is none. */
ENS_API const char *ens_dataset_class(const ens_dataset *data, size_t c);
/** Name of the target column; NULL if there is none. */
ENS_API const char *ens_dataset_target(const ens_dataset *data);

/** What a column is. Strings belong to the dataset. */
typedef struct ens_column_info {
    const char *name;
    ens_type type;
    ens_role role;
    size_t n_levels;   /**< 0 for numeric columns */
    size_t n_missing;  /**< over all rows of the table under a view */
} ens_column_info;

/** All columns, whatever their role, in file order. */
ENS_API size_t ens_dataset_n_columns(const ens_dataset *data);
/** @return ENS_OK, or ENS_EINVAL if @p column is not below ens_dataset_n_columns(). */
ENS_API ens_status ens_dataset_column(ens_column_info *out, const ens_dataset *data, size_t column,
                                      ens_error *err);
/** Level @p level of column @p column (of all columns), or NULL. */
ENS_API const char *ens_dataset_level(const ens_dataset *data, size_t column, size_t level);

/** Value of row @p i in feature @p j: the number, or the level's code; NaN if missing. */
ENS_API double ens_dataset_get(const ens_dataset *data, size_t i, size_t j);
/** Target of row @p i: the response, or the class number. NaN without a target. */
ENS_API double ens_dataset_y(const ens_dataset *data, size_t i);
/** Weight of row @p i; 1 without a weight column. */
ENS_API double ens_dataset_weight(const ens_dataset *data, size_t i);
/** Offset of row @p i, on the scale of a model's scores; 0 without an offset column. */
ENS_API double ens_dataset_offset(const ens_dataset *data, size_t i);
/** Number of row @p i's group, below ens_dataset_n_groups(); 0 without a group column. */
ENS_API size_t ens_dataset_group(const ens_dataset *data, size_t i);
/** Groups of the table under the view; 0 without a group column. */
ENS_API size_t ens_dataset_n_groups(const ens_dataset *data);

/** Remarks of whoever made the table ("column `id`: ignored, every value is distinct"):
 *  note @p i, or NULL past the last. */
ENS_API const char *ens_dataset_note(const ens_dataset *data, size_t i);

/* ---- From memory --------------------------------------------------------------------- */

/**
 * Copy a row-major matrix of numbers.
 *
 * @param x [n][p], NaN is missing
 * @param y [n], or NULL for a table without a target. For classification the distinct values
 *          become the classes, in ascending order.
 * Feature names are x0, x1, ...; the target's is y.
 */
ENS_API ens_status ens_dataset_from_matrix(ens_dataset **out, const double *x, size_t n, size_t p,
                                           const double *y, ens_task task, ens_error *err);

/** One column of a table in memory. Exactly one of x, x32 and code is set. */
typedef struct ens_column {
    const char *name;     /**< NULL: x0, x1, ... by position */
    ens_role role;
    const double *x;      /**< numbers */
    const float *x32;     /**< numbers, single precision */
    const int32_t *code;  /**< categories: -1 (missing) to n_levels - 1 */
    ptrdiff_t stride;     /**< elements from one row to the next; 0 means 1 */
    const char *const *levels; /**< [n_levels], distinct, any order */
    size_t n_levels;
} ens_column;

/**
 * Copy @p n rows of @p n_columns columns with any strides, so row-major and column-major arrays
 * of double and float serve alike.
 *
 * @param task ENS_TASK_AUTO: classification for a categorical target, regression for a numeric one
 * @return ENS_OK; ENS_EINVAL for two targets, a duplicate name, or a column with no or two arrays;
 *         ENS_EDATA for a code out of range, an infinite number, a NaN target, a negative weight, a missing offset
 */
ENS_API ens_status ens_dataset_from_columns(ens_dataset **out, const ens_column *columns,
                                            size_t n_columns, size_t n, ens_task task,
                                            ens_error *err);

/* ---- Views and splits ---------------------------------------------------------------- */

/**
 * A view of some rows, in the order given, repeats allowed; shares the table.
 * @param rows [n] row numbers of @p data, copied
 */
ENS_API ens_status ens_dataset_subset(ens_dataset **out, const ens_dataset *data,
                                      const size_t *rows, size_t n, ens_error *err);

/**
 * Split at random into two views, stratified by class for classification. Where the table has a group column, groups
 * stay whole instead.
 * @param fraction of the rows that go to @p second, in (0, 1); each side gets at least one row
 */
ENS_API ens_status ens_dataset_holdout(ens_dataset **first, ens_dataset **second,
                                       const ens_dataset *data, double fraction, uint64_t seed,
                                       ens_error *err);

/**
 * Assign every row to one of @p n_folds folds at random, stratified by class for classification;
 * sizes differ by at most one (per class, if stratified). Where the table has a group column, groups stay whole: each
 * goes to the fold that has fewest rows.
 * @param fold [ens_dataset_n(data)] filled with 0 .. n_folds - 1
 */
ENS_API ens_status ens_dataset_kfold(uint32_t *fold, const ens_dataset *data, size_t n_folds,
                                     uint64_t seed, ens_error *err);

/* ---- CSV -------------------------------------------------------------------------------- */

/** Says what a column holds, against what its values suggest. */
typedef struct ens_csv_type {
    const char *column;
    ens_type type;
} ens_csv_type;

/** What kind of text a table is in. */
typedef enum ens_format {
    ENS_FORMAT_AUTO = 0, /**< found out: by .csv, .tsv, .svm, .libsvm, .svmlight (and .gz), else by the lines */
    ENS_FORMAT_CSV,
    ENS_FORMAT_SVMLIGHT
} ens_format;

/** How to read. All zeros and NULLs give the defaults, and so does a NULL pointer. */
typedef struct ens_csv_options {
    const char *target;             /**< column to predict; NULL: none */
    const char *weight;             /**< column of sample weights; NULL: none */
    const char *group;              /**< column that names groups; NULL: none */
    const char *const *ignore;      /**< NULL-terminated names; NULL: none */
    const ens_csv_type *types;      /**< ended by a NULL column; NULL: all inferred */
    const char *const *na;          /**< NULL-terminated spellings of missing, besides the
                                         usual: empty, NA, NaN, N/A, null, ? (any case) */
    char delimiter;                 /**< 0: found out from the first lines: , ; tab | */
    ens_task task;                  /**< ENS_TASK_AUTO: see ens_csv_read() */
    int keep_identifiers;           /**< else text columns of (nearly) all-distinct values are
                                         ignored with a note; named in `types` they stay too */
    unsigned threads;               /**< as in ens_exec */
    int target_optional;            /**< a file without the target column, or without columns named in
                                         `types`, is no error */
    int only_named;                 /**< columns that are not in `types` are ignored, whatever is
                                         in them */
    ens_format format;              /**< of ens_table_read() and ens_table_stream_open(); others know */
    const char *query;              /**< svmlight: file of the rows of each group, one number a line */
    const char *offset;             /**< column of offsets, see ens_fit(); NULL: none */
} ens_csv_options;

/**
 * Read a CSV file: RFC 4180 quoting, LF, CRLF or CR, an optional UTF-8 BOM, one header row.
 *
 * A column is numeric if all its present values are numbers, whatever the locale, else
 * categorical.  With ENS_TASK_AUTO a target is a class if it is text, has two distinct values, or at
 * most 20 distinct values that are all integers; a note says so.
 *
 * @param path a file, gzip'd or not; "-" is standard input
 * @return ENS_OK; ENS_EIO; ENS_EPARSE (empty file, ragged row, stray or unclosed quote, NUL byte,
 *         duplicate name, text where `types` or the role want a number) with line and column;
 *         ENS_ENAME for an unknown column in the options; ENS_EINVAL for a column of two roles or an
 *         impossible delimiter; ENS_EDATA for no rows, a missing or infinite target, an infinite
 *         number, a bad weight, a missing offset; ENS_ENOMEM
 *
 * Invalid UTF-8 is accepted as bytes and reported in a note.  A column with an empty name is named
 * by its position (`column3`), with a note.  Spaces and tabs around unquoted fields are dropped.  Blank
 * lines are skipped, except in a table of one column, where they are missing values.  O(bytes); large
 * files are parsed on several threads.
 */
ENS_API ens_status ens_csv_read(ens_dataset **out, const char *path, const ens_csv_options *options,
                                ens_error *err);

/** As ens_csv_read(), from @p size bytes in memory; @p name stands in messages. */
ENS_API ens_status ens_csv_parse(ens_dataset **out, const char *bytes, size_t size,
                                 const char *name, const ens_csv_options *options, ens_error *err);

/**
 * Read an svmlight (libsvm) file: a row a line, `TARGET [qid:GROUP] INDEX:VALUE ... [# comment]`, indices ascending.
 *
 * Columns are `target` (or what `options->target` calls it), `qid` with the role ENS_GROUP if there are groups, and the
 * features f1, f2, ... by their indices: those that occur in the file and those named in `types`.  What a line does not
 * name is 0, a value like others; `nan` is missing.  The table is dense.  Groups are those of `qid:`, of the file
 * `options->query`, or of one beside the file: data.svm.query or data.query; of options->group if that names a column.
 * With ENS_TASK_AUTO a target of rows with qid or a query file is a number, else as in ens_csv_read().
 *
 * @return as ens_csv_read(), where errors have line and column; ENS_EINVAL for a delimiter, spellings of missing or a
 *         categorical column; ENS_EDATA for groups that do not sum to the rows; ENS_ENOMEM, with the estimate, if the
 *         dense table would not fit into what memory is available
 */
ENS_API ens_status ens_svmlight_read(ens_dataset **out, const char *path, const ens_csv_options *options,
                                     ens_error *err);

/** As ens_svmlight_read(), from @p size bytes in memory; there is nothing beside them. */
ENS_API ens_status ens_svmlight_parse(ens_dataset **out, const char *bytes, size_t size,
                                      const char *name, const ens_csv_options *options,
                                      ens_error *err);

/** ens_csv_read() or ens_svmlight_read(), by options->format. */
ENS_API ens_status ens_table_read(ens_dataset **out, const char *path, const ens_csv_options *options,
                                  ens_error *err);

/** Reads a CSV file a batch of rows at a time, in memory bounded by the batch: for scoring streams. */
typedef struct ens_csv_stream ens_csv_stream;

/** Open @p path ("-" is standard input). Types come from @p options; a column not named there is
 *  inferred from each batch anew, so name what must not change (ens_model_csv_types() does).
 *  What @p options points to must live as long as the stream. Same errors as ens_csv_read(). */
ENS_API ens_status ens_csv_stream_open(ens_csv_stream **out, const char *path,
                                       const ens_csv_options *options, ens_error *err);
/** The same for CSV or svmlight, by options->format. The latter has the columns named in @p options, whatever indices
 *  a batch has, and no groups of other files. */
ENS_API ens_status ens_table_stream_open(ens_csv_stream **out, const char *path,
                                         const ens_csv_options *options, ens_error *err);
/** The next at most @p max_rows rows; *out is NULL with ENS_OK at the end of the file. */
ENS_API ens_status ens_csv_stream_next(ens_dataset **out, ens_csv_stream *stream, size_t max_rows,
                                       ens_error *err);
ENS_API void ens_csv_stream_free(ens_csv_stream *stream);

/**
 * Write all columns as CSV with a header: shortest decimals that read back as the same double,
 * fields quoted where they must be, missing as empty.
 * @return ENS_OK; ENS_EIO if the stream fails (disk full): the caller removes the file
 */
ENS_API ens_status ens_csv_write(const ens_dataset *data, FILE *to, char delimiter, ens_error *err);

/** Write one field to @p to, quoted if it must be. Same errors. */
ENS_API ens_status ens_csv_write_text(FILE *to, const char *text, char delimiter, ens_error *err);
/** Write one number in its shortest form that reads back the same; NaN as an empty field. */
ENS_API ens_status ens_csv_write_number(FILE *to, double value, ens_error *err);

/* ---- Generators --------------------------------------------------------------------------- */

/**
 * Make a synthetic table.
 *
 * @param spec a recipe-like line: friedman1(n=1000, p=10, noise=1), friedman2, friedman3, hastie_10_2,
 *             moons(noise=0.1), checkerboard(cells=4), classification(n=1000, p=20, informative=5,
 *             redundant=2, classes=2, clusters_per_class=2, class_sep=1, flip_y=0.01)
 * @return ENS_OK; ENS_EPARSE, ENS_ENAME or ENS_ERANGE for a bad spec
 *
 * The same spec and seed give the same bytes everywhere.  Sources: Friedman (1991), Hastie et al.
 * (2009, 10.2), Guyon (2003).
 */
ENS_API ens_status ens_generate(ens_dataset **out, const char *spec, uint64_t seed, ens_error *err);

/** Name and one-line help of generator @p i; NULL past the last. */
ENS_API const char *ens_generator_name(size_t i);
ENS_API const char *ens_generator_help(size_t i);

#ifdef __cplusplus
}
#endif
#endif
