/* ext.h - writing your own learner in C.
 *
 * A learner type is a struct of functions, in the manner of GSL's types.  The built-in learners use
 * nothing else.  examples/own_learner.c is a complete one.
 *
 * Promise: this header may change between minor versions until 1.0; ENS_EXT_ABI tells. */
#ifndef ENSEMBLE_EXT_H
#define ENSEMBLE_EXT_H

#include <ensemble/dataset.h>
#include <ensemble/learner.h>
#include <ensemble/metric.h>
#include <ensemble/model.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ENS_EXT_ABI 8

/* ---- Parameters --------------------------------------------------------------------------- */

typedef enum ens_param_kind {
    ENS_PARAM_INT,    /**< int64_t; words stand for -1, -2, ... in their order */
    ENS_PARAM_REAL,   /**< double */
    ENS_PARAM_BOOL,   /**< int: true, false */
    ENS_PARAM_WORD,   /**< int: index into words */
    ENS_PARAM_AMOUNT, /**< ens_amount: 3 is a count, 0.5 or 1.0 a fraction, or a word */
    ENS_PARAM_LIST,   /**< ens_list: a word, or [v, v, ...] */
    ENS_PARAM_TEXT    /**< char *, owned by the parameter struct; NULL when empty. In a recipe "quoted", or as it
                           is if it is a number, a word or word(key=value, ...) */
} ens_param_kind;

typedef enum ens_amount_kind {
    ENS_AMOUNT_COUNT,
    ENS_AMOUNT_FRACTION,
    ENS_AMOUNT_WORD
} ens_amount_kind;

/** A count, or a fraction of what there is. */
typedef struct ens_amount {
    ens_amount_kind kind;
    double value; /**< the count, the fraction, or the index into words */
} ens_amount;

/** Numbers, or a word. */
typedef struct ens_list {
    double *v;   /**< [n], owned by the parameter struct; NULL for a word */
    size_t n;
    int word;    /**< index into words, if v is NULL */
} ens_list;

/** One row of a type's parameter table: the only place for default, range, aliases and help. */
typedef struct ens_param {
    const char *name;
    const char *aliases; /**< comma-separated, or "" */
    ens_param_kind kind;
    size_t offset;       /**< in the parameter struct */
    const char *def;     /**< as in a recipe: "100", "sqrt", "0.5", "" for an empty text */
    double min, max;     /**< both allowed; for amounts, of the count (fractions are in (0, 1]) */
    const char *words;   /**< comma-separated, or "" */
    const char *help;
} ens_param;

/* A row: struct type, field, default, limits, words, aliases, help. */
#define ENS_ROW(kind, type, field, def, min, max, words, aliases, help)                            \
    {                                                                                              \
        #field, aliases, kind, offsetof(type, field), def, min, max, words, help                   \
    }
#define ENS_PARAM_LAST                                                                             \
    {                                                                                              \
        NULL, NULL, ENS_PARAM_INT, 0, NULL, 0, 0, NULL, NULL                                       \
    }

/* ---- What a learner sees -------------------------------------------------------------------- */

/** One feature. Exactly one of x and code is set; both are indexed by table row. */
typedef struct ens_feature {
    const char *name;    /**< NULL while predicting */
    const double *x;     /**< numbers, NaN is missing */
    const int32_t *code; /**< levels, -1 is missing */
    uint32_t n_levels;   /**< 0 for numbers */
    struct ens__column *column; /**< internal: bins are kept here; NULL while predicting */
    const struct ens__levels *levels; /**< internal: their names where there is no column, or NULL */
} ens_feature;

/** Some rows of some features. Row i of these has table row row[i]. */
typedef struct ens_rows {
    const ens_feature *feature; /**< [p] */
    size_t p;
    const uint32_t *row;        /**< [n] */
    size_t n;
} ens_rows;

/** Rows of another table, with the features and classes of a fit's: to tell when to stop. */
typedef struct ens_valid {
    ens_rows rows;
    const double *w;      /**< [rows.n] by row of these, as the next; NULL: 1 */
    const int32_t *label; /**< classification: -1 for a class that the fit does not know */
    const double *y;      /**< regression: finite */
    const uint32_t *group; /**< [rows.n] number of the group by row of these; NULL: there are none */
    const double *offset; /**< [rows.n] of the scores; NULL: 0 */
} ens_valid;

typedef struct ens_fit_args {
    const ens_learner *learner; /**< its recipe: parameters, members */
    ens_rows rows;              /**< ascending; each once if count is set or the type takes weights */
    const uint32_t *count;      /**< [rows.n] how often each row was drawn, at least 1; NULL: once */
    const double *w;            /**< [n_table] sample weights by table row, positive; NULL: 1 */
    ens_task task;
    size_t k;                   /**< classes, or 1 */
    const int32_t *label;       /**< [n_table] classification: class by table row */
    const double *y;            /**< [n_table] regression: response by table row, finite.  ENS_TASK_ANOMALY has
                                     neither label nor y */
    size_t n_table;
    uint64_t seed;              /**< the only source of randomness */
    const ens_exec *exec;       /**< threads, progress */
    const uint32_t *group;      /**< [n_table] number of the group by table row; NULL: there are none */
    struct ens__arena *arena;   /**< internal: memory of a worker that fits many members; or NULL */
    const ens_valid *valid;     /**< the validation table of ens_fit(); NULL if there is none, and for members */
    /** The model so far is this state: to be called every checkpoint_every members by types with ENS_CHECKPOINTS.  NULL
     *  for members, and if no checkpoints are wanted. */
    ens_status (*checkpoint)(void *ctx, void *state, ens_error *err);
    void *checkpoint_ctx;
    size_t checkpoint_every;
    const struct ens__table *table; /**< internal: that of ens_fit(), whatever became of its columns; or NULL */
    const double *offset;       /**< [n_table] by table row, of scores; NULL: 0, and for members */
    const uint32_t *origin;     /**< internal: [n_table] the row there of each table row; NULL: the same */
} ens_fit_args;

/** Weight of row @p i of the fit: its count times its sample weight. */
static inline double ens_fit_weight(const ens_fit_args *a, size_t i)
{
    double w = a->w != NULL ? a->w[a->rows.row[i]] : 1.0;

    return a->count != NULL ? w * a->count[i] : w;
}

/* ---- Writing and reading fitted state ---------------------------------------------------------- */

typedef struct ens_writer ens_writer;
typedef struct ens_reader ens_reader;

typedef enum ens_dtype {
    ENS_F64, ENS_I64, ENS_U64, ENS_F32, ENS_I32, ENS_U32, ENS_U16, ENS_U8
} ens_dtype;

#define ENS_MAX_RANK 3

/** Add a tensor. @p data is borrowed until the save returns. @p name is relative to the group. */
ENS_API ens_status ens_writer_array(ens_writer *w, const char *name, ens_dtype type, size_t rank,
                                    const size_t *shape, const void *data, ens_error *err);
/** Add a tensor whose zeroed memory, owned by the writer, is to be filled by the caller. */
ENS_API ens_status ens_writer_buffer(void **out, ens_writer *w, const char *name, ens_dtype type,
                                     size_t rank, const size_t *shape, ens_error *err);
/** Open a group: names below it are NAME/... Groups nest. */
ENS_API ens_status ens_writer_push(ens_writer *w, const char *group, ens_error *err);
ENS_API void ens_writer_pop(ens_writer *w);

/**
 * Find a tensor. Its type must be @p type and its rank @p rank.
 * @param shape [rank] filled; the values are bounded by the file's size
 * @param data  aligned, borrowed until the load returns
 */
ENS_API ens_status ens_reader_array(const void **data, size_t *shape, ens_reader *r, const char *name,
                                    ens_dtype type, size_t rank, ens_error *err);
ENS_API ens_status ens_reader_push(ens_reader *r, const char *group, ens_error *err);
ENS_API void ens_reader_pop(ens_reader *r);
/** Fail with ENS_EFORMAT, naming the current group. */
ENS_API ens_status ens_reader_bad(ens_reader *r, ens_error *err, const char *fmt, ...) ENS_PRINTF(3, 4);

/** What a type's read may rely on: already checked. */
typedef struct ens_read_args {
    const ens_learner *learner;
    const ens_feature *feature; /**< [p], names, n_levels, and x or code set but without values */
    size_t p;
    ens_task task;
    size_t k;
    ens_reader *reader;
} ens_read_args;

/* ---- Learner types ------------------------------------------------------------------------------ */

/** What a learner can take; ens_fit() refuses or converts the rest. */
typedef enum ens_caps {
    ENS_CLASSIFIES = 1,
    ENS_REGRESSES = 2,
    ENS_TAKES_MISSING = 4,    /**< NaN and code -1 in features */
    ENS_TAKES_CATEGORIES = 8, /**< features with codes */
    ENS_TAKES_WEIGHTS = 16,   /**< w and count; others are fed repeated rows, and no sample weights */
    ENS_TAKES_ONE_CLASS = 32, /**< a target of one class is no error */
    ENS_OF_MEMBERS = 64,      /**< missing, categories and weights are up to the members; with ENS_TAKES_WEIGHTS it
                                     takes weights whatever they take; without members it is of trees */
    ENS_TAKES_NUMBERS = 128,  /**< features with x */
    ENS_TAKES_LONG_BLOCKS = 256, /**< its predict takes up to ENS_LONG_BLOCK rows */
    ENS_DETECTS = 512,        /**< anomalies: fitted without label and y, one output in (0, 1) */
    ENS_OF_REGRESSORS = 1024, /**< with ENS_OF_MEMBERS: members predict numbers whatever the task is */
    ENS_CHECKPOINTS = 2048,   /**< its fit calls checkpoint() */
    ENS_FIXED_QUANTILES = 4096, /**< its quantiles() gives those alone that were asked for */
    ENS_WANTS_SCALED = 8192,  /**< numbers of unlike scale hurt it: ens_fit() standardizes them before */
    ENS_TAKES_MISSING_LEVELS = 16384, /**< code -1, but no NaN; ENS_TAKES_MISSING is both */
    ENS_FITS_MISSING = 32768, /**< missing values in the rows of a fit, if not in those of a prediction */
    ENS_TAKES_OFFSET = 65536  /**< offsets: it has predict_first() */
} ens_caps;

typedef struct ens_part ens_part;
typedef struct ens_transform_type ens_transform_type;

typedef struct ens_learner_type {
    unsigned abi;            /**< ENS_EXT_ABI */
    const char *name;        /**< lower case, digits and _ */
    const char *help;        /**< one line */
    unsigned caps;           /**< of ens_caps */
    unsigned min_members, max_members;
    const ens_param *params; /**< ended by ENS_PARAM_LAST */
    size_t params_size;      /**< of the parameter struct */

    /** Optional: limits that involve several parameters. */
    ens_status (*check)(const void *params, ens_error *err);
    /** Optional: work that all fits on these features share, done once before many of them. */
    ens_status (*prepare)(const void *params, const ens_fit_args *a, ens_error *err);
    /** Train. *out is the fitted state, never NULL on success. */
    ens_status (*fit)(void **out, const void *params, const ens_fit_args *a, ens_error *err);
    /** out[i * k + c], all set. Pure; called from many threads; blocks of at most ENS_BLOCK rows.
     *  @p scratch has scratch_size() bytes, 64-byte aligned. */
    void (*predict)(const void *fit, const ens_rows *rows, double *out, void *scratch);
    size_t (*scratch_size)(const void *fit); /**< optional: 0 */
    ens_status (*write)(const void *fit, ens_writer *w, ens_error *err);
    /** Trusts nothing: whatever it accepts must be safe to predict with. */
    ens_status (*read)(void **out, const ens_read_args *a, ens_error *err);
    void (*free)(void *fit);

    /** Optional: the decrease of the criterion by feature, added to out[p]. */
    ens_status (*importance)(const void *fit, double *out, ens_error *err);
    /** Optional: out-of-bag predictions [n][k] of the fitted rows in order, NaN for none; or NULL. */
    const double *(*oob)(const void *fit);
    /** Optional: lines about the fitted state, "key: value\n" each, through @p add. */
    ens_status (*describe)(const void *fit, ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err);
    /** Optional: many members of one type as one set of tensors; else each is a group of its own. */
    ens_status (*write_many)(const void *const *fits, size_t n, ens_writer *w, ens_error *err);
    /** Optional, with write_many: fills out[n]; on failure all of out[n] are freed and NULL. */
    ens_status (*read_many)(void **out, size_t n, const ens_read_args *a, ens_error *err);

    /** Optional, of ensembles: how many members were fitted, and member @p t of them. */
    size_t (*n_members)(const void *fit);
    void (*member)(ens_part *out, const void *fit, size_t t);
    /** Optional, of ensembles whose members draw rows: count[a->rows.n] gets how often the fit by @p a put each
     *  of its rows into the bag of member @p t.  Only the learner, the rows, their counts and the seed of @p a
     *  are looked at. */
    ens_status (*in_bag)(uint32_t *count, const void *params, const ens_fit_args *a, size_t t, ens_error *err);

    /** Optional: what fit() gives on @p a, made by adding to @p from, which was fitted on the same rows with the
     *  same seed, by a recipe that differs in a smaller `grows` only.  @p from stays as it is and may be
     *  freed before *out is. */
    ens_status (*extend)(void **out, const void *from, const void *params, const ens_fit_args *a,
                         ens_error *err);
    const char *grows; /**< with extend: the parameter that is raised, such as "n_estimators" */

    /** Optional: bytes that the fitted state takes, about; by them an ensemble refuses more members than memory
     *  holds before it is too late. */
    size_t (*bytes)(const void *fit);

    /** Optional: the quantiles that the parameters ask to be kept, [q->n] ascending in (0, 1); NULL: none. */
    const ens_list *(*asks_quantiles)(const void *params);
    /** With it: out[i * q->n + c] is quantile q->v[c] of the response of row i. As predict(), with
     *  quantiles_scratch() bytes. Called only if quantiles were asked for; q need not be those, but
     *  some of them with ENS_FIXED_QUANTILES. */
    void (*quantiles)(const void *fit, const ens_rows *rows, const double *offset, const ens_list *q, double *out,
                      void *scratch);
    size_t (*quantiles_scratch)(const void *fit);

    /** Of types that grow in rounds, and of those with ENS_TAKES_OFFSET: predict() by the first n rounds alone,
     *  SIZE_MAX by all, with offset[rows->n] on the scores; NULL: none. */
    void (*predict_first)(const void *fit, size_t n, const ens_rows *rows, const double *offset, double *out,
                          void *scratch);
    size_t (*n_rounds)(const void *fit); /**< optional, of those that grow in rounds: how many, at least 1 */

    /** Optional, of types that detect: the output above which a row is an anomaly; else it is 0.5. */
    double (*threshold)(const void *fit);

    /** Of transforms, which have no predict(), no members and no more of the optional functions than check(),
     *  scratch_size(), describe() and bytes(); NULL: it is none. */
    const ens_transform_type *transform;
} ens_learner_type;

/* ---- Transforms ----------------------------------------------------------------------------------- */

/** What a transform does for the steps after it. */
typedef enum ens_gives {
    ENS_GIVES_NO_GAPS = 1, /**< nothing is missing in what it gives */
    ENS_GIVES_NUMBERS = 2, /**< there are no categories */
    ENS_GIVES_SCALED = 4,  /**< numbers are of like scale */
    ENS_GIVES_LEVELS = 8,  /**< what is missing in categories is missing no more */
    ENS_GIVES_WHOLE_ROWS = 16 /**< it has keep(), and nothing is missing in what that keeps */
} ens_gives;

/** One column that a fitted transform gives. */
typedef struct ens_made_column {
    size_t from;      /**< the feature it is made of, the first if of several; ENS_FROM_ALL */
    int categorical;  /**< 1: codes, of the levels of that feature */
    const char *what; /**< its name is FEATURE[what], or what with ENS_FROM_ALL, static; NULL: see level */
    int32_t level;    /**< or FEATURE[level] by the level's name, or number where that is unknown; -1: FEATURE. A number
                           after what if both are given: pca1 */
    const uint32_t *factor; /**< [n_factors] it is the product of these features, ascending: a*b^2; NULL: it is none */
    size_t n_factors;
    const double *loading; /**< [p] with ENS_FROM_ALL: the squares, which add up to 1, tell the part of each feature */
} ens_made_column;

/** Of more features than one, and called by `what`. */
#define ENS_FROM_ALL SIZE_MAX

/** Where the values of such a column go: one of x and code is set. */
typedef struct ens_made {
    double *x;     /**< [rows->n] */
    int32_t *code; /**< [rows->n], -1 is missing */
} ens_made;

/**
 * What makes a learner type a transform: a step of a recipe before its learner, as in `impute | tree`.
 *
 * Its caps tell the tasks and what it takes, as of a learner; fit(), write(), read() and free() are those of the
 * learner type.  It is fitted on the rows of a fit alone, and sees their weights and target.
 */
struct ens_transform_type {
    unsigned gives; /**< of ens_gives */
    size_t (*n_columns)(const void *fit);
    void (*column)(ens_made_column *out, const void *fit, size_t c);
    /** out[n_columns]: all values of @p rows, at most ENS_BLOCK of them. Pure, each row for itself; called from many
     *  threads. @p scratch has scratch_size() bytes, 64-byte aligned. */
    void (*apply)(const void *fit, const ens_rows *rows, const ens_made *out, void *scratch);
    /** Optional: what the rows of the fit that gave @p fit become, in place of apply(), where this is something else:
     *  out[n_columns], all values of a->rows. @p a is what fit() was given. */
    ens_status (*apply_own)(const void *fit, const void *params, const ens_fit_args *a, const ens_made *out,
                            ens_error *err);
    /** Optional: keep[rows->n] gets 1 for each row that the fit goes on with, else 0. Predictions keep all. */
    void (*keep)(const void *fit, const ens_rows *rows, unsigned char *keep);
};

/** Rows a predict call gets at most, and one of a type with ENS_TAKES_LONG_BLOCKS. */
#define ENS_BLOCK 256
#define ENS_LONG_BLOCK 16384

/** Make a type known under its name. @p type must live as long as the process.
 *  Register before other threads use the library. @return ENS_OK; ENS_EINVAL if the name is taken, the abi
 *  differs or the table is malformed; ENS_ENOMEM */
ENS_API ens_status ens_learner_type_register(const ens_learner_type *type, ens_error *err);

/** The parameter struct of a recipe: of the type's params_size. */
ENS_API const void *ens_learner_params(const ens_learner *learner);

/* ---- For learners made of learners -------------------------------------------------------------- */

/** A fitted learner inside a model: its type and state. */
typedef struct ens_fitted {
    const ens_learner_type *type;
    void *state;
} ens_fitted;

/** A member of a fitted ensemble, and the features that it sees. Borrowed. */
struct ens_part {
    ens_fitted fitted;
    const uint32_t *feature; /**< [p] numbers among the ensemble's features; NULL: all */
    size_t p;
};

/** Fit @p member (a recipe) as a part of the fit @p a: `a->learner` is replaced by it. */
ENS_API ens_status ens_fitted_fit(ens_fitted *out, const ens_learner *member, const ens_fit_args *a,
                                  ens_error *err);
/** Its type's prepare(), if it has one. */
ENS_API ens_status ens_fitted_prepare(const ens_learner *member, const ens_fit_args *a, ens_error *err);
ENS_API void ens_fitted_clear(ens_fitted *fitted);
ENS_API size_t ens_fitted_scratch(const ens_fitted *fitted);
/** Write @p n members of one recipe into the current group, and read them back. */
ENS_API ens_status ens_fitted_write(const ens_fitted *fitted, size_t n, ens_writer *w, ens_error *err);
ENS_API ens_status ens_fitted_read(ens_fitted *out, size_t n, const ens_learner *member,
                                   const ens_read_args *a, ens_error *err);

/** A seed for part @p index of the work named @p purpose, by Philox: independent for every triple. */
ENS_API uint64_t ens_seed(uint64_t seed, uint32_t purpose, uint64_t index);

/* ---- Losses ----------------------------------------------------------------------------------- */

/** Some rows of a fit, side by side, as a loss sees them. */
typedef struct ens_loss_rows {
    size_t n;
    size_t k;              /**< scores a row */
    const float *y;        /**< [n] the class number; or the response, of ENS_LOSS_SHIFTS less one origin of all rows */
    const float *w;        /**< [n] weights, positive; NULL: 1 */
    const float *score;    /**< score c of row i is score[c * stride + i]: raw, before link() */
    size_t stride;         /**< at least n */
    const uint32_t *group; /**< [n_groups + 1] rows group[q] - group[0] to group[q + 1] - group[0] are of group q,
                                and those of the last end at n; NULL but for ENS_LOSS_RANKS */
    size_t n_groups;
    double adapted;        /**< what adapt() gave in this round; else 0 */
} ens_loss_rows;

typedef enum ens_loss_caps {
    ENS_LOSS_CLASSIFIES = 1,
    ENS_LOSS_REGRESSES = 2,
    ENS_LOSS_RANKS = 4,         /**< rows of a group are compared: calls get whole groups. With ENS_LOSS_REGRESSES */
    ENS_LOSS_SHIFTS = 8,        /**< it depends on score - y alone */
    ENS_LOSS_UNIT_HESSIAN = 16  /**< the hessian is the weight: gradient() may get h = NULL */
} ens_loss_caps;

/** What boosting minimises: a struct of pure functions, called from many threads. */
typedef struct ens_loss_type {
    unsigned abi;            /**< ENS_EXT_ABI */
    const char *name;        /**< lower case, digits and _ */
    const char *help;        /**< one line */
    unsigned caps;           /**< of ens_loss_caps */
    const ens_param *params; /**< ended by ENS_PARAM_LAST */
    size_t params_size;      /**< of the parameter struct */
    double max_gradient;     /**< no |gradient| of a row of weight 1 is above it; 0: that depends on the data */
    double max_hessian;      /**< likewise */
    size_t max_group;        /**< rows of a group at most; 0: any number */

    /** Optional: limits that involve several parameters. */
    ens_status (*check)(const void *params, ens_error *err);
    /** Optional: scores a row (1), of classification with @p n_classes; 0: it cannot take so many classes. Without
     *  it a loss that classifies is for two classes. */
    size_t (*n_scores)(const void *params, size_t n_classes);
    /** Optional: what is wrong with a response that is finite, such as "is negative"; NULL: nothing. */
    const char *(*refuses)(const void *params, double y);
    /** Optional: out[k], the constant scores of least mean loss, with `adapted` if it is above 0. Else they are found
     *  by Newton steps from 0. Scores of @p rows are not looked at. Not of ENS_LOSS_RANKS: 0. */
    ens_status (*start)(const void *params, const ens_loss_rows *rows, double *out, ens_error *err);
    /** Of row i's loss times its weight: g[c * rows->stride + i], the derivative by score c, and h, the second one or
     *  what a Newton step shall use in its place, never negative. Finite for every score, however large. */
    void (*gradient)(const void *params, const ens_loss_rows *rows, float *g, float *h);
    /** out[i]: the loss of row i, not weighted. Of ENS_LOSS_RANKS: of a group, at its first row, 0 at others. */
    void (*value)(const void *params, const ens_loss_rows *rows, double *out);
    /** Optional: predictions of @p n rows from score[n][k]: out[n][2] of two classes and one score, else
     *  out[n][k]. Else they are the scores. */
    void (*link)(const void *params, const double *score, size_t n, size_t k, double *out);
    /** Optional: a number found anew from all rows before each round of boosting, such as huber's delta. */
    ens_status (*adapt)(const void *params, const ens_loss_rows *rows, double *out, const ens_exec *exec,
                        ens_error *err);
    /** Optional, of ENS_LOSS_SHIFTS: what to add to score c of rows in one leaf, of residuals r[i] = y - score and
     *  weights w[i] (or NULL), instead of the Newton step. May change r and w. */
    double (*leaf)(const void *params, size_t c, double adapted, float *r, float *w, size_t n);
} ens_loss_type;

/** Make a loss known under its name. @p type must live as long as the process.
 *  Register before other threads use the library. @return as ens_learner_type_register() */
ENS_API ens_status ens_loss_type_register(const ens_loss_type *type, ens_error *err);

/** Name and one-line help of loss @p i; NULL past the last. */
ENS_API const char *ens_loss_name(size_t i);
ENS_API const char *ens_loss_help(size_t i);
/** Parameter @p j of loss @p i. @return ENS_OK; ENS_EINVAL past the last */
ENS_API ens_status ens_loss_param(ens_param_info *out, size_t i, size_t j, ens_error *err);

/* ---- Metrics ----------------------------------------------------------------------------------- */

/** A score of predictions, by a name that every place takes which takes a metric. */
typedef struct ens_metric_type {
    unsigned abi;            /**< ENS_EXT_ABI */
    const char *name;        /**< lower case, digits and _ */
    const char *help;        /**< one line */
    ens_task task;           /**< classification or regression */
    int more_is_better;
    int by_group;            /**< rows of a group are compared: eval->group is set, and intervals draw groups */
    const ens_param *params; /**< ended by ENS_PARAM_LAST; no lists and no texts */
    size_t params_size;      /**< of the parameter struct, at most ENS_METRIC_PARAMS */

    /** *out is the score; ENS_EDATA if it is undefined on these rows. Pure; called from many threads. Rows have been
     *  checked: there are some, predictions are finite, weights not negative and not all zero. */
    ens_status (*score)(double *out, const void *params, const ens_eval *eval, ens_error *err);
} ens_metric_type;

#define ENS_METRIC_PARAMS 256

/** Make a metric known under its name. @p type must live as long as the process.
 *  Register before other threads use the library. @return as ens_learner_type_register() */
ENS_API ens_status ens_metric_type_register(const ens_metric_type *type, ens_error *err);

/* ---- Conformance -------------------------------------------------------------------------------- */

/**
 * Run the conformance suite, which every built-in learner passes, on @p recipe: that fit, predict, copy, save
 * and load agree, that threads and row order of predictions change nothing, that weights, missing values and
 * errors are treated as told in its caps, and more.  Small tables, a second or so.  Not while other threads
 * use the library: some checks make allocations fail.
 *
 * @param report called once for each check, with its name, and NULL or what went wrong; may be NULL
 * @param[out] failed checks that did not pass
 * @return ENS_OK if all passed; ENS_EINTERNAL, naming the first that did not; errors of parsing the recipe
 */
ENS_API ens_status ens_check_learner(const char *recipe,
                                     void (*report)(void *ctx, const char *check, const char *problem),
                                     void *ctx, size_t *failed, ens_error *err);

#ifdef __cplusplus
}
#endif
#endif
