"""An If on what is known is the branch that it takes; on data it is refused, or set aside if nothing in it counts."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.cost.counter import count
from edgeface.cost.readers import onnx_network
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.cost.work import Convolution
from edgeface.errors import GraphError, InputError

FLOAT = TensorProto.FLOAT
CONV, NARROW = "Conv x w -> out", "Conv x v -> out"
WEIGHTS = {"w": (6, 4, 3, 3), "v": (2, 4, 1, 1)}


def read(model):
    return read_onnx_network(model.SerializeToString(), "sketch")


@pytest.fixture
def choice(node):
    """`choice(condition, [lines], [lines])`: an If whose branches make the value `out`."""

    def build(condition, then, otherwise, output="y"):
        graphs = {
            f"{key}_branch": helper.make_graph(
                [node(line) if isinstance(line, str) else line for line in lines],
                key,
                [],
                [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
            )
            for key, lines in (("then", then), ("else", otherwise))
        }
        return node(f"If {condition} -> {output}", **graphs)

    return build


@pytest.mark.parametrize(
    ("flag", "channels", "macs"), [(True, 6, 6 * 4 * 9 * 36), (False, 2, 2 * 4 * 64), ([True], 6, 6 * 4 * 9 * 36)]
)
def test_the_branch_that_a_constant_chooses_is_counted(build_onnx, choice, flag, channels, macs):
    network = read(build_onnx(choice("c", [CONV], [NARROW]), **WEIGHTS, c=np.array(flag)))
    assert network.tensors["y"].shape[1] == channels
    assert count(network).macs == macs
    assert {weight for layer in network.layers for weight in layer.weights} == {"w" if channels == 6 else "v"}


@pytest.mark.parametrize(("batch", "channels"), [(1, 6), (2, 2)])
def test_the_branch_that_a_static_shape_chooses_is_counted(build_onnx, choice, batch, channels):
    lines = ["Shape x -> s", "Gather s zero -> b", "Equal b wanted -> c"]
    held = {"zero": np.array(0), "wanted": np.array(batch)}
    network = read(build_onnx(*lines, choice("c", [CONV], [NARROW]), **WEIGHTS, **held))
    assert network.tensors["y"].shape[1] == channels


def test_branches_within_branches_are_followed(build_onnx, choice):
    inner = choice("d", [NARROW], [CONV], "out")
    network = read(build_onnx(choice("c", [inner], [CONV]), **WEIGHTS, c=np.array(True), d=np.array(True)))
    assert [layer.work for layer in network.layers if layer.op == "Conv"] == [Convolution(4, 2, 1, 1, 64)]


def test_constants_of_the_branch_that_is_taken_count(build_onnx, choice, node):
    held = helper.make_tensor("own", TensorProto.FLOAT, [2, 4, 1, 1], list(range(8)))
    network = read(
        build_onnx(
            choice("c", [node("Constant -> k", value=held), "Conv x k -> out"], [CONV]), c=np.array(True), **WEIGHTS
        )
    )
    assert count(network).parameters == 8


def test_a_choice_by_the_image_between_layers_is_refused(build_onnx, choice):
    model = build_onnx(
        "ReduceMax x -> m", "Greater m zero -> c", choice("c", [CONV], [NARROW]), **WEIGHTS, zero=np.float32(0)
    )
    with pytest.raises(InputError, match="the cost of If depends on data"):
        read(model)


def test_a_choice_by_the_image_without_layers_is_set_aside(build_onnx, choice):
    nodes = ["Conv x v -> h", "ReduceMax h -> m", "Greater m zero -> c"]
    model = build_onnx(*nodes, choice("c", ["Relu h -> out"], ["Neg h -> out"]), **WEIGHTS, zero=np.float32(0))
    network = read(model)
    assert network.beyond == {"If": 1}
    assert {"h", "c"} <= set(network.outputs)
    assert count(network).macs == 2 * 4 * 64


def test_layers_behind_such_a_choice_are_refused(build_onnx, choice):
    nodes = ["ReduceMax x -> m", "Greater m zero -> c", choice("c", ["Relu x -> out"], ["Neg x -> out"], "h")]
    with pytest.raises(GraphError, match="the work of Conv depends on data"):
        read(build_onnx(*nodes, "Conv h v -> y", **WEIGHTS, zero=np.float32(0)))


def test_a_loop_without_layers_is_set_aside_with_what_reads_it(build_onnx, node):
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [node("Identity going -> on"), node("Relu carried -> next")],
        "body",
        [
            value("i", TensorProto.INT64, ()),
            value("going", TensorProto.BOOL, ()),
            value("carried", TensorProto.FLOAT, None),
        ],
        [value("on", TensorProto.BOOL, ()), value("next", FLOAT, None)],
    )
    model = build_onnx(
        "Conv x v -> h", node("Loop times _ h -> l", body=body), "Relu l -> y", **WEIGHTS, times=np.array(3)
    )
    assert read(model).beyond == {"Loop": 1, "Relu": 1}


def test_an_operator_of_unknown_cost_in_a_branch_is_refused_too(build_onnx, choice):
    with pytest.raises(GraphError, match="the cost of the operator Det is unknown"):
        read(build_onnx(choice("c", ["Det x -> out"], [CONV]), **WEIGHTS, c=np.array(False)))


def test_a_branch_that_reads_what_nothing_makes_is_refused(build_onnx, choice):
    with pytest.raises(GraphError, match="no node produces the tensor 'nothing'"):
        read(build_onnx(choice("c", ["Relu nothing -> out"], [CONV]), **WEIGHTS, c=np.array(True)))


def test_many_branches_are_refused_before_they_take_long(build_onnx, choice, monkeypatch):
    monkeypatch.setattr(onnx_network, "_MAX_INFERRED", 50)
    nodes = [choice("c", ["Relu x -> out"], [CONV], f"v{i}") for i in range(12)]
    model = build_onnx(*nodes, "Relu v0 -> y", **WEIGHTS, c=np.array(True))
    with pytest.raises(GraphError, match="too many branches"):
        read(model)


@pytest.mark.parametrize("depth", [25])
def test_graphs_nested_deeply_are_refused(build_onnx, choice, depth):
    inner = "Relu x -> out"
    for _ in range(depth):
        inner = choice("c", [inner], ["Relu x -> out"], "out")
    inner.output[0] = "y"
    with pytest.raises(InputError, match="are nested"):
        read(build_onnx(inner, c=np.array(True)))


def test_fused_operators_of_onnx_runtime_are_counted_as_what_they_fuse(build_onnx, node):
    fused = node("FusedConv x v -> y", domain="com.microsoft", activation="Relu")
    model = build_onnx(fused, **WEIGHTS)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    assert [layer.op for layer in read(model).layers] == ["Conv", "Relu"]
