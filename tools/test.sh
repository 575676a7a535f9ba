#!/usr/bin/env bash
# Runs every test. Sections can be named: tools/test.sh unit browser
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
export ATALAYA_DATA="${ATALAYA_DATA:-$PWD/../shared/data}"
started=$SECONDS
go=${GO:-go}

section() { printf '\n== %s (%d s)\n' "$1" $((SECONDS - started)); }

peers() { section peers; tools/peers/install.sh; }

ui() {
  section "user interface: build, types, unit"
  make --no-print-directory ui
  (cd web/ui && npm run --silent check && npm run --silent test)
}

lint() {
  section "format, vet, lint"
  $go vet ./...
  (cd tools && $go vet ./...)
  (cd tools/logpeers && $go vet ./...)
  make --no-print-directory lint
}

unit() {
  section "unit, layers, peers, command line"
  # Three tests at a time in a package: those of the real program wait more than
  # they count.
  $go test -timeout 20m -parallel 3 ./...
  (cd tools && $go test ./...)
  (cd tools/logpeers && $go test ./...)
}

# The same golden scenarios and recordings under both levels of the processor;
# the tests compare the hashes themselves. This builds the program under v3.
levels() {
  section "same bits at GOAMD64=v1 and v3"
  GOAMD64=v3 $go test -timeout 10m ./geo/... ./fuse/... ./watch/... ./internal/scenario/... ./terrain/sight/... ./terrain/coverage/... ./terrain/footprint/... ./terrain/regard/... ./plan/... ./policy/fence
}

# Two targets at a time, each on one processor.
fuzz() {
  export go seconds=${FUZZ_SECONDS:-20}
  section "fuzz, ${seconds} s a target"
  grep -rho --include='*_test.go' --exclude-dir=node_modules -H '^func Fuzz[A-Za-z0-9]*' . |
    sed -E 's#^(.*)/[^/]*:func (Fuzz.*)#\1 \2#' | sort -u |
    xargs -P 2 -L 1 bash -c 'fuzz_one "$@"' fuzz
}

# A worker that is interrupted at the end of the time may be called a failure
# without an input that fails (go.dev/issue/75804): then it runs once more.
fuzz_one() {
  local package=$1 target=$2 said try
  for try in 1 2; do
    if said=$($go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 1s -parallel 1 "$package" 2>&1 </dev/null); then
      echo "$target ${said##*$'\n'}"
      return
    fi
    if [ "$try" = 2 ] || ! grep -q 'context deadline exceeded' <<<"$said" || grep -q 'Failing input written' <<<"$said"; then
      echo "$said"
      return 1
    fi
  done
}
export -f fuzz_one

# Everything is watched but the inside of SQLite: C translated to Go, whose every
# load and store would be looked at, and take most of this section's time. What
# is handed to it and comes back goes through database/sql, which is watched.
# In short mode a few tests leave out what is much data in one goroutine.
race() {
  section race
  CGO_ENABLED=1 $go test -race -gcflags='modernc.org/...=-race=false' -short -timeout 20m ./bus/... ./feed/... ./desk/... ./store/... ./web/... ./fuse/... ./watch/... ./internal/app/... ./exercise/... ./terrain/sight/... ./terrain/coverage/... ./plan/...
}

browser() {
  section "browser: the real program in Chromium"
  make --no-print-directory build
  (cd web/ui && npm run --silent test:browser)
}

reproducible() {
  section "two builds, one program"
  tools/reproducible.sh
}

if [ $# -eq 0 ]; then
  set -- peers ui lint unit levels fuzz race browser reproducible
fi
for part in "$@"; do "$part"; done
section "all passed"
