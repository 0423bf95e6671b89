#!/usr/bin/env bash
# setup.sh PYTHON DIR: the other runtimes, kept in DIR: a virtual environment with
# Python model2vec, ONNX Runtime and gensim, transformers.js, and model2vec-rs built by cargo.
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
mkdir -p "$dir/node"
if ! cmp -s "$here/node/package.json" "$dir/node/installed.json"; then
  cp "$here/node/package.json" "$dir/node/"
  (cd "$dir/node" && npm install --silent --ignore-scripts --no-audit --no-fund)
  cp "$here/node/package.json" "$dir/node/installed.json"
fi
cp "$here"/node/*.mjs "$dir/node/"
CARGO_TARGET_DIR=$dir/target cargo build --quiet --release --manifest-path "$here/rust/Cargo.toml"
