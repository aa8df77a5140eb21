#!/usr/bin/env bash
# OpenVINO's converter gives other bytes for the same file when it is called twice in one process.
#
# Guess: `convert_model` and `save_model` are functions of the file: the same ONNX file gives the same .xml and .bin, as
#   often as one likes, and as it does in a process of its own each time.
# Version: openvino 2026.4.1, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64.
# Behavior: nodes that the converter makes (the Reshape of a convolution's bias, say) are named by a counter of the
#   process, so that the second conversion's .xml has other names. The .bin is the same; two processes agree.
# So: a cache by hash, a signature or a comparison of builds says that a model changed when only its order in a build
#   script did. Convert each file in a process of its own, or rename these nodes before hashing.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without its dependency that reports use.
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps openvino==2026.4.1
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check onnx==1.23.2 numpy==2.4.6
cat >"$folder/make.py" <<'PY'
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
found = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 6, 6])
weights = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")
bias = numpy_helper.from_array(np.ones(4, np.float32), "b")
conv = helper.make_node("Conv", ["x", "w", "b"], ["y"], name="conv")
graph = helper.make_graph([conv], "g", [image], [found], [weights, bias])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), f"{sys.argv[1]}/m.onnx")
PY
cat >"$folder/convert.py" <<'PY'
import sys

import openvino

folder, *names = sys.argv[1:]
for name in names:
    openvino.save_model(openvino.convert_model(f"{folder}/m.onnx"), f"{folder}/{name}.xml", compress_to_fp16=False)
PY
"$folder/venv/bin/python" "$folder/make.py" "$folder"
"$folder/venv/bin/python" "$folder/convert.py" "$folder" first second
"$folder/venv/bin/python" "$folder/convert.py" "$folder" alone
for name in second alone; do
  for kind in xml bin; do
    if cmp -s "$folder/first.$kind" "$folder/$name.$kind"; then is=same; else is=other; fi
    echo "$name conversion, .$kind: $is bytes"
  done
done >"$folder/seen.txt"
cat "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
second conversion, .xml: other bytes
second conversion, .bin: same bytes
alone conversion, .xml: same bytes
alone conversion, .bin: same bytes
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
