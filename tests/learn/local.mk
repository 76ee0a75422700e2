check_PROGRAMS += tests/test_learn
tests_test_learn_SOURCES = tests/run.h tests/learn/main.c \
	tests/learn/toy.c \
	tests/learn/toy.h \
	tests/learn/faulty.c \
	tests/learn/faulty.h \
	tests/learn/test_check.c \
	tests/learn/test_dummy.c \
	tests/learn/knn_reference.inc \
	tests/learn/test_knn.c \
	tests/learn/linear_reference.inc \
	tests/learn/test_linear.c \
	tests/learn/test_mlp.c \
	tests/learn/test_mlp_gradient.c \
	tests/learn/test_naive_bayes.c \
	tests/learn/test_nist.c \
	tests/learn/test_outoffold.c \
	tests/learn/test_recipe.c \
	tests/learn/test_first_order.c \
	tests/learn/test_fit.c \
	tests/learn/test_tree.c
EXTRA_DIST += tests/learn/make_knn_reference.py tests/learn/make_linear_reference.py
tests_test_learn_CPPFLAGS = $(test_cppflags)
tests_test_learn_CFLAGS = $(test_cflags)
tests_test_learn_LDADD = $(test_ldadd)
