/* test_split.c - holdout and folds: sizes, strata, seeds, errors. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <ensemble/dataset.h>

/* A table of n rows; x is the row's number, y the class or response. */
static ens_dataset *table(size_t n, const double *y, ens_task task)
{
    double *x = malloc((n + 1) * sizeof *x);
    ens_dataset *data;
    ens_error err;

    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    ck_ok(ens_dataset_from_matrix(&data, x, n, 1, y, task, &err));
    free(x);
    return data;
}

/* Three classes of 7, 20 and 73 rows, mixed. */
static ens_dataset *three_classes(void)
{
    double y[100];

    for (int i = 0; i < 100; i++) {
        int j = i * 37 % 100;

        y[i] = j < 7 ? 0 : j < 27 ? 1 : 2;
    }
    return table(100, y, ENS_TASK_CLASSIFICATION);
}

static ens_dataset *numbers(size_t n)
{
    double *y = calloc(n, sizeof *y);
    ens_dataset *data = table(n, y, ENS_TASK_REGRESSION);

    free(y);
    return data;
}

static const size_t class_size[] = {7, 20, 73};

START_TEST(folds_differ_by_at_most_one_in_each_class_and_in_all)
{
    size_t n_folds = (size_t)_i, size[100] = {0}, per_class[3][100] = {{0}};
    ens_dataset *data = three_classes();
    uint32_t fold[100];
    ens_error err;

    ck_ok(ens_dataset_kfold(fold, data, n_folds, 1, &err));
    for (size_t i = 0; i < 100; i++) {
        ck_assert_uint_lt(fold[i], n_folds);
        size[fold[i]]++;
        per_class[(int)ens_dataset_y(data, i)][fold[i]]++;
    }
    for (size_t f = 0; f < n_folds; f++) {
        ck_assert(size[f] == 100 / n_folds || size[f] == (100 + n_folds - 1) / n_folds);
        for (int c = 0; c < 3; c++)
            ck_assert(per_class[c][f] == class_size[c] / n_folds ||
                      per_class[c][f] == (class_size[c] + n_folds - 1) / n_folds);
    }
    ens_dataset_free(data);
}
END_TEST

START_TEST(folds_depend_on_the_seed_alone)
{
    ens_dataset *data = _i == 0 ? three_classes() : numbers(100);
    uint32_t a[100], b[100], c[100];
    size_t same = 0;
    ens_error err;

    ck_ok(ens_dataset_kfold(a, data, 5, 1, &err));
    ck_ok(ens_dataset_kfold(b, data, 5, 1, &err));
    ck_ok(ens_dataset_kfold(c, data, 5, 2, &err));
    ck_assert_mem_eq(a, b, sizeof a);
    for (int i = 0; i < 100; i++)
        same += a[i] == c[i];
    ck_assert_uint_lt(same, 50); /* 20 are to be expected */
    ens_dataset_free(data);
}
END_TEST

START_TEST(folds_out_of_range_are_refused)
{
    ens_dataset *data = numbers(4);
    uint32_t fold[4];
    ens_error err;

    ck_fails(ens_dataset_kfold(fold, data, 1, 1, &err), ENS_EINVAL,
             "n_folds = 1 is outside [2, 4]");
    ck_fails(ens_dataset_kfold(fold, data, 5, 1, &err), ENS_EINVAL,
             "n_folds = 5 is outside [2, 4]");
    ck_ok(ens_dataset_kfold(fold, data, 4, 1, &err));
    ck_assert_uint_eq(fold[0] + fold[1] + fold[2] + fold[3], 6);
    ens_dataset_free(data);
}
END_TEST

/* Each row is in one part, each part in the table's order; returns the second's rows. */
static size_t check_parts(const ens_dataset *data, const ens_dataset *a,
                          const ens_dataset *b)
{
    size_t n = ens_dataset_n(data), at_a = 0, at_b = 0;

    ck_assert_uint_eq(ens_dataset_n(a) + ens_dataset_n(b), n);
    for (size_t i = 0; i < n; i++) {
        if (at_b < ens_dataset_n(b) && ens_dataset_get(b, at_b, 0) == (double)i)
            at_b++;
        else
            ck_assert(ens_dataset_get(a, at_a++, 0) == (double)i);
    }
    return at_b;
}

START_TEST(holdout_takes_its_share_of_each_class)
{
    static const double fractions[] = {0.01, 0.1,  0.25, 0.3333,  0.5,
                                       0.77, 0.99, 1e-9, 1 - 1e-9};
    double fraction = fractions[_i], exact = fraction * 100;
    size_t expected = exact < 1 ? 1 : exact > 99 ? 99 : (size_t)floor(exact + 0.5);
    ens_dataset *data = three_classes(), *a, *b;
    double count[3] = {0};
    ens_error err;

    ck_ok(ens_dataset_holdout(&a, &b, data, fraction, 3, &err));
    ck_assert_uint_eq(check_parts(data, a, b), expected);
    for (size_t i = 0; i < ens_dataset_n(b); i++)
        count[(int)ens_dataset_y(b, i)]++;
    for (int c = 0; c < 3; c++)
        ck_assert(fabs(count[c] - fraction * (double)class_size[c]) <= 1);
    ens_dataset_free(a);
    ens_dataset_free(b);
    ens_dataset_free(data);
}
END_TEST

START_TEST(holdout_gives_every_row_its_chance)
{
    ens_dataset *data = numbers(10), *a, *b;
    int seen[10] = {0};
    ens_error err;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        ck_ok(ens_dataset_holdout(&a, &b, data, 0.3, seed, &err));
        ck_assert_uint_eq(check_parts(data, a, b), 3);
        for (size_t i = 0; i < 3; i++)
            seen[(int)ens_dataset_get(b, i, 0)]++;
        ens_dataset_free(a);
        ens_dataset_free(b);
    }
    for (int i = 0; i < 10; i++)
        ck_assert(seen[i] > 240 &&
                  seen[i] < 360); /* 300 with a standard deviation of 14.5 */
    ens_dataset_free(data);
}
END_TEST

START_TEST(holdout_splits_views_and_two_rows)
{
    const size_t rows[] = {3, 1, 3};
    ens_dataset *data = numbers(4), *view, *a, *b;
    double sum = 0;
    ens_error err;

    ck_ok(ens_dataset_subset(&view, data, rows, 3, &err));
    ck_ok(ens_dataset_holdout(&a, &b, view, 0.5, 1, &err));
    for (size_t i = 0; i < ens_dataset_n(a); i++)
        sum += ens_dataset_get(a, i, 0);
    for (size_t i = 0; i < ens_dataset_n(b); i++)
        sum += ens_dataset_get(b, i, 0);
    ck_assert(sum == 7);
    ens_dataset_free(a);
    ens_dataset_free(b);
    ens_dataset_free(view);
    ck_ok(ens_dataset_subset(&view, data, rows, 2, &err));
    ck_ok(ens_dataset_holdout(&a, &b, view, 0.001, 1, &err));
    ck_assert_uint_eq(ens_dataset_n(a), 1);
    ck_assert_uint_eq(ens_dataset_n(b), 1);
    ens_dataset_free(a);
    ens_dataset_free(b);
    ens_dataset_free(view);
    ens_dataset_free(data);
}
END_TEST

START_TEST(holdout_refuses_what_cannot_be)
{
    static const double fractions[] = {0, 1, -0.5, 2, NAN};
    ens_dataset *data = numbers(4), *one = numbers(1), *a, *b;
    ens_error err;

    for (int i = 0; i < 5; i++) {
        ck_fails(ens_dataset_holdout(&a, &b, data, fractions[i], 1, &err), ENS_EINVAL,
                 "is outside (0, 1)");
        ck_assert(a == NULL && b == NULL);
    }
    ck_fails(ens_dataset_holdout(&a, &b, one, 0.5, 1, &err), ENS_EINVAL,
             "a table of 1 rows");
    ens_dataset_free(one);
    ens_dataset_free(data);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    ens_dataset *data = three_classes(), *a = NULL, *b = NULL;
    uint32_t fold[100];
    ens_error err;
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_dataset_holdout(&a, &b, data, 0.25, 1, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK ? k > 6 : st == ENS_ENOMEM && a == NULL && b == NULL);
    }
    ens_dataset_free(a);
    ens_dataset_free(b);
    st = ENS_ENOMEM;
    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_dataset_kfold(fold, data, 5, 1, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
    }
    ens_dataset_free(data);
}
END_TEST

/* ---- Groups ------------------------------------------------------------------------------------------ */

/* 40 groups of 1 to 10 rows in turn, g their number; rows of 1 and 2 lie apart. */
static ens_dataset *grouped(size_t *n)
{
    double x[220], g[220];
    ens_column columns[] = {{.name = "x", .x = x},
                            {.name = "g", .role = ENS_GROUP, .x = g}};
    ens_dataset *data;
    ens_error err;

    *n = 0;
    for (int q = 0; q < 40; q++)
        for (int i = 0; i <= q % 10; i++) {
            x[*n] = (double)*n;
            g[(*n)++] = 3 * q - 5;
        }
    g[1] = g[3];
    g[3] = g[2];
    ck_ok(ens_dataset_from_columns(&data, columns, 2, *n, ENS_TASK_AUTO, &err));
    return data;
}

START_TEST(folds_keep_groups_whole)
{
    size_t n, n_folds = (size_t)_i, size[12] = {0}, least = SIZE_MAX, most = 0;
    ens_dataset *data = grouped(&n);
    uint32_t fold[220], other[220], of_group[40];
    ens_error err;

    ck_assert_uint_eq(ens_dataset_n_groups(data), 40);
    ck_ok(ens_dataset_kfold(fold, data, n_folds, 1, &err));
    ck_ok(ens_dataset_kfold(other, data, n_folds, 2, &err));
    ck_assert(memcmp(fold, other, n * sizeof *fold) != 0);
    memset(of_group, 0xff, sizeof of_group);
    for (size_t i = 0; i < n; i++) {
        uint32_t *f = &of_group[ens_dataset_group(data, i)];

        ck_assert(*f == UINT32_MAX || *f == fold[i]);
        *f = fold[i];
        size[fold[i]]++;
    }
    for (size_t f = 0; f < n_folds; f++) {
        least = size[f] < least ? size[f] : least;
        most = size[f] > most ? size[f] : most;
    }
    ck_assert_uint_le(most - least, 10); /* the largest group */
    ens_dataset_free(data);
}
END_TEST

START_TEST(holdouts_keep_groups_whole)
{
    double fraction = 0.1 * _i;
    int side[40] = {0};
    size_t n;
    ens_dataset *data = grouped(&n), *part[2];
    ens_error err;

    ck_ok(ens_dataset_holdout(&part[0], &part[1], data, fraction, 3, &err));
    ck_assert_uint_eq(ens_dataset_n(part[0]) + ens_dataset_n(part[1]), n);
    ck_assert(fabs((double)ens_dataset_n(part[1]) - fraction * (double)n) <= 10);
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < ens_dataset_n(part[p]); i++)
            side[ens_dataset_group(part[p], i)] |= 1 << p;
    for (size_t q = 0; q < 40; q++)
        ck_assert(side[q] == 1 || side[q] == 2);
    ens_dataset_free(part[0]);
    ens_dataset_free(part[1]);
    ens_dataset_free(data);
}
END_TEST

START_TEST(too_few_groups_are_refused)
{
    size_t n, rows[] = {0, 0};
    ens_dataset *data = grouped(&n), *one, *a, *b;
    uint32_t fold[220];
    ens_error err;

    ck_fails(ens_dataset_kfold(fold, data, 41, 1, &err), ENS_EINVAL,
             "n_folds = 41 is outside [2, 40], the table's groups");
    ck_ok(ens_dataset_subset(&one, data, rows, 2, &err));
    ck_fails(ens_dataset_holdout(&a, &b, one, 0.5, 1, &err), ENS_EINVAL,
             "a table of one group cannot be split");
    ens_dataset_free(one);
    ens_dataset_free(data);
}
END_TEST

START_TEST(every_allocation_for_groups_may_fail)
{
    size_t n;
    ens_dataset *data = grouped(&n), *a = NULL, *b = NULL;
    uint32_t fold[220];
    ens_error err;
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        if ((st = ens_dataset_kfold(fold, data, 5, 1, &err)) == ENS_OK)
            st = ens_dataset_holdout(&a, &b, data, 0.25, 1, &err);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK ? k > 6 : st == ENS_ENOMEM && a == NULL && b == NULL);
    }
    ens_dataset_free(a);
    ens_dataset_free(b);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, folds_differ_by_at_most_one_in_each_class_and_in_all, 2, 12);
    tcase_add_loop_test(tc, folds_depend_on_the_seed_alone, 0, 2);
    tcase_add_test(tc, folds_out_of_range_are_refused);
    tcase_add_loop_test(tc, holdout_takes_its_share_of_each_class, 0, 9);
    tcase_add_test(tc, holdout_gives_every_row_its_chance);
    tcase_add_test(tc, holdout_splits_views_and_two_rows);
    tcase_add_test(tc, holdout_refuses_what_cannot_be);
    tcase_add_test(tc, every_allocation_may_fail);
    tcase_add_loop_test(tc, folds_keep_groups_whole, 2, 12);
    tcase_add_loop_test(tc, holdouts_keep_groups_whole, 1, 10);
    tcase_add_test(tc, too_few_groups_are_refused);
    tcase_add_test(tc, every_allocation_for_groups_may_fail);
}

Suite *split_suite(void);

Suite *split_suite(void)
{
    return suite_of("split", add);
}
