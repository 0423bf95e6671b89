#!/usr/bin/env bash
# setup.sh PYTHON DIR: mteb, of the pinned version, in a virtual environment in DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
if ! cmp -s "$here/requirements.txt" "$2/installed.txt"; then
  "$1" -m venv "$2/venv"
  "$2/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$2/installed.txt"
fi
