libens_internal_la_SOURCES +=
