/* test_bytes.c - reading files in pieces and whole, plain and gzip'd. */
#include <config.h>

#include "run.h"
#include <core/bytes.h>
#include <core/mem.h>
#include <errno.h>
#include <sys/wait.h>
#include <time.h>
#include <zlib.h>

#include "files.h"

#define SIZE ((size_t)1000000)

/* Text that shrinks to about a third. */
static void make_text(char *s, size_t n)
{
    unsigned state = 1;

    for (size_t i = 0; i < n; i++) {
        state = state * 1664525U + 1013904223U;
        s[i] = (char)('0' + (state >> 28));
    }
}

static void put_gzip(const char *name, const void *data, size_t n, const char *mode)
{
    gzFile f = gzopen(in_dir(name), mode);

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(gzwrite(f, data, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(f), Z_OK);
}

static char *slurp(size_t *n, const char *name)
{
    FILE *f = fopen(in_dir(name), "rb");
    char *s = malloc(2 * SIZE);

    *n = fread(s, 1, 2 * SIZE, f);
    fclose(f);
    return s;
}

/* Read all of it, in pieces of n, and compare. */
static void check_source(const char *path, const char *text, size_t size, size_t n)
{
    ens__source *src;
    ens_error err;
    size_t at = 0, got;
    char *buf = malloc(n);

    ck_ok(ens__source_open(&src, path, &err));
    for (;;) {
        ck_ok(ens__source_read(&got, src, buf, n, &err));
        if (got == 0)
            break;
        ck_assert_uint_le(at + got, size);
        ck_assert(memcmp(text + at, buf, got) == 0);
        at += got;
    }
    ck_assert_uint_eq(at, size);
    ck_ok(ens__source_read(&got, src, buf, n, &err)); /* the end stays the end */
    ck_assert_uint_eq(got, 0);
    ens__source_free(src);
    free(buf);
}

START_TEST(source_gives_the_bytes_for_any_piece)
{
    static const size_t piece[] = {7, 4096, 262144, 262145, SIZE};
    char *text = malloc(SIZE);

    make_text(text, SIZE);
    put_file("plain", text, SIZE);
    put_gzip("packed", text, SIZE, "wb");
    check_source(in_dir("plain"), text, SIZE, piece[_i]);
    check_source(in_dir("packed"), text, SIZE, piece[_i]);
    free(text);
}
END_TEST

START_TEST(source_reads_short_files)
{
    static const char *const text[] = {"", "a", "ab", "\x1f", "\x1fx"};

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        put_text("short", text[i]);
        check_source(in_dir("short"), text[i], strlen(text[i]), 10);
    }
    put_gzip("empty", "", 0, "wb");
    check_source(in_dir("empty"), "", 0, 10);
}
END_TEST

START_TEST(source_joins_members_and_passes_padding)
{
    FILE *f;

    put_gzip("members", "one,", 4, "wb");
    put_gzip("members", "two", 3, "ab");
    check_source(in_dir("members"), "one,two", 7, 3);
    f = fopen(in_dir("members"), "ab");
    for (int i = 0; i < 1000; i++)
        fputc(0, f);
    fclose(f);
    check_source(in_dir("members"), "one,two", 7, 100);
}
END_TEST

static void check_damaged(const char *text)
{
    ens__bytes b;
    ens_error err;

    ck_fails(ens__bytes_load(&b, in_dir("bad"), 1, &err), ENS_EIO, text);
    ck_assert_ptr_nonnull(strstr(err.message, in_dir("bad")));
    ck_assert_ptr_null(b.data);
}

START_TEST(damaged_gzip_is_an_error)
{
    char *text = malloc(SIZE), *packed;
    size_t n;

    make_text(text, SIZE);
    put_gzip("good", text, SIZE, "wb");
    packed = slurp(&n, "good");
    put_file("bad", packed, n / 2);
    check_damaged("damaged gzip data: it ends too early");
    put_file("bad", packed, n - 1);
    check_damaged("damaged gzip data: it ends too early");
    put_file("bad", packed, 3);
    check_damaged("damaged gzip data: it ends too early");
    packed[n - 5] ^= 1; /* checksum */
    put_file("bad", packed, n);
    check_damaged("damaged gzip data: incorrect");
    packed[n - 5] ^= 1;
    packed[n / 2] ^= 0x55;
    put_file("bad", packed, n);
    check_damaged("damaged gzip data");
    packed[n / 2] ^= 0x55;
    memcpy(packed + n, "trailing", 8);
    put_file("bad", packed, n + 8);
    check_damaged("damaged gzip data");
    free(packed);
    free(text);
}
END_TEST

START_TEST(standard_input_is_a_source)
{
    char *text = malloc(SIZE);

    make_text(text, SIZE);
    put_gzip("packed", text, SIZE, "wb");
    ck_assert_ptr_nonnull(freopen(in_dir("packed"), "rb", stdin));
    check_source("-", text, SIZE, 5000);
    free(text);
}
END_TEST

/* Two writes with a pause between them, into a pipe that is opened once. */
static void write_slowly(const char *path)
{
    struct timespec pause = {0, 50000000};
    FILE *f = fopen(path, "wb");

    setvbuf(f, NULL, _IONBF, 0);
    fputs("a", f);
    nanosleep(&pause, NULL);
    fputs(",b\n", f);
    fclose(f);
}

START_TEST(pipe_is_a_source)
{
    ens__bytes b;
    ens_error err;
    pid_t writer;

    ck_assert_int_eq(mkfifo(in_dir("pipe"), 0600), 0);
    writer = fork();
    ck_assert_int_ge(writer, 0);
    if (writer == 0) {
        write_slowly(in_dir("pipe"));
        _exit(0);
    }
    ck_ok(ens__bytes_load(&b, in_dir("pipe"), 1, &err));
    ck_assert_uint_eq(b.size, 4);
    ck_assert_mem_eq(b.data, "a,b\n", 4);
    ens__bytes_clear(&b);
    waitpid(writer, NULL, 0);
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    ens__source *src = (ens__source *)&src;
    ens__bytes b;
    ens_error err;

    ck_fails(ens__source_open(&src, in_dir("absent"), &err), ENS_EIO, strerror(ENOENT));
    ck_assert_ptr_null(src);
    ck_assert_ptr_nonnull(strstr(err.message, "/absent: cannot open: "));
    ck_fails(ens__bytes_load(&b, in_dir("absent"), 0, &err), ENS_EIO, strerror(ENOENT));
    ck_fails(ens__source_open(&src, test_dir, &err), ENS_EIO, "it is a directory");
    ck_fails(ens__bytes_load(&b, test_dir, 1, &err), ENS_EIO, "it is a directory");
    ck_fails(ens__bytes_load(&b, "", 0, &err), ENS_EIO, strerror(ENOENT));
}
END_TEST

START_TEST(load_gives_the_whole_file)
{
    char *text = malloc(SIZE), *packed;
    size_t n;
    ens__bytes b;
    ens_error err;

    make_text(text, SIZE);
    put_file("plain", text, SIZE);
    put_gzip("packed", text, SIZE, "wb");
    ck_ok(ens__bytes_load(&b, in_dir("plain"), 1, &err));
    ck_assert_uint_eq(b.size, SIZE);
    ck_assert(memcmp(b.data, text, SIZE) == 0);
    ck_assert_uint_eq(b.mapped, SIZE);
    ens__bytes_clear(&b);
    ck_ok(ens__bytes_load(&b, in_dir("packed"), 1, &err));
    ck_assert_uint_eq(b.size, SIZE);
    ck_assert(memcmp(b.data, text, SIZE) == 0);
    ens__bytes_clear(&b);
    ens__bytes_clear(&b); /* twice is fine */

    packed = slurp(&n, "packed"); /* without gunzip it stays as it is, from a pipe too */
    ck_ok(ens__bytes_load(&b, in_dir("packed"), 0, &err));
    ck_assert_uint_eq(b.size, n);
    ck_assert(memcmp(b.data, packed, n) == 0);
    ens__bytes_clear(&b);
    ck_assert_ptr_nonnull(freopen(in_dir("packed"), "rb", stdin));
    ck_ok(ens__bytes_load(&b, "-", 0, &err));
    ck_assert_uint_eq(b.size, n);
    ck_assert(memcmp(b.data, packed, n) == 0);
    ens__bytes_clear(&b);
    free(packed);
    free(text);
}
END_TEST

START_TEST(load_of_an_empty_file_is_empty)
{
    ens__bytes b;
    ens_error err;

    put_text("empty", "");
    ck_ok(ens__bytes_load(&b, in_dir("empty"), _i, &err));
    ck_assert_uint_eq(b.size, 0);
    ens__bytes_clear(&b);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    char *text = malloc(SIZE);
    long k = 0;

    make_text(text, SIZE);
    put_gzip("packed", text, SIZE, "wb");
    for (;; k++) {
        ens__bytes b;
        ens_error err;
        ens_status st;

        ens__mem_fail_at(k);
        st = ens__bytes_load(&b, in_dir("packed"), 1, &err);
        ens__mem_fail_at(-1);
        if (st == ENS_OK) {
            ck_assert(b.size == SIZE && memcmp(b.data, text, SIZE) == 0);
            ens__bytes_clear(&b);
            break;
        }
        ck_assert_int_eq(st, ENS_ENOMEM);
        ck_assert_ptr_null(b.owner);
    }
    ck_assert_int_ge((int)k, 5); /* source, buffer, zlib's two, result */
    free(text);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_loop_test(tc, source_gives_the_bytes_for_any_piece, 0, 5);
    tcase_add_test(tc, source_reads_short_files);
    tcase_add_test(tc, source_joins_members_and_passes_padding);
    tcase_add_test(tc, damaged_gzip_is_an_error);
    tcase_add_test(tc, standard_input_is_a_source);
    tcase_add_test(tc, pipe_is_a_source);
    tcase_add_test(tc, what_cannot_be_read_is_named);
    tcase_add_test(tc, load_gives_the_whole_file);
    tcase_add_loop_test(tc, load_of_an_empty_file_is_empty, 0, 2);
    tcase_add_test(tc, every_allocation_may_fail);
}

Suite *bytes_suite(void);

Suite *bytes_suite(void)
{
    return suite_of("bytes", add);
}
