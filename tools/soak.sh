#!/usr/bin/env bash
# The full figures: fuzzing, random steps, kills, random bytes. Hours, not minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
FUZZ_SECONDS=${FUZZ_SECONDS:-600} tools/test.sh fuzz
echo "== a million random steps of the tracker"
ATALAYA_STEPS=${ATALAYA_STEPS:-1000000} CGO_ENABLED=0 go test -timeout 6h -count=1 -run 'TestSoundForever' -v ./fuse/timeline
echo "== ten million random poses at the fence"
ATALAYA_POSES=${ATALAYA_POSES:-10000000} CGO_ENABLED=0 go test -timeout 24h -count=1 -run 'RandomPoses|Adversary|Python|Properties' -v ./policy/fence
echo "== kills"
ATALAYA_KILLS=${ATALAYA_KILLS:-1000} CGO_ENABLED=0 go test -timeout 6h -count=1 -run 'Kill' -v ./store/sqlite/... ./desk/gate/... ./internal/app/... ./cmd/atalaya/...
echo "== power cuts at flushes of a recorded disk"
ATALAYA_CUTS=${ATALAYA_CUTS:-200} CGO_ENABLED=0 go test -timeout 2h -count=1 -run '^TestPowerCut$' -v ./desk/gate
echo "== random bytes into every port"
ATALAYA_NOISE_MB=${ATALAYA_NOISE_MB:-100} CGO_ENABLED=0 go test -timeout 2h -count=1 -run 'Noise' -v ./internal/app/... ./cmd/atalaya/...
echo "== two builds, one program, the second with an empty build cache"
FRESH=1 tools/reproducible.sh
