libens_internal_la_SOURCES += \
	src/num/dd.h \
	src/num/distinct.c \
	src/num/distinct.h \
	src/num/elementary.h \
	src/num/gram.c \
	src/num/gram.h \
	src/num/gsl.h \
	src/num/lbfgs.c \
	src/num/mix.c \
	src/num/mix.h \
	src/num/near.c \
	src/num/near.h \
	src/num/near_kernels.c \
	src/num/near_kernels.h \
	src/num/optim.c \
	src/num/paired.c \
	src/num/paired.h \
	src/num/rng.c \
	src/num/rng.h \
	src/num/sample.c \
	src/num/sample.h \
	src/num/select.c \
	src/num/solve.c \
	src/num/solve.h \
	src/num/sort.c \
	src/num/stats.c \
	src/num/stats.h
