#!/bin/sh
# planted.sh - the checks find what they are there for: each rule is broken once in a small project of
# its own, and the check must fail and say so.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ens-planted.XXXXXX")
trap 'rm -rf "$work"' EXIT
project=$work/project
: >"$work/planted" # a line each; files, because a pipe's end is a shell of its own

# A project without a fault.
fresh_project() {
    cd /
    rm -rf "$project"
    mkdir -p "$project/include/ensemble" "$project/src/core" "$project/src/data" "$project/src/cli" \
        "$project/src/odd" "$project/examples" "$project/tests/core" "$project/build"
    cd "$project"
    : >build/config.h
    echo 'AC_INIT([ensemble], [1.2.3], [], [libensemble])' >configure.ac
    cat >include/ensemble/base.h <<'END'
/* base.h - versions. */
#ifndef BASE_H
#define BASE_H
#define ENS_API
#define ENS_VERSION_MAJOR 1
#define ENS_VERSION_MINOR 2
#define ENS_VERSION_PATCH 3
ENS_API const char *ens_version(
    void);
#endif
END
    printf '/* ensemble.h - all. */\n#include <ensemble/base.h>\n' >include/ensemble.h
    printf '/* a.h - a. */\n#include <ensemble/base.h>\n' >src/core/a.h
    cat >src/core/a.c <<'END'
/* a.c - a file without a fault: it has a "printf(" in a text, and one in
 * this comment: printf(malloc(1)), goto hell, #include <io/io.h>. */
#include <config.h>

#include <core/a.h>
#include <ensemble/base.h>

int a(struct list *t)
{
    t->free(t->p, "malloc(1) /* ", '"'); /* exit(1) */
    goto done; // abort()
done:
    return 0;
}
END
    printf 'X = src/core/a.c src/core/a.h src/core/b.c src/core/c.h\n' >src/core/local.mk
    printf 'X = src/data/b.c src/data/b.h\n' >src/data/local.mk
    printf 'X = src/cli/b.c\n' >src/cli/local.mk
    printf 'X = tests/core/test_b.c\n' >tests/core/local.mk
    printf 'X = examples/b.c\n' >examples/local.mk
    : >tests/local.mk
    echo ens_version >src/exports.list
}

# plant CHECK FILE TEXT <<LINES: with these lines in FILE, CHECK fails and its answer contains TEXT.
plant() {
    cat >"$work/lines"
    cp "$work/lines" "$project/$2"
    echo "$1 $2" >>"$work/planted"
    if top_srcdir=$project top_builddir=$project/build sh "$here/$1.sh" "$project" >"$work/log" 2>&1; then
        echo "$1.sh passes in spite of: $3 ($2)"
        : >"$work/failed"
    elif ! grep -F "$2:" "$work/log" | grep -qF "$3"; then
        echo "$1.sh fails, but without \"$3\" for $2:"
        sed 's/^/    /' "$work/log"
        : >"$work/failed"
    fi
    fresh_project
}

# A .c file that is right up to here.
head_of() {
    printf '/* %s - planted. */\n#include <config.h>\n\n' "$1"
}

# repeat N LINE
repeat() {
    awk -v n="$1" -v line="$2" 'BEGIN { while (n-- > 0) print line }'
}

fresh_project
for check in layers style headers; do
    if ! sh "$here/$check.sh" "$project" >"$work/log" 2>&1; then
        echo "$check.sh fails on a project without a fault:"
        cat "$work/log"
        : >"$work/failed"
    fi
done

# ---- layers ----
include() {
    head_of b.c
    echo "#include <$1>"
}
include learn/learner.h | plant layers src/data/b.c 'layer data (2) includes learn (5)'
include metric/auc.h | sed 's/b\.c/c.h/' | plant layers src/core/c.h 'layer core (0) includes metric (3)'
include gsl/gsl_rng.h | plant layers src/data/b.c 'belongs to src/num alone'
include jansson.h | plant layers src/core/b.c 'belongs to src/io cli alone'
include csv.h | plant layers src/core/b.c 'belongs to src/data alone'
include zlib.h | plant layers src/data/b.c 'belongs to src/core alone'
include check.h | plant layers src/core/b.c 'belongs to tests alone'
include core/a.h | plant layers src/cli/b.c 'cli uses public headers only, not core/'
include core/a.h | plant layers examples/b.c 'examples uses public headers only, not core/'
include core/a.h | plant layers include/ensemble.h 'include uses public headers only, not core/'
include gsl/gsl_math.h | plant layers include/ensemble.h 'belongs to src/num alone'
{ head_of b.c; echo 'char *s = strdup("x");'; } | plant layers src/data/b.c 'memory comes from core/mem.h'
{ head_of b.c; printf 'int f(void)\n{\n    free(p);\n}\n'; } | plant layers src/core/b.c 'memory comes from'
include core/a.h | plant layers src/odd/b.c 'has no place in the table'

# ---- style ----
{ head_of b.c; repeat 800 'int x;'; } | plant style src/core/b.c 'a file of 803 lines, at most 800'
{ head_of b.c; repeat 80 'int x;'; } | plant style examples/b.c 'an example of 83 lines, at most 80'
function_of() {
    printf 'int f(void)\n{\n'
    repeat "$1" '    x++;'
    printf '}\n'
}
{ head_of b.c; function_of 79; } | plant style src/core/b.c 'a function of 81 lines, at most 80'
{ head_of b.c; echo '/* long: a parser */'; function_of 119; } |
    plant style src/core/b.c 'a function of 121 lines, at most 120'
{ echo '#include <config.h>'; } | plant style src/core/b.c 'the first line is not "/* b.c - its story"'
printf '/* b.c - b. */\n#include <stdio.h>\n' | plant style src/core/b.c 'config.h is included first'
printf '/* b.c - b. */\nint x;\n' | plant style src/core/b.c 'nothing is included'
{ head_of b.c; repeat 1 "/* $(repeat 70 x | tr '\n' ' ') */"; } | plant style src/core/b.c 'characters, at most'
{ head_of b.c; printf '\tint x;\n'; } | plant style src/core/b.c 'a tab'
{ head_of b.c; printf 'int x; \n'; } | plant style src/core/b.c 'blanks at the end'
{ head_of b.c; printf '/* TODO */\n'; } | plant style src/core/b.c 'finish it now'
{ head_of b.c; printf '    printf("x");\n'; } | plant style src/core/b.c 'neither prints nor exits'
{ head_of b.c; printf '    fputs("x", stderr);\n'; } | plant style src/core/b.c 'does not print'
{ head_of b.c; printf '    if (x) exit(1);\n'; } | plant style src/core/b.c 'neither prints nor exits'
{ head_of b.c; printf '    getenv("HOME");\n'; } | plant style src/core/b.c 'leaves the environment alone'
{ head_of b.c; printf '    goto out;\n'; } | plant style src/core/b.c 'labelled done'
{ head_of b.c; printf '    strcpy(a, b);\n'; } | plant style src/core/b.c 'unsafe'
{ head_of b.c; printf '    x = strtod(s, NULL);\n'; } | plant style src/data/b.c 'whatever the locale'
{ head_of b.c; printf '#pragma omp parallel for\n'; } | plant style src/core/b.c 'ens__par_for()'
head_of z.c | plant style src/core/z.c 'not listed in a local.mk'
head_of test_z.c | plant style tests/core/test_z.c 'not listed in a local.mk'
sed 's/PATCH 3/PATCH 4/' "$project/include/ensemble/base.h" |
    plant style include/ensemble/base.h 'version 1.2.4, but configure.ac has 1.2.3'

# ---- headers ----
printf '/* x.h - x. */\nsize_t n;\n' | plant headers include/ensemble/x.h 'does not compile alone as C11'
printf '/* x.h - x. */\n' | sed '$a struct x { int a; };' |
    plant headers include/ensemble/x.h 'does not compile alone as C11'
if [ "${CXX:-none}" != none ]; then
    printf '/* x.h - x. */\nextern int class;\n' | plant headers include/ensemble/x.h 'alone as C++17'
fi
printf '/* a.h - a. */\nvoid f(ens_status st);\n' | plant headers src/core/a.h 'does not compile alone as C11'

# ---- exports ----
# A library is made of one line of C; where that is not possible only the headers are compared.
library() {
    printf '/* v.c */\n%s\n' "$1" >"$work/v.c"
    ${CC:-cc} -shared -fPIC -o "$project/build/libv.so" "$work/v.c" 2>/dev/null &&
        mkdir -p "$project/build/.libs" && mv "$project/build/libv.so" "$project/build/.libs/" &&
        echo "dlname='libv.so'" >"$project/build/libensemble.la"
}
echo "dlname=''" >"$project/build/libensemble.la"
printf 'ens_a\nens_version\n' | plant exports src/exports.list 'ens_a is not declared with ENS_API'
echo "dlname=''" >"$project/build/libensemble.la"
printf '' | plant exports src/exports.list 'ens_version is declared with ENS_API in include/, not listed'
printf 'ens_version\nens_a\n' | plant exports src/exports.list 'not sorted'
if library 'int ens_version, stray;'; then
    echo ens_version | plant exports src/exports.list 'stray is exported by the library, not listed'
fi
if library 'int other_name_for_it;'; then
    echo ens_version | plant exports src/exports.list 'ens_version is not exported by the library'
fi

echo "$(awk 'END { print NR }' "$work/planted") faults were planted"
[ ! -e "$work/failed" ]
