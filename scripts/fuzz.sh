#!/usr/bin/env bash
# fuzz.sh TIME: run every fuzz test of the module for TIME.
set -euo pipefail
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
  for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
    echo "== $name ($(dirname "$file"))"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$1" -fuzzminimizetime 100x "$(dirname "$file")"
  done
done
