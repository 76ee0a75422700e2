/* test_number.c - decimals to doubles and back: strtod() is the judge of reading, reading that of writing. */
#include <config.h>

#include "comma.h"
#include "run.h"
#include <core/str.h>
#include <float.h>
#include <stdio.h>

/* A small generator of its own, so that the tests of core need no other layer. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double parsed(const char *s)
{
    double v = 0;

    ck_assert_msg(ens__number_parse(&v, s, strlen(s)), "not read: %s", s);
    return v;
}

static void same_bits(double a, double b, const char *s)
{
    ck_assert_msg(memcmp(&a, &b, sizeof a) == 0, "%s: %a, not %a", s, a, b);
}

START_TEST(parse_agrees_with_strtod_on_hard_cases)
{
    static const char *const cases[] = {
        "0",
        "-0",
        "+1",
        "1.",
        ".5",
        "-.5e1",
        "0.1",
        "1e22",
        "1e23",
        "9007199254740991",
        "9007199254740993",
        "9007199254740992.5",
        "0.30000000000000004",
        "8.5e-27",
        "123456789012345678",
        "1234567890123456789e27",
        "9999999999999999999e-27",
        "18446744073709551615",
        "18446744073709551616",
        "3.14159265358979323846264338327950288",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "1e400",
        "0e999999999999999999999",
        "1e-99999999999999999999",
        "000000000000000000000001",
        "0.000000000000000000000000000000000000000001",
        "6.631236846766476e-316",
        "5708990770823839207320493820740630171355185152001e-3",
        "0.500000000000000166533453693773481063544750213623046875",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        same_bits(parsed(cases[i]), strtod(cases[i], NULL), cases[i]);
}
END_TEST

START_TEST(parse_rounds_by_the_digits_after_the_768th)
{
    /* Half way between 1 and its successor, then 800 zeros and a 1: up; without the 1: to even, down. */
    char s[1000] = "1.00000000000000011102230246251565404236316680908203125";
    size_t n = strlen(s);

    memset(s + n, '0', 900);
    same_bits(parsed(s), 1.0, "a tie");
    s[n + 899] = '1';
    same_bits(parsed(s), 1 + DBL_EPSILON, "just above a tie");
}
END_TEST

START_TEST(parse_agrees_with_strtod_on_random_decimals)
{
    uint64_t state = 20250101;
    char s[64];

    for (int i = 0; i < 200000; i++) {
        uint64_t m = next(&state) >> (next(&state) & 63);
        int e = (int)(next(&state) % 70) - 35, whole = (int)(next(&state) % 3);

        if (whole == 0)
            snprintf(s, sizeof s, "%llu.%07llue%d", (unsigned long long)m / 10000000,
                     (unsigned long long)m % 10000000, e);
        else
            snprintf(s, sizeof s, "%llue%d", (unsigned long long)m, e);
        same_bits(parsed(s), strtod(s, NULL), s);
    }
}
END_TEST

START_TEST(printed_doubles_read_back_the_same)
{
    uint64_t state = 7;

    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next(&state);
        char s[ENS__NUMBER_SIZE];
        double v;
        size_t n;

        if (i % 2 != 0) /* near 1, where most data are */
            bits = (bits & 0x803fffffffffffffu) | (uint64_t)0x3f << 56;
        memcpy(&v, &bits, sizeof v);
        if (isnan(v))
            continue;
        n = ens__number_print(s, v);
        ck_assert_uint_eq(n, strlen(s));
        ck_assert_uint_lt(n, ENS__NUMBER_SIZE);
        same_bits(parsed(s), v, s);
        same_bits(strtod(s, NULL), v, s);
    }
}
END_TEST

START_TEST(print_looks_like_printf_and_is_shortest)
{
    static const struct {
        double v;
        const char *s;
    } cases[] = {{0, "0"},
                 {-0.0, "-0"},
                 {0.1, "0.1"},
                 {100, "100"},
                 {1e-5, "1e-05"},
                 {0.0001, "0.0001"},
                 {-0.00123, "-0.00123"},
                 {1.5, "1.5"},
                 {123456.789, "123456.789"},
                 {1e15, "1e+15"},
                 {1234567890123456, "1234567890123456"},
                 {1e300, "1e+300"},
                 {-2.5e-7, "-2.5e-07"},
                 {1.0 / 3, "0.3333333333333333"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {NAN, "nan"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"},
                 {DBL_MAX, "1.7976931348623157e+308"},
                 {-DBL_MIN, "-2.2250738585072014e-308"},
                 {5e-324, "4.94065645841247e-324"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char s[ENS__NUMBER_SIZE];

        ens__number_print(s, cases[i].v);
        ck_assert_str_eq(s, cases[i].s);
    }
}
END_TEST

START_TEST(parse_knows_words_of_numbers)
{
    same_bits(parsed("inf"), INFINITY, "inf");
    same_bits(parsed("-Infinity"), -INFINITY, "-Infinity");
    same_bits(parsed("+INF"), INFINITY, "+INF");
    ck_assert(isnan(parsed("NaN")));
    ck_assert(isnan(parsed("-nan")));
}
END_TEST

START_TEST(parse_refuses_what_is_no_number)
{
    static const char *const cases[] = {
        "",          "+",      "-",    ".",   "-.",    "e5",  "1e",   "1e+",
        "0x10",      "1 ",     " 1",   "1,5", "1.2.3", "--1", "infi", "infinit",
        "infinityx", "nan(1)", "1e5.", "1f",  "1_000", "na",  "n"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v;

        ck_assert_msg(!ens__number_parse(&v, cases[i], strlen(cases[i])), "read: %s",
                      cases[i]);
    }
}
END_TEST

START_TEST(parse_stays_within_its_bytes)
{
    double v;

    ck_assert(ens__number_parse(&v, "12345", 2));
    same_bits(v, 12, "12");
    ck_assert(ens__number_parse(&v, "1e55", 3));
    same_bits(v, 1e5, "1e5");
    ck_assert(!ens__number_parse(&v, "1e5", 2));
}
END_TEST

START_TEST(scan_tells_where_the_number_ends)
{
    const char *s = "-12.5,7";
    double v;

    ck_assert_ptr_eq(ens__number_scan(&v, s, s + 7), s + 5);
    same_bits(v, -12.5, s);
    s = "x";
    ck_assert_ptr_null(ens__number_scan(&v, s, s + 1));
    s = "12345678901234567890,"; /* 20 digits: not the quick way */
    ck_assert_ptr_null(ens__number_scan(&v, s, s + 21));
}
END_TEST

START_TEST(numbers_ignore_the_locale)
{
    locale_t comma = comma_locale(), before;
    const char *hard = "3.14159265358979323846264338327950288";
    char s[ENS__NUMBER_SIZE];
    double v;

    if (comma == (locale_t)0)
        return;
    before = uselocale(comma);
    snprintf(s, sizeof s, "%.1f", 0.5);
    ck_assert_str_eq(s, "0,5");
    v = parsed(hard);
    ens__number_print(s, 1.0 / 3);
    uselocale(before);
    freelocale(comma);
    same_bits(v, strtod(hard, NULL), hard);
    ck_assert_str_eq(s, "0.3333333333333333");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, parse_agrees_with_strtod_on_hard_cases);
    tcase_add_test(tc, parse_rounds_by_the_digits_after_the_768th);
    tcase_add_test(tc, parse_agrees_with_strtod_on_random_decimals);
    tcase_add_test(tc, printed_doubles_read_back_the_same);
    tcase_add_test(tc, print_looks_like_printf_and_is_shortest);
    tcase_add_test(tc, parse_knows_words_of_numbers);
    tcase_add_test(tc, parse_refuses_what_is_no_number);
    tcase_add_test(tc, parse_stays_within_its_bytes);
    tcase_add_test(tc, scan_tells_where_the_number_ends);
    tcase_add_test(tc, numbers_ignore_the_locale);
}

Suite *number_suite(void);

Suite *number_suite(void)
{
    return suite_of("number", add);
}
