/* solve.c - small dense systems.
 *
 * GSL's decompositions end the program on a matrix that is not positive definite and BLAS adds in an order that
 * depends on the processor; collinear columns are ordinary here and results must not vary, so these are ours. */
#include <config.h>

#include <math.h>
#include <num/gram.h>
#include <num/solve.h>
#include <string.h>

/* ---- Cholesky ------------------------------------------------------------------------- */

void ens__chol_factor(double *a, size_t q, double tol, bool *aliased)
{
    for (size_t i = 0; i < q; i++) {
        double *row = a + i * q, diagonal = row[i], pivot;

        for (size_t j = 0; j < i; j++) {
            const double *other = a + j * q;

            row[j] = aliased[j] || aliased[i]
                         ? 0
                         : (row[j] - ens__dot(row, other, j)) / other[j];
        }
        pivot = diagonal - ens__dot(row, row, i);
        aliased[i] = aliased[i] || !(pivot > tol * diagonal);
        if (aliased[i])
            memset(row, 0, i * sizeof *row);
        row[i] = aliased[i] ? 0 : sqrt(pivot);
    }
}

void ens__chol_forward(const double *l, size_t q, const bool *aliased, double *x)
{
    for (size_t i = 0; i < q; i++)
        x[i] = aliased[i] ? 0 : (x[i] - ens__dot(l + i * q, x, i)) / l[i * q + i];
}

void ens__chol_solve(const double *l, size_t q, const bool *aliased, double *x)
{
    ens__chol_forward(l, q, aliased, x);
    for (size_t i = q; i-- > 0;) {
        const double *row = l + i * q;

        x[i] = aliased[i] ? 0 : x[i] / row[i];
        for (size_t j = 0; j < i; j++)
            x[j] -= row[j] * x[i];
    }
}

/* ---- From a triangle of QR -------------------------------------------------------------- */

/* Make rows `at` .. m - 1 of column j zero below row `at`, by rotations of rows from the bottom up; the columns after j
 * follow. */
static void rotate_up(double *r, size_t m, size_t at, size_t j)
{
    for (size_t i = m - 1; i > at; i--) {
        double *low = r + i * m, *high = low - m, norm, c, s;

        if (low[j] == 0)
            continue;
        norm = hypot(high[j], low[j]);
        c = high[j] / norm;
        s = low[j] / norm;
        for (size_t k = j; k < m; k++) {
            double upper = high[k];

            high[k] = c * upper + s * low[k];
            low[k] = c * low[k] - s * upper;
        }
        low[j] = 0;
    }
}

void ens__qr_solve(double *r, size_t q, double tol, double *l, bool *aliased,
                   double *theta, double *rss)
{
    size_t m = q + 1, rank = 0;

    for (size_t i = 0; i < m; i++)
        memset(r + i * m, 0, i * sizeof *r);
    memset(l, 0, q * q * sizeof *l);
    for (size_t j = 0; j < q; j++) {
        double norm = 0, fresh = 0;

        for (size_t i = 0; i <= j; i++) {
            double v = r[i * m + j];

            norm += v * v;
            fresh += i >= rank ? v * v : 0;
        }
        aliased[j] = !(sqrt(fresh) > tol * sqrt(norm));
        if (aliased[j])
            continue;
        rotate_up(r, m, rank, j);
        rank++;
    }
    /* Row `rank` of r belongs to the column of that place among those that are not aliased. */
    for (size_t j = 0, row = 0; j < q; j++) {
        if (aliased[j])
            continue;
        for (size_t c = j; c < q; c++)
            l[c * q + j] = aliased[c] ? 0 : r[row * m + c];
        theta[j] = r[row * m + q];
        row++;
    }
    for (size_t j = q; j-- > 0;) {
        theta[j] = aliased[j] ? 0 : theta[j] / l[j * q + j];
        for (size_t c = 0; c < j; c++)
            if (!aliased[j] && !aliased[c])
                theta[c] -= l[j * q + c] * theta[j];
    }
    *rss = 0;
    for (size_t i = rank; i < m; i++)
        *rss += r[i * m + q] * r[i * m + q];
}

/* ---- Coordinate descent ----------------------------------------------------------------- */

static double soft(double x, double by)
{
    return x > by ? x - by : x < -by ? x + by : 0;
}

/* One sweep; the largest step in units of the square root of the objective. */
static double sweep(double *theta, const double *a, const double *l1, size_t q, double *g,
                    bool all)
{
    double most = 0;

    for (size_t j = 0; j < q; j++) {
        double d = a[j * q + j], to, step;

        if (!(d > 0) || (!all && theta[j] == 0))
            continue;
        to = soft(d * theta[j] - g[j], l1[j]) / d;
        step = to - theta[j];
        if (step == 0)
            continue;
        theta[j] = to;
        most = fmax(most, fabs(step) * sqrt(d));
        for (size_t c = 0; c < q; c++)
            g[c] += step * a[j * q + c];
    }
    return most;
}

size_t ens__descend(double *theta, const double *a, const double *b, const double *l1,
                    size_t q, double tol, size_t max_sweeps, double *g)
{
    size_t n = 0;

    for (size_t j = 0; j < q; j++)
        g[j] = ens__dot(a + j * q, theta, q) - b[j];
    while (n++ < max_sweeps && sweep(theta, a, l1, q, g, true) > tol)
        while (n++ < max_sweeps && sweep(theta, a, l1, q, g, false) > tol)
            ;
    return n < max_sweeps ? n : max_sweeps;
}
