/* test_intern.c - the table of texts that CSV columns are made with. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <data/intern.h>
#include <stdio.h>

START_TEST(texts_keep_their_numbers_as_the_table_grows)
{
    enum { N = 5000 };
    ens__intern t = {0};
    char s[32];

    for (int i = 0; i < N; i++) {
        size_t n = (size_t)snprintf(s, sizeof s, "%0*d", 1 + i % 20, i);

        ck_assert_int_eq(ens__intern_add(&t, s, n), i);
    }
    for (int i = 0; i < N; i++) {
        size_t length, n = (size_t)snprintf(s, sizeof s, "%0*d", 1 + i % 20, i);

        ck_assert_int_eq(ens__intern_add(&t, s, n), i);
        ck_assert_int_eq(ens__intern_find(&t, s, n), i);
        ck_assert_str_eq(ens__intern_text(&t, (size_t)i, &length), s);
        ck_assert_uint_eq(length, n);
    }
    ck_assert_uint_eq(t.n, N);
    ck_assert_int_eq(ens__intern_find(&t, "none", 4), -1);
    ens__intern_clear(&t);
}
END_TEST

START_TEST(the_empty_text_and_prefixes_are_texts_of_their_own)
{
    ens__intern t = {0};

    ck_assert_int_eq(ens__intern_find(&t, "", 0), -1);
    ck_assert_int_eq(ens__intern_add(&t, "abcdefghij", 0), 0);
    ck_assert_int_eq(ens__intern_add(&t, "abcdefghij", 8), 1);
    ck_assert_int_eq(ens__intern_add(&t, "abcdefghij", 9), 2);
    ck_assert_int_eq(ens__intern_add(&t, "abcdefgh", 8), 1);
    ck_assert_str_eq(ens__intern_text(&t, 0, NULL), "");
    ens__intern_clear(&t);
}
END_TEST

START_TEST(no_memory_is_told_and_leaves_the_table_whole)
{
    for (long k = 0;; k++) {
        ens__intern t = {0};
        int32_t last = 0;
        char s[16];
        int i;

        ens__mem_fail_at(k);
        for (i = 0; i < 100 && last >= 0; i++)
            last = ens__intern_add(&t, s, (size_t)snprintf(s, sizeof s, "text %d", i));
        ens__mem_fail_at(-1);
        ck_assert_uint_eq(t.n, (size_t)(last < 0 ? i - 1 : i));
        for (size_t j = 0; j < t.n; j++)
            ck_assert_int_eq(
                ens__intern_find(&t, s, (size_t)snprintf(s, sizeof s, "text %zu", j)),
                (int32_t)j);
        ens__intern_clear(&t);
        if (last >= 0)
            break;
        ck_assert_int_lt(k, 100);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, texts_keep_their_numbers_as_the_table_grows);
    tcase_add_test(tc, the_empty_text_and_prefixes_are_texts_of_their_own);
    tcase_add_test(tc, no_memory_is_told_and_leaves_the_table_whole);
}

Suite *intern_suite(void);

Suite *intern_suite(void)
{
    return suite_of("intern", add);
}
