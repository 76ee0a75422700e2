/* select.c - a weighted quantile by selection.
 *
 * Hoare's (1961) selection with the rows' weights: a part is split into values below, equal to and above a pivot, and
 * the weights below tell where to go on. Pivots are medians of three places drawn by a fixed sequence, so no order of
 * the values is bad for more than a moment, and equal values are done with at once. O(n) expected.
 *
 * Of a large array the weights of values with the same upper bits are added first, in parallel over fixed blocks, so
 * that selection is left with those of one sum. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <num/stats.h>
#include <string.h>

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

/* The least of p's values, n in all, up to which the weights, with those below p, come to target. */
static double select_in(part p, size_t n, double target)
{
    double less, equal;

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

double ens__select_weighted(float *x, float *w, size_t n, double q)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += w != NULL ? w[i] : 1;
    return select_in((part){x, w, 0, n, 0, 1}, n, q * total);
}

/* ---- Large arrays -------------------------------------------------------------------------------------- */

/* Values of a task. Fewer than two tasks are not shared out. */
#define BLOCK ((size_t)65536)
/* Floats of the same upper bits share a bucket; their order is that of the floats. */
#define BUCKETS 4096

static uint32_t bucket_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
    return bits >> 20;
}

typedef struct tally {
    const float *x, *w;
    size_t n;
    double *sum; /* [blocks][BUCKETS] of weights */
} tally;

static ens_status tally_block(void *ctx, size_t block, unsigned worker, ens_error *err)
{
    const tally *t = ctx;
    size_t begin = block * BLOCK, end = t->n - begin < BLOCK ? t->n : begin + BLOCK;
    double *sum = t->sum + block * BUCKETS;

    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++)
        sum[bucket_of(t->x[i])] += t->w != NULL ? t->w[i] : 1;
    return ENS_OK;
}

/* Move the values of buckets low to high to the front: how many they are. */
static size_t gather(float *x, float *w, size_t n, uint32_t low, uint32_t high)
{
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t b = bucket_of(x[i]);

        if (b < low || b > high)
            continue;
        x[m] = x[i];
        if (w != NULL)
            w[m] = w[i];
        m++;
    }
    return m;
}

/* Sums of buckets over blocks, in the first block; their sum. */
static double add_up(tally *t, size_t blocks)
{
    double total = 0;

    for (size_t b = 0; b < BUCKETS; b++) {
        for (size_t i = 1; i < blocks; i++)
            t->sum[b] += t->sum[i * BUCKETS + b];
        total += t->sum[b];
    }
    return total;
}

ens_status ens__select_shared(double *out, float *x, float *w, size_t n, double q,
                              const ens_exec *exec, ens_error *err)
{
    size_t blocks = (n + BLOCK - 1) / BLOCK;
    tally t = {x, w, n, NULL};
    double below = 0, target;
    uint32_t low = 0, high;
    ens_status st;

    *out = NAN;
    if (blocks < 2) {
        *out = ens__select_weighted(x, w, n, q);
        return ENS_OK;
    }
    if ((t.sum = ens__zeros(blocks, BUCKETS * sizeof *t.sum)) == NULL)
        return ens__nomem(err);
    if ((st = ens__par_for(blocks, exec, NULL, tally_block, &t, NULL, err)) == ENS_OK) {
        target = q * add_up(&t, blocks);
        while (low + 1 < BUCKETS && below + t.sum[low] < target)
            below += t.sum[low++];
        for (high = low + 1; high + 1 < BUCKETS && t.sum[high] <= 0;)
            high++; /* where the next value is, which a tie looks at */
        n = gather(x, w, n, low, high);
        *out = select_in((part){x, w, 0, n, below, 1}, n, target);
    }
    ens__free(t.sum);
    return st;
}
