#!/usr/bin/env bash
# setup.sh PYTHON DIR: the other runtimes, kept in DIR: a virtual environment with
# Python model2vec, and model2vec-rs built by cargo.
# M2V_INTEROP_TORCH=1 adds sentence-transformers, whose torch is some gigabytes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)

wanted=$(cat "$here/requirements.txt"; [ -z "${M2V_INTEROP_TORCH:-}" ] || echo sentence-transformers)
if [ "$(cat "$dir/installed.txt" 2>/dev/null)" != "$wanted" ]; then
  "$1" -m venv "$dir/venv"
  echo "$wanted" >"$dir/wanted.txt"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$dir/wanted.txt"
  mv "$dir/wanted.txt" "$dir/installed.txt"
fi
CARGO_TARGET_DIR=$dir/target cargo build --quiet --release --manifest-path "$here/rust/Cargo.toml"
