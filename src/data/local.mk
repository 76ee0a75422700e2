libens_internal_la_SOURCES += \
	src/data/bins.h \
	src/data/dataset.h
