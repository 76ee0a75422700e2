libens_internal_la_SOURCES += \
	src/loss/classes.c \
	src/loss/kernel.h \
	src/loss/loss.c \
	src/loss/loss.h \
	src/loss/response.c \
	src/loss/start.c \
	src/loss/types.c
