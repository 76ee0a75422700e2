/* boosting_step.c - how far to go along a member: leaf by leaf for trees, by line search for others.
 *
 * A tree's leaves each get a step of their own (Friedman 2001, 4.3 to 4.6): the one that the loss names, such as the
 * median of the residuals, or Newton's, -sum g / sum h.  Others get one step, rho = argmin sum L(y, F + rho f)
 * (algorithm 1, line 5): the losses are convex in it, so its slope, sum g f, is brought to 0 by Newton's method between
 * bounds. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/boosting.h>
#include <math.h>
#include <num/stats.h>
#include <string.h>

/* ---- Leaves ------------------------------------------------------------------------------------------- */

typedef struct renewal {
    const ens__boosting_step *s;
    ens__tree *tree;
    size_t *start;   /* [n_nodes + 1] the first of each leaf's rows in order */
    uint32_t *order; /* [rows drawn] by leaf */
    float *r, *w;    /* [rows drawn] residuals and weights, in that order */
} renewal;

static bool is_drawn(const ens__boosting_step *s, size_t i)
{
    return s->drawn == NULL || s->drawn[i] > 0;
}

/* Rows by leaf, those of one leaf in their order. */
static void sort_rows(renewal *v, const uint32_t *leaf)
{
    size_t n = v->s->rows.n, nodes = v->tree->n_nodes;

    memset(v->start, 0, (nodes + 1) * sizeof *v->start);
    for (size_t i = 0; i < n; i++)
        v->start[leaf[i] + 1] += is_drawn(v->s, i);
    for (size_t l = 0; l < nodes; l++)
        v->start[l + 1] += v->start[l];
    for (size_t i = 0; i < n; i++)
        if (is_drawn(v->s, i))
            v->order[v->start[leaf[i]]++] = (uint32_t)i;
    for (size_t l = nodes; l > 0; l--)
        v->start[l] = v->start[l - 1];
    v->start[0] = 0;
}

static double newton_step(const renewal *v, size_t begin, size_t end)
{
    const ens__boosting_step *s = v->s;
    const float *g = s->g + s->c * s->rows.stride, *h = s->h + s->c * s->rows.stride;
    double up = 0, down = 0;

    for (size_t i = begin; i < end; i++) {
        up -= g[v->order[i]];
        down += h[v->order[i]];
    }
    return down > 0 ? up / down : 0;
}

/* The step that the loss names. */
static double own_step(const renewal *v, size_t begin, size_t end)
{
    const ens_loss_rows *rows = &v->s->rows;
    const float *score = rows->score + v->s->c * rows->stride;

    for (size_t i = begin; i < end; i++) {
        v->r[i] = rows->y[v->order[i]] - score[v->order[i]];
        if (rows->w != NULL)
            v->w[i] = rows->w[v->order[i]];
    }
    return v->s->loss->type->leaf(v->s->loss->params, v->s->c, rows->adapted,
                                  v->r + begin, rows->w != NULL ? v->w + begin : NULL,
                                  end - begin);
}

static ens_status renew_leaf(void *ctx, size_t l, unsigned worker, ens_error *err)
{
    const renewal *v = ctx;
    size_t begin = v->start[l], end = v->start[l + 1];

    (void)worker;
    (void)err;
    if (begin < end)
        v->tree->node[l].value = v->s->loss->type->leaf != NULL
                                     ? own_step(v, begin, end)
                                     : newton_step(v, begin, end);
    return ENS_OK;
}

ens_status ens__boosting_renew(ens__tree *tree, const uint32_t *leaf,
                               const ens__boosting_step *s, ens_error *err)
{
    renewal v = {.s = s, .tree = tree};
    size_t n = s->rows.n;
    ens_status st;

    if ((v.start = ens__array(tree->n_nodes + 1, sizeof *v.start)) == NULL ||
        (v.order = ens__array(n, sizeof *v.order)) == NULL ||
        (v.r = ens__array(n, sizeof *v.r)) == NULL ||
        (v.w = ens__array(n, sizeof *v.w)) == NULL) {
        st = ens__nomem(err);
    } else {
        sort_rows(&v, leaf);
        st = ens__par_for(tree->n_nodes, s->exec, NULL, renew_leaf, &v, NULL, err);
    }
    ens__free(v.start);
    ens__free(v.order);
    ens__free(v.r);
    ens__free(v.w);
    return st;
}

/* ---- Line search -------------------------------------------------------------------------------------- */

/* Gradients are looked at so often at most. */
#define MOST_STEPS 25
/* Of the first slope: below that it is 0. And of a bound: nearer ones are equal. */
#define NEAR 1e-3
/* Steps are not longer. */
#define LONGEST 1e6

typedef struct search {
    const ens__boosting_step *s;
    const double *pred;
    float *score; /* [k][n] at the step that is tried */
    float *g, *h; /* [k][n] */
    double *term; /* [n] */
    double slope, curvature;
} search;

/* slope = sum g f, curvature = sum h f^2 */
static void add_up(search *q, const float *g, const float *h)
{
    size_t n = q->s->rows.n;

    for (size_t i = 0; i < n; i++)
        q->term[i] = g[i] * q->pred[i];
    q->slope = ens__sum(q->term, n);
    for (size_t i = 0; i < n; i++)
        q->term[i] = h[i] * q->pred[i] * q->pred[i];
    q->curvature = ens__sum(q->term, n);
}

/* Slope and curvature at a step. */
static ens_status look(search *q, double step, ens_error *err)
{
    const ens__boosting_step *s = q->s;
    size_t n = s->rows.n;
    const float *from = s->rows.score + s->c * s->rows.stride;
    float *to = q->score + s->c * n;
    ens_loss_rows rows = s->rows;
    ens_status st;

    for (size_t i = 0; i < n; i++)
        to[i] = (float)(from[i] + step * q->pred[i]);
    rows.score = q->score;
    rows.stride = n;
    if ((st = ens__loss_gradient(q->g, q->h, s->loss, &rows, s->exec, err)) == ENS_OK)
        add_up(q, q->g + s->c * n, q->h + s->c * n);
    return st;
}

/* The step at which the slope is 0, from one of which it is known to be below. */
static ens_status find_step(double *out, search *q, ens_error *err)
{
    double first = fabs(q->slope), low = 0, high = INFINITY, next;
    double step = q->curvature > 0 ? fmin(first / q->curvature, LONGEST) : 1;
    ens_status st = ENS_OK;

    for (int i = 0; i < MOST_STEPS; i++) {
        if ((st = look(q, step, err)) != ENS_OK)
            return st;
        if (fabs(q->slope) <= NEAR * first)
            break;
        *(q->slope < 0 ? &low : &high) = step;
        if ((isfinite(high) && high - low <= NEAR * high) || low >= LONGEST)
            break;
        next = q->curvature > 0 ? step - q->slope / q->curvature : NAN;
        if (!(next > low && next < high))
            next = isfinite(high) ? low + (high - low) / 2 : 2 * step;
        step = fmin(next, LONGEST);
    }
    *out = step;
    return ENS_OK;
}

ens_status ens__boosting_search(double *out, const double *pred,
                                const ens__boosting_step *s, ens_error *err)
{
    size_t n = s->rows.n, k = s->rows.k, stride = s->rows.stride;
    search q = {.s = s, .pred = pred};
    ens_status st = ENS_OK;

    if ((q.score = ens__array(k * n, sizeof *q.score)) == NULL ||
        (q.g = ens__array(k * n, sizeof *q.g)) == NULL ||
        (q.h = ens__array(k * n, sizeof *q.h)) == NULL ||
        (q.term = ens__array(n, sizeof *q.term)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t c = 0; c < k; c++)
        memcpy(q.score + c * n, s->rows.score + c * stride, n * sizeof *q.score);
    add_up(&q, s->g + s->c * stride, s->h + s->c * stride);
    *out = 0;
    if (q.slope < 0)
        st = find_step(out, &q, err);
done:
    ens__free(q.score);
    ens__free(q.g);
    ens__free(q.h);
    ens__free(q.term);
    return st;
}
