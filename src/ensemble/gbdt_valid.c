/* gbdt_valid.c - rows that tell when to stop: held out of the fit, or of another table.
 *
 * After each round their mean loss, and the metric that was asked for, become a point of the learning curve, which the
 * model keeps.  The fit ends when the metric has not improved for so many rounds, and keeps those up to the best. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/gbdt_job.h>
#include <ensemble/members.h>
#include <ensemble/metric.h>
#include <learn/plan.h>
#include <math.h>
#include <metric/metric.h>
#include <string.h>

typedef ens__gbdt_job job;

static bool by_metric(const job *j)
{
    return ens__gbdt_metrics(j->p) == 2;
}

/* ---- Which rows --------------------------------------------------------------------------------------------- */

ens_status ens__gbdt_hold_out(job *j, ens_error *err)
{
    uint8_t *held = NULL;
    size_t n = 0, t = 0, v = 0;
    ens_status st = ENS_OK;

    if (j->p->n_iter_no_change <= 0 || j->a->valid != NULL)
        return ENS_OK;
    if ((held = ens__zeros(j->n, sizeof *held)) == NULL)
        return ens__nomem(err);
    if ((st = ens__plan_hold_part(&n, held, j->p->validation_fraction, "gbdt", j->a,
                                  err)) != ENS_OK)
        goto done;
    j->n_train = j->n - n;
    j->valid.n = n;
    if ((j->train = ens__array(j->n_train, sizeof *j->train)) == NULL ||
        (j->valid.held = ens__array(n, sizeof *j->valid.held)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (uint32_t i = 0; i < j->n; i++) {
        if (held[i])
            j->valid.held[v++] = i;
        else
            j->train[t++] = i;
    }
done:
    ens__free(held);
    return st;
}

/* ---- Their targets ------------------------------------------------------------------------------------------ */

/* Table row, weight and target of row i of them: of the fit's own, or of the other table. */
static void fill_own(job *j)
{
    ens__gbdt_valid *v = &j->valid;
    const ens_fit_args *a = j->a;

    for (size_t i = 0; i < v->n; i++) {
        uint32_t at = v->held[i], row = a->rows.row[at];

        v->y[i] = j->y[at];
        v->w[i] =
            (j->w != NULL ? j->w[at] : 1) * (a->count != NULL ? (float)a->count[at] : 1);
        v->weight[i] = v->w[i];
        if (v->of_group != NULL)
            v->of_group[i] = a->group[row];
        if (v->offset != NULL)
            v->offset[i] = a->offset[row];
        if (a->label != NULL)
            v->label[i] = a->label[row];
        else
            v->truth[i] = a->y[row];
    }
}

static ens_status fill_other(job *j, ens_error *err)
{
    ens__gbdt_valid *v = &j->valid;
    const ens_valid *from = j->a->valid;
    bool shifts = ens__loss_shifts(j->g->loss);

    for (size_t i = 0; i < v->n; i++) {
        v->w[i] = (float)(v->weight[i] = from->w != NULL ? from->w[i] : 1);
        if (v->of_group != NULL)
            v->of_group[i] = from->group[i];
        if (v->offset != NULL)
            v->offset[i] = from->offset[i];
        if (from->label != NULL) {
            if (from->label[i] < 0)
                return ens__fail(
                    err, ENS_EDATA,
                    "the class of validation row %zu is not among those of training",
                    i + 1);
            v->label[i] = from->label[i];
            v->y[i] = (float)v->label[i];
            continue;
        }
        v->truth[i] = from->y[i];
        v->y[i] =
            (float)((from->y[i] - (shifts && v->offset != NULL ? v->offset[i] : 0)) /
                        j->g->unit -
                    j->g->origin);
        if (!isfinite(v->y[i]))
            return ens__fail(err, ENS_EDATA,
                             "the target %g of validation row %zu is too large",
                             from->y[i], i + 1);
    }
    if (from->label == NULL) {
        const char *(*refuses)(const void *, double) = j->g->loss->type->refuses;
        const char *what;

        for (size_t i = 0; i < v->n && refuses != NULL; i++)
            if ((what = refuses(j->g->loss->params, from->y[i])) != NULL)
                return ens__fail(err, ENS_EDATA,
                                 "loss %s: the target %g of validation row %zu %s",
                                 j->g->loss->type->name, from->y[i], i + 1, what);
    }
    return ENS_OK;
}

/* The metric must suit the task, also before the first tree is grown. */
static ens_status check_metric(job *j, ens_error *err)
{
    ens__metric_params params;
    const ens__metric *metric;
    ens_eval e = {.task = j->a->task, .n = 0, .k = j->a->k};
    ens_status st;

    j->valid.sign = 1;
    if (!by_metric(j))
        return ENS_OK;
    if ((st = ens__metric_parse(&metric, &params, j->p->scoring, err)) != ENS_OK)
        return st;
    if (metric->task != e.task)
        return ens__fail(err, ENS_ERANGE, "gbdt.scoring = %s does not suit %s",
                         j->p->scoring,
                         e.task == ENS_TASK_REGRESSION ? "regression" : "classification");
    j->valid.sign = metric->more_is_better ? -1 : 1;
    return ENS_OK;
}

/* Where groups begin, for a loss that ranks. */
static ens_status find_groups(job *j, ens_error *err)
{
    ens__gbdt_valid *v = &j->valid;
    const ens__loss *loss = j->g->loss;
    ens_status st;

    if ((loss->type->caps & ENS_LOSS_RANKS) == 0)
        return ENS_OK;
    if (v->of_group == NULL)
        return ens__fail(
            err, ENS_EDATA,
            "gbdt: loss %s compares rows within groups: the validation table "
            "has none",
            loss->type->name);
    st = ens__loss_groups(&v->group, &v->n_groups, loss, v->of_group, NULL, v->n, err);
    if (st == ENS_EDATA)
        ens__error_prefix(err, "validation table");
    return st;
}

ens_status ens__gbdt_valid_begin(job *j, ens_error *err)
{
    ens__gbdt_valid *v = &j->valid;
    size_t k = j->g->k, points = (size_t)j->p->n_estimators + 1;
    ens_status st;

    if ((st = check_metric(j, err)) != ENS_OK)
        return st;
    if (j->a->valid != NULL)
        v->n = j->a->valid->rows.n;
    if (v->n == 0)
        return ENS_OK;
    j->g->n_metrics = ens__gbdt_metrics(j->p);
    if ((j->g->curve = ens__array(points * j->g->n_metrics, sizeof *j->g->curve)) ==
            NULL ||
        (v->y = ens__array(v->n, sizeof *v->y)) == NULL ||
        (v->w = ens__array(v->n, sizeof *v->w)) == NULL ||
        (v->score = ens__array(v->n * k, sizeof *v->score)) == NULL ||
        (v->label = ens__zeros(v->n, sizeof *v->label)) == NULL ||
        (v->truth = ens__zeros(v->n, sizeof *v->truth)) == NULL ||
        (v->weight = ens__array(v->n, sizeof *v->weight)) == NULL ||
        (v->pred = ens__array(v->n * j->g->loss->n_outputs, sizeof *v->pred)) == NULL ||
        (v->wide = ens__array(v->n * k, sizeof *v->wide)) == NULL)
        return ens__nomem(err);
    if ((v->held != NULL ? j->a->group : j->a->valid->group) != NULL &&
        (v->of_group = ens__array(v->n, sizeof *v->of_group)) == NULL)
        return ens__nomem(err);
    if (j->a->offset != NULL && (v->offset = ens__array(v->n, sizeof *v->offset)) == NULL)
        return ens__nomem(err);
    if (v->held != NULL)
        fill_own(j);
    else if ((st = fill_other(j, err)) != ENS_OK)
        return st;
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < v->n; i++)
            v->score[c * v->n + i] =
                (float)(j->g->start[c] +
                        (v->offset != NULL && !ens__loss_shifts(j->g->loss) ? v->offset[i]
                                                                            : 0));
    return find_groups(j, err);
}

void ens__gbdt_valid_end(ens__gbdt_valid *v)
{
    ens__free(v->held);
    ens__free(v->y);
    ens__free(v->w);
    ens__free(v->score);
    ens__free(v->label);
    ens__free(v->truth);
    ens__free(v->weight);
    ens__free(v->offset);
    ens__free(v->pred);
    ens__free(v->wide);
    ens__free(v->of_group);
    ens__free(v->group);
}

/* ---- Points of the curve ------------------------------------------------------------------------------------ */

typedef struct adding {
    job *j;
    size_t round;
} adding;

/* The round's trees, for rows of another table; those of the fit's own have them already. */
static ens_status add_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const adding *add = ctx;
    ens__gbdt_valid *v = &add->j->valid;
    ens_rows rows = add->j->a->valid->rows;
    size_t begin = block * ENS__GBDT_ROWS, k = add->j->g->k;
    uint32_t leaf[ENS__GBDT_ROWS];

    (void)worker;
    (void)err;
    rows.row += begin;
    rows.n = v->n - begin < ENS__GBDT_ROWS ? v->n - begin : ENS__GBDT_ROWS;
    for (size_t c = 0; c < k; c++) {
        const ens__tree *tree = add->j->g->tree[add->round * k + c];

        ens__tree_find(tree, &rows, leaf);
        for (size_t i = 0; i < rows.n; i++)
            v->score[c * v->n + begin + i] += (float)tree->node[leaf[i]].value;
    }
    return ENS_OK;
}

ens_status ens__gbdt_valid_add(job *j, size_t round, ens_error *err)
{
    adding add = {j, round};

    if (j->valid.n == 0 || j->valid.held != NULL)
        return ENS_OK;
    return ens__par_for((j->valid.n + ENS__GBDT_ROWS - 1) / ENS__GBDT_ROWS, j->a->exec,
                        NULL, add_block, &add, NULL, err);
}

/* The metric of the scores so far. */
static ens_status score_metric(double *out, job *j, ens_error *err)
{
    ens__gbdt_valid *v = &j->valid;
    size_t k = j->g->k;
    ens_eval e = {.task = j->a->task,
                  .n = v->n,
                  .k = j->a->k,
                  .pred = v->pred,
                  .w = v->weight,
                  .group = v->of_group};

    if (e.task == ENS_TASK_CLASSIFICATION)
        e.label = v->label;
    else
        e.y = v->truth;
    for (size_t i = 0; i < v->n; i++)
        for (size_t c = 0; c < k; c++)
            v->wide[i * k + c] = v->score[c * v->n + i];
    ens__gbdt_link(j->g, v->wide, v->n, v->pred);
    ens__gbdt_choose(j->g, v->n, v->pred);
    if (v->offset != NULL && ens__loss_shifts(j->g->loss))
        for (size_t i = 0; i < v->n; i++)
            v->pred[i] += v->offset[i];
    return ens_metric(out, j->p->scoring, &e, err);
}

static void judge(job *j, size_t rounds, double value)
{
    ens__gbdt_valid *v = &j->valid;
    const double *curve = j->g->curve + j->g->n_metrics - 1;
    double first = fabs(curve[0]), best = v->sign * curve[v->best * j->g->n_metrics];

    if (rounds == 0) {
        v->mark = value;
        return;
    }
    if (v->best == 0 || value < best)
        v->best = rounds;
    v->stale++;
    if (value < v->mark - j->p->tol * first) {
        v->mark = value;
        v->stale = 0;
    }
    j->ended = j->p->n_iter_no_change > 0 && v->stale >= (size_t)j->p->n_iter_no_change;
}

ens_status ens__gbdt_look_up(job *j, size_t rounds, ens_error *err)
{
    ens__gbdt_valid *v = &j->valid;
    size_t m = j->g->n_metrics;
    ens_loss_rows rows = {.n = v->n,
                          .k = j->g->k,
                          .y = v->y,
                          .w = v->w,
                          .score = v->score,
                          .stride = v->n,
                          .group = v->group,
                          .n_groups = v->n_groups,
                          .adapted = j->adapted};
    double *point;
    ens_status st;

    if (v->n == 0)
        return ENS_OK;
    point = j->g->curve + rounds * m;
    for (size_t c = 0; c < j->g->k && v->held != NULL; c++)
        for (size_t i = 0; i < v->n; i++)
            v->score[c * v->n + i] = j->score[c * j->n + v->held[i]];
    if ((st = ens__loss_value(point, j->g->loss, &rows, j->a->exec, err)) != ENS_OK ||
        (m == 2 && (st = score_metric(point + 1, j, err)) != ENS_OK))
        return st;
    j->g->n_curve = rounds + 1;
    judge(j, rounds, v->sign * point[m - 1]);
    return ENS_OK;
}

/* Trees of a model that was added to are its own. */
void ens__gbdt_keep_best(job *j)
{
    ens__gbdt *g = j->g;
    size_t best = j->valid.best > 0 ? j->valid.best : 1;
    size_t old = g->base != NULL ? g->base->n_rounds : 0;

    if (j->valid.n == 0 || j->p->n_iter_no_change <= 0)
        return;
    for (; g->n_rounds > best; g->n_rounds--)
        for (size_t c = 0; c < g->k; c++) {
            size_t t = (g->n_rounds - 1) * g->k + c;

            if (g->n_rounds > old)
                ens__tree_free(g->tree[t]);
            g->tree[t] = NULL;
        }
}
