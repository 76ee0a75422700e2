libens_internal_la_SOURCES += \
	src/learn/align.c \
	src/learn/align.h \
	src/learn/check.c \
	src/learn/check.h \
	src/learn/check_fit.c \
	src/learn/check_model.c \
	src/learn/check_predict.c \
	src/learn/check_rows.c \
	src/learn/check_table.c \
	src/learn/dummy.c \
	src/learn/fit.c \
	src/learn/fitted.c \
	src/learn/isolation_tree.c \
	src/learn/learner.h \
	src/learn/model.c \
	src/learn/model.h \
	src/learn/more.c \
	src/learn/naive_bayes.c \
	src/learn/plan.c \
	src/learn/plan.h \
	src/learn/predict.c \
	src/learn/predict_row.c \
	src/learn/recipe.c \
	src/learn/registry.c \
	src/learn/tree.c \
	src/learn/tree.h \
	src/learn/tree_file.c
