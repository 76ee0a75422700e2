/* stack_weigh.c - the default final learner of stacking: weights that are not negative and minimise the loss of rows
 * that members had not seen (van der Laan, Polley and Hubbard 2007): log loss of classes, with weights that sum to 1;
 * squared error of numbers.
 *
 * Weights that rounding leaves with a larger loss than the best member alone has give way to that member. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/stack.h>
#include <float.h>
#include <math.h>
#include <num/mix.h>
#include <num/stats.h>

/* Probabilities below are taken for this, as in the metric. */
#define LEAST DBL_EPSILON

/* What member u says of tested row i: the probability of its class, or the number. */
static double said(const ens__stacking *j, size_t u, size_t i)
{
    size_t r = j->tested[i], c = 0;

    if (j->a->label != NULL)
        c = (size_t)j->a->label[j->a->rows.row[r]];
    return ens__oof_of(&j->oof, u)[r * j->oof.k + c];
}

static double loss_of(const ens__stacking *j, size_t i, double value)
{
    double off;

    if (j->a->label != NULL)
        return -log(fmin(fmax(value, LEAST), 1));
    off = value - j->a->y[j->a->rows.row[j->tested[i]]];
    return off * off;
}

double ens__stack_loss(const ens__stacking *j, const double *weight)
{
    double sum = 0, total = 0;

    for (size_t i = 0; i < j->n_tested; i++) {
        double value = 0, w = ens__stack_row_weight(j, i);

        for (size_t u = 0; u < j->n; u++)
            if (weight[u] > 0)
                value += weight[u] * said(j, u, i);
        sum += w * loss_of(j, i, value);
        total += w;
    }
    return sum / total;
}

/* ---- Weights ----------------------------------------------------------------------------------------------- */

typedef struct mixing {
    double *p, *y, *w; /* as of ens__mix */
    double *x;         /* [n_left] */
} mixing;

static void mixing_clear(mixing *m)
{
    ens__free(m->p);
    ens__free(m->y);
    ens__free(m->w);
    ens__free(m->x);
}

static ens_status mixing_make(mixing *m, const ens__stacking *j, ens_error *err)
{
    size_t n = j->n_tested;

    *m = (mixing){ens__array(j->n_left * n, sizeof *m->p), ens__array(n, sizeof *m->y),
                  ens__array(n, sizeof *m->w), ens__array(j->n_left, sizeof *m->x)};
    if (m->p == NULL || m->y == NULL || m->w == NULL || m->x == NULL)
        return ens__nomem(err);
    for (size_t l = 0; l < j->n_left; l++)
        for (size_t i = 0; i < n; i++) {
            double v = said(j, j->left[l], i);

            m->p[l * n + i] = j->a->label != NULL ? fmax(v, LEAST) : v;
        }
    for (size_t i = 0; i < n; i++) {
        m->y[i] = j->a->y != NULL ? j->a->y[j->a->rows.row[j->tested[i]]] : 0;
        m->w[i] = ens__stack_row_weight(j, i);
    }
    return ENS_OK;
}

/* One member alone, that of the least loss. */
static void best_alone(ens__stacking *j, double *least, size_t *best)
{
    *least = INFINITY;
    *best = j->left[0];
    for (size_t u = 0; u < j->n; u++)
        j->weight[u] = 0;
    for (size_t l = 0; l < j->n_left; l++) {
        double loss;

        j->weight[j->left[l]] = 1;
        loss = ens__stack_loss(j, j->weight);
        j->weight[j->left[l]] = 0;
        if (loss < *least) {
            *least = loss;
            *best = j->left[l];
        }
    }
}

ens_status ens__stack_weigh(ens__stacking *j, const void *ctx, ens_error *err)
{
    mixing m = {0};
    double least, sum = 0;
    size_t best;
    ens_status st = mixing_make(&m, j, err);

    (void)ctx;
    if (st == ENS_OK) {
        ens__mix mix = {m.p, m.y, m.w, j->n_tested, j->n_left, j->a->exec};

        st = j->a->label != NULL ? ens__mix_likelihood(m.x, &mix, err)
                                 : ens__mix_squares(m.x, &mix, err);
    }
    if (st != ENS_OK)
        goto done;
    best_alone(j, &least, &best);
    for (size_t l = 0; l < j->n_left; l++)
        sum += j->weight[j->left[l]] = m.x[l];
    if (!(sum > 0 && ens__stack_loss(j, j->weight) <= least)) {
        for (size_t u = 0; u < j->n; u++)
            j->weight[u] = u == best;
    }
done:
    mixing_clear(&m);
    return st;
}
