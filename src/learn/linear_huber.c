/* linear_huber.c - `linear(loss=huber)`: least squares again and again.
 *
 * Coefficients and scale minimise sum w (s + h(e / s) s) + alpha |b|^2, h(z) = z^2 below epsilon and
 * 2 epsilon |z| - epsilon^2 beyond (Huber 1981, 7.7 and 7.8; Owen 2007).  At given e and s that is at most a sum of
 * squares with the weights min(1, epsilon s / |e|), of which one pass gives the normal equations, and the next s with
 * them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/linear_fit.h>
#include <math.h>
#include <num/solve.h>
#include <string.h>

enum { N = ENS__GRAM_ROWS };

/* A pivot of less than this of its diagonal is of a column that depends on others. */
#define ALIAS_TOLERANCE 1e-12
/* Errors of this part of the response's spread are none. */
#define LEAST_SCALE  1e-10
#define MOST_PENALTY 1e140
/* So many steps without a shorter one end the fit, if the shortest was so short. */
#define MOST_IDLE 20
#define IDLE      1e-6

/* Of a sum, behind the triangle: squares of small errors, weights of rows of large ones. */
enum { SQUARES, LARGE, BEHIND };

typedef struct huber {
    ens__design d;
    double epsilon, scale; /* scale is infinite at first */
    double *theta, *next;  /* [q] */
    double *ridge;         /* [q] alpha times squared scales */
    double *l;             /* [q][q] */
    double *sum;           /* [(q + 1) (q + 1) + BEHIND] */
    bool *aliased;         /* [q] */
} huber;

static void huber_clear(huber *f)
{
    ens__design_clear(&f->d);
    ens__free(f->theta);
    ens__free(f->next);
    ens__free(f->ridge);
    ens__free(f->l);
    ens__free(f->sum);
    ens__free(f->aliased);
}

static ens_status huber_init(huber *f, const ens__linear_penalty *penalty,
                             const ens_fit_args *a, ens_error *err)
{
    size_t q = a->rows.p + penalty->intercept;
    ens_status st = ens__design_init(&f->d, a, penalty->intercept, NULL, err);

    if (st != ENS_OK)
        return st;
    f->epsilon = penalty->epsilon;
    f->scale = INFINITY;
    if ((f->theta = ens__zeros(q, sizeof *f->theta)) == NULL ||
        (f->next = ens__zeros(q, sizeof *f->next)) == NULL ||
        (f->ridge = ens__zeros(q, sizeof *f->ridge)) == NULL ||
        (f->l = ens__zeros(q, q * sizeof *f->l)) == NULL ||
        (f->sum = ens__zeros((q + 1) * (q + 1) + BEHIND, sizeof *f->sum)) == NULL ||
        (f->aliased = ens__zeros(q, sizeof *f->aliased)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < a->rows.p; j++)
        f->ridge[j] = ens__design_ridge(&f->d, penalty->l2, j);
    return ENS_OK;
}

static void huber_block(const void *ctx, const ens__design_block *b, double *sum)
{
    const huber *f = ctx;
    size_t q = b->d->q, m = q + 1;
    double *z = b->scratch, *left = z + m * N, *score = left + m * N;
    double *behind = sum + m * m, large = f->epsilon * f->scale;

    memcpy(z, b->z, q * N * sizeof *z);
    ens__design_response(z + q * N, NULL, b);
    ens__gram_scores(score, z, f->theta, q, 1);
    for (size_t i = 0; i < b->n; i++) {
        double e = fabs(z[q * N + i] - score[i]);

        if (e <= large)
            behind[SQUARES] += b->w[i] * e * e;
        else {
            behind[LARGE] += b->w[i];
            b->w[i] *= large / e;
        }
    }
    ens__gram_weigh(left, z, b->w, m);
    ens__gram_add(sum, left, z, m);
}

/* The coefficients of the weighted squares into next, and the scale. Returns by how much they change most. */
static double step(huber *f)
{
    size_t q = f->d.q, m = q + 1;
    const double *behind = f->sum + m * m;
    double rest = f->d.total - f->epsilon * f->epsilon * behind[LARGE], change, scale;
    double scaled = isinf(f->scale) ? 1 : f->scale;

    for (size_t j = 0; j < q; j++) {
        memcpy(f->l + j * q, f->sum + j * m, (j + 1) * sizeof *f->l);
        f->l[j * q + j] += fmin(f->ridge[j] * scaled / f->d.y.scale, MOST_PENALTY);
        f->next[j] = f->sum[q * m + j];
    }
    memset(f->aliased, 0, q * sizeof *f->aliased);
    ens__chol_factor(f->l, q, ALIAS_TOLERANCE, f->aliased);
    ens__chol_solve(f->l, q, f->aliased, f->next);
    scale = rest > 0 ? sqrt(behind[SQUARES] / rest) : 2 * scaled;
    scale = fmax(scale, LEAST_SCALE);
    change = isinf(f->scale) ? INFINITY : fabs(scale - f->scale);
    for (size_t j = 0; j < q; j++)
        change = fmax(change, fabs(f->next[j] - f->theta[j]));
    f->scale = scale;
    memcpy(f->theta, f->next, q * sizeof *f->theta);
    return change;
}

ens_status ens__linear_huber(ens__linear *m, const ens__linear_penalty *penalty,
                             const ens_fit_args *a, ens_error *err)
{
    huber f = {0};
    size_t rows = a->rows.p + penalty->intercept + 1;
    ens__design_pass pass = {.body = huber_block,
                             .ctx = &f,
                             .size = rows * rows + BEHIND,
                             .scratch = (2 * rows + 1) * N};
    double least = INFINITY;
    size_t since = 0; /* steps since the shortest one */
    ens_status st;

    if ((st = huber_init(&f, penalty, a, err)) != ENS_OK)
        goto done;
    m->ended = f.d.y.scale == 0; /* a constant response */
    m->intercept[0] = f.d.y_constant;
    while (m->steps < penalty->max_iter && !m->ended) {
        memset(f.sum, 0, pass.size * sizeof *f.sum);
        if ((st = ens__design_run(f.sum, &f.d, &pass, err)) != ENS_OK)
            goto done;

        double change = step(&f);

        m->steps++;
        since = change < least ? 0 : since + 1;
        least = fmin(least, change);
        /* Where columns nearly depend on each other, rounding may not let it come to tol. */
        m->ended = change <= penalty->tol || (since >= MOST_IDLE && least <= IDLE);
    }
    if (f.d.y.scale > 0)
        st = ens__linear_set(m, &f.d, f.theta, 1 / f.d.y.scale, f.d.y.mean, err);
done:
    huber_clear(&f);
    return st;
}
