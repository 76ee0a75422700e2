/* cgroup.h - what the control groups of a process grant it. */
#ifndef ENS_CORE_CGROUP_H
#define ENS_CORE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#define ENS__NO_LIMIT UINT64_MAX

/* A group's directory in two parts; files of it are read by ens__cgroup_line() and ens__cgroup_number(). */
typedef struct ens__cgroup {
    const char *dir, *path;
} ens__cgroup;

#define ENS__CGROUP_LINE 1024

/* The first line of a file of the group. */
bool ens__cgroup_line(char line[ENS__CGROUP_LINE], const ens__cgroup *group, const char *file);
/* The number after `key` in the first line that begins with it, or ENS__NO_LIMIT for "max", what is no number, and no
 * such line or file. */
uint64_t ens__cgroup_number(const ens__cgroup *group, const char *file, const char *key);
uint64_t ens__file_number(const char *path, const char *key);

/* What one group grants, or ENS__NO_LIMIT. */
typedef uint64_t (*ens__cgroup_fn)(const ens__cgroup *group);

/* The least that the groups of a process and their ancestors grant. groups: as /proc/self/cgroup; mount: as
 * /sys/fs/cgroup; controller: "cpu", "memory". */
uint64_t ens__cgroup_least(const char *groups, const char *mount, const char *controller,
                           ens__cgroup_fn grants);

#endif
