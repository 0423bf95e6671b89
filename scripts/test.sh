#!/usr/bin/env bash
# test.sh [--may-skip REASONS] [ARGUMENT…]: go test, and a list of what did not run.
# Tests that -skip leaves out are counted.
# A test that skips itself is named with its reason. Where CI=true every test has what it
# needs, so a skip means that something went unseen: it is an error there, unless the
# regular expression REASONS matches its reason.
set -euo pipefail
reasons='^$'
if [ "${1:-}" = --may-skip ]; then
  reasons=$2
  shift 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
set +e
go test -v "$@" 2>&1 | tee "$log" | grep -aE --line-buffered '^(ok|FAIL)[[:space:]]'
status=${PIPESTATUS[0]}
set -e
if [ "$status" != 0 ]; then
  grep -avE '^(=== |[[:space:]]*--- (PASS|SKIP)|PASS$|ok[[:space:]])' "$log" || true
  exit "$status"
fi

# The argument after -skip; pipefail would make nothing found an error.
unwanted=$(printf '%s\n' "$@" | sed -n '/^-skip$/{n;p;}')
if [ -n "$unwanted" ]; then
  names=$(grep -rhoE --include='*_test.go' '^func Test[[:alnum:]_]+' . | cut -c 6-)
  echo "left out by name, -skip '$unwanted': $(grep -cE -- "$unwanted" <<<"$names" || true) tests"
fi

# A test's reason is the last line that it printed.
skipped=$(awk '
  /^=== (RUN|NAME|CONT) / { test = $3; next }
  /^[[:space:]]*--- SKIP: / { print $3 ": " reason[$3]; next }
  /^[[:space:]]*(===|---) / { next }
  { sub(/^[[:space:]]+/, ""); reason[test] = $0 }' "$log")
[ -n "$skipped" ] || exit 0
echo "left out: $(wc -l <<<"$skipped") tests, which skipped themselves:"
sed 's/^/  /' <<<"$skipped"
if [ "${CI:-}" = true ] && grep -vE "$reasons" <<<"$skipped" >/dev/null; then
  echo 'test.sh: CI does not take these skips:' >&2
  grep -vE "$reasons" <<<"$skipped" >&2
  exit 1
fi
