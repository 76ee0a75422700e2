/* start.c - the constant scores of least mean loss, over scores that are given or none.
 *
 * Most losses have a closed form. Given scores are subtracted from y, where the loss depends on the difference
 * alone. What is left, losses that are convex in each score, is for Newton's method with the gradients of the loss: a
 * step that does not bring the slope down is halved. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <loss/kernel.h>
#include <math.h>
#include <num/stats.h>

#define BLOCK    ((size_t)1024)
#define STEPS    60
#define HALVINGS 60
#define PRECISION                                                                        \
    1e-8 /* of the sum of slopes to that of their sizes; floats give no more */

/* ---- Means and quantiles of targets ------------------------------------------------------------------------------ */

double ens__loss_mean(const ens_loss_rows *r)
{
    double sum = 0, all = 0;

    for (size_t i = 0; i < r->n; i++) {
        double w = r->w != NULL ? r->w[i] : 1;

        sum += w * r->y[i];
        all += w;
    }
    return sum / all;
}

ens_status ens__loss_quantile(double *out, const ens_loss_rows *r, double level,
                              ens_error *err)
{
    float *y = ens__array(r->n, sizeof *y), *w = NULL;
    ens_status st = ENS_OK;

    if (y == NULL || (r->w != NULL && (w = ens__array(r->n, sizeof *w)) == NULL)) {
        st = ens__nomem(err);
        goto done;
    }
    memcpy(y, r->y, r->n * sizeof *y);
    if (w != NULL)
        memcpy(w, r->w, r->n * sizeof *w);
    *out = ens__select_weighted(y, w, r->n, level);
done:
    ens__free(y);
    ens__free(w);
    return st;
}

/* ---- Losses that shift ----------------------------------------------------------------------------------------- */

/* Score c alone counts of each call. */
static ens_status start_shifted(double *out, const ens__loss *loss,
                                const ens_loss_rows *rows, ens_error *err)
{
    float *y = ens__array(rows->n, sizeof *y);
    double *all = ens__array(rows->k, sizeof *all);
    ens_loss_rows shifted = *rows;
    ens_status st = ENS_OK;

    if (y == NULL || all == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    shifted.y = y;
    for (size_t c = 0; c < rows->k; c++) {
        for (size_t i = 0; i < rows->n; i++)
            y[i] = rows->y[i] - rows->score[c * rows->stride + i];
        if ((st = loss->type->start(loss->params, &shifted, all, err)) != ENS_OK)
            goto done;
        out[c] = all[c];
    }
done:
    ens__free(y);
    ens__free(all);
    return st;
}

/* ---- Newton's method --------------------------------------------------------------------------------------------- */

/* Slopes and curvatures of the whole loss in each score, and blocks to compute them in. */
typedef struct slopes {
    const ens__loss *loss;
    const ens_loss_rows *rows;
    float *score, *g, *h;  /* [k][BLOCK] */
    double *slope, *curve; /* [k] */
    double size;           /* the sum of |gradients| */
} slopes;

static void add_block(slopes *s, const double *at, size_t begin)
{
    const ens_loss_rows *rows = s->rows;
    size_t n = rows->n - begin < BLOCK ? rows->n - begin : BLOCK;
    ens_loss_rows part = ens__loss_block(s->loss, rows, begin, n);

    for (size_t c = 0; c < rows->k; c++)
        for (size_t i = 0; i < n; i++) {
            double given =
                rows->score != NULL ? rows->score[c * rows->stride + begin + i] : 0;

            s->score[c * BLOCK + i] = (float)(given + at[c]);
        }
    part.score = s->score;
    part.stride = BLOCK;
    s->loss->type->gradient(s->loss->params, &part, s->g, s->h);
    for (size_t c = 0; c < rows->k; c++)
        for (size_t i = 0; i < n; i++) {
            s->slope[c] += s->g[c * BLOCK + i];
            s->size += fabsf(s->g[c * BLOCK + i]);
            s->curve[c] += s->h[c * BLOCK + i];
        }
}

/* The sum of |slope| where all scores are raised by at[k]. */
static double look(slopes *s, const double *at)
{
    double sum = 0;

    s->size = 0;
    for (size_t c = 0; c < s->rows->k; c++)
        s->slope[c] = s->curve[c] = 0;
    for (size_t begin = 0; begin < s->rows->n; begin += BLOCK)
        add_block(s, at, begin);
    for (size_t c = 0; c < s->rows->k; c++)
        sum += fabs(s->slope[c]);
    return sum;
}

static void newton(slopes *s, double *at, double *step, double *tried)
{
    size_t k = s->rows->k;
    double steep = look(s, at);

    for (int i = 0; i < STEPS && steep > PRECISION * s->size; i++) {
        double next = INFINITY, part = 1;

        for (size_t c = 0; c < k; c++)
            step[c] = s->curve[c] > 0 ? -s->slope[c] / s->curve[c] : 0;
        for (int h = 0; h < HALVINGS && !(next < steep); h++, part /= 2) {
            for (size_t c = 0; c < k; c++)
                tried[c] = at[c] + part * step[c];
            next = look(s, tried);
        }
        if (!(next < steep))
            return;
        steep = next;
        for (size_t c = 0; c < k; c++)
            at[c] = tried[c];
    }
}

static ens_status start_newton(double *out, const ens__loss *loss,
                               const ens_loss_rows *rows, ens_error *err)
{
    size_t k = rows->k;
    float *block = ens__array(k, 3 * BLOCK * sizeof *block);
    double *sums = ens__array(k, 4 * sizeof *sums);
    ens_status st = ENS_OK;

    if (block == NULL || sums == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    newton(&(slopes){loss, rows, block, block + k * BLOCK, block + 2 * k * BLOCK, sums,
                     sums + k, 0},
           out, sums + 2 * k, sums + 3 * k);
done:
    ens__free(block);
    ens__free(sums);
    return st;
}

ens_status ens__loss_start(double *out, const ens__loss *loss, const ens_loss_rows *rows,
                           ens_error *err)
{
    const ens_loss_type *type = loss->type;

    for (size_t c = 0; c < rows->k; c++)
        out[c] = 0;
    if ((type->caps & ENS_LOSS_RANKS) != 0)
        return ENS_OK; /* raising all scores changes no order */
    if (type->start != NULL && rows->score == NULL)
        return type->start(loss->params, rows, out, err);
    if (type->start != NULL && (type->caps & ENS_LOSS_SHIFTS) != 0)
        return start_shifted(out, loss, rows, err);
    return start_newton(out, loss, rows, err);
}
