check_PROGRAMS += tests/test_data
tests_test_data_SOURCES = tests/run.h tests/comma.h tests/core/files.h tests/data/main.c \
	tests/data/csv_help.h \
	tests/data/test_bins.c \
	tests/data/test_csv.c \
	tests/data/test_csv_bad.c \
	tests/data/test_csv_ways.c \
	tests/data/test_csv_write.c \
	tests/data/test_dataset.c \
	tests/data/folds_reference.inc \
	tests/data/test_folds.c \
	tests/data/test_generate.c \
	tests/data/test_intern.c \
	tests/data/test_packed.c \
	tests/data/test_split.c \
	tests/data/test_svmlight.c
tests_test_data_CPPFLAGS = $(test_cppflags)
tests_test_data_CFLAGS = $(test_cflags)
tests_test_data_LDADD = $(test_ldadd)
EXTRA_DIST += tests/data/make_folds_reference.py
