check_PROGRAMS += tests/test_tree
tests_test_tree_SOURCES = tests/run.h tests/tree/main.c \
	tests/tree/naive.c \
	tests/tree/naive.h \
	tests/tree/test_cut.c \
	tests/tree/test_draws.c \
	tests/tree/test_fine.c \
	tests/tree/test_grow.c \
	tests/tree/test_masked.c \
	tests/tree/test_trees_form.c
tests_test_tree_CPPFLAGS = $(test_cppflags)
tests_test_tree_CFLAGS = $(test_cflags)
tests_test_tree_LDADD = $(test_ldadd)
