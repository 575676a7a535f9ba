#!/usr/bin/env bash
# Builds the program with its user interface twice, from copies of the source in
# folders of different names, at another time of day, in another language and
# with other rights; the second time with an empty build cache where FRESH=1.
# Both must be one file, to the byte. Prints its SHA-256, which is what the
# ledger's entry "system.start" of that program says.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory ui >&2 # installs what builds it
work=$(mktemp -d)
cache=$(go env GOCACHE) modules=$(go env GOMODCACHE)
trap 'rm -rf "$work"' EXIT

# The source alone, as a checkout has it.
copy() { mkdir -p "$1"; git ls-files -z | tar -c --null -T - | tar -x -C "$1"; }
build() { (cd "$1" && make --no-print-directory bin/atalaya >&2); sha256sum "$1/bin/atalaya" | cut -d' ' -f1; }

copy "$work/a"; copy "$work/a folder of another name/b"
for d in "$work/a" "$work/a folder of another name/b"; do
  cp -r web/ui/node_modules "$d/web/ui/node_modules"
  touch "$d/web/ui/node_modules/.installed"
done
one=$(build "$work/a")
two=$(
  umask 027
  export TZ=America/La_Paz LC_ALL=C HOME="$work" GOMODCACHE="$modules" GOCACHE="$cache"
  [ "${FRESH:-0}" = 0 ] || export GOCACHE="$work/cache"
  build "$work/a folder of another name/b"
)
if [ "$one" != "$two" ]; then
  echo "two builds, two programs: $one and $two" >&2
  diff -rq "$work/a/web/ui/dist" "$work/a folder of another name/b/web/ui/dist" >&2 || true
  exit 1
fi
echo "$one  bin/atalaya"
