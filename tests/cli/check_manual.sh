#!/bin/sh
# check_manual.sh - the manual and --help tell of the same commands and options, and of this version.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=${top_srcdir:-$here/../..}
ensemble=${top_builddir:-$source/build}/ensemble
LC_ALL=C
export LC_ALL
work=$(mktemp -d "${TMPDIR:-/tmp}/ens-manual.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

# same WHAT: the two lists agree.
same() {
    if ! diff "$work/help" "$work/manual" >"$work/diff"; then
        echo "$1 (< only in --help, > only in the manual):"
        grep '^[<>]' "$work/diff"
        status=1
    fi
}

"$ensemble" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -v '^ensemble$' | sort >"$work/help"
sed -n '/^\.SH COMMANDS/,/^\.SH TABLES/{/^\.B /s/^\.B //p;}' "$source/man/ensemble.1" |
    sort >"$work/manual"
same "commands"
verbs=$(cat "$work/help")
[ -n "$verbs" ] || { echo "ensemble --help lists no command"; exit 1; }

for verb in $verbs; do
    page=$source/man/ensemble-$verb.1
    # "  -o, --output=FILE": options with their letters and the names of their values.
    "$ensemble" "$verb" --help | sed -n 's/^  \(-.,\|   \) \(--[a-z]*[^ ]*\).*/\1 \2/p' |
        sed 's/^ *//' | sort >"$work/help"
    # The line below a .TP between OPTIONS and the next section, without its fonts.
    sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$page" | grep -A 1 '^\.TP' | grep '\\-\\-' |
        sed -e 's/^\.[BIR]* //' -e 's/\\f[RBI]//g' -e 's/\\ / /g' -e 's/"//g' -e 's/\\-/-/g' |
        sed -e 's/ | /|/g' -e 's/= /=/' -e 's/^\(-.\)[^-]*, *\(--.*\)/\1, \2/' -e 's/  */ /g' |
        sort >"$work/manual"
    same "ensemble $verb"
done

version=$("$ensemble" --version | sed -n '1s/ensemble //p')
for page in "$source"/man/*.[13]; do
    grep -q "^\.TH .* \"libensemble $version\" " "$page" || {
        echo "${page##*/} is not of version $version"
        status=1
    }
done

# The program in libensemble(3) compiles.
sed -n '/^#include <ensemble.h>$/,/^\.RE/p' "$source/man/libensemble.3" | sed -e '$d' -e 's/\\e/\\/g' >"$work/example.c"
${CC:-cc} -std=c11 -Wall -Werror -fsyntax-only ${CPPFLAGS:-} -I"$source/include" "$work/example.c" || status=1
exit $status
