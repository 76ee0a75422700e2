/* quota.c - how many processors the control groups of this process grant it.
 *
 * Containers and batch systems limit processor time by a quota per period, which neither affinity nor
 * the processor count shows. Version 2 keeps "quota period" in cpu.max, version 1 two files. A group
 * is limited by its ancestors too, so the least on the way to the root counts. Inside a container the
 * group's path may not exist under the mount; its root then stands for it. */
#include <config.h>

#include <core/par.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024

static bool first_line(char *line, const char *dir, const char *group, const char *file)
{
    char path[2 * LINE_SIZE];
    bool found = false;
    int n = snprintf(path, sizeof path, "%s%s/%s", dir, group, file);

    if (n < 0 || (size_t)n >= sizeof path)
        return false;
    FILE *f = fopen(path, "re");
    if (f != NULL) {
        found = fgets(line, LINE_SIZE, f) != NULL;
        fclose(f);
    }
    return found;
}

/* Processors for a quota and period in microseconds, rounded up; 0 for no limit. */
static unsigned processors(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long n = quota / period + (quota % period != 0);
    return n > 65536 ? 65536 : (unsigned)n;
}

/* The quota of one group, 0 for none. */
static unsigned quota_of_group(const char *dir, const char *group)
{
    char line[LINE_SIZE], *end;
    long long quota, period;

    if (first_line(line, dir, group, "cpu.max")) {
        quota = strtoll(line, &end, 10); /* "max" is no number and so no limit */
        return processors(quota, strtoll(end, NULL, 10));
    }
    if (!first_line(line, dir, group, "cpu.cfs_quota_us"))
        return 0;
    quota = strtoll(line, NULL, 10);
    if (!first_line(line, dir, group, "cpu.cfs_period_us"))
        return 0;
    period = strtoll(line, NULL, 10);
    return processors(quota, period);
}

/* The least quota from group up to the root; group is eaten up. */
static unsigned quota_of_path(const char *dir, char *group)
{
    unsigned least = 0;

    for (;;) {
        char *slash;
        unsigned q = quota_of_group(dir, group);

        if (q != 0 && (least == 0 || q < least))
            least = q;
        if ((slash = strrchr(group, '/')) == NULL)
            return least;
        *slash = 0;
    }
}

static bool lists_cpu(const char *controllers, size_t n)
{
    while (n > 0) {
        const char *comma = memchr(controllers, ',', n);
        size_t len = comma != NULL ? (size_t)(comma - controllers) : n;

        if (len == 3 && memcmp(controllers, "cpu", 3) == 0)
            return true;
        if (comma == NULL)
            return false;
        controllers = comma + 1;
        n -= len + 1;
    }
    return false;
}

/* The quota by one line of /proc/self/cgroup, "number:controllers:path". */
static unsigned quota_of_line(char *line, const char *mount)
{
    char dir[LINE_SIZE];
    const char *below = "";
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

    if (path == NULL)
        return 0;
    size_t n_controllers = (size_t)(path - controllers) - 1;
    path++;
    path[strcspn(path, "\n")] = 0;
    if (strcmp(path, "/") == 0)
        path[0] = 0;
    if (n_controllers != 0) {
        if (!lists_cpu(controllers + 1, n_controllers))
            return 0;
        below = "/cpu"; /* version 1: a mount, or a link to one, for each controller */
    }
    int n = snprintf(dir, sizeof dir, "%s%s", mount, below);
    return n < 0 || (size_t)n >= sizeof dir ? 0 : quota_of_path(dir, path);
}

unsigned ens__cpu_quota(const char *groups, const char *mount)
{
    char line[LINE_SIZE];
    unsigned least = 0;
    FILE *f = fopen(groups, "re");

    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned q = quota_of_line(line, mount);

        if (q != 0 && (least == 0 || q < least))
            least = q;
    }
    fclose(f);
    return least;
}
