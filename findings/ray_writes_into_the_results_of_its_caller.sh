#!/usr/bin/env bash
# Ray tells of a lost worker on its caller's stdout, whatever `ray.init` is told about logs.
#
# Guess: with `log_to_driver=False` and `logging_level=CRITICAL` Ray's notes go to its log files, or to stderr at most, so
#   that a program whose stdout is one JSON document may use it.
# Version: ray 2.60.0; Python 3.11, x86-64.
# Behavior: when a worker process ends unexpectedly, a coloured "(raylet) A worker died" stands on stdout before what the
#   program prints. Setting RAY_DEDUP_LOGS_SKIP_REGEX=. before the import keeps it out.
# So: `program | jq` works in every test, and fails on the day that a machine of the cluster is lost, which Ray itself
#   mends without a fault.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ray==2.60.0
cat >"$folder/try.py" <<'PY'
import logging
import os
import signal
import time

import ray

ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL)


@ray.remote(max_retries=0)
def end():
    os.kill(os.getpid(), signal.SIGKILL)


try:
    ray.get(end.remote())
except ray.exceptions.WorkerCrashedError:
    pass
time.sleep(5)
print('{"result": 1}')
ray.shutdown()
PY
export RAY_USAGE_STATS_ENABLED=0
seen() {
  "$folder/venv/bin/python" "$folder/try.py" >"$folder/stdout.txt" 2>"$folder/stderr.txt"
  if grep -q raylet "$folder/stdout.txt"; then note="a note of Ray"; else note=nothing; fi
  echo "$1: stdout has $note beside the result $(grep -c result "$folder/stdout.txt")"
}
seen "logs off" >"$folder/seen.txt"
RAY_DEDUP_LOGS_SKIP_REGEX=. seen "and all skipped" >>"$folder/seen.txt"
cat "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
logs off: stdout has a note of Ray beside the result 1
and all skipped: stdout has nothing beside the result 1
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
