/* stats.c - sums, moments and quantiles, weighted.
 *
 * Sums run over blocks of 128 terms in eight interleaved partial sums, and blocks are added pairwise: the
 * error grows with the logarithm of n (Higham 1993), and the order depends on n alone. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <num/stats.h>

#define SUM_BLOCK 128
#define LANES     8

/* What is summed: x, w, w x, or w (x - mean)^2. */
typedef struct terms {
    const double *x, *w; /* NULL: 1 */
    double mean;
    enum { PLAIN, SQUARED } kind;
} terms;

static void fill_terms(double *restrict t, const terms *s, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t[i] = s->x[from + i];
    if (s->kind == SQUARED)
        for (size_t i = 0; i < n; i++)
            t[i] = (t[i] - s->mean) * (t[i] - s->mean);
    if (s->w != NULL)
        for (size_t i = 0; i < n; i++)
            t[i] *= s->w[from + i];
}

static double sum_block(const terms *s, size_t from, size_t n)
{
    double t[SUM_BLOCK], lane[LANES] = {0};
    size_t whole = n / LANES * LANES;

    fill_terms(t, s, from, n);
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += t[i + l];
    for (size_t i = whole; i < n; i++)
        lane[i - whole] += t[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static double sum_terms(const terms *s, size_t from, size_t n)
{
    if (n <= SUM_BLOCK)
        return sum_block(s, from, n);
    size_t half = (n / 2 + SUM_BLOCK - 1) / SUM_BLOCK * SUM_BLOCK;
    return sum_terms(s, from, half) + sum_terms(s, from + half, n - half);
}

double ens__sum(const double *x, size_t n)
{
    return sum_terms(&(terms){.x = x}, 0, n);
}

static double total_weight(const double *w, size_t n)
{
    return w != NULL ? ens__sum(w, n) : (double)n;
}

double ens__mean(const double *x, const double *w, size_t n)
{
    return sum_terms(&(terms){.x = x, .w = w}, 0, n) / total_weight(w, n);
}

double ens__variance(const double *x, const double *w, size_t n, double mean)
{
    terms s = {.x = x, .w = w, .mean = mean, .kind = SQUARED};

    return sum_terms(&s, 0, n) / total_weight(w, n);
}

double ens__quantile_sorted(const double *x, size_t n, double q)
{
    return gsl_stats_quantile_from_sorted_data(x, 1, n, q);
}

static double weight(const double *w, size_t i)
{
    return w != NULL ? w[i] : 1.0;
}

/* The quantile of x in the order given; total is the sum of w in this order. */
static double weighted_in_order(const double *x, const double *w, const uint32_t *order,
                                size_t n, double target)
{
    double sum = 0, at = 0;
    size_t i = 0;

    for (; i < n; i++) {
        if (weight(w, order[i]) <= 0)
            continue;
        at = x[order[i]];
        sum += weight(w, order[i]);
        if (sum >= target)
            break;
    }
    if (sum > target)
        return at;
    for (i++; i < n; i++) /* a tie: halfway to the next, if there is one */
        if (weight(w, order[i]) > 0)
            return at + (x[order[i]] - at) / 2;
    return at;
}

ens_status ens__quantile_weighted(double *out, const double *x, const double *w, size_t n,
                                  double q, ens_error *err)
{
    uint32_t *order = NULL;
    double total = 0;
    ens_status st = ENS_OK;

    *out = 0;
    if ((order = ens__array(n, sizeof *order)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    ens__sort_index(order, x, n);
    for (size_t i = 0; i < n; i++)
        total += weight(w, order[i]);
    if (!(total > 0)) {
        st = ens__fail(err, ENS_EDATA, "quantile of %zu values whose weights sum to %g",
                       n, total);
        goto done;
    }
    *out = weighted_in_order(x, w, order, n, q * total);
done:
    ens__free(order);
    return st;
}

double ens__t_quantile(double p, double df)
{
    return gsl_cdf_tdist_Pinv(p, df);
}

double ens__t_tails(double t, double df)
{
    return 2 * gsl_cdf_tdist_Q(fabs(t), df);
}

double ens__normal_tails(double z)
{
    return 2 * gsl_cdf_ugaussian_Q(fabs(z));
}

double ens__normal_quantile(double p)
{
    return gsl_cdf_ugaussian_Pinv(p);
}
