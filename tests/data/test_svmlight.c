/* test_svmlight.c - svmlight files: what lines mean, what is refused and where, groups, streams. */
#include <config.h>

#include "../core/files.h"
#include "run.h"

#include <core/mem.h>
#include <core/memory.h>
#include <data/svmlight.h>
#include <num/rng.h>
#include <stdio.h>

static ens_error err;

static ens_dataset *parsed(const char *text, const ens_csv_options *options)
{
    ens_dataset *data;

    ck_ok(ens_svmlight_parse(&data, text, strlen(text), "t.svm", options, &err));
    return data;
}

static ens_status parse(const char *text, const ens_csv_options *options)
{
    ens_dataset *data = NULL;
    ens_status st = ens_svmlight_parse(&data, text, strlen(text), "t.svm", options, &err);

    ens_dataset_free(data);
    return st;
}

/* Columns as "name:role" with blanks between; values of a row likewise. */
static const char *columns_of(const ens_dataset *data)
{
    static const char *const role[] = {"feature", "target", "weight", "group", "ignore"};
    static char text[512];
    ens_column_info c;

    text[0] = 0;
    for (size_t i = 0; i < ens_dataset_n_columns(data); i++) {
        ck_ok(ens_dataset_column(&c, data, i, &err));
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%s",
                 i > 0 ? " " : "", c.name, role[c.role]);
    }
    return text;
}

static const char *row_of(const ens_dataset *data, size_t i)
{
    static char text[512];

    text[0] = 0;
    for (size_t j = 0; j < ens_dataset_p(data); j++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%g",
                 j > 0 ? " " : "", ens_dataset_get(data, i, j));
    return text;
}

/* ---- Lines ------------------------------------------------------------------------------------------- */

START_TEST(lines_by_hand)
{
    ens_dataset *data = parsed("# made by hand\n"
                               "1.5 1:2 7:-0.25   # a comment: 3:4\n"
                               "\n"
                               "-2e1\t3:+1e2\t7:nan\r\n"
                               "  +0.5 \n"
                               "7 1:0",
                               NULL);

    ck_assert_str_eq(columns_of(data), "target:target f1:feature f3:feature f7:feature");
    ck_assert_uint_eq(ens_dataset_n(data), 4);
    ck_assert_str_eq(row_of(data, 0), "2 0 -0.25");
    ck_assert_str_eq(row_of(data, 1), "0 100 nan");
    ck_assert_str_eq(row_of(data, 2), "0 0 0");
    ck_assert_str_eq(row_of(data, 3), "0 0 0");
    ck_assert(ens_dataset_y(data, 0) == 1.5 && ens_dataset_y(data, 1) == -20);
    ck_assert(ens_dataset_y(data, 2) == 0.5 && ens_dataset_y(data, 3) == 7);
    ck_assert_int_eq(ens_dataset_task(data), ENS_TASK_REGRESSION);
    ens_dataset_free(data);
}
END_TEST

START_TEST(labels_are_classes)
{
    ens_dataset *data = parsed("\xef\xbb\xbf+1 0:1\n-1 0:2\n+1 0:3\n", NULL);

    ck_assert_int_eq(ens_dataset_task(data), ENS_TASK_CLASSIFICATION);
    ck_assert_str_eq(ens_dataset_class(data, 0), "-1");
    ck_assert_str_eq(ens_dataset_class(data, 1), "1");
    ck_assert_str_eq(columns_of(data), "target:target f0:feature");
    ck_assert_str_eq(ens_dataset_note(data, 0),
                     "target `target`: few values, so classification");
    ens_dataset_free(data);
}
END_TEST

START_TEST(bad_lines_are_told_by_line_and_column)
{
    const struct {
        const char *text, *message;
        size_t line, column;
    } bad[] = {
        {"1 1:2\nyes 1:2\n", "t.svm:2:1: `yes` is no number, which a line begins with", 2,
         1},
        {"1 1:2\n\n# x\n1 1:2 3\n", "t.svm:4:7: `3` is not INDEX:VALUE", 4, 7},
        {"1 a:2\n", "t.svm:1:3: `a:2` is not INDEX:VALUE", 1, 3},
        {"1 -1:2\n", "`-1:2` is not INDEX:VALUE", 1, 3},
        {"1 :2\n", "`:2` is not INDEX:VALUE", 1, 3},
        {"1 1:\n", "`1:` has no number for its value", 1, 3},
        {"1 1:x\n", "`1:x` has no number for its value", 1, 3},
        {"1 1:0x10\n", "`1:0x10` has no number for its value", 1, 3},
        {"1 1:inf\n", "`1:inf` is infinite", 1, 3},
        {"1 3:1 2:1\n", "t.svm:1:7: `2:1` is out of order: the indices of a line ascend",
         1, 7},
        {"1 3:1 3:2\n", "`3:2` is out of order", 1, 7},
        {"1 2147483648:1\n", "has an index beyond 2147483647", 1, 3},
        {"1 99999999999999999999:1\n", "has an index beyond 2147483647", 1, 3},
        {"1 qid:x 1:1\n", "`qid:x` is no whole number up to 2^53", 1, 3},
        {"1 qid:9007199254740993 1:1\n", "is no whole number up to 2^53", 1, 3},
        {"1 1:1 qid:2\n", "`qid:2` is out of place: it follows the target", 1, 7},
        {"1 qid:1 qid:2\n", "is out of place", 1, 9},
        {"1 qid:1 1:1\n2 1:1\n", "t.svm:2: a line without qid:, lines before have one", 2,
         0},
        {"1 1:1\n\n2 qid:1 1:1\n", "t.svm:3: a line with qid:, lines before have none", 3,
         0},
        {"1,2 1:1\n", "`1,2` is no number", 1, 1},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_fails(parse(bad[i].text, NULL), ENS_EPARSE, bad[i].message);
        ck_assert_msg(err.line == bad[i].line && err.column == bad[i].column,
                      "%s: line %zu, column %zu", bad[i].text, err.line, err.column);
    }
    ck_fails(parse("", NULL), ENS_EDATA, "t.svm: no rows");
    ck_fails(parse("# nothing\n\n", NULL), ENS_EDATA, "t.svm: no rows");
    ck_fails(parse("1 1:1\n#\nnan 1:1\n", NULL), ENS_EDATA,
             "t.svm:3: target `target` is missing in row 2");
    ck_assert_uint_eq(err.line, 3);
    ck_fails(parse("1 1:1\ninf 1:1\n", NULL), ENS_EDATA, "t.svm:2: column `target`");
}
END_TEST

/* A text of random rows, and what is in it. */
typedef struct random_text {
    char *s;
    size_t n, p;
    double *y, *x; /* [n], [n][p] */
} random_text;

static void random_make(random_text *t, size_t n, size_t p, uint64_t seed)
{
    ens__stream s;
    FILE *to;
    size_t size;

    *t = (random_text){NULL, n, p, calloc(n, sizeof(double)),
                       calloc(n * p, sizeof(double))};
    to = open_memstream(&t->s, &size);
    ck_assert(to != NULL);
    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < n; i++) {
        t->y[i] = (double)ens__stream_below(&s, 1000) / 8;
        fprintf(to, "%.17g", t->y[i]);
        for (size_t j = 0; j < p; j++)
            if (i == 0 || ens__stream_below(&s, 4) == 0) { /* the first row has all */
                t->x[i * p + j] = ens__stream_gaussian(&s);
                fprintf(to, " %zu:%.17g", j + 1, t->x[i * p + j]);
            }
        fputs(ens__stream_below(&s, 10) == 0 ? " # 5:x\n\n" : "\n", to);
    }
    ck_assert_int_eq(fclose(to), 0);
}

static void random_clear(random_text *t)
{
    free(t->s);
    free(t->x);
    free(t->y);
}

static void check_rows(const random_text *t, size_t from, const ens_dataset *data)
{
    for (size_t i = 0; i < ens_dataset_n(data); i++) {
        if (ens_dataset_target(data) != NULL)
            ck_assert(ens_dataset_y(data, i) == t->y[from + i]);
        for (size_t j = 0; j < t->p; j++)
            ck_assert(ens_dataset_get(data, i, j) == t->x[(from + i) * t->p + j]);
    }
}

/* Several chunks, for any number of threads. */
START_TEST(large_texts_come_out_whole)
{
    random_text t;

    random_make(&t, 6000, 100, 1);
    ck_assert_uint_gt(strlen(t.s), 3 << 20);
    for (unsigned threads = 1; threads < 4; threads++) {
        ens_dataset *data = parsed(t.s, &(ens_csv_options){.threads = threads});

        ck_assert_uint_eq(ens_dataset_n(data), t.n);
        ck_assert_uint_eq(ens_dataset_p(data), t.p);
        check_rows(&t, 0, data);
        ens_dataset_free(data);
    }
    random_clear(&t);
}
END_TEST

START_TEST(errors_of_late_chunks_have_their_line)
{
    random_text t;
    size_t lines = 1;
    char *at, message[64];

    random_make(&t, 6000, 100, 2);
    at = t.s + strlen(t.s) - (1 << 19);
    at = strchr(at, '\n') + 1;
    *at = 'x'; /* of a number or an end of line */
    for (const char *c = t.s; c < at; c++)
        lines += *c == '\n';
    snprintf(message, sizeof message, "t.svm:%zu:1: `x", lines);
    ck_fails(parse(t.s, NULL), ENS_EPARSE, message);
    random_clear(&t);
}
END_TEST

/* ---- Options ----------------------------------------------------------------------------------------- */

START_TEST(options_name_columns)
{
    const char *text = "1 1:2 5:3\n0 5:1\n";
    const ens_csv_type types[] = {
        {"f2", ENS_NUMERIC}, {"f5", ENS_NUMERIC}, {NULL, ENS_NUMERIC}};
    const ens_csv_type other[] = {{"age", ENS_NUMERIC}, {NULL, ENS_NUMERIC}};
    const ens_csv_type texts[] = {{"f5", ENS_CATEGORICAL}, {NULL, ENS_NUMERIC}};
    const char *const ignore[] = {"f1", NULL};
    ens_csv_options o = {.types = types, .target = "y"};
    ens_dataset *data = parsed(text, &o);

    ck_assert_str_eq(columns_of(data), "y:target f1:feature f2:feature f5:feature");
    ck_assert_str_eq(row_of(data, 0), "2 0 3");
    ens_dataset_free(data);
    o.only_named = 1;
    data = parsed(text, &o);
    ck_assert_str_eq(columns_of(data), "y:target f2:feature f5:feature");
    ens_dataset_free(data);
    o.target = NULL;
    data = parsed(text, &o);
    ck_assert_str_eq(columns_of(data), "target:ignore f2:feature f5:feature");
    ck_assert_ptr_null(ens_dataset_target(data));
    ens_dataset_free(data);
    o = (ens_csv_options){.weight = "f5", .ignore = ignore, .task = ENS_TASK_REGRESSION};
    data = parsed(text, &o);
    ck_assert_str_eq(columns_of(data), "target:target f1:ignore f5:weight");
    ck_assert(ens_dataset_weight(data, 0) == 3);
    ck_assert_int_eq(ens_dataset_task(data), ENS_TASK_REGRESSION);
    ens_dataset_free(data);

    ck_fails(parse(text, &(ens_csv_options){.weight = "f9"}), ENS_ENAME,
             "t.svm: no column `f9`");
    ck_fails(parse(text, &(ens_csv_options){.weight = "target"}), ENS_EINVAL,
             "column `target` is the target");
    ck_fails(parse(text, &(ens_csv_options){.types = other}), ENS_ENAME,
             "no column `age`");
    ck_ok(parse(text, &(ens_csv_options){.types = other, .target_optional = 1}));
    ck_fails(parse(text, &(ens_csv_options){.types = texts}), ENS_EINVAL,
             "columns of svmlight files are numbers");
    ck_fails(parse(text, &(ens_csv_options){.delimiter = ';'}), ENS_EINVAL,
             "a delimiter is for CSV");
    ck_fails(parse(text, &(ens_csv_options){.na = ignore}), ENS_EINVAL,
             "spellings of missing are for CSV");
}
END_TEST

START_TEST(what_would_not_fit_is_refused)
{
    random_text t;
    size_t size;
    FILE *to;

    random_make(&t, 3000, 100, 3);
    t.s[0] = '1';
    ens__memory_cap(100);
    ck_ok(parse(t.s, NULL)); /* too little to ask */
    ens__memory_cap(UINT64_MAX);
    random_clear(&t);
    /* 20,000 columns and as many rows: 3.2 GB from a text of 1 MB */
    to = open_memstream(&t.s, &size);
    for (size_t i = 0; i < 20000; i++)
        fprintf(to, "%zu %zu:1\n", i % 7, i + 1);
    ck_assert_int_eq(fclose(to), 0);
    ens__memory_cap((uint64_t)1 << 30);
    ck_fails(
        parse(t.s, NULL), ENS_ENOMEM,
        "t.svm: its table of 20000 rows and 20000 columns, zeros included, would take "
        "about 3.2 GB, 1.07 GB of memory are available");
    ens__memory_cap(UINT64_MAX);
    free(t.s);
}
END_TEST

/* ---- Groups ------------------------------------------------------------------------------------------ */

START_TEST(qid_is_the_group)
{
    const char *text = "1 qid:30 1:1\n0 qid:30 1:2\n2 qid:7 1:3\n";
    ens_dataset *data = parsed(text, NULL);

    ck_assert_str_eq(columns_of(data), "target:target qid:group f1:feature");
    ck_assert_int_eq(ens_dataset_task(data), ENS_TASK_REGRESSION);
    ck_assert_str_eq(ens_dataset_note(data, 0),
                     "target `target`: rows have groups, so regression");
    ck_assert_uint_eq(ens_dataset_n_groups(data), 2);
    ck_assert_uint_eq(ens_dataset_group(data, 0), 1);
    ck_assert_uint_eq(ens_dataset_group(data, 2), 0);
    ens_dataset_free(data);
    data = parsed(text, &(ens_csv_options){.group = "f1"});
    ck_assert_str_eq(columns_of(data), "target:target qid:ignore f1:group");
    ck_assert_uint_eq(ens_dataset_n_groups(data), 3);
    ens_dataset_free(data);
}
END_TEST

static ens_dataset *read_file(const char *path, const ens_csv_options *options)
{
    ens_dataset *data;

    ck_ok(ens_table_read(&data, path, options, &err));
    return data;
}

START_TEST(query_files_tell_groups)
{
    ens_csv_options o = {0};
    ens_dataset *data;

    make_dir();
    put_text("t.libsvm", "1 1:1\n0 1:2\n2 1:3\n");
    put_text("other", "1\n\n 2 # two\r\n");
    o.query = in_dir("other");
    data = read_file(in_dir("t.libsvm"), &o);
    ck_assert_str_eq(columns_of(data), "target:target qid:group f1:feature");
    ck_assert_uint_eq(ens_dataset_group(data, 0), 0);
    ck_assert(ens_dataset_group(data, 1) == 1 && ens_dataset_group(data, 2) == 1);
    ens_dataset_free(data);
    remove_dir();
}
END_TEST

/* With this text as the file of groups. */
static ens_status with_query(const char *text)
{
    ens_csv_options o = {0};
    ens_dataset *data = NULL;
    ens_status st;

    put_text("t.svm", "1 1:1\n0 1:2\n2 1:3\n");
    put_text("groups", text);
    o.query = in_dir("groups");
    st = ens_table_read(&data, in_dir("t.svm"), &o, &err);
    ens_dataset_free(data);
    return st;
}

START_TEST(bad_query_files_are_refused)
{
    ens_csv_options o = {0};
    ens_dataset *data;

    make_dir();
    ck_ok(with_query("3\n"));
    ck_fails(with_query("1\n1\n"), ENS_EDATA,
             "groups: groups of 2 rows, the table has 3");
    ck_fails(with_query("1\n3\n"), ENS_EDATA, "groups:2: groups of more than 3 rows");
    ck_fails(with_query("9999999999999999999999\n"), ENS_EDATA, "groups of more than 3");
    ck_fails(with_query("1\n2x\n"), ENS_EPARSE,
             "groups:2: expected a number of rows, at least 1");
    ck_fails(with_query("0\n3\n"), ENS_EPARSE, "groups:1: expected");
    o.query = in_dir("absent");
    ck_fails(ens_table_read(&data, in_dir("t.svm"), &o, &err), ENS_EIO, "absent");
    put_text("t.svm", "1 qid:1 1:1\n");
    o.query = in_dir("groups");
    ck_fails(ens_table_read(&data, in_dir("t.svm"), &o, &err), ENS_EINVAL,
             "is one too many");
    remove_dir();
}
END_TEST

START_TEST(query_files_beside_are_found)
{
    static const char *const beside[] = {"a.b.svm.gz.query", "a.b.svm.query",
                                         "a.b.query"};
    ens_dataset *data;

    make_dir();
    for (size_t i = 0; i < 3; i++) {
        put_text("a.b.svm.gz", "1 1:1\n0 1:2\n2 1:3\n");
        put_text(beside[i], "2\n1\n");
        data = read_file(in_dir("a.b.svm.gz"), NULL);
        ck_assert_uint_eq(ens_dataset_n_groups(data), 2);
        ck_assert_ptr_nonnull(strstr(ens_dataset_note(data, 1), beside[i]));
        ens_dataset_free(data);
        data = read_file(in_dir("a.b.svm.gz"), &(ens_csv_options){.group = "f1"});
        ck_assert_uint_eq(ens_dataset_n_groups(data), 3);
        ens_dataset_free(data);
        put_text("a.b.svm.gz", "1 qid:5 1:1\n0 qid:5 1:2\n2 qid:5 1:3\n");
        data = read_file(in_dir("a.b.svm.gz"), NULL); /* lines come first */
        ck_assert_uint_eq(ens_dataset_n_groups(data), 1);
        ens_dataset_free(data);
        remove(in_dir(beside[i]));
    }
    put_text("a.b.svm.gz", "1 1:1\n");
    data = read_file(in_dir("a.b.svm.gz"), NULL);
    ck_assert_uint_eq(ens_dataset_n_groups(data), 0);
    ens_dataset_free(data);
    remove_dir();
}
END_TEST

/* ---- Recognition and streams ------------------------------------------------------------------------- */

START_TEST(files_are_told_apart)
{
    const struct {
        const char *path, *text;
        ens_format format;
    } of[] = {
        {"a.svm", "x,y\n", ENS_FORMAT_SVMLIGHT},
        {"a.libsvm.gz", "", ENS_FORMAT_SVMLIGHT},
        {"a.svmlight", "", ENS_FORMAT_SVMLIGHT},
        {"a.csv", "1 1:2\n", ENS_FORMAT_CSV},
        {"a.csv.gz", "1 1:2\n", ENS_FORMAT_CSV},
        {"a.txt", "1 1:2 5:3\n0\n", ENS_FORMAT_SVMLIGHT},
        {"-", "# c\n\n+1 qid:3 1:2 # x\n", ENS_FORMAT_SVMLIGHT},
        {"-", "1 1:2", ENS_FORMAT_SVMLIGHT},
        {"-", "1\n2\n3\n", ENS_FORMAT_CSV},
        {"-", "a b\n1 1:2\n", ENS_FORMAT_CSV},
        {"-", "1,1:2\n", ENS_FORMAT_CSV},
        {"-", "1 1:2\n1 1:x\n", ENS_FORMAT_CSV},
        {"-", "10:30 11:45\n", ENS_FORMAT_CSV},
        {"-", "", ENS_FORMAT_CSV},
        {".svm", "", ENS_FORMAT_CSV},
    };

    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        ck_assert_msg(ens__format_of(of[i].path, of[i].text, strlen(of[i].text)) ==
                          of[i].format,
                      "%s: %s", of[i].path, of[i].text);
}
END_TEST

START_TEST(streams_give_the_rows_of_the_file)
{
    ens_csv_type types[101] = {{NULL, ENS_NUMERIC}};
    char names[100][8];
    ens_csv_options o = {.types = types, .only_named = 1};
    ens_csv_stream *stream;
    ens_dataset *batch;
    random_text t;
    size_t from = 0;

    random_make(&t, 3000, 100, 4);
    make_dir();
    put_text("t.svm", t.s);
    for (size_t j = 0; j < 100; j++) {
        snprintf(names[j], sizeof names[j], "f%zu", j + 1);
        types[j] = (ens_csv_type){names[j], ENS_NUMERIC};
    }
    types[100].column = NULL;
    ck_ok(ens_table_stream_open(&stream, in_dir("t.svm"), &o, &err));
    for (;;) {
        ck_ok(ens_csv_stream_next(&batch, stream, 7 + from % 500, &err));
        if (batch == NULL)
            break;
        ck_assert_uint_eq(ens_dataset_p(batch), 100);
        check_rows(&t, from, batch);
        from += ens_dataset_n(batch);
        ens_dataset_free(batch);
    }
    ck_assert_uint_eq(from, t.n);
    ens_csv_stream_free(stream);
    remove_dir();
    random_clear(&t);
}
END_TEST

START_TEST(streams_tell_lines_of_the_file)
{
    ens_csv_options o = {.format = ENS_FORMAT_SVMLIGHT};
    ens_csv_stream *stream;
    ens_dataset *batch;

    make_dir();
    put_text("t.svm", "1 1:1\n\n1 1:1 # \"\n1 1:2\n1 1:3 oops\n");
    ck_ok(ens_table_stream_open(&stream, in_dir("t.svm"), &o, &err));
    ck_ok(ens_csv_stream_next(&batch, stream, 4, &err));
    ck_assert_uint_eq(ens_dataset_n(batch), 3);
    ens_dataset_free(batch);
    ck_fails(ens_csv_stream_next(&batch, stream, 4, &err), ENS_EPARSE,
             ":5:7: `oops` is not INDEX:VALUE");
    ens_csv_stream_free(stream);
    remove_dir();
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const char *text = "1 qid:1 1:1 900:2\n0 qid:1 7:1\n2 qid:2 3:1\n";
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st == ENS_ENOMEM; k++) {
        ens__mem_fail_at(k);
        st = parse(text, &(ens_csv_options){.threads = 1});
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_ENOMEM || (st == ENS_OK && k > 10));
    }
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, lines_by_hand);
    tcase_add_test(tc, labels_are_classes);
    tcase_add_test(tc, bad_lines_are_told_by_line_and_column);
    tcase_add_test(tc, large_texts_come_out_whole);
    tcase_add_test(tc, errors_of_late_chunks_have_their_line);
    tcase_add_test(tc, options_name_columns);
    tcase_add_test(tc, what_would_not_fit_is_refused);
    tcase_add_test(tc, qid_is_the_group);
    tcase_add_test(tc, query_files_tell_groups);
    tcase_add_test(tc, bad_query_files_are_refused);
    tcase_add_test(tc, query_files_beside_are_found);
    tcase_add_test(tc, files_are_told_apart);
    tcase_add_test(tc, streams_give_the_rows_of_the_file);
    tcase_add_test(tc, streams_tell_lines_of_the_file);
    tcase_add_test(tc, every_allocation_may_fail);
}

Suite *svmlight_suite(void);
Suite *svmlight_suite(void)
{
    return suite_of("svmlight", add_cases);
}
