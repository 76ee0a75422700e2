/* run.h - what every Check program shares: running its suites, and checks that show the error. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include <check.h>
#include <ensemble/base.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Run all suites of a NULL-ended array and print Check's totals. Learners must not run before Check forks. */
static inline int run_suites(Suite *(*const *suites)(void))
{
    SRunner *sr = srunner_create(NULL);
    int failed;

    for (size_t i = 0; suites[i] != NULL; i++)
        srunner_add_suite(sr, suites[i]());
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A suite of one case with a time limit that valgrind can keep. */
static inline Suite *suite_of(const char *name, void (*add)(TCase *tc))
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, 300);
    add(tc);
    suite_add_tcase(s, tc);
    return s;
}

/* The call succeeds; its error message is shown if not. `err` is the ens_error it was given. */
#define ck_ok(call)                                                                                \
    do {                                                                                           \
        ens_status ck_st_ = (call);                                                                \
        ck_assert_msg(ck_st_ == ENS_OK, "%s: %s", #call, err.message);                             \
    } while (0)

/* The call fails with this status and a message that contains this text. */
#define ck_fails(call, status, text)                                                               \
    do {                                                                                           \
        ens_status ck_st_;                                                                         \
        err.message[0] = 0;                                                                        \
        ck_st_ = (call);                                                                           \
        ck_assert_msg(ck_st_ == (status), "%s: status %d (%s), message: %s", #call, (int)ck_st_,   \
                      ens_status_string(ck_st_), err.message);                                     \
        ck_assert_msg(strstr(err.message, (text)) != NULL, "message without \"%s\": %s", (text),   \
                      err.message);                                                                \
    } while (0)

#endif
