/* test_bins.c - bins: codes agree with cuts and order, nothing is lost where it fits, threads get one answer. */
#include <config.h>

#include <core/mem.h>
#include <core/par.h>
#include <data/bins.h>
#include <float.h>
#include <num/rng.h>

#include "run.h"

static ens_error err;

static ens_dataset *table_of(const double *x, size_t n, size_t p)
{
    ens_dataset *d;

    ck_ok(ens_dataset_from_matrix(&d, x, n, p, NULL, ENS_TASK_AUTO, &err));
    return d;
}

static const ens__bins *bins_of(const ens_dataset *d, size_t j, unsigned max_bins)
{
    const ens__bins *b;

    ck_ok(ens__bins_get(&b, d->table->feature[j].column, d->n, max_bins, &err));
    return b;
}

/* The definition: code c iff cut[c - 1] < x <= cut[c], the code of missing for NaN; cuts ascend. */
static void check_codes(const ens__bins *b, const double *x, size_t n)
{
    for (unsigned c = 0; c + 2 < b->n_bins; c++)
        ck_assert(b->cut[c] < b->cut[c + 1]);
    for (size_t i = 0; i < n; i++) {
        unsigned c = ens__bins_code(b, i);

        if (isnan(x[i])) {
            ck_assert_uint_eq(c, b->n_bins);
            continue;
        }
        ck_assert_uint_lt(c, b->n_bins);
        ck_assert(c == 0 || b->cut[c - 1] < x[i]);
        ck_assert(c + 1 == b->n_bins || x[i] <= b->cut[c]);
        ck_assert(b->low[c] <= x[i] && x[i] <= b->high[c]);
    }
}

START_TEST(midpoints_lie_between)
{
    const double pairs[][2] = {{1, 2},
                               {-DBL_MAX, DBL_MAX},
                               {DBL_MAX / 2, DBL_MAX},
                               {-DBL_MAX, -DBL_MAX / 2},
                               {0, DBL_TRUE_MIN},
                               {-DBL_TRUE_MIN, 0},
                               {DBL_TRUE_MIN, 2 * DBL_TRUE_MIN},
                               {1, 1 + DBL_EPSILON},
                               {-1, -1 + DBL_EPSILON / 2}};

    ck_assert_double_eq(ens__between(1, 2), 1.5);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        double m = ens__between(pairs[i][0], pairs[i][1]);

        ck_assert_msg(pairs[i][0] <= m && m < pairs[i][1], "%g between %g and %g", m,
                      pairs[i][0], pairs[i][1]);
    }
}
END_TEST

START_TEST(few_values_have_a_bin_each)
{
    const double x[] = {3, 1, NAN, 2, 1, 3, 3, -0.0, 0.0};
    ens_dataset *d = table_of(x, 9, 1);
    const ens__bins *b = bins_of(d, 0, 4);

    ck_assert(b->exact && b->has_missing);
    ck_assert_uint_eq(b->n_bins, 4);
    ck_assert_uint_eq(b->width, 1);
    ck_assert(b->cut[0] == 0.5 && b->cut[1] == 1.5 && b->cut[2] == 2.5);
    ck_assert_mem_eq(b->code.u8, ((uint8_t[]){3, 1, 4, 2, 1, 3, 3, 0, 0}), 9);
    b = bins_of(d, 0, 3); /* one value too many */
    ck_assert(!b->exact);
    ck_assert_uint_le(b->n_bins, 3);
    check_codes(b, x, 9);
    ens_dataset_free(d);
}
END_TEST

START_TEST(one_value_or_none_is_one_bin)
{
    const double x[] = {7, NAN, 7, NAN, 7, NAN};
    ens_dataset *d = table_of(x, 3, 2);

    ck_assert_uint_eq(bins_of(d, 0, 255)->n_bins, 1);
    ck_assert_uint_eq(bins_of(d, 0, 255)->code.u8[1], 0);
    ck_assert_uint_eq(bins_of(d, 1, 255)->n_bins, 1);
    ck_assert_uint_eq(bins_of(d, 1, 255)->code.u8[1], 1);
    ens_dataset_free(d);
}
END_TEST

/* What a draw of kind 0 .. 4 looks like: smooth, many ties, half zeros, skewed over many powers, with gaps. */
static double draw(ens__stream *s, size_t kind)
{
    double u = ens__stream_uniform(s);

    switch (kind) {
    case 0:
        return u;
    case 1:
        return floor(400 * u * u);
    case 2:
        return u < 0.5 ? 0 : ens__stream_gaussian(s);
    case 3:
        return exp(600 * u - 300) * (u < 0.25 ? -1 : 1);
    default:
        return u < 0.2 ? NAN : 1e-300 * floor(1000 * u);
    }
}

/* Of values at, near and far from the middles. */
static void check_middles(const ens__bins *b)
{
    for (unsigned c = 0; c < b->n_bins; c += 1 + b->n_bins / 300) {
        double m = b->low[c] / 2 + b->high[c] / 2;

        ck_assert_uint_eq(ens__bins_up_to(b, m), c + 1);
        ck_assert_uint_eq(ens__bins_up_to(b, nextafter(m, -INFINITY)), c);
    }
    ck_assert_uint_eq(ens__bins_up_to(b, -INFINITY), 0);
    ck_assert_uint_eq(ens__bins_up_to(b, DBL_MAX), b->n_bins);
}

START_TEST(codes_agree_with_cuts)
{
    enum { N = 20000, KINDS = 5 };
    static const unsigned settings[] = {2, 3, 16, 255, 256, 1000, 65535};
    double *x = calloc(N, sizeof *x);

    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t n = 10; n <= N; n = n == 10 ? 500 : 40 * n) {
            ens__stream s;
            ens_dataset *d;

            ens__stream_init(&s, kind, ENS__FOR_TEST, n);
            for (size_t i = 0; i < n; i++)
                x[i] = draw(&s, kind);
            d = table_of(x, n, 1);
            for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
                const ens__bins *b = bins_of(d, 0, settings[i]);

                ck_assert_uint_le(b->n_bins, settings[i]);
                ck_assert_uint_eq(b->width, b->n_bins < 256 ? 1 : 2);
                check_codes(b, x, n);
                check_middles(b);
            }
            ens_dataset_free(d);
        }
    free(x);
}
END_TEST

/* Without ties a bin has its share of the rows; a heavy value takes one bin, and the others share the rest. */
START_TEST(bins_hold_about_equal_numbers_of_rows)
{
    enum { N = 60000, BINS = 100 };
    double *x = calloc(N, sizeof *x);
    size_t count[2][BINS] = {{0}};
    ens__stream s;
    ens_dataset *d;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (int heavy = 0; heavy < 2; heavy++) {
        const ens__bins *b;

        for (size_t i = 0; i < N; i++)
            x[i] = heavy && i % 2 ? 0.5 : ens__stream_uniform(&s);
        d = table_of(x, N, 1);
        b = bins_of(d, 0, BINS);
        ck_assert_uint_eq(b->n_bins, BINS);
        for (size_t i = 0; i < N; i++)
            count[heavy][b->code.u8[i]]++;
        ens_dataset_free(d);
    }
    for (size_t c = 0; c < BINS; c++) {
        ck_assert_uint_ge(count[0][c], N / BINS - 1);
        ck_assert_uint_le(count[0][c], N / BINS + 1);
        ck_assert(count[1][c] >= N / 2 || count[1][c] <= N / BINS);
    }
    free(x);
}
END_TEST

/* More rows than are sorted: cuts come from a sample, codes are still exact, and few distinct values still have a
 * bin each, however rare. */
START_TEST(many_rows_are_sampled)
{
    enum { N = 450000 };
    double *x = calloc(N, 2 * sizeof *x), *column = calloc(N, sizeof *column);
    size_t count[255] = {0};
    const ens__bins *b;
    ens__stream s;
    ens_dataset *d;

    ens__stream_init(&s, 2, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        x[2 * i] = column[i] = ens__stream_gaussian(&s);
        x[2 * i + 1] = i == 123457 ? 2.5 : (double)(i % 5);
    }
    d = table_of(x, N, 2);
    b = bins_of(d, 0, 255);
    check_codes(b, column, N);
    for (size_t i = 0; i < N; i++)
        count[b->code.u8[i]]++;
    for (size_t c = 0; c < 255; c++) /* a share is 1765 rows, of a sample 588: five standard errors */
        ck_assert_msg(count[c] > 1765 - 5 * 73 && count[c] < 1765 + 5 * 73,
                      "bin %zu of %zu rows", c, count[c]);
    b = bins_of(d, 1, 255);
    ck_assert(b->exact);
    ck_assert_uint_eq(b->n_bins, 6);
    ck_assert_uint_eq(b->code.u8[123457], 3);
    ens_dataset_free(d);
    free(x);
    free(column);
}
END_TEST

/* Of more than 255 bins those at the ends have fewer rows, down to one, on both sides. */
START_TEST(many_bins_are_finer_at_the_ends)
{
    enum { N = 300000, MOST = 4096 };
    double *x = calloc(N, sizeof *x);
    size_t *count = calloc(MOST, sizeof *count), equal = N / MOST;
    const ens__bins *b;
    ens_dataset *d;

    for (size_t i = 0; i < N; i++)
        x[i] = exp((double)(i * 7919 % N) / 20000);
    d = table_of(x, N, 1);
    b = bins_of(d, 0, MOST);
    check_codes(b, x, N);
    ck_assert_uint_le(b->n_bins, MOST);
    ck_assert_uint_gt(b->n_bins, MOST - MOST / 10);
    for (size_t i = 0; i < N; i++)
        count[b->code.u16[i]]++;
    for (size_t c = 0; c < 64; c++) { /* MOST / 64 rows until a bin has one more */
        ck_assert_uint_eq(count[c], 1);
        ck_assert_uint_eq(count[b->n_bins - 2 - c / 2], 1); /* the last one takes what is left */
    }
    for (size_t c = 0; c < b->n_bins; c++)
        ck_assert_msg(count[c] <= 2 * equal, "bin %zu of %zu rows", c, count[c]);
    ens_dataset_free(d);
    free(x);
    free(count);
}
END_TEST

START_TEST(categories_are_their_levels)
{
    enum { N = 5, MANY = 65536 };
    const int32_t code[N] = {2, -1, 0, 1, 2};
    const char *levels[] = {"a", "b", "c"};
    ens_column c = {.name = "c", .code = code, .levels = levels, .n_levels = 3};
    char(*text)[8] = calloc(MANY, sizeof *text);
    const char **many = calloc(MANY, sizeof *many);
    const ens__bins *b;
    ens_dataset *d;

    ck_ok(ens_dataset_from_columns(&d, &c, 1, N, ENS_TASK_AUTO, &err));
    b = bins_of(d, 0, 2); /* max_bins is for numbers */
    ck_assert(b->exact && b->has_missing && b->cut == NULL);
    ck_assert_uint_eq(b->n_bins, 3);
    ck_assert_mem_eq(b->code.u8, ((uint8_t[]){2, 3, 0, 1, 2}), N);
    ck_assert_ptr_eq(bins_of(d, 0, 255), b);
    ens_dataset_free(d);

    for (size_t l = 0; l < MANY; l++) {
        snprintf(text[l], sizeof *text, "%zu", l);
        many[l] = text[l];
    }
    c.levels = many;
    for (c.n_levels = 300; c.n_levels <= MANY; c.n_levels += MANY - 300) {
        ck_ok(ens_dataset_from_columns(&d, &c, 1, N, ENS_TASK_AUTO, &err));
        if (c.n_levels == MANY) {
            ck_fails(ens__bins_get(&b, d->table->feature[0].column, N, 255, &err),
                     ENS_ESUPPORT, "column `c` has 65536 levels, trees take at most 65535");
        } else {
            b = bins_of(d, 0, 255);
            ck_assert_uint_eq(b->width, 2);
            ck_assert_uint_eq(b->code.u16[1], 300);
        }
        ens_dataset_free(d);
    }
    free(many);
    free(text);
}
END_TEST

START_TEST(bins_are_made_once_a_setting)
{
    const double x[] = {1, 2, 3, 4};
    ens_dataset *d = table_of(x, 4, 1);
    const ens__bins *a = bins_of(d, 0, 2), *b = bins_of(d, 0, 4);

    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(a, bins_of(d, 0, 2));
    ck_assert_ptr_eq(b, bins_of(d, 0, 4));
    ck_assert_uint_eq(a->n_bins, 2);
    ck_assert_uint_eq(b->n_bins, 4);
    ens_dataset_free(d);
}
END_TEST

/* ---- Threads and memory ---------------------------------------------------------------------------------- */

enum { RACERS = 32 };

typedef struct race {
    const ens_dataset *data;
    const ens__bins *got[RACERS];
} race;

static ens_status ask(void *ctx, size_t i, unsigned worker, ens_error *e)
{
    race *r = ctx;

    (void)worker;
    return ens__bins_get(&r->got[i], r->data->table->feature[0].column, r->data->n,
                         20 + (unsigned)(i % 2), e);
}

START_TEST(racing_threads_get_the_same_bins)
{
    enum { N = 3000 };
    const ens_exec exec = {.threads = 7};
    double x[N];
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++)
        x[i] = ens__stream_uniform(&s);
    for (int round = 0; round < 20; round++) {
        race r = {.data = table_of(x, N, 1)};
        size_t kept = 0;

        ck_ok(ens__par_for(RACERS, &exec, NULL, ask, &r, NULL, &err));
        for (size_t i = 2; i < RACERS; i++)
            ck_assert_ptr_eq(r.got[i], r.got[i % 2]);
        for (const ens__bins *b = r.got[0]->next == NULL ? r.got[1] : r.got[0]; b != NULL;
             b = b->next)
            kept++;
        ck_assert_uint_eq(kept, 2);
        ens_dataset_free((ens_dataset *)(uintptr_t)r.data);
    }
}
END_TEST

START_TEST(no_thread_count_changes_a_byte)
{
    enum { N = 2000, P = 9 };
    double *x = calloc(N * P, sizeof *x);
    ens_dataset *d[2];
    ens__stream s;

    ens__stream_init(&s, 4, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N * P; i++)
        x[i] = draw(&s, i % P % 5);
    for (unsigned t = 0; t < 2; t++) { /* no third count: clang's libomp leaks when its team grows */
        const ens_exec exec = {.threads = 1 + 4 * t};

        d[t] = table_of(x, N, P);
        ck_ok(ens__bins_prepare(d[t]->table->feature, P, N, 50, &exec, &err));
        for (size_t j = 0; j < P; j++) {
            const ens__bins *a = bins_of(d[0], j, 50), *b = bins_of(d[t], j, 50);

            ck_assert_uint_eq(a->n_bins, b->n_bins);
            ck_assert_mem_eq(a->code.u8, b->code.u8, N);
            if (a->n_bins > 1)
                ck_assert_mem_eq(a->cut, b->cut, (a->n_bins - 1) * sizeof *a->cut);
        }
    }
    for (unsigned t = 0; t < 2; t++)
        ens_dataset_free(d[t]);
    free(x);
}
END_TEST

START_TEST(no_allocation_failure_leaks_or_passes)
{
    enum { N = 201000 }; /* beyond what is sorted: the table of distinct values too */
    double *x = calloc(N, sizeof *x);

    for (size_t i = 0; i < N; i++)
        x[i] = (double)(i % 1000);
    for (size_t n = 1000; n <= N; n += N - 1000) {
        ens_dataset *d = table_of(x, n, 1);
        ens_status st = ENS_ENOMEM;
        long k;

        for (k = 0; st != ENS_OK; k++) {
            const ens__bins *b = (const ens__bins *)x;

            ens__mem_fail_at(k);
            st = ens__bins_get(&b, d->table->feature[0].column, n, 100, &err);
            ens__mem_fail_at(-1);
            ck_assert(st == ENS_OK ? b != NULL : st == ENS_ENOMEM && b == NULL);
        }
        ck_assert_int_gt(k, 5);
        ens_dataset_free(d);
    }
    free(x);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, midpoints_lie_between);
    tcase_add_test(tc, few_values_have_a_bin_each);
    tcase_add_test(tc, one_value_or_none_is_one_bin);
    tcase_add_test(tc, codes_agree_with_cuts);
    tcase_add_test(tc, bins_hold_about_equal_numbers_of_rows);
    tcase_add_test(tc, many_rows_are_sampled);
    tcase_add_test(tc, many_bins_are_finer_at_the_ends);
    tcase_add_test(tc, categories_are_their_levels);
    tcase_add_test(tc, bins_are_made_once_a_setting);
    tcase_add_test(tc, racing_threads_get_the_same_bins);
    tcase_add_test(tc, no_thread_count_changes_a_byte);
    tcase_add_test(tc, no_allocation_failure_leaks_or_passes);
}

Suite *bins_suite(void);

Suite *bins_suite(void)
{
    return suite_of("bins", add);
}
