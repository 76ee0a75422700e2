check_PROGRAMS += tests/test_metric
tests_test_metric_SOURCES = tests/run.h tests/metric/main.c \
	tests/metric/reference.inc \
	tests/metric/test_metric.c \
	tests/metric/test_reference.c
tests_test_metric_CPPFLAGS = $(test_cppflags)
tests_test_metric_CFLAGS = $(test_cflags)
tests_test_metric_LDADD = $(test_ldadd)

EXTRA_DIST += tests/metric/make_reference.py
