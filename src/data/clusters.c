/* clusters.c - the `classification` generator: gaussian clusters on the vertices of a hypercube.
 *
 * After Guyon (2003) and scikit-learn's make_classification: each class has some clusters, each with a
 * random linear mix of its own, so that features are correlated within it; redundant features are linear
 * combinations of the informative ones, the rest is noise. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/generate.h>
#include <math.h>
#include <num/sample.h>

typedef struct clusters {
    size_t n, d;      /* clusters, informative features */
    double *centre;   /* [n][d] vertices */
    double *mix;      /* [n][d][d] */
    double *combine;  /* [d][redundant] */
    double *z;        /* [d] one row */
    uint32_t *member; /* [rows] cluster of each */
} clusters;

static void clusters_clear(clusters *k)
{
    ens__free(k->centre);
    ens__free(k->mix);
    ens__free(k->combine);
    ens__free(k->z);
    ens__free(k->member);
}

ens_status ens__check_classification(const ens__gen_params *g, ens_error *err)
{
    long long used = g->informative + g->redundant;
    long long wanted = g->classes * g->clusters_per_class;

    if (used > g->p)
        return ens__fail(
            err, ENS_ERANGE,
            "classification: informative + redundant = %lld is above p = %lld", used,
            (long long)g->p);
    if ((double)wanted > exp2((double)g->informative))
        return ens__fail(err, ENS_ERANGE,
                         "classification: %lld clusters need as many vertices, "
                         "informative = %lld gives %.0f",
                         wanted, (long long)g->informative, exp2((double)g->informative));
    return ENS_OK;
}

/* Distinct vertices at distance class_sep from the axes: they differ in their first bits, of which there are
 * enough to choose from, and the other bits are random. */
static ens_status choose_vertices(const clusters *k, const ens__sheet *s,
                                  double class_sep, ens_error *err)
{
    ens__stream r = ens__other_stream(s, ENS__STREAM_VERTICES, 0);
    uint32_t *vertex = ens__array(k->n, sizeof *vertex);
    unsigned bits = 8;

    if (vertex == NULL)
        return ens__nomem(err);
    while ((size_t)1 << (bits - 8) < k->n)
        bits++;
    bits = bits < k->d ? bits : (unsigned)k->d;
    ens__sample_choose(vertex, k->n, (size_t)1 << bits, &r);
    ens__sample_shuffle(vertex, k->n, &r);
    for (size_t c = 0; c < k->n; c++)
        for (size_t j = 0; j < k->d; j++) {
            uint32_t bit = j < bits ? vertex[c] >> j & 1 : ens__stream_below(&r, 2);

            k->centre[c * k->d + j] = bit != 0 ? class_sep : -class_sep;
        }
    ens__free(vertex);
    return ENS_OK;
}

static void fill_mix(double *v, size_t n, ens__stream r)
{
    for (size_t i = 0; i < n; i++)
        v[i] = 2 * ens__stream_uniform(&r) - 1;
}

static ens_status clusters_init(clusters *k, const ens__sheet *s,
                                const ens__gen_params *g, ens_error *err)
{
    ens__stream rows = ens__other_stream(s, ENS__STREAM_ROWS, 0);
    size_t n = (size_t)(g->classes * g->clusters_per_class), d = (size_t)g->informative;

    *k = (clusters){.n = n, .d = d};
    k->centre = ens__array(n, d * sizeof *k->centre);
    k->mix = ens__array(n, d * d * sizeof *k->mix);
    k->combine = ens__array(d, (size_t)g->redundant * sizeof *k->combine);
    k->z = ens__array(d, sizeof *k->z);
    k->member = ens__array(s->n, sizeof *k->member);
    if (k->centre == NULL || k->mix == NULL || k->combine == NULL || k->z == NULL ||
        k->member == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < n; c++)
        fill_mix(k->mix + c * d * d, d * d, ens__other_stream(s, ENS__STREAM_MIX, 1 + c));
    fill_mix(k->combine, d * (size_t)g->redundant,
             ens__other_stream(s, ENS__STREAM_MIX, 0));
    for (size_t i = 0; i < s->n; i++)
        k->member[i] = (uint32_t)i;
    ens__sample_shuffle(k->member, s->n, &rows); /* so that sizes differ by one at most */
    for (size_t i = 0; i < s->n; i++)
        k->member[i] %= (uint32_t)n;
    return choose_vertices(k, s, g->class_sep, err);
}

/* x = z mix + centre, then redundant = x combine, for one row. */
static void fill_row(const ens__sheet *s, const clusters *k, size_t i, size_t c,
                     size_t redundant)
{
    for (size_t j = 0; j < k->d; j++)
        k->z[j] = s->x[j][i];
    for (size_t j = 0; j < k->d; j++) {
        double v = k->centre[c * k->d + j];

        for (size_t l = 0; l < k->d; l++)
            v += k->z[l] * k->mix[(c * k->d + l) * k->d + j];
        s->x[j][i] = v;
    }
    for (size_t j = 0; j < redundant; j++) {
        double v = 0;

        for (size_t l = 0; l < k->d; l++)
            v += s->x[l][i] * k->combine[l * redundant + j];
        s->x[k->d + j][i] = v;
    }
}

static ens_status shuffle_columns(const ens__sheet *s, ens_error *err)
{
    ens__stream r = ens__other_stream(s, ENS__STREAM_COLUMNS, 0);
    uint32_t *order = ens__array(s->p, sizeof *order);
    double **x = ens__array(s->p, sizeof *x);

    if (order != NULL && x != NULL) {
        for (size_t j = 0; j < s->p; j++)
            order[j] = (uint32_t)j;
        ens__sample_shuffle(order, s->p, &r);
        for (size_t j = 0; j < s->p; j++)
            x[j] = s->x[order[j]];
        for (size_t j = 0; j < s->p; j++)
            s->x[j] = x[j];
    }
    ens_status st = order != NULL && x != NULL ? ENS_OK : ens__nomem(err);
    ens__free(order);
    ens__free(x);
    return st;
}

ens_status ens__fill_classification(const ens__sheet *s, const ens__gen_params *g,
                                    ens_error *err)
{
    clusters k;
    size_t redundant = (size_t)g->redundant;
    ens_status st;

    if ((st = clusters_init(&k, s, g, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < s->p; j++)
        if (j < k.d || j >= k.d + redundant)
            ens__fill_gaussian(s, j);
    for (size_t i = 0; i < s->n; i++) {
        size_t c = k.member[i];

        fill_row(s, &k, i, c, redundant);
        s->y[i] = (double)(c % (size_t)g->classes);
    }
    ens__flip_classes(s, g->flip_y, (uint32_t)g->classes);
    st = g->shuffle ? shuffle_columns(s, err) : ENS_OK;
done:
    clusters_clear(&k);
    return st;
}
