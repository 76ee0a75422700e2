/* paired.c - tests of treatments of the same cases: over splits of one table, over rows, and over tables.
 *
 * Distributions are GSL's. Where few cases are compared the tests are exact: McNemar's by the binomial distribution,
 * Wilcoxon's by counting the sums of all signs of the ranks, which ties do not disturb. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <num/paired.h>
#include <num/stats.h>
#include <string.h>

static const ens__verdict unknown = {NAN, NAN, NAN, NAN};

/* ---- Splits ---------------------------------------------------------------------------------------------- */

ens__verdict ens__paired_resampled(const double *d, size_t n, double ratio, double level)
{
    double mean, deviation, df = (double)n - 1;
    ens__verdict v;

    if (n < 2)
        return unknown;
    mean = ens__mean(d, NULL, n);
    deviation =
        sqrt(ens__variance(d, NULL, n, mean) * (double)n / df * (1 / (double)n + ratio));
    v.statistic = mean == 0 ? 0 : mean / deviation;
    v.p = ens__t_tails(v.statistic, df);
    v.low = mean + ens__t_quantile((1 - level) / 2, df) * deviation;
    v.high = mean + ens__t_quantile((1 + level) / 2, df) * deviation;
    return v;
}

ens__verdict ens__paired_five_by_two(const double d[10])
{
    double squares = 0, spread = 0;
    ens__verdict v = unknown;

    for (size_t r = 0; r < 5; r++) {
        double a = d[2 * r], b = d[2 * r + 1];

        squares += a * a + b * b;
        spread += (a - b) * (a - b) / 2;
    }
    v.statistic = squares == 0 ? 0 : squares / (2 * spread);
    v.p = gsl_cdf_fdist_Q(v.statistic, 10, 5);
    return v;
}

/* ---- Rows ------------------------------------------------------------------------------------------------ */

ens__verdict ens__paired_mcnemar(size_t a_alone, size_t b_alone)
{
    size_t n = a_alone + b_alone, less = a_alone < b_alone ? a_alone : b_alone;
    ens__verdict v = unknown;

    v.statistic = (double)a_alone - (double)b_alone;
    v.p = fmin(1, 2 * gsl_cdf_binomial_P((unsigned)less, 0.5, (unsigned)n));
    return v;
}

/* rank[n] of x[n] from 1, ties share the mean of theirs. order[n] is room. Returns the sum of t^3 - t over ties. */
static double mid_ranks(double *rank, uint32_t *order, const double *x, size_t n)
{
    double ties = 0;

    ens__sort_index(order, x, n);
    for (size_t i = 0, end; i < n; i = end) {
        double t;

        for (end = i + 1; end < n && x[order[end]] == x[order[i]]; end++)
            ;
        t = (double)(end - i);
        ties += t * t * t - t;
        for (size_t j = i; j < end; j++)
            rank[order[j]] = (double)(i + 1 + end) / 2;
    }
    return ties;
}

/* What each case adds to the area: for a positive one the share of negative ones below it, for a negative one the
 * share of positive ones above (Sun and Xu 2014, equations 5 and 6). Room for 4 n numbers. */
static double placements(double *value, uint32_t *order, double *room, const double *x,
                         const unsigned char *positive, size_t n)
{
    double *all = room, *part = room + n, *of = room + 2 * n, area = 0;
    size_t count[2] = {0, 0};

    for (size_t i = 0; i < n; i++)
        count[positive[i] != 0]++;
    mid_ranks(all, order, x, n);
    for (int side = 0; side < 2; side++) {
        double others = (double)count[!side];
        size_t m = 0;

        for (size_t i = 0; i < n; i++)
            if ((positive[i] != 0) == side)
                part[m++] = x[i];
        mid_ranks(of, order, part, m);
        m = 0;
        for (size_t i = 0; i < n; i++)
            if ((positive[i] != 0) == side) {
                double below = (all[i] - of[m++]) / others;

                value[i] = side ? below : 1 - below;
                area += side ? below / (double)count[1] : 0;
            }
    }
    return area;
}

ens_status ens__paired_delong(ens__verdict *out, const double *a, const double *b,
                              const unsigned char *positive, size_t n, double level,
                              ens_error *err)
{
    double *room = ens__array(n, 5 * sizeof *room), *va = room, *vb = room + n;
    uint32_t *order = ens__array(n, sizeof *order);
    double difference, variance = 0, deviation;
    size_t count[2] = {0, 0};
    ens_status st = ENS_OK;

    *out = unknown;
    if (room == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        count[positive[i] != 0]++;
    if (count[0] < 2 || count[1] < 2)
        goto done;
    difference = placements(va, order, room + 2 * n, a, positive, n);
    difference -= placements(vb, order, room + 2 * n, b, positive, n);
    for (int side = 0; side < 2; side++) {
        double *d = room + 2 * n, m = (double)count[side];
        size_t filled = 0;

        for (size_t i = 0; i < n; i++)
            if ((positive[i] != 0) == side)
                d[filled++] = va[i] - vb[i];
        variance += ens__variance(d, NULL, filled, ens__mean(d, NULL, filled)) / (m - 1);
    }
    deviation = sqrt(variance);
    out->statistic = difference == 0 ? 0 : difference / deviation;
    out->p = ens__normal_tails(out->statistic);
    out->low = difference + gsl_cdf_ugaussian_Pinv((1 - level) / 2) * deviation;
    out->high = difference + gsl_cdf_ugaussian_Pinv((1 + level) / 2) * deviation;
done:
    ens__free(room);
    ens__free(order);
    return st;
}

/* Share of the signs of ranks[n], twice as integers, whose positive sum is at most `sum`. ways[most + 1] is room. */
static double share_at_most(double *ways, const double *rank, size_t n, size_t sum)
{
    size_t most = 0;
    double share = 0;

    memset(ways, 0, (n * (n + 1) + 1) * sizeof *ways);
    ways[0] = 1;
    for (size_t i = 0; i < n; i++) {
        size_t r = (size_t)(2 * rank[i]);

        most += r;
        for (size_t s = most + 1; s-- > 0;)
            ways[s] = (ways[s] + (s >= r ? ways[s - r] : 0)) / 2;
    }
    for (size_t s = 0; s <= sum; s++)
        share += ways[s];
    return share;
}

ens_status ens__paired_wilcoxon(ens__verdict *out, const double *d, size_t n,
                                ens_error *err)
{
    enum { EXACT = 50 };
    double *room = ens__array(n, 3 * sizeof *room), *size = room, *rank = room + n,
           *used = room + 2 * n;
    uint32_t *order = ens__array(n, sizeof *order);
    double ways[EXACT * (EXACT + 1) + 1], ties, plus = 0, total;
    size_t m = 0;
    ens_status st = ENS_OK;

    *out = unknown;
    if (room == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0) {
            used[m] = d[i];
            size[m++] = fabs(d[i]);
        }
    ties = mid_ranks(rank, order, size, m);
    for (size_t i = 0; i < m; i++)
        plus += used[i] > 0 ? rank[i] : 0;
    total = (double)m * ((double)m + 1) / 2;
    out->statistic = plus;
    if (m <= EXACT) {
        out->p = fmin(
            1, 2 * share_at_most(ways, rank, m, (size_t)(2 * fmin(plus, total - plus))));
    } else {
        double variance = total * (2 * (double)m + 1) / 12 - ties / 48;

        out->p = ens__normal_tails((plus - total / 2) / sqrt(variance));
    }
done:
    ens__free(room);
    ens__free(order);
    return st;
}

/* ---- Tables ---------------------------------------------------------------------------------------------- */

ens_status ens__paired_friedman(ens__verdict *out, double *rank, const double *score,
                                size_t n, size_t k, ens_error *err)
{
    double *room = ens__array(k, 2 * sizeof *room), ties = 0, spread = 0;
    uint32_t *order = ens__array(k, sizeof *order);
    double sets = (double)n, m = (double)k;
    ens_status st = ENS_OK;

    *out = unknown;
    if (room == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    memset(rank, 0, k * sizeof *rank);
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < k; t++)
            room[k + t] = -score[i * k + t];
        ties += mid_ranks(room, order, room + k, k);
        for (size_t t = 0; t < k; t++)
            rank[t] += room[t] / sets;
    }
    for (size_t t = 0; t < k; t++)
        spread += (rank[t] - (m + 1) / 2) * (rank[t] - (m + 1) / 2);
    out->statistic = 12 * sets * spread / (m * (m + 1) - ties / (sets * (m - 1)));
    if (isnan(out->statistic)) /* all equal everywhere */
        out->statistic = 0;
    out->p = gsl_cdf_chisq_Q(out->statistic, m - 1);
done:
    ens__free(room);
    ens__free(order);
    return st;
}

/* P(range of k standard normals <= q) = k int phi(z) (Phi(z) - Phi(z - q))^(k - 1) dz, by Simpson's rule: the
 * integrand is smooth, and the steps of 1/128 leave an error below 1e-10. */
static double range_at_most(double q, size_t k)
{
    enum { STEPS = 2304 };
    double begin = -9, h = 18.0 / STEPS, sum = 0;

    for (size_t i = 0; i <= STEPS; i++) {
        double z = begin + h * (double)i;
        double inside = gsl_cdf_ugaussian_P(z) - gsl_cdf_ugaussian_P(z - q);
        double f = exp(-z * z / 2) * pow(inside, (double)k - 1);

        sum += f * (i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return (double)k * sum * h / 3 / sqrt(2 * acos(-1));
}

double ens__paired_nemenyi(double apart, size_t n, size_t k)
{
    double m = (double)k, error = sqrt(m * (m + 1) / (12 * (double)n));

    return fmin(1, fmax(0, 1 - range_at_most(apart / error, k)));
}

ens_status ens__paired_holm(double *p, size_t n, ens_error *err)
{
    uint32_t *order = ens__array(n, sizeof *order);
    double *key = ens__array(n, sizeof *key), worst = 0;
    size_t m = 0;

    if (order == NULL || key == NULL) {
        ens__free(order);
        ens__free(key);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < n; i++) {
        m += !isnan(p[i]);
        key[i] = isnan(p[i]) ? INFINITY : p[i];
    }
    ens__sort_index(order, key, n);
    for (size_t i = 0; i < m; i++) {
        worst = fmax(worst, fmin(1, (double)(m - i) * p[order[i]]));
        p[order[i]] = worst;
    }
    ens__free(order);
    ens__free(key);
    return ENS_OK;
}
