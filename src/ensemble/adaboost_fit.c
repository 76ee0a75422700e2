/* adaboost_fit.c - the rounds of AdaBoost, as scikit-learn plays them.
 *
 * Rows have weights d, which sum to 1.  Each round fits a member on the rows so weighted, or on as many that are drawn
 * by their weights, and gives more weight to rows on which it errs.  Rows are independent, and sums are over fixed
 * blocks.  A perfect member ends the rounds, and so does one that is no better than guessing, which is left out
 * unless it is the first. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/adaboost.h>
#include <ensemble/members.h>
#include <float.h>
#include <learn/learner.h>
#include <math.h>
#include <num/rng.h>
#include <num/sample.h>
#include <num/stats.h>
#include <string.h>

/* Rows of a task. */
#define TASK_ROWS 4096

typedef struct job {
    const ens__adaboost_params *p;
    const ens_fit_args *a;
    ens__adaboost *m;
    ens__rounds rounds;
    size_t n_old;    /* members that the base has */
    size_t n;        /* rows */
    size_t total;    /* rows, repeats counted */
    double *d;       /* [n] their weights, counts included */
    double *w;       /* [n_table] what members are told; or NULL: rows are drawn */
    uint32_t *drawn; /* [n] */
    double *pred;    /* [n][k] of the member of this round */
    double *loss;    /* [n] classes: whether it errs; numbers: in [0, 1] */
    double *term;    /* [n] of a sum */
    double most;     /* R2: the largest error */
    double factor;   /* SAMME: of the weights of rows that are wrong; R2: beta */
    double sum;      /* of d */
    bool ended;
} job;

/* ---- Passes over the rows ------------------------------------------------------------------------------ */

typedef void (*pass_fn)(job *j, size_t begin, size_t end);

typedef struct pass {
    job *j;
    pass_fn fn;
} pass;

static ens_status pass_task(void *ctx, size_t task, unsigned worker, ens_error *err)
{
    const pass *p = ctx;
    size_t begin = task * TASK_ROWS, n = p->j->n;

    (void)worker;
    (void)err;
    p->fn(p->j, begin, n - begin < TASK_ROWS ? n : begin + TASK_ROWS);
    return ENS_OK;
}

static ens_status over_rows(job *j, pass_fn fn, ens_error *err)
{
    pass p = {j, fn};

    return ens__par_for((j->n + TASK_ROWS - 1) / TASK_ROWS, &j->rounds.exec, NULL,
                        pass_task, &p, NULL, err);
}

/* Where a row costs a few operations it is sooner done than shared out. */

/* d sums to 1, but no row is given up for ever */
static void normalise(job *j)
{
    const uint32_t *count = j->a->count;

    for (size_t i = 0; i < j->n; i++)
        j->d[i] = fmax(j->d[i] / j->sum,
                       count != NULL ? count[i] * DBL_EPSILON : DBL_EPSILON);
}

/* What members are told of each row: weights whose mean is 1. */
static void tell(job *j)
{
    const ens_fit_args *a = j->a;

    for (size_t i = 0; i < j->n; i++) {
        double count = a->count != NULL ? a->count[i] : 1;

        j->w[a->rows.row[i]] = j->d[i] / count * (double)j->total;
    }
}

static void judge_classes(job *j)
{
    size_t k = j->m->k;

    for (size_t i = 0; i < j->n; i++) {
        int32_t label = j->a->label[j->a->rows.row[i]];

        j->loss[i] = ens_argmax(j->pred + i * k, k) != (size_t)label;
        j->term[i] = j->d[i] * j->loss[i];
    }
}

static void judge_numbers(job *j)
{
    j->most = 0;
    for (size_t i = 0; i < j->n; i++) {
        j->loss[i] = fabs(j->a->y[j->a->rows.row[i]] - j->pred[i]);
        j->most = fmax(j->most, j->loss[i]);
    }
}

/* Errors become losses in [0, 1]; Drucker (1997), step 4. */
static void scale_losses(job *j, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        double loss = j->most > 0 ? j->loss[i] / j->most : 0;

        if (j->p->loss == ENS__LOSS_SQUARE)
            loss *= loss;
        else if (j->p->loss == ENS__LOSS_EXPONENTIAL)
            loss = 1 - exp(-loss);
        j->loss[i] = loss;
        j->term[i] = j->d[i] * loss;
    }
}

static void boost_wrong(job *j)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->loss[i] > 0)
            j->d[i] *= j->factor;
}

/* d *= exp(-rate (k - 1) / k sum over c of code[c] log p[c]), where code is 1 for the row's class and -1 / (k - 1)
 * for others; Zhu et al. (2009), algorithm 4 */
static void boost_by_probability(job *j, size_t begin, size_t end)
{
    size_t k = j->m->k;
    double rate = j->p->learning_rate * (double)(k - 1) / (double)k;

    for (size_t i = begin; i < end; i++) {
        size_t label = (size_t)j->a->label[j->a->rows.row[i]];
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += log(fmax(j->pred[i * k + c], DBL_EPSILON)) *
                   (c == label ? 1 : -1 / (double)(k - 1));
        j->d[i] *= exp(-rate * sum);
    }
}

/* d *= beta^((1 - loss) rate) */
static void boost_by_loss(job *j, size_t begin, size_t end)
{
    double log_beta = log(j->factor) * j->p->learning_rate;

    for (size_t i = begin; i < end; i++)
        j->d[i] *= exp((1 - j->loss[i]) * log_beta);
}

/* ---- One round ------------------------------------------------------------------------------------------ */

/* The next member: of a model to add to, or fitted. */
static ens_status make_member(job *j, size_t t, ens_error *err)
{
    ens__round round = {.seed = ens_seed(j->a->seed, ENS__FOR_MEMBER, t), .w = j->w};
    ens_fitted member;
    ens__stream s;
    ens_status st = ENS_OK;

    if (t < j->n_old)
        return ENS_OK;
    if (j->w != NULL) {
        tell(j);
    } else {
        ens__stream_init(&s, j->a->seed, ENS__FOR_BOOTSTRAP, t);
        st = ens__sample_weighted(j->drawn, j->d, j->n, j->total, &s, err);
        round.drawn = j->drawn;
    }
    if (st == ENS_OK &&
        (st = ens__rounds_fit(&member, &j->rounds, &round, err)) == ENS_OK)
        ens__chain_add(j->m->chain, member);
    return st;
}

/* Its predictions of all rows, their losses, and its error: their mean by weight. */
static ens_status judge(job *j, size_t t, ens_error *err)
{
    ens_status st = ens__rounds_predict(j->pred, &j->rounds, &j->m->chain->fit[t], err);

    if (st != ENS_OK)
        return st;
    if (j->m->kind != ENS__R2) {
        judge_classes(j);
    } else {
        judge_numbers(j);
        if ((st = over_rows(j, scale_losses, err)) != ENS_OK)
            return st;
    }
    j->m->error[t] = fmin(ens__sum(j->term, j->n), 1);
    return ENS_OK;
}

/* The weight of a member's vote, of one that is neither perfect nor too weak; and what the weights of rows become. */
static ens_status boost(job *j, size_t t, ens_error *err)
{
    double error = j->m->error[t], rate = j->p->learning_rate, odds = (1 - error) / error;
    ens_status st = ENS_OK;

    switch (j->m->kind) {
    case ENS__SAMME:
        j->m->weight[t] = rate * (log(odds) + log((double)j->m->k - 1));
        j->factor = exp(j->m->weight[t]);
        boost_wrong(j);
        break;
    case ENS__SAMME_R:
        j->m->weight[t] = 1;
        st = over_rows(j, boost_by_probability, err);
        break;
    default:
        j->m->weight[t] = rate * log(odds);
        j->factor = 1 / odds;
        st = over_rows(j, boost_by_loss, err);
    }
    if (st != ENS_OK)
        return st;
    j->sum = ens__sum(j->d, j->n);
    j->ended = !isfinite(j->sum) || !(j->sum > 0);
    if (!j->ended)
        normalise(j);
    return ENS_OK;
}

/* The error from which a member is no better than guessing. */
static double weak_error(const ens__adaboost *m)
{
    return m->kind == ENS__R2      ? 0.5
           : m->kind == ENS__SAMME ? 1 - 1 / (double)m->k
                                   : INFINITY;
}

/* Take back the last member. */
static void drop_last(job *j)
{
    ens__chain *chain = j->m->chain;

    ens_fitted_clear(&chain->fit[--chain->n]);
}

static ens_status play_round(job *j, size_t t, ens_error *err)
{
    ens_status st;

    if ((st = make_member(j, t, err)) != ENS_OK || (st = judge(j, t, err)) != ENS_OK)
        return st;
    if (j->m->error[t] > 0 && j->m->error[t] < weak_error(j->m))
        return boost(j, t, err);
    j->ended = true;
    j->m->weight[t] = 1;
    if (j->m->error[t] > 0 && t > 0)
        drop_last(j);
    return ENS_OK;
}

/* ---- All rounds ----------------------------------------------------------------------------------------- */

/* Will the members fit into memory, if all are like the first? */
static ens_status check_memory(const job *j, ens_error *err)
{
    const ens__chain *chain = j->m->chain;
    size_t n = chain->cap - j->n_old;

    if (chain->n != j->n_old + 1)
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
    if ((st = play_round(j, t, err)) != ENS_OK)
        return st;
    return check_memory(j, err);
}

/* By a crew, since a round has many short loops. */
static ens_status play(void *ctx, ens_error *err)
{
    job *j = ctx;

    return ens__members_play(j->m->chain->cap, j->a->exec, round_task, j, err);
}

/* Whether members are told weights, or get rows that are drawn. */
static ens_status choose_way(bool *draws, const job *j, const ens_learner *member,
                             ens_error *err)
{
    bool takes = (ens__learner_caps(member) & ENS_TAKES_WEIGHTS) != 0;

    *draws = j->p->resample == ENS__RESAMPLE_TRUE ||
             (j->p->resample == ENS__RESAMPLE_AUTO && (!takes || j->m->kind == ENS__R2));
    if (!*draws && !takes)
        return ens__fail(err, ENS_ESUPPORT,
                         "adaboost.resample = false, but its member %s takes no weights",
                         ens_learner_name(member));
    return ENS_OK;
}

static ens_status make_rows(job *j, bool draws, ens_error *err)
{
    const ens_fit_args *a = j->a;

    if ((j->d = ens__array(j->n, sizeof *j->d)) == NULL ||
        (draws && (j->drawn = ens__array(j->n, sizeof *j->drawn)) == NULL) ||
        (!draws && (j->w = ens__zeros(a->n_table, sizeof *j->w)) == NULL) ||
        (j->pred = ens__array(j->n * a->k, sizeof *j->pred)) == NULL ||
        (j->loss = ens__array(j->n, sizeof *j->loss)) == NULL ||
        (j->term = ens__array(j->n, sizeof *j->term)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < j->n; i++) {
        j->d[i] = ens_fit_weight(a, i);
        j->total += a->count != NULL ? a->count[i] : 1;
    }
    j->sum = ens__sum(j->d, j->n);
    normalise(j);
    return ENS_OK;
}

static ens_status make_model(job *j, const ens__adaboost *from, ens_error *err)
{
    ens__adaboost *m = j->m;
    size_t most = (size_t)j->p->n_estimators;

    if (from != NULL && from->chain->n >= most)
        return ens__fail(
            err, ENS_ERANGE,
            "%s.n_estimators = %zu is not above the %zu members that the model has",
            ens_learner_name(j->a->learner), most, from->chain->n);
    if ((m->chain = ens__chain_new(most, j->a->rows.p)) == NULL ||
        (m->weight = ens__zeros(most, sizeof *m->weight)) == NULL ||
        (m->error = ens__zeros(most, sizeof *m->error)) == NULL)
        return ens__nomem(err);
    if (from != NULL) {
        ens__chain_share(m->chain, from->chain);
        j->n_old = from->chain->n;
    }
    return ENS_OK;
}

static void clear(job *j, ens__chain_recipe *recipe)
{
    ens__rounds_clear(&j->rounds);
    ens__chain_recipe_clear(recipe);
    ens__free(j->d);
    ens__free(j->w);
    ens__free(j->drawn);
    ens__free(j->pred);
    ens__free(j->loss);
    ens__free(j->term);
    ens__adaboost_free(j->m);
}

ens_status ens__adaboost_fit(void **out, const void *from, const void *params,
                             const ens_fit_args *a, ens_error *err)
{
    job j = {.p = params, .a = a, .n = a->rows.n};
    ens__chain_recipe recipe = {0};
    bool draws;
    ens_status st;

    if ((j.m = ens__adaboost_new(ens__adaboost_kind_of(params, a->task), a->k)) == NULL)
        return ens__nomem(err);
    if ((st = ens__adaboost_recipe(&recipe, a->learner, a->task, err)) != ENS_OK ||
        (st = choose_way(&draws, &j, recipe.member, err)) != ENS_OK ||
        (st = ens__rounds_make(&j.rounds, recipe.member, a, err)) != ENS_OK ||
        (st = make_model(&j, from, err)) != ENS_OK ||
        (st = make_rows(&j, draws, err)) != ENS_OK ||
        (st = ens__par_crew(a->exec, play, &j, err)) != ENS_OK ||
        (st = ens__adaboost_finish(j.m, a->rows.feature, a->exec, err)) != ENS_OK)
        goto done;
    *out = j.m;
    j.m = NULL;
done:
    clear(&j, &recipe);
    return st;
}
