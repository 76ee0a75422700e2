/* mlp_net.c - layers of a feed-forward network, forwards and backwards.
 *
 * Backpropagation as in Rumelhart, Hinton and Williams (1986), a block of rows at a time, so that every layer is a
 * product of matrices: sums = x W, slopes of the weights x' delta, and of the inputs delta W'. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/mlp_net.h>
#include <math.h>
#include <num/matmul.h>
#include <num/rng.h>
#include <string.h>

/* Added to variances. */
#define EPSILON 1e-5

/* ---- Made ------------------------------------------------------------------------------- */

static void place_tables(ens__net *net, const ens__net_spec *spec)
{
    net->q = spec->n_numbers;
    for (size_t t = 0; t < net->n_tables; t++) {
        bool trained = spec->width[t] > 0;

        net->table[t] = (ens__net_table){.rows = (size_t)spec->levels[t] + 1,
                                         .d = trained ? spec->width[t] : spec->levels[t],
                                         .column = net->q,
                                         .trained = trained};
        net->q += net->table[t].d;
        net->embeds = net->embeds || trained;
    }
    net->q_pad = ENS__REAL_PAD(net->q);
    net->widest = net->q_pad;
}

static void place_layers(ens__net *net, const ens__net_spec *spec)
{
    for (size_t h = 0; h < net->n_layers; h++) {
        ens__net_layer *l = &net->layer[h];

        l->in = h == 0 ? net->q : net->layer[h - 1].out;
        l->in_pad = ENS__REAL_PAD(l->in);
        l->out = h + 1 < net->n_layers ? (size_t)spec->hidden[h] : spec->n_outputs;
        l->pad = ENS__REAL_PAD(l->out);
        l->w = net->n_theta;
        net->n_theta += l->in * l->pad;
        l->back = net->n_back;
        net->n_back += l->out * l->in_pad;
        l->stat = net->n_stat;
        net->n_stat += net->norm ? 2 * l->pad : 0;
        net->widest = l->pad > net->widest ? l->pad : net->widest;
    }
    net->n_weights = net->n_theta;
    for (size_t t = 0; t < net->n_tables; t++) {
        net->table[t].at = net->n_theta;
        net->n_theta += ENS__REAL_PAD(net->table[t].rows * net->table[t].d);
    }
    for (size_t h = 0; h < net->n_layers; h++) {
        net->layer[h].b = net->n_theta;
        net->n_theta += net->layer[h].pad;
    }
    for (size_t h = 0; h + 1 < net->n_layers && net->norm; h++) {
        net->layer[h].gain = net->n_theta;
        net->n_theta += net->layer[h].pad;
    }
}

ens_status ens__net_init(ens__net *net, const ens__net_spec *spec, ens_error *err)
{
    *net = (ens__net){.n_layers = spec->n_hidden + 1,
                      .n_tables = spec->n_tables,
                      .n_numbers = spec->n_numbers,
                      .activation = spec->activation,
                      .norm = spec->norm,
                      .dropout = spec->dropout};
    if ((net->layer = ens__zeros(net->n_layers, sizeof *net->layer)) == NULL ||
        (net->table = ens__zeros(net->n_tables, sizeof *net->table)) == NULL) {
        ens__net_clear(net);
        return ens__nomem(err);
    }
    place_tables(net, spec);
    place_layers(net, spec);
    return ENS_OK;
}

void ens__net_clear(ens__net *net)
{
    ens__free(net->layer);
    ens__free(net->table);
    net->layer = NULL;
    net->table = NULL;
}

static double variance(const ens__net *net, size_t h, ens__net_init_kind kind)
{
    const ens__net_layer *l = &net->layer[h];
    double in = (double)(l->in > 0 ? l->in : 1), out = (double)l->out;

    if (kind == ENS__INIT_AUTO && h + 1 < net->n_layers) {
        if (net->activation == ENS__SELU)
            kind = ENS__INIT_LECUN;
        else if (net->activation != ENS__TANH && net->activation != ENS__LOGISTIC)
            kind = ENS__INIT_HE;
    }
    return kind == ENS__INIT_HE      ? 2 / in
           : kind == ENS__INIT_LECUN ? 1 / in
                                     : 2 / (in + out);
}

void ens__net_start(ens__real *theta, const ens__net *net, ens__net_init_kind kind,
                    uint64_t seed)
{
    ens__stream s;

    memset(theta, 0, net->n_theta * sizeof *theta);
    for (size_t h = 0; h < net->n_layers; h++) {
        const ens__net_layer *l = &net->layer[h];
        double size = sqrt(3 * variance(net, h, kind));

        ens__stream_init(&s, seed, ENS__FOR_WEIGHTS, h);
        for (size_t i = 0; i < l->in; i++)
            for (size_t j = 0; j < l->out; j++)
                theta[l->w + i * l->pad + j] =
                    (ens__real)(size * (2 * ens__stream_uniform(&s) - 1));
        for (size_t j = 0; j < l->out && l->gain > 0; j++)
            theta[l->gain + j] = 1;
    }
    for (size_t t = 0; t < net->n_tables; t++) {
        const ens__net_table *e = &net->table[t];

        ens__stream_init(&s, seed, ENS__FOR_WEIGHTS, net->n_layers + t);
        for (size_t i = 0; i + 1 < e->rows; i++)
            for (size_t j = 0; j < e->d; j++)
                theta[e->at + i * e->d + j] =
                    (ens__real)(e->trained ? ens__stream_gaussian(&s) : i == j);
    }
}

/* ---- Memory ----------------------------------------------------------------------------- */

ens_status ens__net_work_init(ens__net_work *w, const ens__net *net, ens_error *err)
{
    size_t hidden = net->n_layers - 1, sets = net->norm ? 3 : 2, units = 0, total;
    ens__real *at;

    for (size_t h = 0; h < net->n_layers; h++)
        units += net->layer[h].pad;
    total =
        ENS__NET_ROWS * (net->q_pad + sets * units + 2 * net->widest) + 4 * net->widest;
    *w = (ens__net_work){0};
    if ((w->memory = at = ens__aligned(total, sizeof *at)) == NULL ||
        (w->code = ens__array(ENS__NET_ROWS * net->n_tables, sizeof *w->code)) == NULL ||
        (w->a = ens__zeros(3 * net->n_layers, sizeof *w->a)) == NULL) {
        ens__net_work_clear(w);
        return ens__nomem(err);
    }
    memset(at, 0, total * sizeof *at);
    w->slope = w->a + net->n_layers;
    w->hat = w->slope + net->n_layers;
    w->x = at;
    w->delta = w->x + ENS__NET_ROWS * net->q_pad;
    w->spare = w->delta + ENS__NET_ROWS * net->widest;
    w->sums = w->spare + ENS__NET_ROWS * net->widest;
    at = w->sums + 4 * net->widest;
    for (size_t h = 0; h < net->n_layers; h++) {
        size_t size = ENS__NET_ROWS * net->layer[h].pad;

        w->a[h] = at;
        w->slope[h] = h < hidden ? at + size : NULL;
        w->hat[h] = h < hidden && net->norm ? at + 2 * size : NULL;
        at += (h < hidden ? sets : 1) * size;
    }
    return ENS_OK;
}

void ens__net_work_clear(ens__net_work *w)
{
    ens__free(w->memory);
    ens__free(w->code);
    ens__free(w->a);
    *w = (ens__net_work){0};
}

/* ---- Forwards --------------------------------------------------------------------------- */

static void load_tables(const ens__net *net, const ens__real *theta, ens__real *x,
                        size_t n, const int32_t *code)
{
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < net->n_tables; t++) {
            const ens__net_table *e = &net->table[t];
            size_t row = (size_t)code[i * net->n_tables + t];

            memcpy(x + i * net->q_pad + e->column, theta + e->at + row * e->d,
                   e->d * sizeof *x);
        }
}

static void layer_sums(ens__real *out, const ens__net *net, size_t h,
                       const ens__real *theta, const ens__real *in, size_t n, bool bias)
{
    const ens__net_layer *l = &net->layer[h];

    ens__matmul(&(ens__matmul_args){.c = out,
                                    .a = in,
                                    .b = theta + l->w,
                                    .start = bias ? theta + l->b : NULL,
                                    .m = n,
                                    .n = l->pad,
                                    .depth = l->in,
                                    .c_row = l->pad,
                                    .a_row = l->in_pad,
                                    .a_step = 1,
                                    .b_row = l->pad});
}

/* hat = (z - mean) / sqrt(variance + epsilon), z = gain hat + b, by the block's own mean and variance */
static void normalise(ens__real *restrict z, ens__real *restrict hat,
                      const ens__net_layer *l, const ens__real *theta,
                      ens__real *restrict stat, ens__real *restrict inverse, size_t n)
{
    ens__real *mean = stat, *var = stat + l->pad;
    const ens__real *gain = theta + l->gain, *b = theta + l->b;

    ens__column_sums(mean, z, n, l->pad, l->pad);
    for (size_t j = 0; j < l->pad; j++)
        mean[j] /= (ens__real)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < l->pad; j++) {
            z[i * l->pad + j] -= mean[j];
            hat[i * l->pad + j] = z[i * l->pad + j] * z[i * l->pad + j];
        }
    ens__column_sums(var, hat, n, l->pad, l->pad);
    for (size_t j = 0; j < l->pad; j++) {
        var[j] /= (ens__real)n;
        inverse[j] = 1 / (ens__real)sqrt((double)var[j] + EPSILON);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < l->pad; j++) {
            hat[i * l->pad + j] = z[i * l->pad + j] * inverse[j];
            z[i * l->pad + j] = gain[j] * hat[i * l->pad + j] + b[j];
        }
}

/* A unit stays with probability 1 - dropout, and is larger then. */
static void drop(ens__real *a, ens__real *slope, size_t n, double dropout, ens__stream *s)
{
    uint32_t limit = (uint32_t)(dropout * 65536 + 0.5), word[4];
    ens__real keep = (ens__real)(65536.0 / (65536.0 - limit));

    for (size_t i = 0; i < n; i += 8) {
        ens__stream_block(word, s);
        for (size_t l = 0; l < 8; l++) {
            uint32_t bits = word[l / 2] >> (l % 2 * 16) & 0xffff;
            ens__real times = bits < limit ? 0 : keep;

            a[i + l] *= times;
            slope[i + l] *= times;
        }
    }
}

void ens__net_forward(const ens__net *net, const ens__real *theta, ens__net_work *w,
                      ens__net_draw draw, ens__real *stat)
{
    const ens__real *in = w->x;
    ens__stream s;

    ens__stream_init(&s, draw.seed, ENS__FOR_DROPOUT, draw.index);
    load_tables(net, theta, w->x, w->n, w->code);
    for (size_t h = 0; h < net->n_layers; h++) {
        const ens__net_layer *l = &net->layer[h];
        bool last = h + 1 == net->n_layers;

        layer_sums(w->a[h], net, h, theta, in, w->n, last || !net->norm);
        if (last)
            break;
        if (net->norm)
            normalise(w->a[h], w->hat[h], l, theta, stat + l->stat, w->sums, w->n);
        ens__activate(w->a[h], w->slope[h], w->n * l->pad, net->activation);
        if (net->dropout > 0)
            drop(w->a[h], w->slope[h], w->n * l->pad, net->dropout, &s);
        in = w->a[h];
    }
}

/* ---- Backwards -------------------------------------------------------------------------- */

/* From slopes by the normalised sums to those by the sums, and of gain and bias. */
static void normalise_back(ens__real *restrict delta, const ens__real *restrict hat,
                           const ens__net_layer *l, const ens__real *theta,
                           const ens__real *stat, ens__real *slope, ens__net_work *w)
{
    size_t n = w->n, pad = l->pad;
    ens__real *restrict by_gain = slope + l->gain, *restrict by_b = slope + l->b;
    ens__real *restrict unit = w->sums, *restrict spare = w->spare;
    const ens__real *gain = theta + l->gain, *var = stat + pad;

    for (size_t i = 0; i < n * pad; i++)
        spare[i] = delta[i] * hat[i];
    ens__column_sums(by_gain, spare, n, pad, pad);
    ens__column_sums(by_b, delta, n, pad, pad);
    for (size_t j = 0; j < pad; j++)
        unit[j] = gain[j] / (ens__real)sqrt((double)var[j] + EPSILON);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < pad; j++)
            delta[i * pad + j] =
                unit[j] * (delta[i * pad + j] -
                           (by_b[j] + hat[i * pad + j] * by_gain[j]) / (ens__real)n);
}

static void tables_back(ens__real *slope, const ens__net *net, const ens__net_work *w,
                        const ens__real *delta)
{
    for (size_t t = 0; t < net->n_tables; t++) {
        const ens__net_table *e = &net->table[t];

        memset(slope + e->at, 0, ENS__REAL_PAD(e->rows * e->d) * sizeof *slope);
        for (size_t i = 0; i < w->n && e->trained; i++) {
            size_t row = (size_t)w->code[i * net->n_tables + t];
            ens__real *to = slope + e->at + row * e->d;

            for (size_t j = 0; j < e->d; j++)
                to[j] += delta[i * net->q_pad + e->column + j];
        }
    }
}

void ens__net_backward(ens__real *slope, const ens__net *net, const ens__real *theta,
                       const ens__real *back, const ens__real *stat, ens__net_work *w)
{
    size_t n = w->n;
    ens__real *delta = w->delta, *next = w->spare;

    for (size_t h = net->n_layers; h-- > 0;) {
        const ens__net_layer *l = &net->layer[h];
        bool normed = net->norm && h + 1 < net->n_layers;

        if (normed) {
            w->spare = next;
            normalise_back(delta, w->hat[h], l, theta, stat + l->stat, slope, w);
        } else
            ens__column_sums(slope + l->b, delta, n, l->pad, l->pad);
        ens__matmul(&(ens__matmul_args){.c = slope + l->w,
                                        .a = h > 0 ? w->a[h - 1] : w->x,
                                        .b = delta,
                                        .m = l->in,
                                        .n = l->pad,
                                        .depth = n,
                                        .c_row = l->pad,
                                        .a_row = 1,
                                        .a_step = l->in_pad,
                                        .b_row = l->pad});
        if (h == 0 && !net->embeds)
            break;
        ens__matmul(&(ens__matmul_args){.c = next,
                                        .a = delta,
                                        .b = back + l->back,
                                        .m = n,
                                        .n = l->in_pad,
                                        .depth = l->out,
                                        .c_row = l->in_pad,
                                        .a_row = l->pad,
                                        .a_step = 1,
                                        .b_row = l->in_pad});
        if (h > 0)
            ens__multiply(next, w->slope[h - 1], n * l->in_pad);
        ens__real *swap = delta;

        delta = next;
        next = swap;
    }
    tables_back(slope, net, w, delta);
    w->delta = delta;
    w->spare = next;
}

void ens__net_transpose(ens__real *back, const ens__net *net, const ens__real *theta)
{
    for (size_t h = net->embeds ? 0 : 1; h < net->n_layers; h++) {
        const ens__net_layer *l = &net->layer[h];

        ens__transpose(back + l->back, l->in_pad, theta + l->w, l->pad, l->in, l->out);
    }
}

/* ---- Applied ---------------------------------------------------------------------------- */

void ens__net_fold(ens__real *theta, const ens__net *net, const ens__real *stat)
{
    for (size_t h = 0; h + 1 < net->n_layers && net->norm; h++) {
        const ens__net_layer *l = &net->layer[h];
        const ens__real *mean = stat + l->stat, *var = mean + l->pad;
        ens__real *gain = theta + l->gain, *b = theta + l->b;

        for (size_t j = 0; j < l->out; j++) {
            gain[j] /= (ens__real)sqrt((double)var[j] + EPSILON);
            b[j] -= mean[j] * gain[j];
            for (size_t i = 0; i < l->in; i++)
                theta[l->w + i * l->pad + j] *= gain[j];
            gain[j] = 1;
        }
    }
}

size_t ens__net_run_size(const ens__net *net)
{
    return ENS__NET_RUN_ROWS * (net->q_pad + 2 * net->widest);
}

const ens__real *ens__net_run(const ens__net *net, const ens__real *theta, size_t n,
                              const int32_t *code, ens__real *scratch)
{
    const ens__real *in = scratch;
    ens__real *at[2] = {scratch + ENS__NET_RUN_ROWS * net->q_pad,
                        scratch + ENS__NET_RUN_ROWS * (net->q_pad + net->widest)};

    load_tables(net, theta, scratch, n, code);
    for (size_t h = 0; h < net->n_layers; h++) {
        ens__real *out = at[h % 2];

        layer_sums(out, net, h, theta, in, n, true);
        if (h + 1 < net->n_layers)
            ens__activate(out, NULL, n * net->layer[h].pad, net->activation);
        in = out;
    }
    return in;
}
