/* linear_fit.c - fits of `linear` on standardised columns.
 *
 * QR of standardised columns in double precision solves all but the worst problems; what it leaves is removed by
 * iterative refinement (Bjoerck 1967): residuals and gradient in twice the precision on the columns as they are,
 * then a step by the triangle.  Polynomials of degree ten then have all their digits. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/linear_fit.h>
#include <math.h>
#include <num/dd.h>
#include <num/solve.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS, MOST_REFINEMENTS = 4 };

/* Columns of which less than this part is new depend on those before. */
#define ALIAS_TOLERANCE 1e-11
/* Refined is what is small, or has a column of which less than this is new. */
#define REFINE_NUMBERS 1000000
#define REFINE_BELOW   1e-3

/* A penalty of this size makes a coefficient zero; squares of it are finite. */
#define MOST_PENALTY 1e140

typedef struct squares {
    ens__design d;
    double *ridge;  /* [q] weight of theta_j^2 */
    double *r;      /* [q + 1][q + 1] */
    double *l;      /* [q][q] */
    bool *aliased;  /* [q] */
    ens__dd *theta; /* [q] */
    double *step;   /* [q] */
    double rss;
} squares;

static void squares_clear(squares *s)
{
    ens__design_clear(&s->d);
    ens__free(s->ridge);
    ens__free(s->r);
    ens__free(s->l);
    ens__free(s->aliased);
    ens__free(s->theta);
    ens__free(s->step);
}

static ens_status squares_init(squares *s, double l2, const ens_fit_args *a,
                               bool intercept, ens_error *err)
{
    size_t q = a->rows.p + intercept;
    ens_status st = ens__design_init(&s->d, a, intercept, NULL, err);

    if (st != ENS_OK)
        return st;
    if ((s->ridge = ens__zeros(q, sizeof *s->ridge)) == NULL ||
        (s->r = ens__zeros(q + 1, (q + 1) * sizeof *s->r)) == NULL ||
        (s->l = ens__zeros(q, q * sizeof *s->l)) == NULL ||
        (s->aliased = ens__zeros(q, sizeof *s->aliased)) == NULL ||
        (s->theta = ens__zeros(q, sizeof *s->theta)) == NULL ||
        (s->step = ens__zeros(q, sizeof *s->step)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < a->rows.p; j++)
        s->ridge[j] = ens__design_ridge(&s->d, l2, j);
    return ENS_OK;
}

/* ---- QR --------------------------------------------------------------------------------- */

static void qr_block(const void *ctx, const ens__design_block *b, double *sum)
{
    size_t q = b->d->q;
    double *y = b->scratch + q * N;

    (void)ctx;
    ens__design_response(y, NULL, b);
    memcpy(b->scratch, b->z, q * N * sizeof *b->z);
    for (size_t i = 0; i < N; i++)
        b->w[i] = sqrt(b->w[i]);
    for (size_t j = 0; j <= q; j++)
        for (size_t i = 0; i < N; i++)
            b->scratch[j * N + i] *= b->w[i];
    ens__qr_add(sum, b->scratch, q + 1);
}

static void qr_merge(const void *ctx, double *to, double *from, double *scratch)
{
    ens__qr_merge(to, from, *(const size_t *)ctx, scratch);
}

/* The triangle of the columns, the penalty and the response. */
static ens_status decompose(squares *s, ens_error *err)
{
    size_t m = s->d.q + 1;
    ens__design_pass pass = {
        .body = qr_block, .size = m * m, .scratch = m * N, .merge = qr_merge};
    double *ridge = NULL, *scratch = NULL;
    ens_status st = ENS_OK;

    pass.ctx = &m;
    if ((ridge = ens__zeros(m, m * sizeof *ridge)) == NULL ||
        (scratch = ens__aligned(m, N * sizeof *scratch)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__design_run(s->r, &s->d, &pass, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < s->d.p; j++)
        ridge[j * m + j] = sqrt(s->ridge[j]);
    ens__qr_merge(s->r, ridge, m, scratch);
done:
    ens__free(ridge);
    ens__free(scratch);
    return st;
}

/* ---- Refinement ------------------------------------------------------------------------- */

/* sum[2 j], sum[2 j + 1]: the two parts of sum_i w_i e_i z_ij; behind them, sum_i w_i e_i^2. */
static void residual_block(const void *ctx, const ens__design_block *b, double *sum)
{
    const squares *s = ctx;
    ens__dd e[N];
    double y[N], low[N];
    size_t q = b->d->q;

    ens__design_response(y, low, b);
    for (size_t i = 0; i < N; i++)
        e[i] = (ens__dd){y[i], low[i]};
    for (size_t j = 0; j < q; j++) {
        ens__dd t = {-s->theta[j].high, -s->theta[j].low};

        ens__design_low(low, b, j);
        for (size_t i = 0; i < N; i++)
            e[i] = ens__dd_add(e[i],
                               ens__dd_multiply(t, (ens__dd){b->z[j * N + i], low[i]}));
    }
    for (size_t i = 0; i < N; i++) {
        sum[2 * q] += b->w[i] * (e[i].high * e[i].high);
        e[i] = ens__dd_multiply(e[i], (ens__dd){b->w[i], 0});
    }
    for (size_t j = 0; j < q; j++) {
        ens__dd g = {sum[2 * j], sum[2 * j + 1]};

        ens__design_low(low, b, j);
        for (size_t i = 0; i < N; i++)
            g = ens__dd_add(g,
                            ens__dd_multiply(e[i], (ens__dd){b->z[j * N + i], low[i]}));
        sum[2 * j] = g.high;
        sum[2 * j + 1] = g.low;
    }
}

static void residual_merge(const void *ctx, double *to, double *from, double *scratch)
{
    const squares *s = ctx;
    size_t q = s->d.q;

    (void)scratch;
    for (size_t j = 0; j < q; j++) {
        ens__dd g = ens__dd_add((ens__dd){to[2 * j], to[2 * j + 1]},
                                (ens__dd){from[2 * j], from[2 * j + 1]});

        to[2 * j] = g.high;
        to[2 * j + 1] = g.low;
    }
    to[2 * q] += from[2 * q];
}

static bool is_hard(const squares *s)
{
    size_t q = s->d.q;

    if (s->d.a->rows.n * q <= REFINE_NUMBERS)
        return true;
    for (size_t j = 0; j < q; j++) {
        const double *row = s->l + j * q;

        if (!s->aliased[j] && row[j] < REFINE_BELOW * sqrt(ens__dot(row, row, j + 1)))
            return true;
    }
    return false;
}

/* One step; *done if it is below what a double shows. */
static ens_status refine(squares *s, double *sum, bool *done, ens_error *err)
{
    size_t q = s->d.q;
    ens__design_pass pass = {
        .body = residual_block, .ctx = s, .size = 2 * q + 1, .merge = residual_merge};
    double most = 0, size = 0;
    ens_status st;

    memset(sum, 0, pass.size * sizeof *sum);
    if ((st = ens__design_run(sum, &s->d, &pass, err)) != ENS_OK)
        return st;
    s->rss = sum[2 * q];
    for (size_t j = 0; j < q; j++) {
        ens__dd g = {sum[2 * j], sum[2 * j + 1]};

        g = ens__dd_add(g, ens__dd_multiply(s->theta[j], (ens__dd){-s->ridge[j], 0}));
        s->step[j] = g.high;
    }
    ens__chol_solve(s->l, q, s->aliased, s->step);
    for (size_t j = 0; j < q; j++) {
        s->theta[j] = ens__dd_add(s->theta[j], (ens__dd){s->step[j], 0});
        most = fmax(most, fabs(s->step[j]));
        size = fmax(size, fabs(s->theta[j].high));
    }
    *done = most <= 1e-17 * size;
    return ENS_OK;
}

/* ---- Least squares ---------------------------------------------------------------------- */

static ens_status solve_squares(squares *s, ens_error *err)
{
    size_t q = s->d.q;
    double *sum = ens__array(2 * q + 1, sizeof *sum);
    bool done = false;
    ens_status st;

    if (sum == NULL)
        return ens__nomem(err);
    if ((st = decompose(s, err)) != ENS_OK)
        goto done;
    ens__qr_solve(s->r, q, ALIAS_TOLERANCE, s->l, s->aliased, s->step, &s->rss);
    for (size_t j = 0; j < q; j++)
        s->theta[j] = (ens__dd){s->step[j], 0};
    done = !is_hard(s);
    for (int i = 0; i < MOST_REFINEMENTS && !done && st == ENS_OK; i++)
        st = refine(s, sum, &done, err);
done:
    ens__free(sum);
    return st;
}

/* Rows, each as often as it was drawn, less coefficients. */
static double freedom(const squares *s)
{
    const ens_fit_args *a = s->d.a;
    double df = 0;

    for (size_t i = 0; i < a->rows.n; i++)
        df += a->count != NULL ? a->count[i] : 1;
    for (size_t j = 0; j < s->d.q; j++)
        df -= !s->aliased[j];
    return df;
}

ens_status ens__linear_squares(ens__linear *m, const ens__linear_penalty *penalty,
                               const ens_fit_args *a, ens_error *err)
{
    squares s = {0};
    double df;
    ens_status st;

    if ((st = squares_init(&s, penalty->l2, a, penalty->intercept, err)) != ENS_OK)
        goto done;
    m->steps = m->ended = 1;
    if (s.d.y.scale == 0) { /* a constant response */
        m->intercept[0] = s.d.y_constant;
        goto done;
    }
    if ((st = solve_squares(&s, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < s.d.q; j++)
        s.step[j] = s.theta[j].high;
    if ((st = ens__linear_set(m, &s.d, s.step, 1 / s.d.y.scale, s.d.y.mean, err)) !=
        ENS_OK)
        goto done;
    df = freedom(&s);
    if (penalty->l2 > 0 || df < 1)
        goto done;
    m->df = df;
    st = ens__linear_errors(m, &s.d, s.l, s.aliased, sqrt(s.rss / df) / s.d.y.scale, err);
done:
    squares_clear(&s);
    return st;
}

/* ---- Lasso and elastic net -------------------------------------------------------------- */

/* The lower triangle of Z'WZ, the response behind the columns. */
static void gram_block(const void *ctx, const ens__design_block *b, double *sum)
{
    size_t q = b->d->q;
    double *z = b->scratch, *left = b->scratch + (q + 1) * N;

    (void)ctx;
    memcpy(z, b->z, q * N * sizeof *z);
    ens__design_response(z + q * N, NULL, b);
    ens__gram_weigh(left, z, b->w, q + 1);
    ens__gram_add(sum, left, z, q + 1);
}

/* a[q][q] in full and b[q] in units of the response's sum of squares, the ridge added. */
static void quadratic(double *a, double *b, const double *gram, const double *ridge,
                      size_t q, double total)
{
    size_t m = q + 1;

    for (size_t j = 0; j < q; j++) {
        for (size_t c = 0; c <= j; c++)
            a[j * q + c] = a[c * q + j] = gram[j * m + c] / total;
        a[j * q + j] += ridge[j];
        b[j] = gram[q * m + j] / total;
    }
}

ens_status ens__linear_descend(ens__linear *m, const ens__linear_penalty *penalty,
                               const ens_fit_args *a, ens_error *err)
{
    squares s = {0};
    double *l1 = NULL, *theta = NULL, *b = NULL;
    size_t q, sweeps;
    ens_status st;

    if ((st = squares_init(&s, penalty->l2, a, penalty->intercept, err)) != ENS_OK)
        goto done;
    q = s.d.q;
    m->ended = 1;
    if (s.d.y.scale == 0) {
        m->intercept[0] = s.d.y_constant;
        goto done;
    }
    if ((l1 = ens__zeros(q, sizeof *l1)) == NULL ||
        (b = ens__zeros(q, sizeof *b)) == NULL ||
        (theta = ens__zeros(q, sizeof *theta)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    ens__design_pass pass = {
        .body = gram_block, .size = (q + 1) * (q + 1), .scratch = 2 * (q + 1) * N};
    if ((st = ens__design_run(s.r, &s.d, &pass, err)) != ENS_OK)
        goto done;
    quadratic(s.l, b, s.r, s.ridge, q, s.d.total);
    for (size_t j = 0; j < s.d.p; j++)
        l1[j] = fmin(penalty->l1 * s.d.y.scale * s.d.column[j].scale, MOST_PENALTY);
    sweeps = ens__descend(theta, s.l, b, l1, q, penalty->tol, penalty->max_iter, s.step);
    m->steps = (uint32_t)sweeps;
    m->ended = sweeps < penalty->max_iter;
    st = ens__linear_set(m, &s.d, theta, 1 / s.d.y.scale, s.d.y.mean, err);
done:
    ens__free(l1);
    ens__free(theta);
    ens__free(b);
    squares_clear(&s);
    return st;
}
