/* sample.c - random rows and features: bootstrap, subsets, orders, weighted draws.
 *
 * Whole numbers are drawn without bias (Lemire 2019), so probabilities are exact. The bootstrap takes the
 * stream's words by the block and gives what as many calls of ens__stream_below() would. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <core/mem.h>
#include <gsl/gsl_randist.h>
#include <num/gsl.h>
#include <num/sample.h>
#include <string.h>

/* Words of a bulk: a multiple of a block's four. */
#define BULK 256

/* Take at most n words: what is left of the current block, or whole blocks. The stream stands after them, but
 * for the last block's words past n, which stay in it. */
static size_t take_words(uint32_t *words, size_t n, ens__stream *s)
{
    size_t got = 0;

    if (s->left > 0) {
        words[0] = ens__stream_u32(s);
        return 1;
    }
    for (; got + 4 <= n; got += 4)
        ens__stream_block(words + got, s);
    for (; got < n; got++)
        words[got] = ens__stream_u32(s);
    return got;
}

/* count[floor(word * n / 2^32)] += 1 for words that are not biased; returns how many. */
static size_t count_words(uint32_t *restrict count, const uint32_t *restrict words,
                          size_t n_words, uint32_t n, uint32_t biased)
{
    size_t counted = 0;

    for (size_t i = 0; i < n_words; i++) {
        uint64_t m = (uint64_t)words[i] * n;

        if ((uint32_t)m >= biased) {
            count[m >> 32]++;
            counted++;
        }
    }
    return counted;
}

void ens__sample_bootstrap(uint32_t *count, size_t n, size_t m, ens__stream *s)
{
    uint32_t words[BULK];

    assert(n > 0 && n <= UINT32_MAX);
    uint32_t biased = -(uint32_t)n % (uint32_t)n;
    memset(count, 0, n * sizeof *count);
    while (m > 0) {
        size_t got = take_words(words, m < BULK ? m : BULK, s);

        m -= count_words(count, words, got, (uint32_t)n, biased);
    }
}

/* Few of many: draw, and draw again what is there already; insert in order. O(m^2). */
static void choose_few(uint32_t *out, size_t m, uint32_t n, ens__stream *s)
{
    for (size_t got = 0; got < m;) {
        uint32_t v = ens__stream_below(s, n);
        size_t at = got;

        while (at > 0 && out[at - 1] > v)
            at--;
        if (at > 0 && out[at - 1] == v)
            continue;
        memmove(out + at + 1, out + at, (got - at) * sizeof *out);
        out[at] = v;
        got++;
    }
}

void ens__sample_choose(uint32_t *out, size_t m, size_t n, ens__stream *s)
{
    assert(m <= n && n <= UINT32_MAX);
    if (m <= 64 && m <= n / 8) {
        choose_few(out, m, (uint32_t)n, s);
        return;
    }
    for (uint32_t i = 0, left = (uint32_t)n; m > 0; i++, left--)
        if (m == left || ens__stream_below(s, left) < m) { /* Knuth, 3.4.2, algorithm S */
            *out++ = i;
            m--;
        }
}

void ens__sample_shuffle(uint32_t *v, size_t n, ens__stream *s)
{
    gsl_rng r = ens__stream_gsl(s);

    assert(n <= UINT32_MAX);
    if (n > 1) /* of 0 it would count down from the largest size_t */
        gsl_ran_shuffle(&r, v, n, sizeof *v);
}

/* Running sums of weights, and where to look in them: guide[b] is the first i with sum[i] > b * step (Chen and Asau
 * 1974, "On generating random variates from an empirical distribution"). */
typedef struct ladder {
    double *sum;     /* [n] */
    uint32_t *guide; /* [n] */
    size_t n;        /* up to the last that can be drawn */
    double total, step;
} ladder;

static ens_status ladder_make(ladder *l, const double *w, size_t n, ens_error *err)
{
    size_t last = 0;

    if ((l->sum = ens__array(n, sizeof *l->sum)) == NULL ||
        (l->guide = ens__array(n, sizeof *l->guide)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        l->total += w[i];
        l->sum[i] = l->total;
        if (w[i] > 0)
            last = i;
    }
    if (!(l->total > 0) || l->total > 1e300)
        return ens__fail(err, ENS_EDATA, "weights to draw by: their sum is %g", l->total);
    l->n = last + 1;
    l->step = l->total / (double)l->n;
    for (size_t b = 0, i = 0; b < l->n; b++) {
        while (i < last && !(l->sum[i] > (double)b * l->step))
            i++;
        l->guide[b] = (uint32_t)i;
    }
    return ENS_OK;
}

/* The first i with sum[i] > u. */
static size_t first_above(const ladder *l, double u)
{
    double place = u / l->step;
    size_t i = l->guide[place < (double)l->n ? (size_t)place : l->n - 1];

    while (i > 0 && l->sum[i - 1] > u) /* the place may be rounded up */
        i--;
    while (i + 1 < l->n && !(l->sum[i] > u))
        i++;
    return i;
}

ens_status ens__sample_weighted(uint32_t *count, const double *w, size_t n, size_t m,
                                ens__stream *s, ens_error *err)
{
    ladder l = {0};
    ens_status st = ladder_make(&l, w, n, err);

    if (st == ENS_OK) {
        memset(count, 0, n * sizeof *count);
        for (; m > 0; m--)
            count[first_above(&l, ens__stream_uniform(s) * l.total)]++;
    }
    ens__free(l.sum);
    ens__free(l.guide);
    return st;
}
