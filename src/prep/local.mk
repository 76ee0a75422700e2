libens_internal_la_SOURCES += \
	src/prep/impute.c \
	src/prep/onehot.c \
	src/prep/prep.h \
	src/prep/scale.c
