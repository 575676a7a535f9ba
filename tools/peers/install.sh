#!/usr/bin/env bash
# Installs what the tests compare Atalaya with: Debian packages (as root) and a
# Python environment in .venv. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
while read -r package; do
  [ -z "$package" ] || dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done < tools/peers/debian.txt
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing Debian packages: ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    echo "not root: run 'sudo apt-get install --no-install-recommends ${missing[*]}' and try again" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

stamp=.venv/.installed
if ! cat tools/peers/requirements.txt tools/peers/alone.txt | cmp -s - "$stamp"; then
  echo "installing the Python peers into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r tools/peers/requirements.txt
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r tools/peers/alone.txt
  cat tools/peers/requirements.txt tools/peers/alone.txt > "$stamp"
fi
