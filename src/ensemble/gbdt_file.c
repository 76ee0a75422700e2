/* gbdt_file.c - fitted boosting as tensors.
 *
 *     start  [k]          constant scores          origin  [2]   origin and unit of the responses
 *     gain   [rounds][k]  of each tree             trees/...     the trees of all rounds
 *     curve  [points][metrics]  where there is one */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/gbdt.h>
#include <learn/tree.h>
#include <math.h>
#include <string.h>

ens_status ens__gbdt_write(const void *state, ens_writer *w, ens_error *err)
{
    const ens__gbdt *g = state;
    size_t two = 2, shape[2] = {g->n_rounds, g->k};
    void *origin;
    ens_status st;

    if ((st = ens_writer_array(w, "start", ENS_F64, 1, &g->k, g->start, err)) != ENS_OK ||
        (st = ens_writer_array(w, "gain", ENS_F64, 2, shape, g->gain, err)) != ENS_OK ||
        (st = ens_writer_buffer(&origin, w, "origin", ENS_F64, 1, &two, err)) != ENS_OK)
        return st;
    ((double *)origin)[0] = g->origin;
    ((double *)origin)[1] = g->unit;
    shape[0] = g->n_curve;
    shape[1] = g->n_metrics;
    if (g->n_curve > 0 &&
        (st = ens_writer_array(w, "curve", ENS_F64, 2, shape, g->curve, err)) != ENS_OK)
        return st;
    if ((st = ens_writer_push(w, "trees", err)) != ENS_OK)
        return st;
    st = ens__tree_write_many((const void *const *)g->tree, g->n_rounds * g->k, w, err);
    ens_writer_pop(w);
    return st;
}

static bool all_finite(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

/* Numbers of a tensor that has n of them. */
static ens_status read_numbers(double *out, size_t n, const char *name,
                               const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t shape;
    ens_status st = ens_reader_array(&data, &shape, a->reader, name, ENS_F64, 1, err);

    if (st != ENS_OK)
        return st;
    if (shape != n)
        return ens_reader_bad(a->reader, err, "%s has %zu values, expected %zu", name,
                              shape, n);
    memcpy(out, data, n * sizeof *out);
    return all_finite(out, n) ? ENS_OK
                              : ens_reader_bad(a->reader, err,
                                               "%s has a value that is not finite", name);
}

/* The learning curve, if there is one. */
static ens_status read_curve(ens__gbdt *g, const ens__gbdt_params *p,
                             const ens_read_args *a, ens_error *err)
{
    size_t shape[2], most = (size_t)p->n_estimators + 1;
    const void *curve;

    if (ens_reader_array(&curve, shape, a->reader, "curve", ENS_F64, 2, NULL) != ENS_OK)
        return ENS_OK;
    if (shape[1] != ens__gbdt_metrics(p) || shape[0] <= g->n_rounds || shape[0] > most)
        return ens_reader_bad(a->reader, err,
                              "curve is %zu x %zu, expected %zu to %zu x %zu", shape[0],
                              shape[1], g->n_rounds + 1, most, ens__gbdt_metrics(p));
    if ((g->curve = ens__array(shape[0] * shape[1], sizeof *g->curve)) == NULL)
        return ens__nomem(err);
    memcpy(g->curve, curve, shape[0] * shape[1] * sizeof *g->curve);
    g->n_curve = shape[0];
    g->n_metrics = shape[1];
    return all_finite(g->curve, shape[0] * shape[1])
               ? ENS_OK
               : ens_reader_bad(a->reader, err, "curve has a value that is not finite");
}

static ens_status read_trees(ens__gbdt *g, size_t n_rounds, const ens_read_args *a,
                             ens_error *err)
{
    ens_read_args one = *a;
    ens_status st = ens_reader_push(a->reader, "trees", err);

    if (st != ENS_OK)
        return st;
    one.k = 1;
    st = ens__tree_read_many((void **)g->tree, n_rounds * g->k, &one, err);
    ens_reader_pop(a->reader);
    if (st == ENS_OK)
        g->n_rounds = n_rounds;
    return st;
}

ens_status ens__gbdt_read(void **out, const ens_read_args *a, ens_error *err)
{
    const ens__gbdt_params *p = ens_learner_params(a->learner);
    ens__gbdt *g = NULL;
    double origin[2];
    const void *gain;
    size_t shape[2];
    ens_status st;

    if ((st = ens_reader_array(&gain, shape, a->reader, "gain", ENS_F64, 2, err)) !=
        ENS_OK)
        return st;
    if (shape[0] < 1 || shape[0] > (size_t)p->n_estimators)
        return ens_reader_bad(a->reader, err, "%zu rounds, expected 1 to %lld", shape[0],
                              (long long)p->n_estimators);
    if ((st = ens__gbdt_new(&g, p, a->task, a->k, shape[0], err)) != ENS_OK)
        return st == ENS_ENOMEM ? st
                                : ens_reader_bad(a->reader, err,
                                                 "its recipe does not suit its target");
    if (shape[1] != g->k || ens__gbdt_outputs(g) != a->k) {
        st = ens_reader_bad(a->reader, err, "gain is of %zu scores, expected %zu",
                            shape[1], g->k);
        goto done;
    }
    memcpy(g->gain, gain, shape[0] * shape[1] * sizeof *g->gain);
    if ((st = read_numbers(g->start, g->k, "start", a, err)) != ENS_OK ||
        (st = read_numbers(origin, 2, "origin", a, err)) != ENS_OK)
        goto done;
    if (!all_finite(g->gain, shape[0] * shape[1]) || !(origin[1] > 0)) {
        st = ens_reader_bad(a->reader, err, "a gain or the unit is out of range");
        goto done;
    }
    g->origin = origin[0];
    g->unit = origin[1];
    if ((st = read_trees(g, shape[0], a, err)) != ENS_OK ||
        (st = read_curve(g, p, a, err)) != ENS_OK ||
        (st = ens__gbdt_pack(g, a->feature, a->p, NULL, err)) != ENS_OK)
        goto done;
    *out = g;
    g = NULL;
done:
    ens__gbdt_free(g);
    return st;
}
