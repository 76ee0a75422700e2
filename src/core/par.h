/* par.h - the one way to be parallel.
 *
 * Tasks 0 .. n-1 are taken in order by whichever worker is free; task i writes slot i only, so how the work
 * was spread cannot show in a result. Serial inside a parallel region, in a forked child of a
 * threaded parent, for one task, and without OpenMP. */
#ifndef ENS_CORE_PAR_H
#define ENS_CORE_PAR_H

#include <ensemble/base.h>

/* Run task i as worker `worker`, which no other task has at the same time. */
typedef ens_status (*ens__task_fn)(void *ctx, size_t i, unsigned worker, ens_error *err);

/* Workers that ens__par_for(n, exec, ...) will use: at least 1, at most n. For sizing scratch. */
unsigned ens__par_workers(size_t n, const ens_exec *exec);

/* Run n tasks. After a failure no new task is begun; the error is that of the lowest failing task, whatever
 * the number of threads.
 *
 * phase names the work for the progress callback, which is called on the calling thread after each of its
 *       tasks and once at the end; NULL, or inside another loop's task: no progress is reported.
 * done  gets the number of leading tasks that ran when the callback answered ENS_STOP (at least one), else
 *       n; NULL: ENS_STOP is taken as ENS_GO. */
ens_status ens__par_for(size_t n, const ens_exec *exec, const char *phase, ens__task_fn body, void *ctx,
                        size_t *done, ens_error *err);

/* Tasks begin .. end - 1 of a loop of `total`, whose others have run or will run elsewhere. */
typedef struct ens__span {
    size_t begin, end, total;
} ens__span;

/* The same for a part of a loop; *done counts from the first task of the whole. */
ens_status ens__par_span(const ens__span *span, const ens_exec *exec, const char *phase, ens__task_fn body, void *ctx,
                         size_t *done, ens_error *err);

/* Run body on the calling thread while the others of exec wait for its loops: what ens__par_for() in it costs is then a
 * wake-up, and nothing spins for long. Serial where a loop would be. */
typedef ens_status (*ens__crew_fn)(void *ctx, ens_error *err);
ens_status ens__par_crew(const ens_exec *exec, ens__crew_fn body, void *ctx, ens_error *err);

/* From ens__clock() = `clock` on no task begins any more in loops that this thread runs, nor in those inside of them:
 * the loop fails with ENS_ECANCELED, "out of time". 0: never. Returns what it was. */
double ens__par_limit(double clock);

/* Processors that the control groups of this process grant it, rounded up; 0 if they set no limit. For tests:
 * the files to read instead of /proc/self/cgroup and /sys/fs/cgroup. */
unsigned ens__cpu_quota(const char *groups, const char *mount);

/* Seconds on a clock that only goes forward. */
double ens__clock(void);

#endif
