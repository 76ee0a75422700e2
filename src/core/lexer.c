/* lexer.c - recipe lines as tokens: numbers, words, quoted texts and punctuation.
 *
 * A number never takes the dots of a range: `1..5` is 1, `..`, 5. */
#include <config.h>

#include <core/error.h>
#include <core/param.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static const char *skip_digits(const char *s)
{
    while (is_digit(*s))
        s++;
    return s;
}

/* The end of the number at s, or s if there is none. */
static const char *number_end(const char *s)
{
    const char *begin = s + (*s == '+' || *s == '-'), *e = skip_digits(begin);
    bool digits = e > begin;

    if (*e == '.' && e[1] != '.') {
        const char *fraction = e + 1;

        e = skip_digits(fraction);
        digits = digits || e > fraction;
    }
    if (!digits)
        return s;
    if (*e == 'e' || *e == 'E') {
        const char *exponent = e + 1 + (e[1] == '+' || e[1] == '-');

        if (is_digit(*exponent))
            e = skip_digits(exponent);
    }
    return e;
}

static ens_status read_text(ens__lexer *lx, ens_error *err)
{
    const char *s = lx->at + 1;

    while (*s != 0 && *s != '"')
        s += s[0] == '\\' && s[1] != 0 ? 2 : 1;
    if (*s == 0)
        return ens__fail_at(err, ENS_EPARSE, 1, lx->token.column,
                            "column %zu: a text without its closing quote",
                            lx->token.column);
    lx->token.kind = ENS__TOKEN_TEXT;
    lx->token.s = lx->at + 1;
    lx->token.n = (size_t)(s - lx->token.s);
    lx->at = s + 1;
    return ENS_OK;
}

ens_status ens__lexer_next(ens__lexer *lx, ens_error *err)
{
    const char *end;

    lx->at += strspn(lx->at, " \t\r\n");
    lx->token = (ens__token){ENS__TOKEN_END, lx->at, 0, (size_t)(lx->at - lx->line) + 1};
    if (*lx->at == 0)
        return ENS_OK;
    if (*lx->at == '"')
        return read_text(lx, err);
    if ((end = number_end(lx->at)) > lx->at && !is_word(*end)) {
        lx->token.kind = ENS__TOKEN_NUMBER;
    } else if (is_word(*lx->at)) {
        lx->token.kind = ENS__TOKEN_WORD;
        for (end = lx->at; is_word(*end);)
            end++;
    } else if (strncmp(lx->at, "..", 2) == 0) {
        lx->token.kind = ENS__TOKEN_PUNCT;
        end = lx->at + 2;
    } else if (strchr("()[]{},=|:", *lx->at) != NULL) {
        lx->token.kind = ENS__TOKEN_PUNCT;
        end = lx->at + 1;
    } else {
        return ens__fail_at(err, ENS_EPARSE, 1, lx->token.column,
                            "column %zu: `%c` has no meaning here", lx->token.column,
                            *lx->at);
    }
    lx->token.n = (size_t)(end - lx->at);
    lx->at = end;
    return ENS_OK;
}

ens_status ens__lexer_init(ens__lexer *lx, const char *line, ens_error *err)
{
    lx->line = lx->at = line;
    return ens__lexer_next(lx, err);
}

/* As it was written, but for spaces. */
static void add_token(ens__buf *out, const ens__token *t)
{
    bool text = t->kind == ENS__TOKEN_TEXT;

    ens__buf_puts(out, text ? "\"" : "");
    ens__buf_add(out, t->s, t->n);
    ens__buf_puts(out, text ? "\"" : t->n == 1 && t->s[0] == ',' ? " " : "");
}

ens_status ens__lexer_call(ens__buf *out, ens__lexer *lx, ens_error *err)
{
    ens__lexer ahead;
    size_t depth = 0;
    ens_status st;

    if (lx->token.kind != ENS__TOKEN_WORD && lx->token.kind != ENS__TOKEN_NUMBER)
        return ens__lexer_unexpected(lx, "a name", err);
    add_token(out, &lx->token);
    if (lx->token.kind == ENS__TOKEN_NUMBER)
        return ENS_OK;
    ahead = *lx;
    if ((st = ens__lexer_next(&ahead, NULL)) != ENS_OK || !ens__lexer_is(&ahead, "("))
        return ENS_OK;
    do {
        if ((st = ens__lexer_next(lx, err)) != ENS_OK)
            return st;
        if (lx->token.kind == ENS__TOKEN_END)
            return ens__lexer_unexpected(lx, "`)`", err);
        add_token(out, &lx->token);
        depth += ens__lexer_is(lx, "(");
        depth -= ens__lexer_is(lx, ")");
    } while (depth > 0);
    return ENS_OK;
}

bool ens__lexer_is(const ens__lexer *lx, const char *punct)
{
    return lx->token.kind == ENS__TOKEN_PUNCT && lx->token.n == strlen(punct) &&
           memcmp(lx->token.s, punct, lx->token.n) == 0;
}

ens_status ens__lexer_unexpected(const ens__lexer *lx, const char *what, ens_error *err)
{
    const ens__token *t = &lx->token;

    if (t->kind == ENS__TOKEN_END)
        return ens__fail_at(err, ENS_EPARSE, 1, t->column,
                            "column %zu: expected %s, found the end of the line",
                            t->column, what);
    return ens__fail_at(err, ENS_EPARSE, 1, t->column,
                        "column %zu: expected %s, found `%.*s`", t->column, what,
                        (int)(t->n < 40 ? t->n : 40), t->s);
}

ens_status ens__lexer_expect(ens__lexer *lx, const char *punct, ens_error *err)
{
    if (!ens__lexer_is(lx, punct)) {
        char what[8] = {'`', punct[0], punct[1], '`', 0};

        if (punct[1] == 0)
            memcpy(what, (char[]){'`', punct[0], '`', 0}, 4);
        return ens__lexer_unexpected(lx, what, err);
    }
    return ens__lexer_next(lx, err);
}
