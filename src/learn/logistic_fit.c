/* logistic_fit.c - the minimum of the penalised mean loss by Newton's method.
 *
 * A pass over the rows gives loss, gradient and hessian at once (fused), so a step costs one pass: iteratively
 * reweighted least squares.  Smooth penalties take the step by Cholesky, L1 by coordinate descent on the quadratic
 * model (proximal Newton; Lee, Sun and Saunders 2014; glmnet).  Steps that do not lower the objective are halved.
 * Several classes have a column of coefficients each; what that leaves undetermined is fixed by their sum, which is
 * zero. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/optim.h>
#include <learn/logistic_fit.h>
#include <math.h>
#include <num/solve.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS, MOST_HALVINGS = 40, MOST_SWEEPS = 100000 };

/* A pivot of less than this of its diagonal is of a column that depends on others. */
#define ALIAS_TOLERANCE 1e-12
/* From so many rows on, a fit begins with the solution of each so many-th block of them: with so many rows for a
 * coefficient, if that is at least each fourth. */
#define SAMPLE_FROM      50000
#define SAMPLE_ROWS      64
#define SAMPLE_LEAST     4
#define SAMPLE_MOST      16
#define SAMPLE_STEPS     15
#define SAMPLE_RIDGE     3e-4
#define SAMPLE_TOLERANCE 1e-5
/* A penalty of this size makes a coefficient zero; squares of it are finite. */
#define MOST_PENALTY 1e140
/* Of a sum: the loss, the weights. */
enum { BEFORE = 2 };
/* L-BFGS from so many rows times coefficients squared on, and from fewer with the hessian of a sample; it remembers
 * so many steps. */
#define LBFGS_FROM         4e9
#define LBFGS_SAMPLED_FROM 2e8
#define LBFGS_MEMORY       10
/* Numbers of a hessian: 8 GB. */
#define MOST_HESSIAN ((size_t)1 << 30)

typedef struct newton {
    ens__design d;
    size_t k, dim;       /* outputs; their coefficients, k q */
    double *l1, *l2;     /* [dim] */
    double *theta;       /* [dim] */
    double *trial;       /* [dim] */
    double *step;        /* [dim] */
    double *g;           /* [dim] gradient with l2 */
    double *h;           /* [dim][dim] hessian with l2 */
    double *factor;      /* [dim][dim], or [k][q][q]: Cholesky factors */
    double *sum;         /* of a pass */
    bool *aliased, *now; /* [dim] always, and in one step */
    bool absolute;       /* there is an l1 */
    bool slope;          /* passes give no hessian */
    bool lbfgs;          /* the fit ends with L-BFGS */
    bool steps;          /* it is by gradient steps alone */
    bool sampled;        /* it begins with Newton's steps on a part of the rows */
    size_t sample;       /* of so many blocks one */
    size_t every;        /* passes look at each so many-th block of rows */
    double total;        /* of the weights of the last pass */
} newton;

static size_t pairs(size_t k)
{
    return k * (k + 1) / 2;
}

static size_t sum_size(const newton *f)
{
    return BEFORE + f->dim + (f->slope ? 0 : pairs(f->k) * f->d.q * f->d.q);
}

static void newton_clear(newton *f)
{
    ens__design_clear(&f->d);
    ens__free(f->l1);
    ens__free(f->l2);
    ens__free(f->theta);
    ens__free(f->trial);
    ens__free(f->step);
    ens__free(f->g);
    ens__free(f->h);
    ens__free(f->factor);
    ens__free(f->sum);
    ens__free(f->aliased);
    ens__free(f->now);
}

/* Newton's step is costly with many coefficients, and L-BFGS quick where nothing has a kink; only Newton has what
 * standard errors need. */
static bool use_lbfgs(const ens__logistic_penalty *penalty, size_t k, size_t dim,
                      size_t n, bool sampled)
{
    double cost = (double)dim * (double)dim * (double)n;

    if (penalty->solver != ENS__LOGISTIC_AUTO)
        return penalty->solver == ENS__LOGISTIC_LBFGS;
    return penalty->l1 == 0 && (k > 1 || penalty->l2 > 0) &&
           cost > (sampled ? LBFGS_SAMPLED_FROM : LBFGS_FROM);
}

static ens_status newton_init(newton *f, size_t k, const ens__logistic_penalty *penalty,
                              const ens_fit_args *a, ens_error *err)
{
    size_t q = a->rows.p + penalty->intercept, n = k * q;
    size_t hessian;
    ens_status st;

    f->absolute = penalty->l1 > 0;
    f->sample = a->rows.n / SAMPLE_ROWS / n;
    f->sample = f->sample < SAMPLE_MOST ? f->sample : SAMPLE_MOST;
    f->sampled = a->rows.n >= SAMPLE_FROM && f->sample >= SAMPLE_LEAST;
    f->lbfgs = use_lbfgs(penalty, k, n, a->rows.n, f->sampled);
    f->steps = penalty->solver >= ENS__LOGISTIC_STEPS;
    f->sampled = f->sampled && !f->steps && !(f->lbfgs && f->absolute);
    f->slope = f->steps || (f->lbfgs && !f->sampled);
    hessian = f->slope ? n * q : n * n;
    if (q > MOST_HESSIAN / k / (f->slope ? q : n))
        return ens__fail(
            err, ENS_ESUPPORT,
            "logistic: %zu coefficients are too many for its hessian; select "
            "features first",
            n);
    if ((st = ens__design_init(&f->d, a, penalty->intercept, penalty->class_weight,
                               err)) != ENS_OK)
        return st;
    f->k = k;
    f->dim = n;
    if ((f->l1 = ens__zeros(n, sizeof *f->l1)) == NULL ||
        (f->l2 = ens__zeros(n, sizeof *f->l2)) == NULL ||
        (f->theta = ens__zeros(n, sizeof *f->theta)) == NULL ||
        (f->trial = ens__zeros(n, sizeof *f->trial)) == NULL ||
        (f->step = ens__zeros(n, sizeof *f->step)) == NULL ||
        (f->g = ens__zeros(n, sizeof *f->g)) == NULL ||
        (!f->slope && (f->h = ens__zeros(n, n * sizeof *f->h)) == NULL) ||
        (f->factor = ens__zeros(hessian, sizeof *f->factor)) == NULL ||
        (f->sum = ens__zeros(sum_size(f), sizeof *f->sum)) == NULL ||
        (f->aliased = ens__zeros(n, sizeof *f->aliased)) == NULL ||
        (f->now = ens__zeros(n, sizeof *f->now)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        size_t j = i % q;
        double s = j < a->rows.p ? f->d.column[j].scale : 0;

        f->l1[i] = fmin(penalty->l1 / f->d.total * s, MOST_PENALTY);
        f->l2[i] =
            j < a->rows.p ? ens__design_ridge(&f->d, penalty->l2 / f->d.total, j) : 0;
    }
    return ENS_OK;
}

/* ---- Passes ----------------------------------------------------------------------------- */

/* out[N]: the classes of a block's rows, 0 past the last. */
static void labels(int32_t *out, const ens__design_block *b)
{
    const ens_fit_args *a = b->d->a;
    const uint32_t *row = a->rows.row + b->begin;

    if (row[b->n - 1] - row[0] == b->n - 1)
        memcpy(out, a->label + row[0], b->n * sizeof *out);
    else
        for (size_t i = 0; i < b->n; i++)
            out[i] = a->label[row[i]];
    memset(out + b->n, 0, (N - b->n) * sizeof *out);
}

/* sum: the loss, the weights, the gradient [k][q], lower triangles [pairs of classes][q][q]. */
static void two_block(const void *ctx, const ens__design_block *b, double *sum)
{
    const newton *f = ctx;
    size_t q = b->d->q;
    double *left = b->scratch, *score = left + q * N, *r = score + N, *h = r + N,
           *target = h + N;
    int32_t label[N];

    labels(label, b);
    for (size_t i = 0; i < N; i++)
        target[i] = label[i];
    sum[1] += ens__design_weight(b);
    ens__gram_scores(score, b->z, f->trial, q, 1);
    sum[0] += ens__logistic_rows(r, h, score, target, b->w);
    ens__gram_times(sum + BEFORE, b->z, r, q, 1);
    if (f->slope)
        return;
    ens__gram_weigh(left, b->z, h, q);
    ens__gram_add(sum + BEFORE + q, left, b->z, q);
}

static void softmax_block(const void *ctx, const ens__design_block *b, double *sum)
{
    const newton *f = ctx;
    size_t q = b->d->q, k = f->k;
    double *left = b->scratch, *p = left + q * N, *r = p + k * N, *loss = r + k * N;
    double *block = sum + BEFORE + k * q, picked[N];
    int32_t label[N];

    labels(label, b);
    sum[1] += ens__design_weight(b);
    ens__gram_scores(p, b->z, f->trial, q, k);
    for (size_t i = 0; i < N; i++)
        picked[i] = p[(size_t)label[i] * N + i];
    ens__softmax_rows(p, loss, k);
    for (size_t i = 0; i < N; i++)
        loss[i] -= picked[i];
    sum[0] += ens__dot(loss, b->w, N);
    ens__gram_weigh(r, p, b->w, k);
    for (size_t i = 0; i < N; i++)
        r[(size_t)label[i] * N + i] -= b->w[i];
    ens__gram_times(sum + BEFORE, b->z, r, q, k);
    for (size_t c = 0; c < k && !f->slope; c++)
        for (size_t e = 0; e <= c; e++, block += q * q) {
            for (size_t i = 0; i < N; i++)
                r[i] = b->w[i] * p[c * N + i] * ((c == e) - p[e * N + i]);
            ens__gram_weigh(left, b->z, r, q);
            ens__gram_add(block, left, b->z, q);
        }
}

static size_t scratch_size(const newton *f)
{
    return (f->d.q + 2 * f->k + 2) * N;
}

/* The mean loss at `trial`, with its penalties in *value; g and h follow if the caller unpacks. */
static ens_status evaluate(double *value, newton *f, ens_error *err)
{
    ens__design_pass pass = {.body = f->k == 1 ? two_block : softmax_block,
                             .ctx = f,
                             .size = sum_size(f),
                             .every = f->every,
                             .scratch = scratch_size(f)};
    ens_status st;

    memset(f->sum, 0, pass.size * sizeof *f->sum);
    if ((st = ens__design_run(f->sum, &f->d, &pass, err)) != ENS_OK)
        return st;
    f->total = f->sum[1];
    *value = f->sum[0] / f->total;
    for (size_t i = 0; i < f->dim; i++)
        *value += f->l1[i] * fabs(f->trial[i]) + f->l2[i] * f->trial[i] * f->trial[i] / 2;
    return ENS_OK;
}

/* Gradient and hessian of the smooth part, of the last pass, which becomes the place where the fit is. */
static void accept(newton *f)
{
    size_t q = f->d.q;
    const double *block = f->sum + BEFORE + f->dim;

    memcpy(f->theta, f->trial, f->dim * sizeof *f->theta);
    for (size_t i = 0; i < f->dim; i++)
        f->g[i] = f->sum[BEFORE + i] / f->total + f->l2[i] * f->theta[i];
    for (size_t c = 0; c < f->k; c++)
        for (size_t e = 0; e <= c; e++, block += q * q)
            for (size_t j = 0; j < q; j++)
                for (size_t l = 0; l <= j; l++) {
                    double v = block[j * q + l] / f->total;

                    f->h[(c * q + j) * f->dim + e * q + l] = v;
                    f->h[(c * q + l) * f->dim + e * q + j] = v;
                    f->h[(e * q + j) * f->dim + c * q + l] = v;
                    f->h[(e * q + l) * f->dim + c * q + j] = v;
                }
    for (size_t i = 0; i < f->dim; i++)
        f->h[i * f->dim + i] += f->l2[i];
}

/* ---- Steps ------------------------------------------------------------------------------ */

/* Sets step; returns by how much the quadratic model falls. */
static double smooth_step(newton *f, bool first)
{
    double fall = 0;

    memcpy(f->factor, f->h, f->dim * f->dim * sizeof *f->h);
    memcpy(f->now, f->aliased, f->dim * sizeof *f->now);
    ens__chol_factor(f->factor, f->dim, ALIAS_TOLERANCE, f->now);
    if (first)
        memcpy(f->aliased, f->now, f->dim * sizeof *f->now);
    memcpy(f->step, f->g, f->dim * sizeof *f->g);
    ens__chol_solve(f->factor, f->dim, f->now, f->step);
    for (size_t i = 0; i < f->dim; i++) {
        f->step[i] = -f->step[i];
        fall -= f->g[i] * f->step[i] / 2;
    }
    return fall;
}

static double descent_step(newton *f, double tol)
{
    size_t n = f->dim;
    double *b = f->factor, *to = b + n, *scratch = to + n, fall = 0;

    for (size_t i = 0; i < n; i++)
        b[i] = ens__dot(f->h + i * n, f->theta, n) - f->g[i];
    memcpy(to, f->theta, n * sizeof *to);
    ens__descend(to, f->h, b, f->l1, n, tol, MOST_SWEEPS, scratch);
    for (size_t i = 0; i < n; i++)
        f->step[i] = to[i] - f->theta[i];
    for (size_t i = 0; i < n; i++)
        fall -= f->g[i] * f->step[i] +
                f->step[i] * ens__dot(f->h + i * n, f->step, n) / 2 +
                f->l1[i] * (fabs(to[i]) - fabs(f->theta[i]));
    return fall;
}

/* The longest of the steps 1, 1/2, 1/4, ... that does not raise the objective; false if there is none. */
static ens_status go(bool *moved, double *value, newton *f, ens_error *err)
{
    double length = 1, there;
    ens_status st;

    *moved = true;
    for (int i = 0; i < MOST_HALVINGS; i++, length /= 2) {
        for (size_t j = 0; j < f->dim; j++)
            f->trial[j] = f->theta[j] + length * f->step[j];
        if ((st = evaluate(&there, f, err)) != ENS_OK)
            return st;
        if (there <= *value) {
            *value = there;
            accept(f);
            return ENS_OK;
        }
    }
    *moved = false;
    return ENS_OK;
}

/* The classes' shares, each with half a row more, so that a class without rows has one. */
static void start(newton *f)
{
    const ens_fit_args *a = f->d.a;
    size_t q = f->d.q;
    double sum = 0;

    if (q == f->d.p)
        return;
    for (size_t c = 0; c < f->k; c++)
        f->trial[c * q + q - 1] = 0.5;
    for (size_t i = 0; i < a->rows.n; i++) {
        int32_t c = a->label[a->rows.row[i]];
        double w =
            ens_fit_weight(a, i) * (f->d.class_weight != NULL ? f->d.class_weight[c] : 1);

        if (f->k > 1)
            f->trial[(size_t)c * q + q - 1] += w;
        else if (c == 1)
            f->trial[q - 1] += w;
    }
    if (f->k == 1) {
        f->trial[q - 1] = log(f->trial[q - 1] / (f->d.total + 1 - f->trial[q - 1]));
        return;
    }
    for (size_t c = 0; c < f->k; c++) {
        double *t = &f->trial[c * q + q - 1];

        *t = log(*t);
        sum += *t;
    }
    for (size_t c = 0; c < f->k; c++)
        f->trial[c * q + q - 1] -= sum / (double)f->k;
}

/* Newton's steps from `trial` until the model falls by no more than tol; *steps of at most max_steps were taken.
 * *ended tells whether that was enough. */
static ens_status iterate(newton *f, double tol, size_t max_steps, uint32_t *steps,
                          uint32_t *ended, ens_error *err)
{
    double value;
    bool moved = true;
    ens_status st;

    *ended = 0;
    *steps = 0;
    if ((st = evaluate(&value, f, err)) != ENS_OK)
        return st;
    accept(f);
    while (*steps < max_steps && !*ended) {
        double fall =
            f->absolute ? descent_step(f, sqrt(tol) * 1e-7) : smooth_step(f, *steps == 0);

        ++*steps;
        *ended = fall <= tol;
        if (*ended) { /* the step is so short that where it leads need not be looked at */
            for (size_t i = 0; i < f->dim; i++)
                f->theta[i] += f->step[i];
            break;
        }
        if ((st = go(&moved, &value, f, err)) != ENS_OK)
            return st;
        *ended = !moved; /* rounding hides what is left */
    }
    return ENS_OK;
}

/* ---- L-BFGS ------------------------------------------------------------------------------ */

static ens_status value_at(double *out, double *g, const double *x, void *ctx,
                           ens_error *err)
{
    newton *f = ctx;
    ens_status st;

    memcpy(f->trial, x, f->dim * sizeof *x);
    st = evaluate(out, f, err);
    for (size_t i = 0; i < f->dim && st == ENS_OK; i++) {
        *out -= f->l1[i] * fabs(x[i]); /* OWL-QN's own */
        g[i] = f->sum[BEFORE + i] / f->total + f->l2[i] * x[i];
    }
    return st;
}

static void gram_block(const void *ctx, const ens__design_block *b, double *sum)
{
    (void)ctx;
    ens__gram_weigh(b->scratch, b->z, b->w, b->d->q);
    ens__gram_add(sum, b->scratch, b->z, b->d->q);
}

/* The hessian's blocks of each class at `trial`, where only intercepts are not zero, are Z'WZ times p (1 - p). */
static ens_status factor_blocks(newton *f, ens_error *err)
{
    size_t q = f->d.q;
    ens__design_pass pass = {.body = gram_block, .size = q * q, .scratch = q * N};
    double *gram = ens__zeros(q, q * sizeof *gram),
           *p = ens__zeros(f->k + 1, N * sizeof *p);
    ens_status st = ENS_ENOMEM;

    if (gram == NULL || p == NULL)
        goto done;
    if ((st = ens__design_run(gram, &f->d, &pass, err)) != ENS_OK)
        goto done;
    for (size_t c = 0; c < f->k; c++)
        p[c * N] = q > f->d.p ? f->trial[c * q + q - 1] : 0;
    if (f->k == 1)
        p[0] = 1 / (1 + exp(-p[0]));
    else
        ens__softmax_rows(p, p + f->k * N, f->k);
    for (size_t c = 0; c < f->k; c++) {
        double *block = f->factor + c * q * q, v = p[c * N] * (1 - p[c * N]);

        for (size_t i = 0; i < q * q; i++)
            block[i] = v * gram[i] / f->d.total;
        for (size_t j = 0; j < q; j++)
            block[j * q + j] += f->l2[c * q + j];
        ens__chol_factor(block, q, ALIAS_TOLERANCE, f->aliased + c * q);
    }
done:
    ens__free(gram);
    ens__free(p);
    return st == ENS_ENOMEM ? ens__nomem(err) : st;
}

static void solve_blocks(void *ctx, double *v)
{
    const newton *f = ctx;
    size_t q = f->d.q;

    for (size_t c = 0; c < f->k; c++)
        ens__chol_solve(f->factor + c * q * q, q, f->aliased + c * q, v + c * q);
}

static void solve_whole(void *ctx, double *v)
{
    const newton *f = ctx;

    ens__chol_solve(f->factor, f->dim, f->aliased, v);
}

/* From `trial` on, by the hessian of a part of the rows if there was one. */
static ens_status minimise_lbfgs(ens__linear *m, newton *f,
                                 const ens__logistic_penalty *penalty, ens_error *err)
{
    ens_lbfgs how = {.value = value_at,
                     .precondition = f->absolute  ? NULL
                                     : f->sampled ? solve_whole
                                                  : solve_blocks,
                     .ctx = f,
                     .l1 = f->absolute ? f->l1 : NULL,
                     .memory = LBFGS_MEMORY,
                     .max_iter = 10 * penalty->max_iter,
                     .tol = penalty->tol};
    ens_status st;

    f->slope = true;
    if (!f->sampled && (st = factor_blocks(f, err)) != ENS_OK)
        return st;
    memcpy(f->theta, f->trial, f->dim * sizeof *f->theta);
    st = ens_lbfgs_run(f->theta, f->dim, &how, err);
    m->steps = (uint32_t)how.steps;
    m->ended = (uint32_t)how.ended;
    return st;
}

/* ---- Gradient steps --------------------------------------------------------------------- */

/* From `trial` on, which is where the blocks look. */
static ens_status minimise_steps(ens__linear *m, newton *f,
                                 const ens__logistic_penalty *penalty, ens_error *err)
{
    ens__steps s = {.owner = "logistic",
                    .params = penalty->steps,
                    .solver = penalty->solver - ENS__LOGISTIC_STEPS,
                    .tol = penalty->tol,
                    .d = &f->d,
                    .body = f->k == 1 ? two_block : softmax_block,
                    .ctx = f,
                    .theta = f->trial,
                    .l2 = f->l2,
                    .dim = f->dim,
                    .scratch = scratch_size(f)};
    ens_status st = ens__steps_run(&s, err);

    memcpy(f->theta, f->trial, f->dim * sizeof *f->theta);
    m->steps = s.steps < UINT32_MAX ? (uint32_t)s.steps : UINT32_MAX;
    m->ended = s.ended ? ENS__LINEAR_ENDED : ENS__LINEAR_FEW_EPOCHS;
    return st;
}

/* ---- The whole fit ---------------------------------------------------------------------- */

/* Sets `trial` to where a part of the rows leads, if that is anywhere, and for L-BFGS factors the hessian there. */
static ens_status begin_with_sample(newton *f, ens_error *err)
{
    uint32_t steps, ended;
    ens_status st;

    f->every = f->sample;
    st = iterate(f, SAMPLE_TOLERANCE, SAMPLE_STEPS, &steps, &ended, err);
    f->every = 0;
    if (st != ENS_OK)
        return st;
    memset(f->aliased, 0, f->dim * sizeof *f->aliased);
    memcpy(f->trial, f->theta, f->dim * sizeof *f->trial);
    if (!ended) {
        memset(f->trial, 0, f->dim * sizeof *f->trial);
        start(f);
    }
    if (!f->lbfgs)
        return ENS_OK;
    memcpy(f->factor, f->h, f->dim * f->dim * sizeof *f->h);
    for (size_t i = 0; i < f->dim; i++) /* what only other rows have leads nowhere far */
        f->factor[i * f->dim + i] += SAMPLE_RIDGE;
    ens__chol_factor(f->factor, f->dim, ALIAS_TOLERANCE, f->aliased);
    return ENS_OK;
}

static ens_status minimise(ens__linear *m, newton *f,
                           const ens__logistic_penalty *penalty, ens_error *err)
{
    ens_status st;

    start(f);
    if (f->steps)
        return minimise_steps(m, f, penalty, err);
    if (f->sampled && (st = begin_with_sample(f, err)) != ENS_OK)
        return st;
    if (f->lbfgs)
        return minimise_lbfgs(m, f, penalty, err);
    return iterate(f, penalty->tol, penalty->max_iter, &m->steps, &m->ended, err);
}

/* ---- What it comes to ------------------------------------------------------------------- */

/* What nothing else determines: the sum over classes of intercepts, and of coefficients without a penalty, is zero. */
static void centre(ens__linear *m, const ens__logistic_penalty *penalty)
{
    double sum = 0;

    if (m->k == 1)
        return;
    for (size_t j = 0; j < m->p && penalty->l1 == 0; j++) {
        sum = 0;
        for (size_t c = 0; c < m->k; c++)
            sum += m->coef[c * m->p + j];
        for (size_t c = 0; c < m->k; c++)
            m->coef[c * m->p + j] -= sum / (double)m->k;
    }
    sum = 0;
    for (size_t c = 0; c < m->k; c++)
        sum += m->intercept[c];
    for (size_t c = 0; c < m->k && penalty->intercept; c++)
        m->intercept[c] -= sum / (double)m->k;
}

/* Standard errors, by the information where the fit ended. */
static ens_status add_errors(ens__linear *m, newton *f, ens_error *err)
{
    double value;
    ens_status st;

    memcpy(f->trial, f->theta, f->dim * sizeof *f->trial);
    if ((st = evaluate(&value, f, err)) != ENS_OK)
        return st;
    accept(f);
    smooth_step(f, false);
    return ens__linear_errors(m, &f->d, f->factor, f->now, 1 / sqrt(f->d.total), err);
}

ens_status ens__logistic_fit(ens__linear *m, const ens__logistic_penalty *penalty,
                             const ens_fit_args *a, ens_error *err)
{
    newton f = {0};
    ens_status st;

    if ((st = newton_init(&f, m->k, penalty, a, err)) != ENS_OK ||
        (st = minimise(m, &f, penalty, err)) != ENS_OK)
        goto done;
    if (!f.lbfgs && !f.steps && penalty->l1 == 0 && penalty->l2 == 0 && m->ended &&
        (st = add_errors(m, &f, err)) != ENS_OK)
        goto done;
    if ((st = ens__linear_set(m, &f.d, f.theta, 1, 0, err)) == ENS_OK)
        centre(m, penalty);
done:
    newton_clear(&f);
    return st;
}
