libens_internal_la_SOURCES += \
	src/learn/learner.h \
	src/learn/model.h
