"""Spatial ops with neighbouring attributes: read, and emitted for TFLite, they give what their file gives."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends import targets
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.passes import run_passes

IMAGE = (1, 6, 9, 8)
RULES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn")


def pools():
    for kind, k, s, pads, ceil, count in product(
        ("MaxPool", "AveragePool"), (2, 3), (1, 2, 3), ((0, 0, 0, 0), (1, 1, 1, 1), (1, 0, 0, 1)), (0, 1), (0, 1)
    ):
        given = {"kernel_shape": [k, k], "strides": [s, s], "pads": pads, "ceil_mode": ceil}
        if kind == "AveragePool":
            yield kind, given | {"count_include_pad": count}, []
        elif not count:
            yield kind, given, []
    for kind, k, auto in product(("MaxPool", "AveragePool"), (2, 3), ("SAME_UPPER", "SAME_LOWER", "VALID")):
        yield kind, {"kernel_shape": [k, k], "strides": [2, 2], "auto_pad": auto}, []
    for pads in ((0, 0, 0, 0), (2, 2, 2, 2)):
        yield "MaxPool", {"kernel_shape": [3, 3], "dilations": [2, 2], "strides": [1, 2], "pads": pads}, []


def transposed():
    for k, s, pads, d, g in product((2, 3, 4), (1, 2, 3), ((0, 0, 0, 0), (0, 1, 1, 0)), (1, 2), (1, 2, 6)):
        weight = np.cos(np.arange(6 * (4 // g or 1) * k * k)).reshape(6, 4 // g or 1, k, k).astype(np.float32)
        bias = np.arange(weight.shape[1] * g, dtype=np.float32)
        more = int(s > 1)
        given = {"strides": [s, s], "pads": pads, "dilations": [d, d], "group": g, "output_padding": [more, 0]}
        yield "ConvTranspose", given, [weight, *([bias] if s == 2 else [])]
    weight = np.sin(np.arange(6 * 2 * 9)).reshape(6, 2, 3, 3).astype(np.float32)
    for auto in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        yield "ConvTranspose", {"auto_pad": auto, "strides": [2, 2]}, [weight]
    yield "ConvTranspose", {"strides": [2, 2], "output_shape": [18, 16]}, [weight]
    yield "ConvTranspose", {"strides": [1, 2], "group": 6}, [weight]


def resizes():
    for mode, rule, scales in product(("nearest", "linear", "cubic"), RULES, ((2, 2), (1.5, 0.5), (3, 1))):
        for rounding in (
            ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil") if mode == "nearest" else ("floor",)
        ):
            given = {"mode": mode, "coordinate_transformation_mode": rule, "nearest_mode": rounding}
            yield "Resize", given, [None, np.array([1, 1, *scales], np.float32)]
    for mode, size in product(("nearest", "linear", "cubic"), ((13, 5), (1, 1))):
        yield "Resize", {"mode": mode}, [None, None, np.array([1, 6, *size])]


def moves():
    for axis in (-1, 1, 2):
        for indices in ([0, 2, 1], [-1], 1, -1):
            yield "Gather", {"axis": axis}, [np.array(indices)]
        for start, end, step in ((0, 99, 2), (-1, -99, -1), (-2, 0, -2), (1, -1, 1), (1, -1, 2)):
            yield "Slice", {}, [np.array([n]) for n in (start, end, axis, step)]
    for mode in ("constant", "reflect", "edge"):
        for pads in ([0, 0, 1, 2, 0, 0, 2, 1], [0, 0, -1, 1, 0, 0, 0, -2], [0, 1, 0, 0, 0, 2, 0, 0]):
            yield "Pad", {"mode": mode}, [np.array(pads), *([np.float32(-1.5)] if mode == "constant" else [])]
    yield "Pad", {}, [np.array([1, 2]), None, np.array([-1])]
    yield "Tile", {}, [np.array([1, 2, 1, 3])]
    yield "Expand", {}, [np.array([1])]
    for mode in ("DCR", "CRD"):
        yield "DepthToSpace", {"blocksize": 1, "mode": mode}, []
    yield "SpaceToDepth", {"blocksize": 1}, []
    for size in (1, 3, 5):
        yield "LRN", {"size": size, "alpha": 0.3, "beta": 0.6, "bias": 2.0}, []


KINDS = {"pools": pools, "transposed": transposed, "resizes": resizes, "moves": moves}


def file_of(kind):
    nodes, constants = [], []
    for index, (op, attributes, operands) in enumerate(KINDS[kind]()):
        names = [f"c{index}_{i}" if data is not None else "" for i, data in enumerate(operands)]
        constants += [numpy_helper.from_array(np.asarray(d), n) for d, n in zip(operands, names, strict=True) if n]
        nodes.append(helper.make_node(op, ["x", *names], [f"y{index}"], **attributes))
    made = [helper.make_tensor_value_info(n.output[0], TensorProto.FLOAT, None) for n in nodes]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGE)]
    graph = helper.make_graph(nodes, kind, given, made, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_give_what_the_file_gives(kind, normal):
    source, feed = file_of(kind), {"x": normal(*IMAGE, seed=1)}
    expected, graph = OrtRunner(source.SerializeToString()).run(feed), run_passes(read_onnx(source.SerializeToString()))
    target = targets()["tflite-fp32"]
    model = target.emit_model(run_passes(graph, target.legalize), target.float_plan(), EmitOptions())
    for found in (OrtRunner(write_onnx(graph)).run(feed), FloatRunner(LiteRtRunner(model), "nhwc").run(feed)):
        for node in source.graph.node:
            wanted, got = expected[node.output[0]], found[node.output[0]]
            got = got if got.shape == wanted.shape else got.transpose(0, 3, 1, 2)
            np.testing.assert_allclose(got, wanted, atol=1e-5 * np.abs(wanted).max(), err_msg=str(node))
