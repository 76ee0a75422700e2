#!/bin/sh
# style.sh - fail if a source file breaks a rule of style that a script can see, or is not in the build.
# Usage: style.sh [PROJECT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-${top_srcdir:-$here/../..}}"
LC_ALL=C
export LC_ALL
status=0

# code.awk has the END that sets the exit status, so it comes last.
find src include examples tests -name '*.[ch]' | sort |
    xargs awk -f "$here/style.awk" -f "$here/code.awk" || status=1

# Every source is listed in its folder's local.mk, or it would be missing from a release.
for file in $(find src tests examples -name '*.[ch]' | sort); do
    cat src/*/local.mk tests/local.mk tests/*/local.mk examples/local.mk 2>/dev/null | grep -qwF "$file" || {
        echo "$file:1: not listed in a local.mk"
        status=1
    }
done

# The version stands in configure.ac and in the header.
version=$(sed -n 's/^AC_INIT(\[[^]]*\], \[\([^]]*\)\].*/\1/p' configure.ac)
header=$(awk '/define ENS_VERSION_/ { v = v "." $3 } END { print substr(v, 2) }' include/ensemble/base.h)
[ "$version" = "$header" ] || {
    echo "include/ensemble/base.h:1: version $header, but configure.ac has $version"
    status=1
}
exit $status
