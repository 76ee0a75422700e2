/* main.c - the `ensemble` command: finds the verb, runs it, and makes sure that its output arrived. */
#include <config.h>

#include <cli/interrupt.h>
#include <cli/options.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const cli_verb *const cli_verbs[] = {
    &cli_train,   &cli_predict, &cli_evaluate, &cli_cv,       &cli_compare, &cli_curve,
    &cli_explain, &cli_inspect, &cli_params,   &cli_generate, NULL};

/* ---- What the verbs share ---- */

int cli_failf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("ensemble: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_FAILED;
}

int cli_fail(const ens_error *err)
{
    int sig = interrupt_pending();

    if (err->code == ENS_ECANCELED && sig != 0) {
        cli_failf("interrupted");
        return CLI_SIGNALLED + sig;
    }
    return cli_failf("%s", err->message);
}

int cli_fail_in(const char *path, const ens_error *err)
{
    if (err->code == ENS_ECANCELED || strstr(err->message, path) != NULL)
        return cli_fail(err);
    return cli_failf("%s: %s", path, err->message);
}

int cli_usage(const char *verb, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("ensemble: ", stderr);
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\nTry `ensemble %s%s--help`.\n", verb != NULL ? verb : "",
            verb != NULL ? " " : "");
    va_end(args);
    return CLI_USAGE;
}

void *cli_array(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);

    if (p == NULL) {
        interrupt_clean();
        exit(cli_failf("out of memory"));
    }
    return p;
}

double cli_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Letters to insert, delete or replace (Levenshtein 1966). */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t row[MOST + 1], n = strlen(b);

    if (n > MOST || strlen(a) > MOST)
        return MOST;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != 0; i++) {
        size_t corner = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = corner + (a[i] != b[j]);

            corner = row[j + 1];
            if (corner + 1 < best)
                best = corner + 1;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[n];
}

const char *cli_nearest(const char *typed, const char *(*name)(const void *ctx, size_t i),
                        const void *ctx)
{
    size_t n = strlen(typed), best = n / 3 + 1;
    const char *near = NULL, *s;

    for (size_t i = 0; n > 0 && (s = name(ctx, i)) != NULL; i++) {
        size_t d = strncmp(s, typed, n) == 0 ? 1 : distance(typed, s);

        if (d < best || (d == best && near == NULL)) {
            best = d;
            near = s;
        }
    }
    return near;
}

/* ---- The command ---- */

static const char *verb_name(const void *ctx, size_t i)
{
    (void)ctx;
    return cli_verbs[i] != NULL ? cli_verbs[i]->name : NULL;
}

static const cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *near = cli_nearest(name, verb_name, NULL);

    return cli_usage(NULL, "there is no command `%s`%s%s%s", name,
                     near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                     near != NULL ? "`?" : "");
}

static void print_help(void)
{
    puts("Usage: ensemble COMMAND [OPTION]...\n"
         "Make accurate models of tables by combining many learners.\n");
    for (size_t i = 0; cli_verbs[i] != NULL; i++)
        printf("  %-10s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    puts("\n"
         "  ensemble COMMAND --help   options of a command\n"
         "  ensemble --version        version\n"
         "\n"
         "Exit codes: 0 success, 1 the data, the model or a file is at fault, 2 the\n"
         "command line is, 128 + n stopped by signal n.");
}

static void print_version(void)
{
    printf("ensemble %s\n"
           "License GPLv3+: GNU GPL version 3 or later "
           "<https://gnu.org/licenses/gpl.html>.\n"
           "There is NO WARRANTY, to the extent permitted by law.\n",
           ens_version());
}

static int run_verb(const cli_verb *verb, int argc, char **argv)
{
    void *options = cli_array(1, verb->size);
    char **operand = cli_array(verb->max_operands + 1, sizeof *operand);
    int done, code = cli_options_parse(options, operand, &done, verb, argc, argv);

    if (code == CLI_OK && !done)
        code = verb->run(options, operand);
    cli_options_clear(options, verb);
    free(operand);
    free(options);
    return code;
}

static int dispatch(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    const cli_verb *verb = find_verb(word);

    if (verb != NULL)
        return run_verb(verb, argc - 1, argv + 1);
    if (argc < 2)
        return cli_usage(NULL, "no command is given");
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        print_version();
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
             (strcmp(word, "help") == 0 && argc == 2))
        print_help();
    else if (strcmp(word, "help") == 0) {
        if ((verb = find_verb(argv[2])) == NULL)
            return unknown_verb(argv[2]);
        cli_options_help(verb);
    } else if (word[0] == '-')
        return cli_usage(NULL, "an option before the command: %s", word);
    else
        return unknown_verb(word);
    return CLI_OK;
}

int main(int argc, char **argv)
{
    int code = dispatch(argc, argv);

    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK)
        code = cli_failf("standard output: cannot write: %s",
                         errno != 0 ? strerror(errno) : "an earlier write failed");
    if (code > CLI_SIGNALLED)
        interrupt_die(code - CLI_SIGNALLED);
    return code;
}
