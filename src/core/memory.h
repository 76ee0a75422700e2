/* memory.h - how much memory can still be had, to refuse beforehand what would only be killed. */
#ifndef ENS_CORE_MEMORY_H
#define ENS_CORE_MEMORY_H

#include <ensemble/base.h>

/* Bytes that this process can still take: the least of what the machine has available, swap included, and what the
 * control groups leave; UINT64_MAX if nothing tells. Rather too much than too little. Some file reads. */
uint64_t ens__memory_available(void);
/* The same of other files than /proc/meminfo, /proc/self/cgroup and /sys/fs/cgroup. */
uint64_t ens__memory_of(const char *meminfo, const char *groups, const char *mount);
/* Tests: at most this much is available from now on. */
void ens__memory_cap(uint64_t bytes);

/* ENS_ENOMEM if fewer than `bytes` are available: "OWNER: its WHAT would take 12.3 GB, 4.5 GB of memory are
 * available". Nothing is read for less than 256 MB. */
ens_status ens__memory_check(double bytes, const char *owner, const char *what, ens_error *err);

#endif
