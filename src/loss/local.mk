libens_internal_la_SOURCES += \
	src/loss/classes.c \
	src/loss/counts.c \
	src/loss/kernel.h \
	src/loss/loss.c \
	src/loss/loss.h \
	src/loss/quantile.c \
	src/loss/rank.c \
	src/loss/response.c \
	src/loss/start.c \
	src/loss/types.c
