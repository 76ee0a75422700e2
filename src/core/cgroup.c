/* cgroup.c - walking the control groups of a process from its own up to the root.
 *
 * Containers and batch systems limit processor time and memory by groups, which neither affinity nor the
 * machine's counts show. Version 2 has one tree, version 1 one for each controller. A group is limited by its
 * ancestors too, so the least on the way to the root counts. Inside a container the group's path may not
 * exist under the mount; its root then stands for it. */
#include <config.h>

#include <core/cgroup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line that begins with the key. */
static bool first_line(char line[ENS__CGROUP_LINE], const char *path, const char *key)
{
    bool found = false;
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return false;
    while (!found && fgets(line, ENS__CGROUP_LINE, f) != NULL)
        found = strncmp(line, key, strlen(key)) == 0;
    fclose(f);
    return found;
}

bool ens__cgroup_line(char line[ENS__CGROUP_LINE], const ens__cgroup *group,
                      const char *file)
{
    char path[2 * ENS__CGROUP_LINE + 64];
    int n = snprintf(path, sizeof path, "%s%s/%s", group->dir, group->path, file);

    return n > 0 && (size_t)n < sizeof path && first_line(line, path, "");
}

uint64_t ens__file_number(const char *path, const char *key)
{
    char line[ENS__CGROUP_LINE], *end;
    const char *at = line + strlen(key);
    uint64_t v;

    if (!first_line(line, path, key))
        return ENS__NO_LIMIT;
    at += strspn(at, " ");
    v = strtoull(at, &end, 10);
    return end == at || *at == '-' ? ENS__NO_LIMIT : v;
}

uint64_t ens__cgroup_number(const ens__cgroup *group, const char *file, const char *key)
{
    char path[2 * ENS__CGROUP_LINE + 64];
    int n = snprintf(path, sizeof path, "%s%s/%s", group->dir, group->path, file);

    return n > 0 && (size_t)n < sizeof path ? ens__file_number(path, key) : ENS__NO_LIMIT;
}

/* The least from a group up to the root; path is eaten up. */
static uint64_t least_of_path(const char *dir, char *path, ens__cgroup_fn grants)
{
    uint64_t least = ENS__NO_LIMIT;

    for (;;) {
        uint64_t v = grants(&(ens__cgroup){dir, path});
        char *slash;

        least = v < least ? v : least;
        if ((slash = strrchr(path, '/')) == NULL)
            return least;
        *slash = 0;
    }
}

/* Is a word in the n bytes of a comma-separated list? */
static bool lists(const char *list, size_t n, const char *word)
{
    while (n > 0) {
        const char *comma = memchr(list, ',', n);
        size_t len = comma != NULL ? (size_t)(comma - list) : n;

        if (len == strlen(word) && memcmp(list, word, len) == 0)
            return true;
        if (comma == NULL)
            return false;
        list = comma + 1;
        n -= len + 1;
    }
    return false;
}

/* By one line of /proc/self/cgroup, "number:controllers:path". */
static uint64_t least_of_line(char *line, const char *mount, const char *controller,
                              ens__cgroup_fn grants)
{
    char dir[ENS__CGROUP_LINE];
    const char *slash = "", *below = "";
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

    if (path == NULL)
        return ENS__NO_LIMIT;
    size_t n_controllers = (size_t)(path - controllers) - 1;
    path++;
    path[strcspn(path, "\n")] = 0;
    if (strcmp(path, "/") == 0)
        path[0] = 0;
    if (n_controllers != 0) {
        if (!lists(controllers + 1, n_controllers, controller))
            return ENS__NO_LIMIT;
        slash = "/"; /* version 1: a mount, or a link to one, for each controller */
        below = controller;
    }
    int n = snprintf(dir, sizeof dir, "%s%s%s", mount, slash, below);
    return n < 0 || (size_t)n >= sizeof dir ? ENS__NO_LIMIT
                                            : least_of_path(dir, path, grants);
}

uint64_t ens__cgroup_least(const char *groups, const char *mount, const char *controller,
                           ens__cgroup_fn grants)
{
    char line[ENS__CGROUP_LINE];
    uint64_t least = ENS__NO_LIMIT;
    FILE *f = fopen(groups, "re");

    if (f == NULL)
        return ENS__NO_LIMIT;
    while (fgets(line, sizeof line, f) != NULL) {
        uint64_t v = least_of_line(line, mount, controller, grants);

        least = v < least ? v : least;
    }
    fclose(f);
    return least;
}
