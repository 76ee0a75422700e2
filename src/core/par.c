/* par.c - the parallel loop, on OpenMP.
 *
 * Workers claim tasks in order from one counter. To end a loop early the counter is exchanged for n: what
 * was claimed until then is a prefix of the tasks and runs to its end, nothing after it begins. So every task
 * below a failing one has run too, and the lowest failing task is the same for any number of threads.
 *
 * A crew is for many short loops one after the other: one region, in which the other threads wait for the loops of the
 * first (crew.c).
 *
 * A forked child of a process whose threads ran must not start a parallel region: the child has none of those
 * threads, yet the OpenMP runtime would wait for them. The process that ran first is remembered for that. */
#include <config.h>

#include <core/crew.h>
#include <core/error.h>
#include <core/par.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#include <sched.h>
#endif

/* More would only fail to start, which the OpenMP runtime answers with an exit. */
#define MOST_THREADS 1024

/* Inside a task of a loop of many: loops in it do not report progress. */
static _Thread_local bool in_task;
/* When loops of this thread are to end; 0: never. */
static _Thread_local double limit;
/* Those that wait for the loops of this thread. */
static _Thread_local ens__crew *crew;

/* ---- How many threads ---- */

#ifdef _OPENMP
/* Process that ran the first parallel region; 0: none yet. */
static atomic_long threaded_process;
/* ens__cpu_quota() of this process and 1; 0: not asked yet. */
static atomic_uint known_quota;

static unsigned quota(void)
{
    unsigned q = atomic_load_explicit(&known_quota, memory_order_relaxed);

    if (q == 0) {
        q = ens__cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup") + 1;
        atomic_store_explicit(&known_quota, q, memory_order_relaxed);
    }
    return q - 1;
}

/* Processors that this thread may run on. */
static unsigned affinity(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
#endif
    return (unsigned)omp_get_num_procs();
}

static unsigned default_threads(void)
{
    unsigned n = (unsigned)omp_get_max_threads(); /* OMP_NUM_THREADS */
    unsigned q = quota();
    unsigned a = affinity();

    n = a < n ? a : n;
    return q != 0 && q < n ? q : n;
}

static bool is_forked_from_threads(void)
{
    long first = atomic_load_explicit(&threaded_process, memory_order_relaxed);

    return first != 0 && first != (long)getpid();
}

/* Threads of a region of so many workers. A thread of libgomp that waits spins for some 10 ms, at the cost of other
 * processes, unless there are more threads than processors (its manual, GOMP_SPINCOUNT): so where workers take all
 * of them there is one thread more, which does nothing. */
static int region_threads(unsigned workers)
{
    return (int)workers + ((int)workers == omp_get_num_procs());
}

unsigned ens_exec_threads(const ens_exec *exec)
{
    unsigned n;

    if (crew != NULL) {
        n = ens__crew_size(crew);
        return exec != NULL && exec->threads != 0 && exec->threads < n ? exec->threads : n;
    }
    if (omp_in_parallel() || is_forked_from_threads())
        return 1;
    n = exec != NULL && exec->threads != 0 ? exec->threads : default_threads();
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : n;
}
#else
unsigned ens_exec_threads(const ens_exec *exec)
{
    (void)exec;
    return 1;
}
#endif

unsigned ens__par_workers(size_t n, const ens_exec *exec)
{
    if (n <= 1)
        return 1;
    unsigned threads = ens_exec_threads(exec);
    return threads < n ? threads : (unsigned)n;
}

/* ---- The loop ---- */

typedef struct loop {
    size_t begin, n; /* tasks begin .. n - 1 */
    size_t total;    /* of the loop that they are a part of */
    ens__task_fn body;
    void *ctx;
    atomic_size_t next;     /* the first task not claimed; n and more: none is left */
    atomic_size_t finished; /* tasks */
    /* Written by the calling thread only. */
    const ens_exec *exec;
    const char *phase; /* NULL: no progress is reported */
    double limit;      /* of the calling thread */
    double start;
    size_t reported; /* tasks finished at the last report */
    bool stoppable, canceled;
    size_t kept; /* leading tasks that run */
    /* Under the lock. */
    pthread_mutex_t lock;
    size_t failed; /* the lowest task that failed; n: none */
    ens_status st;
    ens_error error;
} loop;

/* Let no further task begin. Returns how many were claimed. */
static size_t end_claims(loop *l)
{
    size_t claimed = atomic_exchange(&l->next, l->n);

    return claimed < l->n ? claimed : l->n;
}

static void note_failure(loop *l, size_t i, ens_status st, const ens_error *error)
{
    end_claims(l);
    pthread_mutex_lock(&l->lock);
    if (i < l->failed) {
        l->failed = i;
        l->st = st;
        l->error = *error;
    }
    pthread_mutex_unlock(&l->lock);
}

static void report(loop *l)
{
    ens_progress progress = {l->phase, atomic_load(&l->finished), l->total, 0};

    if (l->phase == NULL || l->canceled || progress.done == l->reported)
        return;
    l->reported = progress.done;
    progress.seconds = ens__clock() - l->start;
    switch (l->exec->progress(&progress, l->exec->progress_ctx)) {
    case ENS_CANCEL:
        l->canceled = true;
        end_claims(l);
        break;
    case ENS_STOP:
        if (l->stoppable) {
            size_t claimed = end_claims(l);

            l->kept = claimed < l->kept ? claimed : l->kept;
        }
        break;
    default:
        break;
    }
}

/* One worker's share; worker 0 is the calling thread. */
static void work(loop *l, unsigned worker)
{
    bool outer = in_task;
    double outer_limit = limit;
    ens_error error = {0};
    size_t i;

    in_task = outer || l->total > 1;
    limit = l->limit;
    while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
        bool late = limit > 0 && ens__clock() >= limit;
        ens_status st = late ? ens__fail(&error, ENS_ECANCELED, "out of time")
                             : l->body(l->ctx, i, worker, &error);

        if (st != ENS_OK) {
            note_failure(l, i, st, &error);
            break;
        }
        atomic_fetch_add(&l->finished, 1);
        if (worker == 0)
            report(l);
    }
    in_task = outer;
    limit = outer_limit;
}

/* The crew is at work, so a loop inside a task is the worker's alone. */
static void work_beside(void *l, unsigned worker)
{
    ens__crew *mine = crew;

    crew = NULL;
    work(l, worker);
    crew = mine;
}

static void run(loop *l)
{
    unsigned threads = ens__par_workers(l->n - l->begin, l->exec);

    if (threads <= 1) {
        work(l, 0);
        return;
    }
    if (crew != NULL) {
        ens__crew_work(crew, threads, work_beside, l);
        return;
    }
#ifdef _OPENMP
    long none = 0;

    atomic_compare_exchange_strong(&threaded_process, &none, (long)getpid());
/* Its workers share the loop and nothing else. */
#pragma omp parallel num_threads(region_threads(threads)) default(none) shared(l, threads)
    if ((unsigned)omp_get_thread_num() < threads)
        work(l, (unsigned)omp_get_thread_num());
#endif
}

/* ---- Many loops ---- */

ens_status ens__par_crew(const ens_exec *exec, ens__crew_fn body, void *ctx, ens_error *err)
{
    unsigned threads = crew == NULL ? ens_exec_threads(exec) : 1;
    ens_status st = ENS_OK;
    ens__crew *made;

    if (threads <= 1)
        return body(ctx, err);
    if ((made = ens__crew_new(threads)) == NULL)
        return ens__nomem(err);
#ifdef _OPENMP
    long none = 0;

    atomic_compare_exchange_strong(&threaded_process, &none, (long)getpid());
/* One thread runs the body, the others wait for its loops. */
#pragma omp parallel num_threads(region_threads(threads)) default(none)                           \
    shared(made, body, ctx, err, st, threads)
    if (omp_get_thread_num() == 0) {
        crew = made;
        st = body(ctx, err);
        crew = NULL;
        ens__crew_dismiss(made);
    } else if ((unsigned)omp_get_thread_num() < threads) {
        ens__crew_wait(made, (unsigned)omp_get_thread_num());
    }
#endif
    ens__crew_free(made);
    return st;
}

ens_status ens__par_span(const ens__span *span, const ens_exec *exec, const char *phase,
                         ens__task_fn body, void *ctx, size_t *done, ens_error *err)
{
    bool reports = phase != NULL && exec != NULL && exec->progress != NULL && !in_task;
    loop l = {.begin = span->begin,
              .n = span->end,
              .total = span->total,
              .next = span->begin,
              .finished = span->begin,
              .reported = span->begin,
              .body = body,
              .ctx = ctx,
              .exec = exec,
              .phase = reports ? phase : NULL,
              .start = reports ? ens__clock() : 0,
              .limit = limit,
              .stoppable = done != NULL,
              .kept = span->end,
              .failed = span->end,
              .lock = PTHREAD_MUTEX_INITIALIZER};

    run(&l);
    if (l.st == ENS_OK && l.kept == l.n)
        report(&l); /* tasks that other workers finished last */
    pthread_mutex_destroy(&l.lock);
    if (done != NULL)
        *done = l.kept;
    if (l.canceled)
        return ens__fail(err, ENS_ECANCELED, "%s: canceled", phase);
    if (l.st != ENS_OK && err != NULL)
        *err = l.error;
    return l.st;
}

ens_status ens__par_for(size_t n, const ens_exec *exec, const char *phase,
                        ens__task_fn body, void *ctx, size_t *done, ens_error *err)
{
    return ens__par_span(&(ens__span){0, n, n}, exec, phase, body, ctx, done, err);
}

double ens__par_limit(double clock)
{
    double was = limit;

    limit = clock;
    return was;
}

double ens__clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
