check_PROGRAMS += tests/test_explain
tests_test_explain_SOURCES = tests/run.h tests/explain/main.c \
	tests/explain/table.c \
	tests/explain/table.h \
	tests/explain/test_importance.c \
	tests/explain/test_oob.c \
	tests/explain/test_permutation.c \
	tests/explain/test_proximity.c
tests_test_explain_CPPFLAGS = $(test_cppflags)
tests_test_explain_CFLAGS = $(test_cflags)
tests_test_explain_LDADD = $(test_ldadd)

EXTRA_DIST += tests/explain/make_reference.py
