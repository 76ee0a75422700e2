libens_internal_la_SOURCES += \
	src/metric/interval.c \
	src/metric/label.c \
	src/metric/metric.c \
	src/metric/metric.h \
	src/metric/probability.c \
	src/metric/rank.c \
	src/metric/response.c
