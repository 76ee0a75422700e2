libens_internal_la_SOURCES += \
	src/ensemble/adaboost.c \
	src/ensemble/adaboost.h \
	src/ensemble/adaboost_fit.c \
	src/ensemble/adaboost_predict.c \
	src/ensemble/bag.c \
	src/ensemble/bag.h \
	src/ensemble/bag_fit.c \
	src/ensemble/bagging.c \
	src/ensemble/builtins.c \
	src/ensemble/chain.c \
	src/ensemble/chain.h \
	src/ensemble/forest.c \
	src/ensemble/isolation.c \
	src/ensemble/oob.c \
	src/ensemble/oob.h \
	src/ensemble/quantile.c \
	src/ensemble/quantile.h \
	src/ensemble/quantile_file.c \
	src/ensemble/rounds.c
