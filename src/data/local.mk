libens_internal_la_SOURCES += \
	src/data/bins.c \
	src/data/bins.h \
	src/data/clusters.c \
	src/data/csv.h \
	src/data/csv_cells.c \
	src/data/csv_header.c \
	src/data/csv_read.c \
	src/data/csv_stream.c \
	src/data/csv_text.c \
	src/data/csv_write.c \
	src/data/dataset.c \
	src/data/dataset.h \
	src/data/generate.c \
	src/data/generate.h \
	src/data/intern.c \
	src/data/intern.h \
	src/data/levels.c \
	src/data/packed.c \
	src/data/packed.h \
	src/data/split.c \
	src/data/split_groups.c \
	src/data/svmlight.c \
	src/data/svmlight.h \
	src/data/svmlight_lines.c \
	src/data/svmlight_query.c \
	src/data/table.c \
	src/data/table_read.c
