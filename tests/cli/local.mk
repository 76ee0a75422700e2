check_PROGRAMS += tests/test_cli
tests_test_cli_SOURCES = tests/run.h \
	tests/cli/cli.c \
	tests/cli/cli.h \
	tests/cli/main.c \
	tests/cli/test_anomaly.c \
	tests/cli/test_bad.c \
	tests/cli/test_boosting.c \
	tests/cli/test_cv.c \
	tests/cli/test_evaluate.c \
	tests/cli/test_explain.c \
	tests/cli/test_files.c \
	tests/cli/test_linear.c \
	tests/cli/test_lists.c \
	tests/cli/test_predict.c \
	tests/cli/test_rounds.c \
	tests/cli/test_svmlight.c \
	tests/cli/test_train.c
tests_test_cli_CPPFLAGS = $(test_cppflags)
tests_test_cli_CFLAGS = $(test_cflags)
tests_test_cli_LDADD = $(test_ldadd) $(JANSSON_LIBS)

TESTS += tests/cli/check_manual.sh
EXTRA_DIST += tests/cli/check_manual.sh
