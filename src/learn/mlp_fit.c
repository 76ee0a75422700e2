/* mlp_fit.c - the fit of a network: epochs of steps along the gradient of a batch.
 *
 * A batch is cut into blocks of at most ENS__NET_ROWS rows.  Workers take blocks; each leaves its gradient in a place
 * of its own, and these are added in their order: the sums do not depend on the number of workers.  The optimiser
 * works on doubles, of which the net gets the floats. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/memory.h>
#include <core/par.h>
#include <ensemble/optim.h>
#include <learn/mlp_fit.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = ENS__NET_ROWS };
enum { STOPS_AUTO = 2 };          /* of early_stopping */
enum { ADAPTIVE = 2, STEPS = 3 }; /* of learning_rate */

/* Rows of a batch, of batch_size=auto: so many, unless that leaves fewer steps an epoch. */
#define AUTO_BATCH  128
#define AUTO_STEPS  16
#define LEAST_BATCH 16
/* Rows from which early_stopping=auto stops. */
#define STOPS_FROM 200
/* Of running means and variances, what stays in a step. */
#define STATS_STAY 0.9
/* adaptive ends below this rate, as scikit-learn's. */
#define LEAST_RATE 1e-6

/* What a block leaves. */
typedef struct slot {
    ens__real *slope; /* [n_theta] */
    ens__real *stat;  /* [n_stat] */
    double loss;
    size_t n;
} slot;

typedef struct worker {
    ens__net_work work;
    float *y, *w;         /* [ROWS] of the block */
    float *score, *g, *h; /* [k][ROWS] */
    double *loss;         /* [ROWS] */
    ens__real *run;       /* of ens__net_run(), if there is validation */
} worker;

typedef struct job {
    const ens__mlp_params *p;
    const ens_fit_args *a;
    ens__mlp *m;
    ens__net *net;
    ens__mlp_set train, valid;
    uint32_t *order; /* [train.n] */
    size_t batch, n_batches, most_blocks;
    size_t begin, n, n_blocks; /* of the present batch, in order */
    uint64_t step;
    slot *slot; /* [most_blocks] */
    worker *worker;
    unsigned n_workers;
    ens__real *memory; /* of the slots */
    ens__real *now;    /* [n_theta] floats of theta */
    ens__real *back;   /* [n_back] */
    ens__real *stat;   /* [n_stat] running */
    ens__real
        *kept; /* [n_theta] folded: what validates; of the best epoch it is m->theta */
    double *theta, *g; /* [n_theta] */
    ens_optim optim;
    ens_schedule schedule;
    double adapted;
    double epoch_loss;
    bool stops;        /* early */
    double decay;      /* of weights, in a step at rate 1 */
    double best;       /* loss */
    size_t unchanged;  /* epochs that brought nothing */
    double *valid_sum; /* by block of validation rows */
    double start;      /* seconds */
} job;

/* ---- A block ---------------------------------------------------------------------------- */

static void gather(worker *w, const job *j, size_t begin, size_t n)
{
    const ens__mlp_set *s = &j->train;
    const ens__net *net = j->net;

    for (size_t i = 0; i < n; i++) {
        size_t row = j->order[begin + i];

        memcpy(w->work.x + i * net->q_pad, s->x + row * net->n_numbers,
               net->n_numbers * sizeof *s->x);
        memcpy(w->work.code + i * net->n_tables, s->code + row * net->n_tables,
               net->n_tables * sizeof *s->code);
        w->y[i] = s->y[row];
        w->w[i] = s->w[row];
    }
    w->work.n = n;
}

/* scores [n][pad] as losses have them, [k][ROWS] */
static void turn(float *out, const ens__real *score, size_t n, size_t k)
{
    size_t pad = ENS__REAL_PAD(k);

    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < n; i++)
            out[c * ROWS + i] = score[i * pad + c];
}

static ens_loss_rows loss_rows(const job *j, const worker *w, size_t n)
{
    return (ens_loss_rows){.n = n,
                           .k = j->m->loss->k,
                           .y = w->y,
                           .w = w->w,
                           .score = w->score,
                           .stride = ROWS,
                           .adapted = j->adapted};
}

/* Targets are 1 - s of the true class, and s / classes of each (Szegedy et al. 2016): the slope by a score grows by
 * the difference. */
static void smooth(float *g, const worker *w, size_t n, size_t k, float s)
{
    float classes = k == 1 ? 2 : (float)k;

    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < n; i++) {
            float is = k == 1 ? w->y[i] : w->y[i] == (float)c;

            g[c * ROWS + i] += w->w[i] * s * (is - 1 / classes);
        }
}

static double weighted_sum(const double *v, const float *w, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] * w[i];
    return sum;
}

static void keep_scores(const job *j, const worker *w, size_t begin, size_t n)
{
    for (size_t c = 0; c < j->m->loss->k; c++)
        for (size_t i = 0; i < n; i++)
            j->train.score[c * j->train.n + j->order[begin + i]] = w->score[c * ROWS + i];
}

/* Where part i of n numbers begins, cut into so many as evenly as can be. */
static size_t cut(size_t n, size_t i, size_t parts)
{
    return n / parts * i + n % parts * i / parts;
}

static ens_status block_task(void *ctx, size_t b, unsigned id, ens_error *err)
{
    job *j = ctx;
    worker *w = &j->worker[id];
    slot *s = &j->slot[b];
    const ens__loss *loss = j->m->loss;
    size_t begin = j->begin + cut(j->n, b, j->n_blocks), k = loss->k,
           pad = ENS__REAL_PAD(k);
    size_t n = j->begin + cut(j->n, b + 1, j->n_blocks) - begin;
    ens_loss_rows rows = loss_rows(j, w, n);

    (void)err;
    gather(w, j, begin, n);
    ens__net_forward(j->net, j->now, &w->work,
                     (ens__net_draw){j->a->seed, j->step * j->most_blocks + b}, s->stat);
    turn(w->score, w->work.a[j->net->n_layers - 1], n, k);
    loss->type->gradient(loss->params, &rows, w->g, w->h);
    loss->type->value(loss->params, &rows, w->loss);
    s->loss = weighted_sum(w->loss, w->w, n);
    s->n = n;
    if (j->train.score != NULL)
        keep_scores(j, w, begin, n);
    if (j->p->label_smoothing > 0)
        smooth(w->g, w, n, k, (float)j->p->label_smoothing);
    memset(w->work.delta, 0, n * pad * sizeof *w->work.delta);
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < n; i++)
            w->work.delta[i * pad + c] = w->g[c * ROWS + i];
    ens__net_backward(s->slope, j->net, j->now, j->back, s->stat, &w->work);
    return ENS_OK;
}

/* ---- A step ----------------------------------------------------------------------------- */

/* The floats of theta, and what follows from them. */
static void pass_on(job *j)
{
    for (size_t i = 0; i < j->net->n_theta; i++)
        j->now[i] = (ens__real)j->theta[i];
    ens__net_transpose(j->back, j->net, j->now);
}

static void sum_slots(job *j)
{
    const ens__net *net = j->net;
    double per_row = 1 / (double)j->n, l2 = j->p->alpha * per_row;

    for (size_t i = 0; i < net->n_theta; i++)
        j->g[i] = j->slot[0].slope[i];
    for (size_t b = 1; b < j->n_blocks; b++)
        for (size_t i = 0; i < net->n_theta; i++)
            j->g[i] += j->slot[b].slope[i];
    for (size_t i = 0; i < net->n_weights; i++)
        j->g[i] = j->g[i] * per_row + l2 * j->theta[i];
    for (size_t i = net->n_weights; i < net->n_theta; i++)
        j->g[i] *= per_row;
    for (size_t b = 0; b < j->n_blocks; b++)
        j->epoch_loss += j->slot[b].loss;
}

static void run_stats(job *j)
{
    ens__real stay = (ens__real)(j->step == 0 ? 0 : STATS_STAY);

    for (size_t i = 0; i < j->net->n_stat; i++) {
        ens__real sum = 0;

        for (size_t b = 0; b < j->n_blocks; b++)
            sum += j->slot[b].stat[i] * (ens__real)j->slot[b].n;
        j->stat[i] = stay * j->stat[i] + (1 - stay) * (sum / (ens__real)j->n);
    }
}

static ens_status take_step(job *j, size_t batch, ens_error *err)
{
    double rate = ens_schedule_rate(
        &j->schedule, j->p->learning_rate == STEPS ? j->step / j->n_batches : j->step);
    ens_status st;

    j->begin = cut(j->train.n, batch, j->n_batches);
    j->n = cut(j->train.n, batch + 1, j->n_batches) - j->begin;
    j->n_blocks = (j->n + ROWS - 1) / ROWS;
    if ((st = ens__par_for(j->n_blocks, j->a->exec, NULL, block_task, j, NULL, err)) !=
        ENS_OK)
        return st;
    sum_slots(j);
    run_stats(j);
    for (size_t i = 0; i < j->net->n_weights && j->decay > 0; i++)
        j->theta[i] *= 1 - rate * j->decay;
    ens_optim_step(&j->optim, j->theta, j->g, rate);
    pass_on(j);
    j->step++;
    return ENS_OK;
}

/* ---- An epoch --------------------------------------------------------------------------- */

static ens_status valid_task(void *ctx, size_t b, unsigned id, ens_error *err)
{
    job *j = ctx;
    worker *w = &j->worker[id];
    const ens__mlp_set *s = &j->valid;
    const ens__net *net = j->net;
    size_t begin = b * ROWS, n = s->n - begin < ROWS ? s->n - begin : ROWS;
    ens_loss_rows rows = loss_rows(j, w, n);

    (void)err;
    for (size_t i = 0; i < n; i++)
        memcpy(w->run + i * net->q_pad, s->x + (begin + i) * net->n_numbers,
               net->n_numbers * sizeof *s->x);
    turn(w->score, ens__net_run(net, j->kept, n, s->code + begin * net->n_tables, w->run),
         n, j->m->loss->k);
    rows.y = s->y + begin;
    j->m->loss->type->value(j->m->loss->params, &rows, w->loss);
    j->valid_sum[b] = weighted_sum(w->loss, s->w + begin, n);
    return ENS_OK;
}

static ens_status validate(double *out, job *j, ens_error *err)
{
    size_t n = (j->valid.n + ROWS - 1) / ROWS;
    ens_status st;

    *out = NAN;
    if (n == 0)
        return ENS_OK;
    if ((st = ens__par_for(n, j->a->exec, NULL, valid_task, j, NULL, err)) != ENS_OK)
        return st;
    *out = 0;
    for (size_t b = 0; b < n; b++)
        *out += j->valid_sum[b];
    *out /= (double)j->valid.n;
    return ENS_OK;
}

static ens_status check_finite(const job *j, size_t epoch, double loss, ens_error *err)
{
    bool fine = isfinite(loss);

    for (size_t i = 0; i < j->net->n_theta; i++)
        fine = fine && fabsf(j->kept[i]) <= ENS__MOST_SUM;
    if (fine)
        return ENS_OK;
    return ens__fail(
        err, ENS_EDATA,
        "mlp: the fit diverged in epoch %zu; lower learning_rate_init = %g, or "
        "set clip_norm",
        epoch, j->p->learning_rate_init);
}

/* Losses like Huber's look at all errors. */
static ens_status adapt(job *j, ens_error *err)
{
    const ens__loss *loss = j->m->loss;
    ens_loss_rows rows = {.n = j->train.n,
                          .k = loss->k,
                          .y = j->train.y,
                          .w = j->train.w,
                          .score = j->train.score,
                          .stride = j->train.n};

    if (loss->type->adapt == NULL)
        return ENS_OK;
    return loss->type->adapt(loss->params, &rows, &j->adapted, j->a->exec, err);
}

/* Whether the fit goes on after this point of its curve; the best weights are kept. */
static bool goes_on(job *j, ens__mlp_point point, size_t epoch)
{
    double loss = j->stops ? point.valid : point.train;

    if (!j->stops || epoch == 1 || loss < j->m->curve[j->m->best - 1].valid) {
        memcpy(j->m->theta, j->kept, j->net->n_theta * sizeof *j->kept);
        j->m->best = epoch;
    }
    j->unchanged = epoch == 1 || loss < j->best - j->p->tol ? 0 : j->unchanged + 1;
    j->best = epoch == 1 || loss < j->best ? loss : j->best;
    ens_schedule_loss(&j->schedule, loss);
    if (j->schedule.kind == ENS_SCHEDULE_PLATEAU)
        return ens_schedule_rate(&j->schedule, j->step) > LEAST_RATE;
    return j->unchanged < (size_t)j->p->n_iter_no_change;
}

static ens_go report(const job *j, size_t done)
{
    const ens_exec *exec = j->a->exec;
    char phase[80];
    ens_progress progress = {phase, done, (size_t)j->p->max_iter,
                             ens__clock() - j->start};
    const ens__mlp_point *point = &j->m->curve[done - 1];

    if (exec == NULL || exec->progress == NULL)
        return ENS_GO;
    snprintf(phase, sizeof phase, "epochs, loss %.5g",
             isnan(point->valid) ? point->train : point->valid);
    return exec->progress(&progress, exec->progress_ctx);
}

static ens_status run_epoch(job *j, size_t epoch, ens_error *err)
{
    ens__mlp_point *point = &j->m->curve[epoch - 1];
    ens_status st;

    if (j->p->shuffle) {
        ens__stream s;

        ens__stream_init(&s, j->a->seed, ENS__FOR_BATCH, epoch);
        ens__sample_shuffle(j->order, j->train.n, &s);
    }
    j->epoch_loss = 0;
    for (size_t b = 0; b < j->n_batches; b++)
        if ((st = take_step(j, b, err)) != ENS_OK)
            return st;
    point->train = j->epoch_loss / (double)j->train.n;
    memcpy(j->kept, j->now, j->net->n_theta * sizeof *j->kept);
    ens__net_fold(j->kept, j->net, j->stat);
    if ((st = check_finite(j, epoch, point->train, err)) != ENS_OK ||
        (st = validate(&point->valid, j, err)) != ENS_OK ||
        (st = adapt(j, err)) != ENS_OK)
        return st;
    j->m->n_curve = epoch;
    return ENS_OK;
}

static ens_status run_epochs(void *ctx, ens_error *err)
{
    job *j = ctx;
    size_t most = (size_t)j->p->max_iter;
    bool on = true;
    ens_go go = ENS_GO;
    ens_status st;

    for (size_t e = 1; e <= most && on && go == ENS_GO; e++) {
        if ((st = run_epoch(j, e, err)) != ENS_OK)
            return st;
        on = goes_on(j, j->m->curve[e - 1], e);
        go = report(j, e);
    }
    if (go == ENS_CANCEL)
        return ens__fail(err, ENS_ECANCELED, "epochs: canceled");
    return ENS_OK;
}

/* ---- Begun and ended -------------------------------------------------------------------- */

static void set_schedule(job *j)
{
    static const ens_schedule_kind kinds[] = {ENS_SCHEDULE_CONSTANT, ENS_SCHEDULE_INVERSE,
                                              ENS_SCHEDULE_PLATEAU, ENS_SCHEDULE_STEPS,
                                              ENS_SCHEDULE_COSINE};
    const ens__mlp_params *p = j->p;

    j->schedule = (ens_schedule){.kind = kinds[p->learning_rate],
                                 .rate = p->learning_rate_init,
                                 .power = p->power_t,
                                 .factor = p->learning_rate == ADAPTIVE ? 0.2 : p->gamma,
                                 .tol = p->tol,
                                 .every = (uint64_t)p->step_size,
                                 .total = (uint64_t)p->max_iter * j->n_batches,
                                 .patience = (uint64_t)p->n_iter_no_change};
}

static ens_status set_optimizer(job *j, ens_error *err)
{
    const ens__mlp_params *p = j->p;
    ens_optim_params o = ens_optim_defaults((ens_optim_kind)p->optimizer);

    o.momentum = p->momentum;
    o.beta1 = p->beta_1;
    o.beta2 = p->beta_2;
    o.epsilon = p->epsilon;
    o.weight_decay = 0; /* take_step() leaves out the biases */
    o.clip_norm = p->clip_norm;
    return ens_optim_init(&j->optim, &o, j->net->n_theta, err);
}

static void set_batches(job *j)
{
    size_t n = j->train.n, batch = (size_t)j->p->batch_size;

    if (j->p->batch_size < 0) {
        batch = n / AUTO_STEPS > AUTO_BATCH ? AUTO_BATCH : n / AUTO_STEPS;
        batch = batch < LEAST_BATCH ? LEAST_BATCH : batch;
    }
    j->batch = batch < n ? batch : n;
    j->n_batches = (n + j->batch - 1) / j->batch;
    j->most_blocks = (j->batch + ROWS - 1) / ROWS;
}

static ens_status make_slots(job *j, ens_error *err)
{
    size_t n = j->net->n_theta, n_stat = ENS__REAL_PAD(j->net->n_stat);
    ens__real *at;

    if ((j->slot = ens__zeros(j->most_blocks, sizeof *j->slot)) == NULL ||
        (j->memory = ens__aligned((j->most_blocks + 2) * n +
                                      (j->most_blocks + 1) * n_stat + j->net->n_back,
                                  sizeof *j->memory)) == NULL ||
        (j->theta = ens__zeros(n, sizeof *j->theta)) == NULL ||
        (j->g = ens__zeros(n, sizeof *j->g)) == NULL)
        return ens__nomem(err);
    at = j->memory;
    for (size_t b = 0; b < j->most_blocks; b++, at += n + n_stat) {
        j->slot[b].slope = at;
        j->slot[b].stat = at + n;
    }
    j->now = at;
    j->kept = at + n;
    j->stat = at + 2 * n;
    j->back = j->stat + n_stat;
    memset(j->stat, 0, n_stat * sizeof *j->stat);
    memset(j->back, 0, j->net->n_back * sizeof *j->back);
    return ENS_OK;
}

static ens_status make_workers(job *j, ens_error *err)
{
    size_t k = j->m->loss->k, blocks = (j->valid.n + ROWS - 1) / ROWS;
    ens_status st;

    j->n_workers =
        ens__par_workers(blocks > j->most_blocks ? blocks : j->most_blocks, j->a->exec);
    if ((j->worker = ens__zeros(j->n_workers, sizeof *j->worker)) == NULL ||
        (j->valid_sum = ens__zeros(blocks, sizeof *j->valid_sum)) == NULL)
        return ens__nomem(err);
    for (unsigned t = 0; t < j->n_workers; t++) {
        worker *w = &j->worker[t];

        if ((st = ens__net_work_init(&w->work, j->net, err)) != ENS_OK)
            return st;
        if ((w->y = ens__zeros((2 + 3 * k) * ROWS, sizeof *w->y)) == NULL ||
            (w->loss = ens__array(ROWS, sizeof *w->loss)) == NULL ||
            (j->valid.n > 0 &&
             (w->run = ens__aligned(ens__net_run_size(j->net), sizeof *w->run)) == NULL))
            return ens__nomem(err);
        w->w = w->y + ROWS;
        w->score = w->w + ROWS;
        w->g = w->score + k * ROWS;
        w->h = w->g + k * ROWS;
    }
    return ENS_OK;
}

/* Weights at random; the scores begin at the best constant. */
static ens_status start(job *j, ens_error *err)
{
    const ens__loss *loss = j->m->loss;
    ens_loss_rows rows = {.n = j->train.n,
                          .k = loss->k,
                          .y = j->train.y,
                          .w = j->train.w,
                          .stride = j->train.n};
    double *score = ens__array(loss->k, sizeof *score);
    ens_status st;

    if (score == NULL)
        return ens__nomem(err);
    ens__net_start(j->now, j->net, (ens__net_init_kind)j->p->init, j->a->seed);
    if ((st = ens__loss_start(score, loss, &rows, err)) == ENS_OK) {
        const ens__net_layer *last = &j->net->layer[j->net->n_layers - 1];

        for (size_t c = 0; c < loss->k; c++)
            j->now[last->b + c] = (ens__real)score[c];
        if (loss->type->adapt != NULL) {
            for (size_t c = 0; c < loss->k; c++)
                for (size_t i = 0; i < j->train.n; i++)
                    j->train.score[c * j->train.n + i] = (float)score[c];
            st = adapt(j, err);
        }
        for (size_t i = 0; i < j->net->n_theta; i++)
            j->theta[i] = j->now[i];
        pass_on(j);
    }
    ens__free(score);
    return st;
}

static ens_status take_rows(job *j, ens_error *err)
{
    const ens__mlp_params *p = j->p;
    const ens_fit_args *a = j->a;
    bool holds = j->stops && a->valid == NULL;
    uint8_t *held = NULL;
    ens_status st;

    if (holds && (held = ens__array(a->rows.n, sizeof *held)) == NULL)
        return ens__nomem(err);
    if ((holds &&
         (st = ens__mlp_hold_out(held, p->validation_fraction, a, err)) != ENS_OK) ||
        (st = ens__mlp_target(j->m, a, err)) != ENS_OK ||
        (st = ens__mlp_set_fit(&j->train, j->m, p, a, held, 0, err)) != ENS_OK)
        goto done;
    if (holds)
        st = ens__mlp_set_fit(&j->valid, j->m, p, a, held, 1, err);
    else if (a->valid != NULL)
        st = ens__mlp_set_valid(&j->valid, j->m, a, err);
    if (st != ENS_OK)
        goto done;
    if (j->stops && j->valid.n == 0)
        st = ens__fail(err, ENS_EDATA,
                       "mlp: no validation row is of a class that training rows have");
done:
    ens__free(held);
    return st;
}

static ens_status begin(job *j, ens_error *err)
{
    size_t n = j->net->n_theta, scores = j->m->loss->k;
    ens_status st;

    if ((st = take_rows(j, err)) != ENS_OK)
        return st;
    set_batches(j);
    set_schedule(j);
    if ((st = ens__memory_check((double)n * (double)(8 * j->most_blocks + 48), "mlp",
                                "weights", err)) != ENS_OK ||
        (st = make_slots(j, err)) != ENS_OK || (st = make_workers(j, err)) != ENS_OK ||
        (st = set_optimizer(j, err)) != ENS_OK)
        return st;
    if ((j->m->theta = ens__aligned(n, sizeof *j->m->theta)) == NULL ||
        (j->m->curve = ens__zeros((size_t)j->p->max_iter, sizeof *j->m->curve)) == NULL ||
        (j->order = ens__array(j->train.n, sizeof *j->order)) == NULL ||
        (j->m->loss->type->adapt != NULL &&
         (j->train.score = ens__array(scores * j->train.n, sizeof(float))) == NULL))
        return ens__nomem(err);
    for (size_t i = 0; i < j->train.n; i++)
        j->order[i] = (uint32_t)i;
    return start(j, err);
}

static void end(job *j)
{
    for (unsigned t = 0; t < j->n_workers && j->worker != NULL; t++) {
        ens__net_work_clear(&j->worker[t].work);
        ens__free(j->worker[t].y);
        ens__free(j->worker[t].loss);
        ens__free(j->worker[t].run);
    }
    ens__free(j->worker);
    ens__free(j->valid_sum);
    ens__free(j->slot);
    ens__free(j->memory);
    ens__free(j->theta);
    ens__free(j->g);
    ens__free(j->order);
    ens_optim_clear(&j->optim);
    ens__mlp_set_clear(&j->train);
    ens__mlp_set_clear(&j->valid);
}

ens_status ens__mlp_fit(void **out, const void *params, const ens_fit_args *a,
                        ens_error *err)
{
    job j = {.p = params, .a = a, .start = ens__clock()};
    ens_status st;

    if ((st = ens__mlp_new(&j.m, params, a->rows.feature, a->rows.p, a->task, a->k,
                           err)) != ENS_OK)
        return st;
    j.net = &j.m->net;
    j.stops = j.p->early_stopping == STOPS_AUTO ? a->rows.n >= STOPS_FROM
                                                : j.p->early_stopping != 0;
    j.decay = j.p->optimizer == ENS_OPTIM_ADAMW ? j.p->weight_decay : 0;

    if (j.p->label_smoothing > 0 && a->label == NULL)
        st = ens__fail(err, ENS_EINVAL, "mlp.label_smoothing = %g is of classes alone",
                       j.p->label_smoothing);
    if (st == ENS_OK && (st = begin(&j, err)) == ENS_OK)
        st = ens__par_crew(a->exec, run_epochs, &j, err);
    end(&j);
    if (st != ENS_OK) {
        ens__mlp_free(j.m);
        return st;
    }
    *out = j.m;
    return ENS_OK;
}
