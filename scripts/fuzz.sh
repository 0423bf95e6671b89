#!/usr/bin/env bash
# fuzz.sh TIME: run every fuzz test of the module for TIME. fuzz.sh --list: name them.
set -euo pipefail
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
  for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
    if [ "$1" = --list ]; then
      echo "$name $(dirname "$file")"
      continue
    fi
    echo "== $name ($(dirname "$file"))"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$1" -fuzzminimizetime 100x "$(dirname "$file")"
  done
done
