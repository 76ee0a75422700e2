/* cli.c - running the built command as a shell would. */
#include <config.h>

#include "cli.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[200];
static char out_text[1 << 17], err_text[1 << 15], file_text[1 << 17];

static void read_into(char *text, size_t size, const char *name)
{
    char path[512];
    FILE *f;
    size_t n = 0;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if ((f = fopen(path, "rb")) != NULL) {
        n = fread(text, 1, size - 1, f);
        fclose(f);
    }
    text[n] = 0;
}

void folder_make(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/ens-cli.XXXXXX", tmp != NULL ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

void folder_remove(void)
{
    char line[800];

    snprintf(line, sizeof line, "rm -rf '%s' '%s'.out '%s'.err", folder, folder, folder);
    ck_assert_int_eq(run("%s", line).code, 0);
}

/* In the child: a shell in the folder, with its output beside the folder. */
static void become_shell(const char *lines)
{
    char path[300];

    setenv("E", TEST_BUILD "/ensemble", 1);
    setenv("D", TEST_DATA, 1);
    snprintf(path, sizeof path, "%s.out", folder);
    if (freopen(path, "wb", stdout) == NULL)
        _exit(127);
    snprintf(path, sizeof path, "%s.err", folder);
    if (freopen(path, "wb", stderr) == NULL ||
        freopen("/dev/null", "rb", stdin) == NULL || chdir(folder) != 0)
        _exit(127);
    execl("/bin/sh", "sh", "-c", lines, (char *)NULL);
    _exit(127);
}

/* In the test: wait for the shell, and read what it printed. */
static ran finish(pid_t child)
{
    char name[300];
    const char *base = strrchr(folder, '/') + 1;
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    snprintf(name, sizeof name, "../%s.out", base);
    read_into(out_text, sizeof out_text, name);
    snprintf(name, sizeof name, "../%s.err", base);
    read_into(err_text, sizeof err_text, name);
    return (ran){WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                 out_text, err_text};
}

ran run(const char *fmt, ...)
{
    char lines[4096];
    va_list args;
    pid_t child;

    va_start(args, fmt);
    vsnprintf(lines, sizeof lines, fmt, args);
    va_end(args);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        become_shell(lines);
    return finish(child);
}

ran run_and_signal(const char *line, const char *file, int sig)
{
    const struct timespec nap = {0, 20 * 1000 * 1000};
    char path[300];
    struct stat s;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        become_shell(line);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    for (int i = 0; i < 3000 && (stat(path, &s) != 0 || s.st_size == 0); i++)
        nanosleep(&nap, NULL);
    kill(child, sig);
    return finish(child);
}

const char *text_of(const char *file)
{
    read_into(file_text, sizeof file_text, file);
    return file_text;
}

int count_files(const char *but)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
             (but == NULL || strcmp(entry->d_name, but) != 0);
    closedir(dir);
    return n;
}

json_t *json_of(const ran *r)
{
    json_error_t problem;
    json_t *json = json_loads(r->out, 0, &problem);

    ck_assert_msg(json != NULL, "not JSON: %s\n%s%s", problem.text, r->out, r->err);
    return json;
}

double number_in(const json_t *json, const char *path)
{
    char name[64];

    while (*path != 0) {
        size_t n = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)n, path);
        json = json_object_get(json, name);
        path += n + (path[n] == '.');
    }
    return json_is_number(json) ? json_number_value(json) : NAN;
}
