/* param.h - parameter tables at work: set, print, default, free, describe; and the lexer of recipe lines.
 *
 * A parameter struct is plain memory laid out by its table (ens_param in ensemble/ext.h). */
#ifndef ENS_CORE_PARAM_H
#define ENS_CORE_PARAM_H

#include <core/str.h>
#include <ensemble/ext.h>

/* ---- Tokens ------------------------------------------------------------------------------------ */

typedef enum ens__token_kind {
    ENS__TOKEN_END,
    ENS__TOKEN_NUMBER,
    ENS__TOKEN_WORD,
    ENS__TOKEN_TEXT,
    ENS__TOKEN_PUNCT /* ( ) [ ] { } , = | .. : */
} ens__token_kind;

typedef struct ens__token {
    ens__token_kind kind;
    const char *s;  /* its bytes in the line; for a text without the quotes, escapes still in */
    size_t n;
    size_t column;  /* 1-based */
} ens__token;

typedef struct ens__lexer {
    const char *line;
    const char *at;
    ens__token token; /* the current one */
} ens__lexer;

ens_status ens__lexer_init(ens__lexer *lx, const char *line, ens_error *err);
ens_status ens__lexer_next(ens__lexer *lx, ens_error *err);
bool ens__lexer_is(const ens__lexer *lx, const char *punct);
/* Fail unless the current token is punct, which is then passed. */
ens_status ens__lexer_expect(ens__lexer *lx, const char *punct, ens_error *err);
/* The call at the current token, `name` or `name(...)`, or the number there, is added to out without its spaces; the
 * lexer is then at its last token. */
ens_status ens__lexer_call(ens__buf *out, ens__lexer *lx, ens_error *err);
/* ENS_EPARSE at the current token: "expected WHAT, found ..." */
ens_status ens__lexer_unexpected(const ens__lexer *lx, const char *what, ens_error *err);

/* ---- Tables --------------------------------------------------------------------------------------- */

/* A parameter by name or alias; NULL if there is none. */
const ens_param *ens__param_find(const ens_param *table, const char *name, size_t n);
/* ENS_ENAME: "tree has no parameter `max_dept`; did you mean `max_depth`?" */
ens_status ens__param_unknown(const ens_param *table, const char *owner, const ens__token *name, ens_error *err);

/* Lower case letters, digits and _, below 64 bytes. */
bool ens__is_type_name(const char *s);
/* Its rows are complete and fit into `size` bytes, and their defaults can be read; else ENS_EINVAL, "NOUN type OWNER:
 * ...". */
ens_status ens__param_table_check(const ens_param *table, size_t size, const char *noun, const char *owner,
                                  ens_error *err);

ens_status ens__params_init(void *params, const ens_param *table, ens_error *err); /* all defaults */
void ens__params_clear(void *params, const ens_param *table);
/* to holds no parameters yet. */
ens_status ens__params_copy(void *to, const void *from, const ens_param *table, ens_error *err);

/* One value from one struct to another, whose rows may lie elsewhere but are of the same kind and words. */
ens_status ens__param_copy(void *to, const ens_param *to_row, const void *from, const ens_param *from_row,
                           ens_error *err);

/* Read one value at the lexer's current token, and check it. owner is the type's name, for messages. */
ens_status ens__param_parse(void *params, const ens_param *p, const char *owner, ens__lexer *lx, ens_error *err);
/* Read `key=value`, which is assigned; *seen has a bit for each row that was, so that none is given twice (a table
 * has at most 64 rows). */
ens_status ens__param_assign(void *params, const ens_param *table, const char *owner, uint64_t *seen,
                             ens__lexer *lx, ens_error *err);
/* The value as it stands in a recipe. */
void ens__param_print(ens__buf *b, const void *params, const ens_param *p);
bool ens__param_is_default(const void *params, const ens_param *p);
void ens__param_describe(ens_param_info *out, const ens_param *p);

/* Parse "name(key=value, ...)" or "name" against the tables of a family (metrics, generators, folds): the whole
 * line. The first value may stand without its key: "name(value, ...)". */
typedef struct ens__family {
    const char *noun;                                        /* "metric" */
    const char *(*name)(const void *ctx, size_t i);          /* NULL past the last */
    const ens_param *(*table)(const void *ctx, size_t i);
    const void *ctx;
} ens__family;

/* Sets *which and fills params, which must be large enough for any table of the family. */
ens_status ens__family_parse(size_t *which, void *params, const ens__family *family, const char *line,
                             ens_error *err);

#endif
