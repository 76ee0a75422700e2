/* param_print.c - parameters as text: as they stand in a recipe, and as `ensemble params` describes them. */
#include <config.h>

#include <assert.h>
#include <core/param.h>
#include <stdio.h>
#include <string.h>

static const void *const_field(const void *params, const ens_param *p)
{
    return (const char *)params + p->offset;
}

static void print_word(ens__buf *b, const ens_param *p, size_t word)
{
    size_t n;
    const char *s = ens__list_item(p->words, word, &n);

    assert(s != NULL);
    ens__buf_add(b, s, n);
}

static void print_amount(ens__buf *b, const ens_param *p, const ens_amount *a)
{
    if (a->kind == ENS_AMOUNT_WORD)
        print_word(b, p, (size_t)a->value);
    else if (a->kind == ENS_AMOUNT_COUNT)
        ens__buf_printf(b, "%lld", (long long)a->value);
    else if (a->value == 1)
        ens__buf_puts(b, "1.0"); /* 1 would be a count */
    else
        ens__buf_number(b, a->value);
}

static void print_list(ens__buf *b, const ens_param *p, const ens_list *list)
{
    if (list->v == NULL) {
        print_word(b, p, (size_t)list->word);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        ens__buf_puts(b, i == 0 ? "[" : ", ");
        ens__buf_number(b, list->v[i]);
    }
    ens__buf_puts(b, "]");
}

/* Whether it reads back as the same text without quotes. */
static bool is_call(bool *failed, const char *s)
{
    ens__buf b = {0};
    ens__lexer lx;
    bool same = ens__lexer_init(&lx, s, NULL) == ENS_OK &&
                ens__lexer_call(&b, &lx, NULL) == ENS_OK &&
                ens__lexer_next(&lx, NULL) == ENS_OK &&
                lx.token.kind == ENS__TOKEN_END && !b.failed && strcmp(b.s, s) == 0;

    *failed = *failed || b.failed;
    ens__buf_clear(&b);
    return same;
}

static void print_text(ens__buf *b, const char *s)
{
    if (s != NULL && is_call(&b->failed, s)) {
        ens__buf_puts(b, s);
        return;
    }
    ens__buf_puts(b, "\"");
    for (; s != NULL && *s != 0; s++) {
        if (*s == '"' || *s == '\\')
            ens__buf_puts(b, "\\");
        ens__buf_add(b, s, 1);
    }
    ens__buf_puts(b, "\"");
}

void ens__param_print(ens__buf *b, const void *params, const ens_param *p)
{
    const void *f = const_field(params, p);
    int64_t i;
    double v;

    switch (p->kind) {
    case ENS_PARAM_INT:
        i = *(const int64_t *)f;
        if (i < 0 && p->words[0] != 0)
            print_word(b, p, (size_t)(-1 - i));
        else
            ens__buf_printf(b, "%lld", (long long)i);
        break;
    case ENS_PARAM_REAL:
        v = *(const double *)f;
        if (v < 0 && p->words[0] != 0)
            print_word(b, p, (size_t)(-1 - v));
        else
            ens__buf_number(b, v);
        break;
    case ENS_PARAM_BOOL:
        ens__buf_puts(b, *(const int *)f ? "true" : "false");
        break;
    case ENS_PARAM_WORD:
        print_word(b, p, (size_t) * (const int *)f);
        break;
    case ENS_PARAM_AMOUNT:
        print_amount(b, p, f);
        break;
    case ENS_PARAM_LIST:
        print_list(b, p, f);
        break;
    case ENS_PARAM_TEXT:
        print_text(b, *(char *const *)f);
        break;
    }
}

bool ens__param_is_default(const void *params, const ens_param *p)
{
    ens__buf b = {0};
    bool same;

    if (p->kind == ENS_PARAM_TEXT) {
        const char *s = *(char *const *)const_field(params, p);

        return strcmp(s != NULL ? s : "", p->def) == 0;
    }
    ens__param_print(&b, params, p);
    same = !b.failed && b.s != NULL && strcmp(b.s, p->def) == 0;
    ens__buf_clear(&b);
    return same;
}

static const char *kind_name(ens_param_kind kind)
{
    static const char *const names[] = {"integer", "real", "boolean", "word",
                                        "amount",  "list", "text"};

    return names[kind];
}

/* Append `", " separated` alternatives of words as `a | b`. */
static void add_words(char *s, size_t size, const char *words)
{
    size_t n, used = strlen(s);
    const char *w;

    for (size_t i = 0; (w = ens__list_item(words, i, &n)) != NULL && used < size; i++) {
        snprintf(s + used, size - used, "%s%.*s", used > 0 ? " | " : "", (int)n, w);
        used = strlen(s);
    }
}

void ens__param_describe(ens_param_info *out, const ens_param *p)
{
    char low[ENS__NUMBER_SIZE], high[ENS__NUMBER_SIZE];

    *out = (ens_param_info){p->name, kind_name(p->kind), p->aliases, p->help, "", ""};
    snprintf(out->def, sizeof out->def, "%s",
             p->kind == ENS_PARAM_TEXT && p->def[0] == 0 ? "\"\"" : p->def);
    if (p->kind == ENS_PARAM_BOOL)
        add_words(out->range, sizeof out->range, "true,false");
    if (p->kind == ENS_PARAM_INT || p->kind == ENS_PARAM_REAL ||
        p->kind == ENS_PARAM_AMOUNT || p->kind == ENS_PARAM_LIST) {
        ens__number_print(low, p->min);
        ens__number_print(high, p->max);
        snprintf(out->range, sizeof out->range, "[%s, %s]", low, high);
        if (p->kind == ENS_PARAM_AMOUNT)
            strncat(out->range, " | (0, 1.0]",
                    sizeof out->range - strlen(out->range) - 1);
    }
    add_words(out->range, sizeof out->range, p->words);
}
