libens_internal_la_SOURCES += \
	src/ensemble/bag.c \
	src/ensemble/bag.h \
	src/ensemble/bag_fit.c \
	src/ensemble/bagging.c \
	src/ensemble/builtins.c \
	src/ensemble/forest.c \
	src/ensemble/isolation.c \
	src/ensemble/oob.c \
	src/ensemble/oob.h \
	src/ensemble/quantile.c \
	src/ensemble/quantile.h \
	src/ensemble/quantile_file.c
