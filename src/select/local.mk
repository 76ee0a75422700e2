libens_internal_la_SOURCES += \
	src/select/compare.c \
	src/select/curve.c \
	src/select/cv.c
