#!/usr/bin/env bash
# Makes the committed data files anew from Debian's and PyPI's packages.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/peers/install.sh
(cd tools && go run ./geoid)
(cd tools && go run ./basemap)
