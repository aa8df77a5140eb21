"""Ops on image axes between integer convolutions: both integer runtimes agree with the file in ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends import targets
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.cost.counter import count
from edgeface.cost.readers import read_network
from edgeface.graph.onnx_reader import read_onnx
from edgeface.passes import run_passes
from edgeface.quantize.derive import derive
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.settings import QuantizeSettings

WINDOW = {"kernel_shape": [3, 3], "strides": [2, 2]}
INTS = {
    "border": [0, 0, 1, 1, 0, 0, 1, 1],
    "halves": [4, 4],
    "twice": [1, 1, 2, 2],
    "from": [0, 0],
    "to": [99, 99],
    "image": [2, 3],
    "two": [2, 2],
    "order": [7, 1, 2, 3, 4, 5, 6, 0],
}
CASES = {
    "max pool, pads": [("MaxPool", ["a"], {**WINDOW, "pads": [1, 1, 1, 1]})],
    "max pool, ceil": [("MaxPool", ["a"], {**WINDOW, "ceil_mode": 1})],
    "max pool, gaps": [("MaxPool", ["a"], {"kernel_shape": [3, 3], "dilations": [2, 2]})],
    "average pool, pads": [("AveragePool", ["a"], {**WINDOW, "pads": [1, 1, 1, 1]})],
    "average pool, ceil": [("AveragePool", ["a"], {**WINDOW, "ceil_mode": 1})],
    "transposed 2×2": [("ConvTranspose", ["a", "t2", "b"], {"strides": [2, 2]})],
    "transposed 4×4": [("ConvTranspose", ["a", "t4", "b"], {"strides": [2, 2], "pads": [1, 1, 1, 1]})],
    "transposed 3×3": [
        ("ConvTranspose", ["a", "t3"], {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]})
    ],
    "transposed by channel": [
        ("ConvTranspose", ["a", "d4", "b"], {"strides": [2, 2], "pads": [1, 1, 1, 1], "group": 8})
    ],
    "transposed in groups": [("ConvTranspose", ["a", "g3", "b"], {"strides": [2, 2], "group": 2})],
    "resize, other indices": [("Resize", ["a", "", "half"], {"nearest_mode": "ceil"})],
    "resize, align corners": [
        ("Resize", ["a", "", "half"], {"mode": "linear", "coordinate_transformation_mode": "align_corners"})
    ],
    "resize, cubic": [("Resize", ["a", "", "half"], {"mode": "cubic"})],
    "pad, a value": [("Pad", ["a", "border", "one"], {})],
    "pad, reflect": [("Pad", ["a", "border"], {"mode": "reflect"})],
    "split": [("Split", ["a", "halves"], {"axis": 1}, ["m", "n"]), ("Concat", ["n", "m"], {"axis": 1})],
    "steps": [("Slice", ["a", "from", "to", "image", "two"], {})],
    "order": [("Relu", ["a"], {}, ["m"]), ("Gather", ["m", "order"], {"axis": 1})],
    "depth to space": [("DepthToSpace", ["a"], {"blocksize": 2, "mode": "CRD"})],
    "space to depth": [("SpaceToDepth", ["a"], {"blocksize": 2})],
    "tile": [("Tile", ["a", "twice"], {})],
    "zeros joined": [("Concat", ["a", "zeros"], {"axis": 1})],
    "ones joined": [("Concat", ["ones", "a"], {"axis": 1})],
}
CHANNELS = {"depth to space": 2, "space to depth": 32, "zeros joined": 16, "ones joined": 16}
SIZE = (1, 3, 14, 10)


def model(case, normal):
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, SIZE)]
    shapes = {"w": (8, 3, 3, 3), "b": (8,), "zeros": (1, 8, 14, 10)}
    shapes |= {"t2": (8, 8, 2, 2), "t3": (8, 8, 3, 3), "t4": (8, 8, 4, 4), "d4": (8, 1, 4, 4), "g3": (8, 4, 3, 3)}
    held = {name: normal(*shape, seed=3, scale=0.4) for name, shape in shapes.items()}
    held |= {"zeros": 0 * held["zeros"], "ones": 0 * held["zeros"] + 1, "one": np.float32(1)}
    held |= {"half": np.array([1, 1, 1.5, 1.5], np.float32)} | {n: np.array(v, np.int64) for n, v in INTS.items()}
    body = [helper.make_node("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1])]
    for kind, read, attributes, *made in CASES[case]:
        body.append(helper.make_node(kind, read, *(made or [["z"]]), **attributes))
    held["u"] = normal(4, CHANNELS.get(case, 8), 1, 1, seed=4)
    body.append(helper.make_node("Conv", ["z", "u"], ["y"]))
    used = {name for node in body for name in node.input}
    constants = [numpy_helper.from_array(np.asarray(d), n) for n, d in held.items() if n in used]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "c", "h", "w"])]
    graph = helper.make_graph(body, "spatial", given, made, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture(scope="module")
def prepared():
    """By case: the graph, feeds, the file's own results, and statistics, for both targets."""
    return {}


def prepare(case, normal, prepared):
    if case not in prepared:
        source = model(case, normal)
        feeds = [{"x": normal(*SIZE, seed=n)} for n in range(4)]
        graph = run_passes(read_onnx(source))
        stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds)
        prepared[case] = graph, stats, feeds[0], OrtRunner(source).run(feeds[0])["y"]
    return prepared[case]


@pytest.mark.parametrize("name", ["tflite-int8", "onnx-int8", "tensorrt-int8"])
@pytest.mark.parametrize("case", CASES)
def test_integers_come_close_to_the_file_in_float(normal, prepared, case, name):
    target, (graph, stats, feed, expected) = targets()[name], prepare(case, normal, prepared)
    legal = run_passes(graph, target.legalize)
    legal = target.integer_forms(legal, set()) if target.integer_forms else legal
    stated = state_precision(legal, {}, True)
    options = QuantizeOptions(algorithms=QuantizeSettings().chosen, stated=stated)
    made = quantize(legal, derive(legal, stats), target.scheme, options)
    model = target.emit_model(made.graph, made.plan, EmitOptions())
    runner = (LiteRtRunner if target.layout == "nhwc" else OrtRunner)(model)
    found = FloatRunner(runner, target.layout).run(feed)["y"]
    found = found if found.shape == expected.shape else found.transpose(0, 3, 1, 2)
    assert 20 * np.log10(np.std(expected) / np.std(found - expected)) > 25


@pytest.mark.parametrize("case", CASES)
def test_what_is_emitted_in_float_is_the_file_and_is_counted(normal, prepared, tmp_path, case):
    target, (graph, _, feed, expected) = targets()["tflite-fp32"], prepare(case, normal, prepared)
    legal = run_passes(graph, target.legalize)
    path = tmp_path / "model.tflite"
    path.write_bytes(target.emit_model(legal, target.float_plan(), EmitOptions()))
    found = FloatRunner(LiteRtRunner(path), "nhwc").run(feed)["y"]
    found = found if found.shape == expected.shape else found.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert count(read_network(path, str(path))).macs == legal.macs()
