"""The planned arena against the addresses that LiteRT gives its tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgeface.cost.arena import arena_bytes, tensor_offsets
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.work import Convolution, Uncounted
from edgeface.quantize.plan import QParams

RESOLVERS = {"builtin": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, "reference": OpResolverType.BUILTIN_REF}
ROW_SUMS = (200,)
"""Shape of the sums of a fully connected layer's weights, which LiteRT gives no name."""


class RealArena:
    """LiteRT's own plan: where tensors and scratch buffers start, from the lowest address on."""

    def __init__(self, model: Path, kernels: str) -> None:
        interpreter = Interpreter(
            model_path=str(model), num_threads=1, experimental_op_resolver_type=RESOLVERS[kernels]
        )
        interpreter.allocate_tensors()
        native = interpreter._interpreter
        ends = {}
        for index in self.computed(native):
            try:
                native.TensorSize(index, 0)  # some kernels reserve scratch tensors that they do not use
                view = native.tensor(interpreter, index, 0)
            except ValueError:
                continue
            if native.TensorName(index, 0) == "Conv_row_sums" or view.shape == ROW_SUMS:
                continue  # sums of weights, which are kept in an arena of their own
            ends[index] = (view.__array_interface__["data"][0], view.nbytes)
        base = min(start for start, _ in ends.values())
        self.size_bytes = max(start + size for start, size in ends.values()) - base
        self.offsets = {native.TensorName(index, 0): start - base for index, (start, _) in ends.items()}

    @staticmethod
    def computed(native) -> set[int]:
        """Everything in the arena: inputs, results, and the scratch tensors behind the file's last one."""
        found = set(native.InputIndices())
        seen = set(found)
        for node in range(native.NumNodes()):
            reads, makes = set(native.NodeInputs(node)), set(native.NodeOutputs(node))
            seen |= reads | makes
            if reads & found:  # what is made of constants alone is kept elsewhere
                found |= makes
        return found | set(range(max(seen) + 1, native.NumTensors(0)))


def check(model: Path, kernels: str, offsets: bool = True) -> None:
    network, real = read_tflite(model), RealArena(model, kernels)
    assert arena_bytes(network, kernels) == real.size_bytes
    planned = tensor_offsets(network, kernels)
    assert set(planned) <= set(real.offsets)
    if offsets:
        assert {name: real.offsets[name] for name in planned} == planned


@pytest.mark.parametrize("kernels", RESOLVERS)
@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
def test_the_default_network_is_planned_as_litert_does(retinaface_tflite, name, kernels):
    check(retinaface_tflite[name], kernels)


def squeeze_and_excite(sketch):
    x = sketch.input(1, 20, 20, 3)
    a = sketch.conv(x, (1, 10, 10, 16), sketch.ones(16, 3, 3, 3), stride=2)
    b = sketch.depthwise(a, (1, 10, 10, 32), sketch.ones(1, 3, 3, 32), sketch.ones(32), multiplier=2)
    pooled = sketch.op(
        "AVERAGE_POOL_2D", [b], (1, 1, 1, 32), filterWidth=10, filterHeight=10, padding=1, strideW=1, strideH=1
    )
    gate = sketch.op("LOGISTIC", [sketch.conv(pooled, (1, 1, 1, 32), sketch.ones(32, 1, 1, 32))], (1, 1, 1, 32))
    c = sketch.op("MUL", [b, gate], (1, 10, 10, 32))
    d = sketch.op("ADD", [sketch.conv(c, (1, 10, 10, 32), sketch.ones(32, 1, 1, 32)), b], (1, 10, 10, 32))
    strided = sketch.conv(d, (1, 5, 5, 7), sketch.ones(7, 1, 1, 32), stride=2)
    return sketch.save(strided, sketch.op("RELU", [d], (1, 10, 10, 32)))


def attention(sketch):
    x = sketch.input(1, 24, 16)
    q, k, v = (
        sketch.op("FULLY_CONNECTED", [x, sketch.ones(16, 16), sketch.ones(16)], (1, 24, 16), keepNumDims=True)
        for _ in range(3)
    )
    scores = sketch.op("BATCH_MATMUL", [q, k], (1, 24, 24), adjY=True)
    scaled = sketch.op("MUL", [scores, sketch.ones(1)], (1, 24, 24))
    weights = sketch.op("SOFTMAX", [scaled], (1, 24, 24), beta=1.0)
    mixed = sketch.op("BATCH_MATMUL", [weights, v], (1, 24, 16))
    return sketch.save(sketch.op("ADD", [mixed, x], (1, 24, 16)))


def grouped_and_split(sketch):
    x = sketch.input(1, 12, 12, 8)
    a = sketch.conv(x, (1, 12, 12, 8), sketch.ones(8, 3, 3, 2))
    axis = sketch.const(np.int32(3))
    left, right = sketch.ops("SPLIT", [axis, a], [(1, 12, 12, 4)] * 2, numSplits=2)
    flat = sketch.op("RESHAPE", [left, sketch.const(np.array([1, 144, 4], np.int32))], (1, 144, 4))
    back = sketch.op("RESHAPE", [flat, sketch.const(np.array([1, 12, 12, 4], np.int32))], (1, 12, 12, 4))
    twice = sketch.op("ADD", [back, back], (1, 12, 12, 4))
    joined = sketch.op("CONCATENATION", [twice, right, left], (1, 12, 12, 12), axis=3)
    up = sketch.op("RESIZE_BILINEAR", [joined, sketch.const(np.array([24, 24], np.int32))], (1, 24, 24, 12))
    return sketch.save(up)


def reductions(sketch):
    x = sketch.input(1, 9, 9, 30)
    axes, channels = sketch.const(np.array([1, 2], np.int32)), sketch.const(np.array([3], np.int32))
    a = sketch.op("RELU", [x], (1, 9, 9, 30))
    pooled = sketch.op("MEAN", [a, axes], (1, 1, 1, 30), keepDims=True)
    largest = sketch.op("REDUCE_MAX", [a, channels], (1, 9, 9, 1), keepDims=True)
    summed = sketch.op("SUM", [a, channels], (1, 9, 9, 1), keepDims=True)
    b = sketch.op("ADD", [a, pooled], (1, 9, 9, 30))
    c = sketch.op("MUL", [sketch.op("MUL", [b, summed], (1, 9, 9, 30)), largest], (1, 9, 9, 30))
    return sketch.save(sketch.op("TANH", [c], (1, 9, 9, 30)))


def dynamic_range(sketch):
    """int8 weights at float inputs."""
    x = sketch.input(1, 12, 12, 8)

    def weights(*shape, axis=0):
        scales = tuple(0.01 * (1 + i) for i in range(shape[axis]))
        return sketch.const(np.ones(shape, np.int8), QParams(scales, 0, axis))

    a = sketch.conv(x, (1, 12, 12, 16), weights(16, 3, 3, 8))
    b = sketch.conv(a, (1, 12, 12, 8), weights(8, 1, 1, 16))
    c = sketch.depthwise(b, (1, 12, 12, 8), weights(1, 3, 3, 8, axis=3), sketch.ones(8))
    d = sketch.op("RESHAPE", [c, sketch.const(np.array([9, 128], np.int32))], (9, 128))
    e = sketch.op("FULLY_CONNECTED", [d, weights(200, 128), sketch.ones(200)], (9, 200))
    return sketch.save(sketch.op("RELU", [e], (9, 200)), sketch.op("RELU", [c], (1, 12, 12, 8)))


SKETCHES = [squeeze_and_excite, attention, grouped_and_split, reductions]


@pytest.mark.parametrize("kernels", RESOLVERS)
@pytest.mark.parametrize("draw", SKETCHES, ids=lambda draw: draw.__name__)
def test_blocks_of_other_networks_are_planned_as_litert_does(sketch, draw, kernels):
    check(draw(sketch), kernels)


@pytest.mark.parametrize("kernels", RESOLVERS)
def test_scratch_of_dynamic_range_kernels_is_counted(sketch, kernels):
    check(dynamic_range(sketch), kernels, offsets=False)  # four scratch buffers of a layer, some of equal size


def chain(*layers, inputs=("x",), outputs=("y",), **sizes):
    """A network of rows "op reads -> makes" with tensors of a number of bytes."""
    tensors = {name: Tensor(name, (size,), "uint8") for name, size in sizes.items()}
    rows = []
    for row in layers:
        op, reads, _, makes = row.split()
        role = "view" if op == "RESHAPE" else "elementwise"
        rows.append(Layer(makes, op, tuple(reads.split(",")), tuple(makes.split(",")), Uncounted(role)))
    return Network("chain", "tflite", "nhwc", inputs, outputs, tuple(rows), tensors)


def test_offsets_are_multiples_of_64_bytes():
    found = tensor_offsets(chain("ABS x -> y", x=1, y=1))
    assert found == {"x": 0, "y": 64}


def test_a_tensor_reuses_memory_that_is_no_longer_needed():
    network = chain("ABS x -> a", "ABS a -> b", "ABS b -> c", "ABS c -> y", x=64, a=640, b=640, c=640, y=64)
    assert arena_bytes(network) == 64 + 2 * 640 + 0


def test_an_output_may_not_overwrite_what_is_read_later():
    shared = chain("ABS x -> a", "MUL a -> b", "ABS b -> y", x=64, a=640, b=640, y=64)
    assert tensor_offsets(shared)["a"] == tensor_offsets(shared)["b"]
    kept = chain("ABS x -> a", "MUL a -> b", "ADD b,a -> y", x=64, a=640, b=640, y=64)
    assert tensor_offsets(kept)["a"] != tensor_offsets(kept)["b"]


def test_inputs_and_outputs_keep_their_own_memory():
    found = tensor_offsets(chain("RESHAPE x -> a", "RESHAPE a -> y", x=640, a=640, y=640))
    assert len(set(found.values())) == 3


def test_an_empty_network_needs_nothing():
    assert arena_bytes(chain(inputs=(), outputs=())) == 0


@pytest.mark.parametrize(("groups", "scratch"), [(1, 4 * 8 * 9 * 100), (4, 4 * 2 * 9 * 100), (8, 0)])
def test_an_onnx_convolution_is_planned_as_tflite_would_run_it(groups, scratch):
    work = Convolution(8, 8, 9, groups, 100)
    weights = Tensor("w", (8, 8 // groups, 3, 3), "int8", constant=True)
    tensors = {"w": weights, "x": Tensor("x", (1, 8, 10, 10)), "y": Tensor("y", (1, 8, 10, 10))}
    layers = (Layer("y", "Conv", ("x",), ("y",), work, ("w",)),)
    network = Network("n", "onnx", "nchw", ("x",), ("y",), layers, tensors)
    assert arena_bytes(network) - arena_bytes(network, "reference") == scratch
