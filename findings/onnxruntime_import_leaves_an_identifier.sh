#!/usr/bin/env bash
# `import onnxruntime` alone leaves a file with a lasting identifier in the folder for temporary files.
#
# Guess: importing a library for inference writes nothing; at the latest a session, a profile or a cached model does.
# Version: onnxruntime 1.31.1 (the CPU wheel of Linux), numpy 2.4.6; Python 3.11, x86-64.
# Behavior: the import writes TMPDIR/.ses, 51 bytes: a number of milliseconds since 1970 and a UUID, on a line each. A
#   second process finds the file and keeps both, so that the identifier outlives processes; no session is opened, and
#   `onnxruntime.disable_telemetry_events()` comes too late. With a TMPDIR that cannot be written to, the import works.
# So: a tool that promises to leave nothing behind, or a build whose outputs are compared byte by byte, must give
#   ONNX Runtime a TMPDIR of its own and remove it.
# Output seen on 2026-11-27: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check onnxruntime==1.31.1 numpy==2.4.6
mkdir "$folder/first"
for run in 1 2; do
  TMPDIR="$folder/first" "$folder/venv/bin/python" -c 'import onnxruntime' 2>/dev/null
  cp "$folder/first/.ses" "$folder/after$run"
done
{
  echo "files: $(ls -A "$folder/first" | xargs)"
  echo "bytes: $(stat -c %s "$folder/after1")"
  sed -E 's/^[0-9]{13}$/a time in milliseconds/; s/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/a UUID/' "$folder/after1"
  cmp -s "$folder/after1" "$folder/after2" && echo "the second process keeps both"
  TMPDIR="$folder/absent" "$folder/venv/bin/python" -c 'import onnxruntime' 2>/dev/null && echo "no TMPDIR: works"
} | sed '/^$/d' | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
files: .ses
bytes: 51
a time in milliseconds
a UUID
the second process keeps both
no TMPDIR: works
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
