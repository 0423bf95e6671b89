#!/usr/bin/env bash
# setup.sh PYTHON DIR: what make bench measures m2v against, kept in DIR: the
# reference in a virtual environment, the bare loop as a program.
# M2V_BENCH_PYTHON names a Python that has the reference already (torch is large).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)

if [ -n "${M2V_BENCH_PYTHON:-}" ]; then
  mkdir -p "$dir/venv/bin"
  printf '#!/bin/sh\nexec %q "$@"\n' "$M2V_BENCH_PYTHON" >"$dir/venv/bin/python"
  chmod +x "$dir/venv/bin/python"
elif ! cmp -s "$here/requirements.txt" "$dir/installed.txt"; then
  rm -rf "$dir/venv"
  "$1" -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$dir/installed.txt"
fi
cd "$here/../.."
go build -o "$dir/bareloop" ./testdata/bench/bareloop
go build -o "$dir/fitsolve" ./testdata/bench/fitsolve
