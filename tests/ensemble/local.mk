check_PROGRAMS += tests/test_ensemble
tests_test_ensemble_SOURCES = tests/run.h tests/ensemble/main.c \
	tests/ensemble/fits.c \
	tests/ensemble/fits.h \
	tests/learn/toy.c \
	tests/learn/toy.h \
	tests/ensemble/test_bagging.c \
	tests/ensemble/test_determinism.c \
	tests/ensemble/test_isolation.c \
	tests/ensemble/test_more.c \
	tests/ensemble/test_oom.c \
	tests/ensemble/test_quantile.c \
	tests/ensemble/test_trees.c
tests_test_ensemble_CPPFLAGS = $(test_cppflags)
tests_test_ensemble_CFLAGS = $(test_cflags)
tests_test_ensemble_LDADD = $(test_ldadd)

check_PROGRAMS += tests/test_boosting
tests_test_boosting_SOURCES = tests/run.h tests/ensemble/main_boosting.c \
	tests/ensemble/fits.c \
	tests/ensemble/fits.h \
	tests/learn/toy.c \
	tests/learn/toy.h \
	tests/ensemble/test_adaboost.c \
	tests/ensemble/test_boosting.c \
	tests/ensemble/test_gbdt.c \
	tests/ensemble/test_gbdt_bits.c \
	tests/ensemble/test_gbdt_constraints.c \
	tests/ensemble/test_gbdt_parts.c \
	tests/ensemble/test_gbdt_quantile.c \
	tests/ensemble/test_gbdt_rank.c \
	tests/ensemble/test_gbdt_wide.c \
	tests/ensemble/test_offset.c
tests_test_boosting_CPPFLAGS = $(test_cppflags)
tests_test_boosting_CFLAGS = $(test_cflags)
tests_test_boosting_LDADD = $(test_ldadd)

check_PROGRAMS += tests/test_stacking
tests_test_stacking_SOURCES = tests/run.h tests/ensemble/main_stacking.c \
	tests/ensemble/fits.c \
	tests/ensemble/fits.h \
	tests/ensemble/test_auto.c \
	tests/ensemble/test_selection.c \
	tests/ensemble/test_stacking.c
tests_test_stacking_CPPFLAGS = $(test_cppflags)
tests_test_stacking_CFLAGS = $(test_cflags)
tests_test_stacking_LDADD = $(test_ldadd)
