#!/usr/bin/env bash
# 16-bit activations (int16x8) take some sixty times as long as 8-bit ones in LiteRT: XNNPACK has no kernel for them.
#
# Guess: int16 activations with int8 weights cost about twice as much as int8: twice the bytes, half the products at once.
# Version: ai-edge-litert 2.3.0, ai-edge-quantizer 0.10.0 (static_wi8_ai8, static_wi8_ai16); Python 3.11, x86-64, one thread.
# Behavior: the int8 convolution is delegated to XNNPACK, the int16 one is not, and the interpreter's own kernel takes tens
#   to hundreds of times as long: a single depthwise convolution of 120x160x16 as long as a whole int8 face detector.
# So: 16-bit activations are no cure for one bad tensor of an int8 model; computing there in float32 costs far less.
# Output seen on 2026-11-28: `expected.txt` below (59 to 289 times int8, with AVX512-VNNI).
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
    signature = tfl.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serve", 0
    signature.inputs, signature.outputs = ([tfl.TensorMapT()], [tfl.TensorMapT()])
    signature.inputs[0].name, signature.inputs[0].tensorIndex = "image", 0
    signature.outputs[0].name, signature.outputs[0].tensorIndex = "result", 3
    whole.signatureDefs = [signature]
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


def static(plain, bits, shape):
    """The model with static scales, from one random image."""
    made = quantizer.Quantizer(plain, getattr(recipe, f"static_wi8_ai{bits}")())
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    return made.quantize(made.calibrate({"serve": [{"image": image}]})).quantized_model


CASES = {
    "depthwise 3x3, 120x160, 16": ((True, (120, 160), 16, 16, 3), (1, 120, 160, 16)),
    "1x1, 28x28, 64 to 128": ((False, (28, 28), 64, 128, 1), (1, 28, 28, 64)),
}
for name, (layer, shape) in CASES.items():
    plain = model(*layer)
    (eight, fast), (sixteen, slow) = (seconds(static(plain, bits, shape), 20) for bits in (8, 16))
    print(f"{name}: delegated in 8 bits: {fast}, in 16: {slow}; more than 15 x the time: {sixteen > 15 * eight}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | grep "delegated" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
depthwise 3x3, 120x160, 16: delegated in 8 bits: True, in 16: False; more than 15 x the time: True
1x1, 28x28, 64 to 128: delegated in 8 bits: True, in 16: False; more than 15 x the time: True
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
