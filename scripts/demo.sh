#!/usr/bin/env bash
# demo.sh: a first session with bin/m2v, on the teacher that lies in the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

show() { # ARGUMENT…: print the command as a person would type it, then run it
  local typed=m2v word
  for word in "$@"; do
    case $word in *' '*) word="'$word'" ;; esac
    typed+=" ${word/#$out\//}"
  done
  printf '\n$ %s\n' "$typed"
  bin/m2v "$@"
}

show distill testdata/tiny-bert -o "$out/student"
show neighbors "$out/student" movie -n 5
show similarity "$out/student" 'a man is playing a guitar' 'someone plays an instrument' 'the stock market fell today'
printf '\nThe student, %s on disk:\n' "$(du -sh "$out/student" | cut -f 1)"
ls -l "$out/student" | awk 'NR > 1 { printf "  %9d  %s\n", $5, $9 }'
