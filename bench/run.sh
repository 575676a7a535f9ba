#!/usr/bin/env bash
# Benchmarks beside their peers, as one table of ratios. Parts can be named:
#
#   bench/run.sh decode live frames map first page memory geo fuse tracking store ledger sight \
#     siting optimism
#
# Everything together takes more than an hour on two cores: half an hour of it is
# page, ten minutes are memory, ten map; tracking takes hours the first time, as its
# peers are slow, and minutes when their results are there (in the temporary folder;
# -fresh makes them anew).
# bench/run.sh -h lists the flags that make it shorter.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
export ATALAYA_DATA="${ATALAYA_DATA:-$PWD/../shared/data}"
export ATALAYA_BIN="${ATALAYA_BIN:-$PWD/bin/atalaya}"
if [ ! -x "$ATALAYA_BIN" ]; then
  echo "$ATALAYA_BIN is missing: run 'make build', and 'make peers' for what it is compared with" >&2
  exit 1
fi
if [ $# -eq 0 ] || [[ " $* " == *" map "* ]]; then
  stamp=bench/map/node_modules/.installed
  cmp -s bench/map/package-lock.json "$stamp" ||
    { (cd bench/map && npm ci --no-audit --no-fund --loglevel=error) && cp bench/map/package-lock.json "$stamp"; }
fi
"${GO:-go}" build -o bin/bench ./bench
"${GO:-go}" build -o bin/tracking ./bench/tracking
exec bin/bench "$@"
