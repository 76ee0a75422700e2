/* test_recipe.c - the recipe line: parse, print, copy, set by path, and the registry. */
#include <config.h>

#include <core/mem.h>
#include <ensemble/ext.h>

#include "learn/toy.h"
#include "run.h"

static ens_error err;

static ens_learner *parse(const char *recipe)
{
    ens_learner *l;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    return l;
}

static void assert_prints(const ens_learner *l, const char *want)
{
    char *s;

    ck_ok(ens_learner_print(&s, l, ENS_PRINT_SHORT, &err));
    ck_assert_str_eq(s, want);
    ens_string_free(s);
}

START_TEST(printing_shows_what_differs_from_the_defaults)
{
    static const char *const cases[][2] = {
        {"toy", "toy"},
        {"toy()", "toy"},
        {" toy ( depth = 3 ) ", "toy"},
        {"toy(max_depth=9, rate=0.25)", "toy(depth=9, rate=0.25)"},
        {"pair(toy, pair(toy(rate=1), toy), size=2)",
         "pair(toy, pair(toy(rate=1), toy), size=2)"},
        {"pair(size=2, toy, toy(list=[1, 2.5]))",
         "pair(toy, toy(list=[1, 2.5]), size=2)"},
        {"toy(text=\"a, b)\")", "toy(text=\"a, b)\")"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_learner *l = parse(cases[i][0]), *again;

        assert_prints(l, cases[i][1]);
        again = parse(cases[i][1]);
        assert_prints(again, cases[i][1]);
        ens_learner_free(l);
        ens_learner_free(again);
    }
}
END_TEST

START_TEST(a_full_print_parses_to_the_same_recipe)
{
    ens_learner *l = parse("pair(toy(rate=0.1, text=\"x\"), toy)"), *again;
    char *full;

    ck_ok(ens_learner_print(&full, l, ENS_PRINT_FULL, &err));
    ck_assert_str_eq(full, "pair(toy(depth=3, rate=0.1, list=none, text=x), "
                           "toy(depth=3, rate=0.5, list=none, text=\"\"), size=1)");
    again = parse(full);
    assert_prints(again, "pair(toy(rate=0.1, text=x), toy)");
    ens_string_free(full);
    ens_learner_free(l);
    ens_learner_free(again);
}
END_TEST

START_TEST(errors_name_the_column_and_what_was_expected)
{
    static const struct {
        const char *recipe;
        ens_status st;
        size_t column;
        const char *text;
    } cases[] = {
        {"", ENS_EPARSE, 1, "expected the name of a learner, found the end of the line"},
        {"toi", ENS_ENAME, 1, "no learner is called `toi`; did you mean `toy`?"},
        {"toy(depht=3)", ENS_ENAME, 5, "did you mean `depth`?"},
        {"toy(depth=0)", ENS_ERANGE, 11, "toy.depth = 0 is outside [1, 64]"},
        {"toy(depth=3", ENS_EPARSE, 12, "expected `,` or `)`, found the end of the line"},
        {"toy)", ENS_EPARSE, 4, "expected the end of the recipe, found `)`"},
        {"toy(depth=3 rate=1)", ENS_EPARSE, 13, "expected `,` or `)`, found `rate`"},
        {"toy(depth=3, depth=4)", ENS_EPARSE, 14, "given twice"},
        {"toy(toy)", ENS_EPARSE, 1, "toy takes no members, found toy"},
        {"pair(toy)", ENS_EPARSE, 1, "pair needs 2 members"},
        {"pair(toy, toy, toy)", ENS_EPARSE, 1, "pair takes at most 2 members, found 3"},
        {"toy | toy", ENS_ENAME, 1, "no transform is called `toy`"},
        {"toy(depth=1..5)", ENS_EPARSE, 12, "expected `,` or `)`, found `..`"},
        {"toy(depth={1, 5})", ENS_EPARSE, 11, "sets and ranges are for tuning"},
        {"toy(;)", ENS_EPARSE, 5, "`;` has no meaning here"},
        {"pair(toy, toy, size=7)", ENS_ERANGE, 1, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_learner *l;

        ck_fails(ens_learner_parse(&l, cases[i].recipe, &err), cases[i].st,
                 cases[i].text);
        ck_assert_msg(err.column == cases[i].column, "%s: column %zu", cases[i].recipe,
                      err.column);
        ck_assert_ptr_null(l);
    }
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    char line[1024] = "";
    ens_learner *l;

    for (int i = 0; i < 60; i++)
        memcpy(line + 5 * i, "pair(", 5);
    ck_fails(ens_learner_parse(&l, line, &err), ENS_EPARSE, "nest at most");
}
END_TEST

START_TEST(a_path_leads_to_a_member)
{
    ens_learner *l = parse("pair(toy, pair(toy, toy))");
    char *value;

    ck_ok(ens_learner_set(l, "0.depth", "5", &err));
    ck_ok(ens_learner_set(l, "1.1.max_depth", "7", &err));
    ck_ok(ens_learner_set(l, "pair.size", "3", &err));
    ck_ok(ens_learner_set(l, "toy.rate", "1", &err));
    assert_prints(l, "pair(toy(depth=5, rate=1), pair(toy, toy(depth=7), size=3))");
    ck_ok(ens_learner_get(&value, l, "1.1.depth", &err));
    ck_assert_str_eq(value, "7");
    ens_string_free(value);
    ck_fails(ens_learner_set(l, "2.depth", "5", &err), ENS_ENAME,
             "pair has 2 members, none at `2`");
    ck_fails(ens_learner_set(l, "pair.toy.depth", "5", &err), ENS_ENAME,
             "several members called `toy`");
    ck_fails(ens_learner_set(l, "tree.depth", "5", &err), ENS_ENAME,
             "no member called `tree`");
    ck_fails(ens_learner_set(l, "0.dept", "5", &err), ENS_ENAME, "did you mean `depth`?");
    ens_learner_free(l);
}
END_TEST

START_TEST(a_failed_set_changes_nothing)
{
    ens_learner *l = parse("pair(toy, toy(depth=5))");

    ck_fails(ens_learner_set(l, "1.depth", "99", &err), ENS_ERANGE, "outside");
    ck_fails(ens_learner_set(l, "1.depth", "6 6", &err), ENS_EPARSE,
             "the end of the value");
    ck_fails(ens_learner_set(l, "size", "7", &err), ENS_ERANGE, "");
    assert_prints(l, "pair(toy, toy(depth=5))");
    ens_learner_free(l);
}
END_TEST

START_TEST(a_copy_is_deep)
{
    ens_learner *l = parse("pair(toy(text=\"a\", list=[1]), toy)"), *copy;

    ck_ok(ens_learner_copy(&copy, l, &err));
    ck_ok(ens_learner_set(l, "0.text", "\"b\"", &err));
    assert_prints(copy, "pair(toy(list=[1], text=a), toy)");
    ens_learner_free(l);
    assert_prints(copy, "pair(toy(list=[1], text=a), toy)");
    ens_learner_free(copy);
}
END_TEST

START_TEST(every_listed_type_describes_itself)
{
    size_t n = 0;
    const char *name;

    for (; (name = ens_learner_type_name(n)) != NULL; n++) {
        ens_param_info info;

        ck_assert_str_ne(ens_learner_type_help(name), "");
        for (size_t i = 0; ens_learner_type_param(&info, name, i, NULL) == ENS_OK; i++) {
            ck_assert_str_ne(info.help, "");
            ck_assert_str_ne(info.range, info.kind[0] == 't' ? "?" : "");
        }
    }
    ck_assert_uint_ge(n, 7);
    ck_assert_ptr_null(ens_learner_type_help("nothing"));
}
END_TEST

static ens_status extend_nothing(void **out, const void *from, const void *params,
                                 const ens_fit_args *a, ens_error *e)
{
    (void)out;
    (void)from;
    (void)params;
    (void)a;
    (void)e;
    return ENS_EINTERNAL;
}

START_TEST(a_type_is_checked_when_registered)
{
    static const ens_param bad_default[] = {
        {"x", "", ENS_PARAM_INT, 0, "many", 0, 1, "", "never read"}, ENS_PARAM_LAST};
    ens_learner_type type = toy_type;

    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL,
             "already a learner type called `toy`");
    type.name = "Toy";
    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL, "lower case");
    type.name = "toy2";
    type.abi = 99;
    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL, "interface 99");
    type.abi = ENS_EXT_ABI;
    type.write = NULL;
    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL, "lacks");
    type.write = toy_type.write;
    type.grows = "int";
    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL, "lacks");
    type.extend = extend_nothing;
    type.grows = "leaves";
    ck_fails(ens_learner_type_register(&type, &err), ENS_EINVAL,
             "learner type toy2 grows by no parameter `leaves`");
    type.grows = NULL;
    type.extend = NULL;
    type.params = bad_default;
    ck_fails(ens_learner_type_register(&type, &err), ENS_EPARSE, "learner type toy2");
    ck_fails(ens_learner_type_register(NULL, &err), ENS_EINVAL, "interface");
}
END_TEST

START_TEST(no_allocation_failure_leaks_or_passes)
{
    for (long k = 0;; k++) {
        ens_learner *l = NULL, *copy = NULL;
        char *s = NULL;
        ens_status st;

        ens__mem_fail_at(k);
        st = ens_learner_parse(&l, "pair(toy(text=\"x\"), toy(list=[1, 2]))", &err);
        if (st == ENS_OK)
            st = ens_learner_copy(&copy, l, &err);
        if (st == ENS_OK)
            st = ens_learner_set(copy, "0.text", "\"y\"", &err);
        if (st == ENS_OK)
            st = ens_learner_print(&s, copy, ENS_PRINT_FULL, &err);
        ens__mem_fail_at(-1);
        ens_learner_free(l);
        ens_learner_free(copy);
        ens_string_free(s);
        if (st == ENS_OK) {
            ck_assert_int_gt(k, 10);
            break;
        }
        ck_assert_int_eq(st, ENS_ENOMEM);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, toy_register, NULL);
    tcase_add_test(tc, printing_shows_what_differs_from_the_defaults);
    tcase_add_test(tc, a_full_print_parses_to_the_same_recipe);
    tcase_add_test(tc, errors_name_the_column_and_what_was_expected);
    tcase_add_test(tc, nesting_has_a_limit);
    tcase_add_test(tc, a_path_leads_to_a_member);
    tcase_add_test(tc, a_failed_set_changes_nothing);
    tcase_add_test(tc, a_copy_is_deep);
    tcase_add_test(tc, every_listed_type_describes_itself);
    tcase_add_test(tc, a_type_is_checked_when_registered);
    tcase_add_test(tc, no_allocation_failure_leaks_or_passes);
}

Suite *recipe_suite(void);

Suite *recipe_suite(void)
{
    return suite_of("recipe", add);
}
