#!/usr/bin/env bash
# setup.sh PYTHON DIR: the clients of make interop-serve, kept in DIR: a virtual environment
# for Python and node_modules for Node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)

if ! cmp -s "$here/requirements.txt" "$dir/installed.txt"; then
  "$1" -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$dir/installed.txt"
fi
if ! cmp -s "$here/package.json" "$dir/installed.json"; then
  cp "$here/package.json" "$here/client.mjs" "$dir/"
  npm --prefix "$dir" install --silent --no-audit --no-fund
  cp "$here/package.json" "$dir/installed.json"
fi
cp "$here/client.mjs" "$dir/"
