/* test_param.c - parameter tables, the lexer, and families of lines. */
#include <config.h>

#include <core/mem.h>
#include <core/param.h>

#include "run.h"

typedef struct sample {
    int64_t count, depth;
    double rate;
    int on, word;
    ens_amount amount;
    ens_list list;
    char *text;
} sample;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, sample, count, "100", 1, 1000, "", "n,num", "a count"),
    ENS_ROW(ENS_PARAM_INT, sample, depth, "none", 1, 64, "none,auto", "", "a depth"),
    ENS_ROW(ENS_PARAM_REAL, sample, rate, "0.1", 0, 1, "", "eta", "a rate"),
    ENS_ROW(ENS_PARAM_BOOL, sample, on, "false", 0, 1, "", "", "a switch"),
    ENS_ROW(ENS_PARAM_WORD, sample, word, "gini", 0, 0, "gini,entropy", "", "a word"),
    ENS_ROW(ENS_PARAM_AMOUNT, sample, amount, "sqrt", 1, 1e6, "sqrt,all", "",
            "an amount"),
    ENS_ROW(ENS_PARAM_LIST, sample, list, "none", -5, 5, "none", "", "a list"),
    ENS_ROW(ENS_PARAM_TEXT, sample, text, "", 0, 0, "", "", "a text"),
    ENS_PARAM_LAST};

static ens_error err;
static sample s;

static void setup(void)
{
    memset(&s, 0, sizeof s);
    ck_ok(ens__params_init(&s, table, &err));
}

static void teardown(void)
{
    ens__params_clear(&s, table);
}

static ens_status set(const char *line)
{
    uint64_t seen = 0;
    ens__lexer lx;
    ens_status st = ens__lexer_init(&lx, line, &err);

    return st == ENS_OK ? ens__param_assign(&s, table, "toy", &seen, &lx, &err) : st;
}

/* The printed value of a parameter. */
static const char *printed(const char *name)
{
    static char text[256];
    ens__buf b = {0};

    ens__param_print(&b, &s, ens__param_find(table, name, strlen(name)));
    snprintf(text, sizeof text, "%s", b.s);
    ens__buf_clear(&b);
    return text;
}

START_TEST(defaults_are_read_from_the_table)
{
    ck_assert_int_eq(s.count, 100);
    ck_assert_int_eq(s.depth, -1);
    ck_assert(s.rate == 0.1);
    ck_assert_int_eq(s.on, 0);
    ck_assert_int_eq(s.amount.kind, ENS_AMOUNT_WORD);
    ck_assert_ptr_null(s.list.v);
    ck_assert_ptr_null(s.text);
    for (const ens_param *p = table; p->name != NULL; p++)
        ck_assert_msg(ens__param_is_default(&s, p), "%s", p->name);
}
END_TEST

START_TEST(each_kind_reads_and_prints_back)
{
    static const char *const cases[][3] = {
        {"count=7", "count", "7"},
        {"n=1e2", "count", "100"},
        {"depth=64", "depth", "64"},
        {"depth=auto", "depth", "auto"},
        {"eta=0.25", "rate", "0.25"},
        {"rate=1e-3", "rate", "0.001"},
        {"on=true", "on", "true"},
        {"on=False", "on", "false"},
        {"word=entropy", "word", "entropy"},
        {"amount=3", "amount", "3"},
        {"amount=1.0", "amount", "1.0"},
        {"amount=0.5", "amount", "0.5"},
        {"amount=1e3", "amount", "1000"},
        {"amount=all", "amount", "all"},
        {"list=[1, -2.5]", "list", "[1, -2.5]"},
        {"list=none", "list", "none"},
        {"text=\"a \\\"b\\\" \\\\\"", "text", "\"a \\\"b\\\" \\\\\""},
        {"text=plain", "text", "plain"},
        {"text=\"plain\"", "text", "plain"},
        {"text=\"two words\"", "text", "\"two words\""},
        {"text=\"12\"", "text", "12"},
        {"text=12", "text", "12"},
        {"text=\"12 13\"", "text", "\"12 13\""},
        {"text=call( a = 1 ,b=[2,3], c=\"x(\" )", "text", "call(a=1, b=[2, 3], c=\"x(\")"},
        {"text=call()", "text", "call()"},
        {"text=\"call( )\"", "text", "\"call( )\""},
        {"text=\"call(\"", "text", "\"call(\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_ok(set(cases[i][0]));
        ck_assert_str_eq(printed(cases[i][1]), cases[i][2]);
    }
}
END_TEST

START_TEST(bad_values_are_refused_and_named)
{
    ck_fails(set("count=0"), ENS_ERANGE, "toy.count = 0 is outside [1, 1000]");
    ck_fails(set("count=2.5"), ENS_EPARSE, "expected an integer");
    ck_fails(set("count=many"), ENS_EPARSE, "toy.count = `many`: expected an integer");
    ck_fails(set("rate=2"), ENS_ERANGE, "toy.rate = 2 is outside [0, 1]");
    ck_fails(set("word=gin"), ENS_EPARSE, "did you mean `gini`?");
    ck_fails(set("word=3"), ENS_EPARSE, "expected one of gini,entropy");
    ck_fails(set("on=maybe"), ENS_EPARSE, "expected true or false");
    ck_fails(set("amount=0.0"), ENS_ERANGE, "outside (0, 1]");
    ck_fails(set("amount=-1"), ENS_ERANGE, "outside [1, 1000000]");
    ck_fails(set("list=[1, 9]"), ENS_ERANGE, "toy.list = 9 is outside [-5, 5]");
    ck_fails(set("list=[1, 2"), ENS_EPARSE, "expected `,` or `]`");
    ck_fails(set("list=3"), ENS_EPARSE, "expected a list");
    ck_fails(set("rate={0.1, 0.2}"), ENS_EPARSE, "sets and ranges are for tuning");
    ck_fails(set("rate"), ENS_EPARSE, "expected `=`, found the end of the line");
    ck_fails(set("ratee=1"), ENS_ENAME,
             "toy has no parameter `ratee`; did you mean `rate`?");
    ck_fails(set("text=\"open"), ENS_EPARSE, "without its closing quote");
    ck_fails(set("text=call(1"), ENS_EPARSE, "expected `)`, found the end of the line");
    ck_fails(set("text=["), ENS_EPARSE, "expected a \"text\"");
    ck_fails(set("rate=$"), ENS_EPARSE, "column 6: `$` has no meaning here");
    ck_assert_uint_eq(err.column, 6);
    for (const ens_param *p = table; p->name != NULL; p++)
        ck_assert_msg(ens__param_is_default(&s, p), "%s changed by a bad value", p->name);
}
END_TEST

START_TEST(a_parameter_given_twice_is_refused)
{
    uint64_t seen = 0;
    ens__lexer lx;

    ck_ok(ens__lexer_init(&lx, "count=1, n=2", &err));
    ck_ok(ens__param_assign(&s, table, "toy", &seen, &lx, &err));
    ck_ok(ens__lexer_expect(&lx, ",", &err));
    ck_fails(ens__param_assign(&s, table, "toy", &seen, &lx, &err), ENS_EPARSE,
             "toy.count is given twice");
}
END_TEST

START_TEST(a_copy_shares_nothing)
{
    sample copy = {0};

    ck_ok(set("list=[1,2,3]"));
    ck_ok(set("text=\"abc\""));
    ck_ok(ens__params_copy(&copy, &s, table, &err));
    ck_assert_ptr_ne(copy.list.v, s.list.v);
    ck_assert_ptr_ne(copy.text, s.text);
    ck_assert(copy.list.n == 3 && copy.list.v[2] == 3);
    ck_assert_str_eq(copy.text, "abc");
    ens__params_clear(&copy, table);
}
END_TEST

START_TEST(ranges_keep_their_dots)
{
    ens__lexer lx;

    ck_ok(ens__lexer_init(&lx, "1..5:log", &err));
    ck_assert(lx.token.kind == ENS__TOKEN_NUMBER && lx.token.n == 1);
    ck_ok(ens__lexer_next(&lx, &err));
    ck_assert(ens__lexer_is(&lx, ".."));
    ck_ok(ens__lexer_next(&lx, &err));
    ck_assert(lx.token.kind == ENS__TOKEN_NUMBER && lx.token.column == 4);
}
END_TEST

START_TEST(descriptions_show_limits_and_defaults)
{
    ens_param_info info;

    ens__param_describe(&info, &table[1]);
    ck_assert_str_eq(info.kind, "integer");
    ck_assert_str_eq(info.range, "[1, 64] | none | auto");
    ck_assert_str_eq(info.def, "none");
    ens__param_describe(&info, &table[4]);
    ck_assert_str_eq(info.range, "gini | entropy");
    ens__param_describe(&info, &table[5]);
    ck_assert_str_eq(info.range, "[1, 1000000] | (0, 1.0] | sqrt | all");
}
END_TEST

static const char *family_name(const void *ctx, size_t i)
{
    (void)ctx;
    return i == 0 ? "first" : i == 1 ? "second" : NULL;
}

static const ens_param *family_table(const void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
    return table;
}

static const ens__family family = {"gadget", family_name, family_table, NULL};

START_TEST(a_family_line_is_a_name_and_arguments)
{
    sample q;
    size_t which;

    ck_ok(
        ens__family_parse(&which, &q, &family, " second ( count = 5, on=true ) ", &err));
    ck_assert_uint_eq(which, 1);
    ck_assert(q.count == 5 && q.on == 1 && q.rate == 0.1);
    ens__params_clear(&q, table);
    ck_ok(ens__family_parse(&which, &q, &family, "first", &err));
    ck_assert(which == 0 && q.count == 100);
    ens__params_clear(&q, table);
    ck_fails(ens__family_parse(&which, &q, &family, "secnd", &err), ENS_ENAME,
             "no gadget is called `secnd`; did you mean `second`?");
    ck_fails(ens__family_parse(&which, &q, &family, "first(count=5", &err), ENS_EPARSE,
             "expected `,` or `)`");
    ck_fails(ens__family_parse(&which, &q, &family, "first(count=5) x", &err), ENS_EPARSE,
             "expected the end of the line");
    ck_fails(ens__family_parse(&which, &q, &family, "", &err), ENS_EPARSE,
             "the name of a gadget");
}
END_TEST

START_TEST(no_allocation_failure_leaks_or_passes)
{
    for (long k = 0;; k++) {
        sample q;
        size_t which;
        ens_status st;

        ens__mem_fail_at(k);
        st = ens__family_parse(&which, &q, &family,
                               "first(list=[1,2,3,4,5,-1,-2,-3,0], text=\"x\")", &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK) {
            ck_assert_int_gt(k, 0);
            ens__params_clear(&q, table);
            break;
        }
        ck_assert_int_eq(st, ENS_ENOMEM);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, defaults_are_read_from_the_table);
    tcase_add_test(tc, each_kind_reads_and_prints_back);
    tcase_add_test(tc, bad_values_are_refused_and_named);
    tcase_add_test(tc, a_parameter_given_twice_is_refused);
    tcase_add_test(tc, a_copy_shares_nothing);
    tcase_add_test(tc, ranges_keep_their_dots);
    tcase_add_test(tc, descriptions_show_limits_and_defaults);
    tcase_add_test(tc, a_family_line_is_a_name_and_arguments);
    tcase_add_test(tc, no_allocation_failure_leaks_or_passes);
}

Suite *param_suite(void);

Suite *param_suite(void)
{
    return suite_of("param", add);
}
