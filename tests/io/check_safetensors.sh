#!/bin/sh
# A model file can be read by a program that knows only doc/model-format.md; skipped without python3.
set -e
: "${top_srcdir:=.}"
command -v python3 >/dev/null || exit 77
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
tests/test_io --write "$dir/model.ens" >/dev/null
python3 "$top_srcdir/tests/io/read_safetensors.py" "$dir/model.ens" >"$dir/list"
for line in 'n_train: 150' 'model/mean F64 \[3\]' 'model/deep/empty F32 \[0, 4\]' 'checksum U8 \[8\]'; do
    grep -q "^$line\$" "$dir/list" || { echo "no line \"$line\":"; cat "$dir/list"; exit 1; }
done
# and it does not just say yes
printf X | dd of="$dir/model.ens" bs=1 seek=100 conv=notrunc 2>/dev/null
if python3 "$top_srcdir/tests/io/read_safetensors.py" "$dir/model.ens" >/dev/null 2>&1; then
    echo "an altered file was taken for a good one"
    exit 1
fi
