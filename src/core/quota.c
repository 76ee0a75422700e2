/* quota.c - how many processors the control groups of this process grant it.
 *
 * A quota of processor time per period: version 2 keeps "quota period" in cpu.max, version 1 two files. */
#include <config.h>

#include <core/cgroup.h>
#include <core/par.h>
#include <stdlib.h>

/* Processors for a quota and period in microseconds, rounded up. */
static uint64_t processors(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return ENS__NO_LIMIT;
    long long n = quota / period + (quota % period != 0);
    return n > 65536 ? 65536 : (uint64_t)n;
}

static uint64_t quota_of(const ens__cgroup *group)
{
    char line[ENS__CGROUP_LINE], *end;
    long long quota;

    if (ens__cgroup_line(line, group, "cpu.max")) {
        quota = strtoll(line, &end, 10); /* "max" is no number and so no limit */
        return processors(quota, strtoll(end, NULL, 10));
    }
    if (!ens__cgroup_line(line, group, "cpu.cfs_quota_us"))
        return ENS__NO_LIMIT;
    quota = strtoll(line, NULL, 10);
    if (!ens__cgroup_line(line, group, "cpu.cfs_period_us"))
        return ENS__NO_LIMIT;
    return processors(quota, strtoll(line, NULL, 10));
}

unsigned ens__cpu_quota(const char *groups, const char *mount)
{
    uint64_t least = ens__cgroup_least(groups, mount, "cpu", quota_of);

    return least == ENS__NO_LIMIT ? 0 : (unsigned)least;
}
