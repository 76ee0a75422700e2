# The command: public headers only, as any user's program.
bin_PROGRAMS += ensemble
ensemble_SOURCES = \
	src/cli/cli.h \
	src/cli/compare.c \
	src/cli/curve.c \
	src/cli/cv.c \
	src/cli/evaluate.c \
	src/cli/explain.c \
	src/cli/explain.h \
	src/cli/explain_rows.c \
	src/cli/fits.c \
	src/cli/fits.h \
	src/cli/generate.c \
	src/cli/inspect.c \
	src/cli/interrupt.c \
	src/cli/interrupt.h \
	src/cli/main.c \
	src/cli/options.c \
	src/cli/options.h \
	src/cli/outfile.c \
	src/cli/outfile.h \
	src/cli/params.c \
	src/cli/predict.c \
	src/cli/progress.c \
	src/cli/progress.h \
	src/cli/report.c \
	src/cli/report.h \
	src/cli/scores.c \
	src/cli/scores.h \
	src/cli/tables.c \
	src/cli/tables.h \
	src/cli/train.c \
	src/cli/understood.c \
	src/cli/understood.h
ensemble_LDADD = libensemble.la $(JANSSON_LIBS)
