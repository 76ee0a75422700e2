libens_internal_la_SOURCES += \
	src/tree/absolute.c \
	src/tree/boundary.c \
	src/tree/build.c \
	src/tree/build.h \
	src/tree/cut.c \
	src/tree/cuts.c \
	src/tree/cuts.h \
	src/tree/direct.c \
	src/tree/groups.c \
	src/tree/grow.c \
	src/tree/isolate.c \
	src/tree/part.c \
	src/tree/prune.c \
	src/tree/rows.c \
	src/tree/split.c \
	src/tree/team.c \
	src/tree/tree.h \
	src/tree/trees.c \
	src/tree/trees.h \
	src/tree/trees_walk.c \
	src/tree/values.c \
	src/tree/values.h \
	src/tree/walk.c \
	src/tree/work.h
