/* test_reference.c - every metric against scikit-learn's value of it, on the table of make_reference.py. */
#include <config.h>

#include <ensemble/metric.h>

#include "metric/reference.inc"
#include "run.h"

static ens_error err;

/* Issue 2's tolerance; sums in another order differ by less. */
#define TOLERANCE 1e-12

START_TEST(scores_are_those_of_scikit_learn)
{
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        double want = scores[i].value, got;

        ck_ok(ens_metric(&got, scores[i].metric, &evals[scores[i].eval], &err));
        ck_assert_msg(fabs(got - want) <= TOLERANCE * fmax(1, fabs(want)),
                      "evals[%zu] %s: %.17g, scikit-learn has %.17g", scores[i].eval,
                      scores[i].metric, got, want);
    }
}
END_TEST

/* So that a metric added later is not forgotten. */
START_TEST(every_metric_has_cases)
{
    for (size_t m = 0; ens_metric_name(m) != NULL; m++) {
        size_t length = strlen(ens_metric_name(m)), cases = 0;

        for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
            cases += strcspn(scores[i].metric, "(@") == length &&
                     memcmp(scores[i].metric, ens_metric_name(m), length) == 0;
        ck_assert_msg(cases >= 10, "%s has %zu cases", ens_metric_name(m), cases);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, scores_are_those_of_scikit_learn);
    tcase_add_test(tc, every_metric_has_cases);
}

Suite *reference_suite(void);

Suite *reference_suite(void)
{
    return suite_of("reference", add);
}
