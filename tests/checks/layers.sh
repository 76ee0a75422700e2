#!/bin/sh
# layers.sh - fail if a file includes what its layer may not, or gets memory elsewhere than core/mem.h.
# Usage: layers.sh [PROJECT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-${top_srcdir:-$here/../..}}"
LC_ALL=C
export LC_ALL

public=$(find include/ensemble -name '*.h' | sed 's,^include/,,' | sort | tr '\n' ' ')
find src include examples -name '*.[ch]' | sort |
    xargs awk -v public="$public" -f "$here/code.awk" -f "$here/layers.awk"
