check_PROGRAMS += tests/test_io
tests_test_io_SOURCES = tests/run.h tests/io/main.c
tests_test_io_CPPFLAGS = $(test_cppflags)
tests_test_io_CFLAGS = $(test_cflags)
tests_test_io_LDADD = $(test_ldadd)
