#!/usr/bin/env bash
# setup.sh PYTHON DIR: what make goldens runs with, in a virtual environment in DIR.
# M2V_GEN_PYTHON names a Python that has requirements.txt already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)

if [ -n "${M2V_GEN_PYTHON:-}" ]; then
  mkdir -p "$dir/venv/bin"
  printf '#!/bin/sh\nexec %q "$@"\n' "$M2V_GEN_PYTHON" >"$dir/venv/bin/python"
  chmod +x "$dir/venv/bin/python"
elif ! cmp -s "$here/requirements.txt" "$dir/installed.txt"; then
  rm -rf "$dir/venv"
  "$1" -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$dir/installed.txt"
fi
