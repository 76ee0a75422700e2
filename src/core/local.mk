libens_internal_la_SOURCES += \
	src/core/bytes.c \
	src/core/bytes.h \
	src/core/cgroup.c \
	src/core/cgroup.h \
	src/core/cpu.c \
	src/core/cpu.h \
	src/core/error.c \
	src/core/error.h \
	src/core/family.c \
	src/core/hash.c \
	src/core/hash.h \
	src/core/lexer.c \
	src/core/mem.c \
	src/core/mem.h \
	src/core/memory.c \
	src/core/memory.h \
	src/core/number.c \
	src/core/par.c \
	src/core/par.h \
	src/core/param.c \
	src/core/param.h \
	src/core/param_print.c \
	src/core/quota.c \
	src/core/sink.c \
	src/core/str.c \
	src/core/str.h
