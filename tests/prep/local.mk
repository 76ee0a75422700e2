check_PROGRAMS += tests/test_prep
tests_test_prep_SOURCES = tests/run.h tests/prep/main.c \
	tests/prep/reference.inc \
	tests/prep/test_pipeline.c \
	tests/prep/test_reference.c \
	tests/prep/test_through.c
tests_test_prep_CPPFLAGS = $(test_cppflags)
tests_test_prep_CFLAGS = $(test_cflags)
tests_test_prep_LDADD = $(test_ldadd)

EXTRA_DIST += tests/prep/make_reference.py
