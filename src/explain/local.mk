libens_internal_la_SOURCES += \
	src/explain/corrected.c \
	src/explain/explain.h \
	src/explain/leaves.c \
	src/explain/oob.c \
	src/explain/permutation.c \
	src/explain/proximity.c \
	src/explain/refit.c
