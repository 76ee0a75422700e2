/* test_sink.c - writing a file all or not at all. */
#include <config.h>

#include "run.h"
#include <core/bytes.h>
#include <core/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "files.h"

static ens_status write_text(const char *path, const char *text, ens_error *err)
{
    ens__sink *sink;
    ens_status st;

    if ((st = ens__sink_open(&sink, path, err)) != ENS_OK)
        return st;
    if ((st = ens__sink_write(sink, text, strlen(text), err)) != ENS_OK) {
        ens__sink_abort(sink);
        return st;
    }
    return ens__sink_close(sink, err);
}

static unsigned mode_of(const char *path)
{
    struct stat s;

    ck_assert_int_eq(stat(path, &s), 0);
    return s.st_mode & 07777;
}

START_TEST(new_file_has_the_permissions_that_umask_gives)
{
    ens_error err;
    mode_t old = umask(027);

    ck_ok(write_text(in_dir("a"), "text", &err));
    umask(old);
    check_text(in_dir("a"), "text");
    ck_assert_uint_eq(mode_of(in_dir("a")), 0640);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(old_file_is_there_until_close_and_keeps_its_permissions)
{
    ens__sink *sink;
    ens_error err;

    put_text("a", "old");
    ck_assert_int_eq(chmod(in_dir("a"), 0600), 0);
    ck_ok(ens__sink_open(&sink, in_dir("a"), &err));
    ck_ok(ens__sink_write(sink, "ne", 2, &err));
    ck_ok(ens__sink_write(sink, "w", 1, &err));
    check_text(in_dir("a"), "old");
    ck_ok(ens__sink_close(sink, &err));
    check_text(in_dir("a"), "new");
    ck_assert_uint_eq(mode_of(in_dir("a")), 0600);
}
END_TEST

START_TEST(abort_leaves_all_as_it_was)
{
    ens__sink *sink;
    ens_error err;

    put_text("a", "old");
    ck_ok(ens__sink_open(&sink, in_dir("a"), &err));
    ck_ok(ens__sink_write(sink, "new", 3, &err));
    ck_assert_int_eq(count_files(), 2);
    ens__sink_abort(sink);
    ens__sink_abort(NULL);
    check_text(in_dir("a"), "old");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(large_and_small_pieces_keep_their_order)
{
    size_t n = 200000, at = 0;
    char *text = malloc(n);
    ens__sink *sink;
    ens__bytes b;
    ens_error err;

    for (size_t i = 0; i < n; i++)
        text[i] = (char)(i * 7 + i / 1000);
    ck_ok(ens__sink_open(&sink, in_dir("a"), &err));
    for (size_t piece = 1; at < n; piece = piece * 3 % 100003) {
        size_t k = piece < n - at ? piece : n - at;

        ck_ok(ens__sink_write(sink, text + at, k, &err));
        at += k;
    }
    ck_ok(ens__sink_close(sink, &err));
    ck_ok(ens__bytes_load(&b, in_dir("a"), 0, &err));
    ck_assert_uint_eq(b.size, n);
    ck_assert(memcmp(b.data, text, n) == 0);
    ens__bytes_clear(&b);
    free(text);
}
END_TEST

START_TEST(two_sinks_of_one_path_do_not_mix)
{
    ens__sink *a, *b;
    ens_error err;

    ck_ok(ens__sink_open(&a, in_dir("a"), &err));
    ck_ok(ens__sink_open(&b, in_dir("a"), &err));
    ck_ok(ens__sink_write(a, "first", 5, &err));
    ck_ok(ens__sink_write(b, "second", 6, &err));
    ck_ok(ens__sink_close(b, &err));
    check_text(in_dir("a"), "second");
    ck_ok(ens__sink_close(a, &err));
    check_text(in_dir("a"), "first");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(link_stays_and_its_target_is_replaced)
{
    struct stat s;
    ens_error err;

    put_text("a", "old");
    ck_assert_int_eq(symlink("a", in_dir("relative")), 0);
    ck_assert_int_eq(symlink(in_dir("relative"), in_dir("absolute")), 0);
    ck_ok(write_text(in_dir("absolute"), "new", &err));
    check_text(in_dir("a"), "new");
    ck_assert_int_eq(lstat(in_dir("absolute"), &s), 0);
    ck_assert(S_ISLNK(s.st_mode));
    ck_assert_int_eq(lstat(in_dir("relative"), &s), 0);
    ck_assert(S_ISLNK(s.st_mode));

    ck_assert_int_eq(symlink("later", in_dir("dangling")), 0);
    ck_ok(write_text(in_dir("dangling"), "there", &err));
    check_text(in_dir("later"), "there");
    ck_assert_int_eq(symlink("circle", in_dir("circle")), 0);
    ck_fails(write_text(in_dir("circle"), "x", &err), ENS_EIO, strerror(ELOOP));
}
END_TEST

START_TEST(devices_and_descriptors_are_written_directly)
{
    ens_error err;
    int fd, saved = dup(STDOUT_FILENO);
    char path[64];
    struct stat s;

    ck_ok(write_text("/dev/null", "gone", &err));
    ck_assert_int_eq(stat("/dev/null", &s), 0);
    ck_assert(S_ISCHR(s.st_mode));

    fd = open(in_dir("out"), O_RDWR | O_CREAT | O_TRUNC, 0666);
    ck_assert_int_ge(fd, 0);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    ck_assert_int_eq(write(STDOUT_FILENO, "head ", 5), 5);
    ens_status st = write_text("/dev/stdout", "one ", &err);
    if (st == ENS_OK)
        st = write_text("/dev/fd/1", "two", &err);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    ck_ok(st);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ck_assert_int_eq(symlink(path, in_dir("link")), 0);
    ck_ok(write_text(in_dir("link"), ".", &err));
    check_text(in_dir("out"), "head one two.");
    close(fd);
    ck_fails(write_text("/dev/fd/987", "x", &err), ENS_EIO,
             "/dev/fd/987: cannot write: ");
}
END_TEST

START_TEST(full_device_is_an_error_with_path_and_reason)
{
    ens_error err;

    if (access("/dev/full", W_OK) != 0)
        return;
    ck_fails(write_text("/dev/full", "text", &err), ENS_EIO, "/dev/full: cannot write: ");
    ck_assert_ptr_nonnull(strstr(err.message, strerror(ENOSPC)));
}
END_TEST

START_TEST(failed_write_leaves_the_old_file_only)
{
    struct rlimit old, limit;
    ens__sink *sink;
    ens_error err, again;
    ens_status st = ENS_OK;

    put_text("a", "old");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 100000;
    ck_ok(ens__sink_open(&sink, in_dir("a"), &err));
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 40000 && st == ENS_OK; i++)
        st = ens__sink_write(sink, "0123456789", 10, &err);
    ens_status closed = ens__sink_close(sink, &again);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(st, ENS_EIO);
    ck_assert_ptr_nonnull(strstr(err.message, strerror(EFBIG)));
    ck_assert_int_eq(closed, ENS_EIO); /* the failure sticks */
    ck_assert_str_eq(again.message, err.message);
    check_text(in_dir("a"), "old");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(what_cannot_be_written_is_named_at_once)
{
    ens__sink *sink = (ens__sink *)&sink;
    ens_error err;

    ck_fails(ens__sink_open(&sink, test_dir, &err), ENS_EIO, "it is a directory");
    ck_assert_ptr_null(sink);
    ck_fails(ens__sink_open(&sink, in_dir("no/such"), &err), ENS_EIO, strerror(ENOENT));
    ck_assert_ptr_nonnull(strstr(err.message, "/no/such: cannot write: "));
    ck_fails(ens__sink_open(&sink, in_dir("new/"), &err), ENS_EIO,
             "new/: cannot write: ");
    ck_fails(ens__sink_open(&sink, "", &err), ENS_EIO, "is empty");
    if (geteuid() != 0) {
        put_text("a", "old");
        chmod(in_dir("a"), 0400);
        ck_fails(ens__sink_open(&sink, in_dir("a"), &err), ENS_EIO, strerror(EACCES));
    }
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    long k = 0;

    put_text("a", "old");
    ck_assert_int_eq(symlink("a", in_dir("link")), 0);
    for (;; k++) {
        ens_error err;

        ens__mem_fail_at(k);
        ens_status st = write_text(in_dir("link"), "new", &err);
        ens__mem_fail_at(-1);
        ck_assert_int_eq(count_files(), 2);
        if (st == ENS_OK)
            break;
        ck_assert_int_eq(st, ENS_ENOMEM);
        check_text(in_dir("a"), "old");
    }
    check_text(in_dir("a"), "new");
    ck_assert_int_ge((int)k, 5); /* sink, name, buffer, target, link's, temporary name */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, new_file_has_the_permissions_that_umask_gives);
    tcase_add_test(tc, old_file_is_there_until_close_and_keeps_its_permissions);
    tcase_add_test(tc, abort_leaves_all_as_it_was);
    tcase_add_test(tc, large_and_small_pieces_keep_their_order);
    tcase_add_test(tc, two_sinks_of_one_path_do_not_mix);
    tcase_add_test(tc, link_stays_and_its_target_is_replaced);
    tcase_add_test(tc, devices_and_descriptors_are_written_directly);
    tcase_add_test(tc, full_device_is_an_error_with_path_and_reason);
    tcase_add_test(tc, failed_write_leaves_the_old_file_only);
    tcase_add_test(tc, what_cannot_be_written_is_named_at_once);
    tcase_add_test(tc, every_allocation_may_fail);
}

Suite *sink_suite(void);

Suite *sink_suite(void)
{
    return suite_of("sink", add);
}
