#!/usr/bin/env bash
# size.sh FILE LIMIT: prints the size of FILE, and fails where it is LIMIT MB or more.
set -euo pipefail
bytes=$(wc -c <"$1")
printf '%s: %d.%d MB, of %d MB at most\n' "$1" $((bytes / 1000000)) $((bytes / 100000 % 10)) "$2"
if [ "$bytes" -ge $(($2 * 1000000)) ]; then
  echo "size: $1 is too large" >&2
  exit 1
fi
