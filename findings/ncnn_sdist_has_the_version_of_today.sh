#!/usr/bin/env bash
# ncnn's source package cannot be installed by its version: built today, it is of today's version.
#
# Guess: `pip install ncnn==VERSION` works wherever a compiler is, since the package has sources and says Python >= 3.5.
# Version: ncnn 1.0.20261020; Python 3.11, pip 24 and newer.
# Behavior: `setup.py` takes the version from the date of the build. pip asks it, gets another version than the one that
#   was requested, and discards the package: "No matching distribution found". Without a pin a newest version is found
#   and built, and calls itself by the day, so that the same sources have as many versions as there were builds.
# So: a board or a Python without a wheel (aarch64 on Python 3.8) cannot have the version that was tested, and pinned
#   requirements fail there. The address of the archive itself can be given instead (`ncnn @ ADDRESS`).
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cd "$folder"
if venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary ncnn ncnn==1.0.20261020 \
  >log 2>&1; then
  echo "installed" >seen.txt
else
  grep -o "Requested ncnn==1.0.20261020\|but installing version 1.0.$(date +%Y%m%d)\|No matching distribution found" log |
    sed "s/$(date +%Y%m%d)/TODAY/" | sort -u >seen.txt
fi
cat seen.txt
cat >expected.txt <<'TXT'
No matching distribution found
Requested ncnn==1.0.20261020
but installing version 1.0.TODAY
TXT
diff expected.txt seen.txt
echo "as described"
