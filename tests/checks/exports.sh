#!/bin/sh
# exports.sh - the shared library exports what include/ declares with ENS_API, as src/exports.list
# (sorted) has it, and nothing else.
# Usage: exports.sh [PROJECT [LIBRARY]]
#
# A public function is added or taken away in three places in one commit: its header, src/exports.list,
# and the -version-info in configure.ac.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=${1:-${top_srcdir:-$here/../..}}
build=${top_builddir:-$project/build}
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/ens-exports.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

# compare WHAT FILE: against the list.
compare() {
    if ! diff "$project/src/exports.list" "$2" >"$work/diff"; then
        sed -n -e "s|^< \(.*\)|src/exports.list:1: \1 is not $1|p" \
            -e "s|^> \(.*\)|src/exports.list:1: \1 is $1, not listed|p" "$work/diff"
        status=1
    fi
}

if ! sort -c -u "$project/src/exports.list" 2>"$work/order"; then
    echo "src/exports.list:1: not sorted, or a name twice: $(cat "$work/order")"
    exit 1
fi

# Names of the functions that a header declares: the last word before the first parenthesis.
cat "$project"/include/*.h "$project"/include/*/*.h | awk '
    /^ENS_API/ { text = "" ; open = 1 }
    open { text = text " " $0 }
    open && /;/ {
        sub(/[ ]*\(.*/, "", text)
        sub(/.*[^A-Za-z0-9_]/, "", text)
        print text
        open = 0
    }' | sort >"$work/declared"
compare "declared with ENS_API in include/" "$work/declared"

library=${2:-}
if [ -z "$library" ]; then
    library=$(sed -n "s/^dlname='\(..*\)'/\1/p" "$build/libensemble.la")
    [ -n "$library" ] || { echo "no shared library was built: its symbols were not compared"; exit $status; }
    library=$build/.libs/$library
fi
# What compilers add begins with an underscore (but for gcov's mangle_path); a Mach-O name begins with one more.
case $(uname) in
Darwin) ${NM:-nm} -gU "$library" | awk '{ sub(/^_/, "", $NF); print $NF }' ;;
*) ${NM:-nm} -D --defined-only "$library" | awk '{ print $NF }' ;;
esac | sed 's/@.*//' | grep -v -e '^_' -e '^mangle_path$' | sort >"$work/exported"
compare "exported by the library" "$work/exported"
exit $status
