/* test_cpu.c - the level of kernels that this processor can run. */
#include <config.h>

#include "run.h"
#include <core/cpu.h>

START_TEST(level_is_capped_and_released)
{
    ens__cpu level = ens__cpu_level();

    ens__cpu_cap(ENS__CPU_BASE);
    ck_assert_int_eq(ens__cpu_level(), ENS__CPU_BASE);
    ens__cpu_cap(ENS__CPU_V3);
    ck_assert_int_le(ens__cpu_level(), ENS__CPU_V3);
    ens__cpu_cap(ENS__CPU_V4);
    ck_assert_int_eq(ens__cpu_level(), level);
}
END_TEST

START_TEST(environment_caps_the_level)
{
    /* Each test is a process of its own. */
    setenv("ENS_SIMD", _i == 0 ? "base" : "v3", 1);
    ck_assert_int_le(ens__cpu_level(), _i == 0 ? ENS__CPU_BASE : ENS__CPU_V3);
}
END_TEST

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static void add_v3(double *a, const double *b)
{
    for (int i = 0; i < 64; i++)
        a[i] += b[i];
}

ENS_TARGET_V4 static void add_v4(double *a, const double *b)
{
    for (int i = 0; i < 64; i++)
        a[i] += b[i];
}

START_TEST(code_of_the_level_runs)
{
    double a[64] = {0}, b[64];

    for (int i = 0; i < 64; i++)
        b[i] = i;
    if (ens__cpu_level() >= ENS__CPU_V3)
        add_v3(a, b);
    if (ens__cpu_level() >= ENS__CPU_V4)
        add_v4(a, b);
    ck_assert_int_eq((int)a[63], 63 * ens__cpu_level());
}
END_TEST
#endif

static void add(TCase *tc)
{
    tcase_add_test(tc, level_is_capped_and_released);
    if (strcmp(getenv("CK_FORK") != NULL ? getenv("CK_FORK") : "yes", "no") != 0)
        tcase_add_loop_test(tc, environment_caps_the_level, 0, 2);
#if ENS_HAVE_LEVELS
    tcase_add_test(tc, code_of_the_level_runs);
#endif
}

Suite *cpu_suite(void);

Suite *cpu_suite(void)
{
    return suite_of("cpu", add);
}
