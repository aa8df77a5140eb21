#!/usr/bin/env bash
# Arm's TFLite to TOSA converter shifts a plain nearest-neighbour upscaling by a pixel, unless it says half-pixel centers.
#
# Guess: RESIZE_NEAREST_NEIGHBOR by a factor of 2 repeats every pixel in any compiler; its flags `half_pixel_centers` and
#   `align_corners` cannot matter there, since LiteRT gives the same pixels with the former and without.
# Version: tosa-converter-for-tflite 2026.2.0, iree-base-compiler and iree-base-runtime 3.13.0, ai-edge-litert 2.3.0;
#   Python 3.11, x86-64.
# Behavior: without flags (what converters from PyTorch and ONNX write for `interpolate(mode="nearest")`) the TOSA
#   operator has offset 0, and TOSA rounds to the nearest pixel where TFLite takes the floor: the first pixel comes once,
#   the last three times. float and int8 alike, nothing is said. With `half_pixel_centers` the pixels are LiteRT's.
# So: an FPN compiled by TOSA (IREE here) has its upper levels half a cell off: a face detector's int8 outputs were up to
#   57 steps from LiteRT's, and 12 with the flag, as far as rounding differs. Write `half_pixel_centers` wherever a
#   nearest resize is by whole factors: it costs nothing.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  tosa-converter-for-tflite==2026.2.0 iree-base-compiler==3.13.0 iree-base-runtime==3.13.0 \
  ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import sys
from pathlib import Path

import flatbuffers
import iree.compiler
import iree.runtime
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


for name, dtype in (("float", np.float32), ("int8", np.int8)):
    image = np.repeat(np.arange(4, dtype=dtype), 4).reshape(1, 4, 4, 1)
    for centers in (False, True):
        content = model(schema.TensorType.INT8 if dtype == np.int8 else schema.TensorType.FLOAT32, centers)
        for tool in (litert, iree_by_tosa):
            rows = tool(content, image)[0, :, 0, 0].astype(int).tolist()
            print(f"{name}, half_pixel_centers {centers}, {tool.__name__}: rows {rows}")
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" 2>/dev/null | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
float, half_pixel_centers False, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers False, iree_by_tosa: rows [0, 1, 1, 2, 2, 3, 3, 3]
float, half_pixel_centers True, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
float, half_pixel_centers True, iree_by_tosa: rows [0, 0, 1, 1, 2, 2, 3, 3]
int8, half_pixel_centers False, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
int8, half_pixel_centers False, iree_by_tosa: rows [0, 1, 1, 2, 2, 3, 3, 3]
int8, half_pixel_centers True, litert: rows [0, 0, 1, 1, 2, 2, 3, 3]
int8, half_pixel_centers True, iree_by_tosa: rows [0, 0, 1, 1, 2, 2, 3, 3]
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
