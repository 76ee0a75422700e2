/* crew.c - threads that wait for one loop after another of a thread.
 *
 * A worker that comes late finds the work closed and waits for the next: the first never waits for one that has not
 * begun, so it does not matter whether all threads came to be, or where the system lets them run.  Waiting begins
 * with a look around of some microseconds, for short loops follow each other closely, and is then asleep. */
#include <config.h>

#include <core/crew.h>
#include <core/mem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define LOOKS 1024 /* before falling asleep */

struct ens__crew {
    unsigned size;
    pthread_mutex_t lock;
    pthread_cond_t begun, ended;
    atomic_uint turn; /* works begun */
    atomic_uint busy; /* workers in the present one, but for the first */
    /* Under the lock. */
    bool open, dismissed;
    unsigned n;
    ens__crew_work_fn fn;
    void *arg;
};

static void look_around(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_pause();
#endif
}

ens__crew *ens__crew_new(unsigned size)
{
    ens__crew *c = ens__zeros(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->size = size;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begun, NULL);
    pthread_cond_init(&c->ended, NULL);
    return c;
}

void ens__crew_free(ens__crew *c)
{
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->begun);
    pthread_cond_destroy(&c->ended);
    ens__free(c);
}

unsigned ens__crew_size(const ens__crew *c)
{
    return c->size;
}

void ens__crew_work(ens__crew *c, unsigned n, ens__crew_work_fn fn, void *arg)
{
    pthread_mutex_lock(&c->lock);
    c->fn = fn;
    c->arg = arg;
    c->n = n;
    c->open = true;
    atomic_fetch_add(&c->turn, 1);
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
    fn(arg, 0);
    for (unsigned i = 0; i < LOOKS && atomic_load(&c->busy) > 0; i++)
        look_around();
    pthread_mutex_lock(&c->lock);
    c->open = false;
    while (atomic_load(&c->busy) > 0)
        pthread_cond_wait(&c->ended, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

void ens__crew_dismiss(ens__crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->dismissed = true;
    atomic_fetch_add(&c->turn, 1);
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
}

void ens__crew_wait(ens__crew *c, unsigned worker)
{
    unsigned seen = 0;

    for (;;) {
        bool mine, over;

        for (unsigned i = 0; i < LOOKS && atomic_load(&c->turn) == seen; i++)
            look_around();
        pthread_mutex_lock(&c->lock);
        while (atomic_load(&c->turn) == seen)
            pthread_cond_wait(&c->begun, &c->lock);
        seen = atomic_load(&c->turn);
        over = c->dismissed;
        mine = c->open && worker < c->n && !over;
        if (mine)
            atomic_fetch_add(&c->busy, 1);
        pthread_mutex_unlock(&c->lock);
        if (mine) {
            c->fn(c->arg, worker);
            pthread_mutex_lock(&c->lock);
            if (atomic_fetch_sub(&c->busy, 1) == 1)
                pthread_cond_signal(&c->ended);
            pthread_mutex_unlock(&c->lock);
        } else if (over) {
            return;
        }
    }
}
