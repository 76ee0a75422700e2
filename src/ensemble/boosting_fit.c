/* boosting_fit.c - the rounds of gradient boosting.
 *
 * Each fits a member for each score to the negative gradient by weight, goes along it as far as boosting_step.c finds,
 * and takes the learning rate's part of that step.  Of squared loss the residual is taken as it is, and the step is 1.
 * Scores are kept as doubles; losses other than squared see them as floats.  Rows held out for early stopping stand
 * behind the others in all arrays. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/boosting.h>
#include <ensemble/members.h>
#include <learn/learner.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <num/stats.h>
#include <string.h>

/* Rows of a task. */
#define TASK_ROWS 4096

typedef struct job {
    const ens__boosting_params *p;
    const ens_fit_args *a;
    ens__boosting *m;
    ens__rounds rounds;
    bool squared;
    size_t n_old;    /* members that the base has */
    size_t n, n_fit; /* rows, and those that are learned from, which come first */
    uint32_t *row;   /* [n] */
    uint32_t *count; /* [n] or NULL */
    uint32_t *group
        [2]; /* where groups begin, of rows learned from and held out, for a loss that ranks; or NULL */
    size_t n_groups[2];
    float *y, *w;   /* [n] for the loss; w may be NULL */
    double *f;      /* [k][n] scores */
    float *score;   /* [k][n] the same at the start of a round; not of squared */
    float *g, *h;   /* [k][n] not of squared */
    double *target; /* [n_table] of a member */
    double *pred;   /* [n] of a member */
    uint32_t *leaf; /* [n] of a member that is a tree; not of squared */
    size_t n_drawn; /* rows that a round draws */
    uint32_t *drawn, *chosen; /* [n], [n_drawn]; NULL if all are */
    double adapted;           /* of the loss in this round */
    size_t c;                 /* the score whose member is being fitted, and its step: */
    double step;
    size_t stale,
        best; /* rounds since the loss fell; the round of the least, from 0 for the start */
    double mark; /* the loss from which it must fall */
    bool ended;
} job;

/* ---- Passes over the rows -------------------------------------------------------------------------------- */

/* Scores as the loss sees them. */
static void narrow(job *j)
{
    for (size_t i = 0; i < j->m->k * j->n; i++)
        j->score[i] = (float)j->f[i];
}

/* A response of squared loss, less its offset. */
static double rest(const job *j, size_t i)
{
    const ens_fit_args *a = j->a;
    uint32_t row = j->row[i];

    return a->offset != NULL ? a->y[row] - a->offset[row] : a->y[row];
}

/* What row i's score has besides members, of other losses. */
static double offset_of(const job *j, size_t i)
{
    return j->a->offset != NULL && !ens__loss_shifts(j->m->loss) ? j->a->offset[j->row[i]]
                                                                 : 0;
}

/* What the member of score c is fitted to. */
static void aim(job *j, size_t c)
{
    const double *f = j->f + c * j->n;
    const float *g = j->squared ? NULL : j->g + c * j->n;

    for (size_t i = 0; i < j->n_fit; i++) {
        double w = j->w != NULL ? j->w[i] : 1;

        if (j->squared)
            j->target[j->row[i]] = rest(j, i) - j->m->origin - f[i];
        else
            j->target[j->row[i]] = w > 0 ? -g[i] / w : 0;
    }
}

static void advance(job *j, size_t c, double step)
{
    double *f = j->f + c * j->n;

    for (size_t i = 0; i < j->n; i++)
        f[i] += step * j->pred[i];
}

static ens_status find_leaves(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const job *j = ctx;
    size_t begin = task * TASK_ROWS;
    ens_rows rows = j->rounds.a.rows;

    (void)worker;
    (void)err;
    rows.row += begin;
    rows.n = rows.n - begin < TASK_ROWS ? rows.n - begin : TASK_ROWS;
    ens__tree_find(j->m->chain->fit[j->m->chain->n - 1].state, &rows, j->leaf + begin);
    return ENS_OK;
}

/* ---- One member ------------------------------------------------------------------------------------------- */

/* The rows that are learned from, or those held out, as the loss sees them. */
static ens_loss_rows loss_rows(const job *j, bool held)
{
    size_t begin = held ? j->n_fit : 0;

    return (ens_loss_rows){
        .n = held ? j->n - j->n_fit : j->n_fit,
        .k = j->m->k,
        .y = j->y + begin,
        .w = j->w != NULL ? j->w + begin : NULL,
        .score = j->score != NULL ? j->score + begin : NULL,
        .stride = j->n,
        .group = j->group[held],
        .n_groups = j->n_groups[held],
        .adapted = j->adapted,
    };
}

/* The step along the last member, that of score c, and what it predicts with its leaves renewed. */
static ens_status find_step(double *step, job *j, size_t c, ens_error *err)
{
    ens_fitted *member = &j->m->chain->fit[j->m->chain->n - 1];
    ens__boosting_step s = {j->m->loss, loss_rows(j, false), j->g, j->h, j->drawn,
                            c,          &j->rounds.exec};
    const ens__tree *tree = member->state;
    ens_status st;

    *step = 1;
    if (j->squared || member->type != &ens__tree_type) {
        st = ens__rounds_predict(j->pred, &j->rounds, member, err);
        return st != ENS_OK || j->squared ? st
                                          : ens__boosting_search(step, j->pred, &s, err);
    }
    if ((st = ens__par_for((j->n + TASK_ROWS - 1) / TASK_ROWS, &j->rounds.exec, NULL,
                           find_leaves, j, NULL, err)) != ENS_OK ||
        (st = ens__boosting_renew(member->state, j->leaf, &s, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < j->n; i++)
        j->pred[i] = tree->node[j->leaf[i]].value;
    return ENS_OK;
}

/* Fit the member of score c in round t. */
static ens_status make_member(job *j, size_t t, size_t c, ens_error *err)
{
    size_t at = t * j->m->k + c;
    ens__round round = {.seed = ens_seed(j->a->seed, ENS__FOR_MEMBER, at),
                        .w = j->a->w,
                        .y = j->target,
                        .drawn = j->drawn};
    ens_fitted member;
    double step;
    ens_status st;

    aim(j, c);
    if ((st = ens__rounds_fit(&member, &j->rounds, &round, err)) != ENS_OK)
        return st;
    ens__chain_add(j->m->chain, member);
    if ((st = find_step(&step, j, c, err)) == ENS_OK)
        j->m->step[at] = step * j->p->learning_rate;
    return st;
}

/* ---- One round -------------------------------------------------------------------------------------------- */

static void draw_rows(job *j, size_t t)
{
    ens__stream s;

    if (j->drawn == NULL)
        return;
    ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, t);
    ens__sample_choose(j->chosen, j->n_drawn, j->n_fit, &s);
    memset(j->drawn, 0, j->n * sizeof *j->drawn);
    for (size_t i = 0; i < j->n_drawn; i++)
        j->drawn[j->chosen[i]] = j->count != NULL ? j->count[j->chosen[i]] : 1;
}

/* Gradients at the scores so far. */
static ens_status find_gradients(job *j, ens_error *err)
{
    const ens__loss *loss = j->m->loss;
    ens_loss_rows rows;
    ens_status st;

    if (j->squared)
        return ENS_OK;
    narrow(j);
    rows = loss_rows(j, false);
    if (loss->type->adapt != NULL &&
        (st = loss->type->adapt(loss->params, &rows, &j->adapted, &j->rounds.exec,
                                err)) != ENS_OK)
        return st;
    rows.adapted = j->adapted;
    return ens__loss_gradient(j->g, j->h, loss, &rows, &j->rounds.exec, err);
}

/* Mean loss of the rows held out, at the scores so far. */
static ens_status held_out_loss(double *out, job *j, ens_error *err)
{
    ens_loss_rows rows;

    if (j->squared) {
        double sum = 0, all = 0;

        for (size_t i = j->n_fit; i < j->n; i++) {
            double d = rest(j, i) - j->m->origin - j->f[i];
            double w = j->w != NULL ? j->w[i] : 1;

            sum += w * (d * d) / 2;
            all += w;
        }
        *out = sum / all;
        return ENS_OK;
    }
    narrow(j);
    rows = loss_rows(j, true);
    return ens__loss_value(out, j->m->loss, &rows, &j->rounds.exec, err);
}

/* Whether the loss still falls, after so many rounds. */
static ens_status look_up(job *j, size_t rounds, ens_error *err)
{
    double *curve = j->m->curve;
    ens_status st;

    if (j->n == j->n_fit)
        return ENS_OK;
    if ((st = held_out_loss(&curve[rounds], j, err)) != ENS_OK)
        return st;
    j->m->n_curve = rounds + 1;
    if (rounds == 0) {
        j->mark = curve[0];
        return ENS_OK;
    }
    if (j->best == 0 || curve[rounds] < curve[j->best])
        j->best = rounds;
    j->stale++;
    if (curve[rounds] < j->mark - j->p->tol * fabs(curve[0])) {
        j->mark = curve[rounds];
        j->stale = 0;
    }
    j->ended = j->stale >= (size_t)j->p->n_iter_no_change;
    return ENS_OK;
}

static ens_status play_round(job *j, size_t t, ens_error *err)
{
    bool old = t * j->m->k < j->n_old;
    ens_status st = ENS_OK;

    draw_rows(j, t);
    if (!old)
        st = find_gradients(j, err);
    for (size_t c = 0; c < j->m->k && st == ENS_OK; c++) {
        size_t at = t * j->m->k + c;

        st = old ? ens__rounds_predict(j->pred, &j->rounds, &j->m->chain->fit[at], err)
                 : make_member(j, t, c, err);
        if (st == ENS_OK)
            advance(j, c, j->m->step[at]);
    }
    return st == ENS_OK ? look_up(j, t + 1, err) : st;
}

/* ---- All rounds -------------------------------------------------------------------------------------------- */

/* Will the members fit into memory, if all are like the first? */
static ens_status check_memory(const job *j, ens_error *err)
{
    const ens__chain *chain = j->m->chain;
    size_t n = chain->cap - j->n_old;

    if (chain->n != j->n_old + j->m->k)
        return ENS_OK;
    return ens__members_check_memory(
        (double)ens__fitted_bytes(&chain->fit[chain->n - 1]) * (double)n, n,
        j->a->learner, err);
}

/* A round is a task: they run one after another, on one thread, and are parallel inside. */
static ens_status round_task(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    job *j = ctx;
    ens_status st;

    (void)worker;
    if (j->ended)
        return ENS_OK;
    st = play_round(j, t, err);
    return st == ENS_OK ? check_memory(j, err) : st;
}

/* Give back members after the best round. Those of a model that is added to are not among them: it ended with the best
 * of its rounds, and only a later one can be better. */
static void keep_best(job *j)
{
    ens__chain *chain = j->m->chain;

    while (j->best > 0 && chain->n > j->best * j->m->k && chain->n > j->n_old)
        ens_fitted_clear(&chain->fit[--chain->n]);
}

/* By a crew, since a round has many short loops. */
static ens_status play(void *ctx, ens_error *err)
{
    job *j = ctx;
    ens_status st = look_up(j, 0, err);

    if (st == ENS_OK)
        st =
            ens__members_play((size_t)j->p->n_estimators, j->a->exec, round_task, j, err);
    keep_best(j);
    return st;
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

static ens_status make_rows(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    size_t n = j->n, cells = n * j->m->k;

    if ((j->row = ens__array(n, sizeof *j->row)) == NULL ||
        (a->count != NULL && (j->count = ens__array(n, sizeof *j->count)) == NULL) ||
        ((a->w != NULL || a->count != NULL) &&
         (j->w = ens__array(n, sizeof *j->w)) == NULL) ||
        (j->y = ens__array(n, sizeof *j->y)) == NULL ||
        (j->f = ens__array(cells, sizeof *j->f)) == NULL ||
        (j->target = ens__zeros(a->n_table, sizeof *j->target)) == NULL ||
        (j->pred = ens__array(n, sizeof *j->pred)) == NULL)
        return ens__nomem(err);
    if (!j->squared && ((j->score = ens__zeros(cells, sizeof *j->score)) == NULL ||
                        (j->g = ens__zeros(cells, sizeof *j->g)) == NULL ||
                        (j->h = ens__zeros(cells, sizeof *j->h)) == NULL ||
                        (j->leaf = ens__array(n, sizeof *j->leaf)) == NULL))
        return ens__nomem(err);
    return ENS_OK;
}

/* Which rows are learned from, and the groups of both parts. */
static ens_status part_rows(job *j, ens_error *err)
{
    const ens__loss *loss = j->m->loss;
    ens_status st = ens__boosting_order(j->row, j->count, &j->n_fit, j->p, j->a, err);

    if (st != ENS_OK || (loss->type->caps & ENS_LOSS_RANKS) == 0)
        return st;
    for (int held = 0; held < 2 && st == ENS_OK; held++) {
        size_t begin = held ? j->n_fit : 0, end = held ? j->n : j->n_fit;

        if (begin < end)
            st = ens__loss_groups(&j->group[held], &j->n_groups[held], loss, j->a->group,
                                  j->row + begin, end - begin, err);
    }
    return st;
}

/* How many rows a round draws. */
static ens_status plan_draws(job *j, ens_error *err)
{
    const ens_amount *amount = &j->p->subsample;
    double m = amount->kind == ENS_AMOUNT_FRACTION
                   ? fmax(floor(amount->value * (double)j->n_fit + 0.5), 1)
                   : amount->value;

    if (m > (double)j->n_fit)
        return ens__fail(err, ENS_ERANGE,
                         "boosting.subsample = %.0f is above the %zu rows", m, j->n_fit);
    j->n_drawn = (size_t)m;
    if (j->n_drawn < j->n_fit &&
        ((j->drawn = ens__array(j->n, sizeof *j->drawn)) == NULL ||
         (j->chosen = ens__array(j->n_drawn, sizeof *j->chosen)) == NULL))
        return ens__nomem(err);
    return ENS_OK;
}

/* Targets, weights and the scores to start from. */
static ens_status find_start(job *j, ens_error *err)
{
    const ens_fit_args *a = j->a;
    ens__boosting *m = j->m;
    ens__loss_targets t = {a->y, a->label, j->row, j->n, a->offset};
    ens_loss_rows rows;
    ens_status st = ENS_OK;

    for (size_t i = 0; i < j->n && j->w != NULL; i++)
        j->w[i] = (float)((a->w != NULL ? a->w[j->row[i]] : 1) *
                          (j->count != NULL ? j->count[i] : 1));
    if (j->squared) {
        double *y = j->pred, *w = j->f; /* not in use yet */

        for (size_t i = 0; i < j->n_fit; i++) {
            y[i] = rest(j, i);
            w[i] = j->w != NULL ? j->w[i] : 1;
        }
        m->origin = ens__mean(y, w, j->n_fit);
    } else {
        if ((st = ens__loss_origin(&m->origin, m->loss, &t, err)) != ENS_OK)
            return st;
        ens__loss_fill(j->y, m->loss, m->origin, &t);
        rows = loss_rows(j, false);
        if (a->offset == NULL || ens__loss_shifts(m->loss))
            rows.score = NULL;
        for (size_t i = 0; i < j->n_fit && rows.score != NULL; i++)
            j->score[i] = (float)offset_of(j, i);
        st = ens__loss_start(m->start, m->loss, &rows, err);
    }
    for (size_t c = 0; c < m->k; c++)
        for (size_t i = 0; i < j->n; i++)
            j->f[c * j->n + i] = m->start[c] + offset_of(j, i);
    return st;
}

/* ---- The whole ----------------------------------------------------------------------------------------------- */

static ens_status make_model(job *j, const ens__boosting *from, ens_error *err)
{
    ens__boosting *m = j->m;
    size_t rounds = (size_t)j->p->n_estimators;

    if (from != NULL && from->chain->n >= rounds * m->k)
        return ens__fail(
            err, ENS_ERANGE,
            "%s.n_estimators = %zu is not above the %zu rounds that the model has",
            ens_learner_name(j->a->learner), rounds, from->chain->n / m->k);
    if ((m->chain = ens__chain_new(rounds * m->k, j->a->rows.p)) == NULL ||
        (m->step = ens__zeros(rounds * m->k, sizeof *m->step)) == NULL ||
        (m->curve = ens__zeros(rounds + 1, sizeof *m->curve)) == NULL)
        return ens__nomem(err);
    if (from != NULL) {
        ens__chain_share(m->chain, from->chain);
        j->n_old = from->chain->n;
        memcpy(m->step, from->step, j->n_old * sizeof *m->step);
    }
    return ENS_OK;
}

/* What members are fitted on. */
static ens_status make_rounds(job *j, const ens_learner *member, ens_error *err)
{
    ens_fit_args a = *j->a;
    ens_status st;

    a.rows.row = j->row;
    a.count = j->count;
    a.task = ENS_TASK_REGRESSION;
    a.k = 1;
    a.label = NULL;
    a.offset = NULL;
    a.y = j->target;
    st = ens__rounds_make(&j->rounds, member, &a, err);
    j->rounds.n_fit = j->n_fit;
    return st;
}

static void clear(job *j, ens__chain_recipe *recipe)
{
    ens__rounds_clear(&j->rounds);
    ens__chain_recipe_clear(recipe);
    ens__free(j->row);
    ens__free(j->count);
    ens__free(j->group[0]);
    ens__free(j->group[1]);
    ens__free(j->y);
    ens__free(j->w);
    ens__free(j->f);
    ens__free(j->score);
    ens__free(j->g);
    ens__free(j->h);
    ens__free(j->target);
    ens__free(j->pred);
    ens__free(j->leaf);
    ens__free(j->drawn);
    ens__free(j->chosen);
    ens__boosting_free(j->m);
}

ens_status ens__boosting_fit(void **out, const void *from, const void *params,
                             const ens_fit_args *a, ens_error *err)
{
    job j = {.p = params, .a = a, .n = a->rows.n};
    ens__chain_recipe recipe = {0};
    ens_status st;

    if ((st = ens__boosting_new(&j.m, params, a->task, a->k, err)) != ENS_OK)
        return st;
    j.squared = j.m->loss->type == &ens__squared_loss;
    if ((st = ens__members_check_loss(j.m->loss, "boosting", a, err)) != ENS_OK ||
        (st = ens__boosting_recipe(&recipe, a->learner, err)) != ENS_OK ||
        (st = make_model(&j, from, err)) != ENS_OK ||
        (st = make_rows(&j, err)) != ENS_OK || (st = part_rows(&j, err)) != ENS_OK ||
        (st = plan_draws(&j, err)) != ENS_OK ||
        (st = make_rounds(&j, recipe.member, err)) != ENS_OK ||
        (st = find_start(&j, err)) != ENS_OK ||
        (st = ens__par_crew(a->exec, play, &j, err)) != ENS_OK ||
        (st = ens__boosting_finish(j.m, a->rows.feature, a->exec, err)) != ENS_OK)
        goto done;
    *out = j.m;
    j.m = NULL;
done:
    clear(&j, &recipe);
    return st;
}
