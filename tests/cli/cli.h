/* cli.h - running the built command as a shell would, in a folder of its own. */
#ifndef TESTS_CLI_CLI_H
#define TESTS_CLI_CLI_H

#include "run.h"

#include <jansson.h>

/* What a command line came to. The texts live until the next run. */
typedef struct ran {
    int code; /* as $? has it */
    const char *out, *err;
} ran;

/* Run lines of sh, printf-like. $E is the command, $D the folder data/, and the working folder is empty at the
 * beginning of each test. */
ran run(const char *fmt, ...) ENS_PRINTF(1, 2);

/* The same with one command (`exec $E ...`) that gets a signal once there is something in a file. */
ran run_and_signal(const char *line, const char *file, int sig);

/* Fixtures: make the folder, and remove it. */
void folder_make(void);
void folder_remove(void);

/* The whole of a file in the folder; "" if it is not there. Lives until the next run. */
const char *text_of(const char *file);
/* Files in the folder, without the given one (NULL: none). */
int count_files(const char *but);

/* The JSON that a run printed, to be released with json_decref(); fails the test if it is none. */
json_t *json_of(const ran *r);
/* A number in it by its path, such as "scores.holdout.accuracy"; NaN if it is not there. */
double number_in(const json_t *json, const char *path);

/* The run has this exit code; what it printed is shown if not. */
#define ck_code(r, wanted)                                                               \
    ck_assert_msg((r).code == (wanted), "exit code %d, not %d\nstdout: %s\nstderr: %s",  \
                  (r).code, (wanted), (r).out, (r).err)

/* The text contains this. */
#define ck_has(text, part)                                                               \
    ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%s", (part), (text))
#define ck_has_not(text, part)                                                           \
    ck_assert_msg(strstr((text), (part)) == NULL, "\"%s\" in:\n%s", (part), (text))

/* It failed with this code and message, printed nothing on stdout, and left no file but `kept`. */
#define ck_refused(r, wanted, message, kept)                                             \
    do {                                                                                 \
        ck_code(r, wanted);                                                              \
        ck_has((r).err, message);                                                        \
        ck_assert_msg(strncmp((r).err, "ensemble: ", 10) == 0, "stderr: %s", (r).err);   \
        ck_assert_str_eq((r).out, "");                                                   \
        ck_assert_int_eq(count_files(kept), 0);                                          \
    } while (0)

#endif
