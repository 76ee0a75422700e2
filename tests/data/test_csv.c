/* test_csv.c - what CSV texts become: values, types, roles, notes. */
#include <config.h>

#include "comma.h"
#include "core/files.h"
#include "csv_help.h"
#include <zlib.h>

static bool has_note(const ens_dataset *d, const char *text)
{
    for (size_t i = 0; ens_dataset_note(d, i) != NULL; i++)
        if (strstr(ens_dataset_note(d, i), text) != NULL)
            return true;
    return false;
}

/* ---- Format ----------------------------------------------------------------------------------------- */

START_TEST(quotes_hold_delimiters_quotes_and_ends_of_lines)
{
    ens_dataset *d = read_text(
        "a,\"b,\nc\"\n1,\"x, \"\"y\"\"\"\n2,\"two\r\nlines\"\n3, \" kept \" \n4,''\n",
        NULL);

    ck_assert_uint_eq(ens_dataset_n(d), 4);
    ck_assert_str_eq(column_of(d, 1).name, "b,\nc");
    ck_assert_str_eq(cell(d, 0, 1), "x, \"y\"");
    ck_assert_str_eq(cell(d, 1, 1), "two\r\nlines");
    ck_assert_str_eq(cell(d, 2, 1), " kept ");
    ck_assert_str_eq(cell(d, 3, 1), "''");
    ens_dataset_free(d);
}
END_TEST

START_TEST(every_end_of_line_serves)
{
    static const char *const texts[] = {"a,b\n1,x\n2,y\n",
                                        "a,b\r\n1,x\r\n2,y\r\n",
                                        "a,b\r1,x\r2,y\r",
                                        "a,b\n1,x\n2,y",
                                        "a,b\r\n1,x\r\n2,y",
                                        "\357\273\277a,b\n1,x\n2,y\n",
                                        "\n\na,b\n\n1,x\n \t\n2,y\n\n\n",
                                        "a,b\r\n\r\n1,x\r\n\r\n2,y\r\n\r\n",
                                        "\"a\",\"b\"\r\n\"1\",\"x\"\r\n\r\n\"2\",y",
                                        " a ,\tb\n1\t, x\n 2,y  \n"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ens_dataset *d = read_text(texts[i], NULL);

        ck_assert_msg(ens_dataset_n(d) == 2, "text %zu has %zu rows", i,
                      ens_dataset_n(d));
        ck_assert_str_eq(column_of(d, 0).name, "a");
        ck_assert_str_eq(column_of(d, 1).name, "b");
        ck_assert_str_eq(cell(d, 0, 0), "1");
        ck_assert_str_eq(cell(d, 1, 0), "2");
        ck_assert_str_eq(cell(d, 0, 1), "x");
        ck_assert_str_eq(cell(d, 1, 1), "y");
        ens_dataset_free(d);
    }
}
END_TEST

START_TEST(delimiters_are_found)
{
    static const struct {
        const char *text;
        size_t n_columns;
    } cases[] = {{"a,b,c\n1,2,3\n", 3},
                 {"a;b;c\n1,5;2,5;3\n", 3},
                 {"a\tb\n1\t2\n", 2},
                 {"a|b|c|d\n1|2|3|4\n", 4},
                 {"a\n1\n2\n", 1},
                 {"a;b\n\"1;2\";x\n", 2},
                 {"a,b;c\n1,2;3\n1;5,3\n", 2},
                 {"\"a;a\",b\n\"1\",2\n", 2},
                 {"name\n\"x, y\"\n", 1},
                 {"a,b\n1,\"2;3;4\"\n", 2}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_dataset *d = read_text(cases[i].text, NULL);

        ck_assert_msg(ens_dataset_n_columns(d) == cases[i].n_columns, "%s: %zu columns",
                      cases[i].text, ens_dataset_n_columns(d));
        ens_dataset_free(d);
    }
}
END_TEST

START_TEST(a_given_delimiter_is_used)
{
    ens_dataset *d = read_text("a,b c\n1,2 3\n", &(ens_csv_options){.delimiter = ' '});

    ck_assert_uint_eq(ens_dataset_n_columns(d), 2);
    ck_assert_str_eq(cell(d, 0, 0), "1,2");
    ck_assert_str_eq(cell(d, 0, 1), "3");
    ens_dataset_free(d);
}
END_TEST

START_TEST(blank_lines_are_values_of_an_only_column)
{
    static const char *const texts[] = {
        "x\n1\n\n3\n",      "x\r\n1\r\n\r\n3\r\n",  "x\n1\n\n\"3\"\n", "x\r\"1\"\r\r3",
        "x\n1\r \t\n3\r\n", "x\n\"1\"\r \t\n3\r\n", "x\n1\n\"\"\n3\n"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ens_dataset *d = read_text(texts[i], NULL);

        ck_assert_msg(ens_dataset_n(d) == 3, "text %zu has %zu rows", i,
                      ens_dataset_n(d));
        ck_assert_str_eq(cell(d, 0, 0), "1");
        ck_assert_str_eq(cell(d, 1, 0), "-");
        ck_assert_str_eq(cell(d, 2, 0), "3");
        ens_dataset_free(d);
    }
}
END_TEST

/* ---- Values ----------------------------------------------------------------------------------------- */

START_TEST(every_usual_spelling_of_missing)
{
    ens_dataset *d = read_text("x,y,z\n1,a,1\n,,2\nNA,na,3\nNaN,nan,4\nN/A,n/"
                               "a,5\nnull,NULL,6\n?,?,7\n\"\",\" \",8\n-nan,NAs,9\n",
                               NULL);

    ck_assert_int_eq(column_of(d, 0).type, ENS_NUMERIC);
    ck_assert_uint_eq(column_of(d, 0).n_missing, 8);
    ck_assert_int_eq(column_of(d, 1).type, ENS_CATEGORICAL);
    for (size_t i = 1; i < 7; i++)
        ck_assert_str_eq(cell(d, i, 1), "-");
    ck_assert_str_eq(cell(d, 7, 1), " ");
    ck_assert_str_eq(cell(d, 8, 1), "NAs");
    ck_assert_uint_eq(column_of(d, 2).n_missing, 0);
    ens_dataset_free(d);
}
END_TEST

START_TEST(own_spellings_of_missing_are_matched_exactly)
{
    const char *const na[] = {"-999", "none", NULL};
    ens_dataset *d = read_text("x,y\n1,none\n-999,None\n-999.0,b\nNA,nonesuch\n",
                               &(ens_csv_options){.na = na});

    ck_assert_int_eq(column_of(d, 0).type, ENS_NUMERIC);
    ck_assert_str_eq(cell(d, 0, 1), "-");
    ck_assert_str_eq(cell(d, 1, 1), "None");
    ck_assert_str_eq(cell(d, 3, 1), "nonesuch");
    ck_assert_str_eq(cell(d, 1, 0), "-");
    ck_assert_str_eq(cell(d, 2, 0), "-999");
    ck_assert_str_eq(cell(d, 3, 0), "-");
    ens_dataset_free(d);
}
END_TEST

START_TEST(one_text_makes_a_column_categorical_with_spellings_kept)
{
    ens_dataset *d = read_text("zip,n\n01,01\n1,1\n1.0,1.0\n1e0,1e0\nx,+2\n", NULL);

    ck_assert_int_eq(column_of(d, 0).type, ENS_CATEGORICAL);
    ck_assert_uint_eq(column_of(d, 0).n_levels, 5);
    ck_assert_str_eq(cell(d, 0, 0), "01");
    ck_assert_str_eq(cell(d, 3, 0), "1e0");
    ck_assert_int_eq(column_of(d, 1).type, ENS_NUMERIC);
    ck_assert_str_eq(cell(d, 4, 1), "2");
    ens_dataset_free(d);
}
END_TEST

START_TEST(numbers_of_every_form)
{
    ens_dataset *d =
        read_text("x\n.5\n-1.\n1E3\n+7\n0."
                  "30000000000000004\n123456789012345678901234567890\n\"8\"\n",
                  NULL);

    ck_assert_int_eq(column_of(d, 0).type, ENS_NUMERIC);
    ck_assert_double_eq(ens_dataset_get(d, 0, 0), 0.5);
    ck_assert_double_eq(ens_dataset_get(d, 1, 0), -1);
    ck_assert_double_eq(ens_dataset_get(d, 2, 0), 1000);
    ck_assert_double_eq(ens_dataset_get(d, 3, 0), 7);
    ck_assert_double_eq(ens_dataset_get(d, 4, 0), 0.1 + 0.2);
    ck_assert_double_eq(ens_dataset_get(d, 5, 0), 123456789012345678901234567890.0);
    ck_assert_double_eq(ens_dataset_get(d, 6, 0), 8);
    ens_dataset_free(d);
}
END_TEST

START_TEST(types_overrule_what_values_suggest)
{
    const ens_csv_type types[] = {
        {"code", ENS_CATEGORICAL}, {"gap", ENS_NUMERIC}, {NULL, 0}};
    ens_dataset *d =
        read_text("code,gap,n\n10,NA,1\n9,?,2\n", &(ens_csv_options){.types = types});

    ck_assert_int_eq(column_of(d, 0).type, ENS_CATEGORICAL);
    ck_assert_str_eq(ens_dataset_level(d, 0, 0), "9"); /* numbers sort as such */
    ck_assert_str_eq(ens_dataset_level(d, 0, 1), "10");
    ck_assert_int_eq(column_of(d, 1).type, ENS_NUMERIC);
    ck_assert(has_note(d, "column `gap`: all values are missing"));
    ens_dataset_free(d);
}
END_TEST

START_TEST(locale_changes_nothing)
{
    const char *text = "x,y\n1.5,\"1,5\"\n2.5e-3,b\n0.1234567890123456789012,c\n";
    locale_t comma = comma_locale(), before;
    ens_dataset *plain, *there;

    if (comma == (locale_t)0)
        return;
    plain = read_text(text, NULL);
    before = uselocale(comma);
    there = read_text(text, NULL);
    uselocale(before);
    freelocale(comma);
    ck_assert_int_eq(column_of(there, 0).type, ENS_NUMERIC);
    same_tables(plain, there);
    ens_dataset_free(plain);
    ens_dataset_free(there);
}
END_TEST

/* ---- Roles and task --------------------------------------------------------------------------------- */

START_TEST(roles_go_by_name)
{
    const char *const ignore[] = {"skip", NULL};
    const ens_csv_options o = {
        .target = "y", .weight = "w", .group = "g", .ignore = ignore};
    ens_dataset *d = read_text("a,y,w,g,skip\n1,2.5,1,k,inf\n2,3.5,0.5,l,\n", &o);

    ck_assert_uint_eq(ens_dataset_p(d), 1);
    ck_assert_str_eq(ens_dataset_target(d), "y");
    ck_assert_double_eq(ens_dataset_weight(d, 1), 0.5);
    ck_assert_int_eq(column_of(d, 3).role, ENS_GROUP);
    ck_assert_int_eq(column_of(d, 4).role, ENS_IGNORE);
    ens_dataset_free(d);
}
END_TEST

/* The task that a target column of these values, one a line, is given. */
static ens_task task_of(const char *values, ens_task task)
{
    ens_dataset *d = read_text(values, &(ens_csv_options){.target = "y", .task = task});
    ens_task found = ens_dataset_task(d);

    ck_assert(task != ENS_TASK_AUTO || has_note(d, "target `y`: "));
    ens_dataset_free(d);
    return found;
}

START_TEST(task_is_inferred_as_documented)
{
    const ens_task any = ENS_TASK_AUTO, classes = ENS_TASK_CLASSIFICATION,
                   numbers = ENS_TASK_REGRESSION;
    char many[200] = "y\n";

    ck_assert_int_eq(task_of("y\na\nb\n", any), classes);
    ck_assert_int_eq(task_of("y\n0.25\n0.75\n0.25\n", any), classes);
    ck_assert_int_eq(task_of("y\n1\n2\n3\n", any), classes);
    ck_assert_int_eq(task_of("y\n1\n2\n3.5\n", any), numbers);
    ck_assert_int_eq(task_of("y\n1\n2\n3\n", numbers), numbers);
    ck_assert_int_eq(task_of("y\n1\n2\n3.5\n", classes), classes);
    for (int i = 0; i < 20; i++)
        snprintf(many + strlen(many), 8, "%d\n", i);
    ck_assert_int_eq(task_of(many, any), classes);
    snprintf(many + strlen(many), 8, "20\n");
    ck_assert_int_eq(task_of(many, any), numbers);
}
END_TEST

START_TEST(target_may_be_absent_if_told)
{
    const ens_csv_type types[] = {
        {"a", ENS_NUMERIC}, {"gone", ENS_CATEGORICAL}, {NULL, 0}};
    ens_csv_options o = {.target = "y", .types = types, .target_optional = 1};
    ens_dataset *d = read_text("a\n1\n", &o);

    ck_assert_ptr_null(ens_dataset_target(d));
    ens_dataset_free(d);
    d = read_text("a,y\n1,2\n", &o);
    ck_assert_str_eq(ens_dataset_target(d), "y");
    ens_dataset_free(d);
}
END_TEST

/* A column `id` whose first `same` rows of n share a text, beside one that is no text. */
static ens_dataset *with_identifiers(int n, int same, const ens_csv_options *o)
{
    char text[4000] = "id,x\n";

    for (int i = 0; i < n; i++)
        snprintf(text + strlen(text), 40, "row%d,%d\n", i < same ? 0 : i, i);
    return read_text(text, o);
}

START_TEST(identifiers_are_ignored_with_a_note)
{
    const ens_csv_type types[] = {{"id", ENS_CATEGORICAL}, {NULL, 0}};
    const struct {
        int n, same;
        ens_csv_options o;
        ens_role role;
    } cases[] = {{50, 0, {0}, ENS_IGNORE},
                 {49, 0, {0}, ENS_FEATURE},
                 {100, 10, {0}, ENS_IGNORE},  /* 91 of 100 */
                 {100, 11, {0}, ENS_FEATURE}, /* 90 of 100 */
                 {100, 0, {.keep_identifiers = 1}, ENS_FEATURE},
                 {100, 0, {.types = types}, ENS_FEATURE},
                 {100, 0, {.target = "id"}, ENS_TARGET}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ens_dataset *d = with_identifiers(cases[i].n, cases[i].same, &cases[i].o);

        ck_assert_msg(column_of(d, 0).role == cases[i].role, "case %zu", i);
        ck_assert_int_eq(has_note(d, "column `id`: ignored"),
                         cases[i].role == ENS_IGNORE);
        ck_assert_int_eq(column_of(d, 1).role, ENS_FEATURE);
        ens_dataset_free(d);
    }
}
END_TEST

/* ---- Oddities that are told ------------------------------------------------------------------------- */

START_TEST(columns_without_names_are_named_by_place)
{
    ens_dataset *d = read_text("a,,\" \",\"\"\n1,2,3,4\n", NULL);

    ck_assert_str_eq(column_of(d, 1).name, "column2");
    ck_assert_str_eq(column_of(d, 2).name, " ");
    ck_assert_str_eq(column_of(d, 3).name, "column4");
    ck_assert(has_note(d, "column 4 has no name: it is called `column4`"));
    ens_dataset_free(d);
    d = read_text("\"a\nb\",c\n,1\n", NULL);
    ck_assert(has_note(d, "column `a?b`: all values are missing"));
    ens_dataset_free(d);
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_kept_and_told)
{
    static const char *const good[] = {"caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};
    static const char *const odd[] = {"caf\xe9",
                                      "\xc3",
                                      "\xc0\xaf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\x80",
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "\xe2\x28\xa1",
                                      "\xe2\x82\x28"};
    char text[100];

    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof odd / sizeof *odd; i++) {
        bool is_odd = i >= sizeof good / sizeof *good;
        const char *word = is_odd ? odd[i - sizeof good / sizeof *good] : good[i];
        ens_dataset *d;

        snprintf(text, sizeof text, "a,b\n1,plain text\n2,%s\n3,c\n", word);
        d = read_text(text, NULL);
        ck_assert_str_eq(cell(d, 1, 1), word);
        ck_assert_msg(has_note(d, "line 3 is not UTF-8") == is_odd, "word %zu", i);
        ens_dataset_free(d);
    }
    ens_dataset *d = read_text("caf\xe9,b\n1,2\n", NULL);
    ck_assert(has_note(d, "line 1 is not UTF-8"));
    ens_dataset_free(d);
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------------ */

START_TEST(files_are_read_plain_and_gzipped)
{
    const char *text = "a,b\n1,x\n2,y\n";
    ens_dataset *memory = read_text(text, NULL), *plain, *zipped;
    gzFile z;

    put_file("plain.csv", text, strlen(text));
    z = gzopen(in_dir("zipped.csv.gz"), "wb");
    ck_assert_int_eq(gzwrite(z, text, (unsigned)strlen(text)), (int)strlen(text));
    gzclose(z);
    ck_ok(ens_csv_read(&plain, in_dir("plain.csv"), NULL, &err));
    ck_ok(ens_csv_read(&zipped, in_dir("zipped.csv.gz"), NULL, &err));
    same_tables(memory, plain);
    same_tables(memory, zipped);
    ens_dataset_free(memory);
    ens_dataset_free(plain);
    ens_dataset_free(zipped);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, quotes_hold_delimiters_quotes_and_ends_of_lines);
    tcase_add_test(tc, every_end_of_line_serves);
    tcase_add_test(tc, delimiters_are_found);
    tcase_add_test(tc, a_given_delimiter_is_used);
    tcase_add_test(tc, blank_lines_are_values_of_an_only_column);
    tcase_add_test(tc, every_usual_spelling_of_missing);
    tcase_add_test(tc, own_spellings_of_missing_are_matched_exactly);
    tcase_add_test(tc, one_text_makes_a_column_categorical_with_spellings_kept);
    tcase_add_test(tc, numbers_of_every_form);
    tcase_add_test(tc, types_overrule_what_values_suggest);
    tcase_add_test(tc, locale_changes_nothing);
    tcase_add_test(tc, roles_go_by_name);
    tcase_add_test(tc, task_is_inferred_as_documented);
    tcase_add_test(tc, target_may_be_absent_if_told);
    tcase_add_test(tc, identifiers_are_ignored_with_a_note);
    tcase_add_test(tc, columns_without_names_are_named_by_place);
    tcase_add_test(tc, bytes_that_are_not_utf8_are_kept_and_told);
    tcase_add_test(tc, files_are_read_plain_and_gzipped);
}

Suite *csv_suite(void);

Suite *csv_suite(void)
{
    return suite_of("csv", add);
}
