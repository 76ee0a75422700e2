/* cli.h - what the verbs of the command share: how they are told of, messages, exit codes, memory. */
#ifndef ENS_CLI_CLI_H
#define ENS_CLI_CLI_H

#include <ensemble.h>

/* Exit codes, as the manual has them. A signal gives 128 and its number, as in a shell. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_SIGNALLED = 128 };

typedef struct cli_option cli_option;

/* Some options of a verb, and where in its struct their fields begin. */
typedef struct cli_group {
    const cli_option *options; /* NULL ends a list of groups */
    size_t base;
} cli_group;

typedef struct cli_verb {
    const char *name;
    const char *operands; /* as the usage line shows them: "MODEL [CSV]" */
    const char *summary;  /* one line */
    const char *detail;   /* what follows the options in --help; may be NULL */
    size_t min_operands, max_operands;
    const cli_group *groups;
    size_t size; /* of the struct that the options fill */
    /* operand[max_operands], NULL where there is none; returns the exit code. */
    int (*run)(const void *options, char *const *operand);
} cli_verb;

extern const cli_verb cli_train, cli_predict, cli_evaluate, cli_explain, cli_inspect, cli_params,
    cli_generate, cli_cv, cli_compare, cli_curve;
extern const cli_verb *const cli_verbs[]; /* ended by NULL */

/* "ensemble: MESSAGE" on stderr; the exit code that goes with it. */
int cli_fail(const ens_error *err);
/* The same, naming the file that it is about, if the message does not. */
int cli_fail_in(const char *path, const ens_error *err);
int cli_failf(const char *fmt, ...) ENS_PRINTF(1, 2);
/* The same, and where help is. */
int cli_usage(const char *verb, const char *fmt, ...) ENS_PRINTF(2, 3);

/* Memory, zeroed; the command ends where there is none, with its temporary file removed. */
void *cli_array(size_t n, size_t size);

/* The known name nearest to a mistyped one, or NULL: a prefix, or a few letters off. */
const char *cli_nearest(const char *typed, const char *(*name)(const void *ctx, size_t i),
                        const void *ctx);

double cli_now(void); /* seconds of a clock that only runs forward */

#endif
