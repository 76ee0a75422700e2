#!/bin/sh
# same_bytes.sh - the command saves the same model, and writes the same predictions, byte for byte: with 1,
# 2, 3 and 7 threads, with ENS_SIMD=base, and by another build of it if one is named.
# Usage: same_bytes.sh [ENSEMBLE [OTHER-ENSEMBLE...]]; such as a build with --disable-openmp.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../data
ensemble=${1:-${top_builddir:-$here/../build}/ensemble}
[ $# -eq 0 ] || shift
work=$(mktemp -d "${TMPDIR:-/tmp}/ens-same.XXXXXX")
trap 'rm -rf "$work"' EXIT
compared=0

# model NAME COMMAND...: train with this command, and predict the table with what it saved.
model() {
    name=$1
    shift
    "$@" train "$table" --target "$target" --learner "$recipe" --seed 7 -o "$work/$name.ens" >"$work/log" 2>&1 &&
        "$@" predict "$work/$name.ens" "$table" -o "$work/$name.csv" >>"$work/log" 2>&1 || {
        cat "$work/log"
        echo "$* failed on $table with $recipe"
        exit 1
    }
}

# same WHAT COMMAND...: as the model of the plain command.
same() {
    what=$1
    shift
    model again "$@"
    for kind in ens csv; do
        cmp "$work/plain.$kind" "$work/again.$kind" || {
            echo "$recipe on $table: other bytes in the .$kind with $what"
            exit 1
        }
    done
    compared=$((compared + 1))
}

# The command with --threads.
on_threads() {
    threads=$1
    shift
    "$ensemble" "$@" --threads "$threads"
}

try() {
    table=$data/$1.csv target=$2 recipe=$3
    shift 3
    model plain "$ensemble"
    for threads in 1 2 3 7; do
        same "$threads threads" on_threads $threads
    done
    same "ENS_SIMD=base" env ENS_SIMD=base "$ensemble"
    for other in "$@"; do
        same "$other" "$other"
    done
}

for set in titanic:survived wine:cultivar cars:price; do
    for recipe in tree 'forest(n_estimators=10, oob_score=true)' \
        'bagging(tree(max_leaf_nodes=9, max_features=0.5), n_estimators=7, max_samples=0.6)'; do
        try "${set%:*}" "${set#*:}" "$recipe" "$@"
    done
done
try titanic survived 'bagging(naive_bayes, n_estimators=9)' "$@"
echo "$compared models compared"
