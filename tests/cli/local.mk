check_PROGRAMS += tests/test_cli
tests_test_cli_SOURCES = tests/run.h tests/cli/main.c
tests_test_cli_CPPFLAGS = $(test_cppflags)
tests_test_cli_CFLAGS = $(test_cflags)
tests_test_cli_LDADD = $(test_ldadd)
