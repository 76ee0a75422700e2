check_PROGRAMS += tests/test_io
tests_test_io_SOURCES = tests/run.h tests/io/main.c \
	tests/io/fixture.c \
	tests/io/fixture.h \
	tests/io/pieces.c \
	tests/io/pieces.h \
	tests/io/test_container.c \
	tests/io/test_damaged.c \
	tests/io/test_hostile.c \
	tests/io/test_model.c
tests_test_io_CPPFLAGS = $(test_cppflags)
tests_test_io_CFLAGS = $(test_cflags)
tests_test_io_LDADD = $(test_ldadd)

TESTS += tests/io/check_safetensors.sh
EXTRA_DIST += tests/io/check_safetensors.sh tests/io/read_safetensors.py
