check_PROGRAMS += tests/test_core
tests_test_core_SOURCES = tests/run.h tests/comma.h tests/core/main.c \
	tests/core/files.h \
	tests/core/test_bytes.c \
	tests/core/test_cpu.c \
	tests/core/test_memory.c \
	tests/core/test_number.c \
	tests/core/test_par.c \
	tests/core/test_param.c \
	tests/core/test_quota.c \
	tests/core/test_sink.c \
	tests/core/test_str.c
tests_test_core_CPPFLAGS = $(test_cppflags)
tests_test_core_CFLAGS = $(test_cflags)
tests_test_core_LDADD = $(test_ldadd)
