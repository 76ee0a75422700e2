#!/bin/sh
# run.sh - runs every example on the tables of data/ in a folder of its own and looks for the line that shows it worked.
# In `make check`; by hand: top_srcdir=. top_builddir=build sh examples/run.sh
set -eu
data=$(cd "${top_srcdir:-.}/data" && pwd)
bin=$(cd "${top_builddir:-.}/examples" && pwd)
work=$bin/run.tmp
rm -rf "$work"
mkdir -p "$work"
cd "$work"

# expect PATTERN PROGRAM [ARG...]
expect() {
    pattern=$1
    shift
    program=$1
    shift
    "$bin/$program" "$@" >out.txt
    grep -q "$pattern" out.txt || {
        echo "FAIL: $program: no line matches \"$pattern\" in:"
        cat out.txt
        exit 1
    }
    echo "PASS: $program"
}

expect '^first row: [a-z]' first_model "$data/iris.csv" species
expect '^No,Yes$' csv_to_csv "$data/pima.csv" type "$data/pima.csv"
[ "$(wc -l <out.txt)" -eq 301 ]
expect '^95 percent interval of r2: 0\.[0-9]* to 0\.[0-9]*$' out_of_bag "$data/diabetes.csv" progression
expect '^inside of 80 percent intervals: [789][0-9]\.[0-9] percent' interval "$data/diabetes.csv" progression
expect '^r2 of the loaded model: 0\.[2-9]' own_learner "$data/diabetes.csv"
expect '^of rows not seen: mae [45][0-9]\.[0-9], within 50: 0\.[56]' own_loss "$data/diabetes.csv"
expect '^bmi: [0-9.]*, std\. error [0-9.]*, t [0-9.]*, p [0-9]' standard_errors "$data/diabetes.csv" progression
expect '^adam: 0\.20[0-9]* after 500 steps$' optimisers "$data/diabetes.csv"
expect '^weight  *0\.[0-9]* .* \[-\{0,1\}0\.[0-9]*, 0\.[0-9]*\]$' importance "$data/birthweight.csv" low
expect '^    rounds: [0-9]* of 1 member of type bagging$' boosting "$data/birthweight.csv" low
expect '^columns after onehot: [0-9]' pipeline "$data/titanic.csv" survived
expect '^member 1: forest: weight 0\.[0-9]*, log loss 0\.4' stacking "$data/titanic.csv" survived
expect '^  weight  *number .*%$' inspect_model "$data/birthweight.csv" low
expect '^corrected resampled t  *difference  *[0-9.-]*, p = [01]\.[0-9]*$' compare "$data/pima.csv" type
expect 'after epoch 1: loss .*, of validation' networks "$data/diabetes.csv" progression
rm -rf "$work"
