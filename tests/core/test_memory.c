/* test_memory.c - what memory is available, read from made-up files, and refusing what would not fit. */
#include <config.h>

#include "run.h"
#include <core/memory.h>
#include <sys/stat.h>

#include "files.h"

static ens_error err;

static uint64_t available(void)
{
    return ens__memory_of(in_dir("meminfo"), in_dir("groups"), test_dir);
}

START_TEST(the_machine_has_what_is_available_and_swap)
{
    put_text("meminfo", "MemTotal:       24000000 kB\nMemFree:  1000 kB\n"
                        "MemAvailable:    1000000 kB\nSwapFree:  24 kB\n");
    ck_assert_uint_eq(available(), 1000024ull * 1024);
    put_text("meminfo", "MemTotal: 24000000 kB\nMemAvailable: 7 kB\n");
    ck_assert_uint_eq(available(), 7168);
}
END_TEST

START_TEST(a_group_leaves_its_limit_less_what_it_uses)
{
    put_text("meminfo", "MemAvailable: 1000000 kB\nSwapFree: 1000 kB\n");
    put_text("groups", "0::/job\n");
    mkdir(in_dir("job"), 0777);
    put_text("job/memory.max", "max\n");
    put_text("job/memory.current", "5000\n");
    ck_assert_uint_eq(available(), 1001000ull * 1024);
    put_text("job/memory.max", "100000\n");
    put_text("job/memory.swap.max", "0\n");
    put_text("job/memory.swap.current", "0\n");
    ck_assert_uint_eq(available(), 95000);
    /* files in the cache would be given back */
    put_text("job/memory.stat",
             "anon 3000\nfile 2000\ninactive_file 1500\nactive_file 500\n");
    ck_assert_uint_eq(available(), 97000);
    put_text("memory.max", "50000\n"); /* of the parent */
    put_text("memory.current", "60000\n");
    ck_assert_uint_eq(available(), 0);
}
END_TEST

START_TEST(version_1_has_other_names)
{
    put_text("groups", "3:cpu:/job\n5:memory:/job\n");
    mkdir(in_dir("memory"), 0777);
    mkdir(in_dir("memory/job"), 0777);
    put_text("memory/job/memory.limit_in_bytes", "9000\n");
    put_text("memory/job/memory.usage_in_bytes", "4000\n");
    put_text("memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
    ck_assert_uint_eq(available(), 5100);
}
END_TEST

START_TEST(without_files_nothing_limits)
{
    ck_assert_uint_eq(available(), UINT64_MAX);
    put_text("meminfo", "MemAvailable: plenty\n");
    ck_assert_uint_eq(available(), UINT64_MAX);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_with_the_numbers)
{
    ens__memory_cap(3000000000u); /* of this process: Check forks */
    ck_ok(ens__memory_check(2.9e9, "forest", "9 members", &err));
    ck_fails(
        ens__memory_check(4.56e11, "forest", "9 members", &err), ENS_ENOMEM,
        "forest: its 9 members would take about 456 GB, 3 GB of memory are available");
    ens__memory_cap(1000);
    ck_ok(ens__memory_check(1e8, "forest", "9 members", &err)); /* too little to ask */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, the_machine_has_what_is_available_and_swap);
    tcase_add_test(tc, a_group_leaves_its_limit_less_what_it_uses);
    tcase_add_test(tc, version_1_has_other_names);
    tcase_add_test(tc, without_files_nothing_limits);
    tcase_add_test(tc, what_does_not_fit_is_refused_with_the_numbers);
}

Suite *memory_suite(void);

Suite *memory_suite(void)
{
    return suite_of("memory", add);
}
