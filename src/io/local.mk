EXTRA_DIST += doc/model-format.md

libens_internal_la_SOURCES += \
	src/io/format.c \
	src/io/format.h \
	src/io/json.c \
	src/io/json.h \
	src/io/model.c \
	src/io/reader.c \
	src/io/reader.h \
	src/io/schema.c \
	src/io/schema.h \
	src/io/writer.c \
	src/io/writer.h
