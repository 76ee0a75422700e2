/* losses.c - every loss, with targets and scores to try it on. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>

static double any_number(ens__stream *s)
{
    return 2 * ens__stream_gaussian(s) + 1;
}

static double a_share(ens__stream *s)
{
    double u = ens__stream_uniform(s);

    return u < 0.1 ? 0 : u > 0.9 ? 1 : u;
}

static double a_count(ens__stream *s)
{
    return floor(5 * ens__stream_uniform(s) * ens__stream_uniform(s));
}

static double a_size(ens__stream *s)
{
    return exp(ens__stream_gaussian(s));
}

static double zero_or_size(ens__stream *s)
{
    return ens__stream_uniform(s) < 0.4 ? 0 : a_size(s);
}

const loss_case loss_cases[] = {
    {"squared", 0, any_number, 1, NAN, 0},
    {"absolute", 0, any_number, 0, 0, 0},
    {"huber", 0, any_number, 0, 1.5, 1.5},
    {"huber(delta=0.75)", 0, any_number, 0, 0.75, 9},
    {"quantile", 0, any_number, 0, 0, 0},
    {"quantile(levels=[0.1, 0.5, 0.95])", 0, any_number, 0, 0, 0},
    {"log_cosh", 0, any_number, NAN, NAN, 0},
    {"log_cosh(scale=2.5)", 0, any_number, NAN, NAN, 0},
    {"poisson", 0, a_count, 1, NAN, 0},
    {"gamma", 0, a_size, 1, NAN, 0},
    {"tweedie", 0, zero_or_size, 1, NAN, 0},
    {"tweedie(power=1.2)", 0, zero_or_size, 1, NAN, 0},
    {"logistic", 2, NULL, 1, NAN, 0},
    {"cross_entropy", 0, a_share, 1, NAN, 0},
    {"exponential", 2, NULL, 1, NAN, 0},
    {"softmax", 2, NULL, 2, NAN, 0},
    {"softmax", 5, NULL, 1.25, NAN, 0},
    {"lambdarank", 0, a_count, NAN, NAN, 0},
    {"lambdarank(truncation=3, norm=false, sigma=2)", 0, a_count, NAN, NAN, 0},
};

const size_t n_loss_cases = sizeof loss_cases / sizeof *loss_cases;

static float draw_target(const loss_case *c, ens__stream *s)
{
    return c->draw != NULL ? (float)c->draw(s)
                           : (float)ens__stream_below(s, (uint32_t)c->n_classes);
}

/* Groups of 1 to 40 rows. */
static void add_groups(sample *s, ens__stream *stream)
{
    size_t n = s->rows.n, q = 0, at = 0;

    s->group = ens__array(n + 1, sizeof *s->group);
    for (; at < n; at += 1 + ens__stream_below(stream, 40))
        s->group[q++] = (uint32_t)at;
    s->group[q] = (uint32_t)n;
    if ((s->loss->type->caps & ENS_LOSS_RANKS) == 0)
        return;
    s->rows.group = s->group;
    s->rows.n_groups = q;
}

void sample_make(sample *s, const loss_case *c, size_t n, uint64_t seed)
{
    ens_task task = c->n_classes > 0 ? ENS_TASK_CLASSIFICATION : ENS_TASK_REGRESSION;
    ens_error err;
    ens__stream stream;
    size_t k;

    ck_ok(ens__loss_new(&s->loss, c->line, task, c->n_classes, &err));
    k = s->loss->k;
    ens__stream_init(&stream, seed, ENS__FOR_TEST, 0);
    s->y = ens__array(n, sizeof *s->y);
    s->w = ens__array(n, sizeof *s->w);
    s->score = ens__array(n * k, sizeof *s->score);
    s->g = ens__zeros(n * k, sizeof *s->g);
    s->h = ens__zeros(n * k, sizeof *s->h);
    s->value = ens__zeros(n, sizeof *s->value);
    for (size_t i = 0; i < n; i++) {
        s->y[i] = draw_target(c, &stream);
        s->w[i] = (float)(0.25 + ens__stream_uniform(&stream));
    }
    for (size_t i = 0; i < n * k; i++)
        s->score[i] = (float)((int)ens__stream_below(&stream, 513) - 256) / 64;
    s->rows = (ens_loss_rows){.n = n,
                              .k = k,
                              .y = s->y,
                              .w = s->w,
                              .score = s->score,
                              .stride = n,
                              .adapted = c->adapted};
    add_groups(s, &stream);
}

void sample_clear(sample *s)
{
    ens__loss_free(s->loss);
    ens__free(s->y);
    ens__free(s->w);
    ens__free(s->score);
    ens__free(s->g);
    ens__free(s->h);
    ens__free(s->value);
    ens__free(s->group);
}
