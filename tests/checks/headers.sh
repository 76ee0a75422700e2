#!/bin/sh
# headers.sh - every public header compiles alone, and twice, as C11 and as C++17; every internal one
# as C11 after config.h.
# Usage: headers.sh [PROJECT]; CC, CXX and CPPFLAGS come from configure.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=${1:-${top_srcdir:-$here/../..}}
build=${top_builddir:-$project/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/ens-headers.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

# try LANGUAGE HEADER COMMAND...: compile a file that includes the header twice.
try() {
    language=$1 header=$2
    shift 2
    if ! "$@" >"$work/log" 2>&1; then
        echo "$header:1: does not compile alone as $language"
        sed 's/^/    /' "$work/log" | head -n 20
        status=1
    fi
}

strict="-fsyntax-only -pedantic-errors -Wall -Wextra -Werror"
for header in $(cd "$project/include" && find . -name '*.h' | sed 's,^\./,,' | sort); do
    printf '#include <%s>\n#include <%s>\nint ens_unit;\n' "$header" "$header" >"$work/unit.c"
    cp "$work/unit.c" "$work/unit.cc"
    try C11 "include/$header" ${CC:-cc} -std=c11 $strict ${CPPFLAGS:-} -I"$project/include" "$work/unit.c"
    if [ "${CXX:-none}" != none ]; then
        try C++17 "include/$header" $CXX -std=c++17 $strict ${CPPFLAGS:-} -I"$project/include" "$work/unit.cc"
    fi
done

for header in $(cd "$project/src" && find . -name '*.h' | sed 's,^\./,,' | sort); do
    printf '#include <config.h>\n#include <%s>\n#include <%s>\nint ens_unit;\n' "$header" "$header" >"$work/unit.c"
    try C11 "src/$header" ${CC:-cc} -std=gnu11 -fsyntax-only -Wall -Werror ${CPPFLAGS:-} \
        -I"$project/include" -I"$project/src" -I"$build" "$work/unit.c"
done
[ "${CXX:-none}" != none ] || echo "no C++ compiler: C++17 was not tried"
exit $status
