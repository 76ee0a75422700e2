/* learner.h - recipes: a learner type and its parameters, maybe holding other recipes.
 *
 * A recipe is one line, `bagging(naive_bayes, n_estimators=50)`; see doc/recipes.md for its
 * grammar.  It is never fitted: ens_fit() makes a model of it and leaves it as it was. */
#ifndef ENSEMBLE_LEARNER_H
#define ENSEMBLE_LEARNER_H

#include <ensemble/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ens_learner ens_learner;

/**
 * Parse a recipe line.
 * @return ENS_OK; ENS_EPARSE, ENS_ENAME or ENS_ERANGE with err->column at the place; ENS_ENOMEM
 */
ENS_API ens_status ens_learner_parse(ens_learner **out, const char *recipe, ens_error *err);

ENS_API ens_status ens_learner_copy(ens_learner **out, const ens_learner *learner, ens_error *err);
ENS_API void ens_learner_free(ens_learner *learner);

/** What ens_learner_print() shows. */
typedef enum ens_print {
    ENS_PRINT_SHORT = 0, /**< parameters that differ from their defaults */
    ENS_PRINT_FULL       /**< every parameter */
} ens_print;

/** A new string that parses to an equal recipe; release it with ens_string_free(). */
ENS_API ens_status ens_learner_print(char **out, const ens_learner *learner, ens_print what,
                                     ens_error *err);
ENS_API void ens_string_free(char *s);

/**
 * Set one parameter.
 * @param path  a parameter, or members and a parameter: `n_estimators`, `tree.max_depth` (the member
 *              of that type), `0.max_depth` (the member at that place); steps of `impute | tree` are members too,
 *              and its learner's parameters stand for its own
 * @param value as it would stand in a recipe
 */
ENS_API ens_status ens_learner_set(ens_learner *learner, const char *path, const char *value,
                                   ens_error *err);
/** The value at @p path as text; a new string for ens_string_free(). */
ENS_API ens_status ens_learner_get(char **out, const ens_learner *learner, const char *path,
                                   ens_error *err);

/** Whether it can be fitted for @p task: 1 or 0. ENS_TASK_ANOMALY needs no target. */
ENS_API int ens_learner_suits(const ens_learner *learner, ens_task task);

/** Name of its type, such as "bagging". */
ENS_API const char *ens_learner_name(const ens_learner *learner);
ENS_API size_t ens_learner_n_members(const ens_learner *learner);
/** Member @p i, owned by @p learner, or NULL. */
ENS_API const ens_learner *ens_learner_member(const ens_learner *learner, size_t i);

/* ---- What there is ------------------------------------------------------------------------ */

/** One parameter of a learner type, as `ensemble params` shows it. Static strings but for two. */
typedef struct ens_param_info {
    const char *name;
    const char *kind;    /**< "integer", "real", "boolean", "word", "text", "amount", "list" */
    const char *aliases; /**< comma-separated, or "" */
    const char *help;
    char range[96];      /**< such as "[1, 1000000]" or "gini | entropy" */
    char def[64];        /**< its default, as it would stand in a recipe */
} ens_param_info;

/** Name of learner type @p i in order of registration; NULL past the last. */
ENS_API const char *ens_learner_type_name(size_t i);
/** Its summary line; NULL if there is no such type. */
ENS_API const char *ens_learner_type_help(const char *name);
/** Parameter @p i of type @p name. @return ENS_OK; ENS_ENAME; ENS_EINVAL past the last */
ENS_API ens_status ens_learner_type_param(ens_param_info *out, const char *name, size_t i,
                                          ens_error *err);

#ifdef __cplusplus
}
#endif
#endif
