/* param.c - parameter tables at work: defaults, parsing, limits, printing, hints.
 *
 * A row of the table says where the field lies and of what kind it is; every other use of a parameter
 * derives from that row, its default included, which is parsed like a user's value. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/param.h>
#include <stdio.h>
#include <string.h>

static void *field(void *params, const ens_param *p)
{
    return (char *)params + p->offset;
}

static const void *const_field(const void *params, const ens_param *p)
{
    return (const char *)params + p->offset;
}

/* ---- Finding ----------------------------------------------------------------------------------- */

const ens_param *ens__param_find(const ens_param *table, const char *name, size_t n)
{
    for (const ens_param *p = table; p->name != NULL; p++) {
        if (strlen(p->name) == n && memcmp(p->name, name, n) == 0)
            return p;
        if (ens__list_find(p->aliases, name, n) >= 0)
            return p;
    }
    return NULL;
}

static const char *next_param(const void *table, size_t i)
{
    return ((const ens_param *)table)[i].name;
}

ens_status ens__param_unknown(const ens_param *table, const char *owner,
                              const ens__token *name, ens_error *err)
{
    char text[64];
    const char *near;

    snprintf(text, sizeof text, "%.*s", (int)(name->n < 63 ? name->n : 63), name->s);
    near = ens__nearest(text, next_param, table);
    return ens__fail_at(err, ENS_ENAME, 1, name->column,
                        "column %zu: %s has no parameter `%s`%s%s%s", name->column, owner,
                        text, near != NULL ? "; did you mean `" : "",
                        near != NULL ? near : "", near != NULL ? "`?" : "");
}

/* ---- Reading values ------------------------------------------------------------------------------ */

/* Where a value is read: for messages. */
typedef struct place {
    const char *owner;
    const ens_param *p;
    const ens__token *token;
} place;

/* The words of a parameter as strings of their own. */
typedef struct word_list {
    char item[16][32];
    size_t n;
} word_list;

static void word_list_fill(word_list *list, const char *words)
{
    size_t len;
    const char *s;

    for (list->n = 0; list->n < 16 && (s = ens__list_item(words, list->n, &len)) != NULL;
         list->n++)
        snprintf(list->item[list->n], sizeof *list->item, "%.*s", (int)len, s);
}

static const char *next_word(const void *ctx, size_t i)
{
    const word_list *list = ctx;

    return i < list->n ? list->item[i] : NULL;
}

static const char *kind_phrase(ens_param_kind kind)
{
    switch (kind) {
    case ENS_PARAM_INT:
        return "an integer";
    case ENS_PARAM_REAL:
        return "a number";
    case ENS_PARAM_BOOL:
        return "true or false";
    case ENS_PARAM_WORD:
        return "a word";
    case ENS_PARAM_AMOUNT:
        return "a count or a fraction";
    case ENS_PARAM_LIST:
        return "a list [v, v, ...]";
    case ENS_PARAM_TEXT:
        return "a \"text\", a number, a word or word(...)";
    }
    return "a value";
}

/* ENS_EPARSE: what was expected, with the word that comes nearest. */
static ens_status wrong_value(const place *at, ens_error *err)
{
    const ens__token *t = at->token;
    int n = (int)(t->n < 40 ? t->n : 40);
    bool words = at->p->words[0] != 0, only_words = at->p->kind == ENS_PARAM_WORD;
    char text[64];
    word_list list;
    const char *near;

    if (t->kind == ENS__TOKEN_PUNCT && (t->s[0] == '{' || t->s[0] == '.'))
        return ens__fail_at(
            err, ENS_EPARSE, 1, t->column,
            "column %zu: %s.%s: sets and ranges are for tuning, a fit takes one value",
            t->column, at->owner, at->p->name);
    snprintf(text, sizeof text, "%.*s", n, t->s);
    word_list_fill(&list, at->p->words);
    near =
        words && t->kind == ENS__TOKEN_WORD ? ens__nearest(text, next_word, &list) : NULL;
    return ens__fail_at(err, ENS_EPARSE, 1, t->column,
                        "column %zu: %s.%s = `%s`: expected %s%s%s%s%s%s", t->column,
                        at->owner, at->p->name, text,
                        only_words ? "one of " : kind_phrase(at->p->kind),
                        words && !only_words ? " or " : "", words ? at->p->words : "",
                        near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                        near != NULL ? "`?" : "");
}

static ens_status out_of_range(const place *at, double v, double min, double max,
                               ens_error *err)
{
    char value[ENS__NUMBER_SIZE], low[ENS__NUMBER_SIZE], high[ENS__NUMBER_SIZE];

    ens__number_print(value, v);
    ens__number_print(low, min);
    ens__number_print(high, max);
    return ens__fail_at(err, ENS_ERANGE, 1, at->token->column,
                        "%s.%s = %s is outside [%s, %s]", at->owner, at->p->name, value,
                        low, high);
}

static ens_status read_number(double *out, const place *at, ens_error *err)
{
    if (at->token->kind != ENS__TOKEN_NUMBER ||
        !ens__number_parse(out, at->token->s, at->token->n))
        return wrong_value(at, err);
    return ENS_OK;
}

static ens_status read_in_range(double *out, const place *at, ens_error *err)
{
    double v;
    ens_status st = read_number(&v, at, err);

    if (st != ENS_OK)
        return st;
    if (!(v >= at->p->min && v <= at->p->max))
        return out_of_range(at, v, at->p->min, at->p->max, err);
    *out = v;
    return ENS_OK;
}

static ens_status read_int(int64_t *out, const place *at, ens_error *err)
{
    double v;
    ens_status st = read_in_range(&v, at, err);

    if (st != ENS_OK)
        return st;
    if (v != (double)(int64_t)v)
        return wrong_value(at, err);
    *out = (int64_t)v;
    return ENS_OK;
}

/* 3 and 1e6 are counts; 0.5 and 1.0 are fractions. */
static ens_status read_amount(ens_amount *out, const place *at, ens_error *err)
{
    const ens__token *t = at->token;
    bool plain = true;
    double v;
    ens_status st = read_number(&v, at, err);

    if (st != ENS_OK)
        return st;
    for (size_t i = 0; i < t->n; i++)
        plain = plain && t->s[i] != '.' && t->s[i] != 'e' && t->s[i] != 'E';
    if (!plain && v <= 1) {
        if (!(v > 0))
            return ens__fail_at(err, ENS_ERANGE, 1, t->column,
                                "%s.%s = %.*s is outside (0, 1]", at->owner, at->p->name,
                                (int)t->n, t->s);
        *out = (ens_amount){ENS_AMOUNT_FRACTION, v};
        return ENS_OK;
    }
    if (!(v >= at->p->min && v <= at->p->max))
        return out_of_range(at, v, at->p->min, at->p->max, err);
    if (v != (double)(int64_t)v)
        return wrong_value(at, err);
    *out = (ens_amount){ENS_AMOUNT_COUNT, v};
    return ENS_OK;
}

static ens_status read_list(ens_list *out, const place *at, ens__lexer *lx,
                            ens_error *err)
{
    ens_list list = {NULL, 0, -1};
    size_t cap = 0;
    ens_status st;

    if (!ens__lexer_is(lx, "["))
        return wrong_value(at, err);
    do {
        double v;

        if ((st = ens__lexer_next(lx, err)) != ENS_OK ||
            (st = read_in_range(&v, at, err)) != ENS_OK)
            goto done;
        if (list.n == cap) {
            double *more =
                ens__resize(list.v, cap = cap != 0 ? 2 * cap : 8, sizeof *more);

            if (more == NULL) {
                st = ens__nomem(err);
                goto done;
            }
            list.v = more;
        }
        list.v[list.n++] = v;
        if ((st = ens__lexer_next(lx, err)) != ENS_OK)
            goto done;
    } while (ens__lexer_is(lx, ","));
    if (!ens__lexer_is(lx, "]")) {
        st = ens__lexer_unexpected(lx, "`,` or `]`", err);
        goto done;
    }
    ens__free(out->v);
    *out = list;
    list.v = NULL;
done:
    ens__free(list.v);
    return st;
}

/* A quoted text, or a number, word or call, such as `5`, `huber` or `huber(alpha=0.9)`, as it stands. */
static ens_status read_text(char **out, const place *at, ens__lexer *lx, ens_error *err)
{
    const ens__token *t = at->token;
    ens__buf b = {0};
    char *s = NULL;
    ens_status st = ENS_OK;

    if (t->kind == ENS__TOKEN_WORD || t->kind == ENS__TOKEN_NUMBER)
        st = ens__lexer_call(&b, lx, err);
    else if (t->kind != ENS__TOKEN_TEXT)
        st = wrong_value(at, err);
    for (size_t i = 0; i < t->n && t->kind == ENS__TOKEN_TEXT; i++) {
        i += t->s[i] == '\\' && i + 1 < t->n;
        ens__buf_add(&b, &t->s[i], 1);
    }
    if (st == ENS_OK && t->n > 0)
        st = ens__buf_take(&s, &b, err);
    ens__buf_clear(&b);
    if (st != ENS_OK)
        return st;
    ens__free(*out);
    *out = s;
    return ENS_OK;
}

static ens_status read_bool(int *out, const place *at, ens_error *err)
{
    int i = at->token->kind == ENS__TOKEN_WORD
                ? ens__list_find("false,true,False,True", at->token->s, at->token->n)
                : -1;

    if (i < 0)
        return wrong_value(at, err);
    *out = i & 1;
    return ENS_OK;
}

/* Store word number `word` in a field whose kind takes words. */
static void set_word(void *f, ens_param_kind kind, int word)
{
    switch (kind) {
    case ENS_PARAM_INT:
        *(int64_t *)f = -1 - word;
        break;
    case ENS_PARAM_REAL:
        *(double *)f = -1 - word;
        break;
    case ENS_PARAM_WORD:
        *(int *)f = word;
        break;
    case ENS_PARAM_AMOUNT:
        *(ens_amount *)f = (ens_amount){ENS_AMOUNT_WORD, word};
        break;
    case ENS_PARAM_LIST:
        ens__free(((ens_list *)f)->v);
        *(ens_list *)f = (ens_list){NULL, 0, word};
        break;
    case ENS_PARAM_BOOL:
    case ENS_PARAM_TEXT:
        assert(!"a kind without words");
    }
}

ens_status ens__param_parse(void *params, const ens_param *p, const char *owner,
                            ens__lexer *lx, ens_error *err)
{
    ens__token token = lx->token; /* the lexer moves on inside a list */
    place at = {owner, p, p->kind == ENS_PARAM_LIST ? &lx->token : &token};
    void *f = field(params, p);
    ens_status st = ENS_EINTERNAL;
    int word;

    if (token.kind == ENS__TOKEN_WORD &&
        (word = ens__list_find(p->words, token.s, token.n)) >= 0) {
        set_word(f, p->kind, word);
        return ens__lexer_next(lx, err);
    }
    switch (p->kind) {
    case ENS_PARAM_INT:
        st = read_int(f, &at, err);
        break;
    case ENS_PARAM_REAL:
        st = read_in_range(f, &at, err);
        break;
    case ENS_PARAM_BOOL:
        st = read_bool(f, &at, err);
        break;
    case ENS_PARAM_WORD:
        st = wrong_value(&at, err);
        break;
    case ENS_PARAM_AMOUNT:
        st = read_amount(f, &at, err);
        break;
    case ENS_PARAM_LIST:
        st = read_list(f, &at, lx, err);
        break;
    case ENS_PARAM_TEXT:
        st = read_text(f, &at, lx, err);
        break;
    }
    return st == ENS_OK ? ens__lexer_next(lx, err) : st;
}

ens_status ens__param_assign(void *params, const ens_param *table, const char *owner,
                             uint64_t *seen, ens__lexer *lx, ens_error *err)
{
    ens__token key = lx->token;
    const ens_param *p;
    ens_status st;

    if (key.kind != ENS__TOKEN_WORD)
        return ens__lexer_unexpected(lx, "a parameter name", err);
    if ((p = ens__param_find(table, key.s, key.n)) == NULL)
        return ens__param_unknown(table, owner, &key, err);
    assert(p - table < 64);
    if (*seen >> (p - table) & 1)
        return ens__fail_at(err, ENS_EPARSE, 1, key.column,
                            "column %zu: %s.%s is given twice", key.column, owner,
                            p->name);
    *seen |= (uint64_t)1 << (p - table);
    if ((st = ens__lexer_next(lx, err)) != ENS_OK ||
        (st = ens__lexer_expect(lx, "=", err)) != ENS_OK)
        return st;
    return ens__param_parse(params, p, owner, lx, err);
}

/* ---- Whole structs ---------------------------------------------------------------------------------- */

static void blank(void *params, const ens_param *p)
{
    if (p->kind == ENS_PARAM_LIST)
        *(ens_list *)field(params, p) = (ens_list){NULL, 0, -1};
    else if (p->kind == ENS_PARAM_TEXT)
        *(char **)field(params, p) = NULL;
}

ens_status ens__params_init(void *params, const ens_param *table, ens_error *err)
{
    ens_status st = ENS_OK;

    for (const ens_param *p = table; p->name != NULL; p++)
        blank(params, p);
    for (const ens_param *p = table; p->name != NULL && st == ENS_OK; p++) {
        ens__lexer lx;

        if (p->kind == ENS_PARAM_TEXT && p->def[0] == 0)
            continue;
        if ((st = ens__lexer_init(&lx, p->def, err)) == ENS_OK)
            st = ens__param_parse(params, p, "default", &lx, err);
    }
    if (st != ENS_OK)
        ens__params_clear(params, table);
    return st;
}

void ens__params_clear(void *params, const ens_param *table)
{
    for (const ens_param *p = table; p->name != NULL; p++) {
        if (p->kind == ENS_PARAM_LIST)
            ens__free(((ens_list *)field(params, p))->v);
        else if (p->kind == ENS_PARAM_TEXT)
            ens__free(*(char **)field(params, p));
        blank(params, p);
    }
}

static size_t plain_size(ens_param_kind kind)
{
    switch (kind) {
    case ENS_PARAM_INT:
        return sizeof(int64_t);
    case ENS_PARAM_REAL:
        return sizeof(double);
    case ENS_PARAM_BOOL:
    case ENS_PARAM_WORD:
        return sizeof(int);
    case ENS_PARAM_AMOUNT:
        return sizeof(ens_amount);
    case ENS_PARAM_LIST:
    case ENS_PARAM_TEXT:
        break;
    }
    return 0;
}

static bool copy_list(ens_list *to, const ens_list *from)
{
    ens_list copy = *from;

    if (from->v != NULL) {
        if ((copy.v = ens__array(from->n, sizeof *copy.v)) == NULL)
            return false;
        memcpy(copy.v, from->v, from->n * sizeof *copy.v);
    }
    ens__free(to->v);
    *to = copy;
    return true;
}

static bool copy_text(char **to, char *const *from)
{
    char *copy = NULL;

    if (*from != NULL && (copy = ens__strdup(*from)) == NULL)
        return false;
    ens__free(*to);
    *to = copy;
    return true;
}

ens_status ens__param_copy(void *to, const ens_param *to_row, const void *from,
                           const ens_param *from_row, ens_error *err)
{
    bool ok = true;

    assert(to_row->kind == from_row->kind);
    if (to_row->kind == ENS_PARAM_LIST)
        ok = copy_list(field(to, to_row), const_field(from, from_row));
    else if (to_row->kind == ENS_PARAM_TEXT)
        ok = copy_text(field(to, to_row), const_field(from, from_row));
    else
        memcpy(field(to, to_row), const_field(from, from_row), plain_size(to_row->kind));
    return ok ? ENS_OK : ens__nomem(err);
}

ens_status ens__params_copy(void *to, const void *from, const ens_param *table,
                            ens_error *err)
{
    ens_status st = ENS_OK;

    for (const ens_param *p = table; p->name != NULL; p++)
        blank(to, p);
    for (const ens_param *p = table; p->name != NULL && st == ENS_OK; p++)
        st = ens__param_copy(to, p, from, p, err);
    if (st != ENS_OK)
        ens__params_clear(to, table);
    return st;
}
