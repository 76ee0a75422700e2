/* lbfgs.c - limited-memory BFGS (Liu and Nocedal 1989), and with absolute values OWL-QN (Andrew and Gao 2007). */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/optim.h>
#include <math.h>
#include <num/gram.h>
#include <string.h>

enum { MOST_HALVINGS = 60, MEMORY = 10 };

/* The value has to fall by this part of what its slope promises. */
#define ARMIJO 1e-4

typedef struct state {
    ens_lbfgs *how;
    size_t n, kept, next;      /* pairs in memory, where the next goes */
    double *g, *there;         /* [n] gradients here and at the trial */
    double *slope, *d, *trial; /* [n] (pseudo-)gradient, direction, where it leads */
    double *s, *y, *rho, *a;   /* [memory][n] steps and changes of gradients, [memory] */
} state;

static void state_clear(state *w)
{
    ens__free(w->g);
    ens__free(w->s);
    ens__free(w->rho);
}

static ens_status state_init(state *w, ens_lbfgs *how, size_t n, ens_error *err)
{
    *w = (state){.how = how, .n = n};
    if ((w->g = ens__zeros(n, 5 * sizeof *w->g)) == NULL ||
        (w->s = ens__zeros(n, 2 * how->memory * sizeof *w->s)) == NULL ||
        (w->rho = ens__zeros(how->memory, 2 * sizeof *w->rho)) == NULL) {
        state_clear(w);
        return ens__nomem(err);
    }
    w->there = w->g + n;
    w->slope = w->there + n;
    w->d = w->slope + n;
    w->trial = w->d + n;
    w->y = w->s + how->memory * n;
    w->a = w->rho + how->memory;
    return ENS_OK;
}

/* The subgradient of least size. */
static void find_slope(state *w, const double *x)
{
    const double *l1 = w->how->l1;

    memcpy(w->slope, w->g, w->n * sizeof *w->g);
    for (size_t i = 0; i < w->n && l1 != NULL; i++) {
        double g = w->g[i];

        if (x[i] != 0)
            w->slope[i] = x[i] > 0 ? g + l1[i] : g - l1[i];
        else
            w->slope[i] = g + l1[i] < 0 ? g + l1[i] : g - l1[i] > 0 ? g - l1[i] : 0;
    }
}

static double absolute(const state *w, const double *x)
{
    double sum = 0;

    for (size_t i = 0; i < w->n && w->how->l1 != NULL; i++)
        sum += w->how->l1[i] * fabs(x[i]);
    return sum;
}

/* d = -H slope by the two loops over what is in memory. */
static void find_direction(state *w)
{
    size_t n = w->n, memory = w->how->memory;
    double *d = w->d;

    for (size_t i = 0; i < n; i++)
        d[i] = -w->slope[i];
    for (size_t k = 0; k < w->kept; k++) {
        size_t at = (w->next + memory - 1 - k) % memory;
        const double *y = w->y + at * n;

        w->a[at] = w->rho[at] * ens__dot(w->s + at * n, d, n);
        for (size_t i = 0; i < n; i++)
            d[i] -= w->a[at] * y[i];
    }
    if (w->how->precondition != NULL)
        w->how->precondition(w->how->ctx, d);
    else if (w->kept > 0) {
        size_t at = (w->next + memory - 1) % memory;
        const double *y = w->y + at * n;
        double scale = 1 / (w->rho[at] * ens__dot(y, y, n));

        for (size_t i = 0; i < n; i++)
            d[i] *= scale;
    } else {
        double scale = 1 / fmax(1, sqrt(ens__dot(d, d, n)));

        for (size_t i = 0; i < n; i++)
            d[i] *= scale;
    }
    for (size_t k = w->kept; k-- > 0;) {
        size_t at = (w->next + memory - 1 - k) % memory;
        const double *s = w->s + at * n;
        double b = w->a[at] - w->rho[at] * ens__dot(w->y + at * n, d, n);

        for (size_t i = 0; i < n; i++)
            d[i] += b * s[i];
    }
    for (size_t i = 0; i < n && w->how->l1 != NULL; i++)
        if (d[i] * w->slope[i] >= 0)
            d[i] = 0;
}

/* Keep the step from x to trial, unless the function is not convex along it. */
static void remember(state *w, const double *x)
{
    double *s = w->s + w->next * w->n, *y = w->y + w->next * w->n, sy;

    for (size_t i = 0; i < w->n; i++) {
        s[i] = w->trial[i] - x[i];
        y[i] = w->there[i] - w->g[i];
    }
    sy = ens__dot(s, y, w->n);
    if (!(sy > 1e-15 * sqrt(ens__dot(s, s, w->n) * ens__dot(y, y, w->n))))
        return;
    w->rho[w->next] = 1 / sy;
    w->next = (w->next + 1) % w->how->memory;
    if (w->kept < w->how->memory)
        w->kept++;
}

/* trial = x + length d, with l1 within the orthant of x, or of the slope where x is 0. */
static void go(state *w, const double *x, double length)
{
    for (size_t i = 0; i < w->n; i++) {
        double to = x[i] + length * w->d[i];
        double side = x[i] != 0 ? x[i] : -w->slope[i];

        w->trial[i] = w->how->l1 != NULL && to * side <= 0 ? 0 : to;
    }
}

/* Halve the step until the value falls enough; *moved is 0 if it never does. */
static ens_status search(state *w, double *x, double *value, int *moved, ens_error *err)
{
    double length = 1, there;

    *moved = 0;
    for (int i = 0; i < MOST_HALVINGS; i++, length /= 2) {
        double promise = 0;
        ens_status st;

        go(w, x, length);
        st = w->how->value(&there, w->there, w->trial, w->how->ctx, err);
        if (st != ENS_OK)
            return st;
        there += absolute(w, w->trial);
        for (size_t j = 0; j < w->n; j++)
            promise += w->slope[j] * (w->trial[j] - x[j]);
        if (!(there <= *value + ARMIJO * promise))
            continue;
        remember(w, x);
        *moved = 1;
        *value = there;
        memcpy(x, w->trial, w->n * sizeof *x);
        memcpy(w->g, w->there, w->n * sizeof *w->g);
        return ENS_OK;
    }
    return ENS_OK;
}

ens_status ens_lbfgs_run(double *x, size_t n, ens_lbfgs *how, ens_error *err)
{
    state w;
    double value;
    int moved = 1;
    ens_status st;

    how->steps = 0;
    how->ended = 0;
    how->memory = how->memory > 0 ? how->memory : MEMORY;
    if (how->value == NULL || (how->precondition != NULL && how->l1 != NULL))
        return ens__fail(err, ENS_EINVAL,
                         how->value == NULL
                             ? "ens_lbfgs_run: value is NULL"
                             : "ens_lbfgs_run: precondition is not with l1");
    if ((st = state_init(&w, how, n, err)) != ENS_OK)
        return st;
    if ((st = how->value(&value, w.g, x, how->ctx, err)) != ENS_OK)
        goto done;
    value += absolute(&w, x);
    while (how->steps < how->max_iter) {
        find_slope(&w, x);
        find_direction(&w);
        how->ended = -ens__dot(w.slope, w.d, n) / 2 <= how->tol;
        if (how->ended) { /* by a good estimate the step is so short that where it leads need not be looked at */
            for (size_t i = 0; i < n && how->precondition != NULL; i++)
                x[i] += w.d[i];
            break;
        }
        how->steps++;
        if ((st = search(&w, x, &value, &moved, err)) != ENS_OK)
            goto done;
        if (!moved && w.kept == 0) { /* rounding hides what is left */
            how->ended = 1;
            break;
        }
        if (!moved)
            w.kept = w.next = 0;
    }
done:
    state_clear(&w);
    return st;
}
