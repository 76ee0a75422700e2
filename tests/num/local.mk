check_PROGRAMS += tests/test_num
tests_test_num_SOURCES = tests/run.h tests/num/main.c
tests_test_num_CPPFLAGS = $(test_cppflags)
tests_test_num_CFLAGS = $(test_cflags)
tests_test_num_LDADD = $(test_ldadd)
