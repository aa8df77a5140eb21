#!/usr/bin/env bash
# TFLite's nearest-neighbour upscaling by 2 is shifted by a pixel in TOSA compilers without its flag, in MNN with it.
#
# Guess: RESIZE_NEAREST_NEIGHBOR by a factor of 2 repeats every pixel in any tool; `half_pixel_centers` cannot matter
#   there, since LiteRT gives the same pixels with it and without.
# Version: tosa-converter-for-tflite 2026.2.0, iree-base-compiler and iree-base-runtime 3.13.0, MNN 3.6.1,
#   ai-edge-litert 2.3.0; Python 3.11, x86-64.
# Behavior: without the flag (what converters from PyTorch and ONNX write for `interpolate(mode="nearest")`) the TOSA
#   operator rounds where TFLite takes the floor: the first pixel comes once, the last three times; float and int8 alike.
#   With the flag the pixels are right. In MNN it is the other way round: right without, the first pixel three times with.
#   No tool says anything.
# So: an FPN has its upper levels half a cell off. A face detector's int8 outputs were up to 57 steps from LiteRT's in
#   IREE without the flag, 12 with it, which is what kernels differ by; in MNN with it 7 of 77 faces were lost, none
#   without. There is no flag for all: set it for TOSA (IREE, Arm's tools), clear it for MNN; LiteRT does not care.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  tosa-converter-for-tflite==2026.2.0 iree-base-compiler==3.13.0 iree-base-runtime==3.13.0 \
  MNN==3.6.1 ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import sys
from pathlib import Path

import _tools
import flatbuffers
import iree.compiler
import iree.runtime
import MNN
import numpy as np
import tosa_converter_for_tflite as tosa
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter


def tensor(name, shape, kind, buffer):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
    if kind == schema.TensorType.INT8:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [0.5], [0]
    return made


def model(kind, centers):
    """A 4x4 image resized to 8x8."""
    made, graph, code, size = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT(), schema.BufferT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR
    code.version = 3 if centers else 2
    size.data = np.frombuffer(np.array([8, 8], np.int32).tobytes(), np.uint8)
    operator, options = schema.OperatorT(), schema.ResizeNearestNeighborOptionsT()
    options.alignCorners, options.halfPixelCenters = False, centers
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1], [2]
    operator.builtinOptionsType = schema.BuiltinOptions.ResizeNearestNeighborOptions
    operator.builtinOptions = options
    graph.tensors = [tensor("x", (1, 4, 4, 1), kind, 0), tensor("size", (2,), schema.TensorType.INT32, 1)]
    graph.tensors.append(tensor("y", (1, 8, 8, 1), kind, 0))
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [2]
    made.version, made.buffers = 3, [schema.BufferT(), size]
    made.operatorCodes, made.subgraphs = [code], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def litert(content, image):
    runner = Interpreter(model_content=content)
    runner.allocate_tensors()
    runner.set_tensor(runner.get_input_details()[0]["index"], image)
    runner.invoke()
    return runner.get_tensor(runner.get_output_details()[0]["index"])


def iree_by_tosa(content, image):
    file, text = Path(sys.argv[1]) / "m.tflite", Path(sys.argv[1]) / "m.mlir"
    file.write_bytes(content)
    tosa.tflite_flatbuffer_to_tosa_mlir(str(file), str(text))
    options = ["--iree-llvmcpu-target-cpu=generic"]
    built = iree.compiler.compile_file(str(text), target_backends=["llvm-cpu"], input_type="tosa", extra_args=options)
    return iree.runtime.load_vm_flatbuffer(built, driver="local-sync")["main"](image).to_host()


def mnn(content, image):
    """By the function beneath its command, which would report its use."""
    file, made = Path(sys.argv[1]) / "m.tflite", Path(sys.argv[1]) / "m.mnn"
    file.write_bytes(content)
    _tools.mnnconvert(["", "-f", "TFLITE", "--modelFile", str(file), "--MNNModel", str(made), "--bizCode", "x"])
    kind, order = MNN.Halide_Type_Float, MNN.Tensor_DimensionType_Tensorflow
    interpreter = MNN.Interpreter(str(made))
    session = interpreter.createSession({"numThread": 1, "backend": "CPU"})
    interpreter.getSessionInput(session).copyFrom(MNN.Tensor(image.shape, kind, image, order))
    interpreter.runSession(session)
    shape = (1, 8, 8, 1)
    found = MNN.Tensor(shape, kind, np.zeros(shape, np.float32), order)
    interpreter.getSessionOutput(session).copyToHostTensor(found)
    return np.array(found.getNumpyData()).reshape(shape)


answers = open(Path(sys.argv[1]) / "seen.txt", "w")
for name, dtype in (("float", np.float32), ("int8", np.int8)):
    image = np.repeat(np.arange(4, dtype=dtype), 4).reshape(1, 4, 4, 1)
    for centers in (False, True):
        content = model(schema.TensorType.INT8 if dtype == np.int8 else schema.TensorType.FLOAT32, centers)
        for tool in (litert, iree_by_tosa, mnn)[: 3 if dtype == np.float32 else 2]:
            rows = tool(content, image)[0, :, 0, 0].astype(int).tolist()
            print(f"{name}, half_pixel_centers {centers}, {tool.__name__}: rows {rows}", file=answers)
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" >"$folder/log.txt" 2>&1
cat "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
float, half_pixel_centers False, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers False, iree_by_tosa: rows [0, 1, 1, 2, 2, 3, 3, 3]
float, half_pixel_centers False, mnn: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers True, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers True, iree_by_tosa: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers True, mnn: rows [0, 0, 0, 1, 1, 2, 2, 3]
int8, half_pixel_centers False, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
int8, half_pixel_centers False, iree_by_tosa: rows [0, 1, 1, 2, 2, 3, 3, 3]
int8, half_pixel_centers True, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
int8, half_pixel_centers True, iree_by_tosa: rows [0, 0, 1, 1, 2, 2, 3, 3]
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
