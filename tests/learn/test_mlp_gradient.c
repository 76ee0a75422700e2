/* test_mlp_gradient.c - backpropagation against differences of the loss, in doubles.
 *
 * The files of the net are compiled here once more, with ENS__DOUBLE, since floats are too coarse for differences. */
#define ENS__DOUBLE
#include <config.h>

#include "run.h"
#include <learn/mlp_net.c>
#include <num/activate.c>
#include <num/matmul.c>
#include <stdio.h>

enum { N = 11, NUMBERS = 3, K = 3 };

static ens_error err;

typedef enum head { SQUARED, HUBER, POISSON, TWO_CLASSES, SOFTMAX } head;

/* The loss of a row, and its slopes by the scores s[k]. */
static double row_loss(head h, const double *s, size_t k, size_t i, double *g)
{
    double y = (double)(i % 3), d = s[0] - y, sum = 0;

    switch (h) {
    case SQUARED:
        *g = d;
        return d * d / 2;
    case HUBER:
        *g = fmin(fmax(d, -0.4), 0.4);
        return fabs(d) <= 0.4 ? d * d / 2 : 0.4 * (fabs(d) - 0.2);
    case POISSON:
        *g = exp(s[0]) - y;
        return exp(s[0]) - y * s[0];
    case TWO_CLASSES:
        y = (double)(i % 2);
        *g = 1 / (1 + exp(-s[0])) - y;
        return log(1 + exp(s[0])) - y * s[0];
    case SOFTMAX:
        break;
    }
    for (size_t c = 0; c < k; c++)
        sum += exp(s[c]);
    for (size_t c = 0; c < k; c++)
        g[c] = exp(s[c]) / sum - (c == i % k);
    return log(sum) - s[i % k];
}

/* A net, rows for it, and what it makes of them. */
typedef struct trial {
    ens__net net;
    ens__net_work w;
    head head;
    size_t k;
    double *theta, *slope, *back, *stat;
} trial;

static double row_weight(size_t i)
{
    return 0.5 + (double)(i % 4) / 3;
}

static double loss_of(trial *t)
{
    size_t pad = ENS__REAL_PAD(t->k);
    double sum = 0, g[K];

    ens__net_forward(&t->net, t->theta, &t->w, (ens__net_draw){5, 9}, t->stat);
    memset(t->w.delta, 0, N * pad * sizeof(double));
    for (size_t i = 0; i < N; i++) {
        sum += row_weight(i) *
               row_loss(t->head, t->w.a[t->net.n_layers - 1] + i * pad, t->k, i, g);
        for (size_t c = 0; c < t->k; c++)
            t->w.delta[i * pad + c] = row_weight(i) * g[c];
    }
    return sum;
}

static void trial_init(trial *t, const ens__net_spec *spec, head h)
{
    ens__stream s;
    size_t n;

    t->head = h;
    t->k = spec->n_outputs;
    ck_ok(ens__net_init(&t->net, spec, &err));
    ck_ok(ens__net_work_init(&t->w, &t->net, &err));
    n = t->net.n_theta;
    t->theta = ens__aligned(n, sizeof(double));
    t->slope = ens__aligned(n, sizeof(double));
    t->back = ens__aligned(t->net.n_back, sizeof(double));
    t->stat = ens__aligned(t->net.n_stat + 1, sizeof(double));
    memset(t->slope, 0, n * sizeof(double));
    memset(t->back, 0, t->net.n_back * sizeof(double));
    ens__net_start(t->theta, &t->net, ENS__INIT_AUTO, 3);
    ens__stream_init(&s, 17, ENS__FOR_TEST, 0);
    for (size_t h2 = 0; h2 < t->net.n_layers; h2++)
        for (size_t j = 0; j < t->net.layer[h2].out; j++)
            t->theta[t->net.layer[h2].b + j] = 0.3 * ens__stream_gaussian(&s);
    t->w.n = N;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < NUMBERS; j++)
            t->w.x[i * t->net.q_pad + j] = ens__stream_gaussian(&s);
        for (size_t c = 0; c < spec->n_tables; c++)
            t->w.code[i * spec->n_tables + c] =
                (int32_t)(i * (c + 3) % (spec->levels[c] + 1));
    }
}

static void trial_clear(trial *t)
{
    ens__net_clear(&t->net);
    ens__net_work_clear(&t->w);
    ens__free(t->theta);
    ens__free(t->slope);
    ens__free(t->back);
    ens__free(t->stat);
}

/* Is theta[i] one that is learned, and no filling? */
static bool learned(const ens__net *net, size_t i)
{
    for (size_t h = 0; h < net->n_layers; h++) {
        const ens__net_layer *l = &net->layer[h];

        if (i >= l->w && i < l->w + l->in * l->pad)
            return (i - l->w) % l->pad < l->out;
        if (i >= l->b && i < l->b + l->pad)
            return i - l->b < l->out;
        if (net->norm && h + 1 < net->n_layers && i >= l->gain && i < l->gain + l->pad)
            return i - l->gain < l->out;
    }
    for (size_t t = 0; t < net->n_tables; t++)
        if (i >= net->table[t].at &&
            i < net->table[t].at + net->table[t].rows * net->table[t].d)
            return net->table[t].trained;
    return false;
}

/* Central differences of 1e-5 are off by their square, about 1e-10, and by 1e-11 of rounding. */
static void compare(const ens__net_spec *spec, head h, const char *what)
{
    const double by = 1e-5;
    trial t;
    size_t checked = 0;

    trial_init(&t, spec, h);
    ens__net_transpose(t.back, &t.net, t.theta);
    loss_of(&t);
    ens__net_backward(t.slope, &t.net, t.theta, t.back, t.stat, &t.w);
    for (size_t i = 0; i < t.net.n_theta; i++) {
        double at = t.theta[i], up, slope;

        if (!learned(&t.net, i)) {
            ck_assert_msg(t.slope[i] == 0, "%s: slope %zu of filling is %g", what, i,
                          t.slope[i]);
            continue;
        }
        t.theta[i] = at + by;
        up = loss_of(&t);
        t.theta[i] = at - by;
        slope = (up - loss_of(&t)) / (2 * by);
        t.theta[i] = at;
        ck_assert_msg(fabs(slope - t.slope[i]) <= 1e-6 * (1 + fabs(slope)),
                      "%s: slope %zu is %.10g, differences say %.10g", what, i,
                      t.slope[i], slope);
        checked++;
    }
    ck_assert_uint_gt(checked, 30);
    trial_clear(&t);
}

static const double hidden[] = {5, 18};
static const uint32_t levels[] = {4, 3}, embedded[] = {2, 0};

START_TEST(slopes_are_those_of_differences)
{
    static const char *const names[] = {"relu",     "leaky_relu", "tanh",
                                        "logistic", "gelu",       "selu"};
    char what[120];

    for (int kind = 0; kind < 4; kind++) /* batch norm, dropout */
        for (size_t h = SQUARED; h <= SOFTMAX; h++) {
            ens__net_spec spec = {.hidden = hidden,
                                  .n_hidden = 2,
                                  .levels = levels,
                                  .width = embedded,
                                  .n_tables = 2,
                                  .n_numbers = NUMBERS,
                                  .n_outputs = h == SOFTMAX ? K : 1,
                                  .activation = (ens__activation)_i,
                                  .norm = kind % 2 == 1,
                                  .dropout = kind / 2 * 0.3};

            snprintf(what, sizeof what, "%s, norm %d, dropout %g, loss %zu", names[_i],
                     spec.norm, spec.dropout, h);
            compare(&spec, (head)h, what);
        }
}
END_TEST

START_TEST(slopes_without_hidden_layers)
{
    const ens__net_spec spec = {.levels = levels,
                                .width = embedded,
                                .n_tables = 2,
                                .n_numbers = NUMBERS,
                                .n_outputs = K};

    compare(&spec, SOFTMAX, "no hidden layer");
}
END_TEST

/* What is folded gives the values that a block has by these means and variances. */
START_TEST(a_folded_net_normalises)
{
    const ens__net_spec spec = {.hidden = hidden,
                                .n_hidden = 2,
                                .n_numbers = NUMBERS,
                                .n_outputs = 1,
                                .activation = ENS__TANH,
                                .norm = true};
    trial t;
    double *scratch;
    const double *score;

    trial_init(&t, &spec, SQUARED);
    loss_of(&t);
    ens__net_fold(t.theta, &t.net, t.stat);
    scratch = ens__aligned(ens__net_run_size(&t.net), sizeof *scratch);
    memcpy(scratch, t.w.x, N * t.net.q_pad * sizeof *scratch);
    score = ens__net_run(&t.net, t.theta, N, t.w.code, scratch);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(score[i * ENS__REAL_LANES], t.w.a[2][i * ENS__REAL_LANES],
                                1e-12);
    ens__free(scratch);
    trial_clear(&t);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, slopes_are_those_of_differences, 0, 6);
    tcase_add_test(tc, slopes_without_hidden_layers);
    tcase_add_test(tc, a_folded_net_normalises);
}

Suite *mlp_gradient_suite(void);
Suite *mlp_gradient_suite(void)
{
    return suite_of("mlp_gradient", add);
}
