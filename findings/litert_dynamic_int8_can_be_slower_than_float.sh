#!/usr/bin/env bash
# Dynamic-range int8 makes a convolution with many pixels and few channels several times slower than float32 in LiteRT.
#
# Guess: int8 weights with float activations ("dynamic range") cost no more time than float32: less memory is read, and
#   the products are int8.
# Version: ai-edge-litert 2.3.0 (XNNPACK), ai-edge-quantizer 0.10.0; Python 3.11, x86-64, one thread.
# Behavior: each pixel of the input gets a range and a scale of its own while the model runs, some tens of nanoseconds a
#   pixel whatever its channels. A 1x1 convolution from 8 to 16 channels of 240x320 pixels becomes many times slower; one
#   from 128 to 256 channels of 14x12 pixels becomes faster. Depthwise convolutions lose their XNNPACK kernel too.
# So: a detector's first layers must stay float32 or static int8; a tool that makes all weights int8 slows it down.
# Output seen on 2026-11-28: `expected.txt` below (203 to 2195 us, 155 to 566 us, and 96 to 33 us, with AVX512-VNNI).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  ai-edge-quantizer==0.10.0 ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import time

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe


def model(depthwise, size, inputs, outputs, kernel):
    """One float32 convolution of an image [1,H,W,inputs]."""
    shape = (1, kernel, kernel, outputs) if depthwise else (outputs, kernel, kernel, inputs)
    weights = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values = {
        "image": ([1, *size, inputs], None),
        "weights": (list(shape), weights),
        "bias": ([outputs], np.zeros(outputs, np.float32)),
        "result": ([1, *size, outputs], None),
    }
    graph, whole, layer, code = tfl.SubGraphT(), tfl.ModelT(), tfl.OperatorT(), tfl.OperatorCodeT()
    graph.tensors, whole.buffers = [], []
    for index, (name, (dims, data)) in enumerate(values.items()):
        tensor, buffer = tfl.TensorT(), tfl.BufferT()
        tensor.name, tensor.shape, tensor.buffer = name, dims, index
        buffer.data = None if data is None else np.frombuffer(data.tobytes(), np.uint8)
        graph.tensors.append(tensor)
        whole.buffers.append(buffer)
    options = tfl.DepthwiseConv2DOptionsT() if depthwise else tfl.Conv2DOptionsT()
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    kind = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    if depthwise:
        options.depthMultiplier = 1
    layer.inputs, layer.outputs = [0, 1, 2], [3]
    layer.builtinOptions, layer.builtinOptionsType = options, getattr(tfl.BuiltinOptions, kind)
    name = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    code.builtinCode = code.deprecatedBuiltinCode = getattr(tfl.BuiltinOperator, name)
    code.version = 1
    graph.inputs, graph.outputs, graph.operators = [0], [3], [layer]
    whole.version, whole.operatorCodes, whole.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def seconds(content, runs):
    """The least of some runs: other work on the machine only adds."""
    runner = Interpreter(model_content=bytes(content), num_threads=1)
    runner.allocate_tensors()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        runner.invoke()
        taken.append(time.perf_counter() - start)
    delegated = any("DELEGATE" in each["op_name"].upper() for each in runner._get_ops_details())
    return min(taken), delegated


CASES = {
    "1x1, 240x320, 8 to 16": (model(False, (240, 320), 8, 16, 1), 3.0),
    "depthwise 3x3, 60x80, 64": (model(True, (60, 80), 64, 64, 3), 1.5),
    "1x1, 14x12, 128 to 256": (model(False, (14, 12), 128, 256, 1), 1.0),
}
for name, (plain, times) in CASES.items():
    made = quantizer.Quantizer(plain, recipe.dynamic_wi8_afp32()).quantize().quantized_model
    ratio = seconds(made, 200)[0] / seconds(plain, 200)[0]
    print(f"{name}: more than {times:g} x the time of float32: {ratio > times}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | grep "of float32" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
1x1, 240x320, 8 to 16: more than 3 x the time of float32: True
depthwise 3x3, 60x80, 64: more than 1.5 x the time of float32: True
1x1, 14x12, 128 to 256: more than 1 x the time of float32: False
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
