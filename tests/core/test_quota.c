/* test_quota.c - control group limits, read from made-up trees. */
#include <config.h>

#include "run.h"
#include <core/par.h>
#include <sys/stat.h>

#include "files.h"

static void put(const char *dirs, const char *file, const char *text)
{
    char path[512], part[256];

    snprintf(part, sizeof part, "%s", dirs);
    for (char *s = part; s != NULL && *s != 0;) {
        s = strchr(s + 1, '/');
        if (s != NULL)
            *s = 0;
        mkdir(in_dir(part), 0777);
        if (s != NULL)
            *s = '/';
    }
    snprintf(path, sizeof path, "%s%s%s", dirs, *dirs != 0 ? "/" : "", file);
    put_text(path, text);
}

static unsigned quota(void)
{
    return ens__cpu_quota(in_dir("groups"), test_dir);
}

START_TEST(version_2_takes_the_least_up_to_the_root)
{
    put("", "groups", "0::/job/step\n");
    put("job/step", "cpu.max", "max 100000\n");
    ck_assert_uint_eq(quota(), 0);
    put("job", "cpu.max", "350000 100000\n");
    ck_assert_uint_eq(quota(), 4); /* rounded up */
    put("job/step", "cpu.max", "50000 100000\n");
    ck_assert_uint_eq(quota(), 1);
}
END_TEST

START_TEST(version_2_path_of_another_namespace_means_the_root)
{
    put("", "groups", "0::/docker/0123456789\n");
    put("", "cpu.max", "200000 100000\n");
    ck_assert_uint_eq(quota(), 2);
    put("", "groups", "0::/\n");
    ck_assert_uint_eq(quota(), 2);
}
END_TEST

START_TEST(version_1_reads_quota_and_period)
{
    put("", "groups", "5:memory:/m\n4:cpuacct,cpu:/job\n3:cpuset:/\n");
    put("cpu/job", "cpu.cfs_quota_us", "-1\n");
    put("cpu/job", "cpu.cfs_period_us", "100000\n");
    ck_assert_uint_eq(quota(), 0);
    put("cpu/job", "cpu.cfs_quota_us", "300000\n");
    ck_assert_uint_eq(quota(), 3);
    put("", "groups", "5:memory:/job\n3:cpuset:/job\n");
    ck_assert_uint_eq(quota(), 0);
}
END_TEST

START_TEST(nonsense_is_no_limit)
{
    static const char *const limit[] = {"",       "max",      "0 100000", "-5 100000",
                                        "100000", "100000 0", "x y"};

    put("", "groups", "nonsense\n0::/\n");
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++) {
        put("", "cpu.max", limit[i]);
        ck_assert_uint_eq(quota(), 0);
    }
    ck_assert_uint_eq(ens__cpu_quota(in_dir("absent"), test_dir), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, version_2_takes_the_least_up_to_the_root);
    tcase_add_test(tc, version_2_path_of_another_namespace_means_the_root);
    tcase_add_test(tc, version_1_reads_quota_and_period);
    tcase_add_test(tc, nonsense_is_no_limit);
}

Suite *quota_suite(void);

Suite *quota_suite(void)
{
    return suite_of("quota", add);
}
