/* first_order.c - steps along gradients of a batch of rows: the solvers sgd to nadam of `linear` and `logistic`.
 *
 * An epoch draws the rows into batches, each of them one step of ens_optim_step(), one after another: which rows are in
 * which is a matter of (seed, epoch), and a batch's rows are added in the table's order, so threads have no say.  With
 * batch_size=full a step is a pass over all rows, in parallel. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <core/param.h>
#include <learn/first_order.h>
#include <learn/plan.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <stdlib.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS };

/* Places in ENS__STEPS_SOLVERS. */
enum { MOMENTUM = 1, NESTEROV = 2 };

/* Of a sum: the loss, the weights. */
enum { BEFORE = 2 };

/* batch_size=auto: so many steps an epoch, of so many rows. */
enum { BATCH_AUTO = -1, EPOCH_STEPS = 32, LEAST_BATCH = 8, MOST_BATCH = 256 };

/* Plateau, and how fast the inverse schedule falls. */
#define FACTOR 0.2
#define POWER  0.5

typedef struct job {
    ens__steps *s;
    ens_optim optim;
    ens_schedule schedule;
    ens_fit_args view;    /* rows of a batch, or those held out */
    ens__design d;        /* of the view */
    ens__design_block b;  /* its block, in `memory` */
    double *memory, *sum; /* [BEFORE + dim] */
    uint32_t *place;      /* [n_train] rows of the fit, in the epoch's order */
    uint32_t *held;       /* [n_held] those that tell when to stop */
    uint32_t *row, *count;
    size_t n_train, n_held, batch;
    /* Steps are of theta_i / unit_i, whose curvature a heavy penalty does not raise: 1 / sqrt(1 + l2_i). */
    double *unit, *at; /* [dim] */
    double *best;      /* [dim] coefficients of the least loss of rows held out */
    double least;      /* of what is watched */
    uint64_t waited;   /* epochs since */
    bool ended;
} job;

static void job_clear(job *j)
{
    ens_optim_clear(&j->optim);
    ens__free(j->memory);
    ens__free(j->sum);
    ens__free(j->place);
    ens__free(j->held);
    ens__free(j->row);
    ens__free(j->count);
    ens__free(j->unit);
    ens__free(j->at);
    ens__free(j->best);
}

/* ---- Before the first step -------------------------------------------------------------- */

static ens_optim_params optim_params(const ens__steps *s)
{
    static const ens_optim_kind kind[] = {
        ENS_OPTIM_SGD,     ENS_OPTIM_MOMENTUM, ENS_OPTIM_NESTEROV, ENS_OPTIM_ADAGRAD,
        ENS_OPTIM_RMSPROP, ENS_OPTIM_ADAM,     ENS_OPTIM_NADAM};
    ens_optim_params p = ens_optim_defaults(kind[s->solver]);

    p.momentum = s->params->momentum;
    return p;
}

static ens_schedule schedule_of(const ens__steps *s, size_t batches)
{
    static const ens_schedule_kind kind[] = {ENS_SCHEDULE_CONSTANT, ENS_SCHEDULE_INVERSE,
                                             ENS_SCHEDULE_COSINE, ENS_SCHEDULE_PLATEAU};
    const ens__steps_params *p = s->params;

    return (ens_schedule){.kind = kind[p->schedule],
                          .rate = p->learning_rate,
                          .power = POWER,
                          .factor = FACTOR,
                          .tol = s->tol,
                          .total = (uint64_t)p->epochs * batches,
                          .patience = (uint64_t)(p->n_iter_no_change + 1) / 2};
}

/* Rows to learn from, and rows held out if the fit is to stop early. */
static ens_status part_rows(job *j, ens_error *err)
{
    const ens_fit_args *a = j->s->d->a;
    size_t n = a->rows.n;
    uint8_t *held = ens__zeros(n, sizeof *held);
    ens_status st = ENS_OK;

    j->place = ens__array(n, sizeof *j->place);
    j->held = ens__array(n, sizeof *j->held);
    if (held == NULL || j->place == NULL || j->held == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (j->s->params->early_stopping)
        ens__plan_hold_out(held, j->place, j->s->params->validation_fraction, a);
    for (size_t i = 0; i < n; i++)
        if (held[i])
            j->held[j->n_held++] = (uint32_t)i;
        else
            j->place[j->n_train++] = (uint32_t)i;
    if (j->n_train == 0 || (j->n_held == 0 && j->s->params->early_stopping))
        st = ens__fail(err, ENS_EDATA,
                       "%s.validation_fraction = %g leaves no row to %s of %zu",
                       j->s->owner, j->s->params->validation_fraction,
                       j->n_train == 0 ? "learn from" : "hold out", n);
done:
    ens__free(held);
    return st;
}

static size_t batch_of(const ens__steps_params *p, size_t n)
{
    size_t batch = n;

    if (p->batch_size > 0)
        batch = (size_t)p->batch_size;
    else if (p->batch_size == BATCH_AUTO) {
        batch = n / EPOCH_STEPS < LEAST_BATCH ? LEAST_BATCH : n / EPOCH_STEPS;
        batch = batch < MOST_BATCH ? batch : MOST_BATCH;
    }
    return batch < n ? batch : n;
}

static ens_status job_init(job *j, ens__steps *s, ens_error *err)
{
    size_t q = s->d->q, most;
    ens_optim_params params = optim_params(s);
    ens_status st;

    *j = (job){.s = s, .view = *s->d->a, .d = *s->d, .least = INFINITY};
    if ((st = part_rows(j, err)) != ENS_OK ||
        (st = ens_optim_init(&j->optim, &params, s->dim, err)) != ENS_OK)
        return st;
    j->batch = batch_of(s->params, j->n_train);
    j->schedule = schedule_of(s, (j->n_train + j->batch - 1) / j->batch);
    most = j->batch > j->n_held ? j->batch : j->n_held;
    if ((j->memory = ens__aligned(N + q * N + s->scratch, sizeof *j->memory)) == NULL ||
        (j->sum = ens__zeros(BEFORE + s->dim, sizeof *j->sum)) == NULL ||
        (j->unit = ens__zeros(s->dim, sizeof *j->unit)) == NULL ||
        (j->at = ens__zeros(s->dim, sizeof *j->at)) == NULL ||
        (j->best = ens__zeros(s->dim, sizeof *j->best)) == NULL ||
        (j->row = ens__array(most, sizeof *j->row)) == NULL ||
        (j->count = ens__array(most, sizeof *j->count)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < s->dim; i++) {
        j->unit[i] = 1 / sqrt(1 + s->l2[i]);
        j->at[i] = s->theta[i] / j->unit[i];
    }
    j->d.a = &j->view;
    j->b = (ens__design_block){
        .d = &j->d, .w = j->memory, .z = j->memory + N, .scratch = j->memory + N + q * N};
    return ENS_OK;
}

/* ---- Sums ------------------------------------------------------------------------------- */

/* The view becomes these rows of the fit, which ascend. */
static void look_at(job *j, const uint32_t *place, size_t n)
{
    const ens_fit_args *a = j->s->d->a;

    for (size_t i = 0; i < n; i++) {
        j->row[i] = a->rows.row[place[i]];
        j->count[i] = a->count != NULL ? a->count[place[i]] : 1;
    }
    j->view.rows.row = j->row;
    j->view.rows.n = n;
    j->view.count = a->count != NULL ? j->count : NULL;
}

/* The sum over the rows of the view: a batch on this thread, all rows on each. */
static ens_status add_view(job *j, ens_error *err)
{
    const ens__steps *s = j->s;
    ens__design_pass pass = {
        .body = s->body, .ctx = s->ctx, .size = BEFORE + s->dim, .scratch = s->scratch};

    memset(j->sum, 0, pass.size * sizeof *j->sum);
    if (j->batch == j->n_train)
        return ens__design_run(j->sum, &j->d, &pass, err);
    for (size_t begin = 0; begin < j->view.rows.n; begin += N) {
        ens__design_load(&j->b, begin,
                         j->view.rows.n - begin < N ? j->view.rows.n - begin : N);
        s->body(s->ctx, &j->b, j->sum);
    }
    return ENS_OK;
}

static double penalty(const ens__steps *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->dim; i++)
        sum += s->l2[i] * s->theta[i] * s->theta[i] / 2;
    return sum;
}

/* ---- Epochs ----------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* One step for each batch; *loss is the mean over them, as they were met. */
static ens_status walk(job *j, size_t epoch, double *loss, ens_error *err)
{
    ens__steps *s = j->s;
    double total = 0, weight = 0;
    ens__stream stream;
    ens_status st;

    ens__stream_init(&stream, s->d->a->seed, ENS__FOR_BATCH, epoch);
    if (j->batch < j->n_train)
        ens__sample_shuffle(j->place, j->n_train, &stream);
    for (size_t begin = 0; begin < j->n_train; begin += j->batch) {
        size_t n = j->n_train - begin < j->batch ? j->n_train - begin : j->batch;
        double *g = j->sum + BEFORE;

        if (j->batch < j->n_train)
            qsort(j->place + begin, n, sizeof *j->place, ascending);
        look_at(j, j->place + begin, n);
        if ((st = add_view(j, err)) != ENS_OK)
            return st;
        total += j->sum[0];
        weight += j->sum[1];
        for (size_t i = 0; i < s->dim; i++)
            g[i] = (g[i] / j->sum[1] + s->l2[i] * s->theta[i]) * j->unit[i];
        ens_optim_step(&j->optim, j->at, g,
                       ens_schedule_rate(&j->schedule, j->optim.steps));
        for (size_t i = 0; i < s->dim; i++)
            s->theta[i] = j->at[i] * j->unit[i];
    }
    *loss = total / weight + penalty(s);
    return ENS_OK;
}

/* What the epoch came to: whether the fit goes on. */
static void judge(job *j, double loss)
{
    const ens__steps *s = j->s;

    ens_schedule_loss(&j->schedule, loss);
    if (loss < j->least - s->tol) {
        j->least = loss;
        j->waited = 0;
        memcpy(j->best, s->theta, s->dim * sizeof *j->best);
        return;
    }
    j->waited++;
    j->ended = j->waited >= (uint64_t)s->params->n_iter_no_change &&
               (j->n_held > 0 || j->schedule.kind != ENS_SCHEDULE_COSINE);
}

static ens_status epoch(void *ctx, size_t e, unsigned worker, ens_error *err)
{
    job *j = ctx;
    double loss;
    bool sound = true;
    ens_status st;

    (void)worker;
    if (j->ended)
        return ENS_OK;
    if ((st = walk(j, e, &loss, err)) != ENS_OK)
        return st;
    if (j->n_held > 0) {
        look_at(j, j->held, j->n_held);
        if ((st = add_view(j, err)) != ENS_OK)
            return st;
        loss = j->sum[0] / j->sum[1];
    }
    for (size_t i = 0; i < j->s->dim; i++)
        sound = sound && isfinite(j->s->theta[i]);
    if (!sound || !isfinite(loss))
        return ens__fail(err, ENS_EDATA,
                         "%s: the loss is no longer a number in epoch %zu with "
                         "learning_rate = %g; lower it",
                         j->s->owner, e + 1, j->s->params->learning_rate);
    judge(j, loss);
    return ENS_OK;
}

ens_status ens__steps_run(ens__steps *s, ens_error *err)
{
    const ens_exec *exec = s->d->a->exec;
    size_t epochs = (size_t)s->params->epochs;
    job j;
    ens_status st;

    if ((st = job_init(&j, s, err)) != ENS_OK)
        goto done;
    if (j.batch == j.n_train) {
        for (size_t e = 0; e < epochs && !j.ended && st == ENS_OK; e++)
            st = epoch(&j, e, 0, err);
    } else {
        ens_exec serial = {.threads = 1};

        if (exec != NULL) {
            serial.progress = exec->progress;
            serial.progress_ctx = exec->progress_ctx;
        }
        st = ens__par_for(epochs, &serial, "epochs", epoch, &j, &(size_t){0}, err);
    }
    if (st != ENS_OK)
        goto done;
    if (j.n_held > 0 && j.least < INFINITY)
        memcpy(s->theta, j.best, s->dim * sizeof *s->theta);
    s->steps = j.optim.steps;
    s->ended = j.ended || j.schedule.kind == ENS_SCHEDULE_COSINE;
done:
    job_clear(&j);
    return st;
}

/* ---- Parameters ------------------------------------------------------------------------- */

static ens_status is_default(bool *out, const void *params, const ens_param *p,
                             ens_error *err)
{
    char *value = NULL;
    ens__buf b = {0};
    ens_status st;

    ens__param_print(&b, params, p);
    if ((st = ens__buf_take(&value, &b, err)) == ENS_OK)
        *out = strcmp(value, p->def) == 0;
    ens__free(value);
    return st;
}

ens_status ens__steps_check(const void *params, const ens_param *table,
                            const ens__steps_params *steps, int solver, const char *owner,
                            ens_error *err)
{
    size_t from = (size_t)((const char *)steps - (const char *)params);
    bool same;
    ens_status st;

    for (const ens_param *p = table; p->name != NULL; p++) {
        const char *of = NULL;

        if (p->offset < from || p->offset >= from + sizeof *steps)
            continue;
        if ((st = is_default(&same, params, p, err)) != ENS_OK)
            return st;
        if (same)
            continue;
        if (solver < 0)
            of = "solvers that take gradient steps (" ENS__STEPS_SOLVERS ")";
        else if (p->offset == from + offsetof(ens__steps_params, momentum) &&
                 solver != MOMENTUM && solver != NESTEROV)
            of = "solver=momentum and solver=nesterov";
        else if (p->offset == from + offsetof(ens__steps_params, validation_fraction) &&
                 !steps->early_stopping)
            of = "early_stopping=true";
        if (of != NULL)
            return ens__fail(err, ENS_EINVAL, "%s.%s is of %s alone", owner, p->name, of);
    }
    return ENS_OK;
}
