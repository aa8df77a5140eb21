#!/usr/bin/env bash
# The shapes that a .tflite file declares for computed tensors are decoration: LiteRT derives its own.
#
# Guess: a file whose declared shapes contradict its operators is refused when it is loaded or allocated, as ONNX's strict
#   shape inference refuses one; at the latest the interpreter's own shapes, after allocation, are the true ones.
# Version: ai-edge-litert 2.3.0, flatbuffers 25.12.19, numpy 2.4.6; Python 3.11, x86-64.
# Behavior: with the declared shapes of all computed tensors, also the output's, set to 1s, the model loads, allocates and
#   gives bit-equal outputs of the true shape, with XNNPACK and without. Without XNNPACK the interpreter then shows the
#   true shape of the tensor between the convolutions; with XNNPACK, the default, `get_tensor_details` repeats the file's
#   false one. Multiplications counted by declared shapes are 504 instead of 73,728, and no runtime objects.
# So: a counter has to derive shapes from operators, weights and the input's shape. Neither the file nor the default
#   interpreter may be asked.
# Output seen on 2026-11-27: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

def tensor(name, shape, buffer):
    made = schema.TensorT()
    made.name, made.shape, made.buffer, made.type = name, list(shape), buffer, schema.TensorType.FLOAT32
    return made


def convolution(inputs, output, stride):
    made, options = schema.OperatorT(), schema.Conv2DOptionsT()
    options.strideW = options.strideH = stride
    options.padding = schema.Padding.SAME
    options.dilationWFactor = options.dilationHFactor = 1
    made.opcodeIndex, made.inputs, made.outputs = 0, inputs, [output]
    made.builtinOptionsType, made.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
    return made


def model(declared):
    """Two convolutions on [1,16,16,3]; `declared` are the shapes that the file states for their outputs."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(8, 3, 3, 3)), np.zeros(8), rng.normal(size=(4, 3, 3, 8)), np.zeros(4)]
    made, graph, code = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 1
    made.buffers = [schema.BufferT()]
    for array in weights:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.astype(np.float32).tobytes(), np.uint8)
        made.buffers.append(buffer)
    graph.tensors = [tensor("image", (1, 16, 16, 3), 0)]
    graph.tensors += [tensor(f"w{n}", array.shape, n + 1) for n, array in enumerate(weights)]
    graph.tensors += [tensor(f"computed{n}", shape, 0) for n, shape in enumerate(declared)]
    graph.operators = [convolution([0, 1, 2], 5, 1), convolution([5, 3, 4], 6, 2)]
    graph.inputs, graph.outputs = [0], [6]
    made.version, made.operatorCodes, made.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(content, resolver):
    runner = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
    runner.allocate_tensors()
    runner.set_tensor(0, np.linspace(-1, 1, 768, dtype=np.float32).reshape(1, 16, 16, 3))
    runner.invoke()
    return runner.get_tensor(6).copy(), runner.get_tensor_details()[5]["shape"].tolist()


def macs(content):
    """Multiplications by the shapes that the file declares."""
    graph = schema.ModelT.InitFromPackedBuf(content).subgraphs[0]
    total = 0
    for operator in graph.operators:
        kernel, output = (list(graph.tensors[index].shape) for index in (operator.inputs[1], operator.outputs[0]))
        total += int(np.prod(kernel)) * int(np.prod(output[1:3]))
    return total


honest = model([(1, 16, 16, 8), (1, 8, 8, 4)])
lying = model([(1, 1, 1, 8), (1, 1, 1, 4)])
for name, resolver in (("XNNPACK", OpResolverType.AUTO), ("reference", OpResolverType.BUILTIN_REF)):
    (first, _), (second, seen) = run(honest, resolver), run(lying, resolver)
    print(f"{name}: outputs equal {np.array_equal(first, second)}, shape {list(second.shape)}, inside {seen}")
print(f"multiplications by the declared shapes: honest {macs(honest)}, lying {macs(lying)}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
XNNPACK: outputs equal True, shape [1, 8, 8, 4], inside [1, 1, 1, 8]
reference: outputs equal True, shape [1, 8, 8, 4], inside [1, 16, 16, 8]
multiplications by the declared shapes: honest 73728, lying 504
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
