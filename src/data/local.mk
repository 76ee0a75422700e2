libens_internal_la_SOURCES += \
	src/data/bins.h \
	src/data/dataset.c \
	src/data/dataset.h \
	src/data/levels.c \
	src/data/table.c
