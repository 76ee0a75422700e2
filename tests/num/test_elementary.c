/* test_elementary.c - exp and log as plain arithmetic, beside those of the C library. */
#include <config.h>

#include "run.h"

#include <float.h>
#include <num/elementary.h>

/* Units in the last place of want between the two. */
static double ulps(double got, double want, double epsilon)
{
    return fabs(got - want) / (fabs(want) * epsilon);
}

START_TEST(expf_is_within_its_error)
{
    double worst = 0;

    for (double x = -87.2; x < 88.2; x += 0.00137)
        worst = fmax(worst, ulps(ens__expf((float)x), exp((float)x), FLT_EPSILON));
    ck_assert_msg(worst < 1.5, "%g units", worst);
}
END_TEST

START_TEST(exp_is_within_its_error)
{
    double worst = 0;

    for (double x = -707.9; x < 708.9; x += 0.0137)
        worst = fmax(worst, ulps(ens__exp(x), exp(x), DBL_EPSILON));
    ck_assert_msg(worst < 2, "%g units", worst);
}
END_TEST

START_TEST(log_is_within_its_error)
{
    double worst = 0;

    for (double x = 1e-300; x < 1e300; x *= 1.0137)
        worst = fmax(worst, ulps(ens__log(x), log(x), DBL_EPSILON));
    for (double x = 0.5; x < 2; x += 0.000137)
        worst = fmax(worst, ulps(ens__log(x), log(x), DBL_EPSILON));
    ck_assert_msg(worst < 2, "%g units", worst);
    ck_assert(ens__log(1) == 0);
}
END_TEST

START_TEST(exp_saturates_at_normal_numbers)
{
    ck_assert(isnormal(ens__expf(-1e30F)) && isnormal(ens__expf(1e30F)));
    ck_assert(isnormal(ens__expf(-INFINITY)) && isnormal(ens__expf(INFINITY)));
    ck_assert(isnormal(ens__exp(-INFINITY)) && isnormal(ens__exp(INFINITY)));
    ck_assert(ens__expf(-INFINITY) < 2e-38F && ens__expf(INFINITY) > 2e38F);
    ck_assert(ens__exp(-INFINITY) < 1e-307 && ens__exp(INFINITY) > 8e307);
    ck_assert(isnan(ens__expf(NAN)) && isnan(ens__exp(NAN)));
    ck_assert(ens__expf(0) == 1 && ens__exp(0) == 1);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, expf_is_within_its_error);
    tcase_add_test(tc, exp_is_within_its_error);
    tcase_add_test(tc, log_is_within_its_error);
    tcase_add_test(tc, exp_saturates_at_normal_numbers);
}

Suite *elementary_suite(void);
Suite *elementary_suite(void)
{
    return suite_of("elementary", add_cases);
}
