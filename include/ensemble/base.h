/* base.h - what every other header needs: versions, statuses, errors, tasks, how to run.
 *
 * Every call that can fail returns an ens_status and takes a caller-owned `ens_error *err`,
 * which may be NULL.  Results go through the first argument, `out`, which is NULL after a
 * failure and belongs to the caller after a success. */
#ifndef ENSEMBLE_BASE_H
#define ENSEMBLE_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ENS_API __attribute__((visibility("default")))
#define ENS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define ENS_API
#define ENS_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define ENS_VERSION_MAJOR 0
#define ENS_VERSION_MINOR 1
#define ENS_VERSION_PATCH 0

/** The version of the library that is running, such as "0.1.0". Static storage. */
ENS_API const char *ens_version(void);

/** What a call came to. Zero is success. */
typedef enum ens_status {
    ENS_OK = 0,
    ENS_ENOMEM,    /**< memory could not be had */
    ENS_EINVAL,    /**< an argument or option that makes no sense */
    ENS_ERANGE,    /**< a parameter outside its limits */
    ENS_EPARSE,    /**< malformed text: a recipe, a CSV file */
    ENS_ENAME,     /**< an unknown learner, parameter, metric or column */
    ENS_EIO,       /**< a file could not be opened, read or written */
    ENS_EDATA,     /**< values that nothing can be learned from, such as a NaN target */
    ENS_ESHAPE,    /**< a table that does not fit the model: a feature is missing, of another type */
    ENS_EFORMAT,   /**< a model file that is truncated, altered or not a model */
    ENS_EVERSION,  /**< a model file of a newer format */
    ENS_ESUPPORT,  /**< a learner that cannot take this task or table */
    ENS_ECANCELED, /**< the progress callback asked to cancel */
    ENS_EINTERNAL  /**< a bug in a learner: please report */
} ens_status;

/** A short constant English phrase for @p st, such as "out of memory". */
ENS_API const char *ens_status_string(ens_status st);

#define ENS_ERROR_MESSAGE_SIZE 512

/** Filled by a call that fails; untouched by one that succeeds. */
typedef struct ens_error {
    ens_status code;
    size_t line;   /**< 1-based line of the input text, 0 where there is none */
    size_t column; /**< 1-based byte in that line, or field of a CSV record; 0 where none */
    char message[ENS_ERROR_MESSAGE_SIZE]; /**< one line, lower case, no full stop, never empty */
} ens_error;

/** What is to be learned. */
typedef enum ens_task {
    ENS_TASK_AUTO = 0,       /**< to be found out from the target; never in a dataset or model */
    ENS_TASK_CLASSIFICATION, /**< one of k classes */
    ENS_TASK_REGRESSION,     /**< a number */
    ENS_TASK_ANOMALY         /**< no target: how unlike the others a row is; of models, never of datasets */
} ens_task;

/** A progress callback's answer. */
typedef enum ens_go {
    ENS_GO = 0, /**< carry on */
    ENS_STOP,   /**< finish early and keep what there is, where that makes a valid model */
    ENS_CANCEL  /**< give up: the call returns ENS_ECANCELED */
} ens_go;

typedef struct ens_progress {
    const char *phase; /**< such as "fitting members" */
    size_t done;       /**< units finished */
    size_t total;      /**< units in all */
    double seconds;    /**< since this phase began */
} ens_progress;

/** Called on the thread that made the call, between units of work. */
typedef ens_go (*ens_progress_fn)(const ens_progress *progress, void *ctx);

struct ens_model;

/** Called on the thread that made the call, between units of work, with the model as it would be if the fit ended
 *  here: to be saved, and added to by ens_fit_more() if the fit did not end.
 *  @return ENS_OK, or what the fit is to fail with */
typedef ens_status (*ens_checkpoint_fn)(const struct ens_model *so_far, void *ctx, ens_error *err);

/** How to run. Nothing in here changes a result; NULL stands for all zeros. */
typedef struct ens_exec {
    unsigned threads;         /**< 0: the least of affinity, cgroup quota and OMP_NUM_THREADS */
    ens_progress_fn progress; /**< may be NULL */
    void *progress_ctx;
    size_t checkpoint_every;      /**< members or rounds between two checkpoints; 0: none */
    ens_checkpoint_fn checkpoint; /**< ENS_ESUPPORT of a fit of a learner that has none */
    void *checkpoint_ctx;
} ens_exec;

/** The threads that a call with @p exec (may be NULL) would use here. */
ENS_API unsigned ens_exec_threads(const ens_exec *exec);

#ifdef __cplusplus
}
#endif
#endif
