#!/usr/bin/env bash
# pnnx's default, weights stored as float16, sets every weight below 6.1e-5 to zero.
#
# Guess: a weight that is too small for a normal float16 is stored as a subnormal one: fewer digits, but down to 6e-8 not
#   zero. numpy, PyTorch and ONNX converters do so, and every processor and runtime reads them.
# Version: pnnx 20261020, ncnn 1.0.20261020, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64.
# Behavior: `pnnx model.onnx` writes zeros for 6.0e-5, 3e-5 and 1e-6, and keeps 6.2e-5: subnormal halves are flushed. It
#   says nothing. `fp16=0` keeps all.
# So: layers whose weights are small as a whole (a scale that batch norm folded into the next layer, or a last layer
#   before a normalisation, where only the direction counts) become zero, and with them the output. Convert with fp16=0,
#   or scale such weights up first.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  pnnx==20261020 ncnn==1.0.20261020 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 numpy==2.4.6
cat >"$folder/make.py" <<'PY'
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

weights = np.array([6.2e-5, 6.0e-5, 3e-5, 1e-6], np.float32).reshape(4, 1, 1, 1)
ends = [
    helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    for name, shape in (("x", [1, 1, 2, 2]), ("y", [1, 4, 2, 2]))
]
node = helper.make_node("Conv", ["x", "w"], ["y"])
graph = helper.make_graph([node], "g", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "model.onnx")
print("numpy's float16:", " ".join(f"{value:.1e}" for value in weights.ravel().astype(np.float16)))
PY
cat >"$folder/run.py" <<'PY'
import sys

import ncnn
import numpy as np

net = ncnn.Net()
net.load_param("model.ncnn.param")
net.load_model("model.ncnn.bin")
extractor = net.create_extractor()
extractor.input("in0", ncnn.Mat(np.ones((1, 2, 2), np.float32)))
found = np.array(extractor.extract("out0")[1])[:, 0, 0]
print(sys.argv[1], " ".join(f"{value:.1e}" for value in found))
PY
cd "$folder"
program=$("$folder/venv/bin/python" -c "import importlib.util as u; print(u.find_spec('pnnx').submodule_search_locations[0])")/pnnx
chmod +x "$program"
{
  "$folder/venv/bin/python" make.py
  "$program" model.onnx "inputshape=[1,1,2,2]" >log.txt 2>&1
  "$folder/venv/bin/python" run.py "pnnx, its default:"
  "$program" model.onnx "inputshape=[1,1,2,2]" fp16=0 >log.txt 2>&1
  "$folder/venv/bin/python" run.py "pnnx, fp16=0:"
} | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
numpy's float16: 6.2e-05 6.0e-05 3.0e-05 1.0e-06
pnnx, its default: 6.2e-05 0.0e+00 0.0e+00 0.0e+00
pnnx, fp16=0: 6.2e-05 6.0e-05 3.0e-05 1.0e-06
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
