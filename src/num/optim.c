/* optim.c - steps along a gradient, and rates. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <num/gram.h>
#include <num/optim.h>

/* Nadam's momentum grows to beta1 as 1 - 0.5 * 0.96^(t decay): Dozat's constant. */
#define NADAM_DECAY 0.004

ens__optim_params ens__optim_defaults(ens__optim_kind kind)
{
    return (ens__optim_params){.kind = kind,
                               .momentum = 0.9,
                               .beta1 = 0.9,
                               .beta2 = kind == ENS__RMSPROP ? 0.99 : 0.999,
                               .epsilon = kind == ENS__ADAGRAD ? 1e-10 : 1e-8,
                               .weight_decay = kind == ENS__ADAMW ? 0.01 : 0};
}

ens_status ens__optim_init(ens__optim *o, const ens__optim_params *params, size_t n,
                           ens_error *err)
{
    *o = (ens__optim){.params = *params, .n = n, .schedule = 1};
    if ((o->first = ens__zeros(n, sizeof *o->first)) != NULL &&
        (o->second = ens__zeros(n, sizeof *o->second)) != NULL)
        return ENS_OK;
    ens__optim_clear(o);
    return ens__nomem(err);
}

void ens__optim_clear(ens__optim *o)
{
    ens__free(o->first);
    ens__free(o->second);
    o->first = o->second = NULL;
}

static void clip(double *g, size_t n, double most)
{
    double norm = sqrt(ens__dot(g, g, n));

    for (size_t i = 0; i < n && norm > most; i++)
        g[i] *= most / norm;
}

static void step_momentum(ens__optim *o, double *restrict x, const double *restrict g,
                          double rate)
{
    double *restrict v = o->first, momentum = o->params.momentum;

    if (o->params.kind == ENS__MOMENTUM)
        for (size_t i = 0; i < o->n; i++) {
            v[i] = momentum * v[i] + g[i];
            x[i] -= rate * v[i];
        }
    else
        for (size_t i = 0; i < o->n; i++) {
            v[i] = momentum * v[i] + g[i];
            x[i] -= rate * (g[i] + momentum * v[i]);
        }
}

static void step_squares(ens__optim *o, double *restrict x, const double *restrict g,
                         double rate)
{
    bool sums = o->params.kind == ENS__ADAGRAD;
    double *restrict s = o->second, epsilon = o->params.epsilon;
    double keep = sums ? 1 : o->params.beta2, add = sums ? 1 : 1 - keep;

    for (size_t i = 0; i < o->n; i++) {
        s[i] = keep * s[i] + add * (g[i] * g[i]);
        x[i] -= rate * g[i] / (sqrt(s[i]) + epsilon);
    }
}

/* x -= (of_mean mean + of_g g) / (sqrt(squares / unbias) + epsilon) */
static void step_adam(ens__optim *o, double *restrict x, const double *restrict g,
                      double rate)
{
    double b1 = o->params.beta1, b2 = o->params.beta2, epsilon = o->params.epsilon;
    double t = (double)o->steps, unbias = 1 - pow(b2, t), of_mean, of_g = 0;
    double *restrict m = o->first, *restrict s = o->second;

    if (o->params.kind == ENS__NADAM) {
        double now = b1 * (1 - 0.5 * pow(0.96, t * NADAM_DECAY));
        double next = b1 * (1 - 0.5 * pow(0.96, (t + 1) * NADAM_DECAY));

        o->schedule *= now;
        of_g = rate * (1 - now) / (1 - o->schedule);
        of_mean = rate * next / (1 - o->schedule * next);
    } else
        of_mean = rate / (1 - pow(b1, t));
    for (size_t i = 0; i < o->n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        s[i] = b2 * s[i] + (1 - b2) * (g[i] * g[i]);
        x[i] -= (of_mean * m[i] + of_g * g[i]) / (sqrt(s[i] / unbias) + epsilon);
    }
}

void ens__optim_step(ens__optim *o, double *x, double *g, double rate)
{
    const ens__optim_params *p = &o->params;

    o->steps++;
    if (p->clip_norm > 0)
        clip(g, o->n, p->clip_norm);
    for (size_t i = 0; i < o->n && p->weight_decay > 0; i++)
        if (p->kind == ENS__ADAMW)
            x[i] *= 1 - rate * p->weight_decay;
        else
            g[i] += p->weight_decay * x[i];
    switch (p->kind) {
    case ENS__SGD:
        for (size_t i = 0; i < o->n; i++)
            x[i] -= rate * g[i];
        break;
    case ENS__MOMENTUM:
    case ENS__NESTEROV:
        step_momentum(o, x, g, rate);
        break;
    case ENS__ADAGRAD:
    case ENS__RMSPROP:
        step_squares(o, x, g, rate);
        break;
    case ENS__ADAM:
    case ENS__ADAMW:
    case ENS__NADAM:
        step_adam(o, x, g, rate);
        break;
    }
}

/* ---- Rates ------------------------------------------------------------------------------ */

double ens__schedule_rate(const ens__schedule *s, uint64_t t)
{
    double at;

    switch (s->kind) {
    case ENS__CONSTANT:
        break;
    case ENS__INVERSE:
        return s->rate / pow((double)t + 1, s->power);
    case ENS__STEPS:
        return s->rate * pow(s->factor, (double)(t / s->every));
    case ENS__COSINE:
        if (t < s->warm_up)
            return s->rate * (double)(t + 1) / (double)s->warm_up;
        if (t >= s->total)
            return 0;
        at = (double)(t - s->warm_up) / (double)(s->total - s->warm_up);
        return s->rate * (1 + cos(3.14159265358979323846 * at)) / 2;
    case ENS__PLATEAU:
        return s->rate * pow(s->factor, (double)s->cuts);
    }
    return s->rate;
}

void ens__schedule_loss(ens__schedule *s, double loss)
{
    if (s->losses++ == 0 || loss < s->best - s->tol) {
        s->best = s->losses == 1 || loss < s->best ? loss : s->best;
        s->waited = 0;
        return;
    }
    if (++s->waited < s->patience)
        return;
    s->waited = 0;
    s->cuts++;
}
