/* options.c - the command line of a verb, by its tables.
 *
 * getopt_long() does the walking, so options may stand anywhere, long ones may be cut short, and a value
 * follows behind `=` or as the next word. */
#include <config.h>

#include <cli/options.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() answers the number of an option in the list of all, behind any letter. */
#define FIRST_CODE   256
#define MOST_OPTIONS 64
#define HELP_LETTER  'h'
#define HELP_COLUMN  26
#define HELP_WIDTH   79

typedef struct placed {
    const cli_option *option;
    char *field;
} placed;

/* All options of a verb in order; struct may be NULL. */
static size_t place_all(placed *out, const cli_verb *verb, void *options)
{
    size_t n = 0;

    for (const cli_group *g = verb->groups; g->options != NULL; g++)
        for (const cli_option *o = g->options; o->name != NULL && n < MOST_OPTIONS; o++)
            out[n++] = (placed){o, options != NULL ? (char *)options + g->base + o->offset
                                                   : NULL};
    return n;
}

/* ---- Values ---- */

static const char *count_problem(uint64_t *out, const cli_option *o, const char *text)
{
    unsigned long long v;
    char *end;

    errno = 0;
    v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0)
        return "is not a whole number";
    if (errno != 0 || (double)v < o->min || (double)v > o->max)
        return "is outside";
    *out = v;
    return NULL;
}

static const char *real_problem(double *out, const cli_option *o, const char *text)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end != 0 || isnan(v))
        return "is not a number";
    if (!(v > o->min && v < o->max))
        return "is outside";
    *out = v;
    return NULL;
}

static const char *word_problem(int *out, const cli_option *o, const char *text)
{
    size_t n = strlen(text);
    int i = 0;

    for (const char *w = o->words; w != NULL; i++) {
        size_t length = strcspn(w, ",");

        if (length == n && memcmp(w, text, n) == 0) {
            *out = i;
            return NULL;
        }
        w = w[length] == ',' ? w + length + 1 : NULL;
    }
    return "is none of";
}

/* Add the parts between commas to a list; `\,` is a comma within a part. */
static void list_add(char ***list, const char *text)
{
    size_t have = 0, n = 0, more = 1;
    char **longer, *part;

    while (*list != NULL && (*list)[have] != NULL)
        have++;
    for (const char *s = text; *s != 0; s++)
        more += *s == ',';
    longer = cli_array(have + more + 1, sizeof *longer);
    for (size_t i = 0; i < have; i++)
        longer[i] = (*list)[i];
    part = cli_array(strlen(text) + 1, 1);
    longer[have++] = part;
    for (const char *s = text; *s != 0; s++) {
        if (*s == ',') {
            longer[have++] = part = cli_array(strlen(s), 1);
            n = 0;
            continue;
        }
        if (*s == '\\' && s[1] == ',')
            s++;
        part[n++] = *s;
    }
    free(*list);
    *list = longer;
}

static void list_free(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

/* Put one value into its field. */
static int assign(const placed *p, const cli_verb *verb, const char *text)
{
    const cli_option *o = p->option;
    const char *problem = NULL;

    switch (o->kind) {
    case CLI_FLAG:
        *(int *)(void *)p->field = 1;
        break;
    case CLI_TEXT:
        *(const char **)(void *)p->field = text;
        break;
    case CLI_COUNT:
        problem = count_problem((uint64_t *)(void *)p->field, o, text);
        break;
    case CLI_REAL:
        problem = real_problem((double *)(void *)p->field, o, text);
        break;
    case CLI_WORD:
        problem = word_problem((int *)(void *)p->field, o, text);
        break;
    case CLI_LIST:
        list_add((char ***)(void *)p->field, text);
        break;
    }
    if (problem == NULL)
        return CLI_OK;
    if (o->kind == CLI_WORD)
        return cli_usage(verb->name, "--%s=%s %s %s", o->name, text, problem, o->words);
    if (strcmp(problem, "is outside") != 0)
        return cli_usage(verb->name, "--%s=%s %s", o->name, text, problem);
    return cli_usage(verb->name, "--%s=%s %s %s%.10g, %.10g%s", o->name, text, problem,
                     o->kind == CLI_REAL ? "(" : "[", o->min, o->max,
                     o->kind == CLI_REAL ? ")" : "]");
}

/* ---- Walking ---- */

static const char *option_name(const void *ctx, size_t i)
{
    const placed *all = ctx;

    return all[i].option != NULL ? all[i].option->name : NULL;
}

/* What is wrong with the word that getopt stopped at. */
static int refuse(const placed *all, const cli_verb *verb, int answer, char **argv)
{
    const char *word = argv[optind - 1], *near;
    char name[64];

    if (optopt > 0 && optopt < FIRST_CODE) /* getopt knows it, or it is a letter */
        return cli_usage(verb->name,
                         answer == ':' ? "-%c needs a value" : "there is no option -%c",
                         optopt);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    if (optopt >= FIRST_CODE)
        return cli_usage(verb->name,
                         answer == ':' ? "--%s needs a value" : "--%s takes no value",
                         name);
    near = cli_nearest(name, option_name, all);
    return cli_usage(verb->name, "there is no option --%s%s%s%s", name,
                     near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}

/* getopt's own tables from ours. */
static void make_getopt(struct option *longs, char *letters, const placed *all, size_t n)
{
    size_t m = 0;

    letters[m++] = ':'; /* tell a missing value from an unknown option */
    letters[m++] = HELP_LETTER;
    for (size_t i = 0; i < n; i++) {
        const cli_option *o = all[i].option;

        longs[i] = (struct option){o->name,
                                   o->kind == CLI_FLAG ? no_argument : required_argument,
                                   NULL, FIRST_CODE + (int)i};
        if (o->letter != 0) {
            letters[m++] = o->letter;
            if (o->kind != CLI_FLAG)
                letters[m++] = ':';
        }
    }
    longs[n] = (struct option){"help", no_argument, NULL, HELP_LETTER};
    longs[n + 1] = (struct option){NULL, 0, NULL, 0};
    letters[m] = 0;
}

static int take_operands(char **operand, const cli_verb *verb, int argc, char **argv)
{
    size_t n = (size_t)(argc - optind);

    if (n < verb->min_operands)
        return cli_usage(verb->name, "%s is missing: ensemble %s %s",
                         n == 0 ? "an operand" : "another operand", verb->name,
                         verb->operands);
    if (n > verb->max_operands)
        return cli_usage(verb->name, "`%s` is one operand too many",
                         argv[(size_t)optind + verb->max_operands]);
    for (size_t i = 0; i < verb->max_operands; i++)
        operand[i] = i < n ? argv[(size_t)optind + i] : NULL;
    return CLI_OK;
}

int cli_options_parse(void *options, char **operand, int *done, const cli_verb *verb,
                      int argc, char **argv)
{
    placed all[MOST_OPTIONS + 1] = {{NULL, NULL}};
    struct option longs[MOST_OPTIONS + 2];
    char letters[2 * MOST_OPTIONS + 3];
    size_t n = place_all(all, verb, options);
    int answer, code = CLI_OK;

    *done = 0;
    for (size_t i = 0; i < n && code == CLI_OK; i++)
        if (all[i].option->def != NULL)
            code = assign(&all[i], verb, all[i].option->def);
    make_getopt(longs, letters, all, n);
    opterr = 0;
    while (code == CLI_OK &&
           (answer = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        size_t i = 0;

        if (answer == HELP_LETTER) {
            cli_options_help(verb);
            *done = 1;
            return CLI_OK;
        }
        if (answer == ':' || answer == '?')
            return refuse(all, verb, answer, argv);
        if (answer >= FIRST_CODE)
            i = (size_t)(answer - FIRST_CODE);
        else
            while (all[i].option->letter != answer)
                i++;
        code = assign(&all[i], verb, optarg);
    }
    return code == CLI_OK ? take_operands(operand, verb, argc, argv) : code;
}

void cli_options_clear(void *options, const cli_verb *verb)
{
    placed all[MOST_OPTIONS];
    size_t n = place_all(all, verb, options);

    for (size_t i = 0; i < n; i++)
        if (all[i].option->kind == CLI_LIST)
            list_free(*(char ***)(void *)all[i].field);
}

/* ---- Help ---- */

/* Words of text from column `at`, wrapped behind an indentation. */
static void print_wrapped(const char *text, size_t at, size_t indent)
{
    while (*text != 0) {
        size_t n = strcspn(text, " ");

        if (at > indent && at + 1 + n > HELP_WIDTH) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)n, text);
        at += n;
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const cli_option *o)
{
    char head[80], text[512];
    const char *value = o->kind == CLI_WORD ? o->words : o->value;
    const char *def = o->kind != CLI_FLAG ? o->def : NULL;
    char letter[] = {'-', o->letter, ',', 0};
    size_t n;

    snprintf(head, sizeof head, "  %3s --%s%s%s", o->letter != 0 ? letter : "", o->name,
             value != NULL ? "=" : "", value != NULL ? value : "");
    for (char *s = head; o->kind == CLI_WORD && *s != 0; s++)
        if (*s == ',' && s > head + 4)
            *s = '|';
    snprintf(text, sizeof text, "%s%s%s%s", o->help, def != NULL ? " (default: " : "",
             def != NULL ? def : "", def != NULL ? ")" : "");
    n = strlen(head);
    fputs(head, stdout);
    if (n + 2 > HELP_COLUMN)
        printf("\n%*s", HELP_COLUMN, "");
    else
        printf("%*s", (int)(HELP_COLUMN - n), "");
    print_wrapped(text, HELP_COLUMN, HELP_COLUMN);
}

void cli_options_help(const cli_verb *verb)
{
    static const cli_option help = {
        "help", HELP_LETTER, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL, "show this and exit"};
    placed all[MOST_OPTIONS];
    size_t n = place_all(all, verb, NULL);

    printf("Usage: ensemble %s [OPTION]... %s\n%s\n\n", verb->name, verb->operands,
           verb->summary);
    for (size_t i = 0; i < n; i++)
        print_option(all[i].option);
    print_option(&help);
    if (verb->detail != NULL)
        printf("\n%s\n", verb->detail);
}
