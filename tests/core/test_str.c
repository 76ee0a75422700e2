/* test_str.c - growing strings, nearest names, comma-separated lists. */
#include <config.h>

#include "run.h"
#include <core/mem.h>
#include <core/str.h>

START_TEST(buf_grows_over_many_additions)
{
    ens__buf b = {0};
    ens_error err;
    char *s;

    for (int i = 0; i < 1000; i++) {
        ens__buf_puts(&b, "ab");
        ens__buf_printf(&b, "%03d", i);
        ens__buf_add(&b, ",;", 1);
    }
    ck_ok(ens__buf_take(&s, &b, &err));
    ck_assert_uint_eq(strlen(s), 6000);
    ck_assert_mem_eq(s, "ab000,ab001,", 12);
    ck_assert_str_eq(s + 5994, "ab999,");
    ck_assert_ptr_null(b.s);
    ens__free(s);
}
END_TEST

START_TEST(buf_of_nothing_is_an_empty_string)
{
    ens__buf b = {0};
    ens_error err;
    char *s;

    ck_ok(ens__buf_take(&s, &b, &err));
    ck_assert_str_eq(s, "");
    ens__free(s);
}
END_TEST

START_TEST(buf_adds_one_text_larger_than_twice_its_size)
{
    ens__buf b = {0};

    ens__buf_puts(&b, "x");
    ens__buf_printf(&b, "%500s", "y");
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.len, 501);
    ck_assert_str_eq(b.s + 499, " y");
    ens__buf_clear(&b);
}
END_TEST

START_TEST(buf_failure_sticks_and_frees)
{
    ens_error err;
    char *s = (char *)&err;

    for (long k = 0;; k++) {
        ens__buf b = {0};
        ens_status st;

        ens__mem_fail_at(k);
        for (int i = 0; i < 100; i++)
            ens__buf_puts(&b, "0123456789");
        st = ens__buf_take(&s, &b, &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK) {
            ck_assert_int_ge((int)k, 3); /* it grew several times */
            break;
        }
        ck_assert_int_eq(st, ENS_ENOMEM);
        ck_assert_ptr_null(s);
        ck_assert_ptr_null(b.s);
    }
    ens__free(s);
}
END_TEST

START_TEST(buf_refuses_sizes_that_overflow)
{
    ens__buf b = {0};

    ens__buf_add(&b, "x", SIZE_MAX / 2);
    ck_assert(b.failed);
    ens__buf_clear(&b);
}
END_TEST

START_TEST(buf_prints_shortest_numbers)
{
    ens__buf b = {0};

    ens__buf_number(&b, 0.1);
    ens__buf_puts(&b, " ");
    ens__buf_number(&b, 100);
    ens__buf_puts(&b, " ");
    ens__buf_number(&b, -1e-5);
    ck_assert_str_eq(b.s, "0.1 100 -1e-05");
    ens__buf_clear(&b);
}
END_TEST

static const char *parameter(const void *ctx, size_t i)
{
    static const char *const name[] = {
        "max_depth", "max_features", "min_samples_leaf", "tree",
        "k",         "n_estimators", "criterion",        NULL};

    (void)ctx;
    return name[i];
}

START_TEST(nearest_finds_typing_mistakes)
{
    static const char *const typed[][2] = {
        {"max_dept", "max_depth"},
        {"max_detph", "max_depth"},
        {"MAX_DEPTH", "max_depth"},
        {"maxdepth", "max_depth"},
        {"teer", "tree"},
        {"n_estimator", "n_estimators"},
        {"min_sample_leaf", "min_samples_leaf"},
        {"criterium", "criterion"},
        {"tre", "tree"},
    };

    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        const char *found = ens__nearest(typed[i][0], parameter, NULL);

        ck_assert_msg(found != NULL, "%s: nothing", typed[i][0]);
        ck_assert_str_eq(found, typed[i][1]);
    }
}
END_TEST

START_TEST(nearest_leaves_other_names_alone)
{
    char longest[80] = {0};

    ck_assert_ptr_null(ens__nearest("learning_rate", parameter, NULL));
    ck_assert_ptr_null(ens__nearest("x", parameter, NULL));
    ck_assert_ptr_null(ens__nearest("", parameter, NULL));
    memset(longest, 'm', sizeof longest - 1);
    ck_assert_ptr_null(ens__nearest(longest, parameter, NULL));
}
END_TEST

static const char *tied(const void *ctx, size_t i)
{
    static const char *const name[] = {"cats", "bats", "rats", NULL};

    (void)ctx;
    return name[i];
}

START_TEST(nearest_takes_the_first_of_equals)
{
    ck_assert_str_eq(ens__nearest("hats", tied, NULL), "cats");
    ck_assert_str_eq(ens__nearest("rat", tied, NULL), "rats");
}
END_TEST

/* As a caller does who cuts its candidates out of a list. */
static const char *in_one_place(const void *ctx, size_t i)
{
    static char place[8];
    size_t n;
    const char *item = ens__list_item(ctx, i, &n);

    if (item == NULL)
        return NULL;
    memcpy(place, item, n);
    place[n] = 0;
    return place;
}

START_TEST(nearest_lets_candidates_share_their_memory)
{
    ck_assert_str_eq(ens__nearest("srqt", in_one_place, "all,sqrt,log2"), "sqrt");
}
END_TEST

START_TEST(list_items_by_place)
{
    size_t len = 99;

    ck_assert_ptr_null(ens__list_item("", 0, &len));
    ck_assert_mem_eq(ens__list_item("gini,entropy", 0, &len), "gini", 4);
    ck_assert_uint_eq(len, 4);
    ck_assert_str_eq(ens__list_item("gini,entropy", 1, &len), "entropy");
    ck_assert_uint_eq(len, 7);
    ck_assert_ptr_null(ens__list_item("gini,entropy", 2, &len));
    ck_assert_ptr_nonnull(ens__list_item("a,,b", 1, &len));
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(list_finds_whole_items_only)
{
    ck_assert_int_eq(ens__list_find("gini,entropy,gin", "entropy", 7), 1);
    ck_assert_int_eq(ens__list_find("gini,entropy,gin", "gin", 3), 2);
    ck_assert_int_eq(ens__list_find("gini,entropy", "entropy)", 7), 1);
    ck_assert_int_eq(ens__list_find("gini,entropy", "entrop", 6), -1);
    ck_assert_int_eq(ens__list_find("", "", 0), -1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, buf_grows_over_many_additions);
    tcase_add_test(tc, buf_of_nothing_is_an_empty_string);
    tcase_add_test(tc, buf_adds_one_text_larger_than_twice_its_size);
    tcase_add_test(tc, buf_failure_sticks_and_frees);
    tcase_add_test(tc, buf_refuses_sizes_that_overflow);
    tcase_add_test(tc, buf_prints_shortest_numbers);
    tcase_add_test(tc, nearest_finds_typing_mistakes);
    tcase_add_test(tc, nearest_leaves_other_names_alone);
    tcase_add_test(tc, nearest_takes_the_first_of_equals);
    tcase_add_test(tc, nearest_lets_candidates_share_their_memory);
    tcase_add_test(tc, list_items_by_place);
    tcase_add_test(tc, list_finds_whole_items_only);
}

Suite *str_suite(void);

Suite *str_suite(void)
{
    return suite_of("str", add);
}
