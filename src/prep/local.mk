libens_internal_la_SOURCES += \
	src/prep/donors.c \
	src/prep/donors.h \
	src/prep/drop_missing.c \
	src/prep/impute.c \
	src/prep/normalize.c \
	src/prep/onehot.c \
	src/prep/ordinal.c \
	src/prep/pca.c \
	src/prep/polynomial.c \
	src/prep/power.c \
	src/prep/prep.c \
	src/prep/prep.h \
	src/prep/quantile.c \
	src/prep/robust.c \
	src/prep/scale.c \
	src/prep/scale.h \
	src/prep/sorted.c \
	src/prep/select.c \
	src/prep/sorted.h \
	src/prep/target_encode.c
