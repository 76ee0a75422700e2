/* linear_steps.c - `linear` by gradient steps: least squares and ridge, on standardised columns and response. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/linear_fit.h>

enum { N = ENS__GRAM_ROWS };

typedef struct squares {
    ens__design d;
    double *theta; /* [q] */
    double *l2;    /* [q] */
} squares;

/* sum: w e^2 / 2, the weights, the gradient [q]. */
static void block(const void *ctx, const ens__design_block *b, double *sum)
{
    const squares *s = ctx;
    size_t q = b->d->q;
    double *score = b->scratch, *y = score + N, *r = y + N;

    ens__design_response(y, NULL, b);
    ens__gram_scores(score, b->z, s->theta, q, 1);
    for (size_t i = 0; i < N; i++) {
        score[i] -= y[i];
        r[i] = b->w[i] * score[i];
    }
    sum[0] += ens__dot(r, score, N) / 2;
    sum[1] += ens__design_weight(b);
    ens__gram_times(sum + 2, b->z, r, q, 1);
}

ens_status ens__linear_steps(ens__linear *m, const ens__linear_penalty *penalty,
                             const ens_fit_args *a, ens_error *err)
{
    size_t q = a->rows.p + penalty->intercept;
    squares s = {.theta = ens__zeros(q, sizeof *s.theta),
                 .l2 = ens__zeros(q, sizeof *s.l2)};
    ens__steps steps = {.owner = "linear",
                        .params = penalty->steps,
                        .solver = penalty->solver,
                        .tol = penalty->tol,
                        .d = &s.d,
                        .body = block,
                        .ctx = &s,
                        .theta = s.theta,
                        .l2 = s.l2,
                        .dim = q,
                        .scratch = 3 * N};
    ens_status st;

    if (s.theta == NULL || s.l2 == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = ens__design_init(&s.d, a, penalty->intercept, NULL, err)) != ENS_OK)
        goto done;
    m->ended = ENS__LINEAR_ENDED;
    if (s.d.y.scale == 0) { /* a constant response */
        m->intercept[0] = s.d.y_constant;
        goto done;
    }
    for (size_t j = 0; j < a->rows.p; j++)
        s.l2[j] = ens__design_ridge(&s.d, penalty->l2 / s.d.total, j);
    if ((st = ens__steps_run(&steps, err)) != ENS_OK)
        goto done;
    m->steps = steps.steps < UINT32_MAX ? (uint32_t)steps.steps : UINT32_MAX;
    m->ended = steps.ended ? ENS__LINEAR_ENDED : ENS__LINEAR_FEW_EPOCHS;
    st = ens__linear_set(m, &s.d, s.theta, 1 / s.d.y.scale, s.d.y.mean, err);
done:
    ens__design_clear(&s.d);
    ens__free(s.theta);
    ens__free(s.l2);
    return st;
}
