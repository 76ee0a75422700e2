check_PROGRAMS += tests/test_metric
tests_test_metric_SOURCES = tests/run.h tests/metric/main.c
tests_test_metric_CPPFLAGS = $(test_cppflags)
tests_test_metric_CFLAGS = $(test_cflags)
tests_test_metric_LDADD = $(test_ldadd)
