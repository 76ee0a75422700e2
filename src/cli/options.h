/* options.h - options of a verb as one table, from which come parsing, checks, defaults and --help. */
#ifndef ENS_CLI_OPTIONS_H
#define ENS_CLI_OPTIONS_H

#include <cli/cli.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cli_kind {
    CLI_FLAG,  /* int: 1 if given */
    CLI_TEXT,  /* const char * */
    CLI_COUNT, /* uint64_t */
    CLI_REAL,  /* double, both limits excluded */
    CLI_WORD,  /* int: index into words */
    CLI_LIST   /* char **: comma-separated or repeated, ended by NULL; NULL: not given */
} cli_kind;

struct cli_option {
    const char *name; /* NULL ends a table */
    char letter;      /* 0: none */
    cli_kind kind;
    size_t offset;     /* of its field, from the group's base */
    const char *value; /* what --help calls its value */
    const char *def;   /* as it would be typed; NULL: none */
    double min, max;   /* counts and reals */
    const char *words; /* comma-separated */
    const char *help;
};

#define CLI_LAST                                                                         \
    {                                                                                    \
        NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL, NULL                               \
    }

/* Fill the verb's struct and operand[max_operands] from the command line behind the verb. Returns CLI_OK, or
 * another exit code after a message; *done says that --help was shown and there is nothing to run. */
int cli_options_parse(void *options, char **operand, int *done, const cli_verb *verb,
                      int argc, char **argv);
void cli_options_clear(void *options, const cli_verb *verb);
void cli_options_help(const cli_verb *verb);

#endif
