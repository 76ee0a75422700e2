# One Check program a layer, tests/<layer>/test_<module>.c.
if HAVE_CHECK
include $(srcdir)/tests/core/local.mk
include $(srcdir)/tests/num/local.mk
include $(srcdir)/tests/data/local.mk
include $(srcdir)/tests/metric/local.mk
include $(srcdir)/tests/loss/local.mk
include $(srcdir)/tests/prep/local.mk
include $(srcdir)/tests/tree/local.mk
include $(srcdir)/tests/learn/local.mk
include $(srcdir)/tests/ensemble/local.mk
include $(srcdir)/tests/select/local.mk
include $(srcdir)/tests/explain/local.mk
include $(srcdir)/tests/io/local.mk
include $(srcdir)/tests/cli/local.mk
endif

TESTS += $(check_PROGRAMS) tests/same_bytes.sh
EXTRA_DIST += tests/same_bytes.sh

include $(srcdir)/tests/checks/local.mk
include $(srcdir)/tests/fuzz/local.mk

test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests -DTEST_DATA='"$(abs_top_srcdir)/data"' \
	-DTEST_SRC='"$(abs_top_srcdir)"' -DTEST_BUILD='"$(abs_top_builddir)"'
test_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-format-nonliteral
test_ldadd = libens_internal.la $(CHECK_LIBS)
