/* optim.c - steps along a gradient, and rates. */
#include <config.h>

#include <core/cpu.h>
#include <core/error.h>
#include <core/mem.h>
#include <ensemble/optim.h>
#include <math.h>
#include <num/elementary.h>
#include <num/gram.h>
#include <stdbool.h>

/* Nadam's momentum grows to beta1 as 1 - 0.5 * 0.96^(t decay): Dozat's constant. */
#define NADAM_DECAY 0.004

ens_optim_params ens_optim_defaults(ens_optim_kind kind)
{
    return (ens_optim_params){.kind = kind,
                              .momentum = 0.9,
                              .beta1 = 0.9,
                              .beta2 = kind == ENS_OPTIM_RMSPROP ? 0.99 : 0.999,
                              .epsilon = kind == ENS_OPTIM_ADAGRAD ? 1e-10 : 1e-8,
                              .weight_decay = kind == ENS_OPTIM_ADAMW ? 0.01 : 0};
}

static ens_status check(const ens_optim_params *p, ens_error *err)
{
    const struct {
        const char *name;
        double v, below;
    } limits[] = {{"momentum", p->momentum, 1},
                  {"beta1", p->beta1, 1},
                  {"beta2", p->beta2, 1},
                  {"epsilon", p->epsilon, INFINITY},
                  {"weight_decay", p->weight_decay, INFINITY},
                  {"clip_norm", p->clip_norm, INFINITY}};

    if (p->kind > ENS_OPTIM_NADAM)
        return ens__fail(err, ENS_ERANGE, "optimiser %d is unknown", (int)p->kind);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (!(limits[i].v >= 0 && limits[i].v < limits[i].below))
            return ens__fail(err, ENS_ERANGE, "optimiser: %s = %g is outside [0, %g)",
                             limits[i].name, limits[i].v, limits[i].below);
    return ENS_OK;
}

ens_status ens_optim_init(ens_optim *o, const ens_optim_params *params, size_t n,
                          ens_error *err)
{
    ens_status st = check(params, err);

    *o = (ens_optim){.params = *params, .n = n, .schedule = 1};
    if (st != ENS_OK)
        return st;
    if ((o->first = ens__zeros(n, sizeof *o->first)) != NULL &&
        (o->second = ens__zeros(n, sizeof *o->second)) != NULL)
        return ENS_OK;
    ens_optim_clear(o);
    return ens__nomem(err);
}

void ens_optim_clear(ens_optim *o)
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

static void step_momentum(ens_optim *o, double *restrict x, const double *restrict g,
                          double rate)
{
    double *restrict v = o->first, momentum = o->params.momentum;

    if (o->params.kind == ENS_OPTIM_MOMENTUM)
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

static void step_squares(ens_optim *o, double *restrict x, const double *restrict g,
                         double rate)
{
    bool sums = o->params.kind == ENS_OPTIM_ADAGRAD;
    double *restrict s = o->second, epsilon = o->params.epsilon;
    double keep = sums ? 1 : o->params.beta2, add = sums ? 1 : 1 - keep;

    for (size_t i = 0; i < o->n; i++) {
        s[i] = keep * s[i] + add * (g[i] * g[i]);
        x[i] -= rate * g[i] / (sqrt(s[i]) + epsilon);
    }
}

/* What a step of Adam and its kin has in common for all numbers. */
typedef struct adam {
    double b1, b2, epsilon, unbias, of_mean, of_g;
} adam;

/* x -= (of_mean mean + of_g g) / (sqrt(squares / unbias) + epsilon) */
ENS_INLINE void adam_body(double *restrict x, double *restrict m, double *restrict s,
                          const double *restrict g, size_t n, adam k)
{
    for (size_t i = 0; i < n; i++) {
        m[i] = k.b1 * m[i] + (1 - k.b1) * g[i];
        s[i] = k.b2 * s[i] + (1 - k.b2) * (g[i] * g[i]);
        x[i] -= (k.of_mean * m[i] + k.of_g * g[i]) / (sqrt(s[i] / k.unbias) + k.epsilon);
    }
}

#define ADAM(level, target)                                                              \
    target static void adam_##level(double *x, double *m, double *s, const double *g,    \
                                    size_t n, adam k)                                    \
    {                                                                                    \
        adam_body(x, m, s, g, n, k);                                                     \
    }

ADAM(base, )
#if ENS_HAVE_LEVELS
ADAM(v3, ENS_TARGET_V3)
ADAM(v4, ENS_TARGET_V4)
#endif

static void step_adam(ens_optim *o, double *x, const double *g, double rate)
{
    double b1 = o->params.beta1, t = (double)o->steps;
    adam k = {.b1 = b1,
              .b2 = o->params.beta2,
              .epsilon = o->params.epsilon,
              .unbias = 1 - pow(o->params.beta2, t)};

    if (o->params.kind == ENS_OPTIM_NADAM) {
        double now = b1 * (1 - 0.5 * pow(0.96, t * NADAM_DECAY));
        double next = b1 * (1 - 0.5 * pow(0.96, (t + 1) * NADAM_DECAY));

        o->schedule *= now;
        k.of_g = rate * (1 - now) / (1 - o->schedule);
        k.of_mean = rate * next / (1 - o->schedule * next);
    } else
        k.of_mean = rate / (1 - pow(b1, t));
    ENS__CALL(adam, x, o->first, o->second, g, o->n, k);
}

void ens_optim_step(ens_optim *o, double *x, double *g, double rate)
{
    const ens_optim_params *p = &o->params;

    o->steps++;
    if (p->clip_norm > 0)
        clip(g, o->n, p->clip_norm);
    for (size_t i = 0; i < o->n && p->weight_decay > 0; i++)
        if (p->kind == ENS_OPTIM_ADAMW)
            x[i] *= 1 - rate * p->weight_decay;
        else
            g[i] += p->weight_decay * x[i];
    switch (p->kind) {
    case ENS_OPTIM_SGD:
        for (size_t i = 0; i < o->n; i++)
            x[i] -= rate * g[i];
        break;
    case ENS_OPTIM_MOMENTUM:
    case ENS_OPTIM_NESTEROV:
        step_momentum(o, x, g, rate);
        break;
    case ENS_OPTIM_ADAGRAD:
    case ENS_OPTIM_RMSPROP:
        step_squares(o, x, g, rate);
        break;
    case ENS_OPTIM_ADAM:
    case ENS_OPTIM_ADAMW:
    case ENS_OPTIM_NADAM:
        step_adam(o, x, g, rate);
        break;
    }
}

/* ---- Rates ------------------------------------------------------------------------------ */

double ens_schedule_rate(const ens_schedule *s, uint64_t t)
{
    double at;

    switch (s->kind) {
    case ENS_SCHEDULE_CONSTANT:
        break;
    case ENS_SCHEDULE_INVERSE:
        return s->rate / pow((double)t + 1, s->power);
    case ENS_SCHEDULE_STEPS:
        return s->rate * pow(s->factor, (double)(t / s->every));
    case ENS_SCHEDULE_COSINE:
        if (t < s->warm_up)
            return s->rate * (double)(t + 1) / (double)s->warm_up;
        if (t >= s->total)
            return 0;
        at = (double)(t - s->warm_up) / (double)(s->total - s->warm_up);
        return s->rate * (1 + cos(3.14159265358979323846 * at)) / 2;
    case ENS_SCHEDULE_PLATEAU:
        return s->rate * pow(s->factor, (double)s->cuts);
    }
    return s->rate;
}

void ens_schedule_loss(ens_schedule *s, double loss)
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
