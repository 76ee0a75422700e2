/* test_csv_ways.c - whichever way a text is read, the same table or the same error comes of it: cut into chunks of
 * any size, on any number of threads, by libcsv or without, at once or in a stream; and with memory running out. */
#include <config.h>

#include "core/files.h"
#include "csv_help.h"
#include <core/mem.h>
#include <num/rng.h>

/* ---- Random texts ----------------------------------------------------------------------------------- */

static const char *const clean[] = {"1",
                                    "-2.5",
                                    "0.1",
                                    "1e3",
                                    "x",
                                    "red",
                                    "",
                                    "NA",
                                    " 7",
                                    "8\t",
                                    "long text of words",
                                    "\"q\"",
                                    "\"a,b\"",
                                    "\"two\nlines\"",
                                    "\"\"",
                                    "\"say \"\"hi\"\"\"",
                                    " \"r\" ",
                                    "inf x",
                                    "12345678901234567890123",
                                    "0.30000000000000004",
                                    "?",
                                    "caf\xc3\xa9"};
static const char *const dirty[] = {"a\"", "\"", "\"x\"y", ",",  "\n",
                                    "\r",  "\t", " ",      "inf"};
static const char *const ends[] = {"\n", "\r\n", "\r"};

typedef struct text {
    char s[60000];
    size_t n;
} text;

static void add_text(text *t, const char *s)
{
    size_t n = strlen(s);

    ck_assert_uint_lt(t->n + n, sizeof t->s);
    memcpy(t->s + t->n, s, n);
    t->n += n;
}

/* A table of up to 5 columns; from `quotes` on in clean there are quotes; dirt spoils one field in so many. */
static void random_text(text *t, ens__stream *s, bool quotes, uint32_t dirt)
{
    enum {
        QUOTES = 11,
        N_CLEAN = sizeof clean / sizeof *clean,
        N_DIRTY = sizeof dirty / sizeof *dirty
    };
    const char *end = ends[ens__stream_below(s, 3)];
    uint32_t n_columns = 1 + ens__stream_below(s, 5), n = ens__stream_below(s, 60),
             plain[5];
    char name[16];

    t->n = 0;
    for (uint32_t c = 0; c < n_columns; c++) {
        plain[c] = ens__stream_below(s, 3); /* 0: numbers mostly */
        snprintf(name, sizeof name, c > 0 ? ",c%u" : "c%u", c);
        add_text(t, name);
    }
    add_text(t, end);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < n_columns; c++) {
            uint32_t f = ens__stream_below(s, plain[c] == 0 ? 4
                                              : quotes      ? N_CLEAN
                                                            : QUOTES);

            add_text(t, c > 0 ? "," : "");
            add_text(t, dirt != 0 && ens__stream_below(s, dirt) == 0
                            ? dirty[ens__stream_below(s, N_DIRTY)]
                            : clean[f]);
        }
        add_text(t, i + 1 < n || ens__stream_below(s, 2) == 0 ? end : "");
        if (ens__stream_below(s, 10) == 0)
            add_text(t, end);
    }
}

/* ---- At once ---------------------------------------------------------------------------------------- */

/* Read in this way gives what reading in one chunk by libcsv gave. */
static void same_way(const text *t, const ens_dataset *expected, ens_status status,
                     const ens_error *error, ens__csv_how how, unsigned threads)
{
    ens_csv_options o = {.threads = threads, .keep_identifiers = 1};
    ens_dataset *d;
    ens_status st = ens__csv_parse(&d, t->s, t->n, "t.csv", &o, &how, &err);

    ck_assert_msg(st == status, "status %d, not %d: %s, not %s\n%.*s", (int)st,
                  (int)status, err.message, error->message, (int)t->n, t->s);
    if (st == ENS_OK)
        same_tables(expected, d);
    else
        ck_assert_msg(strcmp(err.message, error->message) == 0 &&
                          err.line == error->line && err.column == error->column,
                      "%s\n%s\n%.*s", err.message, error->message, (int)t->n, t->s);
    ens_dataset_free(d);
}

static void compare_ways(uint64_t seed, int n, bool quotes, uint32_t dirt)
{
    static text t;
    int good = 0;

    for (int i = 0; i < n; i++) {
        const ens_csv_options o = {.threads = 1, .keep_identifiers = 1};
        ens_error error = {0};
        ens_dataset *expected;
        ens__stream s;
        ens_status st;

        ens__stream_init(&s, seed, ENS__FOR_TEST, (uint64_t)i);
        random_text(&t, &s, quotes, dirt);
        st = ens__csv_parse(&expected, t.s, t.n, "t.csv", &o,
                            &(ens__csv_how){.tokens_only = true, .chunk = sizeof t.s},
                            &error);
        good += st == ENS_OK;
        same_way(&t, expected, st, &error, (ens__csv_how){0}, 1);
        for (size_t chunk = 1; chunk < t.n; chunk = 3 * chunk + 5) {
            same_way(&t, expected, st, &error, (ens__csv_how){.chunk = chunk},
                     1 + (unsigned)i % 3);
            same_way(&t, expected, st, &error,
                     (ens__csv_how){.chunk = chunk, .tokens_only = true}, 1);
        }
        ens_dataset_free(expected);
    }
    /* Most of the clean ones are tables, and not all of the others. */
    ck_assert_int_gt(good, dirt == 0 ? n / 2 : n / 20);
    ck_assert(dirt == 0 || good < n);
}

START_TEST(texts_without_quotes_read_alike_in_every_way)
{
    compare_ways(1, 150, false, 0);
}
END_TEST

START_TEST(texts_with_quotes_read_alike_in_every_way)
{
    compare_ways(2, 150, true, 0);
}
END_TEST

START_TEST(faulty_texts_fail_alike_in_every_way)
{
    compare_ways(3, 150, false, 60);
}
END_TEST

/* Larger than the chunks of real reading, with texts that first come late. */
START_TEST(large_texts_read_alike_on_any_number_of_threads)
{
    enum { ROWS = 120000 };
    char *s = malloc(ROWS * 40 + 100);
    ens_dataset *one = NULL, *d;
    ens__stream r;
    size_t n;

    ens__stream_init(&r, 4, ENS__FOR_TEST, 0);
    n = (size_t)snprintf(s, 100, "a,b,late,text,y\n");
    for (size_t i = 0; i < ROWS; i++)
        n += (size_t)snprintf(s + n, 100, "%.6g,%u,%s,%c%u,%u\n",
                              ens__stream_gaussian(&r), ens__stream_below(&r, 1000),
                              i == ROWS - 5 ? "x" : "1.50", 'a' + (int)(i * 26 / ROWS),
                              ens__stream_below(&r, 50), ens__stream_below(&r, 3));
    ck_assert_uint_gt(n, (size_t)5 << 19);
    for (unsigned threads = 1; threads <= 7; threads += 2) {
        const ens_csv_options o = {.target = "y", .threads = threads};

        ck_ok(ens_csv_parse(&d, s, n, "t.csv", &o, &err));
        if (one == NULL) {
            one = d;
            continue;
        }
        same_tables(one, d);
        ens_dataset_free(d);
    }
    ck_assert_int_eq(column_of(one, 2).type, ENS_CATEGORICAL);
    ck_assert_str_eq(cell(one, 0, 2), "1.50");
    ck_assert_uint_eq(column_of(one, 3).n_levels, 26 * 50);
    ck_assert_int_eq(ens_dataset_task(one), ENS_TASK_CLASSIFICATION);
    ens_dataset_free(one);
    free(s);
}
END_TEST

/* ---- Streams ---------------------------------------------------------------------------------------- */

/* The batches of the file, one after the other, as one text of cells; the error in its place. */
static void stream_cells(text *out, const char *path, const ens_csv_options *o,
                         size_t batch)
{
    ens_csv_stream *stream;
    ens_dataset *d;
    ens_status st = ens_csv_stream_open(&stream, path, o, &err);

    out->n = 0;
    while (st == ENS_OK &&
           (st = ens_csv_stream_next(&d, stream, batch, &err)) == ENS_OK && d != NULL) {
        ck_assert_uint_le(ens_dataset_n(d), batch);
        ck_assert_uint_gt(ens_dataset_n(d), 0);
        for (size_t i = 0; i < ens_dataset_n(d); i++)
            for (size_t c = 0; c < ens_dataset_n_columns(d); c++) {
                add_text(out, cell(d, i, c));
                add_text(out, "|");
            }
        ens_dataset_free(d);
    }
    if (st != ENS_OK)
        add_text(out, err.message);
    add_text(out, st == ENS_OK ? "end" : "");
    out->s[out->n] = 0;
    ens_csv_stream_free(stream);
}

START_TEST(streams_give_the_rows_of_the_file_in_batches_of_any_size)
{
    /* All as text, so that a batch cannot judge otherwise than the file. */
    const ens_csv_type types[] = {{"c0", ENS_CATEGORICAL}, {"c1", ENS_CATEGORICAL},
                                  {"c2", ENS_CATEGORICAL}, {"c3", ENS_CATEGORICAL},
                                  {"c4", ENS_CATEGORICAL}, {NULL, 0}};
    const ens_csv_options o = {
        .types = types, .target_optional = 1, .keep_identifiers = 1};
    static text t, whole, parts;

    for (uint64_t i = 0; i < 60; i++) {
        ens__stream s;

        ens__stream_init(&s, 5, ENS__FOR_TEST, i);
        random_text(&t, &s, i % 2 == 0, i % 3 == 0 ? 100 : 0);
        put_file("t.csv", t.s, t.n);
        stream_cells(&whole, in_dir("t.csv"), &o, 1000000);
        for (size_t batch = 1; batch < 40; batch = 2 * batch + 1) {
            stream_cells(&parts, in_dir("t.csv"), &o, batch);
            /* An error comes after the rows of the batches before it. */
            if (strcmp(whole.s + (whole.n < 3 ? 0 : whole.n - 3), "end") == 0)
                ck_assert_str_eq(parts.s, whole.s);
            else
                ck_assert_msg(parts.n >= whole.n &&
                                  strcmp(parts.s + parts.n - whole.n, whole.s) == 0,
                              "%s\n%s", parts.s, whole.s);
        }
    }
}
END_TEST

START_TEST(streams_of_files_larger_than_their_buffer)
{
    enum { ROWS = 100000 };
    const ens_csv_type types[] = {{"a", ENS_NUMERIC}, {"b", ENS_CATEGORICAL}, {NULL, 0}};
    const ens_csv_options o = {.types = types};
    FILE *f = fopen(in_dir("t.csv"), "w");
    ens_csv_stream *stream;
    ens_dataset *d;
    int i = 0;

    fputs("a,b\n", f);
    for (int r = 0; r < ROWS; r++)
        fprintf(f, "%d,\"line %d\n of two\"\n", r, r);
    fputs("x,1\n", f);
    fclose(f);
    ck_ok(ens_csv_stream_open(&stream, in_dir("t.csv"), &o, &err));
    while (i < ROWS) {
        char expected[40];

        ck_ok(ens_csv_stream_next(&d, stream, i % 1000 == 0 ? 1 : 999, &err));
        ck_assert_ptr_nonnull(d);
        for (size_t r = 0; r < ens_dataset_n(d); r++, i++) {
            snprintf(expected, sizeof expected, "line %d\n of two", i);
            ck_assert_double_eq(ens_dataset_get(d, r, 0), i);
            ck_assert_str_eq(cell(d, r, 1), expected);
        }
        ens_dataset_free(d);
    }
    ck_fails(ens_csv_stream_next(&d, stream, 999, &err), ENS_EPARSE,
             "`x` in column `a` is not a number");
    ck_assert_uint_eq(err.line, 2 + 2 * ROWS);
    ck_assert_ptr_null(d);
    ck_fails(ens_csv_stream_next(&d, stream, 0, &err), ENS_EINVAL, "a batch of 0 rows");
    ens_csv_stream_free(stream);
}
END_TEST

START_TEST(streams_open_only_what_they_can_read)
{
    ens_csv_stream *s = (ens_csv_stream *)&err;
    ens_dataset *d = (ens_dataset *)&err;

    ck_fails(ens_csv_stream_open(&s, in_dir("none.csv"), NULL, &err), ENS_EIO,
             "cannot open");
    ck_assert_ptr_null(s);
    put_text("t.csv", "");
    ck_fails(ens_csv_stream_open(&s, in_dir("t.csv"), NULL, &err), ENS_EPARSE,
             "the file is empty");
    put_text("t.csv", "a,b\n1,2\n");
    ck_fails(
        ens_csv_stream_open(&s, in_dir("t.csv"), &(ens_csv_options){.target = "c"}, &err),
        ENS_ENAME, "no column `c`");
    ck_fails(ens_csv_stream_open(&s, in_dir("t.csv"),
                                 &(ens_csv_options){.delimiter = '"'}, &err),
             ENS_EINVAL, "0x22");
    put_text("t.csv", "\xef\xbb\xbf\n\na;b");
    ck_ok(ens_csv_stream_open(&s, in_dir("t.csv"), NULL, &err));
    ck_ok(ens_csv_stream_next(&d, s, 10, &err));
    ck_assert_ptr_null(d);
    ens_csv_stream_free(s);
    ens_csv_stream_free(NULL);
}
END_TEST

/* ---- Memory ----------------------------------------------------------------------------------------- */

START_TEST(every_allocation_of_reading_may_fail)
{
    static const char s[] =
        "a,b,,t\n1,x,2,k\n\"2\",y,3,l\n3,,4,k\n4,\"z\nz\",caf\xe9,l\n";
    const ens_csv_options o = {.target = "t", .threads = 1};
    ens_status st = ENS_ENOMEM;
    long k;

    for (k = 0; st != ENS_OK; k++) {
        const ens__csv_how how = {.chunk = 12};
        ens_dataset *d = (ens_dataset *)&err;

        ens__mem_fail_at(k);
        st = ens__csv_parse(&d, s, sizeof s - 1, "t.csv", &o, &how, &err);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM, "allocation %ld: %s", k,
                      err.message);
        ck_assert((d != NULL) == (st == ENS_OK));
        ens_dataset_free(d);
        ck_assert_int_lt(k, 2000);
    }
    ck_assert_int_gt(k, 50);
}
END_TEST

START_TEST(every_allocation_of_a_stream_may_fail)
{
    ens_status st = ENS_ENOMEM;

    put_text("t.csv", "a,b\n1,x\n2,y\n");
    for (long k = 0; st != ENS_OK; k++) {
        ens_csv_stream *stream = NULL;
        ens_dataset *d = NULL;

        ens__mem_fail_at(k);
        st = ens_csv_stream_open(&stream, in_dir("t.csv"), NULL, &err);
        if (st == ENS_OK)
            st = ens_csv_stream_next(&d, stream, 1, &err);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM, "allocation %ld: %s", k,
                      err.message);
        ens_dataset_free(d);
        ens_csv_stream_free(stream);
        ck_assert_int_lt(k, 2000);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, texts_without_quotes_read_alike_in_every_way);
    tcase_add_test(tc, texts_with_quotes_read_alike_in_every_way);
    tcase_add_test(tc, faulty_texts_fail_alike_in_every_way);
    tcase_add_test(tc, large_texts_read_alike_on_any_number_of_threads);
    tcase_add_test(tc, streams_give_the_rows_of_the_file_in_batches_of_any_size);
    tcase_add_test(tc, streams_of_files_larger_than_their_buffer);
    tcase_add_test(tc, streams_open_only_what_they_can_read);
    tcase_add_test(tc, every_allocation_of_reading_may_fail);
    tcase_add_test(tc, every_allocation_of_a_stream_may_fail);
}

Suite *csv_ways_suite(void);

Suite *csv_ways_suite(void)
{
    return suite_of("csv_ways", add);
}
