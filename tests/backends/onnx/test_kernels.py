"""What ONNX Runtime's own optimization leaves of quantized models, read back from it."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends.onnx.kernels import ort_kernels

SHAPE = [1, 3, 6, 8]


@pytest.fixture
def write(tmp_path):
    """A model file of nodes that read x; `w8` are int8 weights with scales by channel, `wf` float ones."""

    def build(nodes, outputs=("y",)):
        weights = np.random.default_rng(0).integers(-60, 61, (4, 3, 3, 3)).astype(np.int8)
        constants = {
            "s": np.float32(0.05),
            "z": np.uint8(128),
            "w8": weights,
            "ws": np.full(4, 0.01, np.float32),
            "wz": np.zeros(4, np.int8),
            "wf": np.random.default_rng(1).normal(size=(4, 3, 3, 3)).astype(np.float32),
        }
        made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)]
        held = [numpy_helper.from_array(np.asarray(data), name) for name, data in constants.items()]
        graph = helper.make_graph(nodes, "g", given, made, held)
        path = tmp_path / "model.onnx"
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        path.write_bytes(model.SerializeToString())
        return path

    return build


def q(source, made):
    return helper.make_node("QuantizeLinear", [source, "s", "z"], [made])


def dq(source, made):
    return helper.make_node("DequantizeLinear", [source, "s", "z"], [made])


WEIGHTS = helper.make_node("DequantizeLinear", ["w8", "ws", "wz"], ["w"], axis=0)


def conv(source, made, weight="w"):
    return helper.make_node("Conv", [source, weight], [made], name=made, pads=[1, 1, 1, 1])


ROUNDED = [q("x", "xq"), dq("xq", "xd"), WEIGHTS]


def test_a_convolution_between_its_pairs_is_computed_in_integers(write):
    found = ort_kernels(write([*ROUNDED, conv("xd", "c"), q("c", "cq"), dq("cq", "y")]))
    assert (found.planned, found.in_integers, found.in_float, found.left_in_float) == (1, 1, 0, ())
    assert found.operators["QLinearConv"] == 1


@pytest.mark.parametrize(
    "rest",
    [
        [conv("xd", "y")],
        [conv("xd", "c"), helper.make_node("Relu", ["c"], ["y"])],
        [conv("xd", "c"), helper.make_node("Tanh", ["c"], ["t"]), q("t", "tq"), dq("tq", "y")],
    ],
    ids=["nothing behind", "float activation behind", "activation before the rounding"],
)
def test_a_convolution_with_an_unquantized_output_is_named(write, rest):
    found = ort_kernels(write([*ROUNDED, *rest]))
    name = rest[0].name
    assert (found.planned, found.in_integers, found.in_float) == (1, 0, 1)
    assert found.left_in_float == (name,)


def test_only_the_one_that_was_not_fused_is_named(write):
    nodes = [*ROUNDED, conv("xd", "good"), q("good", "gq"), dq("gq", "y"), conv("xd", "bad")]
    found = ort_kernels(write(nodes, outputs=("y", "bad")))
    assert (found.planned, found.in_integers, found.left_in_float) == (2, 1, ("bad",))


FLOAT_BETWEEN_PAIRS = [conv("xd", "c", "wf"), q("c", "cq"), dq("cq", "y")]


def test_a_float_convolution_that_onnx_runtime_rounds_by_itself_is_counted(write):
    found = ort_kernels(write([*ROUNDED[:2], *FLOAT_BETWEEN_PAIRS]))
    assert (found.planned, found.in_integers, found.in_float, found.unplanned) == (0, 1, 0, 1)
    assert found.left_in_float == ()


def test_one_more_and_one_less_in_integers_do_not_cancel_out(write):
    nodes = [*ROUNDED, *FLOAT_BETWEEN_PAIRS, conv("xd", "bad")]
    found = ort_kernels(write(nodes, outputs=("y", "bad")))
    assert (found.planned, found.in_integers, found.left_in_float, found.unplanned) == (1, 1, ("bad",), 1)


def test_float_models_plan_nothing(write):
    found = ort_kernels(write([conv("x", "y", "wf")]))
    assert (found.planned, found.in_integers, found.in_float, found.left_in_float) == (0, 0, 1, ())


def test_the_model_file_and_its_folder_are_left_as_they_were(write):
    path = write([*ROUNDED, conv("xd", "y")])
    before = path.read_bytes()
    ort_kernels(path)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["model.onnx"]
