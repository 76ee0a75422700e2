#!/bin/sh
# totals.sh - what the last `make check` in a build directory came to: Check's line of every program, the
# scripts and examples that passed or not, and Check's totals over all.
# Usage: totals.sh BUILD
set -eu
cd "$1"
# Each test leaves a .log, and a .trs with its result.
find tests examples -name '*.trs' 2>/dev/null | sort | while read -r trs; do
    name=${trs%.trs}
    result=$(sed -n 's/^:test-result: *\([A-Z]*\).*/\1/p' "$trs")
    line=$(sed -n 's/.*[^0-9]\([0-9]*%: Checks: \)/\1/p; s/^\([0-9]*%: Checks: \)/\1/p' "$name.log" | tail -n 1)
    echo "$result|$name|$line"
done | awk -F '|' '
    $3 != "" {
        printf "%-32s %s\n", $2, $3
        split($3, number, /[^0-9]+/)
        checks += number[2]; failures += number[3]; errors += number[4]
    }
    $3 == "" && $1 == "PASS" { passed++ }
    $3 == "" && $1 == "SKIP" { skipped++ }
    $3 == "" && $1 != "PASS" && $1 != "SKIP" { printf "%-32s %s\n", $2, $1; failed++ }
    END {
        printf "scripts and programs: %d passed, %d failed, %d skipped\n", passed, failed, skipped
        printf "%d%%: Checks: %d, Failures: %d, Errors: %d\n",
            (checks > 0 ? int(100 * (checks - failures - errors) / checks) : 0), checks, failures, errors
        exit (failed + failures + errors > 0 || checks == 0)
    }'
