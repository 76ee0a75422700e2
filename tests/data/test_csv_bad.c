/* test_csv_bad.c - CSV that is refused: status, place and message of each kind of fault. */
#include <config.h>

#include "core/files.h"
#include "csv_help.h"

/* Reading this text fails so, at this line and field. */
static void refuses_at(const char *text, size_t n, const ens_csv_options *o,
                       ens_status status, size_t line, size_t column, const char *message)
{
    for (int tokens_only = 0; tokens_only < 2; tokens_only++) {
        const ens__csv_how how = {.tokens_only = tokens_only};
        ens_dataset *d = (ens_dataset *)&err;

        ck_fails(ens__csv_parse(&d, text, n, "t.csv", o, &how, &err), status, message);
        ck_assert_ptr_null(d);
        ck_assert_int_eq(err.code, status);
        ck_assert_msg(err.line == line, "line %zu, not %zu: %s", err.line, line,
                      err.message);
        ck_assert_msg(err.column == column, "column %zu, not %zu: %s", err.column, column,
                      err.message);
        /* And without an ens_error. */
        ck_assert_int_eq(ens__csv_parse(&d, text, n, "t.csv", o, &how, NULL), status);
    }
}

static void refuses(const char *text, ens_status status, size_t line, size_t column,
                    const char *message)
{
    refuses_at(text, strlen(text), NULL, status, line, column, message);
}

static void refuses_with(const char *text, ens_csv_options o, ens_status status,
                         size_t line, size_t column, const char *message)
{
    refuses_at(text, strlen(text), &o, status, line, column, message);
}

/* ---- Format ----------------------------------------------------------------------------------------- */

START_TEST(files_of_nothing)
{
    refuses("", ENS_EPARSE, 0, 0, "t.csv: the file is empty");
    refuses_at(NULL, 0, NULL, ENS_EPARSE, 0, 0, "t.csv: the file is empty");
    refuses("\xef\xbb\xbf", ENS_EPARSE, 0, 0, "t.csv: the file is empty");
    refuses("\n \r\n\t\n", ENS_EPARSE, 0, 0, "t.csv: the file is empty");
    refuses("a,b\n", ENS_EDATA, 0, 0, "t.csv: no rows after the header");
    refuses("a,b", ENS_EDATA, 0, 0, "t.csv: no rows after the header");
    refuses("a,b\n\n \n", ENS_EDATA, 0, 0, "t.csv: no rows after the header");
}
END_TEST

START_TEST(ragged_rows)
{
    refuses("a,b,c\n1,2,3\n1,2\n", ENS_EPARSE, 3, 0, "t.csv:3: 2 fields, expected 3");
    refuses("a,b,c\n\n1,2,3,4\n", ENS_EPARSE, 3, 0, "t.csv:3: 4 fields, expected 3");
    refuses("a,b\r\n\"x\r\ny\",2\r\n1\r\n", ENS_EPARSE, 4, 0,
            "t.csv:4: 1 field, expected 2");
    refuses("a,b\r1,2\r1", ENS_EPARSE, 3, 0, "t.csv:3: 1 field, expected 2");
    refuses("a,b\n1,2\n\"\"\n", ENS_EPARSE, 3, 0, "t.csv:3: 1 field, expected 2");
    refuses("a,b\n1,2,\n", ENS_EPARSE, 2, 0, "t.csv:2: 3 fields, expected 2");
    refuses("\n\na,b\n1,2\n,,\n", ENS_EPARSE, 5, 0, "t.csv:5: 3 fields, expected 2");
}
END_TEST

START_TEST(quotes_out_of_place)
{
    refuses("a,b\n1,2\n3,5\" disk\n", ENS_EPARSE, 3, 2,
            "t.csv:3: stray quote in field 2");
    refuses("a,b\n\"x\"y,2\n", ENS_EPARSE, 2, 1, "t.csv:2: stray quote in field 1");
    refuses("a,b\n\"x\" \"y\",2\n", ENS_EPARSE, 2, 1, "t.csv:2: stray quote in field 1");
    refuses("a,b\n\"x\ny\",\"z\"z\n", ENS_EPARSE, 3, 2,
            "t.csv:3: stray quote in field 2");
    refuses("a,b\n1,2\n3,\"open\n5,6\n", ENS_EPARSE, 3, 2,
            "t.csv:3: the quote that opens field 2 is never closed");
    refuses("a,b\n1,\"", ENS_EPARSE, 2, 2,
            "t.csv:2: the quote that opens field 2 is never closed");
    refuses("a,b\"\n1,2\n", ENS_EPARSE, 1, 2, "t.csv:1: stray quote in field 2");
    refuses("a,\"b\n1,2\n", ENS_EPARSE, 1, 2,
            "t.csv:1: the quote that opens field 2 is never closed");
}
END_TEST

START_TEST(nul_bytes)
{
    refuses_at("a,b\n1,2\n3,\0\n", 12, NULL, ENS_EPARSE, 3, 0, "t.csv:3: NUL byte");
    refuses_at("a\0,b\n1,2\n", 9, NULL, ENS_EPARSE, 1, 0, "t.csv:1: NUL byte");
    refuses_at("a,b\n1,\"\0\"\n", 10, NULL, ENS_EPARSE, 2, 0, "t.csv:2: NUL byte");
}
END_TEST

START_TEST(names_that_clash)
{
    refuses("a,b,a\n1,2,3\n", ENS_EPARSE, 1, 3,
            "t.csv: columns 1 and 3 are both called `a`");
    refuses("\na,column3,\n1,2,3\n", ENS_EPARSE, 2, 3,
            "columns 2 and 3 are both called `column3`");
}
END_TEST

/* ---- Values ----------------------------------------------------------------------------------------- */

START_TEST(text_where_a_number_must_be)
{
    const ens_csv_type types[] = {{"b", ENS_NUMERIC}, {NULL, 0}};

    refuses_with("a,b\n1,2\nx,3x\n", (ens_csv_options){.types = types}, ENS_EPARSE, 3, 2,
                 "t.csv:3: `3x` in column `b` is not a number");
    refuses_with("a,w\n1,x\n", (ens_csv_options){.weight = "w"}, ENS_EPARSE, 2, 2,
                 "t.csv:2: `x` in column `w` is not a number");
    refuses_with("y,b\n1,2\n\n,3\nred,3\n",
                 (ens_csv_options){.target = "y", .task = ENS_TASK_REGRESSION},
                 ENS_EPARSE, 5, 1, "t.csv:5: `red` in column `y` is not a number");
}
END_TEST

START_TEST(values_nothing_can_be_learned_from)
{
    const ens_csv_type types[] = {{"y", ENS_CATEGORICAL}, {NULL, 0}};

    refuses_with("a,y\n1,2\n3,\n", (ens_csv_options){.target = "y"}, ENS_EDATA, 3, 0,
                 "t.csv:3: target `y` is missing in row 2");
    refuses_with("a,y\n\n1,x\n\"3\n\",?\n", (ens_csv_options){.target = "y"}, ENS_EDATA,
                 4, 0, "t.csv:4: target `y` is missing in row 2");
    refuses_with("a,y\n1,2\n3,-inf\n", (ens_csv_options){.target = "y"}, ENS_EDATA, 3, 0,
                 "t.csv:3: column `y`, row 2: the value is infinite");
    refuses("a,b\n1,2\n\n1,1e999\n", ENS_EDATA, 4, 0,
            "t.csv:4: column `b`, row 2: the value is infinite");
    refuses_with("a,w\n1,2\n3,-1\n", (ens_csv_options){.weight = "w"}, ENS_EDATA, 3, 0,
                 "t.csv:3: weight column `w`, row 2: the weight is negative");
    refuses_with("a,w\n1,\n", (ens_csv_options){.weight = "w"}, ENS_EDATA, 2, 0,
                 "the weight is missing");
    refuses_with(
        "a,y\n1,2\n",
        (ens_csv_options){.target = "y", .types = types, .task = ENS_TASK_REGRESSION},
        ENS_EDATA, 0, 0, "t.csv: target `y` holds text, regression needs numbers");
}
END_TEST

/* ---- Options ---------------------------------------------------------------------------------------- */

START_TEST(options_that_name_no_column)
{
    const char *text = "sepal,petal,species\n1,2,a\n", *const ignore[] = {
                                                           "sepal", "nothing", NULL};
    const ens_csv_type types[] = {{"petl", ENS_NUMERIC}, {NULL, 0}};

    refuses_with(text, (ens_csv_options){.target = "speces"}, ENS_ENAME, 0, 0,
                 "t.csv: no column `speces` (target); did you mean `species`?");
    refuses_with(text, (ens_csv_options){.weight = "w"}, ENS_ENAME, 0, 0,
                 "no column `w` (weight)");
    refuses_with(text, (ens_csv_options){.group = "w"}, ENS_ENAME, 0, 0,
                 "no column `w` (group)");
    refuses_with(text, (ens_csv_options){.ignore = ignore}, ENS_ENAME, 0, 0,
                 "no column `nothing` (ignored)");
    refuses_with(text, (ens_csv_options){.types = types}, ENS_ENAME, 0, 0,
                 "no column `petl` (types); did you mean `petal`?");
    ck_assert_ptr_null(strstr(err.message, "nothing"));
}
END_TEST

START_TEST(options_that_contradict)
{
    const char *const ignore[] = {"y", NULL};

    refuses_with("y,a\n1,2\n", (ens_csv_options){.target = "y", .weight = "y"},
                 ENS_EINVAL, 0, 0, "column `y` is both target and weight");
    refuses_with("y,a\n1,2\n", (ens_csv_options){.target = "y", .ignore = ignore},
                 ENS_EINVAL, 0, 0, "column `y` is both target and ignored");
}
END_TEST

START_TEST(impossible_delimiters)
{
    refuses_with("a\n1\n", (ens_csv_options){.delimiter = '"'}, ENS_EINVAL, 0, 0,
                 "byte 0x22 cannot be the delimiter");
    refuses_with("a\n1\n", (ens_csv_options){.delimiter = '\n'}, ENS_EINVAL, 0, 0,
                 "byte 0x0a");
    refuses_with("a\n1\n", (ens_csv_options){.delimiter = '\xff'}, ENS_EINVAL, 0, 0,
                 "byte 0xff");
    refuses_with("a\n1\n", (ens_csv_options){.delimiter = '.'}, ENS_EINVAL, 0, 0,
                 "delimiter `.` can be part of a number");
    refuses_with("a\n1\n", (ens_csv_options){.delimiter = 'e'}, ENS_EINVAL, 0, 0,
                 "delimiter `e`");
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------------ */

START_TEST(files_that_cannot_be_read)
{
    ens_dataset *d = (ens_dataset *)&err;

    ck_fails(ens_csv_read(&d, in_dir("none.csv"), NULL, &err), ENS_EIO,
             "none.csv: cannot open");
    ck_assert_ptr_null(d);
    ck_fails(ens_csv_read(&d, test_dir, NULL, &err), ENS_EIO, "it is a directory");
    put_file("bad.gz", "\x1f\x8b\x08nothing", 10);
    ck_fails(ens_csv_read(&d, in_dir("bad.gz"), NULL, &err), ENS_EIO,
             "damaged gzip data");
    put_text("empty.csv", "");
    ck_fails(ens_csv_read(&d, in_dir("empty.csv"), NULL, &err), ENS_EPARSE,
             "empty.csv: the file is empty");
}
END_TEST

/* ---- Places in long files --------------------------------------------------------------------------- */

static size_t append(char *text, size_t n, const char *more)
{
    memcpy(text + n, more, strlen(more) + 1);
    return n + strlen(more);
}

/* 300 records of two lines each, but for record r: this fault. */
static size_t make_text(char *text, size_t r, const char *fault)
{
    size_t n = append(text, 0, "a,y\n");

    for (size_t i = 0; i < 300; i++)
        n = append(text, n, i == r ? fault : i % 2 != 0 ? "\"a\nb\",1\n" : "a,2\n\n");
    return n;
}

START_TEST(places_are_right_in_every_chunk)
{
    static const struct {
        const char *text;
        ens_status status;
    } faults[] = {{"1,2,3\n", ENS_EPARSE}, {"1,x\"\n", ENS_EPARSE},
                  {"1,\n", ENS_EDATA},     {"1,\"z\"z\n", ENS_EPARSE},
                  {"1\n", ENS_EPARSE},     {"1,inf\n", ENS_EDATA}};
    const ens_csv_options o = {.target = "y", .threads = 2};
    char text[4000];
    ens_dataset *d;

    for (size_t r = 0; r < 300; r += 23)
        for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
            size_t n = make_text(text, r, faults[f].text);

            for (size_t chunk = 1; chunk < 5000; chunk = 4 * chunk + 1) {
                const ens__csv_how how = {.chunk = chunk};

                ck_fails(ens__csv_parse(&d, text, n, "t.csv", &o, &how, &err),
                         faults[f].status, "t.csv:");
                ck_assert_msg(err.line == 2 + 2 * r, "line %zu, not %zu: %s", err.line,
                              2 + 2 * r, err.message);
            }
        }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, files_of_nothing);
    tcase_add_test(tc, ragged_rows);
    tcase_add_test(tc, quotes_out_of_place);
    tcase_add_test(tc, nul_bytes);
    tcase_add_test(tc, names_that_clash);
    tcase_add_test(tc, text_where_a_number_must_be);
    tcase_add_test(tc, values_nothing_can_be_learned_from);
    tcase_add_test(tc, options_that_name_no_column);
    tcase_add_test(tc, options_that_contradict);
    tcase_add_test(tc, impossible_delimiters);
    tcase_add_test(tc, files_that_cannot_be_read);
    tcase_add_test(tc, places_are_right_in_every_chunk);
}

Suite *csv_bad_suite(void);

Suite *csv_bad_suite(void)
{
    return suite_of("csv_bad", add);
}
