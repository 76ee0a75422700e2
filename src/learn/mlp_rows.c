/* mlp_rows.c - the rows of a network's fit as floats: inputs, targets, weights, and which of them are held out. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <learn/class_weight.h>
#include <learn/mlp_fit.h>
#include <learn/plan.h>
#include <math.h>
#include <num/rng.h>
#include <string.h>

/* ---- Targets ---------------------------------------------------------------------------- */

/* The deviation from the origin, of numbers of any size; 1 if there is none. */
static double deviation(const ens_fit_args *a, double origin)
{
    double most = 0, sum = 0, all = 0, unit;

    for (size_t i = 0; i < a->rows.n; i++)
        most = fmax(most, fabs(a->y[a->rows.row[i]] / 2 - origin / 2));
    if (!(most > DBL_MIN))
        return 1;
    for (size_t i = 0; i < a->rows.n; i++) {
        double w = ens_fit_weight(a, i),
               d = (a->y[a->rows.row[i]] / 2 - origin / 2) / most;

        sum += w * d * d;
        all += w;
    }
    unit = 2 * (most * sqrt(sum / all));
    return unit > DBL_MIN && unit <= DBL_MAX ? unit : most;
}

ens_status ens__mlp_target(ens__mlp *m, const ens_fit_args *a, ens_error *err)
{
    ens__loss_targets t = {
        .y = a->y, .label = a->label, .row = a->rows.row, .n = a->rows.n};
    ens_status st = ens__loss_origin(&m->origin, m->loss, &t, err);

    if (st == ENS_OK && (m->loss->type->caps & ENS_LOSS_SHIFTS) != 0)
        m->unit = deviation(a, m->origin);
    if (st == ENS_OK && a->valid != NULL && a->valid->y != NULL) {
        const ens_rows *v = &a->valid->rows;

        st = ens__loss_check(
            m->loss, m->origin,
            &(ens__loss_targets){.y = a->valid->y, .row = v->row, .n = v->n}, err);
        if (st != ENS_OK)
            ens__error_prefix(err, "validation table");
    }
    return st;
}

static float target(const ens__mlp *m, const double *y, const int32_t *label, size_t i)
{
    double v;

    if (label != NULL)
        return (float)label[i];
    v = (y[i] / 2 - m->origin / 2) / (m->unit / 2);
    return (float)fmin(fmax(v, -1e30), 1e30);
}

/* ---- Sets ------------------------------------------------------------------------------- */

typedef struct load_job {
    ens__mlp_set *s;
    const ens__mlp *m;
    const ens_rows *rows; /* those of the set */
} load_job;

enum { LOADED = 256 };

static ens_status load(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    const load_job *job = ctx;
    size_t begin = t * LOADED,
           n = job->rows->n - begin < LOADED ? job->rows->n - begin : LOADED;
    const ens__net *net = &job->m->net;

    (void)worker, (void)err;
    ens__mlp_inputs(job->m, job->rows, begin, n, job->s->x + begin * net->n_numbers,
                    net->n_numbers, job->s->code + begin * net->n_tables);
    return ENS_OK;
}

/* Inputs of these rows; targets and weights are to be filled. */
static ens_status make(ens__mlp_set *s, const ens__mlp *m, const ens_rows *rows,
                       const ens_exec *exec, ens_error *err)
{
    load_job job = {s, m, rows};

    s->n = rows->n;
    if ((s->x = ens__array(s->n * m->net.n_numbers, sizeof *s->x)) == NULL ||
        (s->code = ens__array(s->n * m->net.n_tables, sizeof *s->code)) == NULL ||
        (s->y = ens__array(s->n, sizeof *s->y)) == NULL ||
        (s->w = ens__array(s->n, sizeof *s->w)) == NULL)
        return ens__nomem(err);
    return ens__par_for((s->n + LOADED - 1) / LOADED, exec, NULL, load, &job, NULL, err);
}

static void scale_weights(ens__mlp_set *s, const double *w)
{
    double sum = 0, most = 0;

    for (size_t i = 0; i < s->n; i++)
        most = fmax(most, w[i]);
    for (size_t i = 0; i < s->n; i++)
        sum += w[i] / most;
    for (size_t i = 0; i < s->n; i++)
        s->w[i] = (float)fmax(w[i] / most * ((double)s->n / sum), 1e-30);
}

ens_status ens__mlp_set_fit(ens__mlp_set *s, const ens__mlp *m, const ens__mlp_params *p,
                            const ens_fit_args *a, const uint8_t *held, uint8_t part,
                            ens_error *err)
{
    ens_rows rows = a->rows;
    uint32_t *row = ens__array(rows.n, sizeof *row);
    double *w = ens__array(rows.n, sizeof *w), *of_class = NULL;
    ens_status st;

    *s = (ens__mlp_set){0};
    if (row == NULL || w == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (a->label != NULL &&
        (st = ens__class_weight(&of_class, &p->class_weight, a, "mlp", err)) != ENS_OK)
        goto done;
    rows.n = 0;
    for (size_t i = 0; i < a->rows.n; i++) {
        if (held != NULL && held[i] != part)
            continue;
        row[rows.n] = a->rows.row[i];
        w[rows.n++] = ens_fit_weight(a, i) *
                      (of_class != NULL ? of_class[a->label[a->rows.row[i]]] : 1);
    }
    rows.row = row;
    if ((st = make(s, m, &rows, a->exec, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = target(m, a->y, a->label, row[i]);
    scale_weights(s, w);
done:
    ens__free(row);
    ens__free(w);
    ens__free(of_class);
    return st;
}

ens_status ens__mlp_set_valid(ens__mlp_set *s, const ens__mlp *m, const ens_fit_args *a,
                              ens_error *err)
{
    const ens_valid *v = a->valid;
    ens_rows rows = v->rows;
    uint32_t *row = ens__array(rows.n, sizeof *row);
    double *w = ens__array(rows.n, sizeof *w);
    ens_status st;

    *s = (ens__mlp_set){0};
    if (row == NULL || w == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    rows.n = 0;
    for (size_t i = 0; i < v->rows.n; i++) {
        if (v->label != NULL && v->label[v->rows.row[i]] < 0)
            continue;
        row[rows.n] = v->rows.row[i];
        w[rows.n++] = v->w != NULL ? v->w[i] : 1;
    }
    rows.row = row;
    if ((st = make(s, m, &rows, a->exec, err)) != ENS_OK)
        goto done;
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = target(m, v->y, v->label, row[i]);
    scale_weights(s, w);
done:
    ens__free(row);
    ens__free(w);
    return st;
}

void ens__mlp_set_clear(ens__mlp_set *s)
{
    ens__free(s->x);
    ens__free(s->code);
    ens__free(s->y);
    ens__free(s->w);
    ens__free(s->score);
    *s = (ens__mlp_set){0};
}

/* ---- Held out --------------------------------------------------------------------------- */

/* Groups as a whole: a group is held out if its draw is below `part`. */
static size_t hold_groups(uint8_t *held, double part, const ens_fit_args *a)
{
    size_t total = 0;

    for (size_t i = 0; i < a->rows.n; i++) {
        ens__stream s;

        ens__stream_init(&s, a->seed, ENS__FOR_SPLIT, a->group[a->rows.row[i]]);
        held[i] = ens__stream_uniform(&s) < part;
        total += held[i];
    }
    return total;
}

ens_status ens__mlp_hold_out(uint8_t *held, double part, const ens_fit_args *a,
                             ens_error *err)
{
    uint32_t *place;
    size_t n;

    memset(held, 0, a->rows.n);
    if (a->group != NULL) {
        n = hold_groups(held, part, a);
    } else {
        if ((place = ens__array(a->rows.n, sizeof *place)) == NULL)
            return ens__nomem(err);
        n = ens__plan_hold_out(held, place, part, a);
        ens__free(place);
    }
    if (n > 0 && n < a->rows.n)
        return ENS_OK;
    return ens__fail(err, ENS_ERANGE,
                     "mlp.validation_fraction = %g holds out %zu of %zu rows", part, n,
                     a->rows.n);
}
