#!/bin/sh
# make.sh [DIR] - write the tables again, byte for byte, into DIR (default: beside this script), from the
# Debian packages python3-sklearn, r-cran-cardata, r-cran-mass and r-cran-rpart.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here}
LC_ALL=C
export LC_ALL
mkdir -p "$to"
/usr/bin/python3 "$here/make.py" "$to"
Rscript --vanilla "$here/make.R" "$to"
