#!/usr/bin/env bash
# test.sh [ARGUMENT…]: go test. Where CI=true, a test that skips itself is an error:
# there every test has what it needs, so a skip means that something went unseen.
set -euo pipefail
[ "${CI:-}" = true ] || exec go test "$@"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! go test -v "$@" >"$log" 2>&1; then
  grep -avE '^(=== |\s*--- PASS|PASS$)' "$log"
  exit 1
fi
grep -aE '^ok' "$log"
if grep -aE -B 2 '^\s*--- SKIP' "$log"; then
  echo 'test.sh: these tests skipped themselves, which CI does not take' >&2
  exit 1
fi
