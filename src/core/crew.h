/* crew.h - threads that wait for one loop after another of a thread. Used by par.c alone. */
#ifndef ENS_CORE_CREW_H
#define ENS_CORE_CREW_H

typedef struct ens__crew ens__crew;

/* What each that takes part runs: fn(arg, worker). */
typedef void (*ens__crew_work_fn)(void *arg, unsigned worker);

ens__crew *ens__crew_new(unsigned size); /* NULL: no memory */
void ens__crew_free(ens__crew *c);
unsigned ens__crew_size(const ens__crew *c);

/* By worker 0: run fn here, and on those of the first n workers that come before it has returned. Waits for them. */
void ens__crew_work(ens__crew *c, unsigned n, ens__crew_work_fn fn, void *arg);
/* By worker 0: no more work. */
void ens__crew_dismiss(ens__crew *c);
/* By the other workers: take part until dismissed. */
void ens__crew_wait(ens__crew *c, unsigned worker);

#endif
