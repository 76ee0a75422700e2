check_PROGRAMS += tests/test_num
tests_test_num_SOURCES = tests/run.h tests/num/main.c \
	tests/num/chi.h \
	tests/num/test_distinct.c \
	tests/num/test_elementary.c \
	tests/num/test_mix.c \
	tests/num/test_matmul.c \
	tests/num/optim_reference.inc \
	tests/num/test_gram.c \
	tests/num/test_near.c \
	tests/num/test_optim.c \
	tests/num/test_paired.c \
	tests/num/test_rng.c \
	tests/num/test_sample.c \
	tests/num/test_select.c \
	tests/num/test_sort.c \
	tests/num/test_stats.c
EXTRA_DIST += tests/num/make_optim_reference.py
tests_test_num_CPPFLAGS = $(test_cppflags)
tests_test_num_CFLAGS = $(test_cflags)
tests_test_num_LDADD = $(test_ldadd)
