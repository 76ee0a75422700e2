/* test_par.c - the parallel loop: same slots for any threads, first failure, stop, cancel, forks. */
#include <config.h>

#include "run.h"
#include <core/error.h>
#include <core/par.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define N ((size_t)200)

typedef struct work {
    unsigned slot[N]; /* times that task i ran */
    unsigned most;    /* workers allowed */
    atomic_uint busy[64];
    atomic_uint misuse; /* workers out of range or shared */
    size_t fail_from, fail_step;
    unsigned sleep_us; /* of a task */
    atomic_size_t ran;
} work;

static void nap(unsigned us)
{
    struct timespec t = {0, (long)us * 1000};

    if (us != 0)
        nanosleep(&t, NULL);
}

static ens_status task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    work *w = ctx;

    if (worker >= w->most || atomic_fetch_add(&w->busy[worker], 1) != 0)
        atomic_fetch_add(&w->misuse, 1);
    nap(w->sleep_us);
    w->slot[i]++;
    atomic_fetch_add(&w->ran, 1);
    if (worker < w->most)
        atomic_fetch_sub(&w->busy[worker], 1);
    if (w->fail_step != 0 && i >= w->fail_from && (i - w->fail_from) % w->fail_step == 0)
        return ens__fail(err, ENS_EDATA, "task %zu failed", i);
    return ENS_OK;
}

static const unsigned thread_counts[] = {1, 2, 3, 7};

START_TEST(every_task_runs_once_for_any_threads)
{
    ens_exec exec = {.threads = thread_counts[_i]};
    work w = {.most = ens__par_workers(N, &exec)};
    ens_error err;
    size_t done = 0;

    ck_ok(ens__par_for(N, &exec, NULL, task, &w, &done, &err));
    ck_assert_uint_eq(done, N);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(w.slot[i], 1);
    ck_assert_uint_eq(w.misuse, 0);
}
END_TEST

START_TEST(nothing_to_do_is_done)
{
    ens_error err;
    size_t done = 9;

    ck_ok(ens__par_for(0, NULL, NULL, task, NULL, &done, &err));
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(ens__par_workers(0, NULL), 1);
}
END_TEST

START_TEST(workers_are_as_many_as_asked_at_most_one_a_task)
{
    ens_exec exec = {.threads = 7};
    ens_exec absurd = {.threads = 4000000000U};

    ck_assert_uint_ge(ens_exec_threads(NULL), 1);
    ck_assert_uint_eq(ens__par_workers(1, &exec), 1);
#ifdef _OPENMP
    ck_assert_uint_eq(ens_exec_threads(&exec), 7);
    ck_assert_uint_eq(ens__par_workers(100, &exec), 7);
    ck_assert_uint_eq(ens__par_workers(3, &exec), 3);
    ck_assert_uint_eq(ens_exec_threads(&absurd), 1024);
#else
    ck_assert_uint_eq(ens__par_workers(100, &exec), 1);
    ck_assert_uint_eq(ens_exec_threads(&absurd), 1);
#endif
}
END_TEST

#ifdef _OPENMP
static ens_status meet(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    (void)i, (void)worker, (void)err;
    pthread_barrier_wait(ctx);
    return ENS_OK;
}

START_TEST(threads_asked_for_really_run_at_once)
{
    ens_exec exec = {.threads = 5};
    pthread_barrier_t barrier;
    ens_error err;

    pthread_barrier_init(&barrier, NULL, 5);
    ck_ok(ens__par_for(5, &exec, NULL, meet, &barrier, NULL, &err));
    pthread_barrier_destroy(&barrier);
}
END_TEST
#endif

/* ---- Failures ---- */

START_TEST(error_is_that_of_the_lowest_failing_task)
{
    ens_exec exec = {.threads = thread_counts[_i]};

    for (int round = 0; round < 50; round++) {
        work w = {.most = 64, .fail_from = 20, .fail_step = 1};
        ens_error err;

        ck_fails(ens__par_for(N, &exec, NULL, task, &w, NULL, &err), ENS_EDATA,
                 "task 20 failed");
        for (size_t i = 0; i <= 20; i++)
            ck_assert_uint_eq(w.slot[i], 1);
        ck_assert_uint_le(w.ran, 20 + exec.threads);
        ck_assert_int_eq(ens__par_for(N, &exec, NULL, task, &w, NULL, NULL), ENS_EDATA);
    }
}
END_TEST

START_TEST(error_of_a_success_is_untouched)
{
    ens_exec exec = {.threads = 3};
    work w = {.most = 3};
    ens_error err = {.message = "as before"};

    ck_ok(ens__par_for(N, &exec, NULL, task, &w, NULL, &err));
    ck_assert_str_eq(err.message, "as before");
}
END_TEST

/* ---- Progress ---- */

typedef struct watcher {
    pthread_t caller;
    size_t calls, last, answer_at;
    ens_go answer;
    unsigned wrong; /* calls on another thread, or not forward, or of another phase */
} watcher;

static ens_go watch(const ens_progress *p, void *ctx)
{
    watcher *v = ctx;

    v->calls++;
    v->wrong += !pthread_equal(v->caller, pthread_self()) || p->done <= v->last ||
                p->done > p->total || p->total != N || p->seconds < 0 ||
                strcmp(p->phase, "working") != 0;
    v->last = p->done;
    return p->done >= v->answer_at ? v->answer : ENS_GO;
}

START_TEST(progress_comes_on_the_calling_thread_and_ends_at_all)
{
    watcher v = {.caller = pthread_self()};
    ens_exec exec = {.threads = thread_counts[_i], .progress = watch, .progress_ctx = &v};
    work w = {.most = 64, .sleep_us = 20};
    ens_error err;

    ck_ok(ens__par_for(N, &exec, "working", task, &w, NULL, &err));
    ck_assert_uint_eq(v.wrong, 0);
    ck_assert_uint_eq(v.last, N);
    ck_assert_uint_ge(v.calls, exec.threads == 1 ? N : 1);
}
END_TEST

START_TEST(progress_without_a_phase_is_silent)
{
    watcher v = {.caller = pthread_self()};
    ens_exec exec = {.threads = 2, .progress = watch, .progress_ctx = &v};
    work w = {.most = 64};
    ens_error err;

    ck_ok(ens__par_for(N, &exec, NULL, task, &w, NULL, &err));
    ck_assert_uint_eq(v.calls, 0);
}
END_TEST

START_TEST(stop_keeps_a_prefix_that_ran)
{
    watcher v = {.caller = pthread_self(), .answer = ENS_STOP, .answer_at = 10};
    ens_exec exec = {.threads = thread_counts[_i], .progress = watch, .progress_ctx = &v};
    work w = {.most = 64, .sleep_us = 100};
    ens_error err;
    size_t done = 0;

    ck_ok(ens__par_for(N, &exec, "working", task, &w, &done, &err));
    ck_assert_uint_ge(done, 10);
    ck_assert_uint_le(done, N);
    if (exec.threads == 1)
        ck_assert_uint_eq(done, 10);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(w.slot[i], i < done);
}
END_TEST

START_TEST(stop_is_go_where_it_cannot_be_used)
{
    watcher v = {.caller = pthread_self(), .answer = ENS_STOP, .answer_at = 1};
    ens_exec exec = {.threads = 2, .progress = watch, .progress_ctx = &v};
    work w = {.most = 64};
    ens_error err;

    ck_ok(ens__par_for(N, &exec, "working", task, &w, NULL, &err));
    ck_assert_uint_eq(w.ran, N);
}
END_TEST

START_TEST(cancel_ends_the_loop_soon)
{
    watcher v = {.caller = pthread_self(), .answer = ENS_CANCEL, .answer_at = 1};
    ens_exec exec = {.threads = thread_counts[_i], .progress = watch, .progress_ctx = &v};
    work w = {.most = 64, .sleep_us = 500};
    ens_error err;
    size_t calls;

    ck_fails(ens__par_for(N, &exec, "working", task, &w, NULL, &err), ENS_ECANCELED,
             "working: canceled");
    ck_assert_uint_eq(v.calls, 1); /* it is not asked again */
    if (exec.threads == 1)
        ck_assert_uint_eq(w.ran, 1);
    /* Without a task of its own the calling thread asks once, after the last. */
    calls = v.calls;
    v.last = 0;
    ck_fails(ens__par_for(1, &exec, "working", task, &w, NULL, &err), ENS_ECANCELED,
             "canceled");
    ck_assert_uint_eq(v.calls, calls + 1);
}
END_TEST

/* ---- Loops in loops ---- */

typedef struct nest {
    const ens_exec *exec;
    work inner[4];
    unsigned workers[4];
} nest;

static ens_status outer_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    nest *v = ctx;

    (void)worker;
    v->workers[i] = ens__par_workers(N, v->exec);
    v->inner[i].most = 64;
    return ens__par_for(N, v->exec, "inner", task, &v->inner[i], NULL, err);
}

static ens_go count_outer(const ens_progress *p, void *ctx)
{
    unsigned *inner = ctx;

    *inner += strcmp(p->phase, "outer") != 0;
    return ENS_GO;
}

START_TEST(loop_in_a_task_is_serial_and_silent)
{
    unsigned inner_reports = 0;
    ens_exec exec = {.threads = thread_counts[_i], .progress = count_outer, .progress_ctx = &inner_reports};
    nest v = {.exec = &exec};
    ens_error err;

    ck_ok(ens__par_for(4, &exec, "outer", outer_task, &v, NULL, &err));
    ck_assert_uint_eq(inner_reports, 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(v.workers[i], 1);
        ck_assert_uint_eq(v.inner[i].ran, N);
    }
}
END_TEST

START_TEST(loop_in_an_only_task_is_as_outside)
{
    unsigned inner_reports = 0;
    ens_exec exec = {.threads = 3, .progress = count_outer, .progress_ctx = &inner_reports};
    nest v = {.exec = &exec};
    ens_error err;

    ck_ok(ens__par_for(1, &exec, "outer", outer_task, &v, NULL, &err));
    ck_assert_uint_ge(inner_reports, 1);
    ck_assert_uint_eq(v.workers[0], ens__par_workers(N, &exec));
}
END_TEST

/* ---- Forks ---- */

START_TEST(forked_child_of_threads_runs_serially)
{
    ens_exec exec = {.threads = 3};
    work w = {.most = 3};
    ens_error err;
    int status;
    pid_t child;

    ck_ok(ens__par_for(N, &exec, NULL, task, &w, NULL, &err));
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        work mine = {.most = 1};

        alarm(20); /* a hang is a failure */
        _exit(ens_exec_threads(&exec) == 1 && ens__par_workers(N, NULL) == 1 &&
                      ens__par_for(N, &exec, NULL, task, &mine, NULL, &err) == ENS_OK &&
                      mine.ran == N && mine.misuse == 0
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "the child ended with status %d", status);
    ck_ok(ens__par_for(N, &exec, NULL, task, &w, NULL, &err)); /* the parent goes on */
}
END_TEST

/* ---- Crews ---- */

enum { LOOPS = 300 };

typedef struct many {
    ens_exec exec;
    unsigned workers;
    nest loop[2]; /* in each of four tasks, in a single one */
#ifdef _OPENMP
    pthread_barrier_t barrier;
#endif
} many;

/* Loops close together and far apart, some of which fail; and loops in loops. */
static ens_status many_loops(void *ctx, ens_error *err)
{
    many *m = ctx;
    ens_error lost;

    m->workers = ens__par_workers(N, &m->exec);
    for (size_t l = 0; l < LOOPS; l++) {
        work w = {.most = m->workers, .fail_from = 10, .fail_step = l % 5 == 0 ? 30 : 0};
        ens_status st = ens__par_for(N, &m->exec, NULL, task, &w, NULL, &lost);

        ck_assert_int_eq(st, l % 5 == 0 ? ENS_EDATA : ENS_OK);
        if (l % 5 == 0)
            ck_assert_str_eq(lost.message, "task 10 failed");
        for (size_t i = 0; i < N && l % 5 != 0; i++)
            ck_assert_uint_eq(w.slot[i], 1);
        ck_assert_uint_eq(atomic_load(&w.misuse), 0);
        nap(l % 50 == 0 ? 1000 : 0);
    }
    m->loop[0].exec = m->loop[1].exec = &m->exec;
    ck_assert_int_eq(ens__par_for(4, &m->exec, NULL, outer_task, &m->loop[0], NULL, &lost),
                     ENS_OK);
    return ens__par_for(1, &m->exec, NULL, outer_task, &m->loop[1], NULL, err);
}

START_TEST(loops_of_a_crew_are_as_others)
{
    many m = {.exec = {.threads = thread_counts[_i]}};
    ens_error err;

    ck_ok(ens__par_crew(&m.exec, many_loops, &m, &err));
#ifdef _OPENMP
    ck_assert_uint_eq(m.workers, thread_counts[_i]);
#endif
    ck_assert_uint_eq(ens__par_workers(N, &m.exec), m.workers);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(m.loop[0].workers[i], 1);
    ck_assert_uint_eq(m.loop[1].workers[0], m.workers);
}
END_TEST

#ifdef _OPENMP
/* Tasks that wait for each other: only if threads of a crew run at once do they end. */
static ens_status meet_all(void *ctx, ens_error *err)
{
    many *m = ctx;

    return ens__par_for(3, &m->exec, NULL, meet, &m->barrier, NULL, err);
}
#endif

static ens_status fails(void *ctx, ens_error *err)
{
    (void)ctx;
    return ens__fail(err, ENS_EDATA, "the body failed");
}

START_TEST(a_crew_ends_with_its_body)
{
    many m = {.exec = {.threads = 3}};
    ens_error err;

    ck_fails(ens__par_crew(&m.exec, fails, NULL, &err), ENS_EDATA, "the body failed");
#ifdef _OPENMP
    pthread_barrier_init(&m.barrier, NULL, 3);
    ck_ok(ens__par_crew(&m.exec, meet_all, &m, &err));
    pthread_barrier_destroy(&m.barrier);
#endif
}
END_TEST

#ifdef _OPENMP
static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ens_status first_sleeps(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    (void)ctx;
    (void)worker;
    (void)err;
    nap(i == 0 ? 20000 : 0);
    return ENS_OK;
}

/* All processors but one wait for the first task, 20 times: asleep, so that others may have them. */
START_TEST(threads_that_wait_do_not_spin)
{
    unsigned n = (unsigned)omp_get_num_procs();
    ens_exec exec = {.threads = n};
    double start = ens__clock(), used = cpu_seconds();
    ens_error err;

    for (int r = 0; r < 20; r++)
        ck_ok(ens__par_for(n, &exec, NULL, first_sleeps, NULL, NULL, &err));
    used = cpu_seconds() - used;
    start = ens__clock() - start;
    ck_assert_msg(used < 0.2 * start, "%g s of processor time in %g s", used, start);
}
END_TEST
#endif

START_TEST(clock_goes_forward)
{
    double start = ens__clock();

    nap(2000);
    ck_assert(ens__clock() - start >= 0.002);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, every_task_runs_once_for_any_threads, 0, 4);
    tcase_add_test(tc, nothing_to_do_is_done);
    tcase_add_test(tc, workers_are_as_many_as_asked_at_most_one_a_task);
#ifdef _OPENMP
    tcase_add_test(tc, threads_asked_for_really_run_at_once);
#endif
    tcase_add_loop_test(tc, error_is_that_of_the_lowest_failing_task, 0, 4);
    tcase_add_test(tc, error_of_a_success_is_untouched);
    tcase_add_loop_test(tc, progress_comes_on_the_calling_thread_and_ends_at_all, 0, 4);
    tcase_add_test(tc, progress_without_a_phase_is_silent);
    tcase_add_loop_test(tc, stop_keeps_a_prefix_that_ran, 0, 4);
    tcase_add_test(tc, stop_is_go_where_it_cannot_be_used);
    tcase_add_loop_test(tc, cancel_ends_the_loop_soon, 0, 4);
    tcase_add_loop_test(tc, loop_in_a_task_is_serial_and_silent, 0, 4);
    tcase_add_test(tc, loop_in_an_only_task_is_as_outside);
    tcase_add_test(tc, forked_child_of_threads_runs_serially);
    tcase_add_loop_test(tc, loops_of_a_crew_are_as_others, 0, 4);
    tcase_add_test(tc, a_crew_ends_with_its_body);
#ifdef _OPENMP
    tcase_add_test(tc, threads_that_wait_do_not_spin);
#endif
    tcase_add_test(tc, clock_goes_forward);
}

Suite *par_suite(void);

Suite *par_suite(void)
{
    return suite_of("par", add);
}
