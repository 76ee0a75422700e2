libens_internal_la_SOURCES += \
	src/num/rng.h \
	src/num/sample.h \
	src/num/stats.h
