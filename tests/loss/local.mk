check_PROGRAMS += tests/test_loss
tests_test_loss_SOURCES = tests/run.h tests/loss/main.c \
	tests/loss/losses.c \
	tests/loss/losses.h \
	tests/loss/test_gradient.c \
	tests/loss/test_leaf.c \
	tests/loss/test_level.c \
	tests/loss/test_rank.c \
	tests/loss/test_start.c \
	tests/loss/test_target.c
tests_test_loss_CPPFLAGS = $(test_cppflags)
tests_test_loss_CFLAGS = $(test_cflags)
tests_test_loss_LDADD = $(test_ldadd)
