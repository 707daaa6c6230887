#!/bin/bash
# Builds the three modules: build.sh <folder for the .so files> [folder of Python.h]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh OUT [INCLUDE]}
include=${2:-$(python3.11 -c 'import sysconfig; print(sysconfig.get_path("include"))')}
mkdir -p "$out"
for name in inc_plain inc_table inc_flag; do
    "${CC:-cc}" -std=c11 -O2 -Wall -Wextra -pedantic -fPIC -shared -I "$include" -I "$here/../../include" \
        -o "$out/$name.so" "$here/$name.c"
done
