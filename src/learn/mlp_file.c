/* mlp_file.c - fitted networks as tensors, and told of.
 *
 *     theta  [n]          all weights, as mlp_net.h has them     response  [2]  its origin and unit
 *     curve  [epochs][2]  losses of training and validation      about     [1]  the epoch that was kept */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/mlp.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Points of the curve that a description has at most, about. */
#define SHOWN 10

ens_status ens__mlp_write(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__mlp *m = fit;
    double *response;
    uint32_t *about;
    ens_status st;

    if ((st = ens_writer_array(w, "theta", ENS_F32, 1, &m->net.n_theta, m->theta, err)) !=
            ENS_OK ||
        (st = ens_writer_array(w, "curve", ENS_F64, 2, (size_t[]){m->n_curve, 2},
                               m->curve, err)) != ENS_OK ||
        (st = ens_writer_buffer((void **)&response, w, "response", ENS_F64, 1,
                                (size_t[]){2}, err)) != ENS_OK ||
        (st = ens_writer_buffer((void **)&about, w, "about", ENS_U32, 1, (size_t[]){1},
                                err)) != ENS_OK)
        return st;
    response[0] = m->origin;
    response[1] = m->unit;
    about[0] = (uint32_t)m->best;
    return ENS_OK;
}

/* A tensor of these dimensions, of which SIZE_MAX is for any. */
static ens_status read_tensor(const void **out, size_t *shape, const ens_read_args *a,
                              const char *name, ens_dtype type, size_t rank,
                              ens_error *err)
{
    size_t want[2] = {shape[0], shape[1]};
    ens_status st = ens_reader_array(out, shape, a->reader, name, type, rank, err);

    for (size_t i = 0; i < rank && st == ENS_OK; i++)
        if (want[i] != SIZE_MAX && shape[i] != want[i])
            st =
                ens_reader_bad(a->reader, err, "dimension %zu of %s is %zu, expected %zu",
                               i, name, shape[i], want[i]);
    return st;
}

static ens_status check_numbers(const float *theta, size_t n, const double *response,
                                const ens_read_args *a, ens_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(theta[i]) <= ENS__MOST_SUM))
            return ens_reader_bad(a->reader, err, "theta[%zu] = %g is too large", i,
                                  (double)theta[i]);
    if (!isfinite(response[0]) || !isfinite(response[1]) || response[1] <= 0)
        return ens_reader_bad(a->reader, err, "response is %g, %g", response[0],
                              response[1]);
    return ENS_OK;
}

ens_status ens__mlp_read(void **out, const ens_read_args *a, ens_error *err)
{
    const ens__mlp_params *p = ens_learner_params(a->learner);
    size_t n_theta[2] = {SIZE_MAX}, n_curve[2] = {SIZE_MAX, 2}, n_response[2] = {2},
           n_about[2] = {1};
    const void *theta, *curve, *response, *about;
    ens__mlp *m = NULL;
    ens_status st;

    if ((st = read_tensor(&theta, n_theta, a, "theta", ENS_F32, 1, err)) != ENS_OK ||
        (st = read_tensor(&curve, n_curve, a, "curve", ENS_F64, 2, err)) != ENS_OK ||
        (st = read_tensor(&response, n_response, a, "response", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = read_tensor(&about, n_about, a, "about", ENS_U32, 1, err)) != ENS_OK ||
        (st = check_numbers(theta, n_theta[0], response, a, err)) != ENS_OK ||
        (st = ens__mlp_new(&m, p, a->feature, a->p, a->task, a->k, err)) != ENS_OK)
        goto done;
    if (m->net.n_theta != n_theta[0]) {
        st = ens_reader_bad(a->reader, err, "theta has %zu weights, expected %zu",
                            n_theta[0], m->net.n_theta);
        goto done;
    }
    if ((m->theta = ens__aligned(n_theta[0], sizeof *m->theta)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    memcpy(m->theta, theta, m->net.n_theta * sizeof *m->theta);
    m->origin = ((const double *)response)[0];
    m->unit = ((const double *)response)[1];
    m->best = ((const uint32_t *)about)[0];
    m->n_curve = n_curve[0];
    if ((m->curve = ens__array(m->n_curve, sizeof *m->curve)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    memcpy(m->curve, curve, m->n_curve * sizeof *m->curve);
    *out = m;
    m = NULL;
done:
    ens__mlp_free(m);
    return st;
}

/* ---- Told of ---------------------------------------------------------------------------- */

static ens_status describe_net(const ens__mlp *m,
                               ens_status (*add)(void *ctx, const char *line), void *ctx)
{
    char line[256];
    size_t at, numbers = 0;

    for (size_t h = 0; h < m->net.n_layers; h++)
        numbers += (m->net.layer[h].in + 1) * m->net.layer[h].out;
    for (size_t t = 0; t < m->net.n_tables; t++)
        numbers += m->net.table[t].trained ? m->net.table[t].rows * m->net.table[t].d : 0;
    at = (size_t)snprintf(line, sizeof line, "units: %zu", m->net.q);
    for (size_t h = 0; h < m->net.n_layers && at + 24 < sizeof line; h++)
        at +=
            (size_t)snprintf(line + at, sizeof line - at, " -> %zu", m->net.layer[h].out);
    snprintf(line + at, sizeof line - at, "\n");
    if (at + 24 >= sizeof line)
        snprintf(line, sizeof line, "units: %zu, %zu layers\n", m->net.q,
                 m->net.n_layers);
    ens_status st = add(ctx, line);

    snprintf(line, sizeof line,
             "weights: %zu\nloss: %s\nepochs: %zu, of which number %zu was kept\n",
             numbers, m->loss->type->name, m->n_curve, m->best);
    return st == ENS_OK ? add(ctx, line) : st;
}

ens_status ens__mlp_describe(const void *fit,
                             ens_status (*add)(void *ctx, const char *line), void *ctx,
                             ens_error *err)
{
    const ens__mlp *m = fit;
    size_t step = (m->n_curve + SHOWN - 1) / SHOWN;
    ens_status st = describe_net(m, add, ctx);
    char line[128];

    (void)err;
    for (size_t e = 1; e <= m->n_curve && st == ENS_OK; e++) {
        const ens__mlp_point *point = &m->curve[e - 1];
        int n;

        if (e % step != 0 && e != 1 && e != m->n_curve && e != m->best)
            continue;
        n = snprintf(line, sizeof line, "after epoch %zu: loss %.6g", e, point->train);
        if (!isnan(point->valid))
            n += snprintf(line + n, sizeof line - (size_t)n, ", of validation %.6g",
                          point->valid);
        snprintf(line + n, sizeof line - (size_t)n, "\n");
        st = add(ctx, line);
    }
    return st;
}
