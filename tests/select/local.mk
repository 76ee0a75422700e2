check_PROGRAMS += tests/test_select
tests_test_select_SOURCES = tests/run.h tests/select/main.c \
	tests/select/tables.h \
	tests/select/test_calibration.c \
	tests/select/test_compare.c \
	tests/select/test_conformal.c \
	tests/select/test_curve.c \
	tests/select/test_cv.c
tests_test_select_CPPFLAGS = $(test_cppflags)
tests_test_select_CFLAGS = $(test_cflags)
tests_test_select_LDADD = $(test_ldadd)

EXTRA_DIST += tests/select/make_calibration_reference.py tests/select/make_reference.py
