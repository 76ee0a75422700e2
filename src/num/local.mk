libens_internal_la_SOURCES += \
	src/num/elementary.h \
	src/num/gsl.h \
	src/num/rng.c \
	src/num/rng.h \
	src/num/sample.c \
	src/num/sample.h \
	src/num/select.c \
	src/num/sort.c \
	src/num/stats.c \
	src/num/stats.h
