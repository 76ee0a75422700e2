/* memory.c - how much memory can still be had.
 *
 * Allocation seldom fails where memory is overcommitted: the process is killed when it writes. So large work
 * asks first. Caches that would be given back count as available, and so does swap: what is refused would not
 * have fitted. */
#include <config.h>

#include <core/cgroup.h>
#include <core/error.h>
#include <core/memory.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Below this nothing is asked. */
#define SMALL ((double)(256 << 20))

static _Atomic uint64_t cap = UINT64_MAX;

void ens__memory_cap(uint64_t bytes)
{
    atomic_store(&cap, bytes);
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Version 2, and 1 where its names are other. */
static uint64_t number(const ens__cgroup *g, const char *v2, const char *v1,
                       const char *key)
{
    uint64_t v = ens__cgroup_number(g, v2, key);

    return v != ENS__NO_LIMIT ? v : ens__cgroup_number(g, v1, key);
}

/* A part of memory.stat, 0 if it is not there. */
static uint64_t part(const ens__cgroup *g, const char *v2, const char *v1)
{
    uint64_t v = ens__cgroup_number(g, "memory.stat", v1); /* v1: of all groups below */

    if (v == ENS__NO_LIMIT)
        v = ens__cgroup_number(g, "memory.stat", v2);
    return v == ENS__NO_LIMIT ? 0 : v;
}

/* What is left of a group's limit, files in the cache not counted. */
static uint64_t left_of(const ens__cgroup *g)
{
    uint64_t limit = number(g, "memory.max", "memory.limit_in_bytes", "");
    uint64_t used = number(g, "memory.current", "memory.usage_in_bytes", "");
    uint64_t files = add(part(g, "inactive_file ", "total_inactive_file "),
                         part(g, "active_file ", "total_active_file "));

    if (limit == ENS__NO_LIMIT || used == ENS__NO_LIMIT)
        return ENS__NO_LIMIT;
    return minus(limit, minus(used, files));
}

static uint64_t swap_left_of(const ens__cgroup *g)
{
    uint64_t limit = ens__cgroup_number(g, "memory.swap.max", "");
    uint64_t used = ens__cgroup_number(g, "memory.swap.current", "");

    return limit == ENS__NO_LIMIT || used == ENS__NO_LIMIT ? ENS__NO_LIMIT
                                                           : minus(limit, used);
}

/* A line of /proc/meminfo, in bytes. */
static uint64_t bytes_of(const char *meminfo, const char *key)
{
    uint64_t kb = ens__file_number(meminfo, key);

    return kb > UINT64_MAX / 1024 ? UINT64_MAX : kb * 1024;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t ens__memory_of(const char *meminfo, const char *groups, const char *mount)
{
    uint64_t free = lesser(bytes_of(meminfo, "MemAvailable:"),
                           ens__cgroup_least(groups, mount, "memory", left_of));
    uint64_t swap = lesser(bytes_of(meminfo, "SwapFree:"),
                           ens__cgroup_least(groups, mount, "memory", swap_left_of));

    return swap == UINT64_MAX ? free : add(free, swap);
}

uint64_t ens__memory_available(void)
{
    return lesser(ens__memory_of("/proc/meminfo", "/proc/self/cgroup", "/sys/fs/cgroup"),
                  atomic_load_explicit(&cap, memory_order_relaxed));
}

ens_status ens__memory_check(double bytes, const char *owner, const char *what,
                             ens_error *err)
{
    uint64_t available;

    if (bytes < SMALL || bytes <= (double)(available = ens__memory_available()))
        return ENS_OK;
    return ens__fail(
        err, ENS_ENOMEM,
        "%s: its %s would take about %.3g GB, %.3g GB of memory are available", owner,
        what, bytes / 1e9, (double)available / 1e9);
}
