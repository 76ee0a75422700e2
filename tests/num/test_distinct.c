/* test_distinct.c - a set of numbers is what sorting and comparing neighbours leaves. */
#include <config.h>

#include <core/mem.h>
#include <num/distinct.h>
#include <num/rng.h>
#include <stdlib.h>

#include "run.h"

static ens_error err;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

START_TEST(each_number_is_there_once)
{
    enum { N = 20000 };
    double *x = calloc(N, sizeof *x), *got = calloc(N, sizeof *got);
    static const unsigned most[] = {1, 3, 300, 1000000};

    for (size_t kind = 0; kind < 4; kind++) {
        ens__distinct set = {0};
        ens__stream s;
        size_t n = 0;

        ens__stream_init(&s, kind, ENS__FOR_TEST, 0);
        for (size_t i = 0; i < N; i++) {
            x[i] = ((double)ens__stream_below(&s, most[kind]) - 1) / 7;
            ck_ok(ens__distinct_add(&set, x[i] == 0 && i % 2 == 0 ? -0.0 : x[i], &err));
        }
        qsort(x, N, sizeof *x, ascending);
        for (size_t i = 0; i < N; i++)
            if (i == 0 || x[i] != x[i - 1])
                x[n++] = x[i];
        ck_assert_uint_eq(set.n, n);
        ens__distinct_list(&set, got);
        for (size_t i = 0; i < n; i++)
            ck_assert(got[i] == x[i] && !(got[i] == 0 && signbit(got[i])));
        ens__distinct_clear(&set);
    }
    free(x);
    free(got);
}
END_TEST

START_TEST(no_memory_is_an_error_and_loses_nothing)
{
    for (long k = 0; k < 4; k++) {
        ens__distinct set = {0};
        ens_status st = ENS_OK;
        size_t n = 0;

        ens__mem_fail_at(k);
        while (st == ENS_OK && n < 100000)
            if ((st = ens__distinct_add(&set, (double)n, &err)) == ENS_OK)
                n++;
        ens__mem_fail_at(-1);
        ck_assert_int_eq(st, ENS_ENOMEM);
        ck_assert_uint_eq(set.n, n);
        ck_ok(ens__distinct_add(&set, 0.5, &err));
        ck_assert_uint_eq(set.n, n + 1);
        ens__distinct_clear(&set);
    }
}
END_TEST

Suite *distinct_suite(void);

Suite *distinct_suite(void)
{
    Suite *s = suite_create("distinct");
    TCase *tc = tcase_create("distinct");

    tcase_add_test(tc, each_number_is_there_once);
    tcase_add_test(tc, no_memory_is_an_error_and_loses_nothing);
    suite_add_tcase(s, tc);
    return s;
}
