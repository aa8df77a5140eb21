#!/usr/bin/env bash
# onnx's version converter moves GroupNormalization from opset 18 to 21 without the change that came with it: the scale
# stays one number for each group, where the new version wants one for each channel. It reports success.
#
# Guess: what `onnx.version_converter.convert_version` returns without an error is the same network in the newer opset.
# Version: onnx 1.23.2, onnxruntime 1.31.1; Python 3.11, x86-64.
# Behavior: a model that ONNX Runtime runs in opset 18 becomes one that it refuses when it runs, with "Incompatible
#   dimensions"; where a network has as many groups as channels (or one channel a group) nothing is to be changed, and
#   the result is right. onnx's checker accepts the wrong result too.
# So: detectors with GroupNorm heads (SCRFD's larger ones) that are raised to a newer opset have to be run, not only
#   checked; who reads opset 18 repeats scale and bias for each channel of a group.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter

onnxruntime.set_default_logger_severity(4)
CHANNELS = 8


def model(groups):
    """GroupNormalization of [1,8,4,4] in opset 18: scale and bias [groups]."""
    node = helper.make_node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=groups)
    held = [numpy_helper.from_array(np.linspace(1, 2, groups, dtype=np.float32), name) for name in "sb"]
    shape = [1, CHANNELS, 4, 4]
    sides = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name in "xy"]
    graph = helper.make_graph([node], "g", *sides, held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def defined(x, groups):
    parts = x.reshape(1, groups, -1).astype(np.float64)
    parts = (parts - parts.mean(-1, keepdims=True)) / np.sqrt(parts.var(-1, keepdims=True) + 1e-5)
    scale = np.linspace(1, 2, groups)[None, :, None]
    return (parts * scale + scale).reshape(x.shape)


def outcome(proto, x, groups):
    try:
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        found = session.run(None, {"x": x})[0]
    except Exception as error:
        return "refused: " + ("Incompatible dimensions" if "ncompatible dimensions" in str(error) else "otherwise")
    return "right" if np.abs(found - defined(x, groups)).max() < 1e-4 else "wrong"


x = np.random.default_rng(0).normal(size=(1, CHANNELS, 4, 4)).astype(np.float32)
for groups in (2, CHANNELS):
    before = model(groups)
    after = version_converter.convert_version(before, 21)
    held = [list(tensor.dims) for tensor in after.graph.initializer]
    onnx.checker.check_model(after)
    print(f"{groups} groups: opset 18 {outcome(before, x, groups)}; 21 {outcome(after, x, groups)}, scale and bias {held}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
2 groups: opset 18 right; 21 refused: Incompatible dimensions, scale and bias [[2], [2]]
8 groups: opset 18 right; 21 right, scale and bias [[8], [8]]
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
