/* bag_fit.c - fitting a bag: draw rows and features for each member, and fit the members in parallel.
 *
 * Member t draws from streams named (seed, purpose, t), so neither the number of threads nor of members
 * changes what it gets.  A draw is a count for each row: no data is copied. */
#include <config.h>

#include <core/arena.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/bag.h>
#include <ensemble/members.h>
#include <ensemble/oob.h>
#include <learn/learner.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- How much to draw --------------------------------------------------------------------------- */

/* An amount of a whole: fractions are rounded, at least 1; 0 if a count is above it. */
static size_t amount_of(const ens_amount *amount, size_t whole)
{
    double m = amount->kind == ENS_AMOUNT_FRACTION
                   ? floor(amount->value * (double)whole + 0.5)
                   : amount->value;

    if (amount->kind == ENS_AMOUNT_FRACTION && m < 1)
        return 1;
    return m <= (double)whole ? (size_t)m : 0;
}

ens_status ens__bag_check(const ens__bag_spec *spec, const char *owner, ens_error *err)
{
    if (spec->oob_score && !spec->bootstrap &&
        spec->max_samples.kind == ENS_AMOUNT_FRACTION && spec->max_samples.value == 1)
        return ens__fail(
            err, ENS_ERANGE,
            "%s.oob_score = true needs rows out of bag: bootstrap=true or max_samples "
            "below 1.0",
            owner);
    return ENS_OK;
}

size_t ens__bag_p_member(const ens__bag_spec *spec, const ens_learner *owner, size_t p,
                         ens_error *err)
{
    size_t m = amount_of(&spec->max_features, p);

    if (m == 0)
        ens__fail(err, ENS_ERANGE, "%s.max_features = %.0f is above the %zu features",
                  ens_learner_name(owner), spec->max_features.value, p);
    return m;
}

size_t ens__bag_rows(const ens__bag_spec *spec, size_t n)
{
    return amount_of(&spec->max_samples, n);
}

bool ens__bag_draws_features(const ens__bag_spec *spec, const ens__bag *bag)
{
    return bag->p_member < bag->p || spec->bootstrap_features;
}

/* ---- The work ------------------------------------------------------------------------------------ */

/* What one worker needs to draw and fit a member. */
typedef struct worker {
    uint32_t
        *drawn; /* [total] how often each of the rows, repeats told apart, was drawn */
    uint32_t *chosen;     /* [m] without replacement */
    uint32_t *row;        /* [n] */
    uint32_t *count;      /* [n] */
    ens_feature *feature; /* [p_member] */
    ens__arena arena;     /* of the member */
} worker;

typedef struct job {
    const ens__bag_spec *spec;
    const ens_learner *member;
    const ens_fit_args *a;
    ens_exec exec; /* of the members: no progress */
    ens__bag *bag;
    size_t n_old;   /* members that its base has */
    size_t total;   /* rows, repeats counted */
    size_t m;       /* rows a member draws */
    worker *worker; /* [n_workers] */
    unsigned n_workers;
    uint64_t *in_bag; /* [members][words] a bit for each row; NULL unless oob_score */
    size_t words;
    atomic_size_t n_fitted,
        bytes; /* members that were fitted so far, and what they take */
} job;

static void workers_free(job *j)
{
    for (unsigned w = 0; j->worker != NULL && w < j->n_workers; w++) {
        ens__free(j->worker[w].drawn);
        ens__free(j->worker[w].chosen);
        ens__free(j->worker[w].row);
        ens__free(j->worker[w].count);
        ens__free(j->worker[w].feature);
        ens__arena_clear(&j->worker[w].arena);
    }
    ens__free(j->worker);
    j->worker = NULL;
}

static ens_status workers_make(job *j, ens_error *err)
{
    size_t n = j->a->rows.n;

    j->n_workers = ens__par_workers(j->bag->n, j->a->exec); /* old ones are drawn again */
    if ((j->worker = ens__zeros(j->n_workers, sizeof *j->worker)) == NULL)
        return ens__nomem(err);
    for (unsigned i = 0; i < j->n_workers; i++) {
        worker *w = &j->worker[i];

        if ((w->drawn = ens__array(j->total, sizeof *w->drawn)) == NULL ||
            (w->chosen = ens__array(j->spec->bootstrap ? 0 : j->m, sizeof *w->chosen)) ==
                NULL ||
            (w->row = ens__array(n, sizeof *w->row)) == NULL ||
            (w->count = ens__array(n, sizeof *w->count)) == NULL ||
            (w->feature = ens__array(j->bag->p_member, sizeof *w->feature)) == NULL)
            return ens__nomem(err);
    }
    return ENS_OK;
}

/* drawn[i]: how often row i, repeats told apart, is in the bag of member t. */
static void draw_rows(const job *j, worker *w, size_t t)
{
    ens__stream s;

    ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, t);
    if (j->spec->bootstrap) {
        ens__sample_bootstrap(w->drawn, j->total, j->m, &s);
        return;
    }
    memset(w->drawn, 0, j->total * sizeof *w->drawn);
    ens__sample_choose(w->chosen, j->m, j->total, &s);
    for (size_t i = 0; i < j->m; i++)
        w->drawn[w->chosen[i]] = 1;
}

/* The same as draw_rows() and collect_rows(), where rows are not told apart from their draws: without a look at
 * those that were not drawn. */
static size_t choose_rows(const job *j, worker *w, size_t t)
{
    uint64_t *bits = j->in_bag != NULL ? j->in_bag + t * j->words : NULL;
    ens__stream s;

    ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, t);
    ens__sample_choose(w->chosen, j->m, j->total, &s);
    for (size_t i = 0; i < j->m; i++) {
        uint32_t c = w->chosen[i];

        w->row[i] = j->a->rows.row[c];
        w->count[i] = 1;
        if (bits != NULL)
            bits[c / 64] |= (uint64_t)1 << c % 64;
    }
    return j->m;
}

/* How often row i of the fit was drawn; walks over the repeats of it. */
static uint32_t take_drawn(const uint32_t **drawn, const ens_fit_args *a, size_t i)
{
    uint32_t repeats = a->count != NULL ? a->count[i] : 1, count = 0;

    for (uint32_t r = 0; r < repeats; r++)
        count += *(*drawn)++;
    return count;
}

/* The distinct rows drawn with their counts; marks them in bag t. Returns how many. */
static size_t collect_rows(const job *j, worker *w, size_t t)
{
    const ens_fit_args *a = j->a;
    const uint32_t *drawn = w->drawn;
    uint64_t *bits = j->in_bag != NULL ? j->in_bag + t * j->words : NULL;
    size_t n = 0;

    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t count = take_drawn(&drawn, a, i);

        if (count == 0)
            continue;
        w->row[n] = a->rows.row[i];
        w->count[n++] = count;
        if (bits != NULL)
            bits[i / 64] |= (uint64_t)1 << i % 64;
    }
    return n;
}

/* Fill row and count for member t, and mark them in its bag. Returns how many. */
static size_t draw_bag(const job *j, worker *w, size_t t)
{
    if (!j->spec->bootstrap && j->a->count == NULL)
        return choose_rows(j, w, t);
    draw_rows(j, w, t);
    return collect_rows(j, w, t);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void draw_features(const job *j, size_t t)
{
    ens__bag *bag = j->bag;
    uint32_t *feature;
    ens__stream s;

    if (bag->features == NULL)
        return;
    feature = bag->features + t * bag->p_member;
    ens__stream_init(&s, j->a->seed, ENS__FOR_FEATURES, t);
    if (!j->spec->bootstrap_features) {
        ens__sample_choose(feature, bag->p_member, bag->p, &s);
        return;
    }
    for (size_t i = 0; i < bag->p_member; i++)
        feature[i] = ens__stream_below(&s, (uint32_t)bag->p);
    qsort(feature, bag->p_member, sizeof *feature, ascending);
}

/* ---- Memory -------------------------------------------------------------------------------------- */

/* Can this many bytes be had for the members? */
static ens_status check_memory(const job *j, double bytes, ens_error *err)
{
    return ens__members_check_memory(bytes, j->bag->n - j->n_old, j->a->learner, err);
}

/* What is needed whatever the members come to be. */
static double bytes_at_least(const job *j)
{
    const ens__bag *bag = j->bag;
    size_t member = sizeof *bag->fit + sizeof *bag->seed;

    if (ens__bag_draws_features(j->spec, bag))
        member += bag->p_member * sizeof *bag->features;
    if (j->spec->oob_score)
        member += j->words * sizeof *j->in_bag;
    if (j->spec->keeps_rows)
        member += j->m * sizeof(uint32_t);
    return (double)bag->n * (double)member;
}

/* Once each worker has fitted a member, and whenever their number has doubled: will the rest fit, if they are like
 * those? */
static ens_status count_member(job *j, size_t t, ens_error *err)
{
    size_t bytes = ens__fitted_bytes(&j->bag->fit[t]) +
                   (j->spec->keeps_rows ? j->m * sizeof(uint32_t) : 0);
    size_t total = atomic_fetch_add(&j->bytes, bytes) + bytes;
    size_t n = atomic_fetch_add(&j->n_fitted, 1) + 1;

    if (n < j->n_workers || (n != j->n_workers && (n & (n - 1)) != 0))
        return ENS_OK;
    return check_memory(j, (double)total / (double)n * (double)(j->bag->n - j->n_old - n),
                        err);
}

/* ---- Fitting one ---------------------------------------------------------------------------------- */

/* Which rows an old member drew. */
static ens_status redraw_member(void *ctx, size_t t, unsigned worker_index,
                                ens_error *err)
{
    const job *j = ctx;
    worker *w = &j->worker[worker_index];

    (void)err;
    draw_bag(j, w, t);
    return ENS_OK;
}

static ens_status fit_member(void *ctx, size_t i, unsigned worker_index, ens_error *err)
{
    job *j = ctx;
    worker *w = &j->worker[worker_index];
    size_t t = j->n_old + i;
    ens_fit_args sub = *j->a;
    ens_status st;

    draw_features(j, t);
    sub.rows.n = draw_bag(j, w, t);
    sub.rows.row = w->row;
    sub.rows.feature = ens__bag_features(j->bag, t, j->a->rows.feature, w->feature);
    sub.rows.p = j->bag->p_member;
    sub.count = w->count;
    sub.seed = j->bag->seed[t] = ens_seed(j->a->seed, ENS__FOR_MEMBER, t);
    sub.exec = &j->exec;
    sub.arena = &w->arena;
    ens__arena_reset(&w->arena);
    st = ens_fitted_fit(&j->bag->fit[t], j->member, &sub, err);
    return st == ENS_OK ? count_member(j, t, err) : st;
}

/* ---- Fitting -------------------------------------------------------------------------------------- */

/* How many rows there are, repeats counted, and how many a member draws. */
static ens_status measure(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;

    for (size_t i = 0; i < a->rows.n; i++)
        j->total += a->count != NULL ? a->count[i] : 1;
    if ((j->m = amount_of(&j->spec->max_samples, j->total)) == 0)
        return ens__fail(err, ENS_ERANGE, "%s.max_samples = %.0f is above the %zu rows",
                         ens_learner_name(a->learner), j->spec->max_samples.value,
                         j->total);
    return ENS_OK;
}

/* The members of a smaller bag come first. */
static ens_status take_base(job *j, const ens__bag *base, ens_error *err)
{
    ens__bag *bag = j->bag;

    if (base->n >= bag->n)
        return ens__fail(err, ENS_ERANGE,
                         "%s.n_estimators = %zu is not above the %zu members that the "
                         "model has",
                         ens_learner_name(j->a->learner), bag->n, base->n);
    bag->base = (ens__bag *)(uintptr_t)base; /* for its count of references */
    atomic_fetch_add(&bag->base->refs, 1);
    j->n_old = base->n;
    memcpy(bag->fit, base->fit, base->n * sizeof *bag->fit);
    memcpy(bag->seed, base->seed, base->n * sizeof *bag->seed);
    if (bag->features != NULL)
        memcpy(bag->features, base->features,
               base->n * base->p_member * sizeof *bag->features);
    return ENS_OK;
}

/* Sizes of the draws, the bag's arrays and the workers'. */
static ens_status begin(job *j, const ens__bag *base, ens_error *err)
{
    const ens_fit_args *a = j->a;
    ens__bag *bag = j->bag;
    ens_status st;

    if ((st = measure(j, err)) != ENS_OK)
        return st;
    if (j->spec->oob_score && !j->spec->bootstrap && j->m == j->total)
        return ens__fail(err, ENS_ERANGE,
                         "%s.oob_score = true needs rows out of bag, but each member "
                         "draws all %zu rows",
                         ens_learner_name(a->learner), j->total);
    bag->n = (size_t)j->spec->n_estimators;
    bag->p = a->rows.p;
    bag->k = a->k;
    if ((bag->p_member = ens__bag_p_member(j->spec, a->learner, bag->p, err)) == 0)
        return ENS_ERANGE;
    j->words = ens__oob_words(a->rows.n);
    if ((st = check_memory(j, bytes_at_least(j), err)) != ENS_OK)
        return st;
    if ((bag->fit = ens__zeros(bag->n, sizeof *bag->fit)) == NULL ||
        (bag->seed = ens__zeros(bag->n, sizeof *bag->seed)) == NULL ||
        (ens__bag_draws_features(j->spec, bag) &&
         (bag->features = ens__zeros(bag->n * bag->p_member, sizeof *bag->features)) ==
             NULL) ||
        (j->spec->oob_score &&
         (j->in_bag = ens__zeros(bag->n * j->words, sizeof *j->in_bag)) == NULL))
        return ens__nomem(err);
    if ((base != NULL && (st = take_base(j, base, err)) != ENS_OK) ||
        (st = workers_make(j, err)) != ENS_OK)
        return st;
    return ens_fitted_prepare(j->member, a, err);
}

static ens_status predict_oob(job *j, ens_error *err)
{
    ens__bag *bag = j->bag;
    ens__oob_args o = {bag,       bag->n, ens__bag_member, &j->a->rows,
                       j->in_bag, bag->k, j->a->exec};

    bag->n_oob = j->a->rows.n;
    if ((bag->oob = ens__array(bag->n_oob * bag->k, sizeof *bag->oob)) == NULL)
        return ens__nomem(err);
    return ens__oob_predict(bag->oob, &o, err);
}

/* Rows from which the threads may share a member: a tree of so many is grown by several (src/tree/grow.c). */
#define SHARED_ROWS 131072

/* Members that are left when each thread has had as many as the others, if they are too few to keep half of the threads
 * busy and each can be shared. */
static size_t n_shared(const job *j, size_t n)
{
    size_t threads = ens_exec_threads(j->a->exec), left = n % threads;

    return j->m >= SHARED_ROWS && left <= threads / 2 ? left : 0;
}

/* Members side by side, then those that the threads share one after the other. *done: how many there are. */
static ens_status fit_new(job *j, size_t n, size_t *done, ens_error *err)
{
    static const char phase[] = "fitting members";
    size_t apart = n - n_shared(j, n);
    ens_exec alone = {.threads = 1};
    ens_status st;

    st = ens__par_span(&(ens__span){0, apart, n}, j->a->exec, phase, fit_member, j, done, err);
    if (st != ENS_OK || *done < apart || apart == n)
        return st;
    if (j->a->exec != NULL) {
        alone.progress = j->a->exec->progress;
        alone.progress_ctx = j->a->exec->progress_ctx;
    }
    return ens__par_span(&(ens__span){apart, n, n}, &alone, phase, fit_member, j, done, err);
}

/* All members, or those that were ready when the caller stopped the fit. */
static ens_status fit_members(job *j, ens_error *err)
{
    size_t done;
    ens_status st = fit_new(j, j->bag->n - j->n_old, &done, err);

    if (st == ENS_OK && j->n_old + done == 0)
        st = ens__fail(err, ENS_ECANCELED, "stopped before the first member was fitted");
    if (st == ENS_OK && j->in_bag != NULL && j->n_old > 0)
        st = ens__par_for(j->n_old, &j->exec, NULL, redraw_member, j, NULL, err);
    if (st != ENS_OK)
        return st;
    j->bag->n = j->n_old + done;
    for (size_t t = 0; t < j->bag->n; t++) {
        size_t scratch = ens_fitted_scratch(&j->bag->fit[t]);

        j->bag->scratch = scratch > j->bag->scratch ? scratch : j->bag->scratch;
    }
    return ENS_OK;
}

ens_status ens__bag_fit(void **out, const ens__bag_spec *spec, const ens_learner *member,
                        const ens__bag *base, const ens_fit_args *a, ens_error *err)
{
    job j = {.spec = spec, .member = member, .a = a};
    ens_status st;

    j.exec.threads = a->exec != NULL ? a->exec->threads : 0;
    if ((j.bag = ens__bag_new()) == NULL)
        return ens__nomem(err);
    if ((st = begin(&j, base, err)) != ENS_OK || (st = fit_members(&j, err)) != ENS_OK)
        goto done;
    workers_free(&j);
    if ((st = ens__bag_pack(j.bag, a->rows.feature, a->exec, err)) != ENS_OK ||
        (spec->oob_score && (st = predict_oob(&j, err)) != ENS_OK))
        goto done;
    *out = j.bag;
    j.bag = NULL;
done:
    workers_free(&j);
    ens__free(j.in_bag);
    ens__bag_free(j.bag);
    return st;
}

ens_status ens__bag_redraw(uint32_t *count, const ens__bag_spec *spec,
                           const ens_fit_args *a, size_t t, ens_error *err)
{
    job j = {.spec = spec, .a = a};
    worker w = {0};
    ens_status st = measure(&j, err);

    if (st != ENS_OK)
        return st;
    if ((w.drawn = ens__array(j.total, sizeof *w.drawn)) == NULL ||
        (w.chosen = ens__array(spec->bootstrap ? 0 : j.m, sizeof *w.chosen)) == NULL) {
        st = ens__nomem(err);
    } else {
        const uint32_t *drawn = w.drawn;

        draw_rows(&j, &w, t);
        for (size_t i = 0; i < a->rows.n; i++)
            count[i] = take_drawn(&drawn, a, i);
    }
    ens__free(w.drawn);
    ens__free(w.chosen);
    return st;
}
