#!/usr/bin/env bash
# setup.sh PYTHON DIR: mteb, of the pinned version, in a virtual environment in DIR.
# M2V_MTEB_PYTHON names a Python that has requirements.txt already (torch is large).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
if [ -n "${M2V_MTEB_PYTHON:-}" ]; then
  mkdir -p "$2/venv/bin"
  printf '#!/bin/sh\nexec %q "$@"\n' "$M2V_MTEB_PYTHON" >"$2/venv/bin/python"
  chmod +x "$2/venv/bin/python"
elif ! cmp -s "$here/requirements.txt" "$2/installed.txt"; then
  "$1" -m venv "$2/venv"
  "$2/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$2/installed.txt"
fi
