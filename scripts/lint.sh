#!/usr/bin/env bash
# lint.sh MODULE@VERSION: golangci-lint of that version, built once into $GOBIN.
set -euo pipefail
version=${1##*@v}
lint=$GOBIN/golangci-lint
if ! "$lint" version --short 2>/dev/null | grep -qxF "$version"; then
  go install "$1"
fi
"$lint" run ./...
