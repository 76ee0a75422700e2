/* sort.c - sorting numbers, and rows by a number, in place.
 *
 * Quicksort whose partition has no branch on the values (Edelkamp and Weiss 2016 explain why), so that
 * random input costs no mispredictions. Equal values are split off once a partition comes out lopsided, and a
 * heap sort takes over when the splits stay bad: O(n log n) always. Rows are ordered by (value, row), which no
 * two share, so the order is the stable one. */
#include <config.h>

#include <num/stats.h>

#define SMALL 24 /* below: insertion sort */

static unsigned depth_limit(size_t n)
{
    unsigned log = 0;

    while (n >>= 1)
        log++;
    return 2 * log;
}

static double median3(double a, double b, double c)
{
    double least = a < b ? a : b, most = a < b ? b : a;

    return c < least ? least : c > most ? most : c;
}

/* ---- Numbers ---- */

static void insertion_sort(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double v = x[i];
        size_t j = i;

        for (; j > 0 && x[j - 1] > v; j--)
            x[j] = x[j - 1];
        x[j] = v;
    }
}

static void sift_down(double *x, size_t at, size_t n)
{
    double v = x[at];

    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && x[child] < x[child + 1])
            child++;
        if (!(v < x[child]))
            break;
        x[at] = x[child];
    }
    x[at] = v;
}

static void heap_sort(double *x, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(x, i, n);
    for (size_t last = n - 1; last > 0; last--) {
        double v = x[last];

        x[last] = x[0];
        x[0] = v;
        sift_down(x, 0, last);
    }
}

/* Bring what is below the pivot to the front; returns how many. */
static size_t partition_below(double *x, size_t n, double pivot)
{
    size_t below = 0;

    for (size_t i = 0; i < n; i++) {
        double v = x[i];

        x[i] = x[below];
        x[below] = v;
        below += v < pivot;
    }
    return below;
}

/* The same for what is equal to the pivot, where nothing is below it. */
static size_t partition_equal(double *x, size_t n, double pivot)
{
    size_t equal = 0;

    for (size_t i = 0; i < n; i++) {
        double v = x[i];

        x[i] = x[equal];
        x[equal] = v;
        equal += !(pivot < v);
    }
    return equal;
}

/* Near the middle of the numbers, most often. */
static double pivot_of(const double *x, size_t n)
{
    size_t step = n / 8;

    return median3(median3(x[0], x[step], x[2 * step]),
                   median3(x[3 * step], x[4 * step], x[5 * step]),
                   median3(x[6 * step], x[7 * step], x[n - 1]));
}

/* What lies within [low, high) may stay as it is. */
static void sort_part(double *x, size_t n, unsigned depth, const double *low,
                      const double *high)
{
    while (n > SMALL) {
        if (x >= low && x + n <= high)
            return;
        if (depth-- == 0) {
            heap_sort(x, n);
            return;
        }
        double pivot = pivot_of(x, n);
        size_t below = partition_below(x, n, pivot);
        size_t equal = below < n / 8 ? partition_equal(x + below, n - below, pivot) : 0;
        size_t above = n - below - equal;

        if (below < above) { /* recurse into the smaller: a stack of log n */
            sort_part(x, below, depth, low, high);
            x += below + equal;
            n = above;
        } else {
            sort_part(x + below + equal, above, depth, low, high);
            n = below;
        }
    }
    insertion_sort(x, n);
}

void ens__sort_doubles(double *x, size_t n)
{
    sort_part(x, n, depth_limit(n), x + n, x);
}

void ens__sort_ends(double *x, size_t n, size_t ends)
{
    if (ends > n / 2)
        ends = n / 2;
    sort_part(x, n, depth_limit(n), x + ends, x + n - ends);
}

double ens__kth(double *x, size_t n, size_t k)
{
    for (unsigned depth = depth_limit(n); n > SMALL;) {
        double pivot = pivot_of(x, n);
        size_t below, equal;

        if (depth-- == 0) {
            heap_sort(x, n);
            return x[k];
        }
        below = partition_below(x, n, pivot);
        if (k < below) {
            n = below;
            continue;
        }
        equal = partition_equal(x + below, n - below, pivot);
        if (k < below + equal)
            return pivot;
        x += below + equal;
        n -= below + equal;
        k -= below + equal;
    }
    insertion_sort(x, n);
    return x[k];
}

/* ---- Rows by a number ---- */

static int precedes(const double *x, uint32_t a, uint32_t b)
{
    return (x[a] < x[b]) | ((x[a] == x[b]) & (a < b));
}

static void insertion_sort_rows(uint32_t *row, const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t v = row[i];
        size_t j = i;

        for (; j > 0 && precedes(x, v, row[j - 1]); j--)
            row[j] = row[j - 1];
        row[j] = v;
    }
}

static void sift_down_rows(uint32_t *row, const double *x, size_t at, size_t n)
{
    uint32_t v = row[at];

    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && precedes(x, row[child], row[child + 1]))
            child++;
        if (!precedes(x, v, row[child]))
            break;
        row[at] = row[child];
    }
    row[at] = v;
}

static void heap_sort_rows(uint32_t *row, const double *x, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down_rows(row, x, i, n);
    for (size_t last = n - 1; last > 0; last--) {
        uint32_t v = row[last];

        row[last] = row[0];
        row[0] = v;
        sift_down_rows(row, x, 0, last);
    }
}

static uint32_t median3_rows(const double *x, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t least = precedes(x, a, b) ? a : b, most = least == a ? b : a;

    return precedes(x, c, least) ? least : precedes(x, most, c) ? most : c;
}

static size_t partition_rows(uint32_t *row, const double *x, size_t n, uint32_t pivot)
{
    size_t below = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t v = row[i];

        row[i] = row[below];
        row[below] = v;
        below += (size_t)precedes(x, v, pivot);
    }
    return below;
}

static void sort_part_rows(uint32_t *row, const double *x, size_t n, unsigned depth)
{
    while (n > SMALL) {
        if (depth-- == 0) {
            heap_sort_rows(row, x, n);
            return;
        }
        uint32_t pivot = median3_rows(x, row[n / 4], row[n / 2], row[n / 4 * 3]);
        size_t below = partition_rows(row, x, n, pivot);

        if (below < n - below) {
            sort_part_rows(row, x, below, depth);
            row += below;
            n -= below;
        } else {
            sort_part_rows(row + below, x, n - below, depth);
            n = below;
        }
    }
    insertion_sort_rows(row, x, n);
}

void ens__sort_index(uint32_t *order, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    sort_part_rows(order, x, n, depth_limit(n));
}
