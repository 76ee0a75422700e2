# What can be checked of the source as it lies there. planted.sh shows that the others find faults.
check_scripts = \
	tests/checks/exports.sh \
	tests/checks/headers.sh \
	tests/checks/layers.sh \
	tests/checks/planted.sh \
	tests/checks/style.sh

TESTS += $(check_scripts)
EXTRA_DIST += $(check_scripts) \
	tests/checks/code.awk \
	tests/checks/layers.awk \
	tests/checks/style.awk
