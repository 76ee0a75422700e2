/* svd.c - singular values of a square matrix, by one-sided Jacobi rotations.
 *
 * Columns of `a` are kept as rows, so that all loops are along memory. */
#include <config.h>

#include <float.h>
#include <math.h>
#include <num/gram.h>
#include <num/svd.h>
#include <stdbool.h>
#include <string.h>

/* Sweeps over all pairs at most; a dozen do. */
#define SWEEPS 60

static void transpose(double *a, size_t q)
{
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < i; j++) {
            double v = a[i * q + j];

            a[i * q + j] = a[j * q + i];
            a[j * q + i] = v;
        }
}

static void rotate(double *x, double *y, size_t n, double c, double s)
{
    for (size_t i = 0; i < n; i++) {
        double v = x[i];

        x[i] = c * v - s * y[i];
        y[i] = s * v + c * y[i];
    }
}

/* Make columns i and j orthogonal; was there anything to do? */
static bool rotate_pair(double *a, double *v, size_t q, size_t i, size_t j)
{
    double *x = a + i * q, *y = a + j * q;
    double xx = ens__dot(x, x, q), yy = ens__dot(y, y, q), xy = ens__dot(x, y, q);
    double z, t, c;

    if (!(fabs(xy) > DBL_EPSILON * sqrt(xx) * sqrt(yy)) || xy == 0)
        return false;
    z = (yy - xx) / (2 * xy);
    t = (z >= 0 ? 1 : -1) / (fabs(z) + hypot(1, z));
    c = 1 / sqrt(1 + t * t);
    rotate(x, y, q, c, c * t);
    rotate(v + i * q, v + j * q, q, c, c * t);
    return true;
}

static void swap_rows(double *a, size_t q, size_t i, size_t j)
{
    for (size_t c = 0; c < q && i != j; c++) {
        double v = a[i * q + c];

        a[i * q + c] = a[j * q + c];
        a[j * q + c] = v;
    }
}

void ens__svd(double *a, size_t q, double *s, double *v)
{
    bool more = true;

    memset(v, 0, q * q * sizeof *v);
    for (size_t i = 0; i < q; i++)
        v[i * q + i] = 1;
    transpose(a, q);
    for (unsigned sweep = 0; sweep < SWEEPS && more; sweep++) {
        more = false;
        for (size_t i = 0; i < q; i++)
            for (size_t j = i + 1; j < q; j++)
                more = rotate_pair(a, v, q, i, j) || more;
    }
    for (size_t i = 0; i < q; i++)
        s[i] = sqrt(ens__dot(a + i * q, a + i * q, q));
    for (size_t i = 0; i < q; i++) {
        size_t most = i;
        double largest;

        for (size_t j = i + 1; j < q; j++)
            most = s[j] > s[most] ? j : most;
        largest = s[most];
        s[most] = s[i];
        s[i] = largest;
        swap_rows(v, q, i, most);
    }
}
