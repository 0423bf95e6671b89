#!/usr/bin/env bash
# faults.sh M2V: runs exports under strace, which fails their system calls that change
# files, one after the other: the first write, the second, … Each time the target must be
# the old folder or the new one, whole. What a failed clean-up leaves beside it the next run
# must remove. Linux, with strace.
set -euo pipefail
m2v=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
command -v strace >/dev/null || { echo 'faults: install strace' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/.cache
calls="write pwrite64 fsync ftruncate mkdirat renameat renameat2 openat"

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# each NAME COMMAND…: fails the calls of COMMAND -o box/out --force.
each() {
  local name=$1 call n failed=0 litter=0 new old
  shift
  "$@" -o made >/dev/null 2>&1
  "$@" -o old >/dev/null 2>&1
  echo >>old/README.md 2>/dev/null || echo >>old/config.json
  new=$(sums made) old=$(sums old)
  for call in $calls; do
    for ((n = 1; ; n++)); do
      rm -rf box && mkdir box && cp -r old box/out
      rc=0
      strace -f -qq -o log -e "trace=$call" -e "inject=$call:error=ENOSPC:when=$n" "$@" -o box/out --force >/dev/null 2>&1 || rc=$?
      grep -q INJECTED log || break
      failed=$((failed + 1))
      local now beside
      now=$(sums box/out) beside=$(ls -A box)
      if [ "$now" != "$old" ] && [ "$now" != "$new" ]; then
        echo "faults: $name: $call number $n: the target is neither old nor new" >&2
        exit 1
      fi
      if [ "$rc" = 0 ] && [ "$now" != "$new" ]; then
        echo "faults: $name: $call number $n: it says done, and the target is old" >&2
        exit 1
      fi
      if [ "$beside" != out ]; then # the call that failed was one of the clean-up's
        "$@" -o box/out --force >/dev/null 2>&1
        beside=$(ls -A box)
        if [ "$beside" != out ]; then
          echo "faults: $name: $call number $n: the next run leaves beside the target: $beside" >&2
          exit 1
        fi
        litter=$((litter + 1))
      fi
      [ "$n" -lt "${MOST:-400}" ] || break
    done
  done
  echo "$name: $failed calls failed one by one, the target intact each time; $litter left litter that the next run removed"
  rm -rf made old
}

student=$root/static/testdata/float32
each quantize "$m2v" quantize "$student" --quantize-to int8
each export "$m2v" export "$student" --to onnx
