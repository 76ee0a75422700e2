/* selection.c - the learner `selection`: of a library of members those whose mean is best by a metric, on rows that
 * they had not seen.
 *
 * Caruana, Niculescu-Mizil, Crew and Ksikes (2004), "Ensemble selection from libraries of models": forward, with
 * replacement, so that a member's weight is how often it was taken; from the best few members on; and bagged, each bag
 * seeing a part of the library at random, against members that fit the folds by chance. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <core/str.h>
#include <ensemble/stack.h>
#include <math.h>
#include <metric/metric.h>
#include <num/rng.h>
#include <num/sample.h>
#include <string.h>

typedef struct selection_params {
    ens__stack_spec spec;
    char *scoring;
    int64_t rounds, bags, n_init;
    double bag_fraction;
} selection_params;

static const ens_param table[] = {
    ENS__STACK_ROWS(selection_params),
    ENS_ROW(ENS_PARAM_TEXT, selection_params, scoring, "auto", 0, 0, "", "metric",
            "the metric to select by; auto: log_loss, or rmse"),
    ENS_ROW(ENS_PARAM_INT, selection_params, rounds, "25", 1, 10000, "",
            "ensemble_size,n_iterations",
            "members to take in each bag, with replacement"),
    ENS_ROW(ENS_PARAM_INT, selection_params, bags, "10", 1, 10000, "", "",
            "selections, each from a part of the library at random"),
    ENS_ROW(ENS_PARAM_REAL, selection_params, bag_fraction, "0.5", 0.001, 1, "", "",
            "the part of the library that a bag sees"),
    ENS_ROW(ENS_PARAM_INT, selection_params, n_init, "1", 1, 64, "", "",
            "best members to begin a bag with"),
    ENS_PARAM_LAST};

/* ---- Scores ------------------------------------------------------------------------------------------------ */

/* The tested rows beside the truth, side by side, and a sum of members in each worker's hands. */
typedef struct judge {
    const ens__stacking *j;
    const ens__metric *metric;
    ens__metric_params params;
    ens_eval eval; /* but for its predictions */
    int32_t *label;
    double *y, *w, *pred; /* pred[n_left][n][k] */
    uint32_t *group;
    double *work; /* [workers][n][k] */
    unsigned workers;
    size_t cells; /* n k */
} judge;

static void judge_clear(judge *g)
{
    ens__free(g->label);
    ens__free(g->y);
    ens__free(g->w);
    ens__free(g->pred);
    ens__free(g->group);
    ens__free(g->work);
}

static ens_status judge_rows(judge *g, ens_error *err)
{
    const ens__stacking *j = g->j;
    const ens_fit_args *a = j->a;
    size_t n = j->n_tested, k = j->oof.k;

    g->cells = n * k;
    g->workers = ens__par_workers(j->n_left, a->exec);
    if ((g->label = ens__array(n, sizeof *g->label)) == NULL ||
        (g->y = ens__array(n, sizeof *g->y)) == NULL ||
        (g->w = ens__array(n, sizeof *g->w)) == NULL ||
        (g->group = ens__array(n, sizeof *g->group)) == NULL ||
        (g->pred = ens__array(j->n_left * g->cells, sizeof *g->pred)) == NULL ||
        (g->work = ens__array(g->workers * g->cells, sizeof *g->work)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        size_t row = a->rows.row[j->tested[i]];

        g->label[i] = a->label != NULL ? a->label[row] : 0;
        g->y[i] = a->y != NULL ? a->y[row] : 0;
        g->w[i] = ens__stack_row_weight(j, i);
        g->group[i] = a->group != NULL ? a->group[row] : 0;
        for (size_t l = 0; l < j->n_left; l++)
            memcpy(g->pred + l * g->cells + i * k,
                   ens__oof_of(&j->oof, j->left[l]) + j->tested[i] * k,
                   k * sizeof *g->pred);
    }
    g->eval = (ens_eval){.task = a->task,
                         .n = n,
                         .k = k,
                         .label = a->label != NULL ? g->label : NULL,
                         .y = a->y != NULL ? g->y : NULL,
                         .w = g->w,
                         .group = a->group != NULL ? g->group : NULL};
    return ENS_OK;
}

static ens_status judge_make(judge *g, const ens__stacking *j, const char *scoring,
                             ens_error *err)
{
    bool classes = j->a->label != NULL;
    ens_status st;

    *g = (judge){.j = j};
    if (strcmp(scoring, "auto") == 0)
        scoring = classes ? "log_loss" : "rmse";
    if ((st = judge_rows(g, err)) != ENS_OK)
        return st;
    g->eval.pred = g->pred;
    if ((st = ens__metric_parse(&g->metric, &g->params, scoring, err)) != ENS_OK ||
        (st = ens__metric_check(g->metric, &g->eval, err)) != ENS_OK)
        if (st != ENS_ENOMEM)
            ens__error_prefix(err, "selection.scoring");
    return st;
}

/* The score of predictions, less is better. */
static ens_status score(double *out, const judge *g, const double *pred, ens_error *err)
{
    ens_eval eval = g->eval;
    ens_status st;

    eval.pred = pred;
    if ((st = ens__metric_score(out, g->metric, &g->params, &eval, err)) == ENS_OK &&
        g->metric->more_is_better)
        *out = -*out;
    return st;
}

/* ---- One bag ----------------------------------------------------------------------------------------------- */

typedef struct bag {
    const judge *g;
    const double *sum; /* [cells] of the members taken so far */
    size_t taken;
    const uint32_t *candidate; /* [n] among those left */
    double *value;             /* [n] */
} bag;

/* What the mean would be worth with candidate i in it. */
static ens_status try_member(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const bag *b = ctx;
    const judge *g = b->g;
    const double *one = g->pred + b->candidate[i] * g->cells;
    double *mean = g->work + worker * g->cells, n = (double)(b->taken + 1);

    for (size_t c = 0; c < g->cells; c++)
        mean[c] = (b->sum[c] + one[c]) / n;
    return score(&b->value[i], g, mean, err);
}

/* Candidates by what they are worth beside those taken: the first of equals. */
static ens_status best_member(size_t *out, const bag *b, size_t n, ens_error *err)
{
    ens_exec exec = {.threads = b->g->workers};
    ens_status st =
        ens__par_for(n, &exec, NULL, try_member, (void *)(uintptr_t)b, NULL, err);

    *out = 0;
    for (size_t i = 1; i < n && st == ENS_OK; i++)
        if (b->value[i] < b->value[*out])
            *out = i;
    return st;
}

/* count[n_left] += how often a bag takes each, up to the round in which it is best. */
static ens_status select_in_bag(double *count, const judge *g, const selection_params *p,
                                const uint32_t *candidate, size_t n, ens_error *err)
{
    size_t rounds = (size_t)p->rounds,
           init = (size_t)p->n_init < n ? (size_t)p->n_init : n;
    double *sum = ens__zeros(g->cells, sizeof *sum);
    double *value = ens__array(n, sizeof *value), least = INFINITY;
    size_t *order = ens__array(rounds + init, sizeof *order), kept = 0, at;
    bag b = {g, sum, 0, candidate, value};
    ens_status st = ENS_OK;

    if (sum == NULL || value == NULL || order == NULL)
        st = ens__nomem(err);
    if (st == ENS_OK)
        st = best_member(&at, &b, n, err); /* each alone */
    for (size_t i = 0; i < init && st == ENS_OK; i++) {
        for (size_t c = 0; c < n; c++)
            at = value[c] < value[at] ? c : at;
        if (i == 0)
            least = value[at];
        order[b.taken++] = candidate[at];
        for (size_t c = 0; c < g->cells; c++)
            sum[c] += g->pred[candidate[at] * g->cells + c];
        value[at] = INFINITY;
    }
    if (init == 1)
        kept = 1;
    else
        least = INFINITY; /* it is not known yet what they are worth together */
    while (b.taken < rounds + init - 1 && st == ENS_OK) {
        if ((st = best_member(&at, &b, n, err)) != ENS_OK)
            break;
        order[b.taken++] = candidate[at];
        for (size_t c = 0; c < g->cells; c++)
            sum[c] += g->pred[candidate[at] * g->cells + c];
        if (value[at] < least) {
            least = value[at];
            kept = b.taken;
        }
    }
    kept = kept > 0 ? kept : b.taken;
    for (size_t i = 0; i < kept && st == ENS_OK; i++)
        count[order[i]] += 1 / (double)kept;
    ens__free(sum);
    ens__free(value);
    ens__free(order);
    return st;
}

/* ---- All bags ---------------------------------------------------------------------------------------------- */

/* The mean of members by weight[n_left], and what it is worth. */
static ens_status score_weights(double *out, const judge *g, const double *weight,
                                ens_error *err)
{
    memset(g->work, 0, g->cells * sizeof *g->work);
    for (size_t l = 0; l < g->j->n_left; l++)
        for (size_t c = 0; c < g->cells && weight[l] > 0; c++)
            g->work[c] += weight[l] * g->pred[l * g->cells + c];
    return score(out, g, g->work, err);
}

/* Bags that are worth less than the best member alone give way to it. */
static ens_status never_worse(double *weight, const judge *g, ens_error *err)
{
    size_t n = g->j->n_left, best = 0;
    double all, one, least = INFINITY;
    ens_status st = score_weights(&all, g, weight, err);

    for (size_t l = 0; l < n && st == ENS_OK; l++)
        if ((st = score(&one, g, g->pred + l * g->cells, err)) == ENS_OK && one < least) {
            least = one;
            best = l;
        }
    for (size_t l = 0; l < n && !(all <= least); l++)
        weight[l] = l == best;
    return st;
}

static ens_status select_members(ens__stacking *j, const void *ctx, ens_error *err)
{
    const selection_params *p = ctx;
    size_t n = j->n_left, bags = p->bag_fraction < 1 ? (size_t)p->bags : 1;
    size_t m = (size_t)ceil(p->bag_fraction * (double)n);
    uint32_t *candidate = ens__array(n, sizeof *candidate);
    double *weight = ens__zeros(n, sizeof *weight);
    judge g = {0};
    ens_status st = candidate != NULL && weight != NULL ? ENS_OK : ens__nomem(err);

    if (st == ENS_OK)
        st = judge_make(&g, j, p->scoring != NULL ? p->scoring : "auto", err);
    for (size_t b = 0; b < bags && st == ENS_OK; b++) {
        ens__stream s;

        ens__stream_init(&s, j->a->seed, ENS__FOR_FEATURES, b);
        ens__sample_choose(candidate, m, n, &s);
        st = select_in_bag(weight, &g, p, candidate, m, err);
    }
    for (size_t l = 0; l < n && st == ENS_OK; l++)
        weight[l] /= (double)bags;
    if (st == ENS_OK && (st = never_worse(weight, &g, err)) == ENS_OK)
        for (size_t l = 0; l < n; l++)
            j->weight[j->left[l]] = weight[l];
    judge_clear(&g);
    ens__free(candidate);
    ens__free(weight);
    return st;
}

/* ---- The type ---------------------------------------------------------------------------------------------- */

static ens_status check(const void *params, ens_error *err)
{
    const selection_params *p = params;
    const ens__metric *metric;
    ens__metric_params of_metric;
    ens_status st = ens__folds_check(p->spec.cv, "selection.cv", err);

    if (st != ENS_OK || p->scoring == NULL || strcmp(p->scoring, "auto") == 0)
        return st;
    if ((st = ens__metric_parse(&metric, &of_metric, p->scoring, err)) != ENS_OK &&
        st != ENS_ENOMEM)
        ens__error_prefix(err, "selection.scoring");
    return st;
}

ens_status ens__selection_fit(void **out, const ens_fit_args *a, ens__oof *given,
                              ens_error *err)
{
    const selection_params *p = ens_learner_params(a->learner);
    ens__stack_how how = {.weigh = select_members, .ctx = p, .given = given};

    return ens__stack_fit(out, &p->spec, &how, a, err);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    (void)params;
    return ens__selection_fit(out, a, NULL, err);
}

static ens_status read_selection(void **out, const ens_read_args *a, ens_error *err)
{
    return ens__stack_read(out, &(ens__stack_form){ENS__COMBINE_MEAN, false, false}, a,
                           err);
}

const ens_learner_type ens__selection_type = {
    .abi = ENS_EXT_ABI,
    .name = "selection",
    .help =
        "of members of any recipes those whose mean is best by a metric on unseen rows",
    .caps = ENS_CLASSIFIES | ENS_REGRESSES | ENS_OF_MEMBERS | ENS_TAKES_LONG_BLOCKS,
    .min_members = 1,
    .max_members = 64,
    .params = table,
    .params_size = sizeof(selection_params),
    .check = check,
    .fit = fit,
    .predict = ens__stack_predict,
    .scratch_size = ens__stack_scratch,
    .write = ens__stack_write,
    .read = read_selection,
    .free = ens__stack_free,
    .describe = ens__stack_describe,
    .bytes = ens__stack_bytes,
};
