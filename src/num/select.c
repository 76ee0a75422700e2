/* select.c - a weighted quantile by selection.
 *
 * Hoare's (1961) selection with the rows' weights: a part is split into values below, equal to and above a pivot, and
 * the weights below tell where to go on. Pivots are medians of three places drawn by a fixed sequence, so no order of
 * the values is bad for more than a moment, and equal values are done with at once. O(n) expected. */
#include <config.h>

#include <math.h>
#include <num/stats.h>

/* Values [begin, end) and what lies below them. */
typedef struct part {
    float *x, *w;
    size_t begin, end;
    double below; /* weight of the values before begin */
    uint32_t state;
} part;

static void swap(const part *p, size_t a, size_t b)
{
    float x = p->x[a];

    p->x[a] = p->x[b];
    p->x[b] = x;
    if (p->w != NULL) {
        float w = p->w[a];

        p->w[a] = p->w[b];
        p->w[b] = w;
    }
}

/* Of three places, by Numerical Recipes' linear congruences. */
static float pivot_of(part *p)
{
    float v[3];

    for (int i = 0; i < 3; i++) {
        p->state = p->state * 1664525 + 1013904223;
        v[i] = p->x[p->begin + (size_t)((uint64_t)p->state * (p->end - p->begin) >> 32)];
    }
    if (v[0] > v[1]) {
        float t = v[0];

        v[0] = v[1];
        v[1] = t;
    }
    return v[2] < v[0] ? v[0] : v[2] > v[1] ? v[1] : v[2];
}

/* Dutch flag: x[begin..*low) are below the pivot, x[*low..*high) equal it. Sums of the weights of both. */
static void split(const part *p, float pivot, size_t *low, size_t *high, double *less,
                  double *equal)
{
    size_t i = p->begin;

    *low = p->begin;
    *high = p->end;
    *less = *equal = 0;
    while (i < *high) {
        float x = p->x[i];
        double w = p->w != NULL ? p->w[i] : 1;

        if (x < pivot) {
            *less += w;
            swap(p, i++, (*low)++);
        } else if (x > pivot) {
            swap(p, i, --*high);
        } else {
            *equal += w;
            i++;
        }
    }
}

/* Halfway from x to the least of the values from `from` on, all of which are greater. */
static double midway(const part *p, float x, size_t from, size_t n)
{
    float next = INFINITY;

    for (size_t i = from; i < n; i++)
        next = p->x[i] < next ? p->x[i] : next;
    return isinf(next) ? x : x + ((double)next - x) / 2;
}

double ens__select_weighted(float *x, float *w, size_t n, double q)
{
    part p = {x, w, 0, n, 0, 1};
    double total = 0, target, less, equal;

    for (size_t i = 0; i < n; i++)
        total += w != NULL ? w[i] : 1;
    target = q * total;
    while (p.begin < p.end) {
        size_t low, high;
        float pivot = pivot_of(&p);

        split(&p, pivot, &low, &high, &less, &equal);
        if (low > p.begin && p.below + less >= target) {
            p.end = low;
        } else if (p.below + less + equal >= target || high == n) {
            if (p.below + less + equal > target)
                return pivot;
            return midway(&p, pivot, high, n);
        } else {
            p.below += less + equal;
            p.begin = high;
        }
    }
    return n > 0 ? p.x[n - 1] : NAN;
}
