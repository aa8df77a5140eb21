#!/usr/bin/env bash
# LiteRT's XNNPACK delegate takes a CONCATENATION of at most five tensors; a sixth splits the model in two partitions.
#
# Guess: whether an operator is delegated depends on its type, dtypes and attributes, not on how many inputs it has.
# Version: ai-edge-litert 2.3.0; Python 3.11, x86-64.
# Behavior: up to five tensors are concatenated inside the delegate, which then runs the whole model. From six on the
#   operator stays with TFLite's own kernel, what precedes and what follows it are two partitions, and values are laid
#   out in memory between them. Nothing says so. A concatenation of concatenations of at most five stays inside.
# So: networks with many heads or branches (SSD's six scales, DenseNet, shuffle units) lose time at each of them, and
#   the same network with five heads runs in one piece.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import flatbuffers
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter

CODES = (tfl.BuiltinOperator.RELU, tfl.BuiltinOperator.CONCATENATION)


class Network:
    """An image [1,4,4,8] and operators on it."""

    def __init__(self):
        self.graph, self.whole = tfl.SubGraphT(), tfl.ModelT()
        self.graph.tensors, self.graph.operators, self.whole.buffers = [], [], [tfl.BufferT()]
        self.tensor(8)

    def tensor(self, channels):
        tensor = tfl.TensorT()
        tensor.name, tensor.shape, tensor.buffer = f"t{len(self.graph.tensors)}", [1, 4, 4, channels], 0
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def channels(self, index):
        return self.graph.tensors[index].shape[3]

    def relu(self, given):
        return self.add(0, [given], self.channels(given))

    def concatenated(self, given):
        options = tfl.ConcatenationOptionsT()
        options.axis = 3
        return self.add(1, given, sum(map(self.channels, given)), options)

    def add(self, code, given, channels, options=None):
        layer, made = tfl.OperatorT(), self.tensor(channels)
        layer.opcodeIndex, layer.inputs, layer.outputs = code, given, [made]
        if options is not None:
            layer.builtinOptions, layer.builtinOptionsType = options, tfl.BuiltinOptions.ConcatenationOptions
        self.graph.operators.append(layer)
        return made

    def run(self, output):
        """How many partitions the delegate runs."""
        whole = self.whole
        self.graph.inputs, self.graph.outputs = [0], [output]
        whole.version, whole.subgraphs, whole.operatorCodes = 3, [self.graph], []
        for which in CODES:
            code = tfl.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = which
            code.version = 1
            whole.operatorCodes.append(code)
        builder = flatbuffers.Builder()
        builder.Finish(whole.Pack(builder), b"TFL3")
        runner = Interpreter(model_content=bytes(builder.Output()))
        runner.allocate_tensors()
        return [operator["op_name"] for operator in runner._get_ops_details()].count("DELEGATE")


for branches in (2, 4, 5, 6, 8):
    network = Network()
    flat = network.concatenated([network.relu(0) for _ in range(branches)])
    print(f"{branches} tensors: partitions {network.run(network.relu(flat))}")
network = Network()
relus = [network.relu(0) for _ in range(8)]
nested = network.concatenated([network.concatenated(relus[:4]), network.concatenated(relus[4:])])
print(f"8 tensors, four and four: partitions {network.run(network.relu(nested))}")
PY
"$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | grep tensors | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
2 tensors: partitions 1
4 tensors: partitions 1
5 tensors: partitions 1
6 tensors: partitions 2
8 tensors: partitions 2
8 tensors, four and four: partitions 1
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
