"""A network with its plan, and tiny real models: TFLite by schema objects, ONNX by onnx.helper."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import runtime_named
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.activations import LeakyRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import in_float32
from edgeface.quantize.ranges import RangeRule

SAME = (1, 1, 1, 1)


@pytest.fixture
def network(make_graph, normal):
    """Two branches of convolutions, joined; two outputs."""
    rows = [
        (Conv(pads=SAME, strides=(2, 2)), "x w0 b0", "a"),
        (LeakyRelu(alpha=0.1), "a", "b"),
        (Conv(groups=16, pads=SAME), "b w1 b1", "c"),
        (Concat(1), "b c", "d"),
        (Conv(), "d w2 b2", "e"),
        (Sigmoid(), "e", "y"),
    ]
    shapes = {"w0": (16, 3, 3, 3), "b0": (16,), "w1": (16, 1, 3, 3), "b1": (16,), "w2": (5, 32, 1, 1), "b2": (5,)}
    constants = {name: normal(*shape, seed=3, scale=0.5) for name, shape in shapes.items()}
    return make_graph({"x": (1, 3, 11, 9)}, rows, constants, ["y", "d"])


@pytest.fixture
def plan_of(normal):
    """A plan from four noisy images; for TFLite where no other scheme is given."""

    def plan(graph, scheme=TFLITE_INT8, kept_float=None, known=None):
        run = OrtRunner(observed_onnx(graph), optimize=False).run
        feeds = [{n: normal(*graph.type(n).shape, seed=i) for n in graph.inputs} for i in range(4)]
        stats, stated = observe(graph, run, feeds), in_float32(kept_float or {})
        return build_plan(graph, stats, scheme, RangeRule("minmax"), known=known, stated=stated)

    return plan


@pytest.fixture
def open_emitted(tmp_path):
    """A target's files of a graph, opened with float32 inputs and outputs: `open_emitted(target, graph, plan)`."""

    def opened(target, graph, plan=None, io="float"):
        files = target.emit(graph, plan or target.float_plan(), EmitOptions(io))
        if len(files) > 1:
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            for name, content in files.items():
                (folder / name).write_bytes(content)
            return FloatRunner(runtime_named(target.runtime).open(folder / target.model_file, 1), target.layout)
        (model,) = files.values()
        runner = LiteRtRunner(model) if target.layout == "nhwc" else OrtRunner(model)
        return FloatRunner(runner, target.layout)

    return opened


CHANNELS = 8


class TfliteChain:
    """A chain of one-input ops over [1,4,6,8], built with the schema's object API."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.name = "main"
        self.graph.tensors = []
        self.graph.operators = []
        self.model.subgraphs = [self.graph]

    def tensor(self, name, shape, data=None, dtype=schema.TensorType.FLOAT32, quantization=None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), dtype, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        if quantization is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [quantization[0]], [quantization[1]]
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add(self, op: str, inputs: Sequence[int], outputs: Sequence[int], options=None, kind: int = 0) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, op)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.graph.operators.append(operator)

    def conv(self, source: int, target: int) -> None:
        weight = np.eye(CHANNELS, dtype=np.float32).reshape(CHANNELS, 1, 1, CHANNELS)
        at = len(self.graph.tensors)
        constants = [
            self.tensor(f"weight{at}", weight.shape, weight),
            self.tensor(f"bias{at}", [CHANNELS], np.full(CHANNELS, 0.5, np.float32)),
        ]
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        options.padding = schema.Padding.SAME
        self.add("CONV_2D", [source, *constants], [target], options, schema.BuiltinOptions.Conv2DOptions)

    def bytes(self, inputs: dict[str, int], outputs: dict[str, int], signature: bool = True) -> bytes:
        self.graph.inputs, self.graph.outputs = list(inputs.values()), list(outputs.values())
        if signature:
            entry = schema.SignatureDefT()
            entry.signatureKey, entry.subgraphIndex = "serving_default", 0
            entry.inputs, entry.outputs = _names(inputs), _names(outputs)
            self.model.signatureDefs = [entry]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _names(tensors: dict[str, int]) -> list[object]:
    entries = []
    for name, index in tensors.items():
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, index
        entries.append(entry)
    return entries


@pytest.fixture
def tflite_chain() -> Callable[..., bytes]:
    """Build a float chain of CONV_2D (identity, bias 0.5) and other one-input ops."""

    def build(ops: Sequence[str] = ("CONV_2D",), signature: bool = True) -> bytes:
        chain = TfliteChain()
        shape = [1, 4, 6, CHANNELS]
        first = last = chain.tensor("x", shape)
        for number, op in enumerate(ops):
            target = chain.tensor(f"y{number}", shape)
            if op == "CONV_2D":
                chain.conv(last, target)
            else:
                chain.add(op, [last], [target])
            last = target
        return chain.bytes({"image": first}, {"boxes": last}, signature)

    return build


@pytest.fixture
def tflite_int8() -> bytes:
    """int8 in and out (scale 0.5, zero point −3; RELU keeps them), [1,2,3,8] NHWC."""
    chain = TfliteChain()
    kept = {"dtype": schema.TensorType.INT8, "quantization": (0.5, -3)}
    source, target = chain.tensor("x", [1, 2, 3, CHANNELS], **kept), chain.tensor("y", [1, 2, 3, CHANNELS], **kept)
    chain.add("RELU", [source], [target])
    return chain.bytes({"image": source}, {"boxes": target})


@pytest.fixture
def onnx_model() -> Callable[..., bytes]:
    """`boxes = image + 0.5`, image [1,3,4,6] float32 or of another shape."""

    def build(shape: Sequence[int | str] = (1, 3, 4, 6)) -> bytes:
        from onnx import TensorProto, helper

        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
        boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, shape)
        half = helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])
        graph = helper.make_graph(
            [helper.make_node("Add", ["image", "half"], ["boxes"])], "g", [image], [boxes], [half]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return bytes(model.SerializeToString())

    return build


@pytest.fixture
def onnx_file(tmp_path: Path, onnx_model: Callable[..., bytes]) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_model())
    return path
