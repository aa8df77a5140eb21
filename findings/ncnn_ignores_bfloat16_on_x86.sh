#!/usr/bin/env bash
# ncnn on x86 ignored `use_bf16_storage` without a word, and began to heed it in the course of 2026.
#
# Guess: an option that a network is loaded with either takes effect or is refused; so the accuracy of bfloat16 can be
#   measured on the PC before the network goes to an Arm board.
# Version: ncnn 1.0.20260114 and 1.0.20261020; Python 3.11, x86-64.
# Behavior: 1.0.20260114 computes the same bits with the option and without. 1.0.20261020 stores bfloat16, and results
#   change by some thousandths. Neither says which of the two it does.
# So: with a wheel of 2025 bfloat16 "loses nothing" on the PC, because it was float32; after an update of ncnn the same
#   test fails. Only a comparison with the option off, or the board itself, tells.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/try.py" <<'PY'
import sys

import ncnn
import numpy as np

random, channels = np.random.default_rng(0), 16
weights = random.normal(size=(channels, channels, 3, 3)).astype(np.float32)
image = random.normal(size=(channels, 9, 9)).astype(np.float32)
layers = f"Input x 0 1 x\nConvolution c 1 1 x y 0={channels} 1=3 6={weights.size}\n"
with open("one.param", "w") as param, open("one.bin", "wb") as stored:
    param.write(f"7767517\n2 2\n{layers}")
    stored.write(bytes(4) + weights.tobytes())
found = {}
for half in (False, True):
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = half
    net.load_param("one.param")
    net.load_model("one.bin")
    extractor, given = net.create_extractor(), ncnn.Mat(image).clone()
    extractor.input("x", given)
    found[half] = np.array(extractor.extract("y")[1])
    del extractor
change = np.abs(found[True] - found[False]).max() / np.abs(found[False]).max()
print(sys.argv[1], "the same bits" if change == 0 else "some thousandths" if 1e-4 < change < 1e-2 else change)
PY
cd "$folder"
for version in 1.0.20260114 1.0.20261020; do
  python3 -m venv "venv-$version"
  "venv-$version/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    "ncnn==$version" numpy==2.4.6 tqdm==4.67.1 requests==2.32.5 portalocker==3.2.0
  "venv-$version/bin/python" try.py "$version" 2>>log | tee -a seen.txt
done
cat >expected.txt <<'TXT'
1.0.20260114 the same bits
1.0.20261020 some thousandths
TXT
diff expected.txt seen.txt
echo "as described"
