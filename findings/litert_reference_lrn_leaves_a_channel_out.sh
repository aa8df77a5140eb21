#!/usr/bin/env bash
# LiteRT's two built-in kernels of local response normalization disagree: the reference one leaves the window's last
# channel out.
#
# Guess: reference kernels define what an operator means, and optimized ones differ from them by rounding only; so a
#   model that is checked with the reference kernels (or meant for a microcontroller, which has no others) is right.
# Version: ai-edge-litert 2.3.0; Python 3.11, x86-64.
# Behavior: with radius r the optimized kernel sums the squares of channels c-r to c+r, 2r+1 of them, as the paper
#   (Krizhevsky et al. 2012), TensorFlow and ONNX have it; the reference kernel sums c-r to c+r-1. With radius 1 it
#   leaves out every channel's next neighbour; only the last channel, which has none, is equal.
# So: networks with LRN (AlexNet's and VGG's first generation of face recognizers) give other embeddings on reference
#   kernels, and a test that takes these for the truth refuses a converter that is right.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType

CHANNELS, RADIUS, ALPHA, BETA, BIAS = 8, 1, 0.1, 0.75, 1.0


def model():
    """One LOCAL_RESPONSE_NORMALIZATION of an image [1,2,2,8]."""
    graph, whole, layer, code = tfl.SubGraphT(), tfl.ModelT(), tfl.OperatorT(), tfl.OperatorCodeT()
    graph.tensors, whole.buffers = [], []
    for index, name in enumerate(("image", "result")):
        tensor, buffer = tfl.TensorT(), tfl.BufferT()
        tensor.name, tensor.shape, tensor.buffer = name, [1, 2, 2, CHANNELS], index
        graph.tensors.append(tensor)
        whole.buffers.append(buffer)
    options = tfl.LocalResponseNormalizationOptionsT()
    options.radius, options.alpha, options.beta, options.bias = RADIUS, ALPHA, BETA, BIAS
    layer.inputs, layer.outputs, layer.builtinOptions = [0], [1], options
    layer.builtinOptionsType = tfl.BuiltinOptions.LocalResponseNormalizationOptions
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.LOCAL_RESPONSE_NORMALIZATION
    code.version = 1
    graph.inputs, graph.outputs, graph.operators = [0], [1], [layer]
    whole.version, whole.operatorCodes, whole.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(resolver, image):
    runner = Interpreter(model_content=model(), experimental_op_resolver_type=resolver)
    runner.allocate_tensors()
    runner.set_tensor(runner.get_input_details()[0]["index"], image)
    runner.invoke()
    return runner.get_tensor(runner.get_output_details()[0]["index"])


def defined(image, behind):
    """By the definition, with `behind` channels of the window behind a channel's own."""
    made = np.empty_like(image)
    for channel in range(CHANNELS):
        window = image[..., max(channel - RADIUS, 0) : channel + behind + 1]
        made[..., channel] = image[..., channel] / (BIAS + ALPHA * (window**2).sum(axis=-1)) ** BETA
    return made


image = np.random.default_rng(0).normal(size=(1, 2, 2, CHANNELS)).astype(np.float32) * 2
for name, resolver in (("optimized", OpResolverType.BUILTIN), ("reference", OpResolverType.BUILTIN_REF)):
    found = run(resolver, image)
    whole, short = (bool(np.abs(found - defined(image, behind)).max() < 1e-5) for behind in (RADIUS, RADIUS - 1))
    print(f"{name}: the whole window: {whole}; without its last channel: {short}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | grep window | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
optimized: the whole window: True; without its last channel: False
reference: the whole window: False; without its last channel: True
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
