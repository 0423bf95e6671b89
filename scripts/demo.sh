#!/usr/bin/env bash
# demo.sh: a first session with bin/m2v, on the teacher that lies in the repository.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
ln -s "$root/testdata" "$out/testdata"
cd "$out"

show() { # ARGUMENT…: print the command as a person would type it, then run it
  local typed=m2v word
  for word in "$@"; do
    case $word in *' '*) word="'$word'" ;; esac
    typed+=" $word"
  done
  printf '\n$ %s\n' "$typed"
  "$root/bin/m2v" "$@"
}

show distill testdata/tiny-bert -o student
show neighbors student movie -n 5
printf '\nThe same teacher, and rows that are fitted to 400 lines:\n'
show distill testdata/tiny-bert --texts testdata/lines.txt -o fitted
show similarity student 'a man is playing a guitar' 'someone plays an instrument' 'the stock market fell today'
printf '\nThe student, %s on disk:\n' "$(du -sh student | cut -f 1)"
ls -l student | awk 'NR > 1 { printf "  %9d  %s\n", $5, $9 }'
