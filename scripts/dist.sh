#!/usr/bin/env bash
# dist.sh DIR: builds the release's programs into DIR, each twice, from two copies of the
# tree in two folders with two build caches, and compares the two. Then an SBOM for each
# (CycloneDX, of the modules that the program itself lists), man pages, completions and
# SHA256SUMS.
#
# Teachers need cgo, so the programs of Linux are built by zig as C compiler
# (pip install ziglang; ZIG names it), against glibc 2.28. Those of macOS and Windows are
# built without cgo: they run everything but teachers.
# TARGETS='linux/amd64' builds those alone; ONCE=1 leaves the second build out.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(cd "$1" && pwd)
targets=${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
limit=36 # MB
read -ra zig <<<"${ZIG:-python3 -m ziglang}"
read -ra sbom <<<"${SBOM:-go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0}"

# build TREE CACHE FILE OS ARCH
build() {
  local cgo=0 cc=""
  if [ "$4" = linux ]; then
    local machine=x86_64
    [ "$5" = amd64 ] || machine=aarch64
    cgo=1
    cc="${zig[*]} cc -target $machine-linux-gnu.2.28"
  fi
  (cd "$1" && CGO_ENABLED=$cgo CC=$cc GOOS=$4 GOARCH=$5 GOAMD64=v1 GOCACHE=$2 \
    go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o "$3" ./cmd/m2v)
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for copy in one two; do
  mkdir -p "$work/$copy"
  git ls-files -z --cached --others --exclude-standard -- . ':!testdata' | xargs -0 cp --parents -t "$work/$copy"
done

for target in $targets; do
  os=${target%/*} arch=${target#*/}
  name=m2v-$os-$arch
  [ "$os" != windows ] || name=$name.exe
  if [ "$os" = linux ] && ! "${zig[@]}" version >/dev/null 2>&1; then
    echo "dist: $target needs zig as C compiler: pip install ziglang, or set ZIG" >&2
    exit 1
  fi
  build "$work/one" "$work/cache-one" "$out/$name" "$os" "$arch"
  if [ -z "${ONCE:-}" ]; then
    build "$work/two" "$work/cache-two" "$work/$name" "$os" "$arch"
    cmp "$out/$name" "$work/$name" || { echo "dist: two builds of $target differ" >&2; exit 1; }
    echo "$name: two builds, one SHA-256"
  fi
  scripts/size.sh "$out/$name" "$limit"
  "${sbom[@]}" bin -json -noserial -notimestamp -output "$out/$name.sbom.json" "$out/$name"
done

go build -o "$work/m2v" ./cmd/m2v # this machine's, to write what is the same for all
"$work/m2v" man "$out/man1"
mkdir -p "$out/completions"
for shell in bash zsh fish powershell; do
  "$work/m2v" completion "$shell" >"$out/completions/m2v.$shell"
done
(cd "$out" && sha256sum m2v-* >SHA256SUMS && cat SHA256SUMS)
