/* mix.c - weights that make one prediction of many: least squares and likelihood without negative weights.
 *
 * The quadratic problem is solved exactly by Lawson and Hanson's active set on the normal equations (Bro and de Jong
 * 1997).  The likelihood of a mixture is as in Kim, Carbonetto, Stephens and Anitescu (2020): with the sum of the
 * weights added to the objective, the constraint that they sum to 1 holds by itself, and Newton steps are quadratic
 * problems. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <num/mix.h>
#include <num/solve.h>
#include <string.h>

/* Rows of a block, whose sums are added in order. */
#define ROWS  ((size_t)2048)
#define STEPS 60
/* What is below it in a gradient of mean losses is no descent. */
#define TOL 1e-9

/* ---- Quadratic ------------------------------------------------------------------------------------------ */

typedef struct active {
    const double *a, *b;
    size_t q, n;   /* columns; those in use */
    size_t *use;   /* [n] ascending */
    bool *barred;  /* [q] brought nothing when they were tried */
    double *l, *s; /* [q][q] factor of the columns in use, [q] solution */
    bool *aliased; /* [q] */
} active;

static ens_status active_init(active *t, const double *a, const double *b, size_t q,
                              ens_error *err)
{
    *t = (active){.a = a,
                  .b = b,
                  .q = q,
                  .use = ens__array(q, sizeof *t->use),
                  .barred = ens__zeros(q, sizeof *t->barred),
                  .l = ens__array(q * q, sizeof *t->l),
                  .s = ens__array(q, sizeof *t->s),
                  .aliased = ens__array(q, sizeof *t->aliased)};
    return t->use != NULL && t->barred != NULL && t->l != NULL && t->s != NULL &&
                   t->aliased != NULL
               ? ENS_OK
               : ens__nomem(err);
}

static void active_clear(active *t)
{
    ens__free(t->use);
    ens__free(t->barred);
    ens__free(t->l);
    ens__free(t->s);
    ens__free(t->aliased);
}

/* s = the least squares solution of the columns in use. */
static void solve(active *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t j = 0; j <= i; j++)
            t->l[i * t->n + j] = t->a[t->use[i] * t->q + t->use[j]];
        t->s[i] = t->b[t->use[i]];
        t->aliased[i] = false;
    }
    ens__chol_factor(t->l, t->n, 1e-12, t->aliased);
    ens__chol_solve(t->l, t->n, t->aliased, t->s);
}

static void put_in(active *t, size_t j)
{
    size_t at = t->n++;

    for (; at > 0 && t->use[at - 1] > j; at--)
        t->use[at] = t->use[at - 1];
    t->use[at] = j;
}

/* Take out those whose weight has come to nothing. */
static void take_out(active *t, double *x)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (x[t->use[i]] > 0)
            t->use[n++] = t->use[i];
        else
            x[t->use[i]] = 0;
    }
    t->n = n;
}

/* The column whose weight is to grow: that of the steepest descent; q if there is none. */
static size_t steepest(const active *t, const double *x)
{
    size_t best = t->q;
    double most = 0;

    for (size_t j = 0; j < t->q; j++) {
        double slope = t->b[j];

        if (x[j] > 0 || t->barred[j])
            continue;
        for (size_t i = 0; i < t->n; i++)
            slope -= t->a[j * t->q + t->use[i]] * x[t->use[i]];
        if (slope > most && slope > 1e-14 * fabs(t->b[j])) {
            most = slope;
            best = j;
        }
    }
    return best;
}

/* Move x towards s as far as no weight becomes negative; true if that was all the way. */
static bool move(active *t, double *x)
{
    double part = 1;
    size_t limit = t->n;

    for (size_t i = 0; i < t->n; i++) {
        double now = x[t->use[i]];

        if (!(t->s[i] > 0) && now / (now - t->s[i]) < part) {
            part = now / (now - t->s[i]);
            limit = i;
        }
    }
    for (size_t i = 0; i < t->n; i++)
        x[t->use[i]] += part * (t->s[i] - x[t->use[i]]);
    if (limit < t->n)
        x[t->use[limit]] = 0;
    take_out(t, x);
    return limit == t->n;
}

ens_status ens__mix_nonnegative(double *x, const double *a, const double *b, size_t q,
                                ens_error *err)
{
    active t;
    size_t j;
    ens_status st = active_init(&t, a, b, q, err);

    memset(x, 0, q * sizeof *x);
    for (size_t tries = 0;
         st == ENS_OK && tries < 10 * q + 10 && (j = steepest(&t, x)) < q; tries++) {
        size_t at = 0;

        put_in(&t, j);
        solve(&t);
        while (t.use[at] != j)
            at++;
        if (t.aliased[at] || !(t.s[at] > 0)) { /* rounding alone made it look like one */
            t.barred[j] = true;
            take_out(&t, x);
            continue;
        }
        while (!move(&t, x) && t.n > 0)
            solve(&t);
        memset(t.barred, 0, q * sizeof *t.barred);
    }
    active_clear(&t);
    return st;
}

/* ---- Sums over rows ------------------------------------------------------------------------------------- */

typedef struct pass {
    const ens__mix *mix;
    const double *x; /* NULL: squares */
    bool slopes;     /* with gradient and hessian */
    size_t size;     /* numbers of a sum: loss, weight, gradient, hessian */
    double *sum;     /* [blocks][size] */
    double *scratch; /* [workers][m] */
} pass;

/* sum[0] += loss, sum[1] += weight, sum[2 ..] += w d, then the lower triangle of w d d' */
static void add_row(const pass *s, size_t i, double *sum, double *d)
{
    const ens__mix *mix = s->mix;
    size_t m = mix->m;
    double w = mix->w != NULL ? mix->w[i] : 1, f = 0;
    double *g = sum + 2, *h = g + m;

    sum[1] += w;
    for (size_t c = 0; c < m; c++) {
        d[c] = mix->p[c * mix->n + i];
        f += s->x != NULL ? s->x[c] * d[c] : 0;
    }
    if (s->x != NULL)
        sum[0] -= w * log(f);
    if (!s->slopes)
        return;
    for (size_t c = 0; c < m; c++) {
        d[c] = s->x != NULL ? d[c] / f : d[c];
        g[c] += w * d[c] * (s->x != NULL ? 1 : mix->y[i]);
        for (size_t e = 0; e <= c; e++)
            h[c * m + e] += w * d[c] * d[e];
    }
}

static ens_status sum_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const pass *s = ctx;
    size_t begin = block * ROWS, n = s->mix->n;
    size_t end = n - begin < ROWS ? n : begin + ROWS;

    (void)err;
    for (size_t i = begin; i < end; i++)
        add_row(s, i, s->sum + block * s->size, s->scratch + worker * s->mix->m);
    return ENS_OK;
}

/* out: the sums over all rows, of which the triangle is made whole. */
static ens_status run_pass(double *out, const ens__mix *mix, const double *x, bool slopes,
                           ens_error *err)
{
    size_t m = mix->m, blocks = (mix->n + ROWS - 1) / ROWS;
    pass s = {.mix = mix, .x = x, .slopes = slopes, .size = slopes ? 2 + m + m * m : 2};
    ens_exec exec = {.threads = mix->exec != NULL ? mix->exec->threads : 0};
    ens_status st;

    s.sum = ens__zeros(blocks * s.size, sizeof *s.sum);
    s.scratch = ens__array(ens__par_workers(blocks, &exec) * m, sizeof *s.scratch);
    if (s.sum == NULL || s.scratch == NULL)
        st = ens__nomem(err);
    else
        st = ens__par_for(blocks, &exec, NULL, sum_block, &s, NULL, err);
    if (st == ENS_OK) {
        memset(out, 0, s.size * sizeof *out);
        for (size_t b = 0; b < blocks; b++)
            for (size_t i = 0; i < s.size; i++)
                out[i] += s.sum[b * s.size + i];
        for (size_t c = 0; c < m && slopes; c++)
            for (size_t e = 0; e < c; e++)
                out[2 + m + e * m + c] = out[2 + m + c * m + e];
    }
    ens__free(s.sum);
    ens__free(s.scratch);
    return st;
}

ens_status ens__mix_squares(double *x, const ens__mix *mix, ens_error *err)
{
    size_t m = mix->m;
    double *sum = ens__array(2 + m + m * m, sizeof *sum);
    ens_status st = sum != NULL ? run_pass(sum, mix, NULL, true, err) : ens__nomem(err);

    if (st == ENS_OK)
        st = ens__mix_nonnegative(x, sum + 2 + m, sum + 2, m, err);
    ens__free(sum);
    return st;
}

/* ---- Likelihood ----------------------------------------------------------------------------------------- */

typedef struct newton {
    const ens__mix *mix;
    size_t m;
    double *x, *next, *to; /* [m] */
    double *sum;           /* as a pass gives it, at x */
    double *b;             /* [m] */
} newton;

static void newton_clear(newton *t)
{
    ens__free(t->next);
    ens__free(t->to);
    ens__free(t->sum);
    ens__free(t->b);
}

static void scale_to_one(double *x, size_t m)
{
    double sum = 0;

    for (size_t c = 0; c < m; c++)
        sum += x[c];
    for (size_t c = 0; c < m; c++)
        x[c] /= sum;
}

/* Halve the step until the loss falls by a part of what the slope promises; *moved is false if it does not. */
static ens_status search(newton *t, bool *moved, ens_error *err)
{
    double loss[2], slope = 0, part = 1, now = t->sum[0] / t->sum[1];

    *moved = false;
    scale_to_one(t->to, t->m); /* so that all steps keep the sum of 1 */
    for (size_t c = 0; c < t->m; c++)
        slope -= t->sum[2 + c] / t->sum[1] * (t->to[c] - t->x[c]);
    for (int halved = 0; halved < 30 && slope < 0; halved++, part /= 2) {
        ens_status st;

        for (size_t c = 0; c < t->m; c++)
            t->next[c] = t->x[c] + part * (t->to[c] - t->x[c]);
        if ((st = run_pass(loss, t->mix, t->next, false, err)) != ENS_OK)
            return st;
        if (loss[0] / loss[1] <= now + 1e-4 * part * slope) {
            memcpy(t->x, t->next, t->m * sizeof *t->x);
            *moved = true;
            return ENS_OK;
        }
    }
    return ENS_OK;
}

/* The quadratic model of loss + sum of weights at x: its hessian is that of the pass, its minimum that for
 * b = H x - gradient - 1 = 2 sum w d / W - 1, since H x = sum w d / W. */
static ens_status newton_step(newton *t, bool *moved, ens_error *err)
{
    double total, steepest = 0;
    double *h = t->sum + 2 + t->m;
    ens_status st = run_pass(t->sum, t->mix, t->x, true, err);

    *moved = false;
    if (st != ENS_OK)
        return st;
    total = t->sum[1];
    for (size_t c = 0; c < t->m; c++) {
        double d = t->sum[2 + c] / total;

        steepest = d - 1 > steepest ? d - 1 : steepest;
        t->b[c] = 2 * d - 1;
        for (size_t e = 0; e < t->m; e++)
            h[c * t->m + e] /= total;
    }
    if (steepest < TOL) /* no weight is worth raising */
        return ENS_OK;
    if ((st = ens__mix_nonnegative(t->to, h, t->b, t->m, err)) != ENS_OK)
        return st;
    return search(t, moved, err);
}

ens_status ens__mix_likelihood(double *x, const ens__mix *mix, ens_error *err)
{
    size_t m = mix->m;
    newton t = {.mix = mix,
                .m = m,
                .x = x,
                .next = ens__array(m, sizeof *t.next),
                .to = ens__array(m, sizeof *t.to),
                .sum = ens__array(2 + m + m * m, sizeof *t.sum),
                .b = ens__array(m, sizeof *t.b)};
    bool moved = true;
    ens_status st = ENS_OK;

    if (t.next == NULL || t.to == NULL || t.sum == NULL || t.b == NULL)
        st = ens__nomem(err);
    for (size_t c = 0; c < m; c++)
        x[c] = 1 / (double)m;
    for (int step = 0; step < STEPS && moved && st == ENS_OK; step++)
        st = newton_step(&t, &moved, err);
    newton_clear(&t);
    return st;
}
