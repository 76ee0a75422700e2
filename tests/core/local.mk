check_PROGRAMS += tests/test_core
tests_test_core_SOURCES = tests/run.h tests/core/main.c
tests_test_core_CPPFLAGS = $(test_cppflags)
tests_test_core_CFLAGS = $(test_cflags)
tests_test_core_LDADD = $(test_ldadd)
