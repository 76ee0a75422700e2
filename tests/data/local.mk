check_PROGRAMS += tests/test_data
tests_test_data_SOURCES = tests/run.h tests/data/main.c \
	tests/data/test_split.c
tests_test_data_CPPFLAGS = $(test_cppflags)
tests_test_data_CFLAGS = $(test_cflags)
tests_test_data_LDADD = $(test_ldadd)
