"""Small typed networks for TensorRT, the default detector typed for it, and engines that are really built from them."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

CHANNELS = 16
SIZE = 8


class Network:
    """ONNX nodes that are added one behind the other; each `add` returns its output's name, which is also the node's.

    The input is `input`, float32 [batch, 16, 8, 8].
    """

    def __init__(self, opset: int = 19) -> None:
        self.opset = opset
        self.nodes: list = []
        self.constants: list = []

    def constant(self, data) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(data), name))
        return name

    def add(self, op: str, *inputs: str, name: str | None = None, **attributes) -> str:
        from onnx import helper

        name = name or f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def round_trip(self, value: str, zero_point: int = 0) -> str:
        """A value quantized and dequantized."""
        parameters = self.constant(np.float32(0.05)), self.constant(np.int8(zero_point))
        return self.add("DequantizeLinear", self.add("QuantizeLinear", value, *parameters), *parameters)

    def weights(self, shape, integer: bool, dtype=np.float32) -> str:
        stored = np.random.default_rng(3).integers(-127, 128, shape).astype(np.int8)
        if not integer:
            return self.constant((stored * 0.01).astype(dtype))
        scales = np.full(shape[0], 0.01, np.float32), np.zeros(shape[0], np.int8)
        return self.add("DequantizeLinear", self.constant(stored), *map(self.constant, scales), axis=0)

    def conv(self, value: str, integer: bool, name: str | None = None, group: int = 1, dtype=np.float32) -> str:
        """A 3×3 convolution that keeps the shape; its weights behind DequantizeLinear where `integer`."""
        weights = self.weights((CHANNELS, CHANNELS // group, 3, 3), integer, dtype)
        bias = self.constant(np.ones(CHANNELS, dtype))
        return self.add("Conv", value, weights, bias, name=name, pads=[1] * 4, kernel_shape=[3, 3], group=group)

    def onnx(self, output: str, batch: int | str = 1) -> bytes:
        from onnx import TensorProto, helper

        made = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, CHANNELS, SIZE, SIZE])]
        wanted = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "g", made, wanted, self.constants)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


@pytest.fixture(scope="session")
def network() -> Callable[[], Network]:
    """Makes an empty network."""
    return Network


@pytest.fixture(scope="session")
def integer_onnx() -> bytes:
    """Two int8 convolutions, "first" and "second", with a Relu between them; the batch is symbolic."""
    made = Network()
    first = made.conv(made.round_trip("input"), True, "first")
    second = made.conv(made.round_trip(made.add("Relu", first, name="relu")), True, "second")
    return made.onnx(second, "batch")


@pytest.fixture(scope="session")
def integer_engine(tensorrt, integer_onnx):
    """`integer_onnx`, built for 8.6 and 8.9 and batches of 1 to 8."""
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest

    return build_engine(integer_onnx, EngineRequest(("89", "86"), BatchProfile(1, 4, 8), where="small.onnx"))


@pytest.fixture(scope="session")
def retinaface(seeded_source) -> dict[str, bytes]:
    """The default detector with seeded weights at 64×96, by precision: "fp32", "fp16", and "int8" with Q/DQ."""
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.graph.onnx_writer import write_onnx
    from edgeface.passes import run_passes

    plain = write_onnx(run_passes(read_onnx(seeded_source.onnx)))
    return {"fp32": plain, "fp16": in_half(plain), "int8": quantized(plain)}


def in_half(onnx: bytes) -> bytes:
    """A float32 model computing in float16, between a Cast of its input and one of each output."""
    import onnx as onnx_library
    from onnx import TensorProto, helper, numpy_helper

    model = onnx_library.load_model_from_string(onnx)
    graph = model.graph
    for constant in graph.initializer:
        data = numpy_helper.to_array(constant)
        resized = any(node.op_type == "Resize" and constant.name in node.input for node in graph.node)
        if data.dtype == np.float32 and not resized:
            constant.CopyFrom(numpy_helper.from_array(data.astype(np.float16), constant.name))
    source, outputs = graph.input[0].name, {output.name for output in graph.output}
    for node in graph.node:
        node.input[:] = [f"{name}/half" if name == source or name in outputs else name for name in node.input]
        node.output[:] = [f"{name}/half" if name in outputs else name for name in node.output]
    half = helper.make_node("Cast", [source], [f"{source}/half"], name="to_half", to=TensorProto.FLOAT16)
    back = [helper.make_node("Cast", [f"{name}/half"], [name], name=f"{name}/back", to=1) for name in sorted(outputs)]
    nodes = [half, *graph.node, *back]
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    return model.SerializeToString()


def quantized(onnx: bytes) -> bytes:
    """A float32 model with the data and the weights of each Conv behind DequantizeLinear, per channel."""
    import onnx as onnx_library
    from onnx import numpy_helper

    model = onnx_library.load_model_from_string(onnx)
    data = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    made = Network()
    for node in model.graph.node:
        if node.op_type == "Conv":
            weights = data[node.input[1]]
            scale = np.maximum(np.abs(weights).max((1, 2, 3)) / 127, 1e-6).astype(np.float32)
            stored = np.rint(weights / scale[:, None, None, None]).astype(np.int8)
            parameters = made.constant(scale), made.constant(np.zeros(len(scale), np.int8))
            node.input[0] = made.round_trip(node.input[0])
            node.input[1] = made.add("DequantizeLinear", made.constant(stored), *parameters, axis=0)
        made.nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(made.nodes)
    model.graph.initializer.extend(made.constants)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def typed(seeded_source) -> dict[str, bytes]:
    """The typed ONNX of every TensorRT target, by the target's name, with what the recipe keeps in float."""
    from edgeface.backends import target
    from edgeface.compile.build import build
    from edgeface.compile.calibrate import calibrate
    from edgeface.compile.job import BuildOptions, Job
    from edgeface.compile.recipe import recipe_for
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.images.split import Images
    from edgeface.passes import run_passes

    graph = run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))
    job = Job(seeded_source, graph, {}, recipe_for("retinaface_mnet025"), Images(), BuildOptions())
    stats = calibrate(job)
    names = ("tensorrt-fp32", "tensorrt-fp16", "tensorrt-int8")
    return {name: build(job, target(name), stats).model for name in names}


@pytest.fixture(scope="session")
def table_of(typed, ahead_of_time):
    """`table_of(target, *capabilities, judged=None)`: the precisions in an engine of `typed[target]`, built once.

    With `judged` they are those that the engine has for that target's ONNX: an engine of other types than asked for.
    """
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.precision import precision_table
    from edgeface.backends.tensorrt.request import EngineRequest

    @functools.cache
    def layers(target, capabilities):
        return build_engine(typed[target], EngineRequest(capabilities, where=target)).layers

    def tell(target, *capabilities, judged=None):
        return precision_table(typed[judged or target], layers(target, capabilities))

    return tell
