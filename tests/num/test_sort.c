/* test_sort.c - sorting numbers and rows, for kinds of input that break quicksorts. */
#include <config.h>

#include "run.h"
#include <num/rng.h>
#include <num/stats.h>

enum {
    RANDOM,
    FEW_VALUES,
    CONSTANT,
    ASCENDING,
    DESCENDING,
    ORGAN_PIPE,
    ZEROS_AND_INFINITIES,
    KINDS
};

static void make(double *x, size_t n, int kind, ens__stream *s)
{
    static const double special[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, 5e-324};

    for (size_t i = 0; i < n; i++) {
        double v = (double)i;

        switch (kind) {
        case RANDOM:
            v = ens__stream_gaussian(s);
            break;
        case FEW_VALUES:
            v = ens__stream_below(s, 3);
            break;
        case CONSTANT:
            v = 7;
            break;
        case DESCENDING:
            v = -v;
            break;
        case ORGAN_PIPE:
            v = i < n / 2 ? v : (double)(n - i);
            break;
        case ZEROS_AND_INFINITIES:
            v = special[ens__stream_below(s, 5)];
            break;
        default:
            break;
        }
        x[i] = v;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

START_TEST(numbers_come_out_as_from_qsort)
{
    static const size_t size[] = {0, 1, 2, 23, 24, 25, 100, 1000, 30000};
    double *x = malloc(30000 * sizeof *x), *y = malloc(30000 * sizeof *y);
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        make(x, size[k], _i, &s);
        memcpy(y, x, size[k] * sizeof *x);
        ens__sort_doubles(x, size[k]);
        qsort(y, size[k], sizeof *y, compare);
        for (size_t i = 0; i < size[k]; i++)
            ck_assert(x[i] == y[i]);
    }
    free(x);
    free(y);
}
END_TEST

/* The ends are those of the sorted numbers, and what lies between them is the rest of the same numbers. */
START_TEST(ends_come_out_as_from_qsort)
{
    static const size_t size[] = {0, 1, 24, 100, 1000, 30000}, ends[] = {0, 1, 32, 600};
    double *x = malloc(30000 * sizeof *x), *y = malloc(30000 * sizeof *y);
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < 24; k++) {
        size_t n = size[k % 6], m = ends[k / 6];

        make(x, n, _i, &s);
        memcpy(y, x, n * sizeof *x);
        ens__sort_ends(x, n, m);
        qsort(y, n, sizeof *y, compare);
        for (size_t i = 0; i < n; i++)
            if (i < m || i + m >= n)
                ck_assert(x[i] == y[i]);
        qsort(x, n, sizeof *x, compare);
        for (size_t i = 0; i < n; i++)
            ck_assert(x[i] == y[i]);
    }
    free(x);
    free(y);
}
END_TEST

START_TEST(the_kth_is_that_of_qsort)
{
    static const size_t size[] = {1, 2, 24, 100, 1000, 30000};
    double *x = malloc(30000 * sizeof *x), *y = malloc(30000 * sizeof *y);
    ens__stream s;

    ens__stream_init(&s, 4, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        size_t n = size[k], at[] = {0, n / 3, (n - 1) / 2, n - 1};

        make(x, n, _i, &s);
        memcpy(y, x, n * sizeof *x);
        qsort(y, n, sizeof *y, compare);
        for (size_t i = 0; i < 4; i++)
            ck_assert(ens__kth(x, n, at[i]) == y[at[i]]);
    }
    free(x);
    free(y);
}
END_TEST

START_TEST(rows_come_out_ascending_and_stable)
{
    static const size_t size[] = {0, 1, 2, 24, 25, 1000, 30000};
    double *x = malloc(30000 * sizeof *x);
    uint32_t *order = malloc(30000 * sizeof *order);
    unsigned char *seen = malloc(30000);
    ens__stream s;

    ens__stream_init(&s, 2, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        make(x, size[k], _i, &s);
        memset(seen, 0, 30000);
        ens__sort_index(order, x, size[k]);
        for (size_t i = 0; i < size[k]; i++) {
            ck_assert_uint_eq(seen[order[i]]++, 0);
            if (i > 0)
                ck_assert(x[order[i - 1]] < x[order[i]] ||
                          (x[order[i - 1]] == x[order[i]] && order[i - 1] < order[i]));
        }
    }
    free(x);
    free(order);
    free(seen);
}
END_TEST

/* Two interleaved runs: the middle is never near a median of few samples. */
START_TEST(bad_input_is_not_quadratic)
{
    size_t n = 300000;
    double *x = malloc(n * sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = (double)(i % 2 == 0 ? i : n - i);
    ens__sort_doubles(x, n); /* a quadratic sort would take minutes */
    for (size_t i = 1; i < n; i++)
        ck_assert(x[i - 1] <= x[i]);
    free(x);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, numbers_come_out_as_from_qsort, 0, KINDS);
    tcase_add_loop_test(tc, ends_come_out_as_from_qsort, 0, KINDS);
    tcase_add_loop_test(tc, the_kth_is_that_of_qsort, 0, KINDS);
    tcase_add_loop_test(tc, rows_come_out_ascending_and_stable, 0, KINDS);
    tcase_add_test(tc, bad_input_is_not_quadratic);
}

Suite *sort_suite(void);

Suite *sort_suite(void)
{
    return suite_of("sort", add);
}
