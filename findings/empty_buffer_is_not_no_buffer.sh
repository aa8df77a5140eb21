#!/usr/bin/env bash
# A .tflite whose first buffer has data of length 0, instead of none, runs everywhere and cannot be quantized.
#
# Guess: buffer 0, the one of tensors without data, may hold an empty vector or no vector: both mean "no data".
# Version: ai-edge-quantizer 0.10.0, ai-edge-litert 2.3.0, flatbuffers 25.12.19; Python 3.11, x86-64.
# Behavior: LiteRT runs both files with equal outputs. ai-edge-quantizer takes each tensor of the file with the empty
#   vector for a constant and raises a ValueError of numpy about a shape, which names neither tensor nor buffer.
# So: writers of .tflite must leave `Buffer.data` of buffer 0 out; FlatBuffers keeps "empty" and "absent" apart, and so
#   do readers that ask `data is not None`.
# Output seen on 2026-11-27: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  ai-edge-quantizer==0.10.0 ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import pathlib
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

WEIGHTS = np.random.default_rng(0).normal(size=(32, 64)).astype(np.float32)


def write(path, first):
    """One fully connected layer, [1,64] to [1,32]; `first` is the data of buffer 0."""
    tensors = []
    for name, shape, buffer in (("in", [1, 64], 0), ("weights", [32, 64], 1), ("out", [1, 32], 0)):
        tensors.append(tfl.TensorT())
        tensors[-1].name, tensors[-1].shape, tensors[-1].buffer = name, shape, buffer
    sentinel, filled = tfl.BufferT(), tfl.BufferT()
    sentinel.data, filled.data = first, np.frombuffer(WEIGHTS.tobytes(), np.uint8)
    layer, code, graph, model = tfl.OperatorT(), tfl.OperatorCodeT(), tfl.SubGraphT(), tfl.ModelT()
    layer.inputs, layer.outputs = [0, 1, -1], [2]
    layer.builtinOptionsType = tfl.BuiltinOptions.FullyConnectedOptions
    layer.builtinOptions = tfl.FullyConnectedOptionsT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.FULLY_CONNECTED
    code.version = 1
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, [layer], [0], [2]
    model.version, model.buffers, model.operatorCodes, model.subgraphs = 3, [sentinel, filled], [code], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def outputs(path):
    runner = Interpreter(str(path))
    runner.allocate_tensors()
    runner.set_tensor(0, np.ones((1, 64), np.float32))
    runner.invoke()
    return runner.get_tensor(2).copy()


folder = pathlib.Path(sys.argv[1])
files = {"none": folder / "none.tflite", "empty": folder / "empty.tflite"}
write(files["none"], None)
write(files["empty"], np.zeros(0, np.uint8))
print("LiteRT's outputs equal:", np.array_equal(*map(outputs, files.values())))
for name, path in files.items():
    try:
        made = quantizer.Quantizer(str(path), recipe.dynamic_wi8_afp32()).quantize()
        print(f"{name}: quantized, smaller: {len(made.quantized_model) < path.stat().st_size}")
    except ValueError as error:
        print(f"{name}: ValueError: {error}")
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" 2>/dev/null | grep -E "^(LiteRT's|none|empty)" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
LiteRT's outputs equal: True
none: quantized, smaller: True
empty: ValueError: cannot reshape array of size 0 into shape (1,64)
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
