/* test_csv_write.c - what is written reads back the same. */
#include <config.h>

#include "core/files.h"
#include "csv_help.h"
#include <num/rng.h>

static char written[100000];

/* What ens_csv_write() makes of a table. */
static const char *write_all(const ens_dataset *d, char delimiter)
{
    FILE *f = fopen(in_dir("out.csv"), "w+b");
    size_t n;

    ck_assert_ptr_nonnull(f);
    ck_ok(ens_csv_write(d, f, delimiter, &err));
    rewind(f);
    n = fread(written, 1, sizeof written - 1, f);
    written[n] = 0;
    fclose(f);
    return written;
}

START_TEST(writes_quotes_only_where_they_are_needed)
{
    ens_dataset *d = read_text("a,\"b,1\",\"q\"\"q\"\n1.50,plain,\" "
                               "x\"\n,\"a,b\",\"two\nlines\"\n-0,\"say \"\"hi\"\"\",NA\n",
                               NULL);

    ck_assert_str_eq(write_all(d, 0),
                     "a,\"b,1\",\"q\"\"q\"\n1.5,plain,\" "
                     "x\"\n,\"a,b\",\"two\nlines\"\n-0,\"say \"\"hi\"\"\",\n");
    ck_assert_str_eq(write_all(d, ';'),
                     "a;b,1;\"q\"\"q\"\n1.5;plain;\" x\"\n;a,b;\"two\nlines\"\n-0;\"say "
                     "\"\"hi\"\"\";\n");
    ens_dataset_free(d);
}
END_TEST

START_TEST(what_is_written_reads_back_the_same)
{
    enum { N = 300 };
    static const char *const levels[] = {"a",   "b,c", "\"", "x\ny",     " s",
                                         "t\t", "\r",  "7",  "d\xc3\xa9"};
    static double x[N];
    static int32_t code[N];
    const ens_column columns[] = {
        {.name = "x\n", .x = x},
        {.name = "c,", .code = code, .levels = levels, .n_levels = 9}};
    ens_dataset *d, *back;
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (int i = 0; i < N; i++) {
        uint64_t bits = ens__stream_u64(&s);

        memcpy(&x[i], &bits, sizeof bits);
        if (!isfinite(x[i]))
            x[i] = NAN;
        code[i] = i < 9 ? i : (int32_t)ens__stream_below(&s, 10) - 1;
    }
    ck_ok(ens_dataset_from_columns(&d, columns, 2, N, ENS_TASK_AUTO, &err));
    for (const char *delimiter = ",;\t|"; *delimiter != 0; delimiter++) {
        const ens_csv_options o = {.delimiter = *delimiter};

        /* NaN has many bits; only that it is missing must come back. */
        ck_ok(ens_csv_parse(&back, written, strlen(write_all(d, *delimiter)), "t", &o,
                            &err));
        for (size_t i = 0; i < N; i++)
            ck_assert(isnan(x[i]) ? isnan(back->table->column[0].x[i])
                                  : x[i] == back->table->column[0].x[i]);
        for (size_t i = 0; i < N; i++)
            ck_assert_str_eq(cell(d, i, 1), cell(back, i, 1));
        ens_dataset_free(back);
    }
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_view_is_written_in_its_order)
{
    const size_t rows[] = {2, 0, 2};
    ens_dataset *d = read_text("x\n1\n2\n3\n", NULL), *view;

    ck_ok(ens_dataset_subset(&view, d, rows, 3, &err));
    ck_assert_str_eq(write_all(view, 0), "x\n3\n1\n3\n");
    ens_dataset_free(view);
    ens_dataset_free(d);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    ens_dataset *d = read_text("x,y\n1,a\n", NULL);
    FILE *full = fopen("/dev/full", "w");

    if (full == NULL) {
        puts("skipped: there is no /dev/full here");
    } else {
        ck_fails(ens_csv_write(d, full, 0, &err), ENS_EIO, "cannot write: ");
        fclose(full);
        full = fopen("/dev/full", "w");
        setvbuf(full, NULL, _IONBF, 0);
        ck_fails(ens_csv_write(d, full, 0, &err), ENS_EIO, "cannot write: ");
        ck_fails(ens_csv_write_text(full, "x", 0, &err), ENS_EIO, "cannot write: ");
        ck_fails(ens_csv_write_text(full, "a,b", 0, &err), ENS_EIO, "cannot write: ");
        ck_fails(ens_csv_write_number(full, 1, &err), ENS_EIO, "cannot write: ");
        ck_ok(ens_csv_write_number(full, NAN, &err));
        fclose(full);
    }
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, writes_quotes_only_where_they_are_needed);
    tcase_add_test(tc, what_is_written_reads_back_the_same);
    tcase_add_test(tc, a_view_is_written_in_its_order);
    tcase_add_test(tc, a_full_disk_is_an_error);
}

Suite *csv_write_suite(void);

Suite *csv_write_suite(void)
{
    return suite_of("csv_write", add);
}
