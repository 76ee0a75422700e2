libens_internal_la_SOURCES += \
	src/prep/drop_missing.c \
	src/prep/impute.c \
	src/prep/normalize.c \
	src/prep/onehot.c \
	src/prep/ordinal.c \
	src/prep/prep.c \
	src/prep/prep.h \
	src/prep/robust.c \
	src/prep/scale.c \
	src/prep/scale.h
