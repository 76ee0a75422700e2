/* family.c - lines of the form `name(key=value, ...)` for things with parameters but no members: metrics,
 * generators. */
#include <config.h>

#include <core/error.h>
#include <core/param.h>
#include <stdio.h>
#include <string.h>

static const char *next_name(const void *family, size_t i)
{
    const ens__family *f = family;

    return f->name(f->ctx, i);
}

static ens_status find(size_t *which, const ens__family *family, const ens__token *name,
                       ens_error *err)
{
    const char *s, *near;
    char text[64];

    for (size_t i = 0; (s = family->name(family->ctx, i)) != NULL; i++)
        if (strlen(s) == name->n && memcmp(s, name->s, name->n) == 0) {
            *which = i;
            return ENS_OK;
        }
    snprintf(text, sizeof text, "%.*s", (int)(name->n < 63 ? name->n : 63), name->s);
    near = ens__nearest(text, next_name, family);
    return ens__fail_at(err, ENS_ENAME, 1, name->column, "no %s is called `%s`%s%s%s",
                        family->noun, text, near != NULL ? "; did you mean `" : "",
                        near != NULL ? near : "", near != NULL ? "`?" : "");
}

/* `key=value`, or the value of the first parameter of the table, where it comes first. */
static ens_status parse_arg(void *params, const ens_param *table, const char *owner,
                            uint64_t *seen, ens__lexer *lx, bool first, ens_error *err)
{
    ens__lexer ahead = *lx;
    bool key = lx->token.kind == ENS__TOKEN_WORD &&
               ens__lexer_next(&ahead, NULL) == ENS_OK && ens__lexer_is(&ahead, "=");

    if (key || !first || table->name == NULL)
        return ens__param_assign(params, table, owner, seen, lx, err);
    *seen |= 1;
    return ens__param_parse(params, table, owner, lx, err);
}

/* The arguments and the end of the line. */
static ens_status parse_args(void *params, const ens_param *table, const char *owner,
                             ens__lexer *lx, ens_error *err)
{
    uint64_t seen = 0;
    bool first = true;
    ens_status st;

    if (ens__lexer_is(lx, "(")) {
        if ((st = ens__lexer_next(lx, err)) != ENS_OK)
            return st;
        while (!ens__lexer_is(lx, ")")) {
            if ((st = parse_arg(params, table, owner, &seen, lx, first, err)) != ENS_OK)
                return st;
            first = false;
            if (ens__lexer_is(lx, ",")) {
                if ((st = ens__lexer_next(lx, err)) != ENS_OK)
                    return st;
            } else if (!ens__lexer_is(lx, ")")) {
                return ens__lexer_unexpected(lx, "`,` or `)`", err);
            }
        }
        if ((st = ens__lexer_next(lx, err)) != ENS_OK)
            return st;
    }
    if (lx->token.kind != ENS__TOKEN_END)
        return ens__lexer_unexpected(lx, "the end of the line", err);
    return ENS_OK;
}

ens_status ens__family_parse(size_t *which, void *params, const ens__family *family,
                             const char *line, ens_error *err)
{
    const ens_param *table;
    ens__lexer lx;
    ens__token name;
    ens_status st;

    if ((st = ens__lexer_init(&lx, line, err)) != ENS_OK)
        return st;
    name = lx.token;
    if (name.kind != ENS__TOKEN_WORD) {
        char what[48];

        snprintf(what, sizeof what, "the name of a %s", family->noun);
        return ens__lexer_unexpected(&lx, what, err);
    }
    if ((st = find(which, family, &name, err)) != ENS_OK ||
        (st = ens__lexer_next(&lx, err)) != ENS_OK)
        return st;
    table = family->table(family->ctx, *which);
    if ((st = ens__params_init(params, table, err)) != ENS_OK)
        return st;
    st = parse_args(params, table, family->name(family->ctx, *which), &lx, err);
    if (st != ENS_OK)
        ens__params_clear(params, table);
    return st;
}
